/* SPDX-License-Identifier: MIT
 *
 * encode.c: value lines → canonical bytes: FORMAT 13.7. A line is a frame: its word, its numbers, its fields.
 *
 *     sync 1000 5000;record 1010 5004 -1 string 68656c6c6f int 42;end
 *
 * What the words can say and the bytes can't is `reject argument`; words that say nothing are an error.
 */
#include "values.h"

#include "driver.h"
#include "words.h"

#include <string.h>

#define ENCODE_LEVEL_MAX 24u /* severities are 1 to 24: FORMAT 7.6.1 */
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct encoding {
    struct words words;
    struct values values;
    struct strand_field field; /* the one at hand */
    size_t field_count;        /* of the frame so far */
    bool has_event;            /* its only one is an EVENT */
};

// ---------------------------------------------------------------------------------------------------------------
// Fields

static void encode_value(struct encoding *encoding)
{
    encoding->field.value = words_uint(&encoding->words, UINT64_MAX);
}

static void encode_level(struct encoding *encoding)
{
    encoding->field.value = words_uint(&encoding->words, ENCODE_LEVEL_MAX);
    if (encoding->field.value == 0) {
        words_fail(&encoding->words, WORDS_RANGE);
    }
}

static void encode_value_32(struct encoding *encoding)
{
    encoding->field.value = words_uint(&encoding->words, UINT32_MAX);
}

static void encode_signed(struct encoding *encoding)
{
    encoding->field.svalue = words_int(&encoding->words, INT64_MIN, INT64_MAX);
}

static void encode_signed_32(struct encoding *encoding)
{
    encoding->field.svalue = words_int(&encoding->words, INT32_MIN, INT32_MAX);
}

static void encode_bits_32(struct encoding *encoding)
{
    encoding->field.value = words_bits(&encoding->words, 8);
}

static void encode_bits_64(struct encoding *encoding)
{
    encoding->field.value = words_bits(&encoding->words, 16);
}

static void encode_data(struct encoding *encoding)
{
    encoding->field.data = words_bytes(&encoding->words);
}

static void encode_nothing(struct encoding *encoding)
{
    (void)encoding;
}

static void encode_const_string(struct encoding *encoding)
{
    encoding->field.const_len = words_uint(&encoding->words, UINT64_MAX);
    encode_value(encoding);
}

static void encode_memdump(struct encoding *encoding)
{
    encode_value(encoding);
    encode_data(encoding);
}

// A count that is larger than the words that follow ends with them.
static void encode_numbers(struct encoding *encoding)
{
    uint64_t count = words_uint(&encoding->words, UINT64_MAX);
    values_clear_numbers(&encoding->values);
    for (uint64_t i = 0; i < count && encoding->words.fault != WORDS_SYNTAX; i++) {
        values_add_number(&encoding->values, words_uint(&encoding->words, UINT64_MAX));
    }
    encoding->field.value = count;
}

// In a bare strand its place is that of a record's only field.
static void encode_event(struct encoding *encoding)
{
    encode_numbers(encoding);
    encoding->has_event = encoding->field.value >= 2 && encoding->field_count == 0;
    if (!encoding->has_event) {
        words_fail(&encoding->words, WORDS_RANGE);
    }
}

// Nothing but what a reader shows as one `ext` is such a field.
static void encode_ext(struct encoding *encoding)
{
    struct strand_fields fields;
    struct strand_field field;
    uint64_t type = words_uint(&encoding->words, UINT8_MAX);
    struct strand_span raw = words_bytes_behind(&encoding->words, (uint8_t)type);
    strand_fields_init(&fields, raw, STRAND_DIALECT_NATIVE);
    if (strand_decode_field(&fields, &field) != STRAND_OK || field.known || field.raw.len != raw.len) {
        words_fail(&encoding->words, WORDS_RANGE);
    }
    encoding->field.raw = raw;
    encoding->field.known = false;
}

