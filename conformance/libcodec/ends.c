/* SPDX-License-Identifier: MIT
 *
 * ends.c: source.h, output.h and report.h over memory. The tools open their inputs one after the other, each with its
 * sections, so what is refused belongs to the input that was opened last.
 */
#include "ends.h"

#include "driver.h"
#include "report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENDS_LINE 4096u /* room that every line gets to begin with */

struct refusal {
    enum strand_status status; /* STRAND_OK: none */
    uint64_t off;
};

// The tools hand nothing through that this could hang on.
static struct ends {
    const struct strand_span *inputs;
    size_t count;
    size_t opened;
    struct refusal *refusals; /* one for each input */
    size_t refusal_cap;
} ends;

void ends_give(const struct strand_span *inputs, size_t count)
{
    if (count > ends.refusal_cap) {
        ends.refusals = report_resize(ends.refusals, count, sizeof *ends.refusals);
        ends.refusal_cap = count;
    }
    memset(ends.refusals, 0, count * sizeof *ends.refusals);
    ends.inputs = inputs;
    ends.count = count;
    ends.opened = 0;
}

enum strand_status ends_refusal(size_t input, uint64_t *ret_off)
{
    *ret_off = ends.refusals[input].off;
    return ends.refusals[input].status;
}

// ---------------------------------------------------------------------------------------------------------------
// source.h: the descriptor is the number of the input

bool source_open(struct source *source, const char *path, bool keep_open)
{
    (void)keep_open;
    if (ends.opened == ends.count) {
        errno = ENOENT;
        return false;
    }
    *source = (struct source){.path = path, .fd = (int)ends.opened, .size = ends.inputs[ends.opened].len};
    ends.opened++;
    return true;
}

size_t source_read(struct source *source, uint64_t off, uint8_t *buf, size_t len)
{
    const struct strand_span *input = &ends.inputs[source->fd];
    if (off >= input->len) {
        return 0;
    }
    size_t got = len < input->len - off ? len : (size_t)(input->len - off);
    if (got > 0) {
        memcpy(buf, input->data + off, got);
    }
    return got;
}

void source_close(struct source *source)
{
    source->fd = -1;
}

// ---------------------------------------------------------------------------------------------------------------
// output.h: `gone` where more would be more than the limit

static void output_reserve(struct output *output, size_t len)
{
    if (len <= output->cap) {
        return;
    }
    output->cap = 2 * output->cap > len ? 2 * output->cap : len;
    output->buf = report_resize(output->buf, output->cap, 1);
}

void output_begin(struct output *output, struct strand_text *ret_text)
{
    output_reserve(output, output->len + ENDS_LINE);
    *ret_text = (struct strand_text){.base = output->buf + output->len, .cap = output->cap - output->len};
}

bool output_commit(struct output *output, const struct strand_text *text)
{
    if (output->gone || text->len > DRIVER_OUTPUT_MAX - output->len) {
        output->gone = true;
        return true;
    }
    if (text->len > text->cap) {
        output_reserve(output, output->len + text->len);
        return false;
    }
    output->len += text->len;
    return true;
}

void output_bytes(struct output *output, const uint8_t *bytes, size_t len)
{
    if (output->gone || len > DRIVER_OUTPUT_MAX - output->len) {
        output->gone = true;
        return;
    }
    output_reserve(output, output->len + len);
    if (len > 0) {
        memcpy(output->buf + output->len, bytes, len);
    }
    output->len += len;
}

bool output_is_gone(const struct output *output)
{
    return output->gone;
}

void ends_reset(struct output *output)
{
    output->len = 0;
    output->gone = false;
}

// ---------------------------------------------------------------------------------------------------------------
// report.h: nobody reads messages

void report(const char *subject, const char *format, ...)
{
    (void)subject;
    (void)format;
}

void report_diag(const char *path, const struct strand_diag *diag)
{
    (void)path;
    (void)diag;
}

void report_no_strand(const char *path, uint64_t off, enum strand_status status)
{
    struct refusal *refusal = &ends.refusals[ends.opened - 1];
    (void)path;
    if (refusal->status == STRAND_OK) {
        *refusal = (struct refusal){status, off};
    }
}

void *report_resize(void *memory, size_t count, size_t size)
{
    void *resized = reallocarray(memory, count > 0 ? count : 1, size);
    if (resized == NULL) {
        fputs("conformance_driver: out of memory\n", stderr);
        exit(EXIT_UNREADABLE);
    }
    return resized;
}
