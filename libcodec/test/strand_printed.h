/* SPDX-License-Identifier: MIT
 *
 * strand_printed.h: one record printed in a style, and what the ids, offsets and addresses in it stand for.
 */
#ifndef STRAND_PRINTED_H
#define STRAND_PRINTED_H

#include "strand_hex.h"
#include "strand_print.h"

#define ROOM 8192u
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

// ---------------------------------------------------------------------------------------------------------------
// What the tests' ids, offsets and addresses stand for

struct definition {
    unsigned kind;
    uint64_t id;
    const char *body;
};

static const struct definition definitions[] = {
    {STRAND_DEF_KEY, 7, "08 02 6664"},     // "fd"
    {STRAND_DEF_KEY, 9, "08 02 C328"},     // no UTF-8
    {STRAND_DEF_KEY, 11, "08 09 78"},      // cut
    {STRAND_DEF_KEY, 13, "05 01"},         // no string
    {STRAND_DEF_KEY, 15, ""},              // taken back
    {STRAND_DEF_KEY, 17, "08 01 78 | 00"}, // goes on with what can't be decoded
    {STRAND_DEF_KEY, 19, "08 01 78 | 05 01"},
    // WARN, "net.c" 42, "serve", "accepted", keys "fd" and "peer"
    {STRAND_DEF_SITE, 4,
     "11 0D | 08 05 6E65742E63 | 05 2A | 08 05 7365727665 | 08 08 6163636570746564 | "
     "08 02 6664 | 08 04 70656572"},
    {STRAND_DEF_SITE, 6, "11 0D | 08 01 FF | 05 2A | 08 01 66 | 08 01 FE"},
    {STRAND_DEF_SITE, 8, "11 0D | 08 01 61 | 05 2A | 08 01 66"}, // no message
    {STRAND_DEF_STACK, 2, "0C 02 | E920 | 8020"},                // 0x1069, 0x1000
    {STRAND_DEF_STACK, 3, "0C 00"},
    // "flush", no stack, "bytes" in "B", "ms" in "ms"
    {STRAND_DEF_EVENT, 70, "08 05 666C757368 | 01 | 08 05 6279746573 | 08 01 42 | 08 02 6D73 | 08 02 6D73"},
    {STRAND_DEF_EVENT, 71, "08 05 666C757368 | 08 00"},
    // "read\n", its argument 1 is the stack, "bytes" in "B", "at", "fd"
    {STRAND_DEF_EVENT, 72,
     "08 05 726561640A | 05 01 | 08 05 6279746573 | 08 01 42 | 08 02 6174 | 08 00 | 08 02 6664 | 08 00"},
};

static inline bool find_definition(void *context, uint64_t stream, unsigned kind, uint64_t id,
                                   struct strand_span *ret_body)
{
    static struct strand_hex body; // until the next one is asked for
    (void)context;
    CHECK_EQ(stream, 3);
    for (size_t i = 0; i < COUNT(definitions); i++) {
        if (definitions[i].kind == kind && definitions[i].id == id) {
            body = strand_hex_of(definitions[i].body);
            *ret_body = (struct strand_span){body.data, body.len};
            return true;
        }
    }
    return false;
}

// The image is "constant \xFF": anything else isn't there.
static inline bool find_image(void *context, uint64_t stream, uint64_t off, uint64_t len,
                              struct strand_span *ret_bytes)
{
    static const uint8_t image[] = "constant \xFF";
    (void)context;
    CHECK_EQ(stream, 3);
    if (off > 10 || len > 10 - off) {
        return false;
    }
    *ret_bytes = (struct strand_span){image + off, (size_t)len};
    return true;
}

