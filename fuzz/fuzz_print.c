/* SPDX-License-Identifier: MIT
 *
 * fuzz_print.c: whatever decodes is printed, in all styles.
 *
 *     strand or trace … │ what resolves, dialect │ what it is, label
 *
 * Printing into no room, into half of it and into exactly enough must agree. A canonical line is one line of valid
 * UTF-8 and of the JSON that the format's grammar allows, no more; a text line can't do anything to a terminal.
 */
#include "fuzz.h"
#include "strand_print.h"
#include "strand_trace.h"

#define DEFINITIONS_MAX 32

struct definition {
    uint64_t kind, id;
    struct strand_span body;
};

// What the resolver knows: definitions that were read, and the input itself as image and as names.
struct known {
    struct strand_span input;
    struct definition definitions[DEFINITIONS_MAX];
    size_t definition_count;
};

struct what {
    struct strand_printer printer;
    struct strand_span label;
    uint64_t stream;
};

// One thing to print.
struct thing {
    const struct strand_frame *record;
    const struct strand_event *event;
    const struct strand_diag *diag; // where the others are NULL
};

// ---------------------------------------------------------------------------------------------------------------
// The resolver

static bool find_definition(void *context, uint64_t stream, unsigned def_kind, uint64_t id,
                            struct strand_span *ret_body)
{
    const struct known *known = context;
    (void)stream;
    for (size_t i = known->definition_count; i > 0; i--) {
        if (known->definitions[i - 1].kind == def_kind && known->definitions[i - 1].id == id) {
            *ret_body = known->definitions[i - 1].body;
            return true;
        }
    }
    return false;
}

static bool find_image(void *context, uint64_t stream, uint64_t off, uint64_t len, struct strand_span *ret_bytes)
{
    const struct known *known = context;
    (void)stream;
    if (off > known->input.len || len > known->input.len - off) {
        return false;
    }
    *ret_bytes = (struct strand_span){known->input.data + off, (size_t)len};
    return true;
}

static bool find_symbol(void *context, uint64_t stream, uint64_t pc, struct strand_span *ret_function,
                        struct strand_span *ret_file, uint64_t *ret_line, uint64_t *ret_entry)
{
    *ret_line = pc / 16;
    *ret_entry = pc - pc % 16;
    return find_image(context, stream, pc % 64, pc % 8, ret_function) &&
           find_image(context, stream, pc % 32, pc % 16, ret_file);
}

static void remember(struct known *known, const struct strand_frame *frame)
{
    struct strand_def def;
    if (frame->ext_kind == STRAND_WIRE_FRAME_DEF && known->definition_count < DEFINITIONS_MAX &&
        strand_decode_def(frame->body, &def) == STRAND_OK) {
        known->definitions[known->definition_count] = (struct definition){def.def_kind, def.id, def.body};
        known->definition_count++;
    }
}

// ---------------------------------------------------------------------------------------------------------------
// What text may be

// Length of the UTF-8 sequence at s and its code point; 0 for bytes that are none.
static size_t utf8(const uint8_t *s, size_t len, uint32_t *ret_code)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const size_t n = s[0] < 0x80 ? 1 : s[0] >= 0xC2 && s[0] < 0xE0 ? 2 : s[0] >= 0xE0 && s[0] < 0xF0 ? 3 : 4;
    uint32_t code = n == 1 ? s[0] : s[0] & (0x7Fu >> n);
    if ((s[0] >= 0x80 && s[0] < 0xC2) || s[0] > 0xF4 || n > len) {
        return 0;
    }
    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xC0) != 0x80) {
            return 0;
        }
        code = code << 6 | (s[i] & 0x3Fu);
    }
    *ret_code = code;
    return code < least[n] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000) ? 0 : n;
}

