# SPDX-License-Identifier: MIT
"""Clause 5.5: zeros to the end are no damage and no data; zeros with something behind them are syncs."""
from assemble import Strand
from cases import Area, after
from values import blob, fixed, string, uint

MANY = (*range(2, 40), 54, 55, 512, 4096, 65536)


def fills(area):
    for count in MANY:
        strand = after(uint(7)).bad(bytes(count), "zero-fill", "never written")
        area.recover("zero-fill-%d" % count, "5.5.1", strand, "%d zero bytes to the end" % count, "zero-fill-0")
    area.recover("zero-fill-1", "5.5.1 5.2.1", after(uint(7)).bad("00", "frame-past-end"),
                 "a single zero byte is half a size", "zero-fill-0")
    area.accept("zero-fill-0", "5.5.1", after(uint(7)), "nothing is left")
    for count in (2, 17, 18, 19, 36, 4096):
        area.recover("zero-strand-%d" % count, "5.5.1", Strand(None).bad(bytes(count), "zero-fill"),
                     "a strand of nothing but zeros", "empty-strand")
    area.recover("zero-strand-1", "5.5.1 5.2.1", Strand(None).bad("00", "frame-past-end"), "one zero byte",
                 "empty-strand")
    area.accept("empty-strand", "5.1.1", Strand(None), "no bytes, no frames")


def nearly(area):
    """Zeros with one byte behind them that isn't."""
    for count in range(1, 37):
        strand, zeros = after(uint(7)), count
        if count >= 18 and count != 35:
            strand.bad(bytes(18), "zero-sync", "a sync of zeros")
            zeros -= 18
        if count == 35:
            strand.fault("zero-sync").put(bytes(18)).sync(0, 1 << 56)
        elif zeros == 17:
            strand.sync(0, 1 << 56)
        elif count == 36:
            strand.put(bytes(18)).bad("01", "frame-past-end")
        else:
            strand.bad(bytes(zeros) + b"\1", "frame-past-end")
        told = area.recover if strand.faults else area.accept
        sibling = {"sibling": "zero-fill-%d" % (count + 1)} if strand.faults else {}
        told("zero-nearly-%d" % count, "5.5.1 5.3.4", strand, "%d zero bytes, and one that isn't" % count, **sibling)


def runs(area):
    def case(ident, strand, why, sibling):
        area.recover("zero-" + ident, "5.5.1", strand, why, sibling)

    for syncs, rest in ((1, 1), (1, 2), (1, 17), (2, 0), (3, 5)):
        case("run-%d-and-%d" % (syncs, rest), Strand().bad(bytes(18 * syncs + rest), "zero-fill"),
             "syncs of zeros that go on to the end are zero fill, told at the first", "zero-sync-run-2")
    case("after-apart", Strand().bad(bytes(18), "zero-sync").record().bad(bytes(40), "zero-fill"),
         "a sync of zeros, a record, and zeros to the end", "zero-sync-between")
    case("after-ext", Strand().pad(8).bad(bytes(3), "zero-fill"), "behind an extended frame", "torn-not-pad")
    case("after-end", after().end().bad(bytes(8), "zero-fill"), "behind END", "end-last")
    case("after-bad-header", Strand().bad("05 00 80 80 80", "bad-header").bad(bytes(8), "zero-fill"),
         "behind a record that is skipped", "header-whole")
    area.accept("zero-inside-record", "5.5.1", after(blob(bytes(40))).record(uint(0), dt=0, dn=0, p=0),
                "zeros inside of records are data")
    area.accept("zero-ends-record", "5.5.1", after(string(bytes(20))),
                "the strand ends with zeros that a record holds")
    area.accept("zero-ends-sync", "5.5.1", Strand((1, 0)), "the strand ends with zeros that a sync holds")
    area.accept("zero-ends-ext", "5.5.1", Strand().pad(64), "the strand ends with zeros that a PAD holds")
    area.accept("zero-header", "5.4", Strand().record(dt=0, dn=0, p=0), "a record of zeros, but for its size")
    case("cut-record", Strand().bad(fixed(40, 2) + bytes(20), "frame-past-end"),
         "a record that is cut and holds zeros: a size isn't zero", "frame-size-9")


def vectors():
    area = Area("zero")
    for part in (fills, nearly, runs):
        part(area)
    return area.vectors
