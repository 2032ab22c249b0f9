/* SPDX-License-Identifier: MIT
 *
 * test_trace.c: events of execution traces, ours and Go's.
 *
 * The fixtures are traces of a small program with tasks, regions and logs, written by Go 1.15 (header go 1.11) and
 * Go 1.19; their counts are those that Go's own reader finds.
 */
#include "strand_fixture.h"
#include "strand_hex.h"
#include "strand_trace.h"

#define GO_HEADER_LEN 16u
#define EVENTS_MAX 1024u

// What a decoder says about some bytes: the events, then the status that ended them.
struct answers {
    struct strand_event events[EVENTS_MAX];
    size_t count;
    enum strand_status status;
    uint64_t error_off;
};

static void init(struct strand_trace_decoder *d, enum strand_trace_dialect dialect)
{
    CHECK_EQ(strand_trace_decoder_init(d, sizeof *d, STRAND_ABI_VERSION, dialect), STRAND_OK);
}

static void check_event(const struct strand_event *event)
{
    struct strand_span args = event->args;
    uint64_t value = 0;
    uint64_t count = 0;
    while (strand_decode_value(&args, &value) == STRAND_OK) {
        count++;
    }
    CHECK_EQ(args.len, 0);
    CHECK_EQ(count, event->arg_count);
}

// Decodes bytes[0 … len) from a first window of `first` bytes on; then in windows that are as small as they may be,
// or all at once.
static struct answers *decode_windows(const uint8_t *bytes, size_t len, enum strand_trace_dialect dialect,
                                      size_t first, bool smallest)
{
    struct answers *a = malloc(sizeof *a);
    struct strand_trace_decoder d;
    size_t fed = first;
    CHECK(a != NULL);
    a->count = 0;
    init(&d, dialect);
    CHECK_EQ(strand_trace_decoder_feed(&d, bytes, first, first == len), STRAND_OK);
    for (;;) {
        CHECK(a->count < EVENTS_MAX);
        a->status = strand_decode_event(&d, &a->events[a->count]);
        if (a->status == STRAND_OK) {
            check_event(&a->events[a->count++]);
        } else if (a->status == STRAND_MORE) {
            const size_t off = (size_t)strand_trace_decoder_off(&d);
            const size_t need = strand_trace_decoder_need(&d);
            CHECK(fed < len);
            CHECK(off + need > fed);
            fed = smallest && need < len - off ? off + need : len;
            CHECK_EQ(strand_trace_decoder_feed(&d, bytes + off, fed - off, fed == len), STRAND_OK);
        } else {
            break;
        }
    }
    a->error_off = strand_trace_decoder_error_off(&d);
    struct strand_event none;
    CHECK_EQ(strand_decode_event(&d, &none), STRAND_END);
    return a;
}

static struct answers *decode(const uint8_t *bytes, size_t len, enum strand_trace_dialect dialect)
{
    return decode_windows(bytes, len, dialect, len, false);
}

static void check_same_event(const struct strand_event *got, const struct strand_event *want)
{
    CHECK_EQ(got->type, want->type);
    CHECK_EQ(got->off, want->off);
    CHECK_EQ(got->tick, want->tick);
    CHECK_EQ(got->seq, want->seq);
    CHECK_EQ(got->p, want->p);
    CHECK_EQ(got->timed, want->timed);
    CHECK_EQ(got->arg_count, want->arg_count);
    CHECK_BYTES(got->args.data, got->args.len, want->args.data, want->args.len);
    CHECK_EQ(got->text.data == NULL, want->text.data == NULL);
    CHECK_BYTES(got->text.data, got->text.len, want->text.data, want->text.len);
}

static void check_same(const struct answers *got, const struct answers *want)
{
    CHECK_EQ(got->count, want->count);
    for (size_t i = 0; i < want->count; i++) {
        check_same_event(&got->events[i], &want->events[i]);
    }
    CHECK_EQ(got->status, want->status);
    CHECK_EQ(got->error_off, want->error_off);
}

static uint64_t arg(const struct strand_event *event, size_t i)
{
    struct strand_span args = event->args;
    uint64_t value = 0;
    for (size_t n = 0; n <= i; n++) {
        CHECK_EQ(strand_decode_value(&args, &value), STRAND_OK);
    }
    return value;
}

