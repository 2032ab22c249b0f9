# SPDX-License-Identifier: MIT
"""Ring files: where they wrap, slots that are unused, recycled, cut, damaged, or hold what belongs elsewhere, and
refused_live. Clauses 9.2.3, 9.2.4, 9.2.6, 9.4.3, 9.5, 10.2."""
from assemble_file import (BLOCK, CRC, HEADER, IN_HEADER, LIVE, TRACE, U64, block, frame_at, hexed, lost,
                           place, record, ring, said, told)
from case_file import case, in_area
from pieces import cut, insert, remove

PLAIN = "ring-full"
REFUSED = IN_HEADER["refused_live"][0]


def holding(*seqs, count=4, header=None, **changes):
    """A ring of blocks with one record each, whose value is the block's seq; `changes` by seq: b5=dict(…)."""
    blocks = [block(seq, seq, **changes.get(f"b{seq}", {})) for seq in seqs]
    return ring(count, *blocks, **(header or {}))


def slot(seq, count=4, head=HEADER):
    return place((seq - 1) % count + 1, head)


def overwritten(seq, count=4, head=HEADER):
    """What is told in front of the oldest block that is left."""
    return lost("overwritten", slot(seq, count, head), seq - 1, 25 * (seq - 1))


# Where it wraps: clauses 9.2.1, 9.2.4, 9.5

def wraps():
    for newest in range(1, 5):
        yield case("ring-full" if newest == 4 else f"ring-of-{newest}", "9.5.1 9.2.4",
                   f"blocks 1 to {newest}: nothing is lost",
                   holding(*range(1, newest + 1)), said(*range(1, newest + 1)))
    for newest in range(5, 10):
        seqs = range(newest - 3, newest + 1)
        yield case(f"ring-newest-{newest}", "9.2.4 10.2.2", f"blocks {newest - 3} to {newest}: the newest is in slot "
                   f"{(newest - 1) % 4}", holding(*seqs), [overwritten(newest - 3), said(*seqs)], PLAIN)
    for count in (2, 3, 5):
        seqs = range(14, 14 + count)
        yield case(f"ring-count-{count}", "9.2.1", f"a ring of {count}: slots are seq - 1 modulo {count}",
                   holding(*seqs, count=count), [overwritten(14, count), said(*seqs)], PLAIN)
    yield case("ring-live", "9.5.1 9.4.3", "the newest block is live", holding(3, 4, 5, 6, b6=dict(flags=LIVE)),
               [overwritten(3), said(3, 4, 5, 6)], PLAIN)
    yield case("ring-header-4096", "8.3 9.5.1", "a ring with a header of 4096 bytes",
               holding(2, 3, count=2, header=dict(header_len=4096)), [overwritten(2, 2, 4096), said(2, 3)], PLAIN)
    yield case("ring-seq-max", "9.1.2 9.2.1", "the highest seq is 2^64 - 1",
               ring(4, block(U64, 1, records_before=0, bytes_before=0)), said(1))
    yield case("ring-empty", "9.2.3", "no slot was ever used", ring(4), [])
    yield case("ring-gap", "10.2.2", "a block in the middle is missing: that wasn't overwritten", holding(1, 2, 4),
               [said(1, 2), lost("missing-blocks", slot(4), 1, 25), said(4)], PLAIN)
    yield case("ring-gap-and-overwritten", "10.2.2", "overwritten in front of the first block, missing behind it",
               holding(3, 5, 6), [overwritten(3), said(3), lost("missing-blocks", slot(5), 1, 25), said(5, 6)], PLAIN,
               fault=("missing-blocks", slot(5)))
    yield case("ring-nothing-lost", "10.2.2", "overwritten blocks that held nothing",
               holding(5, 6, b5=dict(records_before=0, bytes_before=0), b6=dict(records_before=1, bytes_before=25)),
               said(5, 6))


# Slots that are recycled, and what a crash leaves: clauses 9.2.3, 9.4.3

RECYCLED = [
    ("w1", {}, "all but seq is still that of the block before"),
    ("w3", dict(flags=LIVE, committed=0, payload_crc32c=0, header_crc32c=0),
     "flags, committed and checksums are cleared"),
    ("w6", dict(flags=LIVE), "it is ready but for its seq"),
    ("no-magic", dict(magic=bytes(4)), "it has no magic"),
    ("lengths", dict(payload_len=1, units=0), "its lengths are impossible"),
    ("kind", dict(kind=TRACE), "its kind is another"),
    ("crc", dict(header_crc32c=1), "its checksum is wrong"),
    ("crc-not-sealed", dict(flags=CRC), "it has the flag CRC without SEALED"),
]


