/* SPDX-License-Identifier: MIT
 *
 * test_ring.c: the byte ring against a model that keeps a list of frames.
 *
 * The model works out for itself how long a frame is, where a sync is needed, and which frames have to give way; so
 * it knows every byte position, and what a reader must find.
 */
#include "strand_ring.h"
#include "strand_test.h"
#include "strand_varint.h"

#define FRAMES_MAX 4096u
#define TEXTS_MAX 12u

struct record {
    uint64_t tick;
    uint64_t nano;
    int64_t p;
    uint64_t number;
    size_t text_len; // each record: a number, then text_count times a string of text_len
    size_t text_count;
};

struct model_frame {
    uint64_t pos;
    size_t len;
    bool sync;
    struct record record; // tick and nano of a sync too
};

struct model {
    struct model_frame frames[FRAMES_MAX];
    size_t first; // frames[first … count) are in the ring
    size_t count;
    size_t size;
    size_t room; // the stage's
    uint64_t begin;
    uint64_t end;
    uint64_t tick; // time base at begin
    uint64_t nano;
    bool has_base; // time base at end
    uint64_t end_tick;
    uint64_t end_nano;
    uint64_t records;
    uint64_t refused;
};

// A ring, its memory, and its model.
struct bench {
    struct strand_ring ring;
    struct model model;
    uint8_t *data;
    uint8_t *stage;
    uint64_t random;
};

static const char texts[] = "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz0123456789"
                            "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

static struct bench *bench_make(size_t size, size_t stage_len, uint64_t seed)
{
    struct bench *b = calloc(1, sizeof *b);
    CHECK(b != NULL);
    b->data = malloc(size);
    b->stage = malloc(stage_len);
    b->random = seed;
    b->model.size = size;
    b->model.room = stage_len < size + STRAND_SLACK ? stage_len - STRAND_SLACK : size;
    CHECK_EQ(strand_ring_init(&b->ring, sizeof b->ring, STRAND_ABI_VERSION, b->data, size, b->stage, stage_len),
             STRAND_OK);
    return b;
}

static void bench_free(struct bench *b)
{
    free(b->data);
    free(b->stage);
    free(b);
}

// ---------------------------------------------------------------------------------------------------------------
// The model

static size_t model_text_kept(const struct model *m, size_t len)
{
    return len < m->size / 8 ? len : m->size / 8;
}

static size_t model_record_len(const struct model *m, const struct record *r, uint64_t tick, uint64_t nano)
{
    const size_t kept = model_text_kept(m, r->text_len);
    const size_t cut = r->text_len - kept;
    const size_t text = 1 + strand_uvarint_len(kept) + kept + (cut > 0 ? 1 + strand_uvarint_len(cut) : 0);
    return 2 + strand_uvarint_len(r->tick - tick) + strand_uvarint_len(r->nano - nano) +
           strand_uvarint_len(strand_zigzag_encode(r->p)) + 1 + strand_uvarint_len(r->number) + r->text_count * text;
}

static void model_push(struct model *m, const struct record *r, size_t len, bool sync)
{
    if (m->count == FRAMES_MAX) {
        memmove(m->frames, m->frames + m->first, (m->count - m->first) * sizeof m->frames[0]);
        m->count -= m->first;
        m->first = 0;
    }
    CHECK(m->count < FRAMES_MAX);
    m->frames[m->count++] = (struct model_frame){.pos = m->end, .len = len, .sync = sync, .record = *r};
    m->end += len;
}

static void model_make_room(struct model *m, size_t len)
{
    while (m->size - (size_t)(m->end - m->begin) < len) {
        const struct model_frame *frame = &m->frames[m->first++];
        if (frame->sync) {
            m->tick = frame->record.tick;
            m->nano = frame->record.nano;
        }
        m->begin += frame->len;
    }
}

static enum strand_status model_write(struct model *m, struct record r)
{
    if (r.tick == 0 && r.nano == 0) {
        r.tick = 1;
        r.nano = 1;
    }
    const bool sync = !m->has_base || r.tick - m->end_tick > 2097151 || r.nano - m->end_nano > 2097151;
    const size_t len = model_record_len(m, &r, sync ? r.tick : m->end_tick, sync ? r.nano : m->end_nano);
    const size_t all = len + (sync ? 18 : 0);
    if (all > m->room) {
        m->refused++;
        return STRAND_FULL;
    }
    model_make_room(m, all);
    if (sync) {
        model_push(m, &r, 18, true);
        m->has_base = true;
        m->end_tick = r.tick;
        m->end_nano = r.nano;
    }
    model_push(m, &r, len, false);
    m->records++;
    return STRAND_OK;
}

