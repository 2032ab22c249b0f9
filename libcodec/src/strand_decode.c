/* SPDX-License-Identifier: MIT
 *
 * strand_decode.c: bytes → frames.
 *
 *     size u16   0      sync       00 00 │ tick u64 │ nano u64
 *                1      extended   01 00 │ kind │ flags │ total_len u32 │ body
 *                2–4    impossible
 *                5 …    record     size │ tick delta │ nano delta │ P │ fields, to the frame's end
 *
 * The window is base[0 … len), `pos` the next frame in it. Nothing is consumed before it is there whole, so a window
 * may end anywhere. Zeros need care: 18 of them look like a sync, so a run of them is held back until something else
 * follows (zero-sync) or nothing does (zero-fill).
 */
#include "strand_decode.h"

#include "strand_cursor.h"

#define STRAND_WINDOW_MAX 0x40000000u

#ifdef __FRAMAC__
// The provers follow ten members far more easily than one struct.
#define STRAND_MEMBERS_OF_FRAME(f) \
    (f)->kind, (f)->ext_kind, (f)->ext_flags, (f)->off, (f)->len, (f)->tick, (f)->nano, (f)->p, (f)->body.data, \
    (f)->body.len

// All that decoding a frame may change: the window stays what it is.
#define STRAND_CHANGED_BY_FRAME(d, f) \
    STRAND_MEMBERS_OF_FRAME(f), (d)->priv_pos, (d)->priv_tick, (d)->priv_nano, (d)->priv_zero_off, \
    (d)->priv_error_off, (d)->priv_need, (d)->priv_latched, (d)->priv_has_base, (d)->priv_base_told, \
    (d)->priv_in_zeros
#endif

/*@ // Between any two calls: the next frame stands in the window, and the window may be read.
    predicate strand_decoder_ok{L}(struct strand_decoder *d) =
        \valid(d) && d->priv_pos <= d->priv_len < STRAND_WINDOW_MAX &&
        \valid_read(d->priv_base + (0 .. d->priv_len - 1)) &&
        \separated(d, d->priv_base + (0 .. d->priv_len - 1));

    // Every call but the last gets somewhere: behind some bytes, to the strand's end, or it tells what it tells once.
    predicate strand_progress{Old, New}(struct strand_decoder *d) =
        \at(d->priv_pos, Old) < \at(d->priv_pos, New) || \at(d->priv_latched, New) != STRAND_OK ||
        (\at(d->priv_base_told, Old) == 0 && \at(d->priv_base_told, New) != 0) ||
        (\at(d->priv_in_zeros, Old) != 0 && \at(d->priv_in_zeros, New) == 0);

    // None undoes what another got to.
    predicate strand_no_way_back{Old, New}(struct strand_decoder *d) =
        \at(d->priv_pos, Old) <= \at(d->priv_pos, New) &&
        (\at(d->priv_base_told, Old) != 0 ==> \at(d->priv_base_told, New) != 0) &&
        (\at(d->priv_pos, Old) == \at(d->priv_pos, New) && \at(d->priv_in_zeros, Old) == 0 ==>
            \at(d->priv_in_zeros, New) == 0);

    // The frame is base[from .. to - 1], its body lies behind its first two bytes, and ends where the frame ends.
    predicate strand_frame_is{L}(struct strand_frame *frame, uint8_t *base, integer from, integer to) =
        frame->len == to - from && frame->body.len <= frame->len - 2 &&
        frame->body.data == base + (to - frame->body.len);

    predicate strand_zeros{L}(uint8_t *p, integer from, integer to) =
        \forall integer k; from <= k < to ==> p[k] == 0;

    predicate strand_in_zeros{L}(struct strand_decoder *d) = d->priv_in_zeros != 0 || strand_zeros(d->priv_base,
        d->priv_pos, d->priv_len - d->priv_pos < STRAND_SYNC_LEN ? d->priv_len : d->priv_pos + STRAND_SYNC_LEN);

    logic integer strand_decoder_at{L}(struct strand_decoder *d) =
        strand_wrapped(d->priv_window_off + d->priv_pos);
*/

