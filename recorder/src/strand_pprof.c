/* SPDX-License-Identifier: MIT
 *
 * strand_pprof.c: protocol buffers by hand: a field is its number and kind, then a varint, or a length and bytes.
 *
 *     Profile    sample_type │ period │ strings …  │ sample │ sample │ …     │ mapping …  │ location …
 *                as they come, in any order        └ location ids, values     └ module     └ id, mapping, address
 *
 * A message inside the profile needs its length in front, so it is put together in `message` first: each is small,
 * and none holds another. Only the set of addresses grows with the profile; it is mapped while the profile is written.
 */
#define _GNU_SOURCE
#include "strand_pprof.h"

#include "strand_memory.h"
#include "strand_modules.h"
#include "strand_stack.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <unistd.h>

#define STRAND_PPROF_VARINT 0u
#define STRAND_PPROF_BYTES 2u

enum strand_pprof_profile {
    STRAND_PPROF_SAMPLE_TYPE = 1,
    STRAND_PPROF_SAMPLE = 2,
    STRAND_PPROF_MAPPING = 3,
    STRAND_PPROF_LOCATION = 4,
    STRAND_PPROF_STRING = 6,
    STRAND_PPROF_TIME = 9,
    STRAND_PPROF_PERIOD_TYPE = 11,
    STRAND_PPROF_PERIOD = 12,
    STRAND_PPROF_COMMENT = 13
};

enum strand_pprof_value_type { STRAND_PPROF_TYPE = 1, STRAND_PPROF_UNIT = 2 };

enum strand_pprof_in_sample { STRAND_PPROF_SAMPLE_LOCATION = 1, STRAND_PPROF_SAMPLE_VALUE = 2 };

enum strand_pprof_in_mapping {
    STRAND_PPROF_MAPPING_ID = 1,
    STRAND_PPROF_MAPPING_START = 2,
    STRAND_PPROF_MAPPING_LIMIT = 3,
    STRAND_PPROF_MAPPING_OFFSET = 4,
    STRAND_PPROF_MAPPING_FILE = 5,
    STRAND_PPROF_MAPPING_BUILD_ID = 6
};

enum strand_pprof_in_location {
    STRAND_PPROF_LOCATION_ID = 1,
    STRAND_PPROF_LOCATION_MAPPING = 2,
    STRAND_PPROF_LOCATION_ADDRESS = 3
};

#define STRAND_PPROF_FIELD_MAX 11u // bytes of a field that is a varint: its number, and at most 10

_Static_assert((STRAND_STACK_MAX + 4) * STRAND_PPROF_FIELD_MAX <= sizeof((struct strand_pprof *)0)->message,
               "the largest message is a sample");

// ---------------------------------------------------------------------------------------------------------------
// Bytes

static void strand_pprof_flush(struct strand_pprof *w)
{
    for (size_t at = 0; at < w->len && w->error == 0;) {
        const ssize_t n = write(w->fd, w->buffer + at, w->len - at);
        if (n >= 0) {
            at += (size_t)n;
        } else if (errno != EINTR) {
            w->error = errno;
        }
    }
    w->len = 0;
}

static void strand_pprof_put(struct strand_pprof *w, const void *bytes, size_t len)
{
    const uint8_t *from = bytes;
    while (len > 0) {
        if (w->len == sizeof w->buffer) {
            strand_pprof_flush(w);
        }
        const size_t room = sizeof w->buffer - w->len;
        const size_t n = len < room ? len : room;
        memcpy(w->buffer + w->len, from, n);
        w->len += n;
        from += n;
        len -= n;
    }
}

// Returns: bytes of v, in to[0 … 10).
static size_t strand_pprof_varint(uint8_t *to, uint64_t v)
{
    size_t n = 0;
    for (; v >= 0x80; v /= 0x80) {
        to[n++] = (uint8_t)(v % 0x80 + 0x80);
    }
    to[n++] = (uint8_t)v;
    return n;
}

// A field's number and kind, and its value or length.
static size_t strand_pprof_field(uint8_t *to, unsigned number, unsigned kind, uint64_t v)
{
    to[0] = (uint8_t)(number * 8 + kind);
    return 1 + strand_pprof_varint(to + 1, v);
}

static void strand_pprof_number(struct strand_pprof *w, unsigned number, uint64_t v)
{
    uint8_t field[STRAND_PPROF_FIELD_MAX];
    strand_pprof_put(w, field, strand_pprof_field(field, number, STRAND_PPROF_VARINT, v));
}

