/* SPDX-License-Identifier: MIT
 *
 * strand_print_plain.c: the text and debuglog styles: values one after the other, separated by spaces.
 *
 *     text       0.003556467 worker P2 INFO accepted fd=7 peer="[::1] 80"
 *     debuglog   [0.003556467 P 2] thread 3 round 0 0x300000000 true
 *
 * Both print the same values in the same form. What differs: how a line begins; whether strings are escaped (text) or
 * as they are (debuglog, as Go's runtime prints them); and what Go says that text doesn't (unknown PCs, memory dumps
 * in lines of their own, fields that can't be decoded).
 */
#include "strand_print_style.h"

// Where we are in a line.
struct strand_plain {
    const struct strand_line *line;
    struct strand_text *text;
    bool escapes;              // text style
    bool joined;               // the next field follows at once: it is the value of a key, or Go's first
    bool has_keys;             // values to come are named by
    struct strand_fields keys; // what is left of a call site's keys
};

static struct strand_plain strand_plain_of(const struct strand_line *line)
{
    const struct strand_plain plain = {
        .line = line,
        .text = line->text,
        .escapes = line->printer->style == STRAND_STYLE_TEXT,
        .joined = line->printer->style != STRAND_STYLE_TEXT, // what Go begins a line with ends in a space
    };
    return plain;
}

// ---------------------------------------------------------------------------------------------------------------
// Pieces

static void strand_plain_gap(const struct strand_plain *plain)
{
    if (!plain->joined) {
        strand_text_byte(plain->text, ' ');
    }
}

static void strand_plain_name(const struct strand_plain *plain, struct strand_span name)
{
    if (plain->escapes) {
        strand_text_escaped(plain->text, name);
    } else {
        strand_text_span(plain->text, name);
    }
}

static bool strand_wants_quotes(struct strand_span string)
{
    for (size_t i = 0; i < string.len; i++) {
        uint8_t byte = string.data[i];
        if (byte == ' ' || byte == '=' || byte == '"') {
            return true;
        }
    }
    return string.len == 0;
}

static void strand_plain_string(const struct strand_plain *plain, struct strand_span string)
{
    if (plain->escapes && plain->joined && strand_wants_quotes(string)) {
        strand_text_quoted(plain->text, string);
    } else {
        strand_plain_name(plain, string);
    }
}

static void strand_plain_id(const struct strand_plain *plain, uint64_t id)
{
    strand_text_byte(plain->text, '#');
    strand_text_uint(plain->text, id);
}

static const char *const strand_level_names[] = {"TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"};

// OpenTelemetry's short names: 9 INFO, 10 INFO2 … 12 INFO4, 13 WARN …
static void strand_plain_level(const struct strand_plain *plain, uint64_t level)
{
    if (level < 1 || level > 24) {
        STRAND_PUT(plain->text, "LEVEL");
        strand_text_uint(plain->text, level);
        return;
    }
    strand_text_name(plain->text, strand_level_names[(level - 1) / 4]);
    if ((level - 1) % 4 > 0) {
        strand_text_uint(plain->text, (level - 1) % 4 + 1);
    }
}

// ---------------------------------------------------------------------------------------------------------------
// Program counters

struct strand_symbol {
    struct strand_span function;
    struct strand_span file;
    uint64_t line;
    uint64_t entry;
};

static bool strand_plain_symbol(const struct strand_plain *plain, uint64_t pc, struct strand_symbol *symbol)
{
    const struct strand_resolver *resolver = plain->line->printer->resolver;
    return resolver != NULL && resolver->symbol != NULL &&
           resolver->symbol(resolver->context, plain->line->stream, pc, &symbol->function, &symbol->file,
                            &symbol->line, &symbol->entry);
}

// function+0xoff file:line
static void strand_plain_place(const struct strand_plain *plain, uint64_t pc, const struct strand_symbol *symbol)
{
    strand_plain_name(plain, symbol->function);
    strand_text_byte(plain->text, '+');
    strand_text_hex(plain->text, strand_sub_wrap(pc, symbol->entry));
    if (symbol->file.len > 0) {
        strand_text_byte(plain->text, ' ');
        strand_plain_name(plain, symbol->file);
        strand_text_byte(plain->text, ':');
        strand_text_uint(plain->text, symbol->line);
    }
}

