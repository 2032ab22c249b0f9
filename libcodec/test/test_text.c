/* SPDX-License-Identifier: MIT
 *
 * test_text.c: the pieces of text: numbers, strings, base64, floats, memory dumps, and how they count.
 */
#include "strand_hex.h"
#include "strand_text.h"

#define ROOM 4096u

struct printed {
    char base[ROOM];
    struct strand_text text;
};

static struct strand_text *fresh(struct printed *out)
{
    out->text = (struct strand_text){out->base, ROOM, 0};
    return &out->text;
}

#define CHECK_TEXT(out, want) CHECK_BYTES((out).base, (out).text.len, want, strlen(want))

static struct strand_span span_of(const char *s, size_t len)
{
    return (struct strand_span){(const uint8_t *)s, len};
}

// Every power of 2 and of 10 below 2^64, and their neighbours.
static size_t edges(uint64_t *to)
{
    size_t count = 0;
    uint64_t power = 1;
    for (unsigned i = 0; i < 64; i++) {
        to[count++] = ((uint64_t)1 << i) - 1;
        to[count++] = (uint64_t)1 << i;
        to[count++] = ((uint64_t)1 << i) + 1;
    }
    for (unsigned i = 0; i < 20; i++) {
        to[count++] = power - 1;
        to[count++] = power;
        to[count++] = power + 1;
        power *= 10;
    }
    to[count++] = UINT64_MAX;
    return count;
}

TEST(text, integers)
{
    uint64_t values[300];
    const size_t count = edges(values);
    struct printed out;
    char want[64];
    for (size_t i = 0; i < count; i++) {
        const uint64_t v = values[i];
        strand_text_uint(fresh(&out), v);
        snprintf(want, sizeof want, "%llu", (unsigned long long)v);
        CHECK_TEXT(out, want);
        strand_text_int(fresh(&out), (int64_t)v);
        snprintf(want, sizeof want, "%lld", (long long)v);
        CHECK_TEXT(out, want);
        strand_text_int(fresh(&out), (int64_t)(0 - v));
        snprintf(want, sizeof want, "%lld", (long long)(0 - v));
        CHECK_TEXT(out, want);
        strand_text_hex(fresh(&out), v);
        snprintf(want, sizeof want, "0x%llx", (unsigned long long)v);
        CHECK_TEXT(out, want);
        strand_text_hex_digits(fresh(&out), v, 16);
        snprintf(want, sizeof want, "%016llx", (unsigned long long)v);
        CHECK_TEXT(out, want);
        strand_text_seconds(fresh(&out), v);
        snprintf(want, sizeof want, "%llu.%09llu", (unsigned long long)(v / 1000000000),
                 (unsigned long long)(v % 1000000000));
        CHECK_TEXT(out, want);
    }
}

TEST(text, integers_at_the_ends)
{
    struct printed out;
    strand_text_int(fresh(&out), INT64_MIN);
    CHECK_TEXT(out, "-9223372036854775808");
    strand_text_int(fresh(&out), INT64_MAX);
    CHECK_TEXT(out, "9223372036854775807");
    strand_text_uint(fresh(&out), UINT64_MAX);
    CHECK_TEXT(out, "18446744073709551615");
    strand_text_hex(fresh(&out), UINT64_MAX);
    CHECK_TEXT(out, "0xffffffffffffffff");
    strand_text_hex(fresh(&out), 0);
    CHECK_TEXT(out, "0x0");
    strand_text_seconds(fresh(&out), UINT64_MAX);
    CHECK_TEXT(out, "18446744073.709551615");
    strand_text_seconds(fresh(&out), 0);
    CHECK_TEXT(out, "0.000000000");
}

