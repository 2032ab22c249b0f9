/* SPDX-License-Identifier: MIT
 *
 * test_encode.c: every byte that an encoder writes, and what it does when the room runs out.
 */
#include "strand_encode.h"
#include "strand_hex.h"

#define BASE_TICK 5u
#define BASE_NANO 6u
#define BODY (STRAND_SYNC_LEN + 5u) /* behind a sync, a size, two deltas of 0 and a P of -1 */

static uint8_t buffer[2 * STRAND_EXT_FRAME_MAX];
static struct strand_encoder encoder;

static struct strand_encoder *start(size_t cap)
{
    memset(buffer, 0xEE, sizeof buffer);
    CHECK_EQ(strand_encoder_init(&encoder, sizeof encoder, STRAND_ABI_VERSION, buffer, cap), STRAND_OK);
    return &encoder;
}

static struct strand_encoder *start_record(void)
{
    struct strand_encoder *e = start(sizeof buffer);
    strand_encode_begin(e, BASE_TICK, BASE_NANO, -1);
    return e;
}

// What one call adds to a record.
#define CHECK_FIELD(call, want)                                                                                      \
    do {                                                                                                             \
        struct strand_encoder *e = start_record();                                                                   \
        call;                                                                                                        \
        CHECK_EQ(strand_encode_end(e), STRAND_OK);                                                                   \
        CHECK_EQ(buffer[STRAND_SYNC_LEN] + 256 * buffer[STRAND_SYNC_LEN + 1],                                        \
                 strand_encoder_len(e) - STRAND_SYNC_LEN);                                                           \
        CHECK_HEX(buffer + BODY, strand_encoder_len(e) - BODY, want);                                                \
    } while (0)

// All bytes that a sequence of calls leaves.
#define CHECK_ALL(want) CHECK_HEX(buffer, strand_encoder_len(&encoder), want)

static void encode_plain(struct strand_encoder *e, uint64_t tick, uint64_t nano)
{
    strand_encode_begin(e, tick, nano, -1);
    CHECK_EQ(strand_encode_end(e), STRAND_OK);
}

TEST(encode, a_record_behind_its_sync)
{
    struct strand_encoder *e = start(sizeof buffer);
    strand_encode_begin(e, 0x0102030405060708u, 0x1112131415161718u, 3);
    strand_encode_string(e, "abc", 3);
    strand_encode_int(e, -2);
    CHECK_EQ(strand_encode_end(e), STRAND_OK);
    strand_encode_begin(e, 0x0102030405060708u + 300, 0x1112131415161718u + 1, -1);
    CHECK_EQ(strand_encode_end(e), STRAND_OK);
    CHECK_ALL("00 00 | 08 07 06 05 04 03 02 01 | 18 17 16 15 14 13 12 11"
              "| 0C 00 | 00 | 00 | 06 | 08 03 61 62 63 | 04 03"
              "| 06 00 | AC 02 | 01 | 01");
}

TEST(encode, p_is_a_zigzag_of_any_size)
{
    struct strand_encoder *e = start(sizeof buffer);
    strand_encode_sync(e, BASE_TICK, BASE_NANO);
    const int64_t ps[] = {-1, 0, 64, INT64_MIN};
    for (size_t i = 0; i < 4; i++) {
        strand_encode_begin(e, BASE_TICK, BASE_NANO, ps[i]);
        CHECK_EQ(strand_encode_end(e), STRAND_OK);
    }
    CHECK_HEX(buffer + STRAND_SYNC_LEN, strand_encoder_len(e) - STRAND_SYNC_LEN,
              "05 00 00 00 01 | 05 00 00 00 00 | 06 00 00 00 80 01 | 0E 00 00 00 FF FF FF FF FF FF FF FF FF 01");
}

