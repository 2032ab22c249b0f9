/* SPDX-License-Identifier: MIT
 *
 * test_recorder_modules.c: which module an address belongs to, what the definitions strand says of it, and text that goes
 * to a descriptor.
 */
#define _GNU_SOURCE
#include "stack_test.h"
#include "strand_definitions.h"
#include "strand_reader.h"
#include "strand_report.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

static size_t count_modules(void)
{
    size_t count = 0;
    while (strand_modules_at(count) != NULL) {
        count++;
    }
    return count;
}

ALONE static void here(void)
{
    sink++;
}

TEST(recorder_modules, the_program_is_one)
{
    static uint64_t data[8];
    char path[4096];
    strand_modules_note();
    const struct strand_module *module = strand_modules_find((uintptr_t)here);
    const ssize_t len = readlink("/proc/self/exe", path, sizeof path - 1);
    CHECK(module != NULL && len > 0);
    CHECK_BYTES(module->path, strlen(module->path), path, len < 255 ? len : 255);
    CHECK(module->start <= module->code && module->code < module->code_end && module->code_end <= module->end);
    CHECK((uintptr_t)here >= module->code && (uintptr_t)here < module->code_end);
    CHECK(strand_modules_find((uintptr_t)data) == module);
    CHECK((uintptr_t)data < module->code || (uintptr_t)data >= module->code_end);
    CHECK(strand_modules_find((uintptr_t)path) == NULL);
    CHECK(strand_modules_find(0) == NULL);
    CHECK(strand_modules_find(module->end) != module);
    CHECK(strand_modules_find(module->end - 1) == module);
    CHECK(strand_modules_find(module->start) == module);
    CHECK(strand_modules_find(module->start - 1) != module);
}

TEST(recorder_modules, shared_objects_have_their_base_and_build_id)
{
    Dl_info info;
    strand_modules_note();
    CHECK(dladdr(dlsym(RTLD_DEFAULT, "getpid"), &info) != 0);
    const struct strand_module *libc = strand_modules_find((uintptr_t)info.dli_saddr);
    CHECK(libc != NULL && libc->base == (uintptr_t)info.dli_fbase);
    CHECK(strcmp(libc->path, info.dli_fname) == 0);
    CHECK_EQ(libc->build_id_len, 20);
    // The note as the file has it.
    static char file[65536];
    const int fd = open(libc->path, O_RDONLY);
    CHECK_EQ(read(fd, file, sizeof file), sizeof file);
    close(fd);
    const char *note = memmem(file, sizeof file, "\4\0\0\0\24\0\0\0\3\0\0\0GNU", 16);
    CHECK(note != NULL);
    CHECK_BYTES(libc->build_id, libc->build_id_len, note + 16, 20);
}

// A library that is not loaded yet.
static void *load_one(void)
{
    static const char *const names[] = {"libanl.so.1", "libutil.so.1", "libBrokenLocale.so.1", "librt.so.1",
                                        "libthread_db.so.1"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (dlopen(names[i], RTLD_NOW | RTLD_NOLOAD) == NULL) {
            void *library = dlopen(names[i], RTLD_NOW);
            if (library != NULL) {
                return library;
            }
        }
    }
    return NULL;
}

TEST(recorder_modules, what_is_loaded_later_is_added_and_stays)
{
    strand_modules_note();
    const size_t before = count_modules();
    strand_modules_note();
    CHECK_EQ(count_modules(), before);
    void *library = load_one();
    CHECK(library != NULL);
    const uint64_t base = ((const struct link_map *)library)->l_addr;
    const uint64_t inside = (uintptr_t)((const struct link_map *)library)->l_ld;
    CHECK(strand_modules_find(inside) == NULL);
    strand_modules_note();
    CHECK(count_modules() > before);
    const struct strand_module *module = strand_modules_find(inside);
    CHECK(module != NULL && module->base == base);
    const size_t after = count_modules();
    strand_modules_note();
    CHECK_EQ(count_modules(), after);
    dlclose(library);
    strand_modules_note();
    CHECK_EQ(count_modules(), after);
    CHECK(strand_modules_find(inside) == module);
}

static void *note_often(void *argument)
{
    for (int i = 0; i < 200; i++) {
        strand_modules_note();
    }
    return argument;
}

