/* SPDX-License-Identifier: MIT
 *
 * test_decode.c: bytes → frames. A reading is written down as text, one word for each answer of the decoder:
 *
 *     sync@0(100,200)                  frame @ offset (tick, nano)
 *     record@18+7(100,201,-1)[0501]    @ offset + length (tick, nano, P) [body]
 *     ext7/0@25+8[]                    kind / flags
 *     !bad-size@33                     bad input @ offset
 *
 * and must be the same however the bytes are cut into windows.
 */
#include "strand_decode.h"
#include "strand_hex.h"

#define SYNC "0000 6400000000000000 C800000000000000 |"
#define ZERO_SYNC "0000 0000000000000000 0000000000000000 |"
#define SYNC_READ "sync@0(100,200)"

struct reading {
    size_t len;
    char text[8192];
};

static void add_text(struct reading *r, const char *text)
{
    const size_t len = strlen(text);
    CHECK(r->len + len + 2 < sizeof r->text);
    memcpy(r->text + r->len, r->len > 0 ? " " : "", 1);
    r->len += r->len > 0 ? 1 : 0;
    memcpy(r->text + r->len, text, len + 1);
    r->len += len;
}

static void add_bad(struct reading *r, enum strand_status status, uint64_t off)
{
    char text[80];
    snprintf(text, sizeof text, "!%s@%llu", strand_status_slug(status), (unsigned long long)off);
    add_text(r, text);
}

static void add_frame(struct reading *r, const struct strand_frame *f)
{
    char text[400], body[64] = "";
    const unsigned long long off = f->off, len = f->len, tick = f->tick, nano = f->nano;
    size_t used = 0;
    for (size_t i = 0; i < f->body.len && f->body.len <= 16; i++) {
        used += (size_t)snprintf(body + used, sizeof body - used, "%02X", f->body.data[i]);
    }
    if (f->body.len > 16) {
        snprintf(body, sizeof body, "%zu bytes", f->body.len);
    }
    switch (f->kind) {
    case STRAND_FRAME_SYNC:
        CHECK_EQ(f->len, STRAND_SYNC_LEN);
        CHECK_EQ(f->p, -1);
        snprintf(text, sizeof text, "sync@%llu(%llu,%llu)", off, tick, nano);
        break;
    case STRAND_FRAME_RECORD:
        CHECK_EQ(f->ext_kind + f->ext_flags, 0);
        snprintf(text, sizeof text, "record@%llu+%llu(%llu,%llu,%lld)[%s]", off, len, tick, nano, (long long)f->p,
                 body);
        break;
    default:
        CHECK_EQ(f->kind, STRAND_FRAME_EXT);
        CHECK_EQ(f->p, -1);
        snprintf(text, sizeof text, "ext%u/%u@%llu+%llu[%s]", f->ext_kind, f->ext_flags, off, len, body);
    }
    add_text(r, text);
}

// ---------------------------------------------------------------------------------------------------------------
// Reading through windows

struct windows {
    size_t first; // bytes of the first window
    size_t step;  // bytes of the others, where less would do
    bool late;    // `final` is said only when the decoder asks for more than there is
};

// A window is a block of its own, so that sanitizers see what is read beside it.
static uint8_t *feed(struct strand_decoder *d, uint8_t *old, const uint8_t *bytes, size_t len, bool final)
{
    uint8_t *block = malloc(len > 0 ? len : 1);
    if (len > 0) {
        memcpy(block, bytes, len);
    }
    CHECK_EQ(strand_decoder_feed(d, len > 0 ? block : NULL, len, final), STRAND_OK);
    free(old);
    return block;
}

static void read_on(struct strand_decoder *d, const uint8_t *bytes, size_t len, struct windows w, struct reading *r)
{
    size_t end = w.first < len ? w.first : len;
    uint8_t *block = feed(d, NULL, bytes, end, end == len && !w.late);
    for (;;) {
        struct strand_frame frame;
        const enum strand_status status = strand_decode_frame(d, &frame);
        const size_t off = (size_t)strand_decoder_off(d);
        if (status == STRAND_END) {
            CHECK_EQ(strand_decode_frame(d, &frame), STRAND_END);
            break;
        }
        if (status == STRAND_MORE) {
            const size_t need = strand_decoder_need(d);
            CHECK(off <= end && need > end - off && need <= STRAND_EXT_FRAME_MAX);
            const size_t want = need > w.step ? need : w.step;
            end = len - off < want ? len : off + want;
            block = feed(d, block, bytes + off, end - off, w.late ? need > len - off : end == len);
        } else if (status == STRAND_OK) {
            CHECK_EQ(off, frame.off + frame.len);
            CHECK_BYTES(frame.body.data, frame.body.len, bytes + off - frame.body.len, frame.body.len);
            add_frame(r, &frame);
        } else {
            add_bad(r, status, strand_decoder_error_off(d));
        }
    }
    free(block);
}

