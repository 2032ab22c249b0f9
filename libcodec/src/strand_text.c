/* SPDX-License-Identifier: MIT
 *
 * strand_text.c: bytes, integers and strings as text.
 *
 * Everything ends in strand_text_bytes: it writes what fits and counts the rest. Numbers are built from their last
 * digit on in a few bytes of stack, two digits at a time, and put as one piece. Strings are put in runs: bytes that
 * stand for themselves up to the next one that doesn't.
 */
#include "strand_text.h"

void strand_text_bytes(struct strand_text *text, const char *bytes, size_t len)
{
    if (text->len < text->cap) {
        size_t room = text->cap - text->len;
        strand_copy((uint8_t *)text->base + text->len, (const uint8_t *)bytes, len < room ? len : room);
    }
    text->len += len;
}

void strand_text_name(struct strand_text *text, const char *name)
{
    size_t len = 0;
    while (name[len] != '\0') {
        len++;
    }
    strand_text_put(text, name, len);
}

#define STRAND_DECIMAL_MAX 20u

static const char strand_digit_pairs[] = "00010203040506070809101112131415161718192021222324252627282930313233343536"
                                         "37383940414243444546474849505152535455565758596061626364656667686970717273"
                                         "7475767778798081828384858687888990919293949596979899";

static const char strand_hex_digits[] = "0123456789abcdef";

// The digits of v in front of `end`. Returns: where they begin.
static char *strand_decimal_before(char *end, uint64_t v)
{
    while (v >= 100) {
        end -= 2;
        __builtin_memcpy(end, &strand_digit_pairs[v % 100 * 2], 2);
        v /= 100;
    }
    if (v >= 10) {
        end -= 2;
        __builtin_memcpy(end, &strand_digit_pairs[v * 2], 2);
    } else {
        *--end = (char)('0' + v);
    }
    return end;
}

void strand_text_uint(struct strand_text *text, uint64_t v)
{
    char digits[STRAND_DECIMAL_MAX];
    char *end = digits + sizeof digits;
    char *begin = strand_decimal_before(end, v);
    strand_text_put(text, begin, (size_t)(end - begin));
}

void strand_text_int(struct strand_text *text, int64_t v)
{
    if (v < 0) {
        strand_text_byte(text, '-');
        strand_text_uint(text, strand_sub_wrap(0, (uint64_t)v));
    } else {
        strand_text_uint(text, (uint64_t)v);
    }
}

void strand_text_seconds(struct strand_text *text, uint64_t ns)
{
    // A 1 in front of the nanoseconds keeps their leading zeros; the point takes its place.
    char digits[STRAND_DECIMAL_MAX + 1];
    char *end = digits + sizeof digits;
    char *point = strand_decimal_before(end, 1000000000u + ns % 1000000000u);
    *point = '.';
    char *begin = strand_decimal_before(point, ns / 1000000000u);
    strand_text_put(text, begin, (size_t)(end - begin));
}

void strand_text_hex_digits(struct strand_text *text, uint64_t v, unsigned digits)
{
    char hex[16];
    for (unsigned i = digits; i > 0; i--) {
        hex[i - 1] = strand_hex_digits[v % 16];
        v /= 16;
    }
    strand_text_put(text, hex, digits);
}

void strand_text_hex(struct strand_text *text, uint64_t v)
{
    unsigned digits = 1;
    for (uint64_t rest = v / 16; rest > 0; rest /= 16) {
        digits++;
    }
    STRAND_PUT(text, "0x");
    strand_text_hex_digits(text, v, digits);
}

void strand_text_hex_bytes(struct strand_text *text, struct strand_span bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        strand_text_hex_digits(text, bytes.data[i], 2);
    }
}

// ---------------------------------------------------------------------------------------------------------------
// Base64
//
// Three bytes are four digits of six bits:
//
//     byte    aaaaaaaa bbbbbbbb cccccccc
//     digit   aaaaaa aabbbb bbbbcc cccccc
//
// One or two bytes at the end are filled up with zero bits, and the digits that hold nothing but these become `=`.