// ---------------------------------------------------------------------------------------------------------------
// Encoding

TEST(trace, encodes_these_bytes)
{
    uint8_t buf[256];
    struct strand_encoder e;
    const uint64_t args[] = {1, 2, 9, 300};
    strand_encoder_init(&e, sizeof e, STRAND_ABI_VERSION, buf, sizeof buf);
    strand_trace_begin(&e);
    strand_trace_batch(&e, 3, 1000);
    strand_trace_event(&e, 6, 1001, NULL, 0);
    strand_trace_event(&e, 31, 1003, args, 1);
    strand_trace_event(&e, 13, 1003, args, 2);
    strand_trace_event(&e, 47, 1203, args, 3);
    strand_trace_event(&e, 50, 1204, args, 4);
    strand_trace_event(&e, 200, 1205, NULL, 0);
    strand_trace_event(&e, 63, 1206, args, 1);
    strand_trace_event(&e, 64, 1205, args, 2);
    strand_trace_stack(&e, 5, args, 4);
    strand_trace_string(&e, 7, "ok", 2);
    strand_trace_string(&e, 300, NULL, 0);
    strand_trace_frequency(&e, 1000000);
    CHECK_EQ(strand_encode_end(&e), STRAND_OK);
    CHECK_HEX(buf, strand_encoder_len(&e),
              "41 03 00 E807 | 06 00 01 | 5F 00 02 01 | 8D 00 00 01 02 | EF 06 00 C801 01 02 09 |"
              "F2 07 00 01 01 02 09 AC02 | 7F 00 01 C801 | BF 00 01 3F 01 |"
              "FF 0E 00 FFFFFFFFFFFFFFFFFF01 40 01 02 |"
              "C3 07 05 04 01 02 09 AC02 | E5 04 07 02 6F6B | E5 03 AC02 00 | 02 C0843D 00");
}

// Ticks of the events that were committed, in order.
struct script {
    uint64_t ticks[256];
    size_t count;
    uint64_t random;
};

// Commits a few events and a definition, with a batch in front where there was none yet.
static enum strand_status commit(struct strand_encoder *e, struct script *script)
{
    uint64_t args[20];
    uint64_t tick = 1 + (strand_test_random(&script->random) >> 30);
    size_t count = script->count;
    strand_trace_begin(e);
    if (strand_encoder_len(e) == 0 || strand_test_random(&script->random) % 3 == 0) {
        strand_trace_batch(e, strand_test_random(&script->random) >> 40, tick);
    }
    for (uint64_t n = strand_test_random(&script->random) % 6; n > 0; n--) {
        const size_t arg_count = (size_t)(strand_test_random(&script->random) % 20);
        for (size_t i = 0; i < arg_count; i++) {
            args[i] = strand_test_random(&script->random) >> strand_test_random(&script->random) % 64;
        }
        tick += strand_test_random(&script->random) >> 50;
        strand_trace_event(e, 38 + strand_test_random(&script->random) % 40, tick, args, arg_count);
        script->ticks[count++] = tick;
    }
    strand_trace_stack(e, tick, &tick, 1);
    const enum strand_status status = strand_encode_end(e);
    script->count = status == STRAND_OK ? count : script->count;
    return status;
}

static void check_next(struct strand_trace_decoder *d, struct strand_event *event)
{
    CHECK_EQ(strand_decode_event(d, event), STRAND_OK);
    check_event(event);
}

// What reads_back_what_it_wrote writes.
struct sample {
    uint64_t p;
    uint64_t base;
    uint64_t type;
    uint64_t tick;
    uint64_t args[24];
    size_t count;
};

static void encode_sample(struct strand_encoder *e, const struct sample *s)
{
    strand_trace_begin(e);
    strand_trace_batch(e, s->p, s->base);
    strand_trace_string(e, s->p, (const char *)s->args, s->count * 8);
    strand_trace_event(e, s->type, s->tick, s->args, s->count);
    strand_trace_stack(e, s->p, s->args, s->count);
    strand_trace_event(e, 20, s->tick - 1, s->args, 0);
    CHECK_EQ(strand_encode_end(e), STRAND_OK);
}

