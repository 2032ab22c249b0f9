/* SPDX-License-Identifier: MIT
 *
 * strand_trace_crash.h: the trace, when the process dies.
 */
#ifndef STRAND_TRACE_CRASH_H
#define STRAND_TRACE_CRASH_H

/* Writes what was not read yet to the trace's crash_fd, if it has one: the definitions, then each strand's blocks,
 * full or not. What the last strand_trace_read gave out is among it, as nobody knows how far its caller came with it;
 * a block that is there twice does no harm. strand_trace_read says STRAND_BUSY from then on.
 * A pipe that nobody reads is waited for 2 s, all in all. A closed one is SIGPIPE, which the caller has blocked.
 * Async-signal-safe. Once: a second call does nothing. */
void strand_trace_at_crash(void);

#endif
