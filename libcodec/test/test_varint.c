/* SPDX-License-Identifier: MIT
 *
 * test_varint.c: integers of 1 to 10 bytes, at every boundary, and against a model that adds up bit by bit.
 */
#include "strand_hex.h"
#include "strand_varint.h"

#define UNTOUCHED_VALUE 0x5A5A5A5A5A5A5A5Au
#define UNTOUCHED_LEN 77u

struct answer {
    enum strand_status status;
    uint64_t value;
    size_t len;
};

static struct answer decode(const uint8_t *bytes, size_t len)
{
    struct answer a = {STRAND_OK, UNTOUCHED_VALUE, UNTOUCHED_LEN};
    a.status = strand_uvarint_decode(bytes, len, &a.value, &a.len);
    if (a.status != STRAND_OK) {
        CHECK_EQ(a.value, UNTOUCHED_VALUE);
        CHECK_EQ(a.len, UNTOUCHED_LEN);
    }
    return a;
}

// Bit by bit: bit k of byte i is bit 7 i + k of the value.
static struct answer model_decode(const uint8_t *bytes, size_t len)
{
    struct answer a = {STRAND_OK, 0, 0};
    while (a.len < 10) {
        if (a.len == len) {
            a.status = STRAND_FIELD_PAST_END;
            return a;
        }
        a.len++;
        if (bytes[a.len - 1] < 0x80) {
            break;
        }
        if (a.len == 10) {
            a.status = STRAND_VARINT_LONG;
            return a;
        }
    }
    for (size_t bit = 0; bit < a.len * 7; bit++) {
        const bool set = (bytes[bit / 7] >> (bit % 7) & 1) != 0;
        if (set && bit >= 64) {
            a.status = STRAND_VARINT_RANGE;
            return a;
        }
        a.value |= set ? (uint64_t)1 << bit : 0;
    }
    return a;
}

static void check_against_model(const uint8_t *bytes, size_t len)
{
    const struct answer got = decode(bytes, len);
    const struct answer want = model_decode(bytes, len);
    CHECK_EQ(got.status, want.status);
    if (want.status == STRAND_OK) {
        CHECK_EQ(got.value, want.value);
        CHECK_EQ(got.len, want.len);
    }
}

// Encodes, decodes, and looks at everything that can be seen from outside.
static void check_round_trip(uint64_t v, size_t want_len)
{
    uint8_t bytes[12];
    memset(bytes, 0xEE, sizeof bytes);
    CHECK_EQ(strand_uvarint_encode(bytes, v), want_len);
    CHECK_EQ(strand_uvarint_len(v), want_len);
    CHECK_EQ(bytes[10], 0xEE);
    CHECK_EQ(bytes[11], 0xEE);
    CHECK(want_len == 1 || bytes[want_len - 1] != 0);
    const struct answer a = decode(bytes, want_len);
    CHECK_EQ(a.status, STRAND_OK);
    CHECK_EQ(a.value, v);
    CHECK_EQ(a.len, want_len);
    for (size_t cut = 0; cut < want_len; cut++) {
        CHECK_EQ(decode(bytes, cut).status, STRAND_FIELD_PAST_END);
    }
    check_against_model(bytes, sizeof bytes);
}

static void check_form(uint64_t v, const char *want)
{
    uint8_t bytes[STRAND_VARINT_MAX];
    CHECK_HEX(bytes, strand_uvarint_encode(bytes, v), want);
}

TEST(varint, shortest_forms)
{
    check_form(0, "00");
    check_form(1, "01");
    check_form(127, "7F");
    check_form(128, "80 01");
    check_form(300, "AC 02");
    check_form(16383, "FF 7F");
    check_form(16384, "80 80 01");
    check_form(2097151, "FF FF 7F");
    check_form(0xFFFFFFFFu, "FF FF FF FF 0F");
    check_form(0x7FFFFFFFFFFFFFFFu, "FF FF FF FF FF FF FF FF 7F");
    check_form(0x8000000000000000u, "80 80 80 80 80 80 80 80 80 01");
    check_form(UINT64_MAX, "FF FF FF FF FF FF FF FF FF 01");
}

TEST(varint, lengths_change_at_powers_of_128)
{
    check_round_trip(0, 1);
    for (size_t len = 1; len <= 9; len++) {
        const uint64_t first_longer = (uint64_t)1 << (7 * len);
        check_round_trip(first_longer - 1, len);
        check_round_trip(first_longer, len + 1);
        check_round_trip(first_longer + 1, len + 1);
    }
    check_round_trip(UINT64_MAX - 1, 10);
    check_round_trip(UINT64_MAX, 10);
}

TEST(varint, padded_forms_are_read)
{
    const uint64_t values[] = {0, 1, 127, 128, 16384, 0xFFFFFFFFu, ((uint64_t)1 << 62) - 1};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        uint8_t bytes[STRAND_VARINT_MAX];
        const size_t shortest = strand_uvarint_encode(bytes, values[i]);
        for (size_t len = shortest + 1; len <= STRAND_VARINT_MAX; len++) {
            bytes[len - 2] |= 0x80;
            bytes[len - 1] = 0;
            const struct answer a = decode(bytes, len);
            CHECK_EQ(a.status, STRAND_OK);
            CHECK_EQ(a.value, values[i]);
            CHECK_EQ(a.len, len);
        }
    }
}

