/* SPDX-License-Identifier: MIT
 *
 * timeline.c: the merge. Streams are first read up to their first record each, in order, which gives out the
 * diagnostics that stand in front of it; then the tournament of strand_merge.h says whose record comes next, and
 * that stream is advanced, giving out its diagnostics, when the next entry is asked for.
 */
#include "timeline.h"

#include "report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static bool origins_share_clock(const struct origin *a, const struct origin *b)
{
    return a->bare == b->bare && memcmp(a->header.boot, b->header.boot, sizeof a->header.boot) == 0 &&
           a->header.tick_num == b->header.tick_num && a->header.tick_den == b->header.tick_den;
}

static bool origins_share_host(const struct origin *a, const struct origin *b)
{
    return a->header.host.len == b->header.host.len &&
           (a->header.host.len == 0 || memcmp(a->header.host.data, b->header.host.data, a->header.host.len) == 0);
}

// How precisely one machine knows its realtime; between machines their clocks' difference comes on top.
static uint64_t origin_bracket_ns(const struct origin *origin)
{
    uint64_t widest = 0;
    for (size_t i = 0; i < origin->header.clock_count; i++) {
        uint64_t bracket = strand_file_clock(&origin->header, i).bracket_ns;
        widest = bracket > widest ? bracket : widest;
    }
    return widest;
}

struct clocks {
    bool one_clock;
    bool one_host;
    size_t without; /* streams that don't state their realtime */
    uint64_t bracket_ns;
};

static struct clocks timeline_clocks(const struct inputs *inputs)
{
    struct clocks clocks = {.one_clock = true, .one_host = true};
    const struct origin *first = inputs->stream_count > 0 ? &inputs->streams[0].origins[0] : NULL;
    for (size_t i = 0; i < inputs->stream_count; i++) {
        for (size_t j = 0; j < inputs->streams[i].origin_count; j++) {
            const struct origin *origin = &inputs->streams[i].origins[j];
            uint64_t bracket = origin_bracket_ns(origin);
            clocks.one_clock = clocks.one_clock && origins_share_clock(first, origin);
            clocks.one_host = clocks.one_host && origins_share_host(first, origin);
            clocks.without += origin->header.clock_count == 0;
            clocks.bracket_ns = bracket > clocks.bracket_ns ? bracket : clocks.bracket_ns;
        }
    }
    return clocks;
}

static void timeline_choose_clock(struct timeline *timeline)
{
    struct clocks clocks = timeline_clocks(timeline->inputs);
    timeline->by_realtime = !clocks.one_clock;
    if (clocks.one_clock) {
        return;
    }
    report(NULL,
           "note: the streams come from different clocks and are ordered by real time, which each knows to %" PRIu64
           " ns%s",
           clocks.bracket_ns, clocks.one_host ? "" : "; between hosts the error of their clocks comes on top");
    if (clocks.without > 0) {
        report(NULL, "note: %zu of the streams do not state their real time and come first", clocks.without);
    }
}

void timeline_open(struct timeline *timeline, struct inputs *inputs, const struct options *options)
{
    *timeline = (struct timeline){.inputs = inputs,
                                  .priming = true,
                                  .advancing = true,
                                  .strict = options->strict,
                                  .dialect = options->bare.dialect};
    timeline->heads = report_resize(NULL, inputs->stream_count, sizeof *timeline->heads);
    timeline->tree = report_resize(NULL, 2 * inputs->stream_count, sizeof *timeline->tree);
    timeline_choose_clock(timeline);
}

static struct entry timeline_entry(struct stream *stream)
{
    return (struct entry){.stream = stream, .origin = &stream->origins[stream->item_origin]};
}

static uint64_t timeline_key(const struct timeline *timeline, const struct entry *entry)
{
    uint64_t tick = stream_tick(entry->stream);
    return timeline->by_realtime ? strand_file_realtime(&entry->origin->header, tick) : tick;
}

static void timeline_tell(struct timeline *timeline, const struct entry *entry, const struct strand_diag *diag)
{
    struct origin *origin = entry->origin;
    struct tally *tally = &origin->tally;
    timeline->damaged = true;
    tally->diags++;
    if (diag->kind == STRAND_DIAG_LOST) {
        tally->lost_records += diag->records_known ? diag->records : 0;
        tally->lost_at_least = tally->lost_at_least || !diag->records_known || (diag->exact_known && !diag->exact);
        tally->overwritten_bytes += diag->code == STRAND_OVERWRITTEN && diag->bytes_known ? diag->bytes : 0;
    }
    if (tally->diags <= REPORT_DIAGS_MAX) {
        report_diag(origin->path, diag);
    }
}

