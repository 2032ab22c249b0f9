# SPDX-License-Identifier: MIT
"""Clause 4: integers of 1 to 10 bytes, and what can be wrong with one, in each place that has one.

PLACES is all of the places: the bytes of a record in front of the integer, its value, and the bytes behind it.
"""
from typing import NamedTuple

from assemble import Strand
from cases import Area, after
from values import (FALSE, Field, UNSIGNED, blob, conststring, diagnostic, ext, integer, key, keyname, memdump,
                    number, octets,
                    opaque, site, stack, string, traceback, uint)


class Place(NamedTuple):
    front: str  # from the type byte to the integer
    good: Field  # the field with an ordinary integer there
    padded: Field  # and with that integer padded by one group
    what: str


def known(kind):
    front = "%02x" % UNSIGNED[kind]
    return Place(front, number(kind, 7), number(kind, 7, 2), kind)


PLACES = {
    "int": Place("04", integer(-4), integer(-4, 2), "int"),
    **{kind: known(kind) for kind in UNSIGNED},
    "string-length": Place("08", string(b"a"), string(b"a", 2), "the length of a string"),
    "conststring-length": Place("09", conststring(6, 9), conststring(6, 9, (2, 0)), "the length of a const string"),
    "conststring-offset": Place("09 06", conststring(6, 9), conststring(6, 9, (0, 2)),
                                "the offset of a const string"),
    "traceback-count": Place("0c", traceback([7]), traceback([7], 2), "the count of a traceback"),
    "traceback-value": Place("0c 01", traceback([7]), traceback([7], 0, 2), "an address of a traceback"),
    "traceback-last": Place("0c 02 87 00", traceback([7, 7], 0, 2), traceback([7, 7], 0, 3), "a later address"),
    "key": Place("19", key(7), key(7, pad=2), "the id of a key"),
    "site": Place("21", site(7), site(7, pad=2), "the id of a call site"),
    "stack": Place("29", stack(7), stack(7, pad=2), "the id of a stack"),
    "keyname-length": Place("15", keyname(b"a"), keyname(b"a", 2), "the length of a key"),
    "bytes-length": Place("1d", blob(b"a"), blob(b"a", 2), "the length of bytes"),
    "memdump-length": Place("25", memdump(7, b"a"), memdump(7, b"a", 2), "the length of a memory dump"),
    "class-1": Place("91", ext(0x91, "07"), ext(0x91, "87 00"), "a field of class 1"),
    "class-2-first": Place("92", ext(0x92, "07 08"), ext(0x92, "87 00 08"), "the first of class 2"),
    "class-2-second": Place("92 07", ext(0x92, "07 08"), ext(0x92, "07 88 00"), "the second of class 2"),
    "class-5-length": Place("95", ext(0x95, "01 07"), ext(0x95, "81 00 07"), "the length of class 5"),
    "class-6-count": Place("96", ext(0x96, "01 07"), ext(0x96, "81 00 07"), "the count of class 6"),
    "class-6-value": Place("96 01", ext(0x96, "01 07"), ext(0x96, "01 87 00"), "a value of class 6"),
    "ext-number": Place("b9", ext(0xb9, "40 07"), ext(0xb9, "c0 00 07"), "the number of an EXT"),
    "ext-value": Place("b9 40", ext(0xb9, "40 07"), ext(0xb9, "40 87 00"), "the value of an EXT"),
    "event-count": Place("46", ext(0x46, "02 07 08"), ext(0x46, "82 00 07 08"), "the count of an EVENT"),
    "event-value": Place("46 02", ext(0x46, "02 07 08"), ext(0x46, "02 87 00 08"), "a value of an EVENT"),
}
FAULTS = {  # what stands in place of the integer; the code; what is wrong
    "cut": ("80", "field-past-end", "its frame ends inside it"),
    "long": ("80*10 00", "varint-long", "eleven bytes"),
    "range": ("80*9 02", "varint-range", "2^64"),
}


def bounds(unit):
    """→ (length in bytes, least, most) of each length"""
    for length in range(1, 11):
        yield length, 0 if length == 1 else 1 << unit * (length - 1), min((1 << unit * length) - 1, (1 << 64) - 1)


def lengths(area):
    for length, least, most in bounds(7):
        for word, value in (("least", least), ("most", most)):
            area.accept("uvarint-%d-%s" % (length, word), "4.2.1", after(uint(value)),
                        "the %s value of %d bytes" % (word, length))
    for length, _, most in bounds(7):
        least = most >> 1
        for word, value in (("most", least), ("lowest", -least - 1)):
            area.accept("varint-%d-%s" % (length, word), "4.3.1", after(integer(value)),
                        "the %s value of %d bytes" % (word, length))
    for value in (1, -2, 2):
        area.accept("varint-zigzag-%s" % str(value).replace("-", "minus-"), "4.3.1", after(integer(value)),
                    "%d: the sign is the lowest bit" % value)


