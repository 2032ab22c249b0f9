/* SPDX-License-Identifier: MIT
 *
 * recode.c: a bare strand in its canonical bytes: FORMAT 13.7.5. Deltas stay what they are, so the frames of records
 * are put together here: an encoder would write syncs of its own.
 *
 *     0e 00 │ 8a 00  04  01 │ 05 87 00 …      →      0c 00 │ 0a  04  01 │ 05 07 …
 */
#include "raw.h"
#include "values.h"

struct recoding {
    struct answer *answer;
    struct values values;
    uint64_t tick; /* of the last sync */
    uint64_t nano;
};

// An EVENT in its place is a record's only field and has two values or more; elsewhere it is shown as `ext`.
static bool recode_is_event(struct strand_span body)
{
    struct strand_fields fields;
    struct strand_field field;
    strand_fields_init(&fields, body, STRAND_DIALECT_NATIVE);
    return strand_decode_field(&fields, &field) == STRAND_OK && field.type == STRAND_WIRE_EVENT && field.value >= 2 &&
           fields.off == body.len;
}

static void recode_field(struct values *values, struct strand_field *field, bool is_event)
{
    struct strand_span numbers = field->data;
    uint64_t number;
    field->known = field->known && (field->type != STRAND_WIRE_EVENT || is_event);
    if (field->known && (field->type == STRAND_WIRE_TRACEBACK || field->type == STRAND_WIRE_EVENT)) {
        values_clear_numbers(values);
        while (strand_decode_value(&numbers, &number) == STRAND_OK) {
            values_add_number(values, number);
        }
    }
    values_put(values, field);
}

// Canonical fields are never longer than what was read, so they fit the stage.
static struct strand_span recode_fields(struct values *values, struct strand_span body)
{
    struct strand_fields fields;
    struct strand_field field;
    struct strand_span ret;
    bool is_event = recode_is_event(body);
    strand_fields_init(&fields, body, STRAND_DIALECT_NATIVE);
    values_begin(values);
    while (strand_decode_field(&fields, &field) == STRAND_OK) {
        recode_field(values, &field, is_event);
    }
    values_end(values, &ret);
    return ret;
}

static void recode_record(struct recoding *recoding, const struct strand_frame *record)
{
    struct values *values = &recoding->values;
    struct strand_span fields = recode_fields(values, record->body);
    uint8_t header[2 + 3 * STRAND_VARINT_MAX];
    size_t len = 2;
    len += values_uvarint(header + len, record->tick - recoding->tick);
    len += values_uvarint(header + len, record->nano - recoding->nano);
    len += values_uvarint(header + len, values_zigzag(record->p));
    if (len + fields.len <= STRAND_RECORD_FRAME_MAX) {
        header[0] = (uint8_t)((len + fields.len) % 256);
        header[1] = (uint8_t)((len + fields.len) / 256);
        output_bytes(&recoding->answer->output, header, len);
        output_bytes(&recoding->answer->output, fields.data, fields.len);
        return;
    }
    strand_encode_begin_frame(&values->frames, STRAND_WIRE_FRAME_LARGE, 0);
    strand_encode_raw(&values->frames, header + 2, len - 2);
    strand_encode_raw(&values->frames, fields.data, fields.len);
    values_end_frame(values);
}

static void recode_frame(struct recoding *recoding, const struct strand_frame *frame)
{
    struct values *values = &recoding->values;
    switch (frame->kind) {
    case STRAND_FRAME_SYNC:
        recoding->tick = frame->tick;
        recoding->nano = frame->nano;
        values_commit(values, strand_encode_sync(&values->frames, frame->tick, frame->nano));
        break;
    case STRAND_FRAME_RECORD: recode_record(recoding, frame); break;
    default:
        strand_encode_begin_frame(&values->frames, frame->ext_kind, frame->ext_flags);
        strand_encode_raw(&values->frames, frame->body.data, frame->body.len);
        values_end_frame(values);
    }
}

// What is wrong inside a frame. Returns: STRAND_OK · the fault.
static enum strand_status recode_check(const struct strand_frame *frame, uint64_t *ret_off)
{
    struct strand_fields fields;
    struct strand_diag diag;
    struct strand_span loss_fields;
    if (frame->kind == STRAND_FRAME_RECORD) {
        strand_fields_init(&fields, frame->body, STRAND_DIALECT_NATIVE);
        enum strand_status status = raw_field_fault(frame, &fields, false, ret_off);
        return status == STRAND_END ? STRAND_OK : status;
    }
    *ret_off = frame->off;
    bool is_loss = frame->kind == STRAND_FRAME_EXT && frame->ext_kind == STRAND_WIRE_FRAME_LOSS;
    return is_loss ? strand_decode_loss(frame->body, &diag, &loss_fields) : STRAND_OK;
}

void recode(const struct request *request, struct answer *answer)
{
    struct recoding recoding = {.answer = answer};
    struct raw raw;
    struct strand_frame frame;
    enum strand_status status;
    uint64_t off;
    answer->is_bytes = true;
    values_open(&recoding.values, &answer->output);
    raw_open(&raw, request);
    while (answer->verdict == VERDICT_OK && (status = raw_next(&raw, &frame)) != STRAND_END) {
        off = raw_error_off(&raw);
        status = status == STRAND_OK ? recode_check(&frame, &off) : status;
        if (status == STRAND_OK) {
            recode_frame(&recoding, &frame);
        } else {
            answer_reject(answer, status, off);
        }
    }
    raw_close(&raw);
    values_close(&recoding.values);
}
