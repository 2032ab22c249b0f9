/* SPDX-License-Identifier: MIT
 *
 * gen_streams.c: the same events for each reader that reading.py compares.
 *
 *     gen_streams strand|ctf|text DIRECTORY STREAMS EVENTS
 *
 * Event i happens at tick START + 1000 i in a stream that a hash of i chooses, and says W2_MESSAGE, 42, -7, i: so
 * whoever merges the streams rightly prints 0, 1, 2 … in the last place. Written as stream files by libcodec, as a
 * CTF 1.8 trace with one packet in 64 KiB, and as text lines whose first column sorts as bytes.
 *
 *     CTF packet   magic u32 | begin u64 | end u64 | content bits u64 | packet bits u64 | events…
 *     CTF event    id u8 | tick u64 | a i32 | b i32 | c i32             21 bytes, packed, little-endian
 */
#include "strand.h"
#include "workload.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define START 1600000000000000000u
#define BLOCK_LEN 65536u
#define MEMORY_LEN (4096u + BLOCK_LEN)
#define PACKET_HEADER_LEN 36u
#define EVENT_LEN 21u

struct stream {
    FILE *file;
    uint8_t *memory;
    size_t used; /* CTF: of the packet */
    uint64_t first, last;
    struct strand_writer writer;
};

struct format {
    const char *name;
    const char *suffix;
    void (*open)(struct stream *s, uint32_t ordinal);
    void (*event)(struct stream *s, uint64_t tick, uint64_t i);
    void (*close)(struct stream *s);
};

static void expect(bool condition, const char *what)
{
    if (!condition) {
        perror(what);
        exit(3);
    }
}

static bool write_to_file(void *context, const uint8_t *bytes, size_t len)
{
    return fwrite(bytes, 1, len, context) == len;
}

static void strand_file_open(struct stream *s, uint32_t ordinal)
{
    const struct strand_file_header header = {.kind = STRAND_KIND_RECORDS,
                                              .incompat = STRAND_INCOMPAT_NANO_DERIVED,
                                              .boot = "one boot",
                                              .session = "one session",
                                              .ordinal = ordinal,
                                              .block_size = BLOCK_LEN,
                                              .tick_num = 1,
                                              .tick_den = 1};
    expect(strand_writer_init(&s->writer, sizeof s->writer, STRAND_ABI_VERSION, s->memory, MEMORY_LEN, &header,
                              write_to_file, s->file) == STRAND_OK,
           "strand_writer_init");
}

static void strand_file_event(struct stream *s, uint64_t tick, uint64_t i)
{
    enum strand_status status = STRAND_AGAIN;
    while (status == STRAND_AGAIN) {
        struct strand_encoder *e;
        expect(strand_writer_begin(&s->writer, tick, tick, -1, &e) == STRAND_OK, "strand_writer_begin");
        strand_encode_string(e, W2_MESSAGE, sizeof W2_MESSAGE - 1);
        strand_encode_int(e, w2_a);
        strand_encode_int(e, w2_b);
        strand_encode_int(e, (int64_t)i);
        status = strand_writer_end(&s->writer);
    }
    expect(status == STRAND_OK, "strand_writer_end");
    s->last = tick;
}

static void strand_file_close(struct stream *s)
{
    expect(strand_writer_close(&s->writer, s->last + 1, s->last + 1) == STRAND_OK, "strand_writer_close");
}

static void put(struct stream *s, size_t *at, uint64_t value, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        s->memory[(*at)++] = (uint8_t)(value >> 8 * i);
    }
}

static void ctf_open(struct stream *s, uint32_t ordinal)
{
    (void)ordinal;
    s->used = PACKET_HEADER_LEN;
}

static void ctf_flush(struct stream *s)
{
    size_t at = 0;
    put(s, &at, 0xC1FC1FC1, 4);
    put(s, &at, s->first, 8);
    put(s, &at, s->last, 8);
    put(s, &at, 8 * (uint64_t)s->used, 8);
    put(s, &at, 8 * (uint64_t)s->used, 8);
    expect(write_to_file(s->file, s->memory, s->used), "a packet");
    s->used = PACKET_HEADER_LEN;
}