TEST(encode, fields_of_the_core)
{
    const uint64_t pcs[] = {0x401000, 1};
    CHECK_FIELD(strand_encode_unknown(e), "01");
    CHECK_FIELD(strand_encode_bool(e, true), "02");
    CHECK_FIELD(strand_encode_bool(e, false), "03");
    CHECK_FIELD(strand_encode_int(e, 0), "04 00");
    CHECK_FIELD(strand_encode_int(e, -1), "04 01");
    CHECK_FIELD(strand_encode_int(e, 64), "04 80 01");
    CHECK_FIELD(strand_encode_int(e, INT64_MAX), "04 FE FF FF FF FF FF FF FF FF 01");
    CHECK_FIELD(strand_encode_int(e, INT64_MIN), "04 FF FF FF FF FF FF FF FF FF 01");
    CHECK_FIELD(strand_encode_uint(e, 300), "05 AC 02");
    CHECK_FIELD(strand_encode_uint(e, UINT64_MAX), "05 FF FF FF FF FF FF FF FF FF 01");
    CHECK_FIELD(strand_encode_hex(e, 127), "06 7F");
    CHECK_FIELD(strand_encode_ptr(e, 128), "07 80 01");
    CHECK_FIELD(strand_encode_string(e, "", 0), "08 00");
    CHECK_FIELD(strand_encode_string(e, NULL, 0), "08 00");
    CHECK_FIELD(strand_encode_string(e, "a\0b", 3), "08 03 61 00 62");
    CHECK_FIELD(strand_encode_const_string(e, 6, 89597), "09 06 FD BB 05");
    CHECK_FIELD(strand_encode_overflow(e, 952), "0A B8 07");
    CHECK_FIELD(strand_encode_pc(e, 0x401000), "0B 80 A0 80 02");
    CHECK_FIELD(strand_encode_traceback(e, pcs, 2), "0C 02 80 A0 80 02 01");
    CHECK_FIELD(strand_encode_traceback(e, NULL, 0), "0C 00");
}

TEST(encode, fields_of_the_extensions)
{
    const uint8_t data[] = {0xDE, 0xAD};
    const uint64_t args[] = {7, 128};
    CHECK_FIELD(strand_encode_level(e, 9), "11 09");
    CHECK_FIELD(strand_encode_key_id(e, 128), "19 80 01");
    CHECK_FIELD(strand_encode_key(e, "fd", 2), "15 02 66 64");
    CHECK_FIELD(strand_encode_site(e, 2), "21 02");
    CHECK_FIELD(strand_encode_stack(e, 3), "29 03");
    CHECK_FIELD(strand_encode_f32(e, -1.5f), "13 00 00 C0 BF");
    CHECK_FIELD(strand_encode_f64(e, 1.5), "14 00 00 00 00 00 00 F8 3F");
    CHECK_FIELD(strand_encode_i32(e, -2), "1B FE FF FF FF");
    CHECK_FIELD(strand_encode_i32(e, INT32_MIN), "1B 00 00 00 80");
    CHECK_FIELD(strand_encode_u32(e, 0xA1B2C3D4u), "23 D4 C3 B2 A1");
    CHECK_FIELD(strand_encode_i64(e, -2), "1C FE FF FF FF FF FF FF FF");
    CHECK_FIELD(strand_encode_u64(e, 0xA1B2C3D4E5F60718u), "24 18 07 F6 E5 D4 C3 B2 A1");
    CHECK_FIELD(strand_encode_bytes(e, data, 2), "1D 02 DE AD");
    CHECK_FIELD(strand_encode_bytes(e, NULL, 0), "1D 00");
    CHECK_FIELD(strand_encode_memdump(e, 0x1000, data, 2), "25 0A 00 10 00 00 00 00 00 00 DE AD");
    CHECK_FIELD(strand_encode_memdump(e, 1, NULL, 0), "25 08 01 00 00 00 00 00 00 00");
    CHECK_FIELD(strand_encode_strand(e, 5), "41 05");
    CHECK_FIELD(strand_encode_event(e, 13, 300, args, 2), "46 04 0D AC 02 07 80 01");
    CHECK_FIELD(strand_encode_event(e, 13, 0, NULL, 0), "46 02 0D 00");
    CHECK_FIELD(strand_encode_raw(e, data, 2), "DE AD");
    CHECK_FIELD(strand_encode_raw(e, NULL, 0), "");
}

