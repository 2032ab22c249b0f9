/* SPDX-License-Identifier: MIT
 *
 * bench_encode.c: STRAND_LOG and STRAND_TRACE, as programs use them: out-of-line call sites, the ring of bench_writer.h.
 *
 * Compiled twice: with BMI2 where the machine has it, and as portable C11 (BENCH_PORTABLE).
 *
 *     encode            varint integers, one clock reading a record
 *     encode_fixed      integers of fixed width
 *     …_noclock         the tick is handed in: what the record costs without the clock
 *     encode_amortised  one clock reading for eight records
 *     recorder          by the recorder: the thread's own logger or tracer
 */
#include "bench_writer.h"
#include "gbench_shim.h"
#include "strand_profile.h"
#include "strand_recorder_clock.h"
#include "strand_tracer.h"
#include "workload.h"

#define W1(LOG, ...) LOG(__VA_ARGS__, W1_MESSAGE)
#define W2(LOG, ...) LOG(__VA_ARGS__, W2_MESSAGE, w2_a, w2_b, w2_c)
#define W3(LOG, ...) LOG(__VA_ARGS__, W3_MESSAGE, strand_str(w3_string, w3_string_len), w3_u64, w3_double)
#define W4(TRACE, ...) TRACE(__VA_ARGS__, W4_EVENT, w4_a, w4_b, w4_stack)

// A call site out of line, the loop that calls it, and its benchmark. `tick` is there for those who want it.
#define CASE(name, id, start, bytes_of, ...)                                                                         \
    W_NOINLINE static void site_##id(uint64_t tick)                                                                  \
    {                                                                                                                \
        (void)tick;                                                                                                  \
        __VA_ARGS__;                                                                                                 \
    }                                                                                                                \
    static void run_##id(uint64_t n)                                                                                 \
    {                                                                                                                \
        static uint64_t next = 1000;                                                                                 \
        const uint64_t end = next + n;                                                                               \
        for (uint64_t tick = next; tick < end; tick++) {                                                             \
            site_##id(tick);                                                                                         \
        }                                                                                                            \
        next = end;                                                                                                  \
    }                                                                                                                \
    BENCH(name, .run = run_##id, .setup = start, .bytes = bytes_of)

#define RECORDS(name, id, ...) CASE(name, id, bench_start_records, bench_bytes_of_records, __VA_ARGS__)
#define EVENTS(name, id, ...) CASE(name, id, bench_start_events, bench_bytes_of_events, __VA_ARGS__)

#ifdef BENCH_PORTABLE

RECORDS("encode_portable/W1", portable_1, W1(STRAND_LOG, &bench_records))
RECORDS("encode_portable/W2", portable_2, W2(STRAND_LOG, &bench_records))
RECORDS("encode_portable/W3", portable_3, W3(STRAND_LOG, &bench_records))
EVENTS("encode_portable/W4", portable_4, W4(STRAND_TRACE, &bench_events))

#else

RECORDS("encode/W1", clock_1, W1(STRAND_LOG, &bench_records))
RECORDS("encode/W2", clock_2, W2(STRAND_LOG, &bench_records))
RECORDS("encode/W3", clock_3, W3(STRAND_LOG, &bench_records))
EVENTS("encode/W4", clock_4, W4(STRAND_TRACE, &bench_events))

RECORDS("encode_noclock/W1", noclock_1, W1(STRAND_LOG_AT, &bench_records, tick))
RECORDS("encode_noclock/W2", noclock_2, W2(STRAND_LOG_AT, &bench_records, tick))
RECORDS("encode_noclock/W3", noclock_3, W3(STRAND_LOG_AT, &bench_records, tick))
EVENTS("encode_noclock/W4", noclock_4, W4(STRAND_TRACE_AT, &bench_events, tick))

RECORDS("encode_fixed/W1", fixed_1, W1(STRAND_LOG_FIXED, &bench_records))
RECORDS("encode_fixed/W2", fixed_2, W2(STRAND_LOG_FIXED, &bench_records))
RECORDS("encode_fixed/W3", fixed_3, W3(STRAND_LOG_FIXED, &bench_records))
EVENTS("encode_fixed/W4", fixed_4, W4(STRAND_TRACE_FIXED, &bench_events))

RECORDS("encode_fixed_noclock/W1", fixed_noclock_1, W1(STRAND_LOG_FIXED_AT, &bench_records, tick))
RECORDS("encode_fixed_noclock/W2", fixed_noclock_2, W2(STRAND_LOG_FIXED_AT, &bench_records, tick))
RECORDS("encode_fixed_noclock/W3", fixed_noclock_3, W3(STRAND_LOG_FIXED_AT, &bench_records, tick))
EVENTS("encode_fixed_noclock/W4", fixed_noclock_4, W4(STRAND_TRACE_FIXED_AT, &bench_events, tick))

static struct strand_amortised amortised = STRAND_AMORTISED_INIT;

RECORDS("encode_amortised/W1", amortised_1,
        W1(STRAND_LOG_FIXED_AT, &bench_records, strand_amortised_tick(&amortised)))
RECORDS("encode_amortised/W2", amortised_2,
        W2(STRAND_LOG_FIXED_AT, &bench_records, strand_amortised_tick(&amortised)))
RECORDS("encode_amortised/W3", amortised_3,
        W3(STRAND_LOG_FIXED_AT, &bench_records, strand_amortised_tick(&amortised)))
EVENTS("encode_amortised/W4", amortised_4,
       W4(STRAND_TRACE_FIXED_AT, &bench_events, strand_amortised_tick(&amortised)))

static bool start_recorder(void)
{
    return strand_logger_own() != NULL;
}

static bool start_tracer(void)
{
    return strand_trace_is_on() || strand_trace_start(NULL) == STRAND_OK;
}

CASE("recorder/W1", recorder_1, start_recorder, NULL, strand_log(W1_MESSAGE))
CASE("recorder/W2", recorder_2, start_recorder, NULL, strand_log(W2_MESSAGE, w2_a, w2_b, w2_c))
CASE("recorder/W3", recorder_3, start_recorder, NULL,
     strand_log(W3_MESSAGE, strand_str(w3_string, w3_string_len), w3_u64, w3_double))
CASE("recorder/W4", recorder_4, start_tracer, NULL, strand_trace_kind(W4_EVENT, w4_a, w4_b, w4_stack))

static struct strand_profile never_sampled = STRAND_PROFILE_HEAP((uint64_t)1 << 62);

CASE("recorder/alloc", recorder_alloc, start_recorder, NULL, strand_profile_alloc(&never_sampled, &never_sampled, 16))

#endif
