/* SPDX-License-Identifier: MIT
 *
 * test_writer.c: the three geometries, what is refused, how blocks open and close, and what isn't a record.
 */
#include "strand_hex.h"
#include "strand_test_file.h"

static const uint8_t *block_at(const uint8_t *mem, size_t header_len, size_t slot)
{
    return mem + header_len + slot * TEST_BLOCK;
}

// ---------------------------------------------------------------------------------------------------------------
// Geometries

TEST(writer, a_file_that_grows_comes_back_whole)
{
    static struct test_result got;
    const struct test_file file = test_grown(300, 12, true);
    test_read(file.data, 0, file.len, &got);
    CHECK_EQ(got.verdict, STRAND_VERDICT_CLOSED);
    CHECK_EQ(test_check_loss(&got), 300);
    CHECK_EQ(test_count(&got, STRAND_ITEM_RECORD), 300);
    CHECK_EQ(test_count(&got, STRAND_ITEM_DIAG), 0);
    CHECK(test_count(&got, STRAND_ITEM_BLOCK) > 5);
    CHECK_EQ(got.wanted, file.len);
    free(file.data);
}

TEST(writer, a_full_file_refuses_and_its_last_block_says_so)
{
    static struct test_result got;
    const struct strand_file_header h = test_file_header(STRAND_KIND_RECORDS, 0);
    const size_t len = STRAND_FILE_FIXED_LEN + 2 * TEST_BLOCK + 100;
    uint8_t *mem = test_memory(len);
    struct strand_writer w = test_start(&h, mem, len);
    uint64_t n = 0;
    while (test_write(&w, n) == STRAND_OK) {
        n++;
    }
    CHECK_EQ(test_write_oversize(&w), STRAND_FULL);
    CHECK_EQ(strand_writer_records(&w), n);
    CHECK_EQ(strand_writer_refused(&w), 2);
    CHECK_EQ(strand_writer_len(&w), len - 100);
    CHECK_EQ(strand_writer_close(&w, 1, 1), STRAND_OK);
    test_read(mem, 0, strand_writer_len(&w), &got);
    CHECK_EQ(test_check_loss(&got), n);
    CHECK_EQ(test_lost(&got, STRAND_REFUSED), 2);
    CHECK_EQ(got.verdict, STRAND_VERDICT_CLOSED);
    free(mem);
}

TEST(writer, a_ring_keeps_the_newest_and_counts_the_rest)
{
    static struct test_result got;
    for (uint32_t blocks = 2; blocks <= 5; blocks++) {
        for (uint64_t count = 0; count <= 1500; count += 97) {
            uint8_t *mem = test_memory(TEST_RING_LEN(blocks));
            struct strand_writer w = test_start_ring(mem, blocks);
            for (uint64_t n = 0; n < count; n++) {
                CHECK_EQ(test_write(&w, n), STRAND_OK);
            }
            CHECK_EQ(strand_writer_len(&w), TEST_RING_LEN(blocks));
            test_read(mem, 0, TEST_RING_LEN(blocks), &got);
            CHECK_EQ(got.verdict, STRAND_VERDICT_OPEN);
            CHECK_EQ(test_check_loss(&got), count);
            CHECK_EQ(test_lost(&got, STRAND_OVERWRITTEN) + test_count(&got, STRAND_ITEM_RECORD), count);
            CHECK_EQ(test_count(&got, STRAND_ITEM_DIAG), test_told(&got, STRAND_OVERWRITTEN));
            CHECK_EQ(strand_writer_close(&w, 1, 1), STRAND_OK);
            test_read(mem, 0, TEST_RING_LEN(blocks), &got);
            CHECK_EQ(got.verdict, STRAND_VERDICT_CLOSED);
            CHECK_EQ(test_check_loss(&got), count);
            free(mem);
        }
    }
}

struct sunk {
    struct test_file file;
    uint64_t calls;
    uint64_t refuse; /* bit n: the n-th call is refused */
};

static bool sink(void *context, const uint8_t *bytes, size_t len)
{
    struct sunk *to = context;
    if (to->refuse >> to->calls++ % 64 & 1) {
        return false;
    }
    memcpy(to->file.data + to->file.len, bytes, len);
    to->file.len += len;
    return true;
}

static struct strand_writer start_sink(uint8_t *mem, struct sunk *to, uint64_t refuse)
{
    const struct strand_file_header h = test_file_header(STRAND_KIND_RECORDS, 0);
    to->file.data = test_memory(100 * TEST_BLOCK);
    to->file.len = 0;
    to->calls = 0;
    to->refuse = refuse;
    struct strand_writer w;
    CHECK_EQ(
        strand_writer_init(&w, sizeof w, STRAND_ABI_VERSION, mem, STRAND_FILE_FIXED_LEN + TEST_BLOCK, &h, sink, to),
        STRAND_OK);
    return w;
}

