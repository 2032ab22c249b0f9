/* SPDX-License-Identifier: MIT
 *
 * strand_crash.h: what happens when the program gets a fatal signal: SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS,
 * SIGTRAP, SIGQUIT.
 *
 * The first thread that gets one owns the dump. It prints to standard error, and flushes after each step:
 *
 *     1 the signal, thread and program        4 every other thread's stack
 *     2 its own stack                         5 all logs, merged, each behind  >> begin log N; lost first MKB <<
 *     3 its own log                           6 the trace is advanced, so that who reads it has all
 *
 * and, where there is STRAND_DIR, the signal and stacks go to a strand of their own there, which `strandline print` and
 * logcat-merge read. The other threads stand still meanwhile. A thread that crashes too waits; a crash inside the dump
 * goes on with the next step; 5 s after its start the dump ends wherever it is. Then the handler that was there before
 * is put back and the signal raised again, so that exit status and core are what they would have been.
 *
 * A stack overflow can be told where the thread has an alternate signal stack: each has that has logged once, and the
 * one that loads the recorder.
 *
 * A program that sets its own handler of one of these signals afterwards replaces ours; strand_crash_tell is for such
 * handlers to call. Where the program goes on after that, its other threads have been asked for their stacks: poll,
 * nanosleep and the like have ended with EINTR there (strand_stack.h).
 */
#ifndef STRAND_CRASH_H
#define STRAND_CRASH_H

#include "strand_recorder.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Installs the handlers; the recorder does it before main, but for signals that are ignored. Thread-safe; not in a
 * signal handler. */
void strand_crash_install(enum strand_crash_level level);

/* Puts back what was there before. */
void strand_crash_uninstall(void);

/* For a handler of one's own with SA_SIGINFO, with its three arguments (info is a siginfo_t): tells all the above, but
 * raises nothing and returns. Once in a process; later calls return at once, and those that come while another thread
 * tells wait for that. Async-signal-safe. */
void strand_crash_tell(int number, const void *info, void *ucontext);

#ifdef __cplusplus
}
#endif

#endif
