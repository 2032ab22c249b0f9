/* SPDX-License-Identifier: MIT
 *
 * strand_ring.h: the byte ring for small memories: frames back to back in any memory of 256 bytes or more, the
 * oldest overwritten first, record by record. This is the Go runtime's debug log of 2018.
 *
 * Positions are absolute and only grow; the byte at position n lies at data[n mod size]. A frame may straddle the
 * end of the memory. `begin` is the position of the oldest frame, `end` that behind the newest; the time base at
 * `begin` is kept beside it, so that whoever has the bytes and these four numbers can read the ring: see
 * struct strand_ring_view, which is all that is needed from a core dump.
 *
 *     … dead │ sync │ record │ record … │ record │ room …
 *            begin (tick, nano)                  end
 *
 * A record is encoded into a staging buffer and copied in when it is closed: a record that was never closed is
 * never in the ring.
 *
 * Async-signal-safe. One thread writes; a handler that interrupts it in an open record gets STRAND_BUSY.
 * Cost: O(bytes of the record + bytes of the records it overwrites), no allocation.
 */
#ifndef STRAND_RING_H
#define STRAND_RING_H

#include "strand_decode.h"
#include "strand_encode.h"

#ifdef __cplusplus
extern "C" {
#endif

#define STRAND_RING_MIN 256u /* smallest ring, bytes */

/* What reading a ring takes, wherever its bytes are. */
struct strand_ring_view {
    const uint8_t *data; /* the ring's memory */
    size_t size;         /* its size, bytes */
    uint64_t begin;      /* position of the oldest frame */
    uint64_t end;        /* position behind the newest */
    uint64_t tick;       /* time base at begin */
    uint64_t nano;
};

/* A ring and its writer. The members are private. */
struct strand_ring {
    struct strand_ring_view priv_view;
    uint8_t *priv_data;      /* the ring's memory, to be written */
    size_t priv_begin_index; /* begin and end, in the memory */
    size_t priv_end_index;
    struct strand_encoder priv_encoder;
    uint8_t *priv_stage; /* the encoder's buffer */
    size_t priv_stage_len;
    uint64_t priv_end_tick; /* time base at end */
    uint64_t priv_end_nano;
    uint64_t priv_records; /* committed since the start */
    uint64_t priv_refused; /* records that fitted nowhere, or met an open one */
    uint8_t priv_open;
};

/* Starts an empty ring.
 * In: data[0 … data_len), data_len ≥ STRAND_RING_MIN and below 2^30; stage[0 … stage_len): staging for one record
 * with its sync, including STRAND_SLACK. The string limit is an eighth of data_len.
 * Returns: STRAND_OK · STRAND_BAD_VERSION · STRAND_BAD_ARGUMENT. */
STRAND_API enum strand_status strand_ring_init(struct strand_ring *r, size_t size, unsigned abi_version,
                                               uint8_t *data, size_t data_len, uint8_t *stage, size_t stage_len);

/* Opens a record: encode its fields with *ret_encoder, then call strand_ring_end.
 * Returns: STRAND_OK · STRAND_BUSY (a record is open: nested use, counted as refused). Spec: 5.4. */
STRAND_API enum strand_status strand_ring_begin(struct strand_ring *r, uint64_t tick, uint64_t nano, int64_t p,
                                                struct strand_encoder **ret_encoder);

/* Commits the open record, overwriting the oldest ones where the room is needed.
 * Returns: STRAND_OK · STRAND_FULL (larger than the staging buffer or the ring: dropped, counted as refused) ·
 * STRAND_NOT_OPEN. */
STRAND_API enum strand_status strand_ring_end(struct strand_ring *r);

/* Drops the open record. */
STRAND_API void strand_ring_cancel(struct strand_ring *r);

/* The ring as a reader needs it, and the counts of records committed and refused since the start. */
STRAND_API struct strand_ring_view strand_ring_view(const struct strand_ring *r);
STRAND_API uint64_t strand_ring_records(const struct strand_ring *r);
STRAND_API uint64_t strand_ring_refused(const struct strand_ring *r);

/* A reader over a ring at rest. The members are private. */
struct strand_ring_reader {
    struct strand_ring_view priv_view;
    struct strand_decoder priv_decoder;
    size_t priv_begin_index; /* begin, in the memory */
    uint8_t *priv_scratch;
    size_t priv_scratch_cap;
};

/* Starts at the ring's oldest frame. Positions are what frame.off and error offsets count.
 * In: view; scratch[0 … scratch_cap) for the one frame that straddles the end of the memory: view.size bytes are
 * always enough.
 * Returns: STRAND_OK · STRAND_BAD_VERSION · STRAND_BAD_ARGUMENT (no memory, or more than size between begin and
 * end, or a size of 2^30 or more). */
STRAND_API enum strand_status strand_ring_reader_init(struct strand_ring_reader *r, size_t size, unsigned abi_version,
                                                      const struct strand_ring_view *view, uint8_t *scratch,
                                                      size_t scratch_cap);

/* Decodes the next frame, as strand_decode_frame does; STRAND_FULL when scratch is too small for it (and for ever
 * after). The frame's body is valid until the next call. Spec: 5. */
STRAND_API enum strand_status strand_ring_read(struct strand_ring_reader *r, struct strand_frame *ret_frame);

/* Position of what the last bad status was about. */
STRAND_API uint64_t strand_ring_reader_error_off(const struct strand_ring_reader *r);

#ifdef __cplusplus
}
#endif

#endif
