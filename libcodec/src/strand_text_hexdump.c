/* SPDX-License-Identifier: MIT
 *
 * strand_text_hexdump.c: memory dumps as Go's runtime (1.26) prints them.
 *
 *                        7 6 5 4  3 2 1 0   f e d c  b a 9 8  0123456789abcdef
 *     000000000058db00: 514a433c 35        89827b74 6d665f58     5<CJQX_fmt{..
 *     000000000058db10: 312a231c 150e0700           4d463f38  .....#*18?FM
 *
 * A line shows the 16 bytes from a multiple of 16 on as two little-endian words: within a word the lowest address
 * stands on the right. What lies in front of the first byte or behind the last stays blank. The characters on the
 * right run with the addresses, and end the line.
 */
#include "strand_text.h"

#define STRAND_DUMP_BYTES 16u
#define STRAND_DUMP_WORDS_AT 18u                               // 16 digits of the address, a colon, a blank
#define STRAND_DUMP_CHARS_AT (STRAND_DUMP_WORDS_AT + 36u + 2u) // 16 × 2 digits and 4 blanks; 2 blanks
#define STRAND_DUMP_LINE (STRAND_DUMP_CHARS_AT + STRAND_DUMP_BYTES + 1u)

struct strand_dump_line {
    char chars[STRAND_DUMP_LINE];
};

static char strand_dump_digit(uint64_t v)
{
    return (char)(v < 10 ? '0' + v : 'a' + (v - 10));
}

// Where the two digits of byte i stand: a blank behind 4 bytes, another behind 8.
static unsigned strand_dump_column(unsigned i)
{
    unsigned field = i / 8 * 8 + (7 - i % 8);
    return STRAND_DUMP_WORDS_AT + field * 2 + field / 4 + field / 8;
}

static void strand_dump_clear(struct strand_dump_line *line)
{
    for (unsigned i = 0; i < STRAND_DUMP_LINE; i++) {
        line->chars[i] = ' ';
    }
}

static void strand_dump_put(struct strand_text *text, struct strand_dump_line *line, unsigned bytes)
{
    line->chars[STRAND_DUMP_CHARS_AT + bytes] = '\n';
    strand_text_put(text, line->chars, STRAND_DUMP_CHARS_AT + bytes + 1);
}

static void strand_dump_head(struct strand_text *text)
{
    struct strand_dump_line line;
    strand_dump_clear(&line);
    for (unsigned i = 0; i < STRAND_DUMP_BYTES; i++) {
        line.chars[strand_dump_column(i) + 1] = strand_dump_digit(i);
        line.chars[STRAND_DUMP_CHARS_AT + i] = strand_dump_digit(i);
    }
    strand_dump_put(text, &line, STRAND_DUMP_BYTES);
}

// One line: bytes are those at addr + skip and on, at most 16 - skip of them.
static void strand_dump_line(struct strand_text *text, uint64_t addr, unsigned skip, const uint8_t *bytes,
                             unsigned count)
{
    struct strand_dump_line line;
    strand_dump_clear(&line);
    for (unsigned i = 16; i > 0; i--) {
        line.chars[i - 1] = strand_dump_digit(addr % 16);
        addr /= 16;
    }
    line.chars[16] = ':';
    for (unsigned i = 0; i < count; i++) {
        uint8_t byte = bytes[i];
        char *digits = line.chars + strand_dump_column(skip + i);
        digits[0] = strand_dump_digit(byte / 16u);
        digits[1] = strand_dump_digit(byte % 16u);
        line.chars[STRAND_DUMP_CHARS_AT + skip + i] = byte >= ' ' && byte <= '~' ? (char)byte : '.';
    }
    strand_dump_put(text, &line, skip + count);
}

void strand_text_hexdump(struct strand_text *text, uint64_t addr, struct strand_span bytes)
{
    unsigned skip = (unsigned)(addr % STRAND_DUMP_BYTES);
    uint64_t line_addr = addr - skip;
    if (bytes.len > 0) {
        strand_dump_head(text);
    }
    for (size_t i = 0; i < bytes.len;) {
        size_t left = bytes.len - i, room = STRAND_DUMP_BYTES - skip;
        unsigned count = (unsigned)(left < room ? left : room);
        strand_dump_line(text, line_addr, skip, bytes.data + i, count);
        i += count;
        line_addr = strand_add_wrap(line_addr, STRAND_DUMP_BYTES);
        skip = 0;
    }
}
