/* SPDX-License-Identifier: MIT
 *
 * peer_protobuf_c.c: protobuf-c, a message of required fields packed into a flat buffer.
 *
 * Not alike: no ring; W3's string must end with a NUL, which it does. The message is an id, as with call-site ids.
 */
#include "peer_cases.h"

#include "peer_record.pb-c.h"

static uint8_t buffer[256];
static size_t used;

static double peer_bytes(void)
{
    return (double)used;
}

W_NOINLINE static void peer_1(uint64_t tick)
{
    PeerW1 record = PEER_W1__INIT;
    record.tick = tick;
    record.id = 1;
    used = peer_w1__pack(&record, buffer);
}

W_NOINLINE static void peer_2(uint64_t tick)
{
    PeerW2 record = PEER_W2__INIT;
    record.tick = tick;
    record.id = 2;
    record.a = w2_a;
    record.b = w2_b;
    record.c = w2_c;
    used = peer_w2__pack(&record, buffer);
}

W_NOINLINE static void peer_3(uint64_t tick)
{
    PeerW3 record = PEER_W3__INIT;
    record.tick = tick;
    record.id = 3;
    record.text = (char *)(uintptr_t)w3_string;
    record.integer = w3_u64;
    record.number = w3_double;
    used = peer_w3__pack(&record, buffer);
}

W_NOINLINE static void peer_4(uint64_t tick)
{
    PeerW4 record = PEER_W4__INIT;
    record.tick = tick;
    record.event = W4_EVENT;
    record.a = w4_a;
    record.b = w4_b;
    record.stack = w4_stack;
    used = peer_w4__pack(&record, buffer);
}

PEER_CASES("protobuf-c", NULL)
