/* SPDX-License-Identifier: MIT
 *
 * strand_tracer_ring.h: what the tracer's two halves share: strand_tracer.c, which writes, and strand_trace_read.c.
 *
 *     state   none, read ──start──→ on ──stop──→ stopped ──read to its end──→ read        changing: on its way
 */
#ifndef STRAND_TRACER_RING_H
#define STRAND_TRACER_RING_H

#include "strand_stack_table.h"

#define STRAND_TRACE_RING_BLOCK 65536u

enum strand_trace_state {
    STRAND_TRACE_STATE_NONE = 0,
    STRAND_TRACE_STATE_CHANGING,
    STRAND_TRACE_STATE_ON,
    STRAND_TRACE_STATE_STOPPED,
    STRAND_TRACE_STATE_READ
};

struct strand_trace_control {
    uint32_t state;       /* atomic: enum strand_trace_state */
    uint32_t bell;        /* atomic, a futex: a reader that waits looks again when it changes */
    uint64_t generation;  /* atomic: of the trace that is on, or last was */
    uint64_t advances;    /* atomic: how many there were in this trace */
    uint64_t duration_ns; /* atomic: as asked for at the start */
    int crash_fd;         /* atomic */
    uint32_t reader;      /* atomic: 1: somebody reads */
    uint32_t crashed;     /* atomic: 1: the crash reads, and nobody else will */
};

extern struct strand_trace_control strand_trace_control;

/* How far a strand was read. */
struct strand_trace_marks {
    uint64_t generation;     /* of the trace that all the others are about */
    uint64_t read;           /* atomic: seq of the last block that was read sealed */
    uint64_t passed_on;      /* atomic: of them, those that the reader has dealt with: it came back for more */
    uint64_t open_seq;       /* of the last block that was read before it was full … */
    uint32_t open_committed; /* … and how much of it */
    uint64_t advances;       /* up to this advance it was read */
};

/* Which stacks the current block of a strand defines. Touched while an event is open only, so by one at a time. */
struct strand_stacks_told {
    uint64_t seq; /* of the block; 0: of none */
    uint64_t bits[STRAND_STACK_IDS / 64];
};

/* What the tracer keeps with each logger. */
struct strand_tracer {
    struct strand_trace_marks marks; /* the reader's */
    struct strand_stacks_told told;  /* the owner's */
};

/* Wakes a reader that waits. Async-signal-safe. */
void strand_trace_ring_bell(void);

/* Events that found no tracer. */
uint64_t strand_trace_refused(void);

#endif