TEST(writer, a_sink_gets_the_same_bytes_as_memory)
{
    struct sunk to;
    uint8_t *mem = test_memory(STRAND_FILE_FIXED_LEN + TEST_BLOCK);
    struct strand_writer w = start_sink(mem, &to, 0);
    for (uint64_t n = 0; n < 300; n++) {
        CHECK_EQ(test_write(&w, n), STRAND_OK);
    }
    CHECK_EQ(strand_writer_close(&w, 1, 1), STRAND_OK);
    const struct test_file file = test_grown(300, 12, true);
    CHECK_EQ(to.file.len, file.len);
    for (size_t off = STRAND_FILE_FIXED_LEN; off < file.len; off += TEST_BLOCK) {
        const size_t used = STRAND_BLOCK_HEADER_LEN + strand_load_u32(file.data + off + 20);
        CHECK_BYTES(to.file.data + off, used, file.data + off, used);
    }
    free(file.data);
    free(to.file.data);
    free(mem);
}

TEST(writer, what_a_sink_does_not_take_is_counted_by_the_reader)
{
    static struct test_result got;
    for (uint64_t refuse = 0; refuse < 32; refuse++) {
        struct sunk to;
        uint8_t *mem = test_memory(STRAND_FILE_FIXED_LEN + TEST_BLOCK);
        struct strand_writer w = start_sink(mem, &to, refuse);
        for (uint64_t n = 0; n < 300; n++) {
            CHECK_EQ(test_write(&w, n), STRAND_OK);
        }
        CHECK_EQ(strand_writer_close(&w, 1, 1), STRAND_OK);
        test_read(to.file.data, 0, to.file.len, &got);
        CHECK_EQ(test_check_loss(&got), 300);
        CHECK_EQ(got.verdict, STRAND_VERDICT_CLOSED);
        CHECK_EQ(test_lost(&got, STRAND_MISSING_BLOCKS) + test_count(&got, STRAND_ITEM_RECORD), 300);
        uint64_t failures = 0;
        for (uint64_t bits = refuse; bits > 0; bits /= 2) {
            failures += bits % 2;
        }
        CHECK_EQ(strand_writer_sink_failures(&w), failures);
        free(to.file.data);
        free(mem);
    }
}

TEST(writer, flush_hands_over_what_is_there)
{
    static struct test_result got;
    struct sunk to;
    uint8_t *mem = test_memory(STRAND_FILE_FIXED_LEN + TEST_BLOCK);
    struct strand_writer w = start_sink(mem, &to, 0x20);
    CHECK_EQ(strand_writer_flush(&w), STRAND_OK);
    CHECK_EQ(to.file.len, 0);
    for (uint64_t n = 0; n < 3; n++) {
        CHECK_EQ(test_write(&w, n), STRAND_OK);
        CHECK_EQ(strand_writer_flush(&w), STRAND_OK);
        CHECK_EQ(strand_writer_flush(&w), STRAND_OK);
        CHECK_EQ(to.file.len, STRAND_FILE_FIXED_LEN + (n + 1) * TEST_BLOCK);
        test_read(to.file.data, 0, to.file.len, &got);
        CHECK_EQ(test_count(&got, STRAND_ITEM_RECORD), n + 1);
        CHECK_EQ(test_count(&got, STRAND_ITEM_DIAG), 0);
    }
    CHECK_EQ(test_write(&w, 3), STRAND_OK);
    CHECK_EQ(strand_writer_flush(&w), STRAND_OK);
    CHECK_EQ(test_write(&w, 4), STRAND_OK);
    CHECK_EQ(strand_writer_flush(&w), STRAND_FULL);
    CHECK_EQ(strand_writer_sink_failures(&w), 1);
    CHECK_EQ(strand_writer_close(&w, 1, 1), STRAND_OK);
    test_read(to.file.data, 0, to.file.len, &got);
    CHECK_EQ(test_count(&got, STRAND_ITEM_RECORD), 4);
    CHECK_EQ(test_lost(&got, STRAND_MISSING_BLOCKS), 1);
    free(to.file.data);
    free(mem);
}

TEST(writer, flush_without_a_sink_does_nothing)
{
    uint8_t *mem = test_memory(TEST_RING_LEN(2));
    struct strand_writer w = test_start_ring(mem, 2);
    struct test_file before;
    CHECK_EQ(test_write(&w, 0), STRAND_OK);
    before = test_copy(mem, TEST_RING_LEN(2));
    CHECK_EQ(strand_writer_flush(&w), STRAND_OK);
    CHECK_BYTES(mem, TEST_RING_LEN(2), before.data, before.len);
    free(before.data);
    free(mem);
}

