/* SPDX-License-Identifier: MIT
 *
 * strand_trace_read.c: the reading half of the execution tracer: read, advance, snapshot, and the crash.
 *
 *     ring of a thread   │ 17 sealed │ 18 sealed │ 19 open │ 16 … │     read up to 17: 18 is next; 19 once it is full
 *
 *     a fragment         │ file header, of this block alone │ block, zeros up to its full size │
 *
 * There is no queue between writers and reader. The reader walks the pool's list and looks in each ring for the block
 * with the smallest seq above the last one it has read. A writer never waits for it: what it overwrote is not found,
 * and the next block's counters tell how much that was. A block that is being written is copied as spec 9.4 says.
 *
 * Snapshot and crash walk the same rings with a buffer of their own and touch no mark: they may interrupt a reader.
 */
#define _GNU_SOURCE
#include "strand_trace_crash.h"
#include "strand_tracer.h"

#include "strand_definitions.h"
#include "strand_memory.h"
#include "strand_platform.h"
#include "strand_pool.h"

#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define STRAND_TRACE_LOOK_NS 2000000u     /* how long a reader that waits goes without looking for full blocks */
#define STRAND_TRACE_CRASH_NS 2000000000u /* how long the crash waits for who reads its descriptor */
#define STRAND_TRACE_PIECE 4096u          /* what a pipe that is ready takes without making its writer wait */
#define STRAND_TRACE_TRIES 8              /* at blocks that are overwritten while they are copied */
#define STRAND_TRACE_SNAPSHOT STRAND_TRACE_READ_MIN /* bytes that are enough for a fragment */

static struct strand_trace_marks strand_definitions_marks;
static struct strand_logger *strand_trace_turn; // whose ring the reader looks at next; NULL: the list's first

// ---------------------------------------------------------------------------------------------------------------
// A strand in memory

struct strand_trace_file {
    const uint8_t *mem;
    size_t header_len;
    size_t block_size;
    size_t slots;
};

static struct strand_trace_file strand_trace_file_of(const uint8_t *mem, size_t len)
{
    struct strand_trace_file file = {mem, 0, 0, 0};
    if (mem != NULL) {
        file.header_len = strand_load_u32(mem + 8);
        file.block_size = strand_load_u32(mem + 104);
        file.slots = (len - file.header_len) / file.block_size;
    }
    return file;
}

static struct strand_trace_file strand_trace_definitions(void)
{
    size_t len;
    const uint8_t *mem = strand_definitions(&len);
    return strand_trace_file_of(mem, len);
}

// Whether a logger's strand is of this trace; if so, what it wrote for it is there.
static bool strand_trace_has(const struct strand_logger *logger, uint64_t generation)
{
    return logger->kind == STRAND_KIND_TRACE && __atomic_load_n(&logger->generation, __ATOMIC_ACQUIRE) == generation;
}

// The block with the smallest seq above `after` as one look at all slots finds it. NULL: none.
static const uint8_t *strand_trace_pass(const struct strand_trace_file *file, uint64_t after, uint64_t *ret_seq)
{
    const uint8_t *found = NULL;
    for (size_t i = 0; i < file->slots; i++) {
        const uint8_t *block = file->mem + file->header_len + i * file->block_size;
        const uint64_t seq = strand_observe_u64(block + 8);
        if (seq > after && (found == NULL || seq < *ret_seq)) {
            found = block;
            *ret_seq = seq;
        }
    }
    return found;
}

// One look may miss a block that was begun behind its back, and find the one after it: what two looks agree on was there,
// and none before it.
static const uint8_t *strand_trace_find(const struct strand_trace_file *file, uint64_t after, uint64_t *ret_seq)
{
    uint64_t seen = 0;
    const uint8_t *found = strand_trace_pass(file, after, ret_seq);
    while (found != NULL && *ret_seq != seen) {
        seen = *ret_seq;
        found = strand_trace_pass(file, after, ret_seq);
    }
    return found;
}

static bool strand_trace_is_sealed(const uint8_t *block)
{
    return strand_observe_u32(block + 4) / 0x10000 % 2 == STRAND_BLOCK_SEALED; // flags are the upper half
}

