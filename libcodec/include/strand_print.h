/* SPDX-License-Identifier: MIT
 *
 * strand_print.h: records, events and diagnostics as lines of text, into a caller's buffer.
 *
 *   canonical  one JSON object a line, byte-exact: what the conformance suite compares. Spec: 13.
 *   debuglog   what the Go runtime prints for its debug log, raw: `[secs.nanos P n] a b c`.
 *   text       for people and terminals: `secs.nanos label [Pn] fields…`, keys as `key=value`, strings escaped.
 *
 * What the text style escapes, so that a log can neither move a cursor nor reorder a line, and can be read back:
 *   \\ \n \r \t               the backslash, newline, carriage return, tabulator
 *   \xNN                      other bytes below 20, 7F, and bytes that are no UTF-8
 *   \u{NN} \u{NNNN}           U+0080–009F, U+061C, U+200E–200F, U+2028–202E, U+2066–2069
 * The value of a key is quoted where it is an empty string or one that holds a space, `=` or `"` (then `\"`).
 *
 * Output is counted like snprintf's: `len` goes on counting past `cap` while nothing more is written, so a caller
 * sees the room that a line takes, grows, and prints it again. Lines end in a newline; no NUL is added.
 *
 * Cost: O(output), no allocation, ≤ 2 KiB of stack. Async-signal-safe as long as the resolver is.
 */
#ifndef STRAND_PRINT_H
#define STRAND_PRINT_H

#include "strand_decode.h"
#include "strand_trace.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Where text goes. */
struct strand_text {
    char *base;
    size_t cap;
    size_t len; /* bytes printed so far, or that would have been: more than cap means that it was cut */
};

enum strand_style { STRAND_STYLE_TEXT = 0, STRAND_STYLE_DEBUGLOG, STRAND_STYLE_CANONICAL };

/* Looks up what the printer can't know. Each returns false when it doesn't either; the functions may be NULL. */
struct strand_resolver {
    void *context;
    /* Body of the definition (def_kind, id) that holds for `stream`: its fields, encoded. Spec: 6.5. */
    bool (*definition)(void *context, uint64_t stream, unsigned def_kind, uint64_t id, struct strand_span *ret_body);
    /* The bytes [off, off + len) of the main program's read-only image. */
    bool (*image)(void *context, uint64_t stream, uint64_t off, uint64_t len, struct strand_span *ret_bytes);
    /* Function, file and line of a pc; the symbol begins at *ret_entry. An empty file is one that isn't known. Text
     * style shows the frames of a traceback by it, as `function+0xoff file:line`. */
    bool (*symbol)(void *context, uint64_t stream, uint64_t pc, struct strand_span *ret_function,
                   struct strand_span *ret_file, uint64_t *ret_line, uint64_t *ret_entry);
};

/* Whether a definition's fields are of the types that its kind asks for. One whose fields aren't defines nothing:
 * what its id meant before still holds. Spec: 6.5.2. */
STRAND_API bool strand_def_is_whole(const struct strand_def *def, enum strand_dialect dialect);

/* How to print. All zero is a text printer without a resolver. */
struct strand_printer {
    enum strand_style style;
    enum strand_dialect dialect;            /* of the records' fields */
    uint64_t init_nano;                     /* text, debuglog: times count from here, ns */
    const struct strand_resolver *resolver; /* or NULL */
    bool keep_strand;                       /* print a leading STRAND field: it is not what `stream` says */
};

/* Prints one record (kind STRAND_FRAME_RECORD) as a line. `label` names the stream in text style; the stream's
 * number does where it is empty. A leading STRAND field is not printed: `stream` stands for it, unless keep_strand
 * says otherwise (bare strands, where nobody takes it for the stream). An EVENT field that is first, or behind that
 * STRAND field, and the last prints as the trace event that it is.
 * Out: *ret_bad_off, body offset of the first bad field, when the answer isn't STRAND_OK.
 * Returns: STRAND_OK · the status of the field that can't be decoded (the line is printed all the same, the rest of
 * the record as opaque bytes). Spec: 7.2, 13. */
STRAND_API enum strand_status strand_print_record(struct strand_text *text, const struct strand_printer *printer,
                                                  uint64_t stream, struct strand_span label,
                                                  const struct strand_frame *record, size_t *ret_bad_off);

/* Prints one trace event as a line; nothing for one without a time of its own. In text and debuglog styles it is the
 * event's name and `argument=value`, by a built-in schema or its EVENT definition: `request bytes=4096`; where it is
 * about a declared event, that one's name: `begin request`; where it has a stack, `#id` and behind the line what the
 * stack holds. Without a definition it is `event#70 arg0=9`.
 * In: nano, the event's time in ns as the caller tells it from the tick, as records have one: for text and debuglog
 * styles. Canonical JSON states the tick. Spec: 12, 13. */
STRAND_API void strand_print_event(struct strand_text *text, const struct strand_printer *printer, uint64_t stream,
                                   struct strand_span label, uint64_t nano, const struct strand_event *event);

/* Prints a diagnostic: a JSON line in canonical style, `-- …` in text style, nothing in debuglog style. */
STRAND_API void strand_print_diag(struct strand_text *text, const struct strand_printer *printer, uint64_t stream,
                                  struct strand_span label, const struct strand_diag *diag);

/* Prints `>> begin log N; lost first MKB <<` in debuglog style, as it stands in front of a stream's first record;
 * nothing in the others. lost_bytes of 0 leaves the middle part out. */
STRAND_API void strand_print_begin_log(struct strand_text *text, const struct strand_printer *printer,
                                       uint64_t stream, uint64_t lost_bytes);

/* Pieces, for those who print otherwise: bytes as they are; escaped for a terminal; decimal; 0x hexadecimal. */
STRAND_API void strand_text_bytes(struct strand_text *text, const char *bytes, size_t len);
STRAND_API void strand_text_escaped(struct strand_text *text, struct strand_span bytes);
STRAND_API void strand_text_uint(struct strand_text *text, uint64_t v);
STRAND_API void strand_text_hex(struct strand_text *text, uint64_t v);

#ifdef __cplusplus
}
#endif

#endif