static void check_sample(struct strand_trace_decoder *d, const struct sample *s)
{
    struct strand_event event;
    check_next(d, &event);
    CHECK(event.type == STRAND_WIRE_TRACE_BATCH && event.tick == s->base && event.p == s->p && !event.timed);
    check_next(d, &event);
    CHECK(event.type == STRAND_WIRE_TRACE_STRING && arg(&event, 0) == s->p && event.arg_count == 1);
    CHECK_BYTES(event.text.data, event.text.len, s->args, s->count * 8);
    check_next(d, &event);
    CHECK(event.type == s->type && event.tick == s->tick && event.timed && event.has_seq && event.seq == 0);
    CHECK(event.p == s->p && event.text.data == NULL && event.arg_count == s->count);
    for (size_t i = 0; i < s->count; i++) {
        CHECK_EQ(arg(&event, i), s->args[i]);
    }
    check_next(d, &event);
    CHECK(event.type == STRAND_WIRE_TRACE_STACK && event.arg_count == s->count + 2 && !event.timed);
    CHECK(s->count == 0 || arg(&event, s->count + 1) == s->args[s->count - 1]);
    check_next(d, &event);
    CHECK(event.type == 20 && event.tick == s->tick - 1);
    CHECK_EQ(strand_decode_event(d, &event), STRAND_END);
}

TEST(trace, reads_back_what_it_wrote)
{
    static uint8_t buf[4096];
    struct strand_trace_decoder d;
    struct strand_encoder e;
    uint64_t random = 1;
    for (unsigned round = 0; round < 20000; round++) {
        struct sample s = {.p = round, .count = round % 24};
        s.type = strand_test_random(&random) % 3 == 0 ? strand_test_random(&random) | 63 : 38 + round % 25;
        s.base = strand_test_random(&random) >> round % 64;
        s.tick = strand_test_random(&random) >> strand_test_random(&random) % 64;
        for (size_t i = 0; i < s.count; i++) {
            s.args[i] = strand_test_random(&random) >> strand_test_random(&random) % 64;
        }
        strand_encoder_init(&e, sizeof e, STRAND_ABI_VERSION, buf, sizeof buf);
        encode_sample(&e, &s);
        init(&d, STRAND_TRACE_GO1_5);
        strand_trace_decoder_feed(&d, buf, strand_encoder_len(&e), true);
        check_sample(&d, &s);
    }
}

TEST(trace, what_finds_no_room_is_taken_back_with_its_ticks)
{
    size_t refused = 0;
    for (size_t cap = 0; cap < 900; cap++) {
        uint8_t *buf = malloc(cap + 1);
        struct script script = {.random = cap};
        struct strand_encoder e;
        size_t len = 0;
        strand_encoder_init(&e, sizeof e, STRAND_ABI_VERSION, buf, cap);
        for (unsigned n = 0; n < 20; n++) {
            const enum strand_status status = commit(&e, &script);
            const bool fits = cap > STRAND_SLACK && strand_encoder_needed(&e) <= cap - STRAND_SLACK - len;
            CHECK_EQ(status, fits ? STRAND_OK : STRAND_FULL);
            len += fits ? strand_encoder_needed(&e) : 0;
            refused += fits ? 0 : 1;
            CHECK_EQ(strand_encoder_len(&e), len);
        }
        struct answers *a = decode(buf, len, STRAND_TRACE_GO1_5);
        size_t timed = 0;
        CHECK_EQ(a->status, STRAND_END);
        for (size_t i = 0; i < a->count; i++) {
            if (a->events[i].timed) {
                CHECK_EQ(a->events[i].tick, script.ticks[timed++]);
            }
        }
        CHECK_EQ(timed, script.count);
        free(a);
        free(buf);
    }
    CHECK(refused > 0);
}

