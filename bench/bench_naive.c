/* SPDX-License-Identifier: MIT
 *
 * bench_naive.c: the straightforward writer, from the format's description and nothing else: a byte at a time, the
 * index by modulo, room made record by record, both clocks read for each. What the fast one is measured against.
 */
#include "gbench_shim.h"
#include "strand_recorder_clock.h"
#include "workload.h"

#define NAIVE_SYNC_REACH 2097151u

struct naive {
    uint8_t data[65536];
    uint64_t size;
    uint64_t begin; /* oldest byte */
    uint64_t end;   /* behind the newest committed */
    uint64_t write; /* behind the newest written */
    uint64_t tick;
    uint64_t nano;
};

static struct naive ring;

static uint64_t naive_size_at(const struct naive *n, uint64_t at)
{
    const uint64_t size = n->data[at % n->size] | (uint64_t)n->data[(at + 1) % n->size] << 8;
    return size == 0 ? 18 : size;
}

static void naive_byte(struct naive *n, uint8_t byte)
{
    while (n->write - n->begin >= n->size) {
        n->begin += naive_size_at(n, n->begin);
    }
    n->data[n->write % n->size] = byte;
    n->write++;
}

static void naive_word(struct naive *n, uint64_t v, int bytes)
{
    for (int i = 0; i < bytes; i++) {
        naive_byte(n, (uint8_t)(v >> 8 * i));
    }
}

static void naive_uvarint(struct naive *n, uint64_t v)
{
    while (v >= 0x80) {
        naive_byte(n, (uint8_t)(v | 0x80));
        v >>= 7;
    }
    naive_byte(n, (uint8_t)v);
}

static void naive_varint(struct naive *n, int64_t v)
{
    naive_uvarint(n, v < 0 ? ~(uint64_t)v << 1 | 1 : (uint64_t)v << 1);
}

static void naive_int(struct naive *n, int64_t v)
{
    naive_byte(n, STRAND_WIRE_INT);
    naive_varint(n, v);
}

static void naive_uint(struct naive *n, uint8_t type, uint64_t v)
{
    naive_byte(n, type);
    naive_uvarint(n, v);
}

static void naive_string(struct naive *n, const char *text, size_t len)
{
    naive_uint(n, STRAND_WIRE_STRING, len);
    for (size_t i = 0; i < len; i++) {
        naive_byte(n, (uint8_t)text[i]);
    }
}

static void naive_begin(struct naive *n)
{
    const uint64_t tick = strand_clock_tick();
    const uint64_t nano = strand_clock_monotonic();
    if (tick - n->tick > NAIVE_SYNC_REACH || nano - n->nano > NAIVE_SYNC_REACH) {
        naive_word(n, 0, 2);
        naive_word(n, tick, 8);
        naive_word(n, nano, 8);
        n->tick = tick;
        n->nano = nano;
        n->end = n->write;
    }
    naive_word(n, 0, 2);
    naive_uvarint(n, tick - n->tick);
    naive_uvarint(n, nano - n->nano);
    naive_varint(n, -1);
}

static void naive_end(struct naive *n)
{
    const uint64_t size = n->write - n->end;
    n->data[n->end % n->size] = (uint8_t)size;
    n->data[(n->end + 1) % n->size] = (uint8_t)(size >> 8);
    n->end = n->write;
}

static bool start(void)
{
    ring = (struct naive){.size = sizeof ring.data};
    return true;
}

W_NOINLINE static void naive_1(void)
{
    naive_begin(&ring);
    naive_uint(&ring, STRAND_WIRE_SITE_ID, 128);
    naive_end(&ring);
}

W_NOINLINE static void naive_2(void)
{
    naive_begin(&ring);
    naive_uint(&ring, STRAND_WIRE_SITE_ID, 128);
    naive_int(&ring, w2_a);
    naive_int(&ring, w2_b);
    naive_int(&ring, w2_c);
    naive_end(&ring);
}

W_NOINLINE static void naive_3(void)
{
    const double number = w3_double;
    uint64_t bits;
    __builtin_memcpy(&bits, &number, sizeof bits);
    naive_begin(&ring);
    naive_uint(&ring, STRAND_WIRE_SITE_ID, 128);
    naive_string(&ring, w3_string, w3_string_len);
    naive_uint(&ring, STRAND_WIRE_UINT, w3_u64);
    naive_byte(&ring, STRAND_WIRE_F64);
    naive_word(&ring, bits, 8);
    naive_end(&ring);
}

// Not alike: a record with an event field, because this writer has no trace strands.
W_NOINLINE static void naive_4(void)
{
    naive_begin(&ring);
    naive_uint(&ring, STRAND_WIRE_EVENT, 5);
    naive_uvarint(&ring, W4_EVENT);
    naive_uvarint(&ring, 0);
    naive_uvarint(&ring, w4_a);
    naive_uvarint(&ring, w4_b);
    naive_uvarint(&ring, w4_stack);
    naive_end(&ring);
}

#define NAIVE(i)                                                                                                     \
    static void run_##i(uint64_t n)                                                                                  \
    {                                                                                                                \
        while (n-- > 0) {                                                                                            \
            naive_##i();                                                                                             \
        }                                                                                                            \
    }                                                                                                                \
    BENCH("naive/W" #i, .run = run_##i, .setup = start)

NAIVE(1)
NAIVE(2)
NAIVE(3)
NAIVE(4)
