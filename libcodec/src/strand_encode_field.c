/* SPDX-License-Identifier: MIT
 *
 * strand_encode_field.c: fields into an encoder's open frame: a type byte, then the data of its class.
 *
 *     class 0  │ type                     unknown, bool          class 4  │ type │ u64
 *     class 1  │ type │ varint            integers, ids          class 5  │ type │ length │ bytes
 *     class 3  │ type │ u32                                      class 6  │ type │ count │ varints
 *
 * Nothing here fails or looks at the room: strand_put.h counts what finds none, and strand_encode_end tells.
 */
#include "strand_bytes.h"
#include "strand_put.h"
#include "strand_varint.h"

/*@ // Bytes of a string that are written, of a length and what it counts, and of the field that tells of a cut.
    logic integer strand_kept{L}(struct strand_encoder *e, integer len) =
        len < e->priv_string_limit ? len : e->priv_string_limit;
    logic integer strand_span_size(integer len) = strand_varint_size(len) + len;
    logic integer strand_cut_size(integer cut_len) = cut_len > 0 ? 1 + strand_varint_size(cut_len) : 0;
*/

/*@ STRAND_ADDS(1) */
void strand_encode_unknown(struct strand_encoder *e)
{
    strand_put_byte(e, STRAND_WIRE_UNKNOWN);
}

/*@ STRAND_ADDS(1) */
void strand_encode_bool(struct strand_encoder *e, bool v)
{
    strand_put_byte(e, v ? STRAND_WIRE_TRUE : STRAND_WIRE_FALSE);
}

/*@ requires strand_put_ok(e);
    assigns STRAND_CHANGED_BY_PUT;
    ensures strand_put_ok(e);
    ensures strand_put_by{Pre, Post}(e, 1 + strand_varint_size(v)); */
static void strand_put_field_uvarint(struct strand_encoder *e, uint8_t type, uint64_t v)
{
    strand_put_byte(e, type);
    strand_put_uvarint(e, v);
}

/*@ requires strand_put_ok(e);
    assigns STRAND_CHANGED_BY_PUT;
    ensures strand_put_ok(e);
    ensures strand_put_by{Pre, Post}(e, 5); */
static void strand_put_field_u32(struct strand_encoder *e, uint8_t type, uint32_t v)
{
    strand_put_byte(e, type);
    strand_put_u32(e, v);
}

/*@ requires strand_put_ok(e);
    assigns STRAND_CHANGED_BY_PUT;
    ensures strand_put_ok(e);
    ensures strand_put_by{Pre, Post}(e, 9); */
static void strand_put_field_u64(struct strand_encoder *e, uint8_t type, uint64_t v)
{
    strand_put_byte(e, type);
    strand_put_u64(e, v);
}

/*@ requires \valid_read(e);
    assigns \nothing;
    ensures \result == strand_kept(e, len); */
static size_t strand_cut(const struct strand_encoder *e, size_t len)
{
    return len < e->priv_string_limit ? len : e->priv_string_limit;
}

/*@ STRAND_ADDS(strand_cut_size(cut_len)) */
static void strand_put_cut(struct strand_encoder *e, size_t cut_len)
{
    if (cut_len > 0) {
        strand_encode_overflow(e, cut_len);
    }
}

/*@ STRAND_ADDS(1 + strand_varint_size(strand_zigzag(v))) */
void strand_encode_int(struct strand_encoder *e, int64_t v)
{
    strand_put_field_uvarint(e, STRAND_WIRE_INT, strand_zigzag_encode(v));
}

/*@ STRAND_ADDS(1 + strand_varint_size(v)) */
void strand_encode_uint(struct strand_encoder *e, uint64_t v)
{
    strand_put_field_uvarint(e, STRAND_WIRE_UINT, v);
}

/*@ STRAND_ADDS(1 + strand_varint_size(v)) */
void strand_encode_hex(struct strand_encoder *e, uint64_t v)
{
    strand_put_field_uvarint(e, STRAND_WIRE_HEX, v);
}

/*@ STRAND_ADDS(1 + strand_varint_size(v)) */
void strand_encode_ptr(struct strand_encoder *e, uint64_t v)
{
    strand_put_field_uvarint(e, STRAND_WIRE_PTR, v);
}

/*@ STRAND_READS(s, len) STRAND_ADDS(1 + strand_span_size(strand_kept(e, len)) + strand_cut_size(len - strand_kept(e, len))) */
void strand_encode_string(struct strand_encoder *e, const char *s, size_t len)
{
    const size_t kept = strand_cut(e, len);
    strand_put_field_uvarint(e, STRAND_WIRE_STRING, kept);
    strand_put_bytes(e, strand_bytes_of(s, len), kept);
    strand_put_cut(e, len - kept);
}

/*@ STRAND_ADDS(1 + strand_varint_size(len) + strand_varint_size(image_off)) */
void strand_encode_const_string(struct strand_encoder *e, uint64_t len, uint64_t image_off)
{
    strand_put_field_uvarint(e, STRAND_WIRE_CONST_STRING, len);
    strand_put_uvarint(e, image_off);
}

/*@ STRAND_ADDS(1 + strand_varint_size(cut_len)) */
void strand_encode_overflow(struct strand_encoder *e, uint64_t cut_len)
{
    strand_put_field_uvarint(e, STRAND_WIRE_OVERFLOW, cut_len);
}

