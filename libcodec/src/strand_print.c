/* SPDX-License-Identifier: MIT
 *
 * strand_print.c: records, events and diagnostics as lines: what comes before the style.
 *
 * A record may stand for something else: in a merged file its first field says whose it is (STRAND), and the next
 * one that it is a trace event (EVENT). Both are taken here, so that a style sees plain records and events.
 */
#include "strand_print_style.h"

// ---------------------------------------------------------------------------------------------------------------
// What ids stand for

#define STRAND_UINT_OR_UNKNOWN 0u // no field has this type

// The types of the fields at the head of a definition.
struct strand_defined_shape {
    uint8_t count;
    uint8_t types[STRAND_DEFINED_HEAD_MAX];
};

static const struct strand_defined_shape strand_defined_shapes[] = {
    [STRAND_DEF_KEY] = {1, {STRAND_WIRE_STRING}},
    [STRAND_DEF_SITE] = {5,
                         {STRAND_WIRE_LEVEL, STRAND_WIRE_STRING, STRAND_WIRE_UINT, STRAND_WIRE_STRING,
                          STRAND_WIRE_STRING}},
    [STRAND_DEF_STACK] = {1, {STRAND_WIRE_TRACEBACK}},
    [STRAND_DEF_EVENT] = {2, {STRAND_WIRE_STRING, STRAND_UINT_OR_UNKNOWN}},
    [STRAND_DEF_MODULE] = {4, {STRAND_WIRE_STRING, STRAND_WIRE_BYTES, STRAND_WIRE_PTR, STRAND_WIRE_UINT}},
    [STRAND_DEF_SOURCE] = {1, {STRAND_WIRE_BYTES}},
};

#define STRAND_DEFINED_KINDS (sizeof strand_defined_shapes / sizeof strand_defined_shapes[0])

static bool strand_type_fits(uint8_t type, uint8_t wanted)
{
    return wanted == STRAND_UINT_OR_UNKNOWN ? type == STRAND_WIRE_UINT || type == STRAND_WIRE_UNKNOWN
                                            : type == wanted;
}

// A definition counts only if all of it can be decoded.
static bool strand_fields_are_whole(struct strand_fields fields)
{
    struct strand_field field;
    enum strand_status status = STRAND_OK;
    while (status == STRAND_OK) {
        status = strand_decode_field(&fields, &field);
    }
    return status == STRAND_END;
}

static bool strand_define(const struct strand_def *def, enum strand_dialect dialect,
                          struct strand_definition *ret_definition)
{
    if (def->def_kind == 0 || def->def_kind >= STRAND_DEFINED_KINDS) {
        return false;
    }
    const struct strand_defined_shape *shape = &strand_defined_shapes[def->def_kind];
    struct strand_fields fields;
    strand_fields_init(&fields, def->body, dialect);
    for (size_t i = 0; i < shape->count; i++) {
        struct strand_field *field = &ret_definition->head[i];
        if (strand_decode_field(&fields, field) != STRAND_OK || !strand_type_fits(field->type, shape->types[i])) {
            return false;
        }
    }
    ret_definition->rest = fields;
    return strand_fields_are_whole(fields);
}

bool strand_def_is_whole(const struct strand_def *def, enum strand_dialect dialect)
{
    struct strand_definition definition;
    return strand_define(def, dialect, &definition);
}

bool strand_line_define(const struct strand_line *line, unsigned def_kind, uint64_t id,
                        struct strand_definition *ret_definition)
{
    const struct strand_resolver *resolver = line->printer->resolver;
    struct strand_def def = {def_kind, id, {NULL, 0}};
    return resolver != NULL && resolver->definition != NULL &&
           resolver->definition(resolver->context, line->stream, def_kind, id, &def.body) &&
           strand_define(&def, line->printer->dialect, ret_definition);
}

bool strand_line_image(const struct strand_line *line, const struct strand_field *field,
                       struct strand_span *ret_bytes)
{
    const struct strand_resolver *resolver = line->printer->resolver;
    return resolver != NULL && resolver->image != NULL &&
           resolver->image(resolver->context, line->stream, field->value, field->const_len, ret_bytes);
}

