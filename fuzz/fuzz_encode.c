/* SPDX-License-Identifier: MIT
 *
 * fuzz_encode.c: a script of encoder calls, into buffers of random sizes; then all of it is decoded and must be what
 * was put in.
 *
 *     script … │ string limit │ NANO_DERIVED │ size of the first buffer
 *
 * A frame that finds no room must leave what is there untouched, and must fit a buffer of the size that was said to
 * be needed, to the byte. Then it is tried once more in a new buffer of random size, and dropped if that is too small.
 */
#include "fuzz.h"
#include "strand_encode.h"

#define FRAMES_MAX 256
#define FIELDS_MAX 16
#define VALUES_MAX 4
#define BUFFER_MAX 2048

enum frame_sort { RECORD, LARGE, DEF, LOSS, CLOCK, OWNER, END, OTHER, SORT_COUNT };

// A field as the script wants it.
struct field {
    uint8_t type;
    uint64_t value, second; // second: length of a const string, seq of an event
    struct strand_span bytes;
    uint64_t values[VALUES_MAX];
    size_t value_count;
};

struct frame {
    enum frame_sort sort;
    uint64_t tick, nano;     // also: kind and id of a definition
    int64_t p;               // also: thread of an owner
    struct strand_span name; // of an owner
    struct strand_diag diag;
    struct strand_clock clock;
    struct field fields[FIELDS_MAX];
    size_t field_count;
};

static const uint8_t types[] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0A, 0x0B, 0x0C, 0x11, 0x13,
                                0x14, 0x15, 0x19, 0x1B, 0x1C, 0x1D, 0x21, 0x23, 0x24, 0x25, 0x29, 0x41, 0x46};

// ---------------------------------------------------------------------------------------------------------------
// The script

static struct strand_span next_bytes(struct fuzz_input *in)
{
    const size_t len = fuzz_next(in);
    const struct strand_span bytes = {in->data, len < in->size ? len : in->size};
    in->data += bytes.len;
    in->size -= bytes.len;
    return bytes;
}

static void next_field(struct fuzz_input *in, struct field *field)
{
    *field = (struct field){.type = types[fuzz_next(in) % sizeof types]};
    switch (field->type) {
    case STRAND_WIRE_UNKNOWN:
    case STRAND_WIRE_TRUE:
    case STRAND_WIRE_FALSE: break;
    case STRAND_WIRE_STRING:
    case STRAND_WIRE_KEY_INLINE:
    case STRAND_WIRE_BYTES: field->bytes = next_bytes(in); break;
    case STRAND_WIRE_MEMDUMP:
        field->value = fuzz_next_u64(in);
        field->bytes = next_bytes(in);
        break;
    case STRAND_WIRE_TRACEBACK:
    case STRAND_WIRE_EVENT:
        field->value_count = fuzz_next(in) % (VALUES_MAX + 1);
        for (size_t i = 0; i < field->value_count; i++) {
            field->values[i] = fuzz_next_u64(in);
        }
        field->value = fuzz_next_u64(in);
        field->second = fuzz_next_u64(in);
        break;
    case STRAND_WIRE_CONST_STRING:
        field->value = fuzz_next_u64(in);
        field->second = fuzz_next_u64(in);
        break;
    default: field->value = fuzz_next_u64(in);
    }
}

