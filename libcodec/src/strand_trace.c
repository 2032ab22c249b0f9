/* SPDX-License-Identifier: MIT
 *
 * strand_trace.c: events of execution traces → bytes, and back.
 *
 *     7 6     5 … 0
 *     0–2     type    │ arguments: the deltas, and 0–2 of its own
 *     3       type    │ length │ arguments, length bytes
 *
 *     01+40   pid │ 0 │ tick              Batch: the deltas behind it count from here on
 *     0D+80   0 │ 5 │ g │ stack           GoCreate, two arguments, 5 ticks later
 *     2F+C0   5 │ 0 │ 3 │ 1 │ 2 │ 9       UserRegion, three arguments: 5 bytes of them, 3 ticks later
 *     3F+40   0 │ 1 │ C8 01               EXT: event 200, 1 tick later; the number is its first argument
 *     25+C0   4 │ 7 │ 2 │ "ok"            String 7
 *
 * An event counts its deltas from the event before it, so an encoder's tick moves with each. What an event that is
 * taken back had moved is taken back with it: as with a record's sync, only strand_encode_end makes it stay.
 *
 * The decoder takes one event at a time off the front of its window, all of it or nothing. What the bytes of an event
 * say about their number is checked before anything is made of it, so that a caller may trust arg_count and text.
 */
#include "strand_trace.h"

#include "strand_cursor.h"
#include "strand_put.h"

#define STRAND_TRACE_TYPES 64u              // first byte = type + this × count
#define STRAND_TRACE_COUNTED 3u             // the count that says that a length precedes the arguments
#define STRAND_TRACE_WINDOW_MAX 0x40000000u // windows are smaller than this, so that sizes can be added

// Events of Go's with rules of their own: one without a time, and one that a string trails (from Go 1.7 on).
#define STRAND_GO_TIMER_GOROUTINE 35u
#define STRAND_GO_USER_LOG 48u

// Events without a time of their own carry no deltas.
static bool strand_trace_timed(uint64_t type)
{
    switch (type) {
    case STRAND_WIRE_TRACE_BATCH:
    case STRAND_WIRE_TRACE_FREQUENCY:
    case STRAND_WIRE_TRACE_STACK:
    case STRAND_GO_TIMER_GOROUTINE:
    case STRAND_WIRE_TRACE_STRING: return false;
    default: return true;
    }
}

// ---------------------------------------------------------------------------------------------------------------
// Encoding

static void strand_put_event_byte(struct strand_encoder *e, uint64_t type, uint64_t count)
{
    strand_put_byte(e, (uint8_t)(type + STRAND_TRACE_TYPES * count));
}

static void strand_put_counted_event(struct strand_encoder *e, uint64_t type, uint64_t args_len)
{
    strand_put_event_byte(e, type, STRAND_TRACE_COUNTED);
    strand_put_uvarint(e, args_len);
}

static uint64_t strand_uvarints_len(const uint64_t *values, size_t count)
{
    uint64_t len = 0;
    for (size_t i = 0; i < count; i++) {
        len += strand_uvarint_len(values[i]);
    }
    return len;
}

void strand_trace_begin(struct strand_encoder *e)
{
    strand_put_open_bare(e);
}

void strand_trace_batch(struct strand_encoder *e, uint64_t pid, uint64_t tick)
{
    strand_put_event_byte(e, STRAND_WIRE_TRACE_BATCH, 1);
    strand_put_uvarint(e, pid);
    strand_put_uvarint(e, 0);
    strand_put_uvarint(e, tick);
    e->priv_open_tick = tick;
    e->priv_open_has_base = 1;
}

// Writers share no counter, so the sequence delta is always 0.
static void strand_put_deltas(struct strand_encoder *e, uint64_t tick)
{
    strand_put_uvarint(e, 0);
    strand_put_uvarint(e, strand_sub_wrap(tick, e->priv_open_tick));
    e->priv_open_tick = tick;
}

static uint64_t strand_deltas_len(const struct strand_encoder *e, uint64_t tick)
{
    return 1 + strand_uvarint_len(strand_sub_wrap(tick, e->priv_open_tick));
}

