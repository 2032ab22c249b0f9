/* SPDX-License-Identifier: MIT
 *
 * test_log.c: STRAND_LOG and STRAND_TRACE: what they write inline is what the encoder writes, byte for byte or value
 * for value; every way out of the inline case; handlers and spares; definitions of sites.
 */
#include "strand_log.h"

#include "strand_hex.h"
#include "strand_test_file.h"

#include <limits.h>

#define LOG_BLOCKS 4
#define LOG_LEN TEST_RING_LEN(LOG_BLOCKS)

static _Alignas(8) uint8_t memory[LOG_LEN];
static _Alignas(8) uint8_t spare_memory[LOG_LEN];
static _Alignas(8) uint8_t definitions[STRAND_FILE_FIXED_LEN + 16 * TEST_BLOCK];
static struct strand_writer log_writer;
static struct strand_writer spare;
static uint64_t now;

static struct strand_writer start_log(uint8_t *mem, uint8_t kind, uint64_t incompat)
{
    struct strand_file_header h = test_file_header(kind, LOG_BLOCKS);
    h.incompat = incompat;
    struct strand_writer w;
    memset(mem, 0, LOG_LEN);
    CHECK_EQ(strand_writer_init(&w, sizeof w, STRAND_ABI_VERSION, mem, LOG_LEN, &h, NULL, NULL), STRAND_OK);
    return w;
}

static void undefine_sites(void)
{
    for (struct strand_site **site = __start_strand_sites; site < __stop_strand_sites; site++) {
        (*site)->priv_defined = 0;
    }
}

static uint64_t define_sites(void)
{
    const struct strand_file_header h = test_file_header(STRAND_KIND_DEFINITIONS, 0);
    struct strand_writer w;
    uint64_t id = STRAND_SITE_FIRST;
    memset(definitions, 0, sizeof definitions);
    CHECK_EQ(strand_writer_init(&w, sizeof w, STRAND_ABI_VERSION, definitions, sizeof definitions, &h, NULL, NULL),
             STRAND_OK);
    CHECK_EQ(STRAND_DEFINE_SITES(&w, 1, 1, &id), STRAND_OK);
    CHECK_EQ(strand_writer_close(&w, 1, 1), STRAND_OK);
    return id;
}

static void start(void)
{
    now = 1000;
    define_sites();
    log_writer = start_log(memory, STRAND_KIND_RECORDS, STRAND_INCOMPAT_NANO_DERIVED);
    STRAND_LOG_AT(&log_writer, now, "opens the block");
}

static void read_back(const uint8_t *mem, struct test_result *result)
{
    struct strand_reader r;
    CHECK_EQ(strand_reader_init(&r, sizeof r, STRAND_ABI_VERSION, 0, LOG_LEN), STRAND_OK);
    test_run(&r, mem, 0, LOG_LEN, false, result);
}

static const uint8_t *payload(const struct strand_writer *w)
{
    return w->priv_block + STRAND_BLOCK_HEADER_LEN;
}

static size_t committed(const struct strand_writer *w)
{
    return strand_own_u32(w->priv_block + STRAND_BLOCK_COMMITTED_OFF);
}

// The fields behind the site of the record that begins at `from`, as hex.
static const uint8_t *fields_at(size_t from, size_t *ret_len)
{
    const uint8_t *record = payload(&log_writer) + from;
    CHECK_EQ(strand_load_u16(record), committed(&log_writer) - from);
    CHECK_HEX(record + 5, 2, "00 01"); // no nano, no P
    CHECK_EQ(record[7], STRAND_WIRE_SITE_ID);
    *ret_len = committed(&log_writer) - from - 10;
    return record + 10;
}

#define CHECK_FIELDS(hex, ...)                                                                                       \
    do {                                                                                                             \
        const size_t from_ = committed(&log_writer);                                                                 \
        size_t len_ = 0;                                                                                             \
        __VA_ARGS__;                                                                                                 \
        const uint8_t *fields_ = fields_at(from_, &len_);                                                            \
        CHECK_HEX(fields_, len_, hex);                                                                               \
    } while (0)