TEST(encode, extended_frames)
{
    struct strand_encoder *e = start(sizeof buffer);
    const struct strand_clock clock = {1, 0x0203, 0x040506, UINT64_MAX};
    strand_encode_begin_def(e, STRAND_DEF_KEY, 128);
    strand_encode_string(e, "fd", 2);
    CHECK_EQ(strand_encode_end(e), STRAND_OK);
    CHECK_EQ(strand_encode_clock(e, &clock), STRAND_OK);
    CHECK_EQ(strand_encode_owner(e, 4711, "main", 4), STRAND_OK);
    CHECK_EQ(strand_encode_owner(e, 0, NULL, 0), STRAND_OK);
    strand_encode_begin_frame(e, 200, 1);
    strand_encode_raw(e, (const uint8_t *)"xyz", 3);
    CHECK_EQ(strand_encode_end(e), STRAND_OK);
    CHECK_EQ(strand_encode_end_of_strand(e), STRAND_OK);
    CHECK_ALL("01 00 02 00 0F 00 00 00 | 01 80 01 | 08 02 66 64"
              "| 01 00 04 00 28 00 00 00 | 01 00 00 00 00 00 00 00 | 03 02 00 00 00 00 00 00"
              "| 06 05 04 00 00 00 00 00 | FF FF FF FF FF FF FF FF"
              "| 01 00 06 00 0E 00 00 00 | E7 24 | 6D 61 69 6E"
              "| 01 00 06 00 09 00 00 00 | 00"
              "| 01 00 C8 01 0B 00 00 00 | 78 79 7A"
              "| 01 00 07 00 08 00 00 00");
}

TEST(encode, losses_tell_only_what_is_known)
{
    struct strand_diag diag = {
        .kind = STRAND_DIAG_LOST, .code = STRAND_OVERWRITTEN, .off = 300, .records = 5, .bytes = 6, .exact = true};
    const char *known[] = {"00 AC 02 00 00", "01 AC 02 05 00", "02 AC 02 00 06", "03 AC 02 05 06",
                           "0C AC 02 00 00", "0D AC 02 05 00", "0E AC 02 00 06", "0F AC 02 05 06"};
    for (unsigned i = 0; i < 8; i++) {
        struct strand_encoder *e = start(sizeof buffer);
        diag.records_known = (i & 1) != 0;
        diag.bytes_known = (i & 2) != 0;
        diag.exact_known = (i & 4) != 0;
        strand_encode_begin_loss(e, &diag);
        strand_encode_strand(e, 9);
        CHECK_EQ(strand_encode_end(e), STRAND_OK);
        CHECK_HEX(buffer, 10, "01 00 03 00 11 00 00 00 | 01 40");
        CHECK_HEX(buffer + 10, 5, known[i]);
        CHECK_HEX(buffer + 15, strand_encoder_len(e) - 15, "41 09");
    }
    diag.exact = false;
    struct strand_encoder *e = start(sizeof buffer);
    strand_encode_begin_loss(e, &diag);
    CHECK_EQ(strand_encode_end(e), STRAND_OK);
    CHECK_HEX(buffer + 8, strand_encoder_len(e) - 8, "01 40 07 AC 02 05 06");
}

TEST(encode, a_large_record)
{
    struct strand_encoder *e = start(sizeof buffer);
    strand_encode_begin_large(e, BASE_TICK, BASE_NANO, -1);
    strand_encode_bool(e, true);
    CHECK_EQ(strand_encode_end(e), STRAND_OK);
    strand_encode_begin_large(e, BASE_TICK + 1, BASE_NANO, 0);
    CHECK_EQ(strand_encode_end(e), STRAND_OK);
    CHECK_ALL("00 00 05 00 00 00 00 00 00 00 06 00 00 00 00 00 00 00"
              "| 01 00 05 00 0C 00 00 00 | 00 00 01 | 02"
              "| 01 00 05 00 0B 00 00 00 | 01 00 00");
}

// ---------------------------------------------------------------------------------------------------------------
// Syncs

// Whether the record at (tick, nano) gets a sync when the last sync was at (1000, 2000) + base.
static bool has_sync(uint64_t base, uint64_t tick, uint64_t nano)
{
    struct strand_encoder *e = start(sizeof buffer);
    CHECK_EQ(strand_encode_sync(e, base + 1000, base + 2000), STRAND_OK);
    encode_plain(e, tick, nano);
    return strand_encoder_len(e) > 2 * STRAND_SYNC_LEN;
}