static void strand_put_ext_event(struct strand_encoder *e, uint64_t type, uint64_t tick, const uint64_t *args,
                                 size_t count)
{
    if (count + 1 < STRAND_TRACE_COUNTED) {
        strand_put_event_byte(e, STRAND_WIRE_TRACE_EXT, (uint64_t)count + 1);
    } else {
        const uint64_t args_len = strand_uvarint_len(type) + strand_uvarints_len(args, count);
        strand_put_counted_event(e, STRAND_WIRE_TRACE_EXT, strand_deltas_len(e, tick) + args_len);
    }
    strand_put_deltas(e, tick);
    strand_put_uvarint(e, type);
    strand_put_uvarints(e, args, count);
}

void strand_trace_event(struct strand_encoder *e, uint64_t type, uint64_t tick, const uint64_t *args, size_t count)
{
    STRAND_ASSERT(type > 0 && strand_trace_timed(type));
    STRAND_ASSERT(e->priv_open_has_base != 0);
    e->priv_events += 1;
    if (type >= STRAND_WIRE_TRACE_EXT) {
        strand_put_ext_event(e, type, tick, args, count);
        return;
    }
    if (count < STRAND_TRACE_COUNTED) {
        strand_put_event_byte(e, type, count);
    } else {
        strand_put_counted_event(e, type, strand_deltas_len(e, tick) + strand_uvarints_len(args, count));
    }
    strand_put_deltas(e, tick);
    strand_put_uvarints(e, args, count);
}

void strand_trace_stack(struct strand_encoder *e, uint64_t id, const uint64_t *pcs, size_t count)
{
    const uint64_t head_len = strand_uvarint_len(id) + strand_uvarint_len(count);
    strand_put_counted_event(e, STRAND_WIRE_TRACE_STACK, head_len + strand_uvarints_len(pcs, count));
    strand_put_uvarint(e, id);
    strand_put_uvarint(e, count);
    strand_put_uvarints(e, pcs, count);
}

void strand_trace_string(struct strand_encoder *e, uint64_t id, const char *s, size_t len)
{
    const uint64_t head_len = strand_uvarint_len(id) + strand_uvarint_len(len);
    strand_put_counted_event(e, STRAND_WIRE_TRACE_STRING, head_len + len);
    strand_put_uvarint(e, id);
    strand_put_uvarint(e, len);
    strand_put_bytes(e, strand_bytes_of(s, len), len);
}

void strand_trace_frequency(struct strand_encoder *e, uint64_t ticks_per_second)
{
    strand_put_event_byte(e, STRAND_WIRE_TRACE_FREQUENCY, 0);
    strand_put_uvarint(e, ticks_per_second);
    strand_put_uvarint(e, 0);
}

// ---------------------------------------------------------------------------------------------------------------
// Windows

enum strand_status strand_trace_decoder_init(struct strand_trace_decoder *d, size_t size, unsigned abi_version,
                                             enum strand_trace_dialect dialect)
{
    if (size != sizeof *d || abi_version != STRAND_ABI_VERSION) {
        return STRAND_BAD_VERSION;
    }
    d->priv_base = NULL;
    d->priv_len = 0;
    d->priv_pos = 0;
    d->priv_window_off = 0;
    d->priv_tick = 0;
    d->priv_seq = 0;
    d->priv_p = 0;
    d->priv_need = 0;
    d->priv_latched = STRAND_OK;
    d->priv_dialect = dialect == STRAND_TRACE_GO1_7 ? 1 : 0;
    d->priv_has_batch = 0;
    d->priv_final = 0;
    return STRAND_OK;
}

uint64_t strand_trace_decoder_off(const struct strand_trace_decoder *d)
{
    return strand_add_wrap(d->priv_window_off, d->priv_pos);
}

void strand_trace_decoder_set_off(struct strand_trace_decoder *d, uint64_t off)
{
    d->priv_window_off = strand_sub_wrap(off, d->priv_pos);
}

