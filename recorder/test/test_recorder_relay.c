/* SPDX-License-Identifier: MIT
 *
 * test_recorder_relay.c: one asker at a time, a world that stands still, the program's own SIGURG, and children.
 */
#define _GNU_SOURCE
#include "stack_workers.h"

// ---------------------------------------------------------------------------------------------------------------
// The program's own SIGURG

static struct sigaction chained;

static void handle_urgent(int number, siginfo_t *info, void *ucontext)
{
    (void)ucontext;
    CHECK(number == SIGURG && info->si_signo == SIGURG);
    if (self != NULL) {
        self->handled++;
    }
}

// Another, that passes on to the one that it found.
static void handle_urgent_too(int number, siginfo_t *info, void *ucontext)
{
    if (self != NULL) {
        self->handled += 100;
    }
    if (chained.sa_sigaction != NULL) {
        chained.sa_sigaction(number, info, ucontext);
    }
}

static void send_foreign(struct worker *worker, int want)
{
    worker->handled = 0;
    CHECK_EQ(pthread_kill(worker->id, SIGURG), 0);
    for (int i = 0; i < 1000 && worker->handled != want; i++) {
        pause_ns(MS);
    }
    pause_ns(5 * MS);
    CHECK_EQ(worker->handled, want);
}

static bool is_not_asked(void *context, const struct strand_thread_stack *stack)
{
    (void)context;
    CHECK(stack->how != STRAND_STACK_CAPTURED);
    return true;
}

TEST(recorder_relay, a_handler_of_the_programs_own_stays_in_use)
{
    struct sigaction former;
    struct sigaction own = {.sa_flags = SA_SIGINFO | SA_RESTART};
    strand_modules_note();
    own.sa_sigaction = handle_urgent;
    sigaction(SIGURG, &own, &former);
    start_all(2);
    take_profile();
    take_profile_without_signal_memory();
    check_captured(&workers[0]);
    CHECK(strand_relay_ask(0, false, is_not_asked, NULL)); // asks nobody
    CHECK_EQ(workers[0].handled + workers[1].handled, 0);
    send_foreign(&workers[0], 1);
    own.sa_sigaction = handle_urgent_too; // in place of ours, which it passes on to
    sigaction(SIGURG, &own, &chained);
    take_profile();
    check_captured(&workers[0]);
    check_captured(&workers[1]);
    send_foreign(&workers[1], 101);
    CHECK_EQ(workers[0].handled, 1);
    stop_all(2);
    sigaction(SIGURG, &former, NULL);
    memset(&chained, 0, sizeof chained);
}

// ---------------------------------------------------------------------------------------------------------------
// The relay itself

struct visits {
    int count;
    int most;
    bool nested;
};

static bool count_visit(void *context, const struct strand_thread_stack *stack)
{
    struct visits *visits = context;
    (void)stack;
    visits->nested = visits->nested || strand_relay_ask(UINT64_MAX, false, count_visit, visits);
    return ++visits->count != visits->most;
}

static void *ask_in_vain(void *ret_size)
{
    char text[16384];
    struct visits visits = {0, 0, false};
    CHECK(!strand_relay_ask(UINT64_MAX, false, count_visit, &visits));
    CHECK_EQ(visits.count, 0);
    strand_stack(text, sizeof text, true);
    CHECK(strstr(strchr(text, '\n'), "thread ") == NULL); // its own alone
    strand_relay_release();                               // isn't its to release
    *(size_t *)ret_size = strlen(text);
    return NULL;
}

static uint64_t counted_by(int count)
{
    uint64_t sum = 0;
    for (int i = 0; i < count; i++) {
        sum += workers[i].counted;
    }
    return sum;
}

