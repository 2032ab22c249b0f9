/* SPDX-License-Identifier: MIT
 *
 * printing.h: a timeline as lines of text.
 */
#ifndef PRINTING_H
#define PRINTING_H

#include "options.h"
#include "output.h"
#include "timeline.h"

/* Prints all of the timeline; stops early when nobody reads. */
void printing_run(struct timeline *timeline, struct output *output, const struct options *options);

#endif
