/* SPDX-License-Identifier: MIT
 *
 * bench_writer.h: the ring that the benchmarks write to: 128 KiB in four blocks, sealed without CRCs, its call
 * sites defined. Each thread has one of records and one of events.
 */
#ifndef BENCH_WRITER_H
#define BENCH_WRITER_H

#include "strand.h"

#define BENCH_RING_LEN 131072u

/* Starts them. Returns: false: they could not be started. */
bool bench_start_records(struct strand_writer *w);
bool bench_start_events(struct strand_writer *w);

/* Bytes that each record took since the start, block headers and syncs included. */
double bench_bytes_each(const struct strand_writer *w);

#endif
