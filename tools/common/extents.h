/* SPDX-License-Identifier: MIT
 *
 * extents.h: a strand in pieces. The fragments of a strand stand anywhere in a file, and one block may be in several
 * of them; here they are one growing strand file, with a header and the blocks that count, in the order of their seqs:
 *
 *     the file     │ header A │ 1 │ 2 … │ header B │ 7 │ header A │ 2 │ 3 │ header A │ 3 … │
 *     the strand                                        └ header A │ 1 │ 2 │ 3 │
 *
 * Its offsets are those of that strand file, which nobody ever writes. Memory: 24 bytes a block. Spec: 11.1.4.
 */
#ifndef EXTENTS_H
#define EXTENTS_H

#include "source.h"
#include "strand.h"

/* A block, where it stands in the file. */
struct extent {
    uint64_t seq;
    uint64_t off;
    uint32_t len;       /* less than a block: the end of its fragment cuts it */
    uint32_t committed; /* bytes of payload, as far as they are there */
};

/* What is wrong in a place where a block should be. */
struct extents_fault {
    uint64_t off;
    enum strand_status code;
};

/* All zero is a strand without fragments. */
struct extents {
    struct extent *blocks;
    size_t count;
    size_t cap;
    struct extents_fault *faults;
    size_t fault_count;
    size_t fault_cap;
    uint64_t header_off;       /* of the header that counts: the last fragment's */
    struct strand_span header; /* its bytes; not owned */
    uint32_t block_size;
};

/* Whether fragments with these headers are of one strand, if they are of one file. */
bool extents_are_one(const struct strand_file_header *a, const struct strand_file_header *b);

/* Adds the section [start, end), whose header that is: what stands in each of its places. header_bytes must stay. */
void extents_add(struct extents *extents, struct source *source, uint64_t start, uint64_t end,
                 const struct strand_file_header *header, struct strand_span header_bytes);

/* Adds what another fragment has, which stands behind those added so far. */
void extents_append(struct extents *extents, const struct extents *fragment);

/* Chooses the blocks that count, once all are added. From then on extents_size and below can be called. */
void extents_choose(struct extents *extents, struct source *source, const struct strand_file_header *header);

/* Length of the strand. */
uint64_t extents_size(const struct extents *extents);

/* Reads [off, off + len) of the strand. Returns: the bytes read; fewer at its end, or when the file can't be read. */
size_t extents_read(const struct extents *extents, struct source *source, uint64_t off, uint8_t *buf, size_t len);

/* Where in the file an offset of the strand is. */
uint64_t extents_file_off(const struct extents *extents, uint64_t off);

/* Worst of the faults: STRAND_DIAG_CORRUPT, STRAND_DIAG_TRUNCATED, or 0 where there is none. */
unsigned extents_worst(const struct extents *extents);

/* The i-th of the diagnostics about faulty places, from 0. Returns: false behind the last. */
bool extents_diag(const struct extents *extents, size_t i, struct strand_diag *ret_diag);

void extents_free(struct extents *extents);

#endif
