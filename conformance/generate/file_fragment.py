# SPDX-License-Identifier: MIT
"""Fragments: blocks of a strand that travel in several sections of one file. Clauses 11.1.4 to 11.1.6."""
from assemble_file import (BLOCK, DEFINITIONS, FRAGMENT, HEADER, LIVE, MERGED, NANO_DERIVED, TRACE, block, frame_at,
                           grows, hexed, line, lost, record, ring, said, sync, told)
from case_file import case, in_area
from pieces import behind, cut, flat, flip, zeros
from values import uint

PLAIN = "fragment-two"
SECTION = HEADER + BLOCK  # bytes of a fragment of one block


def fragment(*places, ordinal=1, compat=FRAGMENT, **changes):
    return grows(*places, ordinal=ordinal, compat=compat, **changes)


def one(seq, **changes):
    return block(seq, seq, **changes)


def here(section, number=1):
    """Offset of a block in a file of fragments of one block each; of the last one also of blocks behind its first."""
    return section * SECTION + HEADER + (number - 1) * BLOCK


def plain_cases():
    yield case("fragment-one", "11.1.4", "one fragment is read as any file that grows", fragment(one(1), one(2)),
               said(1, 2))
    yield case(PLAIN, "11.1.4", "two fragments are one strand", flat(fragment(one(1)), fragment(one(2))), said(1, 2))
    yield case("fragment-back", "11.1.4", "its blocks are in the order of their seqs",
               flat(fragment(one(2)), fragment(one(1))),
               said(1, 2))
    yield case("fragment-mixed", "11.1.4", "also where they alternate",
               flat(fragment(one(2), one(4)), fragment(one(1), one(3))), said(1, 2, 3, 4))
    yield case("fragment-alone-in-block", "11.1.4", "in one fragment seqs have any order",
               fragment(one(3), one(1), one(2)),
               said(1, 2, 3))
    yield case("fragment-empty", "11.1.4", "a fragment without a block", flat(fragment(one(1)), fragment()), said(1))


COPIES = [
    ("more", one(1), block(1, 1, 2, flags=LIVE), (1, 2), "the second copy has more committed"),
    ("less", block(1, 1, 2, flags=LIVE), one(1), (1, 2), "the first copy has more committed"),
    ("equal", block(1, 1, flags=LIVE), block(1, 5, flags=LIVE), (5,), "of equal copies the later one counts"),
    ("crc", block(1, 1, flags=LIVE), block(1, 1, 2, payload_crc32c=1), (1,),
     "the larger copy has a wrong payload CRC"),
]


def copies():
    for name, first, second, values, why in COPIES:
        yield case(f"fragment-copy-{name}", "11.1.4", why, flat(fragment(first), fragment(second)), said(*values))
    yield case("fragment-copy-header-crc", "11.1.4 11.1.5", "the larger copy has a wrong header CRC",
               flat(fragment(block(1, 1, flags=LIVE)), fragment(block(1, 1, 2, header_crc32c=1))),
               [said(1), told("block-header-crc", here(1)), lost("damaged", here(1), 0, 0, exact=False)],
               "fragment-copy-more")
    yield case("fragment-copy-crc-alone", "11.1.4 9.3.2", "the only copy has a wrong payload CRC",
               flat(fragment(one(1)), fragment(one(2, payload_crc32c=1)), fragment(one(3))),
               [said(1), told("block-payload-crc", here(1)), lost("damaged", here(2), 1, 25), said(3)],
               "fragment-three")
    yield case("fragment-three", "11.1.4", "three fragments", flat(*(fragment(one(seq)) for seq in (1, 2, 3))),
               said(1, 2, 3))


def header_of_last():
    for name, rates in [("last", (2, 3)), ("first", (3, 2))]:
        parts = [fragment(block(seq, sync(1000, 5000), record(10), opening=False), incompat=NANO_DERIVED,
                          tick_num=rate)
                 for seq, rate in zip((1, 2), rates)]
        nano = 5000 + 10 * rates[1]
        yield case(f"fragment-header-{name}", "11.1.4", f"the header of the last one counts: tick_num {rates[1]}",
                   flat(*parts),
                   [line(1010, uint(10), nano=nano)] * 2)
    yield case("fragment-refused-live", "11.1.4", "refused_live isn't looked at",
               flat(fragment(one(1)), fragment(one(2), refused_live=9)), said(1, 2))


