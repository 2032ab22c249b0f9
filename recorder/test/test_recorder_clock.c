/* SPDX-License-Identifier: MIT
 *
 * test_recorder_clock.c: the clocks agree with each other within the errors that they state.
 */
#define _POSIX_C_SOURCE 200809L
#include "strand_recorder_clock.h"

#include "strand_test.h"

#include <signal.h>
#include <time.h>
#include <unistd.h>

static uint64_t distance(uint64_t a, uint64_t b)
{
    return a > b ? a - b : b - a;
}

TEST(recorder_clock, monotonic_and_coarse_are_one_clock)
{
    const uint64_t coarse = strand_clock_coarse();
    const uint64_t fine = strand_clock_monotonic();
    CHECK(fine >= coarse);
    CHECK(strand_clock_monotonic() >= fine);
    CHECK(distance(fine, strand_clock_coarse()) < 1000000000);
    CHECK(distance(strand_clock_realtime() / 1000000000, (uint64_t)time(NULL)) <= 1);
}

TEST(recorder_clock, a_reading_stands_inside_its_bracket)
{
    for (int i = 0; i < 100; i++) {
        struct strand_clock clock;
        const uint64_t tick = strand_clock_tick();
        const uint64_t before = strand_clock_monotonic();
        strand_clock_read(&clock);
        const uint64_t after = strand_clock_monotonic();
        CHECK(before <= clock.monotonic_ns && clock.monotonic_ns <= after);
        CHECK(clock.bracket_ns <= after - before);
        CHECK(tick <= clock.tick && clock.tick <= strand_clock_tick());
        CHECK(distance(clock.realtime_ns, strand_clock_realtime()) < 1000000000);
    }
}

TEST(recorder_clock, the_ratio_of_two_readings_is_exact)
{
    const struct strand_clock first = {.tick = 1000, .monotonic_ns = 500, .bracket_ns = 40};
    const struct strand_clock second = {.tick = 1000 + 162500000, .monotonic_ns = 500 + 1000000000, .bracket_ns = 60};
    struct strand_calibration calibration;
    CHECK_EQ(strand_clock_compare(&first, &second, &calibration), STRAND_OK);
#if STRAND_HAS_TICK
    CHECK_EQ(calibration.tick_num, 1000000000);
    CHECK_EQ(calibration.tick_den, 162500000);
    CHECK_EQ(calibration.error_ppb, 53); // 20 + 30 + 2 ns in a second, rounded up
#endif
    const struct strand_clock hour = {.tick = 1000 + 162500000ull * 3600, .monotonic_ns = 500 + 3600000000000};
    CHECK_EQ(strand_clock_compare(&first, &hour, &calibration), STRAND_OK);
#if STRAND_HAS_TICK
    const double ratio = (double)calibration.tick_num / calibration.tick_den;
    CHECK(ratio > 6.15384615 && ratio < 6.15384616);
#endif
    CHECK_EQ(strand_clock_compare(&first, &first, &calibration), STRAND_BAD_ARGUMENT);
    CHECK_EQ(strand_clock_compare(&second, &first, &calibration), STRAND_BAD_ARGUMENT);
}

// What the ratio says of 50 ms is what the clock says, within the error that it states (and that of this test's own
// readings).
TEST(recorder_clock, calibration_keeps_to_its_error)
{
    struct strand_calibration calibration;
    struct strand_clock from;
    struct strand_clock to;
    const struct timespec pause = {0, 50000000};
    CHECK_EQ(strand_clock_calibrate(20000000, &calibration), STRAND_OK);
    strand_clock_read(&from);
    nanosleep(&pause, NULL);
    strand_clock_read(&to);
    const struct strand_file_header ratio = {.tick_num = calibration.tick_num, .tick_den = calibration.tick_den};
    const uint64_t told = strand_ticks_to_ns(&ratio, to.tick - from.tick);
    const uint64_t was = to.monotonic_ns - from.monotonic_ns;
    const uint64_t error = was * calibration.error_ppb / 1000000000 + from.bracket_ns + to.bracket_ns + 2;
    CHECK(calibration.error_ppb < 1000000);
    CHECK(distance(told, was) <= error);
}

TEST(recorder_clock, nanos_follow_the_clock_and_never_go_back)
{
    struct strand_anchor anchor = {.nano = 0};
    CHECK_EQ(strand_clock_calibrate(10000000, &anchor.calibration), STRAND_OK);
    uint64_t last = 0;
    for (int i = 0; i < 1000; i++) {
        const uint64_t before = strand_clock_monotonic();
        const uint64_t nano = strand_clock_nano_at(&anchor, strand_clock_tick());
        CHECK(nano + 1000000 > before && nano <= strand_clock_monotonic() + 1);
        CHECK(nano >= last);
        last = nano;
    }
    CHECK_EQ(strand_clock_nano_at(&anchor, 0), last);
}

TEST(recorder_clock, the_nano_of_a_tick_is_that_of_its_own_moment)
{
    struct strand_anchor anchor = {.nano = 0};
    struct strand_clock then;
    const struct timespec pause = {0, 30000000};
    CHECK_EQ(strand_clock_calibrate(10000000, &anchor.calibration), STRAND_OK);
    strand_clock_read(&then);
    nanosleep(&pause, NULL);
    const uint64_t nano = strand_clock_nano_at(&anchor, then.tick); // asked 30 ms later
    CHECK(distance(nano, then.monotonic_ns) < 10000000);
}

TEST(recorder_clock, amortised_reads_once_in_eight)
{
    struct strand_amortised clock = STRAND_AMORTISED_INIT;
    const uint64_t first = strand_amortised_tick(&clock);
    const struct timespec pause = {0, 1000000};
    nanosleep(&pause, NULL);
    for (int i = 1; i < 8; i++) {
        CHECK_EQ(strand_amortised_tick(&clock), first);
    }
    const uint64_t second = strand_amortised_tick(&clock);
    CHECK(second > first);
    nanosleep(&pause, NULL);
    strand_amortised_renew(&clock);
    CHECK(strand_amortised_tick(&clock) > second);
}

TEST(recorder_clock, a_header_says_what_the_clock_is)
{
    uint8_t tuple[STRAND_CLOCK_LEN];
    uint8_t bytes[1024];
    size_t len;
    size_t need;
    struct strand_file_header header = {.kind = STRAND_KIND_RECORDS, .block_size = 4096};
    struct strand_file_header got;
    const struct strand_calibration calibration = {77, 12, 5};
    const struct strand_clock now = {1, 2, 3, 4};
    strand_clock_describe(&calibration, &now, true, tuple, &header);
    CHECK_EQ(strand_file_header_encode(&header, bytes, sizeof bytes, &len), STRAND_OK);
    CHECK_EQ(strand_file_header_decode(bytes, len, &got, &need), STRAND_OK);
    CHECK_EQ(got.tick_num, 77);
    CHECK_EQ(got.tick_den, 12);
    CHECK_EQ(got.incompat, STRAND_INCOMPAT_NANO_DERIVED);
    CHECK_EQ(got.compat, STRAND_COMPAT_AMORTISED_CLOCK);
    CHECK_EQ(strand_file_clock(&got, 0).monotonic_ns, 2);
    strand_clock_describe(&calibration, &now, false, tuple, &header);
    CHECK_EQ(header.compat, 0);
}
