/* SPDX-License-Identifier: MIT
 *
 * peer_protobuf_c.c: protobuf-c, a message packed into a flat buffer.
 *
 * Not alike: no ring, the message travels as text; W3's string must end with a NUL, which it does.
 */
#include "peer_cases.h"

#include "peer_record.pb-c.h"

static uint8_t buffer[256];
static volatile size_t packed;

static PeerRecord begin(uint64_t tick)
{
    PeerRecord record;
    peer_record__init(&record);
    record.has_tick = 1;
    record.tick = tick;
    return record;
}

W_NOINLINE static void peer_1(uint64_t tick)
{
    PeerRecord record = begin(tick);
    record.message = (char *)(uintptr_t)W1_MESSAGE;
    packed = peer_record__pack(&record, buffer);
}

W_NOINLINE static void peer_2(uint64_t tick)
{
    PeerRecord record = begin(tick);
    record.message = (char *)(uintptr_t)W2_MESSAGE;
    record.has_a = record.has_b = record.has_c = 1;
    record.a = w2_a;
    record.b = w2_b;
    record.c = w2_c;
    packed = peer_record__pack(&record, buffer);
}

W_NOINLINE static void peer_3(uint64_t tick)
{
    PeerRecord record = begin(tick);
    record.message = (char *)(uintptr_t)W3_MESSAGE;
    record.text = (char *)(uintptr_t)w3_string;
    record.has_integer = record.has_number = 1;
    record.integer = w3_u64;
    record.number = w3_double;
    packed = peer_record__pack(&record, buffer);
}

W_NOINLINE static void peer_4(uint64_t tick)
{
    PeerRecord record = begin(tick);
    record.has_event = record.has_a = record.has_b = record.has_stack = 1;
    record.event = W4_EVENT;
    record.a = (int32_t)w4_a;
    record.b = (int32_t)w4_b;
    record.stack = w4_stack;
    packed = peer_record__pack(&record, buffer);
}

PEER_CASES("protobuf-c", NULL)