// Makes a fragment of block `seq`.
// Returns: STRAND_OK · STRAND_FULL (cap) · STRAND_AGAIN (it isn't there any more).
static enum strand_status strand_trace_copy(const struct strand_trace_file *file, const uint8_t *block, uint64_t seq,
                                            uint8_t *buf, size_t cap, size_t *ret_len)
{
    struct strand_file_header header;
    size_t at;
    size_t len;
    if (strand_file_header_decode(file->mem, file->header_len, &header, &len) != STRAND_OK) {
        return STRAND_AGAIN;
    }
    header.compat |= STRAND_COMPAT_FRAGMENT;
    header.block_count = 0;
    header.header_len = 0;
    if (strand_file_header_encode(&header, buf, cap, &at) != STRAND_OK || cap - at < file->block_size) {
        return STRAND_FULL;
    }
    if (strand_block_snapshot(block, buf + at, file->block_size, &len) != STRAND_OK ||
        strand_load_u64(buf + at + 8) != seq) {
        return STRAND_AGAIN;
    }
    memset(buf + at + len, 0, file->block_size - len);
    *ret_len = at + file->block_size;
    return STRAND_OK;
}

// ---------------------------------------------------------------------------------------------------------------
// The reader's way through a strand

static uint64_t strand_trace_mark(const uint64_t *mark)
{
    return __atomic_load_n(mark, __ATOMIC_RELAXED);
}

static void strand_trace_set_mark(uint64_t *mark, uint64_t seq)
{
    __atomic_store_n(mark, seq, __ATOMIC_RELAXED);
}

static void strand_trace_begin_marks(struct strand_trace_marks *marks, uint64_t generation)
{
    if (strand_trace_mark(&marks->generation) != generation) {
        strand_trace_set_mark(&marks->read, 0);
        strand_trace_set_mark(&marks->passed_on, 0);
        marks->open_seq = 0;
        marks->advances = 0;
        __atomic_store_n(&marks->generation, generation, __ATOMIC_RELEASE); // a crash reads those above it
    }
}

// What was copied is read now. A block that isn't full stays the next one.
static void strand_trace_note(struct strand_trace_marks *marks, const uint8_t *copy)
{
    if (strand_trace_is_sealed(copy)) {
        strand_trace_set_mark(&marks->read, strand_load_u64(copy + 8));
    } else {
        marks->open_seq = strand_load_u64(copy + 8);
        marks->open_committed = strand_load_u32(copy + STRAND_BLOCK_COMMITTED_OFF);
    }
}

// Whether there is something to read in the next block. open_too: full or not, but nothing that was read before.
static bool strand_trace_is_ready(const struct strand_trace_marks *marks, const uint8_t *block, uint64_t seq,
                                  bool open_too)
{
    return strand_trace_is_sealed(block) ||
           (open_too && (seq != marks->open_seq ||
                         strand_observe_u32(block + STRAND_BLOCK_COMMITTED_OFF) > marks->open_committed));
}

// Reads the next block of a strand as a fragment.
// Returns: STRAND_OK · STRAND_FULL (cap) · STRAND_MORE (nothing yet) · STRAND_AGAIN (its writer is too fast: later).
static enum strand_status strand_trace_next(const struct strand_trace_file *file, struct strand_trace_marks *marks,
                                            bool open_too, uint8_t *buf, size_t cap, size_t *ret_len)
{
    for (int i = 0; i < STRAND_TRACE_TRIES; i++) {
        uint64_t seq;
        const uint8_t *block = strand_trace_find(file, strand_trace_mark(&marks->read), &seq);
        if (block == NULL || !strand_trace_is_ready(marks, block, seq, open_too)) {
            return STRAND_MORE;
        }
        const enum strand_status status = strand_trace_copy(file, block, seq, buf, cap, ret_len);
        if (status == STRAND_OK) {
            strand_trace_note(marks, buf + *ret_len - file->block_size);
        }
        if (status != STRAND_AGAIN) {
            return status;
        }
    }
    return STRAND_AGAIN;
}

// ---------------------------------------------------------------------------------------------------------------
// All strands

struct strand_trace_chunk {
    uint8_t *buf;
    size_t cap;
    size_t len;
    uint64_t generation;
    uint64_t advances;
    bool stopped;
};

