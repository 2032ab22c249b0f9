/* SPDX-License-Identifier: MIT
 *
 * strand_relay.c: asks each thread for its stack with SIGURG, sent to it alone, and a question that it finds by its tid.
 *
 *     asker                            question                          thread, in the handler
 *
 *     A1 ask      fill in, store       IDLE → REQUESTED
 *                 tgkill                                                 T1 take     swap: REQUESTED → CAPTURING
 *                 wait ≤ 100 ms                                          T2 capture  into the question
 *     A2          visit, store  ←──    CAPTURING → ANSWERED              T3 answer   store, wake
 *                               ──→    ANSWERED → IDLE                   T4 park     wait for the round to end
 *     A3 give up  swap                 REQUESTED → IDLE
 *     A4 release  the round ends, wake
 *
 * A3 and T1 are swaps of the same word, so one of them fails. If it is A3, the thread has taken the question and will
 * answer some time; the asker leaves the question to it, and asks the next thread by another one. What is answered late is
 * read by nobody, and the question is free again. The word holds the tid, too: a thread that comes late can't take what
 * has become the question of another.
 *
 * A thread that waits with SIGURG blocked isn't asked: /proc tells that, and where it waits. When the threads are asked to park, the
 * relay is under way until it is released.
 *
 * Signals: RLIMIT_SIGPENDING doesn't matter, a standard signal needs no memory, but it may arrive without saying where
 * from. A SIGURG without a question is the program's, or came too late; the program's own handler gets it.
 */
#define _GNU_SOURCE
#include "strand_relay.h"

#include "strand_platform.h"
#include "strand_recorder_clock.h"
#include "strand_session.h"
#include "strand_tasks.h"
#include "strand_unwind.h"

#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define STRAND_RELAY_SIGNAL SIGURG
#define STRAND_RELAY_PATIENCE_NS 100000000u // for a thread to answer
#define STRAND_RELAY_PARK_NS 10000000000u   // after which who parks goes on, released or not
#define STRAND_QUESTIONS 16u
#define STRAND_HANDLERS_MAX 8u

enum strand_question_state {
    STRAND_QUESTION_IDLE = 0,
    STRAND_QUESTION_REQUESTED,
    STRAND_QUESTION_CAPTURING,
    STRAND_QUESTION_ANSWERED
};

#define STRAND_QUESTION_STATES 4u

struct strand_question {
    uint32_t word; // atomic: tid × 4 + state; Linux has no tid above 2^22
    uint32_t round;
    bool park;
    struct strand_thread_stack stack;
};

static struct strand_question strand_questions[STRAND_QUESTIONS];
static uint32_t strand_relay_asker; // atomic: tid; 0: no relay is under way
static uint32_t strand_relay_round; // atomic: counts releases

// The program's handlers that ours took the place of; each is written once and counted then.
static struct sigaction strand_handlers[STRAND_HANDLERS_MAX];
static uint32_t strand_handler_count; // atomic

// How many of the program's handlers are running in this thread, one from within the other.
static _Thread_local uint32_t strand_handlers_running __attribute__((tls_model("initial-exec")));

static uint32_t strand_question_word(uint32_t tid, enum strand_question_state state)
{
    return tid * STRAND_QUESTION_STATES + (uint32_t)state;
}

// Sleeps while *word is `value`, until the clock says `until_ns` at the longest.
static void strand_futex_wait(uint32_t *word, uint32_t value, uint64_t until_ns)
{
    const struct timespec until = {(time_t)(until_ns / 1000000000), (long)(until_ns % 1000000000)};
    syscall(SYS_futex, word, FUTEX_WAIT_BITSET_PRIVATE, value, &until, NULL, FUTEX_BITSET_MATCH_ANY);
}

static void strand_futex_wake(uint32_t *word)
{
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT32_MAX, NULL, NULL, 0);
}

// ---------------------------------------------------------------------------------------------------------------
// The thread that is asked

