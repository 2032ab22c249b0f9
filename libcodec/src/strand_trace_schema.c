/* SPDX-License-Identifier: MIT
 *
 * strand_trace_schema.c: the events of Go's execution tracer, 1.5 to 1.21: names, arguments, and the first version
 * that writes them.
 *
 * The arguments are those of the newest version; older ones wrote fewer of them. A stack is always the last one.
 * Types are never used anew, so that one table does for all versions and for our own traces.
 */
#include "strand_trace.h"

// clang-format off
static const struct strand_trace_schema strand_trace_go_schemas[] = {
    {"Batch",             "p,ticks",                  1, -1, 1005},
    {"Frequency",         "freq",                     2, -1, 1005},
    {"Stack",             "id,siz",                   3, -1, 1005},
    {"Gomaxprocs",        "procs,stack",              4,  1, 1005},
    {"ProcStart",         "thread",                   5, -1, 1005},
    {"ProcStop",          "",                         6, -1, 1005},
    {"GCStart",           "seq,stack",                7,  1, 1005},
    {"GCDone",            "",                         8, -1, 1005},
    {"STWStart",          "kindid",                   9, -1, 1005},
    {"STWDone",           "",                        10, -1, 1005},
    {"GCSweepStart",      "stack",                   11,  0, 1005},
    {"GCSweepDone",       "swept,reclaimed",         12, -1, 1005},
    {"GoCreate",          "g,new_stack,stack",       13,  2, 1005},
    {"GoStart",           "g,seq",                   14, -1, 1005},
    {"GoEnd",             "",                        15, -1, 1005},
    {"GoStop",            "stack",                   16,  0, 1005},
    {"GoSched",           "stack",                   17,  0, 1005},
    {"GoPreempt",         "stack",                   18,  0, 1005},
    {"GoSleep",           "stack",                   19,  0, 1005},
    {"GoBlock",           "stack",                   20,  0, 1005},
    {"GoUnblock",         "g,seq,stack",             21,  2, 1005},
    {"GoBlockSend",       "stack",                   22,  0, 1005},
    {"GoBlockRecv",       "stack",                   23,  0, 1005},
    {"GoBlockSelect",     "stack",                   24,  0, 1005},
    {"GoBlockSync",       "stack",                   25,  0, 1005},
    {"GoBlockCond",       "stack",                   26,  0, 1005},
    {"GoBlockNet",        "stack",                   27,  0, 1005},
    {"GoSysCall",         "stack",                   28,  0, 1005},
    {"GoSysExit",         "g,seq,ts",                29, -1, 1005},
    {"GoSysBlock",        "",                        30, -1, 1005},
    {"GoWaiting",         "g",                       31, -1, 1005},
    {"GoInSyscall",       "g",                       32, -1, 1005},
    {"HeapAlloc",         "mem",                     33, -1, 1005},
    {"HeapGoal",          "mem",                     34, -1, 1005},
    {"TimerGoroutine",    "g",                       35, -1, 1005},
    {"FutileWakeup",      "",                        36, -1, 1005},
    {"String",            "",                        37, -1, 1007},
    {"GoStartLocal",      "g",                       38, -1, 1007},
    {"GoUnblockLocal",    "g,stack",                 39,  1, 1007},
    {"GoSysExitLocal",    "g,ts",                    40, -1, 1007},
    {"GoStartLabel",      "g,seq,labelid",           41, -1, 1008},
    {"GoBlockGC",         "stack",                   42,  0, 1008},
    {"GCMarkAssistStart", "stack",                   43,  0, 1009},
    {"GCMarkAssistDone",  "",                        44, -1, 1009},
    {"UserTaskCreate",    "taskid,pid,typeid,stack", 45,  3, 1011},
    {"UserTaskEnd",       "taskid,stack",            46,  1, 1011},
    {"UserRegion",        "taskid,mode,typeid,stack", 47,  3, 1011},
    {"UserLog",           "id,keyid,stack",          48,  2, 1011},
    {"CPUSample",         "ts,p,g,stack",            49,  3, 1019},
};
// clang-format on

const struct strand_trace_schema *strand_trace_go_schema(uint64_t type)
{
    const size_t count = sizeof strand_trace_go_schemas / sizeof strand_trace_go_schemas[0];
    return type > 0 && type <= count ? &strand_trace_go_schemas[type - 1] : NULL;
}