// ---------------------------------------------------------------------------------------------------------------
// The ring beside it

static void encode_fields(struct strand_encoder *e, const struct record *r)
{
    strand_encode_uint(e, r->number);
    for (size_t i = 0; i < r->text_count; i++) {
        strand_encode_string(e, texts, r->text_len);
    }
}

static void write_record(struct bench *b, const struct record *r)
{
    struct strand_encoder *e = NULL;
    CHECK_EQ(strand_ring_begin(&b->ring, r->tick, r->nano, r->p, &e), STRAND_OK);
    encode_fields(e, r);
    CHECK_EQ(strand_ring_end(&b->ring), model_write(&b->model, *r));
}

static void check_fields(const struct model *m, const struct strand_frame *frame, const struct record *r)
{
    const size_t kept = model_text_kept(m, r->text_len);
    struct strand_fields fields;
    struct strand_field field;
    strand_fields_init(&fields, frame->body, STRAND_DIALECT_NATIVE);
    CHECK_EQ(strand_decode_field(&fields, &field), STRAND_OK);
    CHECK_EQ(field.value, r->number);
    for (size_t i = 0; i < r->text_count; i++) {
        CHECK_EQ(strand_decode_field(&fields, &field), STRAND_OK);
        CHECK_BYTES(field.data.data, field.data.len, texts, kept);
        if (kept < r->text_len) {
            CHECK_EQ(strand_decode_field(&fields, &field), STRAND_OK);
            CHECK_EQ(field.type, STRAND_WIRE_OVERFLOW);
            CHECK_EQ(field.value, r->text_len - kept);
        }
    }
    CHECK_EQ(strand_decode_field(&fields, &field), STRAND_END);
}

static void check_frame(const struct model *m, const struct strand_frame *frame, const struct model_frame *want)
{
    CHECK_EQ(frame->kind, want->sync ? STRAND_FRAME_SYNC : STRAND_FRAME_RECORD);
    CHECK_EQ(frame->off, want->pos);
    CHECK_EQ(frame->len, want->len);
    CHECK_EQ(frame->tick, want->record.tick);
    CHECK_EQ(frame->nano, want->record.nano);
    if (!want->sync) {
        CHECK_EQ(frame->p, want->record.p);
        check_fields(m, frame, &want->record);
    }
}

static void check_read(const struct model *m, const struct strand_ring_view *view)
{
    struct strand_ring_reader reader;
    struct strand_frame frame;
    uint8_t *scratch = malloc(view->size);
    CHECK_EQ(strand_ring_reader_init(&reader, sizeof reader, STRAND_ABI_VERSION, view, scratch, view->size),
             STRAND_OK);
    for (size_t i = m->first; i < m->count; i++) {
        CHECK_EQ(strand_ring_read(&reader, &frame), STRAND_OK);
        check_frame(m, &frame, &m->frames[i]);
    }
    CHECK_EQ(strand_ring_read(&reader, &frame), STRAND_END);
    CHECK_EQ(strand_ring_read(&reader, &frame), STRAND_END);
    free(scratch);
}

// The ring holds exactly what the model holds; read in place, and from a copy of its bytes.
static void check_ring(const struct bench *b)
{
    const struct model *m = &b->model;
    struct strand_ring_view view = strand_ring_view(&b->ring);
    CHECK_EQ(view.begin, m->begin);
    CHECK_EQ(view.end, m->end);
    CHECK_EQ(view.tick, m->tick);
    CHECK_EQ(view.nano, m->nano);
    CHECK_EQ(view.size, m->size);
    CHECK_EQ(strand_ring_records(&b->ring), m->records);
    CHECK_EQ(strand_ring_refused(&b->ring), m->refused);
    check_read(m, &view);
    uint8_t *copy = malloc(view.size);
    memcpy(copy, view.data, view.size);
    view.data = copy;
    check_read(m, &view);
    free(copy);
}

static uint64_t any(struct bench *b, uint64_t below)
{
    return strand_test_random(&b->random) % below;
}

