/* SPDX-License-Identifier: MIT
 *
 * strand_base.c: names for what the library says: statuses and kinds of diagnostics.
 */
#include "strand_base.h"

#define STRAND_STATUS_SLUG(name, value, slug, diag, clause, message)                                                 \
    case STRAND_##name:                                                                                              \
        return slug;

#define STRAND_STATUS_MESSAGE(name, value, slug, diag, clause, message)                                              \
    case STRAND_##name:                                                                                              \
        return message;

#define STRAND_STATUS_CLAUSE(name, value, slug, diag, clause, message)                                               \
    case STRAND_##name:                                                                                              \
        return clause;

#define STRAND_DIAG_NONE 0
#define STRAND_STATUS_DIAG(name, value, slug, diag, clause, message)                                                 \
    case STRAND_##name:                                                                                              \
        return STRAND_DIAG_##diag;

const char *strand_status_slug(enum strand_status status)
{
    switch (status) {
        STRAND_STATUS_LIST(STRAND_STATUS_SLUG)
    default: return "unknown-status";
    }
}

const char *strand_status_message(enum strand_status status)
{
    switch (status) {
        STRAND_STATUS_LIST(STRAND_STATUS_MESSAGE)
    default: return "unknown status";
    }
}

const char *strand_status_clause(enum strand_status status)
{
    switch (status) {
        STRAND_STATUS_LIST(STRAND_STATUS_CLAUSE)
    default: return "3.1";
    }
}

unsigned strand_status_diag(enum strand_status status)
{
    switch (status) {
        STRAND_STATUS_LIST(STRAND_STATUS_DIAG)
    default: return 0;
    }
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
