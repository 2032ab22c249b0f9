/* SPDX-License-Identifier: MIT
 *
 * strand_logger.c: the thread's logger: none at first, then one of the pool, and more for handlers that interrupt it.
 *
 *     strand_this_thread.priv_log → stand-in, always busy      first record: takes a logger, which is the thread's then
 *                                 → logger                     a handler inside of a record of it: takes another …
 *                                      └ spare → spare …       … which stays with the thread
 */
#define _GNU_SOURCE
#include "strand_logger.h"

#include "strand_platform.h"

#include <signal.h>

static struct strand_writer *strand_logger_first(void *context, struct strand_writer *w);

struct strand_writer strand_no_logger = STRAND_WRITER_STAND_IN(strand_logger_first);

// Only where the thread has no alternate stack of its own, and isn't on it.
static void strand_logger_set_signal_stack(const struct strand_logger *logger)
{
    stack_t now;
    if (logger->signal_stack != NULL && sigaltstack(NULL, &now) == 0 && (now.ss_flags & SS_DISABLE) != 0) {
        const stack_t stack = {.ss_sp = logger->signal_stack, .ss_size = STRAND_SIGNAL_STACK};
        sigaltstack(&stack, NULL);
    }
}

static struct strand_writer *strand_logger_more(void *context, struct strand_writer *w)
{
    struct strand_logger *logger = strand_pool_take(STRAND_KIND_RECORDS, 0);
    (void)context;
    if (logger == NULL) {
        return NULL;
    }
    strand_writer_add_spare(w, &logger->writer);
    return &logger->writer;
}

static struct strand_writer *strand_logger_first(void *context, struct strand_writer *w)
{
    struct strand_logger *logger = strand_pool_take(STRAND_KIND_RECORDS, 0);
    (void)context;
    (void)w;
    if (logger == NULL) {
        return NULL;
    }
    strand_writer_set_more_spares(&logger->writer, strand_logger_more, NULL);
    strand_logger_set_signal_stack(logger);
    struct strand_writer *none = &strand_no_logger;
    if (!STRAND_SWAP(&strand_this_thread.priv_log, &none, &logger->writer)) { // log-swap; a handler was first
        strand_writer_add_spare(none, &logger->writer);
    }
    return &logger->writer;
}

struct strand_writer *strand_logger_own(void)
{
    if (strand_this_thread.priv_log == &strand_no_logger) {
        strand_logger_first(NULL, NULL);
    }
    return strand_this_thread.priv_log != &strand_no_logger ? strand_this_thread.priv_log : NULL;
}

void strand_logger_replace(void)
{
    if (strand_this_thread.priv_log != &strand_no_logger) {
        strand_this_thread.priv_log = &strand_no_logger;
        strand_logger_first(NULL, NULL);
    }
}

uint64_t strand_recorder_refused(void)
{
    return strand_writer_refused(&strand_no_logger) + strand_trace_refused();
}
