/* SPDX-License-Identifier: MIT
 *
 * test_reader_bare.c: bare strands through every window, and what becomes of frames.
 */
#include "strand_test_file.h"

// ---------------------------------------------------------------------------------------------------------------
// Frames

TEST(reader, frames_come_as_items_losses_as_diagnostics)
{
    static struct test_result got;
    uint8_t buf[512];
    struct strand_encoder e;
    const struct strand_diag told = {STRAND_DIAG_LOST, STRAND_OVERWRITTEN, 77, true, false, true, false, 9, 0};
    CHECK_EQ(strand_encoder_init(&e, sizeof e, STRAND_ABI_VERSION, buf, sizeof buf), STRAND_OK);
    strand_encode_begin(&e, 1000, 5000, -1);
    test_encode(&e, 0);
    CHECK_EQ(strand_encode_end(&e), STRAND_OK);
    strand_encode_begin_frame(&e, STRAND_WIRE_FRAME_PAD, 0);
    CHECK_EQ(strand_encode_end(&e), STRAND_OK);
    strand_encode_begin_loss(&e, &told);
    strand_encode_strand(&e, 4);
    CHECK_EQ(strand_encode_end(&e), STRAND_OK);
    CHECK_EQ(strand_encode_owner(&e, 1, "x", 1), STRAND_OK);
    strand_encode_begin_frame(&e, STRAND_WIRE_FRAME_LOSS, 0); // without a body
    CHECK_EQ(strand_encode_end(&e), STRAND_OK);
    strand_encode_begin_frame(&e, 99, 0);
    CHECK_EQ(strand_encode_end(&e), STRAND_OK);
    struct strand_reader r;
    CHECK_EQ(strand_reader_init_bare(&r, sizeof r, STRAND_ABI_VERSION, 0, strand_encoder_len(&e), 64), STRAND_OK);
    test_run(&r, buf, 0, strand_encoder_len(&e), true, &got);
    CHECK_EQ(got.count, 5);
    CHECK_EQ(got.items[0].kind, STRAND_ITEM_RECORD);
    CHECK_EQ(got.items[1].kind, STRAND_ITEM_DIAG);
    CHECK_EQ(got.items[1].diag.code, STRAND_OVERWRITTEN);
    CHECK_EQ(got.items[1].diag.off, 77);
    CHECK_EQ(got.items[1].diag.records, 9);
    CHECK_EQ(got.items[2].number, STRAND_WIRE_FRAME_OWNER);
    CHECK_EQ(got.items[3].diag.code, STRAND_BAD_EXT_BODY);
    CHECK_EQ(got.items[4].number, 99);
    CHECK_EQ(got.verdict, STRAND_VERDICT_CORRUPT);
}

// ---------------------------------------------------------------------------------------------------------------
// Bare strands

// Records with syncs, odd frames, and at its end what `tail` says.
static size_t bare_strand(uint8_t *buf, size_t cap, const char *tail, size_t tail_len)
{
    struct strand_encoder e;
    CHECK_EQ(strand_encoder_init(&e, sizeof e, STRAND_ABI_VERSION, buf, cap), STRAND_OK);
    for (uint64_t n = 0; n < 40; n++) {
        if (n % 10 == 5) {
            CHECK_EQ(strand_encode_sync(&e, 1000 + n * 10, 5000), STRAND_OK);
        }
        strand_encode_begin(&e, 1000 + n * 10, 5000 + n * 7, (int64_t)(n % 3) - 1);
        test_encode(&e, n);
        CHECK_EQ(strand_encode_end(&e), STRAND_OK);
    }
    const size_t len = strand_encoder_len(&e);
    CHECK(len + tail_len <= cap);
    if (tail_len > 0) {
        memcpy(buf + len, tail, tail_len);
    }
    return len + tail_len;
}

static void read_bare(const uint8_t *bytes, uint64_t start, uint64_t end, size_t window, struct test_result *got)
{
    struct strand_reader r;
    CHECK_EQ(strand_reader_init_bare(&r, sizeof r, STRAND_ABI_VERSION, start, end, window), STRAND_OK);
    test_run(&r, bytes, start, end, true, got);
    CHECK_EQ(got->status, STRAND_END);
    CHECK(strand_reader_header(&r) == NULL);
}