TEST(trace, an_event_is_never_larger_than_a_reader_takes)
{
    const size_t most = STRAND_TRACE_EVENT_MAX - 1 - 3 - 1 - 3; // type, length, id, length of the string
    uint8_t *buf = malloc(2 * STRAND_TRACE_EVENT_MAX);
    char *text = malloc(STRAND_TRACE_EVENT_MAX);
    struct strand_encoder e;
    memset(text, 'x', STRAND_TRACE_EVENT_MAX);
    strand_encoder_init(&e, sizeof e, STRAND_ABI_VERSION, buf, 2 * STRAND_TRACE_EVENT_MAX);
    strand_trace_begin(&e);
    strand_trace_batch(&e, 0, 1);
    CHECK_EQ(strand_encode_end(&e), STRAND_OK);
    strand_trace_begin(&e);
    strand_trace_string(&e, 1, text, most + 1);
    CHECK_EQ(strand_encode_end(&e), STRAND_FULL);
    strand_trace_begin(&e);
    strand_trace_string(&e, 1, text, most);
    CHECK_EQ(strand_encode_end(&e), STRAND_OK);
    struct answers *a = decode(buf, strand_encoder_len(&e), STRAND_TRACE_GO1_5);
    CHECK_EQ(a->status, STRAND_END);
    CHECK_EQ(a->events[1].text.len, most);
    free(a);
    free(text);
    free(buf);
}

// ---------------------------------------------------------------------------------------------------------------
// Go's traces

struct go_trace {
    const char *file;
    unsigned version;
    size_t total;
    struct {
        const char *name;
        size_t count;
    } events[20];
};

// clang-format off
static const struct go_trace go_traces[] = {
    {"go115_tasks.trace", 1011, 109, {
      {"Batch", 4}, {"Frequency", 1}, {"GoCreate", 6}, {"GoSched", 1}, {"GoStart", 1}, {"GoStartLocal", 1},
      {"GoSysBlock", 1}, {"GoSysCall", 1}, {"GoWaiting", 4}, {"Gomaxprocs", 1}, {"HeapAlloc", 4},
      {"ProcStart", 4}, {"ProcStop", 3}, {"Stack", 20}, {"String", 47}, {"UserLog", 2}, {"UserRegion", 4},
      {"UserTaskCreate", 2}, {"UserTaskEnd", 2}}},
    {"go119_tasks.trace", 1019, 103, {
      {"Batch", 3}, {"Frequency", 1}, {"GoCreate", 6}, {"GoSched", 1}, {"GoStart", 1}, {"GoStartLocal", 1},
      {"GoSysBlock", 1}, {"GoSysCall", 1}, {"GoWaiting", 4}, {"Gomaxprocs", 1}, {"HeapAlloc", 1},
      {"ProcStart", 3}, {"ProcStop", 2}, {"Stack", 20}, {"String", 47}, {"UserLog", 2}, {"UserRegion", 4},
      {"UserTaskCreate", 2}, {"UserTaskEnd", 2}}},
};
// clang-format on

static void load(const struct go_trace *t, uint8_t **ret_bytes, size_t *ret_len,
                 enum strand_trace_dialect *ret_dialect)
{
    unsigned version = 0;
    *ret_bytes = strand_fixture_read(t->file, ret_len);
    CHECK_EQ(strand_trace_go_header(*ret_bytes, &version, ret_dialect), STRAND_OK);
    CHECK_EQ(version, t->version);
}

TEST(trace, counts_what_go_counts)
{
    for (size_t t = 0; t < sizeof go_traces / sizeof go_traces[0]; t++) {
        uint8_t *file = NULL;
        size_t len = 0;
        enum strand_trace_dialect dialect;
        load(&go_traces[t], &file, &len, &dialect);
        struct answers *a = decode(file + GO_HEADER_LEN, len - GO_HEADER_LEN, dialect);
        size_t told = 0;
        CHECK_EQ(a->status, STRAND_END);
        CHECK_EQ(a->count, go_traces[t].total);
        for (size_t i = 0; go_traces[t].events[i].name != NULL; i++) {
            size_t count = 0;
            for (size_t k = 0; k < a->count; k++) {
                const struct strand_trace_schema *schema = strand_trace_go_schema(a->events[k].type);
                count += strcmp(schema->name, go_traces[t].events[i].name) == 0 ? 1 : 0;
            }
            CHECK_EQ(count, go_traces[t].events[i].count);
            told += count;
        }
        CHECK_EQ(told, a->count);
        free(a);
        free(file);
    }
}

