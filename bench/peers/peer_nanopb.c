/* SPDX-License-Identifier: MIT
 *
 * peer_nanopb.c: nanopb, a message of required fields encoded into a flat buffer.
 *
 * Not alike: no ring; W3's string is first copied into the message, as static fields want it. The message is an id, as
 * with call-site ids.
 */
#include "peer_cases.h"

#include "peer_record.pb.h"
#include <pb_encode.h>
#include <stdlib.h>
#include <string.h>

static uint8_t buffer[256];
static size_t used;

static void end(const pb_msgdesc_t *fields, const void *record)
{
    pb_ostream_t stream = pb_ostream_from_buffer(buffer, sizeof buffer);
    if (!pb_encode(&stream, fields, record)) {
        abort();
    }
    used = stream.bytes_written;
}

static double peer_bytes(void)
{
    return (double)used;
}

W_NOINLINE static void peer_1(uint64_t tick)
{
    PeerW1 record;
    record.tick = tick;
    record.id = 1;
    end(PeerW1_fields, &record);
}

W_NOINLINE static void peer_2(uint64_t tick)
{
    PeerW2 record;
    record.tick = tick;
    record.id = 2;
    record.a = w2_a;
    record.b = w2_b;
    record.c = w2_c;
    end(PeerW2_fields, &record);
}

W_NOINLINE static void peer_3(uint64_t tick)
{
    PeerW3 record;
    record.tick = tick;
    record.id = 3;
    memcpy(record.text, w3_string, w3_string_len + 1);
    record.integer = w3_u64;
    record.number = w3_double;
    end(PeerW3_fields, &record);
}

W_NOINLINE static void peer_4(uint64_t tick)
{
    PeerW4 record;
    record.tick = tick;
    record.event = W4_EVENT;
    record.a = w4_a;
    record.b = w4_b;
    record.stack = w4_stack;
    end(PeerW4_fields, &record);
}

PEER_CASES("nanopb", NULL)
