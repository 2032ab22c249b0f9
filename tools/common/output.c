/* SPDX-License-Identifier: MIT
 *
 * output.c: one buffer of 256 KiB, printed into directly and written when it is nearly full.
 */
#include "output.h"

#include "report.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OUTPUT_BUFFER 262144u
#define OUTPUT_LINE 4096u /* with less room than this the buffer is written first */

void output_open(struct output *output, const char *path)
{
    *output = (struct output){.fd = STDOUT_FILENO, .path = path, .cap = OUTPUT_BUFFER};
    signal(SIGPIPE, SIG_IGN);
    if (path != NULL) {
        output->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
        if (output->fd < 0) {
            report_and_exit(EXIT_UNREADABLE, path, strerror(errno));
        }
    }
    output->buf = report_resize(NULL, output->cap, 1);
}

static void output_fail(struct output *output)
{
    if (errno != EPIPE) {
        report_and_exit(EXIT_UNREADABLE, output->path == NULL ? "standard output" : output->path, strerror(errno));
    }
    output->gone = true;
}

static void output_flush(struct output *output)
{
    size_t done = 0;
    while (done < output->len && !output->gone) {
        ssize_t n = write(output->fd, output->buf + done, output->len - done);
        if (n < 0 && errno != EINTR) {
            output_fail(output);
        }
        done += n > 0 ? (size_t)n : 0;
    }
    output->len = 0;
}

void output_begin(struct output *output, struct strand_text *ret_text)
{
    if (output->cap - output->len < OUTPUT_LINE) {
        output_flush(output);
    }
    *ret_text = (struct strand_text){.base = output->buf + output->len, .cap = output->cap - output->len};
}

bool output_commit(struct output *output, const struct strand_text *text)
{
    if (text->len <= text->cap) {
        output->len += text->len;
        return true;
    }
    output_flush(output);
    if (text->len > output->cap) {
        output->cap = text->len;
        output->buf = report_resize(output->buf, output->cap, 1);
    }
    return false;
}

void output_bytes(struct output *output, const uint8_t *bytes, size_t len)
{
    while (len > 0) {
        if (output->len == output->cap) {
            output_flush(output);
        }
        size_t part = len < output->cap - output->len ? len : output->cap - output->len;
        memcpy(output->buf + output->len, bytes, part);
        output->len += part;
        bytes += part;
        len -= part;
    }
}

bool output_is_gone(const struct output *output)
{
    return output->gone;
}

void output_close(struct output *output)
{
    output_flush(output);
    if (close(output->fd) != 0 && !output->gone) {
        output_fail(output);
    }
    free(output->buf);
    output->buf = NULL;
}
