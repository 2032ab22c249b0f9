/* SPDX-License-Identifier: MIT
 *
 * strand_pool.c: where loggers come from, and how a thread comes by one.
 *
 *     one mapping a logger:
 *
 *     │ guard │ signal stack │ struct strand_logger │ window │ ring: file header, block, block, … │
 *       records strands only                                   └ a page of its own: may be a file
 *
 * Taking one, in this order, each step without a lock (names as in the model):
 *
 *     take-free     owner 0 → tid                              somebody gave it back
 *     take-over     owner → tid, where the owner is gone       asked of the system: at most a few a time
 *     make          mmap, then push at the front of the list
 *     take-spare    the one in static memory: no memory is left, or mmap is forbidden
 *
 * A handler may interrupt any of it and take a logger itself: each step is one swap, and who loses it goes on to the
 * next. Nothing is waited for. A thread that ended inside a record (by longjmp from a handler, say) leaves a busy
 * writer behind: such a logger is never taken again.
 */
#define _GNU_SOURCE
#include "strand_pool.h"

#include "strand_definitions.h"
#include "strand_memory.h"
#include "strand_platform.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define STRAND_POOL_PROBES 8           /* owners that are asked after, each time */
#define STRAND_OWNER_COUNT 4294967296u /* the owner word counts owners in its upper half */
#define STRAND_TRACE_BLOCK 65536u
#define STRAND_LOG_BLOCK_MAX 65536u
#define STRAND_SPARE_LEN (STRAND_FILE_HEADER_RING + 2 * STRAND_BLOCK_MIN)

static struct strand_logger *strand_pool_list; // atomic
static uint32_t strand_pool_probe;             // atomic: ordinals below it are asked after next

static _Alignas(STRAND_PAGE) uint8_t strand_spare_ring[STRAND_SPARE_LEN];
static uint8_t strand_spare_window[STRAND_BLOCK_MIN];
static struct strand_logger strand_spare_logger;
static uint32_t strand_spare_pushed; // atomic
static int strand_file_error;        // atomic

uint32_t strand_logger_tid(const struct strand_logger *logger)
{
    return (uint32_t)(__atomic_load_n(&logger->owner, __ATOMIC_RELAXED) % STRAND_OWNER_COUNT);
}

struct strand_logger *strand_pool_first(void)
{
    return __atomic_load_n(&strand_pool_list, __ATOMIC_ACQUIRE);
}

// ---------------------------------------------------------------------------------------------------------------
// A ring

struct strand_geometry {
    uint32_t block_size;
    uint32_t block_count;
};

// Four blocks or a few more: opening one costs as much as ten records, and overwriting one loses it whole.
static struct strand_geometry strand_geometry_of(enum strand_kind kind, size_t ring_size)
{
    uint32_t size = STRAND_BLOCK_MIN;
    while (size < STRAND_LOG_BLOCK_MAX && size * 2 <= ring_size / 4) {
        size *= 2;
    }
    size = kind == STRAND_KIND_TRACE && ring_size >= 2 * STRAND_TRACE_BLOCK ? STRAND_TRACE_BLOCK : size;
    return (struct strand_geometry){size, (uint32_t)(ring_size / size)};
}

static struct strand_geometry strand_geometry_for(enum strand_kind kind)
{
    return strand_geometry_of(kind, kind == STRAND_KIND_TRACE
                                        ? __atomic_load_n(&strand_session.trace_size, __ATOMIC_RELAXED)
                                        : strand_session.ring_size);
}

static size_t strand_ring_len(enum strand_kind kind)
{
    const struct strand_geometry geometry = strand_geometry_for(kind);
    return STRAND_FILE_HEADER_RING + (size_t)geometry.block_count * geometry.block_size;
}

static void strand_logger_describe(struct strand_logger *logger, uint8_t *tuple, struct strand_file_header *header)
{
    const struct strand_geometry geometry =
        strand_geometry_of(logger->kind, logger->mem_len - STRAND_FILE_HEADER_RING);
    strand_session_describe(tuple, header);
    header->header_len = STRAND_FILE_HEADER_RING;
    header->ordinal = logger->ordinal;
    header->kind = logger->kind;
    header->block_size = geometry.block_size;
    header->block_count = geometry.block_count;
    header->name = (struct strand_span){(const uint8_t *)logger->name, strlen(logger->name)};
}

