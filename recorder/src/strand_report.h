/* SPDX-License-Identifier: MIT
 *
 * strand_report.h: text to a caller's memory and on to a descriptor, without stdio: for stacks and crash dumps.
 * Async-signal-safe. No allocation.
 */
#ifndef STRAND_REPORT_H
#define STRAND_REPORT_H

#include <stddef.h>
#include <stdint.h>

struct strand_report {
    char *base;
    size_t cap;
    size_t len;           /* bytes so far; without a descriptor it goes on counting past cap */
    int fd;               /* where a full buffer goes; -1: nowhere, what is too much is cut */
    int failed;           /* the descriptor takes no more */
    uint64_t deadline_ns; /* CLOCK_MONOTONIC: who reads too slowly is not waited for any longer */
};

void strand_report_bytes(struct strand_report *r, const char *bytes, size_t len);
void strand_report_text(struct strand_report *r, const char *text);
void strand_report_dec(struct strand_report *r, uint64_t v);
void strand_report_hex(struct strand_report *r, uint64_t v); /* 0x… */

/* An address, and module+offset where it is known. */
void strand_report_pc(struct strand_report *r, uint64_t pc);

/* Writes what is in the buffer. In pieces that don't block where the other end is a pipe that is read slowly. */
void strand_report_flush(struct strand_report *r);

#endif
