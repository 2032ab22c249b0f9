/* SPDX-License-Identifier: MIT
 *
 * strand_record.c: STRAND_LOG's stores behind plain calls.
 *
 *     at                                            to            end
 *     │ size · tick · nano · P │ site │ field │ … │ next field …  │
 *     └──────────────── within the block's room, checked by begin ┘
 *
 * Where the block has no such room, begin makes it: a sync, or the next block. So nothing is ever written twice.
 */
#include "strand_record.h"

#include "strand_log.h"
#include "strand_writer_unit.h"

#define STRAND_RECORD_SITE_LEN 6u    // a type and a 32-bit id
#define STRAND_RECORD_EVENT_ARGS 12u // whose event's length is one byte

static enum strand_status strand_record_refuse(struct strand_record *r, enum strand_status status)
{
    if (status == STRAND_FULL) {
        strand_writer_refuse(r->priv_writer);
    }
    strand_log_release(r->priv_writer);
    r->priv_writer = NULL;
    r->priv_to = NULL;
    r->priv_status = status;
    return status;
}

enum strand_status strand_record_begin(struct strand_record *r, struct strand_writer *w, uint64_t tick, uint32_t site,
                                       size_t room)
{
    r->priv_to = NULL;
    r->priv_status = STRAND_BUSY;
    r->priv_writer = strand_log_claim(w) ? w : strand_writer_claim_spare(w);
    w = r->priv_writer;
    if (w == NULL) {
        return STRAND_BUSY;
    }
    if (room > STRAND_BLOCK_MAX || w->priv_kind == STRAND_KIND_TRACE || w->priv_nano_derived == 0) {
        return strand_record_refuse(r, room > STRAND_BLOCK_MAX ? STRAND_FULL : STRAND_BAD_ARGUMENT);
    }
    const uint32_t need = STRAND_LOG_HEADER_LEN + STRAND_RECORD_SITE_LEN + (uint32_t)room;
    struct strand_inline frame = strand_log_at(w, w->priv_log_room, tick, need);
    if (!STRAND_LIKELY(frame.at != NULL)) {
        const enum strand_status status = strand_writer_make_room(w, tick, need);
        if (status != STRAND_OK) {
            return strand_record_refuse(r, status);
        }
        frame = strand_log_at(w, w->priv_log_room, tick, need);
    }
    const uint64_t delta = tick - w->priv_encoder.priv_tick;
    strand_store_u64(frame.at, strand_spread_21_at_2(delta) | STRAND_LOG_HEADER);
    r->priv_block = frame.block;
    r->priv_at = frame.at;
    r->priv_to = strand_log_put_short(frame.at + STRAND_LOG_HEADER_LEN, STRAND_WIRE_SITE_ID, site);
    r->priv_end = frame.at + need;
    return STRAND_OK;
}

STRAND_HOT bool strand_record_fits(struct strand_record *r, size_t need)
{
    if (STRAND_LIKELY(r->priv_to != NULL && need <= (size_t)(r->priv_end - r->priv_to))) {
        return true;
    }
    r->priv_to = NULL;
    return false;
}

// A field of that type at its full length, as the inline functions put it.
STRAND_HOT void strand_record_put(struct strand_record *r, struct strand_arg arg, bool fixed)
{
    if (strand_record_fits(r, strand_log_need(arg, fixed))) {
        r->priv_to = strand_log_put(r->priv_to, arg, fixed);
    }
}

void strand_record_bool(struct strand_record *r, bool v)
{
    strand_record_put(r, strand_arg_bool(v), false);
}

void strand_record_int(struct strand_record *r, int64_t v)
{
    strand_record_put(r, strand_arg_i64(v), false);
}

void strand_record_uint(struct strand_record *r, uint64_t v)
{
    strand_record_put(r, strand_arg_u64(v), false);
}

void strand_record_ptr(struct strand_record *r, uint64_t v)
{
    strand_record_put(r, (struct strand_arg){STRAND_ARG_PTR, v, NULL}, false);
}

void strand_record_i32(struct strand_record *r, int32_t v)
{
    strand_record_put(r, strand_arg_i32(v), true);
}

void strand_record_u32(struct strand_record *r, uint32_t v)
{
    strand_record_put(r, strand_arg_u32(v), true);
}

void strand_record_i64(struct strand_record *r, int64_t v)
{
    strand_record_put(r, strand_arg_i64(v), true);
}

void strand_record_u64(struct strand_record *r, uint64_t v)
{
    strand_record_put(r, strand_arg_u64(v), true);
}

void strand_record_f64(struct strand_record *r, double v)
{
    strand_record_put(r, strand_arg_f64(v), true);
}

void strand_record_string(struct strand_record *r, const char *s, size_t len)
{
    if (len > STRAND_LOG_STRING_MAX) {
        r->priv_to = NULL;
        return;
    }
    strand_record_put(r, strand_arg_str(strand_str(s, len)), false);
}

enum strand_status strand_record_end(struct strand_record *r)
{
    if (r->priv_writer == NULL) {
        return r->priv_status;
    }
    if (r->priv_to == NULL || r->priv_to - r->priv_at > (ptrdiff_t)STRAND_RECORD_FRAME_MAX) {
        return strand_record_refuse(r, STRAND_FULL);
    }
    const struct strand_inline frame = {r->priv_block, strand_own_u32(r->priv_block + STRAND_BLOCK_COMMITTED_OFF),
                                        r->priv_at};
    strand_log_end(r->priv_writer, frame, r->priv_to, false);
    return STRAND_OK;
}

// An event with a number that EXT can carry.
static bool strand_record_is_declared(uint64_t type, const uint64_t *args, size_t count)
{
    return type == STRAND_WIRE_TRACE_EXT && count > 0 && strand_trace_numbered(type, args[0]);
}

void strand_record_event(struct strand_writer *w, uint64_t type, uint64_t tick, const uint64_t *args, size_t count)
{
    uint64_t all = 0;
    for (size_t i = 0; i < count; i++) {
        all |= args[i];
    }
    const bool mine = strand_log_claim(w);
    struct strand_inline frame = {NULL, 0, NULL};
    if (mine && all < STRAND_LOG_WIDE_END && count <= STRAND_RECORD_EVENT_ARGS &&
        (type < STRAND_WIRE_TRACE_EXT || strand_record_is_declared(type, args, count))) {
        frame = strand_log_at(w, w->priv_event_room, tick, (uint32_t)(6 + 8 * count));
    }
    if (frame.at == NULL) {
        strand_trace_cold(w, type, tick, args, count, mine ? STRAND_LOG_CLAIMED : 0u);
        return;
    }
    uint8_t *to = strand_trace_put_head(frame.at, type, tick - w->priv_encoder.priv_tick, count);
    for (size_t i = 0; i < count; i++) {
        to = strand_trace_put(to, args[i], false);
    }
    strand_trace_end(w, frame, to, count, tick);
}
