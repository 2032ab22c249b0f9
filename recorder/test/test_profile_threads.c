/* SPDX-License-Identifier: MIT
 *
 * test_profile_threads.c: profiles that many threads, handlers and children count at once.
 */
#define _GNU_SOURCE
#include "profile_test.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid // glibc before 2.38 has the field and not the name
#endif

#define THREADS 8

static struct strand_profile shared_heap = STRAND_PROFILE_HEAP(1);
static struct strand_profile shared_events = EVENTS(1);

static void *allocate_and_free(void *argument)
{
    const uint64_t first = (uint64_t)(uintptr_t)argument * 100000;
    for (uint64_t i = 0; i < 5000; i++) {
        allocate(&shared_heap, first + i, 24);
        if (i % 2 == 0) {
            strand_profile_free(&shared_heap, address_of(first + i));
        }
    }
    return NULL;
}

TEST(profile_threads, eight_threads_are_counted_exactly)
{
    pthread_t threads[THREADS];
    for (uintptr_t i = 0; i < THREADS; i++) {
        pthread_create(&threads[i], NULL, allocate_and_free, (void *)i);
    }
    for (int i = 0; i < 20; i++) {
        const struct timespec pause = {0, 500000};
        checkpoint(&shared_heap);
        nanosleep(&pause, NULL);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    checkpoint(&shared_heap);
    const struct strand_profile_record sum = sum_of(&shared_heap);
    CHECK_EQ(sum.count, THREADS * 5000);
    CHECK_EQ(sum.amount, THREADS * 5000 * 24);
    CHECK_EQ(sum.freed_count, THREADS * 2500);
    CHECK_EQ(sum.freed_amount, THREADS * 2500 * 24);
}

static bool stop_adding;

static void *add_in_turn(void *profile)
{
    while (!__atomic_load_n(&stop_adding, __ATOMIC_ACQUIRE)) {
        add(profile, 1);
        add_elsewhere(profile, 1000000);
    }
    return NULL;
}

// Each thread is ahead by one event of the first kind, or by none, at any one moment.
TEST(profile_threads, a_checkpoint_is_one_moment)
{
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) {
        pthread_create(&threads[i], NULL, add_in_turn, &shared_events);
    }
    for (struct strand_profile_record sum = {0}; sum.count < 20000;) {
        checkpoint(&shared_events);
        sum = sum_of(&shared_events);
        const uint64_t elsewhere = sum.amount / 1000000;
        CHECK(sum.count - 2 * elsewhere <= 4);
        CHECK_EQ(sum.amount % 1000000, sum.count - elsewhere);
    }
    __atomic_store_n(&stop_adding, true, __ATOMIC_RELEASE);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
}

static int pipe_ends[2];
static enum strand_status write_status;

static void *write_to_pipe(void *profile)
{
    do { // until it isn't the test's own checkpoint that is in its way
        write_status = strand_profile_write(profile, pipe_ends[1]);
    } while (write_status == STRAND_BUSY);
    return NULL;
}

static void *empty_pipe(void *unused)
{
    char bytes[4096];
    while (read(pipe_ends[0], bytes, sizeof bytes) > 0) {
    }
    return unused;
}

// A writer that waits for its reader is in the way of checkpoints and others.
TEST(profile_threads, a_second_one_is_refused)
{
    static struct strand_profile profile = EVENTS(1);
    static char filler[65536];
    pthread_t writer;
    pthread_t reader;
    size_t count;
    add(&profile, 1);
    checkpoint(&profile);
    CHECK_EQ(pipe(pipe_ends), 0);
    fcntl(pipe_ends[1], F_SETFL, O_NONBLOCK);
    while (write(pipe_ends[1], filler, sizeof filler) > 0) {
    }
    fcntl(pipe_ends[1], F_SETFL, 0);
    pthread_create(&writer, NULL, write_to_pipe, &profile);
    for (int i = 0; i < 5000 && strand_profile_checkpoint(&profile) == STRAND_OK; i++) {
        const struct timespec pause = {0, 1000000};
        nanosleep(&pause, NULL);
    }
    CHECK_EQ(strand_profile_checkpoint(&profile), STRAND_BUSY);
    CHECK_EQ(strand_profile_write(&profile, pipe_ends[1]), STRAND_BUSY);
    CHECK(!strand_profile_records(&profile, records, 100, &count));
    CHECK_EQ(count, 100);
    add(&profile, 1); // who counts is not in its way
    pthread_create(&reader, NULL, empty_pipe, NULL);
    pthread_join(writer, NULL);
    close(pipe_ends[1]);
    pthread_join(reader, NULL);
    CHECK_EQ(write_status, STRAND_OK);
    checkpoint(&profile);
    CHECK_EQ(sum_of(&profile).count, 2);
}