static void read_windows(const uint8_t *bytes, size_t len, struct windows w, struct reading *r)
{
    struct strand_decoder d;
    r->len = 0;
    r->text[0] = '\0';
    CHECK_EQ(strand_decoder_init(&d, sizeof d, STRAND_ABI_VERSION), STRAND_OK);
    read_on(&d, bytes, len, w, r);
}

static void read_flat(const uint8_t *bytes, size_t len, struct reading *r)
{
    read_windows(bytes, len, (struct windows){len, 0, false}, r);
}

static void check_same(const struct reading *got, const struct reading *want)
{
    CHECK_BYTES(got->text, got->len, want->text, want->len);
}

// Every first window, the rest as small as can be; and windows of every size.
static void check_every_split(const uint8_t *bytes, size_t len, const struct reading *want)
{
    struct reading got;
    for (size_t cut = 0; cut <= len; cut++) {
        read_windows(bytes, len, (struct windows){cut, len, false}, &got);
        check_same(&got, want);
        read_windows(bytes, len, (struct windows){cut, 1, true}, &got);
        check_same(&got, want);
        read_windows(bytes, len, (struct windows){cut, cut, false}, &got);
        check_same(&got, want);
    }
}

#define CHECK_READ(bytes, want)                                                                                      \
    do {                                                                                                             \
        const struct strand_hex hex = strand_hex_of(bytes);                                                          \
        struct reading got;                                                                                          \
        read_flat(hex.data, hex.len, &got);                                                                          \
        CHECK_BYTES(got.text, got.len, want, strlen(want));                                                          \
        check_every_split(hex.data, hex.len, &got);                                                                  \
    } while (0)

// ---------------------------------------------------------------------------------------------------------------
// Frames as they should be

TEST(decode, records_behind_a_sync)
{
    CHECK_READ("", "");
    CHECK_READ(SYNC "05 00 00 00 01", SYNC_READ " record@18+5(100,200,-1)[]");
    CHECK_READ(SYNC "08 00 05 01 06 05 AC 02 | 06 00 03 00 00 02",
               SYNC_READ " record@18+8(105,201,3)[05AC02] record@26+6(103,200,0)[02]");
}

TEST(decode, headers_may_be_padded_and_wide)
{
    CHECK_READ(SYNC "0A 00 85 80 00 81 00 81 80 00", SYNC_READ " record@18+10(105,201,-1)[]");
    CHECK_READ(SYNC "17 00 FF FF FF FF FF FF FF FF FF 01 | 01 | FE FF FF FF FF FF FF FF FF 01",
               SYNC_READ " record@18+23(99,201,9223372036854775807)[]");
    CHECK_READ(SYNC "0E 00 00 00 FF FF FF FF FF FF FF FF FF 01",
               SYNC_READ " record@18+14(100,200,-9223372036854775808)[]");
}

TEST(decode, a_sync_may_go_back)
{
    CHECK_READ(SYNC "0000 0100000000000000 0000000000000000 | 05 00 01 01 01",
               SYNC_READ " sync@18(1,0) record@36+5(2,1,-1)[]");
}

TEST(decode, extended_frames_are_delivered)
{
    CHECK_READ("01 00 01 00 0A 00 00 00 AA BB | 01 00 06 00 09 00 00 00 07 | 01 00 07 00 08 00 00 00",
               "ext1/0@0+10[AABB] ext6/0@10+9[07] ext7/0@19+8[]");
    CHECK_READ("01 00 00 00 08 00 00 00 | 01 00 08 02 08 00 00 00 | 01 00 FF FE 09 00 00 00 01",
               "ext0/0@0+8[] ext8/2@8+8[] ext255/254@16+9[01]");
}

