/* SPDX-License-Identifier: MIT
 *
 * ends.h: what the tools' reader is given and what it says, in memory. source.h, output.h and report.h of the tools
 * are implemented here once more: a source is an input of the request, an output grows in memory up to
 * DRIVER_OUTPUT_MAX, and of all messages only refusals are kept.
 */
#ifndef ENDS_H
#define ENDS_H

#include "output.h"
#include "source.h"
#include "strand.h"

/* Gives the inputs that are opened from now on, one by one in this order, whatever path is asked for. */
void ends_give(const struct strand_span *inputs, size_t count);

/* Why an input, or the first section of it that is refused, is not read.
 * Returns: STRAND_OK where nothing of it was refused. */
enum strand_status ends_refusal(size_t input, uint64_t *ret_off);

/* Empties an output; keeps its memory. */
void ends_reset(struct output *output);

#endif
