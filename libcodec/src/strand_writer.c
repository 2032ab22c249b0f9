/* SPDX-License-Identifier: MIT
 *
 * strand_writer.c: records → blocks → a stream file.
 *
 *     │ file header │ block │ block │ …        ring: the oldest block becomes the next; sink: there is one block
 *
 *     block    │ header │ sync │ OWNER? │ record │ record │ … room … │ 8 │
 *                       0             opening          committed
 *
 * The encoder's buffer is the payload of the current block. Its slack, the last 8 bytes, is what END is kept for.
 *
 * A block becomes the next one in this order, so that whoever looks, now or after a crash, sees it as it was, or as
 * not in use, or as it will be:
 *
 *     seq ← 0 │ fence │ magic, flags ← 0 │ fence │ header │ sync, OWNER │ committed ← their size │ seq ← n
 *     W1        W2      W3                         W4       W5            W6                       W7     spec 9.4
 *
 * A record is counted where it is committed, refused, or lost with a block that the sink did not take; every block's
 * header states the counts so far, so its reader knows what is missing.
 *
 * A signal handler may interrupt anything here and log with the same writer. It finds priv_open set and is refused,
 * or it finds it not set and does all of its work before that of the interrupted call begins.
 */
#include "strand_writer.h"

#include "strand_bytes.h"
#include "strand_platform.h"
#include "strand_put.h"
#include "strand_trace.h"
#include "strand_writer_unit.h"

static size_t strand_writer_payload_len(const struct strand_writer *w)
{
    return w->priv_block_size - STRAND_BLOCK_HEADER_LEN;
}

// Bytes of the payload that frames may fill.
static uint32_t strand_writer_room(const struct strand_writer *w)
{
    return w->priv_block_size - STRAND_BLOCK_HEADER_LEN - STRAND_SLACK;
}

static bool strand_writer_has_block(const struct strand_writer *w)
{
    return w->priv_block != w->priv_mem;
}

// Bytes of the current block's payload that are published: the word in its header is the only one that says so.
static uint32_t strand_writer_committed(const struct strand_writer *w)
{
    return strand_own_u32(w->priv_block + STRAND_BLOCK_COMMITTED_OFF);
}

// From here on STRAND_LOG writes to `block`; without one it has no room. The address stays readable either way.
static void strand_writer_set_block(struct strand_writer *w, uint8_t *block)
{
    const uint32_t room = block != NULL ? strand_writer_room(w) : 0;
    w->priv_block = block != NULL ? block : w->priv_mem;
    w->priv_event_room = w->priv_kind == STRAND_KIND_TRACE ? room : 0;
    w->priv_log_room = w->priv_kind != STRAND_KIND_TRACE && w->priv_nano_derived != 0 ? room : 0;
}

static uint8_t *strand_writer_slot(const struct strand_writer *w, uint32_t slot)
{
    return w->priv_mem + w->priv_header_len + (size_t)slot * w->priv_block_size;
}

// ---------------------------------------------------------------------------------------------------------------
// Start

// Blocks that fit the memory, as far as the geometry has use for them.
static uint32_t strand_writer_count_slots(const struct strand_writer *w, size_t room, uint32_t block_count)
{
    const size_t fit = room / w->priv_block_size;
    const size_t most = w->priv_sink != NULL ? 1 : block_count > 0 ? block_count : UINT32_MAX;
    return (uint32_t)(fit < most ? fit : most);
}

static void strand_writer_void_slots(const struct strand_writer *w)
{
    for (uint32_t slot = 0; slot < w->priv_slots; slot++) {
        uint8_t *seq = strand_writer_slot(w, slot) + 8;
        if (strand_load_u64(seq) != 0) {
            strand_void_u64(seq);
        }
    }
}

// STRAND_LOG writes the length of a string in at most two bytes, and cuts nothing.
static uint32_t strand_writer_log_string_limit(const struct strand_writer *w)
{
    const size_t limit = strand_writer_payload_len(w) / 8;
    return (uint32_t)(limit < STRAND_LOG_STRING_MAX ? limit : STRAND_LOG_STRING_MAX);
}

