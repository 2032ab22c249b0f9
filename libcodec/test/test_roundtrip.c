/* SPDX-License-Identifier: MIT
 *
 * test_roundtrip.c: random records, three ways: what the encoder writes is what a naive writer of this file writes;
 * what the decoder reads is what was asked for; and with a random amount of room, a record is there wholly or not.
 */
#include "strand_decode.h"
#include "strand_encode.h"
#include "strand_test.h"

#define ROUNDS 8000
#define RECORDS_PER_ROUND 20 /* 160 000 records in all */
#define FIELDS_MAX 12
#define STRING_MAX 40

// One field as it was asked for.
struct wish {
    uint8_t type;
    uint64_t value;  // the value, address, or first of two
    uint64_t second; // CONST_STRING: the length; EVENT: seq
    size_t len;      // bytes or values
    char bytes[STRING_MAX];
    uint64_t values[4];
};

struct record {
    uint64_t tick, nano;
    int64_t p;
    bool large;
    size_t field_count;
    struct wish fields[FIELDS_MAX];
};

// How far the naive writer has got: bytes, and the last sync in them.
struct mark {
    size_t len;
    bool has_base;
    uint64_t tick, nano;
};

struct writer {
    struct mark at;
    size_t string_limit;
    uint8_t bytes[1 << 17];
};

static const uint8_t types[] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0A, 0x0B, 0x0C, 0x11, 0x13,
                                0x14, 0x15, 0x19, 0x1B, 0x1C, 0x1D, 0x21, 0x23, 0x24, 0x25, 0x29, 0x41, 0x46};

// ---------------------------------------------------------------------------------------------------------------
// Wishes

static uint64_t random_value(uint64_t *seed)
{
    const uint64_t r = strand_test_random(seed);
    return strand_test_random(seed) >> (r % 64);
}

static void wish_field(struct wish *w, uint64_t *seed)
{
    w->type = types[strand_test_random(seed) % sizeof types];
    w->value = random_value(seed);
    w->second = random_value(seed);
    w->len = strand_test_random(seed) %
             (w->type == STRAND_WIRE_TRACEBACK || w->type == STRAND_WIRE_EVENT ? 5 : STRING_MAX);
    for (size_t i = 0; i < STRING_MAX; i++) {
        w->bytes[i] = (char)(strand_test_random(seed) >> 56);
    }
    for (size_t i = 0; i < 4; i++) {
        w->values[i] = random_value(seed);
    }
}

static void wish_record(struct record *r, const struct record *before, uint64_t *seed)
{
    const uint64_t shape = strand_test_random(seed);
    // Mostly forward by little, now and then back, far away, or to the very edge of what a delta reaches.
    const uint64_t far[] = {
        1, 300, STRAND_SYNC_REACH, (uint64_t)STRAND_SYNC_REACH + 1, UINT64_MAX, random_value(seed)};
    r->tick = before->tick + (shape % 3 != 0 ? shape >> 32 & 255 : far[(shape >> 40) % 6]);
    r->nano = before->nano + (shape % 5 != 0 ? shape >> 48 & 255 : far[(shape >> 56) % 6]);
    r->p = (int64_t)random_value(seed);
    r->p = (shape >> 8 & 1) != 0 ? -1 : (shape >> 9 & 1) != 0 ? ~r->p : r->p;
    r->large = shape % 16 == 7;
    r->field_count = (shape >> 16) % (FIELDS_MAX + 1);
    for (size_t i = 0; i < r->field_count; i++) {
        wish_field(&r->fields[i], seed);
    }
}

static float as_float(uint64_t bits)
{
    const uint32_t narrow = (uint32_t)bits & 0xBFFFFFFFu; // no NaN, whose bits may change on the way
    float v;
    memcpy(&v, &narrow, sizeof v);
    return v;
}

static double as_double(uint64_t bits)
{
    const uint64_t wide = bits & 0xBFFFFFFFFFFFFFFFu;
    double v;
    memcpy(&v, &wide, sizeof v);
    return v;
}

