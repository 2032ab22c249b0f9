/* SPDX-License-Identifier: MIT
 *
 * peer_cbor.c: libcbor's streaming encoder, an array of values into a flat buffer.
 *
 * Not alike: no ring. The message is an id, as with call-site ids.
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

static void begin(uint64_t tick, uint64_t id, size_t values)
{
    used = cbor_encode_array_start(2 + values, buffer, sizeof buffer);
    put_uint(tick);
    put_uint(id);
}

static double peer_bytes(void)
{
    return (double)used;
}

W_NOINLINE static void peer_1(uint64_t tick)
{
    begin(tick, 1, 0);
}

W_NOINLINE static void peer_2(uint64_t tick)
{
    begin(tick, 2, 3);
    put_int(w2_a);
    put_int(w2_b);
    put_int(w2_c);
}

W_NOINLINE static void peer_3(uint64_t tick)
{
    begin(tick, 3, 3);
    put_text(w3_string, w3_string_len);
    put_uint(w3_u64);
    used += cbor_encode_double(w3_double, buffer + used, sizeof buffer - used);
}

W_NOINLINE static void peer_4(uint64_t tick)
{
    begin(tick, W4_EVENT, 3);
    put_uint(w4_a);
    put_uint(w4_b);
    put_uint(w4_stack);
}

PEER_CASES("libcbor", NULL)
