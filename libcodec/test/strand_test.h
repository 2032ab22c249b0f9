/* SPDX-License-Identifier: MIT
 *
 * strand_test.h: TEST and CHECK, on Criterion or on a plain main.
 *
 * A test file is written once and built twice: with Criterion (a process for each test), and with
 * STRAND_TEST_PLAIN and plain_main.c, where Criterion can't go: sanitizers for threads and memory, cross builds,
 * valgrind.
 *
 *     TEST(ring, keeps_the_newest)
 *     {
 *         CHECK_EQ(strand_ring_records(&ring), 3);
 *     }
 */
#ifndef STRAND_TEST_H
#define STRAND_TEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef STRAND_TEST_PLAIN

struct strand_test {
    const char *suite;
    const char *name;
    void (*body)(void);
    struct strand_test *next;
};

void strand_test_add(struct strand_test *test);
_Noreturn void strand_test_fail(const char *file, int line, const char *what);

#define TEST(suite_, name_)                                                                                          \
    static void suite_##_##name_(void);                                                                              \
    __attribute__((constructor)) static void suite_##_##name_##_add(void)                                            \
    {                                                                                                                \
        static struct strand_test test = {#suite_, #name_, suite_##_##name_, NULL};                                  \
        strand_test_add(&test);                                                                                      \
    }                                                                                                                \
    static void suite_##_##name_(void)

#else

#include <criterion/criterion.h>
#define TEST(suite_, name_) Test(suite_, name_, .timeout = 300)

static inline _Noreturn void strand_test_fail(const char *file, int line, const char *what)
{
    cr_assert_fail("%s:%d: %s", file, line, what);
    abort();
}

#endif

#define CHECK(condition) ((condition) ? (void)0 : strand_test_fail(__FILE__, __LINE__, #condition))

/* Integers of any type up to 64 bits, signed or not. */
#define CHECK_EQ(got, want)                                                                                          \
    strand_test_equal(__FILE__, __LINE__, #got " == " #want, (unsigned long long)(got), (unsigned long long)(want))

/* Bytes. */
#define CHECK_BYTES(got, got_len, want, want_len)                                                                    \
    strand_test_bytes(__FILE__, __LINE__, #got, (const void *)(got), (size_t)(got_len), (const void *)(want),        \
                      (size_t)(want_len))

static inline void strand_test_equal(const char *file, int line, const char *what, unsigned long long got,
                                     unsigned long long want)
{
    if (got != want) {
        char text[512];
        snprintf(text, sizeof text, "%s: got %llu (0x%llx), want %llu (0x%llx)", what, got, got, want, want);
        strand_test_fail(file, line, text);
    }
}

static inline void strand_test_bytes(const char *file, int line, const char *what, const void *got, size_t got_len,
                                     const void *want, size_t want_len)
{
    if (got_len != want_len || (got_len > 0 && memcmp(got, want, got_len) != 0)) {
        char text[2048];
        int shown_got = (int)(got_len < 600 ? got_len : 600), shown_want = (int)(want_len < 600 ? want_len : 600);
        snprintf(text, sizeof text, "%s: got %zu bytes «%.*s», want %zu bytes «%.*s»", what, got_len, shown_got,
                 (const char *)got, want_len, shown_want, (const char *)want);
        strand_test_fail(file, line, text);
    }
}

/* A repeatable generator for tests: splitmix64. */
static inline uint64_t strand_test_random(uint64_t *state)
{
    uint64_t z = (*state += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

#endif