def recycled():
    for name, changes, why in RECYCLED:
        yield case(f"ring-recycled-{name}", "9.2.3 9.4.3", f"a slot is being recycled: seq is 0, {why}",
                   holding(2, 3, 4, 5, b2=dict(written=0, **changes)), [overwritten(3), said(3, 4, 5)], PLAIN)
    yield case("ring-died-w7", "9.4.3", "the writer died behind W7: seq is there, and the sync is committed",
               holding(3, 4, 5, 6, b6=dict(flags=LIVE, committed=18)), [overwritten(3), said(3, 4, 5)], PLAIN)
    yield case("ring-died-w8", "9.4.3", "behind W8: a record is there, and isn't committed",
               holding(3, 4, 5, 6, b6=dict(flags=LIVE, committed=18, stale=record(9).data)),
               [overwritten(3), said(3, 4, 5)], PLAIN)
    yield case("ring-died-w10", "9.4.3 9.3.1", "behind W10: checksums of the sealed block stand in an unsealed one",
               holding(3, 4, 5, 6, b6=dict(flags=LIVE, payload_crc32c=1, header_crc32c=2)),
               [overwritten(3), said(3, 4, 5, 6)],
               PLAIN)


# Seqs that can't be there: clauses 9.2.2, 9.2.4

def elsewhere():
    yield case("ring-wrong-slot", "9.2.4 9.2.2", "seq 1 in the slot of 2", holding(1, 2, 3, 4, b2=dict(written=1)),
               [said(1), told("bad-block-header", slot(2)), lost("damaged", slot(3), 1, 25), said(3, 4)], PLAIN)
    yield case("ring-wrong-slot-between", "9.2.4 9.2.2", "seq 3 in the slot of 2",
               holding(1, 2, 3, 4, b2=dict(written=3)),
               [said(1), told("bad-block-header", slot(2)), lost("damaged", slot(3), 1, 25), said(3, 4)], PLAIN)
    yield case("ring-wrong-slot-highest", "9.2.4 9.2.2", "seq 7 in the slot of 2: it isn't the highest of this ring",
               holding(1, 2, 3, 4, b2=dict(written=7)),
               [said(1), told("bad-block-header", slot(2)), lost("damaged", slot(3), 1, 25), said(3, 4)], PLAIN)
    yield case("ring-lap-before", "9.2.2 9.2.4", "a block of two laps before in its own slot",
               holding(7, 8, 9, 10, b8=dict(written=4)),
               [overwritten(7), said(7), told("bad-block-header", slot(8)), lost("damaged", slot(9), 1, 25),
                said(9, 10)],
               "ring-newest-9", fault=("bad-block-header", slot(8)))


# Damage: clauses 9.2.2, 9.3.2, 10.2.5

FAULTS = [("magic", "bad-block-header", dict(magic=b"none"), 0), ("kind", "bad-block-header", dict(kind=TRACE), 0),
          ("payload-len", "bad-block-header", dict(payload_len=1), 0),
          ("committed", "bad-block-header", dict(committed=4033), 0),
          ("crc-not-sealed", "bad-block-header", dict(flags=CRC), 0),
          ("header-crc", "block-header-crc", dict(header_crc32c=1), 0),
          ("payload-crc", "block-payload-crc", dict(payload_crc32c=1), 25)]


def damaged():
    for name, code, changes, known in FAULTS:
        yield case(f"ring-damaged-{name}", "9.2.2 10.2.2" if "bad" in code else "9.3.2 10.2.2",
                   f"{code} in the middle: the next block tells the loss", holding(1, 2, 3, 4, b2=changes),
                   [said(1), told(code, slot(2)), lost("damaged", slot(3), 1, 25), said(3, 4)], PLAIN)
        records = [said(1, 2, 3), told(code, slot(4))] if known else [told(code, slot(4)), said(1, 2, 3)]
        yield case(f"ring-damaged-newest-{name}", "10.2.5 9.2.4", f"{code} in the newest block: "
                   + ("its header says that it is" if known else "the newest is 3 then"),
                   holding(1, 2, 3, 4, b4=changes),
                   [records, lost("damaged", slot(4), 0, known, exact=False)], PLAIN)
        yield case(f"ring-damaged-oldest-{name}", "10.2.2 10.2.5",
                   f"{code} in front of all intact blocks: the newest block may have been there",
                   holding(5, 6, 7, 8, b5=changes),
                   [told(code, slot(5)), overwritten(6), said(6, 7, 8), lost("damaged", slot(5), 0, 0, exact=False)],
                   "ring-newest-8")
    yield case("ring-damaged-twice", "10.2.5",
               "in front of all intact blocks, and the newest one's payload: told where the first of it is",
               holding(5, 6, 7, 8, b5=dict(header_crc32c=1), b8=dict(payload_crc32c=1)),
               [told("block-header-crc", slot(5)), overwritten(6), said(6, 7), told("block-payload-crc", slot(8)),
                lost("damaged", slot(5), 0, 25, exact=False)], "ring-newest-8")
    moved = holding(1, 2, 3, 4)
    yield case("ring-damaged-moved", "10.4.1 9.2.2", "a block that moved in its slot isn't searched for",
               remove(insert(moved, slot(2), b"\x5a" * 8, "inserted"), slot(3), 8),
               [said(1), told("bad-block-header", slot(2)), lost("damaged", slot(3), 1, 25), said(3, 4)], PLAIN)
    yield case("ring-damaged-all", "10.2.5", "no block is intact", holding(1, 2, count=2, b1=dict(payload_crc32c=1),
                                                                           b2=dict(payload_crc32c=1)),
               [told("block-payload-crc", slot(1)), told("block-payload-crc", slot(2)),
                lost("damaged", slot(1), 1, 50, exact=False)], "ring-of-2")
    fault = hexed("03 00", "no frame has 3 bytes")
    yield case("ring-damaged-frame", "9.2.7 10.2.2", "a fault inside a block",
               ring(4, block(1, 1, fault), block(2, 2), block(3, 3)),
               [said(1), told("bad-size", frame_at(1, 1)), lost("damaged", slot(2), 0, 2), said(2, 3)], "ring-of-3")


