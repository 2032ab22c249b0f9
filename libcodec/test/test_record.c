/* SPDX-License-Identifier: MIT
 *
 * test_record.c: strand_record.h writes what STRAND_LOG and STRAND_TRACE write, makes room for itself, and takes back
 * what its room does not hold.
 */
#include "strand_record.h"

#include "strand_hex.h"
#include "strand_log.h"
#include "strand_test_file.h"

#define SITE 128
#define RECORD_LEN TEST_RING_LEN(4)

static _Alignas(8) uint8_t memory[RECORD_LEN];
static _Alignas(8) uint8_t spare_memory[RECORD_LEN];
static _Alignas(8) uint8_t last_memory[RECORD_LEN];
static struct strand_record r;

static struct strand_writer start_kind(uint8_t *mem, uint8_t kind, uint64_t incompat)
{
    struct strand_file_header h = test_file_header(kind, 4);
    h.incompat = incompat;
    memset(mem, 0, RECORD_LEN);
    return test_start(&h, mem, RECORD_LEN);
}

static struct strand_writer start(uint8_t *mem)
{
    return start_kind(mem, STRAND_KIND_RECORDS, STRAND_INCOMPAT_NANO_DERIVED);
}

static size_t committed(const struct strand_writer *w)
{
    return strand_own_u32(w->priv_block + STRAND_BLOCK_COMMITTED_OFF);
}

static void check_payload(const struct strand_writer *w, size_t from, const char *hex)
{
    CHECK_HEX(w->priv_block + STRAND_BLOCK_HEADER_LEN + from, committed(w) - from, hex);
}

TEST(record, every_field)
{
    struct strand_writer w = start(memory);
    CHECK_EQ(strand_record_begin(&r, &w, 1000, SITE, 200), STRAND_OK);
    strand_record_bool(&r, true);
    strand_record_int(&r, -7);
    strand_record_uint(&r, 300);
    strand_record_ptr(&r, 16);
    strand_record_i32(&r, -2);
    strand_record_u32(&r, 3);
    strand_record_i64(&r, -1);
    strand_record_u64(&r, 4);
    strand_record_f64(&r, 1.5);
    strand_record_string(&r, "abc", 3);
    CHECK_EQ(strand_record_end(&r), STRAND_OK);
    check_payload(
        &w, STRAND_SYNC_LEN,
        "3c 00 | 80 80 00 | 00 | 01 | 21 80 01 | 02 | 04 0d | 05 ac 02 | 07 10 | 1b fe ff ff ff | 23 03 00 00 00 |"
        "1c ff ff ff ff ff ff ff ff | 24 04 00 00 00 00 00 00 00 | 14 00 00 00 00 00 00 f8 3f | 08 03 61 62 63");
    CHECK_EQ(strand_writer_records(&w), 1);
    CHECK_EQ(w.priv_open, 0);
}

TEST(record, the_room_is_held_to_the_byte)
{
    for (size_t room = 0; room <= 12; room++) {
        struct strand_writer w = start(memory);
        CHECK_EQ(strand_record_begin(&r, &w, 1000, UINT32_MAX, room), STRAND_OK);
        strand_record_uint(&r, UINT64_MAX);
        strand_record_bool(&r, true);
        CHECK_EQ(strand_record_end(&r), room >= 12 ? STRAND_OK : STRAND_FULL);
        CHECK_EQ(strand_writer_records(&w), room >= 12 ? 1 : 0);
        CHECK_EQ(strand_writer_refused(&w), room >= 12 ? 0 : 1);
        CHECK_EQ(committed(&w), STRAND_SYNC_LEN + (room >= 12 ? 7 + 6 + 12 : 0));
    }
}

TEST(record, a_tick_out_of_reach_gets_a_sync)
{
    struct strand_writer w = start(memory);
    strand_record_begin(&r, &w, 1000, SITE, 0);
    strand_record_end(&r);
    const size_t from = committed(&w);
    strand_record_begin(&r, &w, 1000 + STRAND_SYNC_REACH + 1, SITE, 0);
    strand_record_end(&r);
    check_payload(&w, from,
                  "00 00 | e8 03 20 00 00 00 00 00 | e8 03 20 00 00 00 00 00 | 0a 00 80 80 00 00 01 21 80 01");
}

