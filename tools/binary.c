/* SPDX-License-Identifier: MIT
 *
 * binary.c: a timeline → a merged stream file, one records strand in time order:
 *
 *     DEF SOURCE 0 … n        the file header of each origin; its number is the id
 *     LOSS … STRAND s         a diagnostic of stream s, behind the record that it stands behind
 *     DEF …                   what the next record's ids stand for, where the file doesn't say so yet
 *     record: STRAND s, …     its fields as they were
 *     record: STRAND s, EVENT a trace event
 *
 * Ids stay what they were. Different sources may mean different things by one id; the definition that the next
 * record needs is then stated again in front of it, and an id that means nothing to the next record's source is
 * taken back by a definition without fields. So each reference means what it meant, to any reader that goes through
 * the file in order; and sources of one session, whose ids agree, cost each definition once.
 *
 * Not carried over: clock tuples of CLOCK frames; events without a time, but for the stacks that others refer to,
 * which become definitions; and a time of (0, 0), which becomes (1, 1) because no sync can state it: only a bare strand
 * without a time base has that.
 */
#include "binary.h"

#include "report.h"

#include <stdlib.h>
#include <string.h>

#define BINARY_BLOCK 65536u
#define BINARY_MARGIN 512u /* bytes of a block that its header, sync, and a record's STRAND field may take */
#define BINARY_ATTEMPTS 3
#define BINARY_CLOCKS_MAX 16u /* of a source's clock tuples; each SOURCE has all of its own */

// What goes into a record's frame beside its source's fields at the most: size, deltas, P, STRAND.
#define BINARY_RECORD_BODY (STRAND_RECORD_FRAME_MAX - 2 - 3 - 3 - STRAND_VARINT_MAX - 1 - STRAND_VARINT_MAX)

#ifndef STRANDLINE_VERSION
#define STRANDLINE_VERSION "0"
#endif

struct binary {
    struct timeline *timeline;
    struct output *output;
    uint32_t block_size;
    uint8_t *mem;
    struct strand_writer writer;
    struct definitions own;   /* what the file defines by now, to its end */
    struct definitions block; /* and to the end of the block */
    uint64_t tick;            /* of the last record */
    uint64_t nano;
    uint64_t *args;
    size_t args_cap;
};

// ---------------------------------------------------------------------------------------------------------------
// The file

static bool binary_sink(void *context, const uint8_t *bytes, size_t len)
{
    output_bytes(context, bytes, len);
    return true;
}

// What a stream's largest record or its file header may take.
static uint64_t binary_largest(const struct stream *stream)
{
    return stream->is_bare                                         ? stream->end - stream->start
           : stream->header.header_len > stream->header.block_size ? stream->header.header_len
                                                                   : stream->header.block_size;
}

// Blocks of 64 KiB; the largest where something of a source may not fit those with a STRAND field more.
static uint32_t binary_block_size(const struct inputs *inputs)
{
    uint64_t largest = 0;
    for (size_t i = 0; i < inputs->stream_count; i++) {
        uint64_t size = binary_largest(&inputs->streams[i]);
        largest = size > largest ? size : largest;
    }
    return largest + BINARY_MARGIN > BINARY_BLOCK ? STRAND_BLOCK_MAX : BINARY_BLOCK;
}

static void binary_keep_common(struct strand_file_header *header, const struct strand_file_header *other)
{
    if (memcmp(header->session, other->session, sizeof header->session) != 0) {
        memset(header->session, 0, sizeof header->session);
    }
    if (header->p_meaning != other->p_meaning) {
        header->p_meaning = STRAND_P_OWN;
    }
    if (header->pid != other->pid) {
        header->pid = 0;
    }
    if (header->host.len != other->host.len ||
        (other->host.len > 0 && memcmp(header->host.data, other->host.data, other->host.len) != 0)) {
        header->host.len = 0;
    }
    if (other->start_ns < header->start_ns) {
        header->start_ns = other->start_ns;
    }
}

static struct strand_file_header binary_common(const struct inputs *inputs)
{
    struct strand_file_header header = {.tick_num = 1, .tick_den = 1};
    for (size_t i = 0; i < inputs->stream_count; i++) {
        for (size_t j = 0; j < inputs->streams[i].origin_count; j++) {
            const struct origin *origin = &inputs->streams[i].origins[j];
            if (i == 0 && j == 0 && !origin->bare) {
                header = origin->header;
            } else {
                binary_keep_common(&header, &origin->header);
            }
        }
    }
    return header;
}