# Rings that the file cuts: clause 9.2.6

def torn():
    full = holding(1, 2, 3, 4)
    ends = told("block-past-end", place(4))
    for at in (0, 1, 63):
        yield case(f"ring-torn-{at}", "9.2.6", f"the last slot has {at} bytes", cut(full, place(4) + at),
                   [said(1, 2, 3), ends],
                   PLAIN)
    for at in (64, 82, 88):
        yield case(f"ring-torn-{at}", "9.2.6", f"the last slot has {at} bytes, its record isn't whole",
                   cut(full, place(4) + at),
                   [said(1, 2, 3), ends], PLAIN)
    for at in (89, BLOCK - 1):
        yield case(f"ring-torn-{at}", "9.2.6", f"the last slot has {at} bytes, its record is there",
                   cut(full, place(4) + at),
                   [said(1, 2, 3, 4), ends], PLAIN)
    yield case("ring-torn-two", "9.2.6", "two slots are missing: told once, at the first", cut(full, place(3)),
               [said(1, 2), told("block-past-end", place(3))], PLAIN)
    yield case("ring-torn-all", "9.2.6", "no slot is there", cut(full, HEADER), told("block-past-end", place(1)),
               PLAIN)
    yield case("ring-torn-partial-and-none", "9.2.6",
               "a cut slot that holds a block, and none behind it: both are told",
               cut(full, place(3) + 89), [said(1, 2, 3), told("block-past-end", place(3)), ends], PLAIN)
    yield case("ring-torn-unused", "9.2.6", "an unused slot that is cut is no fault",
               cut(holding(1, 2, 3), place(4) + 64),
               said(1, 2, 3))
    yield case("ring-torn-unused-few", "9.2.6", "less than 64 bytes of it are", cut(holding(1, 2, 3), place(4) + 63),
               [said(1, 2, 3), ends], PLAIN)
    yield case("ring-torn-wrapped", "9.2.6 9.2.4", "the cut slot is not the newest: told behind its frames",
               cut(holding(5, 6, 7, 4), place(4) + 89), [overwritten(4), said(4), ends, said(5, 6, 7)], PLAIN,
               fault=("block-past-end", place(4)))
    yield case("ring-torn-wrapped-none", "9.2.6 9.2.4", "a slot that isn't there is told behind everything",
               cut(holding(5, 6, 7, 4), place(4)), [overwritten(5), said(5, 6, 7), ends], PLAIN,
               fault=("block-past-end", place(4)))


# refused_live: clause 10.2.6

def live():
    for count in (1, U64):
        yield case(f"ring-refused-live-{count}", "10.2.6", f"refused_live is {count}, and no block told of any",
                   holding(1, 2, header=dict(refused_live=count)), [said(1, 2), lost("refused", REFUSED, count)],
                   "ring-of-2")
    for count, name in [(3, "more"), (2, "equal"), (1, "less")]:
        yield case(f"ring-refused-live-{name}", "10.2.6 10.2.3", f"refused_live is {count}, the blocks told of 2",
                   holding(1, 2, b2=dict(lost_before=2), header=dict(refused_live=count)),
                   [said(1), lost("refused", slot(2), 2), said(2),
                    [lost("refused", REFUSED, 1)] if count == 3 else []], "ring-of-2",
                   fault=("refused", slot(2) if count < 3 else REFUSED))
    yield case("ring-refused-live-empty", "10.2.6", "a ring without a block", ring(4, refused_live=5),
               lost("refused", REFUSED, 5), "ring-empty")
    yield case("ring-refused-live-and-damage", "10.2.5 10.2.6", "damage is told in front of it",
               holding(1, 2, b2=dict(payload_crc32c=1), header=dict(refused_live=1)),
               [said(1), told("block-payload-crc", slot(2)), lost("damaged", slot(2), 0, 25, exact=False),
                lost("refused", REFUSED, 1)], "ring-refused-live-1")


def vectors():
    return in_area("ring", wraps(), recycled(), elsewhere(), damaged(), torn(), live())