// ---------------------------------------------------------------------------------------------------------------
// Bytes

TEST(log, a_record_is_header_site_and_fields)
{
    start();
    const size_t from = committed(&log_writer);
    STRAND_LOG_AT(&log_writer, now + 0x4001, "three integers", 42, -7, 123456789);
    const uint8_t *record = payload(&log_writer) + from;
    CHECK_HEX(record, 7, "13 00 | 81 80 01 | 00 | 01");
    CHECK_HEX(record + 10, 9, "04 54 | 04 0d | 04 aa b4 de 75");
    CHECK_EQ(committed(&log_writer) - from, 19);
}

TEST(log, sizes_in_bytes)
{
    start();
    size_t from = committed(&log_writer);
    STRAND_LOG_AT(&log_writer, now, "constant message");
    CHECK_EQ(committed(&log_writer) - from, 10);
    from = committed(&log_writer);
    STRAND_LOG_AT(&log_writer, now, "string", strand_str("runtime-16-bytes", 16), (uint64_t)9876543210123, 3.14);
    CHECK_EQ(committed(&log_writer) - from, 45);
    from = committed(&log_writer);
    STRAND_LOG_FIXED_AT(&log_writer, now, "three integers", 42, -7, 123456789);
    CHECK_EQ(committed(&log_writer) - from, 25);
    struct strand_writer w = start_log(spare_memory, STRAND_KIND_TRACE, 0);
    STRAND_TRACE_AT(&w, 1000, 50, 7, 4096, 1234);
    from = committed(&w);
    STRAND_TRACE_AT(&w, 1000, 50, 7, 4096, 1234);
    CHECK_EQ(committed(&w) - from, 11);
}

TEST(log, every_type_of_argument)
{
    start();
    const unsigned char uc = 200;
    const short s = -2;
    char text[] = "abc";
    CHECK_FIELDS("02 03", STRAND_LOG_AT(&log_writer, now, "m", (_Bool)1, (_Bool)0));
    CHECK_FIELDS("05 c8 01 | 04 03 | 04 82 01", STRAND_LOG_AT(&log_writer, now, "m", uc, s, 'A'));
    CHECK_FIELDS("05 ff ff ff ff 0f | 05 00", STRAND_LOG_AT(&log_writer, now, "m", UINT32_MAX, 0u));
    CHECK_FIELDS("04 ff ff ff ff 0f | 04 fe ff ff ff 0f", STRAND_LOG_AT(&log_writer, now, "m", INT_MIN, INT_MAX));
    CHECK_FIELDS("04 01 | 05 80 80 01", STRAND_LOG_AT(&log_writer, now, "m", -1L, 16384ul));
    CHECK_FIELDS("07 ff ff ff ff ff ff 03", STRAND_LOG_AT(&log_writer, now, "m", (void *)(uintptr_t)0xFFFFFFFFFFF));
    CHECK_FIELDS("13 00 00 c0 3f | 14 00 00 00 00 00 00 f8 3f", STRAND_LOG_AT(&log_writer, now, "m", 1.5f, 1.5));
    CHECK_FIELDS("08 03 61 62 63 | 08 02 68 69", STRAND_LOG_AT(&log_writer, now, "m", text, "hi"));
    CHECK_FIELDS("08 06 28 6e 75 6c 6c 29 | 08 00", STRAND_LOG_AT(&log_writer, now, "m", (char *)NULL, ""));
    CHECK_FIELDS("1b fe ff ff ff | 23 ff ff ff ff", STRAND_LOG_FIXED_AT(&log_writer, now, "m", -2, UINT32_MAX));
    CHECK_FIELDS("1c fe ff ff ff ff ff ff ff | 24 ff ff ff ff ff ff ff ff",
                 STRAND_LOG_FIXED_AT(&log_writer, now, "m", -2L, UINT64_MAX));
}

