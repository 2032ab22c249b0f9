/* SPDX-License-Identifier: MIT
 *
 * strand_reader.c: a section of a stream file, or a bare strand → items.
 *
 *     FILE_HEADER ──► BLOCK ◄──────────────┐           growing: a block should be at pos
 *          │            │ bad header       │
 *          │            ├──► PROBE ──► SEARCH          is one behind it? else is one anywhere up to there?
 *          │            ▼                  │
 *          ├──► RING_HEADERS ─► RING_SLOT  │           ring: which slot is the newest? then from the oldest on
 *          │                       │ ▲     │
 *          │                       ▼ │     │
 *          │                   OPENED ─► PAYLOAD       the block begins; its frames or events
 *          └──────────────────────────────► FINISH ─► DONE
 *     BARE_INPUT ◄──► BARE ───────────────────┘
 *
 * Each state asks for the bytes it wants, and for the same ones until it has them. What a step finds wrong it puts
 * into `pending`, which is delivered before the next step. strand_reader_blocks.c has the steps between blocks; here
 * are the others, from the file header to the frames of a block or of a bare strand.
 */
#include "strand_reader.h"

#include "strand_bytes.h"
#include "strand_reader_input.h"
#include "strand_reader_steps.h"

// ---------------------------------------------------------------------------------------------------------------
// Start

static void strand_reader_reset(struct strand_reader *r, uint64_t start, uint64_t end)
{
    r->priv_start = start;
    r->priv_end = end;
    r->priv_pos = start;
    r->priv_zero_off = 0;
    r->priv_block_off = start;
    r->priv_payload_end = start;
    r->priv_search_end = start;
    r->priv_search = strand_search_from(start);
    r->priv_input = strand_input_none();
    r->priv_block.seq = 0;
    r->priv_file.kind = STRAND_KIND_RECORDS;
    r->priv_file.incompat = 0;
    r->priv_file.block_count = 0;
    r->priv_told_records = 0;
    r->priv_told_bytes = 0;
    r->priv_told_refused = 0;
    r->priv_least_records = 0;
    r->priv_least_bytes = 0;
    r->priv_damage_off = start;
    r->priv_last_seq = 0;
    r->priv_max_seq = 0;
    r->priv_slots = 0;
    r->priv_slot = 0;
    r->priv_slots_left = 0;
    r->priv_window = 1;
    r->priv_refusal = STRAND_OK;
    r->priv_pending_count = 0;
    r->priv_pending_next = 0;
    r->priv_state = STRAND_READER_FILE_HEADER;
    r->priv_has_header = 0;
    r->priv_in_zeros = 0;
    r->priv_cut = 0;
    r->priv_damaged = 0;
    r->priv_newest_damaged = 0;
    r->priv_saw_end = 0;
    r->priv_corrupt = 0;
    r->priv_truncated = 0;
    r->priv_unsupported = 0;
}

void strand_reader_start_decoders(struct strand_reader *r)
{
    r->priv_base_tick = 0;
    r->priv_base_nano = 0;
    strand_decoder_init(&r->priv_decoder, sizeof r->priv_decoder, STRAND_ABI_VERSION);
    strand_trace_decoder_init(&r->priv_trace, sizeof r->priv_trace, STRAND_ABI_VERSION, STRAND_TRACE_GO1_5);
}

enum strand_status strand_reader_init(struct strand_reader *r, size_t size, unsigned abi_version, uint64_t start,
                                      uint64_t end)
{
    if (size != sizeof *r || abi_version != STRAND_ABI_VERSION) {
        return STRAND_BAD_VERSION;
    }
    if (start > end || end > STRAND_FILE_SIZE_MAX) {
        return STRAND_BAD_ARGUMENT;
    }
    strand_reader_reset(r, start, end);
    strand_reader_start_decoders(r);
    return STRAND_OK;
}

enum strand_status strand_reader_init_bare(struct strand_reader *r, size_t size, unsigned abi_version, uint64_t start,
                                           uint64_t end, size_t window)
{
    const enum strand_status status = strand_reader_init(r, size, abi_version, start, end);
    if (status != STRAND_OK) {
        return status;
    }
    strand_decoder_set_off(&r->priv_decoder, start);
    r->priv_window = window < 1 ? 1 : strand_least(window, STRAND_BLOCK_MAX);
    r->priv_state = STRAND_READER_BARE_INPUT;
    return STRAND_OK;
}