/*@ requires \valid(d);
    assigns *d;
    ensures \result == STRAND_OK || \result == STRAND_BAD_VERSION;
    ensures \result == STRAND_OK <==> size == sizeof(struct strand_decoder) && abi_version == STRAND_ABI_VERSION;
    ensures \result == STRAND_OK ==> strand_decoder_ok(d) && d->priv_len == 0;
    ensures untouched: \result != STRAND_OK ==> *d == \old(*d); */
enum strand_status strand_decoder_init(struct strand_decoder *d, size_t size, unsigned abi_version)
{
    if (size != sizeof *d || abi_version != STRAND_ABI_VERSION) {
        return STRAND_BAD_VERSION;
    }
    d->priv_base = strand_nothing;
    d->priv_len = 0;
    d->priv_pos = 0;
    d->priv_window_off = 0;
    d->priv_tick = 0;
    d->priv_nano = 0;
    d->priv_zero_off = 0;
    d->priv_error_off = 0;
    d->priv_need = 0;
    d->priv_latched = STRAND_OK;
    d->priv_has_base = 0;
    d->priv_base_told = 0;
    d->priv_in_zeros = 0;
    d->priv_final = 0;
    return STRAND_OK;
}

/*@ requires \valid(d);
    assigns d->priv_tick, d->priv_nano, d->priv_has_base;
    ensures d->priv_tick == tick && d->priv_nano == nano && d->priv_has_base == 1; */
void strand_decoder_set_base(struct strand_decoder *d, uint64_t tick, uint64_t nano)
{
    d->priv_tick = tick;
    d->priv_nano = nano;
    d->priv_has_base = 1;
}

/*@ requires \valid_read(d);
    assigns \nothing;
    ensures \result == strand_decoder_at(d); */
uint64_t strand_decoder_off(const struct strand_decoder *d)
{
    return strand_add_wrap(d->priv_window_off, d->priv_pos);
}

/*@ requires \valid(d);
    assigns d->priv_window_off;
    ensures strand_decoder_at(d) == off; */
void strand_decoder_set_off(struct strand_decoder *d, uint64_t off)
{
    d->priv_window_off = strand_sub_wrap(off, d->priv_pos);
}

/*@ requires \valid(d) && \valid_read(bytes + (0 .. len - 1)) && \separated(d, bytes + (0 .. len - 1));
    assigns d->priv_window_off, d->priv_base, d->priv_len, d->priv_pos, d->priv_final;
    ensures \result == STRAND_OK || \result == STRAND_BAD_ARGUMENT;
    ensures \result == STRAND_OK <==> len < STRAND_WINDOW_MAX;
    ensures \result == STRAND_OK ==> strand_decoder_ok(d) && d->priv_len == len && d->priv_pos == 0;
    ensures \result == STRAND_OK && len > 0 ==> d->priv_base == bytes;
    ensures \result == STRAND_OK ==> (d->priv_final != 0 <==> final);
    ensures strand_decoder_at(d) == \old(strand_decoder_at(d));
    ensures untouched: \result != STRAND_OK ==> *d == \old(*d); */
enum strand_status strand_decoder_feed(struct strand_decoder *d, const uint8_t *bytes, size_t len, bool final)
{
    if (len >= STRAND_WINDOW_MAX) {
        return STRAND_BAD_ARGUMENT;
    }
    d->priv_window_off = strand_decoder_off(d);
    d->priv_base = len > 0 ? bytes : strand_nothing;
    d->priv_len = len;
    d->priv_pos = 0;
    d->priv_final = final ? 1 : 0;
    return STRAND_OK;
}

/*@ requires \valid_read(d);
    assigns \nothing;
    ensures \result == d->priv_need; */