static void strand_plain_address(const struct strand_plain *plain, uint64_t pc, const struct strand_symbol *symbol)
{
    strand_text_hex(plain->text, pc);
    if (symbol != NULL) {
        STRAND_PUT(plain->text, " [");
        strand_plain_place(plain, pc, symbol);
        strand_text_byte(plain->text, ']');
    } else if (!plain->escapes) {
        STRAND_PUT(plain->text, " [unknown PC]");
    }
}

static void strand_plain_pc(const struct strand_plain *plain, uint64_t pc)
{
    struct strand_symbol symbol;
    const bool known = strand_plain_symbol(plain, pc, &symbol);
    strand_plain_address(plain, pc, known ? &symbol : NULL);
}

// Takes a return address to its call, which is where the byte in front of it is. A function's entry is no return
// address where it comes first: there a signal came, or a thread began. Go takes it for none anywhere.
static bool strand_plain_call(const struct strand_plain *plain, bool first, uint64_t *pc,
                              struct strand_symbol *symbol)
{
    const uint64_t call = strand_sub_wrap(*pc, 1);
    struct strand_symbol symbol_of_call;
    const bool known = strand_plain_symbol(plain, *pc, symbol);
    if (known && *pc == symbol->entry && (first || !plain->escapes)) {
        return true;
    }
    if ((known || plain->escapes) && strand_plain_symbol(plain, call, &symbol_of_call)) {
        *symbol = symbol_of_call;
        *pc = call;
        return true;
    }
    *pc = known ? *pc : call;
    return known;
}

// A line for each frame. Where there is somebody to name places, text style says those instead of addresses.
static void strand_plain_traceback(const struct strand_plain *plain, struct strand_span pcs)
{
    const struct strand_resolver *resolver = plain->line->printer->resolver;
    const bool names = plain->escapes && resolver != NULL && resolver->symbol != NULL;
    uint64_t pc;
    for (bool first = true; strand_decode_value(&pcs, &pc) == STRAND_OK; first = false) {
        struct strand_symbol symbol;
        const bool known = strand_plain_call(plain, first, &pc, &symbol);
        if (names) {
            STRAND_PUT(plain->text, "\n  ");
        } else {
            STRAND_PUT(plain->text, "\n\t");
        }
        if (names && known) {
            strand_plain_place(plain, pc, &symbol);
        } else {
            strand_plain_address(plain, pc, known ? &symbol : NULL);
        }
    }
}

// ---------------------------------------------------------------------------------------------------------------
// What has to be looked up

static void strand_plain_const_string(const struct strand_plain *plain, const struct strand_field *field)
{
    struct strand_span bytes;
    if (strand_line_image(plain->line, field, &bytes)) {
        strand_plain_string(plain, bytes);
    } else {
        strand_plain_id(plain, field->value);
    }
}

static void strand_plain_key_id(const struct strand_plain *plain, uint64_t id)
{
    struct strand_definition key;
    if (strand_line_define(plain->line, STRAND_DEF_KEY, id, &key)) {
        strand_plain_name(plain, key.head[STRAND_DEFINED_NAME].data);
    } else {
        strand_plain_id(plain, id);
    }
    strand_text_byte(plain->text, '=');
}

static void strand_plain_key(const struct strand_plain *plain, struct strand_span name)
{
    strand_plain_name(plain, name);
    strand_text_byte(plain->text, '=');
}

// Level, place and message; the site's keys name the values that follow.
static void strand_plain_site(struct strand_plain *plain, uint64_t id)
{
    struct strand_definition site;
    if (!strand_line_define(plain->line, STRAND_DEF_SITE, id, &site)) {
        strand_plain_id(plain, id);
        return;
    }
    strand_plain_level(plain, site.head[STRAND_SITE_LEVEL].value);
    strand_text_byte(plain->text, ' ');
    strand_plain_name(plain, site.head[STRAND_SITE_FILE].data);
    strand_text_byte(plain->text, ':');
    strand_text_uint(plain->text, site.head[STRAND_SITE_LINE].value);
    strand_text_byte(plain->text, ' ');
    strand_plain_name(plain, site.head[STRAND_SITE_MESSAGE].data);
    plain->keys = site.rest;
    plain->has_keys = true;
}

