/* SPDX-License-Identifier: MIT
 *
 * strand.h: all of libcodec. Write records with strand_log.h (a line of C), strand_record.h (calls) or strand_writer.h
 * (anything) into stream files, or with strand_ring.h into small memories, and list them with strand_descriptor.h for
 * who has a core dump only; read them with strand_reader.h, order them with strand_merge.h, show them with
 * strand_print.h.
 */
#ifndef STRAND_H
#define STRAND_H

#include "strand_base.h"
#include "strand_block.h"
#include "strand_decode.h"
#include "strand_descriptor.h"
#include "strand_encode.h"
#include "strand_log.h"
#include "strand_merge.h"
#include "strand_print.h"
#include "strand_reader.h"
#include "strand_record.h"
#include "strand_ring.h"
#include "strand_tick.h"
#include "strand_trace.h"
#include "strand_writer.h"

#endif
