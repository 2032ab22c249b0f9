/* SPDX-License-Identifier: MIT
 *
 * strand_body.c: the bodies of extended frames: definitions, losses, clocks, owners.
 */
#include "strand_cursor.h"
#include "strand_decode.h"

/*@ requires strand_cursor_ok(c) && \valid(ret_span) && \separated(ret_span, c, c->base + (0 .. c->len - 1));
    assigns c->off, ret_span->data, ret_span->len;
    ensures strand_cursor_ok(c);
    ensures ret_span->data == c->base + \old(c->off) && ret_span->len == c->len - \old(c->off); */
static void strand_take_rest(struct strand_cursor *c, struct strand_span *ret_span)
{
    ret_span->data = c->base + c->off;
    ret_span->len = c->len - c->off;
    c->off = c->len;
}

/*@ // inner is the end of body.
    predicate strand_ends{L}(struct strand_span *inner, uint8_t *data, integer len) =
        inner->len <= len && inner->data == data + (len - inner->len);
*/

/*@ requires \valid_read(body.data + (0 .. body.len - 1)) && \valid(ret_def);
    requires \separated(ret_def, body.data + (0 .. body.len - 1));
    assigns ret_def->def_kind, ret_def->id, ret_def->body.data, ret_def->body.len;
    ensures \result == STRAND_OK || \result == STRAND_BAD_EXT_BODY;
    ensures within: \result == STRAND_OK ==> strand_ends(&ret_def->body, body.data, body.len);
    ensures untouched: \result != STRAND_OK ==> *ret_def == \old(*ret_def); */
enum strand_status strand_decode_def(struct strand_span body, struct strand_def *ret_def)
{
    struct strand_cursor c = strand_cursor_of(body.data, body.len);
    uint64_t def_kind = 0;
    uint64_t id = 0;
    if (strand_take_pair(&c, &def_kind, &id) != STRAND_OK) {
        return STRAND_BAD_EXT_BODY;
    }
    ret_def->def_kind = def_kind;
    ret_def->id = id;
    strand_take_rest(&c, &ret_def->body);
    return STRAND_OK;
}

/*@ requires \valid_read(body.data + (0 .. body.len - 1)) && \valid(ret_diag) && \valid(ret_fields);
    requires \separated(ret_diag, ret_fields, body.data + (0 .. body.len - 1));
    assigns ret_diag->kind, ret_diag->code, ret_diag->off, ret_diag->records_known, ret_diag->bytes_known,
            ret_diag->exact_known, ret_diag->exact, ret_diag->records, ret_diag->bytes, ret_fields->data,
            ret_fields->len;
    ensures \result == STRAND_OK || \result == STRAND_BAD_EXT_BODY;
    ensures within: \result == STRAND_OK ==> strand_ends(ret_fields, body.data, body.len);
    ensures untouched: \result != STRAND_OK ==> *ret_diag == \old(*ret_diag);
    ensures untouched: \result != STRAND_OK ==> *ret_fields == \old(*ret_fields); */
enum strand_status strand_decode_loss(struct strand_span body, struct strand_diag *ret_diag,
                                      struct strand_span *ret_fields)
{
    struct strand_cursor c = strand_cursor_of(body.data, body.len);
    uint64_t word[6] = {0, 0, 0, 0, 0, 0}; // kind, code, known, off, records, bytes
    /*@ loop invariant 0 <= i <= 6 && i <= c.off && strand_cursor_ok(&c);
        loop invariant c.base == \at(c.base, LoopEntry) && c.len == body.len;
        loop assigns i, word[0 .. 5], c.off, c.padded;
        loop variant 6 - i; */
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
    strand_take_rest(&c, ret_fields);
    return STRAND_OK;
}

/*@ requires \valid_read(body.data + (0 .. body.len - 1)) && \valid(ret_clock);
    requires \separated(ret_clock, body.data + (0 .. body.len - 1));
    assigns *ret_clock;
    ensures \result == STRAND_OK || \result == STRAND_BAD_EXT_BODY;
    ensures untouched: \result != STRAND_OK ==> *ret_clock == \old(*ret_clock); */
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

/*@ requires \valid_read(body.data + (0 .. body.len - 1)) && \valid(ret_owner);
    requires \separated(ret_owner, body.data + (0 .. body.len - 1));
    assigns ret_owner->tid, ret_owner->name.data, ret_owner->name.len;
    ensures \result == STRAND_OK || \result == STRAND_BAD_EXT_BODY;
    ensures within: \result == STRAND_OK ==> strand_ends(&ret_owner->name, body.data, body.len);
    ensures untouched: \result != STRAND_OK ==> *ret_owner == \old(*ret_owner); */
enum strand_status strand_decode_owner(struct strand_span body, struct strand_owner *ret_owner)
{
    struct strand_cursor c = strand_cursor_of(body.data, body.len);
    uint64_t tid = 0;
    if (strand_take_uvarint(&c, &tid) != STRAND_OK) {
        return STRAND_BAD_EXT_BODY;
    }
    //@ assert front: c.base == body.data && c.off <= c.len == body.len;
    ret_owner->tid = tid;
    strand_take_rest(&c, &ret_owner->name);
    return STRAND_OK;
}
