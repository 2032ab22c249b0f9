/* SPDX-License-Identifier: MIT
 *
 * strand_text.h: the pieces that lines are put together from: numbers, strings, base64, floats.
 *
 * All of them count what finds no room (strand_print.h), and put what does find room in its place.
 */
#ifndef STRAND_TEXT_H
#define STRAND_TEXT_H

#include "strand_bytes.h"
#include "strand_print.h"

/* A piece whose length the compiler mostly knows: one look at the room, then a copy of that length. */
static inline void strand_text_put(struct strand_text *text, const char *piece, size_t len)
{
    if (text->len < text->cap && len <= text->cap - text->len) {
        strand_copy((uint8_t *)text->base + text->len, (const uint8_t *)piece, len);
        text->len += len;
    } else {
        strand_text_bytes(text, piece, len);
    }
}

/* A string literal. */
#define STRAND_PUT(text, literal) strand_text_put(text, "" literal, sizeof(literal) - 1)

static inline void strand_text_byte(struct strand_text *text, char c)
{
    strand_text_put(text, &c, 1);
}

/* Bytes as they are. */
static inline void strand_text_span(struct strand_text *text, struct strand_span bytes)
{
    strand_text_bytes(text, (const char *)bytes.data, bytes.len);
}

/* A string that ends in NUL: a name from a table. */
void strand_text_name(struct strand_text *text, const char *name);

void strand_text_int(struct strand_text *text, int64_t v);

/* v as `digits` hexadecimal digits, 1 to 16, lower case, without 0x. */
void strand_text_hex_digits(struct strand_text *text, uint64_t v, unsigned digits);

/* ns as seconds with 9 decimals. */
void strand_text_seconds(struct strand_text *text, uint64_t ns);

/* Each byte as two hexadecimal digits. */
void strand_text_hex_bytes(struct strand_text *text, struct strand_span bytes);

/* Base64 in the standard alphabet, padded. Spec: 13.4. */
void strand_text_base64(struct strand_text *text, struct strand_span bytes);

/* Length of the UTF-8 sequence at bytes[0 … len), len ≥ 1: 1 to 4; 0 where none is: strict, as Unicode defines it
 * (no overlong forms, no surrogates, nothing above U+10FFFF). */
size_t strand_utf8_len(const uint8_t *bytes, size_t len);
bool strand_utf8_valid(struct strand_span bytes);

/* Valid UTF-8 between JSON's quotes, escaped as canonical JSON wants it. Spec: 13.4. */
void strand_text_json(struct strand_text *text, struct strand_span bytes);

/* Between quotes, escaped for a terminal, the quote too. */
void strand_text_quoted(struct strand_text *text, struct strand_span bytes);

/* The shortest decimal that reads back as the same float, nearest to it among those; as ECMAScript writes numbers
 * (plain from 1e-6 to 1e21, else with an exponent: 1.5e-7, 1e+21), and -0, NaN, Infinity, -Infinity.
 * In: the bits of an IEEE 754 binary32 or binary64. */
void strand_text_f32(struct strand_text *text, uint32_t bits);
void strand_text_f64(struct strand_text *text, uint64_t bits);

/* A memory dump as Go's runtime prints it (strand_text_hexdump.c); nothing for no bytes. */
void strand_text_hexdump(struct strand_text *text, uint64_t addr, struct strand_span bytes);

#endif
