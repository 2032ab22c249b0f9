/* SPDX-License-Identifier: MIT
 *
 * strand_print_style.h: what strand_print.c and the styles share.
 *
 *     strand_print.c            entry points: a leading STRAND or EVENT, which style, what ids stand for
 *     strand_print_canonical.c  canonical JSON
 *     strand_print_plain.c      text and debuglog: one switch over the field types, two ways to write a string
 *
 * A new field type is one case in each of the two switches.
 */
#ifndef STRAND_PRINT_STYLE_H
#define STRAND_PRINT_STYLE_H

#include "strand_text.h"

/* A line that is being printed: where to, how, and whose. */
struct strand_line {
    struct strand_text *text;
    const struct strand_printer *printer;
    uint64_t stream;
    struct strand_span label;
};

/* Fields that each kind of definition begins with. Spec: 6.5. */
enum {
    STRAND_DEFINED_NAME = 0,
    STRAND_DEFINED_TRACEBACK = 0,
    STRAND_DEFINED_STACK_ARG = 1, /* of an event: which argument is its stack, or unknown */
    STRAND_DEFINED_HEAD_MAX = 5
};
enum strand_defined_site {
    STRAND_SITE_LEVEL = 0,
    STRAND_SITE_FILE,
    STRAND_SITE_LINE,
    STRAND_SITE_FUNCTION,
    STRAND_SITE_MESSAGE
};

struct strand_definition {
    struct strand_field head[STRAND_DEFINED_HEAD_MAX];
    struct strand_fields rest; /* a site's keys; an event's arguments: name, unit, name, unit … */
};

/* What an id stands for. Returns: false where nobody knows, or the definition is none. */
bool strand_line_define(const struct strand_line *line, unsigned def_kind, uint64_t id,
                        struct strand_definition *ret_definition);

/* The bytes of a CONST_STRING field. Returns: false where nobody knows. */
bool strand_line_image(const struct strand_line *line, const struct strand_field *field,
                       struct strand_span *ret_bytes);

/* The styles. `fields` stands behind what strand_print.c took; after an error it stands at the bad field.
 * Return: STRAND_OK, or the status of the field that can't be decoded. */
enum strand_status strand_canonical_record(const struct strand_line *line, const struct strand_frame *record,
                                           struct strand_fields *fields);
void strand_canonical_event(const struct strand_line *line, const struct strand_event *event);
void strand_canonical_diag(const struct strand_line *line, const struct strand_diag *diag);

enum strand_status strand_plain_record(const struct strand_line *line, const struct strand_frame *record,
                                       struct strand_fields *fields);
void strand_plain_event(const struct strand_line *line, uint64_t nano, const struct strand_event *event);
void strand_plain_diag(const struct strand_line *line, const struct strand_diag *diag);

#endif
