/* SPDX-License-Identifier: MIT
 *
 * test_writer_crash.c: everything that was committed can be read at every moment: after each call, after SIGKILL, and
 * by another process while it is written.
 */
#define _DEFAULT_SOURCE
#include "strand_test_file.h"

#ifdef __unix__
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#endif

// ---------------------------------------------------------------------------------------------------------------
// At every moment

// What a crash would leave, after each call into the encoder or writer: all that was committed, nothing torn.
static void check_moment(const uint8_t *mem, size_t len, uint64_t committed, bool ring)
{
    static struct test_result got;
    const struct test_file copy = test_copy(mem, len);
    test_read(copy.data, 0, copy.len, &got);
    CHECK_EQ(test_check_loss(&got), committed);
    CHECK_EQ(test_count(&got, STRAND_ITEM_DIAG), test_told(&got, STRAND_OVERWRITTEN));
    CHECK(ring || test_count(&got, STRAND_ITEM_DIAG) == 0);
    free(copy.data);
}

static void check_every_moment(uint32_t block_count, uint64_t count)
{
    const struct strand_file_header h = test_file_header(STRAND_KIND_RECORDS, block_count);
    const size_t len = block_count > 0 ? TEST_RING_LEN(block_count) : STRAND_FILE_FIXED_LEN + 6 * TEST_BLOCK;
    const bool ring = block_count > 0;
    uint8_t *mem = test_memory(len);
    struct strand_writer w = test_start(&h, mem, len);
    check_moment(mem, len, 0, ring);
    for (uint64_t n = 0; n < count; n++) {
        enum strand_status status = STRAND_OK;
        do {
            struct strand_encoder *e = NULL;
            CHECK_EQ(strand_writer_begin(&w, 1000 + n * 10, 1, (int64_t)(n % 3) - 1, &e), STRAND_OK);
            check_moment(mem, len, n, ring);
            test_encode(e, n);
            check_moment(mem, len, n, ring);
            status = strand_writer_end(&w);
            check_moment(mem, len, status == STRAND_OK ? n + 1 : n, ring);
        } while (status == STRAND_AGAIN);
        CHECK_EQ(status, STRAND_OK);
    }
    CHECK_EQ(strand_writer_close(&w, 1, 1), STRAND_OK);
    check_moment(mem, len, count, ring);
    free(mem);
}

TEST(writer, all_that_is_committed_can_be_read_at_every_moment)
{
    check_every_moment(0, 150);
    check_every_moment(2, 250);
}

TEST(writer, memory_that_held_another_strand_starts_empty)
{
    static struct test_result got;
    uint8_t *mem = test_memory(TEST_RING_LEN(3));
    struct strand_writer w = test_start_ring(mem, 3);
    for (uint64_t n = 0; n < 500; n++) {
        CHECK_EQ(test_write(&w, n), STRAND_OK);
    }
    w = test_start_ring(mem, 3);
    test_read(mem, 0, TEST_RING_LEN(3), &got);
    CHECK_EQ(got.count, 0);
    CHECK_EQ(test_write(&w, 0), STRAND_OK);
    test_read(mem, 0, TEST_RING_LEN(3), &got);
    CHECK_EQ(test_check_loss(&got), 1);
    CHECK_EQ(test_count(&got, STRAND_ITEM_DIAG), 0);
    free(mem);
}

// The states between two stores of opening a block, made by hand in the order that the writer has.
TEST(writer, a_block_that_was_being_opened_is_not_there_yet)
{
    static struct test_result got;
    const struct test_file file = test_grown(100, 8, false);
    const size_t room = STRAND_FILE_FIXED_LEN + 8 * TEST_BLOCK;
    static struct test_result whole;
    test_read(file.data, 0, room, &whole);
    CHECK_EQ(whole.verdict, STRAND_VERDICT_ZERO_FILLED);
    uint8_t *next = file.data + file.len;
    const uint8_t *last = next - TEST_BLOCK;
    for (size_t stored = 0; stored <= STRAND_BLOCK_HEADER_LEN + STRAND_SYNC_LEN; stored++) {
        memset(next, 0, TEST_BLOCK);
        memcpy(next, last, stored < 8 ? 8 : stored);
        memset(next + 6, 0, 10);
        test_read(file.data, 0, room, &got);
        CHECK_EQ(got.count, whole.count);
        CHECK_EQ(got.verdict, STRAND_VERDICT_ZERO_FILLED);
    }
    free(file.data);
}

#ifdef __unix__

