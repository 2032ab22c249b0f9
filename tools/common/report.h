/* SPDX-License-Identifier: MIT
 *
 * report.h: what a program says on standard error, and how it ends.
 *
 * Exit statuses: 0 clean · 1 read, with damage or loss (or some inputs could not be read) · 2 usage ·
 * 3 nothing could be read, or the output could not be written.
 */
#ifndef REPORT_H
#define REPORT_H

#include "strand.h"

enum exit_status { EXIT_CLEAN = 0, EXIT_DAMAGE = 1, EXIT_USAGE = 2, EXIT_UNREADABLE = 3 };

/* Diagnostics of one stream that are shown in full; the rest is counted. */
#define REPORT_DIAGS_MAX 10u

/* Sets the name in front of every message. Not copied. */
void report_program(const char *name);

/* Says `program: subject: message`; the subject (a file name) is escaped, NULL leaves it out. */
void report(const char *subject, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Says why a file is not read from there on: status is what strand_file_header_decode or a section finder answered. */
void report_no_strand(const char *path, uint64_t off, enum strand_status status);

/* Says what is wrong at an offset of a file, by which clause, and what to do. */
void report_diag(const char *path, const struct strand_diag *diag);

/* Says the message and ends the program. */
_Noreturn void report_and_exit(enum exit_status status, const char *subject, const char *message);

/* Memory of count × size bytes, resized like realloc; without memory the program ends. */
void *report_resize(void *memory, size_t count, size_t size);

#endif