static const struct field_word {
    const char *word;
    uint8_t type; /* extfield: none of its own */
    void (*take)(struct encoding *encoding);
} encode_field_words[] = {
    {"unknown", STRAND_WIRE_UNKNOWN, encode_nothing},
    {"true", STRAND_WIRE_TRUE, encode_nothing},
    {"false", STRAND_WIRE_FALSE, encode_nothing},
    {"int", STRAND_WIRE_INT, encode_signed},
    {"uint", STRAND_WIRE_UINT, encode_value},
    {"hex", STRAND_WIRE_HEX, encode_value},
    {"ptr", STRAND_WIRE_PTR, encode_value},
    {"string", STRAND_WIRE_STRING, encode_data},
    {"conststring", STRAND_WIRE_CONST_STRING, encode_const_string},
    {"overflow", STRAND_WIRE_OVERFLOW, encode_value},
    {"pc", STRAND_WIRE_PC, encode_value},
    {"traceback", STRAND_WIRE_TRACEBACK, encode_numbers},
    {"level", STRAND_WIRE_LEVEL, encode_level},
    {"key", STRAND_WIRE_KEY_ID, encode_value},
    {"keyname", STRAND_WIRE_KEY_INLINE, encode_data},
    {"site", STRAND_WIRE_SITE_ID, encode_value},
    {"stack", STRAND_WIRE_STACK_ID, encode_value},
    {"f32", STRAND_WIRE_F32, encode_bits_32},
    {"f64", STRAND_WIRE_F64, encode_bits_64},
    {"i32", STRAND_WIRE_I32, encode_signed_32},
    {"u32", STRAND_WIRE_U32, encode_value_32},
    {"i64", STRAND_WIRE_I64, encode_signed},
    {"u64", STRAND_WIRE_U64, encode_value},
    {"bytes", STRAND_WIRE_BYTES, encode_data},
    {"memdump", STRAND_WIRE_MEMDUMP, encode_memdump},
    {"strand", STRAND_WIRE_STRAND, encode_value},
    {"event", STRAND_WIRE_EVENT, encode_event},
    {"extfield", 0, encode_ext},
};

static void encode_field(struct encoding *encoding)
{
    const char *word = words_take(&encoding->words);
    for (size_t i = 0; i < COUNT(encode_field_words); i++) {
        const struct field_word *entry = &encode_field_words[i];
        if (strcmp(entry->word, word) == 0) {
            encoding->field = (struct strand_field){.type = entry->type, .known = true};
            entry->take(encoding);
            return;
        }
    }
    words_fail(&encoding->words, WORDS_SYNTAX);
}

// The rest of the line as fields. Out: *ret_fields, empty where something is wrong.
static void encode_fields(struct encoding *encoding, bool is_record, struct strand_span *ret_fields)
{
    struct words *words = &encoding->words;
    *ret_fields = (struct strand_span){NULL, 0};
    encoding->field_count = 0;
    encoding->has_event = false;
    values_begin(&encoding->values);
    while (words_are_left(words) && words->fault != WORDS_SYNTAX) {
        bool is_behind_event = encoding->has_event;
        encode_field(encoding);
        if (is_behind_event || (encoding->has_event && !is_record)) {
            words_fail(words, WORDS_RANGE);
        }
        if (words->fault == WORDS_FINE) {
            values_put(&encoding->values, &encoding->field);
        }
        encoding->field_count++;
    }
    if (words->fault == WORDS_FINE && values_end(&encoding->values, ret_fields) != STRAND_OK) {
        words_fail(words, WORDS_RANGE);
    }
}

// ---------------------------------------------------------------------------------------------------------------
// Frames. Each is put out where its words were fine, and fails as a value out of range where no frame holds it.

static void encode_close(struct encoding *encoding, enum strand_status status)
{
    if (values_commit(&encoding->values, status) != STRAND_OK) {
        words_fail(&encoding->words, WORDS_RANGE);
    }
}

// Opens a frame for the caller to fill and close, where words are left to do it with.
static bool encode_is_fine(struct encoding *encoding)
{
    if (words_are_left(&encoding->words)) {
        words_fail(&encoding->words, WORDS_SYNTAX);
    }
    return encoding->words.fault == WORDS_FINE;
}

