/* SPDX-License-Identifier: MIT
 *
 * report.c: messages on standard error. A message names the file, the place in it, the rule that was broken and
 * its clause in spec/FORMAT.md, and what its reader can do about it.
 *
 *     logcat-merge: kv.strand: offset 4160: corrupt (bad-size, FORMAT 5.1): a frame size of 2, … ; the rest of …
 */
#include "report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *report_name = "strandline";

void report_program(const char *name)
{
    report_name = name;
}

// File names come from anyone: they don't get to write to the terminal.
static void report_subject(const char *subject)
{
    char shown[4096];
    struct strand_text text = {.base = shown, .cap = sizeof shown, .len = 0};
    fprintf(stderr, "%s: ", report_name);
    if (subject != NULL) {
        strand_text_escaped(&text, (struct strand_span){(const uint8_t *)subject, strlen(subject)});
        fprintf(stderr, "%.*s: ", (int)(text.len < text.cap ? text.len : text.cap), shown);
    }
}

void report(const char *subject, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    report_subject(subject);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}

static const char *report_remedy(enum strand_status code)
{
    switch (code) {
    case STRAND_BAD_MAGIC: return "for a bare strand give --raw";
    case STRAND_UNKNOWN_MAJOR:
    case STRAND_UNKNOWN_FEATURE:
    case STRAND_CRITICAL_FRAME:
    case STRAND_CRITICAL_FIELD: return "read it with a newer version";
    case STRAND_NO_BASE: return "times count from 0; if you know the base give --base TICK,NANO";
    case STRAND_ZERO_FILL: return "nothing was written there";
    case STRAND_ZERO_SYNC: return "skipped";
    case STRAND_BAD_HEADER:
    case STRAND_BAD_EXT_BODY: return "skipped; reading goes on at the next frame";
    case STRAND_FRAME_PAST_END:
    case STRAND_BAD_SIZE:
    case STRAND_BAD_EXT_LENGTH: return "the rest of this strand or block cannot be read";
    case STRAND_PADDED_VARINT: return "its value is used as it is";
    case STRAND_BAD_BLOCK_HEADER:
    case STRAND_BLOCK_HEADER_CRC:
    case STRAND_BLOCK_PAYLOAD_CRC: return "the block is left out and its records are counted as lost";
    case STRAND_BLOCK_PAST_END: return "whole records in front of the end are read";
    case STRAND_OVERWRITTEN: return "a larger ring keeps more";
    case STRAND_REFUSED: return "larger blocks take larger records";
    case STRAND_MISSING_BLOCKS:
    case STRAND_DAMAGED: return "if there is another copy of the file, read that";
    default: return "the rest of this record is shown as bytes";
    }
}

void report_no_strand(const char *path, uint64_t off, enum strand_status status)
{
    report(path, "offset %" PRIu64 ": not read (%s, FORMAT %s): %s; %s", off, strand_status_slug(status),
           strand_status_clause(status), strand_status_message(status),
           status == STRAND_FILE_HEADER_PAST_END || status == STRAND_BAD_MAGIC ? report_remedy(STRAND_BAD_MAGIC)
           : strand_status_diag(status) == STRAND_DIAG_UNSUPPORTED             ? report_remedy(status)
                                                                   : "if there is another copy, read that");
}

void report_diag(const char *path, const struct strand_diag *diag)
{
    char counts[96] = "";
    const char *at_least = diag->exact_known && !diag->exact ? "at least " : "";
    if (*at_least != '\0' && diag->records == 0) {
        snprintf(counts, sizeof counts, ": how many is not known");
    } else if (diag->records_known) {
        snprintf(counts, sizeof counts, ": %s%" PRIu64 " %s", at_least, diag->records,
                 diag->records == 1 ? "record" : "records");
    } else if (diag->bytes_known) {
        snprintf(counts, sizeof counts, ": %s%" PRIu64 " bytes", at_least, diag->bytes);
    }
    report(path, "offset %" PRIu64 ": %s (%s, FORMAT %s): %s%s; %s", diag->off, strand_diag_slug(diag->kind),
           strand_status_slug(diag->code), strand_status_clause(diag->code), strand_status_message(diag->code),
           counts, report_remedy(diag->code));
}

void report_and_exit(enum exit_status status, const char *subject, const char *message)
{
    report(subject, "%s", message);
    exit((int)status);
}

void *report_resize(void *memory, size_t count, size_t size)
{
    void *resized = reallocarray(memory, count > 0 ? count : 1, size);
    if (resized == NULL) {
        report_and_exit(EXIT_UNREADABLE, NULL, strerror(ENOMEM));
    }
    return resized;
}