TEST(encode, a_sync_where_a_delta_is_out_of_reach)
{
    CHECK(!has_sync(0, 1000, 2000));
    CHECK(!has_sync(0, 1000 + 2097151, 2000 + 2097151));
    CHECK(has_sync(0, 1000 + 2097152, 2000));
    CHECK(has_sync(0, 1000, 2000 + 2097152));
    CHECK(has_sync(0, 999, 2000));
    CHECK(has_sync(0, 1000, 1999));
    CHECK(has_sync(0, UINT64_MAX, 2000));
    CHECK(!has_sync(UINT64_MAX - 5000, 1, 1)); // clocks wrap
    CHECK(has_sync(UINT64_MAX - 5000, 1, 1 + 2097152));
}

TEST(encode, deltas_count_from_the_sync_not_from_the_record)
{
    struct strand_encoder *e = start(sizeof buffer);
    encode_plain(e, 100, 100);
    encode_plain(e, 110, 101);
    encode_plain(e, 105, 103);
    CHECK_HEX(buffer + STRAND_SYNC_LEN, strand_encoder_len(e) - STRAND_SYNC_LEN,
              "05 00 00 00 01 | 05 00 0A 01 01 | 05 00 05 03 01");
}

TEST(encode, a_sync_states_a_new_base)
{
    struct strand_encoder *e = start(sizeof buffer);
    CHECK_EQ(strand_encode_sync(e, 100, 100), STRAND_OK);
    CHECK_EQ(strand_encode_sync(e, 50, 60), STRAND_OK);
    encode_plain(e, 51, 62);
    CHECK_HEX(buffer + 2 * STRAND_SYNC_LEN, strand_encoder_len(e) - 2 * STRAND_SYNC_LEN, "05 00 01 02 01");
}

TEST(encode, a_frame_without_a_time_gives_no_base)
{
    struct strand_encoder *e = start(sizeof buffer);
    CHECK_EQ(strand_encode_owner(e, 7, NULL, 0), STRAND_OK);
    encode_plain(e, BASE_TICK, BASE_NANO);
    CHECK_ALL("01 00 06 00 09 00 00 00 07 | 00 00 05 00 00 00 00 00 00 00 06 00 00 00 00 00 00 00 | 05 00 00 00 01");
}

TEST(encode, a_clock_that_starts_at_zero_starts_at_one)
{
    struct strand_encoder *e = start(sizeof buffer);
    encode_plain(e, 0, 0);
    CHECK_ALL("00 00 01 00 00 00 00 00 00 00 01 00 00 00 00 00 00 00 | 05 00 00 00 01");
    e = start(sizeof buffer);
    CHECK_EQ(strand_encode_sync(e, 0, 0), STRAND_OK);
    CHECK_ALL("00 00 01 00 00 00 00 00 00 00 01 00 00 00 00 00 00 00");
    encode_plain(e, 0, 0);
    CHECK_EQ(strand_encoder_len(e), STRAND_SYNC_LEN + 5);
    e = start(sizeof buffer);
    CHECK_EQ(strand_encode_sync(e, 0, 7), STRAND_OK);
    encode_plain(e, 0, 7);
    CHECK_ALL("00 00 00 00 00 00 00 00 00 00 07 00 00 00 00 00 00 00 | 05 00 00 00 01");
    e = start(sizeof buffer);
    strand_encode_begin_large(e, 0, 0, -1);
    CHECK_EQ(strand_encode_end(e), STRAND_OK);
    CHECK_HEX(buffer, STRAND_SYNC_LEN, "00 00 01 00 00 00 00 00 00 00 01 00 00 00 00 00 00 00");
}

TEST(encode, derived_nanos_are_zero_and_ask_for_no_sync)
{
    struct strand_encoder *e = start(sizeof buffer);
    strand_encoder_set_nano_derived(e, true);
    encode_plain(e, 100, 7);
    encode_plain(e, 101, 7 + 5000000);
    encode_plain(e, 102, 0);
    CHECK_ALL("00 00 64 00 00 00 00 00 00 00 07 00 00 00 00 00 00 00"
              "| 05 00 00 00 01 | 05 00 01 00 01 | 05 00 02 00 01");
    encode_plain(e, 100 + 2097152, 9);
    CHECK_EQ(strand_encoder_len(e), 2 * STRAND_SYNC_LEN + 4 * 5);
    strand_encoder_set_nano_derived(e, false);
    encode_plain(e, 100 + 2097152, 10);
    CHECK_HEX(buffer + 2 * STRAND_SYNC_LEN + 4 * 5, 5, "05 00 00 01 01");
}

