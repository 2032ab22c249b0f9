# SPDX-License-Identifier: MIT
"""Clause 5.3: syncs, where they stand, what they set, and those of zeros, which set nothing."""
from assemble import START, Strand
from cases import Area, after
from values import blob, uint

TOP = (1 << 64) - 1
ZEROS = bytes(18)


def bases(area):
    for name, tick, nano, why in (
            ("tick-only", 1000, 0, "a nano of 0 is a time where the tick is none"),
            ("nano-only", 0, 5000, "a tick of 0 is a time where the nano is none"),
            ("least", 0, 1, "the least that isn't (0, 0)"),
            ("top", TOP - 1, TOP - 1, "the last times that don't wrap"),
            ("byte-order", 0x0807060504030201, 0x100f0e0d0c0b0a09, "both are little-endian")):
        area.accept("sync-" + name, "5.3.1", Strand((tick, nano)).record(uint(7)), why)
    area.accept("sync-wraps-tick", "5.4.1", Strand((TOP, 5000)).record(dt=1).record(dt=2), "modulo 2^64")
    area.accept("sync-wraps-nano", "5.4.1", Strand((1000, TOP)).record(dn=1).record(dn=2), "modulo 2^64")
    area.accept("sync-only", "5.3.1", Strand(), "a strand without a record")
    area.accept("sync-sets-anew", "5.3.1", after().sync(2000, 6000).record(), "records count from the last sync")
    area.accept("sync-goes-back", "5.3.1", after(dt=900).sync(10, 20).record(), "time bases may go back")
    area.accept("sync-equal", "5.3.1", after().sync(*START).record(), "the same time base once more")
    area.accept("sync-twice", "5.3.1", Strand().sync(2000, 6000).record(), "the first of two bases is never used")
    area.accept("sync-not-the-record-before", "5.4.1", after(dt=5, dn=7).record(dt=3, dn=2).record(dt=9, dn=9),
                "deltas count from the sync, not from the record before")


def places(area):
    """A sync behind a record of each size from 5 on: at every offset, odd and even."""
    for size in range(5, 37):
        fields = [blob(bytes(size - 7))] if size >= 7 else [uint(0)][:0]
        strand = Strand(None).sync(*START).record(*fields, p=-1 if size != 6 else 1 << 6)
        area.accept("sync-at-%d" % strand.offset, "5.1.1 5.3.1", strand.sync(2000, 6000).record(uint(size)),
                    "behind a record of %d bytes" % size)


def torn(area):
    area.accept("sync-whole", "5.2.1", after().sync(0x0101010101010101, 0x0101010101010101), "nothing is missing")
    whole = b"\0\0" + b"\1" * 16
    for length in (1, *range(3, 18)):  # two bytes of it are zero fill
        note = "%d of 18 bytes" % length
        area.recover("sync-torn-%d" % length, "5.2.1", after().bad(whole[:length], "frame-past-end", note), note,
                     "sync-whole")


def zeros(area):
    def zero(strand):
        return strand.bad(ZEROS, "zero-sync", "a sync of zeros")

    def case(ident, strand, why, sibling="sync-twice"):
        area.recover("zero-sync-" + ident, "5.3.4", strand, why, sibling)

    case("first", zero(Strand(None)).sync(*START).record(), "in front of the first sync")
    case("between", zero(Strand()).record(), "the base stays", "sync-sets-anew")
    case("last", zero(after()).record(), "between two records: the base stays", "sync-sets-anew")
    case("apart", zero(zero(Strand()).record()).record(), "two, with a record between them: two reports")
    case("apart-by-sync", zero(zero(Strand()).sync(2000, 6000)).record(),
         "two, with a sync between them: two reports")
    case("apart-by-pad", zero(zero(Strand()).pad(8)).record(), "two, with a PAD between them: two reports")
    for count in (2, 3, 10):
        strand = Strand().bad(ZEROS * count, "zero-sync", "%d syncs of zeros" % count).record()
        case("run-%d" % count, strand, "a run is reported once, at its first", "zero-sync-between")
    case("run-first", Strand(None).bad(ZEROS * 2, "zero-sync").sync(*START).record(), "a run at the very beginning",
         "zero-sync-first")
    case("then-bad-size", zero(Strand()).bad("03 00 01", "bad-size"), "reported before what follows",
         "zero-sync-between")
    case("then-stray-byte", zero(Strand()).bad("07", "frame-past-end"), "reported before what follows",
         "zero-sync-between")
    case("then-torn-sync", zero(Strand()).bad("00*16 01", "frame-past-end"), "a sync that is cut ends the run",
         "zero-sync-between")
    case("then-critical", zero(Strand()).bad("01 00 63 01 08 00*3", "critical-frame"), "reported before what follows",
         "zero-sync-between")
    case("then-bad-header", zero(Strand()).bad("05 00 80 80 80", "bad-header").record(),
         "reported before what follows",
         "zero-sync-between")
    case("then-nearly-zero", zero(Strand()).sync(0, 1 << 56).record(), "the last byte of the next sync isn't zero",
         "zero-sync-between")
    no_base = zero(Strand(None)).fault("no-base").record().sync(*START).record()
    case("no-base", no_base, "a sync of zeros is no base", "no-base-not")


def vectors():
    area = Area("sync")
    for part in (bases, places, torn, zeros):
        part(area)
    area.accept("no-base-not", "5.4.5", Strand((0, 1)).record().sync(*START).record(), "a base that is nearly zeros")
    return area.vectors