// All lengths of a varint and their neighbours: what is inline and what the encoder writes are the same bytes.
TEST(log, inline_integers_are_the_encoders)
{
    for (unsigned bit = 0; bit <= 64; bit++) {
        for (int off = -1; off <= 1; off++) {
            const uint64_t v = (bit < 64 ? UINT64_C(1) << bit : 0) + (uint64_t)(int64_t)off;
            uint8_t buf[64];
            struct strand_encoder e;
            strand_encoder_init(&e, sizeof e, STRAND_ABI_VERSION, buf, sizeof buf);
            strand_encode_begin(&e, 1, 1, -1);
            strand_encode_uint(&e, v);
            strand_encode_int(&e, strand_i64_of(v));
            CHECK_EQ(strand_encode_end(&e), STRAND_OK);
            const size_t want_len = strand_encoder_len(&e) - STRAND_SYNC_LEN - 5;
            start();
            const size_t from = committed(&log_writer);
            size_t len = 0;
            STRAND_LOG_AT(&log_writer, now, "m", v, strand_i64_of(v));
            const uint8_t *fields = fields_at(from, &len);
            CHECK_EQ(len, want_len);
            CHECK(memcmp(fields, buf + STRAND_SYNC_LEN + 5, len) == 0);
        }
    }
}

TEST(log, strings_of_every_length_up_to_the_limit_and_past_it)
{
    static char text[TEST_BLOCK];
    for (size_t i = 0; i < sizeof text; i++) {
        text[i] = (char)('a' + i % 26);
    }
    const size_t limit = (TEST_BLOCK - STRAND_BLOCK_HEADER_LEN) / 8;
    for (size_t n = 0; n <= limit + 2; n++) {
        start();
        const size_t from = committed(&log_writer);
        size_t len = 0;
        STRAND_LOG_AT(&log_writer, now, "m", strand_str(text, n), 1);
        const uint8_t *fields = fields_at(from, &len);
        const size_t kept = n < limit ? n : limit;
        const size_t head = kept < 128 ? 2 : 3;
        CHECK_EQ(fields[0], STRAND_WIRE_STRING);
        CHECK_EQ(kept < 128 ? fields[1] : fields[1] % 128u + fields[2] * 128u, kept);
        CHECK(memcmp(fields + head, text, kept) == 0);
        CHECK_EQ(len, head + kept + (n > kept ? 2 : 0) + 2);
    }
}

// ---------------------------------------------------------------------------------------------------------------
// Ways out of the inline case

TEST(log, a_tick_out_of_reach_gets_a_sync)
{
    start();
    const size_t from = committed(&log_writer);
    STRAND_LOG_AT(&log_writer, now + STRAND_SYNC_REACH, "m");
    CHECK_EQ(committed(&log_writer) - from, 10);
    STRAND_LOG_AT(&log_writer, now + STRAND_SYNC_REACH + 1, "m");
    CHECK_EQ(committed(&log_writer) - from, 20 + STRAND_SYNC_LEN);
    STRAND_LOG_AT(&log_writer, now, "a tick that goes back");
    CHECK_EQ(committed(&log_writer) - from, 30 + 2 * STRAND_SYNC_LEN);
}

// Records of changing sizes fill each block to its last bytes, wrap, and every one is read or counted.
TEST(log, blocks_fill_and_wrap)
{
    static struct test_result got;
    static const char text[] = "0123456789abcdefghijklmnopqrstuvwxyz";
    start();
    for (uint64_t n = 1; n < 3000; n++) {
        STRAND_LOG_AT(&log_writer, now + n, "m", strand_str(text, n * 7 % 37), n);
        CHECK(committed(&log_writer) <= TEST_BLOCK - STRAND_BLOCK_HEADER_LEN - STRAND_SLACK);
    }
    CHECK_EQ(strand_writer_records(&log_writer), 3000);
    CHECK_EQ(strand_writer_refused(&log_writer), 0);
    read_back(memory, &got);
    CHECK_EQ(test_count(&got, STRAND_ITEM_RECORD) + test_lost(&got, STRAND_OVERWRITTEN), 3000);
    CHECK(test_count(&got, STRAND_ITEM_RECORD) > 300);
    CHECK_EQ(test_count(&got, STRAND_ITEM_DIAG), test_told(&got, STRAND_OVERWRITTEN));
}

