/* SPDX-License-Identifier: MIT
 *
 * strand_writer_unit.h: what strand_writer.c lends strand_log.c: the steps of a record between claim and release.
 *
 *     claim │ start │ the encoder's functions │ commit │ … again while commit says STRAND_AGAIN │ release
 */
#ifndef STRAND_WRITER_UNIT_H
#define STRAND_WRITER_UNIT_H

#include "strand_log.h"

/* What is open in a writer. */
enum strand_unit {
    STRAND_UNIT_NONE = 0,
    STRAND_UNIT_RECORD = STRAND_UNIT_LOG + 1,
    STRAND_UNIT_LARGE,
    STRAND_UNIT_FRAME,
    STRAND_UNIT_BLOCK /* flush or close is at work on the block */
};

/* Makes a free writer the caller's, for `unit`. Returns: false: something is open. */
bool strand_writer_claim(struct strand_writer *w, uint8_t unit);

/* Opens a `unit` in a writer that the caller has claimed, and a block where there is none.
 * Returns: STRAND_OK · STRAND_NOT_OPEN (closed, or no unit of this strand's kind). */
enum strand_status strand_writer_start(struct strand_writer *w, uint8_t unit, uint64_t tick, uint64_t nano, int64_t p);

/* Commits what is open, as strand_writer_end does; the claim stays. */
enum strand_status strand_writer_commit(struct strand_writer *w);

/* Claims the first free one of a busy writer's spares. Returns: NULL: none is; w counts one as refused. */
struct strand_writer *strand_writer_claim_spare(struct strand_writer *w);

/* Room for a frame of `need` bytes at tick, in a claimed writer: a sync where the last one is out of reach, the next
 * block where this one is full. Returns: STRAND_OK · STRAND_FULL · STRAND_NOT_OPEN (closed). */
enum strand_status strand_writer_make_room(struct strand_writer *w, uint64_t tick, size_t need);

/* The nano of a tick, by the caller's clock or the header's ratio. */
uint64_t strand_writer_nano(const struct strand_writer *w, uint64_t tick);

/* Counts a record that is refused. */
void strand_writer_refuse(struct strand_writer *w);

#endif
