/* SPDX-License-Identifier: MIT
 *
 * stack_test.h: what the tests of stacks share: functions whose place is known, and time.
 */
#ifndef STACK_TEST_H
#define STACK_TEST_H

#include "strand_modules.h"
#include "strand_recorder_clock.h"
#include "strand_session.h"
#include "strand_stack.h"

#include "strand_test.h"

#include <time.h>

#define MS 1000000u

/* A function of a known place: alone in FUNCTION_LEN bytes, and never made part of another. */
#define FUNCTION_LEN 1024u
#ifdef __clang__
#define ALONE __attribute__((noinline, aligned(FUNCTION_LEN)))
#else
#define ALONE __attribute__((noipa, aligned(FUNCTION_LEN)))
#endif

static volatile int sink; /* counted up behind a call, so that it isn't the last thing that a function does */

static inline bool is_in(uint64_t pc, uintptr_t function)
{
    return pc >= function && pc - function < FUNCTION_LEN;
}

static inline void pause_ns(uint64_t ns)
{
    const uint64_t until = strand_clock_monotonic() + ns;
    const struct timespec at = {(time_t)(until / 1000000000), (long)(until % 1000000000)};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) != 0) {
    }
}

#endif
