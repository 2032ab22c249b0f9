/* SPDX-License-Identifier: MIT
 *
 * strand_field.c: a record's body → fields.
 *
 *     type byte   01–0C    core types, each with data of its own
 *                 10–FF    extensions:  7       6        5 4 3   2 1 0
 *                                       private critical index   wire class
 *
 * An extension is decoded by its wire class, whether its type is known or not; so an unknown one can be skipped, and
 * a new type only adds to strand_know. Index 7 (EXT) means that a type number follows.
 */
#include "strand_cursor.h"
#include "strand_decode.h"

enum strand_wire_class {
    STRAND_CLASS_NONE = 0,
    STRAND_CLASS_VARINT = 1,
    STRAND_CLASS_VARINT_PAIR = 2,
    STRAND_CLASS_U32 = 3,
    STRAND_CLASS_U64 = 4,
    STRAND_CLASS_BYTES = 5,
    STRAND_CLASS_VARINTS = 6,
    STRAND_CLASS_REJECTED = 7
};

#define STRAND_FIRST_EXTENSION 0x10u

// Types of Go 1.26 that moved. Spec: 7.8.
#define STRAND_GO1_26_HEXDUMP 10u
#define STRAND_GO1_26_OVERFLOW 11u
#define STRAND_GO1_26_PC 12u
#define STRAND_GO1_26_TRACEBACK 13u

void strand_fields_init(struct strand_fields *f, struct strand_span body, enum strand_dialect dialect)
{
    f->priv_base = body.data;
    f->priv_len = body.len;
    f->off = 0;
    f->priv_latched = STRAND_OK;
    f->priv_dialect = dialect == STRAND_DIALECT_GO1_26 ? 1 : 0;
}

static enum strand_status strand_take_string(struct strand_cursor *c, struct strand_field *field)
{
    const enum strand_status status = strand_take_uvarint(c, &field->value);
    return status != STRAND_OK ? status : strand_take_span(c, field->value, &field->data);
}

static enum strand_status strand_take_counted(struct strand_cursor *c, struct strand_field *field)
{
    const enum strand_status status = strand_take_uvarint(c, &field->value);
    return status != STRAND_OK ? status : strand_take_uvarints(c, field->value, &field->data);
}

static enum strand_status strand_take_pair(struct strand_cursor *c, uint64_t *ret_first, uint64_t *ret_second)
{
    const enum strand_status status = strand_take_uvarint(c, ret_first);
    return status != STRAND_OK ? status : strand_take_uvarint(c, ret_second);
}

static enum strand_status strand_take_int(struct strand_cursor *c, struct strand_field *field)
{
    const enum strand_status status = strand_take_uvarint(c, &field->value);
    if (status == STRAND_OK) {
        field->svalue = strand_zigzag_decode(field->value);
    }
    return status;
}

// Go 1.26: uvarint address, uvarint length, bytes; shown as our memory dump.
static enum strand_status strand_take_go_hexdump(struct strand_cursor *c, struct strand_field *field)
{
    uint64_t len = 0;
    const enum strand_status status = strand_take_pair(c, &field->value, &len);
    return status != STRAND_OK ? status : strand_take_span(c, len, &field->data);
}

static enum strand_status strand_take_core(struct strand_cursor *c, struct strand_field *field)
{
    switch (field->type) {
    case STRAND_WIRE_UNKNOWN:
    case STRAND_WIRE_FALSE: return STRAND_OK;
    case STRAND_WIRE_TRUE: field->value = 1; return STRAND_OK;
    case STRAND_WIRE_INT: return strand_take_int(c, field);
    case STRAND_WIRE_UINT:
    case STRAND_WIRE_HEX:
    case STRAND_WIRE_PTR:
    case STRAND_WIRE_OVERFLOW:
    case STRAND_WIRE_PC: return strand_take_uvarint(c, &field->value);
    case STRAND_WIRE_STRING: return strand_take_string(c, field);
    case STRAND_WIRE_CONST_STRING: return strand_take_pair(c, &field->const_len, &field->value);
    case STRAND_WIRE_TRACEBACK: return strand_take_counted(c, field);
    default: return STRAND_BAD_FIELD_TYPE;
    }
}

static enum strand_status strand_take_class(struct strand_cursor *c, uint8_t wire_class, struct strand_field *field)
{
    uint32_t narrow = 0;
    uint64_t second = 0;
    enum strand_status status = STRAND_OK;
    switch (wire_class) {
    case STRAND_CLASS_NONE: return STRAND_OK;
    case STRAND_CLASS_VARINT: return strand_take_uvarint(c, &field->value);
    case STRAND_CLASS_VARINT_PAIR: return strand_take_pair(c, &field->value, &second);
    case STRAND_CLASS_U32:
        status = strand_take_u32(c, &narrow);
        field->value = narrow;
        return status;
    case STRAND_CLASS_U64: return strand_take_u64(c, &field->value);
    case STRAND_CLASS_BYTES: return strand_take_string(c, field);
    case STRAND_CLASS_VARINTS: return strand_take_counted(c, field);
    default: return STRAND_BAD_FIELD_TYPE;
    }
}