TEST(text, base64_of_every_length)
{
    static const char *const want[] = {"", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"};
    struct printed out;
    for (size_t len = 0; len <= 6; len++) {
        strand_text_base64(fresh(&out), span_of("foobar", len));
        CHECK_TEXT(out, want[len]);
    }
    strand_text_base64(fresh(&out), span_of("\x00\x10\x83\x10\x51\x87\xFB\xFF\xFE", 9));
    CHECK_TEXT(out, "ABCDEFGH+//+");
}

// The code point that RFC 3629 gives to the sequence, or -1: by arithmetic on what the bits say, for all lengths.
static int64_t code_of(const uint8_t *bytes, size_t len)
{
    static const struct {
        uint8_t mask, mark;
        uint32_t least;
    } forms[] = {{0x80, 0x00, 0}, {0xE0, 0xC0, 0x80}, {0xF0, 0xE0, 0x800}, {0xF8, 0xF0, 0x10000}};
    if ((bytes[0] & forms[len - 1].mask) != forms[len - 1].mark) {
        return -1;
    }
    uint32_t code = bytes[0] & (uint8_t)~forms[len - 1].mask;
    for (size_t i = 1; i < len; i++) {
        if ((bytes[i] & 0xC0) != 0x80) {
            return -1;
        }
        code = code << 6 | (bytes[i] & 0x3F);
    }
    const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    return code < forms[len - 1].least || code > 0x10FFFF || surrogate ? -1 : (int64_t)code;
}

// Length of the valid sequence that begins the bytes, or 0.
static size_t sequence_of(const uint8_t *bytes, size_t len)
{
    for (size_t n = 1; n <= len && n <= 4; n++) {
        if (code_of(bytes, n) >= 0) {
            return n;
        }
    }
    return 0;
}

static bool valid(const uint8_t *bytes, size_t len)
{
    size_t i = 0, n = 1;
    for (; i < len && n > 0; i += n) {
        n = sequence_of(bytes + i, len - i);
    }
    return i == len && n > 0;
}

static void check_utf8(const uint8_t *bytes, size_t len)
{
    CHECK_EQ(strand_utf8_len(bytes, len), sequence_of(bytes, len));
    CHECK_EQ(strand_utf8_valid((struct strand_span){bytes, len}), valid(bytes, len));
}

TEST(text, utf8_of_one_and_two_bytes)
{
    for (unsigned a = 0; a < 256; a++) {
        uint8_t bytes[2] = {(uint8_t)a, 0};
        check_utf8(bytes, 1);
        for (unsigned b = 0; b < 256; b++) {
            bytes[1] = (uint8_t)b;
            check_utf8(bytes, 2);
        }
    }
}

TEST(text, utf8_of_three_and_four_bytes)
{
    static const uint8_t edge[] = {0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0,
                                   0xE1, 0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xF7, 0xF8, 0xFF};
    const size_t n = sizeof edge;
    for (size_t i = 0; i < n * n * n * n; i++) {
        const uint8_t bytes[4] = {edge[i / (n * n * n)], edge[i / (n * n) % n], edge[i / n % n], edge[i % n]};
        check_utf8(bytes, 4);
        if (i % n == 0) {
            check_utf8(bytes, 3);
        }
    }
}

TEST(text, utf8_behind_ascii_of_any_length)
{
    uint8_t bytes[40];
    for (size_t len = 0; len < 36; len++) {
        memset(bytes, 'x', sizeof bytes);
        CHECK(strand_utf8_valid((struct strand_span){bytes, len}));
        memcpy(bytes + len, "\xF0\x9F\x98\x80", 4);
        CHECK(strand_utf8_valid((struct strand_span){bytes, len + 4}));
        CHECK(!strand_utf8_valid((struct strand_span){bytes, len + 3}));
        bytes[len] = 0xFF;
        CHECK(!strand_utf8_valid((struct strand_span){bytes, len + 1}));
    }
}

TEST(text, json_escapes_what_it_must_and_no_more)
{
    struct printed out;
    for (unsigned c = 0; c < 0x80; c++) {
        const char bytes[3] = {'a', (char)c, 'b'};
        char want[16];
        strand_text_json(fresh(&out), span_of(bytes, 3));
        if (c < 0x20) {
            snprintf(want, sizeof want, "\"a\\u%04xb\"", c);
        } else {
            snprintf(want, sizeof want, "\"a%s%cb\"", c == '"' || c == '\\' ? "\\" : "", (char)c);
        }
        CHECK_TEXT(out, want);
    }
    strand_text_json(fresh(&out), span_of("", 0));
    CHECK_TEXT(out, "\"\"");
    strand_text_json(fresh(&out), span_of("\n\n", 2));
    CHECK_TEXT(out, "\"\\u000a\\u000a\"");
    strand_text_json(fresh(&out), span_of("\x7F é \xC2\x85 \xE2\x80\xA8 😀", 16));
    CHECK_TEXT(out, "\"\x7F é \xC2\x85 \xE2\x80\xA8 😀\"");
}

struct escape {
    const char *hex;
    const char *want;
};

TEST(text, escapes_what_a_terminal_obeys)
{
    static const struct escape cases[] = {
        {"61 00 62", "a\\x00b"},
        {"1B 5B 33 31 6D", "\\x1b[31m"},
        {"0A 0D 09 5C 22", "\\n\\r\\t\\\\\""},
        {"1F 20 7E 7F", "\\x1f ~\\x7f"},
        {"C2 80 C2 9F C2 A0", "\\u{80}\\u{9f}\xC2\xA0"},
        {"D8 9B D8 9C D8 9D", "\xD8\x9B\\u{061c}\xD8\x9D"},
        {"E2 80 8D E2 80 8E E2 80 8F E2 80 90", "\xE2\x80\x8D\\u{200e}\\u{200f}\xE2\x80\x90"},
        {"E2 80 A7 E2 80 A8 E2 80 A9", "\xE2\x80\xA7\\u{2028}\\u{2029}"},
        {"E2 80 AA E2 80 AE E2 80 AF", "\\u{202a}\\u{202e}\xE2\x80\xAF"},
        {"E2 81 A5 E2 81 A6 E2 81 A9 E2 81 AA", "\xE2\x81\xA5\\u{2066}\\u{2069}\xE2\x81\xAA"},
        {"85 FF C3", "\\x85\\xff\\xc3"},
        {"E2 80 41", "\\xe2\\x80A"},
        {"F0 9F 98 80 C3 A9", "😀é"},
        {"", ""},
    };
    struct printed out;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct strand_hex hex = strand_hex_of(cases[i].hex);
        strand_text_escaped(fresh(&out), (struct strand_span){hex.data, hex.len});
        CHECK_TEXT(out, cases[i].want);
    }
    strand_text_quoted(fresh(&out), span_of("a \"b\" \\ c\n", 10));
    CHECK_TEXT(out, "\"a \\\"b\\\" \\\\ c\\n\"");
}

