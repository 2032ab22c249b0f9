/* SPDX-License-Identifier: MIT
 *
 * peer_lttng.c: LTTng-UST tracepoints into overwriting per-CPU buffers in shared memory. bench/peers/lttng_session
 * starts its daemon and a session in snapshot mode; where there is none this is skipped.
 *
 * Not alike: it reads its own clock, and the buffers belong to a daemon, which is how they outlive the program.
 */
#include "gbench_shim.h"
#include "workload.h"

#define LTTNG_UST_TRACEPOINT_DEFINE
#define LTTNG_UST_TRACEPOINT_CREATE_PROBES
#include "lttng_events.h"

static bool start(void)
{
    if (!lttng_ust_tracepoint_enabled(strandline_bench, w1)) {
        bench_skip("no LTTng session records these events (lttng-sessiond could not be started here)");
        return false;
    }
    return true;
}

static void lttng_1(uint64_t n)
{
    while (n-- > 0) {
        lttng_ust_tracepoint(strandline_bench, w1);
    }
}

static void lttng_2(uint64_t n)
{
    while (n-- > 0) {
        lttng_ust_tracepoint(strandline_bench, w2, w2_a, w2_b, w2_c);
    }
}

static void lttng_3(uint64_t n)
{
    while (n-- > 0) {
        lttng_ust_tracepoint(strandline_bench, w3, w3_string, w3_u64, w3_double);
    }
}

static void lttng_4(uint64_t n)
{
    while (n-- > 0) {
        lttng_ust_tracepoint(strandline_bench, w4, w4_a, w4_b, w4_stack);
    }
}

BENCH("peer/lttng-ust/W1", .run = lttng_1, .setup = start)
BENCH("peer/lttng-ust/W2", .run = lttng_2, .setup = start)
BENCH("peer/lttng-ust/W3", .run = lttng_3, .setup = start)
BENCH("peer/lttng-ust/W4", .run = lttng_4, .setup = start)