// The header states what the sources have in common; each one's own travels as its SOURCE definition.
static struct strand_file_header binary_header(const struct binary *binary)
{
    struct strand_file_header header = binary_common(binary->timeline->inputs);
    if (binary->timeline->by_realtime) {
        memset(header.boot, 0, sizeof header.boot);
        header.tick_num = 1;
        header.tick_den = 1;
        header.clock_count = 0;
    }
    header.clock_count = header.clock_count < BINARY_CLOCKS_MAX ? header.clock_count : BINARY_CLOCKS_MAX;
    header.clocks.len = header.clock_count * (size_t)STRAND_CLOCK_LEN;
    header.header_len = 0;
    header.incompat = 0;
    header.compat = STRAND_COMPAT_MERGED;
    header.ordinal = 0;
    header.kind = STRAND_KIND_RECORDS;
    header.p_meaning = header.p_meaning == STRAND_P_NONE ? STRAND_P_OWN : header.p_meaning;
    header.tid = 0;
    header.block_size = binary->block_size;
    header.block_count = 0;
    header.refused = 0;
    header.name = (struct strand_span){(const uint8_t *)"merged", strlen("merged")};
    header.writer = (struct strand_span){(const uint8_t *)"strandline " STRANDLINE_VERSION,
                                         strlen("strandline " STRANDLINE_VERSION)};
    return header;
}

static void binary_open(struct binary *binary)
{
    size_t mem_len = STRAND_FILE_HEADER_MAX + (size_t)binary->block_size;
    struct strand_file_header header = binary_header(binary);
    binary->mem = report_resize(NULL, mem_len, 1);
    enum strand_status status = strand_writer_init(&binary->writer, sizeof binary->writer, STRAND_ABI_VERSION,
                                                   binary->mem, mem_len, &header, binary_sink, binary->output);
    if (status != STRAND_OK) {
        report_and_exit(EXIT_UNREADABLE, NULL, "the sources' file headers don't go into one");
    }
}

// ---------------------------------------------------------------------------------------------------------------
// Frames

static struct strand_encoder *binary_begin_frame(struct binary *binary)
{
    struct strand_encoder *e;
    if (strand_writer_begin_frame(&binary->writer, binary->tick, binary->nano, &e) != STRAND_OK) {
        report_and_exit(EXIT_UNREADABLE, NULL, "a merged file cannot be written"); // not with a sink and no nesting
    }
    strand_encoder_set_string_limit(e, STRAND_BLOCK_MAX);
    return e;
}

// Commits. Returns: STRAND_AGAIN where a new block was opened, in which no odd id is defined.
static enum strand_status binary_end(struct binary *binary)
{
    enum strand_status status = strand_writer_end(&binary->writer);
    if (status == STRAND_AGAIN) {
        definitions_clear(&binary->block);
    }
    return status;
}

// A field as it stands in our numbering of types. Only Go 1.26's own types are written otherwise.
static void binary_field(const struct binary *binary, struct strand_encoder *e, const struct strand_field *field)
{
    if (binary->timeline->dialect == STRAND_DIALECT_NATIVE || field->raw.data[0] == field->type) {
        strand_encode_raw(e, field->raw.data, field->raw.len);
    } else if (field->type == STRAND_WIRE_MEMDUMP) {
        strand_encode_memdump(e, field->value, field->data.data, field->data.len);
    } else {
        strand_encode_raw(e, &field->type, 1);
        strand_encode_raw(e, field->raw.data + 1, field->raw.len - 1);
    }
}

static void binary_def(struct binary *binary, uint64_t kind, uint64_t id, struct strand_span body)
{
    do {
        struct strand_encoder *e = binary_begin_frame(binary);
        struct strand_fields fields;
        struct strand_field field;
        strand_encode_begin_def(e, kind, id);
        strand_fields_init(&fields, body, binary->timeline->dialect);
        while (strand_decode_field(&fields, &field) == STRAND_OK) {
            binary_field(binary, e, &field);
        }
    } while (binary_end(binary) == STRAND_AGAIN);
}

// Without its magic: where a merged file is damaged, nothing in it shall look like the start of another.
static struct strand_span origin_header_tail(const struct origin *origin)
{
    if (origin->header_len <= STRAND_FILE_MAGIC_LEN) {
        return (struct strand_span){NULL, 0};
    }
    return (struct strand_span){origin->header_bytes + STRAND_FILE_MAGIC_LEN,
                                origin->header_len - STRAND_FILE_MAGIC_LEN};
}

static void binary_sources(struct binary *binary)
{
    const struct inputs *inputs = binary->timeline->inputs;
    for (size_t i = 0; i < inputs->stream_count; i++) {
        for (size_t j = 0; j < inputs->streams[i].origin_count; j++) {
            const struct origin *origin = &inputs->streams[i].origins[j];
            const struct strand_span tail = origin_header_tail(origin);
            do {
                struct strand_encoder *e = binary_begin_frame(binary);
                strand_encode_begin_def(e, STRAND_DEF_SOURCE, origin->number);
                strand_encode_bytes(e, tail.data, tail.len);
            } while (binary_end(binary) == STRAND_AGAIN);
        }
    }
}

