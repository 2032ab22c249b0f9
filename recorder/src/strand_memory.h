/* SPDX-License-Identifier: MIT
 *
 * strand_memory.h: memory for strands: anonymous, or a file's. Its address stays; what is behind it may change.
 * Async-signal-safe, all of it: system calls only.
 */
#ifndef STRAND_MEMORY_H
#define STRAND_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STRAND_PAGE 4096u /* what parts of a mapping are rounded to; a multiple of the machine's own is asked for */

/* len bytes of zeros. Returns: NULL: there is no memory. */
uint8_t *strand_memory_map(size_t len);

void strand_memory_unmap(uint8_t *at, size_t len);

/* len, rounded up to whole pages. */
size_t strand_memory_round(size_t len);

/* Takes [at, at + len) away from all access: below a stack. */
void strand_memory_guard(uint8_t *at, size_t len);

/* Puts the session's file of strand `ordinal` behind [at, at + len), with the bytes that are there, all of it allocated
 * on the disk. The folder is made if it isn't there; its parent must be.
 * Returns: false, with errno: it could not be made; the memory is as it was. */
bool strand_memory_to_file(uint8_t *at, size_t len, uint32_t ordinal);

/* Puts anonymous memory with the same bytes behind [at, at + len): a copy that is this process's own. */
bool strand_memory_to_copy(uint8_t *at, size_t len);

/* Puts anonymous zeros behind [at, at + len): what is written there from now on is nobody else's. */
void strand_memory_to_private(uint8_t *at, size_t len);

/* Name of a file of the session: its folder/PROGRAM-PID-IIIIIIII-what.strand, I being the first of the session's id.
 * Out: path[0 … cap), with a NUL. Returns: false: there is no folder, or the name is too long. */
bool strand_memory_path(const char *what, char *path, size_t cap);

#endif
