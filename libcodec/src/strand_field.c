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

#ifdef __FRAMAC__
// The provers follow eleven members far more easily than one struct.
#define STRAND_MEMBERS_OF_FIELD(f) \
    (f)->type, (f)->padded, (f)->known, (f)->number, (f)->value, (f)->svalue, (f)->const_len, (f)->data.data, \
    (f)->data.len, (f)->raw.data, (f)->raw.len
#endif

// Types of Go 1.26 that moved. Spec: 7.8.
#define STRAND_GO1_26_HEXDUMP 10u
#define STRAND_GO1_26_OVERFLOW 11u
#define STRAND_GO1_26_PC 12u
#define STRAND_GO1_26_TRACEBACK 13u

/*@ // Between any two calls: the next field stands in the body, and the body may be read.
    predicate strand_fields_ok{L}(struct strand_fields *f) =
        \valid(f) && f->off <= f->priv_len && \valid_read(f->priv_base + (0 .. f->priv_len - 1)) &&
        \separated(f, f->priv_base + (0 .. f->priv_len - 1));

    // While a field is taken: its data are bytes that were taken.
    predicate strand_taking{L}(struct strand_cursor *c, struct strand_field *field) =
        strand_cursor_ok(c) && \valid(field) && \separated(field, c, c->base + (0 .. c->len - 1)) &&
        strand_within(field->data.data, field->data.len, c->base, c->off);

    predicate strand_field_status(integer status) = strand_varint_status(status) ||
        status == STRAND_BAD_FIELD_TYPE || status == STRAND_CRITICAL_FIELD;
*/

/*@ requires \valid(f) && \valid_read(body.data + (0 .. body.len - 1)) && \separated(f, body.data + (0 .. body.len - 1));
    assigns *f;
    ensures strand_fields_ok(f);
    ensures f->off == 0 && f->priv_len == body.len && f->priv_base == body.data && f->priv_latched == STRAND_OK; */
void strand_fields_init(struct strand_fields *f, struct strand_span body, enum strand_dialect dialect)
{
    f->priv_base = body.data;
    f->priv_len = body.len;
    f->off = 0;
    f->priv_latched = STRAND_OK;
    f->priv_dialect = dialect == STRAND_DIALECT_GO1_26 ? 1 : 0;
}

/*@ requires strand_taking(c, field);
    assigns c->off, c->padded, field->value, field->data.data, field->data.len;
    ensures strand_taking(c, field);
    ensures \old(c->off) <= c->off;
    ensures strand_varint_status(\result); */
static enum strand_status strand_take_string(struct strand_cursor *c, struct strand_field *field)
{
    const enum strand_status status = strand_take_uvarint(c, &field->value);
    return status != STRAND_OK ? status : strand_take_span(c, field->value, &field->data);
}

/*@ requires strand_taking(c, field);
    assigns c->off, c->padded, field->value, field->data.data, field->data.len;
    ensures strand_taking(c, field);
    ensures \old(c->off) <= c->off;
    ensures strand_varint_status(\result); */
static enum strand_status strand_take_counted(struct strand_cursor *c, struct strand_field *field)
{
    const enum strand_status status = strand_take_uvarint(c, &field->value);
    return status != STRAND_OK ? status : strand_take_uvarints(c, field->value, &field->data);
}

/*@ requires strand_taking(c, field);
    assigns c->off, c->padded, field->value, field->svalue;
    ensures strand_taking(c, field);
    ensures \old(c->off) <= c->off;
    ensures strand_varint_status(\result); */
static enum strand_status strand_take_int(struct strand_cursor *c, struct strand_field *field)
{
    const enum strand_status status = strand_take_uvarint(c, &field->value);
    if (status == STRAND_OK) {
        field->svalue = strand_zigzag_decode(field->value);
    }
    return status;
}