// The stream `at` goes on to its next item. Returns: true when that is a diagnostic, which is given out at once.
static bool timeline_advance(struct timeline *timeline)
{
    struct stream *stream = &timeline->inputs->streams[timeline->at];
    bool live = stream_next(stream) == STRAND_OK;
    if (live && stream->item.kind == STRAND_ITEM_DIAG) {
        return true;
    }
    struct entry entry = timeline_entry(stream);
    timeline->heads[timeline->at] =
        (struct strand_merge_head){.key = live ? timeline_key(timeline, &entry) : 0, .live = live};
    timeline->advancing = false;
    return false;
}

// Fills the next head. Behind the last one the tournament begins.
static bool timeline_prime(struct timeline *timeline)
{
    while (timeline->at < timeline->inputs->stream_count) {
        if (timeline_advance(timeline)) {
            return true;
        }
        timeline->at++;
    }
    strand_merge_init(&timeline->merge, sizeof timeline->merge, STRAND_ABI_VERSION, timeline->heads, timeline->tree,
                      (uint32_t)timeline->inputs->stream_count);
    timeline->priming = false;
    timeline->advancing = false;
    return false;
}

static bool timeline_next_diag(struct timeline *timeline)
{
    if (timeline->priming) {
        return timeline_prime(timeline);
    }
    if (timeline->advancing) {
        if (timeline_advance(timeline)) {
            return true;
        }
        strand_merge_update(&timeline->merge, (uint32_t)timeline->at);
    }
    return false;
}

bool timeline_next(struct timeline *timeline, struct entry *ret_entry)
{
    uint32_t input;
    if (timeline_next_diag(timeline)) {
        *ret_entry = timeline_entry(&timeline->inputs->streams[timeline->at]);
        timeline_tell(timeline, ret_entry, &ret_entry->stream->item.diag);
        return true;
    }
    if (strand_merge_next(&timeline->merge, &input) != STRAND_OK) {
        return false;
    }
    timeline->at = input;
    timeline->advancing = true;
    *ret_entry = timeline_entry(&timeline->inputs->streams[input]);
    ret_entry->origin->tally.records++;
    return true;
}

bool timeline_check(struct timeline *timeline, const struct entry *entry, struct strand_fields *fields,
                    struct strand_diag *ret_diag)
{
    const struct strand_frame *frame = &entry->stream->item.frame;
    struct strand_field field;
    enum strand_status status;
    size_t off = fields->off;
    while ((status = strand_decode_field(fields, &field)) == STRAND_OK && !(timeline->strict && field.padded)) {
        off = fields->off;
    }
    // What a merged file holds was checked when it was made: a LOSS frame tells of it, at the offset where it was.
    if (status == STRAND_END || (status != STRAND_OK && entry->stream->merged)) {
        return false;
    }
    if (status != STRAND_OK) {
        strand_fields_init(fields, (struct strand_span){NULL, 0}, timeline->dialect); // nothing is left to look at
    }
    *ret_diag = (struct strand_diag){.code = status == STRAND_OK ? STRAND_PADDED_VARINT : status,
                                     .off = frame->off + frame->len - frame->body.len + off};
    ret_diag->kind = strand_status_diag(ret_diag->code);
    timeline_tell(timeline, entry, ret_diag);
    return true;
}

// By the last tuple at or before the tick, else the first, as realtime is.
uint64_t entry_event_nano(const struct entry *entry)
{
    const struct strand_file_header *header = &entry->origin->header;
    uint64_t tick = entry->stream->item.event.tick;
    if (header->clock_count == 0) {
        return strand_ticks_to_ns(header, tick);
    }
    struct strand_clock clock = strand_file_clock(header, 0);
    for (size_t i = 1; i < header->clock_count && strand_file_clock(header, i).tick <= tick; i++) {
        clock = strand_file_clock(header, i);
    }
    return tick >= clock.tick ? clock.monotonic_ns + strand_ticks_to_ns(header, tick - clock.tick)
                              : clock.monotonic_ns - strand_ticks_to_ns(header, clock.tick - tick);
}

// What was not told in full.
static void timeline_tell_rest(const struct inputs *inputs)
{
    for (size_t i = 0; i < inputs->stream_count; i++) {
        for (size_t j = 0; j < inputs->streams[i].origin_count; j++) {
            const struct origin *origin = &inputs->streams[i].origins[j];
            if (origin->tally.diags > REPORT_DIAGS_MAX) {
                report(origin->path,
                       "%" PRIu64 " more diagnostics of stream %" PRIu64 "; --format=canonical shows all",
                       origin->tally.diags - REPORT_DIAGS_MAX, origin->number);
            }
        }
    }
}

void timeline_close(struct timeline *timeline)
{
    timeline_tell_rest(timeline->inputs);
    free(timeline->heads);
    free(timeline->tree);
}
