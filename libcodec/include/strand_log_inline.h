/* SPDX-License-Identifier: MIT
 *
 * strand_log_inline.h: how STRAND_LOG and STRAND_TRACE work. Nothing here is for use by name.
 *
 *     claim         the writer is free, and nobody's but ours until it is released
 *     at            one check: the block has room for the most that the record can take, the last sync is in reach
 *     put …         stores, each of 8 bytes where that is the quickest; what they touch behind the record is room or slack
 *     end           size, committed count, release
 *
 * A switch over the kind of an argument has one case in every use: the kind is known where STRAND_LOG stands.
 */
#ifndef STRAND_LOG_INLINE_H
#define STRAND_LOG_INLINE_H

#ifndef __cplusplus

#include "strand_log.h"

#define STRAND_HOT static inline __attribute__((always_inline))
#define STRAND_LIKELY(condition) __builtin_expect(!!(condition), 1)

#define STRAND_LOG_HEADER_LEN 7u                /* size, tick in 3 bytes, nano, P */
#define STRAND_LOG_HEADER 0x0001000080800000ull /* them without size and tick: nano 0, P -1 */
#define STRAND_LOG_SITE_LEN 3u
#define STRAND_LOG_WIDE_END (1ull << 49) /* values below it make a field of at most 8 bytes */
#define STRAND_LOG_STRING_MAX 16383u /* its length takes two bytes */
#define STRAND_TRACE_PAD_END (1ull << 35)
#define STRAND_UNIT_LOG 1u /* priv_open of a writer while STRAND_LOG is at work; the others: strand_writer_unit.h */

/* A field's value. */
enum strand_arg_kind {
    STRAND_ARG_BOOL,
    STRAND_ARG_I32,
    STRAND_ARG_U32,
    STRAND_ARG_I64,
    STRAND_ARG_U64,
    STRAND_ARG_PTR,
    STRAND_ARG_F32,
    STRAND_ARG_F64,
    STRAND_ARG_STRING
};

struct strand_arg {
    enum strand_arg_kind kind;
    uint64_t value; /* of a string: its length */
    const char *text;
};

/* The calls out of line. Where the writer is claimed they release it. */
#define STRAND_LOG_CLAIMED 1u /* the caller has claimed the writer; else something is open, and the spare is for it */
#define STRAND_LOG_WIDE 2u    /* integers in 4 or 8 bytes */
STRAND_API void strand_log_cold(struct strand_writer *w, const struct strand_site *site, uint64_t tick,
                                const struct strand_arg *args, size_t count, unsigned flags);
STRAND_API void strand_trace_cold(struct strand_writer *w, uint64_t type, uint64_t tick, const uint64_t *args,
                                  size_t count, unsigned flags);

STRAND_HOT struct strand_arg strand_arg_bool(bool v)
{
    return (struct strand_arg){STRAND_ARG_BOOL, v, NULL};
}

STRAND_HOT struct strand_arg strand_arg_i32(int32_t v)
{
    return (struct strand_arg){STRAND_ARG_I32, (uint32_t)v, NULL};
}

STRAND_HOT struct strand_arg strand_arg_u32(uint32_t v)
{
    return (struct strand_arg){STRAND_ARG_U32, v, NULL};
}

STRAND_HOT struct strand_arg strand_arg_i64(int64_t v)
{
    return (struct strand_arg){STRAND_ARG_I64, strand_u64_of(v), NULL};
}

STRAND_HOT struct strand_arg strand_arg_u64(uint64_t v)
{
    return (struct strand_arg){STRAND_ARG_U64, v, NULL};
}

STRAND_HOT struct strand_arg strand_arg_ptr(const void *v)
{
    return (struct strand_arg){STRAND_ARG_PTR, (uintptr_t)v, NULL};
}

STRAND_HOT struct strand_arg strand_arg_f32(float v)
{
    return (struct strand_arg){STRAND_ARG_F32, strand_f32_bits(v), NULL};
}

STRAND_HOT struct strand_arg strand_arg_f64(double v)
{
    return (struct strand_arg){STRAND_ARG_F64, strand_f64_bits(v), NULL};
}

STRAND_HOT struct strand_arg strand_arg_str(struct strand_string v)
{
    return (struct strand_arg){STRAND_ARG_STRING, v.len, v.data};
}

STRAND_HOT struct strand_arg strand_arg_text(const char *v)
{
    return strand_arg_str(v != NULL ? strand_str(v, __builtin_strlen(v)) : strand_str("(null)", 6));
}

