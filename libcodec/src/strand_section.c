/* SPDX-License-Identifier: MIT
 *
 * strand_section.c: where a section of a stream file ends and the next one begins.
 *
 *     │ header │ block 1 │ block 2 │ blo│ header │ block 1 │ …
 *                                  pos      └ nominal end of block 3
 *
 * A ring's length follows from its header. A growing section is walked from block header to block header. As long as
 * each is that of the next seq nothing else is looked at; it ends where a file header stands, or with the file. When
 * something else stands where a block should, be it zeros, the block before it may have been cut short: then
 * the next section's file header lies somewhere behind that block's first byte, and is searched for by its magic and
 * checksum. Behind a section that is refused it is searched for in the same way, in all that is left.
 */
#include "strand_reader_input.h"

enum strand_section_state {
    STRAND_SECTION_START = 0, /* takes the section's own file header */
    STRAND_SECTION_BLOCK,     /* looks at where a block should be */
    STRAND_SECTION_HEADER,    /* asks whether a file header is there instead */
    STRAND_SECTION_SEARCH,    /* searches for one, up to there */
    STRAND_SECTION_CANDIDATE, /* takes a closer look at what the search found */
    STRAND_SECTION_FOUND
};

enum strand_status strand_section_finder_init(struct strand_section_finder *f, size_t size, unsigned abi_version,
                                              uint64_t start, uint64_t file_size)
{
    if (size != sizeof *f || abi_version != STRAND_ABI_VERSION) {
        return STRAND_BAD_VERSION;
    }
    if (start > file_size || file_size > STRAND_FILE_SIZE_MAX) {
        return STRAND_BAD_ARGUMENT;
    }
    f->priv_start = start;
    f->priv_size = file_size;
    f->priv_pos = start;
    f->priv_seq = 0;
    f->priv_next_seq = 0;
    f->priv_search = strand_search_from(start);
    f->priv_input = strand_input_none();
    f->priv_no_block = 0;
    f->priv_state = STRAND_SECTION_START;
    return STRAND_OK;
}

enum strand_status strand_section_finder_init_refused(struct strand_section_finder *f, size_t size,
                                                      unsigned abi_version, uint64_t start, uint64_t file_size)
{
    const enum strand_status status = strand_section_finder_init(f, size, abi_version, start, file_size);
    if (status == STRAND_OK) {
        f->priv_pos = file_size;
        f->priv_search = strand_search_from(start + 1);
        f->priv_state = STRAND_SECTION_SEARCH;
    }
    return status;
}

struct strand_want strand_section_want(const struct strand_section_finder *f)
{
    return f->priv_input.priv_want;
}

void strand_section_supply(struct strand_section_finder *f, const uint8_t *bytes)
{
    f->priv_input.priv_bytes = bytes;
}

// The section ends at off, or with the file. Answers: go on.
static enum strand_status strand_section_ends(struct strand_section_finder *f, uint64_t off)
{
    f->priv_pos = off < f->priv_size ? off : f->priv_size;
    f->priv_state = STRAND_SECTION_FOUND;
    return STRAND_AGAIN;
}

static enum strand_status strand_section_enter(struct strand_section_finder *f, enum strand_section_state state)
{
    f->priv_state = (uint8_t)state;
    return STRAND_AGAIN;
}

static enum strand_status strand_section_start(struct strand_section_finder *f)
{
    const enum strand_status status =
        strand_input_file_header(&f->priv_input, f->priv_start, f->priv_size, &f->priv_file);
    if (status != STRAND_OK) {
        return status;
    }
    const uint64_t blocks_off = f->priv_start + f->priv_file.header_len;
    const uint64_t blocks_len = (uint64_t)f->priv_file.block_count * f->priv_file.block_size;
    if (blocks_len > 0) {
        return strand_section_ends(f, blocks_off + blocks_len);
    }
    f->priv_pos = blocks_off;
    f->priv_search = strand_search_from(blocks_off);
    return strand_section_enter(f, STRAND_SECTION_BLOCK);
}

static enum strand_status strand_section_pass(struct strand_section_finder *f)
{
    f->priv_pos += f->priv_file.block_size;
    return strand_section_enter(f, STRAND_SECTION_BLOCK);
}

// What stands at pos is a block, or damage. No section begins before it, but one may behind its first byte.
static enum strand_status strand_section_next_block(struct strand_section_finder *f)
{
    f->priv_search.priv_off = f->priv_pos + 1;
    f->priv_seq = f->priv_next_seq;
    f->priv_no_block = f->priv_seq == 0 ? 1 : 0;
    return strand_section_pass(f);
}