static void strand_logger_set_owner(struct strand_logger *logger, uint32_t tid)
{
    strand_writer_set_owner(&logger->writer, tid, logger->name, strlen(logger->name));
    strand_writer_set_batch_pid(&logger->writer, tid);
}

// Starts the ring anew: the strand has no records.
static void strand_logger_start(struct strand_logger *logger, uint32_t tid)
{
    uint8_t tuple[STRAND_CLOCK_LEN];
    struct strand_file_header header;
    struct strand_writer *w = &logger->writer;
    strand_logger_describe(logger, tuple, &header);
    strand_writer_init(w, sizeof *w, STRAND_ABI_VERSION, logger->mem, logger->mem_len, &header, NULL, NULL);
    strand_writer_set_crc(w, false);
    logger->anchor = (struct strand_anchor){.calibration = strand_session.calibration};
    strand_writer_set_nano_at(w, strand_clock_nano_at, &logger->anchor);
    strand_logger_set_owner(logger, tid);
}

// Goes on with a ring that another thread wrote before: an OWNER tells where.
static void strand_logger_go_on(struct strand_logger *logger, uint32_t tid)
{
    struct strand_encoder *e;
    const uint64_t tick = strand_clock_tick();
    const uint64_t nano = strand_clock_nano_at(&logger->anchor, tick);
    strand_writer_set_spare(&logger->writer, NULL);
    strand_writer_set_more_spares(&logger->writer, NULL, NULL);
    strand_logger_set_owner(logger, tid);
    do {
        if (strand_writer_begin_frame(&logger->writer, tick, nano, &e) != STRAND_OK) {
            return;
        }
        strand_encode_owner(e, tid, logger->name, strlen(logger->name));
    } while (strand_writer_end(&logger->writer) == STRAND_AGAIN);
}

// What a logger is for from now on; it is the caller's. While it starts anew it is of no trace, so nobody reads it, and a
// handler leaves it alone. Returns: NULL: a handler that interrupted this was quicker and has it.
static struct strand_logger *strand_logger_hand_over(struct strand_logger *logger, uint32_t tid, uint64_t generation)
{
    uint64_t before = __atomic_load_n(&logger->generation, __ATOMIC_RELAXED);
    const bool anew = before != generation;
    if (anew && !STRAND_SWAP(&logger->generation, &before, 0)) {
        return NULL;
    }
    memset(logger->name, 0, sizeof logger->name);
    prctl(PR_GET_NAME, logger->name);
    if (anew) {
        strand_logger_start(logger, tid);
        __atomic_store_n(&logger->generation, generation, __ATOMIC_RELEASE);
    } else {
        strand_logger_go_on(logger, tid);
    }
    return logger;
}

// ---------------------------------------------------------------------------------------------------------------
// Taking one that is there

// The next trace's rings may have another size.
static bool strand_logger_serves(const struct strand_logger *logger, enum strand_kind kind)
{
    return logger->kind == kind && (kind != STRAND_KIND_TRACE || logger->mem_len == strand_ring_len(kind));
}

// Makes the logger the caller's where `owner` still stands in it. One with a busy writer stays with who finds that out.
static bool strand_logger_swap_owner(struct strand_logger *logger, uint64_t owner, uint32_t tid)
{
    const uint64_t mine = (owner / STRAND_OWNER_COUNT + 1) * STRAND_OWNER_COUNT + tid;
    return STRAND_SWAP(&logger->owner, &owner, mine) && !strand_writer_is_busy(&logger->writer);
}

// Of an older trace: the thread's own. Only the thread itself may start it anew, as a handler may have interrupted it on
// its way to an event there.
static struct strand_logger *strand_pool_take_own(enum strand_kind kind, uint32_t tid, uint64_t generation)
{
    for (struct strand_logger *logger = strand_pool_first(); logger != NULL; logger = logger->next) {
        const uint64_t before = __atomic_load_n(&logger->generation, __ATOMIC_RELAXED);
        if (strand_logger_serves(logger, kind) && strand_logger_tid(logger) == tid && before != 0 &&
            before < generation && !strand_writer_is_busy(&logger->writer)) {
            return logger;
        }
    }
    return NULL;
}

