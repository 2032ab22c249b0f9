/* SPDX-License-Identifier: MIT
 *
 * strand_session.h: what all strands of the process share: the session's id, the clock, where rings go, and the descriptor
 * by which they are found.
 */
#ifndef STRAND_SESSION_H
#define STRAND_SESSION_H

#include "strand_descriptor.h"
#include "strand_recorder.h"
#include "strand_recorder_clock.h"

#include <limits.h>
#include <signal.h>
#include <sys/types.h>

struct strand_session {
    uint8_t id[16];
    uint8_t boot[16];
    pid_t pid;
    struct strand_calibration calibration;
    uint64_t start_ns;
    uint32_t ring_size; /* bytes */
    enum strand_crash_level crash;
    char program[32];      /* base name of the executable */
    char dir[PATH_MAX];    /* absolute; "": anonymous memory */
    uint32_t next_ordinal; /* atomic */
    uint32_t trace_size;   /* bytes of a tracer's ring */
};

extern struct strand_session strand_session;
extern struct strand_descriptor strand_descriptor;

/* Starts the session, once: from the constructor, or from the first record if that comes before it.
 * Returns: whether it has started; false: a fault interrupted the start, or this is a child that vfork made.
 * Async-signal-safe. */
bool strand_session_begin(void);

/* Sets where strands go from now on; "": to anonymous memory. Those that there are stay where they are.
 * Returns: false, with errno: it can't be (too long, no working directory); no folder is set then. */
bool strand_session_set_dir(const char *dir);

/* In the child of a fork, by its only thread: the next begin starts a session of its own, with the clock and options of
 * the parent's. */
void strand_session_renew(void);

/* Fills in a file header as all strands of this session have it: session, boot, pid, tid, times, clock, writer.
 * In: tuple[0 … STRAND_CLOCK_LEN), kept until the header is encoded. Ordinal, kind, geometry and name are the
 * caller's. Async-signal-safe. */
void strand_session_describe(uint8_t *tuple, struct strand_file_header *header);

/* Calling thread's id. Async-signal-safe. */
pid_t strand_tid(void);

/* A section into which neither a signal handler nor the thread's cancellation comes: all signals wait, and what is a
 * cancellation point is none. Async-signal-safe. */
struct strand_quiet {
    sigset_t signals;
    int cancel;
};
void strand_quiet_begin(struct strand_quiet *before);
void strand_quiet_end(const struct strand_quiet *before);

/* Bytes of a ring from text like 65536, 512K, 1M, 1G. Returns: 0: it isn't one, or it is out of bounds. */
size_t strand_ring_size_of(const char *text);
#define STRAND_TRACE_SIZE_DEFAULT (4096u + 1048576u)
#define STRAND_RING_SIZE_MIN 16384u
#define STRAND_RING_SIZE_MAX 1073741824u

#endif