static const char strand_base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void strand_text_base64_group(struct strand_text *text, const uint8_t *bytes, size_t len)
{
    uint32_t a = bytes[0];
    uint32_t b = len > 1 ? bytes[1] : 0;
    uint32_t c = len > 2 ? bytes[2] : 0;
    char group[4] = {
        strand_base64_digits[a / 4],
        strand_base64_digits[a % 4 * 16 + b / 16],
        len > 1 ? strand_base64_digits[b % 16 * 4 + c / 64] : '=',
        len > 2 ? strand_base64_digits[c % 64] : '=',
    };
    strand_text_put(text, group, sizeof group);
}

void strand_text_base64(struct strand_text *text, struct strand_span bytes)
{
    for (size_t i = 0; i < bytes.len; i += 3) {
        strand_text_base64_group(text, bytes.data + i, bytes.len - i);
    }
}

// ---------------------------------------------------------------------------------------------------------------
// UTF-8
//
// The first byte says how long a sequence is; the second byte's range keeps out what is overlong (E0, F0), a
// surrogate (ED) or too large (F4). All others are 80 … BF.
//
//     00 … 7F
//     C2 … DF   80 … BF
//     E0        A0 … BF   80 … BF
//     E1 … EF   80 … BF   80 … BF              ED: 80 … 9F
//     F0        90 … BF   80 … BF   80 … BF
//     F1 … F4   80 … BF   80 … BF   80 … BF    F4: 80 … 8F

static size_t strand_utf8_len_of(uint8_t first)
{
    if (first < 0x80) {
        return 1;
    }
    if (first < 0xC2 || first > 0xF4) {
        return 0;
    }
    return first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
}

static bool strand_utf8_second(uint8_t first, uint8_t second)
{
    switch (first) {
    case 0xE0: return second >= 0xA0 && second <= 0xBF;
    case 0xED: return second >= 0x80 && second <= 0x9F;
    case 0xF0: return second >= 0x90 && second <= 0xBF;
    case 0xF4: return second >= 0x80 && second <= 0x8F;
    default: return second >= 0x80 && second <= 0xBF;
    }
}

size_t strand_utf8_len(const uint8_t *bytes, size_t len)
{
    size_t sequence = strand_utf8_len_of(bytes[0]);
    if (sequence > len) {
        return 0;
    }
    if (sequence > 1 && !strand_utf8_second(bytes[0], bytes[1])) {
        return 0;
    }
    for (size_t i = 2; i < sequence; i++) {
        if (bytes[i] < 0x80 || bytes[i] > 0xBF) {
            return 0;
        }
    }
    return sequence;
}

#define STRAND_NOT_ASCII 0x8080808080808080u

bool strand_utf8_valid(struct strand_span bytes)
{
    size_t i = 0;
    while (i < bytes.len) {
        if (bytes.len - i >= 8 && (strand_load_u64(bytes.data + i) & STRAND_NOT_ASCII) == 0) {
            i += 8;
            continue;
        }
        size_t sequence = strand_utf8_len(bytes.data + i, bytes.len - i);
        if (sequence == 0) {
            return false;
        }
        i += sequence;
    }
    return true;
}

// The code point of a valid sequence.
static uint32_t strand_utf8_code(const uint8_t *bytes, size_t sequence)
{
    switch (sequence) {
    case 1: return bytes[0];
    case 2: return bytes[0] % 0x20u * 0x40u + bytes[1] % 0x40u;
    case 3: return (bytes[0] % 0x10u * 0x40u + bytes[1] % 0x40u) * 0x40u + bytes[2] % 0x40u;
    default: break;
    }
    return ((bytes[0] % 8u * 0x40u + bytes[1] % 0x40u) * 0x40u + bytes[2] % 0x40u) * 0x40u + bytes[3] % 0x40u;
}

// ---------------------------------------------------------------------------------------------------------------
// JSON

