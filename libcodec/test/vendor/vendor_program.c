/* SPDX-License-Identifier: MIT
 *
 * vendor_program.c: what somebody else's program does with the library: logs into a ring, reads it back, prints it.
 */
#include "strand.h"

#include <stdio.h>

static int print_ring(const struct strand_ring *ring)
{
    uint8_t scratch[512];
    struct strand_ring_reader reader;
    const struct strand_ring_view view = strand_ring_view(ring);
    if (strand_ring_reader_init(&reader, sizeof reader, STRAND_ABI_VERSION, &view, scratch, sizeof scratch) !=
        STRAND_OK) {
        return 1;
    }
    const struct strand_printer printer = {.style = STRAND_STYLE_CANONICAL};
    const struct strand_span no_label = {NULL, 0};
    struct strand_frame frame;
    enum strand_status status;
    while ((status = strand_ring_read(&reader, &frame)) == STRAND_OK) {
        if (frame.kind != STRAND_FRAME_RECORD) {
            continue;
        }
        char line[256];
        struct strand_text text = {.base = line, .cap = sizeof line};
        size_t bad_off = 0;
        if (strand_print_record(&text, &printer, 0, no_label, &frame, &bad_off) != STRAND_OK || text.len > text.cap) {
            return 1;
        }
        fwrite(line, 1, text.len, stdout);
    }
    return status == STRAND_END ? 0 : 1;
}

int main(void)
{
    uint8_t memory[512];
    uint8_t stage[128];
    struct strand_ring ring;
    struct strand_encoder *e;
    if (strand_ring_init(&ring, sizeof ring, STRAND_ABI_VERSION, memory, sizeof memory, stage, sizeof stage) !=
        STRAND_OK) {
        return 1;
    }
    for (int fd = 3; fd < 5; fd++) {
        if (strand_ring_begin(&ring, 1000u * (unsigned)fd, 2000u * (unsigned)fd, -1, &e) != STRAND_OK) {
            return 1;
        }
        strand_encode_string(e, "accepted", 8);
        strand_encode_int(e, fd);
        if (strand_ring_end(&ring) != STRAND_OK) {
            return 1;
        }
    }
    return print_ring(&ring);
}
