/* SPDX-License-Identifier: MIT
 *
 * gotrace.c: a timeline → a `go 1.5 trace` file, for the tools that read those:
 *
 *     "go 1.5 trace" 00 00 00 00      16 bytes
 *     41  p │ seq │ tick              Batch: where P is another one than that of the event before
 *     02  ticks a second │ 0          Frequency, once
 *     C3  length │ id │ n │ pc …      Stack, in front of the first event that has it
 *     54  1 │ ticks │ stack           GoBlock: each event is one further in sequence, and that is the merge's order
 *
 * Go's parser wants from each event the arguments that Go 1.5 gave it, and times that never go back:
 *
 *     arguments that later versions added are dropped, a stack that isn't there is 0
 *     stacks, whose ids are a block's, get numbers of the file, equal ones one
 *     GoCreate's stack of the new goroutine becomes the address where that starts
 *     GoSysExit's sequence number and time are its own
 *     an event that is earlier than the one before gets its time
 *
 * Whether what the events say makes sense to it (a goroutine ends that never began) is the affair of who wrote them.
 */
#include "gotrace.h"

#include "report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define GOTRACE_ARGS_MAX 4u      /* that are looked at: no event of Go 1.5 has so many */
#define GOTRACE_EVENT_MAX 64u    /* bytes of one */
#define GOTRACE_FRAMES_MAX 1000u /* of a stack: Go's parser takes no more */
#define GOTRACE_COUNTED 3u       /* the count that says that a length precedes the arguments */
#define GOTRACE_NS_PER_SECOND 1000000000u

enum {
    GOTRACE_GC_START = 7,
    GOTRACE_STW_START = 9,
    GOTRACE_GC_SWEEP_DONE = 12,
    GOTRACE_GO_CREATE = 13,
    GOTRACE_GO_START = 14,
    GOTRACE_GO_UNBLOCK = 21,
    GOTRACE_GO_SYS_EXIT = 29,
    GOTRACE_TYPES_END = 37 /* those of Go 1.5 are below */
};

struct gotrace {
    struct output *output;
    bool by_realtime; /* ticks are ns of the streams' real time */
    uint64_t ticks_per_second;
    bool in_batch;
    uint64_t p; /* of the last event */
    uint64_t seq;
    uint64_t tick;
    struct definitions stacks; /* hash of a stack → its number, 8 bytes, and its addresses */
    uint64_t stack_count;
    uint64_t left_out;
    uint64_t records;
    uint64_t moved; /* events that got a later time */
};

// ---------------------------------------------------------------------------------------------------------------
// Bytes

struct gotrace_bytes {
    uint8_t data[GOTRACE_EVENT_MAX];
    size_t len;
};

static void gotrace_put(struct gotrace_bytes *bytes, uint64_t value)
{
    for (; value >= 0x80; value /= 0x80) {
        bytes->data[bytes->len++] = (uint8_t)(value % 0x80 + 0x80);
    }
    bytes->data[bytes->len++] = (uint8_t)value;
}

// count: what the first byte says of the arguments.
static void gotrace_put_type(struct gotrace_bytes *bytes, uint64_t type, size_t count)
{
    bytes->data[bytes->len++] = (uint8_t)(type + 0x40 * count);
}

static void gotrace_write(const struct gotrace *gotrace, const struct gotrace_bytes *bytes)
{
    output_bytes(gotrace->output, bytes->data, bytes->len);
}

// ---------------------------------------------------------------------------------------------------------------
// Time

static uint64_t gotrace_ticks_per_second(const struct timeline *timeline)
{
    const struct strand_file_header *header = &timeline->inputs->streams[0].origins[0].header;
    if (timeline->by_realtime || header->tick_num == 0) { // a bare strand states none
        return GOTRACE_NS_PER_SECOND;
    }
    return (uint64_t)GOTRACE_NS_PER_SECOND * header->tick_den / header->tick_num;
}