// Reads a block of one strand.
static enum strand_status strand_trace_visit(struct strand_trace_chunk *chunk, struct strand_logger *logger)
{
    if (!strand_trace_has(logger, chunk->generation)) {
        return STRAND_MORE;
    }
    struct strand_trace_marks *marks = &logger->tracer.marks;
    strand_trace_begin_marks(marks, chunk->generation);
    const bool open_too = chunk->stopped || marks->advances != chunk->advances;
    const struct strand_trace_file file = strand_trace_file_of(logger->mem, logger->mem_len);
    size_t len = 0;
    const enum strand_status status =
        strand_trace_next(&file, marks, open_too, chunk->buf + chunk->len, chunk->cap - chunk->len, &len);
    chunk->len += len;
    if (status == STRAND_MORE || (status == STRAND_OK && marks->open_seq > strand_trace_mark(&marks->read))) {
        marks->advances = chunk->advances; // the advance asked for what there was, not for what comes
    }
    return status;
}

static enum strand_status strand_trace_read_definitions(struct strand_trace_chunk *chunk)
{
    const struct strand_trace_file file = strand_trace_definitions();
    enum strand_status status;
    strand_trace_begin_marks(&strand_definitions_marks, chunk->generation);
    do {
        size_t len = 0;
        status = strand_trace_next(&file, &strand_definitions_marks, true, chunk->buf + chunk->len,
                                   chunk->cap - chunk->len, &len);
        chunk->len += len;
    } while (status == STRAND_OK);
    return status;
}

static size_t strand_trace_count_loggers(void)
{
    size_t count = 0;
    for (const struct strand_logger *logger = strand_pool_first(); logger != NULL; logger = logger->next) {
        count++;
    }
    return count;
}

// Goes round, a block of each strand at a time, until the chunk is full or a whole round found nothing.
static void strand_trace_fill(struct strand_trace_chunk *chunk)
{
    if (strand_definitions_marks.generation != chunk->generation) {
        strand_trace_turn = NULL; // in the child of a fork it is a logger of the parent's
    }
    if (strand_trace_read_definitions(chunk) == STRAND_FULL) {
        return;
    }
    const size_t count = strand_trace_count_loggers();
    for (size_t idle = 0; idle <= count; idle++) {
        struct strand_logger *logger = strand_trace_turn != NULL ? strand_trace_turn : strand_pool_first();
        const enum strand_status status = logger != NULL ? strand_trace_visit(chunk, logger) : STRAND_MORE;
        strand_trace_turn = logger;
        if (status == STRAND_FULL) {
            return;
        }
        strand_trace_turn = logger != NULL ? logger->next : NULL;
        idle = status == STRAND_OK ? 0 : idle;
    }
}

// The reader is back: it has dealt with what it got before.
static void strand_trace_pass_on(uint64_t generation)
{
    for (struct strand_logger *logger = strand_pool_first(); logger != NULL; logger = logger->next) {
        struct strand_trace_marks *marks = &logger->tracer.marks;
        if (strand_trace_mark(&marks->generation) == generation) {
            strand_trace_set_mark(&marks->passed_on, strand_trace_mark(&marks->read));
        }
    }
}

// ---------------------------------------------------------------------------------------------------------------
// Read

static uint32_t strand_trace_state(void)
{
    return __atomic_load_n(&strand_trace_control.state, __ATOMIC_ACQUIRE);
}

static uint64_t strand_trace_current(void)
{
    return __atomic_load_n(&strand_trace_control.generation, __ATOMIC_ACQUIRE);
}

static void strand_trace_wait(uint32_t bell, uint64_t ns)
{
    const uint64_t at_most = ns < STRAND_TRACE_LOOK_NS ? ns : STRAND_TRACE_LOOK_NS;
    const struct timespec timeout = {0, (long)at_most};
    syscall(SYS_futex, &strand_trace_control.bell, FUTEX_WAIT_PRIVATE, bell, &timeout, NULL, 0);
}

// In: the bell as it was before the state was looked at.
static enum strand_status strand_trace_look(struct strand_trace_chunk *chunk)
{
    const uint32_t state = strand_trace_state();
    if (__atomic_load_n(&strand_trace_control.crashed, __ATOMIC_ACQUIRE) != 0) {
        return STRAND_BUSY;
    }
    chunk->stopped = state == STRAND_TRACE_STATE_STOPPED;
    chunk->generation = strand_trace_current();
    chunk->advances = __atomic_load_n(&strand_trace_control.advances, __ATOMIC_ACQUIRE);
    if (state != STRAND_TRACE_STATE_ON && state != STRAND_TRACE_STATE_STOPPED) {
        return state == STRAND_TRACE_STATE_READ ? STRAND_END : STRAND_MORE;
    }
    strand_trace_fill(chunk);
    if (chunk->len > 0) {
        return STRAND_OK;
    }
    if (chunk->stopped) {
        __atomic_store_n(&strand_trace_control.state, STRAND_TRACE_STATE_READ, __ATOMIC_RELEASE);
        return STRAND_END;
    }
    return STRAND_MORE;
}

