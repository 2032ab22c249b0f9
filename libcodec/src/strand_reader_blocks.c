/* SPDX-License-Identifier: MIT
 *
 * strand_reader_blocks.c: the reader's steps between blocks: where the next one is, whether it is intact, and what is
 * missing in front of it.
 *
 *     grows    │ 1 │ 2 │ damage │ 4 │         a block should be at pos. Where none is: one block further (PROBE), else
 *                      ▲ pos                  anywhere from the end of block 2 to there (SEARCH)
 *     ring     │ 5 │ 6 │ 3 │ 4 │              3, 4, 5, 6: each slot once, from behind the newest on
 *
 * What is missing follows from counting: every block header says how many records and payload bytes came before it,
 * and the reader knows how many it delivered or told lost. Between them nothing can hide.
 *
 * Nothing is taken on trust. pos only grows, but for a search, whose own position only grows; blocks are delivered in
 * the order of their seq, each higher than the one before.
 */
#include "strand_bytes.h"
#include "strand_reader_input.h"
#include "strand_reader_steps.h"

// ---------------------------------------------------------------------------------------------------------------
// Blocks, wherever they were found

static bool strand_reader_is_verified(const struct strand_block_header *block)
{
    return block->flags % 4 == STRAND_BLOCK_SEALED + STRAND_BLOCK_CRC;
}

// Whether the strand may begin anywhere: in a ring its oldest blocks are overwritten, and fragments are of one.
static bool strand_reader_begins_late(const struct strand_reader *r)
{
    return r->priv_file.block_count > 0 || strand_file_is_fragment(&r->priv_file);
}

static enum strand_status strand_reader_loss_code(const struct strand_reader *r)
{
    if (strand_reader_begins_late(r) && r->priv_last_seq == 0) {
        return STRAND_OVERWRITTEN;
    }
    const bool adjacent = r->priv_block.seq == r->priv_last_seq + 1;
    return r->priv_damaged != 0 || adjacent ? STRAND_DAMAGED : STRAND_MISSING_BLOCKS;
}

// What the counters of an intact block say is missing in front of it.
static void strand_reader_tell_missing(struct strand_reader *r)
{
    const struct strand_block_header *block = &r->priv_block;
    const uint64_t records = strand_reader_missing(block->records_before, r->priv_told_records);
    const uint64_t bytes = strand_reader_missing(block->bytes_before, r->priv_told_bytes);
    if (records > 0 || bytes > 0) {
        strand_reader_tell_loss(r, strand_reader_loss_code(r), r->priv_block_off, records, bytes, true);
    }
    strand_reader_tell_refused(r, r->priv_block_off, block->lost_before);
    r->priv_told_records = block->records_before;
    r->priv_told_bytes = block->bytes_before;
}

// Begins to deliver the block at pos, of which bytes[0 … len) are there.
static enum strand_status strand_reader_open(struct strand_reader *r, const uint8_t *bytes, size_t len,
                                             size_t payload_there)
{
    const uint64_t payload_off = r->priv_pos + r->priv_block.header_len;
    const bool whole = payload_there == r->priv_block.committed;
    r->priv_block_off = r->priv_pos;
    r->priv_payload_end = payload_off + payload_there;
    r->priv_cut = len < r->priv_file.block_size ? 1 : 0;
    strand_reader_tell_missing(r);
    if (r->priv_file.block_count > 0 && r->priv_last_seq == 0) {
        r->priv_newest_damaged = r->priv_damaged;
    }
    r->priv_last_seq = r->priv_block.seq;
    r->priv_damaged = 0;
    r->priv_saw_end = 0;
    strand_reader_start_decoders(r);
    const uint8_t *payload = bytes + (payload_there > 0 ? r->priv_block.header_len : 0);
    strand_decoder_set_off(&r->priv_decoder, payload_off);
    strand_trace_decoder_set_off(&r->priv_trace, payload_off);
    if (r->priv_file.kind == STRAND_KIND_TRACE) {
        strand_trace_decoder_feed(&r->priv_trace, payload, payload_there, whole);
    } else {
        strand_decoder_feed(&r->priv_decoder, payload, payload_there, whole);
    }
    return strand_reader_enter(r, STRAND_READER_OPENED);
}

