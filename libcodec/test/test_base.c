/* SPDX-License-Identifier: MIT
 *
 * test_base.c: the list of statuses and the names it gives.
 */
#include "strand_base.h"
#include "strand_test.h"

struct listed {
    const char *name;
    int value;
    const char *slug;
    const char *diag;
    const char *clause;
    const char *message;
};

#define LISTED(name, value, slug, diag, clause, message) {#name, value, slug, #diag, clause, message},
static const struct listed listed[] = {STRAND_STATUS_LIST(LISTED)};
#define LISTED_COUNT (sizeof listed / sizeof listed[0])

// As released. A line may be added; none may change.
static const struct {
    int value;
    const char *slug;
    const char *diag;
} pinned[] = {
    {0, "ok", NULL},
    {1, "end", NULL},
    {2, "more", NULL},
    {3, "full", NULL},
    {4, "again", NULL},
    {16, "frame-past-end", "truncated"},
    {17, "bad-size", "corrupt"},
    {18, "bad-ext-length", "corrupt"},
    {19, "zero-fill", "zero-fill"},
    {20, "zero-sync", "corrupt"},
    {21, "no-base", "no-base"},
    {22, "bad-header", "corrupt"},
    {23, "critical-frame", "unsupported"},
    {24, "bad-ext-body", "corrupt"},
    {32, "bad-field-type", "corrupt"},
    {33, "field-past-end", "corrupt"},
    {34, "varint-long", "corrupt"},
    {35, "varint-range", "corrupt"},
    {36, "critical-field", "unsupported"},
    {37, "padded-varint", "corrupt"},
    {48, "bad-magic", "corrupt"},
    {49, "unknown-major", "unsupported"},
    {50, "unknown-feature", "unsupported"},
    {51, "bad-file-header", "corrupt"},
    {52, "file-header-crc", "corrupt"},
    {53, "file-header-past-end", "truncated"},
    {56, "bad-block-header", "corrupt"},
    {57, "block-header-crc", "corrupt"},
    {58, "block-payload-crc", "corrupt"},
    {59, "block-past-end", "truncated"},
    {64, "overwritten", "lost"},
    {65, "refused", "lost"},
    {66, "missing-blocks", "lost"},
    {67, "damaged", "lost"},
    {80, "trace-no-batch", "corrupt"},
    {81, "trace-past-end", "corrupt"},
    {82, "trace-bad-event", "corrupt"},
    {128, "bad-argument", NULL},
    {129, "bad-version", NULL},
    {130, "busy", NULL},
    {131, "not-open", NULL},
};
#define PINNED_COUNT (sizeof pinned / sizeof pinned[0])

TEST(base, pinned_statuses_keep_their_values)
{
    for (size_t i = 0; i < PINNED_COUNT; i++) {
        const enum strand_status status = (enum strand_status)pinned[i].value;
        CHECK(strcmp(strand_status_slug(status), pinned[i].slug) == 0);
        const unsigned diag = strand_status_diag(status);
        CHECK_EQ(diag != 0, pinned[i].diag != NULL);
        CHECK(pinned[i].diag == NULL || strcmp(strand_diag_slug(diag), pinned[i].diag) == 0);
    }
}

TEST(base, every_status_is_listed_once)
{
    for (size_t i = 0; i < LISTED_COUNT; i++) {
        for (size_t j = 0; j < i; j++) {
            CHECK(listed[i].value != listed[j].value);
            CHECK(strcmp(listed[i].slug, listed[j].slug) != 0);
            CHECK(strcmp(listed[i].message, listed[j].message) != 0);
        }
        CHECK(i == 0 || listed[i - 1].value < listed[i].value);
        CHECK(listed[i].value >= 0 && listed[i].value < STRAND_STATUS_MAX);
    }
}

TEST(base, slugs_spell_the_names)
{
    for (size_t i = 0; i < LISTED_COUNT; i++) {
        const char *name = listed[i].name;
        const char *slug = listed[i].slug;
        CHECK_EQ(strlen(slug), strlen(name));
        for (size_t k = 0; name[k] != '\0'; k++) {
            CHECK_EQ(slug[k], name[k] == '_' ? '-' : name[k] - 'A' + 'a');
        }
    }
}

TEST(base, functions_tell_what_is_listed)
{
    for (size_t i = 0; i < LISTED_COUNT; i++) {
        const enum strand_status status = (enum strand_status)listed[i].value;
        CHECK(strcmp(strand_status_slug(status), listed[i].slug) == 0);
        CHECK(strcmp(strand_status_message(status), listed[i].message) == 0);
        CHECK(strcmp(strand_status_clause(status), listed[i].clause) == 0);
        CHECK(strlen(listed[i].message) > 0);
    }
}

TEST(base, clauses_are_numbers_of_clauses)
{
    for (size_t i = 0; i < LISTED_COUNT; i++) {
        const char *clause = listed[i].clause;
        const size_t len = strlen(clause);
        CHECK(len >= 3 && strspn(clause, "0123456789.") == len);
        CHECK(strchr(clause, '.') != NULL && clause[0] != '.' && clause[len - 1] != '.');
    }
}

TEST(base, bad_input_and_only_that_has_a_diagnostic)
{
    for (size_t i = 0; i < LISTED_COUNT; i++) {
        const bool bad_input = listed[i].value >= 16 && listed[i].value < 128;
        CHECK_EQ(strcmp(listed[i].diag, "NONE") != 0, bad_input);
        CHECK_EQ(strand_status_diag((enum strand_status)listed[i].value) != 0, bad_input);
    }
}

static bool is_listed(int value)
{
    for (size_t i = 0; i < LISTED_COUNT; i++) {
        if (listed[i].value == value) {
            return true;
        }
    }
    return false;
}

TEST(base, values_that_are_not_listed_have_names_too)
{
    for (int value = 0; value <= STRAND_STATUS_MAX; value++) {
        if (!is_listed(value)) {
            const enum strand_status status = (enum strand_status)value;
            CHECK(strcmp(strand_status_slug(status), "unknown-status") == 0);
            CHECK(strcmp(strand_status_message(status), "unknown status") == 0);
            CHECK(strcmp(strand_status_clause(status), "3.1") == 0);
            CHECK_EQ(strand_status_diag(status), 0);
        }
    }
}

TEST(base, diagnostics_have_slugs)
{
    const char *slugs[] = {"unknown",   "lost",    "truncated",   "corrupt",
                           "zero-fill", "no-base", "unsupported", "unknown"};
    for (unsigned diag = 0; diag < 8; diag++) {
        CHECK(strcmp(strand_diag_slug(diag), slugs[diag]) == 0);
    }
    CHECK(strcmp(strand_diag_slug(~0u), "unknown") == 0);
}

TEST(base, limits_are_those_of_the_format)
{
    CHECK_EQ(STRAND_VARINT_MAX, 10);
    CHECK_EQ(STRAND_RECORD_FRAME_MAX, 65535);
    CHECK_EQ(STRAND_EXT_FRAME_MAX, 1048576);
    CHECK_EQ(STRAND_SYNC_LEN, 18);
    CHECK_EQ(STRAND_EXT_HEADER_LEN, 8);
    CHECK_EQ(STRAND_FORMAT_MAJOR, 0);
    CHECK_EQ(STRAND_FORMAT_MINOR, 9);
}
