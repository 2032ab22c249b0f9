/* SPDX-License-Identifier: MIT
 *
 * fuzz_trace.c: an execution trace in either dialect, read at once and through windows. Both readings must be the
 * same; every event's arguments are as many as it says, and lie inside it. A Go file's header is taken off first.
 *
 *     trace … │ dialect and how windows end │ seed of the windows
 */
#include "fuzz.h"
#include "strand_trace.h"

#define GO_HEADER_LEN 16u

struct settings {
    enum strand_trace_dialect dialect;
    bool late;
    uint32_t seed; // of the windows' sizes; 0: one window
};

static void read_event(struct fuzz_digest *digest, const struct strand_event *event, struct strand_span inside)
{
    digest->answers++;
    fuzz_add(digest, event->type);
    fuzz_add(digest, event->off);
    fuzz_add(digest, event->tick);
    fuzz_add(digest, event->seq);
    fuzz_add(digest, event->p);
    fuzz_add(digest, (event->timed ? 1u : 0u) + (event->has_seq ? 2u : 0u) + (event->text.data != NULL ? 4u : 0u));
    fuzz_add(digest, event->arg_count);
    fuzz_add_bytes(digest, event->args.data, event->args.len);
    fuzz_add_bytes(digest, event->text.data, event->text.len);
    FUZZ_CHECK(fuzz_inside(event->args, inside) && fuzz_inside(event->text, inside));
    FUZZ_CHECK(event->timed || event->type == STRAND_WIRE_TRACE_BATCH || event->tick == 0);
    FUZZ_CHECK(event->has_seq || event->seq == 0);
    struct strand_span args = event->args;
    uint64_t value = 0;
    for (uint64_t i = 0; i < event->arg_count; i++) {
        FUZZ_CHECK(strand_decode_value(&args, &value) == STRAND_OK);
        fuzz_add(digest, value);
    }
    FUZZ_CHECK(strand_decode_value(&args, &value) == STRAND_END);
}

static struct fuzz_digest read_trace(struct fuzz_input in, struct settings s)
{
    struct fuzz_digest digest = {0, 0};
    struct strand_trace_decoder d;
    struct strand_event event;
    struct fuzz_windows windows = fuzz_windows_of(in, s.seed, s.late);
    uint64_t next = 0;
    FUZZ_CHECK(strand_trace_decoder_init(&d, sizeof d, STRAND_ABI_VERSION, s.dialect) == STRAND_OK);
    FUZZ_CHECK(strand_trace_decoder_feed(&d, windows.bytes, windows.end, windows.final) == STRAND_OK);
    enum strand_status status;
    while ((status = strand_decode_event(&d, &event)) != STRAND_END) {
        const size_t off = (size_t)strand_trace_decoder_off(&d);
        FUZZ_CHECK(off >= windows.start && off <= windows.end && digest.answers <= in.size + 1);
        if (status == STRAND_OK) {
            const size_t at = (size_t)event.off;
            FUZZ_CHECK(event.off == next && off > at);
            next = off;
            read_event(&digest, &event, (struct strand_span){windows.bytes + (at - windows.start), off - at});
        } else if (status == STRAND_MORE) {
            const size_t need = strand_trace_decoder_need(&d);
            fuzz_windows_next(&windows, off, need);
            FUZZ_CHECK(strand_trace_decoder_feed(&d, windows.bytes, windows.end - off, windows.final) == STRAND_OK);
        } else {
            FUZZ_CHECK(strand_trace_decoder_error_off(&d) == next && strand_status_diag(status) != 0);
            fuzz_add_status(&digest, status, strand_trace_decoder_error_off(&d));
        }
    }
    FUZZ_CHECK(strand_decode_event(&d, &event) == STRAND_END);
    free(windows.bytes);
    return digest;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, size};
    const uint32_t seed = fuzz_choice(&in) + 1u;
    const uint8_t how = fuzz_choice(&in);
    struct settings settings = {how % 2 == 0 ? STRAND_TRACE_GO1_5 : STRAND_TRACE_GO1_7, false, 0};
    unsigned version = 0;
    if (in.size >= GO_HEADER_LEN && strand_trace_go_header(in.data, &version, &settings.dialect) == STRAND_OK) {
        FUZZ_CHECK(version >= 1005 && version <= 1021);
        in.data += GO_HEADER_LEN;
        in.size -= GO_HEADER_LEN;
    }
    const struct fuzz_digest flat = read_trace(in, settings);
    settings.seed = seed;
    settings.late = how / 2 % 2 == 1;
    const struct fuzz_digest cut = read_trace(in, settings);
    FUZZ_CHECK(flat.hash == cut.hash && flat.answers == cut.answers);
    return 0;
}