static void encode_end_frame(struct encoding *encoding)
{
    encode_close(encoding, strand_encode_end(&encoding->values.frames));
}

static uint64_t encode_number(struct encoding *encoding)
{
    return words_uint(&encoding->words, UINT64_MAX);
}

static void encode_sync(struct encoding *encoding)
{
    uint64_t tick = encode_number(encoding), nano = encode_number(encoding);
    if (tick == 0 && nano == 0) {
        words_fail(&encoding->words, WORDS_RANGE);
    }
    if (encode_is_fine(encoding)) {
        encode_close(encoding, strand_encode_sync(&encoding->values.frames, tick, nano));
    }
}

// No sync but (0, 0) could stand in front of a record of (0, 0).
static void encode_record(struct encoding *encoding)
{
    struct strand_encoder *e = &encoding->values.frames;
    struct strand_span fields;
    uint64_t tick = encode_number(encoding), nano = encode_number(encoding);
    int64_t p = words_int(&encoding->words, INT64_MIN, INT64_MAX);
    encode_fields(encoding, true, &fields);
    if (tick == 0 && nano == 0) {
        words_fail(&encoding->words, WORDS_RANGE);
    }
    if (!encode_is_fine(encoding)) {
        return;
    }
    strand_encode_begin(e, tick, nano, p);
    strand_encode_raw(e, fields.data, fields.len);
    enum strand_status status = strand_encode_end(e);
    if (status == STRAND_FULL) {
        strand_encode_begin_large(e, tick, nano, p);
        strand_encode_raw(e, fields.data, fields.len);
        status = strand_encode_end(e);
    }
    encode_close(encoding, status);
}

static void encode_body(struct encoding *encoding, uint8_t kind, uint8_t flags, struct strand_span body)
{
    strand_encode_begin_frame(&encoding->values.frames, kind, flags);
    strand_encode_raw(&encoding->values.frames, body.data, body.len);
    encode_end_frame(encoding);
}

static void encode_pad(struct encoding *encoding)
{
    static const uint8_t zeros[STRAND_EXT_FRAME_MAX];
    uint64_t len = words_uint(&encoding->words, STRAND_EXT_FRAME_MAX);
    if (len < STRAND_EXT_HEADER_LEN) {
        words_fail(&encoding->words, WORDS_RANGE);
    }
    if (encode_is_fine(encoding)) {
        encode_body(encoding, STRAND_WIRE_FRAME_PAD, 0,
                    (struct strand_span){zeros, (size_t)len - STRAND_EXT_HEADER_LEN});
    }
}

static void encode_def(struct encoding *encoding)
{
    struct strand_span fields;
    uint64_t kind = encode_number(encoding), id = encode_number(encoding);
    encode_fields(encoding, false, &fields);
    if (encode_is_fine(encoding)) {
        strand_encode_begin_def(&encoding->values.frames, kind, id);
        strand_encode_raw(&encoding->values.frames, fields.data, fields.len);
        encode_end_frame(encoding);
    }
}

// A diagnostic as struct strand_diag states it: `exact` where it says something, counts where they are known.
static struct strand_diag encode_diag(struct encoding *encoding)
{
    struct strand_diag diag = {0};
    diag.kind = (unsigned)words_uint(&encoding->words, STRAND_DIAG_UNSUPPORTED);
    diag.code = (enum strand_status)words_uint(&encoding->words, STRAND_STATUS_MAX - 1);
    uint64_t known = words_uint(&encoding->words, 15);
    diag.off = encode_number(encoding);
    diag.records = encode_number(encoding);
    diag.bytes = encode_number(encoding);
    diag.records_known = known % 2 == 1;
    diag.bytes_known = known / 2 % 2 == 1;
    diag.exact_known = known / 4 % 2 == 1;
    diag.exact = known / 8 % 2 == 1;
    if (diag.kind == 0 || strand_status_diag(diag.code) == 0 || (diag.exact && !diag.exact_known) ||
        (!diag.records_known && diag.records > 0) || (!diag.bytes_known && diag.bytes > 0)) {
        words_fail(&encoding->words, WORDS_RANGE);
    }
    return diag;
}

