/* SPDX-License-Identifier: MIT
 *
 * strand_base.h: what every other header of libcodec needs: the status codes, diagnostics, and the laws.
 *
 * Laws of the whole library, stated once:
 *
 * - Memory: nothing is allocated. Every object is the caller's, holds no resource and needs no release.
 *   Pointers handed in stay the caller's and must outlive the object, unless a function says otherwise.
 * - Arguments: context first, then inputs, in/out, results last (`ret_…`). Results are written on success only.
 * - NULL: never allowed, except for a buffer whose length is 0.
 * - Threads: no globals. Different objects may be used by different threads at once; one object by one at a time.
 * - Signals: every function is async-signal-safe: no locks, no errno, no libc beyond mem* that the compiler emits.
 * - Errors: a status says what happened; lengths travel separately. Bad data is a status, never a crash.
 *   Bad arguments that cost nothing to see return STRAND_BAD_ARGUMENT or worse, the rest is STRAND_ASSERT.
 * - Units: `_len` bytes used, `_cap` bytes of room, `_off` byte offsets, `tick` clock ticks, `nano`/`_ns` nanoseconds.
 * - Versions: an `init` takes the object's size and STRAND_ABI_VERSION as its caller was compiled with them.
 */
#ifndef STRAND_BASE_H
#define STRAND_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "strand_wire.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The format that is written, and the newest that is understood (spec 8.2). */
#define STRAND_FORMAT_MAJOR 0
#define STRAND_FORMAT_MINOR 9

/* Raised when a public struct or contract changes. */
#define STRAND_ABI_VERSION 1u

/* STRAND_API goes in front of every public function; a build may define it for visibility or linkage. */
#ifndef STRAND_API
#define STRAND_API
#endif

/* STRAND_ASSERT(condition): a broken contract of the caller. Nothing by default; a build may define it. */
#ifndef STRAND_ASSERT
#define STRAND_ASSERT(condition) ((void)0)
#endif

/* Outcome of a call: 0 done · 1–15 not an error · 16–127 bad input · 128 and above misuse.
 * Values are pinned by spec/registry.tsv for ever. Spec: 3.1. */
#define STRAND_STATUS_ENUM(name, value, slug, diag, clause, message) STRAND_##name = value,
enum strand_status { STRAND_STATUS_LIST(STRAND_STATUS_ENUM) STRAND_STATUS_MAX = 255 };
#undef STRAND_STATUS_ENUM

/* Slug of a status as it stands in diagnostics ("bad-size"), its message, and the clause of the spec.
 * Returns: a constant string; "unknown-status" and the like for a value that is not in the list. Cost: O(1). */
STRAND_API const char *strand_status_slug(enum strand_status status);
STRAND_API const char *strand_status_message(enum strand_status status);
STRAND_API const char *strand_status_clause(enum strand_status status);

/* Kind of diagnostic that a status of bad input belongs to.
 * Returns: an enum strand_diag_kind, or 0 for a status that is no bad input. Spec: 10.1. */
STRAND_API unsigned strand_status_diag(enum strand_status status);

/* Slug of a kind of diagnostic ("lost", "corrupt"). Returns: a constant string. Spec: 10.1. */
STRAND_API const char *strand_diag_slug(unsigned diag);

/* What is wrong, and where. Spec: 10.1. */
struct strand_diag {
    unsigned kind;           /* enum strand_diag_kind */
    enum strand_status code; /* what exactly */
    uint64_t off;            /* offset in the strand's file (or bare strand), bytes */
    bool records_known;      /* `records` holds how many records are missing */
    bool bytes_known;        /* `bytes` holds how many payload bytes are missing */
    bool exact_known;        /* `exact` says something */
    bool exact;              /* the counts are exact, else "at least" */
    uint64_t records;
    uint64_t bytes;
};

/* Bytes of a caller's memory. */
struct strand_span {
    const uint8_t *data;
    size_t len;
};

/* One moment as several clocks tell it: the reading of the tick stands between two readings that are bracket_ns
 * apart, so the others are right to within that. Spec: 6.7, 8.6. */
struct strand_clock {
    uint64_t tick;
    uint64_t monotonic_ns;
    uint64_t realtime_ns;
    uint64_t bracket_ns;
};

/* Largest sizes. Spec: 14. */
#define STRAND_VARINT_MAX 10u          /* bytes of a varint */
#define STRAND_RECORD_FRAME_MAX 65535u /* bytes of a record's frame */
#define STRAND_EXT_FRAME_MAX 1048576u  /* bytes of an extended frame */
#define STRAND_SYNC_LEN 18u            /* bytes of a sync */
#define STRAND_EXT_HEADER_LEN 8u       /* bytes in front of an extended frame's body */

#ifdef __cplusplus
}
#endif

#endif