size_t strand_decoder_need(const struct strand_decoder *d)
{
    return d->priv_need;
}

/*@ requires \valid_read(d);
    assigns \nothing;
    ensures \result == d->priv_error_off; */
uint64_t strand_decoder_error_off(const struct strand_decoder *d)
{
    return d->priv_error_off;
}

// ---------------------------------------------------------------------------------------------------------------

// What is wrong with the frame at `pos`; the strand goes on behind it.
/*@ requires \valid(d);
    assigns d->priv_error_off;
    ensures \result == status && d->priv_error_off == strand_decoder_at(d); */
static enum strand_status strand_tell(struct strand_decoder *d, enum strand_status status)
{
    d->priv_error_off = strand_decoder_off(d);
    return status;
}

// The same, and the strand ends here.
/*@ requires \valid(d) && d->priv_latched == STRAND_OK && status != STRAND_OK;
    assigns d->priv_error_off, d->priv_latched;
    ensures \result == status && d->priv_latched == status && d->priv_error_off == strand_decoder_at(d); */
static enum strand_status strand_latch(struct strand_decoder *d, enum strand_status status)
{
    d->priv_latched = status;
    return strand_tell(d, status);
}

// The frame at `pos` needs more bytes than the window has.
/*@ requires \valid(d) && d->priv_latched == STRAND_OK;
    assigns d->priv_error_off, d->priv_latched, d->priv_need;
    ensures \result == STRAND_FRAME_PAST_END || \result == STRAND_MORE;
    ensures more: \result == STRAND_MORE ==> d->priv_final == 0 && d->priv_need == need;
    ensures end: \result == STRAND_FRAME_PAST_END ==> d->priv_latched == STRAND_FRAME_PAST_END; */
static enum strand_status strand_starve(struct strand_decoder *d, size_t need)
{
    if (d->priv_final != 0) {
        return strand_latch(d, STRAND_FRAME_PAST_END);
    }
    d->priv_need = need;
    return STRAND_MORE;
}

// Nothing is left.
/*@ requires \valid(d) && d->priv_latched == STRAND_OK;
    assigns d->priv_latched;
    ensures \result == STRAND_END && d->priv_latched == STRAND_END; */
static enum strand_status strand_finish(struct strand_decoder *d)
{
    d->priv_latched = STRAND_END;
    return STRAND_END;
}

/*@ requires from <= to && \valid_read(bytes + (from .. to - 1));
    assigns \nothing;
    ensures \result <==> strand_zeros(bytes, from, to); */
static bool strand_all_zero(const uint8_t *bytes, size_t from, size_t to)
{
    /*@ loop invariant from <= i <= to && strand_zeros(bytes, from, i);
        loop assigns i;
        loop variant to - i; */
    for (size_t i = from; i < to; i++) {
        if (bytes[i] != 0) {
            return false;
        }
    }
    return true;
}

// A run of zeros is open, or starts here, or the data ends here.
/*@ requires strand_decoder_ok(d);
    assigns \nothing;
    ensures \result <==> strand_in_zeros(d); */
static bool strand_at_zeros(const struct strand_decoder *d)
{
    const size_t left = d->priv_len - d->priv_pos;
    const size_t reach = left < STRAND_SYNC_LEN ? left : STRAND_SYNC_LEN;
    return d->priv_in_zeros != 0 || strand_all_zero(d->priv_base, d->priv_pos, d->priv_pos + reach);
}

// Consumes syncs of zeros.
/*@ requires strand_decoder_ok(d);
    assigns d->priv_pos, d->priv_in_zeros, d->priv_zero_off;
    ensures strand_decoder_ok(d);
    ensures \old(d->priv_pos) <= d->priv_pos;
    ensures zeros: strand_zeros(d->priv_base, \old(d->priv_pos), d->priv_pos);
    ensures same: d->priv_pos == \old(d->priv_pos) ==> d->priv_in_zeros == \old(d->priv_in_zeros);
    ensures run: d->priv_pos > \old(d->priv_pos) ==> d->priv_in_zeros != 0;
    ensures all: d->priv_len - d->priv_pos < STRAND_SYNC_LEN ||
            !strand_zeros(d->priv_base, d->priv_pos, d->priv_pos + STRAND_SYNC_LEN); */
