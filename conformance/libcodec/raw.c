/* SPDX-License-Identifier: MIT
 *
 * raw.c: a bare strand by strand_decode.h, or by strand_ring.h where it is in a ring; its lines by strand_print.h.
 */
#include "raw.h"

#include "definitions.h"
#include "lines.h"
#include "report.h"

#include <stdlib.h>

static void raw_feed(struct raw *raw)
{
    bool is_final;
    struct strand_span window =
        pieces_next(&raw->pieces, strand_decoder_off(&raw->decoder), strand_decoder_need(&raw->decoder), &is_final);
    strand_decoder_feed(&raw->decoder, window.data, window.len, is_final);
}

enum strand_status raw_open(struct raw *raw, const struct request *request)
{
    *raw =
        (struct raw){.pieces = {.input = request->inputs[0], .split = request->split}, .in_ring = request->has_ring};
    if (raw->in_ring) {
        raw->scratch = report_resize(NULL, request->ring.size, 1);
        return strand_ring_reader_init(&raw->ring, sizeof raw->ring, STRAND_ABI_VERSION, &request->ring, raw->scratch,
                                       request->ring.size);
    }
    strand_decoder_init(&raw->decoder, sizeof raw->decoder, STRAND_ABI_VERSION);
    raw_feed(raw);
    return STRAND_OK;
}

enum strand_status raw_next(struct raw *raw, struct strand_frame *ret_frame)
{
    enum strand_status status;
    if (raw->in_ring) {
        return strand_ring_read(&raw->ring, ret_frame);
    }
    while ((status = strand_decode_frame(&raw->decoder, ret_frame)) == STRAND_MORE) {
        raw_feed(raw);
    }
    return status;
}

uint64_t raw_error_off(const struct raw *raw)
{
    return raw->in_ring ? strand_ring_reader_error_off(&raw->ring) : strand_decoder_error_off(&raw->decoder);
}

enum strand_status raw_field_fault(const struct strand_frame *record, struct strand_fields *fields, bool strict,
                                   uint64_t *ret_off)
{
    struct strand_field field;
    enum strand_status status;
    size_t off = fields->off;
    while ((status = strand_decode_field(fields, &field)) == STRAND_OK && !(strict && field.padded)) {
        off = fields->off;
    }
    *ret_off = record->off + record->len - record->body.len + off;
    return status == STRAND_OK ? STRAND_PADDED_VARINT : status;
}

void raw_close(struct raw *raw)
{
    free(raw->scratch);
}

// ---------------------------------------------------------------------------------------------------------------
// Lines

struct raw_printing {
    struct lines lines;
    struct definitions definitions; /* a bare strand is a session and a block of its own: one scope */
    bool strict;
};

static bool raw_definition(void *context, uint64_t kind, uint64_t id, struct strand_span *ret_body)
{
    const struct raw_printing *printing = context;
    return definitions_find(&printing->definitions, kind, id, ret_body);
}

static void raw_define(struct raw_printing *printing, struct strand_span body)
{
    struct strand_def def;
    if (strand_decode_def(body, &def) == STRAND_OK && strand_def_is_whole(&def, STRAND_DIALECT_NATIVE)) {
        definitions_put(&printing->definitions, def.def_kind, def.id, def.body);
    }
}

static void raw_loss(struct raw_printing *printing, const struct strand_frame *frame)
{
    struct strand_diag diag;
    struct strand_span fields;
    if (strand_decode_loss(frame->body, &diag, &fields) == STRAND_OK) {
        lines_diag(&printing->lines, 0, &diag);
    } else {
        lines_fault(&printing->lines, STRAND_BAD_EXT_BODY, frame->off);
    }
}

static void raw_record(struct raw_printing *printing, const struct strand_frame *record)
{
    struct strand_fields fields;
    enum strand_status status;
    uint64_t off;
    lines_record(&printing->lines, 0, true, record);
    strand_fields_init(&fields, record->body, STRAND_DIALECT_NATIVE);
    do {
        status = raw_field_fault(record, &fields, printing->strict, &off);
        if (status != STRAND_END) {
            lines_fault(&printing->lines, status, off);
        }
    } while (status == STRAND_PADDED_VARINT);
}

static void raw_print(struct raw_printing *printing, const struct strand_frame *frame)
{
    if (frame->kind == STRAND_FRAME_RECORD) {
        raw_record(printing, frame);
    } else if (frame->kind == STRAND_FRAME_EXT && frame->ext_kind == STRAND_WIRE_FRAME_DEF) {
        raw_define(printing, frame->body);
    } else if (frame->kind == STRAND_FRAME_EXT && frame->ext_kind == STRAND_WIRE_FRAME_LOSS) {
        raw_loss(printing, frame);
    }
}

void raw_decode(const struct request *request, struct answer *answer)
{
    struct raw_printing printing = {.lines = {.answer = answer, .find = raw_definition}, .strict = request->strict};
    struct raw raw;
    struct strand_frame frame;
    enum strand_status status = raw_open(&raw, request);
    if (status != STRAND_OK) {
        answer_reject(answer, status, 0);
        raw_close(&raw);
        return;
    }
    printing.lines.context = &printing;
    while (!output_is_gone(&answer->output) && (status = raw_next(&raw, &frame)) != STRAND_END) {
        if (status == STRAND_OK) {
            raw_print(&printing, &frame);
        } else {
            lines_fault(&printing.lines, status, raw_error_off(&raw));
        }
    }
    definitions_free(&printing.definitions);
    raw_close(&raw);
}
