/* SPDX-License-Identifier: MIT
 *
 * strand_tick.h: the machine's fast counter, for those who log with STRAND_LOG.
 *
 *     x86-64     the time stamp counter, less its low STRAND_TICK_SHIFT bits, which carry nothing: the deltas of a
 *                record then reach 16 times as far before a new sync is needed
 *     aarch64    the virtual counter CNTVCT_EL0
 *
 * Elsewhere STRAND_HAS_TICK is 0, and a tick is whatever the caller hands in. What a tick is worth in ns is for the
 * file header to say (spec 8.5): recorder/ calibrates it.
 *
 * Async-signal-safe. Cost: one instruction, about 9 ns; not serialising: it may be read some instructions early.
 */
#ifndef STRAND_TICK_H
#define STRAND_TICK_H

#include <stdint.h>

#if defined(__x86_64__) && !defined(__FRAMAC__)

#define STRAND_HAS_TICK 1
#define STRAND_TICK_SHIFT 4

static inline uint64_t strand_tick(void)
{
    return __builtin_ia32_rdtsc() >> STRAND_TICK_SHIFT;
}

#elif defined(__aarch64__) && !defined(__FRAMAC__)

#define STRAND_HAS_TICK 1
#define STRAND_TICK_SHIFT 0

static inline uint64_t strand_tick(void)
{
    uint64_t count;
    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(count));
    return count;
}

#else

#define STRAND_HAS_TICK 0
#define STRAND_TICK_SHIFT 0

#endif

#endif