static enum strand_status strand_trace_read_on(struct strand_trace_chunk *chunk, uint64_t wait_ns)
{
    const uint64_t begin = strand_clock_monotonic();
    strand_trace_pass_on(strand_trace_current());
    for (;;) {
        const uint32_t bell = __atomic_load_n(&strand_trace_control.bell, __ATOMIC_ACQUIRE);
        const enum strand_status status = strand_trace_look(chunk);
        const uint64_t waited = strand_clock_monotonic() - begin;
        if (status != STRAND_MORE || waited >= wait_ns) {
            return status;
        }
        strand_trace_wait(bell, wait_ns - waited);
    }
}

enum strand_status strand_trace_read(uint8_t *buf, size_t cap, uint64_t wait_ns, size_t *ret_len)
{
    struct strand_trace_chunk chunk = {.buf = buf, .cap = cap};
    uint32_t nobody = 0;
    *ret_len = 0;
    if (cap < STRAND_TRACE_READ_MIN) {
        return STRAND_BAD_ARGUMENT;
    }
    if (strand_trace_state() == STRAND_TRACE_STATE_NONE) {
        return STRAND_NOT_OPEN;
    }
    if (!STRAND_SWAP(&strand_trace_control.reader, &nobody, 1)) {
        return STRAND_BUSY;
    }
    const enum strand_status status = strand_trace_read_on(&chunk, wait_ns);
    __atomic_store_n(&strand_trace_control.reader, 0, __ATOMIC_RELEASE);
    *ret_len = chunk.len;
    return status;
}

