/* SPDX-License-Identifier: MIT
 *
 * bench_calls.c: strand_record.h, a call for each field: what a binding from another language uses.
 */
#include "bench_writer.h"
#include "gbench_shim.h"
#include "workload.h"

#define CALLS_SITE 128 /* the id of a call site, which a binding would define once */

#if STRAND_HAS_TICK

W_NOINLINE static void calls_1(void)
{
    struct strand_record r;
    strand_record_begin(&r, &bench_records, strand_tick(), CALLS_SITE, 0);
    strand_record_end(&r);
}

W_NOINLINE static void calls_2(void)
{
    struct strand_record r;
    strand_record_begin(&r, &bench_records, strand_tick(), CALLS_SITE, 33);
    strand_record_int(&r, w2_a);
    strand_record_int(&r, w2_b);
    strand_record_int(&r, w2_c);
    strand_record_end(&r);
}

W_NOINLINE static void calls_3(void)
{
    struct strand_record r;
    strand_record_begin(&r, &bench_records, strand_tick(), CALLS_SITE, w3_string_len + 23);
    strand_record_string(&r, w3_string, w3_string_len);
    strand_record_uint(&r, w3_u64);
    strand_record_f64(&r, w3_double);
    strand_record_end(&r);
}

W_NOINLINE static void calls_4(void)
{
    const uint64_t args[] = {w4_a, w4_b, w4_stack};
    strand_record_event(&bench_events, W4_EVENT, strand_tick(), args, 3);
}

#define CALLS(i, what)                                                                                               \
    static void run_##i(uint64_t n)                                                                                  \
    {                                                                                                                \
        while (n-- > 0) {                                                                                            \
            calls_##i();                                                                                             \
        }                                                                                                            \
    }                                                                                                                \
    BENCH("encode_calls/W" #i, .run = run_##i, .setup = bench_start_##what, .bytes = bench_bytes_of_##what)

CALLS(1, records)
CALLS(2, records)
CALLS(3, records)
CALLS(4, events)

#endif