TEST(trace, reads_go_events)
{
    uint8_t *file = NULL;
    size_t len = 0;
    enum strand_trace_dialect dialect;
    load(&go_traces[0], &file, &len, &dialect);
    struct answers *a = decode(file + GO_HEADER_LEN, len - GO_HEADER_LEN, dialect);
    const struct strand_event *e = a->events;
    CHECK(e[0].type == STRAND_WIRE_TRACE_BATCH && e[0].tick == 55699086562 && e[0].p == 0 && e[0].off == 0);
    CHECK(e[1].type == 13 && e[1].off == 8 && e[1].tick == 55699086562 + 11 && e[1].arg_count == 3 && !e[1].has_seq);
    CHECK(e[2].type == 13 && e[2].tick == 55699086562 + 11 + 123);
    CHECK(arg(&e[2], 0) == 2 && arg(&e[2], 1) == 3 && arg(&e[2], 2) == 1);
    for (; e->type != 48; e++) {
    }
    CHECK_BYTES(e->text.data, e->text.len, "message with unicode 世界", 27);
    CHECK(e->off == 182 - GO_HEADER_LEN && e->arg_count == 3 && arg(e, 0) == 1 && arg(e, 2) == 12);
    e = &a->events[a->count - 1];
    CHECK(e->type == STRAND_WIRE_TRACE_STACK && e->off == 1696 - GO_HEADER_LEN && e->arg_count == 6 && e->tick == 0);
    CHECK(arg(e, 0) == 5 && arg(e, 1) == 1 && arg(e, 2) == 4335168 && arg(e, 5) == 252);
    free(a);
    free(file);
}

// The native trace that the tests below take apart.
static size_t native_trace(uint8_t *buf, size_t cap)
{
    struct script script = {.random = 99};
    struct strand_encoder e;
    const uint64_t value = 5;
    strand_encoder_init(&e, sizeof e, STRAND_ABI_VERSION, buf, cap);
    strand_trace_begin(&e);
    strand_trace_batch(&e, 4, 1);
    strand_trace_string(&e, 4, "string", 6);
    strand_trace_frequency(&e, 24000000);
    strand_trace_event(&e, 1000, 5, &value, 1);
    CHECK_EQ(strand_encode_end(&e), STRAND_OK);
    while (commit(&e, &script) == STRAND_OK) {
    }
    return strand_encoder_len(&e);
}

static void check_windows(const uint8_t *bytes, size_t len, enum strand_trace_dialect dialect)
{
    struct answers *want = decode(bytes, len, dialect);
    CHECK_EQ(want->status, STRAND_END);
    for (size_t split = 0; split <= len; split++) {
        for (unsigned smallest = 0; smallest < 2; smallest++) {
            struct answers *got = decode_windows(bytes, len, dialect, split, smallest == 1);
            check_same(got, want);
            free(got);
        }
    }
    free(want);
}

static void check_truncations(const uint8_t *bytes, size_t len, enum strand_trace_dialect dialect)
{
    struct answers *want = decode(bytes, len, dialect);
    for (size_t cut = 0; cut <= len; cut++) {
        uint8_t *copy = malloc(cut + 1);
        memcpy(copy, bytes, cut);
        struct answers *got = decode(copy, cut, dialect);
        const uint64_t end = got->count < want->count ? want->events[got->count].off : len;
        CHECK(got->count <= want->count && end <= cut);
        CHECK(got->count == want->count || got->count + 1 == want->count || want->events[got->count + 1].off > cut);
        CHECK_EQ(got->status, end == cut ? STRAND_END : STRAND_TRACE_PAST_END);
        CHECK_EQ(got->error_off, end);
        for (size_t i = 0; i < got->count; i++) {
            check_same_event(&got->events[i], &want->events[i]);
        }
        free(got);
        free(copy);
    }
    free(want);
}

// The native trace and Go's.
static void on_all_traces(void (*check)(const uint8_t *bytes, size_t len, enum strand_trace_dialect dialect))
{
    uint8_t buf[700];
    check(buf, native_trace(buf, sizeof buf), STRAND_TRACE_GO1_5);
    for (size_t t = 0; t < sizeof go_traces / sizeof go_traces[0]; t++) {
        uint8_t *file = NULL;
        size_t len = 0;
        enum strand_trace_dialect dialect;
        load(&go_traces[t], &file, &len, &dialect);
        check(file + GO_HEADER_LEN, len - GO_HEADER_LEN, dialect);
        free(file);
    }
}

TEST(trace, a_window_may_end_anywhere)
{
    on_all_traces(check_windows);
}

TEST(trace, a_trace_may_end_anywhere)
{
    on_all_traces(check_truncations);
}

