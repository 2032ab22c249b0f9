/* SPDX-License-Identifier: MIT
 *
 * tracer_test.h: a trace as it was read: fragments, each block once, and what their events and counters say.
 *
 * Each source, a thread or its signal handler, numbers its events, so whatever comes back can be checked: MARK, whose
 * first argument says which source wrote it and whose second is the how manieth it is. A third one is a stack, which
 * the block must define.
 */
#ifndef TRACER_TEST_H
#define TRACER_TEST_H

#include "strand_recorder_clock.h"
#include "strand_stack.h"
#include "strand_stack_table.h"
#include "strand_test.h"
#include "strand_tracer.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SOURCES 64u
#define BLOCK 65536u
#define MARKS_A_BLOCK 6000u // such a number of marks is about a block

// ---------------------------------------------------------------------------------------------------------------
// A stream of fragments

struct stream {
    uint8_t *data;
    size_t len;
    size_t cap;
};

static inline void stream_add(struct stream *s, const uint8_t *bytes, size_t len)
{
    if (s->len + len > s->cap) {
        s->cap = (s->len + len) * 2;
        s->data = realloc(s->data, s->cap);
        CHECK(s->data != NULL);
    }
    memcpy(s->data + s->len, bytes, len);
    s->len += len;
}

static inline void stream_free(struct stream *s)
{
    free(s->data);
    *s = (struct stream){0};
}

// Reads what is ready, without waiting. Returns: what the last read said.
static inline enum strand_status read_all(struct stream *to)
{
    static uint8_t buf[STRAND_TRACE_READ_MIN + 100000];
    enum strand_status status;
    size_t len;
    while ((status = strand_trace_read(buf, sizeof buf, 0, &len)) == STRAND_OK) {
        CHECK(len > 0 && len <= sizeof buf);
        stream_add(to, buf, len);
    }
    CHECK_EQ(len, 0);
    return status;
}

static inline void finish(struct stream *to)
{
    strand_trace_stop();
    CHECK_EQ(read_all(to), STRAND_END);
}

static inline void read_file(int fd, struct stream *to)
{
    static uint8_t buf[65536];
    ssize_t n;
    CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
    while ((n = read(fd, buf, sizeof buf)) > 0) {
        stream_add(to, buf, (size_t)n);
    }
    close(fd);
}

struct fragment {
    struct strand_file_header file;
    struct strand_block_header block;
    const uint8_t *data;
    size_t len;
};

struct fragments {
    struct fragment *all;
    size_t count;
    size_t read; // with those that came twice
};

static inline int by_strand_and_seq(const void *a, const void *b)
{
    const struct fragment *x = a;
    const struct fragment *y = b;
    if (x->file.kind != y->file.kind) {
        return x->file.kind > y->file.kind ? -1 : 1; // definitions first
    }
    if (x->file.ordinal != y->file.ordinal) {
        return x->file.ordinal < y->file.ordinal ? -1 : 1;
    }
    if (x->block.seq != y->block.seq) {
        return x->block.seq < y->block.seq ? -1 : 1;
    }
    return x->block.committed < y->block.committed ? -1 : x->block.committed > y->block.committed;
}

static inline bool same_block(const struct fragment *a, const struct fragment *b)
{
    return a->file.kind == b->file.kind && a->file.ordinal == b->file.ordinal && a->block.seq == b->block.seq;
}

static inline size_t take_fragment(const struct stream *s, size_t off, struct fragment *f)
{
    size_t need;
    CHECK_EQ(strand_file_header_decode(s->data + off, s->len - off, &f->file, &need), STRAND_OK);
    CHECK_EQ(f->file.block_count, 0);
    CHECK((f->file.compat & STRAND_COMPAT_FRAGMENT) != 0);
    CHECK(f->file.kind == STRAND_KIND_TRACE || f->file.kind == STRAND_KIND_DEFINITIONS);
    f->data = s->data + off;
    f->len = f->file.header_len + f->file.block_size;
    CHECK(f->len <= s->len - off);
    CHECK_EQ(strand_block_header_decode(f->data + f->file.header_len, &f->file, &f->block), STRAND_OK);
    for (size_t i = f->file.header_len + STRAND_BLOCK_HEADER_LEN + f->block.committed; i < f->len; i++) {
        CHECK_EQ(f->data[i], 0);
    }
    return off + f->len;
}

