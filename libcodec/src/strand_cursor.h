/* SPDX-License-Identifier: MIT
 *
 * strand_cursor.h: taking values off the front of bytes that can't be trusted: the leaf that frames, fields, bodies
 * and traces are decoded with. A take that fails leaves the cursor where it was.
 */
#ifndef STRAND_CURSOR_H
#define STRAND_CURSOR_H

#include "strand_base.h"
#include "strand_bytes.h"
#include "strand_varint.h"

struct strand_cursor {
    const uint8_t *base;
    size_t len;
    size_t off;  /* ≤ len: what was taken */
    bool padded; /* a varint was longer than its value needs */
};

/*@ // Between any two calls: the cursor stands inside its bytes, and they may be read.
    predicate strand_cursor_ok{L}(struct strand_cursor *c) =
        \valid(c) && c->off <= c->len && \valid_read(c->base + (0 .. c->len - 1)) &&
        \separated(c, c->base + (0 .. c->len - 1));

    // inner[0 .. inner_len - 1] are bytes of outer[0 .. outer_len - 1].
    predicate strand_within(uint8_t *inner, integer inner_len, uint8_t *outer, integer outer_len) =
        \base_addr(inner) == \base_addr(outer) && 0 <= inner - outer && (inner - outer) + inner_len <= outer_len;

    predicate strand_varint_status(integer status) = status == STRAND_OK || status == STRAND_FIELD_PAST_END ||
        status == STRAND_VARINT_LONG || status == STRAND_VARINT_RANGE;
*/

/* What no bytes are taken from: a pointer to add to, where a caller's may be NULL. */
static const uint8_t strand_nothing[1] = {0};

/*@ requires \valid_read(base + (0 .. len - 1));
    assigns \nothing;
    ensures \result.len == len && \result.off == 0 && \result.padded == 0;
    ensures len > 0 ==> \result.base == base;
    ensures len == 0 ==> \result.base == &strand_nothing[0]; */
static inline struct strand_cursor strand_cursor_of(const uint8_t *base, size_t len)
{
    const struct strand_cursor c = {len > 0 ? base : strand_nothing, len, 0, false};
    return c;
}

/*@ requires strand_cursor_ok(c) && \valid(ret_value) && \separated(ret_value, c, c->base + (0 .. c->len - 1));
    assigns c->off, c->padded, *ret_value;
    ensures strand_cursor_ok(c);
    ensures strand_varint_status(\result);
    ensures taken: \result == STRAND_OK ==> \old(c->off) < c->off <= \old(c->off) + 10;
    ensures shape: \result == STRAND_OK ==> strand_is_varint(c->base + \old(c->off), c->off - \old(c->off));
    ensures value: \result == STRAND_OK ==>
            *ret_value == strand_groups(c->base + \old(c->off), 0, c->off - \old(c->off));
    ensures untouched: \result != STRAND_OK ==>
            c->off == \old(c->off) && c->padded == \old(c->padded) && *ret_value == \old(*ret_value); */
static inline enum strand_status strand_take_uvarint(struct strand_cursor *c, uint64_t *ret_value)
{
    size_t n = 0;
    const enum strand_status status = strand_uvarint_decode(c->base + c->off, c->len - c->off, ret_value, &n);
    if (status == STRAND_OK) {
        c->off += n;
        if (n > 1 && c->base[c->off - 1] == 0) {
            c->padded = true;
        }
    }
    return status;
}

/*@ requires strand_cursor_ok(c) && \valid(ret_first) && \valid(ret_second);
    requires \separated(ret_first, c, c->base + (0 .. c->len - 1));
    requires \separated(ret_second, c, c->base + (0 .. c->len - 1));
    assigns c->off, c->padded, *ret_first, *ret_second;
    ensures strand_cursor_ok(c);
    ensures \old(c->off) + (\result == STRAND_OK ? 2 : 0) <= c->off;
    ensures strand_varint_status(\result); */
static inline enum strand_status strand_take_pair(struct strand_cursor *c, uint64_t *ret_first,
                                                  uint64_t *ret_second)
{
    const enum strand_status status = strand_take_uvarint(c, ret_first);
    return status != STRAND_OK ? status : strand_take_uvarint(c, ret_second);
}