// Go 1.26: uvarint address, uvarint length, bytes; shown as our memory dump.
/*@ requires strand_taking(c, field);
    assigns c->off, c->padded, field->value, field->data.data, field->data.len;
    ensures strand_taking(c, field);
    ensures \old(c->off) <= c->off;
    ensures strand_varint_status(\result); */
static enum strand_status strand_take_go_hexdump(struct strand_cursor *c, struct strand_field *field)
{
    uint64_t len = 0;
    const enum strand_status status = strand_take_pair(c, &field->value, &len);
    return status != STRAND_OK ? status : strand_take_span(c, len, &field->data);
}

/*@ requires strand_taking(c, field);
    assigns c->off, c->padded, field->value, field->svalue, field->const_len, field->data.data, field->data.len;
    ensures strand_taking(c, field);
    ensures \old(c->off) <= c->off;
    ensures strand_field_status(\result); */
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

/*@ requires strand_taking(c, field);
    assigns c->off, c->padded, field->value, field->data.data, field->data.len;
    ensures strand_taking(c, field);
    ensures \old(c->off) <= c->off;
    ensures strand_field_status(\result); */
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
/*@ requires \valid(field) && \valid_read(field->data.data + (0 .. field->data.len - 1));
    requires \separated(field, field->data.data + (0 .. field->data.len - 1));
    assigns field->value, field->data.data, field->data.len;
    ensures \result == STRAND_OK || \result == STRAND_FIELD_PAST_END;
    ensures strand_within(field->data.data, field->data.len, \old(field->data.data), \old(field->data.len)); */
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
/*@ assigns \nothing; */
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
/*@ requires \valid(field) && \valid_read(field->data.data + (0 .. field->data.len - 1));
    requires \separated(field, field->data.data + (0 .. field->data.len - 1));
    assigns field->value, field->svalue, field->data.data, field->data.len;
    ensures \result == STRAND_OK || \result == STRAND_FIELD_PAST_END;
    ensures strand_within(field->data.data, field->data.len, \old(field->data.data), \old(field->data.len)); */
static enum strand_status strand_interpret(struct strand_field *field)
{
    switch (field->type) {
    case STRAND_WIRE_I32: field->svalue = strand_i32_of((uint32_t)(field->value % 0x100000000u)); return STRAND_OK;
    case STRAND_WIRE_I64: field->svalue = strand_i64_of(field->value); return STRAND_OK;
    case STRAND_WIRE_MEMDUMP: return strand_split_memdump(field);
    default: return STRAND_OK;
    }
}

/*@ requires strand_taking(c, field);
    assigns c->off, c->padded, field->known, field->number, field->value, field->svalue, field->data.data, field->data.len;
    ensures strand_taking(c, field);
    ensures \old(c->off) <= c->off;
    ensures strand_field_status(\result); */
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

/*@ requires strand_taking(c, field);
    assigns c->off, c->padded, field->type, field->value, field->svalue, field->const_len, field->data.data, field->data.len;
    ensures strand_taking(c, field);
    ensures \old(c->off) <= c->off;
    ensures strand_field_status(\result); */
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

/*@ requires strand_taking(c, field);
    assigns c->off, c->padded, field->type, field->known, field->number,
            field->value, field->svalue, field->const_len, field->data.data, field->data.len;
    ensures strand_taking(c, field);
    ensures \old(c->off) <= c->off;
    ensures strand_field_status(\result); */
static enum strand_status strand_take_field(struct strand_cursor *c, uint8_t dialect, struct strand_field *field)
{
    if (field->type >= STRAND_FIRST_EXTENSION) {
        return strand_take_extension(c, field);
    }
    return dialect == STRAND_DIALECT_GO1_26 ? strand_take_go1_26(c, field) : strand_take_core(c, field);
}

// Decodes the field at bytes[0 … len), len ≥ 1; nobody sees what is in the field if that fails.
/*@ requires 1 <= len && \valid_read(bytes + (0 .. len - 1)) && \valid(field);
    requires \separated(field, bytes + (0 .. len - 1));
    assigns STRAND_MEMBERS_OF_FIELD(field);
    ensures status: strand_field_status(\result);
    ensures raw: \result == STRAND_OK ==> field->raw.data == bytes && 1 <= field->raw.len <= len;
    ensures data: \result == STRAND_OK ==>
            strand_within(field->data.data, field->data.len, field->raw.data, field->raw.len); */
