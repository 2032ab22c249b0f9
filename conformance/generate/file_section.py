# SPDX-License-Identifier: MIT
"""Several strands in one file: where sections begin, what stands between them, sections that are refused.

Clauses 11.1.1 to 11.1.3, 11.3."""
from assemble_file import (BLOCK, DEFINITIONS, HEADER, MAGIC, block, frame_at, grows, hexed, header, lost, place,
                           ring, said, told, U64)
from case_file import case, in_area, refused
from pieces import Piece, behind, cut, data_of, flat, flip, zeros

PLAIN = "section-two"
ONE = HEADER + BLOCK  # bytes of a file of one block


def strand(value, **changes):
    return grows(block(1, value), **changes)


def two(*between, **second):
    """A strand, what stands behind it, and another strand."""
    return flat(strand(1), *between, strand(2, ordinal=1, **second))


BOTH = [said(1), said(2, stream=1)]


def plain():
    yield case(PLAIN, "11.1.1 11.3.1", "two files, one behind the other", two(), BOTH)
    yield case("section-three", "11.1.1 11.3.1", "three", flat(two(), strand(3, ordinal=2)),
               [BOTH, said(3, stream=2)])
    yield case("section-same", "11.1.1", "two files of one strand are two strands", flat(strand(1), strand(2)), BOTH)
    yield case("section-header-only", "11.1.1", "a file without a block has a number",
               flat(strand(1), header(), strand(3)),
               [said(1), said(3, stream=2)])
    yield case("section-first-header-only", "11.1.1", "so does the first one", flat(header(), strand(3)),
               said(3, stream=1))
    yield case("section-definitions", "11.3.1", "a definitions strand has a number",
               flat(grows(kind=DEFINITIONS), strand(2)), said(2, stream=1))
    yield case("section-behind-ring", "11.1.1", "a ring is as long as its geometry says",
               flat(ring(2, block(1, 1)), strand(2)), BOTH)
    yield case("section-behind-ring-later", "11.1.1",
               "a file that doesn't begin right behind a ring is refused with what is there",
               flat(ring(2, block(1, 1)), hexed("5a*4", "inserted"), strand(2)), said(1))
    for name, at in (("crc", 72), ("len", 8)):
        yield case(f"section-behind-ring-{name}", "11.1.1 8.4.2",
                   "a damaged header right behind a ring is refused with its own code: the next may begin anywhere",
                   flat(ring(2, block(1, 1)), flip(header(ordinal=1), at), hexed("5a*9", "inserted"), strand(2)), BOTH)
    yield case("section-behind-ring-kind", "11.1.1 8.3.3", "so is one of a kind that isn't known",
               flat(ring(2, block(1, 1)), header(ordinal=1, kind=9), strand(2)), BOTH)
    yield case("section-behind-ring-magic", "11.1.1 8.4.2", "and the magic alone, right in front of the next",
               flat(ring(2, block(1, 1)), Piece(MAGIC, "the magic"), strand(2)), BOTH)
    yield case("section-behind-ring-magic-last", "11.1.1 10.3.2", "the magic alone, and nothing follows",
               flat(ring(2, block(1, 1)), Piece(MAGIC, "the magic")), said(1))
    yield case("section-behind-seq-max", "11.1.1 9.1.2", "nothing follows the block of the highest seq, but a file",
               flat(grows(block(U64, 1, records_before=0, bytes_before=0)), strand(2)), BOTH)
    yield case("section-two-rings", "11.1.1", "two rings",
               flat(ring(2, block(1, 1)), ring(3, block(1, 2), block(2, 3))), [said(1), said(2, 3, stream=1)])
    yield case("section-ring-behind", "11.1.1", "a ring behind a file that grows",
               flat(strand(1), ring(2, block(1, 2))), BOTH)
    yield case("section-ordered", "11.1.1 11.2.1", "their records are merged",
               flat(grows(block(1, 1, 3)), grows(block(1, 2, 4))),
               [said(1), said(2, stream=1), said(3), said(4, stream=1)])
    big = grows(block(1, 2), block_size=8192, header_len=4096)
    yield case("section-geometry", "11.1.1", "each has its own geometry", flat(strand(1), big, strand(3)),
               [BOTH, said(3, stream=2)])


# Anywhere inside or behind a truncated block