// ---------------------------------------------------------------------------------------------------------------
// Bad input

// Bytes behind a Batch of 5 bytes: how many events they are, and what ends them.
static const struct {
    const char *bytes;
    enum strand_trace_dialect dialect;
    size_t count;
    enum strand_status status;
    uint64_t error_off; // behind the Batch
} bad_traces[] = {
    {"06 00 00 | 00 00 00", STRAND_TRACE_GO1_5, 1, STRAND_TRACE_BAD_EVENT, 3},            // type 0
    {"C6 80808080808080808001", STRAND_TRACE_GO1_5, 0, STRAND_TRACE_BAD_EVENT, 0},        // length of 2^63
    {"C6 808040", STRAND_TRACE_GO1_5, 0, STRAND_TRACE_BAD_EVENT, 0},                      // length of 2^20
    {"C6 01 00", STRAND_TRACE_GO1_5, 0, STRAND_TRACE_BAD_EVENT, 0},                       // one delta only
    {"C6 00", STRAND_TRACE_GO1_7, 0, STRAND_TRACE_BAD_EVENT, 0},                          // none
    {"C6 02 00 80 00", STRAND_TRACE_GO1_5, 0, STRAND_TRACE_BAD_EVENT, 0},                 // ends inside of a varint
    {"C6 03 00 00", STRAND_TRACE_GO1_5, 0, STRAND_TRACE_PAST_END, 0},                     //
    {"46 00 00", STRAND_TRACE_GO1_5, 0, STRAND_TRACE_PAST_END, 0},                        //
    {"06 FFFFFFFFFFFFFFFFFF80 00", STRAND_TRACE_GO1_5, 0, STRAND_VARINT_LONG, 0},         //
    {"06 FFFFFFFFFFFFFFFFFF02 00", STRAND_TRACE_GO1_5, 0, STRAND_VARINT_RANGE, 0},        //
    {"C6 0B 00 FFFFFFFFFFFFFFFFFF80", STRAND_TRACE_GO1_5, 0, STRAND_VARINT_LONG, 0},      //
    {"C6 0C 00 00 FFFFFFFFFFFFFFFFFF02", STRAND_TRACE_GO1_5, 0, STRAND_VARINT_RANGE, 0},  //
    {"3F 00 00", STRAND_TRACE_GO1_5, 0, STRAND_TRACE_BAD_EVENT, 0},                       // EXT without a number
    {"7F 00 00 3E", STRAND_TRACE_GO1_5, 0, STRAND_TRACE_BAD_EVENT, 0},                    // EXT of 62
    {"7F 00 00 3F", STRAND_TRACE_GO1_5, 1, STRAND_END, 4},                                //
    {"7F 00 00", STRAND_TRACE_GO1_7, 1, STRAND_END, 3},                                   // no EXT there
    {"01 03 00", STRAND_TRACE_GO1_5, 0, STRAND_TRACE_BAD_EVENT, 0},                       // Batch without a tick
    {"01 03", STRAND_TRACE_GO1_7, 0, STRAND_TRACE_BAD_EVENT, 0},                          //
    {"C2 00", STRAND_TRACE_GO1_5, 0, STRAND_TRACE_BAD_EVENT, 0},                          // Frequency of nothing
    {"C3 04 01 01 02 03", STRAND_TRACE_GO1_5, 0, STRAND_TRACE_BAD_EVENT, 0},              // Stack of 1, 2 there
    {"C3 03 01 02 03", STRAND_TRACE_GO1_5, 0, STRAND_TRACE_BAD_EVENT, 0},                 // Stack of 2, 1 there
    {"C3 0B 01 FFFFFFFFFFFFFFFF7F 01", STRAND_TRACE_GO1_5, 0, STRAND_TRACE_BAD_EVENT, 0}, //
    {"C3 0F 01 8180808080808080C001 01 01 01 01", STRAND_TRACE_GO1_7, 0, STRAND_TRACE_BAD_EVENT,
     0},                                                                           // × 4 is 4 modulo 2^64
    {"C3 01 01", STRAND_TRACE_GO1_5, 0, STRAND_TRACE_BAD_EVENT, 0},                //
    {"25 02 01 00", STRAND_TRACE_GO1_5, 0, STRAND_TRACE_BAD_EVENT, 0},             // String without a length
    {"E5 03 01 02 61", STRAND_TRACE_GO1_5, 0, STRAND_TRACE_BAD_EVENT, 0},          // longer than its event
    {"E5 03 01 00 61", STRAND_TRACE_GO1_5, 0, STRAND_TRACE_BAD_EVENT, 0},          // shorter
    {"E5 00", STRAND_TRACE_GO1_5, 0, STRAND_TRACE_BAD_EVENT, 0},                   //
    {"25 01 808040", STRAND_TRACE_GO1_7, 0, STRAND_TRACE_BAD_EVENT, 0},            //
    {"25 01 03 6162", STRAND_TRACE_GO1_7, 0, STRAND_TRACE_PAST_END, 0},            //
    {"E5 01 02 6162", STRAND_TRACE_GO1_7, 1, STRAND_END, 5},                       // whatever its count says
    {"F0 03 00 01 02 | 02 6162", STRAND_TRACE_GO1_7, 1, STRAND_END, 8},            // UserLog
    {"F0 03 00 01 02 | 03 6162", STRAND_TRACE_GO1_7, 0, STRAND_TRACE_PAST_END, 0}, //
    {"F0 03 00 01 02 | 808040", STRAND_TRACE_GO1_7, 0, STRAND_TRACE_BAD_EVENT, 0}, //
    {"F0 03 00 01 02 | 06 00 00", STRAND_TRACE_GO1_5, 2, STRAND_END, 8},           // nothing special in ours
};