// T1 take.
static struct strand_question *strand_relay_take(uint32_t tid)
{
    for (size_t i = 0; i < STRAND_QUESTIONS; i++) {
        uint32_t expected = strand_question_word(tid, STRAND_QUESTION_REQUESTED);
        // Acquire: round and park are those that A1 filled in.
        if (STRAND_SWAP(&strand_questions[i].word, &expected, strand_question_word(tid, STRAND_QUESTION_CAPTURING))) {
            return &strand_questions[i];
        }
    }
    return NULL;
}

// T4 park: until the round that asked has ended.
static void strand_relay_park(uint32_t round)
{
    const uint64_t until = strand_clock_monotonic() + STRAND_RELAY_PARK_NS;
    while (__atomic_load_n(&strand_relay_round, __ATOMIC_ACQUIRE) == round && strand_clock_monotonic() < until) {
        strand_futex_wait(&strand_relay_round, round, until);
    }
}

static void strand_relay_reply(struct strand_question *question, uint32_t tid, const void *ucontext)
{
    const uint32_t round = question->round; // the question is the asker's once it is answered
    const bool park = question->park;
    struct strand_thread_stack *stack = &question->stack;
    stack->sp = strand_context_sp(ucontext); // T2 capture
    stack->count = strand_stack_capture_context(ucontext, stack->pcs, STRAND_STACK_MAX);
    // T3 answer. Release: the stack is whole before it is seen.
    __atomic_store_n(&question->word, strand_question_word(tid, STRAND_QUESTION_ANSWERED), __ATOMIC_RELEASE);
    strand_futex_wake(&question->word);
    if (park) {
        strand_relay_park(round);
    }
}

// Whether a signal that came with a question was sent for that question, and not for one that came at the same time:
// by tgkill from this process, or from nowhere, as the kernel says where it has no memory to say more.
static bool strand_relay_is_ours(const siginfo_t *info)
{
    return (info->si_code == SI_TKILL && info->si_pid == getpid()) || (info->si_code == SI_USER && info->si_pid == 0);
}

// To the program's handler, with the signals blocked that it asked for. One that was put in place of ours, and has been
// replaced by ours since, may well pass the signal on to us: then it is the turn of the one before.
static void strand_relay_pass_on(int number, siginfo_t *info, void *ucontext)
{
    const uint32_t count = __atomic_load_n(&strand_handler_count, __ATOMIC_ACQUIRE);
    if (strand_handlers_running >= count) {
        return;
    }
    const struct sigaction *former = &strand_handlers[count - 1 - strand_handlers_running];
    if (former->sa_handler == SIG_DFL || former->sa_handler == SIG_IGN) {
        return;
    }
    sigset_t mask;
    sigprocmask(SIG_BLOCK, &former->sa_mask, &mask);
    strand_handlers_running++;
    if ((former->sa_flags & SA_SIGINFO) != 0) {
        former->sa_sigaction(number, info, ucontext);
    } else {
        former->sa_handler(number);
    }
    strand_handlers_running--;
    sigprocmask(SIG_SETMASK, &mask, NULL);
}

static void strand_relay_handle(int number, siginfo_t *info, void *ucontext)
{
    const int error = errno;
    const uint32_t tid = (uint32_t)strand_tid();
    struct strand_question *question = strand_relay_take(tid);
    if (question != NULL) {
        strand_relay_reply(question, tid, ucontext);
    }
    if (question == NULL || !strand_relay_is_ours(info)) {
        strand_relay_pass_on(number, info, ucontext);
    }
    errno = error;
}

// ---------------------------------------------------------------------------------------------------------------
// Our handler

