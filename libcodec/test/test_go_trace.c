/* SPDX-License-Identifier: MIT
 *
 * test_go_trace.c: what is known of Go's traces: the headers of their files, and their events.
 */
#include "strand_test.h"
#include "strand_trace.h"

static const struct {
    const char header[17];
    enum strand_status status;
    unsigned version;
    enum strand_trace_dialect dialect;
} headers[] = {
    {"go 1.5 trace\0\0\0\0", STRAND_OK, 1005, STRAND_TRACE_GO1_5},
    {"go 1.7 trace\0\0\0\0", STRAND_OK, 1007, STRAND_TRACE_GO1_7},
    {"go 1.9 trace\0\0\0\0", STRAND_OK, 1009, STRAND_TRACE_GO1_7},
    {"go 1.10 trace\0\0\0", STRAND_OK, 1010, STRAND_TRACE_GO1_7},
    {"go 1.21 trace\0\0\0", STRAND_OK, 1021, STRAND_TRACE_GO1_7},
    {"go 1.22 trace\0\0\0", STRAND_UNKNOWN_MAJOR, 0, STRAND_TRACE_GO1_5},
    {"go 1.99 trace\0\0\0", STRAND_UNKNOWN_MAJOR, 0, STRAND_TRACE_GO1_5},
    {"go 1.4 trace\0\0\0\0", STRAND_BAD_MAGIC, 0, STRAND_TRACE_GO1_5},
    {"go 1.05 trace\0\0\0", STRAND_BAD_MAGIC, 0, STRAND_TRACE_GO1_5},
    {"go 1.115 trace\0\0", STRAND_UNKNOWN_MAJOR, 0, STRAND_TRACE_GO1_5},
    {"go 1.1150 trace\0", STRAND_BAD_MAGIC, 0, STRAND_TRACE_GO1_5},
    {"go 1.x trace\0\0\0\0", STRAND_BAD_MAGIC, 0, STRAND_TRACE_GO1_5},
    {"go 2.11 trace\0\0\0", STRAND_BAD_MAGIC, 0, STRAND_TRACE_GO1_5},
    {"go 1.11 trace\0\0x", STRAND_BAD_MAGIC, 0, STRAND_TRACE_GO1_5},
    {"go 1.11 tracer\0\0", STRAND_BAD_MAGIC, 0, STRAND_TRACE_GO1_5},
    {"", STRAND_BAD_MAGIC, 0, STRAND_TRACE_GO1_5},
};

TEST(go_trace, knows_the_headers_of_files)
{
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        unsigned version = 0;
        enum strand_trace_dialect dialect = STRAND_TRACE_GO1_5;
        CHECK_EQ(strand_trace_go_header((const uint8_t *)headers[i].header, &version, &dialect), headers[i].status);
        CHECK_EQ(version, headers[i].version);
        CHECK_EQ(dialect, headers[i].dialect);
    }
}

TEST(go_trace, knows_the_events)
{
    CHECK(strand_trace_go_schema(0) == NULL);
    CHECK(strand_trace_go_schema(50) == NULL);
    CHECK(strand_trace_go_schema(UINT64_MAX) == NULL);
    uint16_t since = 1005;
    for (uint64_t type = 1; type < 50; type++) {
        const struct strand_trace_schema *schema = strand_trace_go_schema(type);
        CHECK_EQ(schema->type, type);
        CHECK(schema->since >= since);
        since = schema->since;
        // A stack is the last argument.
        int last = schema->args[0] == '\0' ? -1 : 0;
        for (const char *at = schema->args; *at != '\0'; at++) {
            last += *at == ',' ? 1 : 0;
        }
        const char *tail = strrchr(schema->args, ',');
        const bool stack = strcmp(tail == NULL ? schema->args : tail + 1, "stack") == 0;
        CHECK_EQ(schema->stack_arg, stack ? last : -1);
    }
    CHECK(strcmp(strand_trace_go_schema(13)->name, "GoCreate") == 0 && strand_trace_go_schema(13)->stack_arg == 2);
    CHECK(strcmp(strand_trace_go_schema(37)->name, "String") == 0 && strand_trace_go_schema(37)->since == 1007);
    CHECK(strcmp(strand_trace_go_schema(49)->args, "ts,p,g,stack") == 0 && since == 1019);
}

TEST(go_trace, our_own_events_have_schemas_too)
{
    for (uint64_t type = 0; type < 70; type++) {
        const struct strand_trace_schema *schema = strand_trace_schema_of(type, 9);
        if (type < 50 || type > 56) {
            CHECK(schema == strand_trace_go_schema(type));
            CHECK(schema == NULL || schema->what_arg == -1);
        } else {
            CHECK(schema != NULL && schema->type == type && schema->what_arg == 0 && schema->since == 0);
            const char *stack = strrchr(schema->args, ',');
            CHECK(strncmp(schema->args, "what,", 5) == 0 && strcmp(stack, ",stack") == 0);
            size_t commas = 0;
            for (const char *c = schema->args; *c != '\0'; c++) {
                commas += *c == ',' ? 1 : 0;
            }
            CHECK_EQ((size_t)schema->stack_arg, commas);
        }
    }
    CHECK(strand_trace_schema_of(UINT64_MAX, 0) == NULL);
    CHECK(strcmp(strand_trace_schema_of(STRAND_WIRE_TRACE_FLOW_STEP, 0)->name, "flow_step") == 0);
}

TEST(go_trace, events_have_the_arguments_of_1_5_or_of_later)
{
    static const struct {
        uint64_t type, count;
        const char *args;
    } cases[] = {
        {7, 0, "stack"},     {7, 1, "stack"},
        {7, 2, "seq,stack"}, {7, 3, "seq,stack"},
        {9, 0, ""},          {9, 1, "kindid"},
        {12, 0, ""},         {12, 2, "swept,reclaimed"},
        {14, 1, "g"},        {14, 2, "g,seq"},
        {21, 2, "g,stack"},  {21, 3, "g,seq,stack"},
        {20, 0, "stack"},    {13, 2, "g,new_stack,stack"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct strand_trace_schema *schema = strand_trace_schema_of(cases[i].type, cases[i].count);
        CHECK(schema != NULL && schema->type == cases[i].type);
        CHECK(strcmp(schema->args, cases[i].args) == 0);
        CHECK(strcmp(schema->name, strand_trace_go_schema(cases[i].type)->name) == 0);
        const char *stack = strstr(schema->args, "stack");
        CHECK_EQ(schema->stack_arg >= 0, stack != NULL);
    }
}
