/* SPDX-License-Identifier: MIT
 *
 * strand_crash.c: who tells about a crash, what keeps that from hanging, and how the process dies afterwards.
 *
 *     signal ──→ a vfork child?    header and own stack; nothing that is its parent's ──→ dies
 *            ──→ first crasher     owner ← its tid │ guards │ dump │ guards off, previous handlers back ──→ dies
 *            ──→ owner again       the dump itself crashed: back to where it was entered, on with the next step
 *            ──→ another one       waits, and is asked for its stack meanwhile ──→ dies
 *
 * To die is to return: the instruction faults again, now before the previous handler or the kernel, with registers and
 * siginfo as they were. What is no fault of an instruction (abort, kill, a trap) is sent to the thread again, with the
 * siginfo that it came with, while it is blocked: it is delivered where the handler returns to.
 *
 * A previous handler that calls ours in its turn ends there: then the signal's own action is put back.
 *
 * Guards: all other signals wait. SIGPIPE is ignored. SIGALRM comes when the time is over: the owner goes to the end
 * of its dump from wherever it is; should that hang too, the SIGALRM a second later kills. Time is never given back.
 */
#define _GNU_SOURCE
#include "strand_crash.h"

#include "strand_crash_renew.h"
#include "strand_dump.h"
#include "strand_platform.h"
#include "strand_relay.h"
#include "strand_session.h"
#include "strand_unwind.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#define STRAND_CRASH_BUDGET_S 5
#define STRAND_CRASH_GRACE_NS 900000000u // after it, for the end
#define STRAND_CRASH_WAIT_MS 7000        // that another crasher waits for the dump
#define STRAND_CRASH_AFTERMATH_MS 1000   // and then for the owner's death
#define STRAND_CRASH_BROKEN_MAX 32       // crashes inside a dump
#define STRAND_CRASH_MORE_FILES 16       // descriptors for the dump, where the limit may be raised
#define STRAND_TAG_FAULT_LATE 8          // SEGV_MTEAERR, which not all headers have

static const int strand_fatal_signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS, SIGTRAP, SIGQUIT};
#define STRAND_FATAL_COUNT (sizeof strand_fatal_signals / sizeof strand_fatal_signals[0])

static struct sigaction strand_crash_previous[STRAND_FATAL_COUNT];
static uint8_t strand_crash_is_ours[STRAND_FATAL_COUNT];
static enum strand_crash_level strand_crash_level_asked;
static pthread_mutex_t strand_crash_installing = PTHREAD_MUTEX_INITIALIZER;

static uint64_t strand_crash_owner; // atomic: pid and tid of who dumps or has dumped; of another process: nobody
static uint32_t strand_crash_over;  // atomic: pid whose dump is over
static struct strand_dump strand_crash_dump;
static char strand_crash_text[16384];
static sigjmp_buf strand_crash_back; // the owner's, to where its dump was entered
static uint64_t strand_crash_end_ns; // CLOCK_MONOTONIC: the budget is spent
static unsigned strand_crash_broken;

// What the dump changes and puts back.
static struct {
    sigset_t mask;
    struct sigaction on_alarm;
    struct sigaction on_pipe;
    struct itimerval timer;
    struct rlimit files;
    int cancel;
    mcontext_t registers; // the unwinder changes them for a while
} strand_crash_before;

// Whether the signal's own action will end the process: then the other threads stand still up to that, and leave no
// trace of having gone on, nor an exit status of their own. A handler may need them.
static bool strand_crash_is_the_end(int number)
{
    struct sigaction now;
    return sigaction(number, NULL, &now) == 0 && (now.sa_flags & SA_SIGINFO) == 0 && now.sa_handler == SIG_DFL;
}

static void strand_crash_on_signal(int number, siginfo_t *info, void *ucontext);

// ---------------------------------------------------------------------------------------------------------------
// Handlers

// What may come during a dump: crashes of the dump itself, the question for one's stack, the end of the time, and
// SIGPIPE, which is ignored then: if it were blocked it would only be put off.
static void strand_crash_mask(sigset_t *mask)
{
    sigfillset(mask);
    for (size_t i = 0; i < STRAND_FATAL_COUNT; i++) {
        if (strand_fatal_signals[i] != SIGQUIT) {
            sigdelset(mask, strand_fatal_signals[i]);
        }
    }
    sigdelset(mask, SIGURG);
    sigdelset(mask, SIGALRM);
    sigdelset(mask, SIGPIPE);
}

