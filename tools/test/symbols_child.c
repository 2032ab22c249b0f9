/* SPDX-License-Identifier: MIT
 *
 * symbols_child.c: a program that logs where it is. Its modules are defined as the loader tells them.
 *
 *     symbols_child DIR [PATH]     leaves DIR/modules.strand and DIR/log.strand; PATH: what its own path is said to be
 *
 * Says on standard output where each call stands: a function and a line.
 */
#define _GNU_SOURCE
#include "strand.h"

#include <execinfo.h>
#include <link.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BLOCK 4096u
#define STACK_ID 1u // odd: of the block

static struct strand_writer modules, logger;
static _Alignas(8) uint8_t modules_memory[1024 + 8 * BLOCK], logger_memory[1024 + 4 * BLOCK];
static uint64_t next_module = 2;
static const char *own_path;
static jmp_buf back;

static void start(struct strand_writer *w, uint8_t *mem, size_t len, enum strand_kind kind, uint32_t ordinal)
{
    const pid_t pid = getpid();
    struct strand_file_header header = {
        .kind = (uint8_t)kind, .ordinal = ordinal, .block_size = BLOCK, .tick_num = 1, .tick_den = 1};
    memcpy(header.session, &pid, sizeof pid);
    if (strand_writer_init(w, sizeof *w, STRAND_ABI_VERSION, mem, len, &header, NULL, NULL) != STRAND_OK) {
        _exit(2);
    }
}

static int save(const char *folder, const char *name, struct strand_writer *w, const uint8_t *mem)
{
    char path[4096];
    strand_writer_close(w, 100, 100);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    const size_t len = strand_writer_len(w);
    return file == NULL || fwrite(mem, 1, len, file) != len || fclose(file) != 0;
}

// ---------------------------------------------------------------------------------------------------------------
// Modules

static const uint8_t *find_build_id(const struct dl_phdr_info *info, size_t *ret_len)
{
    for (size_t i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        const uint8_t *notes = (const uint8_t *)(uintptr_t)(info->dlpi_addr + segment->p_vaddr);
        uint32_t head[3];
        for (size_t at = 0; segment->p_type == PT_NOTE && at + sizeof head < segment->p_memsz;) {
            memcpy(head, notes + at, sizeof head);
            at += sizeof head + (head[0] + 3u) / 4u * 4u;
            if (head[2] == NT_GNU_BUILD_ID) {
                *ret_len = head[1];
                return notes + at;
            }
            at += (head[1] + 3u) / 4u * 4u;
        }
    }
    *ret_len = 0;
    return NULL;
}

static int define_module(struct dl_phdr_info *info, size_t size, void *context)
{
    struct strand_encoder *e;
    uint64_t end = 0;
    size_t len;
    const uint8_t *build_id = find_build_id(info, &len);
    const char *path = info->dlpi_name[0] == '\0' ? own_path : info->dlpi_name;
    (void)size;
    (void)context;
    for (size_t i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        end = segment->p_type == PT_LOAD ? segment->p_vaddr + segment->p_memsz : end;
    }
    do {
        if (strand_writer_begin_frame(&modules, 1, 1, &e) != STRAND_OK) {
            _exit(2);
        }
        strand_encode_begin_def(e, STRAND_DEF_MODULE, next_module);
        strand_encode_string(e, path, strlen(path));
        strand_encode_bytes(e, build_id, len);
        strand_encode_ptr(e, info->dlpi_addr);
        strand_encode_uint(e, end);
    } while (strand_writer_end(&modules) == STRAND_AGAIN);
    next_module += 2;
    return 0;
}

// ---------------------------------------------------------------------------------------------------------------
// Places

static void log_traceback(const char *what, void *const *pcs, size_t count)
{
    struct strand_encoder *e;
    uint64_t values[64];
    for (size_t i = 0; i < count; i++) {
        values[i] = (uint64_t)(uintptr_t)pcs[i];
    }
    do {
        if (strand_writer_begin(&logger, 2, 2, -1, &e) != STRAND_OK) {
            _exit(2);
        }
        strand_encode_string(e, what, strlen(what));
        strand_encode_traceback(e, values, count);
    } while (strand_writer_end(&logger) == STRAND_AGAIN);
}

static void log_stack(const char *what, void *const *pcs, size_t count)
{
    struct strand_encoder *e;
    uint64_t values[64];
    for (size_t i = 0; i < count; i++) {
        values[i] = (uint64_t)(uintptr_t)pcs[i];
    }
    if (strand_writer_begin_frame(&logger, 2, 2, &e) == STRAND_OK) {
        strand_encode_begin_def(e, STRAND_DEF_STACK, STACK_ID);
        strand_encode_traceback(e, values, count);
        strand_writer_end(&logger);
    }
    if (strand_writer_begin(&logger, 3, 3, -1, &e) == STRAND_OK) {
        strand_encode_string(e, what, strlen(what));
        strand_encode_stack(e, STACK_ID);
        strand_writer_end(&logger);
    }
    if (strand_writer_begin(&logger, 4, 4, -1, &e) == STRAND_OK) {
        strand_encode_string(e, "at", 2);
        strand_encode_pc(e, values[0]);
        strand_writer_end(&logger);
    }
}

#define NOINLINE __attribute__((noinline))

static NOINLINE int inner(void)
{
    void *pcs[64];
    printf("inner %d\n", __LINE__ + 1);
    const size_t count = (size_t)backtrace(pcs, 64);
    log_traceback("called", pcs, count);
    log_stack("defined", pcs, count);
    return (int)count;
}

static NOINLINE int middle(void)
{
    printf("middle %d\n", __LINE__ + 1);
    const int count = inner();
    return count + 1;
}

static NOINLINE _Noreturn void leave(void)
{
    void *pcs[64];
    const size_t count = (size_t)backtrace(pcs, 64);
    log_traceback("left", pcs, count);
    longjmp(back, 1);
}

// Its call is its last instruction, so what the call would return to is the next function's.
static NOINLINE _Noreturn void last_words(void)
{
    printf("last_words %d\n", __LINE__ + 1);
    leave();
}

static NOINLINE int neighbour(void)
{
    void *const entry = (void *)(uintptr_t)&last_words;
    printf("entry %d\n", __LINE__ - 9);
    log_traceback("entry", &entry, 1);
    return 0;
}

int main(int argc, char **argv)
{
    char exe[4096];
    const ssize_t len = readlink("/proc/self/exe", exe, sizeof exe - 1);
    if (argc < 2 || len < 0) {
        return 2;
    }
    exe[len] = '\0';
    own_path = argc > 2 ? argv[2] : exe;
    start(&modules, modules_memory, sizeof modules_memory, STRAND_KIND_DEFINITIONS, 1);
    start(&logger, logger_memory, sizeof logger_memory, STRAND_KIND_RECORDS, 0);
    dl_iterate_phdr(define_module, NULL);
    if (setjmp(back) == 0) {
        printf("main %d\n", __LINE__ + 1);
        middle();
        last_words();
    }
    neighbour();
    return save(argv[1], "modules.strand", &modules, modules_memory) ||
           save(argv[1], "log.strand", &logger, logger_memory);
}
