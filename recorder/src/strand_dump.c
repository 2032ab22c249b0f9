/* SPDX-License-Identifier: MIT
 *
 * strand_dump.c: the steps of a dump.
 *
 *     strandline: fatal signal 11 (SIGSEGV), code 1, address 0x0, in thread 1234 "worker" of server[1230]
 *
 *     thread 1234 "worker":
 *       0x55d0c3a81234 server+0x1234
 *       …
 *
 *     (its log)  (the other threads' stacks)  (all logs)
 *
 *     module 0x55d0c3a80000 8d1c…e2 /usr/bin/server
 *
 * The index of the next step is in the dump, and raised before a step is taken: whoever comes back from a crash in it
 * goes on behind it. Each step's output is written before the next begins.
 */
#define _GNU_SOURCE
#include "strand_dump.h"

#include "strand_modules.h"
#include "strand_relay.h"
#include "strand_session.h"
#include "strand_trace_crash.h"
#include "strand_unwind.h"

#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

// Of the 5 s that a dump has: who reads too slowly is waited for so long; threads are asked even where nobody reads,
// for the crash strand; what then is left is for the trace.
#define STRAND_DUMP_OUTPUT_NS 2000000000u
#define STRAND_DUMP_ASK_NS 2900000000u
#define STRAND_DUMP_ASK_TRIES 500 // while another thread is asking

static void strand_dump_minus(struct strand_report *r, int64_t v)
{
    if (v < 0) {
        strand_report_text(r, "-");
    }
    strand_report_dec(r, v < 0 ? (uint64_t)0 - (uint64_t)v : (uint64_t)v);
}

// ---------------------------------------------------------------------------------------------------------------
// The signal

static const char *strand_signal_name(int number)
{
    switch (number) {
    case SIGSEGV: return "SIGSEGV";
    case SIGBUS: return "SIGBUS";
    case SIGILL: return "SIGILL";
    case SIGFPE: return "SIGFPE";
    case SIGABRT: return "SIGABRT";
    case SIGSYS: return "SIGSYS";
    case SIGTRAP: return "SIGTRAP";
    case SIGQUIT: return "SIGQUIT";
    default: return "signal";
    }
}

bool strand_cause_has_address(const struct strand_cause *cause)
{
    return cause->has_info && cause->info.si_code > 0 && cause->info.si_code != SI_KERNEL;
}

static void strand_dump_signal(struct strand_report *r, const struct strand_cause *cause)
{
    strand_report_dec(r, (uint64_t)cause->number);
    strand_report_text(r, " (");
    strand_report_text(r, strand_signal_name(cause->number));
    strand_report_text(r, ")");
    if (!cause->has_info) {
        strand_report_text(r, ", code and address not known (its handler lost SA_SIGINFO)");
        return;
    }
    strand_report_text(r, ", code ");
    strand_dump_minus(r, cause->info.si_code);
    if (strand_cause_has_address(cause)) {
        strand_report_text(r, ", address ");
        strand_report_hex(r, (uint64_t)(uintptr_t)cause->info.si_addr);
    } else if (cause->info.si_code <= 0) {
        strand_report_text(r, ", sent by process ");
        strand_report_dec(r, (uint64_t)cause->info.si_pid);
    }
}

static void strand_dump_header(struct strand_dump *d)
{
    struct strand_report *r = &d->report;
    strand_report_text(r, "strandline: fatal signal ");
    strand_dump_signal(r, &d->cause);
    strand_report_text(r, ", in thread ");
    strand_report_dec(r, d->tid);
    strand_report_text(r, " \"");
    strand_report_text(r, d->own.name);
    strand_report_text(r, "\" of ");
    strand_report_text(r, strand_session.program);
    strand_report_text(r, "[");
    strand_report_dec(r, (uint64_t)getpid());
    strand_report_text(r, "]\n");
}

// ---------------------------------------------------------------------------------------------------------------
// Stacks

static void strand_dump_stack(struct strand_report *r, const struct strand_thread_stack *stack)
{
    strand_report_text(r, "\n");
    strand_report_stack(r, stack);
}

static void strand_dump_own_stack(struct strand_dump *d)
{
    struct strand_thread_stack *own = &d->own;
    own->count = d->cause.ucontext != NULL
                     ? strand_stack_capture_context(d->cause.ucontext, own->pcs, STRAND_STACK_MAX)
                     : strand_stack_capture(own->pcs, STRAND_STACK_MAX, 0);
    own->how = own->count > 0 ? STRAND_STACK_CAPTURED : STRAND_STACK_UNKNOWN;
    strand_dump_stack(&d->report, own);
}

static bool strand_dump_visit(void *context, const struct strand_thread_stack *stack)
{
    struct strand_dump *d = context;
    if (d->level != STRAND_CRASH_LOG) {
        strand_dump_stack(&d->report, stack);
        strand_dump_strand_stack(stack);
    }
    return true;
}

// Even where nobody wants to know the stacks: while the threads stand still their logs do, too.
static void strand_dump_other_stacks(struct strand_dump *d)
{
    const struct timespec pause = {0, 500000};
    strand_relay_release(); // where the crash came while this thread was asking
    for (int i = 0; !strand_relay_ask(d->ask_deadline_ns, true, strand_dump_visit, d); i++) {
        if (i == STRAND_DUMP_ASK_TRIES) {
            strand_report_text(&d->report, "\nstrandline: another thread is asking for stacks\n");
            return;
        }
        clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL); // another one is asking, and will be done
    }
}

