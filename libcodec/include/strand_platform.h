/* SPDX-License-Identifier: MIT
 *
 * strand_platform.h: the one seam to compiler and machine: words that are shared between threads or processes.
 * A port changes this file and no other. Public because STRAND_LOG is inline; not for use by name.
 *
 * The modules that are proved with Frama-C (varint, encode, decode) don't include it.
 */
#ifndef STRAND_PLATFORM_H
#define STRAND_PLATFORM_H

#include "strand_bytes.h"

// Shared words stand in memory as little-endian; the addresses are aligned (spec 9.1 puts them so).

static inline void strand_publish_u32(uint8_t *at, uint32_t value)
{
    __atomic_store_n((uint32_t *)(void *)at, STRAND_LE32(value), __ATOMIC_RELEASE);
}

// What this thread published last.
static inline uint32_t strand_own_u32(const uint8_t *at)
{
    return STRAND_LE32(__atomic_load_n((const uint32_t *)(const void *)at, __ATOMIC_RELAXED));
}

static inline void strand_publish_u64(uint8_t *at, uint64_t value)
{
    __atomic_store_n((uint64_t *)(void *)at, STRAND_LE64(value), __ATOMIC_RELEASE);
}

static inline void strand_void_u64(uint8_t *at)
{
    // The release fence keeps the stores that follow behind this one: nobody sees new bytes under the old number.
    __atomic_store_n((uint64_t *)(void *)at, 0, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_RELEASE);
}

static inline uint32_t strand_observe_u32(const uint8_t *at)
{
    return STRAND_LE32(__atomic_load_n((const uint32_t *)(const void *)at, __ATOMIC_ACQUIRE));
}

static inline uint64_t strand_observe_u64(const uint8_t *at)
{
    return STRAND_LE64(__atomic_load_n((const uint64_t *)(const void *)at, __ATOMIC_ACQUIRE));
}

static inline uint64_t strand_observe_again_u64(const uint8_t *at)
{
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    return STRAND_LE64(__atomic_load_n((const uint64_t *)(const void *)at, __ATOMIC_RELAXED));
}

// The stores in front of it happen before those behind it for whoever stops this thread: a handler, a crash.
static inline void strand_settle(void)
{
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
}

// Stores `value` where `*expected` stands still; else what stands there goes to *expected.
#define STRAND_SWAP(at, expected, value)                                                                             \
    __atomic_compare_exchange_n((at), (expected), (value), false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)

// A count that an interrupting handler may raise too.
static inline void strand_count(uint64_t *counter)
{
    __atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

static inline uint64_t strand_counted(const uint64_t *counter)
{
    return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

#endif
