/* SPDX-License-Identifier: MIT
 *
 * strand_definitions.c: the definitions strand of the session: call sites, modules, trace schemas.
 *
 *     │ file header │ block │ block │ … │ room that was reserved and not touched │
 *
 * It grows within memory that was reserved for all it may ever hold, so it never moves. It is written when modules are
 * loaded and schemas declared, never on a path that logs; writers wait for each other.
 *
 * After a fork the sites of the child have their numbers already, so its definitions are those of the parent under a
 * file header of the child's own. Who forks holds them meanwhile: the child has no half of a definition.
 *
 * Where they can't be put into the session's folder, the next thread that takes a logger tries again; rings stay in
 * memory until they are there.
 */
#define _GNU_SOURCE
#include "strand_definitions.h"

#include "strand_memory.h"
#include "strand_modules.h"
#include "strand_platform.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#define STRAND_DEFINITIONS_BLOCK 32768u
#define STRAND_DEFINITIONS_HEADER 4096u
#define STRAND_DEFINITIONS_LEN (STRAND_DEFINITIONS_HEADER + 16 * STRAND_DEFINITIONS_BLOCK)
#define STRAND_DEFINITIONS_PATIENCE 20000   /* times 50 us that a writer waits for another */
#define STRAND_DEFINITIONS_FORK 0x80000000u /* above the tid of who forks, and above all tids */

static struct strand_writer strand_definitions_writer;
static uint8_t *strand_definitions_mem; // atomic
static struct strand_descriptor_ring strand_definitions_ring;
static pid_t strand_definitions_pid; // whose they are
static bool strand_definitions_is_placed;
static uint8_t strand_definitions_is_file;
static int strand_definitions_why;        // atomic: an errno: why they are not where they should be
static uint32_t strand_definitions_taken; // atomic: by this tid, to write or to fork; 0: by nobody
static uint64_t strand_definitions_next_site = STRAND_SITE_FIRST;

const uint8_t *strand_definitions(size_t *ret_len)
{
    const uint8_t *mem = __atomic_load_n(&strand_definitions_mem, __ATOMIC_ACQUIRE);
    *ret_len = mem != NULL ? STRAND_DEFINITIONS_LEN : 0;
    return mem;
}

static void strand_definitions_describe(uint8_t *tuple, struct strand_file_header *header)
{
    static const char name[] = "definitions";
    strand_session_describe(tuple, header);
    header->header_len = STRAND_DEFINITIONS_HEADER;
    header->kind = STRAND_KIND_DEFINITIONS;
    header->block_size = STRAND_DEFINITIONS_BLOCK;
    header->name = (struct strand_span){(const uint8_t *)name, sizeof name - 1};
}

// They are this process's from now on.
static void strand_definitions_set(uint8_t *mem)
{
    strand_descriptor_add(&strand_descriptor, &strand_definitions_ring, mem, STRAND_DEFINITIONS_LEN);
    strand_definitions_pid = strand_session.pid;
    strand_definitions_is_placed = false;
    strand_definitions_is_file = 0;
    __atomic_store_n(&strand_definitions_mem, mem, __ATOMIC_RELEASE);
}

static bool strand_definitions_start(void)
{
    uint8_t tuple[STRAND_CLOCK_LEN];
    struct strand_file_header header;
    uint8_t *mem = strand_memory_map(STRAND_DEFINITIONS_LEN);
    if (mem == NULL) {
        return false;
    }
    strand_definitions_describe(tuple, &header);
    strand_writer_init(&strand_definitions_writer, sizeof strand_definitions_writer, STRAND_ABI_VERSION, mem,
                       STRAND_DEFINITIONS_LEN, &header, NULL, NULL);
    strand_definitions_set(mem);
    return true;
}

// In the child of a fork.
static bool strand_definitions_inherit(uint8_t *mem)
{
    uint8_t tuple[STRAND_CLOCK_LEN];
    struct strand_file_header header;
    size_t len;
    strand_definitions_describe(tuple, &header);
    if (!strand_memory_to_copy(mem, STRAND_DEFINITIONS_LEN)) {
        return false;
    }
    strand_file_header_encode(&header, mem, STRAND_DEFINITIONS_HEADER, &len);
    strand_definitions_set(mem);
    return true;
}

