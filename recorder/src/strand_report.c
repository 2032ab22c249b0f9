/* SPDX-License-Identifier: MIT
 *
 * strand_report.c: text, piece by piece, into a buffer that is given once; with a descriptor, on to it when it is full.
 *
 *     with a descriptor    │ text that waits │ room │  ──full──→ written out, len is 0 again
 *     without              │ text │ room │            ──full──→ len goes on alone: what it would have taken
 *
 * Nobody waits for a reader past the deadline. A descriptor is asked first whether it takes more, and gets no more at
 * once than a pipe has room for when it says so.
 */
#define _GNU_SOURCE
#include "strand_report.h"

#include "strand_modules.h"
#include "strand_recorder_clock.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

void strand_report_bytes(struct strand_report *r, const char *bytes, size_t len)
{
    while (len > 0) {
        if (r->len >= r->cap && r->fd >= 0) {
            strand_report_flush(r);
        }
        const size_t room = r->len < r->cap ? r->cap - r->len : 0;
        const size_t n = room == 0 ? len : len < room ? len : room;
        if (room > 0) {
            memcpy(r->base + r->len, bytes, n);
        }
        r->len += n;
        bytes += n;
        len -= n;
    }
}

void strand_report_text(struct strand_report *r, const char *text)
{
    strand_report_bytes(r, text, strlen(text));
}

static void strand_report_number(struct strand_report *r, uint64_t v, unsigned base)
{
    char digits[20]; // of 2^64 - 1
    size_t at = sizeof digits;
    do {
        digits[--at] = "0123456789abcdef"[v % base];
        v /= base;
    } while (v > 0);
    strand_report_bytes(r, digits + at, sizeof digits - at);
}

void strand_report_dec(struct strand_report *r, uint64_t v)
{
    strand_report_number(r, v, 10);
}

void strand_report_hex(struct strand_report *r, uint64_t v)
{
    strand_report_text(r, "0x");
    strand_report_number(r, v, 16);
}

void strand_report_pc(struct strand_report *r, uint64_t pc)
{
    const struct strand_module *module = strand_modules_find(pc);
    strand_report_hex(r, pc);
    if (module != NULL) {
        const char *slash = strrchr(module->path, '/');
        strand_report_text(r, " ");
        strand_report_text(r, slash != NULL ? slash + 1 : module->path);
        strand_report_text(r, "+");
        strand_report_hex(r, pc - module->base);
    }
}

// ---------------------------------------------------------------------------------------------------------------
// To the descriptor

static int strand_report_patience_ms(const struct strand_report *r)
{
    const uint64_t now = strand_clock_monotonic();
    const uint64_t ms = r->deadline_ns > now ? (r->deadline_ns - now) / 1000000 : 0;
    return ms < INT_MAX ? (int)ms : INT_MAX;
}

// Whether the descriptor takes some bytes now. A pipe without readers doesn't: writing to it would be SIGPIPE.
static int strand_report_is_ready(const struct strand_report *r)
{
    struct pollfd fd = {r->fd, POLLOUT, 0};
    int n;
    do {
        n = poll(&fd, 1, strand_report_patience_ms(r));
    } while (n < 0 && errno == EINTR);
    return n > 0 && (fd.revents & POLLOUT) != 0 && (fd.revents & (POLLERR | POLLNVAL)) == 0;
}

// Whether a write that took nothing is worth another try.
static int strand_report_may_go_on(const struct strand_report *r)
{
    return (errno == EINTR || errno == EAGAIN) && strand_report_patience_ms(r) > 0;
}

void strand_report_flush(struct strand_report *r)
{
    const int error = errno;
    const size_t len = r->len < r->cap ? r->len : r->cap;
    for (size_t off = 0; r->fd >= 0 && off < len && !r->failed;) {
        const size_t n = len - off < PIPE_BUF ? len - off : PIPE_BUF;
        const int is_ready = strand_report_is_ready(r);
        const ssize_t written = is_ready ? write(r->fd, r->base + off, n) : 0;
        off += written > 0 ? (size_t)written : 0;
        r->failed = written <= 0 && (!is_ready || !strand_report_may_go_on(r));
    }
    r->len = r->fd >= 0 ? 0 : r->len;
    errno = error;
}
