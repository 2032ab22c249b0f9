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

/*@ // Value of the groups p[i .. n - 1]: linear, one multiplication a byte.
    logic integer strand_groups{L}(uint8_t *p, integer i, integer n) =
        i >= n ? 0 : (p[i] % 128) + 128 * strand_groups(p, i + 1, n);

    // p[0 .. n - 1] is one varint: bit 7 set in all bytes but the last.
    predicate strand_is_varint{L}(uint8_t *p, integer n) =
        1 <= n <= 10 && (\forall integer k; 0 <= k < n - 1 ==> p[k] >= 128) && p[n - 1] < 128;
*/

/*@ requires len == 0 || \valid_read(bytes + (0 .. len - 1));
    requires \valid(ret_value) && \valid(ret_len) && \separated(ret_value, ret_len);
    requires len == 0 || (\separated(ret_value, bytes + (0 .. len - 1)) && \separated(ret_len, bytes + (0 .. len - 1)));
    assigns *ret_value, *ret_len;
    ensures status: \result == STRAND_OK || \result == STRAND_FIELD_PAST_END || \result == STRAND_VARINT_LONG ||
                    \result == STRAND_VARINT_RANGE;
    ensures bounds: \result == STRAND_OK ==> 1 <= *ret_len <= 10 && *ret_len <= len;
    ensures shape: \result == STRAND_OK ==> strand_is_varint(bytes, *ret_len);
    ensures value: \result == STRAND_OK ==> *ret_value == strand_groups(bytes, 0, *ret_len);
    ensures complete: \forall integer n; 1 <= n <= len && strand_is_varint(bytes, n) &&
            strand_groups(bytes, 0, n) <= UINT64_MAX ==> \result == STRAND_OK && *ret_len == n;
    ensures untouched: \result != STRAND_OK ==> *ret_value == \old(*ret_value) && *ret_len == \old(*ret_len);
*/
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

/*@ assigns \nothing;
    ensures 1 <= \result <= 10;
    ensures one: \result == 1 <==> v < 128;
*/
size_t strand_uvarint_len(uint64_t v)
{
    size_t n = 1;
    /*@ loop invariant 1 <= n <= 10;
        loop invariant n == 1 ==> v == \at(v, Pre);
        loop invariant n > 1 ==> v > 0 && \at(v, Pre) >= 128;
        loop invariant n == 2 ==> v <= 0x1FFFFFFFFFFFFFF;
        loop invariant n == 3 ==> v <= 0x3FFFFFFFFFFFF;
        loop invariant n == 4 ==> v <= 0x7FFFFFFFFFF;
        loop invariant n == 5 ==> v <= 0xFFFFFFFFF;
        loop invariant n == 6 ==> v <= 0x1FFFFFFF;
        loop invariant n == 7 ==> v <= 0x3FFFFF;
        loop invariant n == 8 ==> v <= 0x7FFF;
        loop invariant n == 9 ==> v <= 0xFF;
        loop invariant n == 10 ==> v <= 1;
        loop assigns n, v;
        loop variant v; */
    while (v >= 128) {
        v = v / 128;
        n++;
    }
    return n;
}

/*@ requires \valid(to + (0 .. 9));
    assigns to[0 .. 9];
    ensures length: 1 <= \result <= 10;
    ensures shape: strand_is_varint(to, \result);
    ensures shortest: \result > 1 ==> to[\result - 1] != 0;
    ensures value: strand_groups(to, 0, \result) == v;
*/
size_t strand_uvarint_encode(uint8_t *to, uint64_t v)
{
    size_t n = 0;
    //@ ghost uint64_t rest[11]; uint64_t v0 = v; rest[0] = v;
    /*@ loop invariant 0 <= n <= 9;
        loop invariant rest[n] == v && rest[0] == v0;
        loop invariant \forall integer k; 0 <= k < n ==> to[k] >= 128;
        loop invariant \forall integer k; 0 <= k < n ==> to[k] == rest[k] % 128 + 128 && rest[k + 1] == rest[k] / 128;
        loop invariant n > 0 ==> v > 0;
        loop invariant n == 1 ==> v <= 0x1FFFFFFFFFFFFFF;
        loop invariant n == 2 ==> v <= 0x3FFFFFFFFFFFF;
        loop invariant n == 3 ==> v <= 0x7FFFFFFFFFF;
        loop invariant n == 4 ==> v <= 0xFFFFFFFFF;
        loop invariant n == 5 ==> v <= 0x1FFFFFFF;
        loop invariant n == 6 ==> v <= 0x3FFFFF;
        loop invariant n == 7 ==> v <= 0x7FFF;
        loop invariant n == 8 ==> v <= 0xFF;
        loop invariant n == 9 ==> v <= 1;
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

/*@ assigns \nothing;
    ensures v >= 0 ==> \result == 2 * v;
    ensures v < 0 ==> \result == -2 * v - 1;
*/
uint64_t strand_zigzag_encode(int64_t v)
{
    return v >= 0 ? (uint64_t)v * 2 : (uint64_t)(-(v + 1)) * 2 + 1;
}

/*@ assigns \nothing;
    ensures v % 2 == 0 ==> \result == v / 2;
    ensures v % 2 == 1 ==> \result == -(v / 2) - 1;
*/
int64_t strand_zigzag_decode(uint64_t v)
{
    const int64_t half = (int64_t)(v / 2);
    return v % 2 == 0 ? half : -half - 1;
}

#ifdef __FRAMAC__

/*@ assigns \nothing;
    ensures \result == 1; */
static int strand_uvarint_round_trip(uint64_t v)
{
    uint8_t bytes[10];
    uint64_t value = 0;
    size_t len = 0;
    size_t n = strand_uvarint_encode(bytes, v);
    enum strand_status status = strand_uvarint_decode(bytes, n, &value, &len);
    //@ assert status == STRAND_OK && len == n && value == v;
    return status == STRAND_OK && len == n && value == v;
}

/*@ assigns \nothing;
    ensures \result == v; */
static int64_t strand_zigzag_round_trip(int64_t v)
{
    return strand_zigzag_decode(strand_zigzag_encode(v));
}

#endif
