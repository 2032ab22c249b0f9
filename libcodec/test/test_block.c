/* SPDX-License-Identifier: MIT
 *
 * test_block.c: file headers and block headers: there and back, every way of being wrong, clocks, seals, snapshots.
 */
#include "strand_block.h"
#include "strand_bytes.h"
#include "strand_hex.h"
#include "strand_test.h"

#define CAP 1024u

static struct strand_span span_of(const char *text)
{
    const struct strand_span span = {(const uint8_t *)text, strlen(text)};
    return span;
}

static struct strand_file_header plain_header(void)
{
    struct strand_file_header h;
    memset(&h, 0, sizeof h);
    h.kind = STRAND_KIND_RECORDS;
    h.block_size = 4096;
    h.tick_num = 1;
    h.tick_den = 1;
    return h;
}

// A header in which every member has a value of its own.
static struct strand_file_header full_header(uint8_t *clocks)
{
    static const struct strand_clock first = {1000, 2000, 3000, 40};
    static const struct strand_clock second = {0x1122334455667788u, 5, 6, 7};
    strand_clock_encode(&first, clocks);
    strand_clock_encode(&second, clocks + STRAND_CLOCK_LEN);
    struct strand_file_header h = plain_header();
    h.incompat = STRAND_INCOMPAT_NANO_DERIVED;
    h.compat = 0xFEDCBA9876543210u;
    for (uint8_t i = 0; i < 16; i++) {
        h.session[i] = i;
        h.boot[i] = (uint8_t)(0xF0 + i);
    }
    h.ordinal = 0xA1B2C3D4u;
    h.kind = STRAND_KIND_TRACE;
    h.p_meaning = STRAND_P_CPU;
    h.pid = 0x0102030405060708u;
    h.tid = 0x1112131415161718u;
    h.start_ns = 0x2122232425262728u;
    h.block_size = 65536;
    h.block_count = 7;
    h.tick_num = 1000000000u;
    h.tick_den = 2600000000u;
    h.refused = 99;
    h.clock_count = 2;
    h.clocks.data = clocks;
    h.clocks.len = 2 * STRAND_CLOCK_LEN;
    h.name = span_of("worker");
    h.host = span_of("host-7");
    h.writer = span_of("tester 1.0");
    return h;
}

static size_t encode(const struct strand_file_header *h, uint8_t *buf)
{
    size_t len = 0;
    CHECK_EQ(strand_file_header_encode(h, buf, CAP, &len), STRAND_OK);
    CHECK(len % 8 == 0 && len <= CAP);
    return len;
}

static enum strand_status decode(const uint8_t *buf, size_t len)
{
    struct strand_file_header h;
    size_t need = 0;
    return strand_file_header_decode(buf, len, &h, &need);
}

// ---------------------------------------------------------------------------------------------------------------
// File header

TEST(block, the_bytes_of_a_file_header)
{
    uint8_t buf[CAP];
    struct strand_file_header h = plain_header();
    h.name = span_of("ab");
    CHECK_EQ(encode(&h, buf), 144);
    const uint32_t crc = strand_load_u32(buf + 16);
    memset(buf + 16, 0, 4);
    CHECK_HEX(buf, 144,
              "89535452 0D0A1A0A | 90000000 0000 0900 | 00000000 00000000 | 0000000000000000 0000000000000000"
              "| 00000000000000000000000000000000 | 00000000000000000000000000000000"
              "| 00000000 01 00 0000 | 0000000000000000 0000000000000000 0000000000000000"
              "| 00100000 00000000 01000000 01000000 | 0000000000000000 | 0200 0000 0000 0000 | 6162 000000000000");
    CHECK_EQ(crc, strand_crc32c(0, buf, 144));
}

