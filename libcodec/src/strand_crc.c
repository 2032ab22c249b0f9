/* SPDX-License-Identifier: MIT
 *
 * strand_crc.c: CRC-32C, eight bytes at a time.
 *
 * A CRC is linear: the CRC of a byte is the exclusive or of the CRCs of its bits. So eight tables of 256 words, one
 * for each place that a byte has in a group of eight, follow from 64 words, one for each bit of the group; and these
 * are one sequence: the generator polynomial, and what each further division step makes of it.
 *
 *     group   p[0] … p[3]  p[4] … p[7]        bit i of p[7 - t] contributes word 8 t + 7 - i
 *     table     7  …   4     3  …   0
 */
#include "strand_block.h"
#include "strand_bytes.h"

// All exclusive ors of the words that are given; the last one is bit 0's.
#define STRAND_CRC_1(x, a) (x), (x) ^ (a)
#define STRAND_CRC_2(x, b, a) STRAND_CRC_1(x, a), STRAND_CRC_1((x) ^ (b), a)
#define STRAND_CRC_3(x, c, b, a) STRAND_CRC_2(x, b, a), STRAND_CRC_2((x) ^ (c), b, a)
#define STRAND_CRC_4(x, d, c, b, a) STRAND_CRC_3(x, c, b, a), STRAND_CRC_3((x) ^ (d), c, b, a)
#define STRAND_CRC_5(x, e, d, c, b, a) STRAND_CRC_4(x, d, c, b, a), STRAND_CRC_4((x) ^ (e), d, c, b, a)
#define STRAND_CRC_6(x, f, e, d, c, b, a) STRAND_CRC_5(x, e, d, c, b, a), STRAND_CRC_5((x) ^ (f), e, d, c, b, a)
#define STRAND_CRC_7(x, g, f, e, d, c, b, a)                                                                         \
    STRAND_CRC_6(x, f, e, d, c, b, a), STRAND_CRC_6((x) ^ (g), f, e, d, c, b, a)
#define STRAND_CRC_8(h, g, f, e, d, c, b, a)                                                                         \
    {                                                                                                                \
        STRAND_CRC_7(0u, g, f, e, d, c, b, a), STRAND_CRC_7((h), g, f, e, d, c, b, a)                                \
    }

static const uint32_t strand_crc_table[8][256] = {
    STRAND_CRC_8(0x82F63B78, 0x417B1DBC, 0x20BD8EDE, 0x105EC76F, 0x8AD958CF, 0xC79A971F, 0xE13B70F7, 0xF26B8303),
    STRAND_CRC_8(0xFBC3FAF9, 0xFF17C604, 0x7F8BE302, 0x3FC5F181, 0x9D14C3B8, 0x4E8A61DC, 0x274530EE, 0x13A29877),
    STRAND_CRC_8(0x8B277743, 0xC76580D9, 0xE144FB14, 0x70A27D8A, 0x38513EC5, 0x9EDEA41A, 0x4F6F520D, 0xA541927E),
    STRAND_CRC_8(0x52A0C93F, 0xABA65FE7, 0xD725148B, 0xE964B13D, 0xF64463E6, 0x7B2231F3, 0xBF672381, 0xDD45AAB8),
    STRAND_CRC_8(0x6EA2D55C, 0x37516AAE, 0x1BA8B557, 0x8F2261D3, 0xC5670B91, 0xE045BEB0, 0x7022DF58, 0x38116FAC),
    STRAND_CRC_8(0x1C08B7D6, 0x0E045BEB, 0x85F4168D, 0xC00C303E, 0x6006181F, 0xB2F53777, 0xDB8CA0C3, 0xEF306B19),
    STRAND_CRC_8(0xF56E0EF4, 0x7AB7077A, 0x3D5B83BD, 0x9C5BFAA6, 0x4E2DFD53, 0xA5E0C5D1, 0xD0065990, 0x68032CC8),
    STRAND_CRC_8(0x34019664, 0x1A00CB32, 0x0D006599, 0x847609B4, 0x423B04DA, 0x211D826D, 0x9278FA4E, 0x493C7D27),
};

// What the four bytes of a word contribute, by the four tables from `table` on.
static uint32_t strand_crc_word(const uint32_t table[4][256], uint32_t word)
{
    return table[3][word & 0xFF] ^ table[2][word >> 8 & 0xFF] ^ table[1][word >> 16 & 0xFF] ^ table[0][word >> 24];
}

uint32_t strand_crc32c(uint32_t crc, const uint8_t *bytes, size_t len)
{
    size_t off = 0;
    crc = ~crc;
    for (; len - off >= 8; off += 8) {
        crc = strand_crc_word(strand_crc_table + 4, crc ^ strand_load_u32(bytes + off)) ^
              strand_crc_word(strand_crc_table, strand_load_u32(bytes + off + 4));
    }
    for (; off < len; off++) {
        crc = strand_crc_table[0][(crc ^ bytes[off]) & 0xFF] ^ crc >> 8;
    }
    return ~crc;
}
