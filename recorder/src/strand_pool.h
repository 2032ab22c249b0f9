/* SPDX-License-Identifier: MIT
 *
 * strand_pool.h: the loggers of the process: a writer with its ring each, owned by one thread at a time.
 *
 *     first → logger → logger → logger …     pushed at the front, never taken out
 *
 *     owner │ count of owners so far │ 0     nobody's: whoever swaps in its tid has it
 *           │                        │ tid   that thread's; when the thread is gone, whoever swaps in its own has it
 *
 * The count is there because tids come again: who was about to take a logger from a thread that is gone must not take
 * it from a new thread of that number.
 *
 * The list only grows, so it may be walked at any time without a lock, in a signal handler too. Model: pool.pml.
 */
#ifndef STRAND_POOL_H
#define STRAND_POOL_H

#include "strand_session.h"
#include "strand_tracer_ring.h"

#define STRAND_SIGNAL_STACK 65536u /* bytes of a thread's alternate signal stack; a guard page lies below it */
#define STRAND_NAME_MAX 16u        /* bytes of a thread's name, NUL included */

struct strand_logger {
    struct strand_writer writer;
    struct strand_descriptor_ring ring; /* address and length of the ring, for who finds it in a core */
    struct strand_anchor anchor;
    struct strand_logger *next;
    uint64_t owner;             /* atomic */
    uint32_t ordinal;           /* of the strand */
    uint64_t generation;        /* of a trace: which one it belongs to */
    uint8_t kind;               /* enum strand_kind */
    uint8_t is_file;            /* the ring is a mapped file */
    char name[STRAND_NAME_MAX]; /* of the last owner */
    uint8_t *mem;               /* the ring: a whole stream file */
    size_t mem_len;
    uint8_t *window; /* room for a block: for who reads the ring, one at a time */
    size_t window_len;
    uint8_t *signal_stack;       /* NULL: none */
    struct strand_tracer tracer; /* of a trace */
};

/* Takes a logger of that kind for the calling thread: from the list, else by mmap, else the spare one in static memory.
 * generation: 0, or that of the trace: a logger of an older one starts anew.
 * Returns: NULL: there is none to be had. Async-signal-safe. */
struct strand_logger *strand_pool_take(enum strand_kind kind, uint64_t generation);

/* Whose it is: a tid, or 0. Async-signal-safe. */
uint32_t strand_logger_tid(const struct strand_logger *logger);

/* Gives back a logger that nobody writes to. Async-signal-safe. */
void strand_pool_give(struct strand_logger *logger);

/* The list, newest first: logger->next leads on. Async-signal-safe. */
struct strand_logger *strand_pool_first(void);

/* Why a ring last was not put into a file: an errno; 0: none failed. */
int strand_pool_file_error(void);

/* In the child of a fork, by its only thread: the list is empty, and what was shared with the parent is not written
 * to any more. */
void strand_pool_renew(void);

/* Moves all rings to where the session's strands go now. Returns: false, with errno: not all. */
bool strand_pool_move(void);

#endif
