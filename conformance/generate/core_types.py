# SPDX-License-Identifier: MIT
"""Clauses 7.1, 7.2, 7.4: every type byte from 0 to 255, with the least data of its class, and with data cut."""
from assemble import Strand
from cases import Area, after
from values import (FALSE, TRUE, UNKNOWN, blob, bits, conststring, ext, integer, key, keyname, memdump, number,
                    octets,
                    opaque, registry, site, stack, string, traceback, uint, wide)

LEAST = {0: "", 1: "00", 2: "00 00", 3: "00*4", 4: "00*8", 5: "00", 6: "00"}  # data of each class
SOME = {1: "07", 2: "07 08", 3: "01 02 03 04", 4: "01 02 03 04 05 06 07 08", 5: "02 61 62", 6: "02 07 08"}
CUT = {1: "", 2: "07", 3: "01 02 03", 4: "01 02 03 04 05 06 07", 5: "02 61", 6: "02 07"}
NUMBER = "40"  # of an EXT: 64, the least that may be assigned
KNOWN = {
    1: UNKNOWN, 2: TRUE, 3: FALSE, 4: integer(0), 5: uint(0), 6: number("hex", 0), 7: number("ptr", 0),
    8: string(b""),
    9: conststring(0, 0), 10: number("overflow", 0), 11: number("pc", 0), 12: traceback([]), 0x11: number("level", 0),
    0x19: key(0), 0x21: site(0), 0x29: stack(0), 0x13: bits("f32", "0" * 8), 0x1b: wide("i32", 0),
    0x23: wide("u32", 0),
    0x14: bits("f64", "0" * 16), 0x1c: wide("i64", 0), 0x24: wide("u64", 0), 0x15: keyname(b""), 0x1d: blob(b""),
    0x25: memdump(0, b""), 0x41: number("strand", 0), 0x46: ext(0x46, "00")}
CUT_KNOWN = {4: "80", 5: "", 6: "80", 7: "", 8: "01", 9: "07", 10: "", 11: "80", 12: "01", 0x25: "09 00*8"}

assert sorted(KNOWN) == sorted(int(row["code"], 16) for row in registry("field"))


def never(code):
    return code in (0, 13, 14, 15) or code >= 16 and code & 7 == 7


def is_ext(code):
    return code & 0x38 == 0x38


def unknown(code, table):
    data = octets(table[code & 7])
    return octets(NUMBER) + data if is_ext(code) else data


def name(word, code):
    return "%s-%02x" % (word, code)


def every_type(area):
    """The type stands between two known fields: what follows it is read, or isn't."""
    for code in range(256):
        if code in KNOWN:
            area.accept(name("type", code), "7.3.1" if code < 16 else "7.6",
                        after(TRUE, KNOWN[code], FALSE).record(uint(9)),
                        "type %02x with its least data" % code)
        elif never(code):
            strand = after(TRUE, opaque("bad-field-type", bytes([code]), "never assigned"), FALSE).record(uint(9))
            area.recover(name("type", code), "7.1.1", strand, "type %02x is never assigned" % code,
                         name("type", code + 1 if code in (0, 15) else 12 if code < 16 else code - 1))
        elif code & 0x40:
            field = opaque("critical-field", bytes([code]) + unknown(code, LEAST), "critical")
            area.recover(name("type", code), "7.4.3", after(TRUE, field, FALSE).record(uint(9)),
                         "type %02x is critical and unknown" % code, name("type", code & ~0x40))
        else:
            clause = "7.4.4" if code & 0x80 else "7.4.2" if is_ext(code) else "7.4.3"
            area.accept(name("type", code), clause,
                        after(TRUE, ext(code, unknown(code, LEAST)), FALSE).record(uint(9)),
                        "type %02x of class %d is skipped" % (code, code & 7))