static uint64_t gotrace_tick(const struct gotrace *gotrace, const struct entry *entry)
{
    const struct strand_file_header *header = &entry->origin->header;
    uint64_t tick = stream_tick(entry->stream);
    if (gotrace->by_realtime) {
        return strand_file_realtime(header, tick);
    }
    // A clock that ticks less than once a second has no frequency in Go's eyes.
    return gotrace->ticks_per_second > 0 ? tick : strand_ticks_to_ns(header, tick);
}

// ---------------------------------------------------------------------------------------------------------------
// Stacks

// FNV-1a: equal stacks, equal hashes. That different ones may have one, too, is looked at.
static uint64_t gotrace_hash(struct strand_span bytes)
{
    uint64_t hash = 0xCBF29CE484222325u;
    for (size_t i = 0; i < bytes.len; i++) {
        hash = (hash ^ bytes.data[i]) * 0x100000001B3u;
    }
    return hash;
}

static void gotrace_write_stack(const struct gotrace *gotrace, uint64_t id, uint64_t frames, struct strand_span pcs)
{
    struct gotrace_bytes head = {.len = 0}, numbers = {.len = 0};
    gotrace_put(&numbers, id);
    gotrace_put(&numbers, frames);
    gotrace_put_type(&head, STRAND_WIRE_TRACE_STACK, GOTRACE_COUNTED);
    gotrace_put(&head, numbers.len + pcs.len);
    gotrace_write(gotrace, &head);
    gotrace_write(gotrace, &numbers);
    output_bytes(gotrace->output, pcs.data, pcs.len);
}

// The file's number of a stack, which is written where it is new.
static uint64_t gotrace_number(struct gotrace *gotrace, uint64_t frames, struct strand_span pcs)
{
    uint64_t hash = gotrace_hash(pcs), number;
    struct strand_span known;
    for (; definitions_find(&gotrace->stacks, STRAND_DEF_STACK, hash, &known); hash++) {
        if (known.len == sizeof number + pcs.len && memcmp(known.data + sizeof number, pcs.data, pcs.len) == 0) {
            memcpy(&number, known.data, sizeof number);
            return number;
        }
    }
    number = ++gotrace->stack_count;
    uint8_t *body = report_resize(NULL, sizeof number + pcs.len, 1);
    memcpy(body, &number, sizeof number);
    memcpy(body + sizeof number, pcs.data, pcs.len);
    definitions_put(&gotrace->stacks, STRAND_DEF_STACK, hash, (struct strand_span){body, sizeof number + pcs.len});
    free(body);
    gotrace_write_stack(gotrace, number, frames, pcs);
    return number;
}

// What a stack argument stands for: addresses, at most as many as Go takes. Returns: false for none.
static bool gotrace_find_stack(const struct entry *entry, uint64_t id, uint64_t *ret_frames,
                               struct strand_span *ret_pcs)
{
    struct strand_span body, rest;
    struct strand_fields fields;
    struct strand_field field;
    uint64_t pc;
    if (id == 0 || !stream_definition(entry->stream, STRAND_DEF_STACK, id, &body)) {
        return false;
    }
    strand_fields_init(&fields, body, STRAND_DIALECT_NATIVE);
    if (strand_decode_field(&fields, &field) != STRAND_OK || field.type != STRAND_WIRE_TRACEBACK) {
        return false;
    }
    rest = field.data;
    *ret_frames = 0;
    while (*ret_frames < GOTRACE_FRAMES_MAX && strand_decode_value(&rest, &pc) == STRAND_OK) {
        ++*ret_frames;
    }
    *ret_pcs = (struct strand_span){field.data.data, field.data.len - rest.len};
    return *ret_frames > 0;
}

static uint64_t gotrace_stack(struct gotrace *gotrace, const struct entry *entry, uint64_t id)
{
    struct strand_span pcs;
    uint64_t frames;
    return gotrace_find_stack(entry, id, &frames, &pcs) ? gotrace_number(gotrace, frames, pcs) : 0;
}

// Where a stack begins; an id that is none is an address already.
static uint64_t gotrace_start_pc(const struct entry *entry, uint64_t id)
{
    struct strand_span pcs;
    uint64_t frames, pc = id;
    if (gotrace_find_stack(entry, id, &frames, &pcs)) {
        strand_decode_value(&pcs, &pc);
    }
    return pc;
}

