/* SPDX-License-Identifier: MIT
 *
 * strand_hex.h: expected bytes of a test as they are read best: "0B 00 | 05 | 07 | 01 | 08 03 616263".
 * Everything between the digits is decoration.
 */
#ifndef STRAND_HEX_H
#define STRAND_HEX_H

#include "strand_test.h"

#define STRAND_HEX_MAX 2048u

/* Bytes that were written as hexadecimal digits. */
struct strand_hex {
    size_t len;
    uint8_t data[STRAND_HEX_MAX];
};

static inline int strand_hex_digit(char c)
{
    const char *digits = "0123456789ABCDEF0123456789abcdef";
    const char *at = c == '\0' ? NULL : strchr(digits, c);
    return at == NULL ? -1 : (int)((at - digits) % 16);
}

static inline struct strand_hex strand_hex_of(const char *text)
{
    struct strand_hex hex = {0, {0}};
    int high = -1;
    for (; *text != '\0'; text++) {
        const int digit = strand_hex_digit(*text);
        if (digit < 0) {
            CHECK(high < 0);
        } else if (high < 0) {
            high = digit;
        } else {
            CHECK(hex.len < STRAND_HEX_MAX);
            hex.data[hex.len++] = (uint8_t)(high * 16 + digit);
            high = -1;
        }
    }
    CHECK(high < 0);
    return hex;
}

static inline void strand_hex_text(char *to, size_t cap, const uint8_t *bytes, size_t len)
{
    to[0] = '\0';
    for (size_t i = 0; i < len && i * 3 + 4 <= cap; i++) {
        snprintf(to + i * 3, 4, "%02X ", bytes[i]);
    }
}

/* Bytes against hexadecimal text; a failure shows both as hexadecimal. */
#define CHECK_HEX(got, got_len, want) strand_hex_check(__FILE__, __LINE__, #got, got, got_len, want)

static inline void strand_hex_check(const char *file, int line, const char *what, const uint8_t *got, size_t got_len,
                                    const char *want)
{
    const struct strand_hex hex = strand_hex_of(want);
    if (got_len == hex.len && (got_len == 0 || memcmp(got, hex.data, got_len) == 0)) {
        return;
    }
    char got_text[600], want_text[600], text[1400];
    strand_hex_text(got_text, sizeof got_text, got, got_len);
    strand_hex_text(want_text, sizeof want_text, hex.data, hex.len);
    snprintf(text, sizeof text, "%s: got %zu bytes %s, want %zu bytes %s", what, got_len, got_text, hex.len,
             want_text);
    strand_test_fail(file, line, text);
}

#endif
