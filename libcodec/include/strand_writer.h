/* SPDX-License-Identifier: MIT
 *
 * strand_writer.h: one strand's stream file, written into a caller's memory or through a sink.
 *
 *     struct strand_encoder *e;
 *     do {
 *         if (strand_writer_begin(&w, tick, nano, -1, &e) != STRAND_OK) break;
 *         strand_encode_string(e, "accepted", 8);
 *         strand_encode_int(e, fd);
 *     } while (strand_writer_end(&w) == STRAND_AGAIN);
 *
 * The loop is the whole protocol: when a record doesn't fit what is left of a block, strand_writer_end opens the
 * next block and asks for the record again; it fits there, or is refused and counted.
 *
 * Three geometries, one format:
 *   ring    header.block_count ≥ 2: the memory is the whole file (a mapped ring file, or anonymous memory that a
 *           core dump keeps); the oldest block is recycled.
 *   grows   block_count 0, no sink: the memory holds the header and as many blocks as fit; then records are refused.
 *   sink    block_count 0, a sink: the memory holds the header and one block; sealed blocks go to the sink.
 *
 * A record is readable from the moment that strand_writer_end returns: `committed` is published with a release
 * store behind its bytes. After a crash at any instruction the memory is a valid stream file; behind the blocks that
 * were used it holds what it held before, so memory that grows should start as zeros, as a fresh mapping does.
 * Spec: 9.
 *
 * Every block opens with a sync, or in a trace strand with a Batch, and with an OWNER frame when an owner is set.
 * Blocks are sealed when the next one is opened, when they go to the sink, and at the end. Records that were refused
 * are told by the header of the next block; in a ring the file header tells them at once.
 *
 * Threads: one writer at a time; readers of the memory at any time, by the protocol of spec 9.4.
 * Async-signal-safe as long as the sink is; a handler that interrupts an open record gets STRAND_BUSY, and it is
 * counted as refused.
 * Cost: as the encoder; O(block) once a block for the CRC, O(1) stack, no allocation.
 */
#ifndef STRAND_WRITER_H
#define STRAND_WRITER_H

#include "strand_block.h"
#include "strand_encode.h"

