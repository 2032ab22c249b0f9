/* SPDX-License-Identifier: MIT
 *
 * test_profile.c: what is counted and when it is seen, how much is sampled, and what happens when there is no room.
 */
#define _GNU_SOURCE
#include "strand_pprof.h"

#include "profile_test.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

// ---------------------------------------------------------------------------------------------------------------
// What is counted, and when it is seen

TEST(profile, counts_appear_at_a_checkpoint)
{
    static struct strand_profile profile = EVENTS(1);
    CHECK_EQ(strand_profile_checkpoint(&profile), STRAND_OK); // before there is anything
    CHECK_EQ(sum_of(&profile).count, 0);
    for (uint64_t i = 1; i <= 3; i++) {
        add(&profile, i);
    }
    CHECK_EQ(sum_of(&profile).count, 0);
    checkpoint(&profile);
    CHECK_EQ(sum_of(&profile).count, 3);
    CHECK_EQ(sum_of(&profile).amount, 6);
    add(&profile, 4);
    CHECK_EQ(sum_of(&profile).count, 3);
    checkpoint(&profile);
    checkpoint(&profile);
    CHECK_EQ(sum_of(&profile).count, 4);
    CHECK_EQ(sum_of(&profile).amount, 10);
    CHECK_EQ(sum_of(&profile).freed_count, 0);
}

TEST(profile, what_is_freed_before_the_checkpoint_is_not_in_use_after_it)
{
    static struct strand_profile heap = STRAND_PROFILE_HEAP(1);
    allocate(&heap, 0, 100);
    allocate(&heap, 1, 20);
    strand_profile_free(&heap, address_of(0));
    strand_profile_free(&heap, address_of(7)); // nobody's
    strand_profile_free(&heap, NULL);
    checkpoint(&heap);
    CHECK_EQ(sum_of(&heap).count, 2);
    CHECK_EQ(sum_of(&heap).amount, 120);
    CHECK_EQ(sum_of(&heap).freed_count, 1);
    CHECK_EQ(sum_of(&heap).freed_amount, 100);
    strand_profile_free(&heap, address_of(1));
    strand_profile_free(&heap, address_of(1)); // it has ended already
    CHECK_EQ(sum_of(&heap).freed_count, 1);
    checkpoint(&heap);
    CHECK_EQ(sum_of(&heap).freed_count, 2);
    CHECK_EQ(sum_of(&heap).freed_amount, 120);
}

TEST(profile, an_address_that_comes_again_has_ended_before)
{
    static struct strand_profile heap = STRAND_PROFILE_HEAP(1);
    allocate(&heap, 0, 10);
    allocate(&heap, 0, 30);
    strand_profile_alloc(&heap, NULL, 50);
    checkpoint(&heap);
    CHECK_EQ(sum_of(&heap).count, 2);
    CHECK_EQ(sum_of(&heap).freed_amount, 10);
    strand_profile_free(&heap, address_of(0));
    strand_profile_free(&heap, address_of(0));
    checkpoint(&heap);
    CHECK_EQ(sum_of(&heap).freed_amount, 40);
}

static bool is_in(uint64_t pc, void (*function)(struct strand_profile *, uint64_t))
{
    return pc - (uintptr_t)function < 400;
}

TEST(profile, a_stack_begins_with_the_caller)
{
    static struct strand_profile profile = EVENTS(1);
    size_t count;
    for (int i = 0; i < 5; i++) {
        add(&profile, 1);
    }
    checkpoint(&profile);
    CHECK(strand_profile_records(&profile, records, 100, &count));
    for (size_t i = 0; i < count; i++) {
        CHECK(records[i].pc_count >= 2);
        CHECK(is_in(records[i].pcs[0], add));
        CHECK(!is_in(records[i].pcs[1], add));
    }
    CHECK_EQ(sum_of(&profile).count, 5);
}

