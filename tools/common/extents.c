/* SPDX-License-Identifier: MIT
 *
 * extents.c: looks at each place of a fragment once, keeps where blocks are and what is wrong, and later reads the
 * blocks that count as if they stood back to back:
 *
 *     strand     │ header │ block │ block │ block │          each block_size long
 *     file          └┐        └┐      └──┐     └ cut: what its fragment's end leaves of it
 *
 * A fragment is believed as far as its places hold blocks. Behind the first that doesn't, which may be the header of
 * another strand's fragment, nothing is looked at: a block there would be anybody's.
 */
#include "extents.h"

#include "report.h"
#include "strand_bytes.h"

#include <stdlib.h>
#include <string.h>

#define EXTENTS_ZEROS 65536u /* bytes that are looked at at a time */
#define EXTENTS_PAD 4096u    /* bytes behind a cut block that anybody looks at: a search's window */
#define EXTENTS_FLAGS_OFF 6u /* in a block header */
#define EXTENTS_SEQ_OFF 8u
#define EXTENTS_CRCS_OFF 56u

static uint64_t extents_least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

bool extents_are_one(const struct strand_file_header *a, const struct strand_file_header *b)
{
    return a->ordinal == b->ordinal && a->kind == b->kind && a->block_size == b->block_size &&
           a->incompat == b->incompat && memcmp(a->session, b->session, sizeof a->session) == 0;
}

// ---------------------------------------------------------------------------------------------------------------
// What stands in a fragment

// Grown by halves: there may be many.
static void *extents_grow(void *memory, size_t count, size_t *cap, size_t size)
{
    if (count < *cap) {
        return memory;
    }
    *cap = *cap + *cap / 2 + 4;
    return report_resize(memory, *cap, size);
}

static void extents_put(struct extents *extents, struct extent block)
{
    extents->blocks = extents_grow(extents->blocks, extents->count, &extents->cap, sizeof *extents->blocks);
    extents->blocks[extents->count++] = block;
}

static void extents_fault(struct extents *extents, struct extents_fault fault)
{
    extents->faults =
        extents_grow(extents->faults, extents->fault_count, &extents->fault_cap, sizeof *extents->faults);
    extents->faults[extents->fault_count++] = fault;
}

static bool extents_is_zero(const uint8_t *bytes, size_t len)
{
    return len == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, len - 1) == 0);
}

static bool extents_rest_is_zero(struct source *source, uint64_t off, uint64_t end)
{
    uint8_t *buf = report_resize(NULL, EXTENTS_ZEROS, 1);
    bool zero = true;
    while (zero && off < end) {
        size_t got = source_read(source, off, buf, (size_t)extents_least(end - off, EXTENTS_ZEROS));
        zero = extents_is_zero(buf, got);
        off = got > 0 ? off + got : end;
    }
    free(buf);
    return zero;
}

static bool extents_has_magic(const uint8_t *bytes)
{
    return memcmp(bytes, STRAND_BLOCK_MAGIC, STRAND_BLOCK_MAGIC_LEN) == 0;
}

// A writer had begun to open this block, and no more: it holds nothing.
static bool extents_is_begun(const uint8_t *bytes)
{
    return extents_has_magic(bytes) && strand_load_u16(bytes + EXTENTS_FLAGS_OFF) == 0 &&
           strand_load_u64(bytes + EXTENTS_SEQ_OFF) == 0;
}

// Takes the place [off, off + len), whose first bytes are a whole block header's. Returns: whether a block stands
// there, right or wrong, so that the next place is where it should be.
static bool extents_take_block(struct extents *extents, const uint8_t *bytes, uint64_t off, uint32_t len,
                               const struct strand_file_header *header)
{
    struct strand_block_header block;
    enum strand_status status = strand_block_header_decode(bytes, header, &block);
    if (status == STRAND_OK) {
        uint32_t there = len > block.header_len ? len - block.header_len : 0;
        uint32_t committed = block.committed < there ? block.committed : there;
        extents_put(extents, (struct extent){block.seq, off, len, committed});
    } else if (!extents_is_begun(bytes)) {
        extents_fault(extents, (struct extents_fault){off, status});
    }
    return extents_has_magic(bytes);
}

