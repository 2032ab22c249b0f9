/* SPDX-License-Identifier: MIT
 *
 * stats.h: what streams hold, counted: a line for each, and a last line for all of them:
 *
 *     103456 records, 9 strands, span 1.234 s, 0 lost
 */
#ifndef STATS_H
#define STATS_H

#include "output.h"
#include "timeline.h"

void stats_run(struct timeline *timeline, struct output *output);

#endif
