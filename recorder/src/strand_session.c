/* SPDX-License-Identifier: MIT
 *
 * strand_session.c: the session starts by itself, once, in whatever comes first: the recorder's constructor, or a record
 * of a constructor before it, of a signal handler, of malloc.
 *
 *     state   none ──swap──→ starting ──→ started
 *
 * It is quiet meanwhile, so that no handler finds it starting in its own thread and waits for ever; other threads wait,
 * for a few microseconds, or for the 2 ms of the calibration in the first process.
 *
 * A child of vfork has its parent's memory and thread, not its pid: it must not start or take anything, for it would be
 * its parent's, and be held for that of a thread that is gone.
 */
#define _GNU_SOURCE
#include "strand_session.h"

#include "strand_platform.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
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

void strand_quiet_begin(struct strand_quiet *before)
{
    sigset_t all;
    sigfillset(&all);
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before->cancel);
    pthread_sigmask(SIG_SETMASK, &all, &before->signals);
}

void strand_quiet_end(const struct strand_quiet *before)
{
    pthread_sigmask(SIG_SETMASK, &before->signals, NULL);
    pthread_setcancelstate(before->cancel, NULL);
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
    static const char units[] = "KkMmGg";
    uint64_t size = 0;
    size_t i = 0;
    for (; text[i] >= '0' && text[i] <= '9' && size <= STRAND_RING_SIZE_MAX; i++) {
        size = size * 10 + (uint64_t)(text[i] - '0');
    }
    const char *unit = text[i] != 0 ? strchr(units, text[i]) : NULL;
    if (unit != NULL) {
        size <<= 10 * ((unit - units) / 2 + 1);
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

// A relative one is of the folder that is the working directory now.
bool strand_session_set_dir(const char *dir)
{
    const size_t len = strlen(dir);
    const long cwd =
        len > 0 && dir[0] != '/' ? syscall(SYS_getcwd, strand_session.dir, sizeof strand_session.dir) : 0;
    const size_t at = cwd > 0 ? (size_t)cwd : 0; // its NUL counts, and becomes the slash
    if (cwd < 0 || len >= sizeof strand_session.dir - at) {
        errno = cwd < 0 ? errno : ENAMETOOLONG;
        strand_session.dir[0] = 0;
        return false;
    }
    memcpy(strand_session.dir + at, dir, len + 1);
    if (at > 0) {
        strand_session.dir[at - 1] = '/';
    }
    return true;
}

// A program that has more rights than who started it isn't told where to write.
static void strand_read_environment(void)
{
    const char *dir = secure_getenv("STRAND_DIR");
    const char *size = secure_getenv("STRAND_SIZE");
    const char *crash = secure_getenv("STRAND_CRASH");
    if (dir != NULL && !strand_session_set_dir(dir)) {
        strand_warn("STRAND_DIR", dir, "a path of at most 4095 bytes, the working directory's included");
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
    __atomic_store_n(&strand_session.pid, getpid(), __ATOMIC_RELAXED);
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
        syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &pause, NULL); // libc's is where a cancelled thread ends
    }
    return false;
}

// Whether this is a child that has not been renewed, as vfork makes one.
static bool strand_session_is_parents(void)
{
    const pid_t pid = __atomic_load_n(&strand_session.pid, __ATOMIC_RELAXED);
    return pid != 0 && pid != getpid();
}

bool strand_session_begin(void)
{
    struct strand_quiet before;
    uint32_t state = STRAND_SESSION_NONE;
    if (strand_session_is_parents()) {
        return false;
    }
    if (__atomic_load_n(&strand_session_state, __ATOMIC_ACQUIRE) == STRAND_SESSION_STARTED) {
        return true;
    }
    strand_quiet_begin(&before);
    const bool mine = STRAND_SWAP(&strand_session_state, &state, STRAND_SESSION_STARTING);
    if (mine) {
        strand_session_start();
        __atomic_store_n(&strand_session_state, STRAND_SESSION_STARTED, __ATOMIC_RELEASE);
    }
    strand_quiet_end(&before);
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
