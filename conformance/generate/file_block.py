# SPDX-License-Identifier: MIT
"""Blocks of a file that grows: headers, checksums, live and sealed ones, committed.

Clauses 9.1 to 9.3.

Most cases have three blocks of one record each, of which the second or the last is damaged: so it shows that reading
goes on behind it, what is counted as lost, and what is said at the end of the strand.
"""
from assemble_file import (CRC, DEFINITIONS, IN_BLOCK, LIVE, ROOM, SEALED, TRACE, U32, U64, block, frame_at, grows,
                           hexed, lost, place, record, said, sync, told)
from case_file import case, in_area
from pieces import data_of, flip
from suite.crc32c import crc32c

PLAIN = "block-plain"
LAST = place(3)
FILLER = hexed("01 00 01 00 a7 0f 00 00 5a*3999", "PAD: leaves room for one record of 7 bytes")


def three(**second):
    """Three blocks, the second with these changes."""
    return grows(block(1, 1), block(2, 2, **second), block(3, 3))


def last(**third):
    return grows(block(1, 1), block(2, 2), block(3, 3, **third))


def skipped(code):
    """What is said where the second of three blocks can't be taken."""
    return [said(1), told(code, place(2)), lost("damaged", place(3), 1, 25), said(3)]


def unseen(code, records=0, size=0):
    """And where it is the last: at least so much is missing."""
    return [said(1, 2), told(code, LAST), lost("damaged", LAST, records, size, exact=False)]


def second(name, clauses, why, code, sibling=PLAIN, data=None, **changes):
    return case("block-" + name, clauses, why, data or three(**changes), skipped(code), sibling)


# Headers that can't be one: clause 9.2.2

HEADERS = [
    ("units-0", dict(units=0), "a header of 0 bytes"),
    ("units-7", dict(units=7), "a header of 56 bytes: too short"),
    ("payload-len-less", dict(payload_len=ROOM - 1), "a payload of one byte less than the block has"),
    ("payload-len-more", dict(payload_len=ROOM + 1), "a payload of one byte more than the block has"),
    ("payload-len-0", dict(payload_len=0), "no payload"),
    ("payload-len-max", dict(payload_len=U32), "a payload of 2^32 - 1 bytes"),
    ("payload-len-of-64", dict(units=9, payload_len=ROOM), "a header of 72 bytes, and the payload of one of 64"),
    ("committed-more", dict(committed=ROOM + 1), "more is committed than there is room for"),
    ("committed-max", dict(committed=U32), "2^32 - 1 bytes are committed"),
    ("kind-0", dict(kind=0), "kind 0"),
    ("kind-trace", dict(kind=TRACE), "a block of traces in a strand of records"),
    ("kind-definitions", dict(kind=DEFINITIONS), "a block of definitions in a strand of records"),
    ("kind-255", dict(kind=255), "kind 255"),
    ("crc-not-sealed", dict(flags=CRC), "the flag CRC without SEALED"),
    ("seq-0", dict(written=0), "seq 0, and flags: nobody was opening this block"),
    ("seq-again", dict(written=1), "the seq of the block before"),
]


