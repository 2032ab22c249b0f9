/* SPDX-License-Identifier: MIT
 *
 * strand_merge.h: which of k inputs comes next: the smallest key, ties to the lower input.
 *
 *     struct strand_merge m;
 *     for (each input i) heads[i] = (struct strand_merge_head){.key = tick of its first record, .live = has one};
 *     strand_merge_init(&m, sizeof m, STRAND_ABI_VERSION, heads, tree, k);
 *     for (uint32_t i; strand_merge_next(&m, &i) == STRAND_OK; strand_merge_update(&m, i)) {
 *         … emit the head of input i, advance it, store its new key and live in heads[i] …
 *     }
 *
 * Only heads are compared: an input whose time goes back keeps its own order. Spec: 11.2.
 * Cost: O(log k) an update, O(1) a next, no allocation. Async-signal-safe.
 */
#ifndef STRAND_MERGE_H
#define STRAND_MERGE_H

#include "strand_base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Head of one input; the caller's to write. */
struct strand_merge_head {
    uint64_t key; /* time of its next record: ticks where all inputs share a clock, else realtime ns */
    bool live;    /* false: the input has ended */
};

/* The members are private. */
struct strand_merge {
    const struct strand_merge_head *priv_heads;
    uint32_t *priv_tree; /* a tournament: [i] is the winner among its two children, leaves are count … 2 count */
    uint32_t priv_count;
};

/* Starts a merge.
 * In: heads[0 … count); tree[0 … 2 × count) as working memory; count below 2^31, may be 0.
 * Returns: STRAND_OK · STRAND_BAD_VERSION · STRAND_BAD_ARGUMENT. Cost: O(count). */
STRAND_API enum strand_status strand_merge_init(struct strand_merge *m, size_t size, unsigned abi_version,
                                                const struct strand_merge_head *heads, uint32_t *tree,
                                                uint32_t count);

/* The input whose head comes next. Returns: STRAND_OK · STRAND_END (all have ended). */
STRAND_API enum strand_status strand_merge_next(const struct strand_merge *m, uint32_t *ret_input);

/* Takes the changed head of an input into account; heads change one at a time. */
STRAND_API void strand_merge_update(struct strand_merge *m, uint32_t input);

#ifdef __cplusplus
}
#endif

#endif