TEST(recorder_relay, the_world_stands_still_until_it_is_released)
{
    struct visits visits = {0, 0, false};
    pthread_t other;
    size_t size = 0;
    strand_modules_note();
    for (int i = 0; i < 4; i++) {
        start(&workers[i], COUNTS);
    }
    pause_ns(10 * MS);
    CHECK(strand_relay_ask(UINT64_MAX, true, count_visit, &visits));
    CHECK(visits.count >= 4);
    CHECK(!visits.nested);
    const uint64_t then = counted_by(4);
    CHECK_EQ(pthread_create(&other, NULL, ask_in_vain, &size), 0);
    pthread_join(other, NULL);
    CHECK(size > 0);
    pause_ns(30 * MS);
    CHECK_EQ(counted_by(4), then);
    strand_relay_release();
    pause_ns(30 * MS);
    CHECK(counted_by(4) > then);
    take_profile(); // and it may ask again
    CHECK_EQ(record_of(workers[2].tid)->how, STRAND_STACK_CAPTURED);
    stop_all(4);
}

TEST(recorder_relay, past_the_deadline_nobody_is_waited_for)
{
    struct visits visits = {0, 0, false};
    strand_modules_note();
    start_all(5);
    slow_down(&workers[0], 200 * MS);
    const uint64_t before = strand_clock_monotonic();
    CHECK(strand_relay_ask(before + 10 * MS, false, count_visit, &visits));
    CHECK(strand_clock_monotonic() - before < 90 * (uint64_t)MS);
    CHECK(visits.count >= 5);
    slow_down(&workers[0], 0);
    visits = (struct visits){0, 2, false};
    CHECK(strand_relay_ask(UINT64_MAX, false, count_visit, &visits)); // the second visit wants no more
    CHECK_EQ(visits.count, 2);
    wait_until_over(&workers[0]);
    stop_all(5);
}

// ---------------------------------------------------------------------------------------------------------------
// Children

static void check_child(void (*body)(void))
{
    int status;
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        strand_session_renew();
        strand_relay_renew();
        strand_modules_renew();
        alarm(20);
        body();
        _exit(0);
    }
    CHECK_EQ(waitpid(child, &status, 0), child);
    CHECK_EQ(status, 0);
}

static void child_asks(void)
{
    take_profile();
    CHECK_EQ(record_count, 1);
    CHECK_EQ(records[0].tid, getpid());
    start(&workers[1], WAITS);
    take_profile();
    CHECK_EQ(record_count, 2);
    check_captured(&workers[1]);
}

static bool fork_in_visit(void *context, const struct strand_thread_stack *stack)
{
    (void)context;
    (void)stack;
    check_child(child_asks);
    return false;
}

TEST(recorder_relay, a_child_starts_anew_even_where_its_parent_was_asking)
{
    strand_modules_note();
    start_all(1);
    check_child(child_asks);
    CHECK(strand_relay_ask(UINT64_MAX, false, fork_in_visit, NULL));
    stop_all(1);
}

static void child_without_descriptors(void)
{
    static int fds[256];
    const struct rlimit low = {128, 128};
    start_all(1);
    setrlimit(RLIMIT_NOFILE, &low);
    fill_descriptors(fds, 256);
    take_profile();
    CHECK_EQ(record_count, 1); // nothing is known of others
    CHECK(is_in(records[0].pcs[0], (uintptr_t)take_profile));
}

static void *outlive_main(void *argument)
{
    pthread_join(*(pthread_t *)argument, NULL);
    pause_ns(20 * MS);
    take_profile();
    CHECK_EQ(record_count, 1);
    _exit(0);
}

static void child_without_main_thread(void)
{
    static pthread_t main_thread;
    pthread_t other;
    main_thread = pthread_self();
    CHECK_EQ(pthread_create(&other, NULL, outlive_main, &main_thread), 0);
    pthread_exit(NULL);
}

TEST(recorder_relay, without_descriptors_there_is_the_callers_stack)
{
    strand_modules_note();
    check_child(child_without_descriptors);
}

TEST(recorder_relay, a_main_thread_that_has_ended_is_not_waited_for)
{
    strand_modules_note();
    check_child(child_without_main_thread);
}
