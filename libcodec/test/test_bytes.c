/* SPDX-License-Identifier: MIT
 *
 * test_bytes.c: each leaf of strand_bytes.h against its arithmetic twin, which is what the proofs are about.
 *
 * The header is included twice: as programs see it, and as Frama-C sees it, with twin_ in front of the names.
 */
#include "strand_bytes.h"

#undef STRAND_BYTES_H
#define __FRAMAC__
#define strand_load_u16 twin_load_u16
#define strand_load_u32 twin_load_u32
#define strand_load_u64 twin_load_u64
#define strand_store_u16 twin_store_u16
#define strand_store_u32 twin_store_u32
#define strand_store_u64 twin_store_u64
#define strand_copy twin_copy
#define strand_bytes_of twin_bytes_of
#define strand_f32_bits twin_f32_bits
#define strand_f64_bits twin_f64_bits
#define strand_i32_of twin_i32_of
#define strand_i64_of twin_i64_of
#define strand_u32_of twin_u32_of
#define strand_u64_of twin_u64_of
#define strand_add_wrap twin_add_wrap
#define strand_sub_wrap twin_sub_wrap
#include "strand_bytes.h"
#undef __FRAMAC__
#undef strand_load_u16
#undef strand_load_u32
#undef strand_load_u64
#undef strand_store_u16
#undef strand_store_u32
#undef strand_store_u64
#undef strand_copy
#undef strand_bytes_of
#undef strand_f32_bits
#undef strand_f64_bits
#undef strand_i32_of
#undef strand_i64_of
#undef strand_u32_of
#undef strand_u64_of
#undef strand_add_wrap
#undef strand_sub_wrap

#include "strand_hex.h"

#define RANDOM_CASES 100000

// Loads and stores of all widths at bytes[0 … 8), leaf against twin, and the bytes beside them.
static void check_words(const uint8_t bytes[8])
{
    CHECK_EQ(strand_load_u16(bytes), twin_load_u16(bytes));
    CHECK_EQ(strand_load_u32(bytes), twin_load_u32(bytes));
    CHECK_EQ(strand_load_u64(bytes), twin_load_u64(bytes));
    const uint64_t v = strand_load_u64(bytes);
    uint8_t leaf[12], twin[12];
    memset(leaf, 0xEE, sizeof leaf);
    memset(twin, 0xEE, sizeof twin);
    strand_store_u16(leaf + 1, (uint16_t)v);
    twin_store_u16(twin + 1, (uint16_t)v);
    CHECK_BYTES(leaf, sizeof leaf, twin, sizeof twin);
    CHECK_BYTES(leaf + 1, 2, bytes, 2);
    strand_store_u32(leaf + 1, (uint32_t)v);
    twin_store_u32(twin + 1, (uint32_t)v);
    CHECK_BYTES(leaf, sizeof leaf, twin, sizeof twin);
    CHECK_BYTES(leaf + 1, 4, bytes, 4);
    strand_store_u64(leaf + 1, v);
    twin_store_u64(twin + 1, v);
    CHECK_BYTES(leaf, sizeof leaf, twin, sizeof twin);
    CHECK_BYTES(leaf + 1, 8, bytes, 8);
}

TEST(bytes, words_are_little_endian)
{
    const uint8_t bytes[] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x88};
    CHECK_EQ(strand_load_u16(bytes), 0x0201);
    CHECK_EQ(strand_load_u32(bytes), 0x04030201);
    CHECK_EQ(strand_load_u64(bytes), 0x8807060504030201u);
    uint8_t to[8];
    strand_store_u16(to, 0xF1E2);
    CHECK_HEX(to, 2, "E2 F1");
    strand_store_u32(to, 0xF1E2D3C4u);
    CHECK_HEX(to, 4, "C4 D3 E2 F1");
    strand_store_u64(to, 0xF1E2D3C4B5A69788u);
    CHECK_HEX(to, 8, "88 97 A6 B5 C4 D3 E2 F1");
}

TEST(bytes, words_agree_in_every_byte_lane)
{
    const uint8_t others[] = {0x00, 0x5A, 0xFF};
    for (size_t lane = 0; lane < 8; lane++) {
        for (unsigned value = 0; value < 256; value++) {
            for (size_t i = 0; i < sizeof others; i++) {
                uint8_t bytes[8];
                memset(bytes, others[i], sizeof bytes);
                bytes[lane] = (uint8_t)value;
                check_words(bytes);
            }
        }
    }
}

TEST(bytes, all_u16_agree)
{
    for (unsigned v = 0; v < 65536; v++) {
        const uint8_t bytes[8] = {(uint8_t)(v % 256), (uint8_t)(v / 256), 0, 0, 0, 0, 0, 0};
        check_words(bytes);
        CHECK_EQ(strand_load_u16(bytes), v);
    }
}

TEST(bytes, random_words_agree)
{
    uint64_t seed = 1;
    for (int i = 0; i < RANDOM_CASES; i++) {
        const uint64_t v = strand_test_random(&seed);
        uint8_t bytes[8];
        memcpy(bytes, &v, sizeof bytes);
        check_words(bytes);
    }
}