// ---------------------------------------------------------------------------------------------------------------
// Definitions

static struct strand_field next_field(struct strand_fields *fields)
{
    struct strand_field field;
    CHECK_EQ(strand_decode_field(fields, &field), STRAND_OK);
    return field;
}

static void check_definition(const struct strand_def *def, size_t i)
{
    const struct strand_module *module = strand_modules_at(i);
    struct strand_fields fields;
    struct strand_field field;
    CHECK(module != NULL);
    CHECK_EQ(def->id, 2 * (i + 1));
    strand_fields_init(&fields, def->body, STRAND_DIALECT_NATIVE);
    field = next_field(&fields);
    CHECK_EQ(field.type, STRAND_WIRE_STRING);
    CHECK_BYTES(field.data.data, field.data.len, module->path, strlen(module->path));
    field = next_field(&fields);
    CHECK_EQ(field.type, STRAND_WIRE_BYTES);
    CHECK_BYTES(field.data.data, field.data.len, module->build_id, module->build_id_len);
    field = next_field(&fields);
    CHECK_EQ(field.type, STRAND_WIRE_PTR);
    CHECK_EQ(field.value, module->base);
    field = next_field(&fields);
    CHECK_EQ(field.type, STRAND_WIRE_UINT);
    CHECK_EQ(field.value, module->end - module->base);
    CHECK_EQ(strand_decode_field(&fields, &field), STRAND_END);
}

// Each module once, whoever noted it.
TEST(recorder_modules, each_is_defined_once)
{
    pthread_t others[4];
    struct strand_reader reader;
    struct strand_item item;
    struct strand_def def;
    enum strand_status status;
    size_t len;
    size_t defined = 0;
    for (int i = 0; i < 4; i++) {
        CHECK_EQ(pthread_create(&others[i], NULL, note_often, NULL), 0);
    }
    note_often(NULL);
    for (int i = 0; i < 4; i++) {
        pthread_join(others[i], NULL);
    }
    const uint8_t *file = strand_definitions(&len);
    CHECK(file != NULL);
    CHECK_EQ(strand_reader_init(&reader, sizeof reader, STRAND_ABI_VERSION, 0, len), STRAND_OK);
    while ((status = strand_reader_next(&reader, &item)) != STRAND_END) {
        if (status == STRAND_MORE) {
            strand_reader_supply(&reader, file + strand_reader_want(&reader).off);
            continue;
        }
        CHECK_EQ(status, STRAND_OK);
        CHECK(item.kind != STRAND_ITEM_DIAG);
        if (item.kind == STRAND_ITEM_FRAME && item.frame.kind == STRAND_FRAME_EXT &&
            item.frame.ext_kind == STRAND_WIRE_FRAME_DEF && strand_decode_def(item.frame.body, &def) == STRAND_OK &&
            def.def_kind == STRAND_DEF_MODULE) {
            check_definition(&def, defined++);
        }
    }
    CHECK(defined > 2);
    CHECK_EQ(defined, count_modules());
}

// ---------------------------------------------------------------------------------------------------------------
// Reports

static void report_lines(struct strand_report *r, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        strand_report_text(r, "line ");
        strand_report_dec(r, i);
        strand_report_text(r, " ");
        strand_report_hex(r, i * i);
        strand_report_text(r, "\n");
    }
}

TEST(recorder_report, a_small_buffer_passes_all_on)
{
    static char want[65536];
    static char got[65536];
    char buf[64];
    const int fd = memfd_create("report", MFD_CLOEXEC);
    CHECK(fd >= 0);
    struct strand_report r = {.base = buf, .cap = sizeof buf, .fd = fd};
    report_lines(&r, 1000);
    strand_report_flush(&r);
    CHECK(r.len == 0 && r.failed == 0);
    size_t len = 0;
    for (unsigned i = 0; i < 1000; i++) {
        len += (size_t)sprintf(want + len, "line %u 0x%x\n", i, i * i);
    }
    CHECK_BYTES(got, (size_t)pread(fd, got, sizeof got, 0), want, len);
    close(fd);
}

