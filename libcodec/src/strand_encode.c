/* SPDX-License-Identifier: MIT
 *
 * strand_encode.c: records and extended frames into a caller's buffer.
 *
 *     base                len        frame              pos              room    cap
 *     │ committed frames  │ sync?    │ size · header · fields …          │ room  │ slack
 *                         └────────── the open frame, with its sync ─────┘
 *
 * Everything from `len` on is open: strand_encode_end makes it count by moving `len` up to `pos`, and takes it back
 * by moving `pos` down. What found no room is counted in `lacking`, and as long as that isn't 0 nothing is written.
 * An encoder with nothing open always lacks something, so that stray field calls write nothing.
 */
#include "strand_bytes.h"
#include "strand_put.h"
#include "strand_varint.h"

#define STRAND_NOTHING_OPEN 1u /* priv_lacking between frames */

#ifdef __FRAMAC__
// All that opening a frame may change: nothing in front of `len`, nothing behind the room.
#define STRAND_CHANGED_BY_BEGIN                                                                                      \
    e->priv_pos, e->priv_frame, e->priv_lacking, e->priv_open, e->priv_open_tick, e->priv_open_nano,                 \
        e->priv_open_has_base, e->priv_base[e->priv_len..e->priv_room - 1]
#endif

void strand_put_nothing(struct strand_encoder *e, size_t len)
{
    e->priv_lacking = len <= SIZE_MAX / 4 - e->priv_lacking ? e->priv_lacking + len : SIZE_MAX / 4;
}

void strand_put_bytes(struct strand_encoder *e, const uint8_t *bytes, size_t len)
{
    if (e->priv_lacking > 0 || len > e->priv_room - e->priv_pos) {
        strand_put_nothing(e, len);
        return;
    }
    strand_copy(e->priv_base + e->priv_pos, bytes, len);
    e->priv_pos += len;
}

void strand_put_long_uvarint(struct strand_encoder *e, uint64_t v)
{
    if (e->priv_lacking == 0 && STRAND_VARINT_MAX <= e->priv_room - e->priv_pos) {
        e->priv_pos += strand_uvarint_encode(e->priv_base + e->priv_pos, v);
        return;
    }
    uint8_t bytes[STRAND_VARINT_MAX];
    const size_t len = strand_uvarint_encode(bytes, v);
    strand_put_bytes(e, bytes, len);
}

void strand_put_u32(struct strand_encoder *e, uint32_t v)
{
    if (e->priv_lacking > 0 || e->priv_room - e->priv_pos < 4) {
        strand_put_nothing(e, 4);
        return;
    }
    strand_store_u32(e->priv_base + e->priv_pos, v);
    e->priv_pos += 4;
}

void strand_put_u64(struct strand_encoder *e, uint64_t v)
{
    if (e->priv_lacking > 0 || e->priv_room - e->priv_pos < 8) {
        strand_put_nothing(e, 8);
        return;
    }
    strand_store_u64(e->priv_base + e->priv_pos, v);
    e->priv_pos += 8;
}

void strand_put_uvarints(struct strand_encoder *e, const uint64_t *values, size_t count)
{
    /*@ loop invariant 0 <= i <= count && strand_put_ok(e) && strand_put_some{Pre, Here}(e);
        loop assigns i, e->priv_pos, e->priv_lacking, e->priv_base[\at(e->priv_pos, Pre) .. e->priv_room - 1];
        loop variant count - i; */
    for (size_t i = 0; i < count; i++) {
        strand_put_uvarint(e, values[i]);
    }
}

void strand_put_behind(struct strand_encoder *e, size_t len)
{
    e->priv_len = len;
    strand_encode_cancel(e);
}

// ---------------------------------------------------------------------------------------------------------------
// Buffers

/*@ requires \valid(e) && e->priv_string_limit <= STRAND_BUFFER_MAX;
    requires \valid(buf + (0 .. cap - 1)) && \separated(e, buf + (0 .. cap - 1));
    assigns e->priv_base, e->priv_room, e->priv_len, e->priv_has_base, e->priv_pos, e->priv_frame, e->priv_lacking,
            e->priv_open;
    ensures \result == STRAND_OK || \result == STRAND_BAD_ARGUMENT;
    ensures \result == STRAND_OK <==> cap < STRAND_BUFFER_MAX;
    ensures \result == STRAND_OK ==> strand_encoder_ok(e);
    ensures \result == STRAND_OK ==> e->priv_len == 0 && e->priv_open == STRAND_OPEN_NONE && e->priv_base == buf &&
            e->priv_room == (cap > STRAND_SLACK ? cap - STRAND_SLACK : 0);
    ensures untouched: \result != STRAND_OK ==> *e == \old(*e); */
