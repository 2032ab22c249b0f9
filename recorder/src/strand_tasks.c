/* SPDX-License-Identifier: MIT
 *
 * strand_tasks.c: /proc/self, line by line.
 *
 *     task/                thread ids, by getdents64
 *     task/TID/comm        its name
 *     task/TID/status      "State:\tS (sleeping)", "SigBlk:\t0000000000010000": bit n - 1 is signal n
 *     task/TID/syscall     "… 0xSP 0xPC" while the thread waits; "running" else
 *     maps                 "START-END r-xp …"
 *     coredump_filter      "00000033", which is written, too
 *
 * A descriptor is needed for each, one at a time but for that of the walk. Where the table of descriptors is full the
 * soft limit is raised by a few, and lowered again at once: a descriptor above it stays good.
 */
#define _GNU_SOURCE
#include "strand_tasks.h"

#include "strand_modules.h"
#include "strand_report.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define STRAND_DESCRIPTORS_MORE 8u
#define STRAND_CORE_OF_SHARED_FILES 8u
#define STRAND_LINE_MAX 192u // bytes of the longest line that is asked for: syscall's

// ---------------------------------------------------------------------------------------------------------------
// Descriptors

// System calls by number: the functions of libc are where a thread that is being cancelled ends, and this may run in a
// handler of any thread.
static int strand_open(const char *path, int flags)
{
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC);
}

static void strand_close(int fd)
{
    if (fd >= 0) {
        syscall(SYS_close, fd);
    }
}

static int strand_tasks_open_above(const char *path, int flags)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= limit.rlim_max) {
        return -1;
    }
    const rlim_t room = limit.rlim_max - limit.rlim_cur;
    const rlim_t more = room < STRAND_DESCRIPTORS_MORE ? room : STRAND_DESCRIPTORS_MORE;
    const struct rlimit raised = {limit.rlim_cur + more, limit.rlim_max};
    if (setrlimit(RLIMIT_NOFILE, &raised) != 0) {
        return -1;
    }
    const int fd = strand_open(path, flags);
    setrlimit(RLIMIT_NOFILE, &limit);
    return fd;
}

static int strand_tasks_open(const char *path, int flags)
{
    const int fd = strand_open(path, flags);
    return fd < 0 && errno == EMFILE ? strand_tasks_open_above(path, flags) : fd;
}

// ---------------------------------------------------------------------------------------------------------------
// Threads

uint64_t strand_tasks_first(struct strand_tasks *tasks)
{
    tasks->fd = strand_tasks_open("/proc/self/task", O_DIRECTORY);
    tasks->at = 0;
    tasks->len = 0;
    return strand_tasks_next(tasks);
}

void strand_tasks_close(struct strand_tasks *tasks)
{
    strand_close(tasks->fd);
}

static bool strand_tasks_refill(struct strand_tasks *tasks)
{
    const long len = tasks->fd >= 0 ? syscall(SYS_getdents64, tasks->fd, tasks->entries, sizeof tasks->entries) : 0;
    tasks->at = 0;
    tasks->len = len > 0 ? (size_t)len : 0;
    return len > 0;
}

// Number at the start of text, in decimal; 0: none.
static uint64_t strand_decimal(const char *text)
{
    uint64_t v = 0;
    for (; *text >= '0' && *text <= '9'; text++) {
        v = v * 10 + (uint64_t)(*text - '0');
    }
    return v;
}

uint64_t strand_tasks_next(struct strand_tasks *tasks)
{
    while (tasks->at < tasks->len || strand_tasks_refill(tasks)) {
        const uint8_t *entry = tasks->entries + tasks->at;
        uint16_t len;
        memcpy(&len, entry + offsetof(struct dirent64, d_reclen), sizeof len);
        tasks->at += len;
        const uint64_t tid = strand_decimal((const char *)entry + offsetof(struct dirent64, d_name));
        if (tid != 0) { // "." and ".." are none
            return tid;
        }
    }
    return 0;
}

size_t strand_tasks_count(void)
{
    struct strand_tasks tasks;
    size_t count = 0;
    for (uint64_t tid = strand_tasks_first(&tasks); tid != 0; tid = strand_tasks_next(&tasks)) {
        count++;
    }
    strand_tasks_close(&tasks);
    return count;
}

// ---------------------------------------------------------------------------------------------------------------
// Lines

struct strand_lines {
    int fd;
    size_t at;
    size_t len;
    char buf[512];
};

static void strand_lines_open(struct strand_lines *lines, const char *path)
{
    lines->fd = strand_tasks_open(path, 0);
    lines->at = 0;
    lines->len = 0;
}

static void strand_lines_open_task(struct strand_lines *lines, uint64_t tid, const char *name)
{
    char path[64] = {0}; // the longest is task/18446744073709551615/syscall
    struct strand_report text = {path, sizeof path - 1, 0, -1, 0, 0};
    strand_report_text(&text, "/proc/self/task/");
    strand_report_dec(&text, tid);
    strand_report_text(&text, name);
    strand_lines_open(lines, path);
}

static void strand_lines_close(struct strand_lines *lines)
{
    strand_close(lines->fd);
}

