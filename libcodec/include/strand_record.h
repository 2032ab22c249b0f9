/* SPDX-License-Identifier: MIT
 *
 * strand_record.h: what STRAND_LOG and STRAND_TRACE write, by plain calls: for bindings from other languages, and for
 * records whose fields aren't known at compile time.
 *
 *     struct strand_record r;
 *     strand_record_begin(&r, &writer, strand_tick(), SITE, 11 + 3 + len);
 *     strand_record_int(&r, fd);
 *     strand_record_string(&r, path, len);
 *     strand_record_end(&r);
 *
 * The caller says beforehand how many bytes the fields may take, so there is one check and no loop, unlike with
 * strand_writer_begin, which takes a record of any size and asks for it again where a block is full. Functions, no
 * macros: a stable ABI.
 *
 * Bytes that a field takes at most: 1 bool · 11 int, uint, ptr · 5 i32, u32 · 9 i64, u64, f64 · 3 + len string.
 *
 * A records strand needs a file header with STRAND_INCOMPAT_NANO_DERIVED. One record of a writer is open at a time; a
 * handler that interrupts it writes to the spare (strand_writer_set_spare), or is refused and counted. Between begin
 * and end nothing else may be done with the writer.
 * Async-signal-safe. Cost: about 40 instructions a record and 20 a field; no allocation. Spec: 5.4, 7, 12.3.
 */
#ifndef STRAND_RECORD_H
#define STRAND_RECORD_H

#include "strand_writer.h"

#ifdef __cplusplus
extern "C" {
#endif

/* An open record, on the caller's stack. The members are private. */
struct strand_record {
    struct strand_writer *priv_writer; /* NULL: none was free */
    uint8_t *priv_block;
    uint8_t *priv_at;        /* where the record begins */
    uint8_t *priv_to;        /* where the next field goes; NULL: one did not fit, and none does any more */
    const uint8_t *priv_end; /* end of the room that was asked for */
    enum strand_status priv_status;
};

/* Opens a record of a call site that was defined as SITE `site` (below 2^32), with room bytes for its fields.
 * Returns: STRAND_OK · STRAND_BUSY (something is open and no spare free: refused and counted) · STRAND_FULL (no block
 * has that room: refused and counted) · STRAND_NOT_OPEN (closed) · STRAND_BAD_ARGUMENT (no records strand with
 * NANO_DERIVED). When it isn't OK the calls up to strand_record_end do nothing. Spec: 5.4. */
STRAND_API enum strand_status strand_record_begin(struct strand_record *r, struct strand_writer *w, uint64_t tick,
                                                  uint32_t site, size_t room);

/* Fields. One that doesn't fit the room takes the whole record back. A string must not be longer than 16383 bytes.
 * Spec: 7.3, 7.6. */
STRAND_API void strand_record_bool(struct strand_record *r, bool v);
STRAND_API void strand_record_int(struct strand_record *r, int64_t v);
STRAND_API void strand_record_uint(struct strand_record *r, uint64_t v);
STRAND_API void strand_record_ptr(struct strand_record *r, uint64_t v);
STRAND_API void strand_record_i32(struct strand_record *r, int32_t v);
STRAND_API void strand_record_u32(struct strand_record *r, uint32_t v);
STRAND_API void strand_record_i64(struct strand_record *r, int64_t v);
STRAND_API void strand_record_u64(struct strand_record *r, uint64_t v);
STRAND_API void strand_record_f64(struct strand_record *r, double v);
STRAND_API void strand_record_string(struct strand_record *r, const char *s, size_t len);

/* Closes the record: it is readable from now on.
 * Returns: STRAND_OK · STRAND_FULL (a field did not fit the room: refused and counted) · what strand_record_begin
 * returned, if that wasn't OK. */
STRAND_API enum strand_status strand_record_end(struct strand_record *r);

/* Writes an event of a trace strand: type from 1 to 62, of those that have a time (spec 12.4), and count arguments; or
 * type 63, whose first argument is the event's number, 63 or above (a smaller one is refused and counted).
 * Nothing in a strand of another kind. Spec: 12.3. */
STRAND_API void strand_record_event(struct strand_writer *w, uint64_t type, uint64_t tick, const uint64_t *args,
                                    size_t count);

#ifdef __cplusplus
}
#endif

#endif
