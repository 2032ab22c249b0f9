/* SPDX-License-Identifier: MIT
 *
 * inputs.c: names → files → sections → streams → stream numbers.
 *
 *     a.strand        │ section │                    stream 0
 *     logs/           │ b.strand: section │ section │   streams 1, 2
 *     merged.strand   │ section of 3 origins │       streams 3, 4, 5
 *     trace.strand    │ A │ B │ A │ B │ A │          streams 6, 7: fragments of two strands
 *     core            │ … strand … strand … │        streams 8, 9: of a process's memory
 */
#include "inputs.h"

#include "image.h"
#include "report.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define INPUTS_KEEP_OPEN 500u /* more files than this, or half of what the system allows, are opened for each read */

static void inputs_add_path(struct inputs *inputs, const char *folder, const char *name)
{
    size_t folder_len = folder == NULL ? 0 : strlen(folder);
    char *path = report_resize(NULL, folder_len + strlen(name) + 2, 1);
    if (folder_len > 0) {
        memcpy(path, folder, folder_len);
        path[folder_len] = '/';
        folder_len += folder[folder_len - 1] != '/';
    }
    strcpy(path + folder_len, name);
    inputs->paths = report_resize(inputs->paths, inputs->path_count + 1, sizeof *inputs->paths);
    inputs->paths[inputs->path_count++] = path;
}

static int inputs_is_strand(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name), suffix = strlen(".strand");
    return len > suffix && strcmp(entry->d_name + len - suffix, ".strand") == 0;
}

static int inputs_bytewise(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void inputs_add_folder(struct inputs *inputs, const char *folder)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, inputs_is_strand, inputs_bytewise);
    if (count <= 0) {
        report(folder, "not read: %s", count < 0 ? strerror(errno) : "no *.strand file is in this directory");
        inputs->unreadable++;
    }
    for (int i = 0; i < count; i++) {
        inputs_add_path(inputs, folder, entries[i]->d_name);
        free(entries[i]);
    }
    if (count >= 0) {
        free(entries);
    }
}

static void inputs_expand(struct inputs *inputs, const struct options *options)
{
    for (size_t i = 0; i < options->input_count; i++) {
        struct stat status;
        const char *name = options->inputs[i];
        if (strcmp(name, "-") != 0 && stat(name, &status) == 0 && S_ISDIR(status.st_mode)) {
            inputs_add_folder(inputs, name);
        } else {
            inputs_add_path(inputs, NULL, name);
        }
    }
}

static struct definitions *inputs_new_session(struct inputs *inputs)
{
    struct definitions *session = report_resize(NULL, 1, sizeof *session);
    *session = (struct definitions){0};
    inputs->sessions = report_resize(inputs->sessions, inputs->session_count + 1, sizeof *inputs->sessions);
    inputs->sessions[inputs->session_count++] = session;
    return session;
}

// The definitions of the session that a file header states; NULL where no stream is of it.
static struct definitions *inputs_find_session(const struct inputs *inputs, const struct strand_file_header *header)
{
    for (size_t i = 0; i < inputs->stream_count; i++) {
        const struct stream *other = &inputs->streams[i];
        if (other->session != NULL && memcmp(other->header.session, header->session, sizeof header->session) == 0) {
            return other->session;
        }
    }
    return NULL;
}

// Streams of one session share its definitions. A bare strand has none, and the sources of a merged file have theirs.
static void inputs_add_stream(struct inputs *inputs, struct stream *stream)
{
    if (!stream->is_bare && !stream->merged) {
        stream->session = inputs_find_session(inputs, &stream->header);
        stream->session = stream->session != NULL ? stream->session : inputs_new_session(inputs);
    }
    inputs->streams = report_resize(inputs->streams, inputs->stream_count + 1, sizeof *inputs->streams);
    inputs->streams[inputs->stream_count++] = *stream;
}

// Runs a finder that was started.
static enum strand_status inputs_find(struct source *source, struct strand_section_finder *finder, uint64_t *ret_end)
{
    enum strand_status status;
    uint8_t *buf = NULL;
    size_t buf_cap = 0;
    while ((status = strand_section_find(finder, ret_end)) == STRAND_MORE) {
        struct strand_want want = strand_section_want(finder);
        if (want.len > buf_cap) {
            buf = report_resize(buf, want.len, 1);
            buf_cap = want.len;
        }
        // A file that shrinks now is read to where it was seen to end: the reader will tell what is missing.
        size_t got = source_read(source, want.off, buf, want.len);
        memset(buf + got, 0, want.len - got);
        strand_section_supply(finder, buf);
    }
    free(buf);
    return status;
}

// Where the section that begins at `start` ends.
static enum strand_status inputs_section_end(struct source *source, uint64_t start, uint64_t *ret_end)
{
    struct strand_section_finder finder;
    enum strand_status status =
        strand_section_finder_init(&finder, sizeof finder, STRAND_ABI_VERSION, start, source->size);
    return status == STRAND_OK ? inputs_find(source, &finder, ret_end) : status;
}

// A section that is refused ends where the next file header stands, wherever that is. What isn't even like a stream
// file is not searched for one.
static uint64_t inputs_refused_end(struct source *source, uint64_t start, enum strand_status status)
{
    struct strand_section_finder finder;
    uint64_t end = source->size;
    bool is_searched = status != STRAND_BAD_MAGIC &&
                       strand_section_finder_init_refused(&finder, sizeof finder, STRAND_ABI_VERSION, start,
                                                          source->size) == STRAND_OK &&
                       inputs_find(source, &finder, &end) == STRAND_OK;
    return is_searched ? end : source->size;
}

