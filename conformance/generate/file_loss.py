# SPDX-License-Identifier: MIT
"""What is missing, as the counters of blocks tell it, and what counts as damage. Clause 10.2."""
from assemble_file import END, U64, block, extended, frame_at, grows, hexed, line, lost, place, record, said, told
from case_file import NO_FAULT, case, in_area
from values import opaque, shown, uint

PLAIN = "loss-none"


# Counters: clauses 10.2.1 to 10.2.3

COUNTERS = [  # the second block of three says so: records, bytes missing, code
    ("records", dict(records_before=4), (3, 0), "records are missing, and no bytes"),
    ("bytes", dict(bytes_before=32), (0, 7), "bytes are missing, and no records"),
    ("both", dict(records_before=4, bytes_before=46), (3, 21), "records and bytes are missing"),
    ("records-below", dict(records_before=0, bytes_before=32), (0, 7), "less records than told are none"),
    ("bytes-below", dict(records_before=4, bytes_before=0), (3, 0), "less bytes than told are none"),
    ("max", dict(records_before=U64, bytes_before=U64), (U64 - 1, U64 - 25), "as many as a u64 can hold"),
]


def counters():
    for name, changes, missing, why in COUNTERS:
        yield case(f"loss-{name}", "10.2.2", f"seqs follow each other: {why}",
                   grows(block(1, 1), block(2, 2, **changes)),
                   [said(1), lost("damaged", place(2), *missing), said(2)], PLAIN)
    yield case("loss-below", "10.2.1", "less than was told is nothing",
               grows(block(1, 1), block(2, 2, records_before=0,
               bytes_before=0)), said(1, 2))
    yield case("loss-anew", "10.2.1", "behind the comparison the counters are what was told",
               grows(block(1, 1), block(2, 2, records_before=0, bytes_before=0),
                     block(3, 3, records_before=2, bytes_before=50)),
               [said(1, 2), lost("damaged", place(3), 1, 25), said(3)], PLAIN)
    yield case("loss-modulo", "10.2.1", "what was told goes modulo 2^64",
               grows(block(1, 1), block(2, 2, records_before=U64, bytes_before=U64),
                     block(3, 3, records_before=0, bytes_before=24)),
               [said(1), lost("damaged", place(2), U64 - 1, U64 - 25), said(2, 3)], PLAIN)
    yield case("loss-modulo-bytes", "10.2.1", "and what is missing then is told",
               grows(block(1, 1), block(2, 2, records_before=U64, bytes_before=U64),
                     block(3, 3, records_before=1, bytes_before=49)),
               [said(1), lost("damaged", place(2), U64 - 1, U64 - 25), said(2), lost("damaged", place(3), 1, 25),
                said(3)], PLAIN)
    yield case("loss-missing-blocks", "10.2.2", "a block is missing", grows(block(1, 1), block(3, 3)),
               [said(1), lost("missing-blocks", place(2), 1, 25), said(3)], PLAIN)
    yield case("loss-missing-many", "10.2.2", "many are", grows(block(1, 1), block(1 << 40, 3)),
               [said(1), lost("missing-blocks", place(2), (1 << 40) - 2, 25 * ((1 << 40) - 2)), said(3)], PLAIN)
    yield case("loss-missing-first", "10.2.2",
               "the first block is missing: in a file that grows nothing was overwritten",
               grows(block(2, 2), block(3, 3)), [lost("missing-blocks", place(1), 1, 25), said(2, 3)], PLAIN)
    yield case("loss-first-block", "10.2.2", "block 1 says that something was before it: no block is missing",
               grows(block(1, 1, records_before=3, bytes_before=75)), [lost("damaged", place(1), 3, 75), said(1)], PLAIN)
    yield case("loss-missing-empty", "10.2.2", "a block is missing, and by the counters it held nothing",
               grows(block(1, 1), block(3, 3, records_before=1, bytes_before=25)), said(1, 3))
    yield case("loss-seq-max", "9.1.2 10.2.2", "the highest seq",
               grows(block(1, 1), block(U64, 3, records_before=1, bytes_before=25)),
               said(1, 3))


def refused():
    for count in (1, 7, U64):
        yield case(f"loss-refused-{count}", "10.2.3", f"{count} refused records", refusals(0, count, count),
                   [said(1), lost("refused", place(2), count), said(2, 3)], PLAIN)
    yield case("loss-refused-first", "10.2.3", "in front of the first block's records", refusals(3, 3, 3),
               [lost("refused", place(1), 3), said(1, 2, 3)], PLAIN)
    yield case("loss-refused-growing", "10.2.3", "each block tells what came since", refusals(1, 3, 6),
               [lost("refused", place(1), 1), said(1), lost("refused", place(2), 2), said(2),
                lost("refused", place(3), 3),
                said(3)], PLAIN)
    yield case("loss-refused-and-lost", "10.2.2 10.2.3", "what is lost stands in front of what was refused",
               grows(block(1, 1), block(3, 3, lost_before=4)),
               [said(1), lost("missing-blocks", place(2), 1, 25), lost("refused", place(2), 4), said(3)], PLAIN)
    yield case("loss-refused-live-ignored", "10.2.6", "refused_live is of rings", grows(block(1, 1), refused_live=5),
               said(1))


def refusals(*counts):
    return grows(*(block(seq, seq, lost_before=count) for seq, count in enumerate(counts, 1)))


# What is told, and what is damage: clause 10.2.4

def inside(*content):
    """A block of a record, this, and a record; and a block behind it."""
    return grows(block(1, 1, *content, 2), block(2, 3))