// ---------------------------------------------------------------------------------------------------------------
// Blocks

TEST(writer, the_bytes_of_a_closed_file)
{
    const struct strand_file_header h = test_file_header(STRAND_KIND_RECORDS, 0);
    uint8_t *mem = test_memory(STRAND_FILE_FIXED_LEN + TEST_BLOCK);
    struct strand_writer w = test_start(&h, mem, STRAND_FILE_FIXED_LEN + TEST_BLOCK);
    struct strand_encoder *e = NULL;
    strand_writer_set_owner(&w, 300, "main", 4);
    CHECK_EQ(strand_writer_begin(&w, 16, 32, -1, &e), STRAND_OK);
    strand_encode_bool(e, true);
    CHECK_EQ(strand_writer_end(&w), STRAND_OK);
    CHECK_EQ(strand_writer_close(&w, 17, 33), STRAND_OK);
    const uint8_t *block = block_at(mem, STRAND_FILE_FIXED_LEN, 0);
    CHECK_HEX(block, 56,
              "F553424B 08 01 0300 | 0100000000000000 | C00F0000 2E000000 | 1000000000000000"
              "| 0000000000000000 | 0000000000000000 | 0000000000000000");
    CHECK_HEX(block + STRAND_BLOCK_HEADER_LEN, 46,
              "0000 1000000000000000 2000000000000000 | 0100 06 00 0E000000 AC02 6D61696E | 0600 00 00 01 02"
              "| 0100 07 00 08000000");
    free(mem);
}

TEST(writer, every_block_opens_with_its_owner)
{
    static struct test_result got;
    static const char name[] = "a name that is longer than thirty-two bytes";
    uint8_t *mem = test_memory(TEST_RING_LEN(3));
    struct strand_writer w = test_start_ring(mem, 3);
    strand_writer_set_owner(&w, 7, name, sizeof name - 1);
    for (uint64_t n = 0; n < 400; n++) {
        CHECK_EQ(test_write(&w, n), STRAND_OK);
    }
    test_read(mem, 0, TEST_RING_LEN(3), &got);
    size_t owners = 0;
    for (size_t i = 0; i + 1 < got.count; i++) {
        if (got.items[i].kind == STRAND_ITEM_BLOCK) {
            CHECK_EQ(got.items[i + 1].kind, STRAND_ITEM_FRAME);
            CHECK_EQ(got.items[i + 1].number, STRAND_WIRE_FRAME_OWNER);
            owners++;
        }
    }
    CHECK_EQ(owners, 3);
    const uint8_t *payload = block_at(mem, STRAND_FILE_HEADER_RING, 0) + STRAND_BLOCK_HEADER_LEN;
    CHECK_EQ(strand_load_u32(payload + STRAND_SYNC_LEN + 4), STRAND_EXT_HEADER_LEN + 1 + STRAND_OWNER_NAME_MAX);
    free(mem);
}

TEST(writer, room_for_end_is_kept_in_every_block)
{
    static struct test_result got;
    static uint8_t junk[TEST_BLOCK];
    for (size_t spare = 0; spare < 20; spare++) { // bytes of the block that a record leaves
        const struct strand_file_header h = test_file_header(STRAND_KIND_RECORDS, 0);
        uint8_t *mem = test_memory(STRAND_FILE_FIXED_LEN + TEST_BLOCK);
        struct strand_writer w = test_start(&h, mem, STRAND_FILE_FIXED_LEN + TEST_BLOCK);
        struct strand_encoder *e = NULL;
        CHECK_EQ(strand_writer_begin(&w, 1, 1, -1, &e), STRAND_OK);
        strand_encode_raw(e, junk, TEST_PAYLOAD - STRAND_SYNC_LEN - 5 - spare);
        CHECK_EQ(strand_writer_end(&w), spare < 8 ? STRAND_FULL : STRAND_OK);
        CHECK_EQ(strand_writer_close(&w, 1, 1), STRAND_OK);
        struct strand_reader r;
        CHECK_EQ(strand_reader_init(&r, sizeof r, STRAND_ABI_VERSION, 0, strand_writer_len(&w)), STRAND_OK);
        test_run(&r, mem, 0, strand_writer_len(&w), false, &got);
        CHECK_EQ(got.verdict, STRAND_VERDICT_CLOSED);
        CHECK_EQ(test_count(&got, STRAND_ITEM_RECORD), spare < 8 ? 0 : 1);
        CHECK_EQ(test_lost(&got, STRAND_REFUSED), spare < 8 ? 1 : 0);
        free(mem);
    }
}

