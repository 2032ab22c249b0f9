/* SPDX-License-Identifier: MIT
 *
 * strand_dump_log.c: the logs of the process as text, merged, out of the rings as they stand.
 *
 *     ring ──snapshot of a block──→ window ──reader──→ head ─┐
 *     ring ──snapshot of a block──→ window ──reader──→ head ─┴─merge──→ line ──→ report
 *
 * A ring may be written meanwhile, by a thread that doesn't stand still: each block is read by way of a snapshot, and
 * a block that is recycled under our hands is told to the reader as zeros, one that isn't there.
 *
 *     >> begin log 3; lost first 512KB <<                    in front of the first record of each
 *     4711.000123456 worker INFO accepted fd=7
 *
 * Where there are very many records, the oldest of each log are left out, and their bytes are told as lost.
 * A ring that can't be read is a crash in here: the step is taken again without it.
 */
#define _GNU_SOURCE
#include "strand_dump.h"

#include "strand_definitions.h"
#include "strand_platform.h"
#include "strand_pool.h"

#include <string.h>

#define STRAND_DUMP_LOGS_MAX 2048u
#define STRAND_DUMP_BAD_MAX 16u
#define STRAND_DUMP_RECORDS 65536u // in all; each log has its share
#define STRAND_DUMP_RECORDS_LEAST 32u
#define STRAND_DUMP_RECORDS_OWN 256u // of the crashing thread, before all others are asked
#define STRAND_DUMP_CHECK 256u       // lines between looks at the clock
#define STRAND_DUMP_LINE 32768u
#define STRAND_DUMP_SEQ_OFF 8u      // in a block header, spec 9.1
#define STRAND_DUMP_RECORDS_OFF 32u // likewise, records before

struct strand_dump_stream {
    const struct strand_logger *logger;
    struct strand_reader reader;
    struct strand_item item;
    uint64_t records; // of the strand, up to the item
    uint64_t skipped; // up to here
    uint64_t lost_bytes;
    bool has_begun;
};

static struct strand_dump_stream strand_dump_streams[STRAND_DUMP_LOGS_MAX];
static struct strand_merge_head strand_dump_heads[STRAND_DUMP_LOGS_MAX];
static uint32_t strand_dump_tree[2 * STRAND_DUMP_LOGS_MAX];
static char strand_dump_line[STRAND_DUMP_LINE];

// The log that is being read right now, for when that is a crash; and those that were.
static const struct strand_logger *strand_dump_suspect;
static const struct strand_logger *strand_dump_bad[STRAND_DUMP_BAD_MAX];
static size_t strand_dump_bad_count;

bool strand_dump_log_is_bad(uint32_t *ret_ordinal)
{
    const struct strand_logger *suspect = strand_dump_suspect;
    strand_dump_suspect = NULL;
    if (suspect == NULL || strand_dump_bad_count == STRAND_DUMP_BAD_MAX) {
        return false;
    }
    strand_dump_bad[strand_dump_bad_count++] = suspect;
    *ret_ordinal = suspect->ordinal;
    return true;
}

static bool strand_dump_was_bad(const struct strand_logger *logger)
{
    bool bad = false;
    for (size_t i = 0; i < strand_dump_bad_count; i++) {
        bad = bad || strand_dump_bad[i] == logger;
    }
    return bad;
}

// ---------------------------------------------------------------------------------------------------------------
// Call sites

static struct {
    const uint8_t *mem; // the definitions strand
    struct {
        uint32_t off;
        uint32_t len;             // 0: not defined
    } sites[STRAND_SITE_END / 2]; // by id / 2: ids of the session are even
} strand_dump_index;

static void strand_dump_define(const struct strand_frame *frame)
{
    struct strand_def def;
    if (frame->ext_kind == STRAND_WIRE_FRAME_DEF && strand_decode_def(frame->body, &def) == STRAND_OK &&
        def.def_kind == STRAND_DEF_SITE && def.id % 2 == 0 && def.id < STRAND_SITE_END &&
        strand_def_is_whole(&def, STRAND_DIALECT_NATIVE)) {
        strand_dump_index.sites[def.id / 2].off = (uint32_t)(def.body.data - strand_dump_index.mem);
        strand_dump_index.sites[def.id / 2].len = (uint32_t)def.body.len;
    }
}

// What is defined stays as it is and where it is, so the strand is read in place.
void strand_dump_definitions(void)
{
    static struct strand_reader reader;
    struct strand_item item;
    enum strand_status status;
    size_t len;
    strand_dump_index.mem = strand_definitions(&len);
    if (strand_dump_index.mem == NULL) {
        return;
    }
    strand_reader_init(&reader, sizeof reader, STRAND_ABI_VERSION, 0, len);
    while ((status = strand_reader_next(&reader, &item)) == STRAND_OK || status == STRAND_MORE) {
        if (status == STRAND_MORE) {
            strand_reader_supply(&reader, strand_dump_index.mem + strand_reader_want(&reader).off);
        } else if (item.kind == STRAND_ITEM_FRAME) {
            strand_dump_define(&item.frame);
        }
    }
}

