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
#define STRAND_FILE_NAME_MAX 96u /* bytes of a file's name, NUL included */

/* len bytes of zeros. Returns: NULL: there is no memory. */
uint8_t *strand_memory_map(size_t len);

void strand_memory_unmap(uint8_t *at, size_t len);

/* len, rounded up to whole pages. */
size_t strand_memory_round(size_t len);

/* Takes [at, at + len) away from all access: below a stack. */
void strand_memory_guard(uint8_t *at, size_t len);

/* Puts [at, at + len), with the bytes that are there, to where the session's strands go: into its folder's file of
 * strand `ordinal`, all of it allocated on the disk, or out of a file into anonymous memory. The folder is made if it
 * isn't there; its parent must be.
 * In, out: *is_file, whether it is a file's. Returns: false, with errno: it could not be; the memory is as it was. */
bool strand_memory_place(uint8_t *at, size_t len, uint32_t ordinal, uint8_t *is_file);

/* Puts anonymous memory with the same bytes behind [at, at + len): a copy that is this process's own. */
bool strand_memory_to_copy(uint8_t *at, size_t len);

/* Puts anonymous zeros behind [at, at + len): what is written there from now on is nobody else's. */
void strand_memory_to_private(uint8_t *at, size_t len);

/* Name of a file of the session: PROGRAM-PID-IIIIIIII-what.strand, I being the first of the session's id.
 * In: what, at most 10 bytes. */
void strand_memory_name(const char *what, char name[STRAND_FILE_NAME_MAX]);

/* Opens a folder, for files in it. Returns: -1, with errno. */
int strand_memory_folder(const char *dir);

/* Whether two paths are the same folder. */
bool strand_memory_is_same_folder(const char *a, const char *b);

/* Removes the session's file of strand `ordinal` from a folder, where there is one. */
void strand_memory_remove(const char *dir, uint32_t ordinal);

/* Waits until the folder's names are on the disk. Returns: false, with errno. */
bool strand_memory_sync_folder(const char *dir);

#endif