void extents_add(struct extents *extents, struct source *source, uint64_t start, uint64_t end,
                 const struct strand_file_header *header, struct strand_span header_bytes)
{
    uint8_t bytes[STRAND_BLOCK_HEADER_LEN];
    uint64_t off = start + header->header_len;
    extents->header_off = start;
    extents->header = header_bytes;
    extents->block_size = header->block_size;
    for (bool goes_on = true; goes_on && off < end; off += header->block_size) {
        size_t got = source_read(source, off, bytes, (size_t)extents_least(end - off, sizeof bytes));
        if (extents_is_zero(bytes, got) && extents_rest_is_zero(source, off, end)) {
            return;
        }
        goes_on = got == sizeof bytes;
        if (goes_on) {
            uint32_t len = (uint32_t)extents_least(end - off, header->block_size);
            goes_on = extents_take_block(extents, bytes, off, len, header);
        } else {
            extents_fault(extents, (struct extents_fault){off, STRAND_BLOCK_PAST_END});
        }
    }
}

void extents_append(struct extents *extents, const struct extents *fragment)
{
    for (size_t i = 0; i < fragment->count; i++) {
        extents_put(extents, fragment->blocks[i]);
    }
    for (size_t i = 0; i < fragment->fault_count; i++) {
        extents_fault(extents, fragment->faults[i]);
    }
    extents->header_off = fragment->header_off;
    extents->header = fragment->header;
}

// ---------------------------------------------------------------------------------------------------------------
// Which blocks count

static int extents_compare(const void *a, const void *b)
{
    const struct extent *x = a, *y = b;
    if (x->seq != y->seq) {
        return x->seq < y->seq ? -1 : 1;
    }
    if (x->committed != y->committed) {
        return x->committed < y->committed ? -1 : 1;
    }
    return x->off < y->off ? -1 : x->off > y->off;
}

// Whether nothing speaks against the block's payload.
static bool extents_is_intact(const struct extent *extent, struct source *source, uint8_t *buf,
                              const struct strand_file_header *header)
{
    const unsigned verified = STRAND_BLOCK_SEALED | STRAND_BLOCK_CRC;
    struct strand_block_header block;
    if (source_read(source, extent->off, buf, extent->len) < extent->len ||
        strand_block_header_decode(buf, header, &block) != STRAND_OK) {
        return false;
    }
    return (block.flags & verified) != verified || block.committed > extent->committed ||
           strand_crc32c(0, buf + block.header_len, block.committed) == block.payload_crc;
}

// Of the copies [first, last] of a block the best, which is the last one that is intact. Where none is, the last is
// shown for all.
static size_t extents_best(const struct extents *extents, size_t first, size_t last, struct source *source,
                           uint8_t *buf, const struct strand_file_header *header)
{
    size_t best = last;
    while (best > first && !extents_is_intact(&extents->blocks[best], source, buf, header)) {
        best--;
    }
    bool is_intact = best > first || first == last || extents_is_intact(&extents->blocks[first], source, buf, header);
    return is_intact ? best : last;
}

void extents_choose(struct extents *extents, struct source *source, const struct strand_file_header *header)
{
    uint8_t *buf = report_resize(NULL, header->block_size, 1);
    size_t chosen = 0;
    if (extents->count > 0) {
        qsort(extents->blocks, extents->count, sizeof *extents->blocks, extents_compare);
    }
    for (size_t first = 0, last; first < extents->count; first = last + 1) {
        last = first;
        while (last + 1 < extents->count && extents->blocks[last + 1].seq == extents->blocks[first].seq) {
            last++;
        }
        extents->blocks[chosen++] = extents->blocks[extents_best(extents, first, last, source, buf, header)];
    }
    extents->count = chosen;
    free(buf);
}

// ---------------------------------------------------------------------------------------------------------------
// The strand

static uint64_t extents_block_index(const struct extents *extents, uint64_t off)
{
    return (off - extents->header.len) / extents->block_size;
}

static uint64_t extents_block_off(const struct extents *extents, uint64_t off)
{
    return (off - extents->header.len) % extents->block_size;
}

