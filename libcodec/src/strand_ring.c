/* SPDX-License-Identifier: MIT
 *
 * strand_ring.c: frames in a ring of bytes, the oldest overwritten first.
 *
 *     0              end              begin                      size
 *     │ … newer      │ room           │ oldest … older           │
 *                     └─ new frames ──┴─► frames give way, one by one
 *
 * A record is encoded into the stage, with its sync where it needs one, and stays there until it is whole. Then it
 * is committed in three steps, and whatever stops the program between two stores finds a ring that can be read:
 *
 *   1. Old frames are consumed until there is room. `begin` moves frame by frame. A sync that is consumed has first
 *      become the time base at `begin`; as long as `begin` stands on it, it still states that base itself.
 *   2. The bytes are copied, behind `end`, where nobody looks.
 *   3. `end` moves.
 *
 * Positions are 64 bits wide and never wrap; where they lie in the memory is tracked beside them, by adding and
 * comparing. The stage has no more room than the ring, so what fits it fits the ring, and a record that doesn't is
 * taken back by the encoder, sync and all.
 */
#include "strand_ring.h"

#include "strand_bytes.h"
#include "strand_platform.h"

#define STRAND_RING_MAX 0x40000000u // rings are smaller than this, as windows and buffers are

// The index n bytes behind index; n ≤ size.
static size_t strand_ring_step(size_t index, size_t n, size_t size)
{
    return n < size - index ? index + n : n - (size - index);
}

// Copies n bytes out of the ring's memory, around its end; n ≤ size.
static void strand_ring_load(const struct strand_ring_view *view, size_t index, uint8_t *to, size_t n)
{
    const size_t straight = n < view->size - index ? n : view->size - index;
    strand_copy(to, view->data + index, straight);
    strand_copy(to + straight, view->data, n - straight);
}

static void strand_ring_store(struct strand_ring *r, const uint8_t *from, size_t n)
{
    const size_t size = r->priv_view.size;
    const size_t index = r->priv_end_index;
    const size_t straight = n < size - index ? n : size - index;
    strand_copy(r->priv_data + index, from, straight);
    strand_copy(r->priv_data, from + straight, n - straight);
    r->priv_end_index = strand_ring_step(index, n, size);
}

// ---------------------------------------------------------------------------------------------------------------
// Writing

enum strand_status strand_ring_init(struct strand_ring *r, size_t size, unsigned abi_version, uint8_t *data,
                                    size_t data_len, uint8_t *stage, size_t stage_len)
{
    if (size != sizeof *r || abi_version != STRAND_ABI_VERSION) {
        return STRAND_BAD_VERSION;
    }
    if (data_len < STRAND_RING_MIN || data_len >= STRAND_RING_MAX) {
        return STRAND_BAD_ARGUMENT;
    }
    const size_t used_len = stage_len < data_len + STRAND_SLACK ? stage_len : data_len + STRAND_SLACK;
    const enum strand_status status =
        strand_encoder_init(&r->priv_encoder, sizeof r->priv_encoder, STRAND_ABI_VERSION, stage, used_len);
    if (status != STRAND_OK) {
        return status;
    }
    strand_encoder_set_string_limit(&r->priv_encoder, data_len / 8);
    const struct strand_ring_view empty = {data, data_len, 0, 0, 0, 0};
    r->priv_view = empty;
    r->priv_data = data;
    r->priv_begin_index = 0;
    r->priv_end_index = 0;
    r->priv_stage = stage;
    r->priv_stage_len = used_len;
    r->priv_end_tick = 0;
    r->priv_end_nano = 0;
    r->priv_records = 0;
    r->priv_refused = 0;
    r->priv_open = 0;
    return STRAND_OK;
}

enum strand_status strand_ring_begin(struct strand_ring *r, uint64_t tick, uint64_t nano, int64_t p,
                                     struct strand_encoder **ret_encoder)
{
    if (r->priv_open != 0) {
        strand_count(&r->priv_refused);
        return STRAND_BUSY;
    }
    r->priv_open = 1;
    strand_settle();
    // The buffer that strand_ring_init took is taken here too.
    strand_encoder_rebase(&r->priv_encoder, r->priv_stage, r->priv_stage_len, true);
    strand_encode_begin(&r->priv_encoder, tick, nano, p);
    *ret_encoder = &r->priv_encoder;
    return STRAND_OK;
}

static void strand_ring_close(struct strand_ring *r)
{
    strand_settle();
    r->priv_open = 0;
}

// Length of the frame whose first bytes are head[0 … used), or all of `used` where no frame can be.
static size_t strand_ring_frame_len(const uint8_t *head, size_t used)
{
    size_t len = used < 2 ? 0 : strand_load_u16(head);
    if (len == 0) {
        len = STRAND_SYNC_LEN;
    } else if (len == 1) {
        len = used < STRAND_EXT_HEADER_LEN ? used : strand_load_u32(head + 4);
    }
    return len >= 5 && len <= used ? len : used;
}

