/* SPDX-License-Identifier: MIT
 *
 * tracer_tsan.c: the tracer and the pool for ThreadSanitizer: writers that come and go, a reader, somebody who takes
 * snapshots, advances and declares events, and traces that are stopped and started again under all of them.
 *
 *     tracer_tsan SECONDS
 *
 * Without the sanitizer it is a stress test: what was written in a round was read or is told to be overwritten.
 */
#define _GNU_SOURCE
#include "strand_recorder.h"
#include "strand_stack_table.h"
#include "strand_tracer.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define WRITERS 4
#define EVENTS 400 // of a thread's life
#define BLOCK 65536u

static atomic_uint_fast64_t gone; // threads that have done all they did

/* Who takes over a dead thread's strand knows of its death from the kernel, which the sanitizer doesn't watch: here
 * it learns what happened before. Linked with -Wl,--wrap=syscall. */
long __real_syscall(long number, long a, long b, long c, long d, long e, long f);
long __wrap_syscall(long number, long a, long b, long c, long d, long e, long f);
long __wrap_syscall(long number, long a, long b, long c, long d, long e, long f)
{
    const long result = __real_syscall(number, a, b, c, d, e, f);
    (void)atomic_load_explicit(&gone, memory_order_acquire);
    return result;
}

/* A reader's copy of a block that is written meanwhile is a race on purpose: spec 9.4 lets it happen, sees it by the
 * block's seq, and throws the copy away (R6, whose fence the sanitizer does not know). All else is not left out. */
const char *__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void)
{
    return "race:^strand_block_snapshot$\n";
}

/* Long memory: a race is left out by the functions in it, which have to be known. */
const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
    return "history_size=7";
}

static atomic_bool over;             // of the program
static atomic_bool pausing;          // between two traces
static atomic_uint_fast64_t written; // events in this round
static atomic_uint_fast64_t operations;
static atomic_uint_fast64_t life; // of writers: each has a number
static uint64_t numbers[2];       // of declared events

static void fail(const char *what, uint64_t got, uint64_t want)
{
    fprintf(stderr, "tracer_tsan: %s: %llu, want %llu\n", what, (unsigned long long)got, (unsigned long long)want);
    exit(1);
}

// ---------------------------------------------------------------------------------------------------------------
// Writers

static void write_one(uint64_t own, uint64_t i)
{
    const uint64_t args[] = {own, i};
    switch (i % 4) {
    case 0: strand_trace(numbers[i / 4 % 2], own, i); break;
    case 1: strand_trace_here(STRAND_TRACE_MARK, args, 2); break;
    default: strand_trace_kind(STRAND_TRACE_MARK, own, i); break;
    }
    if (i % 16 == 0) {
        strand_log("a log of its own", own, i);
    }
}

// Stacks that several threads add at the same time, until the table is full.
static void add_stack(uint64_t own, uint64_t i)
{
    const uint64_t pcs[] = {own / 16 + 1, i};
    size_t depth;
    const uint64_t id = strand_stack_table_add(pcs, 2);
    const uint64_t *kept = strand_stack_table_get(id, &depth);
    if (id != 0 && (depth != 2 || kept[0] != pcs[0] || kept[1] != pcs[1])) {
        fail("a stack is another one", id, i);
    }
}

static void *live(void *argument)
{
    const uint64_t own = atomic_fetch_add(&life, 1);
    (void)argument;
    for (uint64_t i = 0; i < EVENTS && strand_trace_is_on(); i++) {
        write_one(own, i);
        add_stack(own, i);
        atomic_fetch_add_explicit(&operations, 1, memory_order_relaxed);
        atomic_fetch_add_explicit(&written, 1, memory_order_relaxed);
    }
    atomic_fetch_add_explicit(&gone, 1, memory_order_release);
    return NULL;
}

// Lives of a few threads, one after the other, as long as the trace is on.
static void *give_lives(void *argument)
{
    (void)argument;
    while (!atomic_load(&pausing)) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, live, NULL) != 0) {
            fail("a thread did not start", 0, 1);
        }
        pthread_join(thread, NULL);
    }
    return NULL;
}

// ---------------------------------------------------------------------------------------------------------------
// Readers

static void *disturb(void *argument)
{
    const int fd = open("/dev/null", O_WRONLY);
    uint64_t ignored;
    (void)argument;
    for (uint64_t i = 0; !atomic_load(&over); i++) {
        static char name[16];
        const struct strand_event_schema schema = {.name = name, .has_stack = i % 2 == 0};
        const struct timespec pause = {0, 2000000};
        snprintf(name, sizeof name, "event %u", (unsigned)(i % 100));
        strand_trace_snapshot(fd);
        strand_trace_advance();
        if (i % 8 == 0 && i < 800) {
            strand_trace_declare(&schema, &ignored);
        }
        if (strand_trace_ticks_per_second() == 0) {
            fail("ticks", 0, 1);
        }
        atomic_fetch_add(&operations, 3);
        nanosleep(&pause, NULL);
    }
    close(fd);
    return NULL;
}