TEST(block, a_file_header_comes_back_whole)
{
    uint8_t buf[CAP], clocks[2 * STRAND_CLOCK_LEN];
    const struct strand_file_header h = full_header(clocks);
    const size_t len = encode(&h, buf);
    struct strand_file_header got;
    size_t need = 0;
    CHECK_EQ(strand_file_header_decode(buf, len, &got, &need), STRAND_OK);
    CHECK_EQ(got.major, STRAND_FORMAT_MAJOR);
    CHECK_EQ(got.minor, STRAND_FORMAT_MINOR);
    CHECK_EQ(got.header_len, len);
    CHECK_EQ(got.incompat, h.incompat);
    CHECK_EQ(got.compat, h.compat);
    CHECK_BYTES(got.session, 16, h.session, 16);
    CHECK_BYTES(got.boot, 16, h.boot, 16);
    CHECK_EQ(got.ordinal, h.ordinal);
    CHECK_EQ(got.kind, h.kind);
    CHECK_EQ(got.p_meaning, h.p_meaning);
    CHECK_EQ(got.pid, h.pid);
    CHECK_EQ(got.tid, h.tid);
    CHECK_EQ(got.start_ns, h.start_ns);
    CHECK_EQ(got.block_size, h.block_size);
    CHECK_EQ(got.block_count, h.block_count);
    CHECK_EQ(got.tick_num, h.tick_num);
    CHECK_EQ(got.tick_den, h.tick_den);
    CHECK_EQ(got.refused, h.refused);
    CHECK_EQ(got.clock_count, 2);
    CHECK_BYTES(got.clocks.data, got.clocks.len, clocks, sizeof clocks);
    CHECK_BYTES(got.name.data, got.name.len, "worker", 6);
    CHECK_BYTES(got.host.data, got.host.len, "host-7", 6);
    CHECK_BYTES(got.writer.data, got.writer.len, "tester 1.0", 10);
    CHECK_EQ(strand_file_clock(&got, 0).bracket_ns, 40);
    CHECK_EQ(strand_file_clock(&got, 1).tick, 0x1122334455667788u);
}

TEST(block, a_file_header_may_be_longer_than_it_needs)
{
    uint8_t *buf = malloc(STRAND_FILE_HEADER_MAX);
    struct strand_file_header h = plain_header();
    size_t len = 0;
    for (h.header_len = STRAND_FILE_FIXED_LEN; h.header_len <= STRAND_FILE_HEADER_MAX; h.header_len += 4072) {
        CHECK_EQ(strand_file_header_encode(&h, buf, STRAND_FILE_HEADER_MAX, &len), STRAND_OK);
        CHECK_EQ(len, h.header_len);
        CHECK_EQ(decode(buf, len), STRAND_OK);
    }
    free(buf);
}

TEST(block, a_file_header_in_any_room)
{
    uint8_t buf[CAP], clocks[2 * STRAND_CLOCK_LEN];
    const struct strand_file_header h = full_header(clocks);
    const size_t whole = encode(&h, buf);
    for (size_t cap = 0; cap < whole; cap++) {
        uint8_t *small = malloc(cap + 1);
        size_t len = 0;
        small[cap] = 0x5A;
        CHECK_EQ(strand_file_header_encode(&h, small, cap, &len), STRAND_FULL);
        CHECK_EQ(len, whole);
        CHECK_EQ(small[cap], 0x5A);
        free(small);
    }
}

TEST(block, a_file_header_cut_anywhere_asks_for_more)
{
    uint8_t buf[CAP], clocks[2 * STRAND_CLOCK_LEN];
    const struct strand_file_header h = full_header(clocks);
    const size_t whole = encode(&h, buf);
    for (size_t len = 0; len < whole; len++) {
        uint8_t *part = malloc(len + 1);
        memcpy(part, buf, len);
        struct strand_file_header got;
        size_t need = 0;
        CHECK_EQ(strand_file_header_decode(part, len, &got, &need), STRAND_MORE);
        CHECK_EQ(need, len < STRAND_FILE_FIXED_LEN ? STRAND_FILE_FIXED_LEN : whole);
        free(part);
    }
}