// ---------------------------------------------------------------------------------------------------------------
// Events

struct gotrace_event {
    uint64_t type;
    uint64_t p;
    uint64_t args[GOTRACE_ARGS_MAX];
    size_t count;
    bool has_stack; /* the last argument is one */
};

// Arguments that versions behind 1.5 put into an event: `count` of them, from `first` on.
struct gotrace_addition {
    uint8_t type;
    uint8_t first;
    uint8_t count;
};

static const struct gotrace_addition gotrace_additions[] = {
    {GOTRACE_GC_START, 0, 1}, {GOTRACE_STW_START, 0, 1},  {GOTRACE_GC_SWEEP_DONE, 0, 2},
    {GOTRACE_GO_START, 1, 1}, {GOTRACE_GO_UNBLOCK, 1, 1},
};

static struct gotrace_addition gotrace_addition_of(uint64_t type)
{
    for (size_t i = 0; i < sizeof gotrace_additions / sizeof gotrace_additions[0]; i++) {
        if (gotrace_additions[i].type == type) {
            return gotrace_additions[i];
        }
    }
    return (struct gotrace_addition){0, 0, 0};
}

static size_t gotrace_names(const char *names)
{
    size_t count = names[0] != '\0';
    for (; *names != '\0'; names++) {
        count += *names == ',';
    }
    return count;
}

// Gives the event the arguments that it has in Go 1.5. Returns: false where it has others.
static bool gotrace_fit(struct gotrace_event *event)
{
    const struct strand_trace_schema *schema = strand_trace_go_schema(event->type);
    const struct gotrace_addition addition = gotrace_addition_of(event->type);
    const size_t newest = gotrace_names(schema->args), wanted = newest - addition.count;
    if (event->count == newest && addition.count > 0) {
        size_t behind = newest - addition.first - addition.count;
        memmove(event->args + addition.first, event->args + addition.first + addition.count,
                behind * sizeof event->args[0]);
        event->count = wanted;
    }
    event->has_stack = schema->stack_arg >= 0;
    if (event->has_stack && event->count + 1 == wanted) {
        event->args[event->count++] = 0;
    }
    return event->count == wanted;
}

// Reads an event's arguments. Returns: false where Go 1.5 has no such event.
static bool gotrace_take(uint64_t type, uint64_t p, struct strand_span args, struct gotrace_event *ret_event)
{
    *ret_event = (struct gotrace_event){.type = type, .p = p};
    if (type >= GOTRACE_TYPES_END) {
        return false;
    }
    while (ret_event->count < GOTRACE_ARGS_MAX &&
           strand_decode_value(&args, &ret_event->args[ret_event->count]) == STRAND_OK) {
        ret_event->count++;
    }
    return gotrace_fit(ret_event);
}

static void gotrace_batch(struct gotrace *gotrace, uint64_t p)
{
    struct gotrace_bytes bytes = {.len = 0};
    gotrace_put_type(&bytes, STRAND_WIRE_TRACE_BATCH, 1);
    gotrace_put(&bytes, p);
    gotrace_put(&bytes, gotrace->seq);
    gotrace_put(&bytes, gotrace->tick);
    if (!gotrace->in_batch) {
        gotrace_put_type(&bytes, STRAND_WIRE_TRACE_FREQUENCY, 0);
        gotrace_put(&bytes, gotrace->ticks_per_second > 0 ? gotrace->ticks_per_second : GOTRACE_NS_PER_SECOND);
        gotrace_put(&bytes, 0);
    }
    gotrace_write(gotrace, &bytes);
    gotrace->in_batch = true;
    gotrace->p = p;
}

static void gotrace_write_event(const struct gotrace *gotrace, const struct gotrace_event *event, uint64_t ticks)
{
    struct gotrace_bytes bytes = {.len = 0}, args = {.len = 0};
    gotrace_put(&args, 1);
    gotrace_put(&args, ticks);
    for (size_t i = 0; i < event->count; i++) {
        gotrace_put(&args, event->args[i]);
    }
    gotrace_put_type(&bytes, event->type, event->count < GOTRACE_COUNTED ? event->count : GOTRACE_COUNTED);
    if (event->count >= GOTRACE_COUNTED) {
        gotrace_put(&bytes, args.len);
    }
    gotrace_write(gotrace, &bytes);
    gotrace_write(gotrace, &args);
}

