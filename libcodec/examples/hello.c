/* SPDX-License-Identifier: MIT */
#include "strand.h"
#include <stdio.h>
#include <time.h>

static _Alignas(8) uint8_t file[1024 + 65536]; // room for a file header and a block
int main(void)
{
    struct strand_file_header header = {
        .kind = STRAND_KIND_RECORDS, .block_size = 65536, .tick_num = 1, .tick_den = 1};
    struct strand_writer writer;
    struct strand_encoder *e;
    struct timespec now;
    timespec_get(&now, TIME_UTC);
    uint64_t ns = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
    strand_writer_init(&writer, sizeof writer, STRAND_ABI_VERSION, file, sizeof file, &header, NULL, NULL);
    do {
        strand_writer_begin(&writer, ns, ns, -1, &e);
        strand_encode_string(e, "hello, strand", 13);
        strand_encode_key(e, "answer", 6);
        strand_encode_int(e, 42);
    } while (strand_writer_end(&writer) == STRAND_AGAIN);
    strand_writer_close(&writer, ns, ns);
    return fwrite(file, 1, strand_writer_len(&writer), stdout) != strand_writer_len(&writer);
}
