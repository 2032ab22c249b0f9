/* SPDX-License-Identifier: MIT
 *
 * strand_base.c: names for what the library says: statuses and kinds of diagnostics.
 */
#include "strand_base.h"

// What the registry says of a status.
struct strand_status_entry {
    const char *slug;
    const char *message;
    const char *clause;
    unsigned diag;
};

#define STRAND_DIAG_NONE 0
#define STRAND_STATUS_ENTRY(name, value, slug, diag, clause, message)                                                \
    [value] = {slug, message, clause, STRAND_DIAG_##diag},

static const struct strand_status_entry strand_status_entries[] = {STRAND_STATUS_LIST(STRAND_STATUS_ENTRY)};
static const struct strand_status_entry strand_status_unlisted = {"unknown-status", "unknown status", "3.1", 0};

static const struct strand_status_entry *strand_status_entry_of(enum strand_status status)
{
    const size_t count = sizeof strand_status_entries / sizeof strand_status_entries[0];
    const size_t i = (size_t)status;
    return i < count && strand_status_entries[i].slug != NULL ? &strand_status_entries[i] : &strand_status_unlisted;
}

const char *strand_status_slug(enum strand_status status)
{
    return strand_status_entry_of(status)->slug;
}

const char *strand_status_message(enum strand_status status)
{
    return strand_status_entry_of(status)->message;
}

const char *strand_status_clause(enum strand_status status)
{
    return strand_status_entry_of(status)->clause;
}

unsigned strand_status_diag(enum strand_status status)
{
    return strand_status_entry_of(status)->diag;
}

const char *strand_diag_slug(unsigned diag)
{
    switch (diag) {
    case STRAND_DIAG_LOST: return "lost";
    case STRAND_DIAG_TRUNCATED: return "truncated";
    case STRAND_DIAG_CORRUPT: return "corrupt";
    case STRAND_DIAG_ZERO_FILL: return "zero-fill";
    case STRAND_DIAG_NO_BASE: return "no-base";
    case STRAND_DIAG_UNSUPPORTED: return "unsupported";
    default: return "unknown";
    }
}