static void strand_plain_stack(const struct strand_plain *plain, uint64_t id)
{
    struct strand_definition stack;
    strand_plain_id(plain, id);
    if (strand_line_define(plain->line, STRAND_DEF_STACK, id, &stack)) {
        strand_plain_traceback(plain, stack.head[STRAND_DEFINED_TRACEBACK].data);
    }
}

// ---------------------------------------------------------------------------------------------------------------
// Fields

static void strand_plain_overflow(const struct strand_plain *plain, uint64_t cut_len)
{
    STRAND_PUT(plain->text, "..(");
    strand_text_uint(plain->text, cut_len);
    STRAND_PUT(plain->text, " more bytes)..");
}

static void strand_plain_memdump(const struct strand_plain *plain, const struct strand_field *field)
{
    if (plain->escapes) {
        strand_text_hex(plain->text, field->value);
        strand_text_byte(plain->text, ':');
        strand_text_hex_bytes(plain->text, field->data);
    } else {
        strand_text_byte(plain->text, '\n');
        strand_text_hexdump(plain->text, field->value, field->data);
    }
}

// A field that is skipped by rule: its type byte, and everything behind that.
static void strand_plain_ext(const struct strand_plain *plain, const struct strand_field *field)
{
    const struct strand_span data = {field->raw.data + 1, field->raw.len - 1};
    STRAND_PUT(plain->text, "<ext ");
    strand_text_hex(plain->text, field->type);
    if (data.len > 0) {
        strand_text_byte(plain->text, ' ');
        strand_text_hex_bytes(plain->text, data);
    }
    strand_text_byte(plain->text, '>');
}

static void strand_plain_known(struct strand_plain *plain, const struct strand_field *field)
{
    struct strand_text *text = plain->text;
    const uint64_t value = field->value;
    switch (field->type) {
    case STRAND_WIRE_UNKNOWN: STRAND_PUT(text, "<unknown kind>"); break;
    case STRAND_WIRE_TRUE: STRAND_PUT(text, "true"); break;
    case STRAND_WIRE_FALSE: STRAND_PUT(text, "false"); break;
    case STRAND_WIRE_INT:
    case STRAND_WIRE_I32:
    case STRAND_WIRE_I64: strand_text_int(text, field->svalue); break;
    case STRAND_WIRE_UINT:
    case STRAND_WIRE_U32:
    case STRAND_WIRE_U64: strand_text_uint(text, value); break;
    case STRAND_WIRE_HEX:
    case STRAND_WIRE_PTR: strand_text_hex(text, value); break;
    case STRAND_WIRE_STRING: strand_plain_string(plain, field->data); break;
    case STRAND_WIRE_CONST_STRING: strand_plain_const_string(plain, field); break;
    case STRAND_WIRE_OVERFLOW: strand_plain_overflow(plain, value); break;
    case STRAND_WIRE_PC: strand_plain_pc(plain, value); break;
    case STRAND_WIRE_TRACEBACK: strand_plain_traceback(plain, field->data); break;
    case STRAND_WIRE_LEVEL: strand_plain_level(plain, value); break;
    case STRAND_WIRE_KEY_ID: strand_plain_key_id(plain, value); break;
    case STRAND_WIRE_KEY_INLINE: strand_plain_key(plain, field->data); break;
    case STRAND_WIRE_SITE_ID: strand_plain_site(plain, value); break;
    case STRAND_WIRE_STACK_ID: strand_plain_stack(plain, value); break;
    case STRAND_WIRE_F32: strand_text_f32(text, (uint32_t)value); break;
    case STRAND_WIRE_F64: strand_text_f64(text, value); break;
    case STRAND_WIRE_BYTES: strand_text_hex_bytes(text, field->data); break;
    case STRAND_WIRE_MEMDUMP: strand_plain_memdump(plain, field); break;
    case STRAND_WIRE_STRAND: strand_plain_id(plain, value); break;
    default: strand_plain_ext(plain, field); break; // EVENT too where it is not all of the record
    }
}