// Two functions: [0x1000, 0x1040) on a line for each 16 bytes, [0x1040, 0x1080) with a name that wants escapes.
static inline bool find_symbol(void *context, uint64_t stream, uint64_t pc, struct strand_span *ret_function,
                               struct strand_span *ret_file, uint64_t *ret_line, uint64_t *ret_entry)
{
    (void)context;
    CHECK_EQ(stream, 3);
    if (pc < 0x1000 || pc >= 0x1080) {
        return false;
    }
    const char *function = pc < 0x1040 ? "main.run" : "main.\x1B";
    *ret_function = (struct strand_span){(const uint8_t *)function, strlen(function)};
    *ret_file = (struct strand_span){(const uint8_t *)"a.go", 4};
    *ret_line = pc % 0x40 / 16 + 1;
    *ret_entry = pc < 0x1040 ? 0x1000 : 0x1040;
    return true;
}

static const struct strand_resolver everything = {NULL, find_definition, find_image, find_symbol};
static const struct strand_resolver nothing = {NULL, NULL, NULL, NULL};

// ---------------------------------------------------------------------------------------------------------------
// Printing

static const struct strand_span main_label = {(const uint8_t *)"main", 4};
static const struct strand_span no_label = {NULL, 0};

struct printed {
    char base[ROOM];
    size_t len;
    enum strand_status status;
    size_t bad_off;
};

static inline struct strand_printer printer_of(enum strand_style style)
{
    return (struct strand_printer){.style = style, .init_nano = 1000000000u, .resolver = &everything};
}

// A record of stream 3 at offset 500, P 2, 4 seconds behind init_nano, whose header has 4 bytes.
static inline struct strand_frame record_of(const struct strand_hex *body)
{
    return (struct strand_frame){
        .kind = STRAND_FRAME_RECORD,
        .off = 500,
        .len = 6 + body->len,
        .tick = 77,
        .nano = 5000000123u,
        .p = 2,
        .body = {body->data, body->len},
    };
}

static inline struct printed print_record(const struct strand_printer *printer, const char *hex)
{
    const struct strand_hex body = strand_hex_of(hex);
    const struct strand_frame record = record_of(&body);
    struct printed out = {.bad_off = SIZE_MAX};
    struct strand_text text = {out.base, ROOM, 0};
    out.status = strand_print_record(&text, printer, 3, main_label, &record, &out.bad_off);
    out.len = text.len;
    CHECK(out.len < ROOM);
    return out;
}

#define CHECK_LINE(out, want) CHECK_BYTES((out).base, (out).len, want, strlen(want))

// The styles around a record's fields.
static const char *const canonical_record =
    "{\"stream\":3,\"tick\":77,\"nano\":5000000123,\"p\":2,\"fields\":[%s]}\n";
static const char *const debuglog_record = "[4.000000123 P 2] %s\n";
static const char *const text_record = "4.000000123 main P2%s%s\n";

static inline void check_record(const struct strand_printer *printer, const char *hex, const char *fields)
{
    char want[ROOM];
    switch (printer->style) {
    case STRAND_STYLE_CANONICAL: snprintf(want, sizeof want, canonical_record, fields); break;
    case STRAND_STYLE_DEBUGLOG: snprintf(want, sizeof want, debuglog_record, fields); break;
    case STRAND_STYLE_TEXT:
        snprintf(want, sizeof want, text_record, fields[0] == '\0' || fields[0] == '\n' ? "" : " ", fields);
        break;
    }
    const struct printed out = print_record(printer, hex);
    CHECK_LINE(out, want);
}

struct example {
    const char *hex;
    const char *canonical;
    const char *debuglog;
    const char *text;
};

static inline void check_styles(const struct example *example)
{
    const struct strand_printer canonical = printer_of(STRAND_STYLE_CANONICAL);
    const struct strand_printer debuglog = printer_of(STRAND_STYLE_DEBUGLOG);
    const struct strand_printer text = printer_of(STRAND_STYLE_TEXT);
    check_record(&canonical, example->hex, example->canonical);
    check_record(&debuglog, example->hex, example->debuglog);
    check_record(&text, example->hex, example->text);
}

#endif
