/* SPDX-License-Identifier: MIT
 *
 * stream.h: one strand on its way through a tool: a section of a file (or a bare strand), its reader, the buffer
 * that the reader is fed from, and the item that stands at its head.
 *
 * A strand may come in fragments, which are sections of one file: they are joined, and read as the one strand that
 * they are. A section has then no bytes of its own; offsets are still those of the file.
 *
 * An *origin* is what a stream number stands for: where records come from. A strand has one; a merged file has one
 * for each strand that was merged into it, and so takes up as many stream numbers.
 */
#ifndef STREAM_H
#define STREAM_H

#include "definitions.h"
#include "extents.h"
#include "source.h"
#include "strand.h"

/* What came from one origin so far. */
struct tally {
    uint64_t records; /* events too */
    uint64_t diags;
    uint64_t lost_records;
    uint64_t overwritten_bytes;
    bool lost_at_least; /* more may be lost than lost_records says */
    bool begun;         /* debuglog: its heading is printed */
};

struct origin {
    uint64_t number;       /* of the stream */
    const char *path;      /* of the file that it is read from */
    bool bare;             /* a bare strand: `header` is all zero */
    uint8_t *header_bytes; /* the file header as it stands */
    size_t header_len;
    struct strand_file_header
        header;      /* points into header_bytes; its clock tuples into `clocks` once there are some */
    uint8_t *clocks; /* the tuples of the header and of CLOCK frames, or NULL */
    const struct definitions *session; /* those of the definitions strand of its session, or NULL */
    struct tally tally;
};

/* How bare strands are to be read: what a file header would say. */
struct bare {
    bool has_base; /* the time base at the start is known: */
    uint64_t base_tick;
    uint64_t base_nano;
    enum strand_dialect dialect;
};

struct stream {
    struct source *source;
    uint64_t start; /* the section: [start, end) of the source */
    uint64_t end;
    struct strand_file_header header; /* of the section, points into `header_bytes` */
    uint8_t *header_bytes;
    size_t header_len;
    bool is_bare;
    struct bare bare;
    bool in_fragments; /* what is read is in `extents` */
    struct extents extents;
    size_t extents_told; /* diagnostics about them that were delivered */
    bool merged;         /* its records name their origin */
    bool was_read;       /* its origins and, of a definitions strand, its definitions are known */
    struct origin *origins;
    size_t origin_count;         /* 1 or more */
    struct definitions *session; /* where a definitions strand's go; shared by the streams of a session, or NULL */
    struct definitions own;      /* those in the strand itself, to its end */
    struct definitions block;    /* those of the current block */
    uint8_t *stack;              /* one that an event defines, on its way there */
    size_t stack_cap;
    struct strand_reader reader;
    struct strand_item item; /* the head; valid until the next stream_next */
    size_t item_origin;      /* whose it is: index into origins */
    uint8_t *buf;
    size_t buf_cap;
};

/* Opens the section [start, end) of a source and reads its file header.
 * Returns: STRAND_OK · what strand_file_header_decode answers, STRAND_FILE_HEADER_PAST_END. */
enum strand_status stream_open(struct stream *stream, struct source *source, uint64_t start, uint64_t end);

/* Whether both streams are fragments of one strand, if they are of one source. */
bool stream_is_same(const struct stream *stream, const struct stream *fragment);

/* Joins a fragment to the stream whose strand it belongs to and behind which it stands. The fragment is closed. */
void stream_join(struct stream *stream, struct stream *fragment);

/* Opens a whole source as a bare strand. */
void stream_open_bare(struct stream *stream, struct source *source, const struct bare *bare);

/* Reads what has to be known before the records: all of a definitions strand, the origins of a merged file. */
void stream_read_ahead(struct stream *stream);

/* Advances to the next record, timed event or diagnostic; definitions on the way are put into the tables.
 * Returns: STRAND_OK (stream->item) · STRAND_END. */
enum strand_status stream_next(struct stream *stream);

/* The definitions that hold for the head beside those of its strand; NULL: none. */
const struct definitions *stream_session(const struct stream *stream);

/* Body of the definition that holds for the head. */
bool stream_definition(struct stream *stream, uint64_t kind, uint64_t id, struct strand_span *ret_body);

/* The tick of the head, which is a record or an event. */
uint64_t stream_tick(const struct stream *stream);

/* State of the strand, valid at its end. */
enum strand_verdict stream_verdict(const struct stream *stream);

void stream_close(struct stream *stream);

#endif