def padding(area):
    for length in range(2, 11):
        why = "padded to %d bytes with groups of zero" % length
        area.accept("uvarint-padded-%d" % length, "4.2.3", after(uint(1, length)), "1 " + why)
        area.accept("varint-padded-%d" % length, "4.2.3", after(integer(-2, length)), "-2 " + why)
        area.accept("uvarint-padded-zero-%d" % length, "4.2.3", after(uint(0, length)), "0 " + why)
    for name, place in PLACES.items():
        if name != "uint":
            area.accept("padded-" + name, "4.2.3", after(FALSE, place.padded), place.what + " in a padded form")


def broken(area):
    for name, place in PLACES.items():
        sibling = area.accept("good-" + name, "4.2.1", after(FALSE, place.good), place.what + " as it should be")
        for fault, (rest, code, wrong) in FAULTS.items():
            field = opaque(code, octets(place.front) + octets(rest), wrong)
            area.recover("%s-%s" % (fault, name), "4.2.4 7.2.1", after(FALSE, field).record(uint(9)),
                         "%s: %s" % (place.what, wrong), sibling)


def edges(area):
    """Which of the three it is, at the bytes where one ends and the next begins."""
    for count in range(1, 10):
        field = opaque("field-past-end", b"\x05" + b"\xff" * count)
        area.recover("uvarint-cut-%d" % count, "4.2.4", after(field),
                     "%d bytes with bit 7, and the frame ends" % count,
                     "uvarint-%d-most" % count)
    for name, data, code, why in (
            ("long-at-frame-end", "80*10", "varint-long",
             "the tenth byte has bit 7 set; that nothing follows comes second"),
            ("long-ones", "ff*10 01", "varint-long", "the tenth byte has bit 7 set; its value comes second"),
            ("long-many", "80*40 00", "varint-long", "41 bytes"),
            ("range-low", "80*9 02", "varint-range", "exactly 2^64"),
            ("range-just-above", "81 80*8 02", "varint-range", "not exactly 2^64, but the lowest bits don't help"),
            ("range-ones", "ff*9 03", "varint-range", "2^65 - 1"),
            ("range-high", "ff*9 7f", "varint-range", "the greatest number of ten bytes"),
            ("range-bit-6", "80*9 40", "varint-range", "a bit that a shift of 63 loses")):
        area.recover("uvarint-" + name, "4.2.4", after(opaque(code, "05 " + data)).record(uint(9)), why,
                     "uvarint-10-most")
        area.recover("varint-" + name, "4.2.4 4.3.1", after(opaque(code, "04 " + data)).record(uint(9)), why,
                     "varint-10-most")


def strict(area):
    """A strict reader reports padding outside of a record's header, and changes nothing else."""
    for name, place in PLACES.items():
        if not name.startswith("event"):
            strand = after(FALSE, place.padded)
            strand.fault("padded-varint", strand.offset - len(place.padded.data)).record(uint(9))
            area.recover("strict-" + name, "4.2.3", strand, place.what + " in a padded form: reported",
                         "padded-" + name
                         if name != "uint" else "uvarint-padded-2", op="decode raw strict", level="should")
    two = after(FALSE, uint(1, 3), string(b"a", 2))
    two.fault("padded-varint", 24).fault("padded-varint", 28).record(uint(9))
    strict_case(area, "two-fields", two, "once for each field, in their order")
    both = after(FALSE, conststring(6, 9, (2, 2)), traceback([7, 7], 3, 2))
    both.fault("padded-varint", 24).fault("padded-varint", 29)
    strict_case(area, "once-a-field", both, "once for a field, however many of its integers are padded")
    last = after(FALSE, uint(1, 3), opaque("bad-field-type", "00"))
    last.faults.insert(0, ("padded-varint", 24))
    last.lines.insert(1, diagnostic("padded-varint", 24))
    strict_case(area, "then-opaque", last, "in front of the diagnostic of an opaque field behind it")
    strict_case(area, "large", after(FALSE, uint(1, 3), large=True).fault("padded-varint", 30), "in a LARGE")
    area.recover("strict-in-opaque", "4.2.3", after(FALSE, opaque("field-past-end", "08 85 00 61")).record(uint(9)),
                 "an opaque field isn't looked into", "cut-string-length", op="decode raw strict", level="should")
    bodies = Strand().define(1, 2, string(b"fd"), pad=3).ext(6, "81 80 00 61").record(key(2, b"fd"))
    area.accept("strict-bodies", "4.2.3", bodies, "nor are the bodies of extended frames", op="decode raw strict",
                level="should")
    area.accept("strict-shortest", "4.2.3", after(uint(128), integer(-65)), "nothing is padded",
                op="decode raw strict", level="should")
    area.accept("strict-header", "4.2.3", after(uint(7), pads=(3, 3, 2)),
                "padding in the header of a record is ordinary",
                op="decode raw strict", level="should")
    area.accept("strict-fixed", "4.2.3", after(ext(0x93, "00*4"), ext(0x94, "80 00*7")), "integers of fixed width",
                op="decode raw strict", level="should")


def strict_case(area, ident, strand, why):
    area.recover("strict-" + ident, "4.2.3", strand, why, "padded-string-length", op="decode raw strict",
                 level="should")


def vectors():
    area = Area("integers")
    for part in (lengths, padding, broken, edges, strict):
        part(area)
    return area.vectors