void strand_reader_set_base(struct strand_reader *r, uint64_t tick, uint64_t nano)
{
    strand_decoder_set_base(&r->priv_decoder, tick, nano);
}

struct strand_want strand_reader_want(const struct strand_reader *r)
{
    return r->priv_input.priv_want;
}

void strand_reader_supply(struct strand_reader *r, const uint8_t *bytes)
{
    r->priv_input.priv_bytes = bytes;
}

void strand_reader_cut(struct strand_reader *r, uint64_t end)
{
    if (end >= r->priv_start && end < r->priv_end) {
        r->priv_end = end;
    }
}

// ---------------------------------------------------------------------------------------------------------------
// Diagnostics

static struct strand_diag *strand_reader_tell(struct strand_reader *r, enum strand_status code, uint64_t off)
{
    static const struct strand_diag nothing_known = {0, STRAND_OK, 0, false, false, false, false, 0, 0};
    STRAND_ASSERT(r->priv_pending_count < sizeof r->priv_pending / sizeof r->priv_pending[0]);
    struct strand_diag *diag = &r->priv_pending[r->priv_pending_count];
    r->priv_pending_count += 1;
    *diag = nothing_known;
    diag->kind = strand_status_diag(code);
    diag->code = code;
    diag->off = off;
    return diag;
}

static struct strand_diag *strand_reader_tell_records(struct strand_reader *r, enum strand_status code, uint64_t off,
                                                      uint64_t records, bool exact)
{
    struct strand_diag *diag = strand_reader_tell(r, code, off);
    diag->records_known = true;
    diag->records = records;
    diag->exact_known = true;
    diag->exact = exact;
    return diag;
}

void strand_reader_tell_loss(struct strand_reader *r, enum strand_status code, uint64_t off, uint64_t records,
                             uint64_t bytes, bool exact)
{
    struct strand_diag *diag = strand_reader_tell_records(r, code, off, records, exact);
    diag->bytes_known = true;
    diag->bytes = bytes;
}

void strand_reader_tell_refused(struct strand_reader *r, uint64_t off, uint64_t refused)
{
    if (refused > r->priv_told_refused) {
        strand_reader_tell_records(r, STRAND_REFUSED, off, refused - r->priv_told_refused, true);
    }
    r->priv_told_refused = refused;
}

// Bytes that no writer writes: what they held is lost, and how much that was will be known at the next intact block.
void strand_reader_tell_damage(struct strand_reader *r, enum strand_status code, uint64_t off)
{
    strand_reader_tell(r, code, off);
    if (r->priv_damaged == 0 && r->priv_newest_damaged == 0) {
        r->priv_damage_off = off;
    }
    r->priv_damaged = 1;
    r->priv_corrupt = 1;
}

void strand_reader_tell_cut(struct strand_reader *r, uint64_t off)
{
    strand_reader_tell(r, STRAND_BLOCK_PAST_END, off);
    r->priv_truncated = 1;
}

static enum strand_status strand_reader_deliver_pending(struct strand_reader *r, struct strand_item *ret_item)
{
    ret_item->kind = STRAND_ITEM_DIAG;
    ret_item->diag = r->priv_pending[r->priv_pending_next];
    ret_item->fields.data = NULL;
    ret_item->fields.len = 0;
    ret_item->seq = r->priv_block.seq;
    r->priv_pending_next += 1;
    if (r->priv_pending_next == r->priv_pending_count) {
        r->priv_pending_next = 0;
        r->priv_pending_count = 0;
    }
    return STRAND_OK;
}

// ---------------------------------------------------------------------------------------------------------------
// File header

static void strand_reader_drop_spans(struct strand_file_header *header)
{
    const struct strand_span none = {NULL, 0};
    header->clocks = none;
    header->name = none;
    header->host = none;
    header->writer = none;
}