// All fragments of a stream, each block once: of those with equal seq the fullest.
static inline struct fragments take_fragments(const struct stream *s)
{
    struct fragments got = {calloc(s->len / 4096 + 1, sizeof(struct fragment)), 0, 0};
    for (size_t off = 0; off < s->len; got.read++) {
        off = take_fragment(s, off, &got.all[got.read]);
    }
    qsort(got.all, got.read, sizeof *got.all, by_strand_and_seq);
    for (size_t i = 0; i < got.read; i++) {
        got.count -= got.count > 0 && same_block(&got.all[got.count - 1], &got.all[i]) ? 1 : 0;
        got.all[got.count++] = got.all[i];
    }
    return got;
}

// ---------------------------------------------------------------------------------------------------------------
// What the fragments hold

struct tally {
    uint64_t events; // with a time
    uint64_t lost;   // by the counters
    uint64_t strands;
    uint64_t next[SOURCES];  // number that comes next, of each source
    uint64_t count[SOURCES]; // events of it
    uint64_t gaps;           // places where numbers are missing
    uint64_t p_of[SOURCES];
    uint64_t stacks;   // definitions of stacks
    uint64_t resolved; // events whose stack was defined
    uint64_t ticks_back;
};

struct stacks {
    uint64_t ids[4096];
    size_t count;
};

static inline void see_mark(const struct strand_event *event, struct tally *t)
{
    struct strand_span args = event->args;
    uint64_t source;
    uint64_t number;
    CHECK_EQ(strand_decode_value(&args, &source), STRAND_OK);
    CHECK_EQ(strand_decode_value(&args, &number), STRAND_OK);
    CHECK(source < SOURCES);
    CHECK(t->count[source] == 0 || number >= t->next[source]); // a strand keeps order
    t->gaps += number != t->next[source] ? 1 : 0;
    t->next[source] = number + 1;
    t->count[source]++;
    t->p_of[source] = event->p;
}

static inline uint64_t last_argument(const struct strand_event *event)
{
    struct strand_span args = event->args;
    uint64_t value = 0;
    for (uint64_t i = 0; i < event->arg_count; i++) {
        CHECK_EQ(strand_decode_value(&args, &value), STRAND_OK);
    }
    return value;
}

static inline bool knows(const struct stacks *stacks, uint64_t id)
{
    bool known = false;
    for (size_t i = 0; i < stacks->count; i++) {
        known = known || stacks->ids[i] == id;
    }
    return known;
}

static inline void see_stack(const struct strand_event *event, struct stacks *stacks, struct tally *t)
{
    struct strand_span args = event->args;
    uint64_t values[3 + STRAND_STACK_MAX];
    size_t depth;
    for (uint64_t i = 0; i < event->arg_count; i++) {
        CHECK_EQ(strand_decode_value(&args, &values[i]), STRAND_OK);
    }
    CHECK(!knows(stacks, values[0])); // once a block
    CHECK(stacks->count < 4096);
    stacks->ids[stacks->count++] = values[0];
    const uint64_t *pcs = strand_stack_table_get(values[0], &depth);
    CHECK_BYTES(values + 2, values[1] * 8, pcs, depth * 8);
    t->stacks++;
}

// MARK with 2 arguments is numbered; with 3 the last one is a stack. COUNT is a stranger.
static inline void see_event(const struct strand_event *event, struct stacks *stacks, struct tally *t)
{
    if (event->type == STRAND_WIRE_TRACE_STACK) {
        see_stack(event, stacks, t);
    }
    if (!event->timed) {
        return;
    }
    t->events++;
    if (event->type == STRAND_TRACE_MARK) {
        see_mark(event, t);
    }
    if (event->type == STRAND_TRACE_MARK && event->arg_count == 3) {
        CHECK(knows(stacks, last_argument(event)));
        t->resolved++;
    }
}

