# SPDX-License-Identifier: MIT
"""Clause 11.2: the order of several bare strands.

Each case says it by hand: 0010 is a line of stream 0, another of stream 0, one of stream 1, one of stream 0.
"""
from assemble import Strand
from cases import Area
from values import TRUE, key, opaque, string, uint

TOP = (1 << 64) - 1
ORDERS = (  # id, ticks of each stream above the base, order, why
    ("one", ["1 2 3"], "000", "a single input"),
    ("apart", ["1 2", "3 4"], "0011", "one ends before the other begins"),
    ("apart-swapped", ["3 4", "1 2"], "1100", "the time counts, not the order of the inputs"),
    ("alternate", ["1 3 5", "2 4 6"], "010101", "in turn"),
    ("alternate-swapped", ["2 4 6", "1 3 5"], "101010", "in turn, the second first"),
    ("tie", ["5", "5"], "01", "of equal ones the lower stream"),
    ("tie-of-many", ["5 5 5", "5 5"], "00011", "the lower stream as long as it is equal"),
    ("tie-of-three", ["5", "5", "5"], "012", "three equal ones"),
    ("tie-behind", ["1 5", "2 5"], "0101", "equal ones behind others"),
    ("tie-of-two-in-three", ["9", "5", "5"], "120", "the second and the third are equal"),
    ("tie-then-less", ["5 6", "5 5"], "0110", "of equal heads the lower stream, and then the smaller"),
    ("back", ["5 2 9", "5"], "0010", "back in time: stays behind, and goes at once"),
    ("back-hidden", ["5 1", "3"], "100", "only heads are compared: 1 waits behind 5"),
    ("back-both", ["9 1", "8 2"], "1100", "both go back: 8 and its 2 first"),
    ("back-to-tie", ["5 3", "4 3"], "1100", "equal, but one waits behind 5"),
    ("back-far", ["100 0 0 101", "50 102"], "100001", "all that goes back goes with its head"),
    ("empty-first", ["", "1 2"], "11", "an input without records keeps its number"),
    ("empty-last", ["1 2", ""], "00", "the last has no records"),
    ("empty-all", ["", "", ""], "", "nothing in any"),
    ("three", ["1 4 7", "2 5 8", "3 6 9"], "012012012", "three in turn"),
    ("three-reversed", ["3 6 9", "2 5 8", "1 4 7"], "210210210", "three in turn, the last first"),
    ("one-is-late", ["1 2 3", "100", "4"], "000" "21", "one waits to the end"),
    ("twelve", ["%d" % (12 - n) for n in range(12)], "BA9876543210", "streams of two digits"),
    ("twelve-ties", ["7"] * 12, "0123456789AB", "twelve equal ones: by number, not by text"))


def numbered(stream):
    return Strand(stream=stream)


def ticks(stream, text):
    strand = numbered(stream)
    for place, delta in enumerate(text.split()):
        strand.record(uint(10 * stream + place), dt=int(delta), dn=0)
    return strand


def taken(strands, order):
    """The lines of the strands, each taken by the number of its stream."""
    queues = [list(strand.lines) for strand in strands]
    lines = [queues[int(stream, 16)].pop(0) for stream in order]
    assert not any(queues), order
    return lines


def orders(area):
    for ident, streams, order, why in ORDERS:
        strands = [ticks(stream, text) for stream, text in enumerate(streams)]
        area.merge("merge-raw-" + ident, "11.2.1", strands, taken(strands, order), why)