static enum strand_status strand_reader_file_header(struct strand_reader *r)
{
    const enum strand_status status =
        strand_input_file_header(&r->priv_input, r->priv_start, r->priv_end, &r->priv_file);
    if (status == STRAND_MORE) {
        return STRAND_MORE;
    }
    if (status != STRAND_OK) {
        r->priv_refusal = status;
        return strand_reader_enter(r, STRAND_READER_REFUSED);
    }
    strand_reader_drop_spans(&r->priv_file);
    r->priv_has_header = 1;
    r->priv_pos = r->priv_start + r->priv_file.header_len;
    r->priv_search = strand_search_from(r->priv_pos);
    if (r->priv_file.block_count == 0) {
        return strand_reader_enter(r, STRAND_READER_BLOCK);
    }
    r->priv_slots = strand_reader_count_slots(r);
    r->priv_slots_left = r->priv_slots;
    return strand_reader_enter(r, STRAND_READER_RING_HEADERS);
}

// ---------------------------------------------------------------------------------------------------------------
// Frames and events

static enum strand_status strand_reader_opened(struct strand_reader *r, struct strand_item *ret_item)
{
    ret_item->kind = STRAND_ITEM_BLOCK;
    ret_item->seq = r->priv_block.seq;
    r->priv_state = STRAND_READER_PAYLOAD;
    return STRAND_OK;
}

static enum strand_status strand_reader_close_block(struct strand_reader *r)
{
    if (r->priv_cut != 0) {
        strand_reader_tell_cut(r, r->priv_block_off);
    }
    if (r->priv_file.block_count > 0) {
        strand_reader_next_slot(r);
        return strand_reader_enter(r, STRAND_READER_RING_SLOT);
    }
    return strand_reader_skip_block(r);
}

static enum strand_status strand_reader_loss_frame(struct strand_reader *r, const struct strand_frame *frame,
                                                   struct strand_item *ret_item)
{
    if (strand_decode_loss(frame->body, &ret_item->diag, &ret_item->fields) != STRAND_OK) {
        strand_reader_tell(r, STRAND_BAD_EXT_BODY, frame->off);
        r->priv_corrupt = 1;
        return STRAND_AGAIN;
    }
    ret_item->kind = STRAND_ITEM_DIAG;
    return STRAND_OK;
}

// Delivers a frame that a consumer has use for.
static enum strand_status strand_reader_frame(struct strand_reader *r, struct strand_frame *frame,
                                              struct strand_item *ret_item)
{
    r->priv_told_bytes = strand_add_wrap(r->priv_told_bytes, frame->len);
    r->priv_saw_end = frame->kind == STRAND_FRAME_EXT && frame->ext_kind == STRAND_WIRE_FRAME_END ? 1 : 0;
    ret_item->seq = r->priv_block.seq;
    if (frame->kind == STRAND_FRAME_SYNC) {
        r->priv_base_tick = frame->tick;
        r->priv_base_nano = frame->nano;
        return STRAND_AGAIN;
    }
    if (frame->kind == STRAND_FRAME_RECORD) {
        r->priv_told_records = strand_add_wrap(r->priv_told_records, 1);
        if (r->priv_file.incompat % 2 == STRAND_INCOMPAT_NANO_DERIVED) {
            const uint64_t ticks = strand_sub_wrap(frame->tick, r->priv_base_tick);
            frame->nano = strand_add_wrap(r->priv_base_nano, strand_ticks_to_ns(&r->priv_file, ticks));
        }
        ret_item->kind = STRAND_ITEM_RECORD;
        ret_item->frame = *frame;
        return STRAND_OK;
    }
    if (frame->ext_kind == STRAND_WIRE_FRAME_LOSS) {
        return strand_reader_loss_frame(r, frame, ret_item);
    }
    if (frame->ext_kind == STRAND_WIRE_FRAME_PAD || frame->ext_kind == STRAND_WIRE_FRAME_END) {
        return STRAND_AGAIN;
    }
    ret_item->kind = STRAND_ITEM_FRAME;
    ret_item->frame = *frame;
    return STRAND_OK;
}

// What a decoder found wrong in a block: it costs the block no more than the decoder's own rules say.
static enum strand_status strand_reader_bad_payload(struct strand_reader *r, enum strand_status status, uint64_t off)
{
    if (status == STRAND_NO_BASE) {
        strand_reader_tell(r, status, off);
        return STRAND_AGAIN;
    }
    strand_reader_tell_damage(r, status, off);
    if (strand_status_diag(status) == STRAND_DIAG_UNSUPPORTED) {
        r->priv_unsupported = 1;
    }
    return STRAND_AGAIN;
}

