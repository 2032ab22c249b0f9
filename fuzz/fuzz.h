/* SPDX-License-Identifier: MIT
 *
 * fuzz.h: what the harnesses share: how an invariant is asserted, how choices are taken from an input, and how two
 * readings of the same bytes are compared.
 *
 * Choices are taken from the input's end, so that its front can be a file as it stands: a strand, a stream file, a
 * trace. A choice that is not there is 0.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "strand_base.h"
#include "strand_decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An invariant. Never compiled out. */
#define FUZZ_CHECK(condition) ((condition) ? (void)0 : fuzz_fail(__FILE__, __LINE__, #condition))

static inline _Noreturn void fuzz_fail(const char *file, int line, const char *what)
{
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
    abort();
}

/* What is left of an input. */
struct fuzz_input {
    const uint8_t *data;
    size_t size;
};

/* A byte from the end. */
static inline uint8_t fuzz_choice(struct fuzz_input *in)
{
    if (in->size == 0) {
        return 0;
    }
    in->size--;
    return in->data[in->size];
}

static inline uint16_t fuzz_choice_u16(struct fuzz_input *in)
{
    const uint8_t low = fuzz_choice(in);
    return (uint16_t)(low + 256 * fuzz_choice(in));
}

static inline uint64_t fuzz_choice_u64(struct fuzz_input *in)
{
    uint64_t v = 0;
    for (int i = 0; i < 8; i++) {
        v = v << 8 | fuzz_choice(in);
    }
    return v;
}

/* A byte from the front: scripts are read that way. */
static inline uint8_t fuzz_next(struct fuzz_input *in)
{
    if (in->size == 0) {
        return 0;
    }
    in->size--;
    return *in->data++;
}

/* A number from the front, often small, often at an edge: a byte says of which sort. */
static inline uint64_t fuzz_next_u64(struct fuzz_input *in)
{
    const uint8_t shape = fuzz_next(in);
    uint64_t v = 0;
    for (int i = 0; i < shape % 9; i++) {
        v = v << 8 | fuzz_next(in);
    }
    return shape >= 128 ? ~v : v;
}

/* A block of its own with the bytes, so that sanitizers see what is read beside them; free() it. */
static inline uint8_t *fuzz_copy(const uint8_t *data, size_t size)
{
    uint8_t *block = malloc(size > 0 ? size : 1);
    FUZZ_CHECK(block != NULL);
    if (size > 0) {
        memcpy(block, data, size);
    }
    return block;
}

/* Size of the next window: mostly a few bytes, now and then many. */
static inline size_t fuzz_window_size(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    const uint32_t r = *seed >> 16;
    return r % 8 == 0 ? r : r % 32;
}

/* An input as a decoder sees it: in windows, each in memory of its own; free(bytes) of the last. */
struct fuzz_windows {
    struct fuzz_input in;
    uint32_t seed;  /* of their sizes; 0: one window */
    bool late;      /* `final` is said only when the decoder asks for more than there is */
    uint8_t *bytes; /* the current one: [start, end) of the input */
    size_t start;
    size_t end;
    bool final;
};

static inline struct fuzz_windows fuzz_windows_of(struct fuzz_input in, uint32_t seed, bool late)
{
    const size_t end = seed == 0 ? in.size : 0;
    return (struct fuzz_windows){in, seed, late, fuzz_copy(in.data, end), 0, end, end == in.size && !late};
}

/* Goes on to the window at off, of which the decoder needs `need` bytes. */
static inline void fuzz_windows_next(struct fuzz_windows *w, size_t off, size_t need)
{
    const size_t left = w->in.size - off;
    const size_t size = fuzz_window_size(&w->seed);
    const size_t want = need > size ? need : size;
    FUZZ_CHECK(need > w->end - off);
    free(w->bytes);
    w->start = off;
    w->end = want < left ? off + want : w->in.size;
    w->bytes = fuzz_copy(w->in.data + off, w->end - off);
    w->final = w->late ? need > left : w->end == w->in.size;
}

/* What a reading gave: a hash of everything in it. Equal readings have equal ones. */
struct fuzz_digest {
    uint64_t hash;
    uint64_t answers;
};

static inline void fuzz_add(struct fuzz_digest *digest, uint64_t v)
{
    digest->hash = (digest->hash ^ v) * 0x9E3779B97F4A7C15u;
    digest->hash ^= digest->hash >> 29;
}

static inline void fuzz_add_bytes(struct fuzz_digest *digest, const uint8_t *data, size_t len)
{
    fuzz_add(digest, len);
    for (size_t i = 0; i < len; i++) {
        fuzz_add(digest, data[i]);
    }
}

static inline void fuzz_add_frame(struct fuzz_digest *digest, const struct strand_frame *frame)
{
    digest->answers++;
    fuzz_add(digest, (uint64_t)frame->kind);
    fuzz_add(digest, frame->ext_kind);
    fuzz_add(digest, frame->ext_flags);
    fuzz_add(digest, frame->off);
    fuzz_add(digest, frame->len);
    fuzz_add(digest, frame->tick);
    fuzz_add(digest, frame->nano);
    fuzz_add(digest, (uint64_t)frame->p);
    fuzz_add_bytes(digest, frame->body.data, frame->body.len);
}

static inline void fuzz_add_status(struct fuzz_digest *digest, enum strand_status status, uint64_t off)
{
    digest->answers++;
    fuzz_add(digest, (uint64_t)status);
    fuzz_add(digest, off);
}

/* Does `inner` lie in `outer`? */
static inline bool fuzz_inside(struct strand_span inner, struct strand_span outer)
{
    return inner.len == 0 || (inner.data >= outer.data && inner.len <= outer.len &&
                              (size_t)(inner.data - outer.data) <= outer.len - inner.len);
}

#endif