static struct strand_logger *strand_pool_take_free(enum strand_kind kind, uint32_t tid)
{
    for (struct strand_logger *logger = strand_pool_first(); logger != NULL; logger = logger->next) {
        const uint64_t owner = __atomic_load_n(&logger->owner, __ATOMIC_RELAXED);
        if (strand_logger_serves(logger, kind) && owner % STRAND_OWNER_COUNT == 0 &&
            strand_logger_swap_owner(logger, owner, tid)) { // take-free
            return logger;
        }
    }
    return NULL;
}

static bool strand_thread_is_gone(uint32_t tid)
{
    return syscall(SYS_tgkill, strand_session.pid, (pid_t)tid, 0) != 0 && errno == ESRCH;
}

static bool strand_logger_take_over(struct strand_logger *logger, uint32_t tid)
{
    const uint64_t owner = __atomic_load_n(&logger->owner, __ATOMIC_RELAXED);
    const uint32_t its = (uint32_t)(owner % STRAND_OWNER_COUNT);
    return its != 0 && its != tid && strand_thread_is_gone(its) &&
           strand_logger_swap_owner(logger, owner, tid); // take-over
}

// Asks after a few owners, further down the list each time, so that taking stays cheap and every one has its turn.
static struct strand_logger *strand_pool_take_over(enum strand_kind kind, uint32_t tid)
{
    const uint32_t begin = __atomic_load_n(&strand_pool_probe, __ATOMIC_RELAXED); // 0: the list's
    uint32_t last = 0;
    uint32_t asked = 0;
    for (struct strand_logger *logger = strand_pool_first(); logger != NULL; logger = logger->next) {
        if (strand_logger_serves(logger, kind) && (begin == 0 || logger->ordinal < begin)) {
            last = asked++ < STRAND_POOL_PROBES ? logger->ordinal : last;
            if (asked <= STRAND_POOL_PROBES && strand_logger_take_over(logger, tid)) {
                return logger;
            }
        }
    }
    __atomic_store_n(&strand_pool_probe, asked > STRAND_POOL_PROBES ? last : 0, __ATOMIC_RELAXED);
    return NULL;
}

// ---------------------------------------------------------------------------------------------------------------
// Making one

static void strand_pool_push(struct strand_logger *logger)
{
    logger->next = strand_pool_first();
    while (!STRAND_SWAP(&strand_pool_list, &logger->next, logger)) { // push
        // another thread or a handler was first: logger->next is that one's now
    }
    strand_descriptor_add(&strand_descriptor, &logger->ring, logger->mem, logger->mem_len);
}

// Maps a logger with all that belongs to it.
static struct strand_logger *strand_logger_map(enum strand_kind kind)
{
    const size_t ring = strand_memory_round(strand_ring_len(kind));
    const size_t window = strand_geometry_for(kind).block_size;
    const size_t guard = kind == STRAND_KIND_RECORDS ? strand_memory_round(1) : 0;
    const size_t stack = guard > 0 ? STRAND_SIGNAL_STACK : 0;
    const size_t own = strand_memory_round(sizeof(struct strand_logger) + window);
    uint8_t *at = strand_memory_map(guard + stack + own + ring);
    if (at == NULL) {
        return NULL;
    }
    struct strand_logger *logger = (struct strand_logger *)(void *)(at + guard + stack);
    if (guard > 0) {
        strand_memory_guard(at, guard);
        logger->signal_stack = at + guard;
    }
    logger->kind = (uint8_t)kind;
    logger->window = (uint8_t *)logger + sizeof *logger;
    logger->window_len = window;
    logger->mem = at + guard + stack + own;
    logger->mem_len = strand_ring_len(kind);
    return logger;
}

static bool strand_logger_place(struct strand_logger *logger)
{
    return strand_memory_place(logger->mem, logger->mem_len, logger->ordinal, &logger->is_file);
}