TEST(log, a_record_larger_than_a_block_is_refused_and_counted)
{
    static char text[TEST_BLOCK];
    memset(text, 'x', sizeof text);
    start();
    const struct strand_string s = strand_str(text, (TEST_BLOCK - STRAND_BLOCK_HEADER_LEN) / 8);
    STRAND_LOG_AT(&log_writer, now, "m", s, s, s, s, s, s, s, s);
    CHECK_EQ(strand_writer_refused(&log_writer), 1);
    STRAND_LOG_AT(&log_writer, now, "m", s, s, s, s);
    CHECK_EQ(strand_writer_refused(&log_writer), 1);
    CHECK_EQ(strand_writer_records(&log_writer), 2);
}

static uint64_t seven(void *context, uint64_t tick)
{
    *(uint64_t *)context += 1;
    return tick * 7;
}

TEST(log, nanos_come_from_the_callers_clock_at_syncs_alone)
{
    static struct test_result got;
    uint64_t asked = 0;
    now = 1000;
    log_writer = start_log(memory, STRAND_KIND_RECORDS, STRAND_INCOMPAT_NANO_DERIVED);
    strand_writer_set_nano_at(&log_writer, seven, &asked);
    define_sites();
    STRAND_LOG_AT(&log_writer, now, "m");
    STRAND_LOG_AT(&log_writer, now, "m");
    CHECK_EQ(asked, 1);
    read_back(memory, &got);
    CHECK_EQ(got.items[1].nano, 7000);
}

TEST(log, a_strand_with_nanos_of_its_own_gets_them)
{
    static struct test_result got;
    uint64_t asked = 0;
    log_writer = start_log(memory, STRAND_KIND_RECORDS, 0);
    strand_writer_set_nano_at(&log_writer, seven, &asked);
    STRAND_LOG_AT(&log_writer, 1000, "m");
    STRAND_LOG_AT(&log_writer, 1001, "m");
    CHECK_EQ(asked, 2);
    read_back(memory, &got);
    CHECK_EQ(got.items[2].nano, 7007);
}

static int f(int v, const char *text)
{
    return text[0] == ')' ? v : 0;
}

TEST(log, without_definition_a_record_carries_message_and_keys)
{
    struct strand_writer w = start_log(memory, STRAND_KIND_RECORDS, STRAND_INCOMPAT_NANO_DERIVED);
    const int fd = 3;
    const int pair[2] = {4, 5};
    undefine_sites();
    STRAND_LOG_LEVEL(&w, 17, "failed, why", fd, pair[1 - 1], f(6, ")"));
    const uint8_t *record = payload(&w) + STRAND_SYNC_LEN;
    CHECK_HEX(record + 7, committed(&w) - STRAND_SYNC_LEN - 7,
              "11 11 | 08 0b 66 61 69 6c 65 64 2c 20 77 68 79 | 15 02 66 64 | 04 06 |"
              "15 0b 70 61 69 72 5b 31 20 2d 20 31 5d | 04 08 | 15 09 66 28 36 2c 20 22 29 22 29 | 04 0c");
}

TEST(log, arguments_run_once)
{
    start();
    int ran = 0;
    STRAND_LOG_AT(&log_writer, now, "m", ++ran);
    CHECK_EQ(ran, 1);
    STRAND_LOG_AT(&log_writer, now + ((uint64_t)1 << 40), "m", ++ran);
    CHECK_EQ(ran, 2);
}

// ---------------------------------------------------------------------------------------------------------------
// Nested use