static enum strand_status strand_decode_one(const uint8_t *bytes, size_t len, uint8_t dialect,
                                            struct strand_field *field)
{
    struct strand_cursor c = {bytes, len, 1, false};
    field->type = bytes[0];
    field->known = true;
    field->number = bytes[0];
    field->value = 0;
    field->svalue = 0;
    field->const_len = 0;
    field->data.data = bytes;
    field->data.len = 0;
    const enum strand_status status = strand_take_field(&c, dialect, field);
    field->padded = c.padded;
    field->raw.data = bytes;
    field->raw.len = c.off;
    return status;
}

// Fills in a field that was decoded.
/*@ requires \valid(to) && \valid_read(from) && \separated(to, from);
    assigns STRAND_MEMBERS_OF_FIELD(to);
    ensures *to == *from; */
static void strand_deliver_field(struct strand_field *to, const struct strand_field *from)
{
    *to = *from;
}

/*@ requires strand_fields_ok(f) && \valid(ret_field);
    requires \separated(ret_field, f, f->priv_base + (0 .. f->priv_len - 1));
    assigns f->off, f->priv_latched, *ret_field;
    ensures strand_fields_ok(f);
    ensures status: \result == STRAND_END || strand_field_status(\result) || \result == \old(f->priv_latched);
    ensures end: \result == STRAND_END && \old(f->priv_latched) != STRAND_END ==> f->off == f->priv_len;
    ensures progress: \result == STRAND_OK ==> \old(f->off) < f->off;
    ensures raw: \result == STRAND_OK ==>
            ret_field->raw.data == f->priv_base + \old(f->off) && ret_field->raw.len == f->off - \old(f->off);
    ensures data: \result == STRAND_OK ==>
            strand_within(ret_field->data.data, ret_field->data.len, ret_field->raw.data, ret_field->raw.len);
    ensures for_ever: \result != STRAND_OK && \result != STRAND_END ==> f->priv_latched == \result;
    ensures untouched: \result != STRAND_OK ==> f->off == \old(f->off) && *ret_field == \old(*ret_field); */
enum strand_status strand_decode_field(struct strand_fields *f, struct strand_field *ret_field)
{
    if (f->priv_latched != STRAND_OK) {
        return f->priv_latched;
    }
    if (f->off == f->priv_len) {
        return STRAND_END;
    }
    struct strand_field field;
    const enum strand_status status =
        strand_decode_one(f->priv_base + f->off, f->priv_len - f->off, f->priv_dialect, &field);
    if (status != STRAND_OK) {
        f->priv_latched = status;
        return status;
    }
    f->off += field.raw.len;
    strand_deliver_field(ret_field, &field);
    return STRAND_OK;
}

/*@ requires \valid(values) && \valid_read(values->data + (0 .. values->len - 1)) && \valid(ret_value);
    requires \separated(values, ret_value, values->data + (0 .. values->len - 1));
    assigns values->data, values->len, *ret_value;
    ensures \result == STRAND_OK || \result == STRAND_END;
    ensures progress: \result == STRAND_OK ==> 0 < \old(values->len) - values->len <= 10 &&
            values->data == \old(values->data) + (\old(values->len) - values->len);
    ensures untouched: \result != STRAND_OK ==> *values == \old(*values) && *ret_value == \old(*ret_value); */
enum strand_status strand_decode_value(struct strand_span *values, uint64_t *ret_value)
{
    size_t n = 0;
    if (strand_uvarint_decode(values->data, values->len, ret_value, &n) != STRAND_OK) {
        return STRAND_END;
    }
    values->data = values->data + n;
    values->len -= n;
    return STRAND_OK;
}