TEST(profile, records_come_all_or_not_at_all)
{
    static struct strand_profile profile = EVENTS(1);
    struct strand_profile_record few[3] = {{.count = 77}, {.count = 77}, {.count = 77}};
    size_t count = 5;
    CHECK(strand_profile_records(&profile, NULL, 0, &count));
    CHECK_EQ(count, 0);
    add(&profile, 1);
    add_elsewhere(&profile, 2);
    checkpoint(&profile);
    CHECK(!strand_profile_records(&profile, NULL, 0, &count));
    CHECK_EQ(count, 2);
    CHECK(!strand_profile_records(&profile, few, 1, &count));
    CHECK_EQ(count, 2);
    CHECK_EQ(few[0].count, 77);
    CHECK(strand_profile_records(&profile, few, 2, &count));
    CHECK_EQ(count, 2);
    CHECK_EQ(few[0].amount + few[1].amount, 3);
    CHECK_EQ(few[2].count, 77);
}

// ---------------------------------------------------------------------------------------------------------------
// Sampling

TEST(profile, rate_0_is_none_and_rate_1_is_all)
{
    static struct strand_profile none = EVENTS(0);
    static struct strand_profile all = EVENTS(1);
    for (int i = 0; i < 1000; i++) {
        add(&none, 1000000);
        add(&all, 0);
    }
    checkpoint(&none);
    checkpoint(&all);
    CHECK_EQ(sum_of(&none).count, 0);
    CHECK_EQ(sum_of(&all).count, 1000);
}

// A sample of size s is one with probability 1 - exp(-s / rate), whatever came before.
TEST(profile, samples_are_as_many_as_they_should_be)
{
    static struct strand_profile profiles[] = {EVENTS(4096), EVENTS(4096), EVENTS(4096)};
    static const uint64_t amounts[] = {16, 1000, 20000};
    for (size_t i = 0; i < 3; i++) {
        profiles[i].priv_seed = i + 1;
        const double share = 1 - exp(-(double)amounts[i] / 4096);
        const uint64_t events = (uint64_t)(20000 / share);
        for (uint64_t n = 0; n < events; n++) {
            add(&profiles[i], amounts[i]);
        }
        checkpoint(&profiles[i]);
        const double estimate = (double)sum_of(&profiles[i]).count / share;
        CHECK(fabs(estimate - (double)events) < 0.05 * (double)events);
        CHECK_EQ(sum_of(&profiles[i]).amount, sum_of(&profiles[i]).count * amounts[i]);
    }
}

// More profiles than there are countdowns: one takes another's place, and no sample is lost or gained by it.
TEST(profile, countdowns_are_shared)
{
    static struct strand_profile profiles[20];
    uint64_t sums[2] = {0, 0};
    for (size_t i = 0; i < 20; i++) {
        profiles[i] = (struct strand_profile)EVENTS(i % 16 < 8 ? 100 : 10000);
        profiles[i].priv_seed = i + 1;
    }
    for (int n = 0; n < 20000; n++) {
        for (size_t i = 0; i < 20; i++) {
            add(&profiles[i], i % 16 < 8 ? 10 : 1000);
        }
    }
    for (size_t i = 0; i < 20; i++) {
        checkpoint(&profiles[i]);
        sums[i % 16 / 8] += sum_of(&profiles[i]).count;
    }
    CHECK(fabs((double)sums[0] / (1 - exp(-0.1)) - 240000) < 12000);
    CHECK(fabs((double)sums[1] / (1 - exp(-0.1)) - 160000) < 8000);
}

// ---------------------------------------------------------------------------------------------------------------
// What does not work

TEST(profile, what_the_descriptor_does_not_take_is_told)
{
    static struct strand_profile profile = EVENTS(1);
    add(&profile, 1);
    checkpoint(&profile);
    const int fd = open("/dev/full", O_WRONLY);
    CHECK(fd >= 0);
    errno = 0;
    CHECK_EQ(strand_profile_write(&profile, fd), STRAND_FULL);
    CHECK_EQ(errno, ENOSPC);
    close(fd);
    CHECK_EQ(strand_profile_write(&profile, fd), STRAND_FULL);
    CHECK_EQ(errno, EBADF);
    checkpoint(&profile);
}