TEST(varint, more_than_ten_bytes_is_too_long)
{
    uint8_t bytes[16];
    memset(bytes, 0x80, sizeof bytes);
    for (size_t len = 0; len < 10; len++) {
        CHECK_EQ(decode(bytes, len).status, STRAND_FIELD_PAST_END);
    }
    for (size_t len = 10; len <= sizeof bytes; len++) {
        CHECK_EQ(decode(bytes, len).status, STRAND_VARINT_LONG);
    }
    bytes[10] = 0;
    CHECK_EQ(decode(bytes, 11).status, STRAND_VARINT_LONG);
    CHECK_EQ(decode(NULL, 0).status, STRAND_FIELD_PAST_END);
}

TEST(varint, two_to_the_64_is_out_of_range)
{
    uint8_t bytes[STRAND_VARINT_MAX];
    for (int low = 0; low < 2; low++) {
        memset(bytes, low == 0 ? 0x80 : 0xFF, sizeof bytes);
        for (unsigned last = 0; last < 128; last++) {
            bytes[9] = (uint8_t)last;
            const struct answer a = decode(bytes, sizeof bytes);
            CHECK_EQ(a.status, last < 2 ? STRAND_OK : STRAND_VARINT_RANGE);
            if (last < 2) {
                CHECK_EQ(a.value, ((uint64_t)last << 63) + (low == 0 ? 0 : 0x7FFFFFFFFFFFFFFFu));
            }
        }
    }
}

TEST(varint, bytes_behind_it_do_not_matter)
{
    const uint8_t bytes[] = {0xAC, 0x02, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
    for (size_t len = 2; len <= sizeof bytes; len++) {
        const struct answer a = decode(bytes, len);
        CHECK_EQ(a.status, STRAND_OK);
        CHECK_EQ(a.value, 300);
        CHECK_EQ(a.len, 2);
    }
}

TEST(varint, all_inputs_of_up_to_two_bytes)
{
    for (unsigned first = 0; first < 256; first++) {
        for (unsigned second = 0; second < 256; second++) {
            const uint8_t bytes[2] = {(uint8_t)first, (uint8_t)second};
            check_against_model(bytes, 1);
            check_against_model(bytes, 2);
        }
    }
}

TEST(varint, random_inputs_agree_with_the_model)
{
    uint64_t seed = 1;
    for (int i = 0; i < 300000; i++) {
        uint8_t bytes[12];
        const uint64_t shape = strand_test_random(&seed);
        for (size_t k = 0; k < sizeof bytes; k++) {
            bytes[k] = (uint8_t)(strand_test_random(&seed) >> 56);
            // Mostly long ones, many with the tenth byte near the limit.
            bytes[k] = (shape >> k & 3) != 0 ? bytes[k] | 0x80 : bytes[k];
        }
        bytes[9] = (shape >> 32 & 1) != 0 ? bytes[9] & 3 : bytes[9];
        check_against_model(bytes, (size_t)(shape >> 40) % (sizeof bytes + 1));
    }
}

TEST(varint, random_values_come_back)
{
    uint64_t seed = 2;
    for (int i = 0; i < 300000; i++) {
        const uint64_t v = strand_test_random(&seed) >> (strand_test_random(&seed) % 64);
        size_t len = 1;
        for (uint64_t rest = v >> 7; rest != 0; rest >>= 7) {
            len++;
        }
        check_round_trip(v, len);
    }
}

TEST(varint, zigzag_counts_to_and_fro)
{
    const int64_t values[] = {0, -1, 1, -2, 2, -3, 3};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        CHECK_EQ(strand_zigzag_encode(values[i]), i);
        CHECK_EQ(strand_zigzag_decode(i), values[i]);
    }
}

TEST(varint, zigzag_reaches_the_extremes)
{
    CHECK_EQ(strand_zigzag_encode(INT64_MAX), UINT64_MAX - 1);
    CHECK_EQ(strand_zigzag_encode(INT64_MIN), UINT64_MAX);
    CHECK_EQ(strand_zigzag_decode(UINT64_MAX - 1), INT64_MAX);
    CHECK_EQ(strand_zigzag_decode(UINT64_MAX), INT64_MIN);
    CHECK_EQ(strand_zigzag_encode(INT64_MIN + 1), UINT64_MAX - 2);
    CHECK_EQ(strand_zigzag_encode(INT32_MIN), 0xFFFFFFFFu);
}

TEST(varint, zigzag_is_the_formula_of_the_format)
{
    uint64_t seed = 3;
    for (int i = 0; i < 100000; i++) {
        const uint64_t bits = strand_test_random(&seed) >> (strand_test_random(&seed) % 64);
        const int64_t v = i % 2 == 0 ? (int64_t)bits : (int64_t)~bits;
        const uint64_t want = v < 0 ? (uint64_t)~v << 1 | 1 : (uint64_t)v << 1;
        CHECK_EQ(strand_zigzag_encode(v), want);
        CHECK_EQ(strand_zigzag_decode(want), v);
    }
}
