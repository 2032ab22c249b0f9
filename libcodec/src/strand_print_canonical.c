/* SPDX-License-Identifier: MIT
 *
 * strand_print_canonical.c: canonical JSON: one object a line, byte-exact, literal rather than friendly. Spec: 13.
 *
 *     {"stream":0,"tick":9,"nano":7,"p":2,"fields":[{"type":"int","value":3},{"type":"string","value":"x"}]}
 *     {"stream":0,"tick":9,"seq":1,"p":2,"event":13,"args":[5,8]}
 *     {"diag":"lost","stream":0,"offset":64,"code":"overwritten","records":12,"bytes":99,"exact":true}
 */
#include "strand_print_style.h"

// How a field goes on behind {"type":" — with its name, and mostly with "value". Returns: text.
static struct strand_text *strand_canonical_type(struct strand_text *text, const char *piece, size_t len)
{
    strand_text_put(text, piece, len);
    return text;
}

#define STRAND_TYPE(text, name) strand_canonical_type(text, name "\"", sizeof(name "\"") - 1)
#define STRAND_VALUE(text, name) strand_canonical_type(text, name "\",\"value\":", sizeof(name "\",\"value\":") - 1)

static void strand_canonical_base64(struct strand_text *text, struct strand_span bytes)
{
    STRAND_PUT(text, ",\"base64\":\"");
    strand_text_base64(text, bytes);
    strand_text_byte(text, '"');
}

// A string as ,"name":"…"; what is no UTF-8 as ,"base64":"…".
static void strand_canonical_string(struct strand_text *text, const char *name, struct strand_span string)
{
    if (!strand_utf8_valid(string)) {
        strand_canonical_base64(text, string);
        return;
    }
    STRAND_PUT(text, ",\"");
    strand_text_name(text, name);
    STRAND_PUT(text, "\":");
    strand_text_json(text, string);
}

static void strand_canonical_values(struct strand_text *text, struct strand_span values)
{
    uint64_t value;
    strand_text_byte(text, '[');
    for (bool first = true; strand_decode_value(&values, &value) == STRAND_OK; first = false) {
        if (!first) {
            strand_text_byte(text, ',');
        }
        strand_text_uint(text, value);
    }
    strand_text_byte(text, ']');
}

static void strand_canonical_const_string(const struct strand_line *line, const struct strand_field *field)
{
    struct strand_span bytes;
    STRAND_PUT(line->text, "conststring\",\"len\":");
    strand_text_uint(line->text, field->const_len);
    STRAND_PUT(line->text, ",\"off\":");
    strand_text_uint(line->text, field->value);
    if (strand_line_image(line, field, &bytes)) {
        strand_canonical_string(line->text, "value", bytes);
    }
}

static void strand_canonical_key(const struct strand_line *line, uint64_t id)
{
    struct strand_definition key;
    STRAND_PUT(line->text, "key\",\"id\":");
    strand_text_uint(line->text, id);
    if (strand_line_define(line, STRAND_DEF_KEY, id, &key)) {
        strand_canonical_string(line->text, "name", key.head[STRAND_DEFINED_NAME].data);
    }
}

static void strand_canonical_site(const struct strand_line *line, uint64_t id)
{
    struct strand_definition site;
    STRAND_PUT(line->text, "site\",\"id\":");
    strand_text_uint(line->text, id);
    if (strand_line_define(line, STRAND_DEF_SITE, id, &site)) {
        STRAND_PUT(line->text, ",\"level\":");
        strand_text_uint(line->text, site.head[STRAND_SITE_LEVEL].value);
        strand_canonical_string(line->text, "file", site.head[STRAND_SITE_FILE].data);
        STRAND_PUT(line->text, ",\"line\":");
        strand_text_uint(line->text, site.head[STRAND_SITE_LINE].value);
        strand_canonical_string(line->text, "function", site.head[STRAND_SITE_FUNCTION].data);
        strand_canonical_string(line->text, "message", site.head[STRAND_SITE_MESSAGE].data);
    }
}

