/* SPDX-License-Identifier: MIT
 *
 * definitions.h: what ids stand for: a table (kind, id) → the definition's fields, encoded. One table holds one
 * scope: a session, a strand, or a strand's current block.
 *
 * All tables together keep to DEFINITIONS_MAX bytes. What finds no room stays undefined, which is told once, and its
 * ids are shown as numbers.
 */
#ifndef DEFINITIONS_H
#define DEFINITIONS_H

#include "strand.h"

#define DEFINITIONS_MAX ((size_t)64 << 20)

struct definition {
    uint64_t kind; /* enum strand_def_kind; 0: a free slot */
    uint64_t id;
    size_t off; /* of the body in the table's bytes */
    size_t len;
    size_t cap;   /* room that it has there */
    bool defined; /* false: it was taken back */
};

/* All zero is an empty table. */
struct definitions {
    struct definition *slots; /* open addressing; a power of two of them */
    size_t slot_count;
    size_t used;
    uint8_t *bytes;
    size_t bytes_len;
    size_t bytes_cap;
    uint64_t module_changes; /* how often what is known of modules has changed */
    bool has_modules;
};

/* Puts a definition, in place of an earlier one of that id. Returns: false when there is no room; then nothing
 * is defined under the id. */
bool definitions_put(struct definitions *table, uint64_t kind, uint64_t id, struct strand_span body);

/* Takes a definition back. */
void definitions_remove(struct definitions *table, uint64_t kind, uint64_t id);

/* Out: *ret_body, valid until the next put. Returns: whether the id is defined. */
bool definitions_find(const struct definitions *table, uint64_t kind, uint64_t id, struct strand_span *ret_body);

/* Forgets all; keeps the memory. */
void definitions_clear(struct definitions *table);

void definitions_free(struct definitions *table);

#endif
