/* SPDX-License-Identifier: MIT
 *
 * bench_burst.c: a million records in one go, by one thread and by two, each into a ring of its own.
 */
#include "bench_writer.h"
#include "gbench_shim.h"
#include "workload.h"

#include <pthread.h>

#if STRAND_HAS_TICK

#define BURST 1000000u

W_NOINLINE static void record(struct strand_writer *w)
{
    STRAND_LOG(w, W2_MESSAGE, w2_a, w2_b, w2_c);
}

static void write_burst(struct strand_writer *w, uint64_t n)
{
    while (n-- > 0) {
        record(w);
    }
}

static _Thread_local struct strand_writer records;

static bool start(void)
{
    return bench_start_ring(&records);
}

static void burst(uint64_t n)
{
    write_burst(&records, n);
}

BENCH("burst/threads:1", .run = burst, .setup = start, .batch = BURST)

static void *other_half(void *count)
{
    if (start()) {
        write_burst(&records, *(const uint64_t *)count);
    }
    return NULL;
}

// n records in all. The thread takes 20 us to start, a quarter of a per cent of its million records.
static void burst_of_two(uint64_t n)
{
    pthread_t other;
    uint64_t half = n / 2;
    if (pthread_create(&other, NULL, other_half, &half) == 0) {
        write_burst(&records, n - half);
        pthread_join(other, NULL);
    }
}

BENCH("burst/threads:2", .run = burst_of_two, .setup = start, .batch = 2 * BURST)

#endif
