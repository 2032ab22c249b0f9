/* SPDX-License-Identifier: MIT
 *
 * strand_trace.h: execution traces: batches of events in the encoding of Go's tracer.
 *
 * An event is one byte, type (6 bits) and count << 6, then uvarint arguments: the deltas first (sequence and tick in
 * Go 1.5 and here; tick alone in Go 1.7 to 1.21), then its own. Count 3 means that a length in bytes precedes the
 * arguments, so an event of any type can be skipped. A Batch event states what the deltas of the first event behind
 * it count from; each further event counts from the one before it.
 *
 * Events are encoded with a struct strand_encoder, by hand or inside strand_writer_begin_frame … strand_writer_end
 * of a trace strand; a failing write takes all events since the begin back. Event schemas are data: Go's and ours are
 * built in, an application's travel as DEF frames of kind EVENT.
 *
 * Cost: O(bytes), no allocation. Async-signal-safe. Spec: 12.
 */
#ifndef STRAND_TRACE_H
#define STRAND_TRACE_H

#include "strand_decode.h"
#include "strand_encode.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Largest event, in bytes: a length that says more is STRAND_TRACE_BAD_EVENT. Spec: 14. */
#define STRAND_TRACE_EVENT_MAX 1048576u

/* Encoding of a trace. */
enum strand_trace_dialect {
    STRAND_TRACE_GO1_5 = 0, /* ours too: two deltas, strings as event 37 */
    STRAND_TRACE_GO1_7 = 1  /* Go 1.7 to 1.21: one delta, event 37 is id, length, string without the rule, and event
                             * 48 trails a length and string */
};

/* Opens the encoder for events without a frame around them; close with strand_encode_end (at most
 * STRAND_TRACE_EVENT_MAX bytes at once). Drops what is open. */
STRAND_API void strand_trace_begin(struct strand_encoder *e);

/* Batch: whose events follow, and the tick that their deltas count from. Spec: 12.2. */
STRAND_API void strand_trace_batch(struct strand_encoder *e, uint64_t pid, uint64_t tick);

/* An event of our dialect at tick, behind a Batch, with count arguments of its own. The type is above 0 and none of
 * those without a time (struct strand_event); types of 63 and above travel as EXT. Ticks that go back wrap modulo
 * 2^64. Spec: 12.3. */
STRAND_API void strand_trace_event(struct strand_encoder *e, uint64_t type, uint64_t tick, const uint64_t *args,
                                   size_t count);

/* Definitions, to stand in the block that first uses them. Spec: 12.4. */
STRAND_API void strand_trace_stack(struct strand_encoder *e, uint64_t id, const uint64_t *pcs, size_t count);
STRAND_API void strand_trace_string(struct strand_encoder *e, uint64_t id, const char *s, size_t len);
STRAND_API void strand_trace_frequency(struct strand_encoder *e, uint64_t ticks_per_second);

/* A decoded event. */
struct strand_event {
    uint64_t type;           /* event type; that of an EXT event is resolved */
    uint64_t off;            /* offset of its first byte */
    uint64_t tick;           /* with its deltas summed; of Batch: its own; 0 where an event has none */
    uint64_t seq;            /* likewise; 0 in a dialect without */
    uint64_t p;              /* of the batch it stands in */
    bool timed;              /* false: Batch, Frequency, Stack, TimerGoroutine (35), String: no time of their own */
    bool has_seq;            /* the dialect has sequence numbers */
    uint64_t arg_count;      /* arguments of its own, without the deltas (Batch, Stack …: all; String: its id) */
    struct strand_span args; /* the varints, for strand_decode_value */
    struct strand_span text; /* String and UserLog: the string; data is NULL where there is none */
};

/* The members are private. */
struct strand_trace_decoder {
    const uint8_t *priv_base;
    size_t priv_len;
    size_t priv_pos;
    uint64_t priv_window_off;
    uint64_t priv_tick;
    uint64_t priv_seq;
    uint64_t priv_p;
    size_t priv_need;
    enum strand_status priv_latched;
    uint8_t priv_dialect;
    uint8_t priv_has_batch;
    uint8_t priv_final;
};

/* Starts a decoder; feed it as strand_decoder_feed. Returns: STRAND_OK · STRAND_BAD_VERSION. */
STRAND_API enum strand_status strand_trace_decoder_init(struct strand_trace_decoder *d, size_t size,
                                                        unsigned abi_version, enum strand_trace_dialect dialect);
STRAND_API void strand_trace_decoder_set_off(struct strand_trace_decoder *d, uint64_t off);
STRAND_API enum strand_status strand_trace_decoder_feed(struct strand_trace_decoder *d, const uint8_t *bytes,
                                                        size_t len, bool final);

/* Decodes the next event.
 * Returns: STRAND_OK · STRAND_END · STRAND_MORE · STRAND_TRACE_NO_BATCH (an event before any Batch) ·
 * STRAND_TRACE_PAST_END · STRAND_TRACE_BAD_EVENT · STRAND_VARINT_LONG · STRAND_VARINT_RANGE (each for the rest of
 * the input: told once, then STRAND_END). An extended frame in a batch (its first bytes are 01 00) is no event, and
 * bad as one: who expects any looks for it first. Spec: 12.2, 12.3. */
STRAND_API enum strand_status strand_decode_event(struct strand_trace_decoder *d, struct strand_event *ret_event);
STRAND_API uint64_t strand_trace_decoder_off(const struct strand_trace_decoder *d);

/* Bytes from strand_trace_decoder_off on that go at least a step further after STRAND_MORE; at most
 * STRAND_TRACE_EVENT_MAX + STRAND_VARINT_MAX. */
STRAND_API size_t strand_trace_decoder_need(const struct strand_trace_decoder *d);

/* Offset of the event that the last bad status was about. */
STRAND_API uint64_t strand_trace_decoder_error_off(const struct strand_trace_decoder *d);

/* Reads the 16 bytes that head a Go trace file. Out: its version as 1005 for "go 1.5", and the dialect.
 * Returns: STRAND_OK · STRAND_BAD_MAGIC · STRAND_UNKNOWN_MAJOR (Go 1.22 and later: another format). Spec: 12.6. */
STRAND_API enum strand_status strand_trace_go_header(const uint8_t bytes[16], unsigned *ret_version,
                                                     enum strand_trace_dialect *ret_dialect);

/* What an event type means. Spec: 12.5. */
struct strand_trace_schema {
    const char *name;
    const char *args; /* names of its own arguments, separated by commas */
    uint8_t type;
    int8_t stack_arg; /* which of them (from 0) is the id of the stack where it happened; -1: none */
    int8_t what_arg;  /* which is the number of the declared event that it is about; -1: none */
    uint16_t since;   /* first Go version, 1005 for 1.5; 0: our own */
};

/* Schema of one of Go's events, in the newest version that has it. Returns: a constant, or NULL for a type that Go doesn't have. */
STRAND_API const struct strand_trace_schema *strand_trace_go_schema(uint64_t type);

/* Schema of an event of our dialect that needs no definition, one of Go's or of our own (50 to 56): with so many
 * arguments, since some of Go's got more of them after 1.5. Returns: a constant, or NULL. Spec: 12.5. */
STRAND_API const struct strand_trace_schema *strand_trace_schema_of(uint64_t type, uint64_t arg_count);

#ifdef __cplusplus
}
#endif

#endif