// Zeros are no proof that the block before was not cut short, and a section may begin in any place that holds no block:
// behind the last of these, as behind a block that zeros follow, all that is left in front of pos is searched.
static enum strand_status strand_section_block(struct strand_section_finder *f)
{
    if (f->priv_pos >= f->priv_size) {
        const bool whole = f->priv_pos == f->priv_size && f->priv_no_block == 0;
        return whole ? strand_section_ends(f, f->priv_size) : strand_section_enter(f, STRAND_SECTION_SEARCH);
    }
    const size_t len = strand_least(f->priv_size - f->priv_pos, STRAND_BLOCK_HEADER_LEN);
    if (!strand_input_has(&f->priv_input, f->priv_pos, len)) {
        return STRAND_MORE;
    }
    const uint8_t *bytes = f->priv_input.priv_bytes;
    const bool zeros = strand_count_zeros(bytes, len) == len;
    if (zeros != (f->priv_no_block != 0) && f->priv_search.priv_off < f->priv_pos) {
        f->priv_no_block = 1;
        return strand_section_enter(f, STRAND_SECTION_SEARCH);
    }
    f->priv_no_block = zeros ? 1 : 0;
    if (zeros) {
        return strand_section_pass(f);
    }
    f->priv_next_seq = 0;
    struct strand_block_header block;
    if (len == STRAND_BLOCK_HEADER_LEN && strand_block_header_decode(bytes, &f->priv_file, &block) == STRAND_OK) {
        f->priv_next_seq = block.seq;
    }
    if (f->priv_next_seq > 0 && f->priv_next_seq - 1 == f->priv_seq) {
        return strand_section_next_block(f);
    }
    return strand_section_enter(f, STRAND_SECTION_HEADER);
}

// Whether a file header that decodes so begins a section: its CRC is right, whether we can read what follows or not.
static bool strand_section_begins(enum strand_status status)
{
    return status == STRAND_OK || status == STRAND_UNKNOWN_FEATURE || status == STRAND_UNKNOWN_MAJOR;
}

static enum strand_status strand_section_header(struct strand_section_finder *f)
{
    struct strand_file_header header;
    const enum strand_status status = strand_input_file_header(&f->priv_input, f->priv_pos, f->priv_size, &header);
    if (status == STRAND_MORE) {
        return STRAND_MORE;
    }
    if (strand_section_begins(status)) {
        return strand_section_ends(f, f->priv_pos);
    }
    return strand_section_enter(f, STRAND_SECTION_SEARCH);
}

static enum strand_status strand_section_search(struct strand_section_finder *f)
{
    static const uint8_t magic[] = STRAND_FILE_MAGIC;
    const uint64_t limit = f->priv_pos < f->priv_size ? f->priv_pos : f->priv_size;
    const uint64_t off = f->priv_search.priv_off;
    if (off >= limit && limit == f->priv_size) {
        return strand_section_ends(f, limit);
    }
    if (off >= limit) {
        return f->priv_no_block != 0 ? strand_section_enter(f, STRAND_SECTION_BLOCK) : strand_section_next_block(f);
    }
    const size_t len = strand_least(f->priv_size - off, STRAND_SEARCH_WINDOW);
    if (!strand_input_has(&f->priv_input, off, len)) {
        return STRAND_MORE;
    }
    const uint8_t *bytes = f->priv_input.priv_bytes;
    const size_t last = strand_least(limit - off, len);
    size_t i = strand_find_byte(bytes, 0, last, magic[0]);
    struct strand_file_header header;
    size_t need = 0;
    while (i < last && strand_file_header_decode(bytes + i, len - i, &header, &need) == STRAND_BAD_MAGIC) {
        i = strand_find_byte(bytes, i + 1, last, magic[0]);
    }
    f->priv_search.priv_off = off + i;
    return i < last ? strand_section_enter(f, STRAND_SECTION_CANDIDATE) : STRAND_AGAIN;
}

static enum strand_status strand_section_candidate(struct strand_section_finder *f)
{
    struct strand_file_header header;
    const uint64_t off = f->priv_search.priv_off;
    const enum strand_status status = strand_input_file_header(&f->priv_input, off, f->priv_size, &header);
    if (status == STRAND_MORE) {
        return STRAND_MORE;
    }
    if (strand_section_begins(status)) {
        return strand_section_ends(f, off);
    }
    const size_t len = f->priv_input.priv_want.len;
    strand_search_found(&f->priv_search, off, len > STRAND_SEARCH_WINDOW ? len : STRAND_SEARCH_WINDOW);
    return strand_section_enter(f, STRAND_SECTION_SEARCH);
}

static enum strand_status strand_section_step(struct strand_section_finder *f)
{
    switch (f->priv_state) {
    case STRAND_SECTION_START: return strand_section_start(f);
    case STRAND_SECTION_BLOCK: return strand_section_block(f);
    case STRAND_SECTION_HEADER: return strand_section_header(f);
    case STRAND_SECTION_SEARCH: return strand_section_search(f);
    case STRAND_SECTION_CANDIDATE: return strand_section_candidate(f);
    default: return STRAND_OK;
    }
}

enum strand_status strand_section_find(struct strand_section_finder *f, uint64_t *ret_end)
{
    enum strand_status status = STRAND_AGAIN;
    while (status == STRAND_AGAIN) {
        status = strand_section_step(f);
    }
    if (status == STRAND_OK) {
        *ret_end = f->priv_pos;
    }
    return status;
}