def truncated():
    for at in (1, 20, 63, 64, 70, 82, 89, 90, BLOCK - 1):
        yield case(f"section-torn-{at}", "11.1.1 9.2.6",
                   f"the block before ends after {at} bytes: the next file begins there",
                   flat(cut(strand(1), HEADER + at), strand(2, ordinal=1)),
                   [said(1) if at >= 89 else [], told("block-past-end", HEADER), said(2, stream=1)], PLAIN)
    yield case("section-torn-aligned", "11.1.1 9.2.6",
               "the block before is cut, and its next place is a block of the next file: one that can't be its own",
               flat(cut(grows(block(1, 1), block(2, 2)), place(3) - HEADER),
                    grows(block(1, 3), block(2, 4), block(3, 5), ordinal=1)),
               [said(1, 2), told("block-past-end", place(2)), said(3, 4, 5, stream=1)], PLAIN)
    yield case("section-torn-later", "11.1.1",
               "the block before is cut, and at its next place stands a block of the next file: with a seq too high",
               flat(cut(strand(1), BLOCK), grows(block(3, 3), block(4, 4), ordinal=1)),
               [lost("missing-blocks", BLOCK + HEADER, 2, 50, stream=1), said(1), told("block-past-end", HEADER),
                said(3, 4, stream=1)], PLAIN, fault=("block-past-end", HEADER))
    yield case("section-bad-place", "11.1.1 9.2.2",
               "in a place without a block a section may begin, also where the file ends behind that place",
               flat(header(), hexed("5a*100", "no block"), cut(strand(2, ordinal=1), BLOCK - 100)),
               [told("bad-block-header", HEADER), lost("damaged", HEADER, 0, 0, exact=False), said(2, stream=1),
                told("block-past-end", HEADER + 100 + HEADER, stream=1)], "section-header-only")
    yield case("section-zeros-end", "11.1.1 9.2.5",
               "zeros, a file behind them, and the end of the file where a place would end",
               flat(header(), zeros(100), cut(strand(2, ordinal=1), 2 * BLOCK - 100)),
               [said(2, stream=1)], PLAIN)
    yield case("section-zeros-partial", "9.2.5 11.1.1", "zeros up to a file that begins where no block would",
               two(zeros(1000, "preallocated")), BOTH)
    yield case("section-zeros-blocks", "9.2.5 11.1.1", "zeros for two blocks up to the next file",
               two(zeros(2 * BLOCK)), BOTH)
    yield case("section-zeros-more", "9.2.5 11.1.1", "zeros for two blocks and a bit", two(zeros(2 * BLOCK + 8)),
               BOTH)


# What begins no section: clause 11.1.2

def none():
    damaged = flip(strand(2, ordinal=1), 72)
    yield case("section-header-crc", "11.1.2 9.2.2",
               "a header whose checksum is wrong is a bad block of the strand before",
               flat(grows(block(1, 1)), cut(damaged, HEADER), zeros(BLOCK - HEADER),
                    behind(grows(block(3, 2)), HEADER)),
               [said(1), told("bad-block-header", place(2)), lost("damaged", place(3), 1, 25), said(2)], PLAIN)
    yield case("section-magic-alone", "11.1.2", "the magic alone, and the file ends",
               flat(strand(1), hexed("89 53 54 52 0d 0a 1a 0a", "the magic")),
               [said(1), told("block-past-end", place(2))], PLAIN)
    yield case("section-magic-and-zeros", "11.1.2 10.2.5", "the magic and zeros",
               flat(strand(1), hexed("89 53 54 52 0d 0a 1a 0a", "the magic"), zeros(BLOCK - 8)),
               [said(1), told("bad-block-header", place(2)), lost("damaged", place(2), 0, 0, exact=False)], PLAIN)
    yield case("section-in-payload", "9.1.3 11.1.1",
               "a whole file in what isn't committed of an intact block is none",
               grows(block(1, 1, stale=data_of(header(ordinal=9))), block(2, 2)), said(1, 2))
    yield case("section-in-last-payload", "11.1.1 11.1.3", "nor in that of a whole block that is the file's last",
               grows(block(1, 1, stale=data_of(header(ordinal=9)))), said(1))
    yield case("section-in-damaged-payload", "11.1.1 10.4.1", "nor where the payload of such a block is damaged",
               grows(block(1, 1, payload_crc32c=1, stale=data_of(header(ordinal=9)) + bytes(BLOCK))),
               [told("block-payload-crc", place(1)), lost("damaged", place(1), 0, 25, exact=False)],
               "section-in-last-payload")


# Sections that are refused: clause 11.1.1

REFUSED = [("major", dict(major=1)), ("incompat", dict(incompat=2)), ("major-and-kind", dict(major=1, kind=9)),
           ("incompat-and-kind", dict(incompat=2, kind=9)), ("incompat-and-fit",
                                                             dict(incompat=2, name_len=1, header_len=136))]
IMPOSSIBLE = [("kind", dict(kind=9)), ("block-count", dict(block_count=1)), ("block-size", dict(block_size=100)),
              ("tick-den", dict(tick_den=0)), ("fit", dict(name_len=1, header_len=136)),
              ("definitions-ring", dict(kind=DEFINITIONS, block_count=2))]