TEST(decode, known_frames_may_be_marked_critical)
{
    CHECK_READ("01 00 01 01 08 00 00 00 | 01 00 07 FF 08 00 00 00", "ext1/1@0+8[] ext7/255@8+8[]");
}

TEST(decode, frames_may_follow_the_end_frame)
{
    CHECK_READ(SYNC "01 00 07 00 08 00 00 00 | 05 00 00 00 01", SYNC_READ " ext7/0@18+8[] record@26+5(100,200,-1)[]");
}

TEST(decode, a_large_record_is_a_record)
{
    CHECK_READ(SYNC "01 00 05 00 0D 00 00 00 | 01 02 03 05 07", SYNC_READ " record@18+13(101,202,-2)[0507]");
    CHECK_READ("01 00 05 00 0B 00 00 00 | 01 02 03", "!no-base@0 record@0+11(1,2,-2)[]");
    CHECK_READ("01 00 05 00 08 00 00 00 | 01 00 05 00 0A 00 00 00 81 82 | 01 00 07 00 08 00 00 00",
               "!bad-header@0 !bad-header@8 ext7/0@18+8[]");
}

TEST(decode, a_large_record_of_more_than_64_kib)
{
    enum { LEN = 70000 };
    static uint8_t bytes[LEN + 5] = {0x01, 0x00, 0x05, 0x00, LEN & 255, LEN >> 8 & 255, LEN >> 16, 0x00};
    memcpy(bytes + LEN, "\x05\x00\x00\x00\x01", 5);
    struct reading want, got;
    read_flat(bytes, sizeof bytes, &want);
    CHECK(strcmp(want.text, "!no-base@0 record@0+70000(0,0,0)[69989 bytes] record@70000+5(0,0,-1)[]") == 0);
    read_windows(bytes, sizeof bytes, (struct windows){1, 1, false}, &got);
    check_same(&got, &want);
}

// ---------------------------------------------------------------------------------------------------------------
// What is wrong

TEST(decode, sizes_2_to_4_end_the_strand)
{
    CHECK_READ("02 00", "!bad-size@0");
    CHECK_READ(SYNC "03 00 00 | 05 00 00 00 01", SYNC_READ " !bad-size@18");
    CHECK_READ(SYNC "05 00 00 00 01 | 04 00 00 00 | 05 00 00 00 01",
               SYNC_READ " record@18+5(100,200,-1)[] !bad-size@23");
}

TEST(decode, extended_lengths_out_of_range_end_the_strand)
{
    CHECK_READ("01 00 01 00 07 00 00 00 00 00", "!bad-ext-length@0");
    CHECK_READ("01 00 01 00 00 00 00 00", "!bad-ext-length@0");
    CHECK_READ(SYNC "01 00 01 00 01 00 10 00 | 05 00 00 00 01", SYNC_READ " !bad-ext-length@18");
    CHECK_READ("01 00 09 01 FF FF FF FF", "!bad-ext-length@0");
    CHECK_READ("01 00 01 00 00 00 10 00 | 05 00 00 00 01", "!frame-past-end@0");
}

TEST(decode, a_frame_past_the_end_ends_the_strand)
{
    CHECK_READ("05", "!frame-past-end@0");
    CHECK_READ("00", "!frame-past-end@0");
    CHECK_READ("06 00 00 00 01", "!frame-past-end@0");
    CHECK_READ("FF FF 00 00 01", "!frame-past-end@0");
    CHECK_READ("00 00 00 00 00 00 00 00 00 01", "!frame-past-end@0");
    CHECK_READ("01 00 01 00 08 00 00", "!frame-past-end@0");
    CHECK_READ("01 00 01 00 0A 00 00 00 00", "!frame-past-end@0");
    CHECK_READ(SYNC "05 00 00 00 01 | 00", SYNC_READ " record@18+5(100,200,-1)[] !frame-past-end@23");
    CHECK_READ(SYNC "0000 6400000000000000 C8000000000000", SYNC_READ " !frame-past-end@18");
}

TEST(decode, unknown_critical_frames_end_the_strand)
{
    CHECK_READ(SYNC "01 00 08 01 09 00 00 00 00 | 05 00 00 00 01", SYNC_READ " !critical-frame@18");
    CHECK_READ("01 00 00 FF 08 00 00 00", "!critical-frame@0");
    CHECK_READ("01 00 08 01 0A 00 00 00 00", "!frame-past-end@0");
}