static void binary_loss(struct binary *binary, const struct entry *entry, const struct strand_diag *diag)
{
    do {
        struct strand_encoder *e = binary_begin_frame(binary);
        strand_encode_begin_loss(e, diag);
        strand_encode_strand(e, entry->origin->number);
    } while (binary_end(binary) == STRAND_AGAIN);
}

// ---------------------------------------------------------------------------------------------------------------
// Definitions

// The kind of definition that a field refers to; 0 for other fields.
static uint64_t binary_refers(uint8_t type)
{
    switch (type) {
    case STRAND_WIRE_KEY_ID: return STRAND_DEF_KEY;
    case STRAND_WIRE_SITE_ID: return STRAND_DEF_SITE;
    case STRAND_WIRE_STACK_ID: return STRAND_DEF_STACK;
    default: return 0;
    }
}

// Lets the id mean in the file what it means to the entry's source.
static void binary_define(struct binary *binary, const struct entry *entry, uint64_t kind, uint64_t id)
{
    struct definitions *scope = id % 2 == 1 && kind != STRAND_DEF_EVENT ? &binary->block : &binary->own;
    struct strand_span wanted, stated;
    bool is_wanted = stream_definition(entry->stream, kind, id, &wanted);
    bool is_stated = definitions_find(scope, kind, id, &stated);
    if (is_wanted) {
        if (!is_stated || stated.len != wanted.len || memcmp(stated.data, wanted.data, wanted.len) != 0) {
            binary_def(binary, kind, id, wanted);
            definitions_put(scope, kind, id, wanted);
        }
    } else if (is_stated) {
        binary_def(binary, kind, id, (struct strand_span){NULL, 0});
        definitions_remove(scope, kind, id);
    }
}

// Which argument of an event is a stack, and which the number of another event; UINT64_MAX: none.
struct binary_refs {
    uint64_t stack_arg;
    uint64_t what_arg;
};

static struct binary_refs binary_event_refs(const struct binary *binary, const struct entry *entry, uint64_t type,
                                            uint64_t arg_count)
{
    const struct strand_trace_schema *schema = strand_trace_schema_of(type, arg_count);
    struct binary_refs refs = {UINT64_MAX, UINT64_MAX};
    struct strand_span body;
    struct strand_fields fields;
    struct strand_field name, stack_arg;
    if (schema != NULL) {
        refs.stack_arg = schema->stack_arg < 0 ? UINT64_MAX : (uint64_t)schema->stack_arg;
        refs.what_arg = schema->what_arg < 0 ? UINT64_MAX : (uint64_t)schema->what_arg;
    } else if (stream_definition(entry->stream, STRAND_DEF_EVENT, type, &body)) {
        strand_fields_init(&fields, body, binary->timeline->dialect);
        if (strand_decode_field(&fields, &name) == STRAND_OK &&
            strand_decode_field(&fields, &stack_arg) == STRAND_OK && stack_arg.type == STRAND_WIRE_UINT) {
            refs.stack_arg = stack_arg.value;
        }
    }
    return refs;
}

static void binary_define_event(struct binary *binary, const struct entry *entry, uint64_t type,
                                struct strand_span args, uint64_t arg_count)
{
    const struct binary_refs refs = binary_event_refs(binary, entry, type, arg_count);
    uint64_t value;
    binary_define(binary, entry, STRAND_DEF_EVENT, type);
    for (uint64_t i = 0; strand_decode_value(&args, &value) == STRAND_OK; i++) {
        if (i == refs.what_arg) {
            binary_define(binary, entry, STRAND_DEF_EVENT, value);
        } else if (i == refs.stack_arg && value != 0) {
            binary_define(binary, entry, STRAND_DEF_STACK, value);
        }
    }
}

static void binary_define_fields(struct binary *binary, const struct entry *entry)
{
    struct strand_fields fields;
    struct strand_field field;
    strand_fields_init(&fields, entry->stream->item.frame.body, binary->timeline->dialect);
    while (strand_decode_field(&fields, &field) == STRAND_OK) {
        uint64_t kind = field.known ? binary_refers(field.type) : 0;
        uint64_t event, seq;
        if (kind != 0) {
            binary_define(binary, entry, kind, field.value);
        } else if (field.type == STRAND_WIRE_EVENT && field.known &&
                   strand_decode_value(&field.data, &event) == STRAND_OK &&
                   strand_decode_value(&field.data, &seq) == STRAND_OK) {
            binary_define_event(binary, entry, event, field.data, field.value - 2);
        }
    }
}

