/* SPDX-License-Identifier: MIT
 *
 * symbols.c: pc → module → file → function and line.
 *
 *     stream   block │ own │ session      three scopes of definitions, MODULEs among them
 *              pc ∈ [base, base + size)   of these the one with the highest id: the newest
 *     files    path, build-id             each opened once, whatever bases it was loaded at
 *     places   pc → what it is            remembered: a log has few places, many times
 *
 * Paths come from the strand, so from anyone: only plain files are opened, by absolute names, none is believed without
 * its build-id, and nothing is fetched.
 */
#include "symbols.h"

#include "report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef HAVE_LIBDW
#include <elfutils/libdwfl.h>
#endif

#define SYMBOLS_PLACES 16384u
#define SYMBOLS_FILES_MAX 1024u

struct symbols_module {
    struct strand_span path;
    struct strand_span build_id;
    uint64_t base;
    uint64_t size;
};

struct symbols_file {
    char *path; /* up to path_len; a NUL behind that */
    size_t path_len;
    uint8_t *build_id;
    size_t build_id_len;
    struct strand_span name; /* the last part of its path */
#ifdef HAVE_LIBDW
    Dwfl *dwfl;
    Dwfl_Module *module; /* NULL: not that file, or not there */
#endif
};

struct symbols_place {
    const struct stream *stream; /* NULL: free */
    uint64_t round;              /* of its modules */
    uint64_t pc;
    bool known;
    struct strand_span function;
    struct strand_span file;
    uint64_t line;
    uint64_t entry;
};

struct symbols {
    struct symbols_place *places;
    struct symbols_file **files;
    size_t file_count;
    bool asked;
    bool found;
};

// ---------------------------------------------------------------------------------------------------------------
// Modules

static bool symbols_take(struct strand_fields *fields, uint8_t type, struct strand_field *field)
{
    return strand_decode_field(fields, field) == STRAND_OK && field->type == type;
}

static bool symbols_decode_module(struct strand_span body, struct symbols_module *module)
{
    struct strand_fields fields;
    struct strand_field path, build_id, base, size;
    strand_fields_init(&fields, body, STRAND_DIALECT_NATIVE);
    if (!symbols_take(&fields, STRAND_WIRE_STRING, &path) || !symbols_take(&fields, STRAND_WIRE_BYTES, &build_id) ||
        !symbols_take(&fields, STRAND_WIRE_PTR, &base) || !symbols_take(&fields, STRAND_WIRE_UINT, &size)) {
        return false;
    }
    *module = (struct symbols_module){path.data, build_id.data, base.value, size.value};
    return true;
}

static bool symbols_find_module_in(const struct definitions *table, uint64_t pc, struct symbols_module *ret_module)
{
    struct symbols_module module;
    uint64_t highest = 0;
    bool found = false;
    for (size_t i = 0; i < table->slot_count; i++) {
        const struct definition *slot = &table->slots[i];
        if (slot->kind == STRAND_DEF_MODULE && slot->defined && (!found || slot->id > highest) &&
            symbols_decode_module((struct strand_span){table->bytes + slot->off, slot->len}, &module) &&
            pc - module.base < module.size && pc >= module.base) {
            *ret_module = module;
            highest = slot->id;
            found = true;
        }
    }
    return found;
}

static bool symbols_find_module(const struct stream *stream, uint64_t pc, struct symbols_module *ret_module)
{
    return symbols_find_module_in(&stream->block, pc, ret_module) ||
           symbols_find_module_in(&stream->own, pc, ret_module) ||
           (stream_session(stream) != NULL && symbols_find_module_in(stream_session(stream), pc, ret_module));
}

// Changes whenever one of the tables does.
static uint64_t symbols_round(const struct stream *stream)
{
    return stream->block.module_changes + stream->own.module_changes +
           (stream_session(stream) != NULL ? stream_session(stream)->module_changes : 0);
}

// ---------------------------------------------------------------------------------------------------------------
// Files

#ifdef HAVE_LIBDW

static int symbols_no_elf(Dwfl_Module *module, void **data, const char *name, Dwarf_Addr base, char **path, Elf **elf)
{
    (void)module, (void)data, (void)name, (void)base, (void)path, (void)elf;
    return -1;
}