TEST(decode, a_bad_header_costs_its_record)
{
    CHECK_READ(SYNC "05 00 81 82 83 | 05 00 00 00 01", SYNC_READ " !bad-header@18 record@23+5(100,200,-1)[]");
    CHECK_READ(SYNC "05 00 00 00 81 | 06 00 81 00 80 80 | 05 00 00 00 01",
               SYNC_READ " !bad-header@18 !bad-header@23 record@29+5(100,200,-1)[]");
    CHECK_READ(SYNC "0F 00 80 80 80 80 80 80 80 80 80 80 00 00 01 | 05 00 00 00 01",
               SYNC_READ " !bad-header@18 record@33+5(100,200,-1)[]");
    CHECK_READ(SYNC "0E 00 00 80 80 80 80 80 80 80 80 80 02 01 | 05 00 00 00 01",
               SYNC_READ " !bad-header@18 record@32+5(100,200,-1)[]");
}

TEST(decode, a_record_before_any_sync_is_told_once)
{
    CHECK_READ("05 00 03 04 01 | 05 00 05 06 01 |" ZERO_SYNC "05 00 00 00 01",
               "!no-base@0 record@0+5(3,4,-1)[] record@5+5(5,6,-1)[] !zero-sync@10 record@28+5(0,0,-1)[]");
    CHECK_READ("05 00 81 82 83 | 01 00 01 00 08 00 00 00 | 05 00 00 00 01",
               "!bad-header@0 ext1/0@5+8[] !no-base@13 record@13+5(0,0,-1)[]");
}

TEST(decode, a_base_that_was_given_is_one)
{
    const struct strand_hex hex = strand_hex_of("05 00 03 04 01 |" SYNC "05 00 00 00 01");
    for (size_t cut = 0; cut <= hex.len; cut++) {
        struct strand_decoder d;
        struct reading got = {0, ""};
        CHECK_EQ(strand_decoder_init(&d, sizeof d, STRAND_ABI_VERSION), STRAND_OK);
        strand_decoder_set_base(&d, UINT64_MAX, 10);
        read_on(&d, hex.data, hex.len, (struct windows){cut, 1, false}, &got);
        CHECK(strcmp(got.text, "record@0+5(2,14,-1)[] sync@5(100,200) record@23+5(100,200,-1)[]") == 0);
    }
}

// ---------------------------------------------------------------------------------------------------------------
// Zeros

TEST(decode, a_sync_of_zeros_states_no_time)
{
    CHECK_READ(SYNC ZERO_SYNC "05 00 01 01 01", SYNC_READ " !zero-sync@18 record@36+5(101,201,-1)[]");
    CHECK_READ(ZERO_SYNC ZERO_SYNC ZERO_SYNC SYNC, "!zero-sync@0 sync@54(100,200)");
    CHECK_READ(ZERO_SYNC "05 00 01 01 01", "!zero-sync@0 !no-base@18 record@18+5(1,1,-1)[]");
    CHECK_READ(ZERO_SYNC "02 00", "!zero-sync@0 !bad-size@18");
    CHECK_READ(ZERO_SYNC "00 00 01", "!zero-sync@0 !frame-past-end@18");
}

TEST(decode, each_run_of_zero_syncs_is_told)
{
    CHECK_READ(ZERO_SYNC "01 00 01 00 08 00 00 00 |" ZERO_SYNC ZERO_SYNC "01 00 01 00 08 00 00 00",
               "!zero-sync@0 ext1/0@18+8[] !zero-sync@26 ext1/0@62+8[]");
}

TEST(decode, zeros_to_the_end_are_a_fill)
{
    CHECK_READ("00 00", "!zero-fill@0");
    CHECK_READ(ZERO_SYNC, "!zero-fill@0");
    CHECK_READ(ZERO_SYNC "00", "!zero-fill@0");
    CHECK_READ(SYNC ZERO_SYNC ZERO_SYNC "00 00 00", SYNC_READ " !zero-fill@18");
    CHECK_READ(ZERO_SYNC "05 00 00 00 01 00 00 00", "!zero-sync@0 !no-base@18 record@18+5(0,0,-1)[] !zero-fill@23");
}

