# SPDX-License-Identifier: MIT
"""Clause 5.4: headers of records, what can be wrong with them, and records without a time base."""
from assemble import START, Strand
from cases import Area, after
from values import FALSE, opaque, uint, uvarint

TOP = (1 << 64) - 1
LEAST, MOST = -(1 << 63), (1 << 63) - 1


def numbers(area):
    for length in range(1, 11):
        most = min((1 << 7 * length) - 1, TOP)
        area.accept("tick-delta-%d-bytes" % length, "5.4.1", after(uint(7), dt=most),
                    "a tick_delta of %d bytes" % length)
        area.accept("nano-delta-%d-bytes" % length, "5.4.1", after(uint(7), dn=most),
                    "a nano_delta of %d bytes" % length)
    for p in (0, -1, 1, -2, 63, -64, 64, -65, 1 << 31, MOST, LEAST):
        name = str(p).replace("-", "minus-")
        area.accept("p-%s" % name, "5.4.2", after(uint(7), p=p),
                    "P %d: in a bare strand nobody says what it means" % p)
    for length in range(2, 11):
        area.accept("header-padded-%d" % length, "4.2.3", after(uint(7), pads=(length,) * 3),
                    "all three padded to %d bytes" % length)
    area.accept("deltas-of-zero", "5.4.1", after(dt=0, dn=0), "the time of the sync itself")
    area.accept("no-fields", "5.4.3", after().record(uint(7)), "a record without fields")
    area.accept("many-fields", "5.4.3", after(*[FALSE] * 1000), "a thousand fields")
    area.accept("tick-wraps", "5.4.1", Strand((TOP, 5000)).record(dt=TOP), "tick wraps, nano doesn't")
    area.accept("nano-wraps", "5.4.1", Strand((1000, TOP)).record(dn=TOP), "nano wraps, tick doesn't")
    area.accept("order-is-of-the-bytes", "5.4.6", after(dt=9, dn=9).record(dt=3, dn=3).record(dt=6, dn=6),
                "records stand in the order of the strand, whatever their times")


def bodies():
    """→ (name, bytes of a header that can't be decoded, what is wrong)"""
    fronts = (("tick", b"", "tick_delta"), ("nano", b"\1", "nano_delta"), ("p", b"\1\1", "P"))
    for name, front, what in fronts:
        for count in range(1, 4):
            if len(front) + count >= 3:
                yield "%s-cut-%d" % (name, count), front + b"\x80" * count, "%s has no end within the record" % what
        yield name + "-cut-9", front + b"\xff" * 9, "%s: nine bytes, and the record ends" % what
        yield name + "-cut-10", front + b"\xff" * 10, "%s: the tenth byte goes on, and the record ends" % what
        yield name + "-long", front + b"\x80" * 10 + b"\0\1\1", "%s has eleven bytes" % what
        yield name + "-range", front + b"\x80" * 9 + b"\2\1\1", "%s is 2^64" % what
        yield name + "-range-ones", front + b"\xff" * 9 + b"\x7f\1\1", "%s is far above 2^64" % what
    yield "nano-missing", uvarint(1, 3), "tick_delta fills the record"
    yield "p-missing", uvarint(1) + uvarint(1, 2), "nothing is left for P"
    yield "p-missing-long", uvarint(TOP) + uvarint(TOP), "two long deltas, nothing is left for P"


def broken(area):
    area.accept("header-whole", "5.4.3", Strand().record(uint(5)).record(uint(7)), "two records")
    area.accept("header-longest", "5.4.3", after(dt=TOP, dn=TOP, p=LEAST).record(uint(7)),
                "a header of 30 bytes, no fields")
    for name, body, why in bodies():
        strand = Strand().bad(record(body), "bad-header", why).record(uint(7))
        area.recover("bad-header-" + name, "5.4.4 4.2.4", strand, why + ": skipped, the next is read", "header-whole")
    good = Strand()
    for _ in range(2):
        good.bad(record(b"\x80\x80\x80"), "bad-header")
    area.recover("bad-header-twice", "5.4.4", good.record(uint(7)), "each is reported", "header-whole")
    area.recover("bad-header-last", "5.4.4", after(uint(7)).bad(record(b"\x80\x80\x80"), "bad-header"),
                 "nothing follows, and nothing is missing", "header-whole")
    area.recover("bad-header-with-fields", "5.4.4",
                 Strand().bad(record(b"\1\1" + b"\xff" * 12 + b"\5\7"), "bad-header")
                 .record(uint(7)), "its fields aren't looked at", "header-whole")
    area.recover("bad-header-keeps-base", "5.4.4",
                 Strand().bad(record(uvarint(500, 3)), "bad-header").record(uint(7)),
                 "a delta that could be decoded changes nothing", "header-whole")
    area.recover("bad-header-strict", "4.2.3 5.4.4",
                 Strand().bad(record(uvarint(1, 3)), "bad-header").record(uint(7)),
                 "in strict mode, too, it is a bad header", "header-whole", op="decode raw strict", level="should")


def record(body):
    return (len(body) + 2).to_bytes(2, "little") + body


def no_base(area):
    def case(ident, strand, why, sibling="header-whole"):
        area.recover("no-base-" + ident, "5.4.5", strand, why, sibling)

    bare = Strand(None)
    case("first", bare.fault("no-base").record(uint(7)), "no sync at all: the base is (0, 0)")
    case("once", Strand(None).fault("no-base").record(uint(7)).record(uint(8), dt=2).record(), "reported once")
    case("then-sync", Strand(None).fault("no-base").record().sync(*START).record(uint(7)), "until a sync comes")
    case("then-sync-and-no-more", Strand(None).fault("no-base").record().sync(*START).record().sync(1, 1).record(),
         "a strand that has a base keeps one")
    case("behind-pad", Strand(None).pad(9).fault("no-base").record(uint(7)), "an extended frame is no base")
    case("behind-clock", Strand(None).clock(1000, 5000, 1, 1).fault("no-base").record(uint(7)), "a CLOCK is no base")
    case("behind-def", Strand(None).define(1, 2).fault("no-base").record(uint(7)), "a DEF needs no base")
    case("large", Strand(None).fault("no-base").record(uint(7), large=True), "a LARGE needs a base as a record does")
    case("no-fields", Strand(None).fault("no-base").record(), "a record without fields")
    case("bad-field", Strand(None).fault("no-base").record(opaque("bad-field-type", "00")),
         "reported in front of the record, the fault of the field behind it")
    case("header-first", Strand(None).bad(record(b"\x80\x80\x80"), "bad-header").fault("no-base").record(uint(7)),
         "it is the first record whose header could be decoded that misses it")
    case("then-bad-size", Strand(None).fault("no-base").record().bad("02 00", "bad-size"), "and what follows")
    case("zero-deltas", Strand(None).fault("no-base").record(dt=0, dn=0), "the time is (0, 0)")
    case("loss-first", Strand(None).loss("lost", "overwritten", 0).fault("no-base").record(uint(7)),
         "a LOSS in front of it is told first")
    area.recover("no-record-no-base", "5.4.5", Strand(None).bad(record(b"\x80\x80\x80"), "bad-header"),
                 "no header could be decoded: no base is missed", "header-whole")


def vectors():
    area = Area("records")
    for part in (numbers, broken, no_base):
        part(area)
    area.accept("no-base-not-missed", "5.4.5", Strand(None).pad(9).sync(*START).record(uint(7)),
                "frames without a time")
    return area.vectors
