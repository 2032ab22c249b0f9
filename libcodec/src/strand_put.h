/* SPDX-License-Identifier: MIT
 *
 * strand_put.h: how bytes get into an encoder's open frame: the part of strand_encode.c that strand_trace.c shares.
 *
 * What finds no room is counted and not written; from then on nothing of the frame is written any more.
 */
#ifndef STRAND_PUT_H
#define STRAND_PUT_H

#include "strand_encode.h"
#include "strand_varint.h"

#define STRAND_BUFFER_MAX 0x40000000u /* buffers are smaller than this, so that sizes can be added */

/* What is open in an encoder. */
enum strand_open {
    STRAND_OPEN_NONE = 0,
    STRAND_OPEN_RECORD, /* u16 size in front */
    STRAND_OPEN_EXT,    /* 8-byte header in front */
    STRAND_OPEN_BARE    /* nothing in front: trace events */
};

/*@ // The committed frames stand inside the room.
    predicate strand_room_ok{L}(struct strand_encoder *e) =
        \valid(e) && e->priv_len <= e->priv_room < STRAND_BUFFER_MAX && e->priv_string_limit <= STRAND_BUFFER_MAX &&
        \valid(e->priv_base + (0 .. e->priv_room - 1)) && \separated(e, e->priv_base + (0 .. e->priv_room - 1));

    // While a frame is written: it stands behind the committed ones and inside the room.
    predicate strand_put_ok{L}(struct strand_encoder *e) =
        strand_room_ok(e) && e->priv_len <= e->priv_frame <= e->priv_pos <= e->priv_room &&
        e->priv_lacking <= SIZE_MAX / 4;

    // Between any two public calls, moreover: a frame that lacks nothing is open, and has room for its length.
    predicate strand_encoder_ok{L}(struct strand_encoder *e) =
        strand_put_ok(e) &&
        (e->priv_open == STRAND_OPEN_NONE ==> e->priv_lacking > 0) &&
        (e->priv_open == STRAND_OPEN_RECORD && e->priv_lacking == 0 ==> e->priv_pos - e->priv_frame >= 2) &&
        (e->priv_open == STRAND_OPEN_EXT && e->priv_lacking == 0 ==> e->priv_pos - e->priv_frame >= 8);

    // From A to B, bytes were written as long as there was room for them, and counted from then on.
    predicate strand_put_some{A, B}(struct strand_encoder *e) =
        \at(e->priv_pos, A) <= \at(e->priv_pos, B) && \at(e->priv_lacking, A) <= \at(e->priv_lacking, B) &&
        (\at(e->priv_lacking, A) > 0 ==> \at(e->priv_pos, B) == \at(e->priv_pos, A)) &&
        \at(e->priv_open, A) == \at(e->priv_open, B);

    // The same, and n bytes in all: they lack something exactly if they don't fit; none is counted twice or not at all
    // (the count ends at SIZE_MAX / 4).
    predicate strand_put_by{A, B}(struct strand_encoder *e, integer n) =
        strand_put_some{A, B}(e) &&
        (\at(e->priv_lacking, B) == 0 <==>
            \at(e->priv_lacking, A) == 0 && n <= \at(e->priv_room, A) - \at(e->priv_pos, A)) &&
        (\at(e->priv_lacking, B) == SIZE_MAX / 4 ||
            \at(e->priv_pos, B) + \at(e->priv_lacking, B) == \at(e->priv_pos, A) + \at(e->priv_lacking, A) + n);
*/

#ifdef __FRAMAC__
// All that adding to the open frame may change: nothing in front of `pos`, nothing behind the room.
#define STRAND_CHANGED_BY_PUT e->priv_pos, e->priv_lacking, e->priv_base[e->priv_pos .. e->priv_room - 1]

// The contract of a call that adds n bytes to the open frame, and of one that reads a caller's bytes or values.
#define STRAND_ADDS(n) \
    requires strand_encoder_ok(e); \
    assigns STRAND_CHANGED_BY_PUT; \
    ensures strand_encoder_ok(e); \
    ensures strand_put_by{Pre, Post}(e, n);
#define STRAND_READS(from, n) \
    requires \valid_read(from + (0 .. n - 1)); \
    requires \separated(from + (0 .. n - 1), e, e->priv_base + (0 .. e->priv_room - 1));
#endif