TEST(decode, a_page_of_zeros_is_one_fill)
{
    static const uint8_t zeros[4096];
    for (size_t step = 0; step < 100; step++) {
        struct reading got;
        read_windows(zeros, sizeof zeros, (struct windows){step, step, step % 2 == 0}, &got);
        CHECK(strcmp(got.text, "!zero-fill@0") == 0);
    }
}

// ---------------------------------------------------------------------------------------------------------------
// The whole input at once, read naively: what every way of reading must agree with

static bool model_varint(const uint8_t *bytes, size_t len, size_t *pos, uint64_t *ret_value)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < 10 && *pos < len; i++) {
        const uint64_t group = bytes[*pos] & 127u;
        if (i == 9 && group > 1) {
            return false;
        }
        value |= group << (7 * i);
        if (bytes[(*pos)++] < 128) {
            *ret_value = value;
            return true;
        }
    }
    return false;
}

static uint64_t model_number(const uint8_t *bytes, size_t len)
{
    return len == 0 ? 0 : bytes[0] + 256 * model_number(bytes + 1, len - 1);
}

static bool model_zeros(const uint8_t *bytes, size_t len)
{
    return len == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, len - 1) == 0);
}

struct model {
    const uint8_t *bytes;
    size_t len;
    size_t pos;
    bool has_base;
    uint64_t tick, nano;
    struct reading *r;
};

// The frame at pos, whose body begins at body_at.
static void model_add(const struct model *m, struct strand_frame frame, size_t len, size_t body_at)
{
    frame.off = m->pos;
    frame.len = len;
    frame.body = (struct strand_span){m->bytes + body_at, m->pos + len - body_at};
    add_frame(m->r, &frame);
}

static void model_record(struct model *m, size_t header_len, size_t len)
{
    uint64_t tick, nano, p;
    size_t at = m->pos + header_len;
    const size_t end = m->pos + len;
    if (!model_varint(m->bytes, end, &at, &tick) || !model_varint(m->bytes, end, &at, &nano) ||
        !model_varint(m->bytes, end, &at, &p)) {
        add_bad(m->r, STRAND_BAD_HEADER, m->pos);
        return;
    }
    if (!m->has_base) {
        add_bad(m->r, STRAND_NO_BASE, m->pos);
        m->has_base = true;
    }
    struct strand_frame frame = {.kind = STRAND_FRAME_RECORD, .tick = m->tick + tick, .nano = m->nano + nano};
    frame.p = (int64_t)((p & 1) != 0 ? ~(p >> 1) : p >> 1);
    model_add(m, frame, len, at);
}

static void model_sync(struct model *m)
{
    m->has_base = true;
    m->tick = model_number(m->bytes + m->pos + 2, 8);
    m->nano = model_number(m->bytes + m->pos + 10, 8);
    const struct strand_frame frame = {.kind = STRAND_FRAME_SYNC, .tick = m->tick, .nano = m->nano, .p = -1};
    model_add(m, frame, 18, m->pos + 18);
}

static void model_ext(struct model *m, size_t len)
{
    const uint8_t *at = m->bytes + m->pos;
    const struct strand_frame frame = {.kind = STRAND_FRAME_EXT, .ext_kind = at[2], .ext_flags = at[3], .p = -1};
    if (at[2] == STRAND_WIRE_FRAME_LARGE) {
        model_record(m, 8, len);
    } else {
        model_add(m, frame, len, m->pos + 8);
    }
}

// Length of the frame at pos, or 0 with what is wrong with it.
static size_t model_length(const struct model *m, enum strand_status *ret_status)
{
    const uint8_t *at = m->bytes + m->pos;
    const size_t left = m->len - m->pos;
    const size_t size = left < 2 ? 5 : (size_t)model_number(at, 2);
    size_t len = size == 0 ? 18 : size;
    *ret_status = STRAND_FRAME_PAST_END;
    if (size == 1) {
        len = left < 8 ? 8 : (size_t)model_number(at + 4, 4);
    }
    if ((size > 1 && size < 5) || len < 8 * (size == 1) || len > STRAND_EXT_FRAME_MAX) {
        *ret_status = size == 1 ? STRAND_BAD_EXT_LENGTH : STRAND_BAD_SIZE;
        return 0;
    }
    if (len > left) {
        return 0;
    }
    *ret_status = STRAND_CRITICAL_FRAME;
    return size == 1 && (at[2] == 0 || at[2] > 7) && (at[3] & 1) != 0 ? 0 : len;
}