enum strand_status strand_encoder_rebase(struct strand_encoder *e, uint8_t *buf, size_t cap, bool keep_base)
{
    if (cap >= STRAND_BUFFER_MAX) {
        return STRAND_BAD_ARGUMENT;
    }
    e->priv_base = buf;
    e->priv_room = cap > STRAND_SLACK ? cap - STRAND_SLACK : 0;
    e->priv_len = 0;
    e->priv_has_base = keep_base ? e->priv_has_base : 0;
    strand_encode_cancel(e);
    return STRAND_OK;
}

/*@ requires \valid(e) && \valid(buf + (0 .. cap - 1)) && \separated(e, buf + (0 .. cap - 1));
    assigns *e;
    ensures \result == STRAND_OK || \result == STRAND_BAD_ARGUMENT || \result == STRAND_BAD_VERSION;
    ensures \result == STRAND_OK <==> size == sizeof(struct strand_encoder) && abi_version == STRAND_ABI_VERSION &&
            cap < STRAND_BUFFER_MAX;
    ensures \result == STRAND_OK ==> strand_encoder_ok(e) && e->priv_len == 0 && e->priv_open == STRAND_OPEN_NONE;
    ensures untouched: \result == STRAND_BAD_VERSION ==> *e == \old(*e); */
enum strand_status strand_encoder_init(struct strand_encoder *e, size_t size, unsigned abi_version, uint8_t *buf,
                                       size_t cap)
{
    if (size != sizeof *e || abi_version != STRAND_ABI_VERSION) {
        return STRAND_BAD_VERSION;
    }
    e->priv_tick = 0;
    e->priv_nano = 0;
    e->priv_events = 0;
    e->priv_has_base = 0;
    e->priv_nano_derived = 0;
    e->priv_padded = 0;
    e->priv_needed = 0;
    e->priv_string_limit = 0;
    const enum strand_status status = strand_encoder_rebase(e, buf, cap, false);
    if (status == STRAND_OK) {
        e->priv_string_limit = e->priv_room / 8;
    }
    return status;
}

/*@ requires strand_encoder_ok(e);
    assigns e->priv_string_limit;
    ensures strand_encoder_ok(e); */
void strand_encoder_set_string_limit(struct strand_encoder *e, size_t limit)
{
    e->priv_string_limit = limit < STRAND_BUFFER_MAX ? limit : STRAND_BUFFER_MAX;
}

/*@ requires strand_encoder_ok(e);
    assigns e->priv_nano_derived;
    ensures strand_encoder_ok(e); */
void strand_encoder_set_nano_derived(struct strand_encoder *e, bool derived)
{
    e->priv_nano_derived = derived ? 1 : 0;
}

/*@ requires strand_encoder_ok(e);
    assigns e->priv_padded;
    ensures strand_encoder_ok(e); */
void strand_encoder_set_padded(struct strand_encoder *e, bool padded)
{
    e->priv_padded = padded ? 1 : 0;
}

/*@ requires \valid_read(e);
    assigns \nothing;
    ensures \result == e->priv_len; */
size_t strand_encoder_len(const struct strand_encoder *e)
{
    return e->priv_len;
}

/*@ requires \valid_read(e);
    assigns \nothing;
    ensures \result == e->priv_needed; */
size_t strand_encoder_needed(const struct strand_encoder *e)
{
    return e->priv_needed;
}

// ---------------------------------------------------------------------------------------------------------------
// Frames

/*@ requires strand_put_ok(e);
    assigns STRAND_CHANGED_BY_PUT, e->priv_open_tick, e->priv_open_nano, e->priv_open_has_base;
    ensures strand_put_ok(e);
    ensures strand_put_by{Pre, Post}(e, STRAND_SYNC_LEN); */
static void strand_put_sync(struct strand_encoder *e, uint64_t tick, uint64_t nano)
{
    uint8_t bytes[STRAND_SYNC_LEN];
    strand_store_u16(bytes, 0);
    strand_store_u64(bytes + 2, tick);
    strand_store_u64(bytes + 10, nano);
    e->priv_open_tick = tick;
    e->priv_open_nano = nano;
    e->priv_open_has_base = 1;
    strand_put_bytes(e, bytes, sizeof bytes);
}