// Nothing in front of off is to be searched any more.
static void strand_reader_search_behind(struct strand_reader *r, uint64_t off)
{
    r->priv_search.priv_off = r->priv_search.priv_off > off ? r->priv_search.priv_off : off;
}

// Takes the block at pos, whose header is in priv_block. Returns: whether its payload is what its header says.
static bool strand_reader_accept(struct strand_reader *r, const uint8_t *bytes, size_t len)
{
    const struct strand_block_header *block = &r->priv_block;
    const size_t room = len > block->header_len ? len - block->header_len : 0;
    const size_t there = block->committed < room ? block->committed : room;
    r->priv_least_records = block->records_before;
    r->priv_least_bytes = strand_add_wrap(block->bytes_before, block->committed);
    strand_search_found(&r->priv_search, r->priv_pos, r->priv_file.block_size);
    strand_reader_search_behind(r, r->priv_pos + block->header_len);
    if (strand_reader_is_verified(block) && there == block->committed) {
        if (strand_crc32c(0, bytes + block->header_len, there) != block->payload_crc) {
            strand_reader_tell_damage(r, STRAND_BLOCK_PAYLOAD_CRC, r->priv_pos);
            return false;
        }
        strand_reader_search_behind(r, r->priv_pos + block->header_len + there);
    }
    strand_reader_open(r, bytes, len, there);
    return true;
}

// ---------------------------------------------------------------------------------------------------------------
// Blocks of a file that grows

enum strand_status strand_reader_skip_block(struct strand_reader *r)
{
    r->priv_pos += r->priv_file.block_size;
    return strand_reader_enter(r, STRAND_READER_BLOCK);
}

// Zeros where a block should be are told when something follows them.
static bool strand_reader_note_zeros(struct strand_reader *r, const uint8_t *bytes, size_t len)
{
    const bool zeros = strand_count_zeros(bytes, len) == len;
    if (zeros && r->priv_in_zeros == 0) {
        r->priv_zero_off = r->priv_pos;
    }
    if (!zeros && r->priv_in_zeros != 0) {
        strand_reader_tell_damage(r, STRAND_BAD_BLOCK_HEADER, r->priv_zero_off);
    }
    r->priv_in_zeros = zeros ? 1 : 0;
    return zeros;
}

// No block is left where one should be; around damage one may be left elsewhere. Not in a fragment: what looks like a
// block between its places may be anybody's.
static enum strand_status strand_reader_after_last(struct strand_reader *r)
{
    const bool anywhere = r->priv_damaged != 0 && !strand_file_is_fragment(&r->priv_file);
    if (anywhere && r->priv_search.priv_off < r->priv_end) {
        r->priv_search_end = r->priv_end;
        return strand_reader_enter(r, STRAND_READER_SEARCH);
    }
    return strand_reader_enter(r, STRAND_READER_FINISH);
}

static enum strand_status strand_reader_miss(struct strand_reader *r, enum strand_status code)
{
    strand_reader_tell_damage(r, code, r->priv_pos);
    return strand_file_is_fragment(&r->priv_file) ? strand_reader_skip_block(r)
                                                  : strand_reader_enter(r, STRAND_READER_PROBE);
}

// Looks at the header that stands at pos.
static enum strand_status strand_reader_take_block(struct strand_reader *r, const uint8_t *bytes, size_t len)
{
    struct strand_block_header block;
    const enum strand_status status = strand_block_header_decode(bytes, &r->priv_file, &block);
    if (status == STRAND_OK && block.seq > r->priv_last_seq) {
        r->priv_block = block;
        return strand_reader_accept(r, bytes, len) ? STRAND_AGAIN : strand_reader_skip_block(r);
    }
    if (status != STRAND_OK && !strand_block_begun(bytes)) {
        return strand_reader_miss(r, status);
    }
    if (status == STRAND_OK) {
        strand_reader_tell_damage(r, STRAND_BAD_BLOCK_HEADER, r->priv_pos);
    } else if (len < r->priv_file.block_size) {
        strand_reader_tell_cut(r, r->priv_pos);
    }
    return strand_reader_skip_block(r);
}