static void strand_skip_zeros(struct strand_decoder *d)
{
    /*@ loop invariant strand_decoder_ok(d);
        loop invariant \at(d->priv_pos, Pre) <= d->priv_pos;
        loop invariant strand_zeros(d->priv_base, \at(d->priv_pos, Pre), d->priv_pos);
        loop invariant d->priv_pos == \at(d->priv_pos, Pre) ==> d->priv_in_zeros == \at(d->priv_in_zeros, Pre);
        loop invariant d->priv_pos > \at(d->priv_pos, Pre) ==> d->priv_in_zeros != 0;
        loop assigns d->priv_pos, d->priv_in_zeros, d->priv_zero_off;
        loop variant d->priv_len - d->priv_pos; */
    while (d->priv_len - d->priv_pos >= STRAND_SYNC_LEN &&
           strand_all_zero(d->priv_base, d->priv_pos, d->priv_pos + STRAND_SYNC_LEN)) {
        if (d->priv_in_zeros == 0) {
            d->priv_in_zeros = 1;
            d->priv_zero_off = strand_decoder_off(d);
        }
        d->priv_pos += STRAND_SYNC_LEN;
    }
}

// Finds whether the run of zeros ends here, and how.
/*@ requires strand_decoder_ok(d) && d->priv_latched == STRAND_OK && strand_in_zeros(d);
    assigns d->priv_pos, d->priv_in_zeros, d->priv_zero_off, d->priv_error_off, d->priv_latched, d->priv_need;
    ensures strand_decoder_ok(d);
    ensures no_way_back: strand_no_way_back{Pre, Post}(d);
    ensures status: \result == STRAND_MORE || \result == STRAND_ZERO_FILL || \result == STRAND_ZERO_SYNC ||
            \result == STRAND_FRAME_PAST_END || \result == STRAND_END;
    ensures more: \result == STRAND_MORE ==>
            d->priv_final == 0 && d->priv_len - d->priv_pos < d->priv_need <= STRAND_EXT_FRAME_MAX;
    ensures end: \result == STRAND_END ==> d->priv_latched == STRAND_END;
    ensures fill: \result == STRAND_ZERO_FILL ==>
            d->priv_final != 0 && strand_zeros(d->priv_base, \old(d->priv_pos), d->priv_len);
    ensures ends: \result != STRAND_MORE && \result != STRAND_ZERO_SYNC ==> d->priv_latched != STRAND_OK;
    ensures progress: \result == STRAND_ZERO_SYNC ==> strand_progress{Pre, Post}(d); */
static enum strand_status strand_decode_zeros(struct strand_decoder *d)
{
    strand_skip_zeros(d);
    const size_t left = d->priv_len - d->priv_pos;
    const bool may_go_on = left < STRAND_SYNC_LEN && strand_all_zero(d->priv_base, d->priv_pos, d->priv_len);
    if (may_go_on && d->priv_final == 0) {
        d->priv_need = left == 0 ? 2 : STRAND_SYNC_LEN;
        return STRAND_MORE;
    }
    if (may_go_on && d->priv_in_zeros == 0 && left < 2) {
        return left == 0 ? strand_finish(d) : strand_starve(d, 2);
    }
    if (may_go_on) {
        strand_latch(d, STRAND_ZERO_FILL);
        d->priv_error_off = d->priv_in_zeros != 0 ? d->priv_zero_off : d->priv_error_off;
        return STRAND_ZERO_FILL;
    }
    d->priv_in_zeros = 0;
    d->priv_error_off = d->priv_zero_off;
    return STRAND_ZERO_SYNC;
}