enum strand_status strand_trace_decoder_feed(struct strand_trace_decoder *d, const uint8_t *bytes, size_t len,
                                             bool final)
{
    if (len >= STRAND_TRACE_WINDOW_MAX) {
        return STRAND_BAD_ARGUMENT;
    }
    d->priv_window_off = strand_trace_decoder_off(d);
    d->priv_base = bytes;
    d->priv_len = len;
    d->priv_pos = 0;
    d->priv_final = final ? 1 : 0;
    return STRAND_OK;
}

size_t strand_trace_decoder_need(const struct strand_trace_decoder *d)
{
    return d->priv_need;
}

// Whatever is wrong ends the input in front of its event.
uint64_t strand_trace_decoder_error_off(const struct strand_trace_decoder *d)
{
    return strand_trace_decoder_off(d);
}

// ---------------------------------------------------------------------------------------------------------------
// Decoding: the bytes of an event

// The event needs more bytes than the window has.
static enum strand_status strand_trace_starve(struct strand_trace_decoder *d, size_t need)
{
    if (d->priv_final != 0) {
        return STRAND_TRACE_PAST_END;
    }
    d->priv_need = need;
    return STRAND_MORE;
}

static enum strand_status strand_trace_take_uvarint(struct strand_trace_decoder *d, struct strand_cursor *c,
                                                    uint64_t *ret_value)
{
    const enum strand_status status = strand_take_uvarint(c, ret_value);
    return status == STRAND_FIELD_PAST_END ? strand_trace_starve(d, c->len + 1) : status;
}

static enum strand_status strand_trace_take_args(struct strand_trace_decoder *d, struct strand_cursor *c,
                                                 uint64_t count, struct strand_event *event)
{
    const enum strand_status status = strand_take_uvarints(c, count, &event->args);
    event->arg_count = count;
    return status == STRAND_FIELD_PAST_END ? strand_trace_starve(d, c->len + 1) : status;
}

// A length, then so many bytes. It is checked before it is believed: nobody is sent for 2^63 bytes more.
static enum strand_status strand_trace_take_bytes(struct strand_trace_decoder *d, struct strand_cursor *c,
                                                  struct strand_span *ret_bytes)
{
    uint64_t len = 0;
    const enum strand_status status = strand_trace_take_uvarint(d, c, &len);
    if (status != STRAND_OK) {
        return status;
    }
    if (c->off > STRAND_TRACE_EVENT_MAX || len > STRAND_TRACE_EVENT_MAX - c->off) {
        return STRAND_TRACE_BAD_EVENT;
    }
    if (strand_take_span(c, len, ret_bytes) != STRAND_OK) {
        return strand_trace_starve(d, c->off + (size_t)len);
    }
    return STRAND_OK;
}

// Counts the varints that fill the arguments' bytes.
static enum strand_status strand_trace_count_args(struct strand_event *event)
{
    struct strand_cursor c = strand_cursor_of(event->args.data, event->args.len);
    while (c.off < c.len) {
        uint64_t value = 0;
        const enum strand_status status = strand_take_uvarint(&c, &value);
        if (status != STRAND_OK) {
            return status == STRAND_FIELD_PAST_END ? STRAND_TRACE_BAD_EVENT : status;
        }
        event->arg_count += 1;
    }
    return STRAND_OK;
}

// Our String: a counted event whose bytes are id, length, string, and nothing else.
static enum strand_status strand_trace_split_string(struct strand_span body, struct strand_event *event)
{
    struct strand_cursor c = strand_cursor_of(body.data, body.len);
    uint64_t len = 0;
    enum strand_status status = strand_take_uvarints(&c, 1, &event->args);
    if (status == STRAND_OK) {
        status = strand_take_uvarint(&c, &len);
    }
    if (status == STRAND_OK) {
        status = strand_take_span(&c, len, &event->text);
    }
    if (status == STRAND_FIELD_PAST_END || (status == STRAND_OK && c.off < c.len)) {
        return STRAND_TRACE_BAD_EVENT;
    }
    event->arg_count = 1;
    return status;
}