OTHERS = [("session", dict(session=b"\x78" * 16)), ("ordinal", dict(ordinal=2)),
          ("kind", dict(kind=DEFINITIONS)), ("incompat", dict(incompat=NANO_DERIVED)),
          ("block-size", dict(block_size=8192)), ("not-fragment", dict(compat=0))]


def others():
    for name, changes in OTHERS:
        other = grows(block(1, 2), **{"ordinal": 1, "compat": FRAGMENT, **changes})
        yield case(f"fragment-other-{name}", "11.1.4 11.3.1", f"another {name}: another strand",
                   flat(fragment(one(1)), other), [said(1), said(2, stream=1)])
    yield case("fragment-between", "11.1.4 11.3.1",
               "two strands alternate: each is numbered where its first fragment stands",
               flat(fragment(one(2)), fragment(block(1, 5), ordinal=0), fragment(one(1))),
               [said(1, 2), said(5, stream=1)])
    yield case("fragment-ring", "11.1.4", "in a ring the bit means nothing: two strands",
               flat(ring(2, one(1), compat=FRAGMENT, ordinal=1), ring(2, block(1, 2), compat=FRAGMENT, ordinal=1)),
               [said(1), said(2, stream=1)])
    yield case("fragment-merged", "11.1.4 11.4.1", "in a merged file the bit means nothing: two strands",
               flat(*(fragment(block(seq, seq), compat=FRAGMENT | MERGED) for seq in (1, 2))),
               [lost("missing-blocks", here(1), 1, 25, stream=1), said(1), said(2, stream=1)], "fragment-two")
    yield case("fragment-merged-definitions", "11.1.4 11.4.1", "in a definitions strand MERGED means nothing: one strand",
               flat(*(fragment(block(seq, seq), kind=DEFINITIONS, compat=FRAGMENT | MERGED) for seq in (1, 2))),
               said(1, 2))


def missing():
    yield case("fragment-overwritten", "11.1.4 10.2.2", "what is missing in front was overwritten",
               flat(fragment(one(3)), fragment(one(4))), [lost("overwritten", here(0), 2, 50), said(3, 4)], PLAIN)
    yield case("fragment-missing", "11.1.4 10.2.2", "what is missing between is missing",
               flat(fragment(one(1)), fragment(one(4))), [said(1), lost("missing-blocks", here(1), 2, 50), said(4)],
               PLAIN)
    yield case("fragment-overwritten-and-missing", "11.1.4 10.2.2", "both", flat(fragment(one(2)), fragment(one(4))),
               [lost("overwritten", here(0), 1, 25), said(2), lost("missing-blocks", here(1), 1, 25), said(4)], PLAIN)


# Damaged places: clause 11.1.5

PLACES = [("header-crc", "block-header-crc", dict(header_crc32c=1)), ("kind", "bad-block-header", dict(kind=TRACE)),
          ("payload-len", "bad-block-header", dict(payload_len=1)),
          ("committed", "bad-block-header", dict(committed=4033)),
          ("seq-0-sealed", "bad-block-header", dict(written=0))]


