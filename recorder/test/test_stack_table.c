/* SPDX-License-Identifier: MIT
 *
 * test_stack_table.c: stacks and their ids: one each, by several threads at once, and when there are too many.
 */
#define _GNU_SOURCE
#include "strand_stack_table.h"
#include "tracer_test.h"

#include <pthread.h>

static uint64_t add_pair(uint64_t a, uint64_t b)
{
    const uint64_t pcs[] = {a, b};
    return strand_stack_table_add(pcs, 2);
}

TEST(stack_table, a_stack_has_one_id_and_the_id_one_stack)
{
    const uint64_t none = 0;
    size_t depth = 7;
    CHECK(strand_stack_table_begin());
    const uint64_t first = add_pair(1000001, 2);
    CHECK(first != 0);
    CHECK_EQ(add_pair(1000001, 2), first);
    const uint64_t second = add_pair(2, 1000001);
    CHECK(second != 0 && second != first);
    const uint64_t shorter = strand_stack_table_add((const uint64_t[]){1000001}, 1);
    CHECK(shorter != 0 && shorter != first && shorter != second);
    const uint64_t empty = strand_stack_table_add(&none, 0);
    CHECK(empty != 0 && empty != shorter);
    const uint64_t *pcs = strand_stack_table_get(first, &depth);
    CHECK_BYTES(pcs, depth * 8, ((const uint64_t[]){1000001, 2}), 16);
    CHECK(strand_stack_table_get(0, &depth) == NULL);
    CHECK(strand_stack_table_get(STRAND_STACK_IDS + 1, &depth) == NULL);
    CHECK_EQ(depth, 0);
}

// Their hashes are equal as far as the table looks at them, one stack being the beginning of another.
TEST(stack_table, stacks_of_one_hash_are_told_apart)
{
    const uint64_t first[] = {0x1000};
    const uint64_t second[] = {0x367FE15403101000};
    const uint64_t longer[] = {0x1000, 0x9AECA457C00CD34C};
    size_t depth;
    CHECK(strand_stack_table_begin());
    const uint64_t id = strand_stack_table_add(longer, 2);
    const uint64_t other = strand_stack_table_add(first, 1);
    CHECK_EQ(other, id % STRAND_STACK_IDS + 1); // the next slot: they did meet
    CHECK_EQ(strand_stack_table_add(second, 1), other % STRAND_STACK_IDS + 1);
    CHECK(strand_stack_table_get(id, &depth)[1] == longer[1] && depth == 2);
    CHECK(strand_stack_table_get(other, &depth)[0] == first[0] && depth == 1);
}

#define TABLE_THREADS 4
#define TABLE_STACKS 2000

static pthread_barrier_t table_start;

static void *add_many(void *argument)
{
    uint64_t *ids = argument;
    pthread_barrier_wait(&table_start);
    for (uint64_t i = 0; i < TABLE_STACKS; i++) {
        ids[i] = add_pair(7700000 + i, i);
    }
    return NULL;
}

TEST(stack_table, threads_that_add_the_same_get_the_same)
{
    static uint64_t ids[TABLE_THREADS][TABLE_STACKS];
    pthread_t threads[TABLE_THREADS];
    CHECK(strand_stack_table_begin());
    pthread_barrier_init(&table_start, NULL, TABLE_THREADS);
    for (int i = 0; i < TABLE_THREADS; i++) {
        CHECK_EQ(pthread_create(&threads[i], NULL, add_many, ids[i]), 0);
    }
    for (int i = 0; i < TABLE_THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    for (uint64_t i = 0; i < TABLE_STACKS; i++) {
        size_t depth;
        CHECK(ids[0][i] != 0);
        const uint64_t *pcs = strand_stack_table_get(ids[0][i], &depth);
        CHECK_BYTES(pcs, depth * 8, ((const uint64_t[]){7700000 + i, i}), 16);
        for (int other = 1; other < TABLE_THREADS; other++) {
            CHECK_EQ(ids[other][i], ids[0][i]);
        }
    }
}

static bool fill_table(void)
{
    uint64_t refused = 0;
    uint64_t added = 0;
    strand_stack_table_begin();
    for (uint64_t i = 0; i < 3 * STRAND_STACK_IDS; i++) {
        const uint64_t id = add_pair(99, i);
        refused += id == 0 ? 1 : 0;
        added += id != 0 ? 1 : 0;
    }
    return refused > 0 && added > STRAND_STACK_IDS / 2 && added <= STRAND_STACK_IDS &&
           strand_stack_table_refused() == refused && add_pair(99, 0) != 0;
}

TEST(stack_table, what_does_not_fit_is_counted)
{
    CHECK(in_child(fill_table));
}
