/* SPDX-License-Identifier: MIT
 *
 * strand_encode.h: records and extended frames, written into a caller's buffer.
 *
 *     uint8_t buf[512];
 *     struct strand_encoder e;
 *     strand_encoder_init(&e, sizeof e, STRAND_ABI_VERSION, buf, sizeof buf);
 *     strand_encode_begin(&e, tick, nano, -1);
 *     strand_encode_string(&e, "accepted", 8);
 *     strand_encode_int(&e, fd);
 *     if (strand_encode_end(&e) == STRAND_OK) …  buf[0 … strand_encoder_len(&e)) holds whole frames
 *
 * A record is in the buffer wholly or not at all. When the room runs out, field calls write nothing more but go
 * on counting; strand_encode_end then takes the whole record back, says STRAND_FULL, and strand_encoder_needed
 * tells the room it would have taken. So field calls return nothing: one check, at the end.
 *
 * In front of a record stands a sync where one is needed: before the first record, and when the tick or nano is
 * more than STRAND_SYNC_REACH ahead of the last sync (or behind it). Deltas are relative to that sync.
 *
 * Buffers include STRAND_SLACK bytes at their end for wide stores, which never hold data.
 *
 * Cost: O(bytes written), no allocation, ≤ 192 bytes of stack. Async-signal-safe; an encoder is not reentrant:
 * a handler that interrupts it uses another one.
 */
#ifndef STRAND_ENCODE_H
#define STRAND_ENCODE_H

#include "strand_base.h"

