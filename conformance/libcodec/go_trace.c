/* SPDX-License-Identifier: MIT
 *
 * go_trace.c: a trace file of Go 1.5 to 1.21: a header of 16 bytes, then batches. Spec: 12.6.
 */
#include "lines.h"
#include "pieces.h"

#define GOTRACE_HEADER_LEN 16u

// Offsets are those of the file, whose header is fed to nobody.
static void gotrace_feed(struct strand_trace_decoder *decoder, struct pieces *pieces)
{
    bool is_final;
    struct strand_span window = pieces_next(pieces, strand_trace_decoder_off(decoder) - GOTRACE_HEADER_LEN,
                                            strand_trace_decoder_need(decoder), &is_final);
    strand_trace_decoder_feed(decoder, window.data, window.len, is_final);
}

static void gotrace_decode_events(struct pieces *pieces, enum strand_trace_dialect dialect, struct answer *answer)
{
    struct lines lines = {.answer = answer};
    struct strand_trace_decoder decoder;
    struct strand_event event;
    enum strand_status status;
    strand_trace_decoder_init(&decoder, sizeof decoder, STRAND_ABI_VERSION, dialect);
    strand_trace_decoder_set_off(&decoder, GOTRACE_HEADER_LEN);
    gotrace_feed(&decoder, pieces);
    while (!output_is_gone(&answer->output) && (status = strand_decode_event(&decoder, &event)) != STRAND_END) {
        if (status == STRAND_OK) {
            lines_event(&lines, 0, &event);
        } else if (status == STRAND_MORE) {
            gotrace_feed(&decoder, pieces);
        } else {
            lines_fault(&lines, status, strand_trace_decoder_error_off(&decoder));
        }
    }
}

void gotrace_decode(const struct request *request, struct answer *answer)
{
    struct strand_span file = request->inputs[0];
    enum strand_trace_dialect dialect;
    unsigned version;
    enum strand_status status =
        file.len < GOTRACE_HEADER_LEN ? STRAND_BAD_MAGIC : strand_trace_go_header(file.data, &version, &dialect);
    if (status != STRAND_OK) {
        answer_reject(answer, status, 0);
        return;
    }
    struct pieces pieces = {.input = {file.data + GOTRACE_HEADER_LEN, file.len - GOTRACE_HEADER_LEN},
                            .split = request->split};
    gotrace_decode_events(&pieces, dialect, answer);
}