TEST(trace, tells_what_is_wrong_once)
{
    for (size_t i = 0; i < sizeof bad_traces / sizeof bad_traces[0]; i++) {
        const bool ours = bad_traces[i].dialect == STRAND_TRACE_GO1_5;
        const struct strand_hex batch = strand_hex_of(ours ? "41 01 00 8001" : "41 01 808001");
        const struct strand_hex rest = strand_hex_of(bad_traces[i].bytes);
        uint8_t *bytes = malloc(5 + rest.len);
        CHECK_EQ(batch.len, 5);
        memcpy(bytes, batch.data, 5);
        memcpy(bytes + 5, rest.data, rest.len);
        for (size_t split = 0; split <= 5 + rest.len; split++) {
            struct answers *a = decode_windows(bytes, 5 + rest.len, bad_traces[i].dialect, split, true);
            CHECK_EQ(a->count, 1 + bad_traces[i].count);
            CHECK_EQ(a->status, bad_traces[i].status);
            CHECK_EQ(a->error_off, 5 + bad_traces[i].error_off);
            free(a);
        }
        free(bytes);
    }
}

TEST(trace, a_length_is_asked_for_at_once)
{
    const struct strand_hex hex = strand_hex_of("41 01 00 05 | E5 90 4E 01");
    struct strand_trace_decoder d;
    struct strand_event event;
    init(&d, STRAND_TRACE_GO1_5);
    strand_trace_decoder_feed(&d, hex.data, hex.len, false);
    check_next(&d, &event);
    CHECK_EQ(strand_decode_event(&d, &event), STRAND_MORE);
    CHECK_EQ(strand_trace_decoder_need(&d), 3 + 10000);
}

TEST(trace, opens_with_a_batch)
{
    for (unsigned type = 0; type < 256; type++) {
        const uint8_t bytes[8] = {(uint8_t)type, 2, 1, 1};
        struct answers *a = decode(bytes, sizeof bytes, STRAND_TRACE_GO1_5);
        CHECK_EQ(a->status == STRAND_TRACE_NO_BATCH, type % 64 != 1);
        free(a);
    }
}

static void check_spans(const struct answers *a, const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < a->count; i++) {
        const struct strand_event *e = &a->events[i];
        const uint64_t end = i + 1 < a->count ? a->events[i + 1].off : a->error_off;
        CHECK(e->off < end && end <= len);
        CHECK(e->args.data >= bytes && e->args.data + e->args.len <= bytes + end);
        CHECK(e->text.data == NULL || (e->text.data >= bytes && e->text.data + e->text.len <= bytes + end));
        CHECK(e->arg_count <= e->args.len);
    }
}

