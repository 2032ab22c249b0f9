/* SPDX-License-Identifier: MIT
 *
 * strand_bytes.h: bytes ↔ little-endian words, and copies. The leaves of the codec: whatever is written with shifts,
 * casts or builtins for speed stands here, each beside an arithmetic twin that Frama-C proves in its place
 * (__FRAMAC__). test_bytes.c checks that both agree. Public because STRAND_LOG is inline; not for use by name.
 */
#ifndef STRAND_BYTES_H
#define STRAND_BYTES_H

#include "strand_base.h"

#ifdef __FRAMAC__

/*@ // The little-endian words at p.
    logic integer strand_le16{L}(uint8_t *p) = p[0] + 0x100 * p[1];
    logic integer strand_le32{L}(uint8_t *p) = p[0] + 0x100 * p[1] + 0x10000 * p[2] + 0x1000000 * p[3];
    logic integer strand_le64{L}(uint8_t *p) = strand_le32(p) + 0x100000000 * strand_le32(p + 4);

    // A sum or difference of two words, modulo 2^64.
    logic integer strand_wrapped(integer v) =
        v < 0 ? v + 0x10000000000000000 : v < 0x10000000000000000 ? v : v - 0x10000000000000000;
*/

/*@ requires \valid_read(p + (0 .. 1));
    assigns \nothing;
    ensures \result == strand_le16(p); */
static inline uint16_t strand_load_u16(const uint8_t *p)
{
    return (uint16_t)((uint32_t)p[0] + 0x100u * (uint32_t)p[1]);
}

/*@ requires \valid_read(p + (0 .. 3));
    assigns \nothing;
    ensures \result == strand_le32(p); */
static inline uint32_t strand_load_u32(const uint8_t *p)
{
    return (uint32_t)p[0] + 0x100u * (uint32_t)p[1] + 0x10000u * (uint32_t)p[2] + 0x1000000u * (uint32_t)p[3];
}

/*@ requires \valid_read(p + (0 .. 7));
    assigns \nothing;
    ensures \result == strand_le64(p); */
static inline uint64_t strand_load_u64(const uint8_t *p)
{
    return (uint64_t)strand_load_u32(p) + 0x100000000u * (uint64_t)strand_load_u32(p + 4);
}

/*@ requires \valid(p + (0 .. 1));
    assigns p[0 .. 1];
    ensures strand_le16(p) == v; */
static inline void strand_store_u16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)(v % 0x100u);
    p[1] = (uint8_t)(v / 0x100u);
}

/*@ requires \valid(p + (0 .. 3));
    assigns p[0 .. 3];
    ensures strand_le32(p) == v; */
static inline void strand_store_u32(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v % 0x100u);
    p[1] = (uint8_t)(v / 0x100u % 0x100u);
    p[2] = (uint8_t)(v / 0x10000u % 0x100u);
    p[3] = (uint8_t)(v / 0x1000000u);
}

/*@ requires \valid(p + (0 .. 7));
    assigns p[0 .. 7];
    ensures strand_le64(p) == v; */
static inline void strand_store_u64(uint8_t *p, uint64_t v)
{
    strand_store_u32(p, (uint32_t)(v % 0x100000000u));
    strand_store_u32(p + 4, (uint32_t)(v / 0x100000000u));
}

/*@ requires \valid(to + (0 .. n - 1)) && \valid_read(from + (0 .. n - 1));
    requires \separated(to + (0 .. n - 1), from + (0 .. n - 1));
    assigns to[0 .. n - 1];
    ensures \forall integer k; 0 <= k < n ==> to[k] == from[k]; */
static inline void strand_copy(uint8_t *to, const uint8_t *from, size_t n)
{
    /*@ loop invariant 0 <= i <= n;
        loop invariant \forall integer k; 0 <= k < i ==> to[k] == from[k];
        loop assigns i, to[0 .. n - 1];
        loop variant n - i; */
    for (size_t i = 0; i < n; i++) {
        to[i] = from[i];
    }
}

// Trusted: what C says of these three can't be stated in WP's memory model, so they stand here without a body.