static struct strand_profile crowded = STRAND_PROFILE_HEAP(1);
static uint64_t rivals[4];

static void *allocate_and_free_one(void *argument)
{
    for (int i = 0; i < 20000; i++) {
        allocate(&crowded, *(const uint64_t *)argument, 8);
        strand_profile_free(&crowded, address_of(*(const uint64_t *)argument));
    }
    return NULL;
}

// Allocations that find the one place that is free: for others there is none.
static void find_rivals(void)
{
    uint64_t i = 1000000;
    for (size_t found = 0; found < 4; i++) {
        const uint64_t before = crowded.priv_unsampled;
        allocate(&crowded, i, 8);
        strand_profile_free(&crowded, address_of(i));
        if (crowded.priv_unsampled == before) {
            rivals[found++] = i;
        }
    }
}

TEST(profile_threads, a_place_is_one_allocations)
{
    pthread_t threads[4];
    for (uint64_t i = 0; i < 160000; i++) {
        allocate(&crowded, i, 8);
    }
    strand_profile_free(&crowded, address_of(0));
    find_rivals();
    for (int i = 0; i < 4; i++) {
        pthread_create(&threads[i], NULL, allocate_and_free_one, &rivals[i]);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
    for (uint64_t i = 0; i < 160000; i++) {
        strand_profile_free(&crowded, address_of(i));
    }
    checkpoint(&crowded);
    CHECK(sum_of(&crowded).count > 131072 + 1000);
    CHECK_EQ(sum_of(&crowded).freed_count, sum_of(&crowded).count);
}

#define ROUNDS 1000
#define PATHS 8

static struct strand_profile fresh[ROUNDS];
static unsigned arrived;

static void *go_all_paths(void *unused)
{
    for (int i = 0; i < ROUNDS; i++) {
        __atomic_fetch_add(&arrived, 1, __ATOMIC_ACQ_REL);
        while (__atomic_load_n(&arrived, __ATOMIC_ACQUIRE) < 2 * (unsigned)(i + 1)) {
            sched_yield(); // a lock would wake one thread after the other
        }
        for (unsigned path = 0; path < PATHS; path++) {
            go_on(&fresh[i], path, 3);
        }
    }
    return unused;
}

// All threads need the table and the same buckets at the same time: there is one of each.
TEST(profile_threads, the_first_samples_may_be_all_threads_at_once)
{
    pthread_t threads[2];
    for (int i = 0; i < ROUNDS; i++) {
        fresh[i] = (struct strand_profile)EVENTS(1);
    }
    for (int i = 0; i < 2; i++) {
        pthread_create(&threads[i], NULL, go_all_paths, NULL);
    }
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
    }
    for (int i = 0; i < ROUNDS; i++) {
        checkpoint(&fresh[i]);
        CHECK_EQ(sum_of(&fresh[i]).pc_count, PATHS);
        CHECK_EQ(sum_of(&fresh[i]).count, PATHS * 2);
    }
}

// ---------------------------------------------------------------------------------------------------------------
// Handlers and children

static struct strand_profile handled_heap = STRAND_PROFILE_HEAP(1);
static volatile uint64_t handled;

static void on_alarm(int number)
{
    const int error = errno;
    (void)number;
    errno = 12345;
    allocate(&handled_heap, 1000000 + handled, 8);
    if (handled % 2 == 0) {
        strand_profile_free(&handled_heap, address_of(1000000 + handled));
    }
    handled++;
    CHECK_EQ(errno, 12345);
    errno = error;
}

static timer_t start_timer(void (*handler)(int), long every_ns)
{
    timer_t timer;
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGALRM};
    const struct itimerspec every = {.it_interval = {0, every_ns}, .it_value = {0, every_ns}};
    const struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    event.sigev_notify_thread_id = gettid();
    sigaction(SIGALRM, &action, NULL);
    CHECK_EQ(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
    CHECK_EQ(timer_settime(timer, 0, &every, NULL), 0);
    return timer;
}

static void stop_timer(timer_t timer)
{
    timer_delete(timer);
    signal(SIGALRM, SIG_IGN);
}

