/* SPDX-License-Identifier: MIT
 *
 * workload.c: the values of the four workloads.
 */
#include "workload.h"

volatile int32_t w2_a = 42, w2_b = -7, w2_c = 123456789;
volatile uint64_t w3_u64 = 9876543210123;
volatile double w3_double = 3.14159265358979;
const char *volatile w3_string = "runtime-16-bytes";
volatile size_t w3_string_len = 16;
volatile uint32_t w4_a = 7, w4_b = 4096, w4_stack = 1234;