static void strand_writer_reset(struct strand_writer *w)
{
    strand_writer_set_block(w, NULL);
    w->priv_crc = 1;
    w->priv_spare = NULL;
    w->priv_more_spares = NULL;
    w->priv_more_context = NULL;
    w->priv_nano_at = NULL;
    w->priv_nano_context = NULL;
    w->priv_next_slot = 0;
    w->priv_opening = 0;
    w->priv_seq = 0;
    w->priv_records = 0;
    w->priv_bytes = 0;
    w->priv_refused = 0;
    w->priv_refused_told = 0;
    w->priv_sink_failures = 0;
    w->priv_tick = 0;
    w->priv_nano = 0;
    w->priv_events = 0;
    w->priv_pid = 0;
    w->priv_owner_tid = 0;
    w->priv_owner_len = 0;
    w->priv_has_owner = 0;
    w->priv_open = STRAND_UNIT_NONE;
    w->priv_header_given = 0;
    w->priv_closed = 0;
}

enum strand_status strand_writer_init(struct strand_writer *w, size_t size, unsigned abi_version, uint8_t *mem,
                                      size_t mem_len, const struct strand_file_header *header, strand_sink *sink,
                                      void *context)
{
    if (size != sizeof *w || abi_version != STRAND_ABI_VERSION) {
        return STRAND_BAD_VERSION;
    }
    if ((uintptr_t)mem % 8 != 0 || (header->block_count > 0 && sink != NULL)) {
        return STRAND_BAD_ARGUMENT;
    }
    struct strand_file_header h = *header;
    h.refused = 0;
    if (h.header_len == 0 && h.block_count > 0) {
        h.header_len = STRAND_FILE_HEADER_RING;
    }
    const enum strand_status status = strand_file_header_encode(&h, mem, mem_len, &w->priv_header_len);
    if (status != STRAND_OK) {
        return status;
    }
    w->priv_mem = mem;
    w->priv_block_size = h.block_size;
    w->priv_kind = h.kind;
    w->priv_tick_num = h.tick_num;
    w->priv_tick_den = h.tick_den;
    w->priv_nano_derived = h.incompat % 2 == STRAND_INCOMPAT_NANO_DERIVED ? 1 : 0;
    strand_writer_reset(w);
    w->priv_ring = h.block_count > 0 ? 1 : 0;
    w->priv_sink = sink;
    w->priv_context = context;
    w->priv_slots = strand_writer_count_slots(w, mem_len - w->priv_header_len, h.block_count);
    if (w->priv_slots < h.block_count || w->priv_slots == 0) {
        return STRAND_FULL;
    }
    strand_writer_void_slots(w);
    strand_encoder_init(&w->priv_encoder, sizeof w->priv_encoder, STRAND_ABI_VERSION, mem, 0);
    strand_encoder_set_string_limit(&w->priv_encoder, strand_writer_payload_len(w) / 8);
    strand_encoder_set_nano_derived(&w->priv_encoder, w->priv_nano_derived != 0);
    strand_encoder_set_padded(&w->priv_encoder, w->priv_nano_derived != 0); // such a writer's clock is a counter
    w->priv_log_string_limit = strand_writer_log_string_limit(w);
    return STRAND_OK;
}

void strand_writer_set_crc(struct strand_writer *w, bool crc)
{
    w->priv_crc = crc ? 1 : 0;
}

void strand_writer_set_spare(struct strand_writer *w, struct strand_writer *spare)
{
    w->priv_spare = spare;
}

void strand_writer_add_spare(struct strand_writer *w, struct strand_writer *spare)
{
    spare->priv_spare = w->priv_spare;
    while (!STRAND_SWAP(&w->priv_spare, &spare->priv_spare, spare)) {
        // a handler has added one: spare->priv_spare is that one now
    }
}

void strand_writer_set_more_spares(struct strand_writer *w, strand_more_spares *more, void *context)
{
    w->priv_more_spares = more;
    w->priv_more_context = context;
}

void strand_writer_set_nano_at(struct strand_writer *w, strand_nano_at *nano_at, void *context)
{
    w->priv_nano_context = context;
    w->priv_nano_at = nano_at;
}

void strand_writer_set_owner(struct strand_writer *w, uint64_t tid, const char *name, size_t len)
{
    const size_t kept = len < STRAND_OWNER_NAME_MAX ? len : STRAND_OWNER_NAME_MAX;
    for (size_t i = 0; i < kept; i++) {
        w->priv_owner_name[i] = name[i];
    }
    w->priv_owner_len = (uint8_t)kept;
    w->priv_owner_tid = tid;
    w->priv_has_owner = 1;
}

