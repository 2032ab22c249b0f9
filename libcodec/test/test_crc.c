/* SPDX-License-Identifier: MIT
 *
 * test_crc.c: CRC-32C against published values and against the definition, bit by bit.
 */
#include "strand_block.h"
#include "strand_test.h"

// Bit by bit, low bit first, by the reflected polynomial 0x82F63B78.
static uint32_t model_crc(const uint8_t *bytes, size_t len)
{
    uint32_t crc = 0xFFFFFFFFu;
    for (size_t i = 0; i < len; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (crc % 2 == 1 ? 0x82F63B78u : 0);
        }
    }
    return ~crc;
}

static void fill(uint8_t *bytes, size_t len, uint64_t seed)
{
    for (size_t i = 0; i < len; i++) {
        bytes[i] = (uint8_t)strand_test_random(&seed);
    }
}

TEST(crc, published_values)
{
    uint8_t bytes[32];
    CHECK_EQ(strand_crc32c(0, (const uint8_t *)"123456789", 9), 0xE3069283u);
    CHECK_EQ(strand_crc32c(0, bytes, 0), 0);
    memset(bytes, 0, sizeof bytes);
    CHECK_EQ(strand_crc32c(0, bytes, sizeof bytes), 0x8A9136AAu);
    memset(bytes, 0xFF, sizeof bytes);
    CHECK_EQ(strand_crc32c(0, bytes, sizeof bytes), 0x62A8AB43u);
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)i;
    }
    CHECK_EQ(strand_crc32c(0, bytes, sizeof bytes), 0x46DD794Eu);
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)(31 - i);
    }
    CHECK_EQ(strand_crc32c(0, bytes, sizeof bytes), 0x113FDB5Cu);
}

TEST(crc, every_length_and_alignment_is_as_the_definition_says)
{
    uint8_t bytes[96];
    fill(bytes, sizeof bytes, 1);
    for (size_t from = 0; from < 16; from++) {
        for (size_t len = 0; len <= sizeof bytes - from; len++) {
            CHECK_EQ(strand_crc32c(0, bytes + from, len), model_crc(bytes + from, len));
        }
    }
}

TEST(crc, every_byte_in_every_place_of_a_group)
{
    uint8_t bytes[8];
    for (size_t place = 0; place < 8; place++) {
        for (unsigned value = 0; value < 256; value++) {
            memset(bytes, 0, sizeof bytes);
            bytes[place] = (uint8_t)value;
            CHECK_EQ(strand_crc32c(0, bytes, sizeof bytes), model_crc(bytes, sizeof bytes));
        }
    }
}

TEST(crc, it_does_not_matter_where_the_bytes_are_split)
{
    uint8_t bytes[67];
    fill(bytes, sizeof bytes, 2);
    const uint32_t whole = strand_crc32c(0, bytes, sizeof bytes);
    for (size_t a = 0; a <= sizeof bytes; a++) {
        for (size_t b = a; b <= sizeof bytes; b++) {
            uint32_t crc = strand_crc32c(0, bytes, a);
            crc = strand_crc32c(crc, bytes + a, b - a);
            CHECK_EQ(strand_crc32c(crc, bytes + b, sizeof bytes - b), whole);
        }
    }
}
