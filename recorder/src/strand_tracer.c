/* SPDX-License-Identifier: MIT
 *
 * strand_tracer.c: the writing half of the execution tracer.
 *
 *     start ──→ generation n ──→ stop: 0                what an event looks at first
 *
 *     thread    priv_trace, of generation n             its tracer: a logger whose ring has blocks of 64 KiB
 *                 └ spare → spare …                     for handlers that interrupt an event
 *
 * There is no list of who traces and nobody is told of a stop or a start: an event that meets another generation than
 * its thread's takes a tracer anew, and those of older generations are left to the pool, which starts them again.
 *
 * An event with its stack is two in one: what defines the stack, unless the block it goes to has done so, and the
 * event.
 */
#define _GNU_SOURCE
#include "strand_tracer.h"

#include "strand_definitions.h"
#include "strand_platform.h"
#include "strand_pool.h"
#include "strand_stack.h"

#include <pthread.h>
#include <string.h>

#define STRAND_TRACE_BYTES_DEFAULT 1048576u
#define STRAND_TRACE_BYTES_MIN 131072u
#define STRAND_TRACE_BYTES_MAX 1073741824u

uint64_t strand_trace_generation;
struct strand_trace_control strand_trace_control;

static struct strand_writer strand_no_tracer = STRAND_WRITER_STAND_IN(NULL);
static uint64_t strand_next_event = STRAND_EVENT_FIRST; // touched by who has the definitions

// ---------------------------------------------------------------------------------------------------------------
// Start and stop

static bool strand_trace_swap_state(uint32_t from, uint32_t to)
{
    return STRAND_SWAP(&strand_trace_control.state, &from, to);
}

static void strand_trace_set_state(uint32_t state)
{
    __atomic_store_n(&strand_trace_control.state, state, __ATOMIC_RELEASE);
}

// The parent's trace goes on in the parent; its reader, too, and its strands are no longer in the child's list.
static void strand_trace_fork_child(void)
{
    __atomic_store_n(&strand_trace_generation, 0, __ATOMIC_RELAXED);
    strand_this_thread.priv_trace = NULL;
    strand_this_thread.priv_trace_generation = 0;
    strand_trace_control.crash_fd = 0;
    strand_trace_control.reader = 0;
    strand_trace_control.crashed = 0;
    strand_trace_set_state(STRAND_TRACE_STATE_NONE);
}

// Behind the recorder's own, so that the child's session is new when this runs.
static void strand_trace_watch_forks(void)
{
    static bool watched;
    if (!watched) {
        watched = pthread_atfork(NULL, NULL, strand_trace_fork_child) == 0;
    }
}

static bool strand_trace_options_sound(const struct strand_trace_options *options)
{
    return options->bytes == 0 ||
           (options->bytes >= STRAND_TRACE_BYTES_MIN && options->bytes <= STRAND_TRACE_BYTES_MAX);
}

static void strand_trace_set_up(const struct strand_trace_options *options)
{
    const size_t bytes = options->bytes != 0 ? options->bytes : STRAND_TRACE_BYTES_DEFAULT;
    const size_t blocks = bytes / STRAND_TRACE_RING_BLOCK * STRAND_TRACE_RING_BLOCK;
    // Relaxed: who looks at these while they change belongs to the trace before, and writes or reads for nobody.
    __atomic_store_n(&strand_session.trace_size, (uint32_t)(STRAND_FILE_HEADER_RING + blocks), __ATOMIC_RELAXED);
    __atomic_store_n(&strand_trace_control.duration_ns, options->duration_ns, __ATOMIC_RELAXED);
    __atomic_store_n(&strand_trace_control.crash_fd, options->crash_fd, __ATOMIC_RELAXED);
    strand_stack_table_begin(); // without memory for it events are there, their stacks are not
    strand_trace_watch_forks();
}

