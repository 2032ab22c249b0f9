/* SPDX-License-Identifier: MIT
 *
 * strand_recorder.c: the recorder as a whole: its start before main, other options at the start of main, and fork.
 *
 *     constructor     session │ this thread's logger, with its signal stack │ modules │ crash handlers
 *     fork, child     nothing is the child's until it logs: then a session, strands, and files of its own
 */
#define _GNU_SOURCE
#include "strand_recorder.h"

#include "strand_crash.h"
#include "strand_crash_renew.h"
#include "strand_definitions.h"
#include "strand_logger.h"
#include "strand_memory.h"
#include "strand_modules.h"
#include "strand_relay.h"
#include "strand_report.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

// Here, so that whoever logs is linked with the constructor.
__thread struct strand_thread strand_this_thread
    __attribute__((tls_model("initial-exec"))) = {.priv_log = &strand_no_logger};

static void strand_recorder_before_fork(void)
{
    strand_definitions_hold();
}

static void strand_recorder_fork_parent(void)
{
    strand_definitions_let_go();
}

static void strand_recorder_fork_child(void)
{
    strand_this_thread = (struct strand_thread){.priv_log = &strand_no_logger};
    strand_pool_renew();
    strand_relay_renew();
    strand_modules_renew();
    strand_definitions_renew();
    strand_crash_renew();
    strand_session_renew();
}

// ---------------------------------------------------------------------------------------------------------------
// Its folder

static void strand_recorder_remove_files(const char *dir)
{
    strand_memory_remove(dir, 0);
    for (const struct strand_logger *logger = strand_pool_first(); logger != NULL; logger = logger->next) {
        strand_memory_remove(dir, logger->ordinal);
    }
}

// Moves all strands to where they go now, and leaves none of them in the folder before.
static bool strand_recorder_move(const char *before)
{
    const bool moved = strand_definitions_move() && strand_pool_move();
    if (moved && before[0] != 0) {
        strand_recorder_remove_files(before);
    }
    return moved;
}

static bool strand_recorder_use_dir(const char *dir)
{
    char before[PATH_MAX];
    char tried[PATH_MAX];
    memcpy(before, strand_session.dir, sizeof before);
    if (strand_session_set_dir(dir) &&
        (strand_memory_is_same_folder(strand_session.dir, before) || strand_recorder_move(before))) {
        return true;
    }
    const int error = errno;
    memcpy(tried, strand_session.dir, sizeof tried);
    memcpy(strand_session.dir, before, sizeof before);
    strand_recorder_move(tried); // back
    errno = error;
    return false;
}

// Says why the folder that STRAND_DIR names isn't used.
static void strand_recorder_check_dir(int error)
{
    const struct strand_logger *logger = strand_pool_first();
    if (strand_session.dir[0] != 0 && logger != NULL && logger->is_file == 0) {
        char text[256];
        struct strand_report r = {.base = text, .cap = sizeof text, .fd = STDERR_FILENO, .deadline_ns = UINT64_MAX};
        strand_report_text(&r, "strandline: STRAND_DIR=");
        strand_report_text(&r, strand_session.dir);
        strand_report_text(&r, ": no file there (");
        strand_report_text(&r, strerror(error));
        strand_report_text(&r, "); logging in memory\n");
        strand_report_flush(&r);
        strand_recorder_use_dir("");
    }
}

// ---------------------------------------------------------------------------------------------------------------
// Start

// 101 is the first priority that is not the implementation's: constructors of the program find the recorder running.
__attribute__((constructor(101))) static void strand_recorder_construct(void)
{
    pthread_atfork(strand_recorder_before_fork, strand_recorder_fork_parent, strand_recorder_fork_child);
    strand_logger_own();
    strand_recorder_check_dir(strand_pool_file_error());
    strand_modules_note();
    strand_crash_install(strand_session.crash);
}

enum strand_status strand_recorder_start(const struct strand_recorder_options *options)
{
    static const struct strand_recorder_options defaults;
    options = options != NULL ? options : &defaults;
    const size_t size = options->ring_size;
    if ((size != 0 && (size < STRAND_RING_SIZE_MIN || size > STRAND_RING_SIZE_MAX)) ||
        options->crash > STRAND_CRASH_ALL || !strand_session_begin()) {
        return STRAND_BAD_ARGUMENT;
    }
    if (options->crash != STRAND_CRASH_DEFAULT && options->crash != strand_session.crash) {
        strand_session.crash = options->crash;
        strand_crash_uninstall();
        strand_crash_install(options->crash);
    }
    if (options->dir != NULL && !strand_recorder_use_dir(options->dir)) {
        return STRAND_NOT_OPEN;
    }
    if (size != 0 && size != strand_session.ring_size) {
        strand_session.ring_size = (uint32_t)size;
        strand_logger_replace();
    }
    return STRAND_OK;
}

// ---------------------------------------------------------------------------------------------------------------
// All strands

uint64_t strand_recorder_strands(void)
{
    uint64_t count = 0;
    for (const struct strand_logger *logger = strand_pool_first(); logger != NULL; logger = logger->next) {
        count++;
    }
    return count;
}

enum strand_status strand_recorder_sync(void)
{
    size_t len;
    const uint8_t *definitions = strand_definitions(&len);
    bool synced = definitions == NULL || msync((void *)(uintptr_t)definitions, len, MS_SYNC) == 0;
    for (const struct strand_logger *logger = strand_pool_first(); logger != NULL; logger = logger->next) {
        synced = (logger->is_file == 0 || msync(logger->mem, logger->mem_len, MS_SYNC) == 0) && synced;
    }
    synced = (strand_session.dir[0] == 0 || strand_memory_sync_folder(strand_session.dir)) && synced;
    return synced ? STRAND_OK : STRAND_NOT_OPEN;
}

uint64_t strand_recorder_in_memory(void)
{
    const bool has_folder = strand_session.dir[0] != 0;
    uint64_t count = has_folder && strand_definitions_error() != 0 ? 1 : 0;
    for (const struct strand_logger *logger = strand_pool_first(); logger != NULL; logger = logger->next) {
        count += has_folder && logger->is_file == 0 ? 1 : 0;
    }
    return count;
}

const char *strand_recorder_dir(void)
{
    return strand_session.dir[0] != 0 ? strand_session.dir : NULL;
}
