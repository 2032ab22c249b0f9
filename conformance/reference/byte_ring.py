# SPDX-License-Identifier: MIT
"""Clause 5.6: a strand in a ring of bytes.

    index      0            5              memory[n mod size] is the byte of position n; what is read is
               │ … 37 … 42  │ 27 … 36 │    begin ≤ n < end, with the time base at begin
"""


def unrolled(memory, begin, end):
    """5.6.1, 5.6.2: the bytes from begin to end in the order of their positions, and no others.

    None where no ring of this size can have such positions.
    """
    size = len(memory)
    if size == 0 or not begin <= end or end - begin > size:
        return None
    first = begin % size
    twice = bytes(memory) * 2
    return twice[first:first + end - begin]