// ---------------------------------------------------------------------------------------------------------------
// Another process writes

#define SHARED_LEN (TEST_RING_LEN(4) + 8)

// A child that writes a ring into shared memory as fast as it can, and says behind it how many records it committed.
static pid_t start_child(uint8_t *shared)
{
    const pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        struct strand_writer w = test_start_ring(shared, 4);
        for (uint64_t n = 0;; n++) {
            if (test_write(&w, n) != STRAND_OK) {
                _exit(1);
            }
            __atomic_store_n((uint64_t *)(void *)(shared + TEST_RING_LEN(4)), n + 1, __ATOMIC_RELEASE);
        }
    }
    return child;
}

static uint64_t child_count(const uint8_t *shared)
{
    return __atomic_load_n((const uint64_t *)(const void *)(shared + TEST_RING_LEN(4)), __ATOMIC_ACQUIRE);
}

static void stop_child(pid_t child)
{
    int status = 0;
    CHECK_EQ(kill(child, SIGKILL), 0);
    CHECK_EQ(waitpid(child, &status, 0), child);
    CHECK(WIFSIGNALED(status));
}

static uint8_t *shared_memory(void)
{
    uint8_t *shared = mmap(NULL, SHARED_LEN, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(shared != MAP_FAILED);
    return shared;
}

TEST(writer, a_killed_writer_leaves_all_that_it_committed)
{
    static struct test_result got;
    uint64_t state = 5;
    for (int round = 0; round < 60; round++) {
        uint8_t *shared = shared_memory();
        const pid_t child = start_child(shared);
        while (child_count(shared) == 0) {
        }
        const struct timespec pause = {0, (long)(strand_test_random(&state) % 1000000)};
        nanosleep(&pause, NULL);
        stop_child(child);
        test_read(shared, 0, TEST_RING_LEN(4), &got);
        const uint64_t next = test_check_loss(&got), count = child_count(shared);
        CHECK(next == count || next == count + 1);
        CHECK_EQ(test_count(&got, STRAND_ITEM_DIAG), test_told(&got, STRAND_OVERWRITTEN));
        CHECK_EQ(got.verdict, STRAND_VERDICT_OPEN);
        CHECK_EQ(munmap(shared, SHARED_LEN), 0);
    }
}

// Supplies what the reader of a living ring wants: a snapshot of the block, or zeros where it was recycled.
static void supply_living(struct strand_reader *r, const uint8_t *shared, uint8_t *buf)
{
    const struct strand_want want = strand_reader_want(r);
    memset(buf, 0, TEST_BLOCK);
    if (want.off < STRAND_FILE_HEADER_RING) {
        memcpy(buf, shared + want.off, want.len);
    } else {
        size_t len = 0;
        if (strand_block_snapshot(shared + want.off, buf, TEST_BLOCK, &len) != STRAND_OK) {
            memset(buf, 0, TEST_BLOCK);
        }
    }
    strand_reader_supply(r, buf);
}

TEST(writer, a_ring_can_be_read_while_it_is_written)
{
    static struct test_result got;
    static uint8_t buf[TEST_BLOCK];
    uint8_t *shared = shared_memory();
    const pid_t child = start_child(shared);
    while (child_count(shared) == 0) {
    }
    uint64_t newest = 0;
    for (int round = 0; round < 2000; round++) {
        struct strand_reader r;
        struct strand_item item;
        CHECK_EQ(strand_reader_init(&r, sizeof r, STRAND_ABI_VERSION, 0, TEST_RING_LEN(4)), STRAND_OK);
        memset(&item, 0, sizeof item);
        got.count = 0;
        enum strand_status status = strand_reader_next(&r, &item);
        for (; status != STRAND_END; status = strand_reader_next(&r, &item)) {
            if (status == STRAND_MORE) {
                supply_living(&r, shared, buf);
            } else {
                CHECK_EQ(status, STRAND_OK);
                test_note(&got, &item, true);
            }
        }
        const uint64_t next = test_check_loss(&got);
        CHECK(next == 0 || next >= newest || test_count(&got, STRAND_ITEM_BLOCK) < 4);
        newest = next > newest ? next : newest;
        for (size_t i = 0; i < got.count; i++) {
            CHECK(got.items[i].kind != STRAND_ITEM_DIAG || got.items[i].diag.kind == STRAND_DIAG_LOST);
        }
    }
    CHECK(newest > 0);
    stop_child(child);
    CHECK_EQ(munmap(shared, SHARED_LEN), 0);
}

#endif
