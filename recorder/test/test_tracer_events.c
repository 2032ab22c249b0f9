/* SPDX-License-Identifier: MIT
 *
 * test_tracer_events.c: the tracer's events: declared ones, those with a stack, and those of signal handlers.
 */
#define _GNU_SOURCE
#include "tracer_test.h"

#include <signal.h>

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid // glibc before 2.38 has the field and not the name
#endif

// ---------------------------------------------------------------------------------------------------------------
// Declared events

struct declared {
    uint64_t number;
    bool found;
    char text[200]; // its fields: strings as they are, numbers in decimal, unknown as ?
};

static void see_definition(const struct strand_frame *frame, struct declared *d)
{
    struct strand_span body = frame->body;
    uint64_t kind;
    uint64_t id;
    if (strand_decode_value(&body, &kind) != STRAND_OK || strand_decode_value(&body, &id) != STRAND_OK ||
        kind != STRAND_DEF_EVENT || id != d->number) {
        return;
    }
    struct strand_fields fields;
    struct strand_field field;
    size_t len = 0;
    strand_fields_init(&fields, body, STRAND_DIALECT_NATIVE);
    while (strand_decode_field(&fields, &field) == STRAND_OK) {
        char *to = d->text + len;
        const size_t room = sizeof d->text - len;
        const int n = field.type == STRAND_WIRE_STRING
                          ? snprintf(to, room, "%.*s,", (int)field.data.len, (const char *)field.data.data)
                      : field.type == STRAND_WIRE_UINT ? snprintf(to, room, "%u,", (unsigned)field.value)
                                                       : snprintf(to, room, "?,");
        len += (size_t)n;
    }
    d->found = true;
}

static void find_definition(const struct stream *s, struct declared *d)
{
    const struct fragments got = take_fragments(s);
    for (size_t i = 0; i < got.count && got.all[i].file.kind == STRAND_KIND_DEFINITIONS; i++) {
        struct strand_reader r;
        struct strand_item item;
        enum strand_status status;
        strand_reader_init(&r, sizeof r, STRAND_ABI_VERSION, 0, got.all[i].len);
        while ((status = strand_reader_next(&r, &item)) != STRAND_END) {
            if (status == STRAND_MORE) {
                strand_reader_supply(&r, got.all[i].data + strand_reader_want(&r).off);
            } else if (item.kind == STRAND_ITEM_FRAME && item.frame.ext_kind == STRAND_WIRE_FRAME_DEF) {
                see_definition(&item.frame, d);
            }
        }
    }
    free(got.all);
}

TEST(tracer, declared_events_bear_their_names)
{
    const struct strand_event_schema request = {
        .name = "request", .arg_count = 2, .args = {{"id", NULL}, {"size", "bytes"}}};
    const struct strand_event_schema fault = {
        .name = "fault", .has_stack = true, .arg_count = 1, .args = {{"at", ""}}};
    struct strand_event_schema bad = request;
    struct declared first = {0};
    struct declared second = {0};
    struct stream s = {0};
    CHECK_EQ(strand_trace_declare(&request, &first.number), STRAND_OK);
    CHECK(first.number >= STRAND_EVENT_FIRST);
    start(0);
    CHECK_EQ(read_all(&s), STRAND_MORE);
    find_definition(&s, &first);
    CHECK(first.found);
    CHECK_BYTES(first.text, strlen(first.text), "request,?,id,,size,bytes,", 25);
    CHECK_EQ(strand_trace_declare(&fault, &second.number), STRAND_OK);
    CHECK_EQ(second.number, first.number + 1);
    find_definition(&s, &second);
    CHECK(!second.found);
    CHECK_EQ(read_all(&s), STRAND_MORE); // they have grown, and come again
    find_definition(&s, &second);
    CHECK(second.found);
    CHECK_BYTES(second.text, strlen(second.text), "fault,1,at,,stack,,", 19);
    const size_t len = s.len;
    CHECK_EQ(read_all(&s), STRAND_MORE);
    CHECK_EQ(s.len, len);
    finish(&s);
    stream_free(&s);
    for (size_t i = 0; i < STRAND_EVENT_ARGS; i++) {
        bad.args[i].name = "any";
    }
    bad.arg_count = STRAND_EVENT_ARGS + 1;
    CHECK_EQ(strand_trace_declare(&bad, &first.number), STRAND_BAD_ARGUMENT);
    bad.arg_count = 3;
    bad.args[2].name = NULL;
    CHECK_EQ(strand_trace_declare(&bad, &first.number), STRAND_BAD_ARGUMENT);
    bad = (struct strand_event_schema){.name = ""};
    CHECK_EQ(strand_trace_declare(&bad, &first.number), STRAND_BAD_ARGUMENT);
}