enum strand_status strand_reader_block(struct strand_reader *r)
{
    if (r->priv_pos >= r->priv_end) {
        return strand_reader_after_last(r);
    }
    const size_t len = strand_least(r->priv_end - r->priv_pos, r->priv_file.block_size);
    if (!strand_input_has(&r->priv_input, r->priv_pos, len)) {
        return STRAND_MORE;
    }
    const uint8_t *bytes = r->priv_input.priv_bytes;
    if (strand_reader_note_zeros(r, bytes, len)) {
        return strand_reader_skip_block(r);
    }
    if (len < STRAND_BLOCK_HEADER_LEN && r->priv_damaged == 0) {
        strand_reader_tell_cut(r, r->priv_pos);
        return strand_reader_enter(r, STRAND_READER_FINISH);
    }
    if (len < STRAND_BLOCK_HEADER_LEN) {
        return strand_reader_miss(r, STRAND_BAD_BLOCK_HEADER);
    }
    return strand_reader_take_block(r, bytes, len);
}

// Whether these bytes are the header of a later block. Where none was expected, more than a magic has to be right.
static bool strand_reader_plausible(const struct strand_reader *r, const uint8_t *bytes)
{
    struct strand_block_header block;
    if (strand_block_header_decode(bytes, &r->priv_file, &block) != STRAND_OK || block.seq <= r->priv_last_seq) {
        return false;
    }
    return strand_reader_is_verified(&block) ||
           (block.flags == 0 && block.payload_crc == 0 && block.header_crc == 0 &&
            block.records_before >= r->priv_told_records && block.bytes_before >= r->priv_told_bytes &&
            block.lost_before >= r->priv_told_refused);
}

// There was no block at pos: is one where the next should be?
enum strand_status strand_reader_probe(struct strand_reader *r)
{
    const uint64_t left = strand_reader_missing(r->priv_end, r->priv_pos);
    const uint32_t size = r->priv_file.block_size;
    if (left >= (uint64_t)size + STRAND_BLOCK_HEADER_LEN) {
        if (!strand_input_has(&r->priv_input, r->priv_pos + size, STRAND_BLOCK_HEADER_LEN)) {
            return STRAND_MORE;
        }
        if (strand_reader_plausible(r, r->priv_input.priv_bytes)) {
            return strand_reader_skip_block(r);
        }
    }
    r->priv_search_end = r->priv_pos + strand_least(left, size);
    return strand_reader_enter(r, STRAND_READER_SEARCH);
}

// Searches from where the last intact block ended, byte by byte.
enum strand_status strand_reader_search(struct strand_reader *r)
{
    static const uint8_t magic[] = STRAND_BLOCK_MAGIC;
    const uint64_t off = r->priv_search.priv_off;
    if (off >= r->priv_search_end || strand_reader_missing(r->priv_end, off) < STRAND_BLOCK_HEADER_LEN) {
        r->priv_search.priv_off = off < r->priv_search_end ? r->priv_search_end : off;
        return strand_reader_skip_block(r);
    }
    const size_t len = strand_least(r->priv_end - off, STRAND_SEARCH_WINDOW);
    if (!strand_input_has(&r->priv_input, off, len)) {
        return STRAND_MORE;
    }
    const uint8_t *bytes = r->priv_input.priv_bytes;
    const size_t last = strand_least(r->priv_search_end - off, len - STRAND_BLOCK_HEADER_LEN + 1);
    size_t i = strand_find_byte(bytes, 0, last, magic[0]);
    while (i < last && !strand_reader_plausible(r, bytes + i)) {
        i = strand_find_byte(bytes, i + 1, last, magic[0]);
    }
    r->priv_search.priv_off = off + i;
    if (i < last) {
        r->priv_pos = off + i;
        r->priv_in_zeros = 0; // where there were some, at the end of the file, they are the room of what was found
        return strand_reader_enter(r, STRAND_READER_BLOCK);
    }
    return STRAND_AGAIN;
}

// ---------------------------------------------------------------------------------------------------------------
// Blocks of a ring

