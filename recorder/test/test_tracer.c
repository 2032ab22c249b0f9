/* SPDX-License-Identifier: MIT
 *
 * test_tracer.c: the execution tracer, read back through libcodec's reader.
 *
 * What was read and what the counters say was overwritten must be what was written, in each strand and in all. All
 * traces are in one process where Criterion isn't there, so each test reads its trace to the end.
 */
#define _GNU_SOURCE
#include "strand_trace_crash.h"
#include "tracer_test.h"

#include <sys/mman.h>

// ---------------------------------------------------------------------------------------------------------------
// Reading

TEST(tracer, events_of_eight_threads_come_back_in_order_and_complete)
{
    enum { THREADS = 8, EVENTS = 20000 };
    struct writer writers[THREADS] = {0};
    struct stream s = {0};
    pthread_barrier_t together;
    pthread_barrier_init(&together, NULL, THREADS);
    start(2u << 20);
    for (uint64_t i = 0; i < THREADS; i++) {
        writers[i].source = i;
        writers[i].count = EVENTS;
        writers[i].together = &together;
        CHECK_EQ(pthread_create(&writers[i].id, NULL, write_marks, &writers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(writers[i].id, NULL);
    }
    finish(&s);
    const struct tally t = tally_stream(&s);
    CHECK_EQ(t.events, THREADS * EVENTS);
    CHECK_EQ(t.lost, 0);
    CHECK_EQ(t.gaps, 0);
    CHECK_EQ(t.ticks_back, 0);
    CHECK_EQ(t.strands, THREADS);
    for (int i = 0; i < THREADS; i++) {
        CHECK_EQ(t.count[i], EVENTS);
        CHECK_EQ(t.p_of[i], writers[i].tid);
    }
    pthread_barrier_destroy(&together);
    stream_free(&s);
}

// The reader falls behind on purpose, every other time.
TEST(tracer, what_is_read_while_it_is_written_is_whole_and_the_rest_is_counted)
{
    enum { THREADS = 3, EVENTS = 150000 };
    static uint8_t buf[STRAND_TRACE_READ_MIN];
    struct writer writers[THREADS] = {0};
    struct stream s = {0};
    uint64_t written = 0;
    start(2 * BLOCK);
    for (uint64_t i = 0; i < THREADS; i++) {
        writers[i].source = i;
        writers[i].count = EVENTS;
        CHECK_EQ(pthread_create(&writers[i].id, NULL, write_marks, &writers[i]), 0);
    }
    for (int reads = 0; written < THREADS * EVENTS; reads++) {
        size_t len;
        const enum strand_status status = strand_trace_read(buf, sizeof buf, 0, &len);
        CHECK(status == STRAND_OK || status == STRAND_MORE);
        stream_add(&s, buf, len);
        if (reads % 20 == 0) {
            strand_trace_advance();
            pause_ms(1);
        }
        written = 0;
        for (int i = 0; i < THREADS; i++) {
            written += *(volatile uint64_t *)&writers[i].written;
        }
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(writers[i].id, NULL);
    }
    finish(&s);
    const struct tally t = tally_stream(&s);
    CHECK_EQ(t.events + t.lost, THREADS * EVENTS);
    CHECK(t.lost > 0);                   // else it was no test of loss
    CHECK(t.events > MARKS_A_BLOCK / 2); // what one ring holds at least, if they ran one behind the other
    stream_free(&s);
}

TEST(tracer, advance_makes_half_a_batch_readable_and_the_whole_one_comes_again)
{
    struct stream s = {0};
    start(8 * BLOCK);
    mark(0, 0);
    CHECK_EQ(read_all(&s), STRAND_MORE);
    CHECK_EQ(tally_stream(&s).events, 0);
    strand_trace_advance();
    mark(0, 1);
    CHECK_EQ(read_all(&s), STRAND_MORE);
    CHECK_EQ(tally_stream(&s).events, 2);
    const size_t len = s.len;
    strand_trace_advance(); // nothing has come since
    CHECK_EQ(read_all(&s), STRAND_MORE);
    CHECK_EQ(s.len, len);
    mark(0, 2);
    CHECK_EQ(read_all(&s), STRAND_MORE);
    CHECK_EQ(s.len, len);
    for (uint64_t i = 3; i < 3 * MARKS_A_BLOCK; i++) {
        mark(0, i);
    }
    CHECK_EQ(read_all(&s), STRAND_MORE);
    const struct fragments got = take_fragments(&s);
    CHECK(got.read > got.count); // the first block was there twice
    const struct tally t = tally_of(&got);
    CHECK(t.events > 2 * BLOCK / 16 && t.events < 3 * MARKS_A_BLOCK);
    CHECK_EQ(t.gaps + t.lost, 0);
    finish(&s);
    CHECK_EQ(tally_stream(&s).events, 3 * MARKS_A_BLOCK);
    free(got.all);
    stream_free(&s);
}

static void *read_long(void *argument)
{
    static uint8_t buf[STRAND_TRACE_READ_MIN];
    enum strand_status *to = argument;
    size_t len;
    do {
        *to = strand_trace_read(buf, sizeof buf, UINT64_C(20000000000), &len);
    } while (*to == STRAND_OK);
    return NULL;
}

TEST(tracer, a_second_reader_is_refused_and_a_stop_wakes_the_first)
{
    static uint8_t buf[STRAND_TRACE_READ_MIN];
    enum strand_status first = STRAND_OK;
    enum strand_status second = STRAND_OK;
    pthread_t reader;
    size_t len = 1;
    start(0);
    const uint64_t begin = now_ms();
    CHECK_EQ(pthread_create(&reader, NULL, read_long, &first), 0);
    while (second != STRAND_BUSY && now_ms() - begin < 10000) {
        pause_ms(1);
        second = strand_trace_read(buf, sizeof buf, 0, &len);
    }
    CHECK_EQ(second, STRAND_BUSY);
    CHECK_EQ(len, 0);
    strand_trace_stop();
    pthread_join(reader, NULL);
    CHECK_EQ(first, STRAND_END);
    CHECK(now_ms() - begin < 15000);
    CHECK_EQ(strand_trace_read(buf, sizeof buf, 0, &len), STRAND_END); // and again
}

static void *advance_soon(void *argument)
{
    (void)argument;
    pause_ms(30);
    strand_trace_advance();
    return NULL;
}

TEST(tracer, a_read_waits_as_long_as_it_is_told_or_until_there_is_something)
{
    static uint8_t buf[STRAND_TRACE_READ_MIN];
    struct stream s = {0};
    pthread_t other;
    size_t len;
    start(0);
    mark(0, 0);
    CHECK_EQ(read_all(&s), STRAND_MORE);
    uint64_t begin = strand_clock_monotonic();
    CHECK_EQ(strand_trace_read(buf, sizeof buf, 50000000, &len), STRAND_MORE);
    CHECK(strand_clock_monotonic() - begin >= 50000000);
    begin = strand_clock_monotonic();
    CHECK_EQ(pthread_create(&other, NULL, advance_soon, NULL), 0);
    CHECK_EQ(strand_trace_read(buf, sizeof buf, UINT64_C(20000000000), &len), STRAND_OK);
    CHECK(strand_clock_monotonic() - begin >= 25000000);
    CHECK(strand_clock_monotonic() - begin < 10000000000u);
    pthread_join(other, NULL);
    for (uint64_t i = 1; i < MARKS_A_BLOCK * 2; i++) {
        mark(0, i);
    }
    begin = strand_clock_monotonic();
    CHECK_EQ(strand_trace_read(buf, sizeof buf, UINT64_C(20000000000), &len), STRAND_OK); // a full batch, at once
    CHECK(strand_clock_monotonic() - begin < 10000000000u);
    finish(&s);
    stream_free(&s);
}

TEST(tracer, bad_arguments_are_refused)
{
    static uint8_t buf[STRAND_TRACE_READ_MIN];
    struct strand_trace_options options = {.bytes = 2 * BLOCK - 1};
    size_t len;
    CHECK_EQ(strand_trace_start(&options), STRAND_BAD_ARGUMENT);
    options.bytes = (size_t)2 << 30;
    CHECK_EQ(strand_trace_start(&options), STRAND_BAD_ARGUMENT);
    CHECK(!strand_trace_is_on());
    CHECK_EQ(strand_trace_read(buf, sizeof buf - 1, 0, &len), STRAND_BAD_ARGUMENT);
    CHECK_EQ(strand_trace_snapshot(1), STRAND_NOT_OPEN);
    strand_trace_stop(); // nothing
    struct stream s = {0};
    start(0);
    CHECK_EQ(strand_trace_snapshot(-1), STRAND_NOT_OPEN);
    finish(&s);
    stream_free(&s);
}

TEST(tracer, ticks_per_second_are_the_calibrations)
{
    const uint64_t rate = strand_trace_ticks_per_second();
    const uint64_t tick = strand_clock_tick();
    const uint64_t ns = strand_clock_monotonic();
    pause_ms(100);
    const double seconds = (double)(strand_clock_monotonic() - ns) / 1e9;
    const double counted = (double)(strand_clock_tick() - tick) / seconds;
    CHECK(counted > (double)rate * 0.99 && counted < (double)rate * 1.01);
}

// ---------------------------------------------------------------------------------------------------------------
// Flight recorder

// Waits until a thread has written so many more.
static bool goes_on(const struct writer *w, uint64_t more)
{
    const uint64_t begin = now_ms();
    const uint64_t so_far = *(const volatile uint64_t *)&w->written;
    while (*(const volatile uint64_t *)&w->written < so_far + more && now_ms() - begin < 20000) {
        pause_ms(1);
    }
    return *(const volatile uint64_t *)&w->written >= so_far + more;
}

TEST(tracer, a_snapshot_holds_the_newest_and_stops_nobody)
{
    struct writer w = {.source = 0, .count = UINT64_MAX};
    start(4 * BLOCK);
    CHECK_EQ(pthread_create(&w.id, NULL, write_marks, &w), 0);
    for (int i = 0; i < 5; i++) {
        struct stream s = {0};
        const int fd = memfd_create("snapshot", 0);
        CHECK(goes_on(&w, 5 * MARKS_A_BLOCK));
        const uint64_t before = *(volatile uint64_t *)&w.written;
        CHECK_EQ(strand_trace_snapshot(fd), STRAND_OK);
        const uint64_t after = *(volatile uint64_t *)&w.written;
        read_file(fd, &s);
        const struct fragments got = take_fragments(&s);
        const struct tally t = tally_of(&got);
        CHECK(t.count[0] > 0 && got.count - 1 <= 5);
        CHECK(t.next[0] + 1 >= before || t.gaps > 1); // up to now, unless the writer overtook the snapshot
        CHECK(t.next[0] <= after + 1);
        CHECK_EQ(t.events + t.lost, t.next[0]);
        free(got.all);
        stream_free(&s);
    }
    CHECK(goes_on(&w, 1));
    atomic_store(&w.stop, true);
    pthread_join(w.id, NULL);
    struct stream s = {0};
    finish(&s);
    const struct tally t = tally_stream(&s);
    CHECK_EQ(t.events + t.lost, w.written);
    CHECK(t.events > 3 * BLOCK / 12);
    stream_free(&s);
}

TEST(tracer, a_snapshot_of_the_last_seconds_leaves_out_what_was_over_before)
{
    const struct strand_trace_options options = {.bytes = 32 * BLOCK, .duration_ns = 100000000};
    struct stream all = {0};
    struct stream s = {0};
    CHECK_EQ(strand_trace_start(&options), STRAND_OK);
    for (uint64_t i = 0; i < 6 * MARKS_A_BLOCK; i++) {
        mark(0, i);
    }
    CHECK_EQ(read_all(&all), STRAND_MORE);
    pause_ms(150);
    for (uint64_t i = 0; i < 2 * MARKS_A_BLOCK; i++) {
        mark(1, i);
    }
    int fd = memfd_create("snapshot", 0);
    CHECK_EQ(strand_trace_snapshot(fd), STRAND_OK);
    read_file(fd, &s);
    struct tally t = tally_stream(&s);
    CHECK_EQ(t.count[1], 2 * MARKS_A_BLOCK);                 // all of these
    CHECK(t.count[0] > 0 && t.count[0] < 2 * MARKS_A_BLOCK); // of those the block that was still open
    pause_ms(150);
    fd = memfd_create("snapshot", 0);
    CHECK_EQ(strand_trace_snapshot(fd), STRAND_OK);
    stream_free(&s);
    read_file(fd, &s);
    t = tally_stream(&s);
    CHECK_EQ(t.count[0], 0);
    CHECK(t.count[1] > 0 && t.count[1] < 2 * MARKS_A_BLOCK); // an open block isn't over
    finish(&all);
    CHECK_EQ(tally_stream(&all).events, 8 * MARKS_A_BLOCK); // no snapshot has taken anything from the reader
    stream_free(&s);
    stream_free(&all);
}

// ---------------------------------------------------------------------------------------------------------------
// Start and stop

TEST(tracer, a_trace_starts_when_the_one_before_was_read_to_its_end)
{
    struct stream s = {0};
    start(0);
    CHECK_EQ(strand_trace_start(NULL), STRAND_BUSY);
    mark(0, 0);
    strand_trace_stop();
    CHECK(!strand_trace_is_on());
    mark(0, 1); // nothing
    CHECK_EQ(strand_trace_start(NULL), STRAND_BUSY);
    CHECK_EQ(read_all(&s), STRAND_END);
    CHECK_EQ(tally_stream(&s).events, 1);
    stream_free(&s);
    const uint64_t strands = strand_recorder_strands();
    for (uint64_t turn = 0; turn < 20; turn++) {
        start(0);
        CHECK(strand_trace_is_on());
        here_a(1, 0); // its stack is defined anew
        for (uint64_t i = 1; i <= turn * 1000; i++) {
            mark(1, i);
        }
        finish(&s);
        const struct tally t = tally_stream(&s);
        CHECK_EQ(t.events, turn * 1000 + 1);
        CHECK_EQ(t.count[1], t.events);
        CHECK_EQ(t.resolved, 1);
        CHECK_EQ(t.gaps + t.lost, 0);
        stream_free(&s);
    }
    CHECK_EQ(strand_recorder_strands(), strands); // the thread goes on with its ring
}

TEST(tracer, rings_are_as_large_as_the_trace_asks)
{
    const size_t blocks[] = {2, 16, 3, 2};
    for (size_t i = 0; i < 4; i++) {
        struct stream s = {0};
        start(blocks[i] * BLOCK + 100);
        for (uint64_t n = 0; n < 20 * MARKS_A_BLOCK; n++) {
            mark(0, n);
        }
        finish(&s);
        const struct fragments got = take_fragments(&s);
        size_t traced = 0;
        for (size_t n = 0; n < got.count; n++) {
            traced += got.all[n].file.kind == STRAND_KIND_TRACE ? 1 : 0;
        }
        CHECK_EQ(traced, blocks[i]);
        const struct tally t = tally_of(&got);
        CHECK_EQ(t.events + t.lost, 20 * MARKS_A_BLOCK);
        CHECK_EQ(t.next[0], 20 * MARKS_A_BLOCK);
        free(got.all);
        stream_free(&s);
    }
}

TEST(tracer, threads_that_follow_each_other_share_a_strand)
{
    enum { THREADS = 20 };
    struct stream s = {0};
    uint64_t tids[THREADS];
    start(0);
    const uint64_t strands = strand_recorder_strands();
    for (uint64_t i = 0; i < THREADS; i++) {
        struct writer w = {.source = i, .count = 100};
        CHECK_EQ(pthread_create(&w.id, NULL, write_marks, &w), 0);
        pthread_join(w.id, NULL);
        tids[i] = w.tid;
    }
    CHECK(strand_recorder_strands() <= strands + THREADS / 2); // the pool asks after some each time
    finish(&s);
    const struct tally t = tally_stream(&s);
    CHECK_EQ(t.events, THREADS * 100);
    CHECK_EQ(t.gaps + t.lost, 0);
    CHECK(t.strands <= THREADS / 2 + 1);
    CHECK(tids[0] != 0);
    stream_free(&s);
}

struct hooked {
    uint64_t calls;
    bool on;
};

static void hook(void *context)
{
    struct hooked *h = context;
    h->calls++;
    h->on = strand_trace_is_on();
    for (uint64_t i = 0; i < 10; i++) {
        mark(0, i);
    }
}

TEST(tracer, the_hook_tells_what_exists_when_the_trace_begins)
{
    struct hooked h = {0};
    struct stream s = {0};
    const struct strand_trace_options options = {.on_start = hook, .context = &h};
    CHECK_EQ(strand_trace_start(&options), STRAND_OK);
    CHECK_EQ(strand_trace_start(&options), STRAND_BUSY);
    CHECK_EQ(h.calls, 1);
    CHECK(h.on);
    mark(0, 10);
    finish(&s);
    const struct tally t = tally_stream(&s);
    CHECK_EQ(t.count[0], 11);
    CHECK_EQ(t.gaps, 0);
    stream_free(&s);
}

// ---------------------------------------------------------------------------------------------------------------
// Other processes

static bool trace_in_child(void)
{
    static uint8_t buf[STRAND_TRACE_READ_MIN];
    struct stream s = {0};
    size_t len;
    const bool off = !strand_trace_is_on() && strand_trace_read(buf, sizeof buf, 0, &len) == STRAND_NOT_OPEN &&
                     strand_trace_snapshot(1) == STRAND_NOT_OPEN;
    mark(0, 77);
    start(0);
    mark(1, 0);
    mark(1, 1);
    finish(&s);
    const struct fragments got = take_fragments(&s);
    const struct tally t = tally_of(&got);
    return off && t.events == 2 && t.count[1] == 2 && t.strands == 1 && got.all[0].file.pid == (uint64_t)getpid();
}

TEST(tracer, a_forked_child_has_no_trace_until_it_starts_its_own)
{
    struct stream s = {0};
    start(0);
    mark(0, 0);
    strand_trace_advance();
    CHECK_EQ(read_all(&s), STRAND_MORE);
    CHECK(in_child(trace_in_child));
    CHECK(strand_trace_is_on());
    mark(0, 1);
    finish(&s);
    const struct tally t = tally_stream(&s);
    CHECK_EQ(t.events, 2);
    CHECK_EQ(t.gaps, 0);
    stream_free(&s);
}

// The crash repeats what the reader was given last, and nothing that it came back from.
static bool die_with_trace(void)
{
    static uint8_t buf[STRAND_TRACE_READ_MIN];
    const struct strand_trace_options options = {.bytes = 16 * BLOCK, .crash_fd = memfd_create("crash", 0)};
    struct stream s = {0};
    size_t len;
    CHECK_EQ(strand_trace_start(&options), STRAND_OK);
    for (uint64_t i = 0; i < 5 * MARKS_A_BLOCK; i++) {
        mark(0, i);
    }
    uint64_t read = 0; // blocks
    while (read < 3 && strand_trace_read(buf, sizeof buf, 0, &len) == STRAND_OK) {
        struct stream chunk = {buf, len, len};
        struct fragments got = take_fragments(&chunk);
        read += got.count;
    }
    strand_trace_at_crash();
    strand_trace_at_crash(); // once
    CHECK_EQ(strand_trace_read(buf, sizeof buf, 0, &len), STRAND_BUSY);
    read_file(options.crash_fd, &s);
    const struct fragments got = take_fragments(&s);
    const struct tally t = tally_of(&got);
    CHECK_EQ(got.read, got.count);
    CHECK_EQ(t.next[0], 5 * MARKS_A_BLOCK);
    CHECK_EQ(t.events + t.lost, t.next[0]);
    CHECK(t.lost > 0);
    return got.all[1].file.kind == STRAND_KIND_TRACE && got.all[1].block.seq == read - 1;
}

TEST(tracer, a_crash_writes_what_nobody_has_passed_on)
{
    CHECK(in_child(die_with_trace));
}
