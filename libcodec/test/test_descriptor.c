/* SPDX-License-Identifier: MIT
 *
 * test_descriptor.c: a descriptor in memory, and what is made of its bytes.
 */
#include "strand_descriptor.h"
#include "strand_test.h"

// As the spec has it.
static const uint8_t magic[16] = {0xE7, 0x1B, 0x9C, 0x53, 0xD2, 0x06, 0xB5, 0x7E,
                                  0xA8, 0xF1, 0x44, 0x8D, 0x03, 0xCA, 0x69, 0xBE};
static const uint8_t session[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
static const uint8_t zeros[192];

static uint64_t address_of(const void *at)
{
    return (uint64_t)(uintptr_t)at;
}

static uint64_t word_at(const void *at, size_t off)
{
    uint64_t word;
    memcpy(&word, (const uint8_t *)at + off, sizeof word);
    return word;
}

TEST(descriptor, stands_in_memory_as_the_spec_says)
{
    struct strand_descriptor d;
    const uint8_t *bytes = (const uint8_t *)&d;
    memset(&d, 0xEE, sizeof d);
    strand_descriptor_init(&d, session, 4711);
    uint32_t head[2];
    memcpy(head, bytes + 16, sizeof head);
    CHECK_BYTES(bytes, 16, magic, 16);
    CHECK_EQ(head[0], 1);
    CHECK_EQ(head[1], 0x01020304);
    CHECK_EQ(word_at(&d, 24), address_of(&d));
    CHECK_BYTES(bytes + 32, 16, session, 16);
    CHECK_EQ(word_at(&d, 48), 4711);
    CHECK_EQ(word_at(&d, 56), 0);
    CHECK_BYTES(bytes + 64, sizeof d - 64, zeros, sizeof zeros);
}

TEST(descriptor, is_decoded_from_any_address)
{
    struct strand_descriptor d, got;
    uint8_t image[STRAND_DESCRIPTOR_LEN + 1];
    strand_descriptor_init(&d, session, 4711);
    d.first = 0x1122334455667788;
    memcpy(image + 1, &d, sizeof d);
    CHECK_EQ(strand_descriptor_decode(image + 1, &got), STRAND_OK);
    CHECK_BYTES(&got, sizeof got, &d, sizeof d);
}

TEST(descriptor, any_other_magic_is_none)
{
    struct strand_descriptor d, got;
    strand_descriptor_init(&d, session, 1);
    for (size_t bit = 0; bit < 8 * sizeof magic; bit++) {
        d.magic[bit / 8] ^= (uint8_t)(1u << bit % 8);
        CHECK_EQ(strand_descriptor_decode((const uint8_t *)&d, &got), STRAND_BAD_MAGIC);
        d.magic[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    CHECK_EQ(strand_descriptor_decode((const uint8_t *)&d, &got), STRAND_OK);
}

TEST(descriptor, other_versions_and_byte_orders_are_told)
{
    static const uint32_t versions[] = {0, 2, 0x01000000}, orders[] = {0x04030201, 0, 0x02010403};
    struct strand_descriptor d, got;
    for (size_t i = 0; i < 3; i++) {
        strand_descriptor_init(&d, session, 1);
        d.version = versions[i];
        CHECK_EQ(strand_descriptor_decode((const uint8_t *)&d, &got), STRAND_UNKNOWN_MAJOR);
        strand_descriptor_init(&d, session, 1);
        d.order = orders[i];
        CHECK_EQ(strand_descriptor_decode((const uint8_t *)&d, &got), STRAND_UNKNOWN_MAJOR);
    }
}

TEST(descriptor, lists_rings_newest_first)
{
    static uint8_t memory[3][64];
    struct strand_descriptor d;
    struct strand_descriptor_ring rings[3], got;
    strand_descriptor_init(&d, session, 1);
    for (size_t i = 0; i < 3; i++) {
        memset(&rings[i], 0xEE, sizeof rings[i]);
        strand_descriptor_add(&d, &rings[i], memory[i], 10 * i);
        CHECK_EQ(d.first, address_of(&rings[i]));
    }
    uint64_t own = d.first;
    for (size_t i = 3; i > 0; i--) {
        CHECK_EQ(own, address_of(&rings[i - 1]));
        CHECK(strand_descriptor_decode_ring((const uint8_t *)&rings[i - 1], own, &got));
        CHECK_EQ(got.address, address_of(memory[i - 1]));
        CHECK_EQ(got.len, 10 * (i - 1));
        own = got.next;
    }
    CHECK_EQ(own, 0);
}

TEST(descriptor, a_ring_stands_in_memory_as_the_spec_says)
{
    static uint8_t memory[64];
    struct strand_descriptor d;
    struct strand_descriptor_ring ring;
    strand_descriptor_init(&d, session, 1);
    d.first = 0x7777;
    strand_descriptor_add(&d, &ring, memory, sizeof memory);
    CHECK_EQ(word_at(&ring, 0), 0x7777);
    CHECK_EQ(word_at(&ring, 8), address_of(memory));
    CHECK_EQ(word_at(&ring, 16), sizeof memory);
    CHECK_EQ(word_at(&ring, 24), address_of(memory) ^ sizeof memory ^ address_of(&ring) ^ 0x97EC71A9CE58FA15u);
}

TEST(descriptor, what_is_no_ring_is_told)
{
    static uint8_t memory[64];
    struct strand_descriptor d;
    struct strand_descriptor_ring ring, got;
    strand_descriptor_init(&d, session, 1);
    strand_descriptor_add(&d, &ring, memory, sizeof memory);
    const uint64_t own = address_of(&ring);
    uint8_t *bytes = (uint8_t *)&ring;
    for (size_t bit = 0; bit < 8 * sizeof ring; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        CHECK_EQ(strand_descriptor_decode_ring(bytes, own, &got), bit < 64); // `next` isn't checked
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    CHECK(strand_descriptor_decode_ring(bytes, own, &got));
    CHECK(!strand_descriptor_decode_ring(bytes, own + 32, &got));
    CHECK(!strand_descriptor_decode_ring(zeros, own, &got));
}

TEST(descriptor, starts_again_without_rings)
{
    static uint8_t memory[64];
    struct strand_descriptor d, got;
    struct strand_descriptor_ring ring;
    static const uint8_t other[16] = {9};
    strand_descriptor_init(&d, session, 1);
    strand_descriptor_add(&d, &ring, memory, sizeof memory);
    strand_descriptor_init(&d, other, 2);
    CHECK_EQ(strand_descriptor_decode((const uint8_t *)&d, &got), STRAND_OK);
    CHECK_EQ(got.first, 0);
    CHECK_EQ(got.pid, 2);
    CHECK_BYTES(got.session, 16, other, 16);
}
