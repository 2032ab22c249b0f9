/* SPDX-License-Identifier: MIT
 *
 * ringlog.c: a line for each record: STRAND_LOG into a ring, call sites defined beside it.
 *
 *     ringlog DIR      leaves DIR/ring.strand and DIR/sites.strand; logcat-merge DIR shows them
 */
#include "strand.h"

#include <stdio.h>
#include <time.h>

#if STRAND_HAS_TICK
#define NOW() strand_tick()
#else
#define NOW() ((uint64_t)clock())
#endif

#define BLOCK 4096u
#define BLOCKS 4u

static _Alignas(8) uint8_t ring[STRAND_FILE_HEADER_RING + BLOCKS * BLOCK];
static _Alignas(8) uint8_t sites[1024 + BLOCK];

static struct strand_file_header header_of(enum strand_kind kind, uint32_t block_count)
{
    return (struct strand_file_header){.kind = (uint8_t)kind,
                                       .session = {0x52, 0x49, 0x4E, 0x47},
                                       .ordinal = kind == STRAND_KIND_DEFINITIONS ? 1 : 0,
                                       .block_size = BLOCK,
                                       .block_count = block_count,
                                       .tick_num = 6, // recorder/ would calibrate
                                       .tick_den = 1,
                                       .incompat = STRAND_INCOMPAT_NANO_DERIVED};
}

static int save(const char *folder, const char *name, const uint8_t *bytes, size_t len)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    return file == NULL || fwrite(bytes, 1, len, file) != len || fclose(file) != 0;
}

int main(int argc, char **argv)
{
    struct strand_writer log;
    struct strand_writer definitions;
    const struct strand_file_header log_header = header_of(STRAND_KIND_RECORDS, BLOCKS);
    const struct strand_file_header definitions_header = header_of(STRAND_KIND_DEFINITIONS, 0);
    uint64_t id = STRAND_SITE_FIRST;
    if (argc != 2 ||
        strand_writer_init(&log, sizeof log, STRAND_ABI_VERSION, ring, sizeof ring, &log_header, NULL, NULL) !=
            STRAND_OK ||
        strand_writer_init(&definitions, sizeof definitions, STRAND_ABI_VERSION, sites, sizeof sites,
                           &definitions_header, NULL, NULL) != STRAND_OK) {
        return 2;
    }
    STRAND_DEFINE_SITES(&definitions, NOW(), 1, &id);
    strand_writer_close(&definitions, NOW(), 1);

    for (int request = 0; request < 1000; request++) {
        STRAND_LOG_AT(&log, NOW(), "request", request, argv[1], request * 0.5);
    }
    return save(argv[1], "ring.strand", ring, sizeof ring) ||
           save(argv[1], "sites.strand", sites, strand_writer_len(&definitions));
}
