/* SPDX-License-Identifier: MIT
 *
 * inputs.h: from names on the command line to numbered streams. Streams are numbered by section in input order, a
 * directory standing for its *.strand files in bytewise order; the fragments of a strand are one stream. Spec: 11.1.
 */
#ifndef INPUTS_H
#define INPUTS_H

#include "options.h"
#include "source.h"
#include "stream.h"

struct inputs {
    char **paths;
    size_t path_count;
    struct source **sources;
    size_t source_count;
    struct stream *streams;
    size_t stream_count;
    struct definitions **sessions; /* one for each session */
    size_t session_count;
    uint64_t number_count; /* stream numbers that are taken */
    size_t unreadable;     /* inputs that could not be read */
};

/* Opens what the options name. What can't be read is told and counted. */
void inputs_open(struct inputs *inputs, const struct options *options);

/* The name of the open input that a path leads to; NULL where it leads to none. */
const char *inputs_same_file(const struct inputs *inputs, const char *path);

/* Whether all inputs could be read, to their ends. */
bool inputs_are_read(const struct inputs *inputs);

void inputs_close(struct inputs *inputs);

#endif