// Fills in what all frames have and consumes the frame.
/*@ requires strand_decoder_ok(d) && \valid(ret_frame);
    requires \separated(ret_frame, d, d->priv_base + (0 .. d->priv_len - 1));
    requires 2 <= header_len <= len <= d->priv_len - d->priv_pos;
    assigns STRAND_MEMBERS_OF_FRAME(ret_frame), d->priv_pos;
    ensures strand_decoder_ok(d);
    ensures d->priv_pos == \old(d->priv_pos) + len;
    ensures strand_frame_is(ret_frame, d->priv_base, \old(d->priv_pos), d->priv_pos);
    ensures ret_frame->kind == kind && ret_frame->body.len == len - header_len;
    ensures ret_frame->off == \old(strand_decoder_at(d));
    ensures ret_frame->tick == d->priv_tick && ret_frame->nano == d->priv_nano;
    ensures no_way_back: strand_no_way_back{Pre, Post}(d); */
static void strand_deliver(struct strand_decoder *d, enum strand_frame_kind kind, size_t header_len, size_t len,
                           struct strand_frame *ret_frame)
{
    const uint8_t *at = d->priv_base + d->priv_pos;
    ret_frame->kind = kind;
    ret_frame->ext_kind = 0;
    ret_frame->ext_flags = 0;
    ret_frame->off = strand_decoder_off(d);
    ret_frame->len = len;
    ret_frame->tick = d->priv_tick;
    ret_frame->nano = d->priv_nano;
    ret_frame->p = -1;
    ret_frame->body.data = at + header_len;
    ret_frame->body.len = len - header_len;
    d->priv_pos += len;
}

/*@ requires strand_decoder_ok(d) && \valid(ret_frame) && d->priv_latched == STRAND_OK;
    requires \separated(ret_frame, d, d->priv_base + (0 .. d->priv_len - 1));
    assigns STRAND_MEMBERS_OF_FRAME(ret_frame), d->priv_pos, d->priv_tick, d->priv_nano, d->priv_has_base,
            d->priv_error_off, d->priv_latched, d->priv_need;
    ensures strand_decoder_ok(d);
    ensures status: \result == STRAND_OK || \result == STRAND_MORE || \result == STRAND_FRAME_PAST_END;
    ensures frame: \result == STRAND_OK ==>
            strand_frame_is(ret_frame, d->priv_base, \old(d->priv_pos), d->priv_pos);
    ensures no_way_back: strand_no_way_back{Pre, Post}(d);
    ensures progress: \result != STRAND_MORE ==> strand_progress{Pre, Post}(d);
    ensures more: \result == STRAND_MORE ==>
            d->priv_final == 0 && d->priv_len - d->priv_pos < d->priv_need <= STRAND_EXT_FRAME_MAX;
    ensures untouched: \result != STRAND_OK ==> *ret_frame == \old(*ret_frame); */
static enum strand_status strand_decode_sync(struct strand_decoder *d, struct strand_frame *ret_frame)
{
    if (d->priv_len - d->priv_pos < STRAND_SYNC_LEN) {
        return strand_starve(d, STRAND_SYNC_LEN);
    }
    const uint8_t *at = d->priv_base + d->priv_pos;
    strand_decoder_set_base(d, strand_load_u64(at + 2), strand_load_u64(at + 10));
    strand_deliver(d, STRAND_FRAME_SYNC, STRAND_SYNC_LEN, STRAND_SYNC_LEN, ret_frame);
    return STRAND_OK;
}

// The varints in front of a record's fields.
struct strand_stamp {
    uint64_t tick_delta;
    uint64_t nano_delta;
    uint64_t p;
    size_t len; // bytes that they take
};