static bool strand_is_key(uint8_t type)
{
    return type == STRAND_WIRE_KEY_ID || type == STRAND_WIRE_KEY_INLINE;
}

// Is the field a value that a call site's next key is meant for?
static bool strand_is_named_by_site(uint8_t type)
{
    switch (type) {
    case STRAND_WIRE_OVERFLOW:
    case STRAND_WIRE_LEVEL:
    case STRAND_WIRE_SITE_ID:
    case STRAND_WIRE_STACK_ID:
    case STRAND_WIRE_STRAND: return false;
    default: return !strand_is_key(type);
    }
}

static void strand_plain_site_key(struct strand_plain *plain)
{
    struct strand_field key;
    plain->has_keys = strand_decode_field(&plain->keys, &key) == STRAND_OK && key.type == STRAND_WIRE_STRING;
    if (plain->has_keys) {
        strand_plain_gap(plain);
        strand_plain_key(plain, key.data);
        plain->joined = true;
    }
}

static void strand_plain_field(struct strand_plain *plain, const struct strand_field *field)
{
    if (plain->has_keys && !plain->joined && strand_is_named_by_site(field->type)) {
        strand_plain_site_key(plain);
    }
    // A traceback begins on a line of its own; only Go prints a space in front of that.
    if (field->type != STRAND_WIRE_TRACEBACK || !plain->escapes) {
        strand_plain_gap(plain);
    }
    if (field->known) {
        strand_plain_known(plain, field);
    } else {
        strand_plain_ext(plain, field);
    }
    plain->joined = strand_is_key(field->type);
}

// ---------------------------------------------------------------------------------------------------------------
// Fields that can't be decoded

#define STRAND_PLAIN_GO1_26_HEXDUMP 10u

// What Go says of them; the line ends here.
static void strand_plain_bad_go(const struct strand_plain *plain, const struct strand_frame *record, size_t bad_off)
{
    uint8_t type = record->body.data[bad_off];
    uint64_t end = strand_add_wrap(record->off, record->len);
    bool go1_26 = plain->line->printer->dialect == STRAND_DIALECT_GO1_26;
    if (type == STRAND_WIRE_STRING) {
        STRAND_PUT(plain->text, "<string length corrupted>");
    } else if (go1_26 && type == STRAND_PLAIN_GO1_26_HEXDUMP) {
        STRAND_PUT(plain->text, "<hexdump length corrupted>");
    } else {
        STRAND_PUT(plain->text, "<unknown field type ");
        strand_text_hex(plain->text, type);
        STRAND_PUT(plain->text, " pos ");
        strand_text_uint(plain->text, strand_sub_wrap(end, record->body.len - bad_off));
        STRAND_PUT(plain->text, " end ");
        strand_text_uint(plain->text, end);
        strand_text_byte(plain->text, '>');
    }
}

static void strand_plain_bad(const struct strand_plain *plain, const struct strand_frame *record, size_t bad_off)
{
    const struct strand_span rest = {record->body.data + bad_off, record->body.len - bad_off};
    strand_plain_gap(plain);
    if (!plain->escapes) {
        strand_plain_bad_go(plain, record, bad_off);
        return;
    }
    STRAND_PUT(plain->text, "<opaque ");
    strand_text_hex_bytes(plain->text, rest);
    strand_text_byte(plain->text, '>');
}

// ---------------------------------------------------------------------------------------------------------------
// Lines

static void strand_plain_label(const struct strand_line *line)
{
    if (line->label.len > 0) {
        strand_text_escaped(line->text, line->label);
    } else {
        strand_text_uint(line->text, line->stream);
    }
}

// Time since init_nano. Go's logs can begin before that; Go shows 0 then.
static void strand_plain_time(const struct strand_plain *plain, uint64_t nano)
{
    int64_t since = strand_i64_of(strand_sub_wrap(nano, plain->line->printer->init_nano));
    if (since < 0 && plain->escapes) {
        strand_text_byte(plain->text, '-');
        strand_text_seconds(plain->text, strand_sub_wrap(0, (uint64_t)since));
    } else {
        strand_text_seconds(plain->text, since < 0 ? 0 : (uint64_t)since);
    }
}