// A sync for every record, at every place that a block can be full to.
TEST(record, a_sync_and_its_record_stay_together)
{
    static struct test_result got;
    for (size_t room = 1; room < 40; room++) {
        struct strand_writer w = start(memory);
        for (uint64_t n = 0; n < 150; n++) {
            CHECK_EQ(strand_record_begin(&r, &w, 1000 + n * 4000000, SITE, room), STRAND_OK);
            for (size_t i = 0; i < room; i++) {
                strand_record_bool(&r, true);
            }
            CHECK_EQ(strand_record_end(&r), STRAND_OK);
        }
        struct strand_reader reader;
        CHECK_EQ(strand_reader_init(&reader, sizeof reader, STRAND_ABI_VERSION, 0, RECORD_LEN), STRAND_OK);
        test_run(&reader, memory, 0, RECORD_LEN, false, &got);
        CHECK_EQ(test_count(&got, STRAND_ITEM_RECORD), 150);
        CHECK_EQ(test_count(&got, STRAND_ITEM_DIAG), 0);
    }
}

TEST(record, blocks_fill_and_wrap)
{
    static struct test_result got;
    static const char text[] = "0123456789abcdefghijklmnopqrstuvwxyz";
    struct strand_writer w = start(memory);
    for (uint64_t n = 0; n < 3000; n++) {
        CHECK_EQ(strand_record_begin(&r, &w, 1000 + n, SITE, 60), STRAND_OK);
        strand_record_string(&r, text, n * 7 % 37);
        strand_record_uint(&r, n);
        CHECK_EQ(strand_record_end(&r), STRAND_OK);
    }
    struct strand_reader reader;
    CHECK_EQ(strand_reader_init(&reader, sizeof reader, STRAND_ABI_VERSION, 0, RECORD_LEN), STRAND_OK);
    test_run(&reader, memory, 0, RECORD_LEN, false, &got);
    CHECK_EQ(test_count(&got, STRAND_ITEM_RECORD) + test_lost(&got, STRAND_OVERWRITTEN), 3000);
    CHECK_EQ(test_count(&got, STRAND_ITEM_DIAG), test_told(&got, STRAND_OVERWRITTEN));
}

TEST(record, what_no_block_holds_is_refused_and_counted)
{
    struct strand_writer w = start(memory);
    const size_t most = TEST_PAYLOAD - STRAND_SLACK - STRAND_SYNC_LEN - 13;
    CHECK_EQ(strand_record_begin(&r, &w, 1000, SITE, most), STRAND_OK);
    CHECK_EQ(strand_record_end(&r), STRAND_OK);
    CHECK_EQ(strand_record_begin(&r, &w, 1000, SITE, most + 1), STRAND_FULL);
    CHECK_EQ(strand_record_end(&r), STRAND_FULL);
    CHECK_EQ(strand_record_begin(&r, &w, 1000, SITE, SIZE_MAX), STRAND_FULL);
    CHECK_EQ(strand_writer_refused(&w), 2);
    strand_record_begin(&r, &w, 1000, SITE, 100000);
    strand_record_string(&r, "x", 1);
    CHECK_EQ(strand_record_end(&r), STRAND_FULL);
    CHECK_EQ(w.priv_open, 0);
}

