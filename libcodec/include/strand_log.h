/* SPDX-License-Identifier: MIT
 *
 * strand_log.h: STRAND_LOG, the fast way to write a record, and STRAND_TRACE, the same for a trace event.
 *
 *     STRAND_LOG(&writer, "accepted", fd, port, strand_str(peer, peer_len));
 *     STRAND_TRACE(&tracer, EVENT_READ, fd, len, stack_id);
 *
 * The record holds the time, the call site and the values. The site (level, file, line, function, message, and the
 * text of each argument as its key) is a constant that STRAND_DEFINE_SITES writes once into the session's definitions
 * strand. Until then, and in modules that it wasn't called for, records carry message and keys themselves.
 *
 *     header                             site               fields
 *     size u16 │ tick + 80 80 │ 00 │ 01 │ 21 id id │ 04 54 │ 04 d6 ff… │ …
 *                3 bytes        nano  P
 *
 * What is inline is the case that happens: the writer is free, its block has room, the tick is in reach of the last
 * sync. It is one check and then stores, and none of their addresses depends on the clock's value, so that they don't
 * wait for the clock. All else is one call: the encoder's functions, a new block, a sync. Inline records need a file
 * header with STRAND_INCOMPAT_NANO_DERIVED; a strand without it takes that call for each.
 *
 * Arguments, at most 16: integers and bool, float and double, char pointers (up to the NUL; NULL is shown as "(null)"),
 * void pointers, strand_str for strings with a length; each is evaluated once. Any other type does not compile. Of
 * STRAND_TRACE: at most 12, integers; an event's number is one of them.
 *
 * STRAND_DISABLE, defined before this file is included, makes all of it nothing; arguments are not evaluated.
 *
 * Threads: a writer is for one at a time. Async-signal-safe: a handler that interrupts a record of the same writer
 * writes to its spare (strand_writer_set_spare); without one its record is refused and counted.
 * Cost: 25 to 95 instructions. No allocation, no system call. C only: in C++ this file is empty.
 * Spec: 5.4, 6.5, 7.6, 12.3.
 */
#ifndef STRAND_LOG_H
#define STRAND_LOG_H

#ifndef __cplusplus

#include "strand_bytes.h"
#include "strand_platform.h"
#include "strand_tick.h"
#include "strand_writer.h"

#define STRAND_LOG_INFO 9 /* the level of STRAND_LOG; levels as in OpenTelemetry, 1 to 24. Spec: 7.6.1 */

/* A string with a length, as an argument. */
struct strand_string {
    const char *data;
    size_t len;
};

static inline struct strand_string strand_str(const char *data, size_t len)
{
    return (struct strand_string){data, len};
}

/* A call site. STRAND_LOG makes one for each place that it stands in. */
struct strand_site {
    const char *file;
    const char *function;
    const char *message;
    const char *args; /* text of STRAND_LOG's arguments, the message first */
    uint32_t line;
    uint32_t level;
    uint32_t priv_defined;
    uint32_t priv_wire; /* its field as it stands in a record, 3 bytes */
};

/* Defines sites[0 … count) in a definitions strand of the session, with even ids from *id on, and lets them log by
 * their ids from now on. Sites that are defined already are passed over.
 * Out: *id the next free one; start it at STRAND_SITE_FIRST for a session.
 * Returns: STRAND_OK · STRAND_FULL (the strand has no more room, or ids are used up: 8128 sites a session; sites that
 * are left over go on to carry their message) · STRAND_BUSY · STRAND_NOT_OPEN.
 * Not while other threads log from these sites: before they start. Not in a signal handler. Spec: 6.5. */
STRAND_API enum strand_status strand_define_sites(struct strand_writer *definitions, struct strand_site *const *sites,
                                                  size_t count, uint64_t tick, uint64_t nano, uint64_t *id);

#define STRAND_SITE_FIRST 128u /* ids of two bytes: the first, and the end */
#define STRAND_SITE_END 16384u

/* Defines all call sites of this module (program or shared object). */
#if defined(__ELF__) && !defined(STRAND_DISABLE)
extern struct strand_site *__start_strand_sites[] __attribute__((weak, visibility("hidden")));
extern struct strand_site *__stop_strand_sites[] __attribute__((weak, visibility("hidden")));
#define STRAND_DEFINE_SITES(definitions, tick, nano, id)                                                             \
    strand_define_sites((definitions), __start_strand_sites,                                                         \
                        ((uintptr_t)__stop_strand_sites - (uintptr_t)__start_strand_sites) / sizeof(void *), (tick), \
                        (nano), (id))