// The first sample of all may be a handler's, and any step of a sample may have a handler inside.
TEST(profile_threads, handlers_count_while_the_thread_does)
{
    const timer_t timer = start_timer(on_alarm, 100000); // 10 kHz
    uint64_t own = 0;
    for (; own < 100000 && (handled < 2000 || own < 1000); own++) {
        allocate(&handled_heap, own, 32);
        strand_profile_free(&handled_heap, address_of(own));
        if (own % 500 == 0) {
            checkpoint(&handled_heap);
        }
    }
    stop_timer(timer);
    checkpoint(&handled_heap);
    CHECK(handled > 100);
    CHECK_EQ(sum_of(&handled_heap).count, own + handled);
    CHECK_EQ(sum_of(&handled_heap).amount, own * 32 + handled * 8);
    CHECK_EQ(sum_of(&handled_heap).freed_count, own + (handled + 1) / 2);
}

static volatile int current;
static volatile uint64_t added_by_handlers[ROUNDS];

static void add_to_current(int number)
{
    (void)number;
    add(&fresh[current], 1);
    added_by_handlers[current]++;
}

// A handler inside the first sample of all has the first one itself.
TEST(profile_threads, a_handler_may_be_the_first)
{
    uint64_t handled_at_all = 0;
    for (int i = 0; i < ROUNDS; i++) {
        fresh[i] = (struct strand_profile)EVENTS(1);
    }
    const timer_t timer = start_timer(add_to_current, 100000);
    for (current = 0; current < ROUNDS - 1; current++) {
        add(&fresh[current], 1);
    }
    stop_timer(timer);
    for (int i = 0; i < ROUNDS - 1; i++) {
        checkpoint(&fresh[i]);
        CHECK_EQ(sum_of(&fresh[i]).count, 1 + added_by_handlers[i]);
        handled_at_all += added_by_handlers[i];
    }
    CHECK(handled_at_all > 10);
}

static struct strand_profile stopped = EVENTS(1);
static volatile uint64_t refused;

static void checkpoint_in_the_way(int number)
{
    (void)number;
    if (refused == 0 && strand_profile_checkpoint(&stopped) == STRAND_BUSY) {
        refused++;
    }
}

// A checkpoint waits for who is under way; a handler that interrupts him would wait for ever, and gives up.
TEST(profile_threads, who_is_stopped_while_he_counts_is_counted_by_the_next)
{
    const timer_t timer = start_timer(checkpoint_in_the_way, 1000000);
    uint64_t own = 0;
    for (; own < 10000000 && refused == 0; own++) {
        add(&stopped, 3);
    }
    stop_timer(timer);
    CHECK_EQ(refused, 1);
    CHECK(sum_of(&stopped).count < own);
    checkpoint(&stopped);
    CHECK_EQ(sum_of(&stopped).count, own);
    CHECK_EQ(sum_of(&stopped).amount, own * 3);
}

static struct strand_profile forked = EVENTS(1);
static volatile bool is_parked; // a thread, while it counts
static volatile bool is_released;

static void park_in_the_way(int number)
{
    const struct timespec pause = {0, 1000000};
    (void)number;
    if (!is_parked && strand_profile_checkpoint(&forked) == STRAND_BUSY) {
        is_parked = true;
        while (!is_released) {
            nanosleep(&pause, NULL);
        }
    }
}

static void *add_until_parked(void *added)
{
    const timer_t timer = start_timer(park_in_the_way, 1000000);
    for (; !is_released; ++*(uint64_t *)added) {
        add(&forked, 1);
    }
    stop_timer(timer);
    return NULL;
}

// In the child: what the parent had counted is there, and who counted at that moment isn't waited for.
static int child_of(uint64_t added)
{
    if (strand_profile_checkpoint(&forked) != STRAND_OK) {
        return 1;
    }
    const uint64_t inherited = sum_of(&forked).count;
    add(&forked, 1);
    if (strand_profile_checkpoint(&forked) != STRAND_OK || sum_of(&forked).count != inherited + 1) {
        return 2;
    }
    return inherited == added || inherited == added + 1 ? 0 : 3;
}

TEST(profile_threads, a_child_counts_on)
{
    const struct timespec pause = {0, 1000000};
    pthread_t thread;
    uint64_t added = 0;
    int status;
    pthread_create(&thread, NULL, add_until_parked, &added);
    for (int i = 0; i < 20000 && !is_parked; i++) {
        nanosleep(&pause, NULL);
    }
    CHECK(is_parked);
    CHECK_EQ(strand_profile_checkpoint(&forked), STRAND_BUSY);
    const pid_t child = fork();
    if (child == 0) {
        _exit(child_of(added));
    }
    CHECK_EQ(waitpid(child, &status, 0), child);
    CHECK_EQ(status, 0);
    is_released = true;
    pthread_join(thread, NULL);
    checkpoint(&forked);
    CHECK_EQ(sum_of(&forked).count, added);
}
