# SPDX-License-Identifier: MIT
"""Files that grow: where they may end, zeros in them, what ends a block inside, blocks that moved.

Clauses 9.2.5 to 9.2.7, 10.4.1."""
from assemble_file import (BLOCK, HEADER, IN_BLOCK, LIVE, SEALED, TRACE, block, extended, frame_at, grows, hexed,
                           line, lost, place, record, said, told)
from case_file import case, in_area
from pieces import Piece, behind, cut, data_of, flip, insert, remove, zeros
from values import uint

PLAIN = "grow-plain"
LAST = place(3)
FIELDS = sorted(at for at, _ in IN_BLOCK.values())


def three(**third):
    return grows(block(1, 1), block(2, 2), block(3, 3, **third))


def torn(at, **third):
    """Three blocks, and the file ends `at` bytes into the last."""
    return cut(three(**third), LAST + at)


CUT = told("block-past-end", LAST)


# The file ends inside a block: clause 9.2.6

def ends():
    for at in sorted({*FIELDS, 1, 2, 3, 63} - {0}):
        yield case(f"grow-torn-{at}", "9.2.6", f"the file ends {at} bytes into a block's header", torn(at),
                   [said(1, 2), CUT], PLAIN)
    for at in (64, 65, 66, 64 + 17, 64 + 18, 64 + 19, 64 + 24):
        yield case(f"grow-torn-{at}", "9.2.6 9.3.2",
                   f"the file ends {at} bytes into a block: {at - 64} of its payload",
                   torn(at), [said(1, 2), CUT], PLAIN)
    for at in (64 + 25, 64 + 26, BLOCK - 1):
        yield case(f"grow-torn-{at}", "9.2.6",
                   f"the file ends {at} bytes into a block: all that is committed is there",
                   torn(at), [said(1, 2, 3), CUT], PLAIN)


def ends_inside():
    yield case("grow-torn-live", "9.2.6", "a live block, and the file ends in its second record",
               cut(grows(block(1, 1, 2, flags=LIVE)), frame_at(1, 1) + 3),
               [said(1), told("block-past-end", place(1))],
               "grow-live")
    yield case("grow-live", "9.2.6", "a live block that is there whole", grows(block(1, 1, 2, flags=LIVE)),
               said(1, 2))
    yield case("grow-torn-first", "9.2.6", "the file ends in its first block's header", cut(three(), HEADER + 20),
               told("block-past-end", place(1)), PLAIN)
    yield case("grow-torn-zeros", "9.2.6", "the file's end stands for zero fill in the committed bytes",
               cut(grows(block(1, 1, hexed("00*40", "zeros"), flags=LIVE)), frame_at(1, 1) + 20),
               [said(1), told("block-past-end", place(1))], "grow-live")
    yield case("grow-torn-bad-size", "9.2.6 10.2.5",
               "a fault in front of where the file ends is told, and the end behind it",
               cut(grows(block(1, 1, hexed("02 00", "no frame has 2 bytes"), 2, flags=LIVE)), frame_at(1, 1) + 4),
               [said(1), told("bad-size", frame_at(1, 1)), told("block-past-end", place(1)),
                lost("damaged", frame_at(1, 1), 0, 9, exact=False)], "grow-torn-live")
    yield case("grow-torn-frame-past-committed", "9.2.6",
               "the committed bytes are all there, a record reaches past them",
               torn(64 + 30, committed=24, flags=LIVE),
               [said(1, 2), told("frame-past-end", frame_at(3)), CUT,
                lost("damaged", frame_at(3), 0, 6, exact=False)],
               "grow-torn-89")
    yield case("grow-torn-payload-crc", "9.3.2",
               "all committed bytes are there, their checksum is wrong: no end is told",
               torn(64 + 25, payload_crc32c=1),
               [said(1, 2), told("block-payload-crc", LAST), lost("damaged", LAST, 0, 25, exact=False)],
               "grow-torn-89")
    yield case("grow-torn-payload-crc-open", "9.3.2",
               "one committed byte isn't there: the checksum can't be looked at",
               torn(64 + 24, payload_crc32c=1), [said(1, 2), CUT], "grow-torn-88")


def opening():
    """Clause 9.2.3: a block that was being opened, and the file ends inside of it."""
    for at in (64, 100, BLOCK - 1):
        yield case(f"grow-torn-opening-{at}", "9.2.3 9.2.6",
                   f"a block that was being opened, and {at} bytes of it are there",
                   torn(at, written=0, flags=LIVE), [said(1, 2), CUT], "grow-opening")
    yield case("grow-opening", "9.2.3", "a block that was being opened", three(written=0, flags=LIVE), said(1, 2))


