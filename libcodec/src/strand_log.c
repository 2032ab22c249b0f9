/* SPDX-License-Identifier: MIT
 *
 * strand_log.c: what STRAND_LOG and STRAND_TRACE do when the inline case doesn't hold, and the definitions of call sites.
 *
 *     strand_log.h        the writer free, the site defined, room in the block, the tick in reach
 *     strand_log_cold     anything else: the encoder's functions, with a sync and a new block as they come; where a
 *                         record is open this is a handler, and the spare takes the record
 *
 * A site that isn't defined writes what its definition would tell: level, message, and each argument's text as key.
 *
 *     STRAND_LOG(w, "accepted", fd, conn->port)      args   "accepted", fd, conn->port
 *                                                    keys               fd  conn->port
 */
#include "strand_log.h"

#include "strand_bytes.h"
#include "strand_trace.h"
#include "strand_writer_unit.h"

// ---------------------------------------------------------------------------------------------------------------
// Keys

static size_t strand_text_len(const char *text)
{
    size_t len = 0;
    while (text[len] != 0) {
        len++;
    }
    return len;
}

// Length of a string or character literal that begins at text.
static size_t strand_literal_len(const char *text)
{
    size_t len = 1;
    while (text[len] != 0 && text[len] != text[0]) {
        len += text[len] == '\\' && text[len + 1] != 0 ? 2 : 1;
    }
    return text[len] != 0 ? len + 1 : len;
}

// Length of the argument that begins at text: up to a comma that stands in no bracket and no literal.
static size_t strand_argument_len(const char *text)
{
    size_t len = 0;
    size_t depth = 0;
    while (text[len] != 0 && (text[len] != ',' || depth > 0)) {
        const char c = text[len];
        if (c == '"' || c == '\'') {
            len += strand_literal_len(text + len);
            continue;
        }
        depth += c == '(' || c == '[' || c == '{' ? 1 : 0;
        depth -= (c == ')' || c == ']' || c == '}') && depth > 0 ? 1 : 0;
        len++;
    }
    return len;
}

// The next key behind *args, which moves behind it. Its data is NULL behind the last one.
static struct strand_string strand_next_key(const char **args)
{
    const char *text = *args + strand_argument_len(*args);
    if (*text == 0) {
        return strand_str(NULL, 0);
    }
    text++;
    while (*text == ' ') {
        text++;
    }
    *args = text;
    return strand_str(text, strand_argument_len(text));
}

// ---------------------------------------------------------------------------------------------------------------
// Records that are not written inline

static void strand_log_encode_int(struct strand_encoder *e, const struct strand_arg *a, bool fixed)
{
    const bool is_signed = a->kind == STRAND_ARG_I32 || a->kind == STRAND_ARG_I64;
    const bool is_short = a->kind == STRAND_ARG_I32 || a->kind == STRAND_ARG_U32;
    const int64_t value = is_short ? strand_i32_of((uint32_t)a->value) : strand_i64_of(a->value);
    if (!fixed) {
        if (is_signed) {
            strand_encode_int(e, value);
        } else {
            strand_encode_uint(e, a->value);
        }
    } else if (is_short) {
        if (is_signed) {
            strand_encode_i32(e, (int32_t)value);
        } else {
            strand_encode_u32(e, (uint32_t)a->value);
        }
    } else if (is_signed) {
        strand_encode_i64(e, value);
    } else {
        strand_encode_u64(e, a->value);
    }
}

static void strand_log_encode(struct strand_encoder *e, const struct strand_arg *a, bool fixed)
{
    uint8_t bytes[9];
    switch (a->kind) {
    case STRAND_ARG_BOOL: strand_encode_bool(e, a->value != 0); break;
    case STRAND_ARG_PTR: strand_encode_ptr(e, a->value); break;
    case STRAND_ARG_F32:
        bytes[0] = STRAND_WIRE_F32;
        strand_store_u32(bytes + 1, (uint32_t)a->value);
        strand_encode_raw(e, bytes, 5);
        break;
    case STRAND_ARG_F64:
        bytes[0] = STRAND_WIRE_F64;
        strand_store_u64(bytes + 1, a->value);
        strand_encode_raw(e, bytes, 9);
        break;
    case STRAND_ARG_STRING: strand_encode_string(e, a->text, (size_t)a->value); break;
    default: strand_log_encode_int(e, a, fixed); break;
    }
}