// ---------------------------------------------------------------------------------------------------------------
// Strings and sizes

TEST(encode, long_strings_are_cut_and_say_so)
{
    const uint8_t data[] = {1, 2, 3, 4, 5, 6};
    CHECK_FIELD((strand_encoder_set_string_limit(e, 4), strand_encode_string(e, "abcd", 4)), "08 04 61 62 63 64");
    CHECK_FIELD((strand_encoder_set_string_limit(e, 4), strand_encode_string(e, "abcdef", 6)),
                "08 04 61 62 63 64 | 0A 02");
    CHECK_FIELD((strand_encoder_set_string_limit(e, 4), strand_encode_bytes(e, data, 6)),
                "1D 04 01 02 03 04 | 0A 02");
    CHECK_FIELD((strand_encoder_set_string_limit(e, 4), strand_encode_memdump(e, 9, data, 5)),
                "25 0C 09 00 00 00 00 00 00 00 01 02 03 04 | 0A 01");
    CHECK_FIELD((strand_encoder_set_string_limit(e, 0), strand_encode_string(e, "abc", 3)), "08 00 | 0A 03");
    CHECK_FIELD((strand_encoder_set_string_limit(e, SIZE_MAX), strand_encode_string(e, "abc", 3)), "08 03 61 62 63");
    CHECK_FIELD((strand_encoder_set_string_limit(e, 0), strand_encode_key(e, "abc", 3)), "15 03 61 62 63");
}

TEST(encode, the_limit_is_an_eighth_of_the_room)
{
    char text[200];
    memset(text, 'x', sizeof text);
    struct strand_encoder *e = start(1024 + STRAND_SLACK);
    strand_encode_begin(e, BASE_TICK, BASE_NANO, -1);
    strand_encode_string(e, text, 129);
    CHECK_EQ(strand_encode_end(e), STRAND_OK);
    CHECK_HEX(buffer + BODY, 3, "08 80 01");
    CHECK_HEX(buffer + BODY + 3 + 128, strand_encoder_len(e) - BODY - 3 - 128, "0A 01");
}

// A frame of `len` bytes in all: bytes fill what the header leaves. Behind a sync at the same time.
static enum strand_status encode_sized(struct strand_encoder *e, bool large, size_t len)
{
    static const uint8_t zeros[STRAND_EXT_FRAME_MAX + 1];
    const size_t header_len = large ? 11 : 5;
    large ? strand_encode_begin_large(e, BASE_TICK, BASE_NANO, -1) : strand_encode_begin(e, BASE_TICK, BASE_NANO, -1);
    strand_encode_raw(e, zeros, len - header_len);
    return strand_encode_end(e);
}

TEST(encode, a_record_has_at_most_65535_bytes)
{
    struct strand_encoder *e = start(sizeof buffer);
    CHECK_EQ(strand_encode_sync(e, BASE_TICK, BASE_NANO), STRAND_OK);
    CHECK_EQ(encode_sized(e, false, 65536), STRAND_FULL);
    CHECK_EQ(strand_encoder_needed(e), 65536);
    CHECK_EQ(strand_encoder_len(e), STRAND_SYNC_LEN);
    CHECK_EQ(encode_sized(e, false, 65535), STRAND_OK);
    CHECK_EQ(strand_encoder_needed(e), 65535);
    CHECK_EQ(strand_encoder_len(e), STRAND_SYNC_LEN + 65535);
    CHECK_HEX(buffer + STRAND_SYNC_LEN, 5, "FF FF 00 00 01");
    CHECK_EQ(encode_sized(e, true, 65536), STRAND_OK);
    CHECK_HEX(buffer + STRAND_SYNC_LEN + 65535, 11, "01 00 05 00 00 00 01 00 00 00 01");
}

TEST(encode, an_extended_frame_has_at_most_a_mebibyte)
{
    struct strand_encoder *e = start(sizeof buffer);
    CHECK_EQ(strand_encode_sync(e, BASE_TICK, BASE_NANO), STRAND_OK);
    CHECK_EQ(encode_sized(e, true, 1048577), STRAND_FULL);
    CHECK_EQ(strand_encoder_len(e), STRAND_SYNC_LEN);
    CHECK_EQ(encode_sized(e, true, 1048576), STRAND_OK);
    CHECK_HEX(buffer + STRAND_SYNC_LEN, 11, "01 00 05 00 00 00 10 00 00 00 01");
}

