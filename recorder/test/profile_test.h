/* SPDX-License-Identifier: MIT
 *
 * profile_test.h: what the tests of profiles share: where they count from, and all that was counted.
 */
#ifndef PROFILE_TEST_H
#define PROFILE_TEST_H

#include "strand_profile.h"
#include "strand_test.h"

#define STAY() __asm__ volatile("" ::: "memory") // the call in front of it is no jump

#define EVENTS(rate) STRAND_PROFILE_EVENTS(rate, "events", "cost", "units")

static inline const void *address_of(uint64_t i)
{
    return (const void *)(uintptr_t)(0x10000 + i * 16);
}

__attribute__((noinline, unused)) static void add(struct strand_profile *profile, uint64_t amount)
{
    strand_profile_add(profile, amount);
    STAY();
}

__attribute__((noinline, unused)) static void add_elsewhere(struct strand_profile *profile, uint64_t amount)
{
    strand_profile_add(profile, amount);
    STAY();
}

__attribute__((noinline, unused)) static void allocate(struct strand_profile *profile, uint64_t i, uint64_t size)
{
    strand_profile_alloc(profile, address_of(i), size);
    STAY();
}

static inline void checkpoint(struct strand_profile *profile)
{
    CHECK_EQ(strand_profile_checkpoint(profile), STRAND_OK);
}

static struct strand_profile_record records[65536];

// All that is real, as one record.
static inline struct strand_profile_record sum_of(struct strand_profile *profile)
{
    struct strand_profile_record sum = {0};
    size_t count;
    CHECK(strand_profile_records(profile, records, sizeof records / sizeof records[0], &count));
    for (size_t i = 0; i < count; i++) {
        sum.count += records[i].count;
        sum.amount += records[i].amount;
        sum.freed_count += records[i].freed_count;
        sum.freed_amount += records[i].freed_amount;
    }
    sum.pc_count = count;
    return sum;
}

// A stack for each path: its bits say which function calls which.
static void go_left(struct strand_profile *profile, unsigned path, int depth);
static void go_right(struct strand_profile *profile, unsigned path, int depth);
static void (*const volatile turns[])(struct strand_profile *profile, unsigned path, int depth) = {go_left, go_right};

static inline void go_on(struct strand_profile *profile, unsigned path, int depth)
{
    if (depth == 0) {
        strand_profile_add(profile, 1);
    } else {
        turns[path % 2](profile, path / 2, depth - 1);
    }
}

__attribute__((noinline, unused)) static void go_left(struct strand_profile *profile, unsigned path, int depth)
{
    go_on(profile, path, depth);
    __asm__ volatile("# left" ::: "memory"); // or the two are the same to a compiler
}

__attribute__((noinline, unused)) static void go_right(struct strand_profile *profile, unsigned path, int depth)
{
    go_on(profile, path, depth);
    __asm__ volatile("# right" ::: "memory");
}

#endif
