/* SPDX-License-Identifier: MIT
 *
 * image.h: the strands of a process in an image of its memory: an ELF core dump, or any dump of RAM. Spec: 9.6.
 */
#ifndef IMAGE_H
#define IMAGE_H

#include "source.h"

/* A stream file in the image. */
struct image_strand {
    uint64_t start; /* [start, end) of the source */
    uint64_t end;
    uint64_t ring;     /* address of what lists it */
    size_t descriptor; /* that lists it, counted from 1 */
    size_t place;      /* in the list */
    uint32_t ordinal;
};

/* Bytes of the source that were memory: [address, address + len) stands at off. */
struct image_segment {
    uint64_t address;
    uint64_t len;
    uint64_t off;
};

struct image {
    struct source *source;
    bool core;
    struct image_segment *segments; /* of a core, by address; else one for the whole source */
    size_t segment_count;
    struct image_strand *strands; /* in the order of their streams */
    size_t strand_count;
    size_t descriptor_count;
    size_t ring_count; /* that were looked at */
    size_t skipped;    /* what could not be read, which was told */
};

/* Whether a file begins as a core dump does. */
bool image_is_core(struct source *source);

/* Finds the strands of a core, or of a raw image where the source is none. What can't be read is told and counted. */
void image_open(struct image *image, struct source *source);

void image_close(struct image *image);

#endif