void strand_writer_set_batch_pid(struct strand_writer *w, uint64_t pid)
{
    w->priv_pid = pid;
}

// ---------------------------------------------------------------------------------------------------------------
// Counting what is refused

// A handler may refuse one more between the load and the store; its count must not be undone.
static void strand_writer_publish_refused(struct strand_writer *w)
{
    uint64_t told = 0;
    do {
        told = strand_counted(&w->priv_refused);
        strand_publish_u64(w->priv_mem + STRAND_FILE_REFUSED_OFF, told);
    } while (told != strand_counted(&w->priv_refused));
}

void strand_writer_refuse(struct strand_writer *w)
{
    strand_count(&w->priv_refused);
    if (w->priv_ring != 0) {
        strand_writer_publish_refused(w);
    }
}

// ---------------------------------------------------------------------------------------------------------------
// Blocks

// Publishes the first `len` bytes of the current block's payload: W6, W9.
static void strand_writer_publish_payload(struct strand_writer *w, size_t len)
{
    strand_publish_u32(w->priv_block + STRAND_BLOCK_COMMITTED_OFF, (uint32_t)len);
}

static bool strand_writer_give(struct strand_writer *w, const uint8_t *bytes, size_t len)
{
    const bool taken = w->priv_sink(w->priv_context, bytes, len);
    w->priv_sink_failures += taken ? 0 : 1;
    return taken;
}

static enum strand_status strand_writer_give_block(struct strand_writer *w, uint8_t *block)
{
    if (w->priv_header_given == 0) {
        w->priv_header_given = strand_writer_give(w, w->priv_mem, w->priv_header_len) ? 1 : 0;
    }
    const bool taken = w->priv_header_given != 0 && strand_writer_give(w, block, w->priv_block_size);
    // Open again until it is recycled: then no moment shows it sealed and without a seq, which is damage.
    strand_publish_u32(block + 4, strand_load_u32(block + 4) % 0x10000);
    return taken ? STRAND_OK : STRAND_FULL;
}

// Seals the current block, if there is one.
static enum strand_status strand_writer_finish_block(struct strand_writer *w)
{
    uint8_t *block = w->priv_block;
    if (!strand_writer_has_block(w)) {
        return STRAND_OK;
    }
    if (w->priv_crc != 0) {
        strand_block_seal(block);
    } else {
        strand_block_seal_bare(block);
    }
    w->priv_bytes += strand_writer_committed(w);
    strand_writer_set_block(w, NULL);
    return w->priv_sink == NULL ? STRAND_OK : strand_writer_give_block(w, block);
}

// The block is not in use from here on, until its seq is published: W1 … W4.
static void strand_writer_put_block_header(struct strand_writer *w, uint8_t *block)
{
    w->priv_refused_told = strand_counted(&w->priv_refused);
    const struct strand_block_header header = {
        .header_len = STRAND_BLOCK_HEADER_LEN,
        .kind = w->priv_kind,
        .payload_len = (uint32_t)strand_writer_payload_len(w),
        .tick_first = w->priv_tick,
        .records_before = w->priv_records,
        .bytes_before = w->priv_bytes,
        .lost_before = w->priv_refused_told,
    };
    uint8_t head[STRAND_BLOCK_HEADER_LEN];
    strand_block_header_encode(&header, head);
    strand_void_u64(block + 8);
    strand_copy(block, head, 8);
    strand_void_u64(block + 8); // once more for its fence: a header without its magic is no header that was begun
    strand_copy(block + 16, head + 16, sizeof head - 16);
}

static void strand_writer_put_opening(struct strand_writer *w, uint8_t *payload)
{
    struct strand_encoder *e = &w->priv_encoder;
    strand_encoder_rebase(e, payload, strand_writer_payload_len(w), false);
    if (w->priv_kind == STRAND_KIND_TRACE) {
        strand_trace_begin(e);
        strand_trace_batch(e, w->priv_pid, w->priv_tick);
        strand_encode_end(e);
    } else {
        strand_encode_sync(e, w->priv_tick, w->priv_nano);
    }
    if (w->priv_has_owner != 0) {
        strand_encode_owner(e, w->priv_owner_tid, w->priv_owner_name, w->priv_owner_len);
    }
}