enum strand_status strand_trace_start(const struct strand_trace_options *options)
{
    static const struct strand_trace_options defaults;
    options = options != NULL ? options : &defaults;
    if (!strand_trace_options_sound(options)) {
        return STRAND_BAD_ARGUMENT;
    }
    if (!strand_session_begin() || (!strand_trace_swap_state(STRAND_TRACE_STATE_NONE, STRAND_TRACE_STATE_CHANGING) &&
                                    !strand_trace_swap_state(STRAND_TRACE_STATE_READ, STRAND_TRACE_STATE_CHANGING))) {
        return STRAND_BUSY;
    }
    strand_trace_set_up(options);
    __atomic_store_n(&strand_trace_control.advances, 0, __ATOMIC_RELAXED); // what a strand's marks begin with
    const uint64_t generation = strand_trace_control.generation + 1;
    __atomic_store_n(&strand_trace_control.generation, generation, __ATOMIC_RELEASE);
    __atomic_store_n(&strand_trace_generation, generation, __ATOMIC_RELEASE);
    strand_trace_set_state(STRAND_TRACE_STATE_ON);
    if (options->on_start != NULL) {
        options->on_start(options->context);
    }
    return STRAND_OK;
}

void strand_trace_stop(void)
{
    if (strand_trace_swap_state(STRAND_TRACE_STATE_ON, STRAND_TRACE_STATE_CHANGING)) {
        __atomic_store_n(&strand_trace_generation, 0, __ATOMIC_RELAXED);
        strand_trace_set_state(STRAND_TRACE_STATE_STOPPED);
        strand_trace_ring_bell();
    }
}

bool strand_trace_is_on(void)
{
    return __atomic_load_n(&strand_trace_generation, __ATOMIC_RELAXED) != 0;
}

uint64_t strand_trace_ticks_per_second(void)
{
    strand_session_begin();
    const struct strand_calibration *c = &strand_session.calibration;
    return c->tick_num > 0 ? (1000000000u * (uint64_t)c->tick_den + c->tick_num / 2) / c->tick_num : 0;
}

// ---------------------------------------------------------------------------------------------------------------
// A thread's tracer

// The writer is its logger's first member.
static struct strand_logger *strand_tracer_logger(struct strand_writer *w)
{
    return (struct strand_logger *)(void *)w;
}

static struct strand_writer *strand_tracer_more(void *context, struct strand_writer *w);

// Another strand for the calling thread. NULL: there is none to be had.
static struct strand_writer *strand_tracer_new(uint64_t generation)
{
    struct strand_logger *logger = strand_pool_take(STRAND_KIND_TRACE, generation);
    if (logger == NULL) {
        return NULL;
    }
    logger->tracer.told.seq = 0;
    strand_writer_set_more_spares(&logger->writer, strand_tracer_more, NULL);
    return &logger->writer;
}

// For a handler that finds w and its spares busy. Of w's generation, though the trace may have ended meanwhile.
static struct strand_writer *strand_tracer_more(void *context, struct strand_writer *w)
{
    struct strand_writer *spare = strand_tracer_new(strand_tracer_logger(w)->generation);
    (void)context;
    if (spare != NULL) {
        strand_writer_add_spare(w, spare);
    }
    return spare;
}

struct strand_writer *strand_tracer_take(uint64_t generation)
{
    struct strand_writer *there = strand_this_thread.priv_trace;
    struct strand_writer *w = strand_tracer_new(generation);
    if (w == NULL) {
        return &strand_no_tracer; // counts what it refuses
    }
    if (STRAND_SWAP(&strand_this_thread.priv_trace, &there, w)) {
        strand_settle();
        strand_this_thread.priv_trace_generation = generation;
    } else if (there != w && strand_tracer_logger(there)->generation == generation) {
        strand_writer_add_spare(there, w); // a handler that interrupted this has taken one, too
    }
    return w;
}

uint64_t strand_trace_refused(void)
{
    return strand_writer_refused(&strand_no_tracer);
}

// ---------------------------------------------------------------------------------------------------------------
// Declared events

static bool strand_event_schema_sound(const struct strand_event_schema *schema)
{
    bool sound = schema->name != NULL && schema->name[0] != 0 && schema->arg_count <= STRAND_EVENT_ARGS;
    for (size_t i = 0; sound && i < schema->arg_count; i++) {
        sound = schema->args[i].name != NULL;
    }
    return sound;
}

static void strand_encode_c_string(struct strand_encoder *e, const char *s)
{
    strand_encode_string(e, s != NULL ? s : "", s != NULL ? strlen(s) : 0);
}

