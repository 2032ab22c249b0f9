/* SPDX-License-Identifier: MIT
 *
 * strand_varint.h: integers of 1 to 10 bytes: base 128, low group first, bit 7 set in all bytes but the last.
 * Spec: 4.2, 4.3.
 */
#ifndef STRAND_VARINT_H
#define STRAND_VARINT_H

#include "strand_base.h"

/* Decodes the uvarint at bytes[0 … len), padded forms too.
 * Returns: STRAND_OK · STRAND_FIELD_PAST_END (the bytes end first) · STRAND_VARINT_LONG (no end in 10 bytes) ·
 * STRAND_VARINT_RANGE (2^64 or more). */
enum strand_status strand_uvarint_decode(const uint8_t *bytes, size_t len, uint64_t *ret_value, size_t *ret_len);

/* Bytes of the shortest form of v: 1 to 10. */
size_t strand_uvarint_len(uint64_t v);

/* Encodes v in its shortest form into to[0 … 10). Returns: its length. */
size_t strand_uvarint_encode(uint8_t *to, uint64_t v);

/* Signed ↔ unsigned, small magnitudes to small values: 0 -1 1 -2 … ↔ 0 1 2 3 … */
uint64_t strand_zigzag_encode(int64_t v);
int64_t strand_zigzag_decode(uint64_t v);

#endif
