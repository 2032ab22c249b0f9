/* SPDX-License-Identifier: MIT
 *
 * files.c: what the tools read: stream files with all their sections and fragments, merged files, images of memory,
 * and several inputs in one timeline. The reader is the tools' own, from inputs.h to timeline.h; ends.h feeds it.
 */
#include "driver.h"
#include "ends.h"
#include "inputs.h"
#include "lines.h"
#include "report.h"
#include "timeline.h"

#include <stdlib.h>

// The first input that nothing can be read of decides. Streams stand in the order of their sources.
static void files_check(const struct inputs *inputs, struct answer *answer)
{
    size_t at = 0;
    for (size_t i = 0; i < inputs->source_count && answer->verdict == VERDICT_OK; i++) {
        uint64_t off;
        enum strand_status status = ends_refusal(i, &off);
        if (at == inputs->stream_count || inputs->streams[at].source != inputs->sources[i]) {
            // An image without any strand was not refused: no file header is in it.
            answer_reject(answer, status == STRAND_OK ? STRAND_BAD_MAGIC : status, off);
        }
        while (at < inputs->stream_count && inputs->streams[at].source == inputs->sources[i]) {
            at++;
        }
    }
}

static bool files_definition(void *context, uint64_t kind, uint64_t id, struct strand_span *ret_body)
{
    const struct entry *entry = context;
    return stream_definition(entry->stream, kind, id, ret_body);
}

static void files_print_record(struct lines *lines, struct timeline *timeline, const struct entry *entry)
{
    const struct strand_frame *record = &entry->stream->item.frame;
    struct strand_fields fields;
    struct strand_diag diag;
    lines_record(lines, entry->origin->number, !entry->stream->merged, record);
    strand_fields_init(&fields, record->body, STRAND_DIALECT_NATIVE);
    while (timeline_check(timeline, entry, &fields, &diag)) {
        lines_diag(lines, entry->origin->number, &diag);
    }
}

static void files_print(struct inputs *inputs, const struct options *options, struct answer *answer)
{
    struct timeline timeline;
    struct entry entry;
    struct lines lines = {.answer = answer, .find = files_definition, .context = &entry};
    timeline_open(&timeline, inputs, options);
    while (!output_is_gone(&answer->output) && timeline_next(&timeline, &entry)) {
        const struct strand_item *item = &entry.stream->item;
        switch (item->kind) {
        case STRAND_ITEM_RECORD: files_print_record(&lines, &timeline, &entry); break;
        case STRAND_ITEM_EVENT: lines_event(&lines, entry.origin->number, &item->event); break;
        default: lines_diag(&lines, entry.origin->number, &item->diag); break;
        }
    }
    timeline_close(&timeline);
    answer->damaged = timeline.damaged || !inputs_are_read(inputs);
}

// No file can have the empty name, so the tools look for none.
static void files_read(const struct request *request, struct options *options, struct answer *answer)
{
    static char nameless[] = "";
    struct inputs inputs;
    char **names = report_resize(NULL, request->input_count, sizeof *names);
    for (size_t i = 0; i < request->input_count; i++) {
        names[i] = nameless;
    }
    options->strict = request->strict;
    options->inputs = names;
    options->input_count = request->input_count;
    ends_give(request->inputs, request->input_count);
    inputs_open(&inputs, options);
    files_check(&inputs, answer);
    if (answer->verdict == VERDICT_OK) {
        files_print(&inputs, options, answer);
    }
    inputs_close(&inputs);
    free(names);
}

void files_merge(const struct request *request, struct answer *answer)
{
    files_read(request, &(struct options){0}, answer);
}

void files_merge_raw(const struct request *request, struct answer *answer)
{
    files_read(request, &(struct options){.raw = true}, answer);
}

void files_decode_image(const struct request *request, struct answer *answer)
{
    files_read(request, &(struct options){.image = true}, answer);
}