static bool symbols_is_same_build(const struct symbols_file *file, Dwfl_Module *module)
{
    const unsigned char *build_id;
    GElf_Addr address;
    int len = dwfl_module_build_id(module, &build_id, &address);
    return len > 0 && (size_t)len == file->build_id_len && memcmp(build_id, file->build_id, file->build_id_len) == 0;
}

// A pipe or a device may have taken the file's name: it must neither be waited for nor read.
static int symbols_open_file(const struct symbols_file *file)
{
    struct stat status;
    int fd = open(file->path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) {
        report(file->path, "note: no functions and lines of it: %s", strerror(errno));
    } else if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        report(file->path, "note: no functions and lines of it: it is no file");
        close(fd);
        fd = -1;
    }
    return fd;
}

static void symbols_load(struct symbols_file *file)
{
    static const Dwfl_Callbacks callbacks = {.find_elf = symbols_no_elf,
                                             .find_debuginfo = dwfl_standard_find_debuginfo};
    if (file->path[0] != '/' || memchr(file->path, '\0', file->path_len) != NULL) {
        return; // of the kernel's making
    }
    if (file->build_id_len == 0) {
        report(file->path, "note: no functions and lines of it: the strand states no build-id to know it by");
        return;
    }
    int fd = symbols_open_file(file);
    if (fd < 0) {
        return;
    }
    file->dwfl = dwfl_begin(&callbacks);
    Dwfl_Module *module = NULL;
    if (file->dwfl != NULL) {
        module = dwfl_report_elf(file->dwfl, "module", file->path, fd, 0, true);
        dwfl_report_end(file->dwfl, NULL, NULL);
    }
    if (module == NULL) {
        close(fd); // else it is libdw's
    }
    if (module != NULL && symbols_is_same_build(file, module)) {
        file->module = module;
    } else {
        report(file->path, "note: no functions and lines of it: it is not the file that ran (another build-id)");
    }
}

static struct strand_span symbols_text(const char *text)
{
    return (struct strand_span){(const uint8_t *)text, text != NULL ? strlen(text) : 0};
}

// Where there is no table of address ranges (clang writes none) dwfl_module_getsrc finds nothing, and each unit is asked.
static const char *symbols_source(Dwfl_Module *module, Dwarf_Addr address, int *ret_line)
{
    Dwarf_Addr bias;
    Dwfl_Line *line = dwfl_module_getsrc(module, address);
    if (line != NULL) {
        return dwfl_lineinfo(line, NULL, ret_line, NULL, NULL, NULL);
    }
    for (Dwarf_Die *unit = NULL; (unit = dwfl_module_nextcu(module, unit, &bias)) != NULL;) {
        Dwarf_Line *found = dwarf_haspc(unit, address - bias) > 0 ? dwarf_getsrc_die(unit, address - bias) : NULL;
        if (found != NULL && dwarf_lineno(found, ret_line) == 0) {
            return dwarf_linesrc(found, NULL, NULL);
        }
    }
    return NULL;
}

// In: address, as the file counts.
static void symbols_look_up(const struct symbols_file *file, uint64_t address, struct symbols_place *place)
{
    GElf_Off off;
    GElf_Sym symbol;
    int line = 0;
    const char *function =
        file->module == NULL ? NULL : dwfl_module_addrinfo(file->module, address, &off, &symbol, NULL, NULL, NULL);
    if (function == NULL) {
        return;
    }
    place->function = symbols_text(function);
    place->entry = place->pc - off;
    const char *path = symbols_source(file->module, address, &line);
    if (path != NULL && line > 0) {
        place->file = symbols_text(path);
        place->line = (uint64_t)line;
    }
}

static void symbols_unload(struct symbols_file *file)
{
    if (file->dwfl != NULL) {
        dwfl_end(file->dwfl);
    }
}

#else

static void symbols_load(struct symbols_file *file)
{
    (void)file;
}

static void symbols_look_up(const struct symbols_file *file, uint64_t address, struct symbols_place *place)
{
    (void)file;
    (void)address;
    (void)place;
}

static void symbols_unload(struct symbols_file *file)
{
    (void)file;
}