uint64_t extents_size(const struct extents *extents)
{
    uint64_t last = extents->count > 0 ? extents->blocks[extents->count - 1].len : 0;
    uint64_t others = extents->count > 0 ? extents->count - 1 : 0;
    return extents->header.len + others * extents->block_size + last;
}

uint64_t extents_file_off(const struct extents *extents, uint64_t off)
{
    if (off < extents->header.len || extents->count == 0) {
        return extents->header_off + off;
    }
    uint64_t index = extents_block_index(extents, off);
    if (index >= extents->count) { // the strand's end
        const struct extent *last = &extents->blocks[extents->count - 1];
        return last->off + last->len;
    }
    return extents->blocks[index].off + extents_block_off(extents, off);
}

// A block that is cut, and that others follow, is shown as one that was never larger: what is there can be read, and
// the next block tells what isn't.
static void extents_trim(const struct extent *extent, uint8_t *header)
{
    if (strand_load_u32(header + STRAND_BLOCK_COMMITTED_OFF) != extent->committed) {
        strand_store_u16(header + EXTENTS_FLAGS_OFF, 0);
        strand_store_u32(header + STRAND_BLOCK_COMMITTED_OFF, extent->committed);
        strand_store_u64(header + EXTENTS_CRCS_OFF, 0);
    }
}

// Reads [from, from + len) of a block.
static size_t extents_read_block(const struct extents *extents, struct source *source, uint64_t index, uint64_t from,
                                 uint8_t *buf, size_t len)
{
    const struct extent *extent = &extents->blocks[index];
    size_t there = from < extent->len ? (size_t)extents_least(extent->len - from, len) : 0;
    size_t got = there > 0 ? source_read(source, extent->off + from, buf, there) : 0;
    if (got < there || extent->len == extents->block_size || index + 1 == extents->count) {
        return got;
    }
    memset(buf + there, 0, (size_t)extents_least(len - there, EXTENTS_PAD));
    if (from == 0 && there >= STRAND_BLOCK_HEADER_LEN) {
        extents_trim(extent, buf);
    }
    return len;
}

size_t extents_read(const struct extents *extents, struct source *source, uint64_t off, uint8_t *buf, size_t len)
{
    size_t done = 0;
    if (off < extents->header.len) {
        done = (size_t)extents_least(extents->header.len - off, len);
        memcpy(buf, extents->header.data + off, done);
    }
    while (done < len) {
        uint64_t index = extents_block_index(extents, off + done);
        uint64_t from = extents_block_off(extents, off + done);
        size_t want = (size_t)extents_least(extents->block_size - from, len - done);
        size_t got = index < extents->count ? extents_read_block(extents, source, index, from, buf + done, want) : 0;
        done += got;
        if (got < want) {
            break;
        }
    }
    return done;
}

// ---------------------------------------------------------------------------------------------------------------
// What is wrong

unsigned extents_worst(const struct extents *extents)
{
    unsigned worst = 0;
    for (size_t i = 0; i < extents->fault_count; i++) {
        unsigned kind = strand_status_diag(extents->faults[i].code);
        worst = worst == STRAND_DIAG_CORRUPT ? worst : kind;
    }
    return worst;
}

// Damage costs nobody knows what: one line behind the others says so.
bool extents_diag(const struct extents *extents, size_t i, struct strand_diag *ret_diag)
{
    if (i < extents->fault_count) {
        *ret_diag = (struct strand_diag){.code = extents->faults[i].code, .off = extents->faults[i].off};
        ret_diag->kind = strand_status_diag(ret_diag->code);
        return true;
    }
    if (i > extents->fault_count || extents_worst(extents) != STRAND_DIAG_CORRUPT) {
        return false;
    }
    size_t first = 0;
    while (strand_status_diag(extents->faults[first].code) != STRAND_DIAG_CORRUPT) {
        first++;
    }
    *ret_diag = (struct strand_diag){.kind = STRAND_DIAG_LOST,
                                     .code = STRAND_DAMAGED,
                                     .off = extents->faults[first].off,
                                     .records_known = true,
                                     .bytes_known = true,
                                     .exact_known = true};
    return true;
}

void extents_free(struct extents *extents)
{
    free(extents->blocks);
    free(extents->faults);
    *extents = (struct extents){0};
}