static void next_frame(struct fuzz_input *in, const struct frame *before, struct frame *frame)
{
    const uint8_t shape = fuzz_next(in);
    *frame = (struct frame){.sort = shape < 192 ? RECORD : (enum frame_sort)(shape % SORT_COUNT)};
    frame->tick = before->tick + fuzz_next_u64(in);
    frame->nano = before->nano + fuzz_next_u64(in);
    frame->p = (int64_t)fuzz_next_u64(in);
    if (frame->sort == LOSS) {
        const uint64_t bits = fuzz_next(in);
        frame->diag =
            (struct strand_diag){.kind = 1 + (unsigned)bits % 6, .code = (enum strand_status)(16 + bits % 8)};
        frame->diag.records_known = bits / 8 % 2 == 1;
        frame->diag.bytes_known = bits / 16 % 2 == 1;
        frame->diag.exact_known = bits / 32 % 2 == 1;
        frame->diag.exact = bits / 64 % 2 == 1 && frame->diag.exact_known;
        frame->diag.off = frame->tick;
        frame->diag.records = frame->diag.records_known ? frame->nano : 0;
        frame->diag.bytes = frame->diag.bytes_known ? frame->tick : 0;
    } else if (frame->sort == CLOCK) {
        frame->clock = (struct strand_clock){frame->tick, frame->nano, (uint64_t)frame->p, fuzz_next(in)};
    } else if (frame->sort == OWNER) {
        frame->name = next_bytes(in);
    }
    frame->field_count = frame->sort <= LOSS ? shape % (FIELDS_MAX + 1) : 0;
    for (size_t i = 0; i < frame->field_count; i++) {
        next_field(in, &frame->fields[i]);
    }
}

// ---------------------------------------------------------------------------------------------------------------
// Encoding

static float float_of(uint64_t bits)
{
    const uint32_t narrow = (uint32_t)bits & 0xBFFFFFFFu; // no NaN: its bits may change on the way
    float v;
    memcpy(&v, &narrow, sizeof v);
    return v;
}

static double double_of(uint64_t bits)
{
    const uint64_t wide = bits & 0xBFFFFFFFFFFFFFFFu;
    double v;
    memcpy(&v, &wide, sizeof v);
    return v;
}

static void encode_field(struct strand_encoder *e, const struct field *f)
{
    const char *text = (const char *)f->bytes.data;
    switch (f->type) {
    case STRAND_WIRE_UNKNOWN: strand_encode_unknown(e); break;
    case STRAND_WIRE_TRUE: strand_encode_bool(e, true); break;
    case STRAND_WIRE_FALSE: strand_encode_bool(e, false); break;
    case STRAND_WIRE_INT: strand_encode_int(e, (int64_t)f->value); break;
    case STRAND_WIRE_UINT: strand_encode_uint(e, f->value); break;
    case STRAND_WIRE_HEX: strand_encode_hex(e, f->value); break;
    case STRAND_WIRE_PTR: strand_encode_ptr(e, f->value); break;
    case STRAND_WIRE_STRING: strand_encode_string(e, text, f->bytes.len); break;
    case STRAND_WIRE_CONST_STRING: strand_encode_const_string(e, f->second, f->value); break;
    case STRAND_WIRE_OVERFLOW: strand_encode_overflow(e, f->value); break;
    case STRAND_WIRE_PC: strand_encode_pc(e, f->value); break;
    case STRAND_WIRE_TRACEBACK: strand_encode_traceback(e, f->values, f->value_count); break;
    case STRAND_WIRE_LEVEL: strand_encode_level(e, (unsigned)f->value); break;
    case STRAND_WIRE_F32: strand_encode_f32(e, float_of(f->value)); break;
    case STRAND_WIRE_F64: strand_encode_f64(e, double_of(f->value)); break;
    case STRAND_WIRE_KEY_INLINE: strand_encode_key(e, text, f->bytes.len); break;
    case STRAND_WIRE_KEY_ID: strand_encode_key_id(e, f->value); break;
    case STRAND_WIRE_I32: strand_encode_i32(e, (int32_t)(uint32_t)f->value); break;
    case STRAND_WIRE_I64: strand_encode_i64(e, (int64_t)f->value); break;
    case STRAND_WIRE_BYTES: strand_encode_bytes(e, f->bytes.data, f->bytes.len); break;
    case STRAND_WIRE_SITE_ID: strand_encode_site(e, f->value); break;
    case STRAND_WIRE_U32: strand_encode_u32(e, (uint32_t)f->value); break;
    case STRAND_WIRE_U64: strand_encode_u64(e, f->value); break;
    case STRAND_WIRE_MEMDUMP: strand_encode_memdump(e, f->value, f->bytes.data, f->bytes.len); break;
    case STRAND_WIRE_STACK_ID: strand_encode_stack(e, f->value); break;
    case STRAND_WIRE_STRAND: strand_encode_strand(e, f->value); break;
    default: strand_encode_event(e, f->value, f->second, f->values, f->value_count);
    }
}