static void encode_loss(struct encoding *encoding)
{
    struct strand_span fields;
    struct strand_diag diag = encode_diag(encoding);
    encode_fields(encoding, false, &fields);
    if (encode_is_fine(encoding)) {
        strand_encode_begin_loss(&encoding->values.frames, &diag);
        strand_encode_raw(&encoding->values.frames, fields.data, fields.len);
        encode_end_frame(encoding);
    }
}

static void encode_clock(struct encoding *encoding)
{
    struct strand_clock clock;
    clock.tick = encode_number(encoding);
    clock.monotonic_ns = encode_number(encoding);
    clock.realtime_ns = encode_number(encoding);
    clock.bracket_ns = encode_number(encoding);
    if (encode_is_fine(encoding)) {
        encode_close(encoding, strand_encode_clock(&encoding->values.frames, &clock));
    }
}

static void encode_owner(struct encoding *encoding)
{
    uint64_t tid = encode_number(encoding);
    struct strand_span name = words_bytes(&encoding->words);
    if (encode_is_fine(encoding)) {
        encode_close(encoding, strand_encode_owner(&encoding->values.frames, tid, (const char *)name.data, name.len));
    }
}

static void encode_end(struct encoding *encoding)
{
    if (encode_is_fine(encoding)) {
        encode_close(encoding, strand_encode_end_of_strand(&encoding->values.frames));
    }
}

static void encode_ext_frame(struct encoding *encoding)
{
    uint8_t kind = (uint8_t)words_uint(&encoding->words, UINT8_MAX);
    uint8_t flags = (uint8_t)words_uint(&encoding->words, 1); // critical; a writer has no other
    struct strand_span body = words_bytes(&encoding->words);
    if (encode_is_fine(encoding)) {
        encode_body(encoding, kind, flags, body);
    }
}

static const struct frame_word {
    const char *word;
    void (*take)(struct encoding *encoding);
} encode_frame_words[] = {
    {"sync", encode_sync},   {"record", encode_record}, {"pad", encode_pad},
    {"def", encode_def},     {"loss", encode_loss},     {"clock", encode_clock},
    {"owner", encode_owner}, {"end", encode_end},       {"ext", encode_ext_frame},
};

static void encode_frame(struct encoding *encoding)
{
    const char *word = words_take(&encoding->words);
    for (size_t i = 0; i < COUNT(encode_frame_words); i++) {
        if (strcmp(encode_frame_words[i].word, word) == 0) {
            encode_frame_words[i].take(encoding);
            return;
        }
    }
    words_fail(&encoding->words, WORDS_SYNTAX);
}

// ---------------------------------------------------------------------------------------------------------------
// Lines

static void encode_lines(struct encoding *encoding, char *lines, struct answer *answer)
{
    for (char *line = lines; line != NULL && answer->verdict == VERDICT_OK && !output_is_gone(&answer->output);) {
        char *end = strchr(line, ';');
        if (end != NULL) {
            *end = '\0';
        }
        encoding->words = (struct words){.rest = line};
        encode_frame(encoding);
        if (encoding->words.fault == WORDS_RANGE) {
            answer_reject(answer, STRAND_BAD_ARGUMENT, 0);
        } else if (encoding->words.fault == WORDS_SYNTAX) {
            answer_other(answer, VERDICT_ERROR, "no value lines");
        }
        line = end == NULL ? NULL : end + 1;
    }
}

void encode(const struct request *request, struct answer *answer)
{
    struct encoding encoding = {0};
    char *lines = request->lines;
    answer->is_bytes = true;
    if (strcmp(lines + strspn(lines, " "), "-") == 0) {
        return;
    }
    values_open(&encoding.values, &answer->output);
    encode_lines(&encoding, lines, answer);
    values_close(&encoding.values);
}
