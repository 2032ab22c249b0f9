/* SPDX-License-Identifier: MIT
 *
 * strand_session.c: the session starts by itself, once, in whatever comes first: the recorder's constructor, or a record
 * of a constructor before it, of a signal handler, of malloc.
 *
 *     state   none ──swap──→ starting ──→ started
 *
 * Signals are blocked meanwhile, so that no handler finds it starting in its own thread and waits for ever; other threads
 * wait, for a few microseconds, or for the 2 ms of the calibration in the first process.
 */
#define _GNU_SOURCE
#include "strand_session.h"

#include "strand_platform.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define STRAND_RING_SIZE_DEFAULT 131072u
#define STRAND_SESSION_PATIENCE 2000   /* times 50 us */
#define STRAND_CALIBRATION_NS 2000000u /* is waited for when the program starts: to within about 30 ppm */

enum strand_session_state { STRAND_SESSION_NONE = 0, STRAND_SESSION_STARTING, STRAND_SESSION_STARTED };

struct strand_session strand_session = {.trace_size = STRAND_TRACE_SIZE_DEFAULT};
struct strand_descriptor strand_descriptor;
static uint32_t strand_session_state;

pid_t strand_tid(void)
{
    return (pid_t)syscall(SYS_gettid);
}

// ---------------------------------------------------------------------------------------------------------------
// Who we are

// Reads a small file. Returns its bytes, which end in a NUL.
static size_t strand_read_file(const char *path, char *buf, size_t cap)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    const ssize_t len = fd >= 0 ? read(fd, buf, cap - 1) : 0;
    if (fd >= 0) {
        close(fd);
    }
    buf[len > 0 ? len : 0] = 0;
    return len > 0 ? (size_t)len : 0;
}

static unsigned strand_hex_digit(char c)
{
    return c >= '0' && c <= '9' ? (unsigned)(c - '0') : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10 : 16;
}

// The boot's uuid, 8-4-4-4-12 digits; zeros where the system has none.
static void strand_read_boot(uint8_t boot[16])
{
    char text[64];
    size_t digits = 0;
    strand_read_file("/proc/sys/kernel/random/boot_id", text, sizeof text);
    for (size_t i = 0; text[i] != 0 && digits < 32; i++) {
        const unsigned digit = strand_hex_digit(text[i]);
        if (digit < 16) {
            boot[digits / 2] = (uint8_t)(boot[digits / 2] * 16 + digit);
            digits++;
        }
    }
}

// A random uuid; where the system is too young for random numbers, one of clock and pid.
static void strand_make_id(uint8_t id[16])
{
    if (getrandom(id, 16, GRND_NONBLOCK) != 16) {
        strand_store_u64(id, strand_clock_realtime());
        strand_store_u64(id + 8, strand_clock_tick() ^ (uint64_t)strand_session.pid << 32);
    }
    id[6] = (uint8_t)(id[6] % 16 + 0x40);
    id[8] = (uint8_t)(id[8] % 64 + 0x80);
}

static void strand_read_program(char *program, size_t cap)
{
    char path[PATH_MAX];
    const ssize_t len = readlink("/proc/self/exe", path, sizeof path - 1);
    path[len > 0 ? len : 0] = 0;
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : "program";
    size_t n = strlen(name);
    n = n < cap ? n : cap - 1;
    memcpy(program, name, n);
    program[n] = 0;
}

// ---------------------------------------------------------------------------------------------------------------
// What we are asked for

size_t strand_ring_size_of(const char *text)
{
    uint64_t size = 0;
    size_t i = 0;
    for (; text[i] >= '0' && text[i] <= '9' && size <= STRAND_RING_SIZE_MAX; i++) {
        size = size * 10 + (uint64_t)(text[i] - '0');
    }
    if (text[i] == 'K' || text[i] == 'k' || text[i] == 'M' || text[i] == 'm') {
        size *= text[i] == 'K' || text[i] == 'k' ? 1024 : 1024 * 1024;
        i++;
    }
    const bool good = text[i] == 0 && size >= STRAND_RING_SIZE_MIN && size <= STRAND_RING_SIZE_MAX;
    return good ? (size_t)size : 0;
}

