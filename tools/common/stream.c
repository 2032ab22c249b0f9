/* SPDX-License-Identifier: MIT
 *
 * stream.c: feeds a reader from a file that may be written at the same time, and keeps the definitions.
 *
 * A block is read by the protocol of FORMAT 9.4, with pread in the place of loads: its header first, then the rest,
 * then its seq again. If that changed, the writer recycled the block under our hands, and the reader gets zeros: a
 * block that is not there.
 *
 *     header (seq, committed)  →  payload  →  seq again
 *
 * A strand in fragments is fed from its extents instead. They don't change; what the reader says of offsets is told as
 * offsets of the file.
 */
#include "stream.h"

#include "report.h"

#include <stdlib.h>
#include <string.h>

#define STREAM_BARE_WINDOW 65536u
#define STREAM_SEQ_OFF 8u         /* of the seq in a block header */
#define STREAM_ORIGINS_MAX 65536u /* that a merged file may tell of */
#define STREAM_CLOCKS_MAX 256u    /* CLOCK frames whose tuples are kept */

static void stream_grow_origins(struct stream *stream, size_t count)
{
    if (count > stream->origin_count) {
        stream->origins = report_resize(stream->origins, count, sizeof *stream->origins);
    }
    for (; stream->origin_count < count; stream->origin_count++) {
        stream->origins[stream->origin_count] =
            (struct origin){.path = stream->source->path, .header = {.tick_num = 1, .tick_den = 1}, .bare = true};
    }
}

// In: header_tail, a file header behind its magic; empty for a bare strand.
static void stream_add_origin(struct stream *stream, size_t index, struct strand_span header_tail)
{
    struct strand_file_header header;
    size_t need;
    // Once records are on their way origins stay where they are: what points to them must not dangle.
    if (stream->was_read) {
        return;
    }
    stream_grow_origins(stream, index + 1);
    struct origin *origin = &stream->origins[index];
    if (header_tail.len == 0 || origin->header_bytes != NULL) {
        return;
    }
    size_t len = STRAND_FILE_MAGIC_LEN + header_tail.len;
    uint8_t *bytes = report_resize(NULL, len, 1);
    memcpy(bytes, STRAND_FILE_MAGIC, STRAND_FILE_MAGIC_LEN);
    memcpy(bytes + STRAND_FILE_MAGIC_LEN, header_tail.data, header_tail.len);
    if (strand_file_header_decode(bytes, len, &header, &need) != STRAND_OK) {
        free(bytes);
        return;
    }
    origin->header_bytes = bytes;
    origin->header_len = len;
    origin->header = header;
    origin->bare = false;
}

static void stream_start(struct stream *stream)
{
    struct strand_reader *r = &stream->reader;
    if (stream->is_bare) {
        strand_reader_init_bare(r, sizeof *r, STRAND_ABI_VERSION, stream->start, stream->end, STREAM_BARE_WINDOW);
        if (stream->bare.has_base) {
            strand_reader_set_base(r, stream->bare.base_tick, stream->bare.base_nano);
        }
    } else if (stream->in_fragments) {
        strand_reader_init(r, sizeof *r, STRAND_ABI_VERSION, 0, extents_size(&stream->extents));
        stream->extents_told = 0;
    } else {
        strand_reader_init(r, sizeof *r, STRAND_ABI_VERSION, stream->start, stream->end);
    }
    definitions_clear(&stream->own);
    definitions_clear(&stream->block);
    if (!stream->is_bare && !stream->merged) {
        stream->origins[0].header = stream->header; // CLOCK frames that were read are to be read again
    }
}

static enum strand_status stream_read_header(struct stream *stream)
{
    uint64_t size = stream->end - stream->start;
    size_t need = STRAND_FILE_FIXED_LEN;
    enum strand_status status = STRAND_MORE;
    while (status == STRAND_MORE) {
        if (need <= stream->header_len || need > size) {
            return STRAND_FILE_HEADER_PAST_END;
        }
        stream->header_bytes = report_resize(stream->header_bytes, need, 1);
        if (source_read(stream->source, stream->start, stream->header_bytes, need) < need) {
            return STRAND_FILE_HEADER_PAST_END;
        }
        stream->header_len = need;
        status = strand_file_header_decode(stream->header_bytes, stream->header_len, &stream->header, &need);
    }
    return status;
}