def refusals():
    for name, changes in REFUSED:
        refusal = header(ordinal=1, **changes)
        yield case(f"section-refused-{name}", "11.1.1 11.3.1",
                   f"a section is refused for its {name}: it has no number",
                   flat(strand(1), refusal, strand(3)), [said(1), said(3, stream=1)])
    for name, changes in REFUSED[:2]:
        refusal = header(ordinal=1, **changes)
        yield case(f"section-refused-{name}-anywhere", "11.1.1",
                   "behind a refused section the next may begin anywhere",
                   flat(strand(1), refusal, Piece(b"\x5a" * 999, "999 bytes"), strand(3)),
                   [said(1), said(3, stream=1)])
        yield case(f"section-refused-{name}-last", "11.1.1 10.3.2", "nothing follows a refused section",
                   flat(strand(1), refusal), said(1))
        yield case(f"section-refused-{name}-first", "11.1.1 11.3.1", "the first section is refused",
                   flat(refusal, strand(3)),
                   said(3))
    for name, changes in IMPOSSIBLE:
        yield case(f"section-impossible-{name}", "11.1.1 11.1.2",
                   f"impossible values ({name}) begin no section: a bad block",
                   flat(strand(1), header(ordinal=1, **changes), strand(3)),
                   [said(1), told("bad-block-header", place(2)), lost("damaged", place(2), 0, 0, exact=False),
                    said(3, stream=1)], "section-three")
        yield case(f"section-impossible-{name}-first", "11.1.1 8.3.2",
                   f"as a file's first header ({name}) they are refused",
                   flat(header(ordinal=1, **changes), strand(3)), said(3))
    for at in (12, 40, 72, 104, 130):
        yield case(f"section-first-damaged-{at}", "11.1.1",
                   "a file's first header is damaged: the next may begin anywhere",
                   flat(flip(strand(1), at), strand(3)), said(3))
    yield case("section-first-magic-twice", "11.1.1", "the magic, and right behind it a whole file",
               flat(Piece(MAGIC, "the magic"), strand(3)), said(3))
    inside = block(1, 1, stale=data_of(header(ordinal=1)) + bytes(BLOCK))
    yield case("section-refused-inside", "11.1.1 11.1.3",
               "behind a refused section the next may begin anywhere: also inside of what would be a block",
               flat(grows(inside, major=1), strand(2, ordinal=2)), said(2, stream=1))
    yield refused("section-refused-all", "11.1.1 10.3.2", "nothing is left that could be read",
                  flat(header(major=1), header(major=2)), "unknown-major", PLAIN)
    yield refused("section-first-damaged-alone", "11.1.1 8.4.1", "and nothing follows the damaged header",
                  flip(strand(1), 72), "file-header-crc", PLAIN)


# Damage and sections

def damage():
    yield case("section-damage-before", "11.1.1 10.2.5", "damage in one strand doesn't hide the next",
               flat(grows(block(1, 1, payload_crc32c=1)), strand(2)),
               [told("block-payload-crc", place(1)), lost("damaged", place(1), 0, 25, exact=False),
                said(2, stream=1)], PLAIN)
    yield case("section-damage-behind", "10.1.1", "offsets count from the beginning of the file",
               flat(strand(1), grows(block(1, 2, payload_crc32c=1))),
               [told("block-payload-crc", ONE + HEADER, stream=1),
                lost("damaged", ONE + HEADER, 0, 25, False, stream=1), said(1)],
               PLAIN)
    yield case("section-loss-behind", "10.1.1 10.2.2", "of a loss, too", flat(strand(1), grows(block(2, 2))),
               [lost("missing-blocks", ONE + HEADER, 1, 25, stream=1), said(1), said(2, stream=1)], PLAIN)
    yield case("section-refused-live-behind", "10.1.1 10.2.6", "and of refused_live",
               flat(strand(1), ring(2, block(1, 2), refused_live=4)),
               [said(1), said(2, stream=1), lost("refused", ONE + 120, 4, stream=1)], "section-ring-behind")
    yield case("section-diagnostics-first", "10.1.2",
               "those without a record stand in front of all records, streams in order",
               flat(grows(block(2, 4)), grows(block(2, 3))),
               [lost("missing-blocks", HEADER, 1, 25), lost("missing-blocks", ONE + HEADER, 1, 25, stream=1),
                said(3, stream=1),
                said(4)], PLAIN)
    fault = hexed("02 00", "no frame has 2 bytes")
    yield case("section-diagnostic-behind-record", "10.1.2", "a diagnostic stands behind its own stream's record",
               flat(grows(block(1, 1, fault), block(2, 5)), grows(block(1, 2, 3))),
               [said(1), told("bad-size", frame_at(1, 1)), lost("damaged", place(2), 0, 2), said(2, 3, stream=1),
                said(5)], PLAIN)


def vectors():
    return in_area("section", plain(), truncated(), none(), refusals(), damage())