def few_bytes():
    for at in (1, 20, 63):
        yield case(f"grow-few-behind-damage-{at}", "9.2.6 10.2.5",
                   f"{at} bytes of a block, behind damage: a bad block header",
                   cut(grows(block(1, 1), block(2, 2, payload_crc32c=1), block(3, 3)), LAST + at),
                   [said(1), told("block-payload-crc", place(2)), told("bad-block-header", LAST),
                    lost("damaged", place(2), 0, 25, exact=False)], f"grow-torn-{at}",
                   fault=("bad-block-header", LAST))
    yield case("grow-few-zeros", "9.2.5", "63 zeros are no block", grows(block(1, 1), block(2, 2), zeros(63)),
               said(1, 2))


# Zeros: clause 9.2.5

def preallocated():
    for count, what in [(1, "one zero"), (64, "64 zeros"), (BLOCK - 1, "a block of zeros, but for one"),
                        (BLOCK, "a block of zeros"), (3 * BLOCK + 100, "zeros for three blocks and a bit")]:
        yield case(f"grow-zeros-{count}", "9.2.5", f"{what} up to the end: it was preallocated",
                   grows(block(1, 1), block(2, 2), zeros(count, "preallocated")), said(1, 2))
    yield case("grow-zeros-only", "9.2.5", "a preallocated file without a block", grows(zeros(2 * BLOCK)), [])
    yield case("grow-zeros-between", "9.2.5 10.2.2", "zeros in place of a block",
               grows(block(1, 1), zeros(BLOCK), block(3, 3)),
               [said(1), told("bad-block-header", place(2)), lost("damaged", place(3), 1, 25), said(3)], PLAIN)
    yield case("grow-zeros-between-three", "9.2.5", "zeros in place of three blocks are one bad header",
               grows(block(1, 1), zeros(3 * BLOCK), block(5, 5)),
               [said(1), told("bad-block-header", place(2)), lost("damaged", place(5), 3, 75), said(5)], PLAIN)
    yield case("grow-zeros-first", "9.2.5", "zeros in place of the first block", grows(zeros(BLOCK), block(2, 2)),
               [told("bad-block-header", place(1)), lost("damaged", place(2), 1, 25), said(2)], PLAIN)
    yield case("grow-zeros-and-a-byte", "9.2.5 10.2.5", "zeros, and the file's last byte is none",
               grows(block(1, 1), block(2, 2), zeros(BLOCK - 1), hexed("01")),
               [said(1, 2), told("bad-block-header", LAST), lost("damaged", LAST, 0, 0, exact=False)],
               "grow-zeros-4096")


# What ends a block, and doesn't end the strand: clause 9.2.7

INSIDE = [  # name, clause, what stands behind the first record, its code
    ("bad-size-2", "5.1.2", "02 00", "bad-size"),
    ("bad-size-4", "5.1.2", "04 00 01 01", "bad-size"),
    ("frame-past-end", "5.2.1", "20 00 01 01 01", "frame-past-end"),
    ("half-size", "5.2.1", "07", "frame-past-end"),
    ("sync-cut", "5.2.1", "00 00 e8 03 00*6", "frame-past-end"),
    ("ext-length-7", "6.1.2", "01 00 01 00 07 00 00 00", "bad-ext-length"),
    ("ext-length-max", "6.1.2", "01 00 01 00 ff*4", "bad-ext-length"),
    ("ext-past-end", "5.2.1", "01 00 01 00 20 00 00 00", "frame-past-end"),
    ("critical-frame", "6.2.1", "01 00 63 01 08 00 00 00", "critical-frame"),
    ("zero-fill", "5.5.1", "00*7", "zero-fill"),
]


def inside():
    for name, clause, text, code in INSIDE:
        fault = hexed(text, code)
        size = len(fault.data)
        yield case(f"grow-block-{name}", f"9.2.7 {clause} 10.2.4",
                   f"{code} ends a block; the next is read, and tells the loss",
                   grows(block(1, 1, fault), block(2, 2)),
                   [said(1), told(code, frame_at(1, 1)), lost("damaged", place(2), 0, size), said(2)],
                   "grow-block-fine")
        yield case(f"grow-block-last-{name}", f"10.2.5 {clause}", f"{code} ends the last block",
                   grows(block(1, 1, fault)),
                   [said(1), told(code, frame_at(1, 1)), lost("damaged", frame_at(1, 1), 0, size, exact=False)],
                   "grow-block-fine")
    yield case("grow-block-fine", "9.2.7", "a block of a record and a PAD, and another block",
               grows(block(1, 1, extended(1, bytes(3), "PAD")), block(2, 2)), said(1, 2))
    yield case("grow-block-records-behind", "9.2.7 10.2.2", "records behind a fault are lost with the block",
               grows(block(1, 1, hexed("03 00 00", "no frame has 3 bytes"), 2, 3), block(2, 4)),
               [said(1), told("bad-size", frame_at(1, 1)), lost("damaged", place(2), 2, 17), said(4)],
               "grow-block-fine")


