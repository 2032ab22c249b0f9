/* SPDX-License-Identifier: MIT
 *
 * strand_varint.h: integers of 1 to 10 bytes: base 128, low group first, bit 7 set in all bytes but the last.
 * Spec: 4.2, 4.3.
 */
#ifndef STRAND_VARINT_H
#define STRAND_VARINT_H

#include "strand_base.h"

/*@ // Value of the groups p[i .. n - 1]: linear, one multiplication a byte.
    logic integer strand_groups{L}(uint8_t *p, integer i, integer n) =
        i >= n ? 0 : (p[i] % 128) + 128 * strand_groups(p, i + 1, n);

    // p[0 .. n - 1] is one varint: bit 7 set in all bytes but the last.
    predicate strand_is_varint{L}(uint8_t *p, integer n) =
        1 <= n <= 10 && (\forall integer k; 0 <= k < n - 1 ==> p[k] >= 128) && p[n - 1] < 128;

    logic integer strand_zigzag(integer v) = v >= 0 ? 2 * v : -2 * v - 1;

    // Bytes of v's shortest form.
    logic integer strand_varint_size(integer v) =
        v < 0x80 ? 1 : v < 0x4000 ? 2 : v < 0x200000 ? 3 : v < 0x10000000 ? 4 : v < 0x800000000 ? 5 :
        v < 0x40000000000 ? 6 : v < 0x2000000000000 ? 7 : v < 0x100000000000000 ? 8 :
        v < 0x8000000000000000 ? 9 : 10;
*/

/* Decodes the uvarint at bytes[0 … len), padded forms too.
 * Returns: STRAND_OK · STRAND_FIELD_PAST_END (the bytes end first) · STRAND_VARINT_LONG (no end in 10 bytes) ·
 * STRAND_VARINT_RANGE (2^64 or more). */
/*@ requires \valid_read(bytes + (0 .. len - 1));
    requires \valid(ret_value) && \valid(ret_len) && \separated(ret_value, ret_len, bytes + (0 .. len - 1));
    assigns *ret_value, *ret_len;
    ensures status: \result == STRAND_OK || \result == STRAND_FIELD_PAST_END || \result == STRAND_VARINT_LONG ||
                    \result == STRAND_VARINT_RANGE;
    ensures bounds: \result == STRAND_OK ==> 1 <= *ret_len <= 10 && *ret_len <= len;
    ensures shape: \result == STRAND_OK ==> strand_is_varint(bytes, *ret_len);
    ensures value: \result == STRAND_OK ==> *ret_value == strand_groups(bytes, 0, *ret_len);
    ensures complete: \forall integer n; 1 <= n <= len && strand_is_varint(bytes, n) &&
            strand_groups(bytes, 0, n) <= UINT64_MAX ==> \result == STRAND_OK && *ret_len == n;
    ensures untouched: \result != STRAND_OK ==> *ret_value == \old(*ret_value) && *ret_len == \old(*ret_len); */
enum strand_status strand_uvarint_decode(const uint8_t *bytes, size_t len, uint64_t *ret_value, size_t *ret_len);

/* Bytes of the shortest form of v: 1 to 10. */
/*@ assigns \nothing;
    ensures \result == strand_varint_size(v); */
size_t strand_uvarint_len(uint64_t v);

/* Encodes v in its shortest form into to[0 … 10). Returns: its length. */
/*@ requires \valid(to + (0 .. 9));
    assigns to[0 .. 9];
    ensures length: \result == strand_varint_size(v);
    ensures shape: strand_is_varint(to, \result);
    ensures value: strand_groups(to, 0, \result) == v; */
size_t strand_uvarint_encode(uint8_t *to, uint64_t v);

/* Signed ↔ unsigned, small magnitudes to small values: 0 -1 1 -2 … ↔ 0 1 2 3 … */
/*@ assigns \nothing;
    ensures \result == strand_zigzag(v); */
uint64_t strand_zigzag_encode(int64_t v);

/*@ assigns \nothing;
    ensures strand_zigzag(\result) == v; */
int64_t strand_zigzag_decode(uint64_t v);

#endif
