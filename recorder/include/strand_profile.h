/* SPDX-License-Identifier: MIT
 *
 * strand_profile.h: profiles of sampled events, by stack: allocations with what of them is still in use, or any event
 * with a count and an amount.
 *
 *     static struct strand_profile heap = STRAND_PROFILE_HEAP(524288);  a sample for each so many bytes
 *     p = malloc(n);    strand_profile_alloc(&heap, p, n);
 *     free(p);          strand_profile_free(&heap, p);                   before the free
 *     strand_profile_checkpoint(&heap);                                  what was recent is real now
 *     strand_profile_write(&heap, fd);                                   pprof: `go tool pprof program file`
 *
 * Counts are of two kinds. Recent ones are those since the last checkpoint, and can't be seen: an allocation that is
 * freed at once would otherwise look like one in use. A checkpoint makes them real, all at one moment, as Go's garbage
 * collection does.
 *
 * Memory: given once, at the first sample, by mmap; never malloc. When the table is full further stacks are counted as
 * one, without addresses.
 * Threads, handlers: alloc, free and add anywhere, in handlers and inside malloc too; checkpoint and write from one
 * thread at a time, a second is refused. Fork: the child has the counts so far, and counts on for itself.
 * Cost: 2 ns an allocation that isn't sampled, 5 ns its free; about 1 us for one that is.
 */
#ifndef STRAND_PROFILE_H
#define STRAND_PROFILE_H

#include "strand_base.h"

#ifdef __cplusplus
extern "C" {
#endif

struct strand_profile_table; /* where the counts are: the profile's own */

/* A profile; make one with one of the initialisers. The members are private. */
struct strand_profile {
    struct strand_profile_table *priv_table; /* NULL until the first sample */
    uint64_t priv_rate;
    uint64_t priv_seed;          /* of the countdowns; 0: one that nobody knows */
    uint64_t priv_unsampled;     /* samples for which there was no memory, or no room among those in use */
    const char *priv_count_type; /* "alloc_objects" … */
    const char *priv_count_unit;
    const char *priv_amount_type; /* "alloc_space" … */
    const char *priv_amount_unit;
    uint8_t priv_is_heap;
};

/* Allocations: a sample for each `rate` bytes on average (1: every one). Shown as Go's heap profile: alloc_objects,
 * alloc_space, inuse_objects, inuse_space. */
#define STRAND_PROFILE_HEAP(rate)                                                                                    \
    {                                                                                                                \
        NULL, (rate), 0, 0, "objects", "count", "space", "bytes", 1                                                  \
    }

/* Events of one kind: how often, and how much of what: (100, "contentions", "delay", "nanoseconds") samples one for
 * each 100 of amount. */
#define STRAND_PROFILE_EVENTS(rate, count_type, amount_type, amount_unit)                                            \
    {                                                                                                                \
        NULL, (rate), 0, 0, (count_type), "count", (amount_type), (amount_unit), 0                                   \
    }

/* An allocation, which may be sampled; its end, if it was. Addresses identify allocations: one that comes again has
 * ended before. NULL is none. */
void strand_profile_alloc(struct strand_profile *profile, const void *address, uint64_t size);
void strand_profile_free(struct strand_profile *profile, const void *address);

/* An event with an amount; all amounts of a stack make less than 2^54. */
void strand_profile_add(struct strand_profile *profile, uint64_t amount);

/* What was recent is real now. Waits for those who count at this moment, 0.1 s at the most.
 * Returns: STRAND_OK · STRAND_BUSY (another thread is at a checkpoint, at the records, or writes; or somebody who
 * counts was stopped in it, then the next checkpoint goes on). */
enum strand_status strand_profile_checkpoint(struct strand_profile *profile);

/* What one stack stands for, of what is real. */
struct strand_profile_record {
    uint64_t count; /* of events or allocations */
    uint64_t amount;
    uint64_t freed_count;
    uint64_t freed_amount;
    uint64_t pc_count;
    const uint64_t *pcs; /* in the profile's table; they stay */
};

/* In: records[0 … cap). Out: *ret_count, the records that there are.
 * Returns: true: all are in records · false: cap is too small (or a checkpoint is under way, then *ret_count is cap);
 * nothing was written, call again with as many. */
bool strand_profile_records(struct strand_profile *profile, struct strand_profile_record *records, size_t cap,
                            size_t *ret_count);

/* Writes what is real as pprof's profile.proto, not compressed, scaled to what the samples stand for; a comment in it
 * says how many samples found no room. Maps some memory until it returns. Not in a handler: asks the loader.
 * Returns: STRAND_OK · STRAND_BUSY · STRAND_FULL (the descriptor did not take it, or there was no memory: errno). */
enum strand_status strand_profile_write(struct strand_profile *profile, int fd);

#ifdef __cplusplus
}
#endif

#endif