// Returns: -1: the file has ended.
static int strand_lines_byte(struct strand_lines *lines)
{
    if (lines->at == lines->len) {
        const long len = lines->fd >= 0 ? syscall(SYS_read, lines->fd, lines->buf, sizeof lines->buf) : 0;
        lines->at = 0;
        lines->len = len > 0 ? (size_t)len : 0;
    }
    return lines->len > 0 ? (unsigned char)lines->buf[lines->at++] : -1;
}

// The next line without its end, cut at cap - 1 bytes, with a NUL.
static bool strand_lines_next(struct strand_lines *lines, char *line, size_t cap)
{
    size_t len = 0;
    int byte = strand_lines_byte(lines);
    const bool is_there = byte >= 0;
    for (; byte >= 0 && byte != '\n'; byte = strand_lines_byte(lines)) {
        if (len < cap - 1) {
            line[len++] = (char)byte;
        }
    }
    line[len] = 0;
    return is_there;
}

// Hexadecimal number at *at, with or without 0x; *at goes behind it.
static uint64_t strand_hexadecimal(const char **at)
{
    uint64_t v = 0;
    *at += (*at)[0] == '0' && (*at)[1] == 'x' ? 2 : 0;
    for (;; (*at)++) {
        const char c = **at;
        if (c >= '0' && c <= '9') {
            v = v * 16 + (uint64_t)(c - '0');
        } else if (c >= 'a' && c <= 'f') {
            v = v * 16 + (uint64_t)(c - 'a') + 10;
        } else {
            return v;
        }
    }
}

// ---------------------------------------------------------------------------------------------------------------
// What they say

void strand_task_name(uint64_t tid, char *name, size_t cap)
{
    struct strand_lines lines;
    strand_lines_open_task(&lines, tid, "/comm");
    strand_lines_next(&lines, name, cap);
    strand_lines_close(&lines);
}

enum strand_task_state strand_task_state(uint64_t tid, int signal)
{
    static const char state_key[] = "State:\t";
    static const char blocked_key[] = "SigBlk:\t";
    struct strand_lines lines;
    char line[STRAND_LINE_MAX];
    enum strand_task_state state = STRAND_TASK_HEARS;
    strand_lines_open_task(&lines, tid, "/status");
    while (strand_lines_next(&lines, line, sizeof line)) {
        if (strncmp(line, state_key, sizeof state_key - 1) == 0) {
            const char letter = line[sizeof state_key - 1];
            if (letter == 'Z' || letter == 'X') {
                state = STRAND_TASK_GONE;
                break;
            }
        }
        if (strncmp(line, blocked_key, sizeof blocked_key - 1) == 0) {
            const char *at = line + sizeof blocked_key - 1;
            const bool blocks = (strand_hexadecimal(&at) >> (signal - 1) & 1) != 0;
            state = blocks ? STRAND_TASK_BLOCKS : STRAND_TASK_HEARS;
            break;
        }
    }
    strand_lines_close(&lines);
    return state;
}

bool strand_task_where(uint64_t tid, uint64_t *ret_pc, uint64_t *ret_sp)
{
    struct strand_lines lines;
    char line[STRAND_LINE_MAX];
    strand_lines_open_task(&lines, tid, "/syscall");
    strand_lines_next(&lines, line, sizeof line);
    strand_lines_close(&lines);
    char *pc = strrchr(line, ' ');
    if (pc == NULL) {
        return false; // "running", or nothing
    }
    *pc++ = 0;
    const char *sp = strrchr(line, ' ');
    if (sp == NULL) {
        return false;
    }
    const char *at = pc;
    *ret_pc = strand_hexadecimal(&at);
    at = sp + 1;
    *ret_sp = strand_hexadecimal(&at);
    return true;
}

void strand_tasks_ask_for_core(void)
{
    struct strand_lines lines = {.fd = strand_open("/proc/self/coredump_filter", O_RDWR)};
    char line[STRAND_LINE_MAX];
    const char *at = line;
    strand_lines_next(&lines, line, sizeof line);
    const uint64_t filter = strand_hexadecimal(&at);
    if (filter != 0) {
        struct strand_report text = {line, sizeof line, 0, -1, 0, 0};
        strand_report_hex(&text, filter | STRAND_CORE_OF_SHARED_FILES);
        syscall(SYS_write, lines.fd, line, text.len); // without it the files themselves are still there
    }
    strand_lines_close(&lines);
}

static bool strand_maps_have_code(uint64_t pc)
{
    struct strand_lines lines;
    char line[STRAND_LINE_MAX];
    bool is_code = false;
    bool is_found = false;
    strand_lines_open(&lines, "/proc/self/maps");
    while (!is_found && strand_lines_next(&lines, line, sizeof line)) {
        const char *at = line;
        const uint64_t start = strand_hexadecimal(&at);
        at += *at == '-';
        const uint64_t end = strand_hexadecimal(&at);
        is_found = pc >= start && pc < end;
        is_code = is_found && strncmp(at, " r-x", 4) == 0;
    }
    strand_lines_close(&lines);
    return is_code;
}

bool strand_tasks_is_code(uint64_t pc)
{
    const struct strand_module *module = strand_modules_find(pc);
    return (module != NULL && pc >= module->code && pc < module->code_end) || strand_maps_have_code(pc);
}
