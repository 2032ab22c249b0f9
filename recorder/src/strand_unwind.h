/* SPDX-License-Identifier: MIT
 *
 * strand_unwind.h: what stacks need besides strand_stack.h within the recorder.
 */
#ifndef STRAND_UNWIND_H
#define STRAND_UNWIND_H

#include "strand_report.h"
#include "strand_stack.h"

/* Unwinds once, so that what the unwinder and the dynamic linker do the first time is done. Not in a signal handler,
 * unless there was no chance before. */
void strand_stack_prepare(void);

/* pc and sp of what a signal interrupted. Async-signal-safe. */
uint64_t strand_context_pc(const void *ucontext);
uint64_t strand_context_sp(const void *ucontext);

/* A thread's stack as text, as strand_stack has it. Async-signal-safe. */
void strand_report_stack(struct strand_report *r, const struct strand_thread_stack *stack);

#endif