// Time mostly goes on by little; sometimes it jumps, goes back, or is 0.
static struct record any_record(struct bench *b, uint64_t *tick)
{
    const uint64_t kind = any(b, 40);
    *tick += kind < 32 ? any(b, 5000) : kind < 36 ? any(b, 3000000) : kind < 38 ? any(b, (uint64_t)1 << 50) : 0;
    *tick = kind == 38 ? *tick - any(b, 100000) : kind == 39 ? 0 : *tick;
    return (struct record){
        .tick = *tick,
        .nano = any(b, 50) == 0 ? strand_test_random(&b->random) : *tick / 3,
        .p = (int64_t)any(b, 5) - 1,
        .number = strand_test_random(&b->random) >> any(b, 64),
        .text_len = (size_t)(any(b, 8) == 0 ? any(b, sizeof texts) : any(b, 20)),
        .text_count = (size_t)(any(b, 30) == 0 ? any(b, TEXTS_MAX) : any(b, 2)),
    };
}

static void drive(struct bench *b, unsigned writes, unsigned check_every)
{
    uint64_t tick = 5000;
    for (unsigned n = 0; n < writes; n++) {
        const struct record r = any_record(b, &tick);
        write_record(b, &r);
        if (n % check_every == 0) {
            check_ring(b);
        }
    }
    check_ring(b);
}

// ---------------------------------------------------------------------------------------------------------------

TEST(ring, every_size_keeps_the_newest)
{
    uint64_t refused = 0;
    for (size_t size = 256; size <= 1024; size++) {
        struct bench *b = bench_make(size, size + 64, size);
        drive(b, 600, 13);
        CHECK(b->model.begin > 4 * size); // the memory's end was passed many times
        refused += b->model.refused;
        bench_free(b);
    }
    CHECK(refused > 100); // and not everything was let in
}

TEST(ring, is_right_after_every_write)
{
    for (size_t size = 256; size < 320; size += 7) {
        struct bench *b = bench_make(size, size + 64, ~(uint64_t)size);
        drive(b, 800, 1);
        bench_free(b);
    }
}

TEST(ring, a_small_stage_refuses_and_goes_on)
{
    for (size_t stage_len = STRAND_SLACK; stage_len < 100; stage_len++) {
        struct bench *b = bench_make(500, stage_len, stage_len);
        drive(b, 200, 10);
        CHECK(b->model.refused > 0);
        bench_free(b);
    }
}

// A record of `len` bytes in all, with its sync.
static struct record record_of_len(const struct model *m, uint64_t tick, size_t len)
{
    struct record r = {.tick = tick, .nano = tick, .p = -1, .number = 1, .text_len = 1};
    while (18 + model_record_len(m, &r, tick, tick) + 8 < len) {
        r.text_count++;
    }
    while (18 + model_record_len(m, &r, tick, tick) < len) {
        r.number *= 128;
    }
    return r;
}

TEST(ring, a_record_may_fill_it_to_the_last_byte)
{
    for (size_t len = 240; len <= 260; len++) {
        struct bench *b = bench_make(256, 300, 1);
        const struct record small = {.tick = 10, .nano = 10, .p = 0, .number = 7};
        for (unsigned n = 0; n < 9; n++) {
            write_record(b, &small);
        }
        const uint64_t refused = b->model.refused;
        const struct record r = record_of_len(&b->model, 100000000, len);
        write_record(b, &r);
        CHECK_EQ(b->model.refused - refused, len > 256 ? 1 : 0);
        check_ring(b);
        write_record(b, &small);
        check_ring(b);
        bench_free(b);
    }
}

TEST(ring, a_refused_record_takes_its_sync_along)
{
    struct bench *b = bench_make(256, 64, 1);
    struct record r = {.tick = 10, .nano = 10, .p = 0, .number = 7};
    write_record(b, &r);
    r.tick = 100000000;
    r.text_count = 4;
    r.text_len = 20;
    write_record(b, &r); // needs a sync, and doesn't fit
    r.text_count = 0;
    r.tick += 5;
    write_record(b, &r); // needs the sync still
    r.tick = 12;
    write_record(b, &r);
    CHECK_EQ(b->model.refused, 1);
    CHECK_EQ(b->model.count, 6);
    check_ring(b);
    bench_free(b);
}