static struct strand_string interrupted(void)
{
    STRAND_LOG_AT(&log_writer, now, "in a handler", 7);
    return strand_str("x", 1);
}

// An open record, as a handler finds it.
static void interrupt_an_open_record(void)
{
    struct strand_encoder *e = NULL;
    CHECK_EQ(strand_writer_begin(&log_writer, now, 1, -1, &e), STRAND_OK);
    interrupted();
    strand_encode_int(e, 1);
    CHECK_EQ(strand_writer_end(&log_writer), STRAND_OK);
}

TEST(log, a_handler_without_a_spare_is_refused_and_counted)
{
    start();
    interrupt_an_open_record();
    CHECK_EQ(strand_writer_refused(&log_writer), 1);
    CHECK_EQ(strand_writer_records(&log_writer), 2);
}

TEST(log, a_handler_takes_the_spare)
{
    start();
    spare = start_log(spare_memory, STRAND_KIND_RECORDS, STRAND_INCOMPAT_NANO_DERIVED);
    strand_writer_set_spare(&log_writer, &spare);
    interrupt_an_open_record();
    CHECK_EQ(strand_writer_refused(&log_writer), 0);
    CHECK_EQ(strand_writer_records(&log_writer), 2);
    CHECK_EQ(strand_writer_records(&spare), 1);
    CHECK_EQ(spare.priv_open, 0);
}

TEST(log, while_inline_the_writer_is_busy_for_all_others)
{
    start();
    log_writer.priv_open = STRAND_UNIT_LOG; // as it stands between an inline claim and release
    struct strand_encoder *e = NULL;
    CHECK_EQ(strand_writer_begin(&log_writer, now, 1, -1, &e), STRAND_BUSY);
    CHECK_EQ(strand_writer_end(&log_writer), STRAND_NOT_OPEN);
    CHECK_EQ(strand_writer_close(&log_writer, 1, 1), STRAND_BUSY);
    STRAND_LOG_AT(&log_writer, now, "m");
    CHECK_EQ(strand_writer_refused(&log_writer), 2);
    CHECK_EQ(log_writer.priv_open, STRAND_UNIT_LOG);
}

TEST(log, a_closed_writer_takes_nothing)
{
    start();
    CHECK_EQ(strand_writer_close(&log_writer, now, 1), STRAND_OK);
    STRAND_LOG_AT(&log_writer, now, "m");
    CHECK_EQ(strand_writer_records(&log_writer), 1);
    CHECK_EQ(log_writer.priv_open, 0);
}

TEST(log, calls_and_inline_records_mix)
{
    static struct test_result got;
    start();
    for (uint64_t n = 0; n < 20; n++) {
        struct strand_encoder *e = NULL;
        STRAND_LOG_AT(&log_writer, now + 2 * n, "m", n);
        CHECK_EQ(strand_writer_begin(&log_writer, now + 2 * n + 1, 1, -1, &e), STRAND_OK);
        strand_encode_uint(e, n);
        CHECK_EQ(strand_writer_end(&log_writer), STRAND_OK);
    }
    read_back(memory, &got);
    CHECK_EQ(test_count(&got, STRAND_ITEM_RECORD), 41);
    CHECK_EQ(got.items[41].tick, now + 39);
}

// ---------------------------------------------------------------------------------------------------------------
// Traces