static uint8_t unhex(const char *digits)
{
    return (uint8_t)(strand_hex_digit(digits[0]) * 16 + strand_hex_digit(digits[1]));
}

static size_t put_code(uint8_t *to, unsigned long code)
{
    if (code < 0x800) {
        to[0] = (uint8_t)(0xC0 | code >> 6);
        to[1] = (uint8_t)(0x80 | (code & 0x3F));
        return 2;
    }
    to[0] = (uint8_t)(0xE0 | code >> 12);
    to[1] = (uint8_t)(0x80 | (code >> 6 & 0x3F));
    to[2] = (uint8_t)(0x80 | (code & 0x3F));
    return 3;
}

// What the escapes stand for.
static size_t unescape(const char *text, size_t len, uint8_t *to)
{
    size_t n = 0;
    for (size_t i = 0; i < len;) {
        if (text[i] != '\\') {
            to[n++] = (uint8_t)text[i++];
        } else if (text[i + 1] == 'x') {
            to[n++] = unhex(text + i + 2);
            i += 4;
        } else if (text[i + 1] == 'u') {
            char *end = NULL;
            n += put_code(to + n, strtoul(text + i + 3, &end, 16));
            i = (size_t)(end - text) + 1;
        } else {
            static const char from[] = "nrt\\\"", as[] = "\n\r\t\\\"";
            to[n++] = (uint8_t)as[strchr(from, text[i + 1]) - from];
            i += 2;
        }
    }
    return n;
}

// Bytes that are often close to something: valid sequences, cut ones, escapes.
static size_t tricky(uint64_t *state, uint8_t *to)
{
    static const char *const pieces[] = {"\xC2", "\x85",  "\xE2\x80", "\xAE", "\xE2\x81", "\xA6",    "\xD8\x9C",
                                         "\\",   "\\x41", "\n",       "\"",   " ",        "\x1B[2J", "é",
                                         "😀",    "\x7F",  "\xF0\x9F", "A",    "\\u{41}",  "\xFF"};
    size_t len = 0;
    while (len < 60) {
        const char *piece = pieces[strand_test_random(state) % (sizeof pieces / sizeof pieces[0])];
        memcpy(to + len, piece, strlen(piece));
        len += strlen(piece);
    }
    return len;
}