def bases():
    yield case("grow-block-anew", "5.4.5 9.1.6", "every block has its own base",
               grows(block(1, 1), block(2, 2, base=3000)),
               [said(1), said(2, base=3000)])
    no_sync = block(2, record(2), opening=False, flags=LIVE)
    yield case("grow-block-no-base", "5.4.5 9.1.6", "a block without a sync doesn't have the base of the one before",
               grows(block(1, 1), no_sync, block(3, 3)),
               [said(1), told("no-base", place(2) + 64), line(2, uint(2)), said(3)], PLAIN)
    yield case("grow-block-no-base-twice", "5.4.5", "it is told of every block",
               grows(block(1, record(1), opening=False), no_sync, block(3, 3)),
               [told("no-base", place(1) + 64), line(1, uint(1)), told("no-base", place(2) + 64), line(2, uint(2)),
                said(3)],
               PLAIN)


# Blocks that moved: clause 10.4.1

def moved():
    for count in (1, 5, 64, 1000, 4095):
        data = insert(three(), place(2), b"\x5a" * count, f"{count} bytes that were inserted")
        yield case(f"grow-inserted-{count}", "10.4.1", f"{count} bytes were inserted between two blocks", data,
                   [said(1), told("bad-block-header", place(2)), said(2, 3)], PLAIN)
    for count in (1, 5, 64, 1000):
        yield case(f"grow-removed-{count}", "10.4.1", f"{count} bytes are missing at the end of a block",
                   remove(three(), place(2) - count, count),
                   [said(1), told("bad-block-header", place(2)), said(2, 3)], PLAIN)
    yield case("grow-removed-behind-bad", "10.4.1 10.2.2",
               "the block before has no magic: the search begins where it would",
               remove(flip(three(), place(1)), place(2) - 1, 1),
               [told("bad-block-header", place(1)), lost("damaged", place(2) - 1, 1, 25), said(2, 3)], PLAIN)
    live = grows(block(1, 1), block(2, 2, flags=LIVE), block(3, 3, flags=LIVE))
    yield case("grow-inserted-live", "10.4.1", "a live block is found, too: its counters aren't below what was told",
               insert(live, place(2), b"\x5a" * 5, "inserted"),
               [said(1), told("bad-block-header", place(2)), said(2, 3)], PLAIN)
    yield case("grow-moved-one", "10.4.1 10.2.2", "only one block moved: the next place comes before any search",
               remove(insert(three(), place(2), b"\x5a" * 5, "inserted"), LAST, 5),
               [said(1), told("bad-block-header", place(2)), lost("damaged", LAST, 1, 25), said(3)], PLAIN)
    old = grows(block(1, 1), hexed("5a*100", "inserted"), block(1, 1), block(2, 2))
    rest = [told("bad-block-header", place(3)), said(2)]
    yield case("grow-inserted-old", "10.4.1",
               "a copy of the block before isn't gone on at: its seq isn't above the last",
               old, [said(1), told("bad-block-header", place(2)), rest], PLAIN)
    yield case("grow-inserted-torn", "10.4.1 9.2.6",
               "the last block moved, and the file ends in it: what is left is searched",
               cut(insert(three(), LAST, b"\x5a" * 10, "inserted"), LAST + 3000),
               [said(1, 2), told("bad-block-header", LAST), said(3), told("block-past-end", LAST + 10)], PLAIN)
    for name, code, changes in [("crc", "block-header-crc", dict(header_crc32c=1)),
                                ("kind", "bad-block-header", dict(kind=TRACE))]:
        yield case(f"grow-removed-behind-{name}", "10.4.1 10.2.2",
                   f"{code}, and the next block is 64 bytes early: its own place isn't passed",
                   remove(grows(block(1, 1), block(2, 2, **changes), block(3, 3)), LAST - 64, 64),
                   [said(1), told(code, place(2)), lost("damaged", LAST - 64, 1, 25), said(3)], "grow-removed-64")
    for name, changes, why in [("live-below", dict(flags=LIVE, records_before=0), "counters are below what was told"),
                               ("live-crc-set", dict(flags=LIVE, header_crc32c=1), "checksum is set, and not valid"),
                               ("sealed", dict(flags=SEALED), "header says SEALED, and has no checksum")]:
        data = grows(block(1, 1), block(2, 2, **changes), block(3, 3))
        rest = [lost("damaged", LAST + 5, 1, 25), said(3)]
        yield case(f"grow-inserted-{name}", "10.4.1 10.2.2", f"a block that moved isn't found where its {why}",
                   insert(data, place(2), b"\x5a" * 5, "inserted"),
                   [said(1), told("bad-block-header", place(2)), told("bad-block-header", LAST), rest],
                   "grow-inserted-live")
    early = remove(grows(block(1, 1), block(2, 2, payload_crc32c=1), block(3, 3)), LAST - 64, 64)
    yield case("grow-removed-behind-payload-crc", "10.4.1",
               "the place behind a block whose payload is damaged is come to, before the search finds that it moved",
               early, [said(1), told("block-payload-crc", place(2)), told("bad-block-header", LAST),
                       lost("damaged", LAST - 64, 1, 25), said(3)], "grow-removed-64")
    yield case("grow-moved-twice", "10.4.1",
               "block 2 moved, and is damaged; block 3 moved back: the search goes on behind block 2's header",
               remove(insert(grows(block(1, 1), block(2, 2, payload_crc32c=1), block(3, 3)), place(2), b"\x5a" * 19,
                             "inserted"), LAST - 100, 64),
               [said(1), told("bad-block-header", place(2)), told("block-payload-crc", place(2) + 19),
                told("bad-block-header", LAST + 19), lost("damaged", LAST - 45, 1, 25), said(3)], "grow-inserted-5")
    for name, flags in [("live", LIVE), ("sealed", SEALED)]:
        padded = block(1, 1, extended(1, b"\x5a" * 3892, "PAD"), flags=flags)
        yield case(f"grow-removed-inside-{name}", "10.4.1",
                   "bytes are missing in committed ones that have no CRC: the next block is found among them",
                   remove(grows(padded, block(2, 2), block(3, 3)), place(1) + 200, 3000),
                   [said(1), told("bad-block-header", place(2)), said(2, 3)], PLAIN)
    whole = data_of(behind(three(), LAST))[:89]  # block 3, up to the end of what is committed
    holder = block(2, Piece(whole, "a whole block", 1), payload_crc32c=1)
    yield case("grow-inner", "10.4.1 9.3.2", "a block whose payload is damaged is passed by its size, whatever is in it",
               grows(block(1, 1), holder, block(3, 3)),
               [said(1), told("block-payload-crc", place(2)), lost("damaged", LAST, 1, 18 + 89), said(3)], PLAIN)
    yield case("grow-inner-last", "10.4.1", "at the end of the file what is left is searched: it is found",
               grows(block(1, 1), holder),
               [said(1), told("block-payload-crc", place(2)), lost("damaged", place(2) + 82, 1, 25), said(3),
                told("block-past-end", place(2) + 82)], PLAIN)
    yield case("grow-next-sealed", "10.4.1 9.2.2", "what no search would find is read where it should be",
               grows(block(1, 1), block(2, 2, magic=b"none"), block(3, 3, flags=SEALED)),
               [said(1), told("bad-block-header", place(2)), lost("damaged", LAST, 1, 25), said(3)], PLAIN)
    hole = remove(grows(block(1, 1), zeros(BLOCK, "block 2's place"), block(3, 3)), LAST - 1, 1)
    yield case("grow-zeros-partial", "9.2.5 10.4.1", "a place that zeros don't fill is no place of zeros", hole,
               [said(1), told("bad-block-header", place(2)), lost("damaged", LAST - 1, 1, 25), said(3)], PLAIN)
    yield case("grow-zeros-and-damaged", "9.2.5 9.2.2", "zeros, and behind them a header that begins with zeros: two",
               grows(block(1, 1), zeros(BLOCK, "block 2's place"), block(3, 3, magic=bytes(4)), block(4, 4)),
               [said(1), told("bad-block-header", place(2)), told("bad-block-header", place(3)),
                lost("damaged", place(4), 2, 50), said(4)], PLAIN)


def vectors():
    return in_area("grow", [case(PLAIN, "9.2.1", "three blocks, and the file ends behind them", three(),
                                 said(1, 2, 3))],
                   ends(), ends_inside(), opening(), few_bytes(), preallocated(), inside(), bases(), moved())