TEST(ring, nested_use_is_busy_and_counted)
{
    struct bench *b = bench_make(256, 128, 1);
    const struct record r = {.tick = 10, .nano = 10, .p = 3, .number = 7, .text_len = 5, .text_count = 1};
    struct strand_encoder *e = NULL;
    struct strand_encoder *nested = NULL;
    CHECK_EQ(strand_ring_begin(&b->ring, r.tick, r.nano, r.p, &e), STRAND_OK);
    strand_encode_uint(e, r.number);
    CHECK_EQ(strand_ring_begin(&b->ring, 99, 99, 9, &nested), STRAND_BUSY);
    CHECK(nested == NULL);
    strand_encode_string(e, texts, r.text_len);
    CHECK_EQ(strand_ring_end(&b->ring), model_write(&b->model, r));
    b->model.refused++;
    check_ring(b);
    CHECK_EQ(strand_ring_end(&b->ring), STRAND_NOT_OPEN);
    check_ring(b);
    bench_free(b);
}

TEST(ring, cancel_leaves_nothing)
{
    struct bench *b = bench_make(300, 128, 1);
    struct strand_encoder *e = NULL;
    struct record r = {.tick = 10, .nano = 10, .p = 3, .number = 7};
    for (unsigned n = 0; n < 100; n++) {
        CHECK_EQ(strand_ring_begin(&b->ring, r.tick + 50000000, r.nano, r.p, &e), STRAND_OK);
        encode_fields(e, &r);
        strand_ring_cancel(&b->ring);
        CHECK_EQ(strand_ring_end(&b->ring), STRAND_NOT_OPEN);
        CHECK_EQ(strand_encode_end(e), STRAND_NOT_OPEN);
        CHECK_EQ(strand_ring_begin(&b->ring, r.tick, r.nano, r.p, &e), STRAND_OK);
        strand_encode_cancel(e); // by its own encoder: the ring has nothing to commit
        CHECK_EQ(strand_ring_end(&b->ring), STRAND_NOT_OPEN);
        check_ring(b);
        r.tick += n % 7 == 0 ? 4000000 : 3;
        write_record(b, &r);
    }
    check_ring(b);
    bench_free(b);
}

TEST(ring, an_empty_ring_reads_as_nothing)
{
    struct bench *b = bench_make(256, 64, 1);
    check_ring(b);
    bench_free(b);
}

TEST(ring, extended_frames_give_way_like_records)
{
    struct bench *b = bench_make(256, 128, 1);
    struct strand_ring_reader reader;
    struct strand_frame frame;
    uint8_t scratch[256];
    for (unsigned n = 0; n < 50; n++) {
        struct strand_encoder *e = NULL;
        CHECK_EQ(strand_ring_begin(&b->ring, 10 + n, 10, -1, &e), STRAND_OK);
        if (n % 2 == 0) {
            strand_encode_begin_def(e, STRAND_DEF_KEY, 2 * n);
            strand_encode_string(e, texts, 20);
        }
        CHECK_EQ(strand_ring_end(&b->ring), STRAND_OK);
        const struct strand_ring_view view = strand_ring_view(&b->ring);
        CHECK(view.end < 256 || view.end - view.begin > 256 - 40 - 18);
        CHECK_EQ(strand_ring_reader_init(&reader, sizeof reader, STRAND_ABI_VERSION, &view, scratch, sizeof scratch),
                 STRAND_OK);
        uint64_t pos = view.begin;
        while (pos < view.end) {
            CHECK_EQ(strand_ring_read(&reader, &frame), STRAND_OK);
            CHECK_EQ(frame.off, pos);
            pos += frame.len;
        }
        CHECK_EQ(strand_ring_read(&reader, &frame), STRAND_END);
    }
    bench_free(b);
}

TEST(ring, survives_stray_writes_to_its_memory)
{
    for (unsigned fill = 0; fill < 600; fill++) {
        struct bench *b = bench_make(257, 300, fill);
        uint64_t tick = 1000;
        for (unsigned n = 0; n < 40; n++) {
            const struct record r = any_record(b, &tick);
            write_record(b, &r);
        }
        for (size_t i = 0; i < 257; i++) {
            b->data[i] = fill < 256 ? (uint8_t)fill : (uint8_t)any(b, 256);
        }
        for (unsigned n = 0; n < 40; n++) {
            const struct record r = any_record(b, &tick);
            struct strand_encoder *e = NULL;
            CHECK_EQ(strand_ring_begin(&b->ring, r.tick, r.nano, r.p, &e), STRAND_OK);
            encode_fields(e, &r);
            strand_ring_end(&b->ring);
            const struct strand_ring_view view = strand_ring_view(&b->ring);
            CHECK(view.begin <= view.end && view.end - view.begin <= view.size);
        }
        bench_free(b);
    }
}

