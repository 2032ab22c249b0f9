/* SPDX-License-Identifier: MIT
 *
 * strand_definitions.h: the session's definitions strand.
 */
#ifndef STRAND_DEFINITIONS_H
#define STRAND_DEFINITIONS_H

#include "strand_session.h"

/* The strand's file as it is in memory. NULL: there is none (yet). Read it as a live strand. Async-signal-safe. */
const uint8_t *strand_definitions(size_t *ret_len);

/* The strand's writer, for strand_writer_begin_frame (trace schemas, modules), to be given back with
 * strand_definitions_end. Not on a path that logs and not in a signal handler: waits for others.
 * Returns: NULL: there is no memory. */
struct strand_writer *strand_definitions_begin(void);
void strand_definitions_end(void);

/* Sees to it that there is a strand, in the child of a fork too, and where the session's strands go: records refer to
 * it. Another thread may be at it. Async-signal-safe. */
void strand_definitions_provide(void);

/* Why the strand is not in the session's folder, an errno; 0: it is, or none is asked for, as far as is known.
 * Async-signal-safe. */
int strand_definitions_error(void);

/* Around a fork: hold before it, let go in the parent, renew in the child. */
void strand_definitions_hold(void);
void strand_definitions_let_go(void);
void strand_definitions_renew(void);

/* Moves it to where the session's strands go now. Returns: false, with errno. */
bool strand_definitions_move(void);

#endif
