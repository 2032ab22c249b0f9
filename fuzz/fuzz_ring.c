/* SPDX-License-Identifier: MIT
 *
 * fuzz_ring.c: byte rings, in two ways.
 *
 *     memory … │ begin, length, tick, nano, scratch │ 0      a ring as it is found in a dump: any bytes, any numbers.
 *     script … │ sizes │ 1                                   a ring that is written and read again and again.
 *
 * A found ring must read like its bytes put in a row. A written one must hold the newest records, all of them that
 * there is room for, and count the others.
 */
#include "fuzz.h"
#include "strand_ring.h"

// ---------------------------------------------------------------------------------------------------------------
// A ring that was found

// The first `limit` answers for the ring's bytes in a row.
static struct fuzz_digest read_row(const struct strand_ring_view *view, uint64_t limit)
{
    struct fuzz_digest digest = {0, 0};
    struct strand_decoder d;
    struct strand_frame frame;
    const size_t len = (size_t)(view->end - view->begin);
    uint8_t *row = malloc(len > 0 ? len : 1);
    FUZZ_CHECK(row != NULL);
    for (size_t i = 0; i < len; i++) {
        row[i] = view->data[(view->begin + i) % view->size];
    }
    FUZZ_CHECK(strand_decoder_init(&d, sizeof d, STRAND_ABI_VERSION) == STRAND_OK);
    strand_decoder_set_off(&d, view->begin);
    if (view->tick != 0 || view->nano != 0) {
        strand_decoder_set_base(&d, view->tick, view->nano);
    }
    FUZZ_CHECK(strand_decoder_feed(&d, row, len, true) == STRAND_OK);
    while (digest.answers < limit) {
        const enum strand_status status = strand_decode_frame(&d, &frame);
        if (status == STRAND_OK) {
            fuzz_add_frame(&digest, &frame);
        } else {
            fuzz_add_status(&digest, status, status == STRAND_END ? 0 : strand_decoder_error_off(&d));
        }
    }
    free(row);
    return digest;
}

static void read_found(struct strand_ring_reader *r, const struct strand_ring_view *view, size_t scratch_cap)
{
    struct fuzz_digest digest = {0, 0};
    struct strand_frame frame;
    enum strand_status status = STRAND_OK;
    while (status != STRAND_END && status != STRAND_FULL) {
        status = strand_ring_read(r, &frame);
        FUZZ_CHECK(digest.answers <= 2 * view->size + 2);
        if (status == STRAND_OK) {
            fuzz_add_frame(&digest, &frame);
        } else if (status != STRAND_FULL) {
            fuzz_add_status(&digest, status, status == STRAND_END ? 0 : strand_ring_reader_error_off(r));
        }
    }
    FUZZ_CHECK(status == STRAND_END || scratch_cap < view->size);
    FUZZ_CHECK(strand_ring_read(r, &frame) == status);
    FUZZ_CHECK(read_row(view, digest.answers).hash == digest.hash);
}

static void find(struct fuzz_input in)
{
    struct strand_ring_view view = {.begin = fuzz_choice_u64(&in)};
    const uint64_t len = fuzz_choice_u16(&in);
    const uint8_t scratch_choice = fuzz_choice(&in);
    view.tick = fuzz_choice(&in);
    view.nano = fuzz_choice_u64(&in);
    view.size = in.size;
    view.end = view.begin + len;
    const size_t scratch_cap = scratch_choice < 128 ? in.size : scratch_choice - 128u;
    uint8_t *memory = fuzz_copy(in.data, in.size);
    uint8_t *scratch = malloc(scratch_cap > 0 ? scratch_cap : 1);
    FUZZ_CHECK(scratch != NULL);
    view.data = memory;
    struct strand_ring_reader r;
    const bool good = view.size > 0 && view.end >= view.begin && len <= view.size;
    const enum strand_status status =
        strand_ring_reader_init(&r, sizeof r, STRAND_ABI_VERSION, &view, scratch, scratch_cap);
    FUZZ_CHECK(status == (good ? STRAND_OK : STRAND_BAD_ARGUMENT));
    if (good) {
        read_found(&r, &view, scratch_cap);
    }
    free(scratch);
    free(memory);
}

// ---------------------------------------------------------------------------------------------------------------
// A ring that is written

#define RECORDS_MAX 400
#define FRAMES_MAX 1000
#define STRING_MAX 256

struct written {
    uint64_t tick, nano;
    int64_t p;
    size_t string_len;
};

struct script {
    struct fuzz_input in;
    struct strand_ring ring;
    size_t ring_size;
    struct written records[RECORDS_MAX];
    size_t count;
    uint64_t refused;
    uint64_t tick, nano;
    uint64_t offs[FRAMES_MAX]; // of the frames that the last reading found
    size_t off_count;
};

static const char text[STRING_MAX + 1] =
    "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ+-"
    "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMN"
    "OPQRSTUVWXYZ+-abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ+-"
    "abcdefghijklmnopqrstuvwxyz0123456789"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ+-";

