/* SPDX-License-Identifier: MIT
 *
 * core_child.c: a program that dies. What its threads logged is in anonymous memory, and a descriptor says where.
 *
 *     core_child THREADS RECORDS abort     dies by abort()
 *     core_child THREADS RECORDS wait      says "ready" and waits
 *
 * Each thread's records count from 0; each leaves a record open that is never closed.
 */
#define _DEFAULT_SOURCE
#include "strand.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define BLOCK 4096u
#define BLOCKS 64u
#define THREADS_MAX 64u
#define KEY_NUMBER 2u

struct strand {
    struct strand_writer writer;
    struct strand_descriptor_ring ring;
};

static const uint8_t session[16] = "descriptor test";
static struct strand_descriptor descriptor;
static struct strand strands[THREADS_MAX + 1];                                   // the last: definitions
static _Alignas(8) uint8_t first_ring[STRAND_FILE_HEADER_RING + BLOCKS * BLOCK]; // one that is static
static unsigned records;

static uint8_t *map(size_t len)
{
    void *mem = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mem == MAP_FAILED) {
        exit(2);
    }
    return mem;
}

static struct strand_writer *start(size_t number, enum strand_kind kind, uint8_t *mem, size_t len)
{
    struct strand *strand = &strands[number];
    struct strand_file_header header = {.kind = (uint8_t)kind,
                                        .ordinal = (uint32_t)number,
                                        .pid = (uint64_t)getpid(),
                                        .block_size = BLOCK,
                                        .block_count = kind == STRAND_KIND_RECORDS ? BLOCKS : 0,
                                        .tick_num = 1,
                                        .tick_den = 1};
    memcpy(header.session, session, sizeof session);
    if (strand_writer_init(&strand->writer, sizeof strand->writer, STRAND_ABI_VERSION, mem, len, &header, NULL,
                           NULL) != STRAND_OK) {
        exit(2);
    }
    strand_descriptor_add(&descriptor, &strand->ring, mem, len);
    return &strand->writer;
}

static void write_record(struct strand_writer *w, uint64_t number)
{
    struct strand_encoder *e;
    do {
        if (strand_writer_begin(w, 1000 + number, 1000 + number, -1, &e) != STRAND_OK) {
            exit(2);
        }
        strand_encode_string(e, "step", 4);
        strand_encode_key_id(e, KEY_NUMBER);
        strand_encode_uint(e, number);
    } while (strand_writer_end(w) == STRAND_AGAIN);
}

static void define_key(struct strand_writer *w)
{
    struct strand_encoder *e;
    do {
        if (strand_writer_begin_frame(w, 1, 1, &e) != STRAND_OK) {
            exit(2);
        }
        strand_encode_begin_def(e, STRAND_DEF_KEY, KEY_NUMBER);
        strand_encode_string(e, "number", 6);
    } while (strand_writer_end(w) == STRAND_AGAIN);
}

static void *run(void *context)
{
    const size_t number = (size_t)((struct strand *)context - strands);
    const size_t len = sizeof first_ring;
    struct strand_encoder *e;
    struct strand_writer *w = start(number, STRAND_KIND_RECORDS, number == 0 ? first_ring : map(len), len);
    for (unsigned i = 0; i < records; i++) {
        write_record(w, i);
    }
    strand_writer_begin(w, 5000, 5000, -1, &e);
    strand_encode_string(e, "never closed", 12);
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t threads[THREADS_MAX];
    const unsigned long count = argc == 4 ? strtoul(argv[1], NULL, 10) : 0;
    if (count < 1 || count > THREADS_MAX) {
        return 2;
    }
    records = (unsigned)strtoul(argv[2], NULL, 10);
    strand_descriptor_init(&descriptor, session, (uint64_t)getpid());
    define_key(start(THREADS_MAX, STRAND_KIND_DEFINITIONS, map(4 * BLOCK), 4 * BLOCK));
    for (size_t i = 0; i < count; i++) {
        if (pthread_create(&threads[i], NULL, run, &strands[i]) != 0) {
            return 2;
        }
    }
    for (size_t i = 0; i < count; i++) {
        pthread_join(threads[i], NULL);
    }
    puts("ready");
    fflush(stdout);
    while (strcmp(argv[3], "wait") == 0) {
        pause();
    }
    abort();
}