static void encode_field(struct strand_encoder *e, const struct wish *w)
{
    switch (w->type) {
    case STRAND_WIRE_UNKNOWN: strand_encode_unknown(e); break;
    case STRAND_WIRE_TRUE: strand_encode_bool(e, true); break;
    case STRAND_WIRE_FALSE: strand_encode_bool(e, false); break;
    case STRAND_WIRE_INT: strand_encode_int(e, (int64_t)w->value); break;
    case STRAND_WIRE_UINT: strand_encode_uint(e, w->value); break;
    case STRAND_WIRE_HEX: strand_encode_hex(e, w->value); break;
    case STRAND_WIRE_PTR: strand_encode_ptr(e, w->value); break;
    case STRAND_WIRE_STRING: strand_encode_string(e, w->bytes, w->len); break;
    case STRAND_WIRE_CONST_STRING: strand_encode_const_string(e, w->second, w->value); break;
    case STRAND_WIRE_OVERFLOW: strand_encode_overflow(e, w->value); break;
    case STRAND_WIRE_PC: strand_encode_pc(e, w->value); break;
    case STRAND_WIRE_TRACEBACK: strand_encode_traceback(e, w->values, w->len); break;
    case STRAND_WIRE_LEVEL: strand_encode_level(e, (unsigned)w->value); break;
    case STRAND_WIRE_F32: strand_encode_f32(e, as_float(w->value)); break;
    case STRAND_WIRE_F64: strand_encode_f64(e, as_double(w->value)); break;
    case STRAND_WIRE_KEY_INLINE: strand_encode_key(e, w->bytes, w->len); break;
    case STRAND_WIRE_KEY_ID: strand_encode_key_id(e, w->value); break;
    case STRAND_WIRE_I32: strand_encode_i32(e, (int32_t)(uint32_t)w->value); break;
    case STRAND_WIRE_I64: strand_encode_i64(e, (int64_t)w->value); break;
    case STRAND_WIRE_BYTES: strand_encode_bytes(e, (const uint8_t *)w->bytes, w->len); break;
    case STRAND_WIRE_SITE_ID: strand_encode_site(e, w->value); break;
    case STRAND_WIRE_U32: strand_encode_u32(e, (uint32_t)w->value); break;
    case STRAND_WIRE_U64: strand_encode_u64(e, w->value); break;
    case STRAND_WIRE_MEMDUMP: strand_encode_memdump(e, w->value, (const uint8_t *)w->bytes, w->len); break;
    case STRAND_WIRE_STACK_ID: strand_encode_stack(e, w->value); break;
    case STRAND_WIRE_STRAND: strand_encode_strand(e, w->value); break;
    default: strand_encode_event(e, w->value, w->second, w->values, w->len); break;
    }
}

static enum strand_status encode(struct strand_encoder *e, const struct record *r)
{
    r->large ? strand_encode_begin_large(e, r->tick, r->nano, r->p) : strand_encode_begin(e, r->tick, r->nano, r->p);
    for (size_t i = 0; i < r->field_count; i++) {
        encode_field(e, &r->fields[i]);
    }
    return strand_encode_end(e);
}

// ---------------------------------------------------------------------------------------------------------------
// The naive writer

static void write_byte(struct writer *w, uint64_t byte)
{
    CHECK(w->at.len < sizeof w->bytes);
    w->bytes[w->at.len++] = (uint8_t)byte;
}

static void write_fixed(struct writer *w, uint64_t v, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        write_byte(w, v >> (8 * i) & 255);
    }
}

static void write_uvarint(struct writer *w, uint64_t v)
{
    for (; v > 127; v >>= 7) {
        write_byte(w, (v & 127) | 128);
    }
    write_byte(w, v);
}

static void write_varint(struct writer *w, int64_t v)
{
    write_uvarint(w, v < 0 ? (uint64_t)~v << 1 | 1 : (uint64_t)v << 1);
}

// Length, the address of a dump, the bytes, and how many were cut.
static void write_cut(struct writer *w, const struct wish *f, size_t limit, bool dump)
{
    const size_t kept = f->len < limit ? f->len : limit;
    write_uvarint(w, kept + (dump ? 8 : 0));
    if (dump) {
        write_fixed(w, f->value, 8);
    }
    for (size_t i = 0; i < kept; i++) {
        write_byte(w, (uint8_t)f->bytes[i]);
    }
    if (kept < f->len) {
        write_byte(w, STRAND_WIRE_OVERFLOW);
        write_uvarint(w, f->len - kept);
    }
}

static void write_values(struct writer *w, const struct wish *f)
{
    write_uvarint(w, f->len + (f->type == STRAND_WIRE_EVENT ? 2 : 0));
    if (f->type == STRAND_WIRE_EVENT) {
        write_uvarint(w, f->value);
        write_uvarint(w, f->second);
    }
    for (size_t i = 0; i < f->len; i++) {
        write_uvarint(w, f->values[i]);
    }
}