def every_class(area):
    for code in (*range(0x10, 0x40), *range(0x80, 0xc0)):
        if code in KNOWN or code & 7 in (0, 7):
            continue
        if is_ext(code) or code in (0x12, 0x16, 0x33, 0x34, 0x35) or 0x90 <= code < 0x98:
            area.accept(name("data", code), "7.4.1", after(ext(code, unknown(code, SOME)), FALSE).record(uint(9)),
                        "class %d with some data" % (code & 7))


def has_data(code):
    """Known types but the constants; unknown ones that aren't critical and of class 0."""
    return code > 3 if code in KNOWN else not code & 0x40 and (code & 7 != 0 or is_ext(code))


def cut(area):
    """Each type that has data, with the last byte of it missing."""
    for code in range(256):
        if never(code) or not has_data(code):
            continue
        if code in CUT_KNOWN:
            data = octets(CUT_KNOWN[code])
        else:
            data = b"" if is_ext(code) and code & 7 == 0 else unknown(code, CUT)
        field = opaque("field-past-end", bytes([code]) + data, "its last byte is missing")
        area.recover(name("cut", code), "7.2.1", after(TRUE, field).record(uint(9)),
                     "type %02x: its data reaches past the frame's end" % code, name("type", code))


def fixed_sizes(area):
    """Four and eight bytes, of which some are there."""
    for code, size in ((0x13, 4), (0x1b, 4), (0x23, 4), (0x93, 4), (0x14, 8), (0x1c, 8), (0x24, 8), (0x94, 8)):
        for count in range(size - 1):
            field = opaque("field-past-end", bytes([code]) + b"\1" * count)
            area.recover("%s-of-%d" % (name("cut", code), count), "7.2.1", after(field).record(uint(9)),
                         "%d of %d bytes" % (count, size), name("type", code))


def cut_within(area):
    """Each number of bytes of a field that is some bytes long, but all of them."""
    for ident, item in (("string", string(b"torn")), ("keyname", keyname(b"torn")), ("bytes", blob(b"torn")),
                        ("memdump", memdump(4096, b"torn")), ("traceback", traceback([4112, 4128, 7])),
                        ("conststring", conststring(300, 89597)), ("private", ext(0x95, "04 74 6f 72 6e"))):
        sibling = area.accept("field-%s-whole" % ident, "7.2.1", after(TRUE, item).record(uint(9)),
                              "all bytes are there")
        for count in range(1, len(item.data)):
            field = opaque("field-past-end", item.data[:count], "%d of %d bytes" % (count, len(item.data)))
            strand = after(TRUE, field).record(uint(9))
            area.recover("field-%s-torn-%d" % (ident, count), "7.2.1 7.2.2", strand,
                         "%d of its %d bytes are there" % (count, len(item.data)), sibling)


def numbered(area):
    """The number of an EXT, and what isn't looked at behind it."""
    for value, data in ((0, "00"), (63, "3f"), (64, "40"), (127, "7f"), (128, "80 01"), ((1 << 64) - 1, "ff*9 01")):
        area.accept("ext-number-%d" % value, "7.4.2", after(ext(0xb8, data), FALSE), "an EXT with number %d" % value)
        bad = opaque("critical-field", octets("f8 " + data), "critical")
        area.recover("ext-number-%d-critical" % value, "7.4.3", after(bad, FALSE).record(uint(9)),
                     "critical, with number %d" % value,
                     "ext-number-%d" % value)
    for ident, data, code, why in (
            ("no-number", "78", "field-past-end", "the number is looked at before critical"),
            ("number-cut", "79 80", "field-past-end", "the number is looked at before critical"),
            ("number-long", "79 80*10 00", "varint-long", "the number is looked at before critical"),
            ("number-range", "79 80*9 02", "varint-range", "the number is looked at before critical"),
            ("data-cut", "79 40", "critical-field", "the data of a critical type isn't looked at"),
            ("data-long", "51 80*10 00", "critical-field", "the data of a critical type isn't looked at"),
            ("length-past-end", "55 ff 01", "critical-field", "the data of a critical type isn't looked at")):
        area.recover("critical-" + ident, "7.4.3 7.2.2", after(TRUE, opaque(code, data)).record(uint(9)), why,
                     "ext-number-64" if "number" in ident else "type-11" if "length" not in ident else "type-15")
    for ident, code in (("7f", "7f"), ("ff", "ff"), ("3f", "3f"), ("bf", "bf"), ("47", "47"), ("c7", "c7")):
        area.recover("class-7-nothing-behind-" + ident, "7.1.1",
                     after(opaque("bad-field-type", code)).record(uint(9)),
                     "class 7 at the end of its frame, critical or not", "type-3e")


