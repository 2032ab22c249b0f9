/* SPDX-License-Identifier: MIT
 *
 * strand_tracer.h: the execution tracer: what each thread did, event by event.
 *
 *     strand_trace_start(NULL);                            in the program:  strand_trace(REQUEST, id, bytes);
 *     while (strand_trace_read(buf, sizeof buf, 100000000, &len) != STRAND_END) write(fd, buf, len);
 *
 * Each thread writes batches of 64 KiB into a ring of its own (under STRAND_DIR: a ring file); a batch is read once
 * it is full, or when strand_trace_advance asks for what there is. What a slow reader misses was overwritten and is
 * counted, exactly. Nobody waits for a reader: without, the rings are a *flight recorder* for strand_trace_snapshot.
 * An event that is being written while the trace is stopped may be in it or not.
 *
 * Events: those of the built-in kinds below, and the application's own, declared once with their names. Each
 * may carry the stack where it happened; the same stack is stored once a batch.
 *
 * What is read is a stream file of fragments (spec 11.1.4): append it to a file, pipe it, hand it to logcat-merge.
 *
 * Threads, handlers: events may be written anywhere, in handlers too; advance and snapshot as well. Start, stop and
 * read from any thread, not in handlers. After fork the child has no trace; what was declared stays.
 * Cost of an event: one load when there is no trace, STRAND_TRACE when there is. strand_trace and strand_trace_kind are
 * C only, as STRAND_TRACE is; C++ has strand_trace_here, and strand_record_event with strand_tracer.
 * STRAND_DISABLE makes the events nothing; start, stop, read, declare and all other functions still need the recorder.
 */
#ifndef STRAND_TRACER_H
#define STRAND_TRACER_H

#include "strand_recorder.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The built-in events; `what` is the number of a declared event, whose name they bear. Spec: 12.1. */
enum strand_trace_type {
    STRAND_TRACE_BEGIN = 50,      /* what: a span begins in this thread */
    STRAND_TRACE_END = 51,        /* what: and ends; spans nest */
    STRAND_TRACE_COUNT = 52,      /* what, value: a counter has this value now */
    STRAND_TRACE_MARK = 53,       /* what: an instant */
    STRAND_TRACE_FLOW_BEGIN = 54, /* what, id: an asynchronous flow begins */
    STRAND_TRACE_FLOW_STEP = 55,  /* what, id: goes on, here */
    STRAND_TRACE_FLOW_END = 56    /* what, id: and ends */
};

#define STRAND_EVENT_ARGS 12u /* arguments that may be declared */

/* A declared event. Argument names may be fewer than the arguments that come, but not where it has a stack. */
struct strand_event_schema {
    const char *name;
    bool has_stack; /* behind these arguments comes the stack where it happened, which strand_trace_here adds */
    size_t arg_count;
    struct {
        const char *name;
        const char *unit; /* "bytes", "ns", …; "" or NULL: none */
    } args[STRAND_EVENT_ARGS];
};

#define STRAND_EVENT_FIRST 64u /* numbers of declared events */

/* Declares an event for the session; before or while tracing. Not in a signal handler.
 * Out: *ret_number, what to write it with. Returns: STRAND_OK · STRAND_FULL · STRAND_BAD_ARGUMENT. */
enum strand_status strand_trace_declare(const struct strand_event_schema *schema, uint64_t *ret_number);

struct strand_trace_options {
    size_t bytes;         /* of a thread's ring, 128 KiB or more; 0: 1 MiB. Flight recorder: the last so many … */
    uint64_t duration_ns; /* … and of them, in a snapshot, those of the last so many ns; 0: all */
    void (*on_start)(void *context); /* called when the trace is on: emits what exists already. NULL: nobody */
    void *context;
    int crash_fd; /* > 0: where a crash writes what was not read yet, and what strand_trace_read gave out last */
};

/* Starts a trace. NULL: the defaults. Returns: STRAND_OK · STRAND_BUSY (there is one, or one that was stopped was not
 * read to its end) · STRAND_BAD_ARGUMENT. */
enum strand_status strand_trace_start(const struct strand_trace_options *options);

/* Stops it: events are nothing from now on; what there is can be read to its end. */
void strand_trace_stop(void);

bool strand_trace_is_on(void);

/* Reads on: whole fragments of what is ready, waiting up to wait_ns for some.
 * In: buf[0 … cap), cap at least STRAND_TRACE_READ_MIN.
 * Returns: STRAND_OK (*ret_len bytes) · STRAND_MORE (nothing yet) · STRAND_END (stopped, and all was read) ·
 * STRAND_BUSY (another reader is at it) · STRAND_NOT_OPEN (no trace was started) · STRAND_BAD_ARGUMENT (cap). */
enum strand_status strand_trace_read(uint8_t *buf, size_t cap, uint64_t wait_ns, size_t *ret_len);
#define STRAND_TRACE_READ_MIN 131072u

/* Makes what was traced so far readable from now on, full batches or not. A batch that is read before it is full is
 * read again when it is; the later one counts. Async-signal-safe. */
void strand_trace_advance(void);

/* Writes what the rings hold now to a descriptor, without stopping anyone, a running strand_trace_read neither.
 * Async-signal-safe. Returns: STRAND_OK · STRAND_NOT_OPEN (no trace, or the descriptor does not take it: errno). */
enum strand_status strand_trace_snapshot(int fd);

/* Ticks in a second. */
uint64_t strand_trace_ticks_per_second(void);

/* Writes an event with the caller's stack as its last argument: type below 63, or a declared number; nothing where no
 * event can have the type. Of args the first STRAND_EVENT_ARGS. Stack 0: there was no room to keep it. Cost: 1 to 3 us,
 * by the depth of the stack. */
void strand_trace_here(uint64_t type, const uint64_t *args, size_t count);

/* Private: 0 when there is no trace; and a thread's tracer of this generation. */
extern uint64_t strand_trace_generation;
struct strand_writer *strand_tracer_take(uint64_t generation);

static inline struct strand_writer *strand_tracer(uint64_t generation)
{
    return __builtin_expect(strand_this_thread.priv_trace_generation == generation, 1)
               ? strand_this_thread.priv_trace
               : strand_tracer_take(generation);
}

/* Writes an event at the time of the call; nothing where there is no trace.
 *     strand_trace_kind(STRAND_TRACE_BEGIN, request);        a built-in kind (a constant), and its arguments
 *     strand_trace(request, id, bytes);                 a declared event, and up to 11 arguments */
#ifdef STRAND_DISABLE
#define strand_trace_kind(...) STRAND_NOT_TRACED(NULL, __VA_ARGS__)
#define strand_trace(...) STRAND_NOT_TRACED(NULL, 0, __VA_ARGS__)
#define strand_trace_here(type, args, count) ((void)sizeof(type), (void)sizeof(args), (void)sizeof(count))
#else
#define strand_trace_kind(...)                                                                                       \
    do {                                                                                                             \
        const uint64_t strand_generation = __atomic_load_n(&strand_trace_generation, __ATOMIC_RELAXED);              \
        if (strand_generation != 0) {                                                                                \
            STRAND_TRACE(strand_tracer(strand_generation), __VA_ARGS__);                                             \
        }                                                                                                            \
    } while (0)
#define strand_trace(...) strand_trace_kind(STRAND_TRACE_EXT, __VA_ARGS__)
#define STRAND_TRACE_EXT 63 /* its first argument is the number */
#endif

#ifdef __cplusplus
}
#endif

#endif