TEST(trace, takes_any_bytes)
{
    uint64_t random = 3;
    for (unsigned n = 0; n < 60000; n++) {
        const size_t len = 4 + (size_t)(strand_test_random(&random) % 80);
        uint8_t *bytes = malloc(len);
        for (size_t i = 0; i < len; i++) {
            const uint64_t byte = strand_test_random(&random);
            bytes[i] = (uint8_t)(n % 3 == 0 ? byte : byte % 4 == 0 ? byte >> 8 : (byte >> 8) % 8);
        }
        bytes[0] = 0x41;
        const enum strand_trace_dialect dialect = n % 2 == 0 ? STRAND_TRACE_GO1_5 : STRAND_TRACE_GO1_7;
        struct answers *a = decode(bytes, len, dialect);
        struct answers *b = decode_windows(bytes, len, dialect, 0, true);
        check_spans(a, bytes, len);
        check_same(b, a);
        free(a);
        free(b);
        free(bytes);
    }
}

static void check_damage(const uint8_t *bytes, size_t len, enum strand_trace_dialect dialect)
{
    uint64_t random = len;
    uint8_t *copy = malloc(len);
    memcpy(copy, bytes, len);
    for (size_t i = 0; i < len; i++) {
        copy[i] = (uint8_t)(bytes[i] + 1 + strand_test_random(&random) % 255);
        struct answers *a = decode(copy, len, dialect);
        check_spans(a, copy, len);
        free(a);
        copy[i] = bytes[i];
    }
    free(copy);
}

TEST(trace, takes_damaged_traces)
{
    on_all_traces(check_damage);
}

TEST(trace, init_and_feed_check_their_arguments)
{
    struct strand_trace_decoder d;
    struct strand_event event;
    CHECK_EQ(strand_trace_decoder_init(&d, sizeof d - 1, STRAND_ABI_VERSION, STRAND_TRACE_GO1_5), STRAND_BAD_VERSION);
    CHECK_EQ(strand_trace_decoder_init(&d, sizeof d, STRAND_ABI_VERSION + 1, STRAND_TRACE_GO1_5), STRAND_BAD_VERSION);
    init(&d, STRAND_TRACE_GO1_5);
    CHECK_EQ(strand_trace_decoder_feed(&d, NULL, 0x40000000u, true), STRAND_BAD_ARGUMENT);
    CHECK_EQ(strand_decode_event(&d, &event), STRAND_MORE);
    CHECK_EQ(strand_trace_decoder_need(&d), 1);
    strand_trace_decoder_feed(&d, NULL, 0, true);
    CHECK_EQ(strand_decode_event(&d, &event), STRAND_END);
}

TEST(trace, offsets_count_from_where_the_caller_says)
{
    const uint8_t bytes[] = {0x41, 1, 0, 5, 6, 0, 1, 0};
    struct strand_trace_decoder d;
    struct strand_event event;
    init(&d, STRAND_TRACE_GO1_5);
    strand_trace_decoder_set_off(&d, 1000);
    strand_trace_decoder_feed(&d, bytes, sizeof bytes, true);
    check_next(&d, &event);
    CHECK_EQ(event.off, 1000);
    check_next(&d, &event);
    CHECK_EQ(event.off, 1004);
    CHECK_EQ(strand_trace_decoder_off(&d), 1007);
    CHECK_EQ(strand_decode_event(&d, &event), STRAND_TRACE_BAD_EVENT);
    CHECK_EQ(strand_trace_decoder_error_off(&d), 1007);
}

TEST(trace, sums_go_1_5_sequences)
{
    const struct strand_hex hex = strand_hex_of("41 01 0A 64 | 06 02 03 | 06 01 01 | 23 07 00 | 06 00 01");
    struct answers *a = decode(hex.data, hex.len, STRAND_TRACE_GO1_5);
    CHECK_EQ(a->status, STRAND_END);
    CHECK_EQ(a->count, 5);
    CHECK(a->events[0].seq == 10 && a->events[0].tick == 100);
    CHECK(a->events[1].seq == 12 && a->events[1].tick == 103);
    CHECK(a->events[2].seq == 13 && a->events[2].tick == 104);
    CHECK(!a->events[3].timed && a->events[3].arg_count == 2 && arg(&a->events[3], 0) == 7); // TimerGoroutine
    CHECK(a->events[4].seq == 13 && a->events[4].tick == 105);
    free(a);
}