/*@ assigns \result \from s;
    ensures \base_addr(\result) == \base_addr(s) && \offset(\result) == \offset(s);
    ensures \valid_read(s + (0 .. len - 1)) ==> \valid_read(\result + (0 .. len - 1)); */
const uint8_t *strand_bytes_of(const char *s, size_t len);

/*@ assigns \nothing; */
uint32_t strand_f32_bits(float v);

/*@ assigns \nothing; */
uint64_t strand_f64_bits(double v);

/*@ assigns \nothing;
    ensures v < 0x80000000 ==> \result == v;
    ensures v >= 0x80000000 ==> \result == v - 0x100000000; */
static inline int32_t strand_i32_of(uint32_t v)
{
    return v < 0x80000000u ? (int32_t)v : -(int32_t)(0xFFFFFFFFu - v) - 1;
}

/*@ assigns \nothing;
    ensures v < 0x8000000000000000 ==> \result == v;
    ensures v >= 0x8000000000000000 ==> \result == v - 0x10000000000000000; */
static inline int64_t strand_i64_of(uint64_t v)
{
    return v < 0x8000000000000000u ? (int64_t)v : -(int64_t)(0xFFFFFFFFFFFFFFFFu - v) - 1;
}

/*@ assigns \nothing;
    ensures v >= 0 ==> \result == v;
    ensures v < 0 ==> \result == v + 0x100000000; */
static inline uint32_t strand_u32_of(int32_t v)
{
    return v >= 0 ? (uint32_t)v : 0xFFFFFFFFu - (uint32_t)(-(v + 1));
}

/*@ assigns \nothing;
    ensures v >= 0 ==> \result == v;
    ensures v < 0 ==> \result == v + 0x10000000000000000; */
static inline uint64_t strand_u64_of(int64_t v)
{
    return v >= 0 ? (uint64_t)v : 0xFFFFFFFFFFFFFFFFu - (uint64_t)(-(v + 1));
}

/*@ assigns \nothing;
    ensures \result == strand_wrapped(a + b); */
static inline uint64_t strand_add_wrap(uint64_t a, uint64_t b)
{
    return b <= 0xFFFFFFFFFFFFFFFFu - a ? a + b : a - (0xFFFFFFFFFFFFFFFFu - b) - 1u;
}

/*@ assigns \nothing;
    ensures \result == strand_wrapped(a - b); */
static inline uint64_t strand_sub_wrap(uint64_t a, uint64_t b)
{
    return a >= b ? a - b : 0xFFFFFFFFFFFFFFFFu - b + a + 1u;
}

#else

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define STRAND_LE16(v) __builtin_bswap16(v)
#define STRAND_LE32(v) __builtin_bswap32(v)
#define STRAND_LE64(v) __builtin_bswap64(v)
#else
#define STRAND_LE16(v) (v)
#define STRAND_LE32(v) (v)
#define STRAND_LE64(v) (v)
#endif

static inline uint16_t strand_load_u16(const uint8_t *p)
{
    uint16_t v;
    __builtin_memcpy(&v, p, sizeof v);
    return STRAND_LE16(v);
}

static inline uint32_t strand_load_u32(const uint8_t *p)
{
    uint32_t v;
    __builtin_memcpy(&v, p, sizeof v);
    return STRAND_LE32(v);
}

static inline uint64_t strand_load_u64(const uint8_t *p)
{
    uint64_t v;
    __builtin_memcpy(&v, p, sizeof v);
    return STRAND_LE64(v);
}

static inline void strand_store_u16(uint8_t *p, uint16_t v)
{
    v = STRAND_LE16(v);
    __builtin_memcpy(p, &v, sizeof v);
}

static inline void strand_store_u32(uint8_t *p, uint32_t v)
{
    v = STRAND_LE32(v);
    __builtin_memcpy(p, &v, sizeof v);
}

static inline void strand_store_u64(uint8_t *p, uint64_t v)
{
    v = STRAND_LE64(v);
    __builtin_memcpy(p, &v, sizeof v);
}

static inline void strand_copy(uint8_t *to, const uint8_t *from, size_t n)
{
    if (n > 0) {
        __builtin_memcpy(to, from, n);
    }
}

static inline const uint8_t *strand_bytes_of(const char *s, size_t len)
{
    (void)len;
    return (const uint8_t *)s;
}