static enum strand_status encode_frame(struct strand_encoder *e, const struct frame *f)
{
    switch (f->sort) {
    case RECORD: strand_encode_begin(e, f->tick, f->nano, f->p); break;
    case LARGE: strand_encode_begin_large(e, f->tick, f->nano, f->p); break;
    case DEF: strand_encode_begin_def(e, f->tick, f->nano); break;
    case LOSS: strand_encode_begin_loss(e, &f->diag); break;
    case CLOCK: return strand_encode_clock(e, &f->clock);
    case OWNER: return strand_encode_owner(e, (uint64_t)f->p, (const char *)f->name.data, f->name.len);
    case END: return strand_encode_end_of_strand(e);
    default: strand_encode_begin_frame(e, 200, 0);
    }
    for (size_t i = 0; i < f->field_count; i++) {
        encode_field(e, &f->fields[i]);
    }
    return strand_encode_end(e);
}

// What a script has written: frames and the buffers they went into, one behind the other.
struct strand_out {
    struct strand_encoder e;
    uint8_t *buffer;
    size_t limit; // of strings
    bool derived;
    uint8_t *bytes; // of full buffers
    size_t len;
    struct frame *frames;
    size_t count;
};

// The bytes of the current buffer join the others, and a new one of `cap` bytes takes its place.
static void change_buffer(struct strand_out *out, size_t cap, bool keep_base)
{
    const size_t len = strand_encoder_len(&out->e);
    out->bytes = realloc(out->bytes, out->len + len + 1);
    FUZZ_CHECK(out->bytes != NULL);
    if (len > 0) {
        memcpy(out->bytes + out->len, out->buffer, len);
    }
    out->len += len;
    free(out->buffer);
    out->buffer = malloc(cap > 0 ? cap : 1);
    FUZZ_CHECK(out->buffer != NULL && strand_encoder_rebase(&out->e, out->buffer, cap, keep_base) == STRAND_OK);
}

// The frame must fit a buffer of the size that it was said to need, and none that is smaller.
static void check_needed(const struct strand_out *out, const struct frame *frame, size_t needed)
{
    for (size_t lack = 0; lack < 2; lack++) {
        const size_t cap = needed + STRAND_SLACK - lack;
        struct strand_encoder e = out->e;
        uint8_t *buffer = malloc(cap);
        FUZZ_CHECK(buffer != NULL && strand_encoder_rebase(&e, buffer, cap, true) == STRAND_OK);
        FUZZ_CHECK(encode_frame(&e, frame) == (lack == 0 ? STRAND_OK : STRAND_FULL));
        FUZZ_CHECK(strand_encoder_needed(&e) == needed && strand_encoder_len(&e) == (lack == 0 ? needed : 0));
        free(buffer);
    }
}

static bool write_frame(struct strand_out *out, const struct frame *frame)
{
    const size_t before = strand_encoder_len(&out->e);
    uint8_t *copy = fuzz_copy(out->buffer, before);
    const enum strand_status status = encode_frame(&out->e, frame);
    const size_t after = strand_encoder_len(&out->e);
    const size_t needed = strand_encoder_needed(&out->e);
    FUZZ_CHECK(status == STRAND_OK || status == STRAND_FULL);
    FUZZ_CHECK(after == before + (status == STRAND_OK ? needed : 0));
    FUZZ_CHECK(before == 0 || memcmp(copy, out->buffer, before) == 0);
    free(copy);
    if (status == STRAND_FULL) {
        check_needed(out, frame, needed);
    }
    return status == STRAND_OK;
}

static void write_script(struct strand_out *out, struct fuzz_input *in)
{
    struct frame before = {0};
    while (in->size > 0 && out->count < FRAMES_MAX) {
        struct frame *frame = &out->frames[out->count];
        next_frame(in, &before, frame);
        before.tick = frame->tick;
        before.nano = frame->nano;
        bool there = write_frame(out, frame);
        if (!there) {
            const uint8_t how = fuzz_next(in);
            change_buffer(out, (size_t)how * (BUFFER_MAX / 256), how % 2 == 1);
            there = write_frame(out, frame);
        }
        out->count += there ? 1 : 0;
    }
    change_buffer(out, 0, false);
}