static enum strand_status strand_reader_next_frame(struct strand_reader *r, struct strand_item *ret_item)
{
    struct strand_frame frame;
    const enum strand_status status = strand_decode_frame(&r->priv_decoder, &frame);
    switch (status) {
    case STRAND_OK: return strand_reader_frame(r, &frame, ret_item);
    case STRAND_END:
    case STRAND_MORE: return strand_reader_close_block(r);
    default: return strand_reader_bad_payload(r, status, strand_decoder_error_off(&r->priv_decoder));
    }
}

// An extended frame may stand between events: no Batch begins as it does.
static bool strand_reader_at_ext_frame(const struct strand_reader *r, uint64_t off)
{
    const uint8_t *bytes = r->priv_input.priv_bytes + (size_t)(off - r->priv_input.priv_want.off);
    return r->priv_payload_end - off >= 2 && strand_load_u16(bytes) == 1;
}

// Has one decoder go on where the other stopped.
static void strand_reader_hand_over(struct strand_reader *r, uint64_t off, bool to_trace)
{
    const uint8_t *bytes = r->priv_input.priv_bytes + (size_t)(off - r->priv_input.priv_want.off);
    const size_t left = (size_t)(r->priv_payload_end - off);
    const bool whole = r->priv_payload_end == r->priv_block_off + r->priv_block.header_len + r->priv_block.committed;
    if (to_trace) {
        strand_trace_decoder_set_off(&r->priv_trace, off);
        strand_trace_decoder_feed(&r->priv_trace, bytes, left, whole);
    } else {
        strand_decoder_set_off(&r->priv_decoder, off);
        strand_decoder_feed(&r->priv_decoder, bytes, left, whole);
    }
}

static enum strand_status strand_reader_next_event(struct strand_reader *r, struct strand_item *ret_item)
{
    const uint64_t off = strand_trace_decoder_off(&r->priv_trace);
    if (strand_reader_at_ext_frame(r, off)) {
        strand_reader_hand_over(r, off, false);
        const enum strand_status status = strand_reader_next_frame(r, ret_item);
        strand_reader_hand_over(r, strand_decoder_off(&r->priv_decoder), true);
        return status;
    }
    const enum strand_status status = strand_decode_event(&r->priv_trace, &ret_item->event);
    if (status == STRAND_END || status == STRAND_MORE) {
        return strand_reader_close_block(r);
    }
    if (status != STRAND_OK) {
        return strand_reader_bad_payload(r, status, strand_trace_decoder_error_off(&r->priv_trace));
    }
    const uint64_t len = strand_trace_decoder_off(&r->priv_trace) - off;
    r->priv_told_bytes = strand_add_wrap(r->priv_told_bytes, len);
    r->priv_told_records = strand_add_wrap(r->priv_told_records, ret_item->event.timed ? 1 : 0);
    r->priv_saw_end = 0;
    ret_item->kind = STRAND_ITEM_EVENT;
    ret_item->seq = r->priv_block.seq;
    return STRAND_OK;
}

static enum strand_status strand_reader_payload(struct strand_reader *r, struct strand_item *ret_item)
{
    return r->priv_file.kind == STRAND_KIND_TRACE ? strand_reader_next_event(r, ret_item)
                                                  : strand_reader_next_frame(r, ret_item);
}

// ---------------------------------------------------------------------------------------------------------------
// Bare strands

// Until the decoder has its next window it is left alone: what it had may be overwritten by now.
static enum strand_status strand_reader_bare_input(struct strand_reader *r)
{
    const uint64_t off = strand_decoder_off(&r->priv_decoder);
    const size_t need = strand_decoder_need(&r->priv_decoder);
    const uint64_t left = off < r->priv_end ? r->priv_end - off : 0;
    const size_t len = strand_least(left, need > r->priv_window ? need : r->priv_window);
    if (len > 0 && !strand_input_has(&r->priv_input, off, len)) {
        return STRAND_MORE;
    }
    strand_decoder_feed(&r->priv_decoder, r->priv_input.priv_bytes, len, len == left);
    return strand_reader_enter(r, STRAND_READER_BARE);
}