// ---------------------------------------------------------------------------------------------------------------
// States

TEST(encode, init_holds_caller_and_library_together)
{
    struct strand_encoder e;
    uint8_t to[16];
    CHECK_EQ(strand_encoder_init(&e, sizeof e - 1, STRAND_ABI_VERSION, to, sizeof to), STRAND_BAD_VERSION);
    CHECK_EQ(strand_encoder_init(&e, sizeof e, STRAND_ABI_VERSION + 1, to, sizeof to), STRAND_BAD_VERSION);
    CHECK_EQ(strand_encoder_init(&e, sizeof e, STRAND_ABI_VERSION, to, (size_t)1 << 30), STRAND_BAD_ARGUMENT);
    CHECK_EQ(strand_encoder_init(&e, sizeof e, STRAND_ABI_VERSION, to, sizeof to), STRAND_OK);
    CHECK_EQ(strand_encoder_rebase(&e, to, (size_t)1 << 30, true), STRAND_BAD_ARGUMENT);
    CHECK_EQ(strand_encoder_init(&e, sizeof e, STRAND_ABI_VERSION, NULL, 0), STRAND_OK);
    CHECK_EQ(strand_encoder_len(&e), 0);
    strand_encode_begin(&e, 1, 1, -1);
    CHECK_EQ(strand_encode_end(&e), STRAND_FULL);
    CHECK_EQ(strand_encoder_needed(&e), STRAND_SYNC_LEN + 5);
}

TEST(encode, nothing_open_means_nothing_written)
{
    struct strand_encoder *e = start(sizeof buffer);
    strand_encode_uint(e, 1);
    strand_encode_string(e, "abc", 3);
    CHECK_EQ(strand_encode_end(e), STRAND_NOT_OPEN);
    encode_plain(e, BASE_TICK, BASE_NANO);
    strand_encode_uint(e, 1);
    CHECK_EQ(strand_encode_end(e), STRAND_NOT_OPEN);
    strand_encode_cancel(e);
    encode_plain(e, BASE_TICK, BASE_NANO);
    CHECK_HEX(buffer + STRAND_SYNC_LEN, strand_encoder_len(e) - STRAND_SYNC_LEN, "05 00 00 00 01 | 05 00 00 00 01");
}

TEST(encode, cancel_takes_the_frame_and_its_sync_back)
{
    struct strand_encoder *e = start(sizeof buffer);
    encode_plain(e, BASE_TICK, BASE_NANO);
    const size_t len = strand_encoder_len(e);
    strand_encode_begin(e, 1u << 30, BASE_NANO, -1);
    strand_encode_uint(e, 1);
    CHECK_EQ(strand_encoder_len(e), len);
    strand_encode_cancel(e);
    CHECK_EQ(strand_encode_end(e), STRAND_NOT_OPEN);
    CHECK_EQ(strand_encoder_len(e), len);
    encode_plain(e, BASE_TICK + 1, BASE_NANO);
    CHECK_HEX(buffer + len, strand_encoder_len(e) - len, "05 00 01 00 01");
}

TEST(encode, a_begin_drops_what_is_open)
{
    struct strand_encoder *e = start(sizeof buffer);
    strand_encode_begin(e, 1u << 30, 1, -1);
    strand_encode_uint(e, 1);
    strand_encode_begin(e, BASE_TICK, BASE_NANO, -1);
    strand_encode_bool(e, true);
    CHECK_EQ(strand_encode_end(e), STRAND_OK);
    CHECK_ALL("00 00 05 00 00 00 00 00 00 00 06 00 00 00 00 00 00 00 | 06 00 00 00 01 02");
}

