/* SPDX-License-Identifier: MIT
 *
 * test_body.c: the bodies of extended frames, whole, too short, and with values that can't be.
 */
#include "strand_decode.h"
#include "strand_hex.h"

static struct strand_span span_of(const struct strand_hex *hex)
{
    return (struct strand_span){hex->len > 0 ? hex->data : NULL, hex->len};
}

TEST(body, a_definition_is_kind_id_and_fields)
{
    struct strand_def def;
    struct strand_hex hex = strand_hex_of("01 80 01 | 08 02 66 64");
    CHECK_EQ(strand_decode_def(span_of(&hex), &def), STRAND_OK);
    CHECK_EQ(def.def_kind, STRAND_DEF_KEY);
    CHECK_EQ(def.id, 128);
    CHECK_HEX(def.body.data, def.body.len, "08 02 66 64");
    hex = strand_hex_of("81 00 07");
    CHECK_EQ(strand_decode_def(span_of(&hex), &def), STRAND_OK);
    CHECK_EQ(def.def_kind, 1);
    CHECK_EQ(def.id, 7);
    CHECK_EQ(def.body.len, 0);
}

TEST(body, a_definition_without_its_numbers_is_none)
{
    const char *bad[] = {
        "", "01", "81", "01 80", "FF FF FF FF FF FF FF FF FF 02 01", "01 80 80 80 80 80 80 80 80 80 80 00"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct strand_def def = {.def_kind = 77, .id = 78};
        const struct strand_hex hex = strand_hex_of(bad[i]);
        CHECK_EQ(strand_decode_def(span_of(&hex), &def), STRAND_BAD_EXT_BODY);
        CHECK_EQ(def.def_kind, 77);
        CHECK_EQ(def.id, 78);
    }
}

TEST(body, a_loss_is_six_numbers_and_fields)
{
    struct strand_diag diag;
    struct strand_span fields;
    const struct strand_hex hex = strand_hex_of("01 40 0F AC 02 05 06 | 41 09");
    CHECK_EQ(strand_decode_loss(span_of(&hex), &diag, &fields), STRAND_OK);
    CHECK_EQ(diag.kind, STRAND_DIAG_LOST);
    CHECK_EQ(diag.code, STRAND_OVERWRITTEN);
    CHECK(diag.records_known && diag.bytes_known && diag.exact_known && diag.exact);
    CHECK_EQ(diag.off, 300);
    CHECK_EQ(diag.records, 5);
    CHECK_EQ(diag.bytes, 6);
    CHECK_HEX(fields.data, fields.len, "41 09");
}

TEST(body, a_loss_says_what_is_known_bit_by_bit)
{
    for (unsigned known = 0; known < 64; known++) {
        struct strand_diag diag;
        struct strand_span fields;
        const uint8_t bytes[] = {3, STRAND_BAD_SIZE, (uint8_t)known, 1, 2, 3};
        CHECK_EQ(strand_decode_loss((struct strand_span){bytes, sizeof bytes}, &diag, &fields), STRAND_OK);
        CHECK_EQ(diag.records_known, (known & 1) != 0);
        CHECK_EQ(diag.bytes_known, (known & 2) != 0);
        CHECK_EQ(diag.exact_known, (known & 4) != 0);
        CHECK_EQ(diag.exact, (known & 8) != 0);
        CHECK_EQ(fields.len, 0);
    }
}

TEST(body, a_loss_of_every_kind_and_code)
{
    for (unsigned kind = 0; kind < 9; kind++) {
        for (unsigned code = 0; code < 300; code++) {
            struct strand_diag diag = {.off = 77};
            struct strand_span fields = {NULL, 78};
            const uint8_t bytes[] = {(uint8_t)kind, (uint8_t)(code % 128 + 128), (uint8_t)(code / 128), 0, 1, 2, 3};
            const bool good =
                kind >= 1 && kind <= 6 && code < 255 && strand_status_diag((enum strand_status)code) != 0;
            const enum strand_status status =
                strand_decode_loss((struct strand_span){bytes, sizeof bytes}, &diag, &fields);
            CHECK_EQ(status, good ? STRAND_OK : STRAND_BAD_EXT_BODY);
            CHECK_EQ(diag.off, good ? 1 : 77);
            CHECK_EQ(fields.len, good ? 0 : 78);
        }
    }
}

TEST(body, a_loss_that_is_cut_or_out_of_range_is_none)
{
    const uint8_t whole[] = {1, 64, 15, 1, 2, 3};
    struct strand_diag diag;
    struct strand_span fields;
    for (size_t len = 0; len < sizeof whole; len++) {
        const struct strand_span body = {len > 0 ? whole : NULL, len};
        CHECK_EQ(strand_decode_loss(body, &diag, &fields), STRAND_BAD_EXT_BODY);
    }
    const char *bad[] = {"81 80 80 80 10 40 0F 01 02 03", "01 C0 80 80 80 10 0F 01 02 03",
                         "01 40 0F 01 02 FF FF FF FF FF FF FF FF FF 02"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const struct strand_hex hex = strand_hex_of(bad[i]);
        CHECK_EQ(strand_decode_loss(span_of(&hex), &diag, &fields), STRAND_BAD_EXT_BODY);
    }
}

TEST(body, a_clock_is_four_words)
{
    struct strand_hex hex = strand_hex_of("0100000000000000 0302000000000000 0605040000000000 FFFFFFFFFFFFFFFF");
    struct strand_clock clock;
    CHECK_EQ(strand_decode_clock(span_of(&hex), &clock), STRAND_OK);
    CHECK_EQ(clock.tick, 1);
    CHECK_EQ(clock.monotonic_ns, 0x0203);
    CHECK_EQ(clock.realtime_ns, 0x040506);
    CHECK_EQ(clock.bracket_ns, UINT64_MAX);
    for (hex.len = 0; hex.len < 32; hex.len++) {
        clock.tick = 77;
        CHECK_EQ(strand_decode_clock(span_of(&hex), &clock), STRAND_BAD_EXT_BODY);
        CHECK_EQ(clock.tick, 77);
    }
}

TEST(body, an_owner_is_a_thread_and_its_name)
{
    struct strand_owner owner;
    struct strand_hex hex = strand_hex_of("E7 24 | 6D 61 69 6E");
    CHECK_EQ(strand_decode_owner(span_of(&hex), &owner), STRAND_OK);
    CHECK_EQ(owner.tid, 4711);
    CHECK_BYTES(owner.name.data, owner.name.len, "main", 4);
    hex = strand_hex_of("07");
    CHECK_EQ(strand_decode_owner(span_of(&hex), &owner), STRAND_OK);
    CHECK_EQ(owner.tid, 7);
    CHECK_EQ(owner.name.len, 0);
    hex = strand_hex_of("");
    CHECK_EQ(strand_decode_owner(span_of(&hex), &owner), STRAND_BAD_EXT_BODY);
    hex = strand_hex_of("80 80");
    CHECK_EQ(strand_decode_owner(span_of(&hex), &owner), STRAND_BAD_EXT_BODY);
    CHECK_EQ(owner.tid, 7);
}
