/* SPDX-License-Identifier: MIT
 *
 * strand_dump_strand.c: the crash as a strand of its own, so that a merge shows it where it stands in time.
 *
 *     DIR/PROGRAM-PID-IIIIIIII-crash.strand
 *
 *     FATAL "fatal signal"  signal=11 code=1 address=0x0 thread=1234
 *     FATAL "stack"  tid=1234 name="worker" how="captured" [return addresses]      the crashing thread's first
 *
 * The strand is written through static memory. What there is is in the file before other threads are asked.
 */
#define _GNU_SOURCE
#include "strand_dump.h"
#include "strand_memory.h"
#include "strand_session.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define STRAND_CRASH_ORDINAL 0xFFFFFFFFu
#define STRAND_CRASH_BLOCK 16384u
#define STRAND_CRASH_HEADER_MAX 1024u
#define STRAND_LEVEL_FATAL 21u

static struct strand_writer strand_crash_writer;
static _Alignas(8) uint8_t strand_crash_mem[STRAND_CRASH_HEADER_MAX + STRAND_CRASH_BLOCK];
static int strand_crash_fd = -1;

static bool strand_crash_sink(void *context, const uint8_t *bytes, size_t len)
{
    (void)context;
    while (len > 0) {
        const ssize_t n = write(strand_crash_fd, bytes, len);
        if (n <= 0 && (n == 0 || errno != EINTR)) {
            return false;
        }
        bytes += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
    return true;
}

// Where a standard stream is closed the file would take its place, and get what is meant for the stream. What takes it
// meanwhile can't be written to.
static int strand_crash_create(const char *name)
{
    int fds[STDERR_FILENO + 2];
    size_t count = 0;
    do {
        fds[count++] = open("/", O_PATH | O_CLOEXEC);
    } while (count <= STDERR_FILENO + 1 && fds[count - 1] >= 0 && fds[count - 1] <= STDERR_FILENO);
    close(fds[--count]);
    fds[count++] = strand_memory_folder(strand_session.dir);
    const int fd = openat(fds[count - 1], name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    while (count > 0) {
        close(fds[--count]);
    }
    return fd;
}

static void strand_crash_key(struct strand_encoder *e, const char *name)
{
    strand_encode_key(e, name, strlen(name));
}

static void strand_crash_text_field(struct strand_encoder *e, const char *key, const char *text)
{
    strand_crash_key(e, key);
    strand_encode_string(e, text, strlen(text));
}

// Opens a record of the crash strand. Returns: NULL: there is none.
static struct strand_encoder *strand_crash_record(const char *message)
{
    struct strand_encoder *e;
    if (strand_crash_fd < 0 || strand_writer_begin(&strand_crash_writer, strand_clock_tick(),
                                                   strand_clock_monotonic(), -1, &e) != STRAND_OK) {
        return NULL;
    }
    strand_encode_level(e, STRAND_LEVEL_FATAL);
    strand_encode_string(e, message, strlen(message));
    return e;
}

static bool strand_crash_is_again(void)
{
    return strand_writer_end(&strand_crash_writer) == STRAND_AGAIN;
}

static void strand_crash_write_signal(const struct strand_dump *d)
{
    struct strand_encoder *e;
    do {
        e = strand_crash_record("fatal signal");
        if (e == NULL) {
            return;
        }
        strand_crash_key(e, "signal");
        strand_encode_uint(e, (uint64_t)d->cause.number);
        if (d->cause.has_info) {
            strand_crash_key(e, "code");
            strand_encode_int(e, d->cause.info.si_code);
        }
        if (strand_cause_has_address(&d->cause)) {
            strand_crash_key(e, "address");
            strand_encode_ptr(e, (uint64_t)(uintptr_t)d->cause.info.si_addr);
        }
        strand_crash_key(e, "thread");
        strand_encode_uint(e, d->tid);
    } while (strand_crash_is_again());
}

static const char *strand_crash_how(enum strand_stack_how how)
{
    static const char *const names[] = {"", "captured", "blocked", "silent", "unknown"};
    return names[how];
}

void strand_dump_strand_stack(const struct strand_thread_stack *stack)
{
    struct strand_encoder *e;
    do {
        e = strand_crash_record("stack");
        if (e == NULL) {
            return;
        }
        strand_crash_key(e, "tid");
        strand_encode_uint(e, stack->tid);
        strand_crash_text_field(e, "name", stack->name);
        strand_crash_text_field(e, "how", strand_crash_how(stack->how));
        strand_encode_traceback(e, stack->pcs, stack->count);
    } while (strand_crash_is_again());
}

void strand_dump_strand_open(struct strand_dump *d)
{
    static const char name[] = "crash";
    char file[STRAND_FILE_NAME_MAX];
    uint8_t tuple[STRAND_CLOCK_LEN];
    struct strand_file_header header;
    if (!strand_session_begin() || strand_session.dir[0] == 0) { // a fork's child may be new
        return;
    }
    strand_session_describe(tuple, &header);
    header.ordinal = STRAND_CRASH_ORDINAL;
    header.kind = STRAND_KIND_RECORDS;
    header.block_size = STRAND_CRASH_BLOCK;
    header.name = (struct strand_span){(const uint8_t *)name, sizeof name - 1};
    if (strand_writer_init(&strand_crash_writer, sizeof strand_crash_writer, STRAND_ABI_VERSION, strand_crash_mem,
                           sizeof strand_crash_mem, &header, strand_crash_sink, NULL) != STRAND_OK) {
        return;
    }
    strand_memory_name(name, file);
    strand_crash_fd = strand_crash_create(file);
    strand_crash_write_signal(d);
}

void strand_dump_strand_flush(void)
{
    if (strand_crash_fd >= 0) {
        strand_writer_flush(&strand_crash_writer);
    }
}

void strand_dump_strand_close(struct strand_dump *d)
{
    (void)d;
    if (strand_crash_fd >= 0) {
        strand_writer_close(&strand_crash_writer, strand_clock_tick(), strand_clock_monotonic());
        close(strand_crash_fd);
        strand_crash_fd = -1;
    }
}
