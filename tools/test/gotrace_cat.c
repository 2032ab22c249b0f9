/* SPDX-License-Identifier: MIT
 *
 * gotrace_cat.c: prints an execution trace of Go's, 1.5 to 1.21, event by event, as libcodec decodes it: timed ones as
 * canonical JSON, the others as their type and arguments.
 */
#include "strand.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void gotrace_print(const struct strand_event *event)
{
    static char line[65536];
    const struct strand_printer printer = {.style = STRAND_STYLE_CANONICAL};
    struct strand_text text = {line, sizeof line, 0};
    struct strand_span args = event->args;
    uint64_t value;
    if (event->timed) {
        strand_print_event(&text, &printer, 0, (struct strand_span){NULL, 0}, 0, event);
        fwrite(line, 1, text.len, stdout);
        return;
    }
    printf("%" PRIu64, event->type);
    while (strand_decode_value(&args, &value) == STRAND_OK) {
        printf(" %" PRIu64, value);
    }
    putchar('\n');
}

int main(int argc, char **argv)
{
    static uint8_t bytes[1 << 24];
    struct strand_trace_decoder decoder;
    enum strand_trace_dialect dialect;
    struct strand_event event;
    enum strand_status status;
    unsigned version;
    FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
    size_t len = file == NULL ? 0 : fread(bytes, 1, sizeof bytes, file);
    if (len < 16 || strand_trace_go_header(bytes, &version, &dialect) != STRAND_OK) {
        return 3;
    }
    fclose(file);
    strand_trace_decoder_init(&decoder, sizeof decoder, STRAND_ABI_VERSION, dialect);
    strand_trace_decoder_feed(&decoder, bytes + 16, len - 16, true);
    while ((status = strand_decode_event(&decoder, &event)) == STRAND_OK) {
        gotrace_print(&event);
    }
    printf("%u %s\n", version, status == STRAND_END ? "end" : strand_status_slug(status));
    return status == STRAND_END ? 0 : 1;
}