static void strand_log_encode_all(struct strand_encoder *e, const struct strand_site *site,
                                  const struct strand_arg *args, size_t count, bool fixed)
{
    const char *text = site->args;
    const bool defined = site->priv_defined != 0;
    if (defined) {
        uint8_t wire[4];
        strand_store_u32(wire, site->priv_wire);
        strand_encode_raw(e, wire, STRAND_LOG_SITE_LEN);
    } else {
        strand_encode_level(e, site->level);
        strand_encode_string(e, site->message, strand_text_len(site->message));
    }
    for (size_t i = 0; i < count; i++) {
        if (!defined) {
            const struct strand_string key = strand_next_key(&text);
            strand_encode_key(e, key.data, key.len);
        }
        strand_log_encode(e, &args[i], fixed);
    }
}

// The writer that a record goes to: w where it is claimed, else a spare, claimed now. NULL: refused and counted.
static struct strand_writer *strand_log_writer(struct strand_writer *w, unsigned flags)
{
    return flags % 2 == STRAND_LOG_CLAIMED ? w : strand_writer_claim_spare(w);
}

static void strand_log_record(struct strand_writer *w, const struct strand_site *site, uint64_t tick,
                              const struct strand_arg *args, size_t count, bool fixed)
{
    const uint64_t nano = strand_writer_nano(w, tick);
    do {
        if (strand_writer_start(w, STRAND_UNIT_RECORD, tick, nano, -1) != STRAND_OK) {
            return;
        }
        strand_log_encode_all(&w->priv_encoder, site, args, count, fixed);
    } while (strand_writer_commit(w) == STRAND_AGAIN);
}

void strand_log_cold(struct strand_writer *w, const struct strand_site *site, uint64_t tick,
                     const struct strand_arg *args, size_t count, unsigned flags)
{
    w = strand_log_writer(w, flags);
    if (w != NULL) {
        strand_log_record(w, site, tick, args, count, flags >= STRAND_LOG_WIDE);
        strand_log_release(w);
    }
}

static void strand_trace_record(struct strand_writer *w, uint64_t type, uint64_t tick, const uint64_t *args,
                                size_t count)
{
    if (w->priv_kind != STRAND_KIND_TRACE) {
        return;
    }
    // EXT is what the encoder makes of a large number: here that is the first argument.
    if (type == STRAND_WIRE_TRACE_EXT) {
        if (count == 0 || !strand_trace_numbered(type, args[0])) {
            strand_writer_refuse(w);
            return;
        }
        type = args[0];
        args++;
        count--;
    }
    do {
        if (strand_writer_start(w, STRAND_UNIT_FRAME, tick, 0, -1) != STRAND_OK) {
            return;
        }
        strand_trace_event(&w->priv_encoder, type, tick, args, count);
    } while (strand_writer_commit(w) == STRAND_AGAIN);
}

void strand_trace_cold(struct strand_writer *w, uint64_t type, uint64_t tick, const uint64_t *args, size_t count,
                       unsigned flags)
{
    w = strand_log_writer(w, flags);
    if (w != NULL) {
        strand_trace_record(w, type, tick, args, count);
        strand_log_release(w);
    }
}

// ---------------------------------------------------------------------------------------------------------------
// Definitions

static void strand_encode_text(struct strand_encoder *e, const char *text)
{
    strand_encode_string(e, text, strand_text_len(text));
}

static enum strand_status strand_define_site(struct strand_writer *definitions, const struct strand_site *site,
                                             uint64_t tick, uint64_t nano, uint64_t id)
{
    struct strand_encoder *e;
    enum strand_status status;
    do {
        status = strand_writer_begin_frame(definitions, tick, nano, &e);
        if (status != STRAND_OK) {
            return status;
        }
        strand_encode_begin_def(e, STRAND_DEF_SITE, id);
        strand_encode_level(e, site->level);
        strand_encode_text(e, site->file);
        strand_encode_uint(e, site->line);
        strand_encode_text(e, site->function);
        strand_encode_text(e, site->message);
        const char *text = site->args;
        for (struct strand_string key = strand_next_key(&text); key.data != NULL; key = strand_next_key(&text)) {
            strand_encode_string(e, key.data, key.len);
        }
        status = strand_writer_end(definitions);
    } while (status == STRAND_AGAIN);
    return status;
}

enum strand_status strand_define_sites(struct strand_writer *definitions, struct strand_site *const *sites,
                                       size_t count, uint64_t tick, uint64_t nano, uint64_t *id)
{
    for (size_t i = 0; i < count; i++) {
        if (sites[i]->priv_defined != 0) {
            continue;
        }
        if (*id >= STRAND_SITE_END) {
            return STRAND_FULL;
        }
        const enum strand_status status = strand_define_site(definitions, sites[i], tick, nano, *id);
        if (status != STRAND_OK) {
            return status;
        }
        sites[i]->priv_wire = (uint32_t)strand_field_continued(strand_spread_35_at_1(*id), STRAND_WIRE_SITE_ID);
        sites[i]->priv_defined = 1;
        *id += 2;
    }
    return STRAND_OK;
}
