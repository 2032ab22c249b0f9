/* SPDX-License-Identifier: MIT
 *
 * strand_merge.c: a tournament over the heads of k inputs, in 2k words of the caller's.
 *
 * The tree lies in an array as heaps do: the children of node i are 2i and 2i + 1, the root is node 1, and the
 * leaves are the nodes count … 2 count - 1, where leaf count + i stands for input i. Each node holds the input that
 * wins among the leaves below it. For five inputs:
 *
 *                      1
 *              2               3
 *          4       5       6       7         leaves 5 … 9: inputs 0 … 4
 *        8   9    (0)     (1)     (2)
 *       (3) (4)
 *
 * When the head of an input changes, only the nodes between its leaf and the root can change: one match a level.
 * The leaves need not stand in the order of the inputs, because a match of equal keys goes to the lower number.
 */
#include "strand_merge.h"

static bool strand_merge_beats(const struct strand_merge *m, uint32_t a, uint32_t b)
{
    const struct strand_merge_head *head = &m->priv_heads[a];
    const struct strand_merge_head *other = &m->priv_heads[b];
    if (head->live != other->live) {
        return head->live;
    }
    if (head->key != other->key) {
        return head->key < other->key;
    }
    return a < b;
}

static void strand_merge_play(struct strand_merge *m, uint32_t node)
{
    uint32_t left = m->priv_tree[2 * node];
    uint32_t right = m->priv_tree[2 * node + 1];
    m->priv_tree[node] = strand_merge_beats(m, left, right) ? left : right;
}

enum strand_status strand_merge_init(struct strand_merge *m, size_t size, unsigned abi_version,
                                     const struct strand_merge_head *heads, uint32_t *tree, uint32_t count)
{
    if (size != sizeof *m || abi_version != STRAND_ABI_VERSION) {
        return STRAND_BAD_VERSION;
    }
    if (count >= 0x80000000u) {
        return STRAND_BAD_ARGUMENT;
    }
    *m = (struct strand_merge){.priv_heads = heads, .priv_tree = tree, .priv_count = count};
    for (uint32_t input = 0; input < count; input++) {
        tree[count + input] = input;
    }
    for (uint32_t node = count; node > 1;) {
        node--;
        strand_merge_play(m, node);
    }
    return STRAND_OK;
}

enum strand_status strand_merge_next(const struct strand_merge *m, uint32_t *ret_input)
{
    if (m->priv_count == 0 || !m->priv_heads[m->priv_tree[1]].live) {
        return STRAND_END;
    }
    *ret_input = m->priv_tree[1];
    return STRAND_OK;
}

void strand_merge_update(struct strand_merge *m, uint32_t input)
{
    STRAND_ASSERT(input < m->priv_count);
    for (uint32_t node = (m->priv_count + input) / 2; node > 0; node /= 2) {
        strand_merge_play(m, node);
    }
}
