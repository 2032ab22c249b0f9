/* SPDX-License-Identifier: MIT
 *
 * definitions.c: a hash table of (kind, id) over one growing piece of memory that holds the bodies back to back.
 *
 *     slots  │ (1, 7) ─┐ │ free │ (3, 1) ─┐ │ …
 *     bytes  │ 08 02 'f' 'd' │ 0c 02 … │ …
 *
 * A new body of an id takes the place of the old one where it fits; else it goes to the end.
 */
#include "definitions.h"

#include "report.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define DEFINITIONS_SLOTS_MIN 64u

// Memory of all tables. The tools have one thread.
static size_t definitions_memory;

// Ids come from files: a factor that nobody can guess keeps them from being made to collide.
static uint64_t definitions_hash(uint64_t kind, uint64_t id)
{
    static uint64_t factor;
    if (factor == 0 && getrandom(&factor, sizeof factor, 0) != (ssize_t)sizeof factor) {
        factor = 0x9E3779B97F4A7C15u;
    }
    factor |= 1;
    return (id * 8 + kind) * factor;
}

// The slot that holds (kind, id), or the free one where it would go.
static size_t definitions_slot(const struct definitions *table, uint64_t kind, uint64_t id)
{
    size_t at = (size_t)((definitions_hash(kind, id) >> 32) * table->slot_count >> 32);
    while (table->slots[at].kind != 0 && (table->slots[at].kind != kind || table->slots[at].id != id)) {
        at = (at + 1) % table->slot_count;
    }
    return at;
}

static bool definitions_take_memory(size_t bytes)
{
    static bool told;
    if (bytes > DEFINITIONS_MAX - definitions_memory) {
        if (!told) {
            report(NULL, "note: definitions take more than %zu MiB; the rest of the ids are shown as numbers",
                   DEFINITIONS_MAX >> 20);
        }
        told = true;
        return false;
    }
    definitions_memory += bytes;
    return true;
}

static bool definitions_grow_slots(struct definitions *table)
{
    size_t count = table->slot_count > 0 ? 2 * table->slot_count : DEFINITIONS_SLOTS_MIN;
    if (!definitions_take_memory((count - table->slot_count) * sizeof *table->slots)) {
        return false;
    }
    struct definitions old = *table;
    table->slots = report_resize(NULL, count, sizeof *table->slots);
    table->slot_count = count;
    memset(table->slots, 0, count * sizeof *table->slots);
    for (size_t i = 0; i < old.slot_count; i++) {
        if (old.slots[i].kind != 0) {
            table->slots[definitions_slot(table, old.slots[i].kind, old.slots[i].id)] = old.slots[i];
        }
    }
    free(old.slots);
    return true;
}

// Room for len more bytes at the end of the bodies.
static bool definitions_grow_bytes(struct definitions *table, size_t len)
{
    size_t cap = table->bytes_cap > 0 ? table->bytes_cap : 1024;
    while (cap - table->bytes_len < len) {
        cap *= 2;
    }
    if (!definitions_take_memory(cap - table->bytes_cap)) {
        return false;
    }
    if (cap != table->bytes_cap) {
        table->bytes = report_resize(table->bytes, cap, 1);
        table->bytes_cap = cap;
    }
    return true;
}

static void definitions_note(struct definitions *table, uint64_t kind)
{
    table->module_changes += kind == STRAND_DEF_MODULE;
    table->has_modules = table->has_modules || kind == STRAND_DEF_MODULE;
}

bool definitions_put(struct definitions *table, uint64_t kind, uint64_t id, struct strand_span body)
{
    definitions_note(table, kind);
    if (kind == 0 || (table->used * 2 >= table->slot_count && !definitions_grow_slots(table))) {
        return false;
    }
    struct definition *slot = &table->slots[definitions_slot(table, kind, id)];
    table->used += slot->kind == 0;
    slot->kind = kind;
    slot->id = id;
    slot->defined = false;
    if (body.len > slot->cap) {
        if (!definitions_grow_bytes(table, body.len)) {
            return false;
        }
        slot->off = table->bytes_len;
        slot->cap = body.len;
        table->bytes_len += body.len;
    }
    if (body.len > 0) {
        memcpy(table->bytes + slot->off, body.data, body.len);
    }
    slot->len = body.len;
    slot->defined = true;
    return true;
}

void definitions_remove(struct definitions *table, uint64_t kind, uint64_t id)
{
    definitions_note(table, kind);
    if (table->slot_count > 0) {
        table->slots[definitions_slot(table, kind, id)].defined = false;
    }
}

bool definitions_find(const struct definitions *table, uint64_t kind, uint64_t id, struct strand_span *ret_body)
{
    if (table->slot_count == 0) {
        return false;
    }
    const struct definition *slot = &table->slots[definitions_slot(table, kind, id)];
    if (slot->kind == 0 || !slot->defined) {
        return false;
    }
    *ret_body = (struct strand_span){table->bytes + slot->off, slot->len};
    return true;
}

void definitions_clear(struct definitions *table)
{
    table->module_changes += table->has_modules;
    table->has_modules = false;
    if (table->used > 0) {
        memset(table->slots, 0, table->slot_count * sizeof *table->slots);
        table->used = 0;
        table->bytes_len = 0;
    }
}

void definitions_free(struct definitions *table)
{
    definitions_memory -= table->slot_count * sizeof *table->slots + table->bytes_cap;
    free(table->slots);
    free(table->bytes);
    *table = (struct definitions){0};
}