TEST(block, any_byte_of_a_file_header_changed_is_seen)
{
    uint8_t buf[CAP], clocks[2 * STRAND_CLOCK_LEN];
    const struct strand_file_header h = full_header(clocks);
    const size_t len = encode(&h, buf);
    for (size_t i = 0; i < len; i++) {
        const bool live = i >= STRAND_FILE_REFUSED_OFF && i < STRAND_FILE_REFUSED_OFF + 8;
        for (unsigned flip = 1; flip < 256; flip++) {
            buf[i] = (uint8_t)(buf[i] ^ flip);
            CHECK((decode(buf, len) == STRAND_OK) == live);
            buf[i] = (uint8_t)(buf[i] ^ flip);
        }
    }
}

// Changes n bytes of a valid header and makes its checksum right.
static enum strand_status decode_forged(size_t off, uint64_t value, size_t n)
{
    uint8_t buf[CAP];
    const struct strand_file_header h = plain_header();
    const size_t len = encode(&h, buf);
    for (size_t i = 0; i < n; i++) {
        buf[off + i] = (uint8_t)(value >> (8 * i));
    }
    memset(buf + 16, 0, 4);
    strand_store_u32(buf + 16, strand_crc32c(0, buf, len));
    return decode(buf, len);
}

TEST(block, impossible_values_in_a_file_header)
{
    CHECK_EQ(decode_forged(24, 0, 8), STRAND_OK);
    CHECK_EQ(decode_forged(0, 0x88, 1), STRAND_BAD_MAGIC);
    CHECK_EQ(decode_forged(12, STRAND_FORMAT_MAJOR + 1, 2), STRAND_UNKNOWN_MAJOR);
    CHECK_EQ(decode_forged(14, 0xFFFF, 2), STRAND_OK);
    CHECK_EQ(decode_forged(24, 2, 8), STRAND_UNKNOWN_FEATURE);
    CHECK_EQ(decode_forged(24, 0x8000000000000001u, 8), STRAND_UNKNOWN_FEATURE);
    CHECK_EQ(decode_forged(32, 0xFFFFFFFFFFFFFFFFu, 8), STRAND_OK);
    CHECK_EQ(decode_forged(8, 128, 4), STRAND_BAD_FILE_HEADER);
    CHECK_EQ(decode_forged(8, 140, 4), STRAND_BAD_FILE_HEADER);
    CHECK_EQ(decode_forged(8, STRAND_FILE_HEADER_MAX + 8, 4), STRAND_BAD_FILE_HEADER);
    CHECK_EQ(decode_forged(76, 0, 1), STRAND_BAD_FILE_HEADER);
    CHECK_EQ(decode_forged(76, 4, 1), STRAND_BAD_FILE_HEADER);
    CHECK_EQ(decode_forged(78, 1, 2), STRAND_BAD_FILE_HEADER);
    CHECK_EQ(decode_forged(128, 1, 2), STRAND_BAD_FILE_HEADER);
    CHECK_EQ(decode_forged(130, 0xFFFF, 2), STRAND_BAD_FILE_HEADER);
    CHECK_EQ(decode_forged(132, 1, 2), STRAND_BAD_FILE_HEADER);
    CHECK_EQ(decode_forged(104, 2048, 4), STRAND_BAD_FILE_HEADER);
    CHECK_EQ(decode_forged(104, 4095, 4), STRAND_BAD_FILE_HEADER);
    CHECK_EQ(decode_forged(104, 12288, 4), STRAND_BAD_FILE_HEADER);
    CHECK_EQ(decode_forged(104, STRAND_BLOCK_MAX, 4), STRAND_OK);
    CHECK_EQ(decode_forged(104, 2 * STRAND_BLOCK_MAX, 4), STRAND_BAD_FILE_HEADER);
    CHECK_EQ(decode_forged(108, 1, 4), STRAND_BAD_FILE_HEADER);
    CHECK_EQ(decode_forged(108, 2, 4), STRAND_OK);
    CHECK_EQ(decode_forged(112, 0, 4), STRAND_BAD_FILE_HEADER);
    CHECK_EQ(decode_forged(116, 0, 4), STRAND_BAD_FILE_HEADER);
}