TEST(log, inline_events_are_the_encoders)
{
    for (unsigned bit = 0; bit < 64; bit++) {
        const uint64_t v = UINT64_C(1) << bit;
        struct strand_writer want = start_log(memory, STRAND_KIND_TRACE, 0);
        struct strand_writer w = start_log(spare_memory, STRAND_KIND_TRACE, 0);
        for (uint64_t turn = 0; turn < 2; turn++) {
            const uint64_t args[3] = {v, v - 1, 0};
            struct strand_encoder *e = NULL;
            for (size_t count = 0; count <= 3; count++) {
                const uint64_t tick = 1000 + turn * 16384 + count * 2097151; // deltas of three bytes either way
                CHECK_EQ(strand_writer_begin_frame(&want, tick, 0, &e), STRAND_OK);
                strand_trace_event(e, 50, tick, args, count);
                CHECK_EQ(strand_writer_end(&want), STRAND_OK);
            }
            STRAND_TRACE_AT(&w, 1000 + turn * 16384, 50);
            STRAND_TRACE_AT(&w, 1000 + turn * 16384 + 2097151, 50, v);
            STRAND_TRACE_AT(&w, 1000 + turn * 16384 + 2 * 2097151, 50, v, v - 1);
            STRAND_TRACE_AT(&w, 1000 + turn * 16384 + 3 * 2097151, 50, v, v - 1, 0);
        }
        static struct test_result got;
        static struct test_result wanted;
        read_back(spare_memory, &got);
        read_back(memory, &wanted);
        CHECK_EQ(got.count, wanted.count);
        for (size_t i = 0; i < got.count; i++) {
            CHECK_EQ(got.items[i].kind, wanted.items[i].kind);
            CHECK_EQ(got.items[i].tick, wanted.items[i].tick);
        }
        CHECK_EQ(strand_writer_records(&w), 8);
    }
}

TEST(log, padded_arguments_read_the_same)
{
    struct strand_writer w = start_log(memory, STRAND_KIND_TRACE, 0);
    STRAND_TRACE_AT(&w, 1000, 50);
    const size_t from = committed(&w);
    STRAND_TRACE_FIXED_AT(&w, 1001, 50, 7, 4096, 1234);
    CHECK_HEX(payload(&w) + from, committed(&w) - from,
              "f2 13 | 00 | 81 80 00 | 87 80 80 80 00 | 80 a0 80 80 00 | d2 89 80 80 00");
    STRAND_TRACE_FIXED_AT(&w, 1002, 50, UINT64_MAX);
    CHECK_EQ(strand_writer_records(&w), 3);
}

// A declared event is written by its number, which is EXT's first argument, inline or not.
TEST(log, declared_events_are_the_encoders)
{
    const uint64_t far = 1000 + (UINT64_C(1) << 30); // out of the inline case's reach
    for (uint64_t number = 63; number < 1000000; number = number * 2 + 1) {
        struct strand_writer want = start_log(memory, STRAND_KIND_TRACE, 0);
        struct strand_writer w = start_log(spare_memory, STRAND_KIND_TRACE, 0);
        const uint64_t args[3] = {UINT64_MAX, 2, 3};
        struct strand_encoder *e = NULL;
        for (size_t turn = 0; turn < 6; turn++) {
            const uint64_t tick = turn < 3 ? 1000 + turn * 16384 : far + turn * 16384;
            CHECK_EQ(strand_writer_begin_frame(&want, tick, 0, &e), STRAND_OK);
            strand_trace_event(e, number, tick, turn == 5 ? args : args + 1, turn == 5 ? 1 : turn % 3);
            CHECK_EQ(strand_writer_end(&want), STRAND_OK);
        }
        STRAND_TRACE_AT(&w, 1000, 63, number);
        STRAND_TRACE_AT(&w, 1000 + 16384, 63, number, 2);
        STRAND_TRACE_AT(&w, 1000 + 2 * 16384, 63, number, 2, 3);
        STRAND_TRACE_AT(&w, far + 3 * 16384, 63, number);
        STRAND_TRACE_AT(&w, far + 4 * 16384, 63, number, 2);
        STRAND_TRACE_AT(&w, far + 5 * 16384, 63, number, UINT64_MAX);
        CHECK_EQ(committed(&w), committed(&want)); // deltas of three bytes either way
        CHECK(memcmp(payload(&w), payload(&want), committed(&w)) == 0);
        CHECK_EQ(strand_writer_records(&w), 6);
    }
}