/*@ requires strand_put_ok(e);
    assigns e->priv_pos, e->priv_frame, e->priv_lacking, e->priv_open, e->priv_open_tick, e->priv_open_nano,
            e->priv_open_has_base;
    ensures strand_put_ok(e);
    ensures e->priv_pos == e->priv_len && e->priv_frame == e->priv_len && e->priv_lacking == 0 && e->priv_open == what; */
static void strand_open(struct strand_encoder *e, uint8_t what)
{
    e->priv_pos = e->priv_len;
    e->priv_frame = e->priv_len;
    e->priv_lacking = 0;
    e->priv_open = what;
    e->priv_open_tick = e->priv_tick;
    e->priv_open_nano = e->priv_nano;
    e->priv_open_has_base = e->priv_has_base;
}

void strand_put_open_bare(struct strand_encoder *e)
{
    strand_open(e, STRAND_OPEN_BARE);
}

/*@ requires strand_room_ok(e);
    assigns e->priv_pos, e->priv_frame, e->priv_lacking, e->priv_open;
    ensures strand_encoder_ok(e);
    ensures e->priv_pos == e->priv_len && e->priv_frame == e->priv_len && e->priv_lacking == STRAND_NOTHING_OPEN;
    ensures e->priv_open == STRAND_OPEN_NONE; */
void strand_encode_cancel(struct strand_encoder *e)
{
    e->priv_open = STRAND_OPEN_NONE;
    e->priv_pos = e->priv_len;
    e->priv_frame = e->priv_len;
    e->priv_lacking = STRAND_NOTHING_OPEN;
}

// The frame's length goes into the room that its header kept. Only called where it was written whole.
/*@ requires strand_encoder_ok(e) && e->priv_lacking == 0;
    assigns e->priv_base[e->priv_frame .. e->priv_pos - 1];
    ensures strand_encoder_ok(e);
    ensures size: \result && \old(e->priv_open) == STRAND_OPEN_RECORD ==>
            strand_le16(e->priv_base + e->priv_frame) == e->priv_pos - e->priv_frame;
    ensures total_len: \result && \old(e->priv_open) == STRAND_OPEN_EXT ==>
            strand_le32(e->priv_base + e->priv_frame + 4) == e->priv_pos - e->priv_frame;
    ensures bare: \old(e->priv_open) == STRAND_OPEN_BARE ==>
            (\result <==> \old(e->priv_pos - e->priv_frame) <= STRAND_EXT_FRAME_MAX);
    ensures kept: \forall integer k; \old(e->priv_frame) + STRAND_EXT_HEADER_LEN <= k < \old(e->priv_pos) ==>
            e->priv_base[k] == \old(e->priv_base[k]); */
static bool strand_finish_frame(struct strand_encoder *e)
{
    const size_t len = e->priv_pos - e->priv_frame;
    if (e->priv_open == STRAND_OPEN_RECORD) {
        if (len > STRAND_RECORD_FRAME_MAX) {
            return false;
        }
        strand_store_u16(e->priv_base + e->priv_frame, (uint16_t)len);
    } else if (e->priv_open == STRAND_OPEN_EXT) {
        if (len > STRAND_EXT_FRAME_MAX) {
            return false;
        }
        strand_store_u32(e->priv_base + e->priv_frame + 4, (uint32_t)len);
    }
    return len <= STRAND_EXT_FRAME_MAX;
}