static void write_field(struct writer *w, const struct wish *f)
{
    write_byte(w, f->type);
    switch (f->type) {
    case STRAND_WIRE_UNKNOWN:
    case STRAND_WIRE_TRUE:
    case STRAND_WIRE_FALSE: break;
    case STRAND_WIRE_INT: write_varint(w, (int64_t)f->value); break;
    case STRAND_WIRE_STRING:
    case STRAND_WIRE_BYTES:
    case STRAND_WIRE_MEMDUMP: write_cut(w, f, w->string_limit, f->type == STRAND_WIRE_MEMDUMP); break;
    case STRAND_WIRE_KEY_INLINE: write_cut(w, f, SIZE_MAX, false); break;
    case STRAND_WIRE_CONST_STRING:
        write_uvarint(w, f->second);
        write_uvarint(w, f->value);
        break;
    case STRAND_WIRE_LEVEL: write_uvarint(w, f->value & 0xFFFFFFFFu); break;
    case STRAND_WIRE_F32: write_fixed(w, f->value & 0xBFFFFFFFu, 4); break;
    case STRAND_WIRE_F64: write_fixed(w, f->value & 0xBFFFFFFFFFFFFFFFu, 8); break;
    case STRAND_WIRE_I32:
    case STRAND_WIRE_U32: write_fixed(w, f->value, 4); break;
    case STRAND_WIRE_I64:
    case STRAND_WIRE_U64: write_fixed(w, f->value, 8); break;
    case STRAND_WIRE_TRACEBACK:
    case STRAND_WIRE_EVENT: write_values(w, f); break;
    default: write_uvarint(w, f->value);
    }
}

static void write_record(struct writer *w, const struct record *r)
{
    const bool zero = r->tick == 0 && r->nano == 0;
    const uint64_t tick = zero ? 1 : r->tick, nano = zero ? 1 : r->nano;
    if (!w->at.has_base || tick - w->at.tick > 2097151 || nano - w->at.nano > 2097151) {
        write_fixed(w, 0, 2);
        write_fixed(w, tick, 8);
        write_fixed(w, nano, 8);
        w->at.has_base = true;
        w->at.tick = tick;
        w->at.nano = nano;
    }
    const size_t start = w->at.len;
    write_fixed(w, r->large ? 0x050001 : 0, r->large ? 8 : 2);
    write_uvarint(w, tick - w->at.tick);
    write_uvarint(w, nano - w->at.nano);
    write_varint(w, r->p);
    for (size_t i = 0; i < r->field_count; i++) {
        write_field(w, &r->fields[i]);
    }
    const size_t end = w->at.len;
    w->at.len = start + (r->large ? 4 : 0);
    write_fixed(w, end - start, r->large ? 4 : 2);
    w->at.len = end;
}

// ---------------------------------------------------------------------------------------------------------------
// Reading

static void check_values(const struct strand_field *field, const struct wish *w)
{
    struct strand_span values = field->data;
    uint64_t value = 0;
    if (w->type == STRAND_WIRE_EVENT) {
        CHECK_EQ(strand_decode_value(&values, &value), STRAND_OK);
        CHECK_EQ(value, w->value);
        CHECK_EQ(strand_decode_value(&values, &value), STRAND_OK);
        CHECK_EQ(value, w->second);
    }
    for (size_t i = 0; i < w->len; i++) {
        CHECK_EQ(strand_decode_value(&values, &value), STRAND_OK);
        CHECK_EQ(value, w->values[i]);
    }
    CHECK_EQ(strand_decode_value(&values, &value), STRAND_END);
}

static void check_cut(struct strand_fields *fields, const struct strand_field *field, const struct wish *w,
                      size_t limit)
{
    const size_t kept = w->len < limit ? w->len : limit;
    CHECK_BYTES(field->data.data, field->data.len, w->bytes, kept);
    CHECK_EQ(field->value, w->type == STRAND_WIRE_MEMDUMP ? w->value : kept);
    if (kept < w->len) {
        struct strand_field overflow;
        CHECK_EQ(strand_decode_field(fields, &overflow), STRAND_OK);
        CHECK_EQ(overflow.type, STRAND_WIRE_OVERFLOW);
        CHECK_EQ(overflow.value, w->len - kept);
    }
}

static void check_field(struct strand_fields *fields, const struct wish *w, size_t limit)
{
    struct strand_field field;
    CHECK_EQ(strand_decode_field(fields, &field), STRAND_OK);
    CHECK_EQ(field.type, w->type);
    CHECK_EQ(field.number, w->type);
    CHECK_EQ(field.padded, 0);
    CHECK(field.known);
    switch (w->type) {
    case STRAND_WIRE_UNKNOWN: break;
    case STRAND_WIRE_TRUE:
    case STRAND_WIRE_FALSE: CHECK_EQ(field.value, w->type == STRAND_WIRE_TRUE); break;
    case STRAND_WIRE_INT:
    case STRAND_WIRE_I64: CHECK_EQ(field.svalue, (int64_t)w->value); break;
    case STRAND_WIRE_I32: CHECK_EQ(field.svalue, (int32_t)(uint32_t)w->value); break;
    case STRAND_WIRE_STRING:
    case STRAND_WIRE_BYTES:
    case STRAND_WIRE_MEMDUMP: check_cut(fields, &field, w, limit); break;
    case STRAND_WIRE_KEY_INLINE: check_cut(fields, &field, w, SIZE_MAX); break;
    case STRAND_WIRE_CONST_STRING:
        CHECK_EQ(field.const_len, w->second);
        CHECK_EQ(field.value, w->value);
        break;
    case STRAND_WIRE_LEVEL:
    case STRAND_WIRE_U32: CHECK_EQ(field.value, w->value & 0xFFFFFFFFu); break;
    case STRAND_WIRE_F32: CHECK_EQ(field.value, w->value & 0xBFFFFFFFu); break;
    case STRAND_WIRE_F64: CHECK_EQ(field.value, w->value & 0xBFFFFFFFFFFFFFFFu); break;
    case STRAND_WIRE_TRACEBACK:
    case STRAND_WIRE_EVENT: check_values(&field, w); break;
    default: CHECK_EQ(field.value, w->value);
    }
}

