/* SPDX-License-Identifier: MIT
 *
 * fuzz_decode.c: a bare strand, read at once and through windows. Both readings must be the same; every frame lies
 * behind the one before it, and every field, value and body inside its frame.
 *
 *     strand … │ dialect and base │ seed of the windows
 */
#include "fuzz.h"

struct settings {
    enum strand_dialect dialect;
    bool has_base;
    bool late;     // `final` is said only when the decoder asks for more than there is
    uint32_t seed; // of the windows' sizes; 0: one window
};

static void read_values(struct fuzz_digest *digest, const struct strand_field *field)
{
    struct strand_span values = field->data;
    for (uint64_t i = 0; i < field->value; i++) {
        uint64_t value = 0;
        FUZZ_CHECK(strand_decode_value(&values, &value) == STRAND_OK);
        fuzz_add(digest, value);
    }
    FUZZ_CHECK(values.len == 0);
}

static void read_field(struct fuzz_digest *digest, const struct strand_field *field)
{
    fuzz_add(digest, field->type);
    fuzz_add(digest, field->padded);
    fuzz_add(digest, field->known);
    fuzz_add(digest, field->number);
    fuzz_add(digest, field->value);
    fuzz_add(digest, (uint64_t)field->svalue);
    fuzz_add(digest, field->const_len);
    fuzz_add_bytes(digest, field->raw.data, field->raw.len);
    fuzz_add_bytes(digest, field->data.data, field->data.len);
    FUZZ_CHECK(fuzz_inside(field->data, field->raw));
    if (field->known && (field->type == STRAND_WIRE_TRACEBACK || field->type == STRAND_WIRE_EVENT)) {
        read_values(digest, field);
    }
}

static void read_fields(struct fuzz_digest *digest, struct strand_span body, enum strand_dialect dialect)
{
    struct strand_fields fields;
    struct strand_field field;
    strand_fields_init(&fields, body, dialect);
    enum strand_status status = STRAND_OK;
    for (size_t off = 0; status == STRAND_OK; off = fields.off) {
        status = strand_decode_field(&fields, &field);
        if (status == STRAND_OK) {
            FUZZ_CHECK(field.raw.data == body.data + off && field.raw.len == fields.off - off && field.raw.len > 0);
            FUZZ_CHECK(fuzz_inside(field.raw, body));
            read_field(digest, &field);
        } else {
            FUZZ_CHECK(fields.off == off && (status == STRAND_END) == (off == body.len));
        }
    }
    FUZZ_CHECK(strand_decode_field(&fields, &field) == status);
    fuzz_add_status(digest, status, fields.off);
}

static void read_ext_body(struct fuzz_digest *digest, const struct strand_frame *frame, enum strand_dialect dialect)
{
    struct strand_def def;
    struct strand_diag diag;
    struct strand_span fields;
    struct strand_clock clock;
    struct strand_owner owner;
    if (frame->ext_kind == STRAND_WIRE_FRAME_DEF && strand_decode_def(frame->body, &def) == STRAND_OK) {
        FUZZ_CHECK(fuzz_inside(def.body, frame->body));
        fuzz_add(digest, def.def_kind);
        fuzz_add(digest, def.id);
        read_fields(digest, def.body, dialect);
    } else if (frame->ext_kind == STRAND_WIRE_FRAME_LOSS &&
               strand_decode_loss(frame->body, &diag, &fields) == STRAND_OK) {
        FUZZ_CHECK(fuzz_inside(fields, frame->body) && strand_status_diag(diag.code) != 0);
        fuzz_add(digest, diag.off);
        read_fields(digest, fields, dialect);
    } else if (frame->ext_kind == STRAND_WIRE_FRAME_CLOCK && strand_decode_clock(frame->body, &clock) == STRAND_OK) {
        FUZZ_CHECK(frame->body.len >= 32);
        fuzz_add(digest, clock.tick ^ clock.bracket_ns);
    } else if (frame->ext_kind == STRAND_WIRE_FRAME_OWNER && strand_decode_owner(frame->body, &owner) == STRAND_OK) {
        FUZZ_CHECK(fuzz_inside(owner.name, frame->body) && owner.name.len < frame->body.len);
        fuzz_add(digest, owner.tid);
    }
}

static void read_frame(struct fuzz_digest *digest, const struct strand_frame *frame, enum strand_dialect dialect)
{
    fuzz_add_frame(digest, frame);
    FUZZ_CHECK(frame->len >= 5 && frame->body.len < frame->len);
    switch (frame->kind) {
    case STRAND_FRAME_SYNC: FUZZ_CHECK(frame->tick != 0 || frame->nano != 0); break;
    case STRAND_FRAME_RECORD: read_fields(digest, frame->body, dialect); break;
    default: read_ext_body(digest, frame, dialect);
    }
}

static struct fuzz_digest read_strand(struct fuzz_input in, struct settings s)
{
    struct fuzz_digest digest = {0, 0};
    struct strand_decoder d;
    struct strand_frame frame;
    struct fuzz_windows windows = fuzz_windows_of(in, s.seed, s.late);
    uint64_t next = 0;
    FUZZ_CHECK(strand_decoder_init(&d, sizeof d, STRAND_ABI_VERSION) == STRAND_OK);
    if (s.has_base) {
        strand_decoder_set_base(&d, 1000, 2000);
    }
    FUZZ_CHECK(strand_decoder_feed(&d, windows.bytes, windows.end, windows.final) == STRAND_OK);
    enum strand_status status;
    while ((status = strand_decode_frame(&d, &frame)) != STRAND_END) {
        const size_t off = (size_t)strand_decoder_off(&d);
        FUZZ_CHECK(off <= windows.end && digest.answers <= 2 * in.size + 2);
        if (status == STRAND_OK) {
            FUZZ_CHECK(frame.off >= next && frame.off + frame.len == off);
            FUZZ_CHECK(memcmp(frame.body.data, in.data + off - frame.body.len, frame.body.len) == 0);
            next = off;
            read_frame(&digest, &frame, s.dialect);
        } else if (status == STRAND_MORE) {
            const size_t need = strand_decoder_need(&d);
            FUZZ_CHECK(need <= STRAND_EXT_FRAME_MAX);
            fuzz_windows_next(&windows, off, need);
            FUZZ_CHECK(strand_decoder_feed(&d, windows.bytes, windows.end - off, windows.final) == STRAND_OK);
        } else {
            FUZZ_CHECK(strand_decoder_error_off(&d) <= off && strand_status_diag(status) != 0);
            fuzz_add_status(&digest, status, strand_decoder_error_off(&d));
        }
    }
    FUZZ_CHECK(strand_decode_frame(&d, &frame) == STRAND_END);
    free(windows.bytes);
    return digest;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, size};
    const uint32_t seed = fuzz_choice(&in) + 1u;
    const uint8_t how = fuzz_choice(&in);
    struct settings settings = {how % 2 == 0 ? STRAND_DIALECT_NATIVE : STRAND_DIALECT_GO1_26, how / 2 % 2 == 1, false,
                                0};
    const struct fuzz_digest flat = read_strand(in, settings);
    settings.seed = seed;
    settings.late = how / 4 % 2 == 1;
    const struct fuzz_digest cut = read_strand(in, settings);
    FUZZ_CHECK(flat.hash == cut.hash && flat.answers == cut.answers);
    return 0;
}
