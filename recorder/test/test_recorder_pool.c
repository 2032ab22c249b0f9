/* SPDX-License-Identifier: MIT
 *
 * test_recorder_pool.c: loggers are taken, given back, taken over from threads that are gone, and started anew.
 */
#define _GNU_SOURCE
#include "strand_pool.h"

#include "strand_test.h"

#include <pthread.h>
#include <string.h>

static size_t count_list(void)
{
    size_t count = 0;
    for (const struct strand_logger *logger = strand_pool_first(); logger != NULL; logger = logger->next) {
        count++;
    }
    return count;
}

static void log_to(struct strand_logger *logger)
{
    STRAND_LOG(&logger->writer, "one record");
}

// Frames of a kind in the logger's ring, and the tid of the last OWNER.
static size_t count_frames(const struct strand_logger *logger, unsigned ext_kind, uint64_t *ret_tid)
{
    struct strand_reader r;
    struct strand_item item;
    size_t count = 0;
    enum strand_status status;
    strand_reader_init(&r, sizeof r, STRAND_ABI_VERSION, 0, logger->mem_len);
    while ((status = strand_reader_next(&r, &item)) != STRAND_END) {
        if (status == STRAND_MORE) {
            strand_reader_supply(&r, logger->mem + strand_reader_want(&r).off);
        } else if (status != STRAND_OK) {
            return SIZE_MAX;
        } else if (item.kind == STRAND_ITEM_FRAME && item.frame.ext_kind == ext_kind) {
            struct strand_owner owner;
            count++;
            *ret_tid = strand_decode_owner(item.frame.body, &owner) == STRAND_OK ? owner.tid : 0;
        }
    }
    return count;
}

TEST(pool, what_was_given_back_is_taken_first)
{
    struct strand_logger *logger = strand_pool_take(STRAND_KIND_RECORDS, 0);
    struct strand_logger *other = strand_pool_take(STRAND_KIND_RECORDS, 0);
    const size_t count = count_list();
    CHECK(logger != NULL && other != NULL && logger != other);
    CHECK_EQ(strand_logger_tid(logger), (uint32_t)strand_tid());
    strand_pool_give(logger);
    CHECK(strand_pool_take(STRAND_KIND_RECORDS, 0) == logger);
    CHECK_EQ(count_list(), count);
    strand_pool_give(logger);
    CHECK(strand_pool_take(STRAND_KIND_TRACE, 1) != logger); // of another kind
}

TEST(pool, a_ring_that_changes_hands_says_so_and_keeps_its_records)
{
    uint64_t tid = 0;
    struct strand_logger *logger = strand_pool_take(STRAND_KIND_RECORDS, 0);
    log_to(logger);
    const uint64_t records = strand_writer_records(&logger->writer);
    const size_t owners = count_frames(logger, STRAND_WIRE_FRAME_OWNER, &tid);
    strand_pool_give(logger);
    CHECK(strand_pool_take(STRAND_KIND_RECORDS, 0) == logger);
    CHECK_EQ(strand_writer_records(&logger->writer), records);
    CHECK_EQ(count_frames(logger, STRAND_WIRE_FRAME_OWNER, &tid), owners + 1);
    CHECK_EQ(tid, (uint64_t)strand_tid());
}

TEST(pool, a_trace_of_an_older_generation_starts_anew)
{
    struct strand_logger *logger = strand_pool_take(STRAND_KIND_TRACE, 7);
    STRAND_TRACE(&logger->writer, 50, 1);
    CHECK_EQ(strand_writer_records(&logger->writer), 1);
    strand_pool_give(logger);
    CHECK(strand_pool_take(STRAND_KIND_TRACE, 7) == logger);
    CHECK_EQ(strand_writer_records(&logger->writer), 1);
    strand_pool_give(logger);
    CHECK(strand_pool_take(STRAND_KIND_TRACE, 8) == logger);
    CHECK_EQ(strand_writer_records(&logger->writer), 0);
}

TEST(pool, a_busy_writer_is_nobodys_any_more)
{
    struct strand_encoder *e;
    struct strand_logger *logger = strand_pool_take(STRAND_KIND_RECORDS, 0);
    CHECK_EQ(strand_writer_begin(&logger->writer, strand_clock_tick(), 1, -1, &e), STRAND_OK);
    strand_pool_give(logger);
    CHECK(strand_pool_take(STRAND_KIND_RECORDS, 0) != logger);
}

// Leaves a logger whose spare is another one.
static void *take_two(void *argument)
{
    struct strand_logger **taken = argument;
    taken[0] = strand_pool_take(STRAND_KIND_RECORDS, 0);
    taken[1] = strand_pool_take(STRAND_KIND_RECORDS, 0);
    strand_writer_add_spare(&taken[0]->writer, &taken[1]->writer);
    return NULL;
}

// A thread is gone shortly after it was joined, and each take asks after a few owners only.
static bool take_until(const struct strand_logger *wanted)
{
    for (int i = 0; i < 200; i++) {
        struct strand_logger *logger = strand_pool_take(STRAND_KIND_RECORDS, 0);
        if (logger == wanted || logger == NULL) {
            return logger == wanted;
        }
    }
    return false;
}

TEST(pool, what_belonged_to_a_thread_that_is_gone_is_taken_over)
{
    struct strand_logger *taken[2] = {NULL, NULL};
    struct strand_record r;
    struct strand_encoder *e;
    pthread_t id;
    CHECK_EQ(pthread_create(&id, NULL, take_two, taken), 0);
    pthread_join(id, NULL);
    CHECK(taken[0] != NULL && taken[1] != NULL);
    CHECK(strand_logger_tid(taken[0]) != (uint32_t)strand_tid());
    CHECK(take_until(taken[0]));
    CHECK_EQ(strand_logger_tid(taken[0]), (uint32_t)strand_tid());
    // Its spare is somebody else's now, or will be.
    CHECK_EQ(strand_writer_begin(&taken[0]->writer, strand_clock_tick(), 1, -1, &e), STRAND_OK);
    CHECK_EQ(strand_record_begin(&r, &taken[0]->writer, strand_clock_tick(), 128, 0), STRAND_BUSY);
    CHECK_EQ(strand_writer_end(&taken[0]->writer), STRAND_OK);
}

static void *wait_at(void *argument)
{
    strand_log("alive");
    pthread_barrier_wait(argument);
    pthread_barrier_wait(argument);
    return NULL;
}

TEST(pool, nothing_is_taken_from_who_lives)
{
    pthread_barrier_t barrier;
    pthread_t id;
    pthread_barrier_init(&barrier, NULL, 2);
    CHECK_EQ(pthread_create(&id, NULL, wait_at, &barrier), 0);
    pthread_barrier_wait(&barrier);
    const struct strand_logger *its = strand_pool_first();
    const uint64_t owner = its->owner;
    for (int i = 0; i < 50; i++) {
        CHECK(strand_pool_take(STRAND_KIND_RECORDS, 0) != its);
    }
    CHECK_EQ(its->owner, owner);
    pthread_barrier_wait(&barrier);
    pthread_join(id, NULL);
}
