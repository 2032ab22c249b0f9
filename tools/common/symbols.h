/* SPDX-License-Identifier: MIT
 *
 * symbols.h: addresses → functions, files and lines, from the modules that a strand defines. Spec: 6.5, 15.8.
 *
 * Of a module whose file is there and has the build-id that the strand states, by libdw; of any other, and where the
 * program was built without libdw, the module's name and an offset.
 */
#ifndef SYMBOLS_H
#define SYMBOLS_H

#include "stream.h"

struct symbols;

struct symbols *symbols_open(void);

/* Looks a pc up among the modules that hold for the head of a stream.
 * Out: all valid until symbols_close; *ret_entry where the function (or the module) begins, an empty file where that
 * isn't known. Returns: false where no module has the pc. */
bool symbols_find(struct symbols *symbols, const struct stream *stream, uint64_t pc, struct strand_span *ret_function,
                  struct strand_span *ret_file, uint64_t *ret_line, uint64_t *ret_entry);

/* Says what was lacking. NULL is nothing to close. */
void symbols_close(struct symbols *symbols);

#endif
