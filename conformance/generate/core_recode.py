# SPDX-License-Identifier: MIT
"""Clause 13.7.5: recoding. What comes back as it was, what becomes shorter, and what isn't recoded at all."""
from assemble import START, Strand, ext_header
from cases import Area, after
from core_integers import PLACES
from core_types import KNOWN, LEAST, SOME, is_ext, name, never, unknown
from values import (FALSE, TRUE, bits, blob, conststring, ext, keyname, memdump, number, octets, opaque, string,
                    traceback, uint, uvarint, wide)

TOP = (1 << 64) - 1


def fields(area):
    for code in range(256):
        if code == 0x46 or code not in KNOWN and (never(code) or code & 0x40):
            continue
        strand = after(TRUE, KNOWN[code] if code in KNOWN else ext(code, unknown(code, SOME if code & 7 else LEAST)),
                       FALSE)
        area.preserve(name("keep-type", code), "13.7.5", strand, "type %02x comes back" % code)
    for code in (0x91, 0x92, 0x96, 0xb9, 0xbe, 0x31, 0x16):
        first = "c0 80 00 " if is_ext(code) else ""
        data = first + {1: "87 80 00", 2: "87 00 88 80 00", 6: "82 00 87 00 08"}[code & 7]
        area.preserve(name("keep-padded", code), "13.7.5", after(ext(code, data), FALSE),
                      "who doesn't know a type doesn't make it shorter")
    area.preserve("keep-padded-95", "13.7.5", after(ext(0x95, "81 80 00 07")), "nor the length of an unknown field")
    area.preserve("keep-event", "13.7.5 7.7.2", Strand().event(20, 1, 9), "a trace event")
    area.preserve("keep-event-second-padded", "13.7.5", after(FALSE, ext(0x46, "82 00 94 80 00 00")),
                  "an EVENT out of its place")
    area.canon("canon-event", "13.7.5", padded_event(), "an EVENT in its place", want=Strand().event(20, 1))
    area.preserve("keep-not-utf-8", "13.7.5", after(string(b"\xff\xc0"), keyname(b"\xed\xa0\x80"), uint(1)),
                  "bytes as they are")
    area.preserve("keep-floats", "13.7.5", after(bits("f32", "7f800001"), bits("f64", "7ff0000000000001")),
                  "signalling NaNs")


def frames(area):
    def case(ident, strand, why):
        area.preserve("keep-" + ident, "13.7.5", strand, why)

    case("nothing", Strand(None), "a strand of no bytes")
    case("sync-only", Strand(), "a sync nobody needs")
    case("syncs", after().sync(*START).sync(*START).record(), "syncs that change nothing")
    case("sync-back", after(dt=900).sync(1, 1).record(), "a time base that goes back")
    case("big-deltas", after(dt=1 << 21, dn=TOP, p=-1 << 63),
         "deltas that a writer would have avoided: no sync is added")
    case("no-fields", after().record(dt=0, dn=0, p=0), "records without fields")
    case("loss", after().loss("lost", "refused", 5, 9, 3).record(), "a LOSS is no fault")
    case("end", after().end().record(), "what stands behind END")
    for kind in (0, 1, 2, 4, 6, 7, 8, 99, 255):
        case("frame-%d" % kind, after().ext(kind, "ff 80 00 aa").record(),
             "kind %d and a body that says nothing" % kind)
        case("frame-%d-flags" % kind, after().ext(kind, "00*3", flags=0xfe).record(),
             "kind %d and flags that are ignored" % kind)
    case("critical-known", after().ext(1, "aa", flags=1).record(), "critical on a known kind")
    case("pad-content", after().ext(1, "02 00 07 00 01 01 01 05 07", note="PAD").record(), "what a PAD holds")
    case("def-padded", Strand().define(1, 2, string(b"fd", 4), pad=3).record(), "padding in a DEF")
    case("loss-padded", after().line("").ext(3, b"".join(uvarint(n, 3) for n in (1, 64, 0, 0, 0, 0))),
         "padding in a LOSS")
    case("owner-padded", Strand().ext(6, "81 80 00 61").record(), "padding in an OWNER")
    case("clock-longer", Strand().ext(4, "01*40").record(), "a CLOCK with more than it defines")