#define STRAND_LIST_SITE(site)                                                                                       \
    static struct strand_site *strand_listed __attribute__((used, section("strand_sites"))) = &(site);               \
    (void)strand_listed;
#else
#define STRAND_DEFINE_SITES(definitions, tick, nano, id)                                                             \
    strand_define_sites((definitions), NULL, 0, (tick), (nano), (id))
#define STRAND_LIST_SITE(site)
#endif

#ifdef STRAND_DISABLE

#define STRAND_LOG(writer, ...) STRAND_NOT_LOGGED(writer, __VA_ARGS__)
#define STRAND_LOG_FIXED(writer, ...) STRAND_NOT_LOGGED(writer, __VA_ARGS__)
#define STRAND_LOG_LEVEL(writer, level, ...) STRAND_NOT_LOGGED(writer, __VA_ARGS__)
#define STRAND_LOG_AT(writer, tick, ...) STRAND_NOT_LOGGED(writer, __VA_ARGS__)
#define STRAND_LOG_FIXED_AT(writer, tick, ...) STRAND_NOT_LOGGED(writer, __VA_ARGS__)
#define STRAND_TRACE(writer, ...) STRAND_NOT_TRACED(writer, __VA_ARGS__)
#define STRAND_TRACE_FIXED(writer, ...) STRAND_NOT_TRACED(writer, __VA_ARGS__)
#define STRAND_TRACE_AT(writer, tick, ...) STRAND_NOT_TRACED(writer, __VA_ARGS__)
#define STRAND_TRACE_FIXED_AT(writer, tick, ...) STRAND_NOT_TRACED(writer, __VA_ARGS__)

#else

/* A record at the time of the call. _FIXED: integers in 4 or 8 bytes, which is faster; else varints, which are
 * smaller. _LEVEL: the level, too. _AT: the tick, too, in place of strand_tick(); where STRAND_HAS_TICK is 0 these are
 * the ones to use. */
#define STRAND_LOG(writer, ...) STRAND_LOG_WITH(writer, strand_tick(), STRAND_LOG_INFO, 0, #__VA_ARGS__, __VA_ARGS__)
#define STRAND_LOG_FIXED(writer, ...)                                                                                \
    STRAND_LOG_WITH(writer, strand_tick(), STRAND_LOG_INFO, 1, #__VA_ARGS__, __VA_ARGS__)
#define STRAND_LOG_LEVEL(writer, level, ...)                                                                         \
    STRAND_LOG_WITH(writer, strand_tick(), level, 0, #__VA_ARGS__, __VA_ARGS__)
#define STRAND_LOG_AT(writer, tick, ...) STRAND_LOG_WITH(writer, tick, STRAND_LOG_INFO, 0, #__VA_ARGS__, __VA_ARGS__)
#define STRAND_LOG_FIXED_AT(writer, tick, ...)                                                                       \
    STRAND_LOG_WITH(writer, tick, STRAND_LOG_INFO, 1, #__VA_ARGS__, __VA_ARGS__)

/* An event of a trace strand at the time of the call: type (a constant from 1 to 62 that has a time, spec 12.4), then
 * its arguments. Type 63: an event with a number of its own, which comes first:
 *     STRAND_TRACE(&tracer, 63, number, fd, len);
 * A number below 63, which no such event can have, is refused and counted. _FIXED: arguments below 2^35 padded to 5
 * bytes. */
#define STRAND_TRACE(writer, ...) STRAND_TRACE_WITH(writer, strand_tick(), 0, __VA_ARGS__)
#define STRAND_TRACE_FIXED(writer, ...) STRAND_TRACE_WITH(writer, strand_tick(), 1, __VA_ARGS__)
#define STRAND_TRACE_AT(writer, tick, ...) STRAND_TRACE_WITH(writer, tick, 0, __VA_ARGS__)
#define STRAND_TRACE_FIXED_AT(writer, tick, ...) STRAND_TRACE_WITH(writer, tick, 1, __VA_ARGS__)

#endif

#include "strand_log_expand.h"

#endif

#endif
