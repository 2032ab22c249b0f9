/* SPDX-License-Identifier: MIT
 *
 * theorems.c: what is proved of the codec as a whole. Nothing of this is ever run or shipped.
 *
 * Frama-C reads the shipping sources and this file as one translation unit, so that each leaf is proved once. The
 * contracts stand at the functions; here are the statements that need more than one of them.
 */
#include "strand_base.h"

/*@ assigns \nothing; */
const char *strand_status_slug(enum strand_status status);
/*@ assigns \nothing; */
const char *strand_status_message(enum strand_status status);
/*@ assigns \nothing; */
const char *strand_status_clause(enum strand_status status);
/*@ assigns \nothing; */
unsigned strand_status_diag(enum strand_status status);
/*@ assigns \nothing; */
const char *strand_diag_slug(unsigned diag);

#include "strand_varint.c"
#include "strand_decode.c"
#include "strand_field.c"
#include "strand_body.c"
#include "strand_encode.c"
#include "strand_encode_field.c"

// For all 2^64 values: what was encoded is decoded, in the length that strand_uvarint_len tells.
/*@ assigns \nothing;
    ensures \result == v; */
static uint64_t strand_uvarint_round_trip(uint64_t v)
{
    uint8_t bytes[STRAND_VARINT_MAX];
    uint64_t value = 0;
    size_t len = 0;
    const size_t n = strand_uvarint_encode(bytes, v);
    const enum strand_status status = strand_uvarint_decode(bytes, n, &value, &len);
    //@ assert status == STRAND_OK && len == n && n == strand_varint_size(v);
    return value;
}

/*@ assigns \nothing;
    ensures \result == v; */
static int64_t strand_zigzag_round_trip(int64_t v)
{
    return strand_zigzag_decode(strand_zigzag_encode(v));
}

// All values of a field are inside of it, and taking them comes to an end.
/*@ requires \valid_read(values.data + (0 .. values.len - 1));
    assigns \nothing; */
static void strand_walk_values(struct strand_span values)
{
    struct strand_span left = {values.data, values.len};
    uint64_t value = 0;
    /*@ loop invariant strand_within(left.data, left.len, values.data, values.len);
        loop assigns left.data, left.len, value;
        loop variant left.len; */
    while (strand_decode_value(&left, &value) == STRAND_OK) {
    }
}

// Whatever the bytes of a body: every field and its data is inside of it, behind the field before, and there is an end.
/*@ requires \valid_read(body.data + (0 .. body.len - 1));
    assigns \nothing; */
static void strand_walk_fields(struct strand_span body)
{
    struct strand_fields fields;
    struct strand_field field;
    strand_fields_init(&fields, body, STRAND_DIALECT_NATIVE);
    /*@ loop invariant strand_fields_ok(&fields);
        loop invariant fields.priv_base == body.data && fields.priv_len == body.len;
        loop assigns fields.off, fields.priv_latched, field;
        loop variant body.len - fields.off; */
    while (strand_decode_field(&fields, &field) == STRAND_OK) {
        //@ assert raw: strand_within(field.raw.data, field.raw.len, body.data, body.len);
        //@ assert data: strand_within(field.data.data, field.data.len, body.data, body.len);
        strand_walk_values(field.data);
    }
}

// Bytes to read and things to tell. (No logic function: Frama-C 25 would read it in the wrong state as a loop variant.)
#define STRAND_TODO(d) \
    (8 * ((d)->priv_len - (d)->priv_pos) + ((d)->priv_latched == STRAND_OK ? 4 : 0) + \
     ((d)->priv_base_told == 0 ? 2 : 0) + ((d)->priv_in_zeros != 0 ? 1 : 0))

// Every call makes less of what is to do, until there is an end; a frame and its body lie in the window.
/*@ requires strand_decoder_ok(d) && \valid(ret_frame);
    requires \separated(ret_frame, d, d->priv_base + (0 .. d->priv_len - 1));
    assigns STRAND_CHANGED_BY_FRAME(d, ret_frame);
    ensures strand_decoder_ok(d);
    ensures less: \result != STRAND_MORE && \result != STRAND_END ==>
            STRAND_TODO(d) < \old(STRAND_TODO(d));
    ensures body: \result == STRAND_OK ==>
            strand_within(ret_frame->body.data, ret_frame->body.len, d->priv_base, d->priv_len); */
static enum strand_status strand_step(struct strand_decoder *d, struct strand_frame *ret_frame)
{
    return strand_decode_frame(d, ret_frame);
}

/*@ requires strand_decoder_ok(d) && \valid(frame);
    requires \separated(frame, d, d->priv_base + (0 .. d->priv_len - 1));
    assigns STRAND_CHANGED_BY_FRAME(d, frame); */
static void strand_walk_frames(struct strand_decoder *d, struct strand_frame *frame)
{
    /*@ loop invariant strand_decoder_ok(d);
        loop assigns STRAND_CHANGED_BY_FRAME(d, frame);
        loop variant STRAND_TODO(d); */
    for (;;) {
        const enum strand_status status = strand_step(d, frame);
        if (status == STRAND_END || status == STRAND_MORE) {
            return;
        }
        if (status == STRAND_OK) {
            strand_walk_fields(frame->body);
        }
    }
}

// Whatever the bytes of a strand: no frame passes the end, no body passes its frame's end, and there is an end.
/*@ requires len < STRAND_WINDOW_MAX && \valid_read(bytes + (0 .. len - 1));
    assigns \nothing; */
static void strand_walk(const uint8_t *bytes, size_t len)
{
    struct strand_decoder d;
    struct strand_frame frame;
    strand_decoder_init(&d, sizeof d, STRAND_ABI_VERSION);
    strand_decoder_feed(&d, bytes, len, true);
    strand_walk_frames(&d, &frame);
}