// Opens the next block at the time of what is open. Returns: STRAND_OK · STRAND_FULL (there is none; nothing changed).
static enum strand_status strand_writer_open_block(struct strand_writer *w)
{
    const uint32_t slot = w->priv_next_slot;
    if (slot == w->priv_slots) {
        return STRAND_FULL;
    }
    strand_writer_finish_block(w); // a failing sink is counted, and the reader counts what it didn't take
    const bool again = slot + 1 == w->priv_slots && (w->priv_ring != 0 || w->priv_sink != NULL);
    w->priv_next_slot = again ? 0 : slot + 1;
    uint8_t *block = strand_writer_slot(w, slot);
    strand_writer_put_block_header(w, block);
    strand_writer_put_opening(w, block + STRAND_BLOCK_HEADER_LEN); // W5
    strand_writer_set_block(w, block);
    w->priv_opening = (uint32_t)strand_encoder_len(&w->priv_encoder);
    strand_writer_publish_payload(w, w->priv_opening);
    w->priv_seq += 1;
    strand_publish_u64(block + 8, w->priv_seq); // W7
    return STRAND_OK;
}

// ---------------------------------------------------------------------------------------------------------------
// Records

bool strand_writer_claim(struct strand_writer *w, uint8_t unit)
{
    if (w->priv_open != STRAND_UNIT_NONE) {
        return false;
    }
    w->priv_open = unit;
    strand_settle();
    return true;
}

struct strand_writer *strand_writer_claim_spare(struct strand_writer *w)
{
    struct strand_writer *spare = w->priv_spare;
    while (spare != NULL && !strand_writer_claim(spare, STRAND_UNIT_LOG)) {
        spare = spare->priv_spare;
    }
    if (spare == NULL && w->priv_more_spares != NULL) {
        spare = w->priv_more_spares(w->priv_more_context, w);
        spare = spare != NULL && strand_writer_claim(spare, STRAND_UNIT_LOG) ? spare : NULL;
    }
    if (spare == NULL) {
        strand_writer_refuse(w);
    }
    return spare;
}

static void strand_writer_release(struct strand_writer *w)
{
    strand_settle();
    w->priv_open = STRAND_UNIT_NONE;
}

struct strand_writer *strand_writer_or_spare(struct strand_writer *w)
{
    if (!strand_writer_is_busy(w)) {
        return w;
    }
    struct strand_writer *spare = strand_writer_claim_spare(w);
    if (spare != NULL) {
        strand_writer_release(spare); // nobody comes in between but handlers, which leave it free
    }
    return spare;
}

static void strand_writer_set_time(struct strand_writer *w, uint64_t tick, uint64_t nano)
{
    const bool zero = tick == 0 && nano == 0 && w->priv_kind != STRAND_KIND_TRACE; // what no sync may state
    w->priv_tick = zero ? 1 : tick;
    w->priv_nano = zero ? 1 : nano;
}

uint64_t strand_writer_nano(const struct strand_writer *w, uint64_t tick)
{
    if (w->priv_nano_at != NULL) {
        return w->priv_nano_at(w->priv_nano_context, tick);
    }
    const struct strand_file_header ratio = {.tick_num = w->priv_tick_num, .tick_den = w->priv_tick_den};
    return strand_ticks_to_ns(&ratio, tick);
}

enum strand_status strand_writer_make_room(struct strand_writer *w, uint64_t tick, size_t need)
{
    struct strand_encoder *e = &w->priv_encoder;
    if (w->priv_closed != 0) {
        return STRAND_NOT_OPEN;
    }
    strand_writer_set_time(w, tick, strand_writer_nano(w, tick));
    if (strand_writer_has_block(w)) {
        strand_put_behind(e, strand_writer_committed(w));
        if (need + STRAND_SYNC_LEN <= strand_writer_room(w) - strand_writer_committed(w)) {
            strand_encode_sync(e, w->priv_tick, w->priv_nano);
            strand_writer_publish_payload(w, strand_encoder_len(e));
            return STRAND_OK;
        }
    }
    if (need > strand_writer_room(w) - STRAND_SYNC_LEN || strand_writer_open_block(w) != STRAND_OK) {
        return STRAND_FULL;
    }
    return need <= strand_writer_room(w) - strand_writer_committed(w) ? STRAND_OK : STRAND_FULL;
}

