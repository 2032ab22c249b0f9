/* SPDX-License-Identifier: MIT
 *
 * bench_calls.c: the function API, a call for each field: what a binding from another language uses.
 */
#include "bench_writer.h"
#include "gbench_shim.h"
#include "workload.h"

#define CALLS_SITE 128 /* the id of a call site, which a binding would define once */

static struct strand_writer records;
static struct strand_writer events;

static bool start_records(void)
{
    return bench_start_records(&records);
}

static bool start_events(void)
{
    return bench_start_events(&events);
}

static double bytes_of_records(void)
{
    return bench_bytes_each(&records);
}

static double bytes_of_events(void)
{
    return bench_bytes_each(&events);
}

#if STRAND_HAS_TICK

W_NOINLINE static void calls_1(void)
{
    struct strand_encoder *e;
    const uint64_t tick = strand_tick();
    do {
        strand_writer_begin(&records, tick, tick, -1, &e);
        strand_encode_site(e, CALLS_SITE);
    } while (strand_writer_end(&records) == STRAND_AGAIN);
}

W_NOINLINE static void calls_2(void)
{
    struct strand_encoder *e;
    const uint64_t tick = strand_tick();
    do {
        strand_writer_begin(&records, tick, tick, -1, &e);
        strand_encode_site(e, CALLS_SITE);
        strand_encode_int(e, w2_a);
        strand_encode_int(e, w2_b);
        strand_encode_int(e, w2_c);
    } while (strand_writer_end(&records) == STRAND_AGAIN);
}

W_NOINLINE static void calls_3(void)
{
    struct strand_encoder *e;
    const uint64_t tick = strand_tick();
    do {
        strand_writer_begin(&records, tick, tick, -1, &e);
        strand_encode_site(e, CALLS_SITE);
        strand_encode_string(e, w3_string, w3_string_len);
        strand_encode_uint(e, w3_u64);
        strand_encode_f64(e, w3_double);
    } while (strand_writer_end(&records) == STRAND_AGAIN);
}

W_NOINLINE static void calls_4(void)
{
    struct strand_encoder *e;
    const uint64_t tick = strand_tick();
    const uint64_t args[] = {w4_a, w4_b, w4_stack};
    do {
        strand_writer_begin_frame(&events, tick, 0, &e);
        strand_trace_event(e, W4_EVENT, tick, args, 3);
    } while (strand_writer_end(&events) == STRAND_AGAIN);
}

#define CALLS(i, what)                                                                                               \
    static void run_##i(uint64_t n)                                                                                  \
    {                                                                                                                \
        while (n-- > 0) {                                                                                            \
            calls_##i();                                                                                             \
        }                                                                                                            \
    }                                                                                                                \
    BENCH("encode_calls/W" #i, .run = run_##i, .setup = start_##what, .bytes = bytes_of_##what)

CALLS(1, records)
CALLS(2, records)
CALLS(3, records)
CALLS(4, events)

#endif