TEST(bytes, copies_agree_at_every_length_and_alignment)
{
    uint8_t from[80], leaf[80], twin[80];
    for (size_t i = 0; i < sizeof from; i++) {
        from[i] = (uint8_t)(i + 1);
    }
    for (size_t at = 0; at < 8; at++) {
        for (size_t len = 0; len <= 64; len++) {
            memset(leaf, 0xEE, sizeof leaf);
            memset(twin, 0xEE, sizeof twin);
            strand_copy(leaf + at, from + (at * 3) % 8, len);
            twin_copy(twin + at, from + (at * 3) % 8, len);
            CHECK_BYTES(leaf, sizeof leaf, twin, sizeof twin);
            CHECK_BYTES(leaf + at, len, from + (at * 3) % 8, len);
        }
    }
    strand_copy(NULL, NULL, 0);
    twin_copy(NULL, NULL, 0);
}

static void check_signs(uint64_t v)
{
    const uint32_t narrow = (uint32_t)(v >> 16);
    CHECK_EQ(strand_i64_of(v), twin_i64_of(v));
    CHECK_EQ(strand_u64_of(strand_i64_of(v)), v);
    CHECK_EQ(twin_u64_of(strand_i64_of(v)), v);
    CHECK_EQ(strand_i32_of(narrow), twin_i32_of(narrow));
    CHECK_EQ(strand_u32_of(strand_i32_of(narrow)), narrow);
    CHECK_EQ(twin_u32_of(strand_i32_of(narrow)), narrow);
}

// Values around the edges of all widths.
static const uint64_t edges[] = {0,
                                 1,
                                 2,
                                 0x7F,
                                 0x80,
                                 0xFFFF,
                                 0x10000,
                                 0x7FFFFFFFu,
                                 0x80000000u,
                                 0x80000001u,
                                 0xFFFFFFFFu,
                                 0x100000000u,
                                 0x7FFFFFFF0000u,
                                 0x800000000000u,
                                 0x800000010000u,
                                 0xFFFFFFFF0000u,
                                 0x7FFFFFFFFFFFFFFEu,
                                 0x7FFFFFFFFFFFFFFFu,
                                 0x8000000000000000u,
                                 0x8000000000000001u,
                                 0xFFFFFFFFFFFFFFFEu,
                                 0xFFFFFFFFFFFFFFFFu};
#define EDGE_COUNT (sizeof edges / sizeof edges[0])

TEST(bytes, signed_and_unsigned_agree)
{
    CHECK_EQ(strand_i32_of(0x80000000u), INT32_MIN);
    CHECK_EQ(strand_i32_of(0xFFFFFFFFu), -1);
    CHECK_EQ(strand_i64_of(0x8000000000000000u), INT64_MIN);
    CHECK_EQ(strand_i64_of(UINT64_MAX), -1);
    uint64_t seed = 2;
    for (size_t i = 0; i < EDGE_COUNT; i++) {
        check_signs(edges[i]);
    }
    for (int i = 0; i < RANDOM_CASES; i++) {
        check_signs(strand_test_random(&seed));
    }
}

static void check_sums(uint64_t a, uint64_t b)
{
    CHECK_EQ(strand_add_wrap(a, b), twin_add_wrap(a, b));
    CHECK_EQ(strand_sub_wrap(a, b), twin_sub_wrap(a, b));
    CHECK_EQ(strand_add_wrap(a, b), a + b);
    CHECK_EQ(strand_sub_wrap(a, b), a - b);
}

TEST(bytes, sums_wrap_alike)
{
    CHECK_EQ(strand_add_wrap(UINT64_MAX, 1), 0);
    CHECK_EQ(strand_sub_wrap(0, 1), UINT64_MAX);
    uint64_t seed = 3;
    for (size_t i = 0; i < EDGE_COUNT; i++) {
        for (size_t k = 0; k < EDGE_COUNT; k++) {
            check_sums(edges[i], edges[k]);
        }
    }
    for (int i = 0; i < RANDOM_CASES; i++) {
        const uint64_t a = strand_test_random(&seed);
        check_sums(a, strand_test_random(&seed) >> (i % 64));
    }
}

TEST(bytes, floats_show_their_bits)
{
    CHECK_EQ(strand_f32_bits(1.5f), 0x3FC00000u);
    CHECK_EQ(strand_f32_bits(-0.0f), 0x80000000u);
    CHECK_EQ(strand_f64_bits(1.5), 0x3FF8000000000000u);
    CHECK_EQ(strand_f64_bits(-0.0), 0x8000000000000000u);
    uint64_t seed = 4;
    for (int i = 0; i < RANDOM_CASES; i++) {
        // Not through a NaN, whose bits may change on the way.
        const uint64_t bits = strand_test_random(&seed) & 0xBFFFFFFFBFFFFFFFu;
        double wide;
        float narrow;
        const uint32_t narrow_bits = (uint32_t)bits;
        memcpy(&wide, &bits, sizeof wide);
        memcpy(&narrow, &narrow_bits, sizeof narrow);
        CHECK_EQ(strand_f64_bits(wide), bits);
        CHECK_EQ(strand_f32_bits(narrow), narrow_bits);
    }
}

TEST(bytes, bytes_of_a_string_are_the_string)
{
    const char *text = "strand";
    CHECK((const void *)strand_bytes_of(text, 6) == (const void *)text);
    CHECK(strand_bytes_of(NULL, 0) == NULL);
}
