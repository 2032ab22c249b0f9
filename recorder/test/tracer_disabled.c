/* SPDX-License-Identifier: MIT
 *
 * tracer_disabled.c: under STRAND_DISABLE events are nothing: no argument is evaluated, none is said to be unused,
 * and this links without the recorder.
 */
#define STRAND_DISABLE
#include "strand_tracer.h"

static int evaluated;

static uint64_t evaluate(void)
{
    return (uint64_t)++evaluated;
}

int main(void)
{
    const uint64_t request = STRAND_EVENT_FIRST;
    const uint64_t args[] = {1};
    const size_t count = 1;
    evaluate();
    strand_trace(request);
    strand_trace(request, evaluate(), evaluate());
    strand_trace_kind(STRAND_TRACE_BEGIN, evaluate());
    strand_trace_here(evaluate(), args, count);
    return evaluated - 1;
}
