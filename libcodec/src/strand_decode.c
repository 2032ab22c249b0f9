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

void strand_decoder_set_base(struct strand_decoder *d, uint64_t tick, uint64_t nano)
{
    d->priv_tick = tick;
    d->priv_nano = nano;
    d->priv_has_base = 1;
}

uint64_t strand_decoder_off(const struct strand_decoder *d)
{
    return strand_add_wrap(d->priv_window_off, d->priv_pos);
}

void strand_decoder_set_off(struct strand_decoder *d, uint64_t off)
{
    d->priv_window_off = strand_sub_wrap(off, d->priv_pos);
}

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

size_t strand_decoder_need(const struct strand_decoder *d)
{
    return d->priv_need;
}

uint64_t strand_decoder_error_off(const struct strand_decoder *d)
{
    return d->priv_error_off;
}

// ---------------------------------------------------------------------------------------------------------------

// What is wrong with the frame at `pos`; the strand goes on behind it.
static enum strand_status strand_tell(struct strand_decoder *d, enum strand_status status)
{
    d->priv_error_off = strand_decoder_off(d);
    return status;
}

// The same, and the strand ends here.
static enum strand_status strand_latch(struct strand_decoder *d, enum strand_status status)
{
    d->priv_latched = status;
    return strand_tell(d, status);
}

// The frame at `pos` needs more bytes than the window has.
static enum strand_status strand_starve(struct strand_decoder *d, size_t need)
{
    if (d->priv_final != 0) {
        return strand_latch(d, STRAND_FRAME_PAST_END);
    }
    d->priv_need = need;
    return STRAND_MORE;
}

static bool strand_all_zero(const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] != 0) {
            return false;
        }
    }
    return true;
}

// Consumes syncs of zeros, and finds whether a run of them ends here, and how.
static enum strand_status strand_skip_zeros(struct strand_decoder *d)
{
    while (d->priv_len - d->priv_pos >= STRAND_SYNC_LEN &&
           strand_all_zero(d->priv_base + d->priv_pos, STRAND_SYNC_LEN)) {
        if (d->priv_in_zeros == 0) {
            d->priv_in_zeros = 1;
            d->priv_zero_off = strand_decoder_off(d);
        }
        d->priv_pos += STRAND_SYNC_LEN;
    }
    const size_t left = d->priv_len - d->priv_pos;
    const bool may_go_on = left < STRAND_SYNC_LEN && strand_all_zero(d->priv_base + d->priv_pos, left);
    if (may_go_on && d->priv_final == 0) {
        d->priv_need = left == 0 ? 2 : STRAND_SYNC_LEN;
        return STRAND_MORE;
    }
    if (may_go_on && (d->priv_in_zeros != 0 || left >= 2)) {
        strand_latch(d, STRAND_ZERO_FILL);
        d->priv_error_off = d->priv_in_zeros != 0 ? d->priv_zero_off : d->priv_error_off;
        return STRAND_ZERO_FILL;
    }
    if (d->priv_in_zeros != 0) {
        d->priv_in_zeros = 0;
        d->priv_error_off = d->priv_zero_off;
        return STRAND_ZERO_SYNC;
    }
    return STRAND_OK;
}

// Fills in what all frames have and consumes the frame.
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

// Decodes the record whose frame is pos[0 … len), its header behind the first header_len bytes.
static enum strand_status strand_decode_record(struct strand_decoder *d, size_t header_len, size_t len,
                                               struct strand_frame *ret_frame)
{
    struct strand_cursor c = strand_cursor_of(d->priv_base + d->priv_pos + header_len, len - header_len);
    uint64_t tick_delta = 0;
    uint64_t nano_delta = 0;
    uint64_t p = 0;
    if (strand_take_uvarint(&c, &tick_delta) != STRAND_OK || strand_take_uvarint(&c, &nano_delta) != STRAND_OK ||
        strand_take_uvarint(&c, &p) != STRAND_OK) {
        strand_tell(d, STRAND_BAD_HEADER);
        d->priv_pos += len;
        return STRAND_BAD_HEADER;
    }
    if (d->priv_has_base == 0 && d->priv_base_told == 0) {
        d->priv_base_told = 1;
        return strand_tell(d, STRAND_NO_BASE);
    }
    strand_deliver(d, STRAND_FRAME_RECORD, header_len + c.off, len, ret_frame);
    ret_frame->tick = strand_add_wrap(d->priv_tick, tick_delta);
    ret_frame->nano = strand_add_wrap(d->priv_nano, nano_delta);
    ret_frame->p = strand_zigzag_decode(p);
    return STRAND_OK;
}

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

enum strand_status strand_decode_frame(struct strand_decoder *d, struct strand_frame *ret_frame)
{
    if (d->priv_latched != STRAND_OK) {
        return STRAND_END;
    }
    const enum strand_status zeros = strand_skip_zeros(d);
    if (zeros != STRAND_OK) {
        return zeros;
    }
    const size_t left = d->priv_len - d->priv_pos;
    if (left == 0) {
        d->priv_latched = STRAND_END;
        return STRAND_END;
    }
    if (left < 2) {
        return strand_starve(d, 2);
    }
    const uint16_t size = strand_load_u16(d->priv_base + d->priv_pos);
    if (size == 0) {
        return strand_decode_sync(d, ret_frame);
    }
    if (size == 1) {
        return strand_decode_ext(d, ret_frame);
    }
    if (size < 5) {
        return strand_latch(d, STRAND_BAD_SIZE);
    }
    if (left < size) {
        return strand_starve(d, size);
    }
    return strand_decode_record(d, 2, size, ret_frame);
}
