/* SPDX-License-Identifier: MIT
 *
 * peer_msgpack.c: msgpack-c, an array of values into its own growing buffer, which is cleared for each record.
 *
 * Not alike: no ring. The message is an id, as with call-site ids.
 */
#include "peer_cases.h"

#include <msgpack.h>

static msgpack_sbuffer buffer;
static msgpack_packer packer;

static bool start(void)
{
    msgpack_sbuffer_init(&buffer);
    msgpack_packer_init(&packer, &buffer, msgpack_sbuffer_write);
    return true;
}

static void begin(uint64_t tick, uint32_t id, size_t values)
{
    msgpack_sbuffer_clear(&buffer);
    msgpack_pack_array(&packer, 2 + values);
    msgpack_pack_uint64(&packer, tick);
    msgpack_pack_uint32(&packer, id);
}

static double peer_bytes(void)
{
    return (double)buffer.size;
}

W_NOINLINE static void peer_1(uint64_t tick)
{
    begin(tick, 1, 0);
}

W_NOINLINE static void peer_2(uint64_t tick)
{
    begin(tick, 2, 3);
    msgpack_pack_int32(&packer, w2_a);
    msgpack_pack_int32(&packer, w2_b);
    msgpack_pack_int32(&packer, w2_c);
}

W_NOINLINE static void peer_3(uint64_t tick)
{
    begin(tick, 3, 3);
    msgpack_pack_str_with_body(&packer, w3_string, w3_string_len);
    msgpack_pack_uint64(&packer, w3_u64);
    msgpack_pack_double(&packer, w3_double);
}

W_NOINLINE static void peer_4(uint64_t tick)
{
    begin(tick, W4_EVENT, 3);
    msgpack_pack_uint32(&packer, w4_a);
    msgpack_pack_uint32(&packer, w4_b);
    msgpack_pack_uint32(&packer, w4_stack);
}

PEER_CASES("msgpack", start)
