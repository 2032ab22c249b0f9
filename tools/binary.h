/* SPDX-License-Identifier: MIT
 *
 * binary.h: a timeline as one merged stream file. Reading it gives the timeline of reading its sources. Spec: 11.4.
 */
#ifndef BINARY_H
#define BINARY_H

#include "output.h"
#include "timeline.h"

void binary_run(struct timeline *timeline, struct output *output);

#endif
