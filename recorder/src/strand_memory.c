/* SPDX-License-Identifier: MIT
 *
 * strand_memory.c: mmap for strands.
 *
 * A strand's writer holds addresses into its memory, so a strand that moves to a file stays where it is: the file is
 * mapped elsewhere, gets the bytes, and then takes the place of the anonymous pages in one mremap.
 *
 *     anonymous │ ring │  ──copy──→  file │ ring │  ──mremap──→  at the same address │ ring │
 *
 * Files are allocated as a whole: a store into a hole on a full disk would be SIGBUS.
 */
#define _GNU_SOURCE
#include "strand_memory.h"

#include "strand_session.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

uint8_t *strand_memory_map(size_t len)
{
    void *at = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return at != MAP_FAILED ? at : NULL;
}

void strand_memory_unmap(uint8_t *at, size_t len)
{
    munmap(at, len);
}

size_t strand_memory_round(size_t len)
{
    const long size = sysconf(_SC_PAGESIZE);
    const size_t page = size > (long)STRAND_PAGE ? (size_t)size : STRAND_PAGE;
    return (len + page - 1) / page * page;
}

void strand_memory_guard(uint8_t *at, size_t len)
{
    mprotect(at, len, PROT_NONE);
}

void strand_memory_to_private(uint8_t *at, size_t len)
{
    mmap(at, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
}

// ---------------------------------------------------------------------------------------------------------------
// Names

struct strand_name {
    char *at;
    size_t cap;
    size_t len;
};

static void strand_name_add(struct strand_name *name, const char *text)
{
    for (; *text != 0; text++) {
        if (name->len < name->cap) {
            name->at[name->len] = *text;
        }
        name->len++;
    }
}

static void strand_name_add_number(struct strand_name *name, uint64_t v, unsigned base, size_t width)
{
    char digits[24];
    size_t at = sizeof digits - 1;
    digits[at] = 0;
    do {
        digits[--at] = "0123456789abcdef"[v % base];
        v /= base;
    } while (v > 0 || sizeof digits - 1 - at < width);
    strand_name_add(name, digits + at);
}

bool strand_memory_path(const char *what, char *path, size_t cap)
{
    const uint8_t *id = strand_session.id;
    struct strand_name name = {path, cap - 1, 0};
    strand_name_add(&name, strand_session.dir);
    strand_name_add(&name, "/");
    strand_name_add(&name, strand_session.program);
    strand_name_add(&name, "-");
    strand_name_add_number(&name, (uint64_t)strand_session.pid, 10, 1);
    strand_name_add(&name, "-");
    strand_name_add_number(&name, (uint64_t)id[0] << 24 | (uint64_t)id[1] << 16 | (uint64_t)id[2] << 8 | id[3], 16,
                           8);
    strand_name_add(&name, "-");
    strand_name_add(&name, what);
    strand_name_add(&name, ".strand");
    path[name.len < cap ? name.len : cap - 1] = 0;
    return strand_session.dir[0] != 0 && name.len < cap;
}

// ---------------------------------------------------------------------------------------------------------------
// Files

// A mapped file is in a core dump only if bit 3 of this process's filter asks for it.
static void strand_memory_ask_for_core(void)
{
    static const char with_shared_files[] = "0x3b";
    static bool asked;
    if (!asked) {
        const int fd = open("/proc/self/coredump_filter", O_WRONLY | O_CLOEXEC);
        asked = true;
        if (fd >= 0) {
            const ssize_t n = write(fd, with_shared_files, sizeof with_shared_files - 1);
            (void)n; // without it the file itself is still there
            close(fd);
        }
    }
}

static int strand_memory_create(const char *path, size_t len)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
    if (fd < 0 && errno == ENOENT && mkdir(strand_session.dir, 0750) == 0) {
        fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
    }
    if (fd < 0) {
        return -1;
    }
    if (fallocate(fd, 0, 0, (off_t)len) == 0 ||
        ((errno == EOPNOTSUPP || errno == ENOSYS) && ftruncate(fd, (off_t)len) == 0)) {
        return fd;
    }
    const int error = errno;
    close(fd);
    errno = error;
    return -1;
}

// A zero page of the source is one of the new file, too: rings that were hardly used are hardly copied.
static void strand_memory_copy(uint8_t *to, const uint8_t *from, size_t len)
{
    static const uint8_t zeros[STRAND_PAGE];
    for (size_t off = 0; off < len; off += STRAND_PAGE) {
        const size_t n = len - off < STRAND_PAGE ? len - off : STRAND_PAGE;
        if (memcmp(from + off, zeros, n) != 0) {
            memcpy(to + off, from + off, n);
        }
    }
}

// Fills `mapped` with the bytes of [at, at + len) and puts it in their place.
static bool strand_memory_take_place(uint8_t *mapped, uint8_t *at, size_t len)
{
    strand_memory_copy(mapped, at, len);
    if (mremap(mapped, len, len, MREMAP_MAYMOVE | MREMAP_FIXED, at) == MAP_FAILED) {
        munmap(mapped, len);
        return false;
    }
    return true;
}

bool strand_memory_to_copy(uint8_t *at, size_t len)
{
    uint8_t *mapped = strand_memory_map(len);
    return mapped != NULL && strand_memory_take_place(mapped, at, len);
}

static bool strand_memory_replace(const char *path, uint8_t *at, size_t len)
{
    const int fd = strand_memory_create(path, len);
    if (fd < 0) {
        return false;
    }
    uint8_t *mapped = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    return mapped != MAP_FAILED && strand_memory_take_place(mapped, at, len);
}

// The file gets its name when it is whole: nobody finds one without a header.
bool strand_memory_to_file(uint8_t *at, size_t len, uint32_t ordinal)
{
    char path[PATH_MAX];
    char unfinished[PATH_MAX];
    char digits[16];
    struct strand_name number = {digits, sizeof digits - 1, 0};
    strand_name_add_number(&number, ordinal, 10, 4);
    digits[number.len] = 0;
    if (!strand_memory_path(digits, path, sizeof path - 1)) {
        errno = ENAMETOOLONG;
        return false;
    }
    struct strand_name name = {unfinished, sizeof unfinished - 1, 0};
    strand_name_add(&name, path);
    strand_name_add(&name, "~");
    unfinished[name.len] = 0;
    if (strand_memory_replace(unfinished, at, len) && rename(unfinished, path) == 0) {
        strand_memory_ask_for_core();
        return true;
    }
    const int error = errno;
    unlink(unfinished);
    errno = error;
    return false;
}
