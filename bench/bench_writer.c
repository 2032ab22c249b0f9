/* SPDX-License-Identifier: MIT
 *
 * bench_writer.c: rings for the benchmarks, and the definitions of their call sites.
 */
#include "bench_writer.h"

#define BENCH_BLOCK_LEN (BENCH_RING_LEN / 4)

struct strand_writer bench_records;
struct strand_writer bench_events;

static _Thread_local _Alignas(64) uint8_t records_memory[STRAND_FILE_HEADER_RING + BENCH_RING_LEN];
static _Thread_local _Alignas(64) uint8_t events_memory[STRAND_FILE_HEADER_RING + BENCH_RING_LEN];

static struct strand_file_header header_of(uint8_t kind, uint32_t block_count)
{
    return (struct strand_file_header){.kind = kind,
                                       .block_size = BENCH_BLOCK_LEN,
                                       .block_count = block_count,
                                       .tick_num = 6,
                                       .tick_den = 1,
                                       .incompat = STRAND_INCOMPAT_NANO_DERIVED};
}

static bool start(struct strand_writer *w, uint8_t *memory, uint8_t kind)
{
    const struct strand_file_header header = header_of(kind, BENCH_RING_LEN / BENCH_BLOCK_LEN);
    if (strand_writer_init(w, sizeof *w, STRAND_ABI_VERSION, memory, STRAND_FILE_HEADER_RING + BENCH_RING_LEN,
                           &header, NULL, NULL) != STRAND_OK) {
        return false;
    }
    strand_writer_set_crc(w, false);
    return true;
}

__attribute__((constructor)) static void define_sites(void)
{
    static _Alignas(8) uint8_t definitions[1024 + 4 * BENCH_BLOCK_LEN];
    static struct strand_writer w;
    const struct strand_file_header header = header_of(STRAND_KIND_DEFINITIONS, 0);
    uint64_t id = STRAND_SITE_FIRST;
    strand_writer_init(&w, sizeof w, STRAND_ABI_VERSION, definitions, sizeof definitions, &header, NULL, NULL);
    STRAND_DEFINE_SITES(&w, 1, 1, &id);
}

bool bench_start_ring(struct strand_writer *w)
{
    return start(w, records_memory, STRAND_KIND_RECORDS);
}

bool bench_start_records(void)
{
    return bench_start_ring(&bench_records);
}

bool bench_start_events(void)
{
    return start(&bench_events, events_memory, STRAND_KIND_TRACE);
}

static double bytes_each(const struct strand_writer *w)
{
    const struct strand_file_header file = header_of(w->priv_kind, BENCH_RING_LEN / BENCH_BLOCK_LEN);
    struct strand_block_header oldest = {0};
    struct strand_block_header newest = {0};
    for (uint32_t slot = 0; slot < BENCH_RING_LEN / BENCH_BLOCK_LEN; slot++) {
        struct strand_block_header block;
        const uint8_t *at = w->priv_mem + STRAND_FILE_HEADER_RING + slot * BENCH_BLOCK_LEN;
        if (strand_block_header_decode(at, &file, &block) != STRAND_OK || block.seq == 0) {
            continue;
        }
        oldest = oldest.seq == 0 || block.seq < oldest.seq ? block : oldest;
        newest = block.seq > newest.seq ? block : newest;
    }
    const double records = (double)(newest.records_before - oldest.records_before);
    const double headers = (double)(newest.seq - oldest.seq) * STRAND_BLOCK_HEADER_LEN;
    return records > 0 ? ((double)(newest.bytes_before - oldest.bytes_before) + headers) / records : 0;
}

double bench_bytes_of_records(void)
{
    return bytes_each(&bench_records);
}

double bench_bytes_of_events(void)
{
    return bytes_each(&bench_events);
}
