/* SPDX-License-Identifier: MIT
 *
 * pieces.c: windows over an input in memory.
 */
#include "pieces.h"

struct strand_span pieces_next(struct pieces *pieces, uint64_t off, size_t need, bool *ret_final)
{
    size_t there = pieces->fed - (size_t)off;
    size_t lacking = need > there ? need - there : 1;
    size_t left = pieces->input.len - pieces->fed;
    bool is_rest = pieces->split == 0 || (lacking - 1) / pieces->split >= left / pieces->split;
    pieces->fed += is_rest ? left : ((lacking - 1) / pieces->split + 1) * pieces->split;
    *ret_final = pieces->fed == pieces->input.len;
    return (struct strand_span){pieces->input.len > 0 ? pieces->input.data + off : NULL, pieces->fed - (size_t)off};
}
