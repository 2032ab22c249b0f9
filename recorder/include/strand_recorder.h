/* SPDX-License-Identifier: MIT
 *
 * strand_recorder.h: the flight recorder of a POSIX process: link it, log, and what was logged is there after the crash.
 *
 *     #include "strand_recorder.h"
 *     strand_log("accepted", fd, port);
 *
 * Nothing has to be called. The first record of a thread takes a *logger* for it: a ring of its own, and an alternate
 * signal stack. A record that interrupts one of the same thread, in a signal handler, takes another. Before main() the
 * recorder gives each call site its number, calibrates the clock, and puts handlers in place of those of fatal signals
 * that the program has not set (strand_crash.h).
 *
 *     thread's logger  →  one that nobody has, or whose thread is gone  →  mmap  →  the spare one in static memory
 *
 * Where the rings are, and what of them is left:
 *
 *     anonymous memory             in a core dump, and in what the crash handler prints
 *     files, under STRAND_DIR      the same, and after SIGKILL, and while the program runs: logcat-merge "$STRAND_DIR"
 *
 * Environment, read once, and not by a program that has more rights than who started it (setuid, capabilities):
 *     STRAND_DIR     folder of ring files; unset: anonymous memory. A relative one is of where the program started.
 *     STRAND_SIZE    bytes of a strand's ring, e.g. 65536, 512K, 1M; default 128K, at least 16K, at most 1G
 *     STRAND_CRASH   none | log | stacks | all: what the crash handler tells (strand_crash.h); default all
 *
 * Files are made for their owner alone (0600); the folder, too, where it isn't there (0700; its parent must be). The
 * recorder removes none: each process leaves 516 KiB of definitions, and a ring for each thread that it had at a time.
 * Where a file can't be made (the disk is full, RLIMIT_FSIZE, all descriptors are in use) its ring is in memory only;
 * strand_recorder_in_memory counts those.
 *
 * After fork the child has a session of its own: its own strands, its own files. After vfork it still is its parent:
 * it logs as that thread if that has logged before, and else its records are refused. A child of _Fork or of a clone
 * that runs no pthread_atfork handlers is taken for one of vfork, and must not log.
 * When a thread is gone its ring stays readable until another thread takes it over, and goes on there. Its strand bears
 * the name that the thread had at its first record.
 *
 * Threads, handlers: all of it may be used from every thread, and but for strand_recorder_start, strand_recorder_sync
 * and strand_recorder_define from signal handlers (on a signal stack of 8 KiB or more), inside malloc, and before main.
 * Cost: STRAND_LOG and one load of a thread's variable. The first record of a thread some 20 us in memory, with files
 * some 150 us, and more where rings are big: their files are allocated as a whole. strand_log is C only, as STRAND_LOG
 * is; C++ logs by strand_record.h with strand_logger().
 * STRAND_DISABLE makes the log calls nothing; the recorder need not be linked then but for the functions below that are
 * called all the same.
 */
#ifndef STRAND_RECORDER_H
#define STRAND_RECORDER_H

#include "strand.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What the crash handler tells. */
enum strand_crash_level {
    STRAND_CRASH_DEFAULT = 0, /* as STRAND_CRASH says */
    STRAND_CRASH_NONE,        /* no handler is installed */
    STRAND_CRASH_LOG,         /* the signal and the logs */
    STRAND_CRASH_STACKS,      /* the signal and the stacks */
    STRAND_CRASH_ALL
};

struct strand_recorder_options {
    const char *dir;  /* folder of ring files; NULL: as STRAND_DIR says; "": anonymous memory */
    size_t ring_size; /* bytes; 0: as STRAND_SIZE says */
    enum strand_crash_level crash;
};

/* Overrides the environment, at the beginning of main: what was logged so far moves to files of `dir`, and leaves none
 * elsewhere; the calling thread goes on in a ring of ring_size, beside the one that it had. NULL: nothing is overridden.
 * Not in a signal handler, and before other threads log.
 * Returns: STRAND_OK · STRAND_BAD_ARGUMENT (ring_size, crash) · STRAND_NOT_OPEN (dir can't be written to: errno says
 * why; logging goes on where it was). */
enum strand_status strand_recorder_start(const struct strand_recorder_options *options);

/* A thread's own, in memory that needs no set-up. Private but for the functions below. */
struct strand_thread {
    struct strand_writer *priv_log;
    struct strand_writer *priv_trace;
    uint64_t priv_trace_generation;
};

extern __thread struct strand_thread strand_this_thread __attribute__((tls_model("initial-exec")));

/* The calling thread's logger, for STRAND_LOG, STRAND_LOG_FIXED, STRAND_LOG_LEVEL, strand_record_begin. Until its
 * first record it is a stand-in that takes no record of itself but has one taken by a logger made for the thread. */
static inline struct strand_writer *strand_logger(void)
{
    return strand_this_thread.priv_log;
}

/* The same, never the stand-in: for strand_writer_begin. NULL: no memory is to be had. */
struct strand_writer *strand_logger_own(void);

/* Logs by the calling thread: a message, then up to 16 values. _fixed: faster and longer; _level: the level first. */
#define strand_log(...) STRAND_LOG(strand_logger(), __VA_ARGS__)
#define strand_log_fixed(...) STRAND_LOG_FIXED(strand_logger(), __VA_ARGS__)
#define strand_log_level(level, ...) STRAND_LOG_LEVEL(strand_logger(), level, __VA_ARGS__)

/* Defines the call sites [first, end) of a module. Each module that includes this header does so by itself when it is
 * loaded; nobody else has to. */
void strand_recorder_define(struct strand_site *const *first, struct strand_site *const *end);

/* Counts since the session began: strands (loggers and tracers, the one of definitions not), and records that no
 * logger could take. */
uint64_t strand_recorder_strands(void);
uint64_t strand_recorder_refused(void);

/* Strands, of definitions or others, that are in memory only though there is a folder. */
uint64_t strand_recorder_in_memory(void);

/* Makes what was logged so far safe from a crash of the machine, too, where it is in files: msync, and fsync of the
 * folder. Not in a signal handler. Returns: STRAND_OK · STRAND_NOT_OPEN (a file could not be written: errno says why). */
enum strand_status strand_recorder_sync(void);

/* The folder in which the session's files are, as an absolute path; NULL: it has none. */
const char *strand_recorder_dir(void);

#if defined(__ELF__) && !defined(STRAND_DISABLE) && !defined(__cplusplus)
/* One for each module, however many of its files include this: weak, and hidden from other modules. */
__attribute__((weak, visibility("hidden"), constructor)) void strand_recorder_define_module(void);
void strand_recorder_define_module(void)
{
    strand_recorder_define(__start_strand_sites, __stop_strand_sites);
}
#endif

#ifdef __cplusplus
}
#endif

#endif