// The stream that a fragment belongs to, of those from `first` on; NULL where it is the first of its strand. Fragments
// come in turns, so the search begins behind the stream that it found last.
static struct stream *inputs_whole(struct inputs *inputs, size_t first, size_t *found, const struct stream *fragment)
{
    size_t count = inputs->stream_count - first;
    for (size_t i = 1; i <= count; i++) {
        size_t at = first + (*found + i) % count;
        if (stream_is_same(&inputs->streams[at], fragment)) {
            *found = at - first;
            return &inputs->streams[at];
        }
    }
    return NULL;
}

static void inputs_add_sections(struct inputs *inputs, struct source *source)
{
    const size_t first = inputs->stream_count;
    size_t found = 0;
    uint64_t start = 0, end = 0;
    do {
        struct stream stream;
        enum strand_status status = inputs_section_end(source, start, &end);
        status = status == STRAND_OK ? stream_open(&stream, source, start, end) : status;
        if (status != STRAND_OK) {
            report_no_strand(source->path, start, status);
            inputs->unreadable++;
            start = inputs_refused_end(source, start, status);
            continue;
        }
        struct stream *whole = inputs_whole(inputs, first, &found, &stream);
        if (whole != NULL) {
            stream_join(whole, &stream);
        } else {
            inputs_add_stream(inputs, &stream);
        }
        start = end;
    } while (start < source->size);
}

static void inputs_add_image(struct inputs *inputs, struct source *source)
{
    struct image image;
    image_open(&image, source);
    inputs->unreadable += image.skipped > 0 || image.strand_count == 0;
    for (size_t i = 0; i < image.strand_count; i++) {
        struct stream stream;
        enum strand_status status = stream_open(&stream, source, image.strands[i].start, image.strands[i].end);
        if (status == STRAND_OK) {
            inputs_add_stream(inputs, &stream);
        } else {
            report_no_strand(source->path, image.strands[i].start, status);
            inputs->unreadable++;
        }
    }
    image_close(&image);
}

static bool inputs_may_keep_open(const struct inputs *inputs)
{
    struct rlimit limit;
    return inputs->path_count <= INPUTS_KEEP_OPEN && getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
           inputs->path_count <= limit.rlim_cur / 2;
}

static void inputs_add_source(struct inputs *inputs, const struct options *options, const char *path)
{
    struct source *source = report_resize(NULL, 1, sizeof *source);
    if (!source_open(source, path, inputs_may_keep_open(inputs))) {
        report(path, "not read: %s", strerror(errno));
        inputs->unreadable++;
        free(source);
        return;
    }
    inputs->sources = report_resize(inputs->sources, inputs->source_count + 1, sizeof *inputs->sources);
    inputs->sources[inputs->source_count++] = source;
    if (options->raw) {
        struct stream stream;
        stream_open_bare(&stream, source, &options->bare);
        inputs_add_stream(inputs, &stream);
        return;
    }
    if (options->image || image_is_core(source)) {
        inputs_add_image(inputs, source);
    } else {
        inputs_add_sections(inputs, source);
    }
}

void inputs_open(struct inputs *inputs, const struct options *options)
{
    *inputs = (struct inputs){0};
    inputs_expand(inputs, options);
    for (size_t i = 0; i < inputs->path_count; i++) {
        inputs_add_source(inputs, options, inputs->paths[i]);
    }
    for (size_t i = 0; i < inputs->stream_count; i++) {
        struct stream *stream = &inputs->streams[i];
        stream_read_ahead(stream);
        for (size_t j = 0; j < stream->origin_count; j++) {
            struct origin *origin = &stream->origins[j];
            origin->number = inputs->number_count++;
            origin->session = origin->bare ? NULL : inputs_find_session(inputs, &origin->header);
        }
    }
}

const char *inputs_same_file(const struct inputs *inputs, const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0) {
        return NULL;
    }
    for (size_t i = 0; i < inputs->source_count; i++) {
        if (inputs->sources[i]->device == status.st_dev && inputs->sources[i]->inode == status.st_ino) {
            return inputs->sources[i]->path;
        }
    }
    return NULL;
}

bool inputs_are_read(const struct inputs *inputs)
{
    bool read = inputs->unreadable == 0;
    for (size_t i = 0; i < inputs->source_count; i++) {
        read = read && !inputs->sources[i]->failed;
    }
    return read;
}

void inputs_close(struct inputs *inputs)
{
    for (size_t i = 0; i < inputs->stream_count; i++) {
        stream_close(&inputs->streams[i]);
    }
    for (size_t i = 0; i < inputs->session_count; i++) {
        definitions_free(inputs->sessions[i]);
        free(inputs->sessions[i]);
    }
    for (size_t i = 0; i < inputs->source_count; i++) {
        source_close(inputs->sources[i]);
        free(inputs->sources[i]);
    }
    for (size_t i = 0; i < inputs->path_count; i++) {
        free(inputs->paths[i]);
    }
    free(inputs->streams);
    free(inputs->sessions);
    free(inputs->sources);
    free(inputs->paths);
}