// The only event of a trace, as type and arguments.
static void only_event(const struct stream *s, uint64_t *type, uint64_t *args, size_t *count)
{
    const struct fragments got = take_fragments(s);
    const struct fragment *f = &got.all[got.count - 1];
    struct strand_reader r;
    struct strand_item item;
    enum strand_status status;
    size_t events = 0;
    strand_reader_init(&r, sizeof r, STRAND_ABI_VERSION, 0, f->len);
    while ((status = strand_reader_next(&r, &item)) != STRAND_END) {
        if (status == STRAND_MORE) {
            strand_reader_supply(&r, f->data + strand_reader_want(&r).off);
        } else if (item.kind != STRAND_ITEM_EVENT) {
            CHECK(item.kind != STRAND_ITEM_DIAG);
        } else if (item.event.timed) {
            struct strand_span span = item.event.args;
            *type = item.event.type;
            *count = (size_t)item.event.arg_count;
            for (size_t i = 0; i < *count; i++) {
                CHECK_EQ(strand_decode_value(&span, &args[i]), STRAND_OK);
            }
            events++;
        }
    }
    CHECK_EQ(events, 1);
    free(got.all);
}

TEST(tracer, events_are_written_as_they_were_declared)
{
    const struct strand_event_schema schema = {.name = "wide", .arg_count = 0};
    const uint64_t given[] = {1, UINT64_MAX, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14};
    uint64_t args[20];
    uint64_t number = 0;
    uint64_t type = 0;
    size_t count = 0;
    struct stream s = {0};
    CHECK_EQ(strand_trace_declare(&schema, &number), STRAND_OK);
    start(0);
    strand_trace(number, 1, UINT64_MAX, 3, 4, 5, 6, 7, 8, 9, 10, 11);
    finish(&s);
    only_event(&s, &type, args, &count);
    CHECK_EQ(type, number);
    CHECK_BYTES(args, count * 8, given, 11 * 8);
    stream_free(&s);
    start(0);
    strand_trace_here(number, given, 14); // 12, and the stack
    strand_trace_here(STRAND_WIRE_TRACE_STACK, given, 1);
    strand_trace_here(0, given, 1);
    finish(&s);
    only_event(&s, &type, args, &count);
    CHECK_EQ(type, number);
    CHECK_BYTES(args, (count - 1) * 8, given, 12 * 8);
    CHECK(args[12] != 0);
    stream_free(&s);
}

// ---------------------------------------------------------------------------------------------------------------
// Stacks

TEST(tracer, stacks_are_defined_once_in_each_block_that_uses_them)
{
    struct stream s = {0};
    start(4u << 20);
    for (uint64_t i = 0; i < 30000; i += 3) {
        here_a(0, i);
        here_b(0, i + 1);
        here_c(0, i + 2);
    }
    finish(&s);
    const struct fragments got = take_fragments(&s);
    const struct tally t = tally_of(&got);
    size_t traced = 0;
    for (size_t i = 0; i < got.count; i++) {
        traced += got.all[i].file.kind == STRAND_KIND_TRACE ? 1 : 0;
    }
    CHECK_EQ(t.events, 30000);
    CHECK_EQ(t.resolved, 30000);
    CHECK_EQ(t.gaps + t.lost, 0);
    CHECK(traced >= 3);
    CHECK_EQ(t.stacks, 3 * traced);
    free(got.all);
    stream_free(&s);
}