static void check_record(const struct strand_frame *frame, const struct written *record, uint64_t serial,
                         size_t limit)
{
    struct strand_fields fields;
    struct strand_field field;
    const size_t kept = record->string_len < limit ? record->string_len : limit;
    FUZZ_CHECK(frame->tick == record->tick && frame->nano == record->nano && frame->p == record->p);
    strand_fields_init(&fields, frame->body, STRAND_DIALECT_NATIVE);
    FUZZ_CHECK(strand_decode_field(&fields, &field) == STRAND_OK);
    FUZZ_CHECK(field.type == STRAND_WIRE_UINT && field.value == serial);
    FUZZ_CHECK(strand_decode_field(&fields, &field) == STRAND_OK);
    FUZZ_CHECK(field.type == STRAND_WIRE_STRING && field.data.len == kept &&
               memcmp(field.data.data, text, kept) == 0);
    if (kept < record->string_len) {
        FUZZ_CHECK(strand_decode_field(&fields, &field) == STRAND_OK);
        FUZZ_CHECK(field.type == STRAND_WIRE_OVERFLOW && field.value == record->string_len - kept);
    }
    FUZZ_CHECK(strand_decode_field(&fields, &field) == STRAND_END);
}

static size_t count_records(const struct strand_ring_view *view)
{
    struct strand_ring_reader r;
    struct strand_frame frame;
    size_t count = 0;
    uint8_t *scratch = fuzz_copy(view->data, view->size);
    FUZZ_CHECK(strand_ring_reader_init(&r, sizeof r, STRAND_ABI_VERSION, view, scratch, view->size) == STRAND_OK);
    while (strand_ring_read(&r, &frame) == STRAND_OK) {
        count += frame.kind == STRAND_FRAME_RECORD ? 1 : 0;
    }
    free(scratch);
    return count;
}

// The frame before the oldest that is there now made room because it had to.
static void check_nothing_dropped_early(const struct script *s, const struct strand_ring_view *view)
{
    uint64_t dropped = view->begin;
    for (size_t i = 0; i < s->off_count && s->offs[i] < view->begin; i++) {
        dropped = s->offs[i];
    }
    FUZZ_CHECK(dropped == view->begin || view->end - dropped > view->size);
}

static void check_ring(struct script *s)
{
    const struct strand_ring_view view = strand_ring_view(&s->ring);
    FUZZ_CHECK(view.end - view.begin <= view.size && view.size == s->ring_size);
    FUZZ_CHECK(strand_ring_records(&s->ring) == s->count && strand_ring_refused(&s->ring) == s->refused);
    check_nothing_dropped_early(s, &view);
    struct strand_ring_reader r;
    struct strand_frame frame;
    uint8_t *scratch = fuzz_copy(view.data, view.size);
    FUZZ_CHECK(strand_ring_reader_init(&r, sizeof r, STRAND_ABI_VERSION, &view, scratch, view.size) == STRAND_OK);
    const size_t there = count_records(&view);
    FUZZ_CHECK(there <= s->count && (there > 0 || s->count == 0));
    size_t next = s->count - there;
    s->off_count = 0;
    enum strand_status status;
    while ((status = strand_ring_read(&r, &frame)) == STRAND_OK) {
        FUZZ_CHECK(s->off_count < FRAMES_MAX);
        s->offs[s->off_count++] = frame.off;
        if (frame.kind == STRAND_FRAME_RECORD) {
            check_record(&frame, &s->records[next], next, view.size / 8);
            next++;
        }
    }
    FUZZ_CHECK(status == STRAND_END && next == s->count);
    free(scratch);
}

static void write_record(struct script *s)
{
    struct strand_encoder *e;
    struct written *record = &s->records[s->count];
    const uint8_t how = fuzz_next(&s->in);
    s->tick += fuzz_next_u64(&s->in);
    s->nano += how % 2 == 0 ? fuzz_next(&s->in) : fuzz_next_u64(&s->in);
    *record = (struct written){.tick = s->tick, .nano = s->nano};
    record->p = (int64_t)fuzz_next_u64(&s->in);
    record->string_len = fuzz_next(&s->in);
    FUZZ_CHECK(strand_ring_begin(&s->ring, record->tick, record->nano, record->p, &e) == STRAND_OK);
    if (record->tick == 0 && record->nano == 0) {
        record->tick = 1;
        record->nano = 1;
    }
    strand_encode_uint(e, s->count);
    strand_encode_string(e, text, record->string_len);
    if (how / 2 % 8 == 1) {
        struct strand_encoder *nested;
        FUZZ_CHECK(strand_ring_begin(&s->ring, 1, 1, 1, &nested) == STRAND_BUSY);
        s->refused++;
    }
    if (how / 2 % 8 == 2) {
        strand_ring_cancel(&s->ring);
        FUZZ_CHECK(strand_ring_end(&s->ring) == STRAND_NOT_OPEN);
        return;
    }
    const enum strand_status status = strand_ring_end(&s->ring);
    FUZZ_CHECK(status == STRAND_OK || status == STRAND_FULL);
    s->count += status == STRAND_OK ? 1 : 0;
    s->refused += status == STRAND_FULL ? 1 : 0;
}

static void write_and_read(struct fuzz_input in)
{
    static struct script s;
    s = (struct script){.ring_size = STRAND_RING_MIN + fuzz_choice(&in) * 3u};
    const size_t stage_len = fuzz_choice(&in) * 2u;
    s.in = in;
    uint8_t *memory = malloc(s.ring_size);
    uint8_t *stage = malloc(stage_len > 0 ? stage_len : 1);
    FUZZ_CHECK(memory != NULL && stage != NULL);
    memset(memory, 0xA5, s.ring_size);
    FUZZ_CHECK(strand_ring_init(&s.ring, sizeof s.ring, STRAND_ABI_VERSION, memory, s.ring_size, stage, stage_len) ==
               STRAND_OK);
    while (s.in.size > 0 && s.count < RECORDS_MAX) {
        write_record(&s);
        check_ring(&s);
    }
    free(stage);
    free(memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, size};
    if (fuzz_choice(&in) % 2 == 0) {
        find(in);
    } else {
        write_and_read(in);
    }
    return 0;
}