// A file whose call sites nobody can tell is of no use.
static void strand_logger_place_new(struct strand_logger *logger)
{
    const int why = strand_definitions_error();
    const int error = why != 0 ? why : strand_logger_place(logger) ? 0 : errno;
    __atomic_store_n(&strand_file_error, error, __ATOMIC_RELAXED);
}

int strand_pool_file_error(void)
{
    return __atomic_load_n(&strand_file_error, __ATOMIC_RELAXED);
}

static struct strand_logger *strand_pool_make(enum strand_kind kind, uint32_t tid, uint64_t generation)
{
    struct strand_logger *logger = strand_logger_map(kind);
    if (logger == NULL) {
        return NULL;
    }
    logger->ordinal = __atomic_fetch_add(&strand_session.next_ordinal, 1, __ATOMIC_RELAXED);
    logger->owner = tid;
    logger->generation = ~generation; // whatever it is, it starts anew
    strand_logger_hand_over(logger, tid, generation);
    strand_logger_place_new(logger);
    strand_pool_push(logger);
    return logger;
}

static struct strand_logger *strand_pool_take_spare(enum strand_kind kind, uint32_t tid, uint64_t generation)
{
    struct strand_logger *logger = &strand_spare_logger;
    uint32_t unused = 0;
    if (kind != STRAND_KIND_RECORDS || !STRAND_SWAP(&strand_spare_pushed, &unused, 1)) { // take-spare
        return NULL;
    }
    *logger = (struct strand_logger){.kind = (uint8_t)kind,
                                     .owner = tid,
                                     .generation = ~generation,
                                     .mem = strand_spare_ring,
                                     .mem_len = sizeof strand_spare_ring,
                                     .window = strand_spare_window,
                                     .window_len = sizeof strand_spare_window};
    logger->ordinal = __atomic_fetch_add(&strand_session.next_ordinal, 1, __ATOMIC_RELAXED);
    strand_logger_hand_over(logger, tid, generation);
    strand_pool_push(logger);
    return logger;
}

struct strand_logger *strand_pool_take(enum strand_kind kind, uint64_t generation)
{
    const int error = errno;
    struct strand_logger *logger = NULL;
    if (strand_session_begin()) {
        const uint32_t tid = (uint32_t)strand_tid();
        strand_definitions_provide();
        logger = strand_pool_take_own(kind, tid, generation);
        logger = logger != NULL ? logger : strand_pool_take_free(kind, tid);
        logger = logger != NULL ? logger : strand_pool_take_over(kind, tid);
        logger = logger != NULL ? strand_logger_hand_over(logger, tid, generation) : NULL;
        if (logger == NULL) {
            logger = strand_pool_make(kind, tid, generation);
            logger = logger != NULL ? logger : strand_pool_take_spare(kind, tid, generation);
        }
    }
    errno = error;
    return logger;
}

void strand_pool_give(struct strand_logger *logger)
{
    const uint64_t owner = __atomic_load_n(&logger->owner, __ATOMIC_RELAXED);
    __atomic_store_n(&logger->owner, owner - owner % STRAND_OWNER_COUNT, __ATOMIC_RELEASE); // give
}

// ---------------------------------------------------------------------------------------------------------------
// All of them

// The child of a fork has copies of the parent's anonymous rings, which nobody uses; files it would share. A record that
// a handler's fork interrupted is finished into zeros.
void strand_pool_renew(void)
{
    for (struct strand_logger *logger = strand_pool_first(); logger != NULL; logger = logger->next) {
        if (logger->is_file != 0) {
            strand_memory_to_private(logger->mem, strand_memory_round(logger->mem_len));
        }
    }
    strand_pool_list = NULL;
    strand_spare_pushed = strand_writer_is_busy(&strand_spare_logger.writer) ? 1 : 0;
}

bool strand_pool_move(void)
{
    for (struct strand_logger *logger = strand_pool_first(); logger != NULL; logger = logger->next) {
        if (logger != &strand_spare_logger && !strand_logger_place(logger)) {
            return false;
        }
    }
    return true;
}