TEST(writer, strings_are_cut_at_an_eighth_of_the_payload)
{
    static char text[TEST_BLOCK];
    memset(text, 'x', sizeof text);
    uint8_t *mem = test_memory(TEST_RING_LEN(2));
    struct strand_writer w = test_start_ring(mem, 2);
    struct strand_encoder *e = NULL;
    CHECK_EQ(strand_writer_begin(&w, 1, 1, -1, &e), STRAND_OK);
    strand_encode_string(e, text, 600);
    CHECK_EQ(strand_writer_end(&w), STRAND_OK);
    const uint8_t *record = block_at(mem, STRAND_FILE_HEADER_RING, 0) + STRAND_BLOCK_HEADER_LEN + STRAND_SYNC_LEN;
    CHECK_HEX(record, 8, "0202 00 00 01 08 F803");
    CHECK_HEX(record + 8 + TEST_PAYLOAD / 8, 2, "0A 60");
    free(mem);
}

TEST(writer, a_strand_without_records_has_one_empty_block)
{
    static struct test_result got;
    const struct test_file file = test_grown(0, 3, true);
    CHECK_EQ(file.len, STRAND_FILE_FIXED_LEN + TEST_BLOCK);
    test_read(file.data, 0, file.len, &got);
    CHECK_EQ(got.count, 1);
    CHECK_EQ(got.items[0].kind, STRAND_ITEM_BLOCK);
    CHECK_EQ(got.verdict, STRAND_VERDICT_CLOSED);
    free(file.data);
}

TEST(writer, a_clock_that_starts_at_zero_starts_at_one)
{
    static struct test_result got;
    const struct strand_file_header h = test_file_header(STRAND_KIND_RECORDS, 0);
    uint8_t *mem = test_memory(STRAND_FILE_FIXED_LEN + TEST_BLOCK);
    struct strand_writer w = test_start(&h, mem, STRAND_FILE_FIXED_LEN + TEST_BLOCK);
    struct strand_encoder *e = NULL;
    CHECK_EQ(strand_writer_begin(&w, 0, 0, -1, &e), STRAND_OK);
    CHECK_EQ(strand_writer_end(&w), STRAND_OK);
    struct strand_reader r;
    CHECK_EQ(strand_reader_init(&r, sizeof r, STRAND_ABI_VERSION, 0, strand_writer_len(&w)), STRAND_OK);
    test_run(&r, mem, 0, strand_writer_len(&w), false, &got);
    CHECK_EQ(got.count, 2);
    CHECK_EQ(got.items[1].tick, 1);
    CHECK_EQ(got.items[1].nano, 1);
    CHECK_EQ(strand_load_u64(mem + STRAND_FILE_FIXED_LEN + 24), 1);
    free(mem);
}

// ---------------------------------------------------------------------------------------------------------------
// What is refused

TEST(writer, nested_use_is_refused_and_counted_at_once)
{
    static struct test_result got;
    uint8_t *mem = test_memory(TEST_RING_LEN(2));
    struct strand_writer w = test_start_ring(mem, 2);
    struct strand_encoder *e = NULL, *nested = NULL;
    CHECK_EQ(strand_writer_begin(&w, 1000, 5000, -1, &e), STRAND_OK);
    CHECK_EQ(strand_writer_begin(&w, 2, 2, -1, &nested), STRAND_BUSY);
    CHECK_EQ(strand_writer_begin_frame(&w, 2, 2, &nested), STRAND_BUSY);
    CHECK_EQ(strand_writer_begin_large(&w, 2, 2, -1, &nested), STRAND_BUSY);
    CHECK_EQ(strand_writer_flush(&w), STRAND_BUSY);
    CHECK_EQ(strand_writer_close(&w, 2, 2), STRAND_BUSY);
    CHECK(nested == NULL);
    test_encode(e, 0);
    CHECK_EQ(strand_writer_end(&w), STRAND_OK);
    CHECK_EQ(strand_writer_end(&w), STRAND_NOT_OPEN);
    CHECK_EQ(strand_writer_refused(&w), 3);
    CHECK_EQ(strand_load_u64(mem + STRAND_FILE_REFUSED_OFF), 3);
    test_read(mem, 0, TEST_RING_LEN(2), &got);
    CHECK_EQ(test_count(&got, STRAND_ITEM_RECORD), 1);
    CHECK_EQ(test_lost(&got, STRAND_REFUSED), 3);
    CHECK_EQ(strand_writer_close(&w, 1, 1), STRAND_OK);
    test_read(mem, 0, TEST_RING_LEN(2), &got);
    CHECK_EQ(test_count(&got, STRAND_ITEM_BLOCK), 2);
    CHECK_EQ(test_lost(&got, STRAND_REFUSED), 3);
    CHECK_EQ(got.verdict, STRAND_VERDICT_CLOSED);
    free(mem);
}

