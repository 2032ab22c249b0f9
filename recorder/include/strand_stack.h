/* SPDX-License-Identifier: MIT
 *
 * strand_stack.h: stacks: of the caller, of an interrupted context, of every thread.
 *
 * Addresses only: a program that is about to die has no business with symbols, `strandline --symbols`, gdb or addr2line
 * find them by the module's build-id afterwards. A return address stands as it is; the call is the instruction before.
 *
 * Other threads are asked one by one: each gets SIGURG (which is ignored where nobody handles it) by tgkill, captures
 * its own stack in the handler, and answers. One that blocks the signal, or doesn't answer within 100 ms, is told with
 * the pc and sp that /proc knows. A handler of SIGURG that the program has stays in use for signals that aren't ours.
 * System calls that no SA_RESTART restarts (poll, select, epoll_wait, nanosleep, …) end with EINTR in threads that are
 * asked, as they do for every signal.
 *
 * Capture is by libgcc's unwinder or by frame pointers, as configured (-Dunwinder=); never libunwind.
 * Async-signal-safe, all of it, but for one caller at a time of those that ask other threads: a second is answered with
 * its own stack only. No allocation.
 */
#ifndef STRAND_STACK_H
#define STRAND_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define STRAND_STACK_MAX 64u /* addresses that are kept of a thread's stack */

/* The caller's return addresses, innermost first, without the first `skip` functions (0: the caller itself is first).
 * Returns: how many. Cost: about 100 ns a frame. */
size_t strand_stack_capture(uint64_t *pcs, size_t cap, size_t skip);

/* The same of what a signal interrupted: in its handler, with the third argument of that. pcs[0] is the interrupted
 * instruction. */
size_t strand_stack_capture_context(const void *ucontext, uint64_t *pcs, size_t cap);

/* How a thread's stack came to be known. */
enum strand_stack_how {
    STRAND_STACK_CAPTURED = 1, /* the thread itself told it */
    STRAND_STACK_BLOCKED,      /* it blocks the signal: pc and sp only, in pcs[0] and sp */
    STRAND_STACK_SILENT,       /* it did not answer in time: likewise */
    STRAND_STACK_UNKNOWN       /* and /proc does not know either: it runs, or there is no /proc */
};

struct strand_thread_stack {
    uint64_t tid;
    char name[16];
    enum strand_stack_how how;
    uint64_t sp; /* 0: not known */
    size_t count;
    uint64_t pcs[STRAND_STACK_MAX];
};

/* The stacks of all threads, the caller's first.
 * In: records[0 … cap). Out: *ret_count, the threads that there are.
 * Returns: true: all are in records · false: cap is too small (nothing is in records then), call again with more. */
bool strand_thread_profile(struct strand_thread_stack *records, size_t cap, size_t *ret_count);

/* Formats the caller's stack, or those of all threads, into buf, always with a NUL if len > 0:
 *
 *     thread 1234 "worker":
 *       0x55d0c3a81234 server+0x1234
 *       …
 *
 * Returns: bytes that all of it takes, without the NUL; len or more means that it was cut. */
size_t strand_stack(char *buf, size_t len, bool all);

#ifdef __cplusplus
}
#endif

#endif