// ---------------------------------------------------------------------------------------------------------------
// Records

// The fields; of a merged file's record those behind the one that says whose it is. What can't be decoded goes along
// as it is.
static void binary_fields(const struct binary *binary, struct strand_encoder *e, const struct stream *stream)
{
    struct strand_span body = stream->item.frame.body;
    struct strand_fields fields;
    struct strand_field field;
    enum strand_status status;
    bool skip = stream->merged;
    strand_fields_init(&fields, body, binary->timeline->dialect);
    while ((status = strand_decode_field(&fields, &field)) == STRAND_OK) {
        if (!skip || field.type != STRAND_WIRE_STRAND) {
            binary_field(binary, e, &field);
        }
        skip = false;
    }
    if (status != STRAND_END) {
        strand_encode_raw(e, body.data + fields.off, body.len - fields.off);
    }
}

static void binary_event(struct binary *binary, struct strand_encoder *e, const struct strand_event *event)
{
    struct strand_span args = event->args;
    size_t count = 0;
    uint64_t value;
    while (strand_decode_value(&args, &value) == STRAND_OK) {
        if (count == binary->args_cap) {
            binary->args_cap = 2 * count + 16;
            binary->args = report_resize(binary->args, binary->args_cap, sizeof *binary->args);
        }
        binary->args[count++] = value;
    }
    strand_encode_event(e, event->type, event->seq, binary->args, count);
}

// One try to write the head's record. With STRAND_AGAIN it has to be written again, definitions and all.
static enum strand_status binary_try(struct binary *binary, const struct entry *entry, int64_t p)
{
    const struct strand_item *item = &entry->stream->item;
    bool is_event = item->kind == STRAND_ITEM_EVENT;
    bool is_large = !is_event && item->frame.body.len > BINARY_RECORD_BODY;
    struct strand_encoder *e;
    enum strand_status status = is_large
                                    ? strand_writer_begin_large(&binary->writer, binary->tick, binary->nano, p, &e)
                                    : strand_writer_begin(&binary->writer, binary->tick, binary->nano, p, &e);
    if (status != STRAND_OK) {
        return status;
    }
    strand_encoder_set_string_limit(e, STRAND_BLOCK_MAX);
    strand_encode_strand(e, entry->origin->number);
    if (is_event) {
        binary_event(binary, e, &item->event);
    } else {
        binary_fields(binary, e, entry->stream);
    }
    return binary_end(binary);
}

static void binary_record(struct binary *binary, const struct entry *entry)
{
    const struct strand_item *item = &entry->stream->item;
    bool is_event = item->kind == STRAND_ITEM_EVENT;
    enum strand_status status = STRAND_AGAIN;
    binary->tick = stream_tick(entry->stream);
    binary->nano = is_event ? entry_event_nano(entry) : item->frame.nano;
    // A record that fits a block, but not with all its definitions, is in the end written without them.
    for (int attempt = 1; status == STRAND_AGAIN; attempt++) {
        if (attempt <= BINARY_ATTEMPTS && is_event) {
            binary_define_event(binary, entry, item->event.type, item->event.args, item->event.arg_count);
        } else if (attempt <= BINARY_ATTEMPTS) {
            binary_define_fields(binary, entry);
        }
        status = binary_try(binary, entry, is_event ? (int64_t)item->event.p : item->frame.p);
    }
    if (status != STRAND_OK) {
        report(entry->origin->path, "a record is larger than a merged file takes; it is counted as refused there");
    }
}

static void binary_entry(struct binary *binary, const struct entry *entry)
{
    const struct strand_item *item = &entry->stream->item;
    struct strand_fields fields;
    struct strand_diag diag;
    if (item->kind == STRAND_ITEM_DIAG) {
        binary_loss(binary, entry, &item->diag);
        return;
    }
    binary_record(binary, entry);
    if (item->kind == STRAND_ITEM_RECORD) {
        strand_fields_init(&fields, item->frame.body, binary->timeline->dialect);
        while (timeline_check(binary->timeline, entry, &fields, &diag)) {
            binary_loss(binary, entry, &diag);
        }
    }
}

void binary_run(struct timeline *timeline, struct output *output)
{
    struct binary binary = {.timeline = timeline, .output = output, .tick = 1, .nano = 1};
    struct entry entry;
    binary.block_size = binary_block_size(timeline->inputs);
    binary_open(&binary);
    binary_sources(&binary);
    while (!output_is_gone(output) && timeline_next(timeline, &entry)) {
        binary_entry(&binary, &entry);
    }
    strand_writer_close(&binary.writer, binary.tick, binary.nano);
    definitions_free(&binary.own);
    definitions_free(&binary.block);
    free(binary.mem);
    free(binary.args);
}