static void strand_dump_strand_begin(struct strand_dump *d)
{
    strand_dump_strand_open(d);
    if (d->own.how == STRAND_STACK_CAPTURED) {
        strand_dump_strand_stack(&d->own);
    }
    strand_dump_strand_flush();
}

// ---------------------------------------------------------------------------------------------------------------
// Modules

static void strand_dump_module(struct strand_report *r, const struct strand_module *module)
{
    static const char digits[] = "0123456789abcdef";
    strand_report_text(r, "module ");
    strand_report_hex(r, module->base);
    strand_report_text(r, " ");
    for (size_t i = 0; i < module->build_id_len; i++) {
        strand_report_bytes(r, &digits[module->build_id[i] / 16], 1);
        strand_report_bytes(r, &digits[module->build_id[i] % 16], 1);
    }
    strand_report_text(r, module->build_id_len > 0 ? " " : "- ");
    strand_report_text(r, module->path);
    strand_report_text(r, "\n");
}

static void strand_dump_modules(struct strand_dump *d)
{
    const struct strand_module *module;
    strand_report_text(&d->report, "\n");
    for (size_t i = 0; (module = strand_modules_at(i)) != NULL; i++) {
        strand_dump_module(&d->report, module);
    }
}

// ---------------------------------------------------------------------------------------------------------------
// The steps

static void strand_dump_index(struct strand_dump *d)
{
    (void)d;
    strand_dump_definitions();
}

static void strand_dump_trace(struct strand_dump *d)
{
    (void)d;
    strand_trace_at_crash();
}

struct strand_dump_step {
    const char *name;
    void (*take)(struct strand_dump *d);
    uint8_t is_log;    /* for the level `log` */
    uint8_t is_stacks; /* for the level `stacks` */
};

static const struct strand_dump_step strand_dump_steps[] = {
    {"header", strand_dump_header, 1, 1},
    {"own stack", strand_dump_own_stack, 0, 1},
    {"crash strand", strand_dump_strand_begin, 1, 1},
    {"definitions", strand_dump_index, 1, 0},
    {"own log", strand_dump_own_log, 1, 0},
    {"other stacks", strand_dump_other_stacks, 1, 1},
    {"end of the crash strand", strand_dump_strand_close, 1, 1},
    {"logs", strand_dump_all_logs, 1, 0},
    {"modules", strand_dump_modules, 0, 1},
    {"trace", strand_dump_trace, 1, 1},
};
#define STRAND_DUMP_STEPS (sizeof strand_dump_steps / sizeof strand_dump_steps[0])

void strand_dump_start(struct strand_dump *d, const struct strand_cause *cause, enum strand_crash_level level,
                       char *text, size_t cap)
{
    const uint64_t now = strand_clock_monotonic();
    d->cause = *cause;
    d->level = level;
    d->tid = (uint64_t)strand_tid();
    d->deadline_ns = now + STRAND_DUMP_OUTPUT_NS;
    d->ask_deadline_ns = now + STRAND_DUMP_ASK_NS;
    d->step = 0;
    d->out_of_time = false;
    d->report = (struct strand_report){.base = text, .cap = cap, .fd = STDERR_FILENO, .deadline_ns = d->deadline_ns};
    d->own = (struct strand_thread_stack){.tid = d->tid, .how = STRAND_STACK_UNKNOWN};
    prctl(PR_GET_NAME, d->own.name);
}

static bool strand_dump_takes(const struct strand_dump *d, const struct strand_dump_step *step)
{
    return d->level == STRAND_CRASH_LOG ? step->is_log != 0 : d->level != STRAND_CRASH_STACKS || step->is_stacks != 0;
}

void strand_dump_run(struct strand_dump *d)
{
    while (d->step < STRAND_DUMP_STEPS) {
        const struct strand_dump_step *step = &strand_dump_steps[d->step];
        d->step++;
        if (strand_dump_takes(d, step)) {
            step->take(d);
            strand_report_flush(&d->report);
        }
    }
    if (d->out_of_time) {
        strand_report_text(&d->report, "\nstrandline: the dump took too long and ends here\n");
        strand_report_flush(&d->report);
    }
}

// The step counts as taken already, so a crash in here leads on all the same.
void strand_dump_broken(struct strand_dump *d, const struct strand_cause *cause)
{
    struct strand_report *r = &d->report;
    uint32_t ordinal;
    strand_report_text(r, "\nstrandline: the dump's step \"");
    strand_report_text(r, d->step > 0 ? strand_dump_steps[d->step - 1].name : "start");
    strand_report_text(r, "\" got signal ");
    strand_dump_signal(r, cause);
    if (strand_dump_log_is_bad(&ordinal)) {
        d->step--;
        strand_report_text(r, "; again without log ");
        strand_report_dec(r, ordinal);
    }
    strand_report_text(r, "\n");
    strand_report_flush(r);
}

void strand_dump_end(struct strand_dump *d)
{
    d->step = STRAND_DUMP_STEPS;
    d->out_of_time = true;
}

void strand_dump_brief(struct strand_dump *d)
{
    strand_dump_header(d);
    strand_report_flush(&d->report);
    strand_dump_own_stack(d);
    strand_report_flush(&d->report);
}
