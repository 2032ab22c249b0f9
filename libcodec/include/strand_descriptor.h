/* SPDX-License-Identifier: MIT
 *
 * strand_descriptor.h: how the strands of a process are found in its memory image (a core dump, a dump of RAM), without
 * symbols.
 *
 * The writer's data holds one descriptor of 256 bytes. It states its own address, so that other addresses can be told
 * from offsets in the image, and the first of a list of rings, each of which is a whole stream file.
 *
 *     descriptor │ magic │ version, order │ self │ session │ pid │ first ─┐
 *     ┌───────────────────────────────────────────────────────────────────┘
 *     └→ ring │ next │ address │ length │ check │  →  ring …  →  0
 *
 * The magic stands nowhere in the code as such, so a program image that was not started doesn't hold it.
 * Async-signal-safe; rings may be added by several threads at once. Spec: 9.6.
 */
#ifndef STRAND_DESCRIPTOR_H
#define STRAND_DESCRIPTOR_H

#include "strand_base.h"

#ifdef __cplusplus
extern "C" {
#endif

#define STRAND_DESCRIPTOR_LEN 256u
#define STRAND_DESCRIPTOR_RING_LEN 32u
#define STRAND_DESCRIPTOR_RINGS_MAX 65536u /* of which a reader follows the list */
#define STRAND_DESCRIPTOR_CHECK UINT64_C(0x97EC71A9CE58FA15)

/* In the writer's memory, in its byte order. Every address is of 64 bits. */
struct strand_descriptor {
    uint8_t magic[16];
    uint32_t version; /* 1 */
    uint32_t order;   /* 0x01020304 */
    uint64_t self;    /* its own address */
    uint8_t session[16];
    uint64_t pid;
    uint64_t first; /* address of the first ring; 0: none */
    uint64_t zeros[24];
};

struct strand_descriptor_ring {
    uint64_t next;    /* address of the next one; 0: none */
    uint64_t address; /* of the stream file */
    uint64_t len;     /* bytes */
    uint64_t check;   /* address ^ len ^ own address ^ STRAND_DESCRIPTOR_CHECK; next changes and is left out */
};

/* Starts a descriptor without rings. */
STRAND_API void strand_descriptor_init(struct strand_descriptor *d, const uint8_t session[16], uint64_t pid);

/* Adds a ring [address, address + len) as the first of the list; it stays there. Lock-free. */
STRAND_API void strand_descriptor_add(struct strand_descriptor *d, struct strand_descriptor_ring *ring,
                                      const uint8_t *address, uint64_t len);

/* Decodes what may be a descriptor at bytes[0 … STRAND_DESCRIPTOR_LEN) of an image in this machine's byte order.
 * Returns: STRAND_OK · STRAND_BAD_MAGIC (no descriptor) · STRAND_UNKNOWN_MAJOR (of another version or byte order). */
STRAND_API enum strand_status strand_descriptor_decode(const uint8_t *bytes,
                                                       struct strand_descriptor *ret_descriptor);

/* Decodes the ring that was found at `own` in the image. Returns: false: none is there. */
STRAND_API bool strand_descriptor_decode_ring(const uint8_t *bytes, uint64_t own,
                                              struct strand_descriptor_ring *ret_ring);

#ifdef __cplusplus
}
#endif

#endif
