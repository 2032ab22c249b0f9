/* SPDX-License-Identifier: MIT
 *
 * words.c: words, numbers and bytes of a request.
 */
#include "words.h"

#include <string.h>

void words_fail(struct words *words, enum words_fault fault)
{
    words->fault = fault > words->fault ? fault : words->fault;
}

char *words_take(struct words *words)
{
    char *word = words->rest + strspn(words->rest, " ");
    char *end = word + strcspn(word, " ");
    words->rest = *end == '\0' ? end : end + 1;
    *end = '\0';
    words->last = word;
    return word;
}

bool words_are_left(const struct words *words)
{
    return words->rest[strspn(words->rest, " ")] != '\0';
}

enum words_fault words_number(const char *text, const char **ret_rest, uint64_t *ret_value)
{
    size_t digits = strspn(text, "0123456789");
    uint64_t value = 0;
    bool fits = true;
    for (size_t i = 0; i < digits; i++) {
        uint64_t digit = (uint64_t)(text[i] - '0');
        fits = fits && (value < UINT64_MAX / 10 || (value == UINT64_MAX / 10 && digit <= UINT64_MAX % 10));
        value = fits ? 10 * value + digit : 0;
    }
    *ret_rest = text + digits;
    *ret_value = value;
    return digits == 0 ? WORDS_SYNTAX : fits ? WORDS_FINE : WORDS_RANGE;
}

// A number and nothing behind it.
static uint64_t words_whole(struct words *words, const char *word)
{
    const char *rest;
    uint64_t value;
    words_fail(words, words_number(word, &rest, &value));
    if (*rest != '\0') {
        words_fail(words, WORDS_SYNTAX);
    }
    return value;
}

uint64_t words_uint(struct words *words, uint64_t max)
{
    const char *word = words_take(words);
    if (*word == '-') { // not below 0
        words_whole(words, word + 1);
        words_fail(words, WORDS_RANGE);
        return 0;
    }
    uint64_t value = words_whole(words, word);
    if (value > max) {
        words_fail(words, WORDS_RANGE);
        return 0;
    }
    return value;
}

int64_t words_int(struct words *words, int64_t min, int64_t max)
{
    const char *word = words_take(words);
    bool is_below = *word == '-' && strcmp(word, "-0") != 0;
    uint64_t size = words_whole(words, word + is_below);
    if (size > (is_below ? 0 - (uint64_t)min : (uint64_t)max)) {
        words_fail(words, WORDS_RANGE);
        return 0;
    }
    return is_below ? -(int64_t)(size - 1) - 1 : (int64_t)size;
}

static unsigned words_digit(char c)
{
    return c >= '0' && c <= '9' ? (unsigned)(c - '0') : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10 : 16;
}

struct strand_span words_bytes(struct words *words)
{
    char *word = words_take(words);
    size_t digits = strcmp(word, "-") == 0 ? 0 : strlen(word);
    uint8_t *bytes = (uint8_t *)word;
    if (*word == '\0' || digits % 2 != 0) {
        words_fail(words, WORDS_SYNTAX);
        return (struct strand_span){NULL, 0};
    }
    for (size_t i = 0; i < digits / 2; i++) {
        unsigned high = words_digit(word[2 * i]), low = words_digit(word[2 * i + 1]);
        if (high > 15 || low > 15) {
            words_fail(words, WORDS_SYNTAX);
            return (struct strand_span){NULL, 0};
        }
        bytes[i] = (uint8_t)(16 * high + low);
    }
    return (struct strand_span){bytes, digits / 2};
}

// A word has two digits for each byte, or is a single -, so there is room for one byte more.
struct strand_span words_bytes_behind(struct words *words, uint8_t front)
{
    struct strand_span bytes = words_bytes(words);
    uint8_t *room = (uint8_t *)words->last;
    if (bytes.data == NULL) {
        return bytes;
    }
    memmove(room + 1, room, bytes.len);
    room[0] = front;
    return (struct strand_span){room, bytes.len + 1};
}

uint64_t words_bits(struct words *words, size_t digits)
{
    const char *word = words_take(words);
    uint64_t bits = 0;
    if (strlen(word) != digits || strspn(word, "0123456789abcdef") != digits) {
        words_fail(words, WORDS_SYNTAX);
        return 0;
    }
    for (size_t i = 0; i < digits; i++) {
        bits = 16 * bits + words_digit(word[i]);
    }
    return bits;
}
