/* SPDX-License-Identifier: MIT
 *
 * bench_ring.c: the byte ring, which drops the oldest records one by one: for memories of a few hundred bytes.
 */
#include "gbench_shim.h"
#include "strand.h"
#include "workload.h"

static uint8_t data[65536];
static uint8_t stage[1024];
static struct strand_ring ring;

static bool start(void)
{
    return strand_ring_init(&ring, sizeof ring, STRAND_ABI_VERSION, data, sizeof data, stage, sizeof stage) ==
           STRAND_OK;
}

#if STRAND_HAS_TICK

W_NOINLINE static void record(void)
{
    struct strand_encoder *e;
    const uint64_t tick = strand_tick();
    strand_ring_begin(&ring, tick, tick, -1, &e);
    strand_encode_site(e, 128);
    strand_encode_int(e, w2_a);
    strand_encode_int(e, w2_b);
    strand_encode_int(e, w2_c);
    strand_ring_end(&ring);
}

static void run(uint64_t n)
{
    while (n-- > 0) {
        record();
    }
}

BENCH("ring/byte/W2", .run = run, .setup = start)

#endif