TEST(block, what_a_reader_would_reject_is_not_written)
{
    uint8_t buf[CAP];
    size_t len = 77;
    for (int i = 0; i < 9; i++) {
        struct strand_file_header h = plain_header();
        switch (i) {
        case 0: h.block_size = 5000; break;
        case 1: h.block_count = 1; break;
        case 2: h.tick_den = 0; break;
        case 3: h.kind = 9; break;
        case 4: h.incompat = 2; break;
        case 5: h.header_len = STRAND_FILE_FIXED_LEN + 4; break;
        case 6: h.name.len = 70000; break;
        case 7: h.clock_count = 1; break;
        default: h.kind = STRAND_KIND_DEFINITIONS, h.block_count = 2; break;
        }
        CHECK_EQ(strand_file_header_encode(&h, buf, sizeof buf, &len), STRAND_BAD_ARGUMENT);
        CHECK_EQ(len, 77);
    }
}

// ---------------------------------------------------------------------------------------------------------------
// Clocks

// Bit by bit from the top: quotient and remainder of what the bits so far stand for.
static uint64_t model_ticks_to_ns(const struct strand_file_header *h, uint64_t ticks)
{
    uint64_t quotient = 0, remainder = 0;
    for (int bit = 63; bit >= 0; bit--) {
        const uint64_t next = 2 * remainder + (ticks >> bit & 1) * h->tick_num;
        quotient = 2 * quotient + next / h->tick_den;
        remainder = next % h->tick_den;
    }
    return quotient;
}

TEST(block, ticks_to_ns_is_exact)
{
    uint64_t state = 3;
    struct strand_file_header h = plain_header();
    for (int i = 0; i < 200000; i++) {
        uint64_t ticks = strand_test_random(&state);
        ticks = i % 3 == 0 ? UINT64_MAX - ticks % 4 : ticks >> (i % 64);
        h.tick_num = (uint32_t)(strand_test_random(&state) >> (32 + i % 31));
        h.tick_den = (uint32_t)(strand_test_random(&state) >> (32 + i / 7 % 31));
        h.tick_num += h.tick_num == 0 ? 1 : 0;
        h.tick_den += h.tick_den == 0 ? 1 : 0;
        CHECK_EQ(strand_ticks_to_ns(&h, ticks), model_ticks_to_ns(&h, ticks));
    }
}

TEST(block, realtime_counts_from_the_clock_tuple_before)
{
    uint8_t clocks[3 * STRAND_CLOCK_LEN];
    static const struct strand_clock tuples[3] = {{100, 0, 5000, 1}, {200, 0, 7000, 1}, {300, 0, 9000, 1}};
    for (size_t i = 0; i < 3; i++) {
        strand_clock_encode(&tuples[i], clocks + i * STRAND_CLOCK_LEN);
    }
    struct strand_file_header h = plain_header();
    CHECK_EQ(strand_file_realtime(&h, 1), 0);
    h.tick_num = 10;
    h.clock_count = 3;
    h.clocks.data = clocks;
    h.clocks.len = sizeof clocks;
    CHECK_EQ(strand_file_realtime(&h, 100), 5000);
    CHECK_EQ(strand_file_realtime(&h, 199), 5990);
    CHECK_EQ(strand_file_realtime(&h, 200), 7000);
    CHECK_EQ(strand_file_realtime(&h, 299), 7990);
    CHECK_EQ(strand_file_realtime(&h, 301), 9010);
    CHECK_EQ(strand_file_realtime(&h, 90), 4900);
    CHECK_EQ(strand_file_realtime(&h, 0), 4000);
}

// ---------------------------------------------------------------------------------------------------------------
// Block header

#define PAYLOAD 100u