/*@ requires \valid_read(bytes + (0 .. len - 1)) && \valid(ret_stamp);
    requires \separated(ret_stamp, bytes + (0 .. len - 1));
    assigns ret_stamp->tick_delta, ret_stamp->nano_delta, ret_stamp->p, ret_stamp->len;
    ensures \result ==> 3 <= ret_stamp->len <= len; */
static bool strand_decode_stamp(const uint8_t *bytes, size_t len, struct strand_stamp *ret_stamp)
{
    struct strand_cursor c = strand_cursor_of(bytes, len);
    const bool whole = strand_take_uvarint(&c, &ret_stamp->tick_delta) == STRAND_OK &&
                       strand_take_uvarint(&c, &ret_stamp->nano_delta) == STRAND_OK &&
                       strand_take_uvarint(&c, &ret_stamp->p) == STRAND_OK;
    ret_stamp->len = c.off;
    return whole;
}

// Decodes the record whose frame is pos[0 … len), its header behind the first header_len bytes.
/*@ requires strand_decoder_ok(d) && \valid(ret_frame);
    requires \separated(ret_frame, d, d->priv_base + (0 .. d->priv_len - 1));
    requires 2 <= header_len <= len <= d->priv_len - d->priv_pos;
    assigns STRAND_MEMBERS_OF_FRAME(ret_frame), d->priv_pos, d->priv_base_told, d->priv_error_off;
    ensures strand_decoder_ok(d);
    ensures \result == STRAND_OK || \result == STRAND_BAD_HEADER || \result == STRAND_NO_BASE;
    ensures consumed: d->priv_pos == (\result == STRAND_NO_BASE ? \old(d->priv_pos) : \old(d->priv_pos) + len);
    ensures header: \result == STRAND_OK ==> ret_frame->body.len <= len - header_len - 3;
    ensures frame: \result == STRAND_OK ==>
            strand_frame_is(ret_frame, d->priv_base, \old(d->priv_pos), d->priv_pos);
    ensures progress: strand_progress{Pre, Post}(d);
    ensures no_way_back: strand_no_way_back{Pre, Post}(d);
    ensures untouched: \result != STRAND_OK ==> *ret_frame == \old(*ret_frame); */
static enum strand_status strand_decode_record(struct strand_decoder *d, size_t header_len, size_t len,
                                               struct strand_frame *ret_frame)
{
    struct strand_stamp stamp = {0, 0, 0, 0};
    if (!strand_decode_stamp(d->priv_base + d->priv_pos + header_len, len - header_len, &stamp)) {
        strand_tell(d, STRAND_BAD_HEADER);
        d->priv_pos += len;
        return STRAND_BAD_HEADER;
    }
    if (d->priv_has_base == 0 && d->priv_base_told == 0) {
        d->priv_base_told = 1;
        return strand_tell(d, STRAND_NO_BASE);
    }
    strand_deliver(d, STRAND_FRAME_RECORD, header_len + stamp.len, len, ret_frame);
    ret_frame->tick = strand_add_wrap(d->priv_tick, stamp.tick_delta);
    ret_frame->nano = strand_add_wrap(d->priv_nano, stamp.nano_delta);
    ret_frame->p = strand_zigzag_decode(stamp.p);
    return STRAND_OK;
}

/*@ requires strand_decoder_ok(d) && \valid(ret_frame) && d->priv_latched == STRAND_OK;
    requires d->priv_len - d->priv_pos >= 2;
    requires \separated(ret_frame, d, d->priv_base + (0 .. d->priv_len - 1));
    assigns STRAND_MEMBERS_OF_FRAME(ret_frame), d->priv_pos, d->priv_base_told, d->priv_error_off, d->priv_latched,
            d->priv_need;
    ensures strand_decoder_ok(d);
    ensures status: \result == STRAND_OK || \result == STRAND_MORE || \result == STRAND_FRAME_PAST_END ||
            \result == STRAND_BAD_EXT_LENGTH || \result == STRAND_CRITICAL_FRAME || \result == STRAND_BAD_HEADER ||
            \result == STRAND_NO_BASE;
    ensures frame: \result == STRAND_OK ==>
            strand_frame_is(ret_frame, d->priv_base, \old(d->priv_pos), d->priv_pos);
    ensures more: \result == STRAND_MORE ==>
            d->priv_final == 0 && d->priv_len - d->priv_pos < d->priv_need <= STRAND_EXT_FRAME_MAX;
    ensures no_way_back: strand_no_way_back{Pre, Post}(d);
    ensures progress: \result != STRAND_MORE ==> strand_progress{Pre, Post}(d);
    ensures untouched: \result != STRAND_OK ==> *ret_frame == \old(*ret_frame); */