static void model_read(const uint8_t *bytes, size_t len, struct reading *r)
{
    struct model m = {bytes, len, 0, false, 0, 0, r};
    r->len = 0;
    r->text[0] = '\0';
    while (m.pos < len) {
        enum strand_status status = STRAND_ZERO_FILL;
        const bool fill = len - m.pos >= 2 && model_zeros(bytes + m.pos, len - m.pos);
        const size_t frame_len = fill ? 0 : model_length(&m, &status);
        if (frame_len == 0) {
            add_bad(r, status, m.pos);
            return;
        }
        if (frame_len == 18 && model_zeros(bytes + m.pos, 18)) {
            add_bad(r, STRAND_ZERO_SYNC, m.pos);
            while (len - m.pos >= 36 && model_zeros(bytes + m.pos + 18, 18)) {
                m.pos += 18;
            }
        } else if (bytes[m.pos] == 0 && bytes[m.pos + 1] == 0) {
            model_sync(&m);
        } else if (bytes[m.pos] == 1 && bytes[m.pos + 1] == 0) {
            model_ext(&m, frame_len);
        } else {
            model_record(&m, 2, frame_len);
        }
        m.pos += frame_len;
    }
}

TEST(decode, zero_runs_of_every_length_and_split)
{
    const char *tails[] = {"", "05 00 00 00 01", "01 00 07 00 08 00 00 00", "FF", SYNC};
    for (size_t tail = 0; tail < sizeof tails / sizeof tails[0]; tail++) {
        for (size_t count = 1; count <= 60; count++) {
            const struct strand_hex head = strand_hex_of(SYNC "05 00 00 00 01");
            const struct strand_hex rest = strand_hex_of(tails[tail]);
            uint8_t bytes[128] = {0};
            struct reading want, got;
            memcpy(bytes, head.data, head.len);
            memcpy(bytes + head.len + count, rest.data, rest.len);
            const size_t len = head.len + count + rest.len;
            model_read(bytes, len, &want);
            read_flat(bytes, len, &got);
            check_same(&got, &want);
            check_every_split(bytes, len, &want);
            if (tail == 0) {
                CHECK(strstr(got.text, count == 1 ? "!frame-past-end@23" : "!zero-fill@23") != NULL);
            }
        }
    }
}

// Everything that may stand in a strand without ending it.
static const char everything[] =
    "01 00 08 00 09 00 00 00 FF | 05 00 81 82 83 | 07 00 03 04 01 05 07 |" ZERO_SYNC SYNC
    "05 00 00 00 01 | 0E 00 85 80 00 81 00 06 08 03 61 62 63 02 |" ZERO_SYNC ZERO_SYNC
    "01 00 01 00 0A 00 00 00 00 00 | 01 00 02 00 0E 00 00 00 01 02 08 02 66 64 |"
    "01 00 03 00 0E 00 00 00 01 40 01 00 05 00 |"
    "01 00 04 00 28 00 00 00 0100000000000000 0200000000000000 0300000000000000"
    "0400000000000000 | 01 00 06 00 0C 00 00 00 07 61 62 63 |"
    "01 00 05 00 0E 00 00 00 01 02 03 04 05 06 | 0000 0000000000000000 0100000000000000 |"
    "06 00 09 09 00 01 | 01 00 07 00 08 00 00 00 | 05 00 00 00 00 |";

// What can end it, or not.
static const char *const endings[] = {"",
                                      "05",
                                      "00",
                                      "00 00 00",
                                      ZERO_SYNC "00",
                                      ZERO_SYNC "01",
                                      "02 00 00 00",
                                      "06 00 00 00 01",
                                      "01 00 01 00 07 00 00 00",
                                      "01 00 01 00 00 01 00 00 00",
                                      "01 00 C8 01 08 00 00 00 | 05 00 00 00 01",
                                      "0000 6400000000000000"};
#define ENDING_COUNT (sizeof endings / sizeof endings[0])

