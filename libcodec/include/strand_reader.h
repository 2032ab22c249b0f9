/* SPDX-License-Identifier: MIT
 *
 * strand_reader.h: one strand, from the bytes of a stream file or from bare bytes, as a sequence of items: records,
 * trace events, other frames, block starts, and diagnostics where something is wrong.
 *
 * The reader does no I/O: when it needs bytes it answers STRAND_MORE, says which with strand_reader_want, and gets
 * exactly those with strand_reader_supply:
 *
 *     for (;;) {
 *         enum strand_status s = strand_reader_next(&r, &item);
 *         if (s == STRAND_END) break;
 *         if (s == STRAND_MORE) {
 *             struct strand_want want = strand_reader_want(&r);
 *             pread(fd, buf, want.len, want.off);          (or buf = file + want.off, where it is in memory)
 *             strand_reader_supply(&r, buf);
 *             continue;
 *         }
 *         … item …
 *     }
 *     … strand_reader_verdict(&r) …
 *
 * A file may hold several sections (files concatenated); strand_section_finder finds where each ends, and one
 * reader reads one section. In a ring file the reader visits the blocks in the order of their seq.
 *
 * Damage costs the block it hits (spec 10): the reader goes on at the next block, in place or, when bytes were
 * inserted or lost, wherever it is found; what is missing is told exactly from the counters of the next intact
 * block, "at least" behind the last one.
 *
 * Cost: O(bytes), each byte wanted once (ring files: each block header twice), no allocation, ≤ 1 KiB of stack.
 */
#ifndef STRAND_READER_H
#define STRAND_READER_H

#include "strand_block.h"
#include "strand_decode.h"
#include "strand_trace.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes that are wanted: [off, off + len) of the file. */
struct strand_want {
    uint64_t off;
    size_t len; /* at most STRAND_BLOCK_MAX */
};

/* Finds where the section that begins at `start` ends. The members are private. */
struct strand_section_finder {
    uint64_t priv_start;
    uint64_t priv_size;
    uint64_t priv_pos;
    uint64_t priv_scan;
    uint64_t priv_scan_end;
    uint64_t priv_seq;
    struct strand_want priv_want;
    const uint8_t *priv_bytes;
    uint32_t priv_header_len;
    uint32_t priv_block_size;
    uint32_t priv_block_count;
    uint8_t priv_kind;
    uint8_t priv_state;
};

/* In: start, where the section's file header is; file_size. Returns: STRAND_OK · STRAND_BAD_VERSION ·
 * STRAND_BAD_ARGUMENT (start > file_size). Spec: 11.1. */
STRAND_API enum strand_status strand_section_finder_init(struct strand_section_finder *f, size_t size,
                                                         unsigned abi_version, uint64_t start, uint64_t file_size);

/* Goes on. Out: *ret_end, where the section ends (the next one's start, or file_size).
 * Returns: STRAND_OK (found) · STRAND_MORE (supply what strand_section_want says) · the statuses of
 * strand_file_header_decode, STRAND_FILE_HEADER_PAST_END: no section begins at start. */
STRAND_API enum strand_status strand_section_find(struct strand_section_finder *f, uint64_t *ret_end);
STRAND_API struct strand_want strand_section_want(const struct strand_section_finder *f);
STRAND_API void strand_section_supply(struct strand_section_finder *f, const uint8_t *bytes);

/* What a reader delivers. */
enum strand_item_kind {
    STRAND_ITEM_BLOCK = 1, /* a block begins: definitions of block scope are void */
    STRAND_ITEM_RECORD,    /* frame */
    STRAND_ITEM_EVENT,     /* event */
    STRAND_ITEM_FRAME,     /* frame: an extended frame other than PAD, LOSS, LARGE, END */
    STRAND_ITEM_DIAG       /* diag, and fields where a LOSS frame carried some */
};

struct strand_item {
    enum strand_item_kind kind;
    struct strand_frame frame;
    struct strand_event event;
    struct strand_diag diag;
    struct strand_span fields;
    uint64_t seq; /* of the block; 0 in a bare strand */
};