static void strand_plain_head(const struct strand_plain *plain, uint64_t nano, int64_t p)
{
    if (!plain->escapes) {
        strand_text_byte(plain->text, '[');
        strand_plain_time(plain, nano);
        STRAND_PUT(plain->text, " P ");
        strand_text_int(plain->text, p);
        STRAND_PUT(plain->text, "] ");
        return;
    }
    strand_plain_time(plain, nano);
    strand_text_byte(plain->text, ' ');
    strand_plain_label(plain->line);
    if (p >= 0) {
        STRAND_PUT(plain->text, " P");
        strand_text_int(plain->text, p);
    }
}

enum strand_status strand_plain_record(const struct strand_line *line, const struct strand_frame *record,
                                       struct strand_fields *fields)
{
    struct strand_plain plain = strand_plain_of(line);
    struct strand_field field;
    enum strand_status status;
    strand_plain_head(&plain, record->nano, record->p);
    while ((status = strand_decode_field(fields, &field)) == STRAND_OK) {
        strand_plain_field(&plain, &field);
    }
    if (status != STRAND_END) {
        strand_plain_bad(&plain, record, fields->off);
    }
    strand_text_byte(line->text, '\n');
    return status == STRAND_END ? STRAND_OK : status;
}

// ---------------------------------------------------------------------------------------------------------------
// Events

#define STRAND_NO_ARG UINT64_MAX

// What an event's arguments mean: from a built-in schema, names `a,b,c`; or from a definition, `a` unit `b` unit.
struct strand_plain_args {
    const char *list; // what is left of the names; NULL where there is no schema
    struct strand_fields fields;
    bool defined;
    uint64_t stack_arg; // STRAND_NO_ARG: none
    uint64_t what_arg;
};

static bool strand_plain_next_name(struct strand_plain_args *args, struct strand_span *ret_name)
{
    struct strand_field name, unit;
    if (args->defined) {
        args->defined = strand_decode_field(&args->fields, &name) == STRAND_OK &&
                        strand_decode_field(&args->fields, &unit) == STRAND_OK && name.type == STRAND_WIRE_STRING;
        *ret_name = args->defined ? name.data : *ret_name;
        return args->defined;
    }
    if (args->list == NULL || *args->list == '\0') {
        return false;
    }
    size_t len = 0;
    while (args->list[len] != '\0' && args->list[len] != ',') {
        len++;
    }
    ret_name->data = (const uint8_t *)args->list;
    ret_name->len = len;
    args->list += args->list[len] == ',' ? len + 1 : len;
    return true;
}

static uint64_t strand_plain_arg_index(int8_t index)
{
    return index < 0 ? STRAND_NO_ARG : (uint64_t)index;
}

// Prints what the event is called. Returns: what its arguments mean.
static struct strand_plain_args strand_plain_event_name(const struct strand_plain *plain,
                                                        const struct strand_event *of)
{
    struct strand_plain_args args = {
        .list = NULL, .defined = false, .stack_arg = STRAND_NO_ARG, .what_arg = STRAND_NO_ARG};
    const struct strand_trace_schema *schema = strand_trace_schema_of(of->type, of->arg_count);
    struct strand_definition event;
    if (schema != NULL) {
        strand_text_name(plain->text, schema->name);
        args.list = schema->args;
        args.stack_arg = strand_plain_arg_index(schema->stack_arg);
        args.what_arg = strand_plain_arg_index(schema->what_arg);
    } else if (strand_line_define(plain->line, STRAND_DEF_EVENT, of->type, &event)) {
        const struct strand_field *stack_arg = &event.head[STRAND_DEFINED_STACK_ARG];
        strand_plain_name(plain, event.head[STRAND_DEFINED_NAME].data);
        args.fields = event.rest;
        args.defined = true;
        args.stack_arg = stack_arg->type == STRAND_WIRE_UINT ? stack_arg->value : STRAND_NO_ARG;
    } else {
        STRAND_PUT(plain->text, "event");
        strand_plain_id(plain, of->type);
    }
    return args;
}