TEST(writer, a_record_that_fits_no_block_costs_no_block)
{
    static struct test_result got;
    uint8_t *mem = test_memory(TEST_RING_LEN(2));
    struct strand_writer w = test_start_ring(mem, 2);
    for (uint64_t n = 0; n < 10; n++) {
        CHECK_EQ(test_write(&w, n), STRAND_OK);
        CHECK_EQ(test_write_oversize(&w), STRAND_FULL);
    }
    CHECK_EQ(strand_writer_refused(&w), 10);
    test_read(mem, 0, TEST_RING_LEN(2), &got);
    CHECK_EQ(test_count(&got, STRAND_ITEM_BLOCK), 1);
    CHECK_EQ(test_check_loss(&got), 10);
    CHECK_EQ(test_lost(&got, STRAND_REFUSED), 10);
    free(mem);
}

TEST(writer, the_longest_record_fits_an_empty_block)
{
    static uint8_t junk[TEST_BLOCK];
    const size_t longest = TEST_PAYLOAD - STRAND_SLACK - STRAND_SYNC_LEN - 5;
    for (size_t len = longest - 30; len <= longest + 30; len++) {
        uint8_t *mem = test_memory(TEST_RING_LEN(3));
        struct strand_writer w = test_start_ring(mem, 3);
        CHECK_EQ(test_write(&w, 0), STRAND_OK);
        enum strand_status status = STRAND_AGAIN;
        for (int tries = 0; status == STRAND_AGAIN; tries++) {
            struct strand_encoder *e = NULL;
            CHECK(tries < 2);
            CHECK_EQ(strand_writer_begin(&w, 1000, 5000, -1, &e), STRAND_OK);
            strand_encode_raw(e, junk, len);
            status = strand_writer_end(&w);
        }
        CHECK_EQ(status, len <= longest ? STRAND_OK : STRAND_FULL);
        CHECK_EQ(strand_writer_refused(&w), len <= longest ? 0 : 1);
        free(mem);
    }
}

TEST(writer, refused_records_are_told_where_they_were_refused)
{
    static struct test_result got;
    uint8_t *mem = test_memory(TEST_RING_LEN(8));
    struct strand_writer w = test_start_ring(mem, 8);
    for (uint64_t n = 0; n < 200; n++) {
        CHECK_EQ(test_write(&w, n), STRAND_OK);
        if (n % 50 == 0) {
            CHECK_EQ(test_write_oversize(&w), STRAND_FULL);
        }
    }
    test_read(mem, 0, TEST_RING_LEN(8), &got);
    CHECK_EQ(test_check_loss(&got), 200);
    CHECK_EQ(test_told(&got, STRAND_REFUSED), 4);
    CHECK_EQ(test_lost(&got, STRAND_REFUSED), 4);
    free(mem);
}

TEST(writer, a_closed_strand_takes_nothing)
{
    uint8_t *mem = test_memory(TEST_RING_LEN(2));
    struct strand_writer w = test_start_ring(mem, 2);
    CHECK_EQ(test_write(&w, 0), STRAND_OK);
    CHECK_EQ(strand_writer_close(&w, 1, 1), STRAND_OK);
    struct test_file before = test_copy(mem, TEST_RING_LEN(2));
    CHECK_EQ(test_write(&w, 1), STRAND_NOT_OPEN);
    CHECK_EQ(strand_writer_end(&w), STRAND_NOT_OPEN);
    CHECK_EQ(strand_writer_flush(&w), STRAND_OK);
    CHECK_EQ(strand_writer_close(&w, 1, 1), STRAND_NOT_OPEN);
    CHECK_EQ(strand_writer_refused(&w), 0);
    CHECK_BYTES(mem, TEST_RING_LEN(2), before.data, before.len);
    free(before.data);
    free(mem);
}

TEST(writer, what_is_cancelled_is_not_committed)
{
    static struct test_result got;
    uint8_t *mem = test_memory(TEST_RING_LEN(2));
    struct strand_writer w = test_start_ring(mem, 2);
    struct strand_encoder *e = NULL;
    CHECK_EQ(strand_writer_begin(&w, 1000, 5000, -1, &e), STRAND_OK);
    test_encode(e, 77);
    strand_encode_cancel(e);
    CHECK_EQ(strand_writer_end(&w), STRAND_OK);
    CHECK_EQ(strand_writer_records(&w), 0);
    CHECK_EQ(test_write(&w, 0), STRAND_OK);
    test_read(mem, 0, TEST_RING_LEN(2), &got);
    CHECK_EQ(test_check_loss(&got), 1);
    CHECK_EQ(test_count(&got, STRAND_ITEM_DIAG), 0);
    free(mem);
}