// ---------------------------------------------------------------------------------------------------------------
// Decoding

static void check_values(struct strand_span values, const struct field *want)
{
    uint64_t value = 0;
    if (want->type == STRAND_WIRE_EVENT) {
        FUZZ_CHECK(strand_decode_value(&values, &value) == STRAND_OK && value == want->value);
        FUZZ_CHECK(strand_decode_value(&values, &value) == STRAND_OK && value == want->second);
    }
    for (size_t i = 0; i < want->value_count; i++) {
        FUZZ_CHECK(strand_decode_value(&values, &value) == STRAND_OK && value == want->values[i]);
    }
    FUZZ_CHECK(strand_decode_value(&values, &value) == STRAND_END);
}

static void check_bytes(struct strand_fields *fields, struct strand_span got, const struct field *want, size_t limit)
{
    const size_t kept = want->bytes.len < limit ? want->bytes.len : limit;
    FUZZ_CHECK(got.len == kept && (kept == 0 || memcmp(got.data, want->bytes.data, kept) == 0));
    if (kept < want->bytes.len) {
        struct strand_field cut;
        FUZZ_CHECK(strand_decode_field(fields, &cut) == STRAND_OK);
        FUZZ_CHECK(cut.type == STRAND_WIRE_OVERFLOW && cut.value == want->bytes.len - kept);
    }
}

static void check_field(struct strand_fields *fields, const struct field *want, size_t limit)
{
    struct strand_field got;
    FUZZ_CHECK(strand_decode_field(fields, &got) == STRAND_OK);
    FUZZ_CHECK(got.type == want->type && got.known && got.padded == 0);
    switch (want->type) {
    case STRAND_WIRE_UNKNOWN: break;
    case STRAND_WIRE_TRUE:
    case STRAND_WIRE_FALSE: FUZZ_CHECK(got.value == (want->type == STRAND_WIRE_TRUE)); break;
    case STRAND_WIRE_INT:
    case STRAND_WIRE_I64: FUZZ_CHECK(got.svalue == (int64_t)want->value); break;
    case STRAND_WIRE_I32: FUZZ_CHECK(got.svalue == (int32_t)(uint32_t)want->value); break;
    case STRAND_WIRE_LEVEL:
    case STRAND_WIRE_U32: FUZZ_CHECK(got.value == (uint32_t)want->value); break;
    case STRAND_WIRE_F32: FUZZ_CHECK(got.value == ((uint32_t)want->value & 0xBFFFFFFFu)); break;
    case STRAND_WIRE_F64: FUZZ_CHECK(got.value == (want->value & 0xBFFFFFFFFFFFFFFFu)); break;
    case STRAND_WIRE_CONST_STRING: FUZZ_CHECK(got.value == want->value && got.const_len == want->second); break;
    case STRAND_WIRE_STRING:
    case STRAND_WIRE_BYTES: check_bytes(fields, got.data, want, limit); break;
    case STRAND_WIRE_KEY_INLINE: check_bytes(fields, got.data, want, SIZE_MAX); break;
    case STRAND_WIRE_MEMDUMP:
        FUZZ_CHECK(got.value == want->value);
        check_bytes(fields, got.data, want, limit);
        break;
    case STRAND_WIRE_TRACEBACK:
    case STRAND_WIRE_EVENT: check_values(got.data, want); break;
    default: FUZZ_CHECK(got.value == want->value);
    }
}

static void check_fields(struct strand_span body, const struct frame *want, size_t limit)
{
    struct strand_fields fields;
    struct strand_field field;
    strand_fields_init(&fields, body, STRAND_DIALECT_NATIVE);
    for (size_t i = 0; i < want->field_count; i++) {
        check_field(&fields, &want->fields[i], limit);
    }
    FUZZ_CHECK(strand_decode_field(&fields, &field) == STRAND_END);
}

