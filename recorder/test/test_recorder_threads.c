/* SPDX-License-Identifier: MIT
 *
 * test_recorder_threads.c: stacks of threads in every condition in which a thread can be found.
 */
#define _GNU_SOURCE
#include "stack_workers.h"

TEST(recorder_threads, a_profile_holds_all_or_says_how_many)
{
    strand_modules_note();
    start_all(10);
    size_t count = 0;
    CHECK(!strand_thread_profile(records, 0, &count));
    CHECK(count >= 11);
    const size_t all = count;
    count = 0;
    CHECK(!strand_thread_profile(records, all - 1, &count));
    CHECK_EQ(count, all);
    CHECK(strand_thread_profile(records, all, &count));
    CHECK_EQ(count, all);
    take_profile();
    CHECK_EQ(record_count, all);
    CHECK_EQ(records[0].tid, strand_tid());
    CHECK_EQ(records[0].how, STRAND_STACK_CAPTURED);
    CHECK(is_in(records[0].pcs[0], (uintptr_t)take_profile));
    for (int i = 0; i < 10; i++) {
        check_captured(&workers[i]);
    }
    stop_all(10);
    take_profile();
    CHECK_EQ(record_count, all - 10);
}

TEST(recorder_threads, threads_that_block_the_signal_are_told_without_waiting)
{
    strand_modules_note();
    for (int i = 0; i < 50; i++) {
        start(&workers[i], i % 10 == 3 ? BLOCKS : WAITS);
    }
    take_profile();
    CHECK(record_count >= 51);
    CHECK(profile_ns < 450 * (uint64_t)MS); // five that are waited for would take 500
    for (int i = 0; i < 50; i++) {
        if (i % 10 == 3) {
            check_told(&workers[i], STRAND_STACK_BLOCKED);
        } else {
            check_captured(&workers[i]);
        }
    }
    stop_all(50);
}

TEST(recorder_threads, a_thread_that_blocks_the_signal_for_a_moment_is_asked)
{
    strand_modules_note();
    start(&workers[0], SPINS);
    take_profile();
    CHECK_EQ(record_of(workers[0].tid)->how, STRAND_STACK_CAPTURED);
    CHECK(profile_ns >= 20 * (uint64_t)MS);
    stop_all(1);
}

TEST(recorder_threads, a_thread_suspended_by_vfork_is_silent)
{
    strand_modules_note();
    start(&workers[0], FORKS);
    start(&workers[1], WAITS);
    take_profile();
    CHECK(profile_ns >= 100 * (uint64_t)MS && profile_ns < 300 * (uint64_t)MS);
    check_told(&workers[0], STRAND_STACK_SILENT);
    check_captured(&workers[1]);
    wait_until_still(&workers[0]); // the child is gone, and our signal was taken without a question
    take_profile();
    check_captured(&workers[0]);
    check_captured(&workers[1]);
    stop_all(2);
}

TEST(recorder_threads, a_full_table_of_descriptors_does_no_harm)
{
    static int fds[256];
    struct rlimit limit;
    struct rlimit after;
    strand_modules_note();
    start_all(3);
    CHECK_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
    const struct rlimit low = {128, limit.rlim_max};
    CHECK_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);
    const size_t count = fill_descriptors(fds, 256);
    CHECK(count < 256);
    take_profile();
    CHECK_EQ(getrlimit(RLIMIT_NOFILE, &after), 0);
    CHECK(dup(STDOUT_FILENO) < 0); // neither more nor less is open
    for (size_t i = 0; i < count; i++) {
        close(fds[i]);
    }
    setrlimit(RLIMIT_NOFILE, &limit);
    CHECK_EQ(after.rlim_cur, 128);
    for (int i = 0; i < 3; i++) {
        check_captured(&workers[i]);
    }
    stop_all(3);
}

TEST(recorder_threads, signals_reach_them_without_memory_for_signals)
{
    strand_modules_note();
    start_all(20);
    take_profile_without_signal_memory();
    for (int i = 0; i < 20; i++) {
        check_captured(&workers[i]);
    }
    stop_all(20);
}

// ---------------------------------------------------------------------------------------------------------------
// Late answers

// It has taken the question when it is given up: what it answers then is read by nobody, and other threads' answers are
// their own. More rounds than there are questions.
TEST(recorder_threads, late_answers_go_where_nobody_reads)
{
    strand_modules_note();
    start_all(3);
    for (int round = 0; round < 17; round++) {
        slow_down(&workers[1], 150 * MS);
        take_profile();
        CHECK(profile_ns >= 100 * (uint64_t)MS);
        CHECK_EQ(record_of(workers[1].tid)->how, STRAND_STACK_SILENT);
        CHECK_EQ(record_of(workers[1].tid)->count, 1);
        check_captured(&workers[0]);
        check_captured(&workers[2]);
        slow_down(&workers[1], 0);
        wait_until_over(&workers[1]);
    }
    take_profile();
    for (int i = 0; i < 3; i++) {
        check_captured(&workers[i]);
    }
    stop_all(3);
}

TEST(recorder_threads, while_a_late_one_is_at_its_question_others_are_asked)
{
    strand_modules_note();
    start_all(3);
    slow_down(&workers[0], 300 * MS);
    take_profile();
    CHECK_EQ(record_of(workers[0].tid)->how, STRAND_STACK_SILENT);
    take_profile();
    CHECK_EQ(record_of(workers[0].tid)->how, STRAND_STACK_BLOCKED); // in our handler
    check_captured(&workers[1]);
    check_captured(&workers[2]);
    slow_down(&workers[0], 0);
    wait_until_over(&workers[0]);
    take_profile();
    check_captured(&workers[0]);
    stop_all(3);
}

// ---------------------------------------------------------------------------------------------------------------
// As text

TEST(recorder_text, all_threads_each_with_how_it_is_known)
{
    static char text[262144];
    char want[64];
    strand_modules_note();
    start(&workers[0], WAITS);
    start(&workers[1], BLOCKS);
    start(&workers[2], FORKS);
    const size_t need = strand_stack(text, sizeof text, true);
    CHECK_EQ(strlen(text), need);
    snprintf(want, sizeof want, "\nthread %d \"worker 0\":\n  0x", (int)workers[0].tid);
    CHECK(strstr(text, want) != NULL);
    snprintf(want, sizeof want, "\nthread %d \"worker 1\" blocks SIGURG, sp 0x", (int)workers[1].tid);
    CHECK(strstr(text, want) != NULL);
    snprintf(want, sizeof want, "\nthread %d \"worker 2\" does not answer, sp 0x", (int)workers[2].tid);
    CHECK(strstr(text, want) != NULL);
    stop_all(3);
}
