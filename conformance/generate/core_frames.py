# SPDX-License-Identifier: MIT
"""Clauses 5.1 and 5.2: sizes of frames, those that can't be, and frames that are torn at each of their bytes."""
from assemble import Strand
from cases import Area, after
from values import FALSE, blob, fixed, memdump, string, traceback, uint

SMALL = range(5, 13)
LARGE = (127, 128, 129, 255, 256, 257, 4095, 4096, 32767, 32768, 65534, 65535)
KINDS = (("pad", 1), ("def", 2), ("clock", 4), ("large", 5), ("owner", 6), ("end", 7), ("unknown", 99))


def filled(strand, size):
    """A record of just this size."""
    if size < 30:
        return strand.record(*[FALSE] * (size - 5))
    length = 1 if size - 7 <= 127 else 2 if size - 8 <= 16383 else 3
    return strand.record(blob(b"\xaa" * (size - 6 - length)))


def sizes(area):
    for size in (*SMALL, *LARGE):
        strand = filled(Strand(), size)
        assert strand.offset == 18 + size
        area.accept("frame-size-%d" % size, "5.1.1 5.4.3", strand.record(uint(7)), "a record of %d bytes" % size)


def bad_sizes(area):
    for size in (2, 3, 4):
        head = fixed(size, 2)
        for name, strand, data, why in (
                ("", Strand(), head + b"\1\1", "no frame has %d bytes" % size),
                ("-first", Strand(None), head + b"\1\1", "at the very beginning"),
                ("-nothing-behind", Strand(), head, "the size alone tells, whether the rest is there or not"),
                ("-then-record", Strand(), head + b"\1\1" + bytes.fromhex("07000101010507"),
                 "nothing behind it is read"),
                ("-then-sync", Strand(), head + bytes(2) + b"\1" * 16, "not even a sync"),
                ("-after-record", after(uint(7)), head + b"\1\1", "what is before it stays"),
                ("-after-pad", Strand().pad(9), head + b"\1\1", "behind an extended frame"),
                ("-after-zeros-inside", after(uint(0), p=0, dt=0, dn=0), head + bytes(8),
                 "zeros behind it change nothing")):
            area.recover("frame-size-%d%s" % (size, name), "5.1.2 5.1.3", strand.bad(data, "bad-size"), why,
                         "frame-size-5")


def torn(area):
    """Everything but the last bytes of a frame, for each number of bytes."""
    fields = (string(b"hello"), uint(300))
    record = Strand(None).record(*fields).data
    whole = after(FALSE).record(*fields)
    tear(area, "record", record, whole, "a record of %d bytes")
    for name, kind in KINDS:
        if name != "large":
            frame = Strand(None).ext(kind, b"\1\2\3\4").data
            tear(area, name, frame, None, "an extended frame of %d bytes")
    large = Strand(None).record(*fields, large=True).data
    tear(area, "large", large, after(FALSE).record(*fields, large=True), "a LARGE of %d bytes")


def tear(area, name, frame, whole, what):
    sibling = "torn-not-" + name
    what = what % len(frame)
    area.accept(sibling, "5.2.1", whole or after(FALSE).put(frame, what), what + ", whole")
    for count in range(1, len(frame)):
        strand = after(FALSE).bad(frame[:count], "frame-past-end", "%d of %d bytes" % (count, len(frame)))
        area.recover("torn-%s-%d" % (name, count), "5.2.1 5.1.4", strand, "%s, of which %d are there" % (what, count),
                     sibling)


def far(area):
    """Frames that reach further than the data, from their first byte or by a length that is a lie."""
    def case(ident, data, why, sibling="frame-size-5", strand=None):
        strand = strand or after(uint(7))
        area.recover("past-end-" + ident, "5.2.1", strand.bad(data, "frame-past-end"), why, sibling)

    for byte in (0, 1, 2, 5, 0x7f, 0xff):
        case("stray-%02x" % byte, bytes([byte]), "one byte is left: half a size")
    for size in (5, 6, 7, 8, 9, 127, 128, 255, 256, 65535):
        case("size-%d-alone" % size, fixed(size, 2), "a size and nothing behind it")
    case("size-65535-one-missing", fixed(65535, 2) + b"\1\1\1" + b"\2" * 65529, "65534 of 65535 bytes",
         "frame-size-65535")
    case("first", "05", "the strand is a single byte", strand=Strand(None))
    case("first-record", "07 00 01 01 01 05", "no base is missed: the record isn't read", strand=Strand(None))
    for total in (9, 4096, 1048575, 1048576):
        case("ext-%d" % total, b"\1\0\x63\0" + fixed(total, 4),
             "an extended frame of %d bytes ends behind its header" % total,
             "ext-length-8")


def orders(area):
    """Clause 5.1.4: where several faults are at one place, the first of the list is told."""
    def case(ident, strand, why, sibling):
        area.recover("order-" + ident, "5.1.4", strand, why, sibling)

    case("zeros-before-header", Strand().bad("00 00", "zero-fill"), "zeros, and not the header of a sync",
         "sync-only")
    case("zeros-before-past-end", Strand().bad("00*17", "zero-fill"), "zeros, and not a sync that is cut",
         "sync-only")
    case("header-before-bad-length", Strand().bad("01 00 63 00 07 00 00", "frame-past-end"),
         "an impossible length whose last byte is missing", "ext-length-8")
    case("header-before-critical", Strand().bad("01 00 63 01 08 00 00", "frame-past-end"),
         "a critical frame whose header is cut", "ext-length-8")
    case("bad-length-before-past-end", Strand().bad("01 00 63 00 ff*4", "bad-ext-length"),
         "a length that is impossible and reaches past the end", "ext-length-8")
    case("bad-length-before-critical", Strand().bad("01 00 63 01 07 00 00 00", "bad-ext-length"),
         "an impossible length of a critical frame", "ext-length-8")
    case("past-end-before-critical", Strand().bad("01 00 63 01 09 00 00 00", "frame-past-end"),
         "a critical frame that reaches past the end", "ext-length-8")
    case("past-end-before-body", Strand().bad("01 00 03 00 0b 00 00 00 09 10", "frame-past-end"),
         "a LOSS that reaches past the end, with a diag that isn't assigned", "ext-length-8")
    case("past-end-before-record", Strand().bad("07 00 80 80 80 80", "frame-past-end"),
         "a record that reaches past the end, and its header can't be decoded", "frame-size-7")
    case("past-end-before-no-base", Strand(None).bad("07 00 01 01 01 05", "frame-past-end"),
         "a record that reaches past the end, without a base", "frame-size-7")


def fields_at_the_end(area):
    """The last field ends where its frame does: not a byte is read behind it."""
    for name, item in (("string", string(b"end")), ("traceback", traceback([1, 2])), ("memdump", memdump(1, b"\2")),
                       ("uint", uint(300))):
        area.accept("frame-ends-with-" + name, "5.4.3 7.0.1", after(item).record(uint(7)),
                    "the field fills the frame")


def vectors():
    area = Area("frames")
    for part in (sizes, bad_sizes, torn, far, orders, fields_at_the_end):
        part(area)
    return area.vectors