TEST(text, escaped_text_is_harmless_and_reads_back)
{
    uint64_t state = 1;
    uint8_t bytes[80], back[80];
    struct printed out;
    for (int round = 0; round < 20000; round++) {
        const size_t len = tricky(&state, bytes);
        strand_text_escaped(fresh(&out), (struct strand_span){bytes, len});
        CHECK(valid((const uint8_t *)out.base, out.text.len));
        for (size_t i = 0; i < out.text.len; i++) {
            const uint8_t byte = (uint8_t)out.base[i];
            CHECK(byte >= 0x20 && byte != 0x7F);
        }
        CHECK_BYTES(back, unescape(out.base, out.text.len, back), bytes, len);
    }
}

static uint64_t bits_of(double v)
{
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    return bits;
}

static uint32_t bits_of_float(float v)
{
    uint32_t bits;
    memcpy(&bits, &v, sizeof bits);
    return bits;
}

TEST(text, doubles_are_shortest)
{
    static const struct {
        double value;
        const char *want;
    } cases[] = {
        {0.0, "0"},
        {-0.0, "-0"},
        {1.0, "1"},
        {-2.5, "-2.5"},
        {0.1, "0.1"},
        {0.30000000000000004, "0.30000000000000004"},
        {1.0 / 3, "0.3333333333333333"},
        {100, "100"},
        {123.456, "123.456"},
        {1e-6, "0.000001"},
        {1.5e-7, "1.5e-7"},
        {1e20, "100000000000000000000"},
        {1e21, "1e+21"},
        {1e23, "1e+23"},
        {9007199254740993.0, "9007199254740992"},
        {5.960464477539063e-8, "5.960464477539063e-8"}, // 2^-24: fewer digits than rounding its value would need
        {5e-324, "5e-324"},
        {2.225073858507201e-308, "2.225073858507201e-308"},
        {2.2250738585072014e-308, "2.2250738585072014e-308"},
        {1.7976931348623157e308, "1.7976931348623157e+308"},
    };
    struct printed out;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        strand_text_f64(fresh(&out), bits_of(cases[i].value));
        CHECK_TEXT(out, cases[i].want);
    }
    strand_text_f64(fresh(&out), 0x7FF0000000000000u);
    CHECK_TEXT(out, "Infinity");
    strand_text_f64(fresh(&out), 0xFFF0000000000000u);
    CHECK_TEXT(out, "-Infinity");
    strand_text_f64(fresh(&out), 0xFFF8000000000001u);
    CHECK_TEXT(out, "NaN");
}

TEST(text, floats_are_shortest)
{
    static const struct {
        float value;
        const char *want;
    } cases[] = {
        {0.1f, "0.1"},
        {16777216.0f, "16777216"},
        {-2875890.75f, "-2875890.8"}, // as near to .7 as to .8: the even digit
        {2875890.25f, "2875890.2"},   // as near to .2 as to .3
        {1e-45f, "1e-45"},
        {3.4028235e38f, "3.4028235e+38"},
        {1.17549435e-38f, "1.1754944e-38"},
    };
    struct printed out;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        strand_text_f32(fresh(&out), bits_of_float(cases[i].value));
        CHECK_TEXT(out, cases[i].want);
    }
    strand_text_f32(fresh(&out), 0x7F800000u);
    CHECK_TEXT(out, "Infinity");
    strand_text_f32(fresh(&out), 0x7F800001u);
    CHECK_TEXT(out, "NaN");
}

// Significant digits of a decimal, without zeros at either end.
static size_t significant(const char *text)
{
    size_t count = 0, kept = 0;
    for (; *text != '\0' && *text != 'e'; text++) {
        if (*text >= '0' && *text <= '9' && (count > 0 || *text != '0')) {
            count++;
            kept = *text != '0' ? count : kept;
        }
    }
    return kept;
}

// Digits that the C library needs so that the double reads back: ours may have one less, never more.
static size_t digits_needed(double value)
{
    char text[40];
    for (int digits = 1; digits < 17; digits++) {
        snprintf(text, sizeof text, "%.*e", digits - 1, value);
        if (strtod(text, NULL) == value) {
            return significant(text);
        }
    }
    return 17;
}

