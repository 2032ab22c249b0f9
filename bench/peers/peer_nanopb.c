/* SPDX-License-Identifier: MIT
 *
 * peer_nanopb.c: nanopb, a message encoded into a flat buffer.
 *
 * Not alike: no ring; strings are first copied into the message, as its static fields want it.
 */
#include "peer_cases.h"

#include "peer_record.pb.h"
#include <pb_encode.h>
#include <string.h>

static uint8_t buffer[256];
static volatile bool encoded;

static PeerRecord begin(uint64_t tick)
{
    PeerRecord record = PeerRecord_init_zero;
    record.has_tick = true;
    record.tick = tick;
    return record;
}

static void end(const PeerRecord *record)
{
    pb_ostream_t stream = pb_ostream_from_buffer(buffer, sizeof buffer);
    encoded = pb_encode(&stream, PeerRecord_fields, record);
}

W_NOINLINE static void peer_1(uint64_t tick)
{
    PeerRecord record = begin(tick);
    record.has_message = true;
    memcpy(record.message, W1_MESSAGE, sizeof W1_MESSAGE);
    end(&record);
}

W_NOINLINE static void peer_2(uint64_t tick)
{
    PeerRecord record = begin(tick);
    record.has_message = record.has_a = record.has_b = record.has_c = true;
    memcpy(record.message, W2_MESSAGE, sizeof W2_MESSAGE);
    record.a = w2_a;
    record.b = w2_b;
    record.c = w2_c;
    end(&record);
}

W_NOINLINE static void peer_3(uint64_t tick)
{
    PeerRecord record = begin(tick);
    record.has_message = record.has_text = record.has_integer = record.has_number = true;
    memcpy(record.message, W3_MESSAGE, sizeof W3_MESSAGE);
    memcpy(record.text, w3_string, w3_string_len + 1);
    record.integer = w3_u64;
    record.number = w3_double;
    end(&record);
}

W_NOINLINE static void peer_4(uint64_t tick)
{
    PeerRecord record = begin(tick);
    record.has_event = record.has_a = record.has_b = record.has_stack = true;
    record.event = W4_EVENT;
    record.a = (int32_t)w4_a;
    record.b = (int32_t)w4_b;
    record.stack = w4_stack;
    end(&record);
}

PEER_CASES("nanopb", NULL)