/* Somebody else wrote frames behind the committed ones: all up to len is committed now. Drops what is open. */
/*@ requires strand_room_ok(e) && len <= e->priv_room;
    assigns e->priv_len, e->priv_pos, e->priv_frame, e->priv_lacking, e->priv_open;
    ensures strand_encoder_ok(e);
    ensures e->priv_len == len && e->priv_open == STRAND_OPEN_NONE; */
void strand_put_behind(struct strand_encoder *e, size_t len);

/* Opens without a frame around what follows; drops what is open. */
/*@ requires strand_encoder_ok(e);
    assigns e->priv_pos, e->priv_frame, e->priv_lacking, e->priv_open, e->priv_open_tick, e->priv_open_nano,
            e->priv_open_has_base;
    ensures strand_encoder_ok(e);
    ensures e->priv_open == STRAND_OPEN_BARE && e->priv_pos == e->priv_len && e->priv_lacking == 0; */
void strand_put_open_bare(struct strand_encoder *e);

/* Counts bytes that found no room. */
/*@ requires \valid(e) && e->priv_lacking <= SIZE_MAX / 4;
    assigns e->priv_lacking;
    ensures e->priv_lacking <= SIZE_MAX / 4 && \old(e->priv_lacking) <= e->priv_lacking;
    ensures e->priv_lacking == \old(e->priv_lacking) + len || e->priv_lacking == SIZE_MAX / 4; */
void strand_put_nothing(struct strand_encoder *e, size_t len);

/*@ requires strand_put_ok(e);
    assigns STRAND_CHANGED_BY_PUT;
    ensures strand_put_ok(e);
    ensures strand_put_by{Pre, Post}(e, 1);
    ensures e->priv_lacking == 0 ==> e->priv_base[\old(e->priv_pos)] == byte; */
static inline void strand_put_byte(struct strand_encoder *e, uint8_t byte)
{
    if (e->priv_lacking > 0 || e->priv_pos == e->priv_room) {
        strand_put_nothing(e, 1);
        return;
    }
    e->priv_base[e->priv_pos] = byte;
    e->priv_pos += 1;
}

/*@ requires strand_put_ok(e);
    assigns STRAND_CHANGED_BY_PUT;
    ensures strand_put_ok(e);
    ensures strand_put_by{Pre, Post}(e, strand_varint_size(v)); */
void strand_put_long_uvarint(struct strand_encoder *e, uint64_t v);

/*@ requires strand_put_ok(e);
    assigns STRAND_CHANGED_BY_PUT;
    ensures strand_put_ok(e);
    ensures strand_put_by{Pre, Post}(e, strand_varint_size(v)); */
static inline void strand_put_uvarint(struct strand_encoder *e, uint64_t v)
{
    if (v < 0x80) {
        strand_put_byte(e, (uint8_t)v);
    } else {
        strand_put_long_uvarint(e, v);
    }
}

/*@ requires strand_put_ok(e);
    assigns STRAND_CHANGED_BY_PUT;
    ensures strand_put_ok(e);
    ensures strand_put_by{Pre, Post}(e, 4); */
void strand_put_u32(struct strand_encoder *e, uint32_t v);

/*@ requires strand_put_ok(e);
    assigns STRAND_CHANGED_BY_PUT;
    ensures strand_put_ok(e);
    ensures strand_put_by{Pre, Post}(e, 8); */
void strand_put_u64(struct strand_encoder *e, uint64_t v);

/*@ requires strand_put_ok(e) && \valid_read(bytes + (0 .. len - 1));
    requires \separated(bytes + (0 .. len - 1), e->priv_base + (0 .. e->priv_room - 1));
    assigns STRAND_CHANGED_BY_PUT;
    ensures strand_put_ok(e);
    ensures strand_put_by{Pre, Post}(e, len);
    ensures e->priv_lacking == 0 ==> \forall integer k; 0 <= k < len ==> e->priv_base[\old(e->priv_pos) + k] == bytes[k]; */
void strand_put_bytes(struct strand_encoder *e, const uint8_t *bytes, size_t len);

/*@ requires strand_put_ok(e) && \valid_read(values + (0 .. count - 1));
    requires \separated(values + (0 .. count - 1), e, e->priv_base + (0 .. e->priv_room - 1));
    assigns STRAND_CHANGED_BY_PUT;
    ensures strand_put_ok(e);
    ensures strand_put_some{Pre, Post}(e); */
void strand_put_uvarints(struct strand_encoder *e, const uint64_t *values, size_t count);

#endif