static void strand_canonical_stack(const struct strand_line *line, uint64_t id)
{
    struct strand_definition stack;
    STRAND_PUT(line->text, "stack\",\"id\":");
    strand_text_uint(line->text, id);
    if (strand_line_define(line, STRAND_DEF_STACK, id, &stack)) {
        STRAND_PUT(line->text, ",\"value\":");
        strand_canonical_values(line->text, stack.head[STRAND_DEFINED_TRACEBACK].data);
    }
}

static void strand_canonical_bits(struct strand_text *text, uint64_t bits, unsigned digits)
{
    STRAND_PUT(text, ",\"bits\":\"");
    strand_text_hex_digits(text, bits, digits);
    strand_text_byte(text, '"');
}

static void strand_canonical_memdump(struct strand_text *text, const struct strand_field *field)
{
    STRAND_PUT(text, "memdump\",\"addr\":");
    strand_text_uint(text, field->value);
    strand_canonical_base64(text, field->data);
}

// A field that is skipped by rule: its type byte, and everything behind that.
static void strand_canonical_ext(struct strand_text *text, const struct strand_field *field)
{
    const struct strand_span data = {field->raw.data + 1, field->raw.len - 1};
    STRAND_PUT(text, "ext\",\"code\":");
    strand_text_uint(text, field->type);
    strand_canonical_base64(text, data);
}

static void strand_canonical_known(const struct strand_line *line, const struct strand_field *field)
{
    struct strand_text *text = line->text;
    const uint64_t value = field->value;
    switch (field->type) {
    case STRAND_WIRE_UNKNOWN: STRAND_PUT(text, "unknown\""); break;
    case STRAND_WIRE_TRUE: STRAND_PUT(text, "bool\",\"value\":true"); break;
    case STRAND_WIRE_FALSE: STRAND_PUT(text, "bool\",\"value\":false"); break;
    case STRAND_WIRE_INT: strand_text_int(STRAND_VALUE(text, "int"), field->svalue); break;
    case STRAND_WIRE_UINT: strand_text_uint(STRAND_VALUE(text, "uint"), value); break;
    case STRAND_WIRE_HEX: strand_text_uint(STRAND_VALUE(text, "hex"), value); break;
    case STRAND_WIRE_PTR: strand_text_uint(STRAND_VALUE(text, "ptr"), value); break;
    case STRAND_WIRE_STRING: strand_canonical_string(STRAND_TYPE(text, "string"), "value", field->data); break;
    case STRAND_WIRE_CONST_STRING: strand_canonical_const_string(line, field); break;
    case STRAND_WIRE_OVERFLOW: strand_text_uint(STRAND_VALUE(text, "overflow"), value); break;
    case STRAND_WIRE_PC: strand_text_uint(STRAND_VALUE(text, "pc"), value); break;
    case STRAND_WIRE_TRACEBACK: strand_canonical_values(STRAND_VALUE(text, "traceback"), field->data); break;
    case STRAND_WIRE_LEVEL: strand_text_uint(STRAND_VALUE(text, "level"), value); break;
    case STRAND_WIRE_KEY_ID: strand_canonical_key(line, value); break;
    case STRAND_WIRE_KEY_INLINE: strand_canonical_string(STRAND_TYPE(text, "key"), "name", field->data); break;
    case STRAND_WIRE_SITE_ID: strand_canonical_site(line, value); break;
    case STRAND_WIRE_STACK_ID: strand_canonical_stack(line, value); break;
    case STRAND_WIRE_F32: strand_canonical_bits(STRAND_TYPE(text, "f32"), value, 8); break;
    case STRAND_WIRE_F64: strand_canonical_bits(STRAND_TYPE(text, "f64"), value, 16); break;
    case STRAND_WIRE_I32: strand_text_int(STRAND_VALUE(text, "i32"), field->svalue); break;
    case STRAND_WIRE_U32: strand_text_uint(STRAND_VALUE(text, "u32"), value); break;
    case STRAND_WIRE_I64: strand_text_int(STRAND_VALUE(text, "i64"), field->svalue); break;
    case STRAND_WIRE_U64: strand_text_uint(STRAND_VALUE(text, "u64"), value); break;
    case STRAND_WIRE_BYTES: strand_canonical_base64(STRAND_TYPE(text, "bytes"), field->data); break;
    case STRAND_WIRE_MEMDUMP: strand_canonical_memdump(text, field); break;
    case STRAND_WIRE_STRAND: strand_text_uint(STRAND_VALUE(text, "strand"), value); break;
    default: strand_canonical_ext(text, field); break; // EVENT too where it is not all of the record
    }
}