static struct strand_block_header plain_block(void)
{
    const struct strand_block_header h = {
        .header_len = STRAND_BLOCK_HEADER_LEN,
        .kind = STRAND_KIND_RECORDS,
        .seq = 0x0102030405060708u,
        .payload_len = 4096 - STRAND_BLOCK_HEADER_LEN,
        .committed = PAYLOAD,
        .tick_first = 0x1112131415161718u,
        .records_before = 0x2122232425262728u,
        .bytes_before = 0x3132333435363738u,
        .lost_before = 0x4142434445464748u,
    };
    return h;
}

static uint8_t *sealed_block(void)
{
    uint64_t state = 4;
    uint8_t *block = calloc(512, 8);
    const struct strand_block_header h = plain_block();
    strand_block_header_encode(&h, block);
    for (size_t i = 0; i < PAYLOAD; i++) {
        block[STRAND_BLOCK_HEADER_LEN + i] = (uint8_t)strand_test_random(&state);
    }
    strand_block_seal(block);
    return block;
}

TEST(block, the_bytes_of_a_block_header)
{
    uint8_t buf[STRAND_BLOCK_HEADER_LEN];
    struct strand_block_header h = plain_block();
    h.payload_crc = 0x51525354u;
    h.header_crc = 0x61626364u;
    strand_block_header_encode(&h, buf);
    CHECK_HEX(buf, sizeof buf,
              "F553424B 08 01 0000 | 0807060504030201 | C00F0000 64000000 | 1817161514131211 | 2827262524232221"
              "| 3837363534333231 | 4847464544434241 | 54535251 64636261");
}

TEST(block, a_block_header_comes_back_whole)
{
    const struct strand_file_header file = plain_header();
    uint8_t buf[STRAND_BLOCK_HEADER_LEN];
    struct strand_block_header h = plain_block(), got;
    h.payload_crc = 1;
    h.header_crc = 2;
    strand_block_header_encode(&h, buf);
    CHECK_EQ(strand_block_header_decode(buf, &file, &got), STRAND_OK);
    CHECK_EQ(got.header_len, h.header_len);
    CHECK_EQ(got.kind, h.kind);
    CHECK_EQ(got.flags, h.flags);
    CHECK_EQ(got.seq, h.seq);
    CHECK_EQ(got.payload_len, h.payload_len);
    CHECK_EQ(got.committed, h.committed);
    CHECK_EQ(got.tick_first, h.tick_first);
    CHECK_EQ(got.records_before, h.records_before);
    CHECK_EQ(got.bytes_before, h.bytes_before);
    CHECK_EQ(got.lost_before, h.lost_before);
    CHECK_EQ(got.payload_crc, 1);
    CHECK_EQ(got.header_crc, 2);
}

static enum strand_status decode_block(const struct strand_block_header *h)
{
    const struct strand_file_header file = plain_header();
    uint8_t buf[STRAND_BLOCK_HEADER_LEN];
    struct strand_block_header got;
    strand_block_header_encode(h, buf);
    return strand_block_header_decode(buf, &file, &got);
}

TEST(block, impossible_values_in_a_block_header)
{
    struct strand_block_header h = plain_block();
    CHECK_EQ(decode_block(&h), STRAND_OK);
    h.header_len = 56;
    CHECK_EQ(decode_block(&h), STRAND_BAD_BLOCK_HEADER);
    h = plain_block();
    h.kind = STRAND_KIND_TRACE;
    CHECK_EQ(decode_block(&h), STRAND_BAD_BLOCK_HEADER);
    h = plain_block();
    h.seq = 0;
    CHECK_EQ(decode_block(&h), STRAND_BAD_BLOCK_HEADER);
    h = plain_block();
    h.payload_len -= 1;
    CHECK_EQ(decode_block(&h), STRAND_BAD_BLOCK_HEADER);
    h = plain_block();
    h.committed = h.payload_len + 1;
    CHECK_EQ(decode_block(&h), STRAND_BAD_BLOCK_HEADER);
    h.committed = h.payload_len;
    CHECK_EQ(decode_block(&h), STRAND_OK);
    h.flags = STRAND_BLOCK_CRC;
    CHECK_EQ(decode_block(&h), STRAND_BAD_BLOCK_HEADER);
    h.flags = STRAND_BLOCK_SEALED;
    CHECK_EQ(decode_block(&h), STRAND_OK);
    h.flags = STRAND_BLOCK_SEALED + STRAND_BLOCK_CRC;
    CHECK_EQ(decode_block(&h), STRAND_BLOCK_HEADER_CRC);
    h = plain_block();
    h.header_len = 72;
    h.payload_len -= 8;
    CHECK_EQ(decode_block(&h), STRAND_OK);
}