// Consumes the oldest frame. Of memory that something else has written to, all is consumed.
static void strand_ring_advance(struct strand_ring *r)
{
    struct strand_ring_view *view = &r->priv_view;
    uint8_t head[STRAND_SYNC_LEN] = {0};
    const size_t used = (size_t)(view->end - view->begin);
    strand_ring_load(view, r->priv_begin_index, head, used < sizeof head ? used : sizeof head);
    const size_t len = strand_ring_frame_len(head, used);
    if (len == used) {
        view->tick = r->priv_end_tick;
        view->nano = r->priv_end_nano;
    } else if (strand_load_u16(head) == 0) {
        view->tick = strand_load_u64(head + 2);
        view->nano = strand_load_u64(head + 10);
    }
    strand_settle();
    view->begin += len;
    r->priv_begin_index = strand_ring_step(r->priv_begin_index, len, view->size);
}

static void strand_ring_commit(struct strand_ring *r, const uint8_t *bytes, size_t len)
{
    struct strand_ring_view *view = &r->priv_view;
    while (view->size - (size_t)(view->end - view->begin) < len) {
        strand_ring_advance(r);
    }
    strand_settle();
    strand_ring_store(r, bytes, len);
    if (strand_load_u16(bytes) == 0) {
        r->priv_end_tick = strand_load_u64(bytes + 2);
        r->priv_end_nano = strand_load_u64(bytes + 10);
    }
    strand_settle();
    view->end += len;
}

enum strand_status strand_ring_end(struct strand_ring *r)
{
    if (r->priv_open == 0) {
        return STRAND_NOT_OPEN;
    }
    const enum strand_status status = strand_encode_end(&r->priv_encoder);
    if (status == STRAND_OK) {
        strand_ring_commit(r, r->priv_stage, strand_encoder_len(&r->priv_encoder));
        r->priv_records += 1;
    } else if (status == STRAND_FULL) {
        strand_count(&r->priv_refused);
    }
    strand_ring_close(r);
    return status;
}

void strand_ring_cancel(struct strand_ring *r)
{
    strand_encode_cancel(&r->priv_encoder);
    strand_ring_close(r);
}

struct strand_ring_view strand_ring_view(const struct strand_ring *r)
{
    return r->priv_view;
}

uint64_t strand_ring_records(const struct strand_ring *r)
{
    return r->priv_records;
}

uint64_t strand_ring_refused(const struct strand_ring *r)
{
    return strand_counted(&r->priv_refused);
}

// ---------------------------------------------------------------------------------------------------------------
// Reading

enum strand_status strand_ring_reader_init(struct strand_ring_reader *r, size_t size, unsigned abi_version,
                                           const struct strand_ring_view *view, uint8_t *scratch, size_t scratch_cap)
{
    if (size != sizeof *r || abi_version != STRAND_ABI_VERSION) {
        return STRAND_BAD_VERSION;
    }
    if (view->size == 0 || view->size >= STRAND_RING_MAX || view->end < view->begin ||
        view->end - view->begin > view->size) {
        return STRAND_BAD_ARGUMENT;
    }
    strand_decoder_init(&r->priv_decoder, sizeof r->priv_decoder, STRAND_ABI_VERSION);
    strand_decoder_set_off(&r->priv_decoder, view->begin);
    if (view->tick != 0 || view->nano != 0) {
        strand_decoder_set_base(&r->priv_decoder, view->tick, view->nano);
    }
    r->priv_view = *view;
    r->priv_begin_index = (size_t)(view->begin % view->size);
    r->priv_scratch = scratch;
    r->priv_scratch_cap = scratch_cap;
    return STRAND_OK;
}

// Feeds what begins at the decoder's offset: as far as the memory goes, or the one frame that goes around its end.
static enum strand_status strand_ring_refill(struct strand_ring_reader *r)
{
    const struct strand_ring_view *view = &r->priv_view;
    const uint64_t off = strand_decoder_off(&r->priv_decoder);
    const size_t need = strand_decoder_need(&r->priv_decoder);
    const size_t left = (size_t)(view->end - off);
    const size_t index = strand_ring_step(r->priv_begin_index, (size_t)(off - view->begin), view->size);
    const size_t straight = left < view->size - index ? left : view->size - index;
    if (straight == left || straight >= need) {
        return strand_decoder_feed(&r->priv_decoder, view->data + index, straight, straight == left);
    }
    const size_t len = need < left ? need : left;
    if (len > r->priv_scratch_cap) {
        return STRAND_FULL;
    }
    strand_ring_load(view, index, r->priv_scratch, len);
    return strand_decoder_feed(&r->priv_decoder, r->priv_scratch, len, len == left);
}

enum strand_status strand_ring_read(struct strand_ring_reader *r, struct strand_frame *ret_frame)
{
    enum strand_status status = strand_decode_frame(&r->priv_decoder, ret_frame);
    while (status == STRAND_MORE) {
        const enum strand_status fed = strand_ring_refill(r);
        if (fed != STRAND_OK) {
            return fed;
        }
        status = strand_decode_frame(&r->priv_decoder, ret_frame);
    }
    return status;
}

uint64_t strand_ring_reader_error_off(const struct strand_ring_reader *r)
{
    return strand_decoder_error_off(&r->priv_decoder);
}