def places():
    for name, code, changes in PLACES:
        yield case(f"fragment-place-{name}", "11.1.5", f"{code} at a place: told behind all blocks of the strand",
                   flat(fragment(one(1)), fragment(one(2, **changes), one(3))),
                   [said(1), lost("missing-blocks", here(1, 2), 1, 25), said(3), told(code, here(1)),
                    lost("damaged", here(1), 0, 0, exact=False)], "fragment-mixed", fault=(code, here(1)))
    yield case("fragment-place-seq-0", "11.1.5 9.2.3", "seq 0 and no flag is passed in silence",
               fragment(one(1), one(2, written=0, flags=LIVE), one(3)),
               [said(1), lost("missing-blocks", here(0, 3), 1, 25), said(3)], "fragment-one")
    yield case("fragment-place-magic", "11.1.5", "nothing is looked at behind a place without magic",
               flip(fragment(one(1), one(2), one(3)), here(0, 2)),
               [said(1), told("bad-block-header", here(0, 2)), lost("damaged", here(0, 2), 0, 0, exact=False)],
               "fragment-one")
    yield case("fragment-place-moved", "11.1.5 10.4.1", "nor is a block looked for between places",
               fragment(one(1), hexed("5a*5", "inserted"), one(2)),
               [said(1), told("bad-block-header", here(0, 2)), lost("damaged", here(0, 2), 0, 0, exact=False)],
               "fragment-one")
    second = behind(fragment(one(1), block(2, 2, flags=LIVE, stale=b"\x5a")), HEADER + BLOCK)
    place_two = [told("bad-block-header", here(0, 2)), lost("damaged", here(0, 2), 0, 0, exact=False)]
    yield case("fragment-place-moved-payload-crc", "11.1.5 10.4.1", "nor where the block before is damaged",
               flat(cut(fragment(one(1, payload_crc32c=1)), HEADER + BLOCK - 100), second),
               [told("block-payload-crc", here(0)), lost("damaged", here(0), 0, 25, exact=False), place_two],
               "fragment-one")
    yield case("fragment-place-moved-frame", "11.1.5 10.4.1", "nor where a frame in it is damaged",
               flat(cut(fragment(block(1, 1, hexed("02 00", "no frame has 2 bytes"))), HEADER + BLOCK - 100), second),
               [said(1), told("bad-size", frame_at(1, 1)), lost("damaged", frame_at(1, 1), 0, 2, exact=False),
                place_two], "fragment-one")
    yield case("fragment-place-zeros", "11.1.5", "zeros alone are no fault", fragment(one(1), zeros(BLOCK)), said(1))
    yield case("fragment-place-zeros-then-block", "11.1.5", "zeros, and a block behind them: a place without magic",
               fragment(one(1), zeros(BLOCK), one(3)),
               [said(1), told("bad-block-header", here(0, 2)), lost("damaged", here(0, 2), 0, 0, exact=False)],
               "fragment-place-zeros")
    yield case("fragment-place-few", "11.1.5", "less than 64 bytes", fragment(one(1), hexed("5a*63", "63 bytes")),
               [said(1), told("block-past-end", here(0, 2))], "fragment-one")
    fault = hexed("02 00", "no frame has 2 bytes")
    damaged = fragment(one(1), one(3, header_crc32c=1))
    yield case("fragment-place-and-last", "11.1.5 10.2.5",
               "damage in the last block is told with what it cost, that of a place with nothing",
               flat(damaged, fragment(block(2, 2, fault))),
               [said(1, 2), told("bad-size", here(1, 2) + 89), lost("damaged", here(1, 2) + 89, 0, 2, exact=False),
                told("block-header-crc", here(0, 2)), lost("damaged", here(0, 2), 0, 0, exact=False)],
               "fragment-mixed", fault=("block-header-crc", here(0, 2)))
    yield case("fragment-place-other-strand", "11.1.5", "damage in one fragment costs another strand nothing",
               flat(fragment(one(1, header_crc32c=1)), fragment(block(1, 5), ordinal=2)),
               [told("block-header-crc", here(0)), lost("damaged", here(0), 0, 0, exact=False), said(5, stream=1)],
               "fragment-other-ordinal")


# The section ends inside a block: clause 11.1.6

def torn():
    whole = fragment(one(1))
    yield case("fragment-torn-last", "11.1.6 9.2.6", "the strand's last block is cut",
               flat(whole, cut(fragment(one(2)), HEADER + 90)),
               [said(1, 2), told("block-past-end", here(1))], PLAIN)
    yield case("fragment-torn-first", "11.1.6",
               "a block that isn't the last is read as if it had been committed so far",
               flat(cut(fragment(block(1, 1, 2, flags=LIVE)), frame_at(1, 1)),
                    fragment(block(2, 3, records_before=2, bytes_before=32))),
               [said(1), lost("damaged", frame_at(1, 1) + HEADER, 1, 7), said(3)], PLAIN)
    end = frame_at(1, 1) + 3
    yield case("fragment-torn-frame", "11.1.6", "a frame in it that reaches past what is there is told",
               flat(cut(fragment(block(1, 1, 2, flags=LIVE)), end),
                    fragment(block(2, 3, records_before=2, bytes_before=32))),
               [said(1), told("frame-past-end", frame_at(1, 1)), lost("damaged", end + HEADER, 1, 7), said(3)],
               "fragment-torn-first")
    yield case("fragment-torn-copy", "11.1.4", "of a copy that is cut the bytes count that are there",
               flat(fragment(block(1, 1, flags=LIVE)), cut(fragment(block(1, 1, 2, 3, flags=LIVE)),
                                                           frame_at(1, 1) - 3)), said(1))


def vectors():
    return in_area("fragment", plain_cases(), copies(), header_of_last(), others(), missing(), places(), torn())