static void strand_canonical_field(const struct strand_line *line, const struct strand_field *field)
{
    STRAND_PUT(line->text, "{\"type\":\"");
    if (field->known) {
        strand_canonical_known(line, field);
    } else {
        strand_canonical_ext(line->text, field);
    }
    strand_text_byte(line->text, '}');
}

static void strand_canonical_opaque(struct strand_text *text, struct strand_span rest)
{
    STRAND_PUT(text, "{\"type\":\"opaque\"");
    strand_canonical_base64(text, rest);
    strand_text_byte(text, '}');
}

// What every line about something in time begins with.
static void strand_canonical_head(const struct strand_line *line, uint64_t tick)
{
    STRAND_PUT(line->text, "{\"stream\":");
    strand_text_uint(line->text, line->stream);
    STRAND_PUT(line->text, ",\"tick\":");
    strand_text_uint(line->text, tick);
}

static void strand_canonical_p(struct strand_text *text, int64_t p)
{
    STRAND_PUT(text, ",\"p\":");
    strand_text_int(text, p);
}

enum strand_status strand_canonical_record(const struct strand_line *line, const struct strand_frame *record,
                                           struct strand_fields *fields)
{
    struct strand_text *text = line->text;
    strand_canonical_head(line, record->tick);
    STRAND_PUT(text, ",\"nano\":");
    strand_text_uint(text, record->nano);
    strand_canonical_p(text, record->p);
    STRAND_PUT(text, ",\"fields\":[");
    enum strand_status status;
    struct strand_field field;
    for (bool first = true; (status = strand_decode_field(fields, &field)) != STRAND_END; first = false) {
        if (!first) {
            strand_text_byte(text, ',');
        }
        if (status != STRAND_OK) {
            const struct strand_span rest = {record->body.data + fields->off, record->body.len - fields->off};
            strand_canonical_opaque(text, rest);
            break;
        }
        strand_canonical_field(line, &field);
    }
    STRAND_PUT(text, "]}\n");
    return status == STRAND_END ? STRAND_OK : status;
}

void strand_canonical_event(const struct strand_line *line, const struct strand_event *event)
{
    struct strand_text *text = line->text;
    strand_canonical_head(line, event->tick);
    if (event->has_seq) {
        STRAND_PUT(text, ",\"seq\":");
        strand_text_uint(text, event->seq);
    }
    strand_canonical_p(text, strand_i64_of(event->p));
    STRAND_PUT(text, ",\"event\":");
    strand_text_uint(text, event->type);
    STRAND_PUT(text, ",\"args\":");
    strand_canonical_values(text, event->args);
    STRAND_PUT(text, "}\n");
}

void strand_canonical_diag(const struct strand_line *line, const struct strand_diag *diag)
{
    struct strand_text *text = line->text;
    STRAND_PUT(text, "{\"diag\":\"");
    strand_text_name(text, strand_diag_slug(diag->kind));
    STRAND_PUT(text, "\",\"stream\":");
    strand_text_uint(text, line->stream);
    STRAND_PUT(text, ",\"offset\":");
    strand_text_uint(text, diag->off);
    STRAND_PUT(text, ",\"code\":\"");
    strand_text_name(text, strand_status_slug(diag->code));
    strand_text_byte(text, '"');
    if (diag->records_known) {
        STRAND_PUT(text, ",\"records\":");
        strand_text_uint(text, diag->records);
    }
    if (diag->bytes_known) {
        STRAND_PUT(text, ",\"bytes\":");
        strand_text_uint(text, diag->bytes);
    }
    if (diag->exact_known) {
        STRAND_PUT(text, ",\"exact\":");
        strand_text_name(text, diag->exact ? "true" : "false");
    }
    STRAND_PUT(text, "}\n");
}