static enum strand_status strand_decode_ext(struct strand_decoder *d, struct strand_frame *ret_frame)
{
    const size_t left = d->priv_len - d->priv_pos;
    if (left < STRAND_EXT_HEADER_LEN) {
        return strand_starve(d, STRAND_EXT_HEADER_LEN);
    }
    const uint8_t *at = d->priv_base + d->priv_pos;
    const uint8_t kind = at[2];
    const uint8_t flags = at[3];
    const uint32_t len = strand_load_u32(at + 4);
    if (len < STRAND_EXT_HEADER_LEN || len > STRAND_EXT_FRAME_MAX) {
        return strand_latch(d, STRAND_BAD_EXT_LENGTH);
    }
    if (left < len) {
        return strand_starve(d, len);
    }
    if (kind == STRAND_WIRE_FRAME_LARGE) {
        return strand_decode_record(d, STRAND_EXT_HEADER_LEN, len, ret_frame);
    }
    const bool known = kind >= STRAND_WIRE_FRAME_PAD && kind <= STRAND_WIRE_FRAME_END;
    if (!known && flags % 2 == 1) {
        return strand_latch(d, STRAND_CRITICAL_FRAME);
    }
    strand_deliver(d, STRAND_FRAME_EXT, STRAND_EXT_HEADER_LEN, len, ret_frame);
    ret_frame->ext_kind = kind;
    ret_frame->ext_flags = flags;
    return STRAND_OK;
}

// The record of `size` bytes.
/*@ requires strand_decoder_ok(d) && \valid(ret_frame) && d->priv_latched == STRAND_OK && 2 <= size;
    requires \separated(ret_frame, d, d->priv_base + (0 .. d->priv_len - 1));
    assigns STRAND_MEMBERS_OF_FRAME(ret_frame), d->priv_pos, d->priv_base_told, d->priv_error_off, d->priv_latched,
            d->priv_need;
    ensures strand_decoder_ok(d);
    ensures no_way_back: strand_no_way_back{Pre, Post}(d);
    ensures frame: \result == STRAND_OK ==>
            strand_frame_is(ret_frame, d->priv_base, \old(d->priv_pos), d->priv_pos);
    ensures more: \result == STRAND_MORE ==>
            d->priv_final == 0 && d->priv_len - d->priv_pos < d->priv_need <= STRAND_EXT_FRAME_MAX;
    ensures progress: \result != STRAND_MORE ==> strand_progress{Pre, Post}(d);
    ensures untouched: \result != STRAND_OK ==> *ret_frame == \old(*ret_frame);
    ensures status: \result == STRAND_OK || \result == STRAND_MORE || \result == STRAND_NO_BASE ||
            \result == STRAND_BAD_HEADER || \result == STRAND_FRAME_PAST_END || \result == STRAND_BAD_SIZE; */
static enum strand_status strand_decode_plain_record(struct strand_decoder *d, uint16_t size,
                                                     struct strand_frame *ret_frame)
{
    if (size < 5) {
        return strand_latch(d, STRAND_BAD_SIZE);
    }
    if (d->priv_len - d->priv_pos < size) {
        return strand_starve(d, size);
    }
    return strand_decode_record(d, 2, size, ret_frame);
}