TEST(record, nested_records_go_to_the_spare)
{
    struct strand_writer w = start(memory);
    struct strand_writer spare = start(spare_memory);
    struct strand_record inner;
    strand_record_begin(&r, &w, 1000, SITE, 11);
    CHECK_EQ(strand_record_begin(&inner, &w, 1001, SITE, 11), STRAND_BUSY);
    strand_record_int(&inner, 1);
    CHECK_EQ(strand_record_end(&inner), STRAND_BUSY);
    CHECK_EQ(strand_writer_refused(&w), 1);
    strand_writer_set_spare(&w, &spare);
    CHECK_EQ(strand_record_begin(&inner, &w, 1001, SITE, 11), STRAND_OK);
    strand_record_int(&inner, 1);
    CHECK_EQ(strand_record_end(&inner), STRAND_OK);
    struct strand_writer last = start(last_memory);
    strand_writer_set_spare(&spare, &last);
    CHECK_EQ(strand_record_begin(&inner, &w, 1002, SITE, 0), STRAND_OK);
    struct strand_record innermost;
    CHECK_EQ(strand_record_begin(&innermost, &w, 1003, SITE, 0), STRAND_OK);
    CHECK_EQ(strand_record_end(&innermost), STRAND_OK);
    CHECK_EQ(strand_record_end(&inner), STRAND_OK);
    strand_record_int(&r, 2);
    CHECK_EQ(strand_record_end(&r), STRAND_OK);
    CHECK_EQ(strand_writer_records(&w), 1);
    CHECK_EQ(strand_writer_records(&spare), 2);
    CHECK_EQ(strand_writer_records(&last), 1);
}

// Gives out the spare, once, and keeps it where context says so.
static struct strand_writer *one_more(void *context, struct strand_writer *w)
{
    static struct strand_writer more;
    const bool *kept = context;
    more = start(spare_memory);
    if (kept != NULL && *kept) {
        strand_writer_add_spare(w, &more);
    }
    return kept != NULL ? &more : NULL;
}

TEST(record, where_no_spare_is_free_more_are_asked_for)
{
    struct strand_writer w = start(memory);
    struct strand_record inner;
    bool kept = true;
    strand_writer_set_more_spares(&w, one_more, &kept);
    strand_record_begin(&r, &w, 1000, SITE, 11);
    CHECK(w.priv_spare == NULL);
    CHECK_EQ(strand_record_begin(&inner, &w, 1001, SITE, 0), STRAND_OK);
    CHECK_EQ(strand_record_end(&inner), STRAND_OK);
    CHECK(w.priv_spare == inner.priv_writer);
    struct strand_writer *first = w.priv_spare;
    struct strand_writer last = start(last_memory);
    strand_writer_add_spare(&w, &last);
    CHECK(w.priv_spare == &last);
    CHECK(last.priv_spare == first);
    strand_writer_set_more_spares(&w, one_more, NULL);
    first->priv_open = 1;
    last.priv_open = 1;
    CHECK_EQ(strand_record_begin(&inner, &w, 1002, SITE, 0), STRAND_BUSY);
    CHECK_EQ(strand_writer_refused(&w), 1);
}

TEST(record, a_stand_in_takes_nothing_itself)
{
    static bool kept = false;
    struct strand_writer stand_in = STRAND_WRITER_STAND_IN(one_more);
    CHECK_EQ(strand_record_begin(&r, &stand_in, 1000, SITE, 0), STRAND_BUSY);
    CHECK_EQ(strand_writer_refused(&stand_in), 1);
    strand_writer_set_more_spares(&stand_in, one_more, &kept);
    CHECK_EQ(strand_record_begin(&r, &stand_in, 1000, SITE, 0), STRAND_OK);
    CHECK_EQ(strand_record_end(&r), STRAND_OK);
    CHECK_EQ(strand_writer_records(r.priv_writer), 1);
    struct strand_encoder *e = NULL;
    CHECK_EQ(strand_writer_begin(&stand_in, 1000, 1, -1, &e), STRAND_BUSY);
    STRAND_LOG_AT(&stand_in, 1000, "m");
    CHECK_EQ(strand_writer_records(r.priv_writer), 1);
    CHECK_EQ(strand_writer_refused(&stand_in), 2);
    CHECK_EQ(strand_writer_records(&stand_in), 0);
}