// Installs it where it isn't installed, or isn't any more. By the asker alone.
static void strand_relay_install(void)
{
    struct sigaction former;
    struct sigaction ours = {.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART};
    const uint32_t count = strand_handler_count;
    ours.sa_sigaction = strand_relay_handle;
    sigemptyset(&ours.sa_mask);
    if (sigaction(STRAND_RELAY_SIGNAL, NULL, &former) != 0 ||
        ((former.sa_flags & SA_SIGINFO) != 0 && former.sa_sigaction == strand_relay_handle)) {
        return;
    }
    strand_stack_prepare();
    if (count < STRAND_HANDLERS_MAX) {
        strand_handlers[count] = former;
        __atomic_store_n(&strand_handler_count, count + 1, __ATOMIC_RELEASE);
        sigaction(STRAND_RELAY_SIGNAL, &ours, NULL);
    }
}

// ---------------------------------------------------------------------------------------------------------------
// The asker

// A question that nobody is at: idle, or answered too late. NULL: each is with a thread that took it and is silent.
static struct strand_question *strand_relay_free_question(void)
{
    for (size_t i = 0; i < STRAND_QUESTIONS; i++) {
        // Acquire: whoever answered late is done with the stack.
        const uint32_t state = __atomic_load_n(&strand_questions[i].word, __ATOMIC_ACQUIRE) % STRAND_QUESTION_STATES;
        if (state == STRAND_QUESTION_IDLE || state == STRAND_QUESTION_ANSWERED) {
            return &strand_questions[i];
        }
    }
    return NULL;
}

// Waits for the answer. Returns: whether it came.
static bool strand_relay_await(struct strand_question *question, uint32_t tid, uint64_t until)
{
    const uint32_t answered = strand_question_word(tid, STRAND_QUESTION_ANSWERED);
    uint32_t word;
    // Acquire: the stack is the one that T3 released.
    while ((word = __atomic_load_n(&question->word, __ATOMIC_ACQUIRE)) != answered &&
           strand_clock_monotonic() < until) {
        strand_futex_wait(&question->word, word, until);
    }
    return word == answered;
}

// A3 give up. Returns: whether the answer came after all.
static bool strand_relay_give_up(struct strand_question *question, uint32_t tid)
{
    uint32_t expected = strand_question_word(tid, STRAND_QUESTION_REQUESTED);
    return !STRAND_SWAP(&question->word, &expected, STRAND_QUESTION_IDLE) &&
           expected == strand_question_word(tid, STRAND_QUESTION_ANSWERED);
}

// What /proc tells of a thread that does not speak for itself. Returns: false: nothing.
static bool strand_relay_tell(struct strand_thread_stack *stack, enum strand_stack_how how)
{
    const bool is_known = strand_task_where(stack->tid, &stack->pcs[0], &stack->sp);
    stack->how = is_known ? how : STRAND_STACK_UNKNOWN;
    stack->count = is_known ? 1 : 0;
    return is_known;
}

struct strand_relay {
    uint64_t deadline_ns;
    bool park;
    strand_relay_visit *visit;
    void *context;
};

// A2: hands on the answer, and takes the question back.
static bool strand_relay_visit_answer(const struct strand_relay *relay, struct strand_question *question,
                                      const struct strand_thread_stack *who)
{
    struct strand_thread_stack *stack = &question->stack;
    stack->tid = who->tid;
    stack->how = STRAND_STACK_CAPTURED;
    for (size_t i = 0; i < sizeof stack->name; i++) {
        stack->name[i] = who->name[i];
    }
    const bool goes_on = relay->visit(relay->context, stack);
    __atomic_store_n(&question->word, STRAND_QUESTION_IDLE, __ATOMIC_RELEASE);
    return goes_on;
}

// Returns: false: there is no such thread. 0 is no signal, and asks just that.
static bool strand_relay_send(uint32_t tid, int signal)
{
    return syscall(SYS_tgkill, getpid(), tid, signal) == 0;
}