#define STRAND_ARG(x)                                                                                                \
    _Generic((x), _Bool                                                                                              \
             : strand_arg_bool, char                                                                                 \
             : strand_arg_i32, signed char                                                                           \
             : strand_arg_i32, short                                                                                 \
             : strand_arg_i32, int                                                                                   \
             : strand_arg_i32, long                                                                                  \
             : strand_arg_i64, long long                                                                             \
             : strand_arg_i64, unsigned char                                                                         \
             : strand_arg_u32, unsigned short                                                                        \
             : strand_arg_u32, unsigned                                                                              \
             : strand_arg_u32, unsigned long                                                                         \
             : strand_arg_u64, unsigned long long                                                                    \
             : strand_arg_u64, float                                                                                 \
             : strand_arg_f32, double                                                                                \
             : strand_arg_f64, char *                                                                                \
             : strand_arg_text, const char *                                                                         \
             : strand_arg_text, void *                                                                               \
             : strand_arg_ptr, const void *                                                                          \
             : strand_arg_ptr, struct strand_string                                                                  \
             : strand_arg_str)(x)

/* Whether strand_log_need says how long a field will be. */
STRAND_HOT bool strand_log_exact(struct strand_arg a, bool fixed)
{
    const bool word =
        a.kind == STRAND_ARG_I32 || a.kind == STRAND_ARG_U32 || a.kind == STRAND_ARG_I64 || a.kind == STRAND_ARG_U64;
    return word ? fixed : a.kind != STRAND_ARG_PTR && a.kind != STRAND_ARG_STRING;
}

/* Bytes that a field takes at most; what wide stores touch behind it is the block's slack. */
STRAND_HOT uint32_t strand_log_need(struct strand_arg a, bool fixed)
{
    switch (a.kind) {
    case STRAND_ARG_BOOL: return 1;
    case STRAND_ARG_I32:
    case STRAND_ARG_U32: return fixed ? 5 : 1 + 5;
    case STRAND_ARG_I64:
    case STRAND_ARG_U64: return fixed ? 9 : 1 + STRAND_VARINT_MAX;
    case STRAND_ARG_PTR: return 1 + STRAND_VARINT_MAX;
    case STRAND_ARG_F32: return 5;
    case STRAND_ARG_F64: return 9;
    default: return 1 + 2 + (uint32_t)a.value;
    }
}

STRAND_HOT bool strand_log_too_long(const struct strand_writer *w, struct strand_arg a)
{
    return a.kind == STRAND_ARG_STRING && a.value > w->priv_log_string_limit;
}

STRAND_HOT uint8_t *strand_log_put_u32(uint8_t *to, uint8_t type, uint64_t v)
{
    strand_store_u64(to, v << 8 | type);
    return to + 5;
}

STRAND_HOT uint8_t *strand_log_put_u64(uint8_t *to, uint8_t type, uint64_t v)
{
    *to = type;
    strand_store_u64(to + 1, v);
    return to + 9;
}

// Where spreading is a dozen instructions, values of one byte, which are the most, are worth a branch.
#ifdef __BMI2__
#define STRAND_ONE_BYTE(v) false
#else
#define STRAND_ONE_BYTE(v) ((v) < 0x80)
#endif

STRAND_HOT uint8_t *strand_log_put_one_byte(uint8_t *to, uint8_t type, uint64_t v)
{
    strand_store_u16(to, (uint16_t)(v << 8 | type));
    return to + 2;
}

// v < 2^35
STRAND_HOT uint8_t *strand_log_put_short(uint8_t *to, uint8_t type, uint64_t v)
{
    if (STRAND_ONE_BYTE(v)) {
        return strand_log_put_one_byte(to, type, v);
    }
    const uint64_t groups = strand_spread_35_at_1(v);
    strand_store_u64(to, strand_field_continued(groups, type));
    return to + strand_field_len(groups);
}

// Seven groups, and what is left of v behind them.
STRAND_HOT uint8_t *strand_log_put_long(uint8_t *to, uint8_t type, uint64_t v)
{
    const uint64_t rest = strand_spread_56(v / STRAND_LOG_WIDE_END);
    strand_store_u64(to, strand_spread_49_at_1(v % STRAND_LOG_WIDE_END) | 0x8080808080808000 | type);
    strand_store_u64(to + 8, strand_continued(rest));
    return to + 8 + strand_groups_len(rest);
}

