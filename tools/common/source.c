/* SPDX-License-Identifier: MIT
 *
 * source.c: pread, and what makes it possible everywhere. Files are read, not mapped: a live file that is cut short
 * under a mapping would be a signal, here it is a short read.
 */
#include "source.h"

#include "report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SOURCE_SPOOL_CHUNK 65536u

static void source_fail(struct source *source, const char *why)
{
    if (!source->failed) {
        report(source->path, "not read to its end: %s", why);
    }
    source->failed = true;
}

static size_t source_pread(struct source *source, int fd, uint64_t off, uint8_t *buf, size_t len)
{
    size_t got = 0;
    while (got < len) {
        ssize_t n = pread(fd, buf + got, len - got, (off_t)(off + got));
        if (n < 0 && errno != EINTR) {
            source_fail(source, strerror(errno));
        }
        if (n == 0 || source->failed) {
            break;
        }
        got += n > 0 ? (size_t)n : 0;
    }
    return got;
}

static int source_temporary(void)
{
    const char *folder = getenv("TMPDIR");
    char path[4096];
    int len = snprintf(path, sizeof path, "%s/strandline-XXXXXX", folder != NULL && *folder ? folder : "/tmp");
    if (len < 0 || (size_t)len >= sizeof path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    int fd = mkostemp(path, O_CLOEXEC);
    int error = errno;
    if (fd < 0) {
        report(path, "no temporary file for what cannot be read twice; TMPDIR names another place");
    } else {
        unlink(path);
    }
    errno = error;
    return fd;
}

static bool source_write_all(int fd, const uint8_t *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, bytes, len);
        if (n < 0 && errno != EINTR) {
            return false;
        }
        bytes += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
    return true;
}

// Copies what is left of `from` to a temporary file. Returns its descriptor, or -1 with errno.
static int source_spool(int from)
{
    uint8_t chunk[SOURCE_SPOOL_CHUNK];
    int to = source_temporary();
    bool ok = to >= 0;
    while (ok) {
        ssize_t n = read(from, chunk, sizeof chunk);
        if (n == 0) {
            return to;
        }
        ok = n > 0 ? source_write_all(to, chunk, (size_t)n) : errno == EINTR;
    }
    int error = errno;
    if (to >= 0) {
        close(to);
    }
    errno = error;
    return -1;
}

static bool source_describe(struct source *source)
{
    struct stat status;
    if (fstat(source->fd, &status) != 0) {
        return false;
    }
    source->size = (uint64_t)status.st_size;
    source->device = status.st_dev;
    source->inode = status.st_ino;
    return true;
}

// A redirected file that something has read from already counts from where that stopped: it is copied too.
static bool source_can_seek(int fd)
{
    struct stat status;
    return fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && (fd != STDIN_FILENO || lseek(fd, 0, SEEK_CUR) == 0);
}

bool source_open(struct source *source, const char *path, bool keep_open)
{
    bool is_stdin = strcmp(path, "-") == 0;
    *source = (struct source){.path = path};
    source->fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (source->fd < 0) {
        return false;
    }
    if (!source_can_seek(source->fd)) {
        int spooled = source_spool(source->fd);
        int error = errno;
        source_close(source);
        errno = error;
        source->fd = spooled;
        keep_open = true;
    }
    if (source->fd < 0 || !source_describe(source)) {
        return false;
    }
    if (!keep_open && !is_stdin) {
        source_close(source);
    }
    return true;
}

size_t source_read(struct source *source, uint64_t off, uint8_t *buf, size_t len)
{
    struct source again;
    size_t got = 0;
    if (source->fd >= 0) {
        return source_pread(source, source->fd, off, buf, len);
    }
    if (!source_open(&again, source->path, true)) {
        source_fail(source, strerror(errno));
        return 0;
    }
    if (again.device == source->device && again.inode == source->inode) {
        got = source_pread(source, again.fd, off, buf, len);
    } else {
        source_fail(source, "another file has taken its place");
    }
    source_close(&again);
    return got;
}

void source_close(struct source *source)
{
    if (source->fd >= 0) {
        close(source->fd);
    }
    source->fd = -1;
}
