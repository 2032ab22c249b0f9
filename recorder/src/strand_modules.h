/* SPDX-License-Identifier: MIT
 *
 * strand_modules.h: which file an address belongs to: the program, or a shared object, with its build-id.
 *
 * The table is written when modules are loaded (strand_modules_note) and read at any time, without a lock.
 */
#ifndef STRAND_MODULES_H
#define STRAND_MODULES_H

#include <stddef.h>
#include <stdint.h>

#define STRAND_BUILD_ID_MAX 20u

struct strand_module {
    uint64_t base;  /* what addresses in the file count from: load bias */
    uint64_t start; /* [start, end): what is mapped of it */
    uint64_t end;
    uint64_t code; /* [code, code_end): of it, what is executable */
    uint64_t code_end;
    uint8_t build_id[STRAND_BUILD_ID_MAX];
    uint8_t build_id_len;
    char path[256];
};

/* Notes the modules that are loaded now and were not before; each new one is written to the definitions strand as a
 * MODULE. Not in a signal handler: asks the loader. */
void strand_modules_note(void);

/* In the child of a fork, by its only thread. */
void strand_modules_renew(void);

/* The i-th module; NULL: there are no more. Async-signal-safe. */
const struct strand_module *strand_modules_at(size_t i);

/* The module that holds pc; NULL: none that is known. Async-signal-safe. */
const struct strand_module *strand_modules_find(uint64_t pc);

#endif
