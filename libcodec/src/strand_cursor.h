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
    size_t off;    /* ≤ len: what was taken */
    uint8_t padded; /* a varint was longer than its value needs */
};

/* What no bytes are taken from: a pointer to add to, where a caller's may be NULL. */
static const uint8_t strand_nothing[1] = {0};

static inline struct strand_cursor strand_cursor_of(const uint8_t *base, size_t len)
{
    const struct strand_cursor c = {len > 0 ? base : strand_nothing, len, 0, 0};
    return c;
}

static inline enum strand_status strand_take_uvarint(struct strand_cursor *c, uint64_t *ret_value)
{
    size_t n = 0;
    const enum strand_status status = strand_uvarint_decode(c->base + c->off, c->len - c->off, ret_value, &n);
    if (status == STRAND_OK) {
        c->off += n;
        if (n > 1 && c->base[c->off - 1] == 0) {
            c->padded = 1;
        }
    }
    return status;
}

static inline enum strand_status strand_take_u32(struct strand_cursor *c, uint32_t *ret_value)
{
    if (c->len - c->off < 4) {
        return STRAND_FIELD_PAST_END;
    }
    *ret_value = strand_load_u32(c->base + c->off);
    c->off += 4;
    return STRAND_OK;
}

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
static inline enum strand_status strand_take_uvarints(struct strand_cursor *c, uint64_t count,
                                                      struct strand_span *ret_span)
{
    struct strand_cursor ahead = *c;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t value = 0;
        const enum strand_status status = strand_take_uvarint(&ahead, &value);
        if (status != STRAND_OK) {
            return status;
        }
    }
    ret_span->data = c->base + c->off;
    ret_span->len = ahead.off - c->off;
    *c = ahead;
    return STRAND_OK;
}

#endif