TEST(writer, init_checks_what_it_is_given)
{
    struct strand_writer w;
    struct strand_file_header h = test_file_header(STRAND_KIND_RECORDS, 2);
    struct sunk to;
    uint8_t *mem = test_memory(TEST_RING_LEN(2) + 8);
    const size_t size = sizeof w;
    const unsigned v = STRAND_ABI_VERSION;
    CHECK_EQ(strand_writer_init(&w, size - 1, v, mem, TEST_RING_LEN(2), &h, NULL, NULL), STRAND_BAD_VERSION);
    CHECK_EQ(strand_writer_init(&w, size, v + 1, mem, TEST_RING_LEN(2), &h, NULL, NULL), STRAND_BAD_VERSION);
    CHECK_EQ(strand_writer_init(&w, size, v, mem + 4, TEST_RING_LEN(2), &h, NULL, NULL), STRAND_BAD_ARGUMENT);
    CHECK_EQ(strand_writer_init(&w, size, v, mem, TEST_RING_LEN(2), &h, sink, &to), STRAND_BAD_ARGUMENT);
    CHECK_EQ(strand_writer_init(&w, size, v, mem, TEST_RING_LEN(2) - 1, &h, NULL, NULL), STRAND_FULL);
    CHECK_EQ(strand_writer_init(&w, size, v, mem, 100, &h, NULL, NULL), STRAND_FULL);
    h.tick_den = 0;
    CHECK_EQ(strand_writer_init(&w, size, v, mem, TEST_RING_LEN(2), &h, NULL, NULL), STRAND_BAD_ARGUMENT);
    h = test_file_header(STRAND_KIND_RECORDS, 0);
    CHECK_EQ(strand_writer_init(&w, size, v, mem, STRAND_FILE_FIXED_LEN + TEST_BLOCK - 1, &h, NULL, NULL),
             STRAND_FULL);
    free(mem);
}

// ---------------------------------------------------------------------------------------------------------------
// Other than records

TEST(writer, frames_are_committed_and_not_counted)
{
    static struct test_result got;
    static const struct strand_clock clock = {1, 2, 3, 4};
    const struct strand_file_header h = test_file_header(STRAND_KIND_DEFINITIONS, 0);
    const size_t len = STRAND_FILE_FIXED_LEN + 9 * TEST_BLOCK;
    uint8_t *mem = test_memory(len);
    struct strand_writer w = test_start(&h, mem, len);
    for (uint64_t n = 0; n < 900; n++) {
        enum strand_status status = STRAND_OK;
        do {
            struct strand_encoder *e = NULL;
            CHECK_EQ(strand_writer_begin_frame(&w, 1, 1, &e), STRAND_OK);
            if (n % 2 == 0) {
                strand_encode_begin_def(e, STRAND_DEF_KEY, n);
                strand_encode_string(e, "somewhere", (size_t)(n % 10));
            } else {
                strand_encode_clock(e, &clock);
            }
            status = strand_writer_end(&w);
        } while (status == STRAND_AGAIN);
        CHECK_EQ(status, STRAND_OK);
    }
    CHECK_EQ(strand_writer_records(&w), 0);
    CHECK_EQ(strand_writer_close(&w, 1, 1), STRAND_OK);
    test_read(mem, 0, strand_writer_len(&w), &got);
    CHECK_EQ(test_count(&got, STRAND_ITEM_FRAME), 900);
    CHECK_EQ(test_count(&got, STRAND_ITEM_DIAG), 0);
    CHECK(test_count(&got, STRAND_ITEM_BLOCK) > 1);
    free(mem);
}

TEST(writer, a_whole_frame_that_finds_no_room_is_asked_for_again)
{
    static uint8_t junk[TEST_BLOCK];
    static const struct strand_clock clock = {1, 2, 3, 4};
    const size_t clock_len = STRAND_EXT_HEADER_LEN + STRAND_CLOCK_LEN;
    const size_t longest = TEST_PAYLOAD - STRAND_SLACK - STRAND_SYNC_LEN - 5;
    for (size_t left = 0; left < 2 * clock_len; left++) {
        uint8_t *mem = test_memory(TEST_RING_LEN(2));
        struct strand_writer w = test_start_ring(mem, 2);
        struct strand_encoder *e = NULL;
        CHECK_EQ(strand_writer_begin(&w, 1, 1, -1, &e), STRAND_OK);
        strand_encode_raw(e, junk, longest - left);
        CHECK_EQ(strand_writer_end(&w), STRAND_OK);
        CHECK_EQ(strand_writer_begin_frame(&w, 1, 1, &e), STRAND_OK);
        strand_encode_clock(e, &clock);
        CHECK_EQ(strand_writer_end(&w), left < clock_len ? STRAND_AGAIN : STRAND_OK);
        free(mem);
    }
}

