/* SPDX-License-Identifier: MIT
 *
 * output.h: what a program writes, in large pieces. When whoever reads it has gone away (EPIPE), the program stops
 * without a word; any other failure to write is told and ends it.
 */
#ifndef OUTPUT_H
#define OUTPUT_H

#include "strand.h"

struct output {
    int fd;
    const char *path; /* for messages; NULL: standard output */
    char *buf;
    size_t len;
    size_t cap;
    bool gone; /* nobody reads any more */
};

/* Opens path for writing, NULL: standard output. Ends the program where it can't. */
void output_open(struct output *output, const char *path);

/* Room for a line: print into *ret_text, then output_commit. When it was cut, output_commit makes the room and
 * answers false: print it again. */
void output_begin(struct output *output, struct strand_text *ret_text);
bool output_commit(struct output *output, const struct strand_text *text);

void output_bytes(struct output *output, const uint8_t *bytes, size_t len);

/* Nobody reads any more: the work may stop. */
bool output_is_gone(const struct output *output);

/* Writes the rest and closes. */
void output_close(struct output *output);

#endif
