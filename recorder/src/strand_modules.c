/* SPDX-License-Identifier: MIT
 *
 * strand_modules.c: the table of modules, as the loader tells it.
 *
 *     │ module │ module │ … │ being written │ free …           a module is there once the count says so
 *                           count
 *
 * An entry stays as it is for ever: what a stack of an hour ago refers to is still told after a dlclose. Where something
 * else was loaded at the same place since, the newer entry counts.
 *
 * Who comes while another thread is noting leaves it to that one, which then looks once more.
 */
#define _GNU_SOURCE
#include "strand_modules.h"

#include "strand_definitions.h"
#include "strand_platform.h"
#include "strand_recorder_clock.h"

#include <link.h>
#include <string.h>
#include <unistd.h>

#define STRAND_MODULES_MAX 256u
#define STRAND_NOTE_BUILD_ID 3u // NT_GNU_BUILD_ID

static struct strand_module strand_modules[STRAND_MODULES_MAX];
static size_t strand_modules_count;    // atomic
static size_t strand_modules_defined;  // of them, those that are in the definitions strand
static uint32_t strand_modules_wanted; // atomic: how often a look was asked for that has not been taken

const struct strand_module *strand_modules_at(size_t i)
{
    // Pairs with the release in strand_modules_add: the entry is whole.
    return i < __atomic_load_n(&strand_modules_count, __ATOMIC_ACQUIRE) ? &strand_modules[i] : NULL;
}

const struct strand_module *strand_modules_find(uint64_t pc)
{
    for (size_t i = __atomic_load_n(&strand_modules_count, __ATOMIC_ACQUIRE); i > 0; i--) {
        const struct strand_module *module = &strand_modules[i - 1];
        if (pc >= module->start && pc < module->end) {
            return module;
        }
    }
    return NULL;
}

// ---------------------------------------------------------------------------------------------------------------
// What the loader tells

// Notes are  namesz u32 │ descsz u32 │ type u32 │ name, padded to 4 │ desc, padded to 4.
static void strand_module_read_notes(struct strand_module *module, const uint8_t *notes, size_t len)
{
    uint32_t head[3];
    for (size_t off = 0; len - off >= sizeof head;) {
        memcpy(head, notes + off, sizeof head);
        const size_t name_len = ((size_t)head[0] + 3) / 4 * 4;
        const size_t desc_len = ((size_t)head[1] + 3) / 4 * 4;
        off += sizeof head;
        if (len - off < name_len || len - off - name_len < desc_len) {
            return;
        }
        if (head[2] == STRAND_NOTE_BUILD_ID && head[0] == 4 && memcmp(notes + off, "GNU", 4) == 0) {
            module->build_id_len = (uint8_t)(head[1] < STRAND_BUILD_ID_MAX ? head[1] : STRAND_BUILD_ID_MAX);
            memcpy(module->build_id, notes + off + name_len, module->build_id_len);
            return;
        }
        off += name_len + desc_len;
    }
}

static void strand_module_add_segment(struct strand_module *module, const ElfW(Phdr) * segment)
{
    const uint64_t start = module->base + segment->p_vaddr;
    const uint64_t end = start + segment->p_memsz;
    module->start = start < module->start ? start : module->start;
    module->end = end > module->end ? end : module->end;
    if ((segment->p_flags & PF_X) != 0) {
        module->code = start < module->code ? start : module->code;
        module->code_end = end > module->code_end ? end : module->code_end;
    }
}

// The program itself has no name with the loader.
static void strand_module_set_path(struct strand_module *module, const char *name)
{
    const size_t cap = sizeof module->path - 1;
    const ssize_t len = name[0] == 0 ? readlink("/proc/self/exe", module->path, cap) : 0;
    if (name[0] != 0) {
        memcpy(module->path, name, strnlen(name, cap));
    }
    module->path[len > 0 ? (size_t)len : strnlen(name, cap)] = 0;
}

static void strand_module_read(struct strand_module *module, const struct dl_phdr_info *info)
{
    *module = (struct strand_module){.base = info->dlpi_addr, .start = UINT64_MAX, .code = UINT64_MAX};
    for (size_t i = 0; i < info->dlpi_phnum; i++) {
        if (info->dlpi_phdr[i].p_type == PT_LOAD) {
            strand_module_add_segment(module, &info->dlpi_phdr[i]);
        }
    }
    for (size_t i = 0; i < info->dlpi_phnum && module->build_id_len == 0; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        const uint64_t at = module->base + segment->p_vaddr;
        if (segment->p_type == PT_NOTE && at >= module->start && at < module->end) {
            strand_module_read_notes(module, (const uint8_t *)(uintptr_t)at, segment->p_memsz);
        }
    }
    strand_module_set_path(module, info->dlpi_name);
}

static bool strand_module_is(const struct strand_module *a, const struct strand_module *b)
{
    return a != NULL && a->base == b->base && a->end == b->end && a->build_id_len == b->build_id_len &&
           memcmp(a->build_id, b->build_id, a->build_id_len) == 0 && strcmp(a->path, b->path) == 0;
}

static int strand_modules_add(struct dl_phdr_info *info, size_t size, void *context)
{
    const size_t count = strand_modules_count;
    (void)size;
    (void)context;
    if (count == STRAND_MODULES_MAX) {
        return 1;
    }
    struct strand_module *module = &strand_modules[count];
    strand_module_read(module, info);
    if (module->start < module->end && !strand_module_is(strand_modules_find(module->start), module)) {
        __atomic_store_n(&strand_modules_count, count + 1, __ATOMIC_RELEASE);
    }
    return 0;
}

// ---------------------------------------------------------------------------------------------------------------
// To the definitions strand

static enum strand_status strand_module_define(struct strand_writer *w, const struct strand_module *module,
                                               uint64_t id)
{
    struct strand_encoder *e;
    enum strand_status status;
    do {
        status = strand_writer_begin_frame(w, strand_clock_tick(), strand_clock_monotonic(), &e);
        if (status != STRAND_OK) {
            return status;
        }
        strand_encode_begin_def(e, STRAND_DEF_MODULE, id);
        strand_encode_string(e, module->path, strlen(module->path));
        strand_encode_bytes(e, module->build_id, module->build_id_len);
        strand_encode_ptr(e, module->base);
        strand_encode_uint(e, module->end - module->base);
        status = strand_writer_end(w);
    } while (status == STRAND_AGAIN);
    return status;
}

static void strand_modules_define(void)
{
    const size_t count = strand_modules_count;
    struct strand_writer *w = strand_modules_defined < count ? strand_definitions_begin() : NULL;
    if (w == NULL) {
        return;
    }
    while (strand_modules_defined < count) {
        const size_t i = strand_modules_defined;
        if (strand_module_define(w, &strand_modules[i], 2 * (i + 1)) != STRAND_OK) { // even: of the session
            break;
        }
        strand_modules_defined++;
    }
    strand_definitions_end();
}

void strand_modules_note(void)
{
    uint32_t wanted;
    if (__atomic_fetch_add(&strand_modules_wanted, 1, __ATOMIC_ACQ_REL) != 0) {
        return;
    }
    do {
        wanted = __atomic_load_n(&strand_modules_wanted, __ATOMIC_ACQUIRE);
        dl_iterate_phdr(strand_modules_add, NULL);
        strand_modules_define();
    } while (!STRAND_SWAP(&strand_modules_wanted, &wanted, 0));
}

void strand_modules_renew(void)
{
    __atomic_store_n(&strand_modules_wanted, 0, __ATOMIC_RELEASE); // who was noting did not come along
}