TEST(ring, is_right_again_behind_stray_writes)
{
    struct bench *b = bench_make(256, 128, 1);
    struct record r = {.tick = 70, .nano = 80, .p = 3, .number = 7, .text_len = 20, .text_count = 1};
    for (unsigned n = 0; n < 20; n++) {
        write_record(b, &r);
    }
    r.tick = 100000000;
    write_record(b, &r);
    CHECK(b->model.tick == 70 && b->model.end_tick == 100000000);
    memset(b->data, 0xFF, 256);
    b->model.first = b->model.count; // a size of 65535 can't be: all is dropped, and only the newest time base known
    b->model.begin = b->model.end;
    b->model.tick = b->model.end_tick;
    b->model.nano = b->model.end_nano;
    r.tick += 5;
    write_record(b, &r);
    check_ring(b);
    bench_free(b);
}

TEST(ring, init_checks_its_arguments)
{
    static uint8_t data[1024];
    uint8_t stage[64];
    struct strand_ring r;
    CHECK_EQ(strand_ring_init(&r, sizeof r + 1, STRAND_ABI_VERSION, data, 1024, stage, 64), STRAND_BAD_VERSION);
    CHECK_EQ(strand_ring_init(&r, sizeof r, 0, data, 1024, stage, 64), STRAND_BAD_VERSION);
    CHECK_EQ(strand_ring_init(&r, sizeof r, STRAND_ABI_VERSION, data, 255, stage, 64), STRAND_BAD_ARGUMENT);
    CHECK_EQ(strand_ring_init(&r, sizeof r, STRAND_ABI_VERSION, data, 0x40000000u, stage, 64), STRAND_BAD_ARGUMENT);
    CHECK_EQ(strand_ring_init(&r, sizeof r, STRAND_ABI_VERSION, data, 256, NULL, 0), STRAND_OK);
}

// ---------------------------------------------------------------------------------------------------------------
// The reader

TEST(ring, a_small_scratch_is_full_at_the_straddling_frame)
{
    for (unsigned seed = 1; seed < 40; seed++) {
        struct bench *b = bench_make(300, 308, seed);
        drive(b, 150, 150);
        const struct model *m = &b->model;
        const struct strand_ring_view view = strand_ring_view(&b->ring);
        size_t at = m->first;
        while (at < m->count && m->frames[at].pos / 300 == (m->frames[at].pos + m->frames[at].len - 1) / 300) {
            at++;
        }
        const size_t straddling = at < m->count ? m->frames[at].len : 0;
        for (size_t cap = 0; cap < straddling; cap++) {
            struct strand_ring_reader reader;
            struct strand_frame frame;
            uint8_t *scratch = malloc(cap + 1);
            CHECK_EQ(strand_ring_reader_init(&reader, sizeof reader, STRAND_ABI_VERSION, &view, scratch, cap),
                     STRAND_OK);
            for (size_t i = m->first; i < at; i++) {
                CHECK_EQ(strand_ring_read(&reader, &frame), STRAND_OK);
                check_frame(m, &frame, &m->frames[i]);
            }
            CHECK_EQ(strand_ring_read(&reader, &frame), STRAND_FULL);
            CHECK_EQ(strand_ring_read(&reader, &frame), STRAND_FULL);
            free(scratch);
        }
        bench_free(b);
    }
}

TEST(ring, reader_checks_its_view)
{
    uint8_t bytes[16] = {0};
    struct strand_ring_reader r;
    const struct strand_ring_view good = {bytes, 16, 100, 116, 1, 1};
    struct strand_ring_view bad = good;
    CHECK_EQ(strand_ring_reader_init(&r, sizeof r, STRAND_ABI_VERSION, &good, NULL, 0), STRAND_OK);
    CHECK_EQ(strand_ring_reader_init(&r, sizeof r - 1, STRAND_ABI_VERSION, &good, NULL, 0), STRAND_BAD_VERSION);
    CHECK_EQ(strand_ring_reader_init(&r, sizeof r, STRAND_ABI_VERSION + 1, &good, NULL, 0), STRAND_BAD_VERSION);
    bad.size = 0;
    bad.end = bad.begin;
    CHECK_EQ(strand_ring_reader_init(&r, sizeof r, STRAND_ABI_VERSION, &bad, NULL, 0), STRAND_BAD_ARGUMENT);
    bad = good;
    bad.end = 117;
    CHECK_EQ(strand_ring_reader_init(&r, sizeof r, STRAND_ABI_VERSION, &bad, NULL, 0), STRAND_BAD_ARGUMENT);
    bad.end = 99;
    CHECK_EQ(strand_ring_reader_init(&r, sizeof r, STRAND_ABI_VERSION, &bad, NULL, 0), STRAND_BAD_ARGUMENT);
    bad = good;
    bad.size = 0x40000000u;
    CHECK_EQ(strand_ring_reader_init(&r, sizeof r, STRAND_ABI_VERSION, &bad, NULL, 0), STRAND_BAD_ARGUMENT);
}