TEST(writer, a_large_record_counts_as_one)
{
    static struct test_result got;
    static uint8_t junk[70000];
    struct strand_file_header h = test_file_header(STRAND_KIND_RECORDS, 0);
    h.block_size = 131072;
    const size_t len = STRAND_FILE_FIXED_LEN + 2u * h.block_size;
    uint8_t *mem = test_memory(len);
    struct strand_writer w = test_start(&h, mem, len);
    for (int large = 0; large < 4; large++) {
        enum strand_status status = STRAND_OK;
        do {
            struct strand_encoder *e = NULL;
            CHECK_EQ(large % 2 == 0 ? strand_writer_begin(&w, 5, 5, -1, &e)
                                    : strand_writer_begin_large(&w, 5, 5, -1, &e),
                     STRAND_OK);
            strand_encode_raw(e, junk, sizeof junk);
            status = strand_writer_end(&w);
        } while (status == STRAND_AGAIN);
        CHECK_EQ(status, large % 2 == 0 ? STRAND_FULL : STRAND_OK);
    }
    CHECK_EQ(strand_writer_records(&w), 2);
    CHECK_EQ(strand_writer_refused(&w), 2);
    struct strand_reader r;
    CHECK_EQ(strand_reader_init(&r, sizeof r, STRAND_ABI_VERSION, 0, strand_writer_len(&w)), STRAND_OK);
    test_run(&r, mem, 0, strand_writer_len(&w), false, &got);
    CHECK_EQ(test_count(&got, STRAND_ITEM_RECORD), 2);
    CHECK_EQ(test_lost(&got, STRAND_REFUSED), 2);
    CHECK_EQ(test_count(&got, STRAND_ITEM_DIAG), 1);
    free(mem);
}

TEST(writer, nano_that_follows_from_ticks_comes_back)
{
    static struct test_result got;
    struct strand_file_header h = test_file_header(STRAND_KIND_RECORDS, 2);
    h.incompat = STRAND_INCOMPAT_NANO_DERIVED;
    h.tick_num = 5;
    h.tick_den = 2;
    uint8_t *mem = test_memory(TEST_RING_LEN(2));
    struct strand_writer w = test_start(&h, mem, TEST_RING_LEN(2));
    struct strand_encoder *e = NULL;
    static const uint64_t ticks[4] = {1000, 1001, 1007, 9000000};
    for (size_t i = 0; i < 4; i++) {
        CHECK_EQ(strand_writer_begin(&w, ticks[i], 70 + ticks[i] * 5 / 2, -1, &e), STRAND_OK);
        CHECK_EQ(strand_writer_end(&w), STRAND_OK);
    }
    struct strand_reader r;
    CHECK_EQ(strand_reader_init(&r, sizeof r, STRAND_ABI_VERSION, 0, TEST_RING_LEN(2)), STRAND_OK);
    test_run(&r, mem, 0, TEST_RING_LEN(2), false, &got);
    CHECK_EQ(got.count, 5);
    for (size_t i = 0; i < 4; i++) {
        CHECK_EQ(got.items[i + 1].tick, ticks[i]);
        CHECK_EQ(got.items[i + 1].nano, 70 + 2500 + (ticks[i] - 1000) * 5 / 2);
    }
    free(mem);
}

static enum strand_status write_event(struct strand_writer *w, uint64_t n)
{
    enum strand_status status = STRAND_OK;
    do {
        struct strand_encoder *e = NULL;
        const uint64_t args[2] = {n, 1u << 20};
        CHECK_EQ(strand_writer_begin_frame(w, 1000 + n * 3, 1, &e), STRAND_OK);
        if (n % 5 == 0) {
            strand_trace_stack(e, n * 2 + 1, args, 2);
        }
        strand_trace_event(e, 13, 1000 + n * 3, args, 2);
        if (n % 7 == 0) {
            strand_trace_event(e, 200, 1000 + n * 3, args, n % 2);
        }
        status = strand_writer_end(w);
    } while (status == STRAND_AGAIN);
    return status;
}

static uint64_t timed_events(const struct test_result *got)
{
    uint64_t count = 0;
    for (size_t i = 0; i < got->count; i++) {
        const bool timed = got->items[i].number == 13 || got->items[i].number == 200;
        count += got->items[i].kind == STRAND_ITEM_EVENT && timed ? 1 : 0;
    }
    return count;
}

// Checks that the events are one behind the other. Returns: the tick that would come next.
static uint64_t check_events(const struct test_result *got)
{
    uint64_t next = 0;
    for (size_t i = 0; i < got->count; i++) {
        const struct test_item *item = &got->items[i];
        if (item->kind == STRAND_ITEM_EVENT && item->number == 13) {
            CHECK(next == 0 || item->tick == next);
            next = item->tick + 3;
        }
    }
    return next;
}