static void check_record(const struct strand_frame *got, const struct frame *want, uint64_t sync_nano, bool derived)
{
    const bool zero = want->tick == 0 && want->nano == 0;
    FUZZ_CHECK(got->kind == STRAND_FRAME_RECORD && got->p == want->p);
    FUZZ_CHECK(got->tick == (zero ? 1 : want->tick));
    FUZZ_CHECK(got->nano == (derived ? sync_nano : zero ? 1 : want->nano));
}

static void check_diag(const struct strand_diag *got, const struct strand_diag *want)
{
    FUZZ_CHECK(got->kind == want->kind && got->code == want->code && got->off == want->off);
    FUZZ_CHECK(got->records_known == want->records_known && got->records == want->records);
    FUZZ_CHECK(got->bytes_known == want->bytes_known && got->bytes == want->bytes);
    FUZZ_CHECK(got->exact_known == want->exact_known && got->exact == want->exact);
}

static void check_frame(const struct strand_frame *got, const struct frame *want, const struct strand_out *out,
                        uint64_t sync_nano)
{
    static const uint8_t kinds[SORT_COUNT] = {0, 0, 2, 3, 4, 6, 7, 200};
    struct strand_span fields = got->body;
    struct strand_def def;
    struct strand_diag diag;
    struct strand_clock clock;
    struct strand_owner owner;
    FUZZ_CHECK(got->ext_kind == kinds[want->sort]);
    switch (want->sort) {
    case RECORD:
    case LARGE: check_record(got, want, sync_nano, out->derived); break;
    case DEF:
        FUZZ_CHECK(strand_decode_def(got->body, &def) == STRAND_OK);
        FUZZ_CHECK(def.def_kind == want->tick && def.id == want->nano);
        fields = def.body;
        break;
    case LOSS:
        FUZZ_CHECK(strand_decode_loss(got->body, &diag, &fields) == STRAND_OK);
        check_diag(&diag, &want->diag);
        break;
    case CLOCK:
        FUZZ_CHECK(strand_decode_clock(got->body, &clock) == STRAND_OK);
        FUZZ_CHECK(memcmp(&clock, &want->clock, sizeof clock) == 0);
        return;
    case OWNER:
        FUZZ_CHECK(strand_decode_owner(got->body, &owner) == STRAND_OK && owner.tid == (uint64_t)want->p);
        FUZZ_CHECK(owner.name.len == want->name.len);
        FUZZ_CHECK(owner.name.len == 0 || memcmp(owner.name.data, want->name.data, owner.name.len) == 0);
        return;
    default: break;
    }
    check_fields(fields, want, out->limit);
}

static void read_back(const struct strand_out *out)
{
    struct strand_decoder d;
    struct strand_frame frame;
    uint64_t sync_nano = 0;
    size_t next = 0;
    FUZZ_CHECK(strand_decoder_init(&d, sizeof d, STRAND_ABI_VERSION) == STRAND_OK);
    FUZZ_CHECK(strand_decoder_feed(&d, out->bytes, out->len, true) == STRAND_OK);
    enum strand_status status;
    while ((status = strand_decode_frame(&d, &frame)) == STRAND_OK) {
        if (frame.kind == STRAND_FRAME_SYNC) {
            sync_nano = frame.nano;
        } else {
            FUZZ_CHECK(next < out->count);
            check_frame(&frame, &out->frames[next], out, sync_nano);
            next++;
        }
    }
    FUZZ_CHECK(status == STRAND_END && next == out->count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct frame frames[FRAMES_MAX];
    struct fuzz_input in = {data, size};
    const size_t cap = fuzz_choice(&in) * (BUFFER_MAX / 256u);
    struct strand_out out = {.frames = frames};
    out.derived = fuzz_choice(&in) % 2 == 1;
    out.limit = fuzz_choice(&in);
    FUZZ_CHECK(strand_encoder_init(&out.e, sizeof out.e, STRAND_ABI_VERSION, NULL, 0) == STRAND_OK);
    strand_encoder_set_string_limit(&out.e, out.limit);
    strand_encoder_set_nano_derived(&out.e, out.derived);
    change_buffer(&out, cap, false);
    write_script(&out, &in);
    read_back(&out);
    free(out.buffer);
    free(out.bytes);
    return 0;
}