// The address stands in front of the dumped bytes.
static enum strand_status strand_split_memdump(struct strand_field *field)
{
    if (field->data.len < 8) {
        return STRAND_FIELD_PAST_END;
    }
    field->value = strand_load_u64(field->data.data);
    field->data.data = field->data.data + 8;
    field->data.len -= 8;
    return STRAND_OK;
}

// Which extensions are known.
static bool strand_know(uint8_t type)
{
    switch (type) {
    case STRAND_WIRE_LEVEL:
    case STRAND_WIRE_KEY_ID:
    case STRAND_WIRE_SITE_ID:
    case STRAND_WIRE_STACK_ID:
    case STRAND_WIRE_F32:
    case STRAND_WIRE_I32:
    case STRAND_WIRE_U32:
    case STRAND_WIRE_F64:
    case STRAND_WIRE_I64:
    case STRAND_WIRE_U64:
    case STRAND_WIRE_KEY_INLINE:
    case STRAND_WIRE_BYTES:
    case STRAND_WIRE_MEMDUMP:
    case STRAND_WIRE_STRAND:
    case STRAND_WIRE_EVENT: return true;
    default: return false;
    }
}

// What a known extension makes of its class's data.
static enum strand_status strand_interpret(struct strand_field *field)
{
    switch (field->type) {
    case STRAND_WIRE_I32: field->svalue = strand_i32_of((uint32_t)(field->value % 0x100000000u)); return STRAND_OK;
    case STRAND_WIRE_I64: field->svalue = strand_i64_of(field->value); return STRAND_OK;
    case STRAND_WIRE_MEMDUMP: return strand_split_memdump(field);
    default: return STRAND_OK;
    }
}

static enum strand_status strand_take_extension(struct strand_cursor *c, struct strand_field *field)
{
    const uint8_t wire_class = field->type % 8;
    const bool numbered = field->type / 8 % 8 == 7;
    const bool critical = field->type / 64 % 2 == 1;
    enum strand_status status = STRAND_OK;
    if (wire_class == STRAND_CLASS_REJECTED) {
        return STRAND_BAD_FIELD_TYPE;
    }
    if (numbered) {
        status = strand_take_uvarint(c, &field->number);
    }
    field->known = !numbered && strand_know(field->type);
    if (status == STRAND_OK && critical && !field->known) {
        status = STRAND_CRITICAL_FIELD;
    }
    if (status == STRAND_OK) {
        status = strand_take_class(c, wire_class, field);
    }
    return status == STRAND_OK && field->known ? strand_interpret(field) : status;
}

static enum strand_status strand_take_go1_26(struct strand_cursor *c, struct strand_field *field)
{
    switch (field->type) {
    case STRAND_GO1_26_HEXDUMP: field->type = STRAND_WIRE_MEMDUMP; return strand_take_go_hexdump(c, field);
    case STRAND_GO1_26_OVERFLOW: field->type = STRAND_WIRE_OVERFLOW; break;
    case STRAND_GO1_26_PC: field->type = STRAND_WIRE_PC; break;
    case STRAND_GO1_26_TRACEBACK: field->type = STRAND_WIRE_TRACEBACK; break;
    default: break;
    }
    return strand_take_core(c, field);
}

static enum strand_status strand_take_field(struct strand_cursor *c, uint8_t dialect, struct strand_field *field)
{
    if (field->type >= STRAND_FIRST_EXTENSION) {
        return strand_take_extension(c, field);
    }
    return dialect == STRAND_DIALECT_GO1_26 ? strand_take_go1_26(c, field) : strand_take_core(c, field);
}

enum strand_status strand_decode_field(struct strand_fields *f, struct strand_field *ret_field)
{
    if (f->priv_latched != STRAND_OK) {
        return f->priv_latched;
    }
    if (f->off == f->priv_len) {
        return STRAND_END;
    }
    struct strand_cursor c = strand_cursor_of(f->priv_base + f->off, f->priv_len - f->off);
    const struct strand_span none = {c.base, 0};
    struct strand_field field = {c.base[0], 0, true, c.base[0], 0, 0, 0, none, none};
    c.off = 1;
    const enum strand_status status = strand_take_field(&c, f->priv_dialect, &field);
    if (status != STRAND_OK) {
        f->priv_latched = status;
        return status;
    }
    field.padded = c.padded;
    field.raw.len = c.off;
    *ret_field = field;
    f->off += c.off;
    return STRAND_OK;
}

enum strand_status strand_decode_value(struct strand_span *values, uint64_t *ret_value)
{
    struct strand_cursor c = strand_cursor_of(values->data, values->len);
    if (strand_take_uvarint(&c, ret_value) != STRAND_OK) {
        return STRAND_END;
    }
    values->data = values->data + c.off;
    values->len -= c.off;
    return STRAND_OK;
}