TEST(writer, a_trace_ring_keeps_the_newest_events_and_counts_the_rest)
{
    static struct test_result got;
    for (int owner = 0; owner < 2; owner++) {
        const struct strand_file_header h = test_file_header(STRAND_KIND_TRACE, 3);
        uint8_t *mem = test_memory(TEST_RING_LEN(3));
        struct strand_writer w = test_start(&h, mem, TEST_RING_LEN(3));
        struct strand_encoder *e = NULL;
        CHECK_EQ(strand_writer_begin(&w, 1, 1, -1, &e), STRAND_NOT_OPEN);
        strand_writer_set_batch_pid(&w, 6);
        if (owner == 1) {
            strand_writer_set_owner(&w, 6, "p6", 2);
        }
        for (uint64_t n = 0; n < 3000; n++) {
            CHECK_EQ(write_event(&w, n), STRAND_OK);
        }
        CHECK_EQ(strand_writer_records(&w), 3000 + 429);
        CHECK_EQ(strand_writer_close(&w, 1, 1), STRAND_OK);
        test_read(mem, 0, TEST_RING_LEN(3), &got);
        CHECK_EQ(check_events(&got), 1000 + 3000 * 3);
        CHECK_EQ(test_lost(&got, STRAND_OVERWRITTEN) + timed_events(&got), 3000 + 429);
        CHECK_EQ(test_count(&got, STRAND_ITEM_FRAME), owner == 1 ? 3 : 0);
        CHECK_EQ(test_count(&got, STRAND_ITEM_DIAG), 1);
        CHECK_EQ(got.verdict, STRAND_VERDICT_CLOSED);
        // Without the block in the middle.
        memset(mem + STRAND_FILE_HEADER_RING + (got.items[1].seq % 3) * TEST_BLOCK + 8, 0, 8);
        test_read(mem, 0, TEST_RING_LEN(3), &got);
        CHECK_EQ(test_told(&got, STRAND_MISSING_BLOCKS), 1);
        CHECK_EQ(test_lost(&got, STRAND_OVERWRITTEN) + test_lost(&got, STRAND_MISSING_BLOCKS) + timed_events(&got),
                 3000 + 429);
        free(mem);
    }
}

TEST(writer, seq_is_the_block_that_is_written_to)
{
    uint8_t *mem = test_memory(TEST_RING_LEN(3));
    struct strand_writer w = test_start_ring(mem, 3);
    CHECK_EQ(strand_writer_seq(&w), 0);
    for (uint64_t n = 0; n < 200; n++) {
        struct strand_encoder *e = NULL;
        uint64_t seq = 0;
        do {
            CHECK_EQ(strand_writer_begin(&w, 1000 + n, 1, -1, &e), STRAND_OK);
            seq = strand_writer_seq(&w);
            test_encode(e, n);
        } while (strand_writer_end(&w) == STRAND_AGAIN);
        const uint8_t *block = block_at(mem, STRAND_FILE_HEADER_RING, (seq - 1) % 3);
        CHECK_EQ(strand_load_u64(block + 8), seq);
        CHECK_EQ(strand_writer_seq(&w), seq);
        CHECK(strand_load_u64(block + 32) <= n); // records_before
    }
    CHECK(strand_writer_seq(&w) > 4);
    free(mem);
}

// What a handler gets that interrupts a record by calls: w is free for it, or a spare is, or nothing is.
TEST(writer, where_it_is_busy_a_spare_is_to_be_had)
{
    uint8_t *mem = test_memory(TEST_RING_LEN(2));
    uint8_t *spare_mem = test_memory(TEST_RING_LEN(2));
    struct strand_writer w = test_start_ring(mem, 2);
    struct strand_writer spare = test_start_ring(spare_mem, 2);
    struct strand_encoder *e = NULL;
    CHECK(strand_writer_or_spare(&w) == &w);
    CHECK(!strand_writer_is_busy(&w));
    CHECK_EQ(strand_writer_begin(&w, 1, 1, -1, &e), STRAND_OK);
    CHECK(strand_writer_is_busy(&w));
    CHECK(strand_writer_or_spare(&w) == NULL);
    CHECK_EQ(strand_writer_refused(&w), 1);
    strand_writer_set_spare(&w, &spare);
    CHECK(strand_writer_or_spare(&w) == &spare);
    CHECK(!strand_writer_is_busy(&spare));
    CHECK_EQ(test_write(&spare, 0), STRAND_OK);
    CHECK_EQ(strand_writer_begin(&spare, 1, 1, -1, &e), STRAND_OK);
    CHECK(strand_writer_or_spare(&w) == NULL);
    CHECK_EQ(strand_writer_refused(&w), 2);
    CHECK_EQ(strand_writer_end(&spare), STRAND_OK);
    CHECK_EQ(strand_writer_end(&w), STRAND_OK);
    CHECK(strand_writer_or_spare(&w) == &w);
    free(mem);
    free(spare_mem);
}