/*@ requires strand_encoder_ok(e);
    assigns e->priv_len, e->priv_tick, e->priv_nano, e->priv_has_base, e->priv_needed, e->priv_pos, e->priv_frame,
            e->priv_lacking, e->priv_open, e->priv_base[e->priv_len .. e->priv_room - 1];
    ensures strand_encoder_ok(e);
    ensures closed: e->priv_open == STRAND_OPEN_NONE;
    ensures status: \result == STRAND_OK || \result == STRAND_FULL || \result == STRAND_NOT_OPEN;
    ensures not_open: \result == STRAND_NOT_OPEN <==> \old(e->priv_open) == STRAND_OPEN_NONE;
    ensures committed: \result == STRAND_OK ==> e->priv_len == \old(e->priv_pos) && \old(e->priv_lacking) == 0;
    ensures taken_back: \result != STRAND_OK ==> e->priv_len == \old(e->priv_len) &&
            e->priv_tick == \old(e->priv_tick) && e->priv_nano == \old(e->priv_nano);
    ensures counted: \result != STRAND_NOT_OPEN ==>
            e->priv_needed == \old(e->priv_pos - e->priv_len + e->priv_lacking);
    ensures size: \result == STRAND_OK && \old(e->priv_open) == STRAND_OPEN_RECORD ==>
            strand_le16(e->priv_base + \old(e->priv_frame)) == e->priv_len - \old(e->priv_frame);
    ensures total_len: \result == STRAND_OK && \old(e->priv_open) == STRAND_OPEN_EXT ==>
            strand_le32(e->priv_base + \old(e->priv_frame) + 4) == e->priv_len - \old(e->priv_frame);
    ensures kept: \result == STRAND_OK ==> \forall integer k;
            \old(e->priv_frame) + STRAND_EXT_HEADER_LEN <= k < e->priv_len ==>
            e->priv_base[k] == \old(e->priv_base[k]); */
enum strand_status strand_encode_end(struct strand_encoder *e)
{
    if (e->priv_open == STRAND_OPEN_NONE) {
        return STRAND_NOT_OPEN;
    }
    e->priv_needed = e->priv_pos - e->priv_len + e->priv_lacking;
    const bool whole = e->priv_lacking == 0 && strand_finish_frame(e);
    if (whole) {
        e->priv_len = e->priv_pos;
        e->priv_tick = e->priv_open_tick;
        e->priv_nano = e->priv_open_nano;
        e->priv_has_base = e->priv_open_has_base;
    }
    strand_encode_cancel(e);
    return whole ? STRAND_OK : STRAND_FULL;
}

// ---------------------------------------------------------------------------------------------------------------
// Records

/*@ assigns \nothing; */
static bool strand_in_reach(uint64_t now, uint64_t base)
{
    return strand_sub_wrap(now, base) <= STRAND_SYNC_REACH;
}

// Opens a record's frame up to its size: the sync in front of it, where one is needed.
/*@ requires strand_put_ok(e) && \valid(tick) && \valid(nano);
    requires \separated(tick, nano, e, e->priv_base + (0 .. e->priv_room - 1));
    assigns *tick, *nano, STRAND_CHANGED_BY_BEGIN;
    ensures strand_put_ok(e);
    ensures e->priv_frame == e->priv_pos && e->priv_open == what; */
static void strand_open_record(struct strand_encoder *e, uint8_t what, uint64_t *tick, uint64_t *nano)
{
    strand_open(e, what);
    if (*tick == 0 && *nano == 0) {
        *tick = 1;
        *nano = 1;
    }
    if (e->priv_has_base == 0 || !strand_in_reach(*tick, e->priv_tick) ||
        (e->priv_nano_derived == 0 && !strand_in_reach(*nano, e->priv_nano))) {
        strand_put_sync(e, *tick, *nano);
    }
    e->priv_frame = e->priv_pos;
}

// A padded delta takes three bytes whatever its value: where the next byte goes doesn't wait for the clock.
/*@ requires strand_put_ok(e);
    assigns STRAND_CHANGED_BY_PUT;
    ensures strand_put_ok(e);
    ensures strand_put_some{Pre, Post}(e); */
static void strand_put_tick_delta(struct strand_encoder *e, uint64_t delta)
{
    if (e->priv_padded == 0 || delta > STRAND_SYNC_REACH) {
        strand_put_uvarint(e, delta);
        return;
    }
    strand_put_byte(e, (uint8_t)(delta % 0x80 + 0x80));
    strand_put_byte(e, (uint8_t)(delta / 0x80 % 0x80 + 0x80));
    strand_put_byte(e, (uint8_t)(delta / 0x4000));
}

/*@ requires strand_put_ok(e);
    assigns STRAND_CHANGED_BY_PUT;
    ensures strand_put_ok(e);
    ensures strand_put_some{Pre, Post}(e); */
static void strand_put_record_header(struct strand_encoder *e, uint64_t tick, uint64_t nano, int64_t p)
{
    const uint64_t nano_delta = strand_sub_wrap(nano, e->priv_open_nano);
    strand_put_tick_delta(e, strand_sub_wrap(tick, e->priv_open_tick));
    strand_put_uvarint(e, e->priv_nano_derived != 0 ? 0 : nano_delta);
    strand_put_uvarint(e, strand_zigzag_encode(p));
}

