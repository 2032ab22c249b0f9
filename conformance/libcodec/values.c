/* SPDX-License-Identifier: MIT
 *
 * values.c: values → fields by strand_encode.h, and the two stages.
 *
 *     values  →  fields │ 05 07 │ 08 02 68 69 │   →  frames │ sync? │ record: header, fields │   →  output
 */
#include "values.h"

#include "report.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define VALUES_FIELDS_CAP (STRAND_EXT_FRAME_MAX + STRAND_SLACK)
#define VALUES_FRAMES_CAP (STRAND_SYNC_LEN + STRAND_EXT_FRAME_MAX + STRAND_SLACK)

void values_open(struct values *values, struct output *output)
{
    *values = (struct values){.output = output};
    values->fields_buf = report_resize(NULL, VALUES_FIELDS_CAP, 1);
    values->frames_buf = report_resize(NULL, VALUES_FRAMES_CAP, 1);
    strand_encoder_init(&values->fields, sizeof values->fields, STRAND_ABI_VERSION, values->fields_buf,
                        VALUES_FIELDS_CAP);
    strand_encoder_init(&values->frames, sizeof values->frames, STRAND_ABI_VERSION, values->frames_buf,
                        VALUES_FRAMES_CAP);
    strand_encoder_set_string_limit(&values->fields, SIZE_MAX);
}

void values_close(struct values *values)
{
    free(values->fields_buf);
    free(values->frames_buf);
    free(values->numbers);
}

void values_add_number(struct values *values, uint64_t number)
{
    if (values->number_count == values->number_cap) {
        values->number_cap = values->number_cap > 0 ? 2 * values->number_cap : 64;
        values->numbers = report_resize(values->numbers, values->number_cap, sizeof *values->numbers);
    }
    values->numbers[values->number_count++] = number;
}

void values_clear_numbers(struct values *values)
{
    values->number_count = 0;
}

size_t values_uvarint(uint8_t to[STRAND_VARINT_MAX], uint64_t v)
{
    size_t len = 0;
    for (; v >= 128; v /= 128) {
        to[len++] = (uint8_t)(128 + v % 128);
    }
    to[len++] = (uint8_t)v;
    return len;
}

uint64_t values_zigzag(int64_t v)
{
    uint64_t doubled = 2 * (uint64_t)v;
    return v < 0 ? UINT64_MAX - doubled : doubled;
}

// ---------------------------------------------------------------------------------------------------------------
// Fields

// strand_encode_level takes what an unsigned holds; wire and readers take all of 64 bits.
static void values_put_level(struct strand_encoder *e, uint64_t level)
{
    uint8_t raw[1 + STRAND_VARINT_MAX] = {STRAND_WIRE_LEVEL};
    if (level <= UINT_MAX) {
        strand_encode_level(e, (unsigned)level);
    } else {
        strand_encode_raw(e, raw, 1 + values_uvarint(raw + 1, level));
    }
}

static void values_put_f32(struct strand_encoder *e, uint64_t value)
{
    uint32_t bits = (uint32_t)value;
    float v;
    memcpy(&v, &bits, sizeof v);
    strand_encode_f32(e, v);
}

static void values_put_f64(struct strand_encoder *e, uint64_t bits)
{
    double v;
    memcpy(&v, &bits, sizeof v);
    strand_encode_f64(e, v);
}

static void values_put_event(struct values *values)
{
    strand_encode_event(&values->fields, values->numbers[0], values->numbers[1], values->numbers + 2,
                        values->number_count - 2);
}

static void values_put_core(struct values *values, const struct strand_field *field)
{
    struct strand_encoder *e = &values->fields;
    const char *text = (const char *)field->data.data;
    switch (field->type) {
    case STRAND_WIRE_UNKNOWN: strand_encode_unknown(e); break;
    case STRAND_WIRE_TRUE: strand_encode_bool(e, true); break;
    case STRAND_WIRE_FALSE: strand_encode_bool(e, false); break;
    case STRAND_WIRE_INT: strand_encode_int(e, field->svalue); break;
    case STRAND_WIRE_UINT: strand_encode_uint(e, field->value); break;
    case STRAND_WIRE_HEX: strand_encode_hex(e, field->value); break;
    case STRAND_WIRE_PTR: strand_encode_ptr(e, field->value); break;
    case STRAND_WIRE_STRING: strand_encode_string(e, text, field->data.len); break;
    case STRAND_WIRE_CONST_STRING: strand_encode_const_string(e, field->const_len, field->value); break;
    case STRAND_WIRE_OVERFLOW: strand_encode_overflow(e, field->value); break;
    case STRAND_WIRE_PC: strand_encode_pc(e, field->value); break;
    default: strand_encode_traceback(e, values->numbers, values->number_count); break;
    }
}

static void values_put_extension(struct values *values, const struct strand_field *field)
{
    struct strand_encoder *e = &values->fields;
    const char *text = (const char *)field->data.data;
    switch (field->type) {
    case STRAND_WIRE_LEVEL: values_put_level(e, field->value); break;
    case STRAND_WIRE_KEY_ID: strand_encode_key_id(e, field->value); break;
    case STRAND_WIRE_SITE_ID: strand_encode_site(e, field->value); break;
    case STRAND_WIRE_STACK_ID: strand_encode_stack(e, field->value); break;
    case STRAND_WIRE_F32: values_put_f32(e, field->value); break;
    case STRAND_WIRE_I32: strand_encode_i32(e, (int32_t)field->svalue); break;
    case STRAND_WIRE_U32: strand_encode_u32(e, (uint32_t)field->value); break;
    case STRAND_WIRE_F64: values_put_f64(e, field->value); break;
    case STRAND_WIRE_I64: strand_encode_i64(e, field->svalue); break;
    case STRAND_WIRE_U64: strand_encode_u64(e, field->value); break;
    case STRAND_WIRE_KEY_INLINE: strand_encode_key(e, text, field->data.len); break;
    case STRAND_WIRE_BYTES: strand_encode_bytes(e, field->data.data, field->data.len); break;
    case STRAND_WIRE_MEMDUMP: strand_encode_memdump(e, field->value, field->data.data, field->data.len); break;
    case STRAND_WIRE_STRAND: strand_encode_strand(e, field->value); break;
    default: values_put_event(values); break;
    }
}

void values_put(struct values *values, const struct strand_field *field)
{
    if (!field->known) {
        strand_encode_raw(&values->fields, field->raw.data, field->raw.len);
    } else if (field->type <= STRAND_WIRE_TRACEBACK) {
        values_put_core(values, field);
    } else {
        values_put_extension(values, field);
    }
}

// ---------------------------------------------------------------------------------------------------------------
// Stages

// Bytes without a frame around them are what the encoder has for events; fields are no other.
void values_begin(struct values *values)
{
    strand_encoder_rebase(&values->fields, values->fields_buf, VALUES_FIELDS_CAP, false);
    strand_trace_begin(&values->fields);
}

enum strand_status values_end(struct values *values, struct strand_span *ret_fields)
{
    enum strand_status status = strand_encode_end(&values->fields);
    *ret_fields = (struct strand_span){values->fields_buf, strand_encoder_len(&values->fields)};
    return status;
}

enum strand_status values_commit(struct values *values, enum strand_status status)
{
    if (status == STRAND_OK) {
        output_bytes(values->output, values->frames_buf, strand_encoder_len(&values->frames));
        strand_encoder_rebase(&values->frames, values->frames_buf, VALUES_FRAMES_CAP, true);
    }
    return status;
}

enum strand_status values_end_frame(struct values *values)
{
    return values_commit(values, strand_encode_end(&values->frames));
}