// The declared event that another one is about: its name alone.
static void strand_plain_what(const struct strand_plain *plain, uint64_t number)
{
    struct strand_definition event;
    if (strand_line_define(plain->line, STRAND_DEF_EVENT, number, &event)) {
        strand_plain_name(plain, event.head[STRAND_DEFINED_NAME].data);
    } else {
        strand_plain_id(plain, number);
    }
}

static void strand_plain_arg(const struct strand_plain *plain, struct strand_plain_args *args, uint64_t index,
                             uint64_t value)
{
    struct strand_span name;
    const bool named = strand_plain_next_name(args, &name);
    strand_plain_gap(plain);
    if (index == args->what_arg) {
        strand_plain_what(plain, value);
        return;
    }
    if (named) {
        strand_plain_key(plain, name);
    } else {
        STRAND_PUT(plain->text, "arg");
        strand_text_uint(plain->text, index);
        strand_text_byte(plain->text, '=');
    }
    if (index == args->stack_arg) {
        strand_plain_id(plain, value);
    } else {
        strand_text_uint(plain->text, value);
    }
}

void strand_plain_event(const struct strand_line *line, uint64_t nano, const struct strand_event *event)
{
    struct strand_plain plain = strand_plain_of(line);
    struct strand_span values = event->args;
    struct strand_definition stack;
    uint64_t value, stack_id = 0;
    strand_plain_head(&plain, nano, strand_i64_of(event->p));
    strand_plain_gap(&plain);
    struct strand_plain_args args = strand_plain_event_name(&plain, event);
    plain.joined = false;
    for (uint64_t i = 0; strand_decode_value(&values, &value) == STRAND_OK; i++) {
        strand_plain_arg(&plain, &args, i, value);
        stack_id = i == args.stack_arg ? value : stack_id;
    }
    if (event->text.data != NULL) {
        STRAND_PUT(line->text, " text=");
        plain.joined = true;
        strand_plain_string(&plain, event->text);
    }
    if (stack_id != 0 && strand_line_define(line, STRAND_DEF_STACK, stack_id, &stack)) {
        strand_plain_traceback(&plain, stack.head[STRAND_DEFINED_TRACEBACK].data);
    }
    strand_text_byte(line->text, '\n');
}

// ---------------------------------------------------------------------------------------------------------------
// Diagnostics

// `12 records`; what: "record" or "byte".
static void strand_plain_count(struct strand_text *text, uint64_t count, const char *what)
{
    strand_text_uint(text, count);
    strand_text_byte(text, ' ');
    strand_text_name(text, what);
    if (count != 1) {
        strand_text_byte(text, 's');
    }
}

static void strand_plain_missing(struct strand_text *text, const struct strand_diag *diag)
{
    const bool at_least = diag->exact_known && !diag->exact;
    const bool counted = (diag->records_known && diag->records > 0) || (diag->bytes_known && diag->bytes > 0);
    if (at_least && !counted) {
        STRAND_PUT(text, " records, how many is not known");
        return;
    }
    if (at_least) {
        STRAND_PUT(text, " at least");
    }
    if (diag->records_known) {
        strand_text_byte(text, ' ');
        strand_plain_count(text, diag->records, "record");
    }
    if (diag->bytes_known) {
        strand_text_name(text, diag->records_known ? ", " : " ");
        strand_plain_count(text, diag->bytes, "byte");
    }
}

// -- worker: lost at least 12 records, 4096 bytes (overwritten) at offset 64 --
void strand_plain_diag(const struct strand_line *line, const struct strand_diag *diag)
{
    struct strand_text *text = line->text;
    STRAND_PUT(text, "-- ");
    strand_plain_label(line);
    STRAND_PUT(text, ": ");
    strand_text_name(text, strand_diag_slug(diag->kind));
    strand_plain_missing(text, diag);
    STRAND_PUT(text, " (");
    strand_text_name(text, strand_status_slug(diag->code));
    STRAND_PUT(text, ") at offset ");
    strand_text_uint(text, diag->off);
    STRAND_PUT(text, " --\n");
}