static void check_record(struct strand_decoder *d, const struct record *r, size_t limit)
{
    struct strand_frame frame;
    CHECK_EQ(strand_decode_frame(d, &frame), STRAND_OK);
    if (frame.kind == STRAND_FRAME_SYNC) {
        CHECK_EQ(strand_decode_frame(d, &frame), STRAND_OK);
    }
    const bool zero = r->tick == 0 && r->nano == 0;
    CHECK_EQ(frame.kind, STRAND_FRAME_RECORD);
    CHECK_EQ(frame.tick, zero ? 1 : r->tick);
    CHECK_EQ(frame.nano, zero ? 1 : r->nano);
    CHECK_EQ(frame.p, r->p);
    struct strand_fields fields;
    struct strand_field field;
    strand_fields_init(&fields, frame.body, STRAND_DIALECT_NATIVE);
    for (size_t i = 0; i < r->field_count; i++) {
        check_field(&fields, &r->fields[i], limit);
    }
    CHECK_EQ(strand_decode_field(&fields, &field), STRAND_END);
}

static void check_reading(const uint8_t *bytes, size_t len, const struct record *records, const bool *taken,
                          size_t limit)
{
    struct strand_decoder d;
    struct strand_frame frame;
    CHECK_EQ(strand_decoder_init(&d, sizeof d, STRAND_ABI_VERSION), STRAND_OK);
    CHECK_EQ(strand_decoder_feed(&d, bytes, len, true), STRAND_OK);
    for (size_t i = 0; i < RECORDS_PER_ROUND; i++) {
        if (taken[i]) {
            check_record(&d, &records[i], limit);
        }
    }
    CHECK_EQ(strand_decode_frame(&d, &frame), STRAND_END);
}

// ---------------------------------------------------------------------------------------------------------------

TEST(roundtrip, random_records)
{
    static struct writer model;
    static uint8_t buffer[sizeof model.bytes];
    static struct record records[RECORDS_PER_ROUND];
    uint64_t seed = 1;
    size_t taken_count = 0;
    for (int round = 0; round < ROUNDS; round++) {
        // Enough for all, or for some; the buffer's last bytes are guards.
        const size_t room = strand_test_random(&seed) % 2 == 0 ? 60000 : strand_test_random(&seed) % 4000;
        struct strand_encoder e;
        bool taken[RECORDS_PER_ROUND];
        struct record last = {.tick = random_value(&seed), .nano = random_value(&seed)};
        model.at = (struct mark){0, false, 0, 0};
        model.string_limit = strand_test_random(&seed) % (2 * STRING_MAX);
        memset(buffer + room + STRAND_SLACK, 0xEE, 64);
        CHECK_EQ(strand_encoder_init(&e, sizeof e, STRAND_ABI_VERSION, buffer, room + STRAND_SLACK), STRAND_OK);
        strand_encoder_set_string_limit(&e, model.string_limit);
        for (size_t i = 0; i < RECORDS_PER_ROUND; i++) {
            const struct mark before = model.at;
            wish_record(&records[i], &last, &seed);
            last = records[i];
            write_record(&model, &records[i]);
            taken[i] = model.at.len <= room;
            CHECK_EQ(encode(&e, &records[i]), taken[i] ? STRAND_OK : STRAND_FULL);
            CHECK_EQ(strand_encoder_needed(&e), model.at.len - before.len);
            model.at = taken[i] ? model.at : before;
            taken_count += taken[i] ? 1 : 0;
            CHECK_EQ(strand_encoder_len(&e), model.at.len);
        }
        CHECK(memcmp(buffer, model.bytes, model.at.len) == 0);
        for (size_t i = 0; i < 64; i++) {
            CHECK_EQ(buffer[room + STRAND_SLACK + i], 0xEE);
        }
        check_reading(buffer, model.at.len, records, taken, model.string_limit);
    }
    CHECK(taken_count > 100000 && taken_count < ROUNDS * RECORDS_PER_ROUND - 10000);
}