enum strand_status stream_open(struct stream *stream, struct source *source, uint64_t start, uint64_t end)
{
    *stream = (struct stream){.source = source, .start = start, .end = end};
    enum strand_status status = stream_read_header(stream);
    if (status != STRAND_OK) {
        stream_close(stream);
        return status;
    }
    stream->merged = strand_file_is_merged(&stream->header);
    stream_add_origin(stream, 0, (struct strand_span){NULL, 0});
    if (!stream->merged) {
        stream_add_origin(stream, 0,
                          (struct strand_span){stream->header_bytes + STRAND_FILE_MAGIC_LEN,
                                               stream->header_len - STRAND_FILE_MAGIC_LEN});
    }
    stream->in_fragments = strand_file_is_fragment(&stream->header);
    if (stream->in_fragments) {
        extents_add(&stream->extents, source, start, end, &stream->header,
                    (struct strand_span){stream->header_bytes, stream->header_len});
    }
    stream_start(stream);
    return STRAND_OK;
}

bool stream_is_same(const struct stream *stream, const struct stream *fragment)
{
    return stream->in_fragments && fragment->in_fragments && extents_are_one(&stream->header, &fragment->header);
}

// The later header counts, so it goes to the stream, and the earlier one away with the fragment.
void stream_join(struct stream *stream, struct stream *fragment)
{
    const struct stream earlier = *stream;
    extents_append(&stream->extents, &fragment->extents);
    stream->header = fragment->header;
    stream->header_bytes = fragment->header_bytes;
    stream->header_len = fragment->header_len;
    stream->origins = fragment->origins;
    fragment->header_bytes = earlier.header_bytes;
    fragment->origins = earlier.origins;
    stream_close(fragment);
}

void stream_open_bare(struct stream *stream, struct source *source, const struct bare *bare)
{
    *stream = (struct stream){.source = source, .start = 0, .end = source->size, .is_bare = true, .bare = *bare};
    stream_add_origin(stream, 0, (struct strand_span){NULL, 0});
    stream_start(stream);
}

// Whether the wanted bytes are a block and not a header or a piece of one.
static bool stream_wants_block(const struct stream *stream, struct strand_want want)
{
    uint64_t blocks = stream->start + stream->header.header_len;
    return !stream->is_bare && want.len > STRAND_BLOCK_HEADER_LEN && want.off >= blocks &&
           (want.off - blocks) % stream->header.block_size == 0;
}

static size_t stream_read_block(const struct stream *stream, struct strand_want want)
{
    uint8_t seq[8];
    size_t head = source_read(stream->source, want.off, stream->buf, STRAND_BLOCK_HEADER_LEN);
    if (head < STRAND_BLOCK_HEADER_LEN) {
        return head;
    }
    size_t got = head + source_read(stream->source, want.off + head, stream->buf + head, want.len - head);
    bool unchanged = source_read(stream->source, want.off + STREAM_SEQ_OFF, seq, sizeof seq) == sizeof seq &&
                     memcmp(seq, stream->buf + STREAM_SEQ_OFF, sizeof seq) == 0;
    if (!unchanged) {
        memset(stream->buf, 0, got);
    }
    return got;
}

static void stream_supply(struct stream *stream)
{
    struct strand_want want = strand_reader_want(&stream->reader);
    if (want.len > stream->buf_cap) {
        stream->buf = report_resize(stream->buf, want.len, 1);
        stream->buf_cap = want.len;
    }
    size_t got = stream->in_fragments
                     ? extents_read(&stream->extents, stream->source, want.off, stream->buf, want.len)
                 : stream_wants_block(stream, want) ? stream_read_block(stream, want)
                                                    : source_read(stream->source, want.off, stream->buf, want.len);
    if (got == want.len) {
        strand_reader_supply(&stream->reader, stream->buf);
    } else {
        strand_reader_cut(&stream->reader, want.off + got);
    }
}

// An odd id has the scope of its block. An EVENT's id is an event type: odd ones are like even ones.
static bool stream_is_block_scoped(uint64_t kind, uint64_t id)
{
    return id % 2 == 1 && kind != STRAND_DEF_EVENT;
}

static struct definitions *stream_scope(struct stream *stream, uint64_t kind, uint64_t id)
{
    bool is_for_session = stream->session != NULL && stream->header.kind == STRAND_KIND_DEFINITIONS;
    return stream_is_block_scoped(kind, id) ? &stream->block : is_for_session ? stream->session : &stream->own;
}

// A SOURCE's id is a stream number, whose scope is the file whether it is odd or even.
static void stream_define_origin(struct stream *stream, const struct strand_def *def)
{
    struct strand_fields fields;
    struct strand_field field;
    strand_fields_init(&fields, def->body, STRAND_DIALECT_NATIVE);
    if (def->id < STREAM_ORIGINS_MAX && strand_decode_field(&fields, &field) == STRAND_OK) {
        stream_add_origin(stream, def->id, field.data);
    }
}