TEST(encode, whole_frames_wait_for_the_open_one)
{
    struct strand_encoder *e = start_record();
    const struct strand_clock clock = {1, 2, 3, 4};
    CHECK_EQ(strand_encode_sync(e, 1, 1), STRAND_BUSY);
    CHECK_EQ(strand_encode_clock(e, &clock), STRAND_BUSY);
    CHECK_EQ(strand_encode_owner(e, 1, "x", 1), STRAND_BUSY);
    CHECK_EQ(strand_encode_end_of_strand(e), STRAND_BUSY);
    CHECK_EQ(strand_encode_end(e), STRAND_OK);
    CHECK_EQ(strand_encoder_len(e), STRAND_SYNC_LEN + 5);
}

TEST(encode, rebase_goes_on_in_another_buffer)
{
    uint8_t other[64];
    struct strand_encoder *e = start(sizeof buffer);
    encode_plain(e, BASE_TICK, BASE_NANO);
    strand_encode_begin(e, 1u << 30, 1, -1);
    CHECK_EQ(strand_encoder_rebase(e, other, sizeof other, true), STRAND_OK);
    CHECK_EQ(strand_encode_end(e), STRAND_NOT_OPEN);
    encode_plain(e, BASE_TICK + 1, BASE_NANO);
    CHECK_HEX(other, strand_encoder_len(e), "05 00 01 00 01");
    CHECK_EQ(strand_encoder_rebase(e, other, sizeof other, false), STRAND_OK);
    encode_plain(e, BASE_TICK + 1, BASE_NANO);
    CHECK_EQ(strand_encoder_len(e), STRAND_SYNC_LEN + 5);
    CHECK_EQ(strand_encoder_rebase(e, NULL, 0, true), STRAND_OK);
    CHECK_EQ(strand_encode_end_of_strand(e), STRAND_FULL);
    CHECK_EQ(strand_encoder_needed(e), 8);
}

// ---------------------------------------------------------------------------------------------------------------
// Every amount of room

static enum strand_status encode_all_fields(struct strand_encoder *e)
{
    const uint64_t values[] = {1, 300, UINT64_MAX};
    strand_encode_unknown(e);
    strand_encode_bool(e, true);
    strand_encode_int(e, INT64_MIN);
    strand_encode_const_string(e, 300, 70000);
    strand_encode_string(e, "a string that is cut", 20);
    strand_encode_traceback(e, values, 3);
    strand_encode_key(e, "fd", 2);
    strand_encode_f32(e, 1.5f);
    strand_encode_f64(e, 2.5);
    strand_encode_memdump(e, 0x1000, (const uint8_t *)"memory that is cut", 18);
    strand_encode_event(e, 13, 0, values, 3);
    return strand_encode_end(e);
}

#define STEP_COUNT 9

// One frame of each sort; the times make syncs necessary now and then.
static enum strand_status encode_step(struct strand_encoder *e, size_t step)
{
    const struct strand_clock clock = {1, 2, 3, 4};
    const struct strand_diag diag = {.kind = STRAND_DIAG_LOST, .code = STRAND_REFUSED};
    switch (step) {
    case 0: strand_encode_begin(e, BASE_TICK, BASE_NANO, -1); return encode_all_fields(e);
    case 1: strand_encode_begin(e, BASE_TICK + 1, BASE_NANO + 300, 2); return strand_encode_end(e);
    case 2: strand_encode_begin(e, 1u << 30, BASE_NANO, -1); return encode_all_fields(e);
    case 3: strand_encode_begin_large(e, 1u << 31, BASE_NANO, -1); return encode_all_fields(e);
    case 4: strand_encode_begin_def(e, STRAND_DEF_STACK, 3); return encode_all_fields(e);
    case 5: strand_encode_begin_loss(e, &diag); return strand_encode_end(e);
    case 6: return strand_encode_clock(e, &clock);
    case 7: return strand_encode_owner(e, 4711, "main", 4);
    default: return strand_encode_end_of_strand(e);
    }
}

static void encode_steps(struct strand_encoder *e, uint8_t *to, size_t cap, size_t steps)
{
    CHECK_EQ(strand_encoder_init(e, sizeof *e, STRAND_ABI_VERSION, to, cap), STRAND_OK);
    strand_encoder_set_string_limit(e, 15);
    for (size_t step = 0; step < steps; step++) {
        CHECK_EQ(encode_step(e, step), STRAND_OK);
    }
}

