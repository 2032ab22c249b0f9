/* SPDX-License-Identifier: MIT
 *
 * printing.c: entries → lines, printed straight into the output's buffer. A record whose fields are bad is printed
 * as far as they go, and the diagnostic about it stands right behind it.
 */
#include "printing.h"

#include "symbols.h"

struct printing {
    struct timeline *timeline;
    struct output *output;
    struct strand_printer printer;
    struct strand_resolver resolver;
    struct stream *stream; /* of the entry that is being printed: whose definitions hold */
    struct symbols *symbols;
};

static bool printing_definition(void *context, uint64_t stream, unsigned def_kind, uint64_t id,
                                struct strand_span *ret_body)
{
    const struct printing *printing = context;
    (void)stream;
    return stream_definition(printing->stream, def_kind, id, ret_body);
}

static bool printing_symbol(void *context, uint64_t stream, uint64_t pc, struct strand_span *ret_function,
                            struct strand_span *ret_file, uint64_t *ret_line, uint64_t *ret_entry)
{
    const struct printing *printing = context;
    (void)stream;
    return symbols_find(printing->symbols, printing->stream, pc, ret_function, ret_file, ret_line, ret_entry);
}

static void printing_begin_log(const struct printing *printing, const struct entry *entry)
{
    struct tally *tally = &entry->origin->tally;
    struct strand_text text;
    if (tally->begun || printing->printer.style != STRAND_STYLE_DEBUGLOG) {
        return;
    }
    tally->begun = true;
    do {
        output_begin(printing->output, &text);
        strand_print_begin_log(&text, &printing->printer, entry->origin->number, tally->overwritten_bytes);
    } while (!output_commit(printing->output, &text));
}

static void printing_diag(const struct printing *printing, const struct entry *entry, const struct strand_diag *diag)
{
    const struct origin *origin = entry->origin;
    struct strand_text text;
    do {
        output_begin(printing->output, &text);
        strand_print_diag(&text, &printing->printer, origin->number, origin->header.name, diag);
    } while (!output_commit(printing->output, &text));
}

static void printing_record(const struct printing *printing, const struct entry *entry)
{
    const struct origin *origin = entry->origin;
    struct strand_text text;
    struct strand_fields fields;
    struct strand_diag diag;
    enum strand_status status;
    size_t bad_off;
    do {
        output_begin(printing->output, &text);
        status = strand_print_record(&text, &printing->printer, origin->number, origin->header.name,
                                     &entry->stream->item.frame, &bad_off);
    } while (!output_commit(printing->output, &text));
    if (status == STRAND_OK && !printing->timeline->strict) {
        return;
    }
    strand_fields_init(&fields, entry->stream->item.frame.body, printing->printer.dialect);
    while (timeline_check(printing->timeline, entry, &fields, &diag)) {
        printing_diag(printing, entry, &diag);
    }
}

static void printing_event(const struct printing *printing, const struct entry *entry)
{
    const struct origin *origin = entry->origin;
    struct strand_text text;
    do {
        output_begin(printing->output, &text);
        strand_print_event(&text, &printing->printer, origin->number, origin->header.name, entry_event_nano(entry),
                           &entry->stream->item.event);
    } while (!output_commit(printing->output, &text));
}

static void printing_entry(struct printing *printing, const struct entry *entry)
{
    printing->stream = entry->stream;
    printing->printer.keep_strand = !entry->stream->merged;
    switch (entry->stream->item.kind) {
    case STRAND_ITEM_RECORD:
        printing_begin_log(printing, entry);
        printing_record(printing, entry);
        break;
    case STRAND_ITEM_EVENT:
        printing_begin_log(printing, entry);
        printing_event(printing, entry);
        break;
    default: printing_diag(printing, entry, &entry->stream->item.diag); break;
    }
}

void printing_run(struct timeline *timeline, struct output *output, const struct options *options)
{
    struct printing printing = {.timeline = timeline, .output = output};
    struct entry entry;
    printing.resolver.context = &printing;
    printing.resolver.definition = printing_definition;
    if (options->symbols) {
        printing.symbols = symbols_open();
        printing.resolver.symbol = printing_symbol;
    }
    printing.printer.style = options->format == FORMAT_CANONICAL  ? STRAND_STYLE_CANONICAL
                             : options->format == FORMAT_DEBUGLOG ? STRAND_STYLE_DEBUGLOG
                                                                  : STRAND_STYLE_TEXT;
    printing.printer.dialect = options->bare.dialect;
    printing.printer.init_nano = options->init_nano;
    printing.printer.resolver = &printing.resolver;
    while (!output_is_gone(output) && timeline_next(timeline, &entry)) {
        printing_entry(&printing, &entry);
    }
    symbols_close(printing.symbols);
}