def headers():
    for name, changes, why in HEADERS:
        yield second(name, "9.2.2" if "seq" not in name else "9.2.2 9.2.3", why, "bad-block-header", **changes)
        if name in ("units-7", "kind-0", "crc-not-sealed", "committed-more"):
            yield case(f"block-last-{name}", "9.2.2 10.2.5", f"{why}, in the last block", last(**changes),
                       unseen("bad-block-header"), PLAIN)
    for at in range(4):
        yield second(f"magic-{at}", "9.2.2", f"byte {at} of the magic is another", "bad-block-header",
                     data=flip(three(), place(2) + at))
    yield case("block-last-magic", "9.2.2 10.2.5", "the last block has no magic", flip(three(), LAST),
               unseen("bad-block-header"), PLAIN)
    yield case("block-first-magic", "9.2.2 10.2.2", "the first block has no magic", flip(three(), place(1)),
               [told("bad-block-header", place(1)), lost("damaged", place(2), 1, 25), said(2, 3)], PLAIN)
    yield case("block-seq-below", "9.2.2 10.2.2", "seqs 1, 5, 3: the last can't be there",
               grows(block(1, 1), block(5, 2), block(3, 3)),
               [said(1), lost("missing-blocks", place(2), 3, 75), said(2), told("bad-block-header", LAST),
                lost("damaged", LAST, 0, 0, exact=False)], "block-seq-above", fault=("bad-block-header", LAST))
    yield case("block-seq-above", "9.2.2 10.2.2", "seqs 1, 5, 6: three blocks are missing",
               grows(block(1, 1), block(5, 2), block(6, 3)),
               [said(1), lost("missing-blocks", place(2), 3, 75), said(2, 3)], PLAIN)
    yield second("magic-before-crc", "9.2.2", "neither magic nor checksum is right: the magic is looked at first",
                 "bad-block-header", data=flip(flip(three(), place(2)), place(2) + 24))


# Headers that a reader takes: clauses 9.1.1, 9.1.5, 9.2.3

def taken():
    for units in (9, 16, 255):
        yield case(f"block-units-{units}", "9.1.1",
                   f"a header of {8 * units} bytes: what is behind the 64th is ignored",
                   three(units=units), said(1, 2, 3))
    for bit in (2, 8, 15):
        yield case(f"block-flag-{bit}", "9.1.5", f"flag {bit} is ignored", three(flags=SEALED | CRC | 1 << bit),
                   said(1, 2, 3))
        yield case(f"block-live-flag-{bit}", "9.1.5", f"flag {bit} is ignored, in a live block too",
                   three(flags=1 << bit),
                   said(1, 2, 3))
    yield case("block-tick-first-wrong", "9.1.4", "nobody orders by tick_first", three(tick_first=U64), said(1, 2, 3))
    yield case("block-seq-0-opening", "9.2.3", "seq 0 and no flag: its writer was stopped while it opened the block",
               last(written=0, flags=LIVE), said(1, 2))
    yield case("block-seq-0-opening-between", "9.2.3 10.2.2",
               "seq 0 and no flag in front of others: skipped in silence",
               three(written=0, flags=LIVE), [said(1), lost("missing-blocks", place(3), 1, 25), said(3)], PLAIN)
    yield case("block-seq-0-unknown-flag", "9.2.3 9.2.2", "seq 0 and a flag that nobody knows",
               last(written=0, flags=1 << 9), unseen("bad-block-header"), "block-seq-0-opening")
    yield case("block-seq-0-no-magic", "9.2.3 9.2.2", "seq 0 and no flag, but no magic",
               flip(last(written=0, flags=LIVE), LAST), unseen("bad-block-header"), "block-seq-0-opening")
    yield case("block-seq-0-only", "9.2.3", "the only block was never opened", grows(block(0, 1, flags=LIVE)), [])


# Checksums: clause 9.3

