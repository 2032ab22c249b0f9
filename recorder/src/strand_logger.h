/* SPDX-License-Identifier: MIT
 *
 * strand_logger.h: the calling thread's logger, behind strand_logger of strand_recorder.h.
 */
#ifndef STRAND_LOGGER_H
#define STRAND_LOGGER_H

#include "strand_pool.h"

/* What a thread's logger is until its first record. */
extern struct strand_writer strand_no_logger;

/* Gives the calling thread another logger, of the size that rings have now; what it has logged stays in the one that
 * it had. Between two records. */
void strand_logger_replace(void);

#endif