// What a claimed writer opens is open in its encoder, behind whatever STRAND_LOG has put there meanwhile.
static void strand_writer_open_unit(struct strand_writer *w, uint64_t tick, uint64_t nano, int64_t p)
{
    struct strand_encoder *e = &w->priv_encoder;
    strand_put_behind(e, strand_writer_committed(w));
    w->priv_events = e->priv_events;
    if (w->priv_open == STRAND_UNIT_RECORD) {
        strand_encode_begin(e, tick, nano, p);
    } else if (w->priv_open == STRAND_UNIT_LARGE) {
        strand_encode_begin_large(e, tick, nano, p);
    } else if (w->priv_kind == STRAND_KIND_TRACE) {
        strand_trace_begin(e);
    }
}

enum strand_status strand_writer_start(struct strand_writer *w, uint8_t unit, uint64_t tick, uint64_t nano, int64_t p)
{
    if (w->priv_closed != 0 || (unit != STRAND_UNIT_FRAME && w->priv_kind == STRAND_KIND_TRACE)) {
        return STRAND_NOT_OPEN;
    }
    w->priv_open = unit;
    strand_writer_set_time(w, tick, nano);
    if (!strand_writer_has_block(w)) {
        const enum strand_status status = strand_writer_open_block(w);
        STRAND_ASSERT(status == STRAND_OK); // there is a slot for the first block, and for one behind a flush
        (void)status;
    }
    strand_writer_open_unit(w, tick, nano, p);
    return STRAND_OK;
}

static enum strand_status strand_writer_begin_unit(struct strand_writer *w, uint8_t unit, uint64_t tick,
                                                   uint64_t nano, int64_t p, struct strand_encoder **ret_encoder)
{
    if (!strand_writer_claim(w, unit)) {
        strand_writer_refuse(w);
        return STRAND_BUSY;
    }
    const enum strand_status status = strand_writer_start(w, unit, tick, nano, p);
    if (status != STRAND_OK) {
        strand_writer_release(w);
        return status;
    }
    *ret_encoder = &w->priv_encoder;
    return STRAND_OK;
}

enum strand_status strand_writer_begin(struct strand_writer *w, uint64_t tick, uint64_t nano, int64_t p,
                                       struct strand_encoder **ret_encoder)
{
    return strand_writer_begin_unit(w, STRAND_UNIT_RECORD, tick, nano, p, ret_encoder);
}

enum strand_status strand_writer_begin_large(struct strand_writer *w, uint64_t tick, uint64_t nano, int64_t p,
                                             struct strand_encoder **ret_encoder)
{
    return strand_writer_begin_unit(w, STRAND_UNIT_LARGE, tick, nano, p, ret_encoder);
}

enum strand_status strand_writer_begin_frame(struct strand_writer *w, uint64_t tick, uint64_t nano,
                                             struct strand_encoder **ret_encoder)
{
    return strand_writer_begin_unit(w, STRAND_UNIT_FRAME, tick, nano, -1, ret_encoder);
}

// Whether what found no room may find it in an empty block. What it needed may have held a sync that every block has.
static bool strand_writer_may_fit(const struct strand_writer *w)
{
    const size_t needed = strand_encoder_needed(&w->priv_encoder);
    return strand_writer_committed(w) > w->priv_opening &&
           needed <= strand_writer_room(w) - w->priv_opening + STRAND_SYNC_LEN &&
           (w->priv_open != STRAND_UNIT_RECORD || needed <= STRAND_RECORD_FRAME_MAX + STRAND_SYNC_LEN);
}

// Closes what the encoder has open. A whole frame was closed by the call that wrote it, or found no room.
static enum strand_status strand_writer_close_frame(struct strand_writer *w)
{
    struct strand_encoder *e = &w->priv_encoder;
    const enum strand_status status = strand_encode_end(e);
    if (status != STRAND_NOT_OPEN || strand_encoder_len(e) > strand_writer_committed(w)) {
        return status == STRAND_NOT_OPEN ? STRAND_OK : status;
    }
    return strand_encoder_needed(e) > strand_writer_room(w) - strand_writer_committed(w) ? STRAND_FULL : STRAND_OK;
}