static enum strand_status strand_reader_bad_bare(struct strand_reader *r, enum strand_status status)
{
    strand_reader_tell(r, status, strand_decoder_error_off(&r->priv_decoder));
    switch (strand_status_diag(status)) {
    case STRAND_DIAG_TRUNCATED: r->priv_truncated = 1; break;
    case STRAND_DIAG_ZERO_FILL: r->priv_in_zeros = 1; break;
    case STRAND_DIAG_UNSUPPORTED: r->priv_unsupported = 1; break;
    case STRAND_DIAG_CORRUPT: r->priv_corrupt = 1; break;
    default: break; // no base: nothing is damaged
    }
    return STRAND_AGAIN;
}

static enum strand_status strand_reader_bare(struct strand_reader *r, struct strand_item *ret_item)
{
    struct strand_frame frame;
    const enum strand_status status = strand_decode_frame(&r->priv_decoder, &frame);
    switch (status) {
    case STRAND_OK: return strand_reader_frame(r, &frame, ret_item);
    case STRAND_END: return strand_reader_enter(r, STRAND_READER_FINISH);
    case STRAND_MORE: return strand_reader_enter(r, STRAND_READER_BARE_INPUT);
    default: return strand_reader_bad_bare(r, status);
    }
}

// ---------------------------------------------------------------------------------------------------------------
// End

static enum strand_status strand_reader_finish(struct strand_reader *r)
{
    if (r->priv_damaged != 0 || r->priv_newest_damaged != 0) {
        const uint64_t records = strand_reader_missing(r->priv_least_records, r->priv_told_records);
        const uint64_t bytes = strand_reader_missing(r->priv_least_bytes, r->priv_told_bytes);
        strand_reader_tell_loss(r, STRAND_DAMAGED, r->priv_damage_off, records, bytes, false);
    }
    if (r->priv_file.block_count > 0) {
        strand_reader_tell_refused(r, r->priv_start + STRAND_FILE_REFUSED_OFF, r->priv_file.refused);
        r->priv_slot = strand_reader_count_slots(r);
        if (r->priv_slot < r->priv_file.block_count) {
            strand_reader_tell_cut(r, strand_reader_slot_off(r));
        }
    }
    return strand_reader_enter(r, STRAND_READER_DONE);
}

static enum strand_status strand_reader_step(struct strand_reader *r, struct strand_item *ret_item)
{
    switch (r->priv_state) {
    case STRAND_READER_FILE_HEADER: return strand_reader_file_header(r);
    case STRAND_READER_RING_HEADERS: return strand_reader_ring_headers(r);
    case STRAND_READER_RING_SLOT: return strand_reader_ring_slot(r);
    case STRAND_READER_BLOCK: return strand_reader_block(r);
    case STRAND_READER_PROBE: return strand_reader_probe(r);
    case STRAND_READER_SEARCH: return strand_reader_search(r);
    case STRAND_READER_OPENED: return strand_reader_opened(r, ret_item);
    case STRAND_READER_PAYLOAD: return strand_reader_payload(r, ret_item);
    case STRAND_READER_BARE_INPUT: return strand_reader_bare_input(r);
    case STRAND_READER_BARE: return strand_reader_bare(r, ret_item);
    case STRAND_READER_FINISH: return strand_reader_finish(r);
    case STRAND_READER_DONE: return STRAND_END;
    default: return r->priv_refusal;
    }
}

enum strand_status strand_reader_next(struct strand_reader *r, struct strand_item *ret_item)
{
    enum strand_status status = STRAND_AGAIN;
    while (status == STRAND_AGAIN) {
        status =
            r->priv_pending_count > 0 ? strand_reader_deliver_pending(r, ret_item) : strand_reader_step(r, ret_item);
    }
    return status;
}

const struct strand_file_header *strand_reader_header(const struct strand_reader *r)
{
    return r->priv_has_header != 0 ? &r->priv_file : NULL;
}

enum strand_verdict strand_reader_verdict(const struct strand_reader *r)
{
    if (r->priv_unsupported != 0) {
        return STRAND_VERDICT_UNSUPPORTED;
    }
    if (r->priv_corrupt != 0) {
        return STRAND_VERDICT_CORRUPT;
    }
    if (r->priv_truncated != 0) {
        return STRAND_VERDICT_TRUNCATED;
    }
    if (r->priv_saw_end != 0) {
        return STRAND_VERDICT_CLOSED;
    }
    return r->priv_in_zeros != 0 ? STRAND_VERDICT_ZERO_FILLED : STRAND_VERDICT_OPEN;
}