def checksums():
    flips = [name for name in IN_BLOCK if name not in ("magic", "flags", "header_crc32c")]
    for name in flips:
        yield second(f"crc-{name.replace('_', '-')}", "9.3.2", f"a bit of {name} has flipped", "block-header-crc",
                     data=flip(three(), place(2) + IN_BLOCK[name][0]))
    yield second("crc-wrong", "9.3.2", "the checksum of the header is another", "block-header-crc", header_crc32c=1)
    yield second("crc-zero", "9.3.2", "a checksum of 0 isn't none", "block-header-crc", header_crc32c=0)
    yield second("crc-before-kind", "9.2.2", "kind and checksum are wrong: the checksum is looked at first",
                 "block-header-crc", kind=TRACE, header_crc32c=1)
    yield second("crc-before-seq-0", "9.2.2 9.2.3", "seq 0 and a wrong checksum: the checksum is looked at first",
                 "block-header-crc", written=0, header_crc32c=1)
    yield case("block-last-crc", "9.3.2 10.2.5", "the last block's header has a wrong checksum",
               last(header_crc32c=1),
               unseen("block-header-crc"), PLAIN)
    for at, what in [(64, "the first byte"), (64 + 18, "a record"), (64 + 24, "the last committed byte")]:
        yield second(f"payload-crc-{at}", "9.3.2", f"a bit has flipped: {what} of the payload", "block-payload-crc",
                     data=flip(three(), place(2) + at))
    yield second("payload-crc-wrong", "9.3.2", "the checksum of the payload is another", "block-payload-crc",
                 payload_crc32c=1)
    yield second("payload-crc-of-room", "9.3.1", "a checksum of more than the committed bytes", "block-payload-crc",
                 payload_crc32c=crc32c(data_of([sync(1000), record(2)]) + b"\0"))
    yield case("block-last-payload-crc", "9.3.2 10.2.5", "the last block's payload: its header could be taken",
               last(payload_crc32c=1), unseen("block-payload-crc", 0, 25), PLAIN)
    yield case("block-last-payload-crc-two", "9.3.2 10.2.5",
               "the header says what is missing at least: what was before it",
               grows(block(1, 1), block(3, 3), block(4, 4, payload_crc32c=1, records_before=9, bytes_before=200)),
               [said(1), lost("missing-blocks", place(2), 1, 25), said(3), told("block-payload-crc", LAST),
                lost("damaged", LAST, 6, 150, exact=False)], "block-seq-above", fault=("block-payload-crc", LAST))


def unchecked():
    for flags, name in [(LIVE, "live"), (SEALED, "sealed")]:
        what = f"the flags say {name}, and not CRC"
        yield case(f"block-{name}", "9.3.1", what, three(flags=flags), said(1, 2, 3))
        yield case(f"block-{name}-crcs-set", "9.3.1", f"{what}: the checksums aren't looked at",
                   three(flags=flags, payload_crc32c=1, header_crc32c=2), said(1, 2, 3))
    yield case("block-stale-set", "9.1.3", "what is behind committed is no zeros, and isn't read",
               three(stale=record(9).data), said(1, 2, 3))
    yield case("block-stale-live", "9.1.3", "nor is it in a live block", last(flags=LIVE, stale=record(9).data),
               said(1, 2, 3))
    yield case("block-stale-fault", "9.1.3", "nor is a fault there one", last(flags=LIVE, stale=b"\2\0"),
               said(1, 2, 3))
    yield case("block-stale-flip", "9.3.1", "checksums are of the committed bytes: a bit behind them has flipped",
               flip(three(stale=b"\x5a"), place(2) + 64 + 25), said(1, 2, 3))


# Committed, and what ends a block: clauses 9.1.3, 9.1.6, 9.2.7

def committed():
    yield case("block-committed-0", "9.1.3", "nothing is committed yet", last(committed=0, flags=LIVE), said(1, 2))
    yield case("block-committed-sync", "9.1.3", "only the sync is", last(committed=18, flags=LIVE), said(1, 2))
    yield case("block-committed-all", "9.1.3", "the whole payload is committed",
               grows(block(1, FILLER, 1), block(2, 2)),
               said(1, 2))
    for left in range(1, 7):
        at = frame_at(3)
        yield case(f"block-committed-cut-{left}", "9.1.3 5.2.1 10.2.5",
                   f"{left} bytes of a record of 7 are committed",
                   last(committed=18 + left, flags=LIVE),
                   [said(1, 2), told("frame-past-end", at), lost("damaged", at, 0, left, exact=False)], PLAIN)
    at = frame_at(2)
    yield case("block-frame-past-committed", "9.1.6 10.2.2",
               "a record reaches past what is committed: the next block tells what is missing",
               three(committed=24, flags=LIVE),
               [said(1), told("frame-past-end", at), lost("damaged", place(3), 1, 7), said(3)], PLAIN)


def vectors():
    return in_area("block", [case(PLAIN, "9.1 9.3.1", "three blocks as they should be", three(), said(1, 2, 3))],
                   headers(),
                   taken(), checksums(), unchecked(), committed())