#ifdef __cplusplus
extern "C" {
#endif

#define STRAND_SLACK 8u            /* bytes behind the data that a wide store may touch */
#define STRAND_SYNC_REACH 2097151u /* largest delta from the last sync: 2^21 - 1, three bytes. Spec: 5.3 */

/* An encoder over a caller's buffer. The members are private. */
struct strand_encoder {
    uint8_t *priv_base;       /* the buffer */
    size_t priv_room;         /* bytes of it that may hold data: its size less STRAND_SLACK */
    size_t priv_len;          /* bytes of committed frames */
    size_t priv_pos;          /* end of the open frame so far; priv_len when none is open */
    size_t priv_frame;        /* start of the open frame, behind the sync that goes with it */
    size_t priv_lacking;      /* bytes of the open frame that found no room */
    size_t priv_needed;       /* room that the last frame took or would have taken */
    size_t priv_string_limit; /* longest string; more is cut and told by an overflow field */
    uint64_t priv_tick;       /* time base of committed frames */
    uint64_t priv_nano;
    uint64_t priv_open_tick; /* time base with the open frame's sync */
    uint64_t priv_open_nano;
    uint64_t priv_events; /* trace events with a time that were ever begun */
    uint8_t priv_has_base;
    uint8_t priv_open_has_base;
    uint8_t priv_open;         /* what is open: STRAND_OPEN_… in strand_encode.c */
    uint8_t priv_nano_derived; /* write nano deltas of 0 (spec 8.5) */
    uint8_t priv_padded;       /* write tick deltas in 3 bytes */
};

/* Starts an encoder on an empty buffer.
 * In: buf, cap bytes of it including STRAND_SLACK; cap may be 0, then every record is refused and counted.
 * Returns: STRAND_OK · STRAND_BAD_VERSION · STRAND_BAD_ARGUMENT (cap of 2^30 or more). */
STRAND_API enum strand_status strand_encoder_init(struct strand_encoder *e, size_t size, unsigned abi_version,
                                                  uint8_t *buf, size_t cap);

/* Continues with another buffer. `keep_base` keeps the time base of the last sync, else the next record opens
 * with a sync. A frame that is open is dropped. Returns: STRAND_OK · STRAND_BAD_ARGUMENT. */
STRAND_API enum strand_status strand_encoder_rebase(struct strand_encoder *e, uint8_t *buf, size_t cap,
                                                    bool keep_base);

/* Longest string, bytes or memory dump that is written whole, in bytes; a longer one is cut there, and an overflow
 * field behind it tells how much. Default: an eighth of the room. Spec: 7.5. */
STRAND_API void strand_encoder_set_string_limit(struct strand_encoder *e, size_t limit);

/* Writes nano deltas of 0 from here on: the file header says NANO_DERIVED. Spec: 8.5. */
STRAND_API void strand_encoder_set_nano_derived(struct strand_encoder *e, bool derived);

/* Writes tick deltas of three bytes, padded, from here on: two bytes more for records in quick succession, and faster
 * where tick is read from a counter just before. Spec: 4.2.2. */
STRAND_API void strand_encoder_set_padded(struct strand_encoder *e, bool padded);

/* Bytes of committed frames in the buffer. */
STRAND_API size_t strand_encoder_len(const struct strand_encoder *e);

/* Bytes of room that the last frame took, or would have taken: give strand_encoder_len + this + STRAND_SLACK. */
STRAND_API size_t strand_encoder_needed(const struct strand_encoder *e);

/* Opens a record at tick and nano with P (-1: none). tick and nano of a clock that starts at 0 must start at 1:
 * (0, 0) is taken as (1, 1). A record that is open already is dropped. Spec: 5.3, 5.4. */
STRAND_API void strand_encode_begin(struct strand_encoder *e, uint64_t tick, uint64_t nano, int64_t p);

/* The same for a record whose frame may exceed 65535 bytes (kind LARGE). Only where the blocks are larger than
 * that. Spec: 6.8. */
STRAND_API void strand_encode_begin_large(struct strand_encoder *e, uint64_t tick, uint64_t nano, int64_t p);

/* Closes the open frame.
 * Returns: STRAND_OK · STRAND_FULL (taken back whole; see strand_encoder_needed; a record of more than 65535
 * bytes is FULL whatever the room) · STRAND_NOT_OPEN. */
STRAND_API enum strand_status strand_encode_end(struct strand_encoder *e);

/* Takes the open frame back. */
STRAND_API void strand_encode_cancel(struct strand_encoder *e);

/* Fields of the core encoding; each adds one field to the open frame. Without an open frame: nothing. Spec: 7.3. */
STRAND_API void strand_encode_unknown(struct strand_encoder *e);
STRAND_API void strand_encode_bool(struct strand_encoder *e, bool v);
STRAND_API void strand_encode_int(struct strand_encoder *e, int64_t v);
STRAND_API void strand_encode_uint(struct strand_encoder *e, uint64_t v);
STRAND_API void strand_encode_hex(struct strand_encoder *e, uint64_t v);
STRAND_API void strand_encode_ptr(struct strand_encoder *e, uint64_t v);
STRAND_API void strand_encode_string(struct strand_encoder *e, const char *s, size_t len);
STRAND_API void strand_encode_const_string(struct strand_encoder *e, uint64_t len, uint64_t image_off);
STRAND_API void strand_encode_overflow(struct strand_encoder *e, uint64_t cut_len);
STRAND_API void strand_encode_pc(struct strand_encoder *e, uint64_t pc);
STRAND_API void strand_encode_traceback(struct strand_encoder *e, const uint64_t *pcs, size_t count);

/* Extension fields; old readers skip them. Spec: 7.6. */
STRAND_API void strand_encode_level(struct strand_encoder *e, unsigned level);
STRAND_API void strand_encode_key_id(struct strand_encoder *e, uint64_t id);
STRAND_API void strand_encode_key(struct strand_encoder *e, const char *name, size_t len);
STRAND_API void strand_encode_site(struct strand_encoder *e, uint64_t id);
STRAND_API void strand_encode_stack(struct strand_encoder *e, uint64_t id);
STRAND_API void strand_encode_f32(struct strand_encoder *e, float v);
STRAND_API void strand_encode_f64(struct strand_encoder *e, double v);
STRAND_API void strand_encode_i32(struct strand_encoder *e, int32_t v);
STRAND_API void strand_encode_u32(struct strand_encoder *e, uint32_t v);
STRAND_API void strand_encode_i64(struct strand_encoder *e, int64_t v);
STRAND_API void strand_encode_u64(struct strand_encoder *e, uint64_t v);
STRAND_API void strand_encode_bytes(struct strand_encoder *e, const uint8_t *data, size_t len);
STRAND_API void strand_encode_memdump(struct strand_encoder *e, uint64_t addr, const uint8_t *data, size_t len);
STRAND_API void strand_encode_strand(struct strand_encoder *e, uint64_t stream);
STRAND_API void strand_encode_event(struct strand_encoder *e, uint64_t event, uint64_t seq, const uint64_t *args,
                                    size_t count);

/* A whole field as it stands on the wire, type byte included: what a merger or a re-encoder passes on. */
STRAND_API void strand_encode_raw(struct strand_encoder *e, const uint8_t *field, size_t len);

/* Extended frames. Each opens a frame; add what the body holds, then strand_encode_end. Spec: 6. */
STRAND_API void strand_encode_begin_frame(struct strand_encoder *e, uint8_t kind, uint8_t flags);
STRAND_API void strand_encode_begin_def(struct strand_encoder *e, uint64_t def_kind, uint64_t id);  /* then fields */
STRAND_API void strand_encode_begin_loss(struct strand_encoder *e, const struct strand_diag *diag); /* then fields */

/* Whole frames. Returns: STRAND_OK · STRAND_FULL · STRAND_BUSY (a frame is open). Spec: 5.3, 6.7, 6.9, 6.10. */
STRAND_API enum strand_status strand_encode_sync(struct strand_encoder *e, uint64_t tick, uint64_t nano);
STRAND_API enum strand_status strand_encode_clock(struct strand_encoder *e, const struct strand_clock *clock);
STRAND_API enum strand_status strand_encode_owner(struct strand_encoder *e, uint64_t tid, const char *name,
                                                  size_t len);
STRAND_API enum strand_status strand_encode_end_of_strand(struct strand_encoder *e);

#ifdef __cplusplus
}
#endif

#endif