// The frame `step` into a buffer that has `room` bytes left for it; the whole stream stands in buffer[0 … ends[step]).
static void check_room(size_t step, const size_t *ends, size_t room)
{
    const size_t before = step == 0 ? 0 : ends[step - 1];
    const size_t needed = ends[step] - before;
    const size_t cap = before + room + STRAND_SLACK;
    uint8_t *to = malloc(cap + 16);
    memset(to, 0xEE, cap + 16);
    struct strand_encoder e;
    encode_steps(&e, to, cap, step);
    CHECK_EQ(encode_step(&e, step), room >= needed ? STRAND_OK : STRAND_FULL);
    CHECK_EQ(strand_encoder_needed(&e), needed);
    CHECK_EQ(strand_encoder_len(&e), room >= needed ? ends[step] : before);
    CHECK_BYTES(to, strand_encoder_len(&e), buffer, strand_encoder_len(&e));
    CHECK_HEX(to + cap, 16, "EEEEEEEE EEEEEEEE EEEEEEEE EEEEEEEE");
    if (room < needed) {
        // As if it had never been tried.
        uint8_t again[64], fresh[64];
        struct strand_encoder untouched;
        uint8_t *scratch = malloc(sizeof buffer);
        encode_steps(&untouched, scratch, sizeof buffer, step);
        CHECK_EQ(strand_encoder_rebase(&e, again, sizeof again, true), STRAND_OK);
        CHECK_EQ(strand_encoder_rebase(&untouched, fresh, sizeof fresh, true), STRAND_OK);
        encode_plain(&e, BASE_TICK + 2, BASE_NANO);
        encode_plain(&untouched, BASE_TICK + 2, BASE_NANO);
        CHECK_BYTES(again, strand_encoder_len(&e), fresh, strand_encoder_len(&untouched));
        free(scratch);
    }
    free(to);
}

TEST(encode, a_frame_is_there_wholly_or_not_at_all)
{
    size_t ends[STEP_COUNT];
    struct strand_encoder *e = start(sizeof buffer);
    strand_encoder_set_string_limit(e, 15);
    for (size_t step = 0; step < STEP_COUNT; step++) {
        CHECK_EQ(encode_step(e, step), STRAND_OK);
        ends[step] = strand_encoder_len(e);
    }
    for (size_t step = 0; step < STEP_COUNT; step++) {
        const size_t needed = ends[step] - (step == 0 ? 0 : ends[step - 1]);
        for (size_t room = 0; room <= needed + 1; room++) {
            check_room(step, ends, room);
        }
    }
}

TEST(encode, the_slack_never_holds_data)
{
    for (size_t cap = 0; cap <= 64; cap++) {
        struct strand_encoder *e = start(cap);
        while (strand_encode_end_of_strand(e) == STRAND_OK) {
        }
        CHECK(strand_encoder_len(e) <= (cap < STRAND_SLACK ? 0 : cap - STRAND_SLACK));
        CHECK_EQ(strand_encoder_len(e), cap < STRAND_SLACK ? 0 : (cap - STRAND_SLACK) / 8 * 8);
        CHECK_EQ(buffer[cap], 0xEE);
    }
}

TEST(encode, what_finds_no_room_is_counted_without_end)
{
    static const uint8_t zeros[1000];
    struct strand_encoder *e = start(100);
    strand_encode_begin(e, BASE_TICK, BASE_NANO, -1);
    for (size_t i = 0; i < 1000; i++) {
        strand_encode_raw(e, zeros, sizeof zeros);
    }
    strand_encode_bool(e, true);
    CHECK_EQ(strand_encode_end(e), STRAND_FULL);
    CHECK_EQ(strand_encoder_needed(e), STRAND_SYNC_LEN + 5 + 1000 * sizeof zeros + 1);
    CHECK_EQ(strand_encoder_len(e), 0);
    // No sum runs over, whatever is asked for; what finds no room is not looked at.
    strand_encode_begin(e, BASE_TICK, BASE_NANO, -1);
    for (size_t i = 0; i < 8; i++) {
        strand_encode_raw(e, zeros, SIZE_MAX / 4);
    }
    CHECK_EQ(strand_encode_end(e), STRAND_FULL);
    CHECK(strand_encoder_needed(e) >= SIZE_MAX / 4 && strand_encoder_needed(e) <= SIZE_MAX / 2);
    CHECK_EQ(strand_encoder_len(e), 0);
}
