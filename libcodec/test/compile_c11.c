/* SPDX-License-Identifier: MIT
 *
 * compile_c11.c: the public headers in strict C11, twice over: include guards hold, and what others
 * may count on is so.
 */
#include "strand.h"

#include "strand_base.h"
#include "strand_block.h"
#include "strand_decode.h"
#include "strand_encode.h"
#include "strand_merge.h"
#include "strand_print.h"
#include "strand_reader.h"
#include "strand_ring.h"
#include "strand_trace.h"
#include "strand_wire.h"
#include "strand_writer.h"

_Static_assert(STRAND_OK == 0 && STRAND_END < 16 && STRAND_FRAME_PAST_END == 16 && STRAND_BAD_ARGUMENT == 128,
               "statuses are pinned");
_Static_assert(STRAND_VARINT_MAX * 7 >= 64, "every uint64_t is a varint");

#define STRAND_ONE(name, value, slug, diag, clause, message) +1
_Static_assert((0 STRAND_STATUS_LIST(STRAND_ONE)) > 40, "the list of statuses is the caller's to use");

int main(void)
{
    return strand_status_slug(STRAND_OK)[0] == 'o' ? 0 : 1;
}