/*@ requires strand_cursor_ok(c) && \valid(ret_value) && \separated(ret_value, c, c->base + (0 .. c->len - 1));
    assigns c->off, *ret_value;
    ensures strand_cursor_ok(c);
    ensures \result == STRAND_OK || \result == STRAND_FIELD_PAST_END;
    ensures \result == STRAND_OK <==> \old(c->len - c->off) >= 4;
    ensures value: \result == STRAND_OK ==>
            c->off == \old(c->off) + 4 && *ret_value == strand_le32(c->base + \old(c->off));
    ensures untouched: \result != STRAND_OK ==> c->off == \old(c->off) && *ret_value == \old(*ret_value); */
static inline enum strand_status strand_take_u32(struct strand_cursor *c, uint32_t *ret_value)
{
    if (c->len - c->off < 4) {
        return STRAND_FIELD_PAST_END;
    }
    *ret_value = strand_load_u32(c->base + c->off);
    c->off += 4;
    return STRAND_OK;
}

/*@ requires strand_cursor_ok(c) && \valid(ret_value) && \separated(ret_value, c, c->base + (0 .. c->len - 1));
    assigns c->off, *ret_value;
    ensures strand_cursor_ok(c);
    ensures \result == STRAND_OK || \result == STRAND_FIELD_PAST_END;
    ensures \result == STRAND_OK <==> \old(c->len - c->off) >= 8;
    ensures value: \result == STRAND_OK ==>
            c->off == \old(c->off) + 8 && *ret_value == strand_le64(c->base + \old(c->off));
    ensures untouched: \result != STRAND_OK ==> c->off == \old(c->off) && *ret_value == \old(*ret_value); */
static inline enum strand_status strand_take_u64(struct strand_cursor *c, uint64_t *ret_value)
{
    if (c->len - c->off < 8) {
        return STRAND_FIELD_PAST_END;
    }
    *ret_value = strand_load_u64(c->base + c->off);
    c->off += 8;
    return STRAND_OK;
}

/* Takes len bytes. */
/*@ requires strand_cursor_ok(c) && \valid(ret_span) && \separated(ret_span, c, c->base + (0 .. c->len - 1));
    assigns c->off, ret_span->data, ret_span->len;
    ensures strand_cursor_ok(c);
    ensures \result == STRAND_OK || \result == STRAND_FIELD_PAST_END;
    ensures \result == STRAND_OK <==> len <= \old(c->len - c->off);
    ensures span: \result == STRAND_OK ==> c->off == \old(c->off) + len && ret_span->len == len &&
            ret_span->data == c->base + \old(c->off);
    ensures untouched: \result != STRAND_OK ==> c->off == \old(c->off) && *ret_span == \old(*ret_span); */
static inline enum strand_status strand_take_span(struct strand_cursor *c, uint64_t len, struct strand_span *ret_span)
{
    if (len > c->len - c->off) {
        return STRAND_FIELD_PAST_END;
    }
    ret_span->data = c->base + c->off;
    ret_span->len = (size_t)len;
    c->off += (size_t)len;
    return STRAND_OK;
}

/* Takes `count` uvarints, as the bytes that they stand in. */
/*@ requires strand_cursor_ok(c) && \valid(ret_span) && \separated(ret_span, c, c->base + (0 .. c->len - 1));
    assigns c->off, c->padded, ret_span->data, ret_span->len;
    ensures strand_cursor_ok(c);
    ensures strand_varint_status(\result);
    ensures span: \result == STRAND_OK ==> \old(c->off) + count <= c->off &&
            ret_span->len == c->off - \old(c->off) && ret_span->data == c->base + \old(c->off);
    ensures untouched: \result != STRAND_OK ==>
            c->off == \old(c->off) && c->padded == \old(c->padded) && *ret_span == \old(*ret_span); */
static inline enum strand_status strand_take_uvarints(struct strand_cursor *c, uint64_t count,
                                                      struct strand_span *ret_span)
{
    struct strand_cursor ahead = strand_cursor_of(c->base + c->off, c->len - c->off);
    /*@ loop invariant 0 <= i <= count && i <= ahead.off && strand_cursor_ok(&ahead);
        loop invariant ahead.base == \at(ahead.base, LoopEntry) && ahead.len == c->len - c->off;
        loop assigns i, ahead.off, ahead.padded;
        loop variant count - i; */
    for (uint64_t i = 0; i < count; i++) {
        uint64_t value = 0;
        const enum strand_status status = strand_take_uvarint(&ahead, &value);
        if (status != STRAND_OK) {
            return status;
        }
    }
    ret_span->data = c->base + c->off;
    ret_span->len = ahead.off;
    c->off += ahead.off;
    c->padded = c->padded || ahead.padded;
    return STRAND_OK;
}

#endif
