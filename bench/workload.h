/* SPDX-License-Identifier: MIT
 *
 * workload.h: what every writer writes: four records, their values read where no compiler knows them.
 *
 *     W1   a constant message
 *     W2   a message and three int32: 42, -7, 123456789
 *     W3   a message, a run-time string of 16 bytes, a u64 9876543210123, a double
 *     W4   a trace event with two integers, 7 and 4096, and the id of a stack, 1234
 */
#ifndef WORKLOAD_H
#define WORKLOAD_H

#include <stddef.h>
#include <stdint.h>

#define W1_MESSAGE "constant message"
#define W2_MESSAGE "three integers"
#define W3_MESSAGE "string, integer, double"
#define W4_EVENT 50 /* a type that Go's tracer doesn't use */

#ifdef __clang__
#define W_NOINLINE __attribute__((noinline))
#else
#define W_NOINLINE __attribute__((noinline, noclone))
#endif

extern volatile int32_t w2_a, w2_b, w2_c;
extern volatile uint64_t w3_u64;
extern volatile double w3_double;
extern const char *volatile w3_string;
extern volatile size_t w3_string_len;
extern volatile uint32_t w4_a, w4_b, w4_stack;

#endif