def shorter(area):
    for ident, place in PLACES.items():
        if not ident.startswith(("event", "class", "ext")):
            area.canon("canon-" + ident, "13.7.2 13.7.5", after(FALSE, place.padded),
                       place.what + " becomes as short as can be")
    for length in range(2, 11):
        area.canon("canon-header-%d" % length, "13.7.5", after(uint(7), pads=(length,) * 3).record(),
                   "a header padded to %d" % length)
        area.canon("canon-uint-%d" % length, "13.7.2", after(uint(7, length)).record(),
                   "an integer padded to %d bytes" % length)
    area.canon("canon-zero-10", "13.7.2", after(uint(0, 10), pads=(10, 10, 10), dt=0, dn=0, p=0),
               "zeros of ten bytes")
    area.canon("canon-mixed", "13.7.5", after(uint(7, 3), ext(0x91, "87 80 00"), string(b"a", 2)),
               "the known ones, not the unknown one")
    area.canon("canon-large", "13.7.5 6.8.1", after(uint(7), large=True).record(),
               "a LARGE that fits a record becomes one")
    area.canon("canon-large-padded", "13.7.5", after(uint(7, 5), pads=(3, 3, 3), large=True).record(), "padded, too")
    area.canon("canon-large-empty", "13.7.5", after(large=True).record(), "a LARGE without fields")
    area.canon("canon-large-flags", "13.7.5", flagged_large(), "a LARGE with flags", want=Strand().record(uint(7)))
    for size, klass in ((65535, "canon"), (65536, "preserve")):
        strand = Strand().record(blob(bytes(size - 9)), large=True)
        getattr(area, klass)("%s-large-%d" % (klass, size), "13.7.5 6.8.1", strand,
                             "a record of it would have %d bytes" % size)
    strand = Strand().record(blob(bytes(65535 - 9), 4), large=True)
    area.canon("canon-large-just", "13.7.5", strand, "it fits a record when it is as short as can be")
    for item in (wide("i32", -1), conststring(1, 2, (3, 3)), traceback([1, 2], 2, 2), memdump(1, b"\2", 3),
                 number("strand", 1, 3)):
        area.canon("canon-twice-" + item.value.split()[0], "13.7.5", after(FALSE, item, item, pads=(2, 2, 2)),
                   "the same field twice")


def flagged_large():
    return Strand().put(ext_header(5, 0xff, 13) + octets("01 01 01 05 07"), "LARGE with all flags")


def padded_event():
    return Strand().put("0f 00 02 00 04 46 83 00 94 80 00 80 00 81 00", "event 20, padded")


def faults(area):
    good = area.preserve("keep-records", "13.7.5", after(TRUE).record(), "two records")

    def case(ident, strand, why, sibling=good):
        area.reject("recode-" + ident, "13.7.5 3.2.1", strand, why, sibling)

    for ident, data, code in (
            ("bad-size", "02 00 01", "bad-size"), ("past-end", "07 00 01", "frame-past-end"),
            ("stray", "07", "frame-past-end"),
            ("torn-sync", "00 00 01 01", "frame-past-end"), ("torn-ext", "01 00 63 00", "frame-past-end"),
            ("bad-length", "01 00 63 00 07 00 00 00", "bad-ext-length"), ("zero-fill", "00 00", "zero-fill"),
            ("critical-frame", "01 00 63 01 08 00 00 00", "critical-frame"),
            ("bad-header", "05 00 80 80 80", "bad-header"),
            ("bad-loss", "01 00 03 00 08 00 00 00", "bad-ext-body"),
            ("large-header", "01 00 05 00 08 00 00 00", "bad-header")):
        case(ident, after().bad(data, code), code + " behind a record")
        case(ident + "-first", Strand().bad(data, code), code + " in front of any record")
    for ident, data, code in (
            ("type-00", "00", "bad-field-type"), ("type-0d", "0d", "bad-field-type"),
            ("class-7", "17", "bad-field-type"),
            ("string-cut", "08 05 61", "field-past-end"), ("memdump-7", "25 07 00*7", "field-past-end"),
            ("varint-long", "05 80*10 00", "varint-long"), ("varint-range", "05 80*9 02", "varint-range"),
            ("critical-field", "d1 01", "critical-field"), ("critical-ext", "78 40", "critical-field")):
        case(ident, after(TRUE, opaque(code, data)).record(), code + " in a record")
        case(ident + "-large", Strand().record(TRUE, opaque(code, data), large=True).record(), code + " in a LARGE")
    case("zero-sync", Strand().bad(bytes(18), "zero-sync").record(), "a sync of zeros", "keep-syncs")
    case("no-base", Strand(None).fault("no-base").record(), "a record without a base", "keep-no-fields")
    case("loss-then-fault", after().loss("lost", "refused", 0).bad("02 00", "bad-size"),
         "a LOSS is no fault; this is", "keep-loss")
    case("first-of-two", after(opaque("bad-field-type", "00")).bad("02 00", "bad-size"), "the first of two faults")
    case("no-base-first", Strand(None).fault("no-base").record(opaque("bad-field-type", "00")),
         "no base, and then a bad field")


def vectors():
    area = Area("recode", needs="write")
    for part in (fields, frames, shorter, faults):
        part(area)
    return area.vectors