static bool strand_definitions_there(void)
{
    if (strand_definitions_mem == NULL) {
        return strand_definitions_start();
    }
    return strand_definitions_pid == strand_session.pid || strand_definitions_inherit(strand_definitions_mem);
}

// Whether this process has its definitions strand, in its folder or not.
static bool strand_definitions_ready(void)
{
    const bool is_there = strand_definitions_there();
    if (is_there && !strand_definitions_is_placed) {
        strand_definitions_is_placed =
            strand_memory_place(strand_definitions_mem, STRAND_DEFINITIONS_LEN, 0, &strand_definitions_is_file);
    }
    const int why = is_there && strand_definitions_is_placed ? 0 : errno;
    __atomic_store_n(&strand_definitions_why, why, __ATOMIC_RELAXED);
    return is_there;
}

int strand_definitions_error(void)
{
    return __atomic_load_n(&strand_definitions_why, __ATOMIC_RELAXED);
}

// ---------------------------------------------------------------------------------------------------------------
// One at a time

static bool strand_definitions_try(void)
{
    uint32_t free = 0;
    return STRAND_SWAP(&strand_definitions_taken, &free, (uint32_t)strand_tid());
}

// Returns: false: it was in vain, or would be: a handler can't wait for what it interrupts.
static bool strand_definitions_wait(uint32_t purpose)
{
    const struct timespec pause = {0, 50000};
    const uint32_t me = (uint32_t)strand_tid();
    for (int i = 0; i < STRAND_DEFINITIONS_PATIENCE; i++) {
        uint32_t who = 0;
        if (STRAND_SWAP(&strand_definitions_taken, &who, me + purpose)) {
            return true;
        }
        if (who % STRAND_DEFINITIONS_FORK == me) {
            return false;
        }
        clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
    }
    return false;
}

static void strand_definitions_leave(void)
{
    __atomic_store_n(&strand_definitions_taken, 0, __ATOMIC_RELEASE);
}

// In vain where a handler forks that interrupted a writer: parent and child both go on with what that was writing.
void strand_definitions_hold(void)
{
    strand_definitions_wait(STRAND_DEFINITIONS_FORK);
}

void strand_definitions_let_go(void)
{
    uint32_t mine = (uint32_t)strand_tid() + STRAND_DEFINITIONS_FORK;
    STRAND_SWAP(&strand_definitions_taken, &mine, 0);
}

void strand_definitions_renew(void)
{
    strand_definitions_leave();
}

void strand_definitions_provide(void)
{
    if (strand_definitions_try()) {
        strand_definitions_ready();
        strand_definitions_leave();
    }
}

struct strand_writer *strand_definitions_begin(void)
{
    if (!strand_session_begin() || !strand_definitions_wait(0)) {
        return NULL;
    }
    if (!strand_definitions_ready()) {
        strand_definitions_leave();
        return NULL;
    }
    return &strand_definitions_writer;
}

void strand_definitions_end(void)
{
    strand_definitions_leave();
}

bool strand_definitions_move(void)
{
    if (!strand_definitions_wait(0)) {
        errno = EBUSY;
        return false;
    }
    strand_definitions_is_placed = false;
    strand_definitions_ready();
    strand_definitions_leave();
    errno = strand_definitions_error();
    return errno == 0;
}

// Sites of a module that have no number yet. What does not fit goes on to carry its message in each record.
void strand_recorder_define(struct strand_site *const *first, struct strand_site *const *end)
{
    struct strand_writer *w = first != end ? strand_definitions_begin() : NULL;
    if (w != NULL) {
        strand_define_sites(w, first, (size_t)(end - first), strand_clock_tick(), strand_clock_monotonic(),
                            &strand_definitions_next_site);
        strand_definitions_end();
    }
    strand_modules_note();
}
