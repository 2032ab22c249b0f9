/* SPDX-License-Identifier: MIT
 *
 * strand.h: all of libcodec. Write records with strand_writer.h (stream files) or strand_ring.h (small memories),
 * read them with strand_reader.h, order them with strand_merge.h, show them with strand_print.h.
 */
#ifndef STRAND_H
#define STRAND_H

#include "strand_base.h"
#include "strand_block.h"
#include "strand_decode.h"
#include "strand_encode.h"
#include "strand_merge.h"
#include "strand_print.h"
#include "strand_reader.h"
#include "strand_ring.h"
#include "strand_trace.h"
#include "strand_writer.h"

#endif