static enum strand_status strand_trace_take_string(struct strand_trace_decoder *d, struct strand_cursor *c,
                                                   uint64_t count, struct strand_event *event)
{
    if (d->priv_dialect == STRAND_TRACE_GO1_7) {
        const enum strand_status status = strand_trace_take_args(d, c, 1, event);
        return status != STRAND_OK ? status : strand_trace_take_bytes(d, c, &event->text);
    }
    if (count != STRAND_TRACE_COUNTED) {
        return STRAND_TRACE_BAD_EVENT;
    }
    struct strand_span body = {NULL, 0};
    const enum strand_status status = strand_trace_take_bytes(d, c, &body);
    return status != STRAND_OK ? status : strand_trace_split_string(body, event);
}

static uint64_t strand_trace_deltas(const struct strand_trace_decoder *d)
{
    return d->priv_dialect == STRAND_TRACE_GO1_7 ? 1 : 2;
}

// Finds where the event ends and what it consists of.
static enum strand_status strand_trace_take_event(struct strand_trace_decoder *d, struct strand_cursor *c,
                                                  struct strand_event *event)
{
    const uint64_t count = c->base[0] / STRAND_TRACE_TYPES;
    event->type = c->base[0] % STRAND_TRACE_TYPES;
    c->off = 1;
    if (d->priv_has_batch == 0 && event->type != STRAND_WIRE_TRACE_BATCH) {
        return STRAND_TRACE_NO_BATCH;
    }
    if (event->type == 0) {
        return STRAND_TRACE_BAD_EVENT;
    }
    if (event->type == STRAND_WIRE_TRACE_STRING) {
        return strand_trace_take_string(d, c, count, event);
    }
    if (count < STRAND_TRACE_COUNTED) {
        return strand_trace_take_args(d, c, count + strand_trace_deltas(d), event);
    }
    enum strand_status status = strand_trace_take_bytes(d, c, &event->args);
    if (status == STRAND_OK) {
        status = strand_trace_count_args(event);
    }
    return status;
}

// ---------------------------------------------------------------------------------------------------------------
// Decoding: what the arguments say

static enum strand_status strand_trace_shift(struct strand_event *event, uint64_t *ret_value)
{
    if (strand_decode_value(&event->args, ret_value) != STRAND_OK) {
        return STRAND_TRACE_BAD_EVENT;
    }
    event->arg_count -= 1;
    return STRAND_OK;
}

static enum strand_status strand_trace_read_batch(struct strand_event *event)
{
    struct strand_event copy = *event; // the arguments stay with the event
    if (strand_trace_shift(&copy, &event->p) != STRAND_OK ||
        (event->has_seq && strand_trace_shift(&copy, &event->seq) != STRAND_OK)) {
        return STRAND_TRACE_BAD_EVENT;
    }
    return strand_trace_shift(&copy, &event->tick);
}

// Frames are bare PCs in Go 1.5 and here, later PC, function, file and line.
static enum strand_status strand_trace_check_stack(const struct strand_event *event)
{
    const uint64_t words = event->has_seq ? 1 : 4;
    struct strand_event copy = *event;
    uint64_t id = 0;
    uint64_t frames = 0;
    if (strand_trace_shift(&copy, &id) != STRAND_OK || strand_trace_shift(&copy, &frames) != STRAND_OK) {
        return STRAND_TRACE_BAD_EVENT;
    }
    return frames <= copy.arg_count && frames * words == copy.arg_count ? STRAND_OK : STRAND_TRACE_BAD_EVENT;
}

static enum strand_status strand_trace_read_time(const struct strand_trace_decoder *d, struct strand_event *event)
{
    uint64_t seq_delta = 0;
    uint64_t tick_delta = 0;
    if ((event->has_seq && strand_trace_shift(event, &seq_delta) != STRAND_OK) ||
        strand_trace_shift(event, &tick_delta) != STRAND_OK) {
        return STRAND_TRACE_BAD_EVENT;
    }
    event->timed = true;
    event->seq = strand_add_wrap(d->priv_seq, seq_delta);
    event->tick = strand_add_wrap(d->priv_tick, tick_delta);
    return STRAND_OK;
}

// EXT holds a number that the first byte has no room for; a smaller one would be a second form of another event.
static enum strand_status strand_trace_read_number(struct strand_event *event)
{
    const enum strand_status status = strand_trace_shift(event, &event->type);
    return status == STRAND_OK && event->type < STRAND_WIRE_TRACE_EXT ? STRAND_TRACE_BAD_EVENT : status;
}