void strand_trace_ring_bell(void)
{
    const int error = errno;
    __atomic_fetch_add(&strand_trace_control.bell, 1, __ATOMIC_RELEASE);
    syscall(SYS_futex, &strand_trace_control.bell, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    errno = error;
}

void strand_trace_advance(void)
{
    __atomic_fetch_add(&strand_trace_control.advances, 1, __ATOMIC_RELEASE);
    strand_trace_ring_bell();
}

// ---------------------------------------------------------------------------------------------------------------
// To a descriptor

struct strand_trace_out {
    int fd;
    bool failed;
    uint64_t deadline_ns; // 0: none, a slow reader is waited for
    uint8_t *buf;         // STRAND_TRACE_SNAPSHOT bytes
};

// Whether the descriptor takes more before the deadline.
static bool strand_trace_may_write(const struct strand_trace_out *out)
{
    struct pollfd to = {.fd = out->fd, .events = POLLOUT};
    const uint64_t now = strand_clock_monotonic();
    return out->deadline_ns == 0 ||
           (now < out->deadline_ns && poll(&to, 1, (int)((out->deadline_ns - now) / 1000000)) > 0);
}

static void strand_trace_write(struct strand_trace_out *out, size_t len)
{
    for (size_t done = 0; done < len && !out->failed;) {
        const size_t left = len - done;
        const size_t piece = out->deadline_ns != 0 && left > STRAND_TRACE_PIECE ? STRAND_TRACE_PIECE : left;
        const ssize_t n = strand_trace_may_write(out) ? write(out->fd, out->buf + done, piece) : -1;
        done += n > 0 ? (size_t)n : 0;
        out->failed = n == 0 || (n < 0 && errno != EINTR);
    }
}

// When block `seq` was over: the next one's first tick. UINT64_MAX: it isn't.
static uint64_t strand_trace_end_tick(const struct strand_trace_file *file, uint64_t seq)
{
    uint64_t next = 0;
    const uint8_t *block = strand_trace_find(file, seq, &next);
    if (block == NULL) {
        return UINT64_MAX;
    }
    const uint64_t tick = strand_load_u64(block + 24);
    return strand_observe_again_u64(block + 8) == next ? tick : UINT64_MAX;
}

// Writes the blocks behind `after` that are there, of those that weren't over at tick `since`.
static void strand_trace_put_blocks(struct strand_trace_out *out, const struct strand_trace_file *file,
                                    uint64_t after, uint64_t since)
{
    uint64_t seq = 0;
    for (size_t i = 0; i < file->slots && !out->failed; i++) { // a writer may be quicker than this is
        const uint8_t *block = strand_trace_find(file, after, &seq);
        size_t len;
        if (block == NULL) {
            return;
        }
        if (strand_trace_end_tick(file, seq) >= since &&
            strand_trace_copy(file, block, seq, out->buf, STRAND_TRACE_SNAPSHOT, &len) == STRAND_OK) {
            strand_trace_write(out, len);
        }
        after = seq;
    }
}

// The tick that was so many ns ago; 0: all that is to be had.
static uint64_t strand_trace_since(uint64_t duration_ns)
{
    const struct strand_calibration *c = &strand_session.calibration;
    const struct strand_file_header inverse = {.tick_num = c->tick_den, .tick_den = c->tick_num};
    const uint64_t now = strand_clock_tick();
    const uint64_t ticks = duration_ns != 0 ? strand_ticks_to_ns(&inverse, duration_ns) : now;
    return ticks < now ? now - ticks : 0;
}

enum strand_status strand_trace_snapshot(int fd)
{
    const uint32_t state = strand_trace_state();
    const uint64_t generation = strand_trace_current();
    if (state != STRAND_TRACE_STATE_ON && state != STRAND_TRACE_STATE_STOPPED) {
        errno = ENODATA;
        return STRAND_NOT_OPEN;
    }
    struct strand_trace_out out = {.fd = fd, .buf = strand_memory_map(STRAND_TRACE_SNAPSHOT)};
    if (out.buf == NULL) {
        return STRAND_NOT_OPEN;
    }
    const uint64_t since = strand_trace_since(strand_counted(&strand_trace_control.duration_ns));
    const struct strand_trace_file definitions = strand_trace_definitions();
    strand_trace_put_blocks(&out, &definitions, 0, 0);
    for (const struct strand_logger *logger = strand_pool_first(); logger != NULL; logger = logger->next) {
        if (strand_trace_has(logger, generation)) {
            const struct strand_trace_file file = strand_trace_file_of(logger->mem, logger->mem_len);
            strand_trace_put_blocks(&out, &file, 0, since);
        }
    }
    const int error = errno;
    strand_memory_unmap(out.buf, STRAND_TRACE_SNAPSHOT);
    errno = error;
    return out.failed ? STRAND_NOT_OPEN : STRAND_OK;
}

// ---------------------------------------------------------------------------------------------------------------
// Crash

static uint64_t strand_trace_passed_on(const struct strand_trace_marks *marks, uint64_t generation)
{
    return __atomic_load_n(&marks->generation, __ATOMIC_ACQUIRE) == generation ? strand_trace_mark(&marks->passed_on)
                                                                               : 0;
}

static void strand_trace_put_unread(struct strand_trace_out *out)
{
    const uint64_t generation = strand_trace_current();
    const struct strand_trace_file definitions = strand_trace_definitions();
    strand_trace_put_blocks(out, &definitions, 0, 0);
    for (const struct strand_logger *logger = strand_pool_first(); logger != NULL; logger = logger->next) {
        if (strand_trace_has(logger, generation)) {
            const struct strand_trace_file file = strand_trace_file_of(logger->mem, logger->mem_len);
            strand_trace_put_blocks(out, &file, strand_trace_passed_on(&logger->tracer.marks, generation), 0);
        }
    }
}

void strand_trace_at_crash(void)
{
    static uint8_t buf[STRAND_TRACE_SNAPSHOT];
    const uint32_t state = strand_trace_state();
    const int fd = __atomic_load_n(&strand_trace_control.crash_fd, __ATOMIC_RELAXED);
    const int error = errno;
    uint32_t not_yet = 0;
    strand_trace_advance();
    if (state != STRAND_TRACE_STATE_NONE && state != STRAND_TRACE_STATE_READ && fd > 0 &&
        STRAND_SWAP(&strand_trace_control.crashed, &not_yet, 1)) {
        struct strand_trace_out out = {
            .fd = fd, .deadline_ns = strand_clock_monotonic() + STRAND_TRACE_CRASH_NS, .buf = buf};
        strand_trace_put_unread(&out);
    }
    errno = error;
}