TEST(ring, reader_tells_a_missing_base)
{
    uint8_t bytes[8] = {5, 0, 3, 4, 1, 5, 0, 0};
    uint8_t scratch[8];
    struct strand_ring_reader r;
    struct strand_frame frame;
    struct strand_ring_view view = {bytes, 8, 8, 13, 0, 0};
    strand_ring_reader_init(&r, sizeof r, STRAND_ABI_VERSION, &view, scratch, sizeof scratch);
    CHECK_EQ(strand_ring_read(&r, &frame), STRAND_NO_BASE);
    CHECK_EQ(strand_ring_reader_error_off(&r), 8);
    CHECK_EQ(strand_ring_read(&r, &frame), STRAND_OK);
    CHECK_EQ(frame.tick, 3);
    view.nano = 100;
    strand_ring_reader_init(&r, sizeof r, STRAND_ABI_VERSION, &view, scratch, sizeof scratch);
    CHECK_EQ(strand_ring_read(&r, &frame), STRAND_OK);
    CHECK_EQ(frame.nano, 104);
}

// Wherever the ring's end of memory lies in the same bytes, the answers are those of the flat bytes.
static void check_rotations(const uint8_t *flat, size_t len)
{
    for (size_t turn = 0; turn < len; turn++) {
        uint8_t *turned = malloc(len);
        uint8_t *scratch = malloc(len);
        for (size_t i = 0; i < len; i++) {
            turned[(turn + i) % len] = flat[i];
        }
        const struct strand_ring_view view = {turned, len, 3 * len + turn, 4 * len + turn, 1, 2};
        struct strand_ring_reader reader;
        struct strand_decoder d;
        strand_ring_reader_init(&reader, sizeof reader, STRAND_ABI_VERSION, &view, scratch, len);
        strand_decoder_init(&d, sizeof d, STRAND_ABI_VERSION);
        strand_decoder_set_base(&d, 1, 2);
        strand_decoder_feed(&d, flat, len, true);
        enum strand_status want = STRAND_OK;
        for (size_t n = 0; want != STRAND_END; n++) {
            struct strand_frame a = {0};
            struct strand_frame b = {0};
            CHECK(n <= len);
            want = strand_decode_frame(&d, &a);
            CHECK_EQ(strand_ring_read(&reader, &b), want);
            if (want == STRAND_OK) {
                CHECK_EQ(b.kind, a.kind);
                CHECK_EQ(b.off, a.off + view.begin);
                CHECK_EQ(b.tick, a.tick);
                CHECK_BYTES(b.body.data, b.body.len, a.body.data, a.body.len);
            } else if (want != STRAND_END) {
                CHECK_EQ(strand_ring_reader_error_off(&reader), strand_decoder_error_off(&d) + view.begin);
            }
        }
        free(turned);
        free(scratch);
    }
}

TEST(ring, reader_takes_any_bytes)
{
    uint8_t bytes[96];
    uint64_t state = 5;
    for (unsigned n = 0; n < 1500; n++) {
        const size_t len = 1 + (size_t)(strand_test_random(&state) % sizeof bytes);
        const uint64_t narrow = strand_test_random(&state) % 4;
        for (size_t i = 0; i < len; i++) {
            const uint64_t byte = strand_test_random(&state);
            bytes[i] = (uint8_t)(narrow == 0 ? 0 : narrow == 1 ? byte % 3 : narrow == 2 ? byte % 9 : byte);
        }
        if (narrow == 0 && n % 8 > 3) {
            bytes[strand_test_random(&state) % len] = 7; // zeros with a fault
        }
        check_rotations(bytes, len);
    }
}