// ---------------------------------------------------------------------------------------------------------------
// Records

// Takes the next field if it is one of `type` that can be decoded.
static bool strand_take_leading(struct strand_fields *fields, struct strand_span body, uint8_t type,
                                struct strand_field *ret_field)
{
    struct strand_fields ahead = *fields;
    if (ahead.off >= body.len || body.data[ahead.off] != type ||
        strand_decode_field(&ahead, ret_field) != STRAND_OK) {
        return false;
    }
    *fields = ahead;
    return true;
}

// EVENT's values are the event's type, its sequence number, and its arguments; P and tick are the record's.
static bool strand_event_of(const struct strand_frame *record, struct strand_fields fields,
                            struct strand_event *ret_event)
{
    struct strand_field field;
    if (!strand_take_leading(&fields, record->body, STRAND_WIRE_EVENT, &field) || field.value < 2 ||
        fields.off < record->body.len) {
        return false;
    }
    uint64_t type = 0, seq = 0;
    struct strand_span args = field.data;
    strand_decode_value(&args, &type);
    strand_decode_value(&args, &seq);
    const struct strand_event event = {
        .type = type,
        .off = record->off,
        .tick = record->tick,
        .seq = seq,
        .p = (uint64_t)record->p,
        .timed = true,
        .has_seq = true,
        .arg_count = field.value - 2,
        .args = args,
    };
    *ret_event = event;
    return true;
}

enum strand_status strand_print_record(struct strand_text *text, const struct strand_printer *printer,
                                       uint64_t stream, struct strand_span label, const struct strand_frame *record,
                                       size_t *ret_bad_off)
{
    const struct strand_line line = {text, printer, stream, label};
    struct strand_fields fields;
    struct strand_field strand;
    struct strand_event event;
    strand_fields_init(&fields, record->body, printer->dialect);
    if (!printer->keep_strand) {
        strand_take_leading(&fields, record->body, STRAND_WIRE_STRAND, &strand);
    }
    if (strand_event_of(record, fields, &event)) {
        strand_print_event(text, printer, stream, label, record->nano, &event);
        return STRAND_OK;
    }
    enum strand_status status = printer->style == STRAND_STYLE_CANONICAL
                                    ? strand_canonical_record(&line, record, &fields)
                                    : strand_plain_record(&line, record, &fields);
    if (status != STRAND_OK) {
        *ret_bad_off = fields.off;
    }
    return status;
}

// ---------------------------------------------------------------------------------------------------------------
// Everything else

void strand_print_event(struct strand_text *text, const struct strand_printer *printer, uint64_t stream,
                        struct strand_span label, uint64_t nano, const struct strand_event *event)
{
    const struct strand_line line = {text, printer, stream, label};
    if (!event->timed) {
        return;
    }
    if (printer->style == STRAND_STYLE_CANONICAL) {
        strand_canonical_event(&line, event);
    } else {
        strand_plain_event(&line, nano, event);
    }
}

void strand_print_diag(struct strand_text *text, const struct strand_printer *printer, uint64_t stream,
                       struct strand_span label, const struct strand_diag *diag)
{
    const struct strand_line line = {text, printer, stream, label};
    switch (printer->style) {
    case STRAND_STYLE_CANONICAL: strand_canonical_diag(&line, diag); break;
    case STRAND_STYLE_TEXT: strand_plain_diag(&line, diag); break;
    case STRAND_STYLE_DEBUGLOG: break;
    }
}

void strand_print_begin_log(struct strand_text *text, const struct strand_printer *printer, uint64_t stream,
                            uint64_t lost_bytes)
{
    if (printer->style != STRAND_STYLE_DEBUGLOG) {
        return;
    }
    STRAND_PUT(text, ">> begin log ");
    strand_text_uint(text, stream);
    if (lost_bytes > 0) {
        STRAND_PUT(text, "; lost first ");
        strand_text_uint(text, lost_bytes / 1024);
        STRAND_PUT(text, "KB");
    }
    STRAND_PUT(text, " <<\n");
}
