/* SPDX-License-Identifier: MIT
 *
 * strand_body.c: the bodies of extended frames: definitions, losses, clocks, owners.
 */
#include "strand_cursor.h"
#include "strand_decode.h"

static struct strand_span strand_rest(const struct strand_cursor *c)
{
    const struct strand_span rest = {c->base + c->off, c->len - c->off};
    return rest;
}

enum strand_status strand_decode_def(struct strand_span body, struct strand_def *ret_def)
{
    struct strand_cursor c = strand_cursor_of(body.data, body.len);
    uint64_t def_kind = 0;
    uint64_t id = 0;
    if (strand_take_uvarint(&c, &def_kind) != STRAND_OK || strand_take_uvarint(&c, &id) != STRAND_OK) {
        return STRAND_BAD_EXT_BODY;
    }
    ret_def->def_kind = def_kind;
    ret_def->id = id;
    ret_def->body = strand_rest(&c);
    return STRAND_OK;
}

enum strand_status strand_decode_loss(struct strand_span body, struct strand_diag *ret_diag,
                                      struct strand_span *ret_fields)
{
    struct strand_cursor c = strand_cursor_of(body.data, body.len);
    uint64_t word[6] = {0, 0, 0, 0, 0, 0}; // kind, code, known, off, records, bytes
    for (size_t i = 0; i < 6; i++) {
        if (strand_take_uvarint(&c, &word[i]) != STRAND_OK) {
            return STRAND_BAD_EXT_BODY;
        }
    }
    if (word[0] < STRAND_DIAG_LOST || word[0] > STRAND_DIAG_UNSUPPORTED || word[1] >= STRAND_STATUS_MAX ||
        strand_status_diag((enum strand_status)word[1]) == 0) {
        return STRAND_BAD_EXT_BODY;
    }
    ret_diag->kind = (unsigned)word[0];
    ret_diag->code = (enum strand_status)word[1];
    ret_diag->records_known = word[2] % 2 == 1;
    ret_diag->bytes_known = word[2] / 2 % 2 == 1;
    ret_diag->exact_known = word[2] / 4 % 2 == 1;
    ret_diag->exact = word[2] / 8 % 2 == 1;
    ret_diag->off = word[3];
    ret_diag->records = word[4];
    ret_diag->bytes = word[5];
    *ret_fields = strand_rest(&c);
    return STRAND_OK;
}

enum strand_status strand_decode_clock(struct strand_span body, struct strand_clock *ret_clock)
{
    struct strand_cursor c = strand_cursor_of(body.data, body.len);
    struct strand_clock clock = {0, 0, 0, 0};
    if (strand_take_u64(&c, &clock.tick) != STRAND_OK || strand_take_u64(&c, &clock.monotonic_ns) != STRAND_OK ||
        strand_take_u64(&c, &clock.realtime_ns) != STRAND_OK || strand_take_u64(&c, &clock.bracket_ns) != STRAND_OK) {
        return STRAND_BAD_EXT_BODY;
    }
    *ret_clock = clock;
    return STRAND_OK;
}

enum strand_status strand_decode_owner(struct strand_span body, struct strand_owner *ret_owner)
{
    struct strand_cursor c = strand_cursor_of(body.data, body.len);
    uint64_t tid = 0;
    if (strand_take_uvarint(&c, &tid) != STRAND_OK) {
        return STRAND_BAD_EXT_BODY;
    }
    ret_owner->tid = tid;
    ret_owner->name = strand_rest(&c);
    return STRAND_OK;
}