STRAND_HOT uint8_t *strand_log_put_uvarint(uint8_t *to, uint8_t type, uint64_t v)
{
    if (STRAND_ONE_BYTE(v)) {
        return strand_log_put_one_byte(to, type, v);
    }
    if (!STRAND_LIKELY(v < STRAND_LOG_WIDE_END)) {
        return strand_log_put_long(to, type, v);
    }
    const uint64_t groups = strand_spread_49_at_1(v);
    strand_store_u64(to, strand_field_continued(groups, type));
    return to + strand_field_len(groups);
}

// Copies in steps of a constant size, the last of which may overlap the one before: no byte outside of both, and no
// call, for which the caller would have to save its registers.
STRAND_HOT void strand_log_copy(uint8_t *to, const char *from, size_t n)
{
    if (STRAND_LIKELY(n >= 16)) {
        for (size_t i = 0; i + 16 < n; i += 16) {
            __builtin_memcpy(to + i, from + i, 16);
        }
        __builtin_memcpy(to + n - 16, from + n - 16, 16);
    } else if (n >= 8) {
        __builtin_memcpy(to, from, 8);
        __builtin_memcpy(to + n - 8, from + n - 8, 8);
    } else if (n >= 4) {
        __builtin_memcpy(to, from, 4);
        __builtin_memcpy(to + n - 4, from + n - 4, 4);
    } else if (n > 0) {
        to[0] = (uint8_t)from[0];
        to[n / 2] = (uint8_t)from[n / 2];
        to[n - 1] = (uint8_t)from[n - 1];
    }
}

STRAND_HOT uint8_t *strand_log_put_string(uint8_t *to, const char *text, size_t len)
{
    if (STRAND_LIKELY(len < 0x80)) {
        strand_store_u16(to, (uint16_t)(STRAND_WIRE_STRING | len << 8));
        to += 2;
    } else {
        strand_store_u32(to, (uint32_t)(STRAND_WIRE_STRING | (len % 0x80 + 0x80) << 8 | len / 0x80 << 16));
        to += 3;
    }
    strand_log_copy(to, text, len);
    return to + len;
}

STRAND_HOT uint64_t strand_zigzag_of_i32(uint64_t v)
{
    return (uint32_t)((uint32_t)v << 1 ^ (0u - ((uint32_t)v >> 31)));
}

STRAND_HOT uint64_t strand_zigzag_of_i64(uint64_t v)
{
    return v << 1 ^ (0u - (v >> 63));
}

STRAND_HOT uint8_t *strand_log_put(uint8_t *to, struct strand_arg a, bool fixed)
{
    switch (a.kind) {
    case STRAND_ARG_BOOL: *to = a.value != 0 ? STRAND_WIRE_TRUE : STRAND_WIRE_FALSE; return to + 1;
    case STRAND_ARG_I32:
        return fixed ? strand_log_put_u32(to, STRAND_WIRE_I32, a.value)
                     : strand_log_put_short(to, STRAND_WIRE_INT, strand_zigzag_of_i32(a.value));
    case STRAND_ARG_U32:
        return fixed ? strand_log_put_u32(to, STRAND_WIRE_U32, a.value)
                     : strand_log_put_short(to, STRAND_WIRE_UINT, a.value);
    case STRAND_ARG_I64:
        return fixed ? strand_log_put_u64(to, STRAND_WIRE_I64, a.value)
                     : strand_log_put_uvarint(to, STRAND_WIRE_INT, strand_zigzag_of_i64(a.value));
    case STRAND_ARG_U64:
        return fixed ? strand_log_put_u64(to, STRAND_WIRE_U64, a.value)
                     : strand_log_put_uvarint(to, STRAND_WIRE_UINT, a.value);
    case STRAND_ARG_PTR: return strand_log_put_uvarint(to, STRAND_WIRE_PTR, a.value);
    case STRAND_ARG_F32: return strand_log_put_u32(to, STRAND_WIRE_F32, a.value);
    case STRAND_ARG_F64: return strand_log_put_u64(to, STRAND_WIRE_F64, a.value);
    default: return strand_log_put_string(to, a.text, (size_t)a.value);
    }
}

// Claims a writer that is free.
STRAND_HOT bool strand_log_claim(struct strand_writer *w)
{
    if (!STRAND_LIKELY(w->priv_open == 0)) {
        return false;
    }
    w->priv_open = STRAND_UNIT_LOG;
    strand_settle();
    return true;
}

