/* SPDX-License-Identifier: MIT
 *
 * test_go_ring.c: rings that Go's runtime wrote, lifted out of core dumps.
 *
 * Each fixture is the memory of a ring as it was found. The text beside it is what Go's own reader makes of it, a
 * line for each record: position, size, tick, nano, P, fields. What a reader needs besides the bytes (positions and
 * the time base at the oldest) stood in the program's own reader state.
 */
#include <stdarg.h>

#include "strand_fixture.h"
#include "strand_ring.h"

struct go_ring {
    const char *ring;
    const char *text;
    size_t size;
    uint64_t begin;
    uint64_t end;
    uint64_t tick;
    uint64_t nano;
    enum strand_dialect dialect;
    size_t syncs;
};

static const struct go_ring wrapped = {
    "go119_386_wrapped.ring",
    "go119_386_wrapped.txt",
    16384,
    21317,
    37675,
    5006839136429,
    1928507375172,
    STRAND_DIALECT_NATIVE,
    1,
};

// Behind `end` stands a record that was never closed: its size is 0 still.
static const struct go_ring midwrite = {
    "go119_midwrite.ring", "go119_midwrite.txt", 4096, 0, 28, 0, 0, STRAND_DIALECT_NATIVE, 1,
};

static const struct go_ring renumbered = {
    "go126.ring", "go126.txt", 8192, 0, 7313, 0, 0, STRAND_DIALECT_GO1_26, 8,
};

struct text {
    char base[65536];
    size_t len;
};

__attribute__((format(printf, 2, 3))) static void put(struct text *to, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    to->len += (size_t)vsnprintf(to->base + to->len, sizeof to->base - to->len, format, args);
    va_end(args);
    CHECK(to->len < sizeof to->base);
}

static void print_traceback(struct text *to, struct strand_span values)
{
    uint64_t pc = 0;
    put(to, " traceback:");
    for (const char *between = ""; strand_decode_value(&values, &pc) == STRAND_OK; between = ",") {
        put(to, "%s%llu", between, (unsigned long long)pc);
    }
}

static void print_dump(struct text *to, const struct strand_field *field)
{
    put(to, " dump:%llu:", (unsigned long long)field->value);
    for (size_t i = 0; i < field->data.len; i++) {
        put(to, "%02x", field->data.data[i]);
    }
}

static void print_field(struct text *to, const struct strand_field *field)
{
    const unsigned long long value = field->value;
    switch (field->type) {
    case STRAND_WIRE_TRUE: put(to, " true"); break;
    case STRAND_WIRE_FALSE: put(to, " false"); break;
    case STRAND_WIRE_INT: put(to, " int:%lld", (long long)field->svalue); break;
    case STRAND_WIRE_UINT: put(to, " uint:%llu", value); break;
    case STRAND_WIRE_HEX: put(to, " hex:%llu", value); break;
    case STRAND_WIRE_PTR: put(to, " ptr:%llu", value); break;
    case STRAND_WIRE_OVERFLOW: put(to, " overflow:%llu", value); break;
    case STRAND_WIRE_PC: put(to, " pc:%llu", value); break;
    case STRAND_WIRE_STRING: put(to, " \"%.*s\"", (int)field->data.len, (const char *)field->data.data); break;
    case STRAND_WIRE_CONST_STRING: put(to, " const:%llu@%llu", (unsigned long long)field->const_len, value); break;
    case STRAND_WIRE_TRACEBACK: print_traceback(to, field->data); break;
    case STRAND_WIRE_MEMDUMP: print_dump(to, field); break;
    default: strand_test_fail(__FILE__, __LINE__, "a field that these rings don't have");
    }
}

static void print_record(struct text *to, const struct strand_frame *frame, enum strand_dialect dialect)
{
    struct strand_fields fields;
    struct strand_field field;
    enum strand_status status;
    put(to, "%llu %llu %llu %llu %lld", (unsigned long long)frame->off, (unsigned long long)frame->len,
        (unsigned long long)frame->tick, (unsigned long long)frame->nano, (long long)frame->p);
    strand_fields_init(&fields, frame->body, dialect);
    while ((status = strand_decode_field(&fields, &field)) == STRAND_OK) {
        print_field(to, &field);
    }
    CHECK_EQ(status, STRAND_END);
    put(to, "\n");
}

static void print_ring(struct text *to, const struct go_ring *ring, const uint8_t *data)
{
    const struct strand_ring_view view = {data, ring->size, ring->begin, ring->end, ring->tick, ring->nano};
    struct strand_ring_reader reader;
    struct strand_frame frame;
    enum strand_status status;
    uint8_t *scratch = malloc(ring->size);
    size_t syncs = 0;
    CHECK_EQ(strand_ring_reader_init(&reader, sizeof reader, STRAND_ABI_VERSION, &view, scratch, ring->size),
             STRAND_OK);
    while ((status = strand_ring_read(&reader, &frame)) == STRAND_OK) {
        if (frame.kind == STRAND_FRAME_RECORD) {
            print_record(to, &frame, ring->dialect);
        } else {
            syncs++;
        }
    }
    CHECK_EQ(status, STRAND_END);
    CHECK_EQ(syncs, ring->syncs);
    free(scratch);
}

// Line by line, so that a failure shows the line.
static void check_lines(const char *got, const char *want, size_t want_len)
{
    const char *end = want + want_len;
    while (want < end) {
        const size_t got_line = strcspn(got, "\n");
        const size_t want_line = (size_t)((const char *)memchr(want, '\n', (size_t)(end - want)) - want);
        CHECK_BYTES(got, got_line, want, want_line);
        got += got_line + (got[got_line] == '\n' ? 1 : 0);
        want += want_line + 1;
    }
    CHECK_EQ(*got, '\0');
}

static void check_ring(const struct go_ring *ring)
{
    size_t data_len = 0;
    size_t want_len = 0;
    uint8_t *data = strand_fixture_read(ring->ring, &data_len);
    uint8_t *want = strand_fixture_read(ring->text, &want_len);
    CHECK_EQ(data_len, ring->size);
    struct text *got = calloc(1, sizeof *got);
    CHECK(got != NULL);
    print_ring(got, ring, data);
    check_lines(got->base, (const char *)want, want_len);
    free(got);
    free(want);
    free(data);
}

TEST(go_ring, reads_a_ring_that_wrapped)
{
    check_ring(&wrapped);
}

TEST(go_ring, shows_no_record_that_was_never_closed)
{
    check_ring(&midwrite);
}

TEST(go_ring, reads_the_numbering_of_go_1_26)
{
    check_ring(&renumbered);
}

// Without the time base at `begin` the first records would be wrong: Go's oldest sync was overwritten.
TEST(go_ring, needs_the_time_base_at_begin)
{
    size_t len = 0;
    uint8_t scratch[64];
    uint8_t *data = strand_fixture_read(wrapped.ring, &len);
    const struct strand_ring_view view = {data, len, wrapped.begin, wrapped.end, 0, 0};
    struct strand_ring_reader reader;
    struct strand_frame frame;
    strand_ring_reader_init(&reader, sizeof reader, STRAND_ABI_VERSION, &view, scratch, sizeof scratch);
    CHECK_EQ(strand_ring_read(&reader, &frame), STRAND_NO_BASE);
    CHECK_EQ(strand_ring_reader_error_off(&reader), wrapped.begin);
    CHECK_EQ(strand_ring_read(&reader, &frame), STRAND_OK);
    CHECK(frame.tick < 2097152);
    free(data);
}