// A ring has this many slots with a block header in them; the file may have been cut.
uint32_t strand_reader_count_slots(const struct strand_reader *r)
{
    const uint64_t blocks_off = r->priv_start + r->priv_file.header_len;
    const uint64_t room = strand_reader_missing(r->priv_end, blocks_off);
    const uint64_t whole = room / r->priv_file.block_size;
    const uint64_t rest = room % r->priv_file.block_size;
    const uint64_t slots = whole + (rest >= STRAND_BLOCK_HEADER_LEN ? 1 : 0);
    return (uint32_t)(slots < r->priv_file.block_count ? slots : r->priv_file.block_count);
}

uint64_t strand_reader_slot_off(const struct strand_reader *r)
{
    return r->priv_start + r->priv_file.header_len + (uint64_t)r->priv_slot * r->priv_file.block_size;
}

enum strand_status strand_reader_next_slot(struct strand_reader *r)
{
    r->priv_slot = r->priv_slot + 1 < r->priv_slots ? r->priv_slot + 1 : 0;
    r->priv_slots_left -= 1;
    return STRAND_AGAIN;
}

// Decodes the header of the block in the current slot, as far as it belongs there.
static enum strand_status strand_reader_slot_header(const struct strand_reader *r, const uint8_t *bytes,
                                                    struct strand_block_header *ret_block)
{
    const enum strand_status status = strand_block_header_decode(bytes, &r->priv_file, ret_block);
    if (status == STRAND_OK && (ret_block->seq - 1) % r->priv_file.block_count != r->priv_slot) {
        return STRAND_BAD_BLOCK_HEADER;
    }
    return status;
}

// Looks for the newest block; the oldest stands behind it.
enum strand_status strand_reader_ring_headers(struct strand_reader *r)
{
    if (r->priv_slots_left == 0) {
        r->priv_slots_left = r->priv_slots;
        r->priv_slot = r->priv_max_seq == 0 ? 0 : (uint32_t)(r->priv_max_seq % r->priv_file.block_count);
        r->priv_slot = r->priv_slot < r->priv_slots ? r->priv_slot : 0;
        return strand_reader_enter(r, STRAND_READER_RING_SLOT);
    }
    const uint64_t off = strand_reader_slot_off(r);
    if (strand_reader_missing(r->priv_end, off) < STRAND_BLOCK_HEADER_LEN) {
        return strand_reader_next_slot(r);
    }
    if (!strand_input_has(&r->priv_input, off, STRAND_BLOCK_HEADER_LEN)) {
        return STRAND_MORE;
    }
    struct strand_block_header block;
    if (strand_reader_slot_header(r, r->priv_input.priv_bytes, &block) == STRAND_OK && block.seq > r->priv_max_seq) {
        r->priv_max_seq = block.seq;
    }
    return strand_reader_next_slot(r);
}

enum strand_status strand_reader_ring_slot(struct strand_reader *r)
{
    r->priv_pos = strand_reader_slot_off(r);
    if (r->priv_slots_left == 0) {
        return strand_reader_enter(r, STRAND_READER_FINISH);
    }
    if (strand_reader_missing(r->priv_end, r->priv_pos) < STRAND_BLOCK_HEADER_LEN) {
        return strand_reader_next_slot(r);
    }
    const size_t len = strand_least(r->priv_end - r->priv_pos, r->priv_file.block_size);
    if (!strand_input_has(&r->priv_input, r->priv_pos, len)) {
        return STRAND_MORE;
    }
    const uint8_t *bytes = r->priv_input.priv_bytes;
    if (strand_load_u64(bytes + 8) == 0) {
        return strand_reader_next_slot(r);
    }
    struct strand_block_header block;
    const enum strand_status status = strand_reader_slot_header(r, bytes, &block);
    if (status != STRAND_OK || block.seq <= r->priv_last_seq) {
        strand_reader_tell_damage(r, status != STRAND_OK ? status : STRAND_BAD_BLOCK_HEADER, r->priv_pos);
        return strand_reader_next_slot(r);
    }
    if (block.seq > r->priv_max_seq) {
        return strand_reader_next_slot(r); // recycled since the headers were read: what it held is overwritten
    }
    r->priv_block = block;
    return strand_reader_accept(r, bytes, len) ? STRAND_AGAIN : strand_reader_next_slot(r);
}