static bool strand_crash_is_ignored(const struct sigaction *action)
{
    return (action->sa_flags & SA_SIGINFO) == 0 && action->sa_handler == SIG_IGN;
}

static void strand_crash_install_one(size_t i)
{
    struct sigaction now;
    struct sigaction ours = {.sa_sigaction = strand_crash_on_signal,
                             .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    strand_crash_mask(&ours.sa_mask);
    if (sigaction(strand_fatal_signals[i], NULL, &now) != 0 || strand_crash_is_ignored(&now) ||
        now.sa_sigaction == strand_crash_on_signal) {
        return;
    }
    strand_crash_previous[i] = now;
    strand_crash_is_ours[i] = 1;
    sigaction(strand_fatal_signals[i], &ours, NULL);
}

// In an order that a fork may come into.
static void strand_crash_put_back(size_t i)
{
    if (strand_crash_is_ours[i] != 0) {
        sigaction(strand_fatal_signals[i], &strand_crash_previous[i], NULL);
        strand_crash_is_ours[i] = 0;
    }
}

static void strand_crash_put_back_all(void)
{
    for (size_t i = 0; i < STRAND_FATAL_COUNT; i++) {
        strand_crash_put_back(i);
    }
}

void strand_crash_install(enum strand_crash_level level)
{
    level = level == STRAND_CRASH_DEFAULT ? strand_session.crash : level;
    if (level == STRAND_CRASH_NONE) {
        strand_crash_uninstall();
        return;
    }
    pthread_mutex_lock(&strand_crash_installing);
    strand_stack_prepare();
    strand_crash_level_asked = level;
    for (size_t i = 0; i < STRAND_FATAL_COUNT; i++) {
        strand_crash_install_one(i);
    }
    pthread_mutex_unlock(&strand_crash_installing);
}

// A handler that the program has set since stays.
void strand_crash_uninstall(void)
{
    struct sigaction now;
    pthread_mutex_lock(&strand_crash_installing);
    for (size_t i = 0; i < STRAND_FATAL_COUNT; i++) {
        if (sigaction(strand_fatal_signals[i], NULL, &now) == 0 && now.sa_sigaction == strand_crash_on_signal) {
            strand_crash_put_back(i);
        }
    }
    pthread_mutex_unlock(&strand_crash_installing);
}

void strand_crash_renew(void)
{
    strand_crash_installing = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
}

// ---------------------------------------------------------------------------------------------------------------
// What has happened

// signal() puts a handler that it returned back without SA_SIGINFO: what such a call has for a siginfo is anything.
static bool strand_crash_has_info(int number)
{
    struct sigaction now;
    return sigaction(number, NULL, &now) == 0 && (now.sa_flags & SA_SIGINFO) != 0;
}

static struct strand_cause strand_crash_cause(int number, const siginfo_t *info, void *ucontext)
{
    struct strand_cause cause = {.number = number, .has_info = info != NULL};
    if (cause.has_info) {
        cause.info = *info;
        cause.ucontext = ucontext;
    }
    return cause;
}

// Whether the instruction that the signal interrupted raises it again. A breakpoint and a refused system call lie
// before it; some memory errors are told at any time.
static bool strand_crash_is_fault(const struct strand_cause *cause)
{
    const int number = cause->number;
    const int code = cause->info.si_code;
    const bool late =
        (number == SIGBUS && code == BUS_MCEERR_AO) || (number == SIGSEGV && code == STRAND_TAG_FAULT_LATE);
    return cause->has_info && code > 0 && !late &&
           (number == SIGSEGV || number == SIGBUS || number == SIGILL || number == SIGFPE);
}

// To be called last in the handler, with the previous handler in place.
static void strand_crash_die_of(struct strand_cause *cause)
{
    sigset_t mask;
    if (strand_crash_is_fault(cause)) {
        return;
    }
    sigemptyset(&mask);
    sigaddset(&mask, cause->number);
    pthread_sigmask(SIG_BLOCK, &mask, NULL);
    if (!cause->has_info ||
        syscall(SYS_rt_tgsigqueueinfo, getpid(), strand_tid(), cause->number, &cause->info) != 0) {
        syscall(SYS_tgkill, getpid(), strand_tid(), cause->number);
    }
}

// ---------------------------------------------------------------------------------------------------------------
// The owner

static uint64_t strand_crash_me(void)
{
    return (uint64_t)(uint32_t)getpid() << 32 | (uint32_t)strand_tid();
}

// Makes the caller the owner where nobody of this process is. Returns: whose the dump is.
static uint64_t strand_crash_claim(uint64_t me)
{
    uint64_t owner = __atomic_load_n(&strand_crash_owner, __ATOMIC_ACQUIRE);
    while (owner >> 32 != me >> 32) {
        if (STRAND_SWAP(&strand_crash_owner, &owner, me)) {
            return 0;
        }
    }
    return owner;
}

static bool strand_crash_is_over(void)
{
    return __atomic_load_n(&strand_crash_over, __ATOMIC_ACQUIRE) == (uint32_t)getpid();
}

static void strand_crash_to_default(int number)
{
    const struct sigaction to_default = {.sa_handler = SIG_DFL};
    sigaction(number, &to_default, NULL);
}

static void strand_crash_kill_by_alarm(void)
{
    sigset_t mask;
    sigemptyset(&mask);
    sigaddset(&mask, SIGALRM);
    strand_crash_to_default(SIGALRM);
    syscall(SYS_tgkill, getpid(), strand_tid(), SIGALRM);
    pthread_sigmask(SIG_UNBLOCK, &mask, NULL);
}

// SIGALRM may come to any thread, and from timers of the program at any time.
static void strand_crash_on_alarm(int number)
{
    const int error = errno;
    const uint64_t owner = __atomic_load_n(&strand_crash_owner, __ATOMIC_ACQUIRE);
    const uint64_t now = strand_clock_monotonic();
    if (owner != strand_crash_me()) {
        syscall(SYS_tgkill, getpid(), (pid_t)(uint32_t)owner, number);
    } else if (now >= strand_crash_end_ns + STRAND_CRASH_GRACE_NS) {
        strand_crash_kill_by_alarm();
    } else if (now >= strand_crash_end_ns && !strand_crash_is_over() && !strand_crash_dump.out_of_time) {
        strand_dump_end(&strand_crash_dump);
        siglongjmp(strand_crash_back, 1);
    }
    errno = error;
}

// Descriptors for what the dump opens, where the program has used up all that it may.
static void strand_crash_allow_files(void)
{
    struct rlimit *before = &strand_crash_before.files;
    if (getrlimit(RLIMIT_NOFILE, before) == 0) {
        struct rlimit more = *before;
        const rlim_t room = more.rlim_max - more.rlim_cur;
        more.rlim_cur += room < STRAND_CRASH_MORE_FILES ? room : STRAND_CRASH_MORE_FILES;
        setrlimit(RLIMIT_NOFILE, &more);
    }
}

static void strand_crash_guard(const struct strand_cause *cause)
{
    const struct itimerval budget = {.it_value = {STRAND_CRASH_BUDGET_S, 0}, .it_interval = {1, 0}};
    const struct sigaction on_pipe = {.sa_handler = SIG_IGN};
    struct sigaction on_alarm = {.sa_handler = strand_crash_on_alarm, .sa_flags = SA_ONSTACK};
    if (cause->ucontext != NULL) {
        strand_crash_before.registers = cause->ucontext->uc_mcontext;
    }
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &strand_crash_before.cancel); // write() would be the thread's end
    strand_crash_end_ns = strand_clock_monotonic() + STRAND_CRASH_BUDGET_S * UINT64_C(1000000000);
    strand_crash_mask(&on_alarm.sa_mask);
    pthread_sigmask(SIG_SETMASK, &on_alarm.sa_mask, &strand_crash_before.mask);
    sigaction(SIGPIPE, &on_pipe, &strand_crash_before.on_pipe);
    sigaction(SIGALRM, &on_alarm, &strand_crash_before.on_alarm);
    setitimer(ITIMER_REAL, &budget, &strand_crash_before.timer);
    strand_crash_allow_files();
}