static void stream_define(struct stream *stream, struct strand_span body)
{
    struct strand_def def;
    if (strand_decode_def(body, &def) != STRAND_OK) {
        return;
    }
    struct definitions *scope = stream_scope(stream, def.def_kind, def.id);
    if (stream->merged && def.body.len == 0) {
        definitions_remove(scope, def.def_kind, def.id);
    } else if (!strand_def_is_whole(&def, stream->bare.dialect)) {
        return;
    } else if (stream->merged && def.def_kind == STRAND_DEF_SOURCE) {
        stream_define_origin(stream, &def);
    } else if (scope != stream->session || !stream->was_read) {
        definitions_put(scope, def.def_kind, def.id, def.body);
    }
}

// A Stack event defines its stack for the block, whatever its id. Behind the id its arguments are as a traceback's.
static void stream_define_stack(struct stream *stream, const struct strand_event *event)
{
    struct strand_span pcs = event->args;
    uint64_t id;
    if (strand_decode_value(&pcs, &id) != STRAND_OK) {
        return;
    }
    if (pcs.len + 1 > stream->stack_cap) {
        stream->stack_cap = 2 * (pcs.len + 1);
        stream->stack = report_resize(stream->stack, stream->stack_cap, 1);
    }
    stream->stack[0] = STRAND_WIRE_TRACEBACK;
    memcpy(stream->stack + 1, pcs.data, pcs.len);
    definitions_put(&stream->block, STRAND_DEF_STACK, id, (struct strand_span){stream->stack, pcs.len + 1});
}

// A CLOCK frame adds a tuple to those of the header. Of very many the oldest gives way: time has gone on.
static void stream_add_clock(struct stream *stream, struct strand_span body)
{
    struct strand_file_header *header = &stream->origins[0].header;
    size_t len = header->clocks.len;
    struct strand_clock clock;
    if (stream->is_bare || stream->merged || strand_decode_clock(body, &clock) != STRAND_OK) {
        return;
    }
    uint8_t *clocks = report_resize(stream->origins[0].clocks, len + STRAND_CLOCK_LEN, 1);
    if (stream->origins[0].clocks == NULL && len > 0) {
        memcpy(clocks, header->clocks.data, len);
    }
    if (header->clock_count >= stream->header.clock_count + STREAM_CLOCKS_MAX) {
        size_t kept = stream->header.clocks.len;
        memmove(clocks + kept, clocks + kept + STRAND_CLOCK_LEN, len - kept - STRAND_CLOCK_LEN);
        len -= STRAND_CLOCK_LEN;
    }
    strand_clock_encode(&clock, clocks + len);
    stream->origins[0].clocks = clocks;
    header->clocks = (struct strand_span){clocks, len + STRAND_CLOCK_LEN};
    header->clock_count = (uint16_t)(header->clocks.len / STRAND_CLOCK_LEN);
}

// In a merged file a record opens with a STRAND field, and what is told of a strand carries one.
static bool stream_names_origin(struct strand_span fields_span, uint64_t *ret_index)
{
    struct strand_fields fields;
    struct strand_field field;
    strand_fields_init(&fields, fields_span, STRAND_DIALECT_NATIVE);
    if (strand_decode_field(&fields, &field) != STRAND_OK || field.type != STRAND_WIRE_STRAND) {
        return false;
    }
    *ret_index = field.value;
    return true;
}

static void stream_find_origin(struct stream *stream)
{
    const struct strand_item *item = &stream->item;
    uint64_t index;
    bool named = stream->merged &&
                 stream_names_origin(item->kind == STRAND_ITEM_DIAG ? item->fields : item->frame.body, &index);
    stream->item_origin = named && index < stream->origin_count ? (size_t)index : 0;
}

// Offsets of the reader's own become those of the file. A LOSS frame's is not its own; it has a span of fields.
static void stream_find_offset(struct stream *stream)
{
    struct strand_item *item = &stream->item;
    bool is_told = item->kind == STRAND_ITEM_DIAG && item->fields.data != NULL;
    uint64_t *off = item->kind == STRAND_ITEM_DIAG    ? &item->diag.off
                    : item->kind == STRAND_ITEM_EVENT ? &item->event.off
                                                      : &item->frame.off;
    if (item->kind != STRAND_ITEM_BLOCK && !is_told) {
        *off = extents_file_off(&stream->extents, *off);
    }
}

// What is wrong between the blocks of fragments stands behind all of them.
static enum strand_status stream_read_fault(struct stream *stream)
{
    if (!stream->in_fragments || !extents_diag(&stream->extents, stream->extents_told, &stream->item.diag)) {
        return STRAND_END;
    }
    stream->extents_told++;
    stream->item.kind = STRAND_ITEM_DIAG;
    stream->item.fields = (struct strand_span){NULL, 0};
    return STRAND_OK;
}

// One item of the strand. Returns: STRAND_OK · STRAND_END.
static enum strand_status stream_read(struct stream *stream)
{
    enum strand_status status;
    while ((status = strand_reader_next(&stream->reader, &stream->item)) == STRAND_MORE) {
        stream_supply(stream);
    }
    if (status == STRAND_OK) {
        if (stream->in_fragments) {
            stream_find_offset(stream);
        }
        return STRAND_OK;
    }
    if (status != STRAND_END) {
        report_no_strand(stream->source->path, stream->start, status);
        return STRAND_END;
    }
    return stream_read_fault(stream);
}