static void strand_text_json_byte(struct strand_text *text, uint8_t byte)
{
    if (byte < 0x20) {
        STRAND_PUT(text, "\\u00");
        strand_text_hex_digits(text, byte, 2);
    } else {
        strand_text_byte(text, '\\');
        strand_text_byte(text, (char)byte);
    }
}

void strand_text_json(struct strand_text *text, struct strand_span bytes)
{
    size_t i = 0;
    strand_text_byte(text, '"');
    while (i < bytes.len) {
        size_t run = i;
        while (i < bytes.len && bytes.data[i] >= 0x20 && bytes.data[i] != '"' && bytes.data[i] != '\\') {
            i++;
        }
        strand_text_put(text, (const char *)bytes.data + run, i - run);
        if (i < bytes.len) {
            strand_text_json_byte(text, bytes.data[i]);
            i++;
        }
    }
    strand_text_byte(text, '"');
}

// ---------------------------------------------------------------------------------------------------------------
// Terminals

// Code points above 7F that move the cursor, break the line or reorder what stands around them.
static bool strand_code_is_unsafe(uint32_t code)
{
    return (code >= 0x80 && code <= 0x9F) || code == 0x061C || code == 0x200E || code == 0x200F ||
           (code >= 0x2028 && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
}

static bool strand_byte_is_plain(uint8_t byte, bool quoted)
{
    return byte >= 0x20 && byte < 0x7F && byte != '\\' && !(quoted && byte == '"');
}

// Length of what stands at bytes[0 … len), len ≥ 1, and needs no escape; 0 where it needs one.
static size_t strand_plain_len(const uint8_t *bytes, size_t len, bool quoted)
{
    if (strand_byte_is_plain(bytes[0], quoted)) {
        return 1;
    }
    size_t sequence = strand_utf8_len(bytes, len);
    return sequence > 1 && !strand_code_is_unsafe(strand_utf8_code(bytes, sequence)) ? sequence : 0;
}

static void strand_text_escape_byte(struct strand_text *text, uint8_t byte)
{
    switch (byte) {
    case '\n': STRAND_PUT(text, "\\n"); break;
    case '\r': STRAND_PUT(text, "\\r"); break;
    case '\t': STRAND_PUT(text, "\\t"); break;
    case '"': STRAND_PUT(text, "\\\""); break;
    case '\\': STRAND_PUT(text, "\\\\"); break;
    default:
        STRAND_PUT(text, "\\x");
        strand_text_hex_digits(text, byte, 2);
        break;
    }
}

static void strand_text_escape_code(struct strand_text *text, uint32_t code)
{
    STRAND_PUT(text, "\\u{");
    strand_text_hex_digits(text, code, code < 0x100 ? 2 : 4);
    strand_text_byte(text, '}');
}

// Escapes what stands at bytes[0 … len), len ≥ 1. Returns: its length.
static size_t strand_text_escape_one(struct strand_text *text, const uint8_t *bytes, size_t len)
{
    size_t sequence = strand_utf8_len(bytes, len);
    if (sequence > 1) {
        strand_text_escape_code(text, strand_utf8_code(bytes, sequence));
        return sequence;
    }
    strand_text_escape_byte(text, bytes[0]);
    return 1;
}

static void strand_text_escape(struct strand_text *text, struct strand_span bytes, bool quoted)
{
    size_t i = 0;
    while (i < bytes.len) {
        size_t run = i, plain = 1;
        while (i < bytes.len && plain > 0) {
            plain = strand_plain_len(bytes.data + i, bytes.len - i, quoted);
            i += plain;
        }
        strand_text_put(text, (const char *)bytes.data + run, i - run);
        if (i < bytes.len) {
            i += strand_text_escape_one(text, bytes.data + i, bytes.len - i);
        }
    }
}

void strand_text_escaped(struct strand_text *text, struct strand_span bytes)
{
    strand_text_escape(text, bytes, false);
}

void strand_text_quoted(struct strand_text *text, struct strand_span bytes)
{
    strand_text_byte(text, '"');
    strand_text_escape(text, bytes, true);
    strand_text_byte(text, '"');
}
