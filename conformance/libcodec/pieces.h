/* SPDX-License-Identifier: MIT
 *
 * pieces.h: an input that comes in pieces of `split` bytes, as windows for a decoder.
 *
 *     split=4    │ abcd │ efgh │ ij │     a window begins where the decoder stands,
 *                    └ off ─ fed ┘        and ends with the piece that it needs
 */
#ifndef PIECES_H
#define PIECES_H

#include "strand.h"

struct pieces {
    struct strand_span input;
    size_t split; /* 0: one piece */
    size_t fed;   /* bytes that came so far */
};

/* The next window: one piece more, or as many as it takes until `need` bytes are there from off on.
 * Out: *ret_final, whether it is the last. */
struct strand_span pieces_next(struct pieces *pieces, uint64_t off, size_t need, bool *ret_final);

#endif