// Reads one fragment to its end. Returns: its events.
static inline uint64_t see_fragment(const struct fragment *f, struct tally *t)
{
    struct strand_reader r;
    struct strand_item item;
    struct stacks stacks = {.count = 0};
    uint64_t tick = 0;
    const uint64_t before = t->events;
    enum strand_status status;
    CHECK_EQ(strand_reader_init(&r, sizeof r, STRAND_ABI_VERSION, 0, f->len), STRAND_OK);
    while ((status = strand_reader_next(&r, &item)) != STRAND_END) {
        if (status == STRAND_MORE) {
            strand_reader_supply(&r, f->data + strand_reader_want(&r).off);
            continue;
        }
        CHECK_EQ(status, STRAND_OK);
        CHECK(item.kind != STRAND_ITEM_DIAG || item.diag.kind == STRAND_DIAG_LOST); // what other fragments hold
        if (item.kind == STRAND_ITEM_EVENT) {
            see_event(&item.event, &stacks, t);
            t->ticks_back += item.event.timed && item.event.tick < tick ? 1 : 0;
            tick = item.event.timed ? item.event.tick : tick;
        }
    }
    return t->events - before;
}

// Reads all fragments, strand by strand, and holds their counters to what came. split: a source may have written to
// several strands, and keeps its order in each of them.
static inline struct tally tally_split(const struct fragments *got, bool split)
{
    struct tally t = {0};
    uint64_t told = 0;
    for (size_t i = 0; i < got->count; i++) {
        const struct fragment *f = &got->all[i];
        if (f->file.kind != STRAND_KIND_TRACE) {
            continue;
        }
        if (i == 0 || f[-1].file.ordinal != f->file.ordinal || f[-1].file.kind != f->file.kind) {
            t.strands++;
            told = 0;
            memset(t.next, 0, split ? sizeof t.next : 0);
        }
        CHECK(f->block.records_before >= told);
        t.lost += f->block.records_before - told;
        told = f->block.records_before + see_fragment(f, &t);
        CHECK_EQ(f->block.lost_before, 0);
    }
    return t;
}

static inline struct tally tally_of(const struct fragments *got)
{
    return tally_split(got, false);
}

// Of a whole stream, which begins with the definitions.
static inline struct tally tally_stream(const struct stream *s)
{
    struct fragments got = take_fragments(s);
    struct fragment first;
    take_fragment(s, 0, &first);
    CHECK_EQ(first.file.kind, STRAND_KIND_DEFINITIONS);
    const struct tally t = tally_of(&got);
    free(got.all);
    return t;
}

// ---------------------------------------------------------------------------------------------------------------
// Writing

static inline void start(size_t bytes)
{
    const struct strand_trace_options options = {.bytes = bytes};
    CHECK_EQ(strand_trace_start(&options), STRAND_OK);
}

static inline void mark(uint64_t source, uint64_t number)
{
    strand_trace_kind(STRAND_TRACE_MARK, source, number);
}

#define HERE(name)                                                                                                   \
    __attribute__((noinline, unused)) static void name(uint64_t source, uint64_t number)                             \
    {                                                                                                                \
        const uint64_t args[] = {source, number};                                                                    \
        strand_trace_here(STRAND_TRACE_MARK, args, 2);                                                               \
        atomic_signal_fence(memory_order_seq_cst); /* no tail call: this function is in the stack */                 \
    }

HERE(here_a)
HERE(here_b)
HERE(here_c)

struct writer {
    pthread_t id;
    uint64_t source;
    uint64_t count;
    uint64_t written;
    uint64_t tid;
    atomic_bool stop;
    pthread_barrier_t *together;
};

static inline void *write_marks(void *argument)
{
    struct writer *w = argument;
    w->tid = (uint64_t)gettid();
    if (w->together != NULL) {
        pthread_barrier_wait(w->together); // so that each has a strand of its own
    }
    while (w->written < w->count && !atomic_load_explicit(&w->stop, memory_order_relaxed)) {
        mark(w->source, w->written);
        atomic_thread_fence(memory_order_release); // `written` is read while this runs
        *(volatile uint64_t *)&w->written = w->written + 1;
    }
    if (w->together != NULL) {
        pthread_barrier_wait(w->together);
    }
    return NULL;
}

static inline void pause_ms(long ms)
{
    const struct timespec pause = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&pause, NULL);
}

static inline uint64_t now_ms(void)
{
    return strand_clock_monotonic() / 1000000;
}

// ---------------------------------------------------------------------------------------------------------------
// Another process

// Runs `body` in a child. Returns: whether it said so.
static inline bool in_child(bool body(void))
{
    int status = 0;
    fflush(NULL);
    const pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        _exit(body() ? 0 : 1);
    }
    CHECK_EQ(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

#endif