// The frame at `pos`, where no zeros are.
/*@ requires strand_decoder_ok(d) && \valid(ret_frame) && d->priv_latched == STRAND_OK;
    requires d->priv_len - d->priv_pos >= 2;
    requires \separated(ret_frame, d, d->priv_base + (0 .. d->priv_len - 1));
    assigns STRAND_CHANGED_BY_FRAME(d, ret_frame);
    ensures strand_decoder_ok(d);
    ensures no_way_back: strand_no_way_back{Pre, Post}(d);
    ensures frame: \result == STRAND_OK ==>
            strand_frame_is(ret_frame, d->priv_base, \old(d->priv_pos), d->priv_pos);
    ensures more: \result == STRAND_MORE ==>
            d->priv_final == 0 && d->priv_len - d->priv_pos < d->priv_need <= STRAND_EXT_FRAME_MAX;
    ensures progress: \result != STRAND_MORE ==> strand_progress{Pre, Post}(d);
    ensures untouched: \result != STRAND_OK ==> *ret_frame == \old(*ret_frame);
    ensures status: \result == STRAND_OK || \result == STRAND_MORE || \result == STRAND_NO_BASE ||
            \result == STRAND_BAD_HEADER || \result == STRAND_FRAME_PAST_END || \result == STRAND_BAD_SIZE ||
            \result == STRAND_BAD_EXT_LENGTH || \result == STRAND_CRITICAL_FRAME; */
static enum strand_status strand_decode_sized(struct strand_decoder *d, struct strand_frame *ret_frame)
{
    const uint16_t size = strand_load_u16(d->priv_base + d->priv_pos);
    if (size == 0) {
        return strand_decode_sync(d, ret_frame);
    }
    if (size == 1) {
        return strand_decode_ext(d, ret_frame);
    }
    return strand_decode_plain_record(d, size, ret_frame);
}

/*@ requires strand_decoder_ok(d) && \valid(ret_frame);
    requires \separated(ret_frame, d, d->priv_base + (0 .. d->priv_len - 1));
    assigns STRAND_CHANGED_BY_FRAME(d, ret_frame);
    ensures strand_decoder_ok(d);
    ensures no_way_back: strand_no_way_back{Pre, Post}(d);
    ensures frame: \result == STRAND_OK ==>
            strand_frame_is(ret_frame, d->priv_base, \old(d->priv_pos), d->priv_pos);
    ensures more: \result == STRAND_MORE ==>
            d->priv_final == 0 && d->priv_len - d->priv_pos < d->priv_need <= STRAND_EXT_FRAME_MAX;
    ensures progress: \result != STRAND_MORE && \result != STRAND_END ==> strand_progress{Pre, Post}(d);
    ensures untouched: \result != STRAND_OK ==> *ret_frame == \old(*ret_frame);
    ensures for_ever: \old(d->priv_latched) != STRAND_OK ==> \result == STRAND_END;
    ensures end: \result == STRAND_END ==> d->priv_latched != STRAND_OK;
    ensures status: \result == STRAND_OK || \result == STRAND_END || \result == STRAND_MORE ||
            \result == STRAND_ZERO_SYNC || \result == STRAND_NO_BASE || \result == STRAND_BAD_HEADER ||
            \result == STRAND_FRAME_PAST_END || \result == STRAND_BAD_SIZE || \result == STRAND_BAD_EXT_LENGTH ||
            \result == STRAND_ZERO_FILL || \result == STRAND_CRITICAL_FRAME; */
enum strand_status strand_decode_frame(struct strand_decoder *d, struct strand_frame *ret_frame)
{
    if (d->priv_latched != STRAND_OK) {
        return STRAND_END;
    }
    if (strand_at_zeros(d)) {
        return strand_decode_zeros(d);
    }
    if (d->priv_len - d->priv_pos < 2) {
        return strand_starve(d, 2);
    }
    return strand_decode_sized(d, ret_frame);
}
