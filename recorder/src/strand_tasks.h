/* SPDX-License-Identifier: MIT
 *
 * strand_tasks.h: what /proc/self says of the threads of the process, and of its memory.
 *
 *     struct strand_tasks tasks;
 *     for (uint64_t tid = strand_tasks_first(&tasks); tid != 0; tid = strand_tasks_next(&tasks)) …
 *     strand_tasks_close(&tasks);
 *
 * Async-signal-safe, all of it: open, read, close, and memory on the stack. A full table of descriptors is made larger
 * for the time being, as far as the hard limit allows.
 */
#ifndef STRAND_TASKS_H
#define STRAND_TASKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A walk over the thread ids of the process. The members are private. */
struct strand_tasks {
    int fd;
    size_t at;
    size_t len;
    _Alignas(8) uint8_t entries[1024]; /* as getdents64 fills it */
};

/* The first thread id, the one after it. Threads that begin or end meanwhile may be told or not.
 * Returns: 0: there are no more, or /proc can't be read. */
uint64_t strand_tasks_first(struct strand_tasks *tasks);
uint64_t strand_tasks_next(struct strand_tasks *tasks);
void strand_tasks_close(struct strand_tasks *tasks);

/* How many threads there are; 0: /proc can't be read. */
size_t strand_tasks_count(void);

/* A thread's name, "" when it isn't known. Out: name[0 … cap), with a NUL. */
void strand_task_name(uint64_t tid, char *name, size_t cap);

enum strand_task_state {
    STRAND_TASK_HEARS = 0, /* the signal reaches it */
    STRAND_TASK_BLOCKS,    /* it blocks the signal */
    STRAND_TASK_GONE       /* it has ended, but for its entry */
};

/* How a thread stands to a signal. What isn't known hears. */
enum strand_task_state strand_task_state(uint64_t tid, int signal);

/* Where a thread waits. Returns: false: it doesn't, or it isn't known. */
bool strand_task_where(uint64_t tid, uint64_t *ret_pc, uint64_t *ret_sp);

/* Asks for what is mapped of shared files to be in core dumps, beside what is asked for already. Who asks for no memory
 * at all gets none. */
void strand_tasks_ask_for_core(void);

/* Whether there is code at pc: in a module that is known, or else in what /proc/self/maps says is executable. */
bool strand_tasks_is_code(uint64_t pc);

#endif
