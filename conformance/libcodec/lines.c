/* SPDX-License-Identifier: MIT
 *
 * lines.c: lines by strand_print.h, printed again where they found no room.
 */
#include "lines.h"

static bool lines_definition(void *context, uint64_t stream, unsigned def_kind, uint64_t id,
                             struct strand_span *ret_body)
{
    struct lines *lines = context;
    (void)stream;
    if (lines->find == NULL || !lines->find(lines->context, def_kind, id, ret_body)) {
        return false;
    }
    if (ret_body->len > DRIVER_OUTPUT_MAX - lines->resolved) {
        lines->answer->output.gone = true;
        return false;
    }
    lines->resolved += ret_body->len;
    return true;
}

void lines_record(struct lines *lines, uint64_t stream, bool keep_strand, const struct strand_frame *record)
{
    const struct strand_resolver resolver = {.context = lines, .definition = lines_definition};
    const struct strand_printer printer = {
        .style = STRAND_STYLE_CANONICAL, .resolver = &resolver, .keep_strand = keep_strand};
    struct strand_text text;
    size_t bad_off;
    do {
        lines->resolved = 0;
        output_begin(&lines->answer->output, &text);
        strand_print_record(&text, &printer, stream, (struct strand_span){NULL, 0}, record, &bad_off);
    } while (!output_commit(&lines->answer->output, &text));
}

void lines_event(struct lines *lines, uint64_t stream, const struct strand_event *event)
{
    const struct strand_printer printer = {.style = STRAND_STYLE_CANONICAL};
    struct strand_text text;
    do {
        output_begin(&lines->answer->output, &text);
        strand_print_event(&text, &printer, stream, (struct strand_span){NULL, 0}, 0, event);
    } while (!output_commit(&lines->answer->output, &text));
}

void lines_diag(struct lines *lines, uint64_t stream, const struct strand_diag *diag)
{
    const struct strand_printer printer = {.style = STRAND_STYLE_CANONICAL};
    struct strand_text text;
    lines->answer->damaged = true;
    do {
        output_begin(&lines->answer->output, &text);
        strand_print_diag(&text, &printer, stream, (struct strand_span){NULL, 0}, diag);
    } while (!output_commit(&lines->answer->output, &text));
}

void lines_fault(struct lines *lines, enum strand_status code, uint64_t off)
{
    lines_diag(lines, 0, &(struct strand_diag){.kind = strand_status_diag(code), .code = code, .off = off});
}