TEST(log, a_declared_event_as_bytes)
{
    struct strand_writer w = start_log(memory, STRAND_KIND_TRACE, 0);
    STRAND_TRACE_AT(&w, 1000, 63, 64);
    size_t from = committed(&w);
    STRAND_TRACE_AT(&w, 1001, 63, 200, 7);
    CHECK_HEX(payload(&w) + from, committed(&w) - from, "bf | 00 | 81 80 00 | c8 01 | 07");
    from = committed(&w);
    STRAND_TRACE_AT(&w, 1001, 63, 64, 7, 8);
    CHECK_HEX(payload(&w) + from, committed(&w) - from, "ff 07 | 00 | 80 80 00 | 40 | 07 | 08");
    from = committed(&w);
    STRAND_TRACE_AT(&w, 1001, 63, 64, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17);
    CHECK_HEX(payload(&w) + from, 8, "ff 10 | 00 | 80 80 00 | 40 | 07");
    from = committed(&w);
    STRAND_TRACE_FIXED_AT(&w, 1001, 63, 64, 7);
    CHECK_HEX(payload(&w) + from, committed(&w) - from, "bf | 00 | 80 80 00 | c0 80 80 80 00 | 87 80 80 80 00");
}

// The number of an event that was never declared is 0: its events are counted, and harm no other.
TEST(log, events_without_a_number_are_refused)
{
    struct strand_writer w = start_log(memory, STRAND_KIND_TRACE, 0);
    STRAND_TRACE_AT(&w, 1000, 50);
    const size_t from = committed(&w);
    STRAND_TRACE_AT(&w, 1001, 63, 0, 1);
    STRAND_TRACE_AT(&w, 1001, 63, 62, 1);
    STRAND_TRACE_FIXED_AT(&w, 1001, 63, 62);
    CHECK_EQ(committed(&w), from);
    CHECK_EQ(strand_writer_records(&w), 1);
    CHECK_EQ(strand_writer_refused(&w), 3);
    CHECK_EQ(w.priv_open, 0);
    STRAND_TRACE_AT(&w, 1001, 63, 63);
    CHECK_EQ(strand_writer_records(&w), 2);
}

TEST(log, records_and_events_keep_to_their_strands)
{
    struct strand_writer w = start_log(memory, STRAND_KIND_TRACE, 0);
    STRAND_LOG_AT(&w, 1000, "no record in a trace");
    CHECK_EQ(strand_writer_records(&w), 0);
    start();
    STRAND_TRACE_AT(&log_writer, now, 50, 1);
    CHECK_EQ(strand_writer_records(&log_writer), 1);
    CHECK_EQ(log_writer.priv_open, 0);
}

// ---------------------------------------------------------------------------------------------------------------
// Definitions

TEST(log, sites_get_even_ids_of_two_bytes_once)
{
    undefine_sites();
    const uint64_t end = define_sites();
    CHECK_EQ((end - STRAND_SITE_FIRST) / 2, (uint64_t)(__stop_strand_sites - __start_strand_sites));
    CHECK_EQ(end % 2, 0);
    CHECK_EQ(define_sites(), STRAND_SITE_FIRST);
}

TEST(log, ids_run_out_and_sites_go_on_with_their_messages)
{
    static struct strand_site a = {"f.c", "f", "a", "\"a\"", 1, 9, 0, 0};
    static struct strand_site b = {"f.c", "f", "b", "\"b\"", 2, 9, 0, 0};
    static struct strand_site *const both[] = {&a, &b};
    const struct strand_file_header h = test_file_header(STRAND_KIND_DEFINITIONS, 0);
    struct strand_writer w;
    uint64_t id = STRAND_SITE_END - 2;
    CHECK_EQ(strand_writer_init(&w, sizeof w, STRAND_ABI_VERSION, definitions, sizeof definitions, &h, NULL, NULL),
             STRAND_OK);
    CHECK_EQ(strand_define_sites(&w, both, 2, 1, 1, &id), STRAND_FULL);
    CHECK(a.priv_defined != 0);
    CHECK_EQ(b.priv_defined, 0);
}