TEST(text, random_doubles_read_back)
{
    uint64_t state = 7;
    struct printed out;
    for (int round = 0; round < 20000; round++) {
        uint64_t bits = strand_test_random(&state);
        if (round % 4 > 0) {
            bits = (bits & 0x800FFFFFFFFFFFFFu) | (uint64_t)(960 + round % 130) << 52; // the usual magnitudes
        }
        if (round % 7 == 0) {
            bits &= 0xFFF0000000000000u; // powers of two
        }
        double value;
        memcpy(&value, &bits, sizeof value);
        if (value - value != 0) {
            continue;
        }
        strand_text_f64(fresh(&out), bits);
        out.base[out.text.len] = '\0';
        CHECK_EQ(bits_of(strtod(out.base, NULL)), bits);
        CHECK(significant(out.base) <= digits_needed(value));
    }
}

TEST(text, hexdump_stands_in_columns)
{
    static const char head[] = "                   7 6 5 4  3 2 1 0   f e d c  b a 9 8  0123456789abcdef\n";
    static const struct {
        uint64_t addr;
        const char *hex;
        const char *want;
    } cases[] = {
        {0x58DB00, "20 27 2E 35 3C 43 4A 51 58 5F 66 6D 74 7B 82 89 90",
         "000000000058db00: 514a433c 352e2720  89827b74 6d665f58   '.5<CJQX_fmt{..\n"
         "000000000058db10:                90                     .\n"},
        {0x58DB03, "35 3C 43 4A 51 58 5F 66 6D 74 7B 82 89",
         "000000000058db00: 514a433c 35        89827b74 6d665f58     5<CJQX_fmt{..\n"},
        {0xFFFFFFFFFFFFFFFFu, "7E 7F",
         "fffffffffffffff0:                    7e                                ~\n"
         "0000000000000000:                7f                     .\n"},
    };
    struct printed out;
    char want[1024];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct strand_hex hex = strand_hex_of(cases[i].hex);
        strand_text_hexdump(fresh(&out), cases[i].addr, (struct strand_span){hex.data, hex.len});
        snprintf(want, sizeof want, "%s%s", head, cases[i].want);
        CHECK_TEXT(out, want);
    }
    strand_text_hexdump(fresh(&out), 7, span_of("", 0));
    CHECK_TEXT(out, "");
}

// All pieces, so that each is cut at each of its bytes.
static void put_all(struct strand_text *text)
{
    STRAND_PUT(text, "literal");
    strand_text_byte(text, '!');
    strand_text_name(text, "name");
    strand_text_bytes(text, "bytes", 5);
    strand_text_bytes(text, NULL, 0);
    strand_text_span(text, span_of("span", 4));
    strand_text_uint(text, UINT64_MAX);
    strand_text_int(text, INT64_MIN);
    strand_text_hex(text, 0xABCDEF);
    strand_text_hex_digits(text, 7, 4);
    strand_text_hex_bytes(text, span_of("\x01\xFF", 2));
    strand_text_seconds(text, 1234567890123);
    strand_text_base64(text, span_of("abcdefgh", 8));
    strand_text_json(text, span_of("plain \"quoted\" \x01 plain", 22));
    strand_text_escaped(text, span_of("plain \x1B \xC2\x85 \xFF plain", 18));
    strand_text_quoted(text, span_of("a \" b", 5));
    strand_text_f64(text, bits_of(-1.25e-300));
    strand_text_f32(text, bits_of_float(1e9f));
    strand_text_hexdump(text, 5, span_of("abc", 3));
}

TEST(text, counts_past_the_end_and_writes_nothing_there)
{
    struct printed whole;
    put_all(fresh(&whole));
    const size_t len = whole.text.len;
    CHECK(len > 300 && len < ROOM);
    for (size_t cap = 0; cap <= len; cap++) {
        char *room = malloc(cap + 1); // of exactly this size, so that a sanitizer sees more than the canary does
        CHECK(room != NULL);
        room[cap] = '#';
        struct strand_text text = {cap > 0 ? room : NULL, cap, 0};
        put_all(&text);
        CHECK_EQ(text.len, len);
        CHECK_EQ(memcmp(room, whole.base, cap), 0);
        CHECK_EQ(room[cap], '#');
        free(room);
    }
}