/*@ STRAND_ADDS(1 + strand_varint_size(pc)) */
void strand_encode_pc(struct strand_encoder *e, uint64_t pc)
{
    strand_put_field_uvarint(e, STRAND_WIRE_PC, pc);
}

/*@ STRAND_READS(pcs, count)
    requires strand_encoder_ok(e);
    assigns STRAND_CHANGED_BY_PUT;
    ensures strand_encoder_ok(e);
    ensures strand_put_some{Pre, Post}(e); */
void strand_encode_traceback(struct strand_encoder *e, const uint64_t *pcs, size_t count)
{
    strand_put_field_uvarint(e, STRAND_WIRE_TRACEBACK, count);
    strand_put_uvarints(e, pcs, count);
}

/*@ STRAND_ADDS(1 + strand_varint_size(level)) */
void strand_encode_level(struct strand_encoder *e, unsigned level)
{
    strand_put_field_uvarint(e, STRAND_WIRE_LEVEL, level);
}

/*@ STRAND_ADDS(1 + strand_varint_size(id)) */
void strand_encode_key_id(struct strand_encoder *e, uint64_t id)
{
    strand_put_field_uvarint(e, STRAND_WIRE_KEY_ID, id);
}

/*@ STRAND_READS(name, len) STRAND_ADDS(1 + strand_span_size(len)) */
void strand_encode_key(struct strand_encoder *e, const char *name, size_t len)
{
    strand_put_field_uvarint(e, STRAND_WIRE_KEY_INLINE, len);
    strand_put_bytes(e, strand_bytes_of(name, len), len);
}

/*@ STRAND_ADDS(1 + strand_varint_size(id)) */
void strand_encode_site(struct strand_encoder *e, uint64_t id)
{
    strand_put_field_uvarint(e, STRAND_WIRE_SITE_ID, id);
}

/*@ STRAND_ADDS(1 + strand_varint_size(id)) */
void strand_encode_stack(struct strand_encoder *e, uint64_t id)
{
    strand_put_field_uvarint(e, STRAND_WIRE_STACK_ID, id);
}

/*@ STRAND_ADDS(5) */
void strand_encode_f32(struct strand_encoder *e, float v)
{
    strand_put_field_u32(e, STRAND_WIRE_F32, strand_f32_bits(v));
}

/*@ STRAND_ADDS(9) */
void strand_encode_f64(struct strand_encoder *e, double v)
{
    strand_put_field_u64(e, STRAND_WIRE_F64, strand_f64_bits(v));
}

/*@ STRAND_ADDS(5) */
void strand_encode_i32(struct strand_encoder *e, int32_t v)
{
    strand_put_field_u32(e, STRAND_WIRE_I32, strand_u32_of(v));
}

/*@ STRAND_ADDS(5) */
void strand_encode_u32(struct strand_encoder *e, uint32_t v)
{
    strand_put_field_u32(e, STRAND_WIRE_U32, v);
}

/*@ STRAND_ADDS(9) */
void strand_encode_i64(struct strand_encoder *e, int64_t v)
{
    strand_put_field_u64(e, STRAND_WIRE_I64, strand_u64_of(v));
}

/*@ STRAND_ADDS(9) */
void strand_encode_u64(struct strand_encoder *e, uint64_t v)
{
    strand_put_field_u64(e, STRAND_WIRE_U64, v);
}

/*@ STRAND_READS(data, len) STRAND_ADDS(1 + strand_span_size(strand_kept(e, len)) + strand_cut_size(len - strand_kept(e, len))) */
void strand_encode_bytes(struct strand_encoder *e, const uint8_t *data, size_t len)
{
    const size_t kept = strand_cut(e, len);
    strand_put_field_uvarint(e, STRAND_WIRE_BYTES, kept);
    strand_put_bytes(e, data, kept);
    strand_put_cut(e, len - kept);
}

/*@ STRAND_READS(data, len) STRAND_ADDS(1 + strand_span_size(strand_kept(e, len) + 8) + strand_cut_size(len - strand_kept(e, len))) */
void strand_encode_memdump(struct strand_encoder *e, uint64_t addr, const uint8_t *data, size_t len)
{
    const size_t kept = strand_cut(e, len);
    strand_put_field_uvarint(e, STRAND_WIRE_MEMDUMP, (uint64_t)kept + 8);
    strand_put_u64(e, addr);
    strand_put_bytes(e, data, kept);
    strand_put_cut(e, len - kept);
}

/*@ STRAND_ADDS(1 + strand_varint_size(stream)) */
void strand_encode_strand(struct strand_encoder *e, uint64_t stream)
{
    strand_put_field_uvarint(e, STRAND_WIRE_STRAND, stream);
}

/*@ STRAND_READS(args, count)
    requires strand_encoder_ok(e) && count <= SIZE_MAX / sizeof(uint64_t);
    assigns STRAND_CHANGED_BY_PUT;
    ensures strand_encoder_ok(e);
    ensures strand_put_some{Pre, Post}(e); */
void strand_encode_event(struct strand_encoder *e, uint64_t event, uint64_t seq, const uint64_t *args, size_t count)
{
    strand_put_field_uvarint(e, STRAND_WIRE_EVENT, (uint64_t)count + 2);
    strand_put_uvarint(e, event);
    strand_put_uvarint(e, seq);
    strand_put_uvarints(e, args, count);
}

/*@ STRAND_READS(field, len) STRAND_ADDS(len) */
void strand_encode_raw(struct strand_encoder *e, const uint8_t *field, size_t len)
{
    strand_put_bytes(e, field, len);
}