TEST(profile, stacks_that_find_no_room_are_counted_as_one)
{
    static struct strand_profile profile = EVENTS(1);
    size_t count;
    size_t without = 0;
    for (unsigned path = 0; path < 32768; path++) {
        go_on(&profile, path, 15);
    }
    checkpoint(&profile);
    CHECK(strand_profile_records(&profile, records, sizeof records / sizeof records[0], &count));
    CHECK(count > 10000 && count < 32768);
    uint64_t others = 0;
    for (size_t i = 0; i < count; i++) {
        without += records[i].pc_count == 0 ? 1 : 0;
        others += records[i].pc_count == 0 ? 0 : records[i].count;
    }
    CHECK_EQ(without, 1);
    CHECK_EQ(others, count - 1);
    CHECK_EQ(sum_of(&profile).count, 32768);
    const int fd = open("/dev/null", O_WRONLY);
    CHECK_EQ(strand_profile_write(&profile, fd), STRAND_OK);
    close(fd);
}

// All places are taken: what finds none is not counted at all, or it would seem to be in use for ever.
TEST(profile, allocations_that_find_no_room_are_missing)
{
    static struct strand_profile heap = STRAND_PROFILE_HEAP(1);
    const uint64_t many = 140000;
    for (uint64_t i = 0; i < many; i++) {
        allocate(&heap, i, 16);
    }
    checkpoint(&heap);
    const uint64_t count = sum_of(&heap).count;
    CHECK(count > 120000 && count <= 131072);
    CHECK_EQ(heap.priv_unsampled, many - count);
    for (uint64_t i = 0; i < many; i++) {
        strand_profile_free(&heap, address_of(i));
    }
    checkpoint(&heap);
    CHECK_EQ(sum_of(&heap).freed_count, count);
    allocate(&heap, 0, 16);
    CHECK_EQ(heap.priv_unsampled, many - count);
}

// Without memory there are no samples, and what is lost is counted; with it there are.
TEST(profile, without_memory_nothing_is_sampled)
{
    static struct strand_profile profile = EVENTS(1);
    struct rlimit before;
    CHECK_EQ(getrlimit(RLIMIT_AS, &before), 0);
    const struct rlimit none = {4096, before.rlim_max};
    CHECK_EQ(setrlimit(RLIMIT_AS, &none), 0);
    errno = 12345;
    add(&profile, 1);
    const int error = errno;
    CHECK_EQ(setrlimit(RLIMIT_AS, &before), 0);
    CHECK_EQ(error, 12345);
    CHECK_EQ(profile.priv_unsampled, 1);
    add(&profile, 1);
    checkpoint(&profile);
    CHECK_EQ(sum_of(&profile).count, 1);
}

// ---------------------------------------------------------------------------------------------------------------
// The bytes of a profile

// Checks what stands at *at: a field of this number whose value is a varint.
static void expect_number(const uint8_t **at, unsigned number, uint64_t want)
{
    uint64_t value = 0;
    int shift = 0;
    CHECK_EQ(*(*at)++, number * 8);
    do {
        value |= (uint64_t)(**at & 127) << shift;
        shift += 7;
    } while (*(*at)++ >= 128);
    CHECK_EQ(value, want);
}

TEST(pprof, numbers_of_all_lengths_come_through_the_buffer)
{
    struct strand_pprof w;
    static uint8_t bytes[65536];
    const int fd = memfd_create("profile", MFD_CLOEXEC);
    CHECK(strand_pprof_begin(&w, fd, 0));
    for (int shift = 0; shift < 64; shift++) {
        for (uint64_t near = 0; near < 16; near++) {
            strand_pprof_time(&w, ((uint64_t)1 << shift) + near - 8);
        }
    }
    CHECK(strand_pprof_end(&w));
    const ssize_t len = pread(fd, bytes, sizeof bytes, 0);
    CHECK(len > 5000);
    const uint8_t *at = bytes + 2; // behind the first string, which is empty
    for (int shift = 0; shift < 64; shift++) {
        for (uint64_t near = 0; near < 16; near++) {
            expect_number(&at, 9, ((uint64_t)1 << shift) + near - 8);
        }
    }
    CHECK(at <= bytes + len);
    close(fd);
}