struct count {
    uint64_t events[4096]; // of each strand: read or told to be lost
};

// Events with a time in a block.
static uint64_t count_block(const uint8_t *fragment, size_t len)
{
    struct strand_reader r;
    struct strand_item item;
    enum strand_status status;
    uint64_t events = 0;
    strand_reader_init(&r, sizeof r, STRAND_ABI_VERSION, 0, len);
    while ((status = strand_reader_next(&r, &item)) != STRAND_END) {
        if (status == STRAND_MORE) {
            strand_reader_supply(&r, fragment + strand_reader_want(&r).off);
        } else if (status != STRAND_OK || (item.kind == STRAND_ITEM_DIAG && item.diag.kind != STRAND_DIAG_LOST)) {
            fail("a fragment can't be read", status, STRAND_OK);
        } else if (item.kind == STRAND_ITEM_EVENT && item.event.timed) {
            events++;
        }
    }
    return events;
}

// The newest block of a strand says how many events there were in all: those before it, and its own.
static void see_chunk(const uint8_t *chunk, size_t len, struct count *to)
{
    for (size_t off = 0; off < len;) {
        struct strand_file_header file;
        struct strand_block_header block;
        size_t need;
        if (strand_file_header_decode(chunk + off, len - off, &file, &need) != STRAND_OK ||
            strand_block_header_decode(chunk + off + file.header_len, &file, &block) != STRAND_OK) {
            fail("no fragment", off, len);
        }
        const size_t size = file.header_len + (size_t)file.block_size;
        if (file.kind == STRAND_KIND_TRACE) {
            to->events[file.ordinal % 4096] = block.records_before + count_block(chunk + off, size);
        }
        off += size;
    }
}

static void read_to_the_end(struct count *to)
{
    static uint8_t buf[STRAND_TRACE_READ_MIN * 2];
    enum strand_status status;
    size_t len;
    while ((status = strand_trace_read(buf, sizeof buf, 5000000, &len)) != STRAND_END) {
        if (status != STRAND_OK && status != STRAND_MORE) {
            fail("a read", status, STRAND_OK);
        }
        see_chunk(buf, len, to);
    }
}

static void *read_trace(void *argument)
{
    read_to_the_end(argument);
    return NULL;
}

// ---------------------------------------------------------------------------------------------------------------
// Rounds

static void run_round(uint64_t round)
{
    static struct count count;
    const struct strand_trace_options options = {.bytes = (2 + round % 2 * 6) * BLOCK};
    const struct timespec pause = {0, 60000000};
    pthread_t writers[WRITERS];
    pthread_t reader;
    uint64_t told = 0;
    count = (struct count){.events = {0}};
    atomic_store(&written, 0);
    atomic_store(&pausing, false);
    if (strand_trace_start(&options) != STRAND_OK) {
        fail("a trace did not start", round, 0);
    }
    pthread_create(&reader, NULL, read_trace, &count);
    for (int i = 0; i < WRITERS; i++) {
        pthread_create(&writers[i], NULL, give_lives, NULL);
    }
    nanosleep(&pause, NULL);
    atomic_store(&pausing, true);
    for (int i = 0; i < WRITERS; i++) {
        pthread_join(writers[i], NULL);
    }
    strand_trace_stop();
    pthread_join(reader, NULL);
    for (size_t i = 0; i < 4096; i++) {
        told += count.events[i];
    }
    if (told != atomic_load(&written)) {
        fail("events", told, atomic_load(&written));
    }
}

int main(int argc, char **argv)
{
    const struct strand_event_schema schemas[] = {{.name = "first"}, {.name = "second"}};
    const uint64_t seconds = argc > 1 ? (uint64_t)atoi(argv[1]) : 2;
    const time_t end = time(NULL) + (time_t)seconds;
    uint64_t rounds = 0;
    pthread_t other;
    if (strand_trace_declare(&schemas[0], &numbers[0]) != STRAND_OK ||
        strand_trace_declare(&schemas[1], &numbers[1]) != STRAND_OK) {
        fail("declarations", 0, 1);
    }
    pthread_create(&other, NULL, disturb, NULL);
    while (time(NULL) < end) {
        run_round(rounds++);
    }
    atomic_store(&over, true);
    pthread_join(other, NULL);
    printf("tracer_tsan: %llu operations in %llu traces, %llu threads, %llu strands\n",
           (unsigned long long)atomic_load(&operations), (unsigned long long)rounds,
           (unsigned long long)atomic_load(&life), (unsigned long long)strand_recorder_strands());
    return atomic_load(&operations) >= 20000 ? 0 : 1;
}
