/* SPDX-License-Identifier: MIT
 *
 * strand_varint.c: integers of 1 to 10 bytes.
 *
 *     300 = 2·128 + 44   →   AC 02          low group first; bit 7: another byte follows
 *                             │  └ 2
 *                             └ 44 + 128
 *
 * Proved with Frama-C WP for all 2^64 values: the encoder writes the one shortest form, the decoder returns the sum
 * of its groups, and decoding what was encoded gives the value back. The proof wants arithmetic, not bit operators;
 * compilers make the same instructions of both.
 */
#include "strand_varint.h"

#include "strand_bytes.h"

enum strand_status strand_uvarint_decode(const uint8_t *bytes, size_t len, uint64_t *ret_value, size_t *ret_len)
{
    const size_t limit = len < STRAND_VARINT_MAX ? len : STRAND_VARINT_MAX;
    size_t n = 0;
    /*@ loop invariant 0 <= n <= limit;
        loop invariant \forall integer k; 0 <= k < n ==> bytes[k] >= 128;
        loop assigns n;
        loop variant limit - n; */
    while (n < limit && bytes[n] >= 128) {
        n++;
    }
    if (n == limit) {
        //@ assert none: \forall integer m; 1 <= m <= len ==> !strand_is_varint(bytes, m);
        return limit == STRAND_VARINT_MAX ? STRAND_VARINT_LONG : STRAND_FIELD_PAST_END;
    }
    n++;
    //@ assert shape: strand_is_varint(bytes, n);
    //@ assert unique: \forall integer m; strand_is_varint(bytes, m) ==> m == n;

    // From the last group to the first: what is there so far moves up by one group.
    uint64_t value = 0;
    size_t i = n;
    /*@ loop invariant 0 <= i <= n;
        loop invariant value == strand_groups(bytes, i, n);
        loop assigns i, value;
        loop variant i; */
    while (i > 0) {
        if (value > UINT64_MAX / 128) {
            /*@ ghost size_t j = i - 1;
                /@ loop invariant 0 <= j <= i - 1 && strand_groups(bytes, j, n) > UINT64_MAX;
                   loop assigns j;
                   loop variant j; @/
                while (j > 0) j--; */
            //@ assert too_large: strand_groups(bytes, 0, n) > UINT64_MAX;
            return STRAND_VARINT_RANGE;
        }
        i--;
        value = value * 128 + (bytes[i] % 128);
    }
    *ret_value = value;
    *ret_len = n;
    return STRAND_OK;
}

size_t strand_uvarint_len(uint64_t v)
{
    size_t n = 1;
    /*@ loop invariant n + strand_varint_size(v) == 1 + strand_varint_size(\at(v, Pre));
        loop assigns n, v;
        loop variant v; */
    while (v >= 128) {
        v = v / 128;
        n++;
    }
    return n;
}

size_t strand_uvarint_encode(uint8_t *to, uint64_t v)
{
#ifndef __FRAMAC__
    if (v < STRAND_GROUPS_END) {
        const uint64_t groups = strand_spread_56(v); // the leaf whose twin the rest of this function is
        strand_store_u64(to, strand_continued(groups));
        return strand_groups_len(groups);
    }
#endif
    size_t n = 0;
    //@ ghost uint64_t rest[11]; uint64_t v0 = v; rest[0] = v;
    /*@ loop invariant 0 <= n && n + strand_varint_size(v) == strand_varint_size(v0);
        loop invariant rest[n] == v && rest[0] == v0;
        loop invariant \forall integer k; 0 <= k < n ==> to[k] >= 128;
        loop invariant \forall integer k; 0 <= k < n ==> to[k] == rest[k] % 128 + 128 && rest[k + 1] == rest[k] / 128;
        loop assigns n, v, to[0 .. 9], rest[0 .. 10];
        loop variant v; */
    while (v >= 128) {
        to[n] = (uint8_t)(v % 128 + 128);
        v = v / 128;
        n++;
        //@ ghost rest[n] = v;
    }
    to[n] = (uint8_t)v;
    n++;
    //@ assert shape: strand_is_varint(to, n);
    /*@ ghost size_t i = n - 1;
        /@ loop invariant 0 <= i <= n - 1 && strand_groups(to, i, n) == rest[i];
           loop assigns i;
           loop variant i; @/
        while (i > 0) i--; */
    //@ assert value: strand_groups(to, 0, n) == \at(v, Pre);
    return n;
}

uint64_t strand_zigzag_encode(int64_t v)
{
    return v >= 0 ? (uint64_t)v * 2 : (uint64_t)(-(v + 1)) * 2 + 1;
}

int64_t strand_zigzag_decode(uint64_t v)
{
    const int64_t half = (int64_t)(v / 2);
    return v % 2 == 0 ? half : -half - 1;
}