TEST(block, any_byte_of_a_sealed_header_changed_is_seen)
{
    const struct strand_file_header file = plain_header();
    uint8_t *block = sealed_block();
    struct strand_block_header got;
    CHECK_EQ(strand_block_header_decode(block, &file, &got), STRAND_OK);
    for (size_t i = 0; i < STRAND_BLOCK_HEADER_LEN; i++) {
        for (unsigned flip = 1; flip < 256; flip++) {
            block[i] = (uint8_t)(block[i] ^ flip);
            const enum strand_status status = strand_block_header_decode(block, &file, &got);
            // Without the flag there is no checksum to be wrong; what it covered is as it was.
            const bool unchecked = i == 6 && flip / 2 % 2 == 1;
            CHECK_EQ(status == STRAND_OK, unchecked);
            block[i] = (uint8_t)(block[i] ^ flip);
        }
    }
    free(block);
}

TEST(block, a_seal_covers_header_and_payload)
{
    const struct strand_file_header file = plain_header();
    uint8_t *block = sealed_block();
    struct strand_block_header h;
    CHECK_EQ(strand_block_header_decode(block, &file, &h), STRAND_OK);
    CHECK_EQ(h.flags, STRAND_BLOCK_SEALED + STRAND_BLOCK_CRC);
    CHECK_EQ(h.payload_crc, strand_crc32c(0, block + STRAND_BLOCK_HEADER_LEN, PAYLOAD));
    CHECK_EQ(h.header_crc, strand_crc32c(0, block, 60));
    CHECK_EQ(h.seq, plain_block().seq);
    CHECK_EQ(h.committed, PAYLOAD);
    free(block);
}

TEST(block, a_snapshot_is_the_committed_part)
{
    uint8_t *block = sealed_block();
    const size_t whole = STRAND_BLOCK_HEADER_LEN + PAYLOAD;
    for (size_t cap = 0; cap <= whole + 8; cap++) {
        uint8_t *copy = malloc(cap + 1);
        size_t len = 0;
        const enum strand_status status = strand_block_snapshot(block, copy, cap, &len);
        CHECK_EQ(status, cap < whole ? STRAND_FULL : STRAND_OK);
        CHECK_EQ(len, cap < whole ? 0 : whole);
        CHECK_BYTES(copy, len, block, len);
        free(copy);
    }
    free(block);
}

TEST(block, no_snapshot_of_what_is_no_block)
{
    uint8_t copy[512];
    size_t len = 0;
    uint8_t *block = sealed_block();
    memset(block + 8, 0, 8);
    CHECK_EQ(strand_block_snapshot(block, copy, sizeof copy, &len), STRAND_END);
    block[8] = 1;
    block[4] = 7;
    CHECK_EQ(strand_block_snapshot(block, copy, sizeof copy, &len), STRAND_END);
    block[4] = 8;
    CHECK_EQ(strand_block_snapshot(block, copy, sizeof copy, &len), STRAND_OK);
    strand_store_u32(block + 20, 0xFFFFFFFFu);
    CHECK_EQ(strand_block_snapshot(block, copy, sizeof copy, &len), STRAND_FULL);
    free(block);
}