TEST(tracer, the_stack_is_the_callers)
{
    struct stream s = {0};
    uint64_t args[20];
    uint64_t type = 0;
    size_t count = 0;
    size_t depth = 0;
    start(0);
    here_a(5, 6);
    finish(&s);
    only_event(&s, &type, args, &count);
    CHECK_EQ(count, 3);
    const uint64_t *pcs = strand_stack_table_get(args[2], &depth);
    CHECK(pcs != NULL && depth >= 2);
    const uint64_t function = (uint64_t)(uintptr_t)here_a;
    CHECK(pcs[0] > function && pcs[0] < function + 300);
    stream_free(&s);
}

// ---------------------------------------------------------------------------------------------------------------
// Handlers

static _Thread_local struct handled {
    uint64_t source;
    uint64_t count;
    uint64_t spared;
} handled __attribute__((tls_model("initial-exec")));

static void on_alarm(int number)
{
    (void)number;
    if (handled.source != 0) {
        handled.spared += strand_writer_is_busy(strand_this_thread.priv_trace) ? 1 : 0;
        if (handled.count % 8 == 7) {
            here_a(handled.source, handled.count);
        } else {
            mark(handled.source, handled.count);
        }
        handled.count++;
    }
}

static timer_t start_timer(void)
{
    timer_t timer = NULL;
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGALRM};
    const struct itimerspec every = {.it_interval = {0, 100000}, .it_value = {0, 100000}};
    event.sigev_notify_thread_id = gettid();
    timer_create(CLOCK_MONOTONIC, &event, &timer);
    timer_settime(timer, 0, &every, NULL);
    return timer;
}

struct interrupted {
    pthread_t id;
    uint64_t source;
    uint64_t written;
    uint64_t counted;
    uint64_t handled;
    uint64_t spared;
};

static void *write_interrupted(void *argument)
{
    struct interrupted *w = argument;
    const uint64_t begin = now_ms();
    mark(w->source, w->written++); // so that there is a tracer
    handled.source = w->source + 1;
    const timer_t timer = start_timer();
    while ((handled.count < 500 || handled.spared == 0) && now_ms() - begin < 20000) {
        for (int i = 0; i < 20; i++, w->written++) {
            if (i == 7) {
                here_b(w->source, w->written);
            } else {
                mark(w->source, w->written);
            }
        }
        strand_trace_kind(STRAND_TRACE_COUNT, 1, UINT64_MAX); // not inline
        w->counted++;
    }
    timer_delete(timer);
    handled.source = 0;
    w->handled = handled.count;
    w->spared = handled.spared;
    return NULL;
}

TEST(tracer, handlers_trace_at_ten_thousand_a_second)
{
    enum { THREADS = 3 };
    const struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
    struct interrupted threads[THREADS] = {0};
    struct stream s = {0};
    uint64_t written = 0;
    CHECK_EQ(sigaction(SIGALRM, &action, NULL), 0);
    start(64u << 20);
    for (uint64_t i = 0; i < THREADS; i++) {
        threads[i].source = 2 * i + 1;
        CHECK_EQ(pthread_create(&threads[i].id, NULL, write_interrupted, &threads[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i].id, NULL);
        written += threads[i].written + threads[i].counted + threads[i].handled;
        CHECK(threads[i].handled >= 500);
        CHECK(threads[i].spared > 0); // a handler interrupted an event
    }
    finish(&s);
    const struct fragments got = take_fragments(&s);
    const struct tally t = tally_split(&got, true);
    CHECK_EQ(t.events + t.lost, written);
    CHECK(t.strands >= 2 * THREADS);
    free(got.all);
    stream_free(&s);
}
