/* SPDX-License-Identifier: MIT
 *
 * raw.h: the frames of a bare strand, wherever they are: in one piece, in pieces, in a ring.
 */
#ifndef RAW_H
#define RAW_H

#include "driver.h"
#include "pieces.h"

/* The members are raw.c's. */
struct raw {
    struct pieces pieces;
    struct strand_decoder decoder;
    bool in_ring;
    struct strand_ring_reader ring;
    uint8_t *scratch;
};

/* Starts on a request's input. Returns: STRAND_OK · STRAND_BAD_ARGUMENT: a ring that can't be. */
enum strand_status raw_open(struct raw *raw, const struct request *request);

/* The next frame, or what is wrong. Returns: as strand_decode_frame, without STRAND_MORE. */
enum strand_status raw_next(struct raw *raw, struct strand_frame *ret_frame);

/* Offset of what the last bad status was about. */
uint64_t raw_error_off(const struct raw *raw);

/* Looks for the next fault in a record's fields, at first behind strand_fields_init on its body.
 * Out: *ret_off, in the strand. Returns: STRAND_END · the fault; padded integers where `strict`. */
enum strand_status raw_field_fault(const struct strand_frame *record, struct strand_fields *fields, bool strict,
                                   uint64_t *ret_off);

void raw_close(struct raw *raw);

#endif