static void strand_pprof_length(struct strand_pprof *w, unsigned number, size_t len)
{
    uint8_t field[STRAND_PPROF_FIELD_MAX];
    strand_pprof_put(w, field, strand_pprof_field(field, number, STRAND_PPROF_BYTES, len));
}

// A field of the open message.
static void strand_pprof_inner(struct strand_pprof *w, unsigned number, uint64_t v)
{
    w->message_len += strand_pprof_field(w->message + w->message_len, number, STRAND_PPROF_VARINT, v);
}

static void strand_pprof_close(struct strand_pprof *w, unsigned number)
{
    strand_pprof_length(w, number, w->message_len);
    strand_pprof_put(w, w->message, w->message_len);
    w->message_len = 0;
}

// Returns: the index of the string that is a and b.
static uint64_t strand_pprof_string(struct strand_pprof *w, const char *a, const char *b)
{
    strand_pprof_length(w, STRAND_PPROF_STRING, strlen(a) + strlen(b));
    strand_pprof_put(w, a, strlen(a));
    strand_pprof_put(w, b, strlen(b));
    return w->strings++;
}

// ---------------------------------------------------------------------------------------------------------------
// Head and samples

static size_t strand_pprof_set_len(const struct strand_pprof *w)
{
    return strand_memory_round(w->location_cap * sizeof w->locations[0]);
}

bool strand_pprof_begin(struct strand_pprof *w, int fd, uint64_t pc_cap)
{
    *w = (struct strand_pprof){.fd = fd, .location_cap = 1024};
    while (w->location_cap / 2 < pc_cap) {
        w->location_cap *= 2;
    }
    w->locations = (uint64_t *)(void *)strand_memory_map(strand_pprof_set_len(w));
    if (w->locations == NULL) {
        return false;
    }
    strand_pprof_string(w, "", ""); // index 0 is none
    return true;
}

static void strand_pprof_value_type(struct strand_pprof *w, unsigned number, uint64_t type, const char *unit)
{
    strand_pprof_inner(w, STRAND_PPROF_TYPE, type);
    strand_pprof_inner(w, STRAND_PPROF_UNIT, strand_pprof_string(w, unit, ""));
    strand_pprof_close(w, number);
}

void strand_pprof_sample_type(struct strand_pprof *w, const char *kind, const char *type, const char *unit)
{
    strand_pprof_value_type(w, STRAND_PPROF_SAMPLE_TYPE, strand_pprof_string(w, kind, type), unit);
}

void strand_pprof_period(struct strand_pprof *w, const char *type, const char *unit, uint64_t period)
{
    strand_pprof_value_type(w, STRAND_PPROF_PERIOD_TYPE, strand_pprof_string(w, type, ""), unit);
    strand_pprof_number(w, STRAND_PPROF_PERIOD, period);
}

void strand_pprof_time(struct strand_pprof *w, uint64_t realtime_ns)
{
    strand_pprof_number(w, STRAND_PPROF_TIME, realtime_ns);
}

void strand_pprof_missing(struct strand_pprof *w, uint64_t count)
{
    char digits[24];
    size_t at = sizeof digits - 1;
    digits[at] = 0;
    do {
        digits[--at] = (char)('0' + count % 10);
        count /= 10;
    } while (count > 0);
    const uint64_t comment = strand_pprof_string(w, digits + at, " samples found no room and are missing");
    strand_pprof_number(w, STRAND_PPROF_COMMENT, comment);
}

// The id of an address, which is in the set from now on.
static uint64_t strand_pprof_location(struct strand_pprof *w, uint64_t pc)
{
    uint64_t at = pc * 0x9E3779B97F4A7C15u >> 32;
    for (;; at++) {
        uint64_t *place = &w->locations[at % w->location_cap];
        if (*place == 0 || *place == pc) {
            *place = pc;
            return at % w->location_cap + 1;
        }
    }
}

void strand_pprof_sample(struct strand_pprof *w, const uint64_t *pcs, size_t pc_count, const uint64_t *values,
                         size_t value_count)
{
    for (size_t i = 0; i < pc_count; i++) {
        strand_pprof_inner(w, STRAND_PPROF_SAMPLE_LOCATION, strand_pprof_location(w, pcs[i]));
    }
    for (size_t i = 0; i < value_count; i++) {
        strand_pprof_inner(w, STRAND_PPROF_SAMPLE_VALUE, values[i]);
    }
    strand_pprof_close(w, STRAND_PPROF_SAMPLE);
}

