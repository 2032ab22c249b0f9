/* SPDX-License-Identifier: MIT
 *
 * strand_test_file.h: stream files for tests: written with numbered records, and read back as a list of what came.
 *
 * Record n says n and then a string whose length and letter follow from n, so whatever comes back can be checked
 * whole. The reader is given each wanted range in an allocation of its own, so that a sanitizer sees a byte too many.
 */
#ifndef STRAND_TEST_FILE_H
#define STRAND_TEST_FILE_H

#include "strand_bytes.h"
#include "strand_reader.h"
#include "strand_test.h"
#include "strand_writer.h"

#define TEST_BLOCK 4096u
#define TEST_PAYLOAD (TEST_BLOCK - STRAND_BLOCK_HEADER_LEN)

// ---------------------------------------------------------------------------------------------------------------
// Writing

static inline struct strand_file_header test_file_header(uint8_t kind, uint32_t block_count)
{
    struct strand_file_header h;
    memset(&h, 0, sizeof h);
    h.kind = kind;
    h.block_size = TEST_BLOCK;
    h.block_count = block_count;
    h.tick_num = 1;
    h.tick_den = 1;
    return h;
}

/* Makes the checksum of a changed file header right again. */
static inline void test_reseal_header(uint8_t *header)
{
    memset(header + 16, 0, 4);
    strand_store_u32(header + 16, strand_crc32c(0, header, strand_load_u32(header + 8)));
}

#define TEST_RING_LEN(blocks) (STRAND_FILE_HEADER_RING + (size_t)(blocks)*TEST_BLOCK)

/* Memory of a file: aligned, zeros. */
static inline uint8_t *test_memory(size_t len)
{
    void *mem = calloc(len / 8 + 1, 8);
    CHECK(mem != NULL);
    return mem;
}

static inline struct strand_writer test_start(const struct strand_file_header *h, uint8_t *mem, size_t len)
{
    struct strand_writer w;
    memset(&w, 0x5A, sizeof w);
    CHECK_EQ(strand_writer_init(&w, sizeof w, STRAND_ABI_VERSION, mem, len, h, NULL, NULL), STRAND_OK);
    return w;
}

static inline struct strand_writer test_start_ring(uint8_t *mem, uint32_t blocks)
{
    const struct strand_file_header h = test_file_header(STRAND_KIND_RECORDS, blocks);
    return test_start(&h, mem, TEST_RING_LEN(blocks));
}

static inline size_t test_string_len(uint64_t n)
{
    return (size_t)(n * 37 % 211);
}

static inline char test_letter(uint64_t n)
{
    return (char)('a' + n % 26);
}

static inline void test_encode(struct strand_encoder *e, uint64_t n)
{
    char text[256];
    memset(text, test_letter(n), sizeof text);
    strand_encode_uint(e, n);
    strand_encode_string(e, text, test_string_len(n));
}

/* Writes record n by the protocol. Returns: what the last end said. */
static inline enum strand_status test_write(struct strand_writer *w, uint64_t n)
{
    enum strand_status status;
    do {
        struct strand_encoder *e = NULL;
        status = strand_writer_begin(w, 1000 + n * 10, 5000 + n * 7, (int64_t)(n % 3) - 1, &e);
        if (status != STRAND_OK) {
            return status;
        }
        test_encode(e, n);
        status = strand_writer_end(w);
    } while (status == STRAND_AGAIN);
    return status;
}

/* A record that fits no block. */
static inline enum strand_status test_write_oversize(struct strand_writer *w)
{
    static uint8_t junk[TEST_BLOCK];
    struct strand_encoder *e = NULL;
    enum strand_status status = strand_writer_begin(w, 1, 1, -1, &e);
    if (status == STRAND_OK) {
        strand_encode_raw(e, junk, sizeof junk);
        status = strand_writer_end(w);
    }
    return status;
}

/* A file in memory. */
struct test_file {
    uint8_t *data;
    size_t len;
};

/* A file that grows, of records 0 … count - 1. */
static inline struct test_file test_grown(uint64_t count, size_t blocks, bool close)
{
    const struct strand_file_header h = test_file_header(STRAND_KIND_RECORDS, 0);
    const size_t room = STRAND_FILE_FIXED_LEN + blocks * TEST_BLOCK;
    struct test_file file = {test_memory(room), 0};
    struct strand_writer w = test_start(&h, file.data, room);
    for (uint64_t n = 0; n < count; n++) {
        CHECK_EQ(test_write(&w, n), STRAND_OK);
    }
    if (close) {
        CHECK_EQ(strand_writer_close(&w, 1, 1), STRAND_OK);
    }
    file.len = strand_writer_len(&w);
    CHECK(file.len <= room);
    return file;
}

/* A ring of records 0 … count - 1. */
static inline struct test_file test_ring(uint32_t blocks, uint64_t count)
{
    const struct test_file file = {test_memory(TEST_RING_LEN(blocks)), TEST_RING_LEN(blocks)};
    struct strand_writer w = test_start_ring(file.data, blocks);
    for (uint64_t n = 0; n < count; n++) {
        CHECK_EQ(test_write(&w, n), STRAND_OK);
    }
    return file;
}

static inline struct test_file test_copy(const uint8_t *data, size_t len)
{
    struct test_file copy = {test_memory(len), len};
    if (len > 0) {
        memcpy(copy.data, data, len);
    }
    return copy;
}

// ---------------------------------------------------------------------------------------------------------------
// Reading

#define TEST_ITEMS 4096u

struct test_item {
    enum strand_item_kind kind;
    uint64_t number; /* of the record; type of the event; kind of the frame */
    uint64_t off;
    uint64_t len;
    uint64_t seq;
    uint64_t tick;
    uint64_t nano;
    struct strand_diag diag;
};