static bool strand_dump_definition(void *context, uint64_t stream, unsigned def_kind, uint64_t id,
                                   struct strand_span *ret_body)
{
    (void)context;
    (void)stream;
    if (def_kind != STRAND_DEF_SITE || id % 2 != 0 || id >= STRAND_SITE_END ||
        strand_dump_index.sites[id / 2].len == 0) {
        return false;
    }
    ret_body->data = strand_dump_index.mem + strand_dump_index.sites[id / 2].off;
    ret_body->len = strand_dump_index.sites[id / 2].len;
    return true;
}

// ---------------------------------------------------------------------------------------------------------------
// A log

// Whether all records of the block of len bytes are skipped: the block behind it says how many were before.
static bool strand_dump_skips(const struct strand_dump_stream *stream, const uint8_t *block, size_t len)
{
    const struct strand_logger *logger = stream->logger;
    const size_t end = (size_t)(block - logger->mem) + len;
    const uint8_t *next = logger->mem + (end < logger->mem_len ? end : STRAND_FILE_HEADER_RING);
    return strand_observe_u64(next + STRAND_DUMP_SEQ_OFF) == strand_observe_u64(block + STRAND_DUMP_SEQ_OFF) + 1 &&
           strand_load_u64(next + STRAND_DUMP_RECORDS_OFF) <= stream->skipped;
}

// What the reader wants, by way of the window: it stays as it is while others write. A block that isn't wanted is told
// as one that isn't there, either.
static void strand_dump_supply(struct strand_dump_stream *stream)
{
    const struct strand_logger *logger = stream->logger;
    const struct strand_want want = strand_reader_want(&stream->reader);
    const uint8_t *at = logger->mem + want.off;
    size_t len;
    if (want.off + want.len <= STRAND_FILE_HEADER_RING) {
        strand_reader_supply(&stream->reader, at); // of the file header only the count of refused records changes
        return;
    }
    if (want.len > logger->window_len) {
        strand_reader_cut(&stream->reader, want.off);
        return;
    }
    if (want.len <= STRAND_BLOCK_HEADER_LEN) {
        memcpy(logger->window, at, want.len);
    } else if (strand_dump_skips(stream, at, want.len) ||
               strand_block_snapshot(at, logger->window, want.len, &len) != STRAND_OK) {
        memset(logger->window, 0, want.len);
    }
    strand_reader_supply(&stream->reader, logger->window);
}

static void strand_dump_count_block(struct strand_dump_stream *stream)
{
    struct strand_block_header block;
    if (strand_block_header_decode(stream->logger->window, strand_reader_header(&stream->reader), &block) ==
        STRAND_OK) {
        stream->records = block.records_before;
    }
}

// Whether the item is one to be shown. What is lost at the beginning is told by the line that begins the log.
static bool strand_dump_shows(struct strand_dump_stream *stream)
{
    const struct strand_item *item = &stream->item;
    switch (item->kind) {
    case STRAND_ITEM_BLOCK: strand_dump_count_block(stream); return false;
    case STRAND_ITEM_RECORD:
        stream->records++;
        if (stream->records <= stream->skipped) {
            stream->lost_bytes += item->frame.len;
        }
        return stream->records > stream->skipped;
    case STRAND_ITEM_DIAG:
        if (item->diag.code == STRAND_OVERWRITTEN && !stream->has_begun) {
            stream->lost_bytes += item->diag.bytes;
            return false;
        }
        return true;
    default: return false;
    }
}

// To the next item that is shown. Returns: false: there is none.
static bool strand_dump_advance(struct strand_dump_stream *stream)
{
    enum strand_status status;
    strand_dump_suspect = stream->logger;
    do {
        status = strand_reader_next(&stream->reader, &stream->item);
        if (status == STRAND_MORE) {
            strand_dump_supply(stream);
        }
    } while (status == STRAND_MORE || (status == STRAND_OK && !strand_dump_shows(stream)));
    strand_dump_suspect = NULL;
    return status == STRAND_OK;
}

// What is told between records stands where the record before it stood.
static void strand_dump_move_head(uint32_t i)
{
    struct strand_dump_stream *stream = &strand_dump_streams[i];
    strand_dump_heads[i].live = strand_dump_advance(stream);
    if (strand_dump_heads[i].live && stream->item.kind == STRAND_ITEM_RECORD) {
        strand_dump_heads[i].key = stream->item.frame.tick;
    }
}

// ---------------------------------------------------------------------------------------------------------------
// Lines

static void strand_dump_put_line(struct strand_report *r, struct strand_text *text)
{
    if (text->len > text->cap) {
        text->base[text->cap - 1] = '\n';
        text->len = text->cap;
    }
    strand_report_bytes(r, text->base, text->len);
    text->len = 0;
}