static enum strand_crash_level strand_crash_level_of(const char *text)
{
    static const char *const names[] = {"", "none", "log", "stacks", "all"};
    for (int level = STRAND_CRASH_NONE; level <= STRAND_CRASH_ALL; level++) {
        if (strcmp(text, names[level]) == 0) {
            return (enum strand_crash_level)level;
        }
    }
    return STRAND_CRASH_DEFAULT;
}

static void strand_warn(const char *name, const char *value, const char *expected)
{
    const char *const parts[] = {"strandline: ", name, "=", value, " is not used: expected ", expected, "\n"};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (write(STDERR_FILENO, parts[i], strlen(parts[i])) < 0) {
            return;
        }
    }
}

static void strand_read_environment(void)
{
    const char *dir = getenv("STRAND_DIR");
    const char *size = getenv("STRAND_SIZE");
    const char *crash = getenv("STRAND_CRASH");
    if (dir != NULL && strlen(dir) < sizeof strand_session.dir) {
        memcpy(strand_session.dir, dir, strlen(dir) + 1);
    }
    strand_session.ring_size = size != NULL ? (uint32_t)strand_ring_size_of(size) : STRAND_RING_SIZE_DEFAULT;
    if (strand_session.ring_size == 0) {
        strand_warn("STRAND_SIZE", size, "16K to 1G");
        strand_session.ring_size = STRAND_RING_SIZE_DEFAULT;
    }
    strand_session.crash = crash != NULL ? strand_crash_level_of(crash) : STRAND_CRASH_ALL;
    if (strand_session.crash == STRAND_CRASH_DEFAULT) {
        strand_warn("STRAND_CRASH", crash, "none, log, stacks or all");
        strand_session.crash = STRAND_CRASH_ALL;
    }
}

// ---------------------------------------------------------------------------------------------------------------
// Start

static void strand_session_start(void)
{
    const bool first = strand_session.calibration.tick_den == 0;
    strand_session.pid = getpid();
    strand_make_id(strand_session.id);
    strand_descriptor_init(&strand_descriptor, strand_session.id, (uint64_t)strand_session.pid);
    strand_session.start_ns = strand_clock_realtime();
    strand_session.next_ordinal = 1; // 0 is the definitions strand
    if (first) {
        strand_read_boot(strand_session.boot);
        strand_read_program(strand_session.program, sizeof strand_session.program);
        strand_read_environment();
        if (strand_clock_calibrate(STRAND_CALIBRATION_NS, &strand_session.calibration) != STRAND_OK) {
            strand_session.calibration = (struct strand_calibration){1, 1, 0};
        }
    }
}

// Waits for another thread. Where a fault in the start itself led here it would be for ever: the answer is no.
static bool strand_session_wait(void)
{
    const struct timespec pause = {0, 50000};
    for (int i = 0; i < STRAND_SESSION_PATIENCE; i++) {
        if (__atomic_load_n(&strand_session_state, __ATOMIC_ACQUIRE) == STRAND_SESSION_STARTED) {
            return true;
        }
        clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
    }
    return false;
}

bool strand_session_begin(void)
{
    sigset_t all;
    sigset_t before;
    uint32_t state = STRAND_SESSION_NONE;
    if (__atomic_load_n(&strand_session_state, __ATOMIC_ACQUIRE) == STRAND_SESSION_STARTED) {
        return true;
    }
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const bool mine = STRAND_SWAP(&strand_session_state, &state, STRAND_SESSION_STARTING);
    if (mine) {
        strand_session_start();
        __atomic_store_n(&strand_session_state, STRAND_SESSION_STARTED, __ATOMIC_RELEASE);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return mine || strand_session_wait();
}

void strand_session_renew(void)
{
    strand_session.pid = getpid();
    __atomic_store_n(&strand_session_state, STRAND_SESSION_NONE, __ATOMIC_RELEASE);
}

void strand_session_describe(uint8_t *tuple, struct strand_file_header *header)
{
    static const char writer[] = "strandline recorder 0.9";
    struct strand_clock now;
    strand_clock_read(&now);
    *header = (struct strand_file_header){.pid = (uint64_t)strand_session.pid,
                                          .tid = (uint64_t)strand_tid(),
                                          .start_ns = strand_session.start_ns,
                                          .writer = {(const uint8_t *)writer, sizeof writer - 1}};
    memcpy(header->session, strand_session.id, sizeof header->session);
    memcpy(header->boot, strand_session.boot, sizeof header->boot);
    strand_clock_describe(&strand_session.calibration, &now, false, tuple, header);
}
