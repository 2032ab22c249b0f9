/* SPDX-License-Identifier: MIT
 *
 * strand_reader_steps.h: the reader's states, and what strand_reader.c and strand_reader_blocks.c do for each other.
 *
 * A step looks at what the state says. It answers STRAND_OK with an item, STRAND_MORE when it wants bytes, or
 * STRAND_AGAIN: go on with the next step.
 */
#ifndef STRAND_READER_STEPS_H
#define STRAND_READER_STEPS_H

#include "strand_reader.h"

enum strand_reader_state {
    STRAND_READER_FILE_HEADER = 0,
    STRAND_READER_RING_HEADERS,
    STRAND_READER_RING_SLOT,
    STRAND_READER_BLOCK,
    STRAND_READER_PROBE,
    STRAND_READER_SEARCH,
    STRAND_READER_OPENED,
    STRAND_READER_PAYLOAD,
    STRAND_READER_BARE_INPUT,
    STRAND_READER_BARE,
    STRAND_READER_FINISH,
    STRAND_READER_DONE,
    STRAND_READER_REFUSED
};

static inline enum strand_status strand_reader_enter(struct strand_reader *r, enum strand_reader_state state)
{
    r->priv_state = (uint8_t)state;
    return STRAND_AGAIN;
}

/* How far `whole` is above `there`. */
static inline uint64_t strand_reader_missing(uint64_t whole, uint64_t there)
{
    return whole > there ? whole - there : 0;
}

/* Diagnostics, for delivery before the next step: what is lost; how many records were refused in all (told as far as
 * it wasn't yet); damage, whose loss the next intact block will tell; a block that the file ends in. Spec: 10. */
void strand_reader_tell_loss(struct strand_reader *r, enum strand_status code, uint64_t off, uint64_t records,
                             uint64_t bytes, bool exact);
void strand_reader_tell_refused(struct strand_reader *r, uint64_t off, uint64_t refused);
void strand_reader_tell_damage(struct strand_reader *r, enum strand_status code, uint64_t off);
void strand_reader_tell_cut(struct strand_reader *r, uint64_t off);

/* Decoders as at the start of a strand. */
void strand_reader_start_decoders(struct strand_reader *r);

/* Slots of a ring that the file has, and where the current one is. */
uint32_t strand_reader_count_slots(const struct strand_reader *r);
uint64_t strand_reader_slot_off(const struct strand_reader *r);

/* On to the next block, or slot. */
enum strand_status strand_reader_skip_block(struct strand_reader *r);
enum strand_status strand_reader_next_slot(struct strand_reader *r);

/* Steps between blocks, named as their states. */
enum strand_status strand_reader_block(struct strand_reader *r);
enum strand_status strand_reader_probe(struct strand_reader *r);
enum strand_status strand_reader_search(struct strand_reader *r);
enum strand_status strand_reader_ring_headers(struct strand_reader *r);
enum strand_status strand_reader_ring_slot(struct strand_reader *r);

#endif
