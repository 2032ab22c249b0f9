/* SPDX-License-Identifier: MIT
 *
 * strand_bytes.h: bytes ↔ little-endian words, and copies. The leaves of the codec: whatever is written with shifts,
 * casts or builtins for speed stands here, each beside an arithmetic twin that Frama-C proves in its place
 * (__FRAMAC__). test_bytes.c checks that both agree.
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

static inline uint16_t strand_load_u16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t strand_load_u32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint64_t strand_load_u64(const uint8_t *p)
{
    return (uint64_t)strand_load_u32(p) | (uint64_t)strand_load_u32(p + 4) << 32;
}

static inline void strand_store_u16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
}

static inline void strand_store_u32(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
    p[2] = (uint8_t)(v >> 16);
    p[3] = (uint8_t)(v >> 24);
}

static inline void strand_store_u64(uint8_t *p, uint64_t v)
{
    strand_store_u32(p, (uint32_t)v);
    strand_store_u32(p + 4, (uint32_t)(v >> 32));
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

#endif

#endif
