/* SPDX-License-Identifier: MIT
 *
 * peer_cases.h: the benchmarks of a peer from its four writers, peer_1 … peer_4, and peer_bytes, the length of the record last
 * written: with the clock and without.
 *
 * A serialiser gets the tick as one more value, so with the clock it does what a logger does, except for a ring: the
 * buffer is reused for every record.
 */
#ifndef PEER_CASES_H
#define PEER_CASES_H

#include "gbench_shim.h"
#include "strand_tick.h"
#include "workload.h"

#define PEER_CASE(peer, i, start_)                                                                                   \
    static void run_##i(uint64_t n)                                                                                  \
    {                                                                                                                \
        while (n-- > 0) {                                                                                            \
            peer_##i(strand_tick());                                                                                 \
        }                                                                                                            \
    }                                                                                                                \
    static void run_noclock_##i(uint64_t n)                                                                          \
    {                                                                                                                \
        for (uint64_t tick = 1000000000000; n-- > 0; tick++) {                                                       \
            peer_##i(tick);                                                                                          \
        }                                                                                                            \
    }                                                                                                                \
    static struct bench clock_##i = {                                                                                \
        .name = "peer/" peer "/W" #i, .run = run_##i, .setup = start_, .bytes = peer_bytes};                         \
    static struct bench noclock_##i = {                                                                              \
        .name = "peer/" peer "_noclock/W" #i, .run = run_noclock_##i, .setup = start_, .bytes = peer_bytes};         \
    __attribute__((constructor)) static void add_##i(void)                                                           \
    {                                                                                                                \
        bench_add(&clock_##i);                                                                                       \
        bench_add(&noclock_##i);                                                                                     \
    }

#define PEER_CASES(peer, start)                                                                                      \
    PEER_CASE(peer, 1, start) PEER_CASE(peer, 2, start) PEER_CASE(peer, 3, start) PEER_CASE(peer, 4, start)

#endif