enum strand_status stream_next(struct stream *stream)
{
    while (stream_read(stream) == STRAND_OK) {
        const struct strand_item *item = &stream->item;
        if (item->kind == STRAND_ITEM_BLOCK) {
            definitions_clear(&stream->block);
        } else if (item->kind == STRAND_ITEM_FRAME && item->frame.ext_kind == STRAND_WIRE_FRAME_DEF) {
            stream_define(stream, item->frame.body);
        } else if (item->kind == STRAND_ITEM_FRAME && item->frame.ext_kind == STRAND_WIRE_FRAME_CLOCK) {
            stream_add_clock(stream, item->frame.body);
        } else if (item->kind == STRAND_ITEM_EVENT && item->event.type == STRAND_WIRE_TRACE_STACK) {
            stream_define_stack(stream, &item->event);
        } else if (item->kind == STRAND_ITEM_RECORD || item->kind == STRAND_ITEM_DIAG ||
                   (item->kind == STRAND_ITEM_EVENT && item->event.timed)) {
            stream_find_origin(stream);
            return STRAND_OK;
        }
    }
    free(stream->buf);
    stream->buf = NULL;
    stream->buf_cap = 0;
    return STRAND_END;
}

// A merged file tells its origins in front of its records. Where damage may have taken some, the records are asked.
static void stream_read_origins(struct stream *stream)
{
    bool damaged = false;
    uint64_t index;
    while (stream_next(stream) == STRAND_OK) {
        if (stream->item.kind == STRAND_ITEM_DIAG) {
            damaged = damaged || !stream_names_origin(stream->item.fields, &index);
            continue;
        }
        stream->was_read = true; // what a SOURCE says from here on is nothing
        if (!damaged) {
            return;
        }
        if (stream_names_origin(stream->item.frame.body, &index) && index < STREAM_ORIGINS_MAX) {
            stream_grow_origins(stream, (size_t)index + 1);
        }
    }
}

void stream_read_ahead(struct stream *stream)
{
    if (stream->in_fragments) {
        extents_choose(&stream->extents, stream->source, &stream->header);
        stream_start(stream);
    }
    if (stream->merged) {
        stream_read_origins(stream);
        stream_start(stream);
    } else if (!stream->is_bare && stream->header.kind == STRAND_KIND_DEFINITIONS) {
        while (stream_next(stream) == STRAND_OK) {
        }
        stream_start(stream);
    }
    stream->was_read = true;
}

// A record of a merged file has the session of its source.
const struct definitions *stream_session(const struct stream *stream)
{
    return stream->origins[stream->item_origin].session;
}

// The strand's own definitions come before those of its session, and the stacks of a batch's events before both.
bool stream_definition(struct stream *stream, uint64_t kind, uint64_t id, struct strand_span *ret_body)
{
    const struct definitions *session = stream_session(stream);
    if (stream_is_block_scoped(kind, id)) {
        return definitions_find(&stream->block, kind, id, ret_body);
    }
    return (stream->header.kind == STRAND_KIND_TRACE && definitions_find(&stream->block, kind, id, ret_body)) ||
           definitions_find(&stream->own, kind, id, ret_body) ||
           (session != NULL && definitions_find(session, kind, id, ret_body));
}

uint64_t stream_tick(const struct stream *stream)
{
    return stream->item.kind == STRAND_ITEM_EVENT ? stream->item.event.tick : stream->item.frame.tick;
}

enum strand_verdict stream_verdict(const struct stream *stream)
{
    enum strand_verdict verdict = strand_reader_verdict(&stream->reader);
    unsigned worst = extents_worst(&stream->extents);
    if (verdict == STRAND_VERDICT_UNSUPPORTED || verdict == STRAND_VERDICT_CORRUPT || worst == 0) {
        return verdict;
    }
    return worst == STRAND_DIAG_CORRUPT ? STRAND_VERDICT_CORRUPT : STRAND_VERDICT_TRUNCATED;
}

void stream_close(struct stream *stream)
{
    for (size_t i = 0; i < stream->origin_count; i++) {
        free(stream->origins[i].header_bytes);
        free(stream->origins[i].clocks);
    }
    free(stream->origins);
    free(stream->header_bytes);
    free(stream->buf);
    free(stream->stack);
    extents_free(&stream->extents);
    definitions_free(&stream->own);
    definitions_free(&stream->block);
    stream->origins = NULL;
    stream->origin_count = 0;
    stream->header_bytes = NULL;
    stream->buf = NULL;
    stream->stack = NULL;
}