enum strand_status strand_writer_commit(struct strand_writer *w)
{
    if (strand_writer_close_frame(w) == STRAND_OK) {
        const size_t len = strand_encoder_len(&w->priv_encoder);
        if (len > strand_writer_committed(w)) {
            const bool record = w->priv_open != STRAND_UNIT_FRAME;
            w->priv_records += record ? 1 : w->priv_encoder.priv_events - w->priv_events;
            strand_writer_publish_payload(w, len);
        }
        return STRAND_OK;
    }
    if (strand_writer_may_fit(w) && strand_writer_open_block(w) == STRAND_OK) {
        return STRAND_AGAIN;
    }
    strand_writer_refuse(w);
    return STRAND_FULL;
}

enum strand_status strand_writer_end(struct strand_writer *w)
{
    if (w->priv_open < STRAND_UNIT_RECORD || w->priv_open == STRAND_UNIT_BLOCK) {
        return STRAND_NOT_OPEN;
    }
    const enum strand_status status = strand_writer_commit(w);
    strand_writer_release(w);
    return status;
}

// ---------------------------------------------------------------------------------------------------------------
// End

enum strand_status strand_writer_flush(struct strand_writer *w)
{
    if (!strand_writer_claim(w, STRAND_UNIT_BLOCK)) {
        return STRAND_BUSY;
    }
    const bool empty = !strand_writer_has_block(w) || strand_writer_committed(w) == w->priv_opening;
    const enum strand_status status = w->priv_sink == NULL || empty ? STRAND_OK : strand_writer_finish_block(w);
    strand_writer_release(w);
    return status;
}

// END goes where the encoder's slack was.
static void strand_writer_put_end(struct strand_writer *w)
{
    uint8_t bytes[STRAND_EXT_HEADER_LEN + STRAND_SLACK];
    strand_encoder_rebase(&w->priv_encoder, bytes, sizeof bytes, true);
    strand_encode_end_of_strand(&w->priv_encoder);
    strand_copy(w->priv_block + STRAND_BLOCK_HEADER_LEN + strand_writer_committed(w), bytes, STRAND_EXT_HEADER_LEN);
    strand_writer_publish_payload(w, (size_t)strand_writer_committed(w) + STRAND_EXT_HEADER_LEN);
}

enum strand_status strand_writer_close(struct strand_writer *w, uint64_t tick, uint64_t nano)
{
    if (w->priv_closed != 0) {
        return STRAND_NOT_OPEN;
    }
    if (!strand_writer_claim(w, STRAND_UNIT_BLOCK)) {
        return STRAND_BUSY;
    }
    strand_writer_set_time(w, tick, nano);
    const bool untold = strand_counted(&w->priv_refused) != w->priv_refused_told;
    if ((!strand_writer_has_block(w) || untold) && strand_writer_open_block(w) != STRAND_OK) {
        // Where no block is left, the last one tells, as if what was refused had been refused before it.
        w->priv_refused_told = strand_counted(&w->priv_refused);
        strand_publish_u64(w->priv_block + 48, w->priv_refused_told);
    }
    strand_writer_put_end(w);
    const enum strand_status status = strand_writer_finish_block(w);
    w->priv_closed = 1;
    strand_writer_release(w);
    return status;
}

size_t strand_writer_len(const struct strand_writer *w)
{
    const bool all = w->priv_ring != 0 || w->priv_seq > w->priv_slots;
    const size_t blocks = all ? w->priv_slots : (size_t)w->priv_seq;
    return w->priv_header_len + blocks * w->priv_block_size;
}

bool strand_writer_is_busy(const struct strand_writer *w)
{
    return w->priv_open != STRAND_UNIT_NONE;
}

uint64_t strand_writer_seq(const struct strand_writer *w)
{
    return w->priv_seq;
}

uint64_t strand_writer_records(const struct strand_writer *w)
{
    return w->priv_records;
}

uint64_t strand_writer_refused(const struct strand_writer *w)
{
    return strand_counted(&w->priv_refused);
}

uint64_t strand_writer_sink_failures(const struct strand_writer *w)
{
    return w->priv_sink_failures;
}
