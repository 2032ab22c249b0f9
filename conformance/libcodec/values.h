/* SPDX-License-Identifier: MIT
 *
 * values.h: fields as values, on their way into a record.
 *
 * A frame is written in two steps: its fields into one stage, as bytes without a frame around them, which tells how
 * many there are; then the frame with them into the other. What is closed there goes to the output.
 */
#ifndef VALUES_H
#define VALUES_H

#include "output.h"
#include "strand.h"

struct values {
    struct strand_encoder fields; /* the fields of the frame at hand */
    struct strand_encoder frames;
    uint8_t *fields_buf;
    uint8_t *frames_buf;
    uint64_t *numbers; /* of a traceback or event */
    size_t number_count;
    size_t number_cap;
    struct output *output;
};

void values_open(struct values *values, struct output *output);
void values_close(struct values *values);

/* Begins a list of fields. */
void values_begin(struct values *values);

/* Adds a number to those of the next traceback or event; empties them. */
void values_add_number(struct values *values, uint64_t number);
void values_clear_numbers(struct values *values);

/* Adds a field: of a type that is known, with its shortest varints; of a TRACEBACK or EVENT the numbers that were
 * added. One that isn't known: its `raw` as it stands. */
void values_put(struct values *values, const struct strand_field *field);

/* Ends the list. Out: *ret_fields, until the next values_begin. Returns: STRAND_OK · STRAND_FULL: more than any frame
 * holds. */
enum strand_status values_end(struct values *values, struct strand_span *ret_fields);

/* Closes the frame that is open in `frames` and puts it out. Returns: as strand_encode_end. */
enum strand_status values_end_frame(struct values *values);

/* Puts out the whole frame that was closed in `frames` already, where status says that it was. Returns: status. */
enum strand_status values_commit(struct values *values, enum strand_status status);

/* A uvarint in its shortest form, and what a varint is as one. Returns: its length. */
size_t values_uvarint(uint8_t to[STRAND_VARINT_MAX], uint64_t v);
uint64_t values_zigzag(int64_t v);

#endif
