/* SPDX-License-Identifier: MIT
 *
 * strand_relay.h: asks the other threads of the process for their stacks, one after the other.
 *
 *     asker     ask ──tgkill──→ wait for the answer, at most 100 ms
 *     thread              handler: take the question │ capture │ answer │ wait, if so asked, until it is released
 *
 * Late answers go to a place that nobody reads any more. Model: relay.pml. Async-signal-safe, all of it.
 */
#ifndef STRAND_RELAY_H
#define STRAND_RELAY_H

#include "strand_stack.h"

/* Called for each other thread. Returns: false: no more. */
typedef bool strand_relay_visit(void *context, const struct strand_thread_stack *stack);

/* Asks every thread but the caller's and hands each answer to visit.
 * In: deadline, CLOCK_MONOTONIC in ns: who isn't asked by then isn't waited for; park: those that answered wait in the
 * handler until strand_relay_release (or 10 s have passed): the world stands still.
 * Returns: false: another relay is under way; one that parks is until its asker releases it. */
bool strand_relay_ask(uint64_t deadline_ns, bool park, strand_relay_visit *visit, void *context);
void strand_relay_release(void);

/* In the child of a fork, by its only thread: nobody asks, and nobody is asked. */
void strand_relay_renew(void);

#endif