static size_t build(uint8_t *to, size_t ending)
{
    const struct strand_hex head = strand_hex_of(everything);
    const struct strand_hex tail = strand_hex_of(endings[ending]);
    memcpy(to, head.data, head.len);
    memcpy(to + head.len, tail.data, tail.len);
    return head.len + tail.len;
}

TEST(decode, windows_cut_anywhere_change_nothing)
{
    for (size_t ending = 0; ending < ENDING_COUNT; ending++) {
        uint8_t bytes[512];
        const size_t len = build(bytes, ending);
        struct reading want, got;
        model_read(bytes, len, &want);
        read_flat(bytes, len, &got);
        check_same(&got, &want);
        check_every_split(bytes, len, &want);
    }
}

TEST(decode, everything_reads_as_it_was_written)
{
    CHECK_READ(everything,
               "ext8/0@0+9[FF] !bad-header@9 !no-base@14 record@14+7(3,4,-1)[0507] !zero-sync@21 sync@39(100,200) "
               "record@57+5(100,200,-1)[] record@62+14(105,201,3)[080361626302] !zero-sync@76 ext1/0@112+10[0000] "
               "ext2/0@122+14[010208026664] ext3/0@136+14[014001000500] ext4/0@150+40[32 bytes] "
               "ext6/0@190+12[07616263] record@202+14(101,202,-2)[040506] sync@216(0,1) record@234+6(9,10,0)[01] "
               "ext7/0@240+8[] record@248+5(0,1,0)[]");
}

TEST(decode, truncation_at_every_byte_keeps_what_is_whole)
{
    uint8_t bytes[512];
    const size_t len = build(bytes, 0);
    struct reading whole;
    read_flat(bytes, len, &whole);
    for (size_t cut = 0; cut < len; cut++) {
        struct reading want, got;
        model_read(bytes, cut, &want);
        read_flat(bytes, cut, &got);
        check_same(&got, &want);
        // What is read is how the whole one begins, but for one word about the cut.
        const char *about_the_cut = strstr(got.text, "!frame-past-end");
        about_the_cut = about_the_cut != NULL ? about_the_cut : strstr(got.text, "!zero-fill");
        const size_t common = about_the_cut != NULL ? (size_t)(about_the_cut - got.text) : got.len;
        CHECK_BYTES(got.text, common, whole.text, common);
        CHECK(about_the_cut == NULL || strchr(about_the_cut, ' ') == NULL);
    }
}

TEST(decode, damaged_strands_read_as_the_model_says)
{
    uint64_t seed = 1;
    for (int i = 0; i < 30000; i++) {
        uint8_t bytes[512];
        size_t len = build(bytes, strand_test_random(&seed) % ENDING_COUNT);
        for (uint64_t hits = strand_test_random(&seed) % 4; hits > 0; hits--) {
            const size_t at = strand_test_random(&seed) % len;
            const size_t run = 1 + strand_test_random(&seed) % 24;
            const uint64_t how = strand_test_random(&seed);
            for (size_t k = at; k < at + run && k < len; k++) {
                bytes[k] = how % 3 == 0 ? 0 : bytes[k];
            }
            bytes[at] = how % 3 == 1 ? (uint8_t)(how >> 32) : bytes[at];
            bytes[at] ^= (uint8_t)(how % 3 == 2 ? 1u << (how >> 32) % 8 : 0u);
        }
        len -= strand_test_random(&seed) % 3 == 0 ? strand_test_random(&seed) % len : 0;
        struct reading want, got;
        const size_t step = strand_test_random(&seed) % 64;
        model_read(bytes, len, &want);
        read_flat(bytes, len, &got);
        check_same(&got, &want);
        read_windows(bytes, len, (struct windows){step, step, i % 2 == 0}, &got);
        check_same(&got, &want);
    }
}

// ---------------------------------------------------------------------------------------------------------------
// States

static enum strand_status read_one(struct strand_decoder *d, const char *bytes, bool final)
{
    static struct strand_hex hex;
    struct strand_frame frame;
    hex = strand_hex_of(bytes);
    CHECK_EQ(strand_decoder_init(d, sizeof *d, STRAND_ABI_VERSION), STRAND_OK);
    CHECK_EQ(strand_decoder_feed(d, hex.data, hex.len, final), STRAND_OK);
    return strand_decode_frame(d, &frame);
}