static bool moves_a_terminal(uint32_t code)
{
    return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x61C || code == 0x200E || code == 0x200F ||
           (code >= 0x2028 && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
}

// Only tracebacks go on in further lines, which begin with a tabulator; those of named places with two spaces.
static void check_text(const uint8_t *s, size_t len)
{
    uint32_t code = 0;
    for (size_t i = 0; i < len; i += utf8(s + i, len - i, &code)) {
        FUZZ_CHECK(utf8(s + i, len - i, &code) > 0);
        const bool named = len - i > 2 && s[i + 1] == ' ' && s[i + 2] == ' ';
        const bool line_break = s[i] == '\n' && (i + 1 == len || s[i + 1] == '\t' || named);
        const bool indent = s[i] == '\t' && i > 0 && s[i - 1] == '\n';
        FUZZ_CHECK(line_break || indent || !moves_a_terminal(code));
    }
}

// JSON as canonical lines have it: no spaces, integers, the few escapes. Each function takes what it is named after
// off the front, and fails the input where that isn't there.
static void take(struct strand_span *s, const char *literal)
{
    const size_t len = strlen(literal);
    FUZZ_CHECK(s->len >= len && memcmp(s->data, literal, len) == 0);
    s->data += len;
    s->len -= len;
}

static bool at(const struct strand_span *s, char c)
{
    return s->len > 0 && s->data[0] == (uint8_t)c;
}

static void take_escape(struct strand_span *s)
{
    FUZZ_CHECK(s->len >= 2);
    if (s->data[1] != 'u') {
        take(s, s->data[1] == '"' ? "\\\"" : "\\\\");
        return;
    }
    take(s, "\\u00");
    take(s, at(s, '0') ? "0" : "1");
    FUZZ_CHECK(s->len > 0 && s->data[0] != '\0' && strchr("0123456789abcdef", s->data[0]) != NULL);
    s->data++;
    s->len--;
}

static void take_string(struct strand_span *s)
{
    uint32_t code = 0;
    take(s, "\"");
    while (!at(s, '"')) {
        FUZZ_CHECK(s->len > 0);
        if (at(s, '\\')) {
            take_escape(s);
            continue;
        }
        const size_t n = utf8(s->data, s->len, &code);
        FUZZ_CHECK(n > 0 && code >= 0x20);
        s->data += n;
        s->len -= n;
    }
    take(s, "\"");
}

static void take_number(struct strand_span *s)
{
    if (at(s, '-')) {
        take(s, "-");
        FUZZ_CHECK(!at(s, '0'));
    }
    size_t digits = 0;
    while (digits < s->len && s->data[digits] >= '0' && s->data[digits] <= '9') {
        digits++;
    }
    FUZZ_CHECK(digits > 0 && digits <= 20 && (digits == 1 || s->data[0] != '0'));
    s->data += digits;
    s->len -= digits;
}

static void take_value(struct strand_span *s, int depth);

static void take_list(struct strand_span *s, const char *open, const char *close, bool named, int depth)
{
    take(s, open);
    while (!at(s, *close)) {
        if (named) {
            take_string(s);
            take(s, ":");
        }
        take_value(s, depth + 1);
        if (!at(s, *close)) {
            take(s, ",");
            FUZZ_CHECK(!at(s, *close));
        }
    }
    take(s, close);
}

static void take_value(struct strand_span *s, int depth)
{
    FUZZ_CHECK(s->len > 0 && depth < 6);
    switch (s->data[0]) {
    case '{': take_list(s, "{", "}", true, depth); break;
    case '[': take_list(s, "[", "]", false, depth); break;
    case '"': take_string(s); break;
    case 't': take(s, "true"); break;
    case 'f': take(s, "false"); break;
    default: take_number(s);
    }
}

static void check_canonical(const uint8_t *line, size_t len)
{
    struct strand_span s = {line, len};
    FUZZ_CHECK(at(&s, '{'));
    take_value(&s, 0);
    take(&s, "\n");
    FUZZ_CHECK(s.len == 0);
}

// ---------------------------------------------------------------------------------------------------------------
// Printing

static enum strand_status print(struct strand_text *text, const struct what *what, const struct thing *thing,
                                size_t *ret_bad_off)
{
    if (thing->record != NULL) {
        return strand_print_record(text, &what->printer, what->stream, what->label, thing->record, ret_bad_off);
    }
    if (thing->event != NULL) {
        strand_print_event(text, &what->printer, what->stream, what->label, thing->event->tick, thing->event);
    } else {
        strand_print_diag(text, &what->printer, what->stream, what->label, thing->diag);
    }
    return STRAND_OK;
}

static void check_line(const struct what *what, const struct thing *thing, const uint8_t *line, size_t len)
{
    const enum strand_style style = what->printer.style;
    const bool silent = (thing->event != NULL && !thing->event->timed) ||
                        (style == STRAND_STYLE_DEBUGLOG && thing->record == NULL && thing->event == NULL);
    FUZZ_CHECK(silent == (len == 0));
    FUZZ_CHECK(silent || line[len - 1] == '\n');
    if (style == STRAND_STYLE_CANONICAL && !silent) {
        check_canonical(line, len);
    } else if (style == STRAND_STYLE_TEXT) {
        check_text(line, len);
    }
}

static void print_thing(struct what *what, const struct thing *thing, enum strand_status want, size_t want_bad_off)
{
    struct strand_text count = {NULL, 0, 0};
    size_t bad_off = want_bad_off;
    FUZZ_CHECK(print(&count, what, thing, &bad_off) == want && bad_off == want_bad_off);
    const size_t len = count.len;
    char *whole = malloc(len + 1);
    char *half = malloc(len / 2 + 1);
    FUZZ_CHECK(whole != NULL && half != NULL);
    half[len / 2] = '\x5A';
    struct strand_text into_whole = {whole, len, 0};
    struct strand_text into_half = {half, len / 2, 0};
    FUZZ_CHECK(print(&into_whole, what, thing, &bad_off) == want && bad_off == want_bad_off);
    FUZZ_CHECK(print(&into_half, what, thing, &bad_off) == want && bad_off == want_bad_off);
    FUZZ_CHECK(into_whole.len == len && into_half.len == len);
    FUZZ_CHECK(memcmp(whole, half, len / 2) == 0 && half[len / 2] == '\x5A');
    check_line(what, thing, (const uint8_t *)whole, len);
    free(half);
    free(whole);
}

static void print_styles(struct what *what, const struct thing *thing)
{
    enum strand_status want = STRAND_OK;
    size_t bad_off = 0;
    if (thing->record != NULL) {
        struct strand_fields fields;
        struct strand_field field;
        strand_fields_init(&fields, thing->record->body, what->printer.dialect);
        do {
            want = strand_decode_field(&fields, &field);
        } while (want == STRAND_OK);
        bad_off = want == STRAND_END ? 0 : fields.off;
        want = want == STRAND_END ? STRAND_OK : want;
    }
    for (int style = STRAND_STYLE_TEXT; style <= STRAND_STYLE_CANONICAL; style++) {
        what->printer.style = (enum strand_style)style;
        print_thing(what, thing, want, bad_off);
    }
}

static void print_bad(struct what *what, enum strand_status status, uint64_t off)
{
    const struct strand_diag diag = {.kind = strand_status_diag(status),
                                     .code = status,
                                     .off = off,
                                     .records_known = off % 2 == 1,
                                     .bytes_known = off % 3 == 1,
                                     .exact_known = off % 5 < 3,
                                     .exact = off % 5 == 1,
                                     .records = off,
                                     .bytes = off * off};
    print_styles(what, &(struct thing){NULL, NULL, &diag});
}

static void print_strand(struct what *what, struct known *known)
{
    struct strand_decoder d;
    struct strand_frame frame;
    enum strand_status status;
    FUZZ_CHECK(strand_decoder_init(&d, sizeof d, STRAND_ABI_VERSION) == STRAND_OK);
    FUZZ_CHECK(strand_decoder_feed(&d, known->input.data, known->input.len, true) == STRAND_OK);
    while ((status = strand_decode_frame(&d, &frame)) != STRAND_END) {
        if (status != STRAND_OK) {
            print_bad(what, status, strand_decoder_error_off(&d));
        } else if (frame.kind == STRAND_FRAME_RECORD) {
            print_styles(what, &(struct thing){&frame, NULL, NULL});
        } else {
            remember(known, &frame);
        }
    }
}

static void print_trace(struct what *what, const struct known *known, enum strand_trace_dialect dialect)
{
    struct strand_trace_decoder d;
    struct strand_event event;
    enum strand_status status;
    FUZZ_CHECK(strand_trace_decoder_init(&d, sizeof d, STRAND_ABI_VERSION, dialect) == STRAND_OK);
    FUZZ_CHECK(strand_trace_decoder_feed(&d, known->input.data, known->input.len, true) == STRAND_OK);
    while ((status = strand_decode_event(&d, &event)) != STRAND_END) {
        if (status == STRAND_OK) {
            print_styles(what, &(struct thing){NULL, &event, NULL});
        } else {
            print_bad(what, status, strand_trace_decoder_error_off(&d));
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, size};
    const uint8_t what_it_is = fuzz_choice(&in);
    const uint8_t how = fuzz_choice(&in);
    struct known known = {.input = {in.data, in.size}};
    const struct strand_resolver resolver = {&known, how % 2 == 1 ? find_definition : NULL,
                                             how / 2 % 2 == 1 ? find_image : NULL,
                                             how / 4 % 2 == 1 ? find_symbol : NULL};
    struct what what = {.stream = what_it_is / 4};
    what.label = (struct strand_span){in.data, in.size < what_it_is % 32 ? in.size : what_it_is % 32};
    what.printer.dialect = how / 8 % 2 == 1 ? STRAND_DIALECT_GO1_26 : STRAND_DIALECT_NATIVE;
    what.printer.init_nano = how / 16 % 2 == 1 ? how * 1000u : 0;
    what.printer.keep_strand = how / 32 % 2 == 1;
    what.printer.resolver = how % 8 != 0 ? &resolver : NULL;
    if (what_it_is % 4 < 3) {
        print_strand(&what, &known);
    } else {
        print_trace(&what, &known, how / 64 % 2 == 1 ? STRAND_TRACE_GO1_7 : STRAND_TRACE_GO1_5);
    }
    return 0;
}
