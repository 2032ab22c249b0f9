/* SPDX-License-Identifier: MIT
 *
 * gotrace.h: merge --format=go-trace: a timeline → an execution trace as Go 1.5 wrote them.
 */
#ifndef GOTRACE_H
#define GOTRACE_H

#include "output.h"
#include "timeline.h"

/* Writes the events that Go 1.5 knew; what else there is, is left out, counted, and told on standard error. */
void gotrace_run(struct timeline *timeline, struct output *output);

#endif