HEADERS = [("bad-header", "05 00 80 80 80", "a record whose header doesn't end in it", 1),
           ("bad-header-varint-long", "0e 00 80*10 00 01", "a record whose delta has eleven bytes", 1),
           ("bad-header-varint-range", "0e 00 ff*9 02 00 01", "a record whose delta is 2^64 or more", 1),
           ("zero-sync", "00*18", "a sync of zeros", 0)]


def damage():
    for name, text, why, records in HEADERS:
        code, piece = name[:10].rstrip("-"), hexed(text, why, records)
        at = frame_at(1, 1)
        yield case(f"loss-of-{name}", "10.2.4 10.2.2", f"{why} isn't told: the next block says what is missing",
                   inside(piece), [said(1), told(code, at), said(2),
                                   lost("damaged", place(2), records, len(piece.data)), said(3)],
                   "loss-of-nothing")
        yield case(f"loss-of-last-{name}", "10.2.5 10.2.4", f"{why}, in the last block", grows(block(1, 1, piece, 2)),
                   [said(1), told(code, at), said(2), lost("damaged", at, 0, len(piece.data), exact=False)],
                   "loss-of-nothing")
    yield case("loss-of-two", "10.2.5", "the line at the end has the offset of the first",
               grows(block(1, 1, hexed("05 00 80 80 80"), 2, hexed("05 00 ff ff ff"), 3)),
               [said(1), told("bad-header", frame_at(1, 1)), said(2), told("bad-header", frame_at(1, 2) + 5), said(3),
                lost("damaged", frame_at(1, 1), 0, 10, exact=False)], "loss-of-nothing")
    yield case("loss-of-nothing", "10.2.4", "frames that show nothing are told: nothing is missing",
               inside(extended(1, bytes(3), "PAD"), extended(99, b"\xaa", "unknown"), extended(4, bytes(32), "CLOCK"),
                      extended(6, b"\x07w", "OWNER"), extended(2, b"\1\2", "DEF that defines nothing")),
               said(1, 2, 3))
    yield case("loss-of-end", "6.10.1", "a reader reads on behind END", inside(END), said(1, 2, 3))


FIELDS = [("bad-field-type", "00 aa", "a type that is never assigned"),
          ("field-past-end", "08 05 68", "a string that is cut"),
          ("varint-long", "05 80*10", "a varint that is too long"),
          ("varint-range", "05 ff*9 02", "a varint that is too large"),
          ("critical-field", "d1 01 03", "a critical field")]


def no_damage():
    for code, text, why in FIELDS:
        field = opaque(code, text)
        frame = hexed(f"{len(field.data) + 5:02x} 00 02 02 01 {text}", why, 1)
        yield case(f"loss-not-by-{code}", "10.2.4 7.2.1", f"{why}: the record is told, and nothing is missing",
                   grows(block(1, 1, frame)), [said(1), line(1002, *shown([field])[0]),
                                               told(code, frame_at(1, 1) + 5)], PLAIN)
    body = extended(3, bytes([9, 16, 0, 0, 0, 0]), "LOSS with a diag that isn't assigned")
    yield case("loss-not-by-bad-ext-body", "10.2.4 6.3.1", "the body of a LOSS is no damage",
               grows(block(1, 1, body, 2)),
               [said(1), told("bad-ext-body", frame_at(1, 1)), said(2)], "loss-frame")
    yield case("loss-not-by-bad-ext-body-next", "10.2.4 6.3.1", "nor does the next block miss it",
               inside(body), [said(1), told("bad-ext-body", frame_at(1, 1)), said(2, 3)], "loss-frame")
    yield case("loss-not-by-no-base", "10.2.4 5.4.5", "nor is a record in front of the first sync",
               grows(block(1, record(1), opening=False)), [told("no-base", place(1) + 64), line(1, uint(1))], PLAIN)
    yield case("loss-not-by-file-end", "10.2.4 9.2.6", "nor that the file ends in a block",
               grows(block(1, 1))[:-1], [said(1), told("block-past-end", place(1))], PLAIN)


# LOSS frames: clauses 6.6, 10.2.7

def frames():
    body = bytes([1, 64, 15]) + bytes([9, 3, 100])
    loss = extended(3, body, "LOSS: overwritten, at 9, 3 records, 100 bytes")
    handed_on = lost("overwritten", 9, 3, 100)
    yield case("loss-frame", "10.2.7 6.6.1", "a LOSS frame is told, and changes no count", inside(loss),
               [said(1), handed_on, said(2, 3)], fault=NO_FAULT)
    yield case("loss-frame-and-loss", "10.2.7 10.2.2", "what the counters say is told all the same",
               grows(block(1, 1, loss), block(3, 3)),
               [said(1), handed_on, lost("missing-blocks", place(2), 1, 25), said(3)], PLAIN,
               fault=("missing-blocks", place(2)))
    yield case("loss-frame-refused", "10.2.7 10.2.3", "nor does it count as refused",
               grows(block(1, 1, extended(3, bytes([1, 65, 13, 120, 2, 0]), "LOSS: refused, 2 records")),
                     block(2, 2, lost_before=2)),
               [said(1), lost("refused", 120, 2), lost("refused", place(2), 2), said(2)], PLAIN,
               fault=("refused", place(2)))
    large = extended(5, bytes([2, 2, 1, 5, 2]), "LARGE: uint 2", records=1)
    yield case("loss-large", "10.2.1 6.8.1", "LARGE counts as a record", grows(block(1, 1, large), block(2, 3)),
               said(1, 2, 3))


def vectors():
    return in_area("loss", [case(PLAIN, "10.2.1", "three blocks, and all is there",
                                 grows(block(1, 1), block(2, 2), block(3, 3)), said(1, 2, 3))], counters(),
                   refused(), damage(), no_damage(), frames())
