/* SPDX-License-Identifier: MIT
 *
 * strand_dump.h: what is told about a crash, step by step. Who tells it, when, and under what guards is strand_crash.c.
 *
 * A step that crashes is not tried again: the caller comes back with strand_dump_broken, and strand_dump_run goes on
 * with the next one. Async-signal-safe, all of it; one dump in a process at a time.
 */
#ifndef STRAND_DUMP_H
#define STRAND_DUMP_H

#include "strand_recorder.h"
#include "strand_report.h"
#include "strand_stack.h"

#include <signal.h>
#include <ucontext.h>

/* What the handler was called with. */
struct strand_cause {
    int number;
    bool has_info; /* false: the handler was reinstalled without SA_SIGINFO, info holds nothing */
    siginfo_t info;
    ucontext_t *ucontext; /* NULL: not known */
};

struct strand_dump {
    struct strand_cause cause;
    enum strand_crash_level level;
    uint64_t tid;
    uint64_t deadline_ns;     /* CLOCK_MONOTONIC: the end of output */
    uint64_t ask_deadline_ns; /* and of asking other threads */
    size_t step;              /* the next one */
    bool out_of_time;
    struct strand_report report;
    struct strand_thread_stack own;
};

/* Starts a dump that tells standard error, by way of text[0 … cap). */
void strand_dump_start(struct strand_dump *d, const struct strand_cause *cause, enum strand_crash_level level,
                       char *text, size_t cap);

/* Takes the steps that are left. */
void strand_dump_run(struct strand_dump *d);

/* The step that was under way crashed: strand_dump_run goes on behind it. */
void strand_dump_broken(struct strand_dump *d, const struct strand_cause *cause);

/* No step more: strand_dump_run says so and ends. */
void strand_dump_end(struct strand_dump *d);

/* Header and own stack alone. */
void strand_dump_brief(struct strand_dump *d);

/* Whether it is about an address. */
bool strand_cause_has_address(const struct strand_cause *cause);

/* strand_dump_log.c: the definitions that records need; the records of the crashing thread's logs, or of all. */
void strand_dump_definitions(void);
void strand_dump_own_log(struct strand_dump *d);
void strand_dump_all_logs(struct strand_dump *d);

/* A crash came while logs were read. Returns: true: the log that it came from won't be read again, and the step may
 * be taken once more; its number is in *ret_ordinal. */
bool strand_dump_log_is_bad(uint32_t *ret_ordinal);

/* strand_dump_strand.c: the crash as a strand in the session's folder. Nothing where there is no folder. */
void strand_dump_strand_open(struct strand_dump *d);
void strand_dump_strand_stack(const struct strand_thread_stack *stack);
void strand_dump_strand_flush(void);
void strand_dump_strand_close(struct strand_dump *d);

#endif
