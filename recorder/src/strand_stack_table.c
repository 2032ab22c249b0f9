/* SPDX-License-Identifier: MIT
 *
 * strand_stack_table.c: a hash table that only grows.
 *
 *     slots   │ 0 │ hash, at │ 0 │ hash, at │ …             id = slot + 1; open addressing, a few steps at most
 *     words         │ count │ pc │ pc │ … │ count │ pc │ …  handed out by one addition, never taken back
 *                   └ at
 *
 * Adding a stack: its words are written first, then its slot is swapped in from 0. Who loses the swap looks at what
 * stands there now: mostly the same stack, and the words that were written in vain stay unused. Everyone who looks
 * for a stack meets the same slots in the same order, so no stack is ever in two of them.
 */
#include "strand_stack_table.h"

#include "strand_memory.h"
#include "strand_platform.h"

#define STRAND_STACK_PROBES 64u
#define STRAND_STACK_WORDS 524288u /* room for 16384 stacks of 31 frames; pages that nobody touches are never there */

struct strand_stack_table {
    uint64_t used;                    // atomic: words handed out
    uint64_t slots[STRAND_STACK_IDS]; // atomic: hash in the upper half, 1 + index of the first word in the lower
    uint64_t words[STRAND_STACK_WORDS];
};

static struct strand_stack_table *strand_stacks; // atomic
static uint64_t strand_stacks_refused;           // atomic

static struct strand_stack_table *strand_stack_table(void)
{
    return __atomic_load_n(&strand_stacks, __ATOMIC_ACQUIRE);
}

bool strand_stack_table_begin(void)
{
    if (strand_stack_table() == NULL) {
        void *table = strand_memory_map(sizeof(struct strand_stack_table));
        __atomic_store_n(&strand_stacks, table, __ATOMIC_RELEASE);
    }
    return strand_stack_table() != NULL;
}

static uint64_t strand_stack_hash(const uint64_t *pcs, size_t count)
{
    uint64_t hash = count;
    for (size_t i = 0; i < count; i++) {
        hash = (hash ^ pcs[i]) * 0x9E3779B97F4A7C15u;
        hash ^= hash >> 32;
    }
    return hash;
}

static const uint64_t *strand_stack_at(const struct strand_stack_table *table, uint64_t slot)
{
    return &table->words[slot % 0x100000000u - 1];
}

static bool strand_stack_equals(const uint64_t *words, const uint64_t *pcs, size_t count)
{
    bool equal = words[0] == count;
    for (size_t i = 0; equal && i < count; i++) {
        equal = words[1 + i] == pcs[i];
    }
    return equal;
}

// Writes a stack behind the others. Returns: what its slot will hold; 0: no room.
static uint64_t strand_stack_put(struct strand_stack_table *table, uint64_t hash, const uint64_t *pcs, size_t count)
{
    if (count >= STRAND_STACK_WORDS || strand_counted(&table->used) > STRAND_STACK_WORDS - count - 1) {
        return 0;
    }
    const uint64_t at = __atomic_fetch_add(&table->used, count + 1, __ATOMIC_RELAXED);
    if (at > STRAND_STACK_WORDS - count - 1) { // others were quicker
        return 0;
    }
    table->words[at] = count;
    for (size_t i = 0; i < count; i++) {
        table->words[at + 1 + i] = pcs[i];
    }
    return hash / 0x100000000u * 0x100000000u + at + 1;
}

static uint64_t strand_stack_find_or_put(struct strand_stack_table *table, const uint64_t *pcs, size_t count)
{
    const uint64_t hash = strand_stack_hash(pcs, count);
    uint64_t own = 0;
    for (uint64_t i = 0; i < STRAND_STACK_PROBES; i++) {
        const uint64_t at = (hash + i) % STRAND_STACK_IDS;
        uint64_t there = __atomic_load_n(&table->slots[at], __ATOMIC_ACQUIRE);
        if (there == 0) {
            own = own != 0 ? own : strand_stack_put(table, hash, pcs, count);
            if (own == 0 || STRAND_SWAP(&table->slots[at], &there, own)) {
                return own == 0 ? 0 : at + 1;
            }
        }
        if (there >> 32 == hash >> 32 && strand_stack_equals(strand_stack_at(table, there), pcs, count)) {
            return at + 1;
        }
    }
    return 0;
}

uint64_t strand_stack_table_add(const uint64_t *pcs, size_t count)
{
    struct strand_stack_table *table = strand_stack_table();
    const uint64_t id = table != NULL ? strand_stack_find_or_put(table, pcs, count) : 0;
    if (id == 0) {
        strand_count(&strand_stacks_refused);
    }
    return id;
}

const uint64_t *strand_stack_table_get(uint64_t id, size_t *ret_count)
{
    const struct strand_stack_table *table = strand_stack_table();
    *ret_count = 0;
    if (table == NULL || id == 0 || id > STRAND_STACK_IDS) {
        return NULL;
    }
    const uint64_t slot = __atomic_load_n(&table->slots[id - 1], __ATOMIC_ACQUIRE);
    if (slot == 0) {
        return NULL;
    }
    *ret_count = (size_t)strand_stack_at(table, slot)[0];
    return strand_stack_at(table, slot) + 1;
}

uint64_t strand_stack_table_refused(void)
{
    return strand_counted(&strand_stacks_refused);
}