static void gotrace_event(struct gotrace *gotrace, const struct entry *entry, struct gotrace_event *event)
{
    uint64_t tick = gotrace_tick(gotrace, entry);
    if (!gotrace->in_batch) {
        gotrace->tick = tick;
    }
    if (tick < gotrace->tick) {
        tick = gotrace->tick;
        gotrace->moved++;
    }
    if (!gotrace->in_batch || event->p != gotrace->p) {
        gotrace_batch(gotrace, event->p);
    }
    if (event->has_stack) {
        event->args[event->count - 1] = gotrace_stack(gotrace, entry, event->args[event->count - 1]);
    }
    if (event->type == GOTRACE_GO_CREATE) {
        event->args[1] = gotrace_start_pc(entry, event->args[1]);
    } else if (event->type == GOTRACE_GO_SYS_EXIT) {
        event->args[1] = gotrace->seq + 1;
        event->args[2] = 0; // the time of the event
    }
    gotrace_write_event(gotrace, event, tick - gotrace->tick);
    gotrace->seq++;
    gotrace->tick = tick;
}

// ---------------------------------------------------------------------------------------------------------------
// Entries

// The event that a record of a merged file stands for. Returns: false where it stands for itself.
static bool gotrace_is_event(const struct stream *stream, uint64_t *ret_type, struct strand_span *ret_args)
{
    struct strand_fields fields;
    struct strand_field field;
    uint64_t seq;
    strand_fields_init(&fields, stream->item.frame.body, STRAND_DIALECT_NATIVE);
    if (!stream->merged || strand_decode_field(&fields, &field) != STRAND_OK || field.type != STRAND_WIRE_STRAND ||
        strand_decode_field(&fields, &field) != STRAND_OK || field.type != STRAND_WIRE_EVENT) {
        return false;
    }
    *ret_args = field.data;
    return strand_decode_value(ret_args, ret_type) == STRAND_OK && strand_decode_value(ret_args, &seq) == STRAND_OK;
}

static void gotrace_entry(struct gotrace *gotrace, const struct entry *entry)
{
    const struct strand_item *item = &entry->stream->item;
    struct strand_span args = item->event.args;
    struct gotrace_event event;
    uint64_t type = item->event.type;
    if (item->kind == STRAND_ITEM_DIAG) {
        return; // standard error was told
    }
    bool is_event = item->kind == STRAND_ITEM_EVENT;
    if (!is_event && !gotrace_is_event(entry->stream, &type, &args)) {
        gotrace->records++;
    } else if (gotrace_take(type, is_event ? item->event.p : (uint64_t)item->frame.p, args, &event)) {
        gotrace_event(gotrace, entry, &event);
    } else {
        gotrace->left_out++;
    }
}

static void gotrace_tell(const struct gotrace *gotrace)
{
    if (gotrace->left_out > 0) {
        report(NULL, "note: %" PRIu64 " events are none of Go 1.5's, and were left out", gotrace->left_out);
    }
    if (gotrace->records > 0) {
        report(NULL, "note: %" PRIu64 " records are no events, and were left out", gotrace->records);
    }
    if (gotrace->moved > 0) {
        report(NULL, "note: %" PRIu64 " events were earlier than the one before, and got its time", gotrace->moved);
    }
}

void gotrace_run(struct timeline *timeline, struct output *output)
{
    static const uint8_t header[16] = "go 1.5 trace";
    struct gotrace gotrace = {.output = output, .by_realtime = timeline->by_realtime};
    struct entry entry;
    gotrace.ticks_per_second = gotrace_ticks_per_second(timeline);
    output_bytes(output, header, sizeof header);
    while (!output_is_gone(output) && timeline_next(timeline, &entry)) {
        gotrace_entry(&gotrace, &entry);
    }
    gotrace_tell(&gotrace);
    definitions_free(&gotrace.stacks);
}
