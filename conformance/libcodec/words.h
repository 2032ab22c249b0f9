/* SPDX-License-Identifier: MIT
 *
 * words.h: a line of words, taken from its front. What goes wrong is kept, so that whoever takes several words looks
 * once, behind the last; taking goes on and gives zeros.
 */
#ifndef WORDS_H
#define WORDS_H

#include "strand.h"

enum words_fault {
    WORDS_FINE,
    WORDS_RANGE, /* a number that is no value of its type */
    WORDS_SYNTAX /* a word is missing, or no such thing */
};

struct words {
    char *rest;             /* not taken yet */
    char *last;             /* the word that was taken last */
    enum words_fault fault; /* the worst so far */
};

/* Keeps a fault, unless a worse one is kept. */
void words_fail(struct words *words, enum words_fault fault);

/* The next word; "" behind the last. */
char *words_take(struct words *words);
bool words_are_left(const struct words *words);

/* The next word as a number: decimal digits, a signed one with - in front where it is below 0. */
uint64_t words_uint(struct words *words, uint64_t max);
int64_t words_int(struct words *words, int64_t min, int64_t max);

/* The next word as bytes: two hexadecimal digits for each, lower case; - is none. They stand in place of the word. */
struct strand_span words_bytes(struct words *words);

/* The same behind one more byte: front. */
struct strand_span words_bytes_behind(struct words *words, uint8_t front);

/* The next word as a number of just so many hexadecimal digits, up to 16. */
uint64_t words_bits(struct words *words, size_t digits);

/* The digits that text begins with, as a number. Out: *ret_rest, what is behind them.
 * Returns: WORDS_FINE · WORDS_RANGE: 2^64 or more · WORDS_SYNTAX: none. */
enum words_fault words_number(const char *text, const char **ret_rest, uint64_t *ret_value);

#endif