TEST(decode, init_and_feed_check_their_arguments)
{
    struct strand_decoder d;
    const uint8_t byte = 0;
    CHECK_EQ(strand_decoder_init(&d, sizeof d + 1, STRAND_ABI_VERSION), STRAND_BAD_VERSION);
    CHECK_EQ(strand_decoder_init(&d, sizeof d, STRAND_ABI_VERSION + 1), STRAND_BAD_VERSION);
    CHECK_EQ(strand_decoder_init(&d, sizeof d, STRAND_ABI_VERSION), STRAND_OK);
    CHECK_EQ(strand_decoder_feed(&d, &byte, (size_t)1 << 30, true), STRAND_BAD_ARGUMENT);
    struct strand_frame frame;
    CHECK_EQ(strand_decode_frame(&d, &frame), STRAND_MORE);
}

TEST(decode, need_says_how_much)
{
    const struct {
        const char *bytes;
        size_t need;
    } cases[] = {{"", 2},
                 {"05", 2},
                 {"00", 18},
                 {"00 00", 18},
                 {"00 01", 256},
                 {ZERO_SYNC, 2},
                 {"06 00 00", 6},
                 {"01 00", 8},
                 {"01 00 01 00 14 00 00 00 01", 20},
                 {"FF FF", 65535},
                 {"01 00 05 00 00 00 10 00", STRAND_EXT_FRAME_MAX}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct strand_decoder d;
        CHECK_EQ(read_one(&d, cases[i].bytes, false), STRAND_MORE);
        CHECK_EQ(strand_decoder_need(&d), cases[i].need);
    }
}

TEST(decode, what_ended_the_strand_is_told_once)
{
    const struct {
        const char *bytes;
        enum strand_status status;
    } cases[] = {{"02 00", STRAND_BAD_SIZE},
                 {"01 00 01 00 07 00 00 00", STRAND_BAD_EXT_LENGTH},
                 {"05 00", STRAND_FRAME_PAST_END},
                 {"00 00", STRAND_ZERO_FILL},
                 {"01 00 00 01 08 00 00 00", STRAND_CRITICAL_FRAME},
                 {"", STRAND_END}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct strand_decoder d;
        struct strand_frame frame;
        const uint8_t record[] = {5, 0, 0, 0, 1};
        CHECK_EQ(read_one(&d, cases[i].bytes, true), cases[i].status);
        CHECK_EQ(strand_decode_frame(&d, &frame), STRAND_END);
        CHECK_EQ(strand_decoder_feed(&d, record, sizeof record, true), STRAND_OK);
        CHECK_EQ(strand_decode_frame(&d, &frame), STRAND_END);
        CHECK_EQ(strand_decode_frame(&d, &frame), STRAND_END);
    }
}

TEST(decode, offsets_count_from_where_they_were_set)
{
    struct strand_decoder d;
    struct strand_frame frame;
    const struct strand_hex hex = strand_hex_of("05 00 00 00 01 |" ZERO_SYNC "05 00 81 81 81 | 02 00");
    CHECK_EQ(strand_decoder_init(&d, sizeof d, STRAND_ABI_VERSION), STRAND_OK);
    strand_decoder_set_off(&d, 1000);
    CHECK_EQ(strand_decoder_off(&d), 1000);
    CHECK_EQ(strand_decoder_feed(&d, hex.data, hex.len, true), STRAND_OK);
    CHECK_EQ(strand_decode_frame(&d, &frame), STRAND_NO_BASE);
    CHECK_EQ(strand_decoder_error_off(&d), 1000);
    CHECK_EQ(strand_decode_frame(&d, &frame), STRAND_OK);
    CHECK_EQ(frame.off, 1000);
    CHECK_EQ(strand_decoder_off(&d), 1005);
    CHECK_EQ(strand_decode_frame(&d, &frame), STRAND_ZERO_SYNC);
    CHECK_EQ(strand_decoder_error_off(&d), 1005);
    strand_decoder_set_off(&d, UINT64_MAX);
    CHECK_EQ(strand_decode_frame(&d, &frame), STRAND_BAD_HEADER);
    CHECK_EQ(strand_decoder_error_off(&d), UINT64_MAX);
    CHECK_EQ(strand_decode_frame(&d, &frame), STRAND_BAD_SIZE);
    CHECK_EQ(strand_decoder_error_off(&d), 4);
}
