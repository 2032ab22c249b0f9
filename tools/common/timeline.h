/* SPDX-License-Identifier: MIT
 *
 * timeline.h: all streams as one sequence: the head with the smallest time first, ties to the lower stream, and each
 * diagnostic right behind its stream's preceding record. Spec: 11.2.
 */
#ifndef TIMELINE_H
#define TIMELINE_H

#include "inputs.h"

/* What comes next: stream->item, which is a record, an event or a diagnostic, and whose it is. */
struct entry {
    struct stream *stream;
    struct origin *origin;
};

struct timeline {
    struct inputs *inputs;
    struct strand_merge merge;
    struct strand_merge_head *heads;
    uint32_t *tree;
    size_t at;        /* the stream to be advanced before anything else */
    bool priming;     /* the heads are being filled: `at` is the first that is not */
    bool advancing;   /* the head of `at` was given out */
    bool by_realtime; /* the streams don't share a clock */
    bool strict;      /* padded varints count as bad */
    bool damaged;     /* something was wrong so far */
    enum strand_dialect dialect;
};

/* Starts. When the streams don't share a clock, standard error is told how far the order can be trusted. */
void timeline_open(struct timeline *timeline, struct inputs *inputs, const struct options *options);

/* Out: *ret_entry, valid until the next call. Returns: false at the end. Tallies what it gives out. */
bool timeline_next(struct timeline *timeline, struct entry *ret_entry);

/* Looks for bad fields in the record that was given out last; what is found is told and tallied.
 * In/out: fields, at first strand_fields_init on the record's body. Out: *ret_diag, to stand behind the record.
 * Returns: false when there is no more. */
bool timeline_check(struct timeline *timeline, const struct entry *entry, struct strand_fields *fields,
                    struct strand_diag *ret_diag);

/* Time of an event in ns, as its stream's records would state it. */
uint64_t entry_event_nano(const struct entry *entry);

void timeline_close(struct timeline *timeline);

#endif