/*@ requires strand_put_ok(e);
    assigns STRAND_CHANGED_BY_PUT;
    ensures strand_put_ok(e);
    ensures strand_put_by{Pre, Post}(e, STRAND_EXT_HEADER_LEN); */
static void strand_put_ext_header(struct strand_encoder *e, uint8_t kind, uint8_t flags)
{
    strand_put_byte(e, 1);
    strand_put_byte(e, 0);
    strand_put_byte(e, kind);
    strand_put_byte(e, flags);
    strand_put_u32(e, 0);
}

/*@ requires strand_encoder_ok(e);
    assigns STRAND_CHANGED_BY_BEGIN;
    ensures strand_encoder_ok(e);
    ensures e->priv_open == STRAND_OPEN_RECORD; */
void strand_encode_begin(struct strand_encoder *e, uint64_t tick, uint64_t nano, int64_t p)
{
    strand_open_record(e, STRAND_OPEN_RECORD, &tick, &nano);
    strand_put_byte(e, 0);
    strand_put_byte(e, 0);
    strand_put_record_header(e, tick, nano, p);
}

/*@ requires strand_encoder_ok(e);
    assigns STRAND_CHANGED_BY_BEGIN;
    ensures strand_encoder_ok(e);
    ensures e->priv_open == STRAND_OPEN_EXT; */
void strand_encode_begin_large(struct strand_encoder *e, uint64_t tick, uint64_t nano, int64_t p)
{
    strand_open_record(e, STRAND_OPEN_EXT, &tick, &nano);
    strand_put_ext_header(e, STRAND_WIRE_FRAME_LARGE, 0);
    strand_put_record_header(e, tick, nano, p);
}

// ---------------------------------------------------------------------------------------------------------------
// Extended frames

/*@ requires strand_encoder_ok(e);
    assigns STRAND_CHANGED_BY_BEGIN;
    ensures strand_encoder_ok(e);
    ensures e->priv_open == STRAND_OPEN_EXT; */
void strand_encode_begin_frame(struct strand_encoder *e, uint8_t kind, uint8_t flags)
{
    strand_open(e, STRAND_OPEN_EXT);
    strand_put_ext_header(e, kind, flags);
}

/*@ requires strand_encoder_ok(e);
    assigns STRAND_CHANGED_BY_BEGIN;
    ensures strand_encoder_ok(e);
    ensures e->priv_open == STRAND_OPEN_EXT; */
void strand_encode_begin_def(struct strand_encoder *e, uint64_t def_kind, uint64_t id)
{
    strand_encode_begin_frame(e, STRAND_WIRE_FRAME_DEF, 0);
    strand_put_uvarint(e, def_kind);
    strand_put_uvarint(e, id);
}

// The `known` word: bit 0 records, bit 1 bytes, bit 2 exactness, bit 3 exact. Spec: 6.6.
/*@ requires \valid_read(diag);
    assigns \nothing;
    ensures \result <= 15; */
static uint64_t strand_known(const struct strand_diag *diag)
{
    return (diag->records_known ? 1u : 0u) + (diag->bytes_known ? 2u : 0u) + (diag->exact_known ? 4u : 0u) +
           (diag->exact_known && diag->exact ? 8u : 0u);
}

/*@ requires strand_encoder_ok(e) && \valid_read(diag) && \separated(diag, e, e->priv_base + (0 .. e->priv_room - 1));
    assigns STRAND_CHANGED_BY_BEGIN;
    ensures strand_encoder_ok(e);
    ensures e->priv_open == STRAND_OPEN_EXT; */
void strand_encode_begin_loss(struct strand_encoder *e, const struct strand_diag *diag)
{
    strand_encode_begin_frame(e, STRAND_WIRE_FRAME_LOSS, 0);
    strand_put_uvarint(e, diag->kind);
    strand_put_uvarint(e, (uint64_t)diag->code);
    strand_put_uvarint(e, strand_known(diag));
    strand_put_uvarint(e, diag->off);
    strand_put_uvarint(e, diag->records_known ? diag->records : 0);
    strand_put_uvarint(e, diag->bytes_known ? diag->bytes : 0);
}