// A file that takes some, and then no more.
TEST(recorder_report, what_was_taken_in_part_is_not_taken_for_all)
{
    char buf[3000];
    char got[3000];
    struct rlimit limit;
    const int fd = memfd_create("report", MFD_CLOEXEC);
    struct strand_report r = {.base = buf, .cap = sizeof buf, .fd = fd, .deadline_ns = UINT64_MAX};
    report_lines(&r, 100);
    const size_t len = r.len;
    CHECK(fd >= 0 && len > 1000 && len < sizeof buf);
    memcpy(got, buf, len);
    CHECK_EQ(getrlimit(RLIMIT_FSIZE, &limit), 0);
    const struct rlimit small = {1000, limit.rlim_max};
    void (*former)(int) = signal(SIGXFSZ, SIG_IGN);
    CHECK_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
    strand_report_flush(&r);
    setrlimit(RLIMIT_FSIZE, &limit);
    signal(SIGXFSZ, former);
    CHECK(r.failed);
    CHECK_BYTES(buf, 1000, got, 1000);
    CHECK_EQ(pread(fd, got, sizeof got, 0), 1000);
    CHECK_BYTES(got, 1000, buf, 1000);
    close(fd);
}

TEST(recorder_report, numbers_from_none_to_all_bits)
{
    char buf[128] = {0};
    struct strand_report r = {.base = buf, .cap = sizeof buf, .fd = -1};
    strand_report_dec(&r, 0);
    strand_report_text(&r, " ");
    strand_report_dec(&r, UINT64_MAX);
    strand_report_text(&r, " ");
    strand_report_hex(&r, 0);
    strand_report_text(&r, " ");
    strand_report_hex(&r, UINT64_MAX);
    strand_report_text(&r, " ");
    strand_report_pc(&r, 1);
    static const char want[] = "0 18446744073709551615 0x0 0xffffffffffffffff 0x1";
    CHECK_BYTES(buf, r.len, want, sizeof want - 1);
}

TEST(recorder_report, without_a_descriptor_it_goes_on_counting)
{
    char buf[16] = "xxxxxxxxxxxxxxx";
    struct strand_report r = {.base = buf, .cap = 10, .fd = -1};
    strand_report_text(&r, "0123456");
    strand_report_text(&r, "789abcdef");
    strand_report_text(&r, "!");
    strand_report_flush(&r);
    CHECK_EQ(r.len, 17);
    CHECK_BYTES(buf, 15, "0123456789xxxxx", 15);
}

TEST(recorder_report, who_reads_too_slowly_is_not_waited_for)
{
    static char text[4096];
    char buf[512];
    int fds[2];
    CHECK_EQ(pipe(fds), 0);
    const uint64_t before = strand_clock_monotonic();
    struct strand_report r = {.base = buf, .cap = sizeof buf, .fd = fds[1], .deadline_ns = before + 50 * MS};
    memset(text, 'a', sizeof text);
    for (int i = 0; i < 100; i++) { // more than a pipe holds
        strand_report_bytes(&r, text, sizeof text);
    }
    const uint64_t took = strand_clock_monotonic() - before;
    CHECK(r.failed);
    CHECK(took >= 40 * (uint64_t)MS && took < 200 * (uint64_t)MS);
    CHECK_EQ(read(fds[0], text, sizeof text), sizeof text); // what fitted is there
    close(fds[0]);
    close(fds[1]);
}

TEST(recorder_report, a_pipe_without_readers_is_no_sigpipe)
{
    char buf[512];
    int fds[2];
    CHECK_EQ(pipe(fds), 0);
    close(fds[0]);
    const uint64_t before = strand_clock_monotonic();
    struct strand_report r = {.base = buf, .cap = sizeof buf, .fd = fds[1], .deadline_ns = before + 500 * MS};
    report_lines(&r, 1000);
    strand_report_flush(&r);
    CHECK(r.failed);
    CHECK(strand_clock_monotonic() - before < 400 * (uint64_t)MS);
    close(fds[1]);
    r = (struct strand_report){.base = buf, .cap = sizeof buf, .fd = fds[1], .deadline_ns = before + 500 * MS};
    report_lines(&r, 1000); // nor is a descriptor that is closed waited for
    CHECK(r.failed);
    CHECK(strand_clock_monotonic() - before < 400 * (uint64_t)MS);
}
