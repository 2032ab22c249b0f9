/* SPDX-License-Identifier: MIT
 *
 * strand_descriptor.c: the descriptor as it stands in memory, and as it is found in an image of it.
 *
 *     0    magic                                 0    next u64
 *     16   version u32 │ order u32               8    address u64
 *     24   self u64                              16   len u64
 *     32   session                               24   check u64
 *     48   pid u64
 *     56   first u64 ──────────────────────────► a ring, 32 bytes
 *     64   zeros, to 256
 *
 * The writer may be stopped between any two stores: the magic comes last, and `first` moves on when the ring that it
 * will state is whole.
 */
#include "strand_descriptor.h"

#include "strand_bytes.h"
#include "strand_platform.h"

#define STRAND_DESCRIPTOR_VERSION 1u
#define STRAND_DESCRIPTOR_ORDER 0x01020304u

_Static_assert(sizeof(struct strand_descriptor) == STRAND_DESCRIPTOR_LEN, "no gaps");
_Static_assert(sizeof(struct strand_descriptor_ring) == STRAND_DESCRIPTOR_RING_LEN, "no gaps");
_Static_assert(offsetof(struct strand_descriptor, self) == 24, "spec 9.6");
_Static_assert(offsetof(struct strand_descriptor, first) == 56, "spec 9.6");

// The magic with each byte's mask on. The mask is volatile: a compiler that knew it would put the magic itself into the
// program, and its image would look like a descriptor.
static const uint8_t strand_descriptor_masked[16] = {0x42, 0xBE, 0x39, 0xF6, 0x77, 0xA3, 0x10, 0xDB,
                                                     0x0D, 0x54, 0xE1, 0x28, 0xA6, 0x6F, 0xCC, 0x1B};
static const volatile uint8_t strand_descriptor_mask = 0xA5;

static uint8_t strand_descriptor_magic(size_t i)
{
    return (uint8_t)(strand_descriptor_masked[i] ^ strand_descriptor_mask);
}

static uint64_t strand_descriptor_check(const struct strand_descriptor_ring *ring, uint64_t own)
{
    return ring->address ^ ring->len ^ own ^ STRAND_DESCRIPTOR_CHECK;
}

// ---------------------------------------------------------------------------------------------------------------
// Writing

static void strand_descriptor_clear(struct strand_descriptor *d)
{
    for (size_t i = 0; i < sizeof d->magic; i++) {
        d->magic[i] = 0;
    }
    for (size_t i = 0; i < sizeof d->zeros / sizeof d->zeros[0]; i++) {
        d->zeros[i] = 0;
    }
}

void strand_descriptor_init(struct strand_descriptor *d, const uint8_t session[16], uint64_t pid)
{
    strand_descriptor_clear(d);
    strand_settle();
    d->version = STRAND_DESCRIPTOR_VERSION;
    d->order = STRAND_DESCRIPTOR_ORDER;
    d->self = (uint64_t)(uintptr_t)d;
    strand_copy(d->session, session, sizeof d->session);
    d->pid = pid;
    d->first = 0;
    strand_settle();
    for (size_t i = 0; i < sizeof d->magic; i++) {
        d->magic[i] = strand_descriptor_magic(i);
    }
}

void strand_descriptor_add(struct strand_descriptor *d, struct strand_descriptor_ring *ring, const uint8_t *address,
                           uint64_t len)
{
    const uint64_t own = (uint64_t)(uintptr_t)ring;
    ring->address = (uint64_t)(uintptr_t)address;
    ring->len = len;
    ring->check = strand_descriptor_check(ring, own);
    ring->next = __atomic_load_n(&d->first, __ATOMIC_ACQUIRE);
    while (!STRAND_SWAP(&d->first, &ring->next, own)) { // `next` is now what another thread added
    }
}

// ---------------------------------------------------------------------------------------------------------------
// Reading

// A word of the image, which has this machine's byte order.
static uint64_t strand_image_u64(const uint8_t *bytes)
{
    return STRAND_LE64(strand_load_u64(bytes));
}

static uint32_t strand_image_u32(const uint8_t *bytes)
{
    return STRAND_LE32(strand_load_u32(bytes));
}

enum strand_status strand_descriptor_decode(const uint8_t *bytes, struct strand_descriptor *ret_descriptor)
{
    struct strand_descriptor *d = ret_descriptor;
    for (size_t i = 0; i < sizeof d->magic; i++) {
        if (bytes[i] != strand_descriptor_magic(i)) {
            return STRAND_BAD_MAGIC;
        }
    }
    strand_copy(d->magic, bytes, sizeof d->magic);
    d->version = strand_image_u32(bytes + 16);
    d->order = strand_image_u32(bytes + 20);
    if (d->order != STRAND_DESCRIPTOR_ORDER || d->version != STRAND_DESCRIPTOR_VERSION) {
        return STRAND_UNKNOWN_MAJOR;
    }
    d->self = strand_image_u64(bytes + 24);
    strand_copy(d->session, bytes + 32, sizeof d->session);
    d->pid = strand_image_u64(bytes + 48);
    d->first = strand_image_u64(bytes + 56);
    for (size_t i = 0; i < sizeof d->zeros / sizeof d->zeros[0]; i++) {
        d->zeros[i] = strand_image_u64(bytes + 64 + 8 * i);
    }
    return STRAND_OK;
}

bool strand_descriptor_decode_ring(const uint8_t *bytes, uint64_t own, struct strand_descriptor_ring *ret_ring)
{
    ret_ring->next = strand_image_u64(bytes);
    ret_ring->address = strand_image_u64(bytes + 8);
    ret_ring->len = strand_image_u64(bytes + 16);
    ret_ring->check = strand_image_u64(bytes + 24);
    return ret_ring->check == strand_descriptor_check(ret_ring, own);
}
