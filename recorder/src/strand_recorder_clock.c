/* SPDX-License-Identifier: MIT
 *
 * strand_recorder_clock.c: the system's clocks, and the counter calibrated against them.
 *
 * A reading of several clocks takes time, so they can't be read at once. The counter is read between two readings of
 * CLOCK_MONOTONIC: it belongs to their middle, and is wrong by half their distance at most. The distance is the
 * bracket, and the closest of a few tries is taken: one that no interrupt fell into.
 *
 *     monotonic 1 │ tick │ monotonic 2 │ realtime
 *     └────── bracket ───────┘
 */
#define _POSIX_C_SOURCE 200809L
#include "strand_recorder_clock.h"

#include <time.h>

#define STRAND_CLOCK_TRIES 8
#define STRAND_NS_PER_S 1000000000u

static uint64_t strand_clock_ns(clockid_t id)
{
    struct timespec now = {0, 0};
    clock_gettime(id, &now);
    return (uint64_t)now.tv_sec * STRAND_NS_PER_S + (uint64_t)now.tv_nsec;
}

uint64_t strand_clock_monotonic(void)
{
    return strand_clock_ns(CLOCK_MONOTONIC);
}

uint64_t strand_clock_coarse(void)
{
#ifdef CLOCK_MONOTONIC_COARSE
    return strand_clock_ns(CLOCK_MONOTONIC_COARSE);
#else
    return strand_clock_ns(CLOCK_MONOTONIC);
#endif
}

uint64_t strand_clock_realtime(void)
{
    return strand_clock_ns(CLOCK_REALTIME);
}

uint64_t strand_clock_tick(void)
{
#if STRAND_HAS_TICK
    return strand_tick();
#else
    return strand_clock_monotonic();
#endif
}

void strand_clock_read(struct strand_clock *ret_clock)
{
    ret_clock->bracket_ns = UINT64_MAX;
    for (int i = 0; i < STRAND_CLOCK_TRIES; i++) {
        const uint64_t before = strand_clock_monotonic();
        const uint64_t tick = strand_clock_tick();
        const uint64_t after = strand_clock_monotonic();
        const uint64_t realtime = strand_clock_realtime();
        if (after - before < ret_clock->bracket_ns) {
            ret_clock->tick = tick;
            ret_clock->monotonic_ns = before + (after - before) / 2;
            ret_clock->realtime_ns = realtime - (after - before) / 2; // read just behind `after`
            ret_clock->bracket_ns = after - before;
        }
    }
}

// ---------------------------------------------------------------------------------------------------------------
// What a tick is worth

// Both below 2^32, by halves: what is cut is less than their 2^31st part.
static void strand_fit_ratio(uint64_t num, uint64_t den, struct strand_calibration *to)
{
    while (num > UINT32_MAX || den > UINT32_MAX) {
        num /= 2;
        den /= 2;
    }
    to->tick_num = (uint32_t)num;
    to->tick_den = (uint32_t)den;
}

enum strand_status strand_clock_compare(const struct strand_clock *first, const struct strand_clock *second,
                                        struct strand_calibration *ret_calibration)
{
    const uint64_t ns = second->monotonic_ns - first->monotonic_ns;
    const uint64_t ticks = second->tick - first->tick;
    if (second->monotonic_ns <= first->monotonic_ns || second->tick <= first->tick ||
        ns / ticks > 4u * STRAND_NS_PER_S || ticks / ns > UINT32_MAX / 2) {
        return STRAND_BAD_ARGUMENT;
    }
    if (STRAND_HAS_TICK == 0) {
        *ret_calibration = (struct strand_calibration){1, 1, 0};
        return STRAND_OK;
    }
    const uint64_t doubt = first->bracket_ns / 2 + second->bracket_ns / 2 + 2; // and a ns of rounding for each
    const uint64_t ppb = doubt <= UINT64_MAX / STRAND_NS_PER_S ? doubt * STRAND_NS_PER_S / ns + 1 : UINT32_MAX;
    strand_fit_ratio(ns, ticks, ret_calibration);
    ret_calibration->error_ppb = ppb < UINT32_MAX ? (uint32_t)ppb : UINT32_MAX;
    return STRAND_OK;
}

enum strand_status strand_clock_calibrate(uint64_t duration_ns, struct strand_calibration *ret_calibration)
{
    struct strand_clock first;
    struct strand_clock second;
    const struct timespec pause = {(time_t)(duration_ns / STRAND_NS_PER_S), (long)(duration_ns % STRAND_NS_PER_S)};
    strand_clock_read(&first);
    clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
    strand_clock_read(&second);
    return strand_clock_compare(&first, &second, ret_calibration);
}

static uint64_t strand_calibrated_ns(const struct strand_calibration *calibration, uint64_t ticks)
{
    const struct strand_file_header ratio = {.tick_num = calibration->tick_num, .tick_den = calibration->tick_den};
    return strand_ticks_to_ns(&ratio, ticks);
}

uint64_t strand_clock_nano_at(void *context, uint64_t tick)
{
    struct strand_anchor *anchor = context;
    const uint64_t now_tick = strand_clock_tick();
    const uint64_t now = strand_clock_monotonic();
    const uint64_t ago = now_tick > tick ? strand_calibrated_ns(&anchor->calibration, now_tick - tick) : 0;
    const uint64_t nano = ago < now ? now - ago : 0;
    anchor->nano = nano > anchor->nano ? nano : anchor->nano;
    return anchor->nano;
}

void strand_clock_describe(const struct strand_calibration *calibration, const struct strand_clock *now,
                           bool is_amortised, uint8_t *tuple, struct strand_file_header *header)
{
    header->tick_num = calibration->tick_num;
    header->tick_den = calibration->tick_den;
    header->incompat = STRAND_INCOMPAT_NANO_DERIVED;
    header->compat = is_amortised ? STRAND_COMPAT_AMORTISED_CLOCK : 0;
    strand_clock_encode(now, tuple);
    header->clock_count = 1;
    header->clocks = (struct strand_span){tuple, STRAND_CLOCK_LEN};
}
