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

/* Counts a record that is refused. */
void strand_writer_refuse(struct strand_writer *w);

#endif