// ---------------------------------------------------------------------------------------------------------------
// Mappings and locations

// Where the code of a module begins in its file, from the file's segments; where they can't be read, as most linkers
// have it: as far from the beginning as in memory.
static uint64_t strand_pprof_code_offset(const struct strand_module *module, uint64_t start)
{
    ElfW(Ehdr) elf;
    ElfW(Phdr) segment;
    uint64_t offset = start - module->base;
    const int fd = open(module->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return offset;
    }
    if (pread(fd, &elf, sizeof elf, 0) == (ssize_t)sizeof elf && memcmp(elf.e_ident, ELFMAG, SELFMAG) == 0) {
        for (unsigned i = 0; i < elf.e_phnum; i++) {
            const off_t at = (off_t)(elf.e_phoff + i * sizeof segment);
            if (pread(fd, &segment, sizeof segment, at) == (ssize_t)sizeof segment && segment.p_type == PT_LOAD &&
                segment.p_vaddr - segment.p_vaddr % STRAND_PAGE == start - module->base) {
                offset = segment.p_offset - segment.p_offset % STRAND_PAGE;
            }
        }
    }
    close(fd);
    return offset;
}

static uint64_t strand_pprof_build_id(struct strand_pprof *w, const struct strand_module *module)
{
    char hex[STRAND_BUILD_ID_MAX * 2 + 1];
    for (size_t i = 0; i < module->build_id_len; i++) {
        hex[i * 2] = "0123456789abcdef"[module->build_id[i] / 16];
        hex[i * 2 + 1] = "0123456789abcdef"[module->build_id[i] % 16];
    }
    hex[module->build_id_len * 2] = 0;
    return strand_pprof_string(w, hex, "");
}

// The mapping that pprof knows is that of the code.
static void strand_pprof_mapping(struct strand_pprof *w, uint64_t id, const struct strand_module *module)
{
    const bool has_code = module->code < module->code_end;
    const uint64_t first = has_code ? module->code : module->start;
    const uint64_t start = first - first % STRAND_PAGE;
    const uint64_t len = strand_memory_round((has_code ? module->code_end : module->end) - start);
    strand_pprof_inner(w, STRAND_PPROF_MAPPING_ID, id);
    strand_pprof_inner(w, STRAND_PPROF_MAPPING_START, start);
    strand_pprof_inner(w, STRAND_PPROF_MAPPING_LIMIT, start + len);
    strand_pprof_inner(w, STRAND_PPROF_MAPPING_OFFSET, strand_pprof_code_offset(module, start));
    strand_pprof_inner(w, STRAND_PPROF_MAPPING_FILE, strand_pprof_string(w, module->path, ""));
    strand_pprof_inner(w, STRAND_PPROF_MAPPING_BUILD_ID, strand_pprof_build_id(w, module));
    strand_pprof_close(w, STRAND_PPROF_MAPPING);
}

// The id of the mapping that holds pc. Returns: 0: none that is known.
static uint64_t strand_pprof_mapping_of(uint64_t pc)
{
    const struct strand_module *module = strand_modules_find(pc);
    const struct strand_module *at;
    for (size_t i = 0; module != NULL && (at = strand_modules_at(i)) != NULL; i++) {
        if (at == module) {
            return i + 1;
        }
    }
    return 0;
}

bool strand_pprof_end(struct strand_pprof *w)
{
    const struct strand_module *module;
    for (size_t i = 0; (module = strand_modules_at(i)) != NULL; i++) {
        strand_pprof_mapping(w, i + 1, module);
    }
    for (uint64_t i = 0; i < w->location_cap; i++) {
        if (w->locations[i] != 0) {
            strand_pprof_inner(w, STRAND_PPROF_LOCATION_ID, i + 1);
            strand_pprof_inner(w, STRAND_PPROF_LOCATION_MAPPING, strand_pprof_mapping_of(w->locations[i] - 1));
            strand_pprof_inner(w, STRAND_PPROF_LOCATION_ADDRESS, w->locations[i] - 1);
            strand_pprof_close(w, STRAND_PPROF_LOCATION);
        }
    }
    strand_pprof_flush(w);
    strand_memory_unmap((uint8_t *)(void *)w->locations, strand_pprof_set_len(w));
    errno = w->error != 0 ? w->error : errno;
    return w->error == 0;
}
