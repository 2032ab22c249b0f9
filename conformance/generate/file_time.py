# SPDX-License-Identifier: MIT
"""NANO_DERIVED: nanoseconds that follow from ticks. Clauses 8.5.1, 8.5.2."""
import struct

from assemble_file import (LIVE, NANO_DERIVED, U32, U64, block, extended, grows, hexed, line, place, ring, said, sync,
                           told)
from case_file import case, in_area
from pieces import Piece
from values import uint, uvarint

BASE = (1000, 5000)


def at(delta, nano=0):
    """A record `delta` ticks behind its sync, with a nano_delta."""
    body = uvarint(delta) + uvarint(nano) + b"\1\5\7"
    return Piece(struct.pack("<H", len(body) + 2) + body, f"record: tick +{delta}, nano +{nano}, uint 7", 1)


def ns(ticks, num, den):
    """Clause 8.5.1."""
    return ticks * num // den


def derived(*content, num=1, den=1, base=BASE, **changes):
    return grows(block(1, sync(*base), *content, opening=False, flags=LIVE), incompat=NANO_DERIVED, tick_num=num,
                 tick_den=den,
                 **changes)


def shown(delta, num=1, den=1, base=BASE):
    return line((base[0] + delta) & U64, uint(7), nano=(base[1] + ns(delta, num, den)) & U64)


RATES = [  # delta, num, den
    (10, 1, 1), (10, 1000, 3), (1, 1000, 3), (2, 2, 3), (1, 1, 2), (999, 1, 1000), (1000, 1, 1000), (1001, 1, 1000),
    (0, 1000, 3), (U32, U32, 1), (1 << 32, U32, 1), (U64, 1, 1), (U64, U32, 1), (U64, 1, U32), (U64, U32, U32 - 1),
    (U64, 3, 2), (1 << 63, 2, 1), (1 << 63, 2, 3), ((1 << 53) + 1, 1, 1), ((1 << 53) + 1, 1000000, 999999),
]


def rates():
    for delta, num, den in RATES:
        yield case(f"time-derived-{delta}-{num}-{den}", "8.5.2 8.5.1", f"{delta} ticks by {num} / {den}",
                   derived(at(delta), num=num, den=den), shown(delta, num, den))


def ignored():
    for nano in (1, 127, 128, U64):
        yield case(f"time-derived-nano-{nano}", "8.5.2", f"a nano_delta of {nano} counts for nothing",
                   derived(at(10, nano)),
                   shown(10))
    padded = hexed("0a 00 8a 80 00 80 80 00 01 01", "record: tick +10, both padded", 1)
    yield case("time-derived-padded", "8.5.2 4.2.3", "deltas are padded", derived(padded, num=1000, den=3),
               '{"stream":0,"tick":1010,"nano":8333,"p":-1,"fields":[{"type":"unknown"}]}')
    cut = hexed("07 00 0a 80 80 80 80", "a nano_delta that doesn't end")
    yield case("time-derived-bad-header", "8.5.2 5.4.4", "it has to be there all the same",
               derived(at(1), cut, at(2)),
               [shown(1), told("bad-header", place(1) + 64 + 18 + 7), shown(2),
                told("damaged", place(1) + 64 + 18 + 7, 0, 7, exact=False)], "time-derived-padded")
    yield case("time-not-derived", "8.5.2 5.4.1", "without the feature nano_delta counts, whatever the rate",
               grows(block(1, 1), tick_num=1000, tick_den=3), said(1))
    yield case("time-amortised", "8.5.3", "AMORTISED_CLOCK: records of one time", grows(block(1, 1, 1, 1), compat=2),
               said(1, 1, 1))


def anchors():
    yield case("time-derived-not-from-record", "8.5.2 5.4.1", "ticks count from the sync, and are rounded once",
               derived(at(1), at(2), at(3), num=1, den=2), [shown(1, 1, 2), shown(2, 1, 2), shown(3, 1, 2)])
    yield case("time-derived-anew", "8.5.2", "every sync anchors anew",
               derived(at(3), sync(2000, 9), at(3), num=1, den=2), [shown(3, 1, 2), shown(3, 1, 2, (2000, 9))])
    yield case("time-derived-back", "8.5.2 5.3.1", "a sync may go back", derived(at(9), sync(10, 20), at(9)),
               [shown(9), shown(9, base=(10, 20))])
    yield case("time-derived-wrap", "8.5.2 5.4.1", "tick and nano wrap round",
               derived(at(2, 0), base=(U64, U64 - 1), num=3), shown(2, 3, base=(U64, U64 - 1)))
    yield case("time-derived-blocks", "8.5.2 9.1.6", "every block has its own anchor",
               grows(block(1, sync(1000, 7), at(3), opening=False), block(2, sync(2000, 8), at(3), opening=False),
                     incompat=NANO_DERIVED, tick_num=10), [shown(3, 10, 1, (1000, 7)), shown(3, 10, 1, (2000, 8))])
    large = extended(5, uvarint(10) + b"\0\1\5\7", "LARGE: tick +10", records=1)
    yield case("time-derived-large", "8.5.2 6.8.1", "LARGE follows the same rule", derived(large, num=1000, den=3),
               shown(10, 1000, 3))
    yield case("time-derived-no-base", "8.5.2 5.4.5", "without a sync both count from 0",
               grows(block(1, at(10), opening=False, flags=LIVE), incompat=NANO_DERIVED, tick_num=3),
               [told("no-base", place(1) + 64), shown(10, 3, 1, (0, 0))], "time-derived-10-1-1")
    yield case("time-derived-no-base-later", "8.5.2 5.4.5", "nor does a block have the anchor of the one before",
               grows(block(1, sync(*BASE), at(1), opening=False), block(2, at(10), opening=False, flags=LIVE),
                     incompat=NANO_DERIVED, tick_num=3),
               [shown(1, 3), told("no-base", place(2) + 64), shown(10, 3, 1, (0, 0))], "time-derived-blocks")
    yield case("time-derived-zero-sync", "8.5.2 5.3.4", "a sync of zeros anchors nothing",
               derived(hexed("00*18", "a sync of zeros"), at(10), num=3),
               [told("zero-sync", place(1) + 64 + 18), shown(10, 3),
                told("damaged", place(1) + 64 + 18, 0, 18, exact=False)], "time-derived-10-1-1")
    yield case("time-derived-ring", "8.5.2", "in a ring too",
               ring(2, block(1, sync(*BASE), at(10), opening=False), incompat=NANO_DERIVED, tick_num=7, tick_den=2),
               shown(10, 7, 2))


def vectors():
    return in_area("time", rates(), ignored(), anchors())
