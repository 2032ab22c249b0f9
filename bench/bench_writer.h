/* SPDX-License-Identifier: MIT
 *
 * bench_writer.h: the ring that the benchmarks write to: 128 KiB in four blocks, sealed without CRCs, its call
 * sites defined. Each thread has one of records and one of events.
 */
#ifndef BENCH_WRITER_H
#define BENCH_WRITER_H

#include "strand.h"

#define BENCH_RING_LEN 131072u

/* Starts a thread's ring of records. Returns: false: it could not be started. */
bool bench_start_ring(struct strand_writer *w);

/* The rings of the benchmarks of one thread, their starts, and the bytes that each record took since, block headers and
 * syncs included. */
extern struct strand_writer bench_records;
extern struct strand_writer bench_events;
bool bench_start_records(void);
bool bench_start_events(void);
double bench_bytes_of_records(void);
double bench_bytes_of_events(void);

#endif