#ifdef __cplusplus
extern "C" {
#endif

#define STRAND_OWNER_NAME_MAX 32u /* bytes of an owner's name that are kept */

/* Takes sealed bytes of the file, in order: the file header in front of the first block, then whole blocks.
 * Returns: true when they were taken. When not, the block is gone; its reader sees the gap and counts it. */
typedef bool strand_sink(void *context, const uint8_t *bytes, size_t len);

/* The nano of a tick, asked when a sync is written, and for each record where the header doesn't say NANO_DERIVED:
 * whoever has a clock re-anchors the strand with it. It runs where the record is written, in handlers too. */
typedef uint64_t strand_nano_at(void *context, uint64_t tick);

struct strand_writer;

/* Asked for a free writer where w is busy and its spares are, too: in the handler that needs it, or, of a stand-in, by
 * the first record of a thread. Returns: NULL: there is none; the record is refused and counted. */
typedef struct strand_writer *strand_more_spares(void *context, struct strand_writer *w);

/* The members are private. Those that STRAND_LOG reads come first. */
struct strand_writer {
    uint8_t priv_open;        /* what is open: STRAND_UNIT_… in strand_writer_unit.h */
    uint32_t priv_log_room;   /* payload bytes that STRAND_LOG may fill: 0 without a block, in a trace strand, … */
    uint32_t priv_event_room; /* the same of STRAND_TRACE */
    uint64_t priv_log_string_limit; /* longest string that STRAND_LOG writes by itself */
    uint8_t *priv_block;            /* the current block; priv_mem: none, the next record opens one */
    uint64_t priv_records;          /* committed */
    struct strand_encoder priv_encoder;
    struct strand_writer *priv_spare;
    strand_more_spares *priv_more_spares;
    void *priv_more_context;
    strand_nano_at *priv_nano_at;
    void *priv_nano_context;
    uint8_t *priv_mem; /* file header, then blocks */
    size_t priv_header_len;
    uint32_t priv_tick_num;
    uint32_t priv_tick_den;
    uint32_t priv_block_size;
    uint32_t priv_slots;     /* blocks that the memory holds */
    uint32_t priv_next_slot; /* where the next block goes; priv_slots: nowhere */
    uint32_t priv_opening;   /* payload bytes that the current block opened with */
    uint64_t priv_seq;       /* of the newest block; 0: none yet */
    uint64_t priv_bytes;     /* payload bytes before the current block */
    uint64_t priv_refused;
    uint64_t priv_refused_told; /* of them, those that the current block's header tells */
    uint64_t priv_sink_failures;
    uint64_t priv_tick; /* of what is open */
    uint64_t priv_nano;
    uint64_t priv_events; /* that the encoder had begun before */
    uint64_t priv_pid;    /* first argument of a trace strand's batches */
    strand_sink *priv_sink;
    void *priv_context;
    uint64_t priv_owner_tid;
    char priv_owner_name[STRAND_OWNER_NAME_MAX];
    uint8_t priv_owner_len; /* length of the name */
    uint8_t priv_has_owner;
    uint8_t priv_kind; /* enum strand_kind */
    uint8_t priv_ring;
    uint8_t priv_nano_derived;
    uint8_t priv_crc;
    uint8_t priv_header_given; /* the sink took the file header */
    uint8_t priv_closed;
};

/* Starts a stream file: writes its header; the first block is opened by the first record.
 * In: mem[0 … mem_len), 8-byte aligned; header, whose header_len, block_size and block_count say the geometry
 * (header_len 0: STRAND_FILE_HEADER_RING in a ring, else as short as it can be); sink and context, or NULL. In a
 * ring the memory must hold header + block_count blocks; else header + ≥ 1 block.
 * Returns: STRAND_OK · STRAND_BAD_VERSION · STRAND_FULL (mem_len) · STRAND_BAD_ARGUMENT (header, alignment, a ring
 * with a sink). */
STRAND_API enum strand_status strand_writer_init(struct strand_writer *w, size_t size, unsigned abi_version,
                                                 uint8_t *mem, size_t mem_len,
                                                 const struct strand_file_header *header, strand_sink *sink,
                                                 void *context);

/* From the next block on every block opens with an OWNER frame: who writes. The name is cut at
 * STRAND_OWNER_NAME_MAX bytes and copied. Spec: 6.9. */
STRAND_API void strand_writer_set_owner(struct strand_writer *w, uint64_t tid, const char *name, size_t len);

/* From the next block of a trace strand on: whose events its Batch says these are. 0 until then. Spec: 12.2. */
STRAND_API void strand_writer_set_batch_pid(struct strand_writer *w, uint64_t pid);

/* Whether blocks are sealed with CRCs: yes, until told. Without them a block costs O(1) to finish, and damage to its
 * bytes shows only where they don't decode: for rings in memory. Spec: 9.3. */
STRAND_API void strand_writer_set_crc(struct strand_writer *w, bool crc);

/* The writer that STRAND_LOG and STRAND_TRACE take where they interrupt a record of w: for signal handlers. It may
 * have a spare in turn; the last has none. NULL: none. */
STRAND_API void strand_writer_set_spare(struct strand_writer *w, struct strand_writer *spare);

/* Puts one more in front of the spares of w. Unlike strand_writer_set_spare also in a handler that interrupted w, or
 * this very call. */
STRAND_API void strand_writer_add_spare(struct strand_writer *w, struct strand_writer *spare);

/* Where more spares come from when they are needed; what it gives out it adds itself, if it is to be kept. NULL: none. */
STRAND_API void strand_writer_set_more_spares(struct strand_writer *w, strand_more_spares *more, void *context);

/* Initialises a writer that is always busy: whatever STRAND_LOG writes to it goes to what `more` gives out. */
#define STRAND_WRITER_STAND_IN(more)                                                                                 \
    {                                                                                                                \
        .priv_open = UINT8_MAX, .priv_more_spares = (more)                                                           \
    }

/* How STRAND_LOG gets a nano. NULL: the tick in ns by the header's ratio. Spec: 5.3, 8.5. */
STRAND_API void strand_writer_set_nano_at(struct strand_writer *w, strand_nano_at *nano_at, void *context);

/* Opens a record of a records or definitions strand; encode its fields with *ret_encoder.
 * Returns: STRAND_OK · STRAND_BUSY (nested use: refused and counted) · STRAND_NOT_OPEN (closed, or a trace strand).
 * Spec: 5.4. */
STRAND_API enum strand_status strand_writer_begin(struct strand_writer *w, uint64_t tick, uint64_t nano, int64_t p,
                                                  struct strand_encoder **ret_encoder);

/* The same for a record whose frame may exceed 65535 bytes, where blocks are larger than that. Spec: 6.8. */
STRAND_API enum strand_status strand_writer_begin_large(struct strand_writer *w, uint64_t tick, uint64_t nano,
                                                        int64_t p, struct strand_encoder **ret_encoder);

/* The same for anything else that is committed as one: an extended frame (strand_encode_begin_def …, or one of the
 * whole frames, strand_encode_clock …) in a records or definitions strand; trace events (strand_trace_event …, as
 * many as belong together) in a trace strand. tick and nano are those of the sync or Batch in case that a block has
 * to be opened. What is neither record nor event is not counted as a record. */
STRAND_API enum strand_status strand_writer_begin_frame(struct strand_writer *w, uint64_t tick, uint64_t nano,
                                                        struct strand_encoder **ret_encoder);

/* Commits what is open; after strand_encode_cancel nothing.
 * Returns: STRAND_OK (readable from now on) · STRAND_AGAIN (a new block was opened: call begin and encode again) ·
 * STRAND_FULL (doesn't fit an empty block, or no block is left: refused and counted) · STRAND_NOT_OPEN. */
STRAND_API enum strand_status strand_writer_end(struct strand_writer *w);

/* Seals the current block and gives it to the sink; the next record opens another. Nothing without a sink, and
 * nothing for an empty block. Returns: STRAND_OK · STRAND_BUSY · STRAND_FULL (the sink did not take it). */
STRAND_API enum strand_status strand_writer_flush(struct strand_writer *w);

/* Ends the strand: END, seal, sink; in a block of its own where that takes one to tell how many records were
 * refused. Further use is refused. A strand without records gets its one empty block.
 * Returns: STRAND_OK · STRAND_BUSY · STRAND_NOT_OPEN (closed already) · STRAND_FULL (the sink did not take it).
 * Spec: 6.10. */
STRAND_API enum strand_status strand_writer_close(struct strand_writer *w, uint64_t tick, uint64_t nano);

/* Bytes of the memory that are the file (header and used blocks; all of it in a ring). */
STRAND_API size_t strand_writer_len(const struct strand_writer *w);

/* Whether something is open in it. */
STRAND_API bool strand_writer_is_busy(const struct strand_writer *w);

/* w; where something is open in it, which only a handler sees that interrupted it, one of its spares: for
 * strand_writer_begin_frame. Returns: NULL: none is free; what was to be written is counted as refused. */
STRAND_API struct strand_writer *strand_writer_or_spare(struct strand_writer *w);

/* seq of the current block, 0: none yet. Between begin and end it is the block that what is open goes to. */
STRAND_API uint64_t strand_writer_seq(const struct strand_writer *w);

/* Counts since the start: records (events) committed, records refused, blocks that the sink did not take. */
STRAND_API uint64_t strand_writer_records(const struct strand_writer *w);
STRAND_API uint64_t strand_writer_refused(const struct strand_writer *w);
STRAND_API uint64_t strand_writer_sink_failures(const struct strand_writer *w);

#ifdef __cplusplus
}
#endif

#endif
