/* SPDX-License-Identifier: MIT
 *
 * strand_stack_table.h: stacks, each kept once and known by a number.
 *
 * Numbers are the process's and stay: a trace that starts later has the same ones. Where the table is full a stack is
 * number 0, which no stack has, and counted.
 * Threads, handlers: anywhere, all of it, but strand_stack_table_begin. Lock-free. Cost: O(count).
 */
#ifndef STRAND_STACK_TABLE_H
#define STRAND_STACK_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STRAND_STACK_IDS 16384u /* ids are 1 … STRAND_STACK_IDS */

/* Maps the table; once it is there, nothing. Not in a signal handler, by one thread at a time.
 * Returns: false: no memory. */
bool strand_stack_table_begin(void);

/* The id of a stack. Returns: 0: the table is full, or was not begun. */
uint64_t strand_stack_table_add(const uint64_t *pcs, size_t count);

/* The stack that has an id. Out: *ret_count. Returns: NULL: none has it. */
const uint64_t *strand_stack_table_get(uint64_t id, size_t *ret_count);

/* How often a stack found no room. */
uint64_t strand_stack_table_refused(void);

#endif