STRAND_HOT void strand_log_release(struct strand_writer *w)
{
    strand_settle();
    w->priv_open = 0;
}

/* A frame that is being written inline: a copy of what every store could change for all that the compiler knows. */
struct strand_inline {
    uint8_t *block;
    uint32_t committed;
    uint8_t *at; /* where the frame begins; NULL: not inline */
};

// Where the next frame goes, if `need` bytes fit there and tick is in reach of the last sync or event.
STRAND_HOT struct strand_inline strand_log_at(const struct strand_writer *w, uint32_t room, uint64_t tick,
                                              uint32_t need)
{
    uint8_t *const block = w->priv_block;
    const uint32_t committed = strand_own_u32(block + STRAND_BLOCK_COMMITTED_OFF);
    const bool fits = committed + need <= room;
    const bool reached = tick - w->priv_encoder.priv_tick <= STRAND_SYNC_REACH;
    uint8_t *const at = block + STRAND_BLOCK_HEADER_LEN + committed;
    return (struct strand_inline){block, committed, STRAND_LIKELY(fits) && STRAND_LIKELY(reached) ? at : NULL};
}

// Makes `len` bytes of frame readable, counts it and gives the writer free.
STRAND_HOT void strand_log_commit(struct strand_writer *w, struct strand_inline frame, uint32_t len)
{
    strand_publish_u32(frame.block + STRAND_BLOCK_COMMITTED_OFF, frame.committed + len);
    w->priv_records += 1;
    strand_log_release(w);
}

// Opens a record of at most `need` bytes; where that is its exact size, its header is complete.
STRAND_HOT struct strand_inline strand_log_begin(const struct strand_writer *w, const struct strand_site *site,
                                                 uint64_t tick, uint32_t need, bool exact)
{
    struct strand_inline frame = strand_log_at(w, w->priv_log_room, tick, need);
    if (!STRAND_LIKELY(frame.at != NULL) || !STRAND_LIKELY(site->priv_defined != 0)) {
        frame.at = NULL;
        return frame;
    }
    const uint64_t delta = tick - w->priv_encoder.priv_tick;
    strand_store_u64(frame.at, strand_spread_21_at_2(delta) | (STRAND_LOG_HEADER + (exact ? need : 0)));
    strand_store_u32(frame.at + STRAND_LOG_HEADER_LEN, site->priv_wire);
    return frame;
}

STRAND_HOT void strand_log_end(struct strand_writer *w, struct strand_inline frame, const uint8_t *to, bool exact)
{
    const uint32_t len = (uint32_t)(to - frame.at);
    if (!exact) {
        strand_store_u16(frame.at, (uint16_t)len);
    }
    strand_log_commit(w, frame, len);
}

// EXT carries its type's number as its first argument; a number that it can't carry is refused out of line.
STRAND_HOT bool strand_trace_numbered(uint64_t type, uint64_t first)
{
    return type != STRAND_WIRE_TRACE_EXT || first >= STRAND_WIRE_TRACE_EXT;
}

// An event's head: type and count, a length where there are three arguments or more, no sequence delta, the tick.
STRAND_HOT uint8_t *strand_trace_put_head(uint8_t *to, uint64_t type, uint64_t delta, size_t count)
{
    const uint64_t deltas = strand_spread_21_at_2(delta) | 0x80800000ull;
    if (count < 3) {
        strand_store_u64(to, deltas | (type + 0x40 * count));
        return to + 5;
    }
    strand_store_u64(to, deltas << 8 | (type + 0xC0));
    return to + 6;
}

STRAND_HOT uint8_t *strand_trace_put(uint8_t *to, uint64_t v, bool fixed)
{
    if (!fixed && STRAND_ONE_BYTE(v)) {
        *to = (uint8_t)v;
        return to + 1;
    }
    const uint64_t groups = strand_spread_56(v);
    if (fixed) {
        strand_store_u64(to, groups | 0x80808080);
        return to + 5;
    }
    strand_store_u64(to, strand_continued(groups));
    return to + strand_groups_len(groups);
}

STRAND_HOT void strand_trace_end(struct strand_writer *w, struct strand_inline frame, const uint8_t *to, size_t count,
                                 uint64_t tick)
{
    const uint32_t len = (uint32_t)(to - frame.at);
    if (count >= 3) {
        frame.at[1] = (uint8_t)(len - 2);
    }
    w->priv_encoder.priv_tick = tick;
    strand_log_commit(w, frame, len);
}

#endif

#endif