#endif

static struct symbols_file *symbols_new_file(const struct symbols_module *module)
{
    struct symbols_file *file = report_resize(NULL, 1, sizeof *file);
    *file = (struct symbols_file){.path_len = module->path.len, .build_id_len = module->build_id.len};
    file->path = report_resize(NULL, file->path_len + 1, 1);
    file->build_id = report_resize(NULL, file->build_id_len, 1);
    memcpy(file->path, module->path.data, file->path_len);
    memcpy(file->build_id, module->build_id.data, file->build_id_len);
    file->path[file->path_len] = '\0';
    const char *slash = memrchr(file->path, '/', file->path_len);
    size_t name = slash == NULL ? 0 : (size_t)(slash + 1 - file->path);
    file->name = (struct strand_span){(const uint8_t *)file->path + name, file->path_len - name};
    symbols_load(file);
    return file;
}

// Returns: NULL where too many were opened.
static struct symbols_file *symbols_file_of(struct symbols *symbols, const struct symbols_module *module)
{
    for (size_t i = 0; i < symbols->file_count; i++) {
        struct symbols_file *file = symbols->files[i];
        if (file->path_len == module->path.len && file->build_id_len == module->build_id.len &&
            memcmp(file->path, module->path.data, file->path_len) == 0 &&
            memcmp(file->build_id, module->build_id.data, file->build_id_len) == 0) {
            return file;
        }
    }
    if (symbols->file_count == SYMBOLS_FILES_MAX) {
        return NULL;
    }
    symbols->files = report_resize(symbols->files, symbols->file_count + 1, sizeof *symbols->files);
    return symbols->files[symbols->file_count++] = symbols_new_file(module);
}

// ---------------------------------------------------------------------------------------------------------------
// Places

static void symbols_fill(struct symbols *symbols, struct symbols_place *place)
{
    struct symbols_module module;
    struct symbols_file *file =
        symbols_find_module(place->stream, place->pc, &module) ? symbols_file_of(symbols, &module) : NULL;
    symbols->asked = true;
    if (file == NULL) {
        return;
    }
    symbols->found = true;
    place->known = true;
    place->function = file->name;
    place->entry = module.base;
    symbols_look_up(file, place->pc - module.base, place);
}

bool symbols_find(struct symbols *symbols, const struct stream *stream, uint64_t pc, struct strand_span *ret_function,
                  struct strand_span *ret_file, uint64_t *ret_line, uint64_t *ret_entry)
{
    uint64_t round = symbols_round(stream);
    struct symbols_place *place = &symbols->places[(pc ^ pc >> 14) % SYMBOLS_PLACES];
    if (place->stream != stream || place->pc != pc || place->round != round) {
        *place = (struct symbols_place){.stream = stream, .round = round, .pc = pc};
        symbols_fill(symbols, place);
    }
    *ret_function = place->function;
    *ret_file = place->file;
    *ret_line = place->line;
    *ret_entry = place->entry;
    return place->known;
}

struct symbols *symbols_open(void)
{
    struct symbols *symbols = report_resize(NULL, 1, sizeof *symbols);
    *symbols = (struct symbols){.places = report_resize(NULL, SYMBOLS_PLACES, sizeof *symbols->places)};
    memset(symbols->places, 0, SYMBOLS_PLACES * sizeof *symbols->places);
#ifdef HAVE_LIBDW
    unsetenv("DEBUGINFOD_URLS"); // libdw would ask servers for what isn't here
#else
    report(NULL, "note: this program was built without libdw (elfutils; Debian: libdw-dev), which --symbols needs; "
                 "places are shown as offsets in modules");
#endif
    return symbols;
}

void symbols_close(struct symbols *symbols)
{
    if (symbols == NULL) {
        return;
    }
    if (symbols->asked && !symbols->found) {
        report(NULL, "note: no functions and lines: the input defines no modules that have the addresses");
    }
    for (size_t i = 0; i < symbols->file_count; i++) {
        symbols_unload(symbols->files[i]);
        free(symbols->files[i]->path);
        free(symbols->files[i]->build_id);
        free(symbols->files[i]);
    }
    free(symbols->files);
    free(symbols->places);
    free(symbols);
}