def opaque_ends(area):
    """One opaque field, to the end of the frame; the next frame is read."""
    for ident, strand, why in (
            ("only", after(opaque("bad-field-type", "00")), "the record has no other field"),
            ("swallows", after(opaque("bad-field-type", "00"), uint(1), string(b"gone"),
                               opaque("bad-field-type", "0d")),
             "what looks like fields behind it belongs to it, and one fault is told"),
            ("two-records", after(opaque("bad-field-type", "00")).record(opaque("bad-field-type", "0d")).record(),
             "each record for itself"),
            ("then-bad-size", after(opaque("bad-field-type", "00")).bad("02 00", "bad-size"),
             "the record, its fault, the next fault"),
            ("after-many", after(*[FALSE] * 100, opaque("bad-field-type", "00")),
             "the offset is that of the type byte"),
            ("wide-header", Strand().record(uint(1), opaque("bad-field-type", "00"), pads=(10, 10, 10)),
             "the offset counts the header as it is written")):
        area.recover("opaque-" + ident, "7.2.1", strand, why, "type-01")
    for ident, data, code, why in (
            ("length-of-2-64", "08 80*9 02", "varint-range", "the varint of a length first, then what it asks for"),
            ("length-huge", "08 ff*9 01 61", "field-past-end", "2^64 - 1 bytes: a sum with it would wrap"),
            ("length-wraps", "08 f8 ff*8 01 00*9", "field-past-end",
             "2^64 - 8 bytes: an end that wraps is in front of it"),
            ("length-2-32", "08 80*4 10 61", "field-past-end", "2^32 bytes: more than 32 bits hold"),
            ("length-2-32-and-1", "08 81 80*3 10 61", "field-past-end",
             "2^32 + 1 bytes: 1 where only 32 bits are looked at"),
            ("bytes-huge", "1d ff*9 01 61", "field-past-end", "2^64 - 1 bytes"),
            ("keyname-huge", "15 ff*9 01 61", "field-past-end", "2^64 - 1 bytes"),
            ("memdump-huge", "25 ff*9 01 00*9", "field-past-end", "2^64 - 1 bytes"),
            ("class-5-huge", "95 ff*9 01 61", "field-past-end", "2^64 - 1 bytes"),
            ("class-6-huge", "96 ff*9 01 01 02", "field-past-end", "2^64 - 1 integers: only two are there"),
            ("traceback-huge", "0c ff*9 01 01 02", "field-past-end", "2^64 - 1 addresses: only two are there"),
            ("traceback-2-61", "0c 80*8 20 01", "field-past-end", "2^61 addresses, of 8 bytes each: 2^64"),
            ("value-before-count", "0c 03 01 80*10 00", "varint-long",
             "the second value is broken, the third isn't there"),
            ("value-before-far-count", "0c c8 01 01 80*10 00", "varint-long",
             "the second value is broken; that there are no 200 is found behind it"),
            ("value-in-order", "0c 02 80*9 02 80", "varint-range",
             "the first value is the fault, not the second that is cut")):
        area.recover("opaque-" + ident, "7.2.2 15.1", after(TRUE, opaque(code, data)).record(uint(9)), why,
                     name("type", int(data[:2], 16)))


def vectors():
    area = Area("fields")
    for part in (every_type, every_class, cut, fixed_sizes, cut_within, numbered, opaque_ends):
        part(area)
    return area.vectors
