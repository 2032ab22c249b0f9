/* SPDX-License-Identifier: MIT
 *
 * strand_trace_schema.c: the events that need no definition.
 *
 *     1 … 49     Go's execution tracer, 1.5 to 1.21: names, arguments, and the first version that writes them
 *     50 … 56    our own: spans, counters, marks and flows of what the program declared
 *
 * The arguments are those of the newest version; where our dialect, which is Go 1.5's, has fewer, there are two
 * schemas. A stack is always the last one. Types are never used anew, so that one table does for all versions.
 */
#include "strand_trace.h"

// clang-format off
static const struct strand_trace_schema strand_trace_go_schemas[] = {
    {"Batch",             "p,ticks",                  1, -1, -1, 1005},
    {"Frequency",         "freq",                     2, -1, -1, 1005},
    {"Stack",             "id,siz",                   3, -1, -1, 1005},
    {"Gomaxprocs",        "procs,stack",              4,  1, -1, 1005},
    {"ProcStart",         "thread",                   5, -1, -1, 1005},
    {"ProcStop",          "",                         6, -1, -1, 1005},
    {"GCStart",           "seq,stack",                7,  1, -1, 1005},
    {"GCDone",            "",                         8, -1, -1, 1005},
    {"STWStart",          "kindid",                   9, -1, -1, 1005},
    {"STWDone",           "",                        10, -1, -1, 1005},
    {"GCSweepStart",      "stack",                   11,  0, -1, 1005},
    {"GCSweepDone",       "swept,reclaimed",         12, -1, -1, 1005},
    {"GoCreate",          "g,new_stack,stack",       13,  2, -1, 1005},
    {"GoStart",           "g,seq",                   14, -1, -1, 1005},
    {"GoEnd",             "",                        15, -1, -1, 1005},
    {"GoStop",            "stack",                   16,  0, -1, 1005},
    {"GoSched",           "stack",                   17,  0, -1, 1005},
    {"GoPreempt",         "stack",                   18,  0, -1, 1005},
    {"GoSleep",           "stack",                   19,  0, -1, 1005},
    {"GoBlock",           "stack",                   20,  0, -1, 1005},
    {"GoUnblock",         "g,seq,stack",             21,  2, -1, 1005},
    {"GoBlockSend",       "stack",                   22,  0, -1, 1005},
    {"GoBlockRecv",       "stack",                   23,  0, -1, 1005},
    {"GoBlockSelect",     "stack",                   24,  0, -1, 1005},
    {"GoBlockSync",       "stack",                   25,  0, -1, 1005},
    {"GoBlockCond",       "stack",                   26,  0, -1, 1005},
    {"GoBlockNet",        "stack",                   27,  0, -1, 1005},
    {"GoSysCall",         "stack",                   28,  0, -1, 1005},
    {"GoSysExit",         "g,seq,ts",                29, -1, -1, 1005},
    {"GoSysBlock",        "",                        30, -1, -1, 1005},
    {"GoWaiting",         "g",                       31, -1, -1, 1005},
    {"GoInSyscall",       "g",                       32, -1, -1, 1005},
    {"HeapAlloc",         "mem",                     33, -1, -1, 1005},
    {"HeapGoal",          "mem",                     34, -1, -1, 1005},
    {"TimerGoroutine",    "g",                       35, -1, -1, 1005},
    {"FutileWakeup",      "",                        36, -1, -1, 1005},
    {"String",            "",                        37, -1, -1, 1007},
    {"GoStartLocal",      "g",                       38, -1, -1, 1007},
    {"GoUnblockLocal",    "g,stack",                 39,  1, -1, 1007},
    {"GoSysExitLocal",    "g,ts",                    40, -1, -1, 1007},
    {"GoStartLabel",      "g,seq,labelid",           41, -1, -1, 1008},
    {"GoBlockGC",         "stack",                   42,  0, -1, 1008},
    {"GCMarkAssistStart", "stack",                   43,  0, -1, 1009},
    {"GCMarkAssistDone",  "",                        44, -1, -1, 1009},
    {"UserTaskCreate",    "taskid,pid,typeid,stack", 45,  3, -1, 1011},
    {"UserTaskEnd",       "taskid,stack",            46,  1, -1, 1011},
    {"UserRegion",        "taskid,mode,typeid,stack", 47,  3, -1, 1011},
    {"UserLog",           "id,keyid,stack",          48,  2, -1, 1011},
    {"CPUSample",         "ts,p,g,stack",            49,  3, -1, 1019},
};

static const struct strand_trace_schema strand_trace_go1_5_schemas[] = {
    {"GCStart",     "stack",    7,  0, -1, 1005},
    {"STWStart",    "",         9, -1, -1, 1005},
    {"GCSweepDone", "",        12, -1, -1, 1005},
    {"GoStart",     "g",       14, -1, -1, 1005},
    {"GoUnblock",   "g,stack", 21,  1, -1, 1005},
};

static const struct strand_trace_schema strand_trace_own_schemas[] = {
    {"begin",      "what,stack",       STRAND_WIRE_TRACE_BEGIN,      1, 0, 0},
    {"end",        "what,stack",       STRAND_WIRE_TRACE_END,        1, 0, 0},
    {"count",      "what,value,stack", STRAND_WIRE_TRACE_COUNT,      2, 0, 0},
    {"mark",       "what,stack",       STRAND_WIRE_TRACE_MARK,       1, 0, 0},
    {"flow_begin", "what,id,stack",    STRAND_WIRE_TRACE_FLOW_BEGIN, 2, 0, 0},
    {"flow_step",  "what,id,stack",    STRAND_WIRE_TRACE_FLOW_STEP,  2, 0, 0},
    {"flow_end",   "what,id,stack",    STRAND_WIRE_TRACE_FLOW_END,   2, 0, 0},
};
// clang-format on

const struct strand_trace_schema *strand_trace_go_schema(uint64_t type)
{
    const size_t count = sizeof strand_trace_go_schemas / sizeof strand_trace_go_schemas[0];
    return type > 0 && type <= count ? &strand_trace_go_schemas[type - 1] : NULL;
}

static uint64_t strand_trace_names(const char *list)
{
    uint64_t count = list[0] != '\0' ? 1 : 0;
    for (size_t i = 0; list[i] != '\0'; i++) {
        count += list[i] == ',' ? 1 : 0;
    }
    return count;
}

const struct strand_trace_schema *strand_trace_schema_of(uint64_t type, uint64_t arg_count)
{
    if (type >= STRAND_WIRE_TRACE_BEGIN && type <= STRAND_WIRE_TRACE_FLOW_END) {
        return &strand_trace_own_schemas[type - STRAND_WIRE_TRACE_BEGIN];
    }
    for (size_t i = 0; i < sizeof strand_trace_go1_5_schemas / sizeof strand_trace_go1_5_schemas[0]; i++) {
        const struct strand_trace_schema *schema = &strand_trace_go1_5_schemas[i];
        if (schema->type == type && arg_count <= strand_trace_names(schema->args)) {
            return schema;
        }
    }
    return strand_trace_go_schema(type);
}
