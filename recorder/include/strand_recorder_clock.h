/* SPDX-License-Identifier: MIT
 *
 * strand_recorder_clock.h: the clocks of a POSIX system, and what a tick is worth on it.
 *
 *     tick              the machine's counter (strand_tick.h); CLOCK_MONOTONIC in ns where there is none
 *     calibration       ns = ticks × tick_num / tick_den, with the error that it may have
 *     re-anchoring      at each sync the strand's nano is read from the clock anew, so no error adds up
 *     amortised         opt-in: one reading of the counter for several records
 *
 * libcodec takes tick and nano as values; here is where they come from.
 *
 * Threads: no state but the caller's. Async-signal-safe, all of it; after fork too: the clocks are the system's.
 * Cost: no allocation; clock_gettime is the only call, which the vDSO answers without entering the kernel.
 */
#ifndef STRAND_RECORDER_CLOCK_H
#define STRAND_RECORDER_CLOCK_H

#include "strand.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Time in ns: since the boot · the same, as of the last timer interrupt (1 to 4 ms old, a tenth of the cost) · since
 * 1970. Cost: about 20, 3 and 20 ns. */
uint64_t strand_clock_monotonic(void);
uint64_t strand_clock_coarse(void);
uint64_t strand_clock_realtime(void);

/* The machine's counter; CLOCK_MONOTONIC in ns where there is none. */
uint64_t strand_clock_tick(void);

/* One moment by all clocks: the reading with the smallest bracket of several. Cost: about 1 us. Spec: 8.6. */
void strand_clock_read(struct strand_clock *ret_clock);

/* What a tick is worth: ns = ticks × tick_num / tick_den. */
struct strand_calibration {
    uint32_t tick_num;
    uint32_t tick_den;
    uint32_t error_ppb; /* the ratio is right to within this: the brackets of both readings over the time between */
};

/* Compares ticks with CLOCK_MONOTONIC between two moments. Where ticks are ns the answer is 1 / 1, exactly.
 * Returns: STRAND_OK · STRAND_BAD_ARGUMENT (no time or no tick passed between them, or a tick is worth more than 4 s or
 * less than 1 ns / 2^31). Spec: 8.5. */
enum strand_status strand_clock_compare(const struct strand_clock *first, const struct strand_clock *second,
                                        struct strand_calibration *ret_calibration);

/* The same over the next duration_ns: 10 ms give an error of about 10 ppm, 1 s of 0.1. Sleeps; where a handler
 * interrupts the sleep the duration is shorter and the error says so. */
enum strand_status strand_clock_calibrate(uint64_t duration_ns, struct strand_calibration *ret_calibration);

/* Where a strand's nanos come from: ask it with strand_clock_nano_at. */
struct strand_anchor {
    struct strand_calibration calibration;
    uint64_t nano; /* last answer: an answer is never before it */
};

/* CLOCK_MONOTONIC at `tick`, which is a moment ago: read now, less what the ticks since are worth. The function for
 * strand_writer_set_nano_at; context is a struct strand_anchor of that writer's own. Spec: 5.3, 8.5. */
uint64_t strand_clock_nano_at(void *context, uint64_t tick);

/* The counter, read for one record in `every`; the others repeat its value. Their order in a strand stays; that among
 * strands is right to within the records that shared a reading. For one writer; a handler that takes its spare needs
 * another. */
struct strand_amortised {
    uint64_t tick;
    uint32_t left; /* records that go on with this reading */
    uint32_t every;
};

#define STRAND_AMORTISED_INIT                                                                                        \
    {                                                                                                                \
        0, 0, 8                                                                                                      \
    }

/* A tick for the next record. The file header must say STRAND_COMPAT_AMORTISED_CLOCK. Cost: about 1 ns. */
static inline uint64_t strand_amortised_tick(struct strand_amortised *clock)
{
    if (clock->left == 0) {
#if STRAND_HAS_TICK
        clock->tick = strand_tick();
#else
        clock->tick = strand_clock_tick();
#endif
        clock->left = clock->every;
    }
    clock->left--;
    return clock->tick;
}

/* The next record reads the counter: where time has passed since the last one, after a wait, say. */
static inline void strand_amortised_renew(struct strand_amortised *clock)
{
    clock->left = 0;
}

/* Says in a file header what the clock is: tick_num, tick_den, NANO_DERIVED, AMORTISED_CLOCK, and one clock tuple.
 * tuple[0 … STRAND_CLOCK_LEN) must live until the header is encoded. Spec: 8.2, 8.5, 8.6. */
void strand_clock_describe(const struct strand_calibration *calibration, const struct strand_clock *now,
                           bool is_amortised, uint8_t *tuple, struct strand_file_header *header);

#ifdef __cplusplus
}
#endif

#endif
