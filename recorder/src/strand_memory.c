/* SPDX-License-Identifier: MIT
 *
 * strand_memory.c: mmap for strands.
 *
 * A strand's writer holds addresses into its memory, so a strand that moves to a file stays where it is: the file is
 * mapped elsewhere, gets the bytes, and then takes the place of the anonymous pages in one mremap.
 *
 *     anonymous │ ring │  ──copy──→  file │ ring │  ──rename, mremap──→  at the same address │ ring │
 *
 * Files are allocated as a whole: a store into a hole on a full disk would be SIGBUS. They get their name when they are
 * whole: nobody finds one without a header. It is quiet meanwhile: a handler's record could go to what was copied
 * already, and some file systems give up when a signal comes, each time.
 *
 * Names are short ones in the open folder: with a path the first record would need more stack than many signal stacks
 * have.
 */
#define _GNU_SOURCE
#include "strand_memory.h"

#include "strand_session.h"
#include "strand_tasks.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
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

void strand_memory_name(const char *what, char name[STRAND_FILE_NAME_MAX])
{
    const uint8_t *id = strand_session.id;
    struct strand_name to = {name, STRAND_FILE_NAME_MAX - 1, 0};
    strand_name_add(&to, strand_session.program);
    strand_name_add(&to, "-");
    strand_name_add_number(&to, (uint64_t)strand_session.pid, 10, 1);
    strand_name_add(&to, "-");
    strand_name_add_number(&to, (uint64_t)id[0] << 24 | (uint64_t)id[1] << 16 | (uint64_t)id[2] << 8 | id[3], 16, 8);
    strand_name_add(&to, "-");
    strand_name_add(&to, what);
    strand_name_add(&to, ".strand");
    name[to.len] = 0;
}

static void strand_memory_name_of(uint32_t ordinal, char name[STRAND_FILE_NAME_MAX])
{
    char digits[16];
    struct strand_name number = {digits, sizeof digits - 1, 0};
    strand_name_add_number(&number, ordinal, 10, 4);
    digits[number.len] = 0;
    strand_memory_name(digits, name);
}

static void strand_memory_name_unfinished(const char *name, char unfinished[STRAND_FILE_NAME_MAX + 1])
{
    struct strand_name to = {unfinished, STRAND_FILE_NAME_MAX, 0};
    strand_name_add(&to, name);
    strand_name_add(&to, "~");
    unfinished[to.len] = 0;
}

// ---------------------------------------------------------------------------------------------------------------
// Folders

// Leaves errno to what went wrong before.
static void strand_memory_close(int fd)
{
    const int error = errno;
    if (fd >= 0) {
        close(fd);
    }
    errno = error;
}

int strand_memory_folder(const char *dir)
{
    return open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

// The session's, which another thread or process may make at the same time.
static int strand_memory_make_folder(void)
{
    int fd = strand_memory_folder(strand_session.dir);
    if (fd < 0 && errno == ENOENT && (mkdir(strand_session.dir, 0700) == 0 || errno == EEXIST)) {
        fd = strand_memory_folder(strand_session.dir);
    }
    return fd;
}

bool strand_memory_is_same_folder(const char *a, const char *b)
{
    struct stat of_a;
    struct stat of_b;
    return stat(a, &of_a) == 0 && stat(b, &of_b) == 0 && of_a.st_dev == of_b.st_dev && of_a.st_ino == of_b.st_ino;
}

void strand_memory_remove(const char *dir, uint32_t ordinal)
{
    char name[STRAND_FILE_NAME_MAX];
    const int folder = strand_memory_folder(dir);
    strand_memory_name_of(ordinal, name);
    if (folder >= 0) {
        unlinkat(folder, name, 0);
    }
    strand_memory_close(folder);
}

bool strand_memory_sync_folder(const char *dir)
{
    const int folder = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool synced = folder >= 0 && (fsync(folder) == 0 || errno == EINVAL); // which says that there is no need
    strand_memory_close(folder);
    return synced;
}

// ---------------------------------------------------------------------------------------------------------------
// Files

// What is more than the limit would not only fail, but be SIGXFSZ.
static bool strand_memory_may_allocate(size_t len)
{
    struct rlimit limit;
    const bool may = getrlimit(RLIMIT_FSIZE, &limit) != 0 || len <= limit.rlim_cur;
    errno = may ? errno : EFBIG;
    return may;
}

static bool strand_memory_allocate(int fd, size_t len)
{
    return strand_memory_may_allocate(len) &&
           (fallocate(fd, 0, 0, (off_t)len) == 0 ||
            ((errno == EOPNOTSUPP || errno == ENOSYS) && ftruncate(fd, (off_t)len) == 0));
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

static bool strand_memory_take_place(uint8_t *mapped, uint8_t *at, size_t len)
{
    if (mremap(mapped, len, len, MREMAP_MAYMOVE | MREMAP_FIXED, at) == MAP_FAILED) {
        munmap(mapped, len);
        return false;
    }
    return true;
}

bool strand_memory_to_copy(uint8_t *at, size_t len)
{
    uint8_t *mapped = strand_memory_map(len);
    if (mapped == NULL) {
        return false;
    }
    strand_memory_copy(mapped, at, len);
    return strand_memory_take_place(mapped, at, len);
}

// The folder's new file with these bytes, mapped. Returns: NULL, with errno.
static uint8_t *strand_memory_copy_to_file(int folder, const char *name, const uint8_t *at, size_t len)
{
    const int fd = openat(folder, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    void *mapped = MAP_FAILED;
    if (fd >= 0 && strand_memory_allocate(fd, len)) {
        mapped = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    }
    strand_memory_close(fd);
    if (mapped == MAP_FAILED) {
        return NULL;
    }
    strand_memory_copy(mapped, at, len);
    return mapped;
}

static bool strand_memory_to_file(int folder, uint8_t *at, size_t len, uint32_t ordinal)
{
    char name[STRAND_FILE_NAME_MAX];
    char unfinished[STRAND_FILE_NAME_MAX + 1];
    strand_memory_name_of(ordinal, name);
    strand_memory_name_unfinished(name, unfinished);
    const char *made = unfinished;
    uint8_t *mapped = strand_memory_copy_to_file(folder, unfinished, at, len);
    if (mapped != NULL && renameat(folder, unfinished, folder, name) == 0) {
        made = name;
        if (strand_memory_take_place(mapped, at, len)) {
            return true;
        }
    } else if (mapped != NULL) {
        strand_memory_unmap(mapped, len);
    }
    const int error = errno;
    unlinkat(folder, made, 0);
    errno = error;
    return false;
}

// A mapped file is in a core dump only where that is asked for.
static void strand_memory_ask_for_core(void)
{
    static bool asked; // atomic
    if (!__atomic_exchange_n(&asked, true, __ATOMIC_RELAXED)) {
        strand_tasks_ask_for_core();
    }
}

bool strand_memory_place(uint8_t *at, size_t len, uint32_t ordinal, uint8_t *is_file)
{
    struct strand_quiet before;
    if (strand_session.dir[0] == 0) {
        *is_file = *is_file != 0 && !strand_memory_to_copy(at, len);
        return *is_file == 0;
    }
    strand_quiet_begin(&before);
    const int folder = strand_memory_make_folder();
    const bool placed = folder >= 0 && strand_memory_to_file(folder, at, len, ordinal);
    if (placed) {
        *is_file = 1;
        strand_memory_ask_for_core();
    }
    strand_memory_close(folder);
    strand_quiet_end(&before);
    return placed;
}