static enum strand_status strand_trace_read_event(const struct strand_trace_decoder *d, struct strand_event *event)
{
    if (strand_trace_timed(event->type)) {
        const enum strand_status status = strand_trace_read_time(d, event);
        const bool ext = event->has_seq && event->type == STRAND_WIRE_TRACE_EXT;
        return status == STRAND_OK && ext ? strand_trace_read_number(event) : status;
    }
    switch (event->type) {
    case STRAND_WIRE_TRACE_BATCH: return strand_trace_read_batch(event);
    case STRAND_WIRE_TRACE_STACK: return strand_trace_check_stack(event);
    default: return event->arg_count > 0 ? STRAND_OK : STRAND_TRACE_BAD_EVENT;
    }
}

static enum strand_status strand_trace_take_and_read(struct strand_trace_decoder *d, struct strand_cursor *c,
                                                     struct strand_event *event)
{
    enum strand_status status = strand_trace_take_event(d, c, event);
    if (status == STRAND_OK && event->type == STRAND_GO_USER_LOG && d->priv_dialect == STRAND_TRACE_GO1_7) {
        status = strand_trace_take_bytes(d, c, &event->text);
    }
    return status != STRAND_OK ? status : strand_trace_read_event(d, event);
}

enum strand_status strand_decode_event(struct strand_trace_decoder *d, struct strand_event *ret_event)
{
    if (d->priv_latched != STRAND_OK) {
        return STRAND_END;
    }
    if (d->priv_pos == d->priv_len) {
        return d->priv_final != 0 ? STRAND_END : strand_trace_starve(d, 1);
    }
    const bool has_seq = d->priv_dialect == STRAND_TRACE_GO1_5;
    struct strand_event event = {0,        strand_trace_decoder_off(d), 0, 0, d->priv_p, false, has_seq, 0, {NULL, 0},
                                 {NULL, 0}};
    struct strand_cursor c = strand_cursor_of(d->priv_base + d->priv_pos, d->priv_len - d->priv_pos);
    const enum strand_status status = strand_trace_take_and_read(d, &c, &event);
    if (status != STRAND_OK) {
        d->priv_latched = status == STRAND_MORE ? STRAND_OK : status;
        return status;
    }
    if (event.timed || event.type == STRAND_WIRE_TRACE_BATCH) {
        d->priv_tick = event.tick;
        d->priv_seq = event.seq;
        d->priv_p = event.p;
        d->priv_has_batch = 1;
    }
    d->priv_pos += c.off;
    *ret_event = event;
    return STRAND_OK;
}

// ---------------------------------------------------------------------------------------------------------------
// Go's files

static bool strand_is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

static const uint8_t strand_go_head[5] = {'g', 'o', ' ', '1', '.'};
static const uint8_t strand_go_tail[11] = {' ', 't', 'r', 'a', 'c', 'e'};

// "go 1.N trace", N of at most three digits, and zeros to the 16th byte.
enum strand_status strand_trace_go_header(const uint8_t bytes[16], unsigned *ret_version,
                                          enum strand_trace_dialect *ret_dialect)
{
    for (size_t i = 0; i < sizeof strand_go_head; i++) {
        if (bytes[i] != strand_go_head[i]) {
            return STRAND_BAD_MAGIC;
        }
    }
    unsigned minor = 0;
    size_t at = sizeof strand_go_head;
    for (; at < 8 && strand_is_digit(bytes[at]); at++) {
        minor = minor * 10 + (bytes[at] - (unsigned)'0');
    }
    for (size_t i = 0; at + i < 16; i++) {
        if (bytes[at + i] != strand_go_tail[i]) {
            return STRAND_BAD_MAGIC;
        }
    }
    if (bytes[sizeof strand_go_head] == '0' || minor < 5) {
        return STRAND_BAD_MAGIC;
    }
    if (minor > 21) {
        return STRAND_UNKNOWN_MAJOR;
    }
    *ret_version = 1000 + minor;
    *ret_dialect = minor < 7 ? STRAND_TRACE_GO1_5 : STRAND_TRACE_GO1_7;
    return STRAND_OK;
}