TEST(record, wrong_strands_and_closed_ones)
{
    struct strand_writer w = start_kind(memory, STRAND_KIND_RECORDS, 0);
    CHECK_EQ(strand_record_begin(&r, &w, 1000, SITE, 0), STRAND_BAD_ARGUMENT);
    CHECK_EQ(strand_record_end(&r), STRAND_BAD_ARGUMENT);
    w = start_kind(memory, STRAND_KIND_TRACE, 0);
    CHECK_EQ(strand_record_begin(&r, &w, 1000, SITE, 0), STRAND_BAD_ARGUMENT);
    w = start(memory);
    CHECK_EQ(strand_writer_close(&w, 1, 1), STRAND_OK);
    CHECK_EQ(strand_record_begin(&r, &w, 1000, SITE, 0), STRAND_NOT_OPEN);
    CHECK_EQ(strand_writer_refused(&w), 0);
    CHECK_EQ(w.priv_open, 0);
}

TEST(record, events_are_those_of_the_macro)
{
    for (size_t count = 0; count <= 3; count++) {
        const uint64_t args[3] = {7, 4096, UINT64_C(1) << 48};
        struct strand_writer want = start_kind(memory, STRAND_KIND_TRACE, 0);
        struct strand_writer w = start_kind(spare_memory, STRAND_KIND_TRACE, 0);
        for (uint64_t tick = 1000; tick < 1020; tick++) {
            strand_record_event(&w, 50, tick, args, count);
            switch (count) {
            case 0: STRAND_TRACE_AT(&want, tick, 50); break;
            case 1: STRAND_TRACE_AT(&want, tick, 50, args[0]); break;
            case 2: STRAND_TRACE_AT(&want, tick, 50, args[0], args[1]); break;
            default: STRAND_TRACE_AT(&want, tick, 50, args[0], args[1], args[2]); break;
            }
        }
        CHECK_EQ(committed(&w), committed(&want));
        CHECK(memcmp(w.priv_block + STRAND_BLOCK_HEADER_LEN, want.priv_block + STRAND_BLOCK_HEADER_LEN,
                     committed(&w)) == 0);
        CHECK_EQ(strand_writer_records(&w), 20);
    }
    struct strand_writer w = start_kind(memory, STRAND_KIND_TRACE, 0);
    const uint64_t many[14] = {UINT64_MAX};
    strand_record_event(&w, 50, 1000, many, 14);
    CHECK_EQ(strand_writer_records(&w), 1);
    w = start(memory);
    strand_record_event(&w, 50, 1000, many, 1);
    CHECK_EQ(strand_writer_records(&w), 0);
}

TEST(record, declared_events_are_those_of_the_macro)
{
    const uint64_t args[3] = {64, 4096, UINT64_C(1) << 48};
    struct strand_writer want = start_kind(memory, STRAND_KIND_TRACE, 0);
    struct strand_writer w = start_kind(spare_memory, STRAND_KIND_TRACE, 0);
    for (uint64_t tick = 1000; tick < 1020; tick++) {
        strand_record_event(&w, 63, tick, args, tick % 3 + 1);
        switch (tick % 3) {
        case 0: STRAND_TRACE_AT(&want, tick, 63, args[0]); break;
        case 1: STRAND_TRACE_AT(&want, tick, 63, args[0], args[1]); break;
        default: STRAND_TRACE_AT(&want, tick, 63, args[0], args[1], args[2]); break;
        }
    }
    CHECK_EQ(committed(&w), committed(&want));
    CHECK(memcmp(w.priv_block + STRAND_BLOCK_HEADER_LEN, want.priv_block + STRAND_BLOCK_HEADER_LEN, committed(&w)) ==
          0);
    CHECK_EQ(strand_writer_records(&w), 20);
    const uint64_t small[1] = {62};
    strand_record_event(&w, 63, 1020, small, 1);
    strand_record_event(&w, 63, 1020, small, 0);
    CHECK_EQ(strand_writer_records(&w), 20);
    CHECK_EQ(strand_writer_refused(&w), 2);
    CHECK_EQ(w.priv_open, 0);
}
