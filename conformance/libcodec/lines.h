/* SPDX-License-Identifier: MIT
 *
 * lines.h: canonical lines into an answer, and how much may be resolved for one: a definition may be long, and a record
 * may name it very often.
 */
#ifndef LINES_H
#define LINES_H

#include "driver.h"

/* Looks a definition up. Returns: false where there is none. */
typedef bool lines_find(void *context, uint64_t kind, uint64_t id, struct strand_span *ret_body);

struct lines {
    struct answer *answer;
    lines_find *find; /* NULL: nothing is defined */
    void *context;    /* of find */
    size_t resolved;  /* bytes of definitions in the line at hand */
};

/* keep_strand: as in struct strand_printer. */
void lines_record(struct lines *lines, uint64_t stream, bool keep_strand, const struct strand_frame *record);
void lines_event(struct lines *lines, uint64_t stream, const struct strand_event *event);

/* Prints what is wrong, and marks the answer with it. */
void lines_diag(struct lines *lines, uint64_t stream, const struct strand_diag *diag);

/* The same for a fault of the stream 0. */
void lines_fault(struct lines *lines, enum strand_status code, uint64_t off);

#endif