// A1 ask, and what comes of it.
static bool strand_relay_question(const struct strand_relay *relay, struct strand_question *question,
                                  struct strand_thread_stack *who)
{
    const uint32_t tid = (uint32_t)who->tid;
    const uint64_t patience = strand_clock_monotonic() + STRAND_RELAY_PATIENCE_NS;
    question->round = __atomic_load_n(&strand_relay_round, __ATOMIC_RELAXED); // only the asker ends one
    question->park = relay->park;
    // Release: pairs with T1.
    __atomic_store_n(&question->word, strand_question_word(tid, STRAND_QUESTION_REQUESTED), __ATOMIC_RELEASE);
    const bool is_sent = strand_relay_send(tid, STRAND_RELAY_SIGNAL);
    const bool is_answered =
        is_sent && strand_relay_await(question, tid, patience < relay->deadline_ns ? patience : relay->deadline_ns);
    if (is_answered || strand_relay_give_up(question, tid)) {
        return strand_relay_visit_answer(relay, question, who);
    }
    if (!is_sent || !strand_relay_send(tid, 0)) {
        return true; // it has ended, before the question or instead of an answer
    }
    strand_relay_tell(who, STRAND_STACK_SILENT);
    return relay->visit(relay->context, who);
}

// A thread that blocks the signal and waits is told at once. One that blocks it and runs may do so for a moment only, as
// inside pthread_create, so it is asked like the others.
static bool strand_relay_thread(const struct strand_relay *relay, uint64_t tid)
{
    struct strand_thread_stack who = {.tid = tid};
    const enum strand_task_state state = strand_task_state(tid, STRAND_RELAY_SIGNAL);
    if (state == STRAND_TASK_GONE) {
        return true;
    }
    strand_task_name(tid, who.name, sizeof who.name);
    if (state == STRAND_TASK_BLOCKS && strand_relay_tell(&who, STRAND_STACK_BLOCKED)) {
        return relay->visit(relay->context, &who);
    }
    const bool in_time = strand_clock_monotonic() < relay->deadline_ns;
    struct strand_question *question = in_time ? strand_relay_free_question() : NULL;
    if (question != NULL) {
        return strand_relay_question(relay, question, &who);
    }
    strand_relay_tell(&who, STRAND_STACK_SILENT);
    return relay->visit(relay->context, &who);
}

bool strand_relay_ask(uint64_t deadline_ns, bool park, strand_relay_visit *visit, void *context)
{
    const struct strand_relay relay = {deadline_ns, park, visit, context};
    const uint64_t own = (uint64_t)strand_tid();
    uint32_t nobody = 0;
    struct strand_tasks tasks;
    if (!STRAND_SWAP(&strand_relay_asker, &nobody, (uint32_t)own)) {
        return false;
    }
    const int error = errno;
    strand_relay_install();
    for (uint64_t tid = strand_tasks_first(&tasks); tid != 0; tid = strand_tasks_next(&tasks)) {
        if (tid != own && !strand_relay_thread(&relay, tid)) {
            break;
        }
    }
    strand_tasks_close(&tasks);
    errno = error;
    if (!park) {
        __atomic_store_n(&strand_relay_asker, 0, __ATOMIC_RELEASE);
    }
    return true;
}

// A4 release.
void strand_relay_release(void)
{
    const int error = errno;
    if (__atomic_load_n(&strand_relay_asker, __ATOMIC_RELAXED) == (uint32_t)strand_tid()) {
        __atomic_fetch_add(&strand_relay_round, 1, __ATOMIC_RELEASE);
        strand_futex_wake(&strand_relay_round);
        __atomic_store_n(&strand_relay_asker, 0, __ATOMIC_RELEASE);
    }
    errno = error;
}

void strand_relay_renew(void)
{
    for (size_t i = 0; i < STRAND_QUESTIONS; i++) {
        __atomic_store_n(&strand_questions[i].word, STRAND_QUESTION_IDLE, __ATOMIC_RELAXED);
    }
    __atomic_store_n(&strand_relay_asker, 0, __ATOMIC_RELEASE);
}