static inline uint32_t strand_f32_bits(float v)
{
    uint32_t bits;
    __builtin_memcpy(&bits, &v, sizeof bits);
    return bits;
}

static inline uint64_t strand_f64_bits(double v)
{
    uint64_t bits;
    __builtin_memcpy(&bits, &v, sizeof bits);
    return bits;
}

static inline int32_t strand_i32_of(uint32_t v)
{
    return (int32_t)v;
}

static inline int64_t strand_i64_of(uint64_t v)
{
    return (int64_t)v;
}

static inline uint32_t strand_u32_of(int32_t v)
{
    return (uint32_t)v;
}

static inline uint64_t strand_u64_of(int64_t v)
{
    return (uint64_t)v;
}

static inline uint64_t strand_add_wrap(uint64_t a, uint64_t b)
{
    return a + b;
}

static inline uint64_t strand_sub_wrap(uint64_t a, uint64_t b)
{
    return a - b;
}

// Varints in one store: groups of 7 bits are spread to a byte each, then all bytes but the last get their bit 7.
//
//     300 = 0000010 0101100   spread   02 2C   continued   02 AC   stored   AC 02

#define STRAND_GROUPS_END (UINT64_C(1) << 56) // values below it have at most 8 groups

#ifdef __BMI2__

static inline uint64_t strand_spread_56(uint64_t v)
{
    return __builtin_ia32_pdep_di(v, 0x7F7F7F7F7F7F7F7F);
}

// At byte 1: behind a type. v < 2^49, v < 2^35.
static inline uint64_t strand_spread_49_at_1(uint64_t v)
{
    return __builtin_ia32_pdep_di(v, 0x7F7F7F7F7F7F7F00);
}

static inline uint64_t strand_spread_35_at_1(uint64_t v)
{
    return __builtin_ia32_pdep_di(v, 0x7F7F7F7F7F00);
}

// At byte 2: where a record's tick stands.
static inline uint64_t strand_spread_21_at_2(uint64_t v)
{
    return __builtin_ia32_pdep_di(v, 0x7F7F7F0000);
}

#else

static inline uint64_t strand_spread_56(uint64_t v)
{
    v = (v & 0x000000000FFFFFFF) | (v & 0x00FFFFFFF0000000) << 4;
    v = (v & 0x00003FFF00003FFF) | (v & 0x0FFFC0000FFFC000) << 2;
    return (v & 0x007F007F007F007F) | (v & 0x3F803F803F803F80) << 1;
}

static inline uint64_t strand_spread_49_at_1(uint64_t v)
{
    return strand_spread_56(v) << 8;
}

static inline uint64_t strand_spread_35_at_1(uint64_t v)
{
    return (v << 8 & 0x7F00) | (v << 9 & 0x7F0000) | (v << 10 & 0x7F000000) | (v << 11 & 0x7F00000000) |
           (v << 12 & 0x7F0000000000);
}

static inline uint64_t strand_spread_21_at_2(uint64_t v)
{
    return (v << 16 & 0x7F0000) | (v << 17 & 0x7F000000) | (v << 18 & 0x7F00000000);
}

#endif

// Eight times the number of the last byte that isn't zero.
static inline unsigned strand_last_byte_bits(uint64_t word)
{
    return ~(unsigned)__builtin_clzll(word) & 56u;
}

static inline uint64_t strand_continued(uint64_t groups)
{
    const uint64_t below = (UINT64_C(1) << strand_last_byte_bits(groups | 1)) - 1;
    return groups | (0x8080808080808080 & below);
}

static inline size_t strand_groups_len(uint64_t groups)
{
    return 1 + strand_last_byte_bits(groups | 1) / 8;
}

// The same behind a type, with groups that were spread at byte 1.
static inline uint64_t strand_field_continued(uint64_t groups, uint8_t type)
{
    const uint64_t below = (UINT64_C(1) << strand_last_byte_bits(groups | 0x100)) - 1;
    return groups | type | (0x8080808080808000 & below);
}

static inline size_t strand_field_len(uint64_t groups)
{
    return 1 + strand_last_byte_bits(groups | 0x100) / 8;
}

#endif

#endif