static void strand_dump_show(struct strand_report *r, struct strand_dump_stream *stream)
{
    const struct strand_resolver resolver = {.definition = strand_dump_definition};
    const struct strand_printer printer = {.style = STRAND_STYLE_TEXT, .resolver = &resolver};
    const struct strand_printer begin_printer = {.style = STRAND_STYLE_DEBUGLOG};
    const struct strand_logger *logger = stream->logger;
    const struct strand_span label = {(const uint8_t *)logger->name, strnlen(logger->name, sizeof logger->name)};
    struct strand_text text = {strand_dump_line, sizeof strand_dump_line, 0};
    size_t bad_off;
    if (!stream->has_begun) {
        strand_print_begin_log(&text, &begin_printer, logger->ordinal, stream->lost_bytes);
        strand_dump_put_line(r, &text);
        stream->has_begun = true;
    }
    if (stream->item.kind == STRAND_ITEM_DIAG) {
        strand_print_diag(&text, &printer, logger->ordinal, label, &stream->item.diag);
    } else {
        strand_print_record(&text, &printer, logger->ordinal, label, &stream->item.frame, &bad_off);
    }
    strand_dump_put_line(r, &text);
}

// ---------------------------------------------------------------------------------------------------------------
// All of them

struct strand_dump_choice {
    uint32_t owner; // 0: all
    uint32_t count;
    uint32_t more; // that there is no room for
};

static bool strand_dump_chooses(const struct strand_dump_choice *choice, const struct strand_logger *logger)
{
    return logger->kind == STRAND_KIND_RECORDS && !strand_dump_was_bad(logger) &&
           (choice->owner == 0 || strand_logger_tid(logger) == choice->owner);
}

static void strand_dump_choose(struct strand_dump_choice *choice)
{
    for (const struct strand_logger *logger = strand_pool_first(); logger != NULL; logger = logger->next) {
        if (!strand_dump_chooses(choice, logger)) {
            continue;
        }
        if (choice->count == STRAND_DUMP_LOGS_MAX) {
            choice->more++;
            continue;
        }
        strand_dump_streams[choice->count].logger = logger;
        choice->count++;
    }
}

// Begins to read, from the record on that is the `most`-newest. Returns: whether that leaves any out.
static bool strand_dump_open(uint32_t i, uint64_t most)
{
    struct strand_dump_stream *stream = &strand_dump_streams[i];
    const uint64_t records = strand_writer_records(&stream->logger->writer);
    stream->records = 0;
    stream->skipped = records > most ? records - most : 0;
    stream->lost_bytes = 0;
    stream->has_begun = false;
    strand_reader_init(&stream->reader, sizeof stream->reader, STRAND_ABI_VERSION, 0, stream->logger->mem_len);
    strand_dump_heads[i].key = 0;
    strand_dump_move_head(i);
    return stream->skipped > 0;
}

static void strand_dump_say(struct strand_report *r, const char *before, uint64_t v, const char *after)
{
    strand_report_text(r, before);
    strand_report_dec(r, v);
    strand_report_text(r, after);
}

static void strand_dump_merge(struct strand_dump *d, uint32_t count)
{
    struct strand_merge merge;
    uint32_t lines = 0;
    strand_merge_init(&merge, sizeof merge, STRAND_ABI_VERSION, strand_dump_heads, strand_dump_tree, count);
    for (uint32_t i; strand_merge_next(&merge, &i) == STRAND_OK; strand_merge_update(&merge, i)) {
        strand_dump_show(&d->report, &strand_dump_streams[i]);
        strand_dump_move_head(i);
        lines++;
        if (lines % STRAND_DUMP_CHECK == 0 && (d->report.failed || strand_clock_monotonic() > d->deadline_ns)) {
            strand_report_text(&d->report, "strandline: there is no time for the rest\n");
            return;
        }
    }
}

// Each chosen log's newest records, merged.
static void strand_dump_logs(struct strand_dump *d, const struct strand_dump_choice *choice, uint64_t most)
{
    bool skips = false;
    for (uint32_t i = 0; i < choice->count; i++) {
        skips = strand_dump_open(i, most) || skips;
    }
    strand_report_text(&d->report, "\n");
    if (skips) {
        strand_dump_say(&d->report, "strandline: of each log the newest ", most, " records\n");
    }
    if (choice->more > 0) {
        strand_dump_say(&d->report, "strandline: ", choice->more, " more logs are left out\n");
    }
    strand_dump_merge(d, choice->count);
}

void strand_dump_own_log(struct strand_dump *d)
{
    struct strand_dump_choice choice = {.owner = (uint32_t)d->tid};
    strand_dump_choose(&choice);
    strand_dump_logs(d, &choice, STRAND_DUMP_RECORDS_OWN);
}

void strand_dump_all_logs(struct strand_dump *d)
{
    struct strand_dump_choice choice = {.owner = 0};
    strand_dump_choose(&choice);
    const uint64_t share = STRAND_DUMP_RECORDS / (choice.count > 0 ? choice.count : 1);
    strand_dump_logs(d, &choice, share > STRAND_DUMP_RECORDS_LEAST ? share : STRAND_DUMP_RECORDS_LEAST);
}
