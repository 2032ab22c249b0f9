/* SPDX-License-Identifier: MIT
 *
 * strand_put.h: how bytes get into an encoder's open frame: the part of strand_encode.c that strand_trace.c shares.
 *
 * What finds no room is counted and not written; from then on nothing of the frame is written any more.
 */
#ifndef STRAND_PUT_H
#define STRAND_PUT_H

#include "strand_encode.h"

/* What is open in an encoder. */
enum strand_open {
    STRAND_OPEN_NONE = 0,
    STRAND_OPEN_RECORD, /* u16 size in front */
    STRAND_OPEN_EXT,    /* 8-byte header in front */
    STRAND_OPEN_BARE    /* nothing in front: trace events */
};

/* Opens without a frame around what follows; drops what is open. */
void strand_put_open_bare(struct strand_encoder *e);

void strand_put_byte(struct strand_encoder *e, uint8_t byte);
void strand_put_uvarint(struct strand_encoder *e, uint64_t v);
void strand_put_uvarints(struct strand_encoder *e, const uint64_t *values, size_t count);
void strand_put_u32(struct strand_encoder *e, uint32_t v);
void strand_put_u64(struct strand_encoder *e, uint64_t v);
void strand_put_bytes(struct strand_encoder *e, const uint8_t *bytes, size_t len);

#endif