/* State of a strand, known at its end. Spec: 10.3. */
enum strand_verdict {
    STRAND_VERDICT_CLOSED = 1,  /* END was its last frame */
    STRAND_VERDICT_OPEN,        /* whole, but never closed: the writer lives or was killed */
    STRAND_VERDICT_TRUNCATED,   /* the file ends inside a block or frame */
    STRAND_VERDICT_ZERO_FILLED, /* never closed, and zeros behind the last block (or bare frame) */
    STRAND_VERDICT_CORRUPT,     /* damaged somewhere */
    STRAND_VERDICT_UNSUPPORTED  /* holds what must be understood and isn't */
};

/* The members are private. */
struct strand_reader {
    uint64_t priv_start;          /* the section's bytes in the file */
    uint64_t priv_end;
    uint64_t priv_pos;            /* next block, or next bare byte */
    uint64_t priv_scan;           /* where the search for a block has got to */
    uint64_t priv_block_off;      /* the current block */
    struct strand_want priv_want;
    const uint8_t *priv_bytes;    /* supplied, or NULL */
    struct strand_file_header priv_file;
    struct strand_block_header priv_block;
    struct strand_decoder priv_decoder;
    struct strand_trace_decoder priv_trace;
    struct strand_diag priv_pending[4]; /* diagnostics to be delivered first */
    uint64_t priv_told_records;   /* records delivered or told lost */
    uint64_t priv_told_bytes;     /* payload bytes delivered or told lost */
    uint64_t priv_told_refused;
    uint64_t priv_max_seq;        /* ring: newest block */
    uint64_t priv_last_seq;       /* newest block that was delivered */
    uint32_t priv_slot;           /* ring: next slot to look at */
    uint32_t priv_slots_left;
    size_t priv_window;           /* bare: bytes wanted at a time */
    uint8_t priv_pending_count;
    uint8_t priv_pending_next;
    uint8_t priv_state;
    uint8_t priv_verdict;
    uint8_t priv_bare;
    uint8_t priv_damaged;         /* damage since the last intact block */
    uint8_t priv_saw_end;         /* END was the last frame */
};

/* Starts on the section [start, end) of a file; the header is read first.
 * Returns: STRAND_OK · STRAND_BAD_VERSION · STRAND_BAD_ARGUMENT (start > end). */
STRAND_API enum strand_status strand_reader_init(struct strand_reader *r, size_t size, unsigned abi_version,
                                                 uint64_t start, uint64_t end);

/* Starts on a bare strand: [start, end) holds frames, no headers (a ring's bytes put in order, a Go log).
 * window: bytes that are wanted at a time where they do; 65536 is a good one, 1 the smallest. */
STRAND_API enum strand_status strand_reader_init_bare(struct strand_reader *r, size_t size, unsigned abi_version,
                                                      uint64_t start, uint64_t end, size_t window);

/* Bare strands: the time base at the start. Spec: 5.4. */
STRAND_API void strand_reader_set_base(struct strand_reader *r, uint64_t tick, uint64_t nano);

/* The next item. What it points to is valid until the next call.
 * Returns: STRAND_OK · STRAND_MORE · STRAND_END · the statuses of strand_file_header_decode and
 * STRAND_FILE_HEADER_PAST_END: not a section (for ever after). */
STRAND_API enum strand_status strand_reader_next(struct strand_reader *r, struct strand_item *ret_item);
STRAND_API struct strand_want strand_reader_want(const struct strand_reader *r);

/* Gives all the wanted bytes; they must stay until the next STRAND_MORE or STRAND_END. */
STRAND_API void strand_reader_supply(struct strand_reader *r, const uint8_t *bytes);

/* The wanted bytes can't be had: the strand ends at `end` (file shrunk, I/O error). end within the section. */
STRAND_API void strand_reader_cut(struct strand_reader *r, uint64_t end);

/* The file header, once the first item or STRAND_END has come; NULL before, and for a bare strand.
 * Its spans are not kept (data NULL) unless the caller keeps the header's bytes and decodes them itself. */
STRAND_API const struct strand_file_header *strand_reader_header(const struct strand_reader *r);

/* State of the strand; valid after STRAND_END. */
STRAND_API enum strand_verdict strand_reader_verdict(const struct strand_reader *r);

#ifdef __cplusplus
}
#endif

#endif