static void strand_event_encode(struct strand_encoder *e, const struct strand_event_schema *schema, uint64_t number)
{
    strand_encode_begin_def(e, STRAND_DEF_EVENT, number);
    strand_encode_c_string(e, schema->name);
    if (schema->has_stack) {
        strand_encode_uint(e, schema->arg_count); // behind the others
    } else {
        strand_encode_unknown(e);
    }
    for (size_t i = 0; i < schema->arg_count; i++) {
        strand_encode_c_string(e, schema->args[i].name);
        strand_encode_c_string(e, schema->args[i].unit);
    }
    if (schema->has_stack) {
        strand_encode_c_string(e, "stack");
        strand_encode_c_string(e, "");
    }
}

static enum strand_status strand_event_define(struct strand_writer *definitions,
                                              const struct strand_event_schema *schema, uint64_t number)
{
    struct strand_encoder *e;
    enum strand_status status;
    do {
        status = strand_writer_begin_frame(definitions, strand_clock_tick(), strand_clock_monotonic(), &e);
        if (status != STRAND_OK) {
            return STRAND_FULL;
        }
        strand_event_encode(e, schema, number);
        status = strand_writer_end(definitions);
    } while (status == STRAND_AGAIN);
    return status;
}

enum strand_status strand_trace_declare(const struct strand_event_schema *schema, uint64_t *ret_number)
{
    if (!strand_event_schema_sound(schema)) {
        return STRAND_BAD_ARGUMENT;
    }
    struct strand_writer *definitions = strand_definitions_begin();
    if (definitions == NULL) {
        return STRAND_FULL;
    }
    const enum strand_status status = strand_event_define(definitions, schema, strand_next_event);
    if (status == STRAND_OK) {
        *ret_number = strand_next_event++;
    }
    strand_definitions_end();
    return status;
}

// ---------------------------------------------------------------------------------------------------------------
// Events with a stack

// Whether block `seq` of a strand defines the stack already; from here on it does.
static bool strand_stack_tell(struct strand_stacks_told *told, uint64_t seq, uint64_t id)
{
    if (told->seq != seq) {
        memset(told->bits, 0, sizeof told->bits);
        told->seq = seq;
    }
    uint64_t *bits = &told->bits[(id - 1) / 64];
    const uint64_t bit = UINT64_C(1) << (id - 1) % 64;
    const bool was_told = (*bits & bit) != 0;
    *bits |= bit;
    return was_told;
}

// Both events or none: what is told is so only because in an empty block there always is room for them.
static void strand_trace_with_stack(struct strand_writer *w, uint64_t type, const uint64_t *args, size_t count,
                                    const uint64_t *pcs, size_t depth)
{
    const uint64_t id = args[count - 1];
    struct strand_encoder *e;
    do {
        if (strand_writer_begin_frame(w, strand_clock_tick(), 0, &e) != STRAND_OK) {
            return;
        }
        if (id != 0 && !strand_stack_tell(&strand_tracer_logger(w)->tracer.told, strand_writer_seq(w), id)) {
            strand_trace_stack(e, id, pcs, depth);
        }
        strand_trace_event(e, type, strand_clock_tick(), args, count);
    } while (strand_writer_end(w) == STRAND_AGAIN);
}

// Not those of events without a time (35 is one of Go's): what would be written could not be read.
static bool strand_trace_type_sound(uint64_t type)
{
    return type != 0 && type != STRAND_WIRE_TRACE_BATCH && type != STRAND_WIRE_TRACE_FREQUENCY &&
           type != STRAND_WIRE_TRACE_STACK && type != 35 && type != STRAND_WIRE_TRACE_STRING;
}

__attribute__((noinline)) void strand_trace_here(uint64_t type, const uint64_t *args, size_t count)
{
    const uint64_t generation = __atomic_load_n(&strand_trace_generation, __ATOMIC_RELAXED);
    if (generation == 0 || !strand_trace_type_sound(type)) {
        return;
    }
    uint64_t pcs[STRAND_STACK_MAX];
    uint64_t with_stack[STRAND_EVENT_ARGS + 1];
    const size_t depth = strand_stack_capture(pcs, STRAND_STACK_MAX, 1);
    const size_t kept = count < STRAND_EVENT_ARGS ? count : STRAND_EVENT_ARGS;
    for (size_t i = 0; i < kept; i++) {
        with_stack[i] = args[i];
    }
    with_stack[kept] = strand_stack_table_add(pcs, depth);
    struct strand_writer *w = strand_writer_or_spare(strand_tracer(generation));
    if (w != NULL) {
        strand_trace_with_stack(w, type, with_stack, kept + 1, pcs, depth);
    }
}
