/* SPDX-License-Identifier: MIT
 *
 * peer_spdlog.c: spdlog, the formatted lines kept in memory: by the caller, or (async) by a thread behind a queue of 8192.
 *
 * Not alike: it reads its own clock (a system call in the vDSO), so there is no case without a clock, and formats
 * text: async too formats the message in the caller, and only the line around it in the thread. A full queue makes the
 * caller wait, so over many records this is the rate of the slower of the two.
 */
#include "gbench_shim.h"
#include "spdlog_shim.h"
#include "workload.h"

static bool start(void)
{
    spdlog_shim_start();
    return true;
}

static bool start_async(void)
{
    spdlog_shim_start_async();
    return true;
}

static void spdlog_1(uint64_t n)
{
    while (n-- > 0) {
        spdlog_shim_1(W1_MESSAGE);
    }
}

static void spdlog_2(uint64_t n)
{
    while (n-- > 0) {
        spdlog_shim_2(W2_MESSAGE, w2_a, w2_b, w2_c);
    }
}

static void spdlog_3(uint64_t n)
{
    while (n-- > 0) {
        spdlog_shim_3(W3_MESSAGE, w3_string, w3_string_len, w3_u64, w3_double);
    }
}

static void spdlog_4(uint64_t n)
{
    while (n-- > 0) {
        spdlog_shim_4(W4_EVENT, w4_a, w4_b, w4_stack);
    }
}

BENCH("peer/spdlog/W1", .run = spdlog_1, .setup = start, .teardown = spdlog_shim_stop)
BENCH("peer/spdlog/W2", .run = spdlog_2, .setup = start, .teardown = spdlog_shim_stop)
BENCH("peer/spdlog/W3", .run = spdlog_3, .setup = start, .teardown = spdlog_shim_stop)
BENCH("peer/spdlog/W4", .run = spdlog_4, .setup = start, .teardown = spdlog_shim_stop)
BENCH("peer/spdlog_async/W1", .run = spdlog_1, .setup = start_async, .teardown = spdlog_shim_stop)
BENCH("peer/spdlog_async/W2", .run = spdlog_2, .setup = start_async, .teardown = spdlog_shim_stop)
BENCH("peer/spdlog_async/W3", .run = spdlog_3, .setup = start_async, .teardown = spdlog_shim_stop)
BENCH("peer/spdlog_async/W4", .run = spdlog_4, .setup = start_async, .teardown = spdlog_shim_stop)
