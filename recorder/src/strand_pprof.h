/* SPDX-License-Identifier: MIT
 *
 * strand_pprof.h: writes a profile as pprof reads it: protocol buffers, message `perftools.profiles.Profile`, not
 * compressed.
 *
 *     begin │ sample types, period, time │ sample … │ end: mappings, locations
 *
 * Strings go out when they are first needed. Addresses are return addresses: what is written is the call, a byte in
 * front. Errors latch: strand_pprof_end tells. Not in a signal handler.
 */
#ifndef STRAND_PPROF_H
#define STRAND_PPROF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct strand_pprof {
    int fd;
    int error;           /* errno of the first write that failed; nothing is written from then on */
    uint64_t strings;    /* written so far */
    uint64_t *locations; /* a set of addresses; the place is the id, less 1 */
    uint64_t location_cap;
    size_t len;
    size_t message_len;
    uint8_t message[1024]; /* the open one */
    uint8_t buffer[4096];
};

/* In: pc_cap: addresses that samples will have, at the most.
 * Returns: false, with errno: there is no memory; nothing needs an end. */
bool strand_pprof_begin(struct strand_pprof *w, int fd, uint64_t pc_cap);

/* What a sample's next value is: kind and type one behind the other ("alloc_" "objects"), and its unit. */
void strand_pprof_sample_type(struct strand_pprof *w, const char *kind, const char *type, const char *unit);

/* One sample for each so much of what. */
void strand_pprof_period(struct strand_pprof *w, const char *type, const char *unit, uint64_t period);

/* When it was written: ns since 1970. */
void strand_pprof_time(struct strand_pprof *w, uint64_t realtime_ns);

/* A comment: that so many samples found no room. */
void strand_pprof_missing(struct strand_pprof *w, uint64_t count);

/* A stack, innermost first, of at most STRAND_STACK_MAX addresses; a value for each sample type, at most 4. */
void strand_pprof_sample(struct strand_pprof *w, const uint64_t *pcs, size_t pc_count, const uint64_t *values,
                         size_t value_count);

/* Returns: false, with errno: not all of it was written. */
bool strand_pprof_end(struct strand_pprof *w);

#endif
