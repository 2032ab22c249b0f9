/* SPDX-License-Identifier: MIT
 *
 * peer_cbor.c: libcbor's streaming encoder, an array of values into a flat buffer.
 *
 * Not alike: no ring, the message travels as text, W4 is an array of integers.
 */
#include "peer_cases.h"

#include <cbor.h>
#include <string.h>

static unsigned char buffer[256];
static size_t used;

static void put_uint(uint64_t v)
{
    used += cbor_encode_uint(v, buffer + used, sizeof buffer - used);
}

static void put_int(int64_t v)
{
    if (v >= 0) {
        put_uint((uint64_t)v);
    } else {
        used += cbor_encode_negint(~(uint64_t)v, buffer + used, sizeof buffer - used);
    }
}

static void put_text(const char *text, size_t len)
{
    used += cbor_encode_string_start(len, buffer + used, sizeof buffer - used);
    memcpy(buffer + used, text, len);
    used += len;
}

static void begin(uint64_t tick, size_t values)
{
    used = cbor_encode_array_start(1 + values, buffer, sizeof buffer);
    put_uint(tick);
}

W_NOINLINE static void peer_1(uint64_t tick)
{
    begin(tick, 1);
    put_text(W1_MESSAGE, sizeof W1_MESSAGE - 1);
}

W_NOINLINE static void peer_2(uint64_t tick)
{
    begin(tick, 4);
    put_text(W2_MESSAGE, sizeof W2_MESSAGE - 1);
    put_int(w2_a);
    put_int(w2_b);
    put_int(w2_c);
}

W_NOINLINE static void peer_3(uint64_t tick)
{
    begin(tick, 4);
    put_text(W3_MESSAGE, sizeof W3_MESSAGE - 1);
    put_text(w3_string, w3_string_len);
    put_uint(w3_u64);
    used += cbor_encode_double(w3_double, buffer + used, sizeof buffer - used);
}

W_NOINLINE static void peer_4(uint64_t tick)
{
    begin(tick, 4);
    put_uint(W4_EVENT);
    put_uint(w4_a);
    put_uint(w4_b);
    put_uint(w4_stack);
}

PEER_CASES("libcbor", NULL)