static void ctf_event(struct stream *s, uint64_t tick, uint64_t i)
{
    if (BLOCK_LEN - s->used < EVENT_LEN) {
        ctf_flush(s);
    }
    s->first = s->used == PACKET_HEADER_LEN ? tick : s->first;
    s->last = tick;
    put(s, &s->used, 0, 1);
    put(s, &s->used, tick, 8);
    put(s, &s->used, (uint32_t)w2_a, 4);
    put(s, &s->used, (uint32_t)w2_b, 4);
    put(s, &s->used, i, 4);
}

static void ctf_close(struct stream *s)
{
    if (s->used > PACKET_HEADER_LEN) {
        ctf_flush(s);
    }
}

static void ctf_metadata(const char *directory)
{
    static const char text[] =
        "/* CTF 1.8 */\n"
        "typealias integer { size = 8; align = 8; signed = false; } := u8;\n"
        "typealias integer { size = 32; align = 8; signed = false; base = 16; } := u32;\n"
        "typealias integer { size = 64; align = 8; signed = false; } := u64;\n"
        "typealias integer { size = 32; align = 8; signed = true; } := i32;\n"
        "trace { major = 1; minor = 8; byte_order = le; packet.header := struct { u32 magic; }; };\n"
        "clock { name = ticks; freq = 1000000000; };\n"
        "typealias integer { size = 64; align = 8; signed = false; map = clock.ticks.value; } := time;\n"
        "stream {\n"
        "  packet.context := struct { time timestamp_begin; time timestamp_end; u64 content_size; u64 packet_size; "
        "};\n"
        "  event.header := struct { u8 id; time timestamp; };\n"
        "};\n"
        "event { name = \"" W2_MESSAGE "\"; id = 0; fields := struct { i32 a; i32 b; i32 c; }; };\n";
    char path[4096];
    snprintf(path, sizeof path, "%s/metadata", directory);
    FILE *file = fopen(path, "w");
    expect(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0, path);
}

static void text_open(struct stream *s, uint32_t ordinal)
{
    (void)s;
    (void)ordinal;
}

static void text_event(struct stream *s, uint64_t tick, uint64_t i)
{
    expect(fprintf(s->file, "%020" PRIu64 " " W2_MESSAGE " %d %d %" PRIu64 "\n", tick, w2_a, w2_b, i) > 0, "a line");
}

static void text_close(struct stream *s)
{
    (void)s;
}

static const struct format formats[] = {
    {"strand", ".strand", strand_file_open, strand_file_event, strand_file_close},
    {"ctf", "", ctf_open, ctf_event, ctf_close},
    {"text", ".txt", text_open, text_event, text_close},
};

static const struct format *format_of(const char *name)
{
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        if (strcmp(formats[i].name, name) == 0) {
            return &formats[i];
        }
    }
    return NULL;
}

static void generate(const struct format *format, const char *directory, uint32_t count, uint64_t events)
{
    struct stream *streams = calloc(count, sizeof *streams);
    char path[4096];
    expect(streams != NULL, "memory");
    for (uint32_t k = 0; k < count; k++) {
        snprintf(path, sizeof path, "%s/%04" PRIu32 "%s", directory, k, format->suffix);
        streams[k].file = fopen(path, "wb");
        streams[k].memory = malloc(MEMORY_LEN);
        expect(streams[k].file != NULL && streams[k].memory != NULL, path);
        format->open(&streams[k], k);
    }
    for (uint64_t i = 0; i < events; i++) {
        const uint64_t hash = (i + 1) * 0x9E3779B97F4A7C15u;
        format->event(&streams[(hash >> 32) * count >> 32], START + 1000 * i, i);
    }
    for (uint32_t k = 0; k < count; k++) {
        format->close(&streams[k]);
        expect(fclose(streams[k].file) == 0, directory);
        free(streams[k].memory);
    }
    free(streams);
}

int main(int argc, char **argv)
{
    const struct format *format = argc == 5 ? format_of(argv[1]) : NULL;
    const unsigned long count = argc == 5 ? strtoul(argv[3], NULL, 10) : 0;
    if (format == NULL || count < 1 || count > 9999) {
        fprintf(stderr, "usage: gen_streams strand|ctf|text DIRECTORY STREAMS EVENTS\n");
        return 2;
    }
    generate(format, argv[2], (uint32_t)count, strtoull(argv[4], NULL, 10));
    if (strcmp(format->name, "ctf") == 0) {
        ctf_metadata(argv[2]);
    }
    return 0;
}
