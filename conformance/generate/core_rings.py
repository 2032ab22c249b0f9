# SPDX-License-Identifier: MIT
"""Clause 5.6: the memory of a byte ring. Frames straddle its end at each of their bytes, and dead bytes aren't shown.

A strand is laid into the memory from `begin` on; what it doesn't fill is dead. Diagnostics have positions.
"""
from assemble import START, Strand
from cases import Area
from suite import hexes
from values import opaque, string, uint

SIZE = 64
DEAD = b"\x5a"


def laid(strand, size):
    """The memory that holds a strand; index n mod size has the byte of position n."""
    memory = bytearray(DEAD * size)
    for place, byte in enumerate(strand.data):
        memory[(strand.origin + place) % size] = byte
    return bytes(memory)


def ring(area, ident, strand, why, size=SIZE, sibling="", clauses="5.6.1", memory=None, base=START):
    op = "decode raw ring=%d,%d,%d,%d,%d" % (size, strand.origin, strand.offset, *base)
    block = hexes.write(memory or laid(strand, size), "the memory, from index 0 on")
    if not strand.faults:
        return area.add(ident, clauses, op, "accept", why, [block], [strand.lines])
    error, at = strand.faults[0]
    return area.add(ident, clauses, op, "recover", why, [block], [strand.lines], error=error, at=at, sibling=sibling)


def fresh(begin):
    return Strand(None, base=START, at=begin)


def busy(begin):
    """47 bytes: a record, an extended frame, a sync, a record; each straddles the end somewhere."""
    return fresh(begin).record(string(b"go")).ext(99, "aa").sync(2000, 6000).record(uint(300), p=2)


def every_offset(area):
    for begin in range(SIZE):
        ring(area, "byte-ring-begin-%d" % begin, busy(begin + 5 * SIZE), "begin is at index %d" % begin)
    for size in (47, 48, 49, 63, 100, 1000):
        for lap in (0, 1, 1 << 33):
            begin = lap * size + size - 20
            ring(area, "byte-ring-size-%d-lap-%d" % (size, lap), busy(begin),
                 "a ring of %d bytes, lap %d" % (size, lap), size)


def positions(area):
    ring(area, "byte-ring-empty", fresh(77), "begin is end: nothing is there", clauses="5.6.2")
    ring(area, "byte-ring-full", fresh(77).record(string(b"f" * 57)), "end is begin + size", clauses="5.6.2")
    ring(area, "byte-ring-not-yet-round", fresh(0).record(uint(7)), "it hasn't come round: begin is 0",
         clauses="5.6.2")
    ring(area, "byte-ring-ends-at-end", fresh(SIZE - 7).record(uint(7)), "the last frame ends where the memory does")
    ring(area, "byte-ring-begins-at-end", fresh(SIZE - 1).record(uint(7)),
         "a single byte in front of the memory's end")
    ring(area, "byte-ring-far", fresh((1 << 64) - 100).record(uint(7)), "positions just below 2^64", clauses="5.6.1")
    ring(area, "byte-ring-far-odd-size", fresh((1 << 63) + 12345).record(uint(7)), "a size that isn't a power of two",
         61)
    ring(area, "byte-ring-base-at-begin", fresh(40).record(uint(7)).sync(2000, 6000).record(uint(8)),
         "the base at begin, until a sync comes", clauses="5.6.2")
    ring(area, "byte-ring-base-zero", Strand(None, at=40).fault("no-base").record(uint(7)).record(uint(8), dt=2),
         "a base of (0, 0) at begin is none", sibling="byte-ring-base-at-begin", clauses="5.4.5 5.6.2", base=(0, 0))
    strand = fresh(40).record(uint(7))
    memory = bytearray(laid(strand, SIZE))
    memory[47:54] = bytes.fromhex("07 00 02 02 01 05 08")
    ring(area, "byte-ring-not-committed", strand, "behind end stands a whole record: it isn't shown", clauses="5.6.2",
         memory=bytes(memory))
    memory[33:40] = bytes.fromhex("07 00 02 02 01 05 08")
    ring(area, "byte-ring-overwritten", strand, "in front of begin stands a whole record: it isn't shown",
         clauses="5.6.2",
         memory=bytes(memory))


def damage(area):
    for begin in range(24, 65, 5):
        sibling = "byte-ring-begin-%d" % (begin % SIZE)
        for name, data, code, why in (
                ("bad-size", "03 00 01 01 01", "bad-size", "no frame has 3 bytes"),
                ("past-end", "09 00 01 01 01 05", "frame-past-end", "a record that goes on behind end"),
                ("zeros", "00*7", "zero-fill", "zeros up to end"),
                ("bad-length", "01 00 63 00 07 00 00 00", "bad-ext-length", "an extended frame of 7 bytes"),
                ("critical", "01 00 63 01 08 00 00 00", "critical-frame", "an unknown critical frame")):
            strand = fresh(begin).record(string(b"good-" + b"x" * 20)).bad(data, code)
            ring(area, "byte-ring-%s-%d" % (name, begin), strand, why, sibling=sibling, clauses="5.6.1 5.1.4")
        strand = fresh(begin).bad("05 00 80 80 80",
                                  "bad-header").record(opaque("field-past-end", "08 05 61")).record(uint(7))
        ring(area, "byte-ring-header-%d" % begin, strand, "faults of records: reading goes on", sibling=sibling,
             clauses="5.6.1 5.4.4")


def impossible(area):
    """Numbers that no ring has."""
    for ident, size, begin, end, why in (
            ("size-0", 0, 0, 0, "a size of 0"), ("size-0-begin", 0, 5, 5, "a size of 0"),
            ("end-before-begin", 16, 8, 7, "end is in front of begin"),
            ("end-wrapped", 16, (1 << 64) - 4, 3, "end went past 2^64"),
            ("too-far", 16, 8, 25, "end is 17 behind begin"),
            ("much-too-far", 16, 0, 1 << 63, "end is far behind begin")):
        op = "decode raw ring=%d,%d,%d,%d,%d" % (size, begin, end, *START)
        area.add("byte-ring-no-" + ident, "5.6.2", op, "reject argument", why + ", in a ring of %d bytes" % size,
                 [hexes.write(bytes([7, 0, 1, 1, 1, 5, 7] + [0x5a] * 9)[:size])], [], error="bad-argument",
                 sibling="byte-ring-empty")


def vectors():
    area = Area("byte-ring")
    for part in (every_offset, positions, damage, impossible):
        part(area)
    return area.vectors
