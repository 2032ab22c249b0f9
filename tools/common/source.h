/* SPDX-License-Identifier: MIT
 *
 * source.h: the bytes of one input, at any offset. What can't seek (a pipe, a terminal) is first copied to a
 * temporary file that has no name.
 */
#ifndef SOURCE_H
#define SOURCE_H

#include "strand.h"

#include <sys/types.h>

struct source {
    const char *path; /* as the user wrote it; for messages */
    int fd;           /* -1: opened for each read */
    uint64_t size;    /* bytes, as found when it was opened */
    dev_t device;     /* with inode: which file it is */
    ino_t inode;
    bool failed; /* a read went wrong, which was told */
};

/* Opens an input; path "-" is standard input. Keeps the path. Without keep_open a named file holds no descriptor
 * between reads. Returns: true · false, with errno. */
bool source_open(struct source *source, const char *path, bool keep_open);

/* Reads [off, off + len). Returns: the bytes read; fewer at the file's end, or when they can't be read. */
size_t source_read(struct source *source, uint64_t off, uint8_t *buf, size_t len);

void source_close(struct source *source);

#endif