TEST(reader, a_bare_strand_is_the_same_through_every_window)
{
    static struct test_result whole, got;
    static uint8_t buf[8192];
    static const struct {
        const char *bytes;
        size_t len;
        enum strand_verdict verdict;
        enum strand_status code;
    } tails[8] = {
        {"", 0, STRAND_VERDICT_OPEN, STRAND_OK},
        {"\1\0\7\0\10\0\0", 8, STRAND_VERDICT_CLOSED, STRAND_OK},
        {"\30\0\1\1\1", 5, STRAND_VERDICT_TRUNCATED, STRAND_FRAME_PAST_END},
        {"\0", 1, STRAND_VERDICT_TRUNCATED, STRAND_FRAME_PAST_END},
        {"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 23, STRAND_VERDICT_ZERO_FILLED, STRAND_ZERO_FILL},
        {"\3\0\1", 3, STRAND_VERDICT_CORRUPT, STRAND_BAD_SIZE},
        {"\1\0\143\1\10\0\0", 8, STRAND_VERDICT_UNSUPPORTED, STRAND_CRITICAL_FRAME},
        {"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\5\0\377\377\377", 23, STRAND_VERDICT_CORRUPT, STRAND_ZERO_SYNC},
    };
    for (size_t t = 0; t < 8; t++) {
        const size_t len = bare_strand(buf, sizeof buf, tails[t].bytes, tails[t].len);
        read_bare(buf, 0, len, 65536, &whole);
        CHECK_EQ(test_count(&whole, STRAND_ITEM_RECORD), 40);
        CHECK_EQ(whole.verdict, tails[t].verdict);
        CHECK_EQ(test_told(&whole, tails[t].code), tails[t].code == STRAND_OK ? 0 : 1);
        for (size_t window = 0; window <= 64; window++) {
            read_bare(buf, 0, len, window, &got);
            CHECK_EQ(got.verdict, whole.verdict);
            CHECK_EQ(got.count, whole.count);
            for (size_t i = 0; i < whole.count; i++) {
                CHECK_EQ(got.items[i].kind, whole.items[i].kind);
                CHECK_EQ(got.items[i].number, whole.items[i].number);
                CHECK_EQ(got.items[i].off, whole.items[i].off);
                CHECK_EQ(got.items[i].nano, whole.items[i].nano);
                CHECK_EQ(got.items[i].diag.code, whole.items[i].diag.code);
                CHECK_EQ(got.items[i].diag.off, whole.items[i].diag.off);
            }
        }
    }
}

TEST(reader, a_bare_strand_in_the_middle_of_a_file)
{
    static struct test_result got;
    static uint8_t buf[8192 + 100];
    memset(buf, 0xEE, sizeof buf);
    const size_t len = bare_strand(buf + 100, sizeof buf - 100, "", 0);
    read_bare(buf, 100, 100 + len, 32, &got);
    CHECK_EQ(got.items[0].off, 100 + STRAND_SYNC_LEN);
    CHECK_EQ(test_count(&got, STRAND_ITEM_RECORD), 40);
    read_bare(buf, 100, 100, 32, &got);
    CHECK_EQ(got.count, 0);
    CHECK_EQ(got.verdict, STRAND_VERDICT_OPEN);
}

TEST(reader, a_bare_strand_without_a_base_is_given_one)
{
    static struct test_result got;
    static uint8_t buf[8192];
    const size_t len = bare_strand(buf, sizeof buf, "", 0);
    struct strand_reader r;
    read_bare(buf, STRAND_SYNC_LEN, len, 64, &got);
    CHECK_EQ(test_told(&got, STRAND_NO_BASE), 1);
    CHECK_EQ(got.items[1].tick, 0);
    CHECK_EQ(got.verdict, STRAND_VERDICT_OPEN);
    CHECK_EQ(strand_reader_init_bare(&r, sizeof r, STRAND_ABI_VERSION, STRAND_SYNC_LEN, len, 64), STRAND_OK);
    strand_reader_set_base(&r, 1000, 5000);
    test_run(&r, buf, STRAND_SYNC_LEN, len, true, &got);
    CHECK_EQ(test_count(&got, STRAND_ITEM_DIAG), 0);
    CHECK_EQ(got.items[0].tick, 1000);
}
