/* SPDX-License-Identifier: MIT
 *
 * strand_reader_input.h: what the section finder and the reader do alike: ask for bytes, and search in bytes that
 * can't be trusted.
 */
#ifndef STRAND_READER_INPUT_H
#define STRAND_READER_INPUT_H

#include "strand_bytes.h"
#include "strand_reader.h"

#define STRAND_FILE_SIZE_MAX 0x7FFFFFFFFFFFFFFFu // so that a block can be added to any offset
#define STRAND_SEARCH_WINDOW 4096u               // bytes that a search looks at at a time
#define STRAND_SEARCH_CHAIN 16u // things found in each other's shade before a search leaves the shade

static inline size_t strand_least(uint64_t a, size_t b)
{
    return a < b ? (size_t)a : b;
}

/* Asks for [off, off + len). */
static inline enum strand_status strand_input_ask(struct strand_input *in, uint64_t off, size_t len)
{
    in->priv_want.off = off;
    in->priv_want.len = len;
    in->priv_bytes = NULL;
    return STRAND_MORE;
}

/* Whether [off, off + len) is what was given; else it is asked for. */
static inline bool strand_input_has(struct strand_input *in, uint64_t off, size_t len)
{
    if (in->priv_bytes != NULL && in->priv_want.off == off && in->priv_want.len == len) {
        return true;
    }
    strand_input_ask(in, off, len);
    return false;
}

static inline struct strand_input strand_input_none(void)
{
    const struct strand_input none = {{0, 0}, NULL};
    return none;
}

/* Takes the file header at off, in a file that ends at `end`.
 * Returns: STRAND_MORE, or what strand_file_header_decode says, or STRAND_FILE_HEADER_PAST_END. */
static inline enum strand_status strand_input_file_header(struct strand_input *in, uint64_t off, uint64_t end,
                                                          struct strand_file_header *ret_header)
{
    if (off >= end) {
        return STRAND_FILE_HEADER_PAST_END;
    }
    if (in->priv_bytes == NULL || in->priv_want.off != off) {
        return strand_input_ask(in, off, strand_least(end - off, STRAND_FILE_FIXED_LEN));
    }
    size_t need = 0;
    const enum strand_status status = strand_file_header_decode(in->priv_bytes, in->priv_want.len, ret_header, &need);
    if (status != STRAND_MORE) {
        return status;
    }
    return need > end - off ? STRAND_FILE_HEADER_PAST_END : strand_input_ask(in, off, need);
}

/* Whether a writer had begun to open this block when it was stopped, and no more: its header up to the seq. */
static inline bool strand_block_begun(const uint8_t *header)
{
    static const uint8_t magic[] = STRAND_BLOCK_MAGIC;
    return strand_load_u32(header) == strand_load_u32(magic) && strand_load_u16(header + 6) == 0 &&
           strand_load_u64(header + 8) == 0;
}

/* How many of the bytes, from the first on, are zero. */
static inline size_t strand_count_zeros(const uint8_t *bytes, size_t len)
{
    size_t n = 0;
    while (n < len && bytes[n] == 0) {
        n++;
    }
    return n;
}

/* Index of the first `byte` from `from` on; len where there is none. */
static inline size_t strand_find_byte(const uint8_t *bytes, size_t from, size_t len, uint8_t byte)
{
    size_t i = from;
    while (i < len && bytes[i] != byte) {
        i++;
    }
    return i;
}

static inline struct strand_search strand_search_from(uint64_t off)
{
    const struct strand_search search = {off, off, 0};
    return search;
}

/* A search found something at off that claims `len` bytes. If it isn't what it claims to be, the real one may begin
 * in its shade; but who puts claim upon claim there would have each byte looked at for every one of them, so after
 * some the search goes on behind the last. */
static inline void strand_search_found(struct strand_search *s, uint64_t off, uint64_t len)
{
    s->priv_chain = off < s->priv_shade ? (uint8_t)(s->priv_chain + 1) : 0;
    s->priv_shade = off + len;
    s->priv_off = s->priv_chain < STRAND_SEARCH_CHAIN ? off + 1 : s->priv_shade;
}

#endif
