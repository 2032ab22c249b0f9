/* SPDX-License-Identifier: MIT
 *
 * stats.c: reads a timeline to its end and prints what was tallied on the way.
 */
#include "stats.h"

#include <inttypes.h>
#include <stdio.h>

struct stats {
    bool any;
    uint64_t first_ns;
    uint64_t last_ns;
    uint64_t records;
    uint64_t lost;
    uint64_t strands;
    bool lost_at_least;
};

// Time of an entry by the clock that orders the timeline: differences are what counts.
static uint64_t stats_ns(const struct timeline *timeline, const struct entry *entry)
{
    const struct strand_file_header *header = &entry->origin->header;
    uint64_t tick = stream_tick(entry->stream);
    return timeline->by_realtime  ? strand_file_realtime(header, tick)
           : !entry->origin->bare ? strand_ticks_to_ns(header, tick)
                                  : entry->stream->item.frame.nano;
}

// Reads what a record holds: that tallies what is wrong with it.
static void stats_check(struct timeline *timeline, const struct entry *entry)
{
    struct strand_fields fields;
    struct strand_diag diag;
    strand_fields_init(&fields, entry->stream->item.frame.body, timeline->dialect);
    while (timeline_check(timeline, entry, &fields, &diag)) {
    }
}

static void stats_take(struct stats *stats, uint64_t ns)
{
    stats->first_ns = !stats->any || ns < stats->first_ns ? ns : stats->first_ns;
    stats->last_ns = !stats->any || ns > stats->last_ns ? ns : stats->last_ns;
    stats->any = true;
}

static const char *stats_state(const struct stream *stream)
{
    switch (stream_verdict(stream)) {
    case STRAND_VERDICT_CLOSED: return "closed";
    case STRAND_VERDICT_OPEN: return "open";
    case STRAND_VERDICT_TRUNCATED: return "truncated";
    case STRAND_VERDICT_ZERO_FILLED: return "zero-filled";
    case STRAND_VERDICT_CORRUPT: return "corrupt";
    case STRAND_VERDICT_UNSUPPORTED: return "unsupported";
    }
    return "unknown";
}

static void stats_print_origin(struct strand_text *text, const struct stream *stream, const struct origin *origin)
{
    char shown[256];
    const struct tally *tally = &origin->tally;
    int len = snprintf(shown, sizeof shown,
                       "stream %" PRIu64 ": %" PRIu64 " records, %s%" PRIu64 " lost, %" PRIu64 " diagnostics, %s ",
                       origin->number, tally->records, tally->lost_at_least ? "at least " : "", tally->lost_records,
                       tally->diags, stats_state(stream));
    strand_text_bytes(text, shown, (size_t)len);
    strand_text_escaped(text, origin->header.name);
    strand_text_bytes(text, "\n", 1);
}

static void stats_origin(struct stats *stats, struct output *output, const struct stream *stream,
                         const struct origin *origin)
{
    const struct tally *tally = &origin->tally;
    struct strand_text text;
    do {
        output_begin(output, &text);
        stats_print_origin(&text, stream, origin);
    } while (!output_commit(output, &text));
    stats->records += tally->records;
    stats->lost += tally->lost_records;
    stats->lost_at_least = stats->lost_at_least || tally->lost_at_least;
    stats->strands++;
}

static void stats_summary(const struct stats *stats, struct output *output)
{
    char shown[256];
    uint64_t span_ms = (stats->last_ns - stats->first_ns) / 1000000;
    int len = snprintf(shown, sizeof shown,
                       "%" PRIu64 " records, %" PRIu64 " strands, span %" PRIu64 ".%03u s, %s%" PRIu64 " lost\n",
                       stats->records, stats->strands, span_ms / 1000, (unsigned)(span_ms % 1000),
                       stats->lost_at_least ? "at least " : "", stats->lost);
    output_bytes(output, (const uint8_t *)shown, (size_t)len);
}

void stats_run(struct timeline *timeline, struct output *output)
{
    struct stats stats = {0};
    struct entry entry;
    while (timeline_next(timeline, &entry)) {
        if (entry.stream->item.kind == STRAND_ITEM_RECORD) {
            stats_check(timeline, &entry);
        }
        if (entry.stream->item.kind != STRAND_ITEM_DIAG) {
            stats_take(&stats, stats_ns(timeline, &entry));
        }
    }
    for (size_t i = 0; i < timeline->inputs->stream_count; i++) {
        const struct stream *stream = &timeline->inputs->streams[i];
        for (size_t j = 0; j < stream->origin_count; j++) {
            stats_origin(&stats, output, stream, &stream->origins[j]);
        }
    }
    stats_summary(&stats, output);
}