/*@ requires strand_encoder_ok(e);
    assigns STRAND_CHANGED_BY_BEGIN, e->priv_len, e->priv_tick, e->priv_nano, e->priv_has_base, e->priv_needed;
    ensures strand_encoder_ok(e);
    ensures status: \result == STRAND_OK || \result == STRAND_FULL || \result == STRAND_BUSY;
    ensures busy: \result == STRAND_BUSY <==> \old(e->priv_open) != STRAND_OPEN_NONE;
    ensures committed: \result == STRAND_OK ==> \old(e->priv_len) < e->priv_len;
    ensures taken_back: \result != STRAND_OK ==> e->priv_len == \old(e->priv_len); */
enum strand_status strand_encode_sync(struct strand_encoder *e, uint64_t tick, uint64_t nano)
{
    if (e->priv_open != STRAND_OPEN_NONE) {
        return STRAND_BUSY;
    }
    const bool zero = tick == 0 && nano == 0;
    strand_open(e, STRAND_OPEN_BARE);
    strand_put_sync(e, zero ? 1 : tick, zero ? 1 : nano);
    return strand_encode_end(e);
}

/*@ requires strand_encoder_ok(e) && \valid_read(clock) && \separated(clock, e, e->priv_base + (0 .. e->priv_room - 1));
    assigns STRAND_CHANGED_BY_BEGIN, e->priv_len, e->priv_tick, e->priv_nano, e->priv_has_base, e->priv_needed;
    ensures strand_encoder_ok(e);
    ensures status: \result == STRAND_OK || \result == STRAND_FULL || \result == STRAND_BUSY;
    ensures busy: \result == STRAND_BUSY <==> \old(e->priv_open) != STRAND_OPEN_NONE;
    ensures committed: \result == STRAND_OK ==> \old(e->priv_len) < e->priv_len;
    ensures taken_back: \result != STRAND_OK ==> e->priv_len == \old(e->priv_len); */
enum strand_status strand_encode_clock(struct strand_encoder *e, const struct strand_clock *clock)
{
    if (e->priv_open != STRAND_OPEN_NONE) {
        return STRAND_BUSY;
    }
    strand_encode_begin_frame(e, STRAND_WIRE_FRAME_CLOCK, 0);
    strand_put_u64(e, clock->tick);
    strand_put_u64(e, clock->monotonic_ns);
    strand_put_u64(e, clock->realtime_ns);
    strand_put_u64(e, clock->bracket_ns);
    return strand_encode_end(e);
}

/*@ STRAND_READS(name, len)
    requires strand_encoder_ok(e);
    assigns STRAND_CHANGED_BY_BEGIN, e->priv_len, e->priv_tick, e->priv_nano, e->priv_has_base, e->priv_needed;
    ensures strand_encoder_ok(e);
    ensures status: \result == STRAND_OK || \result == STRAND_FULL || \result == STRAND_BUSY;
    ensures busy: \result == STRAND_BUSY <==> \old(e->priv_open) != STRAND_OPEN_NONE;
    ensures committed: \result == STRAND_OK ==> \old(e->priv_len) < e->priv_len;
    ensures taken_back: \result != STRAND_OK ==> e->priv_len == \old(e->priv_len); */
enum strand_status strand_encode_owner(struct strand_encoder *e, uint64_t tid, const char *name, size_t len)
{
    if (e->priv_open != STRAND_OPEN_NONE) {
        return STRAND_BUSY;
    }
    strand_encode_begin_frame(e, STRAND_WIRE_FRAME_OWNER, 0);
    strand_put_uvarint(e, tid);
    strand_put_bytes(e, strand_bytes_of(name, len), len);
    return strand_encode_end(e);
}

/*@ requires strand_encoder_ok(e);
    assigns STRAND_CHANGED_BY_BEGIN, e->priv_len, e->priv_tick, e->priv_nano, e->priv_has_base, e->priv_needed;
    ensures strand_encoder_ok(e);
    ensures status: \result == STRAND_OK || \result == STRAND_FULL || \result == STRAND_BUSY;
    ensures busy: \result == STRAND_BUSY <==> \old(e->priv_open) != STRAND_OPEN_NONE;
    ensures committed: \result == STRAND_OK ==> \old(e->priv_len) < e->priv_len;
    ensures taken_back: \result != STRAND_OK ==> e->priv_len == \old(e->priv_len); */
enum strand_status strand_encode_end_of_strand(struct strand_encoder *e)
{
    if (e->priv_open != STRAND_OPEN_NONE) {
        return STRAND_BUSY;
    }
    strand_encode_begin_frame(e, STRAND_WIRE_FRAME_END, 0);
    return strand_encode_end(e);
}