struct test_result {
    size_t count;
    struct test_item items[TEST_ITEMS];
    enum strand_status status; /* STRAND_END, or why it is no section */
    enum strand_verdict verdict;
    uint64_t wanted; /* bytes */
    uint64_t wants;
};

/* Number of a record, all of which is checked. */
static inline uint64_t test_number(const struct strand_frame *frame)
{
    struct strand_fields fields;
    struct strand_field field;
    strand_fields_init(&fields, frame->body, STRAND_DIALECT_NATIVE);
    CHECK_EQ(strand_decode_field(&fields, &field), STRAND_OK);
    CHECK_EQ(field.type, STRAND_WIRE_UINT);
    const uint64_t n = field.value;
    CHECK_EQ(strand_decode_field(&fields, &field), STRAND_OK);
    CHECK_EQ(field.type, STRAND_WIRE_STRING);
    CHECK_EQ(field.data.len, test_string_len(n));
    for (size_t i = 0; i < field.data.len; i++) {
        CHECK_EQ(field.data.data[i], (uint8_t)test_letter(n));
    }
    CHECK_EQ(strand_decode_field(&fields, &field), STRAND_END);
    CHECK_EQ(frame->p, (int64_t)(n % 3) - 1);
    return n;
}

static inline void test_note(struct test_result *result, const struct strand_item *item, bool numbered)
{
    CHECK(result->count < TEST_ITEMS);
    struct test_item *to = &result->items[result->count++];
    memset(to, 0, sizeof *to);
    to->kind = item->kind;
    to->seq = item->seq;
    switch (item->kind) {
    case STRAND_ITEM_RECORD:
        to->number = numbered ? test_number(&item->frame) : 0;
        to->off = item->frame.off;
        to->len = item->frame.len;
        to->tick = item->frame.tick;
        to->nano = item->frame.nano;
        break;
    case STRAND_ITEM_FRAME:
        to->number = item->frame.ext_kind;
        to->off = item->frame.off;
        break;
    case STRAND_ITEM_EVENT:
        to->number = item->event.type;
        to->off = item->event.off;
        to->tick = item->event.tick;
        break;
    case STRAND_ITEM_DIAG: to->diag = item->diag; break;
    default: break;
    }
}

/* Runs a reader over file[0 … file_len), of which it may want [start, end). */
static inline void test_run(struct strand_reader *r, const uint8_t *file, uint64_t start, uint64_t end, bool numbered,
                            struct test_result *result)
{
    uint8_t *given = NULL;
    struct strand_item item;
    memset(&item, 0, sizeof item);
    result->count = 0;
    result->wanted = 0;
    result->wants = 0;
    for (;;) {
        result->status = strand_reader_next(r, &item);
        if (result->status == STRAND_MORE) {
            const struct strand_want want = strand_reader_want(r);
            CHECK(want.len > 0 && want.len <= STRAND_BLOCK_MAX);
            CHECK(want.off >= start && want.off < end && want.len <= end - want.off);
            result->wanted += want.len;
            result->wants++;
            free(given);
            given = malloc(want.len);
            CHECK(given != NULL);
            memcpy(given, file + want.off, want.len);
            strand_reader_supply(r, given);
            continue;
        }
        if (result->status != STRAND_OK) {
            break;
        }
        test_note(result, &item, numbered);
    }
    free(given);
    result->verdict = result->status == STRAND_END ? strand_reader_verdict(r) : 0;
}

static inline void test_read(const uint8_t *file, uint64_t start, uint64_t end, struct test_result *result)
{
    struct strand_reader r;
    CHECK_EQ(strand_reader_init(&r, sizeof r, STRAND_ABI_VERSION, start, end), STRAND_OK);
    test_run(&r, file, start, end, true, result);
}

static inline uint64_t test_count(const struct test_result *result, enum strand_item_kind kind)
{
    uint64_t count = 0;
    for (size_t i = 0; i < result->count; i++) {
        count += result->items[i].kind == kind ? 1 : 0;
    }
    return count;
}

/* How often a diagnostic was given. */
static inline uint64_t test_told(const struct test_result *result, enum strand_status code)
{
    uint64_t count = 0;
    for (size_t i = 0; i < result->count; i++) {
        count += result->items[i].kind == STRAND_ITEM_DIAG && result->items[i].diag.code == code ? 1 : 0;
    }
    return count;
}

/* Records that were told lost with this code. */
static inline uint64_t test_lost(const struct test_result *result, enum strand_status code)
{
    uint64_t records = 0;
    for (size_t i = 0; i < result->count; i++) {
        if (result->items[i].kind == STRAND_ITEM_DIAG && result->items[i].diag.code == code) {
            CHECK_EQ(result->items[i].diag.kind, STRAND_DIAG_LOST);
            CHECK(result->items[i].diag.records_known && result->items[i].diag.exact_known);
            records += result->items[i].diag.records;
        }
    }
    return records;
}

/* Records that came. Checks that their numbers grow, and that where some are missing the loss in front says exactly
 * how many. Returns: number of the record that would come next. */
static inline uint64_t test_check_loss(const struct test_result *result)
{
    uint64_t next = 0;
    for (size_t i = 0; i < result->count; i++) {
        const struct test_item *item = &result->items[i];
        if (item->kind == STRAND_ITEM_DIAG && item->diag.kind == STRAND_DIAG_LOST &&
            item->diag.code != STRAND_REFUSED && item->diag.exact) {
            next += item->diag.records;
        }
        if (item->kind == STRAND_ITEM_RECORD) {
            CHECK_EQ(item->number, next);
            CHECK_EQ(item->tick, 1000 + next * 10);
            next++;
        }
    }
    return next;
}

#endif
