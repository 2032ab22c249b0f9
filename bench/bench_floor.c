/* SPDX-License-Identifier: MIT
 *
 * bench_floor.c: what can't be beaten: the clock alone, and the values alone, stored as a struct into a ring of the
 * same size. Neither writes anything that could be read.
 */
#include "bench_writer.h"
#include "gbench_shim.h"
#include "workload.h"

static uint64_t clock_sum;

W_NOINLINE static void read_clock(void)
{
#if STRAND_HAS_TICK
    clock_sum += strand_tick();
#endif
}

static void rdtsc(uint64_t n)
{
    while (n-- > 0) {
        read_clock();
    }
}

BENCH("floor/rdtsc", .run = rdtsc)

// A call and its loop, which is in all the others.
W_NOINLINE static void nothing(uint64_t tick)
{
    __asm__ volatile("" : : "r"(tick));
}

static void calls(uint64_t n)
{
    for (uint64_t tick = 0; tick < n; tick++) {
        nothing(tick);
    }
}

BENCH("floor/call", .run = calls)

static _Alignas(64) uint8_t ring[BENCH_RING_LEN + 64];
static size_t position;

// Room for len bytes: one add, one compare.
static inline void *room(size_t len)
{
    const size_t at = position <= BENCH_RING_LEN - len ? position : 0;
    position = at + len;
    return ring + at;
}

struct raw_w1 {
    uint64_t tick;
    const char *message;
};

struct raw_w2 {
    uint64_t tick;
    const char *message;
    int32_t a, b, c;
};

struct raw_w3 {
    uint64_t tick;
    const char *message;
    char text[16];
    uint64_t integer;
    double number;
};

struct raw_w4 {
    uint64_t tick;
    uint32_t event, a, b, stack;
};

W_NOINLINE static void raw_1(uint64_t tick)
{
    struct raw_w1 *record = room(sizeof *record);
    record->tick = tick;
    record->message = W1_MESSAGE;
}

W_NOINLINE static void raw_2(uint64_t tick)
{
    struct raw_w2 *record = room(sizeof *record);
    record->tick = tick;
    record->message = W2_MESSAGE;
    record->a = w2_a;
    record->b = w2_b;
    record->c = w2_c;
}

W_NOINLINE static void raw_3(uint64_t tick)
{
    struct raw_w3 *record = room(sizeof *record);
    record->tick = tick;
    record->message = W3_MESSAGE;
    __builtin_memcpy(record->text, w3_string, sizeof record->text);
    record->integer = w3_u64;
    record->number = w3_double;
}

W_NOINLINE static void raw_4(uint64_t tick)
{
    struct raw_w4 *record = room(sizeof *record);
    record->tick = tick;
    record->event = W4_EVENT;
    record->a = w4_a;
    record->b = w4_b;
    record->stack = w4_stack;
}

#define RAW(i)                                                                                                       \
    static void raw_stores_##i(uint64_t n)                                                                           \
    {                                                                                                                \
        while (n-- > 0) {                                                                                            \
            raw_##i(n);                                                                                              \
        }                                                                                                            \
    }                                                                                                                \
    BENCH("floor/raw_stores/W" #i, .run = raw_stores_##i)

RAW(1)
RAW(2)
RAW(3)
RAW(4)
