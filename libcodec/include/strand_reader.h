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
 * reader reads one section. In a ring file the reader looks at all block headers, then visits the blocks in the order
 * of their seq, wanting each as a whole. Where a ring file is being written meanwhile, give it a snapshot of the block
 * (strand_block_snapshot; or read it, then its seq again), and zeros in place of a block that was recycled.
 *
 * A strand in fragments (STRAND_COMPAT_FRAGMENT) has several sections; one reader reads it whole when it is given the
 * last one's header with the blocks of all behind it, chosen and sorted as spec 11.1.4 says.
 *
 * Damage costs the block it hits (spec 10): the reader goes on at the next block, in place or, when bytes were
 * inserted or lost, wherever it is found; what is missing is told exactly from the counters of the next intact
 * block, "at least" behind the last one.
 *
 * Cost: O(bytes), no allocation, ≤ 1 KiB of stack. Bytes are wanted once, but for the file header, a ring's block
 * headers, and the frame that a bare strand's window cuts; around damage a bounded number of times.
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
    size_t len; /* 1 … STRAND_BLOCK_MAX */
};

/* What was wanted, and what was given. The members are private. */
struct strand_input {
    struct strand_want priv_want;
    const uint8_t *priv_bytes; /* NULL: not given yet */
};

/* A search for something in bytes that can't be trusted. The members are private. */
struct strand_search {
    uint64_t priv_off;   /* where it goes on */
    uint64_t priv_shade; /* end of the last thing that was found */
    uint8_t priv_chain;  /* how many in a row began in the shade of the one before */
};

/* Finds where the section that begins at `start` ends. The members are private. */
struct strand_section_finder {
    uint64_t priv_start;
    uint64_t priv_size;
    uint64_t priv_pos;      /* where a block should be */
    uint64_t priv_seq;      /* of the block before it; 0: none stands there */
    uint64_t priv_next_seq; /* of the block that stands there; 0: none */
    struct strand_search priv_search;
    struct strand_input priv_input;
    struct strand_file_header priv_file;
    uint8_t priv_no_block; /* none stands before it, and that was not searched yet */
    uint8_t priv_state;
};

/* In: start, where the section's file header is; file_size. Returns: STRAND_OK · STRAND_BAD_VERSION ·
 * STRAND_BAD_ARGUMENT (start > file_size, or file_size of 2^63 or more). Spec: 11.1. */
STRAND_API enum strand_status strand_section_finder_init(struct strand_section_finder *f, size_t size,
                                                         unsigned abi_version, uint64_t start, uint64_t file_size);

/* As strand_section_finder_init, where the section at start can't be read: what is found is the next file header,
 * anywhere behind start. Spec: 11.1. */
STRAND_API enum strand_status strand_section_finder_init_refused(struct strand_section_finder *f, size_t size,
                                                                 unsigned abi_version, uint64_t start,
                                                                 uint64_t file_size);

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

/* Its kind says which members are set. Nano of a record is its time, NANO_DERIVED or not (spec 8.5). */
struct strand_item {
    enum strand_item_kind kind;
    struct strand_frame frame;
    struct strand_event event;
    struct strand_diag diag;
    struct strand_span fields;
    uint64_t seq; /* of the block; 0 in a bare strand, and in front of the first block */
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
    uint64_t priv_start; /* the section's bytes in the file */
    uint64_t priv_end;
    uint64_t priv_pos;         /* where the next block should be */
    uint64_t priv_zero_off;    /* where zeros began in place of blocks */
    uint64_t priv_block_off;   /* the current block */
    uint64_t priv_payload_end; /* end of its payload, or of the file */
    uint64_t priv_base_tick;   /* of its last sync */
    uint64_t priv_base_nano;
    uint64_t priv_search_end; /* the search for a block ends here */
    struct strand_search priv_search;
    struct strand_input priv_input;
    struct strand_file_header priv_file;
    struct strand_block_header priv_block;
    struct strand_decoder priv_decoder;
    struct strand_trace_decoder priv_trace;
    struct strand_diag priv_pending[4]; /* diagnostics to be delivered first */
    uint64_t priv_told_records;         /* records delivered or told lost */
    uint64_t priv_told_bytes;           /* payload bytes delivered or told lost */
    uint64_t priv_told_refused;
    uint64_t priv_least_records; /* as many there were, as far as damaged blocks tell */
    uint64_t priv_least_bytes;
    uint64_t priv_damage_off; /* where damage since the last intact block began */
    uint64_t priv_last_seq;   /* newest block that was delivered */
    uint64_t priv_max_seq;    /* ring: newest block */
    uint32_t priv_slots;      /* ring: slots that the file has */
    uint32_t priv_slot;       /* ring: next slot to look at */
    uint32_t priv_slots_left;
    size_t priv_window;              /* bare: bytes wanted at a time */
    enum strand_status priv_refusal; /* why this is no section */
    uint8_t priv_pending_count;
    uint8_t priv_pending_next;
    uint8_t priv_state;
    uint8_t priv_has_header;
    uint8_t priv_in_zeros;       /* zeros since priv_zero_off */
    uint8_t priv_cut;            /* the file ends inside the current block */
    uint8_t priv_damaged;        /* damage since the last intact block */
    uint8_t priv_newest_damaged; /* ring: damaged slots behind the newest intact block: newer ones, or the oldest */
    uint8_t priv_saw_end;        /* END was the last frame */
    uint8_t priv_corrupt;        /* for the verdict */
    uint8_t priv_truncated;
    uint8_t priv_unsupported;
};

/* Starts on the section [start, end) of a file; the header is read first.
 * Returns: STRAND_OK · STRAND_BAD_VERSION · STRAND_BAD_ARGUMENT (start > end, or end of 2^63 or more). */
STRAND_API enum strand_status strand_reader_init(struct strand_reader *r, size_t size, unsigned abi_version,
                                                 uint64_t start, uint64_t end);

/* Starts on a bare strand: [start, end) holds frames, no headers (a ring's bytes put in order, a Go log).
 * window: bytes that are wanted at a time where they do; 65536 is a good one, 1 the smallest.
 * Returns: as strand_reader_init. */
STRAND_API enum strand_status strand_reader_init_bare(struct strand_reader *r, size_t size, unsigned abi_version,
                                                      uint64_t start, uint64_t end, size_t window);

/* Bare strands: the time base at the start. Spec: 5.4. */
STRAND_API void strand_reader_set_base(struct strand_reader *r, uint64_t tick, uint64_t nano);

/* The next item. What it points to is valid until the next call.
 * Returns: STRAND_OK · STRAND_MORE · STRAND_END · the statuses of strand_file_header_decode and
 * STRAND_FILE_HEADER_PAST_END: not a section (for ever after). */
STRAND_API enum strand_status strand_reader_next(struct strand_reader *r, struct strand_item *ret_item);
STRAND_API struct strand_want strand_reader_want(const struct strand_reader *r);

/* Gives all the wanted bytes; they must stay as they are until the next STRAND_MORE or STRAND_END. */
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
