/* SPDX-License-Identifier: MIT
 *
 * driver.h: what the parts of the driver have in common: a request, its answer, and who answers what.
 *
 *     driver.c                          lines ↔ requests and answers
 *     words.c                           words of a request
 *     answer.c                          statuses → categories
 *     encode.c, recode.c, values.c      values → bytes, bytes → bytes
 *     raw.c, go_trace.c, pieces.c       bytes → frames, events, by libcodec
 *     files.c, ends.c                   files → records, events, by the tools' reader
 *     lines.c                           … → lines
 */
#ifndef DRIVER_H
#define DRIVER_H

#include "output.h"
#include "strand.h"

/* Limits that the driver states: bytes of a request's inputs together, how many they are, and bytes of an answer. */
#define DRIVER_INPUT_MAX ((size_t)4 << 20)
#define DRIVER_INPUTS_MAX ((size_t)4096)
#define DRIVER_OUTPUT_MAX ((size_t)64 << 20)

struct request {
    const struct strand_span *inputs;
    size_t input_count;           /* 1 or more */
    char *lines;                  /* encode: the value lines, in place of inputs; taken apart where they stand */
    bool strict;                  /* report padded integers */
    size_t split;                 /* give the input in pieces of so many bytes; 0: whole */
    bool has_ring;                /* the input is the memory of a byte ring: */
    struct strand_ring_view ring; /* with its data and size */
};

enum verdict { VERDICT_OK, VERDICT_REJECT, VERDICT_LIMIT, VERDICT_SKIP, VERDICT_ERROR };

struct answer {
    enum verdict verdict;
    const char *word;        /* REJECT: the category; LIMIT: which; SKIP, ERROR: why */
    enum strand_status code; /* REJECT: the fault */
    uint64_t off;            /* REJECT: where */
    bool is_bytes;           /* OK: the output is bytes, not canonical lines */
    bool damaged;            /* OK: something was wrong with the input */
    struct output output;
};

/* Each gives one answer, which was OK and empty before. */
void raw_decode(const struct request *request, struct answer *answer);
void recode(const struct request *request, struct answer *answer);
void encode(const struct request *request, struct answer *answer);
void gotrace_decode(const struct request *request, struct answer *answer);
void files_merge(const struct request *request, struct answer *answer);
void files_merge_raw(const struct request *request, struct answer *answer);
void files_decode_image(const struct request *request, struct answer *answer);

/* Puts another verdict into an answer. */
void answer_reject(struct answer *answer, enum strand_status code, uint64_t off);
void answer_other(struct answer *answer, enum verdict verdict, const char *word);

#endif
