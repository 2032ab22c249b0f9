# SPDX-License-Identifier: MIT
"""Clause 6.8: records that are too long for a record, and short ones that a reader takes all the same."""
from assemble import START, Strand, ext_header
from cases import Area, after
from values import FALSE, blob, conststring, key, opaque, string, traceback, uint, uvarint

MOST = 1 << 20
SHORT = "large-short"


def good(area):
    area.accept(SHORT, "6.8.1", after(uint(7), large=True).record(uint(8)), "one that a record would have held")
    area.accept("large-no-fields", "6.8.1", after(large=True).record(uint(8)), "no fields")
    area.accept("large-p", "6.8.1", after(uint(7), p=-65, large=True), "P")
    area.accept("large-padded-header", "4.2.3", after(uint(7), pads=(3, 3, 2), large=True),
                "padding in its header is ordinary")
    area.accept("large-many-kinds", "6.8.1", after(FALSE, conststring(6, 9), traceback([1, 2]), key(2), string(b"x"),
                                                   large=True),
                "fields of many types")
    area.accept("large-after-sync-again", "6.8.1", Strand().sync(2000, 6000).record(uint(7), dt=3, large=True),
                "it counts from the sync")
    for body in (65533, 65534, 70000):
        strand = sized(body).record(uint(8))
        area.limit("input", "large-body-%d" % body, "6.8.1", strand, "a body of %d bytes" % body)
    longest = after().bad(ext_header(5, 0, MOST) + b"\x80" * (MOST - 8), "bad-header", "LARGE").record(uint(8))
    area.limit("input", "large-most", "6.8.1 14", longest,
               "the longest frame, skipped, because its tick_delta has no end")
    for flags in (1, 0xff):
        strand = after().line(Strand().record(uint(7)).lines[0]).ext(5, "01 01 01 05 07", flags=flags).record(uint(8))
        area.accept("large-flags-%d" % flags, "6.2.1", strand, "its flags mean nothing")


def sized(body):
    """A sync and a LARGE of one string, whose body has so many bytes."""
    length = body - 4 - len(uvarint(body - 7))
    strand = Strand().record(string(b"z" * length), large=True)
    assert strand.offset == 18 + 8 + body
    return strand


def bad(area):
    def frame(body):
        return ext_header(5, 0, len(body) + 8) + body

    for name, body, why in (
            ("empty", b"", "no header"), ("one-byte", b"\1", "no nano_delta"), ("two-bytes", b"\1\1", "no P"),
            ("tick-cut", b"\x80\x80\x80", "tick_delta has no end"),
            ("nano-cut", b"\1\x80\x80", "nano_delta has no end"),
            ("p-cut", b"\1\1\x80", "P has no end"),
            ("tick-long", b"\x80" * 10 + b"\0\1\1", "tick_delta has eleven bytes"),
            ("p-range", b"\1\1" + b"\x80" * 9 + b"\2", "P is 2^64")):
        area.recover("large-header-" + name, "5.4.4 6.8.1",
                     after().bad(frame(body), "bad-header", "LARGE").record(uint(8)),
                     why + ": skipped, the next is read", SHORT)
    for name, code, data in (("type", "bad-field-type", "00 aa"), ("past-end", "field-past-end", "08 05 68"),
                             ("long", "varint-long", "05 80*10 00"), ("range", "varint-range", "05 80*9 02"),
                             ("critical", "critical-field", "d1 01")):
        strand = Strand().record(uint(7), opaque(code, data), large=True).record(uint(8))
        area.recover("large-field-" + name, "7.2.1 6.8.1", strand, "its last field can't be decoded", SHORT)
    strand = Strand().record(blob(bytes(65600)), opaque("bad-field-type", "00"), large=True).record(uint(8))
    area.recover("large-field-far", "7.2.1 6.8.1", strand, "a fault behind 65536 bytes: its offset",
                 "large-body-70000")
    strand = Strand(None).fault("no-base").record(uint(7), large=True).sync(*START).record(uint(8))
    area.recover("large-no-base", "5.4.5 6.8.1", strand, "without a base", SHORT)
    cut = after().bad(ext_header(5, 0, 70000) + b"\1\1\1\x08" + uvarint(69986), "frame-past-end", "LARGE")
    area.recover("large-past-end", "5.2.1 6.8.1", cut, "it reaches past the end", "large-body-70000")


def vectors():
    area = Area("large")
    good(area)
    bad(area)
    return area.vectors