static void strand_crash_unguard(const struct strand_cause *cause)
{
    if (cause->ucontext != NULL) {
        cause->ucontext->uc_mcontext = strand_crash_before.registers;
    }
    if (strand_crash_before.files.rlim_max > 0) {
        setrlimit(RLIMIT_NOFILE, &strand_crash_before.files);
    }
    setitimer(ITIMER_REAL, &strand_crash_before.timer, NULL);
    sigaction(SIGALRM, &strand_crash_before.on_alarm, NULL);
    sigaction(SIGPIPE, &strand_crash_before.on_pipe, NULL);
    pthread_sigmask(SIG_SETMASK, &strand_crash_before.mask, NULL);
    pthread_setcancelstate(strand_crash_before.cancel, NULL);
}

static void strand_crash_own(const struct strand_cause *cause)
{
    sigset_t mask;
    // A crash inside the dump, and the end of its time, come back here.
    if (sigsetjmp(strand_crash_back, 0) == 0) {
        strand_dump_start(&strand_crash_dump, cause, strand_crash_level_asked, strand_crash_text,
                          sizeof strand_crash_text);
        strand_crash_guard(cause);
    }
    strand_crash_mask(&mask);
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
    strand_dump_run(&strand_crash_dump);
    __atomic_store_n(&strand_crash_over, (uint32_t)getpid(), __ATOMIC_RELEASE);
    strand_crash_unguard(cause);
}