def times(area):
    def case(ident, strands, order, why, clauses="11.2.2"):
        area.merge("merge-raw-" + ident, clauses, strands, taken(strands, order), why)

    case("nano-does-not-count", [numbered(0).record(dt=5, dn=9), numbered(1).record(dt=5, dn=1)], "01",
         "equal ticks, whatever their nanos")
    case("nano-against-tick", [numbered(0).record(dt=6, dn=1), numbered(1).record(dt=5, dn=9)], "10",
         "the tick counts, not the nano")
    case("p-does-not-count", [numbered(0).record(p=9), numbered(1).record(p=-1)], "01",
         "equal ticks, whatever their P")
    case("other-bases", [numbered(0).sync(10, 9000).record(dt=2), numbered(1).sync(1, 1).record(dt=10)], "10",
         "11 comes before 12")
    case("unsigned", [Strand((1 << 63, 1), 0).record(dt=0), Strand(((1 << 63) - 1, 1), 1).record(dt=0)], "10",
         "ticks are unsigned")
    case("above-2-53", [Strand(((1 << 53) + 1, 1), 0).record(dt=0), Strand((1 << 53, 1), 1).record(dt=0)], "10",
         "ticks are exact")
    case("wrapped", [Strand((TOP, 1), 0).record(dt=0).record(dt=2), Strand((5, 1), 1).record(dt=0)], "100",
         "a tick that wraps went back")
    case("wrapped-first", [numbered(0).record(), Strand((TOP, 1), 1).record(dt=3)], "10", "what wraps is early")
    case("sync-does-not-count", [numbered(0).sync(1, 1).sync(2000, 1).record(), numbered(1).record()], "10",
         "a sync is no head")
    case("event", [numbered(0).event(20, 1, dt=5), numbered(1).record(dt=4), numbered(2).record(dt=6)], "102",
         "trace events go by their tick")
    case("large", [numbered(0).record(dt=5, large=True), numbered(1).record(dt=4)], "10", "LARGE goes by its tick")
    case("own-definitions", [numbered(0).define(1, 2, string(b"fd")).record(key(2, b"fd")),
                             numbered(1).record(key(2))], "01",
         "a bare strand is a session of its own", "6.5.4 11.2.2")
    case("both-define", [numbered(0).define(1, 2, string(b"a")).record(key(2, b"a"), dt=5),
                         numbered(1).define(1, 2, string(b"b")).record(key(2, b"b"), dt=3)], "10",
                         "each its own name", "6.5.4 11.2.2")


def faults(area):
    def case(ident, strands, order, why, sibling="merge-raw-tie", clauses="10.1.2 11.2.1"):
        fault = [strand.faults for strand in strands if strand.faults]
        error, at = fault[0][0] if fault else ("", "")
        area.merge("merge-raw-" + ident, clauses, strands, taken(strands, order), why, klass="recover", error=error,
                   at=at,
                   sibling=sibling if fault else "")

    bad = ("02 00", "bad-size")
    case("fault-behind", [numbered(0).record(dt=5).record(dt=9), numbered(1).record(dt=5).bad(*bad)], "0110",
         "directly behind the last record of its stream")
    case("fault-in-front", [numbered(0).record(), numbered(1).bad(*bad)], "10",
         "no record before it: in front of all records")
    case("faults-in-front", [numbered(0).bad(*bad), numbered(1).bad(*bad), numbered(2).record()], "012",
         "in front of all records, streams in order")
    case("faults-in-front-only", [numbered(0).bad(*bad), numbered(1).bad("07", "frame-past-end")], "01",
         "nothing but faults")
    case("fault-held-back", [numbered(0).record(dt=9).bad(*bad), numbered(1).record(dt=5).record(dt=7)], "1100",
         "it waits for its record")
    case("fault-before-tie", [numbered(0).record(dt=5).bad(*bad), numbered(1).record(dt=5)], "001",
         "in front of an equal one of the next stream")
    case("field-fault", [numbered(0).record(opaque("bad-field-type", "00")).record(dt=3), numbered(1).record()],
         "0010", "behind its record")
    case("header-fault", [numbered(0).bad("05 00 80 80 80", "bad-header").record(dt=9), numbered(1).record()], "010",
         "in front of all records")
    case("zero-fill", [numbered(0).record().bad("00*9", "zero-fill"), numbered(1).record(dt=0)], "100",
         "zeros behind the last record")
    case("no-base", [numbered(0).record(), Strand(None, 1).fault("no-base").record(dt=5)], "110",
         "a base of (0, 0) is early")
    case("zero-sync-between", [numbered(0).record().bad(bytes(18), "zero-sync").record(dt=3),
                               numbered(1).record(dt=2)], "0010", "behind the record before it")
    case("two-faults-behind", [numbered(0).record(opaque("bad-field-type", "00")).bad(*bad),
                               numbered(1).record(TRUE)], "0001", "both, in their order")
    case("loss", [numbered(0).record(dt=5), numbered(1).record(dt=3).loss("lost", "refused", 1, 0, 5).record(dt=6)],
         "1101", "a LOSS goes with the record before")
    case("loss-in-front", [numbered(0).record(), numbered(1).loss("lost", "overwritten", 1, 0, 5).record()], "101",
         "a LOSS in front of all")
    case("critical", [numbered(0).record(dt=2), numbered(1).record().bad("01 00 63 01 08 00*3", "critical-frame")],
         "110", "one strand ends, the others go on")


def vectors():
    area = Area("merge-raw", needs="merge")
    for part in (orders, times, faults):
        part(area)
    return area.vectors