// A crash inside the dump. Returns only where there have been too many of them.
static void strand_crash_on_broken(const struct strand_cause *cause)
{
    strand_crash_broken++;
    if (strand_crash_broken <= STRAND_CRASH_BROKEN_MAX && !strand_crash_is_over()) {
        strand_dump_broken(&strand_crash_dump, cause);
        siglongjmp(strand_crash_back, 1);
    }
}

// ---------------------------------------------------------------------------------------------------------------
// The others

static void strand_crash_sleep_ms(unsigned ms)
{
    struct timespec left = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};
    while (clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR) {
        // asked for its stack
    }
}

static void strand_crash_wait(void)
{
    const unsigned step_ms = 50;
    for (unsigned ms = 0; ms < STRAND_CRASH_WAIT_MS && !strand_crash_is_over(); ms += step_ms) {
        strand_crash_sleep_ms(step_ms);
    }
}

// The memory is the parent's, whose threads go on; the handlers are the child's own.
static void strand_crash_in_vfork_child(const struct strand_cause *cause)
{
    char text[2048];
    struct strand_dump brief;
    const struct sigaction on_pipe = {.sa_handler = SIG_IGN};
    struct sigaction on_pipe_before;
    for (size_t i = 0; i < STRAND_FATAL_COUNT; i++) {
        if (strand_crash_is_ours[i] != 0) {
            sigaction(strand_fatal_signals[i], &strand_crash_previous[i], NULL);
        }
    }
    sigaction(SIGPIPE, &on_pipe, &on_pipe_before);
    strand_dump_start(&brief, cause, strand_crash_level_asked, text, sizeof text);
    strand_dump_brief(&brief);
    sigaction(SIGPIPE, &on_pipe_before, NULL);
}

// Tells what there is to be told, or waits until another thread has. Returns: whether the dump was the caller's.
static bool strand_crash_take_part(const struct strand_cause *cause)
{
    const uint64_t me = strand_crash_me();
    const uint64_t owner = strand_crash_claim(me);
    if (owner == 0) {
        strand_crash_own(cause);
    } else if (owner == me) {
        strand_crash_on_broken(cause);
    } else {
        strand_crash_wait();
    }
    return owner == 0 || owner == me;
}

// Whether the handler that was put back after the dump has called ours: it was set over ours, and ours then over it.
static bool strand_crash_leads_back(int number)
{
    for (size_t i = 0; i < STRAND_FATAL_COUNT; i++) {
        if (strand_fatal_signals[i] == number) {
            return strand_crash_is_over() && strand_crash_is_ours[i] == 0;
        }
    }
    return false;
}

static void strand_crash_on_signal(int number, siginfo_t *info, void *ucontext)
{
    const int error = errno;
    const bool leads_back = strand_crash_leads_back(number);
    struct strand_cause cause = strand_crash_cause(number, strand_crash_has_info(number) ? info : NULL, ucontext);
    if (getpid() != strand_session.pid) {
        strand_crash_in_vfork_child(&cause);
    } else {
        if (!strand_crash_take_part(&cause)) {
            strand_crash_sleep_ms(STRAND_CRASH_AFTERMATH_MS);
        }
        strand_crash_put_back_all();
        if (!strand_crash_is_the_end(number)) {
            strand_relay_release();
        }
        if (leads_back) { // for ever
            strand_crash_to_default(number);
        }
    }
    strand_crash_die_of(&cause);
    errno = error;
}

void strand_crash_tell(int number, const void *info, void *ucontext)
{
    const int error = errno;
    const struct strand_cause cause = strand_crash_cause(number, info, ucontext);
    if (getpid() == strand_session.pid) {
        strand_crash_take_part(&cause);
        strand_relay_release();
    }
    errno = error;
}
