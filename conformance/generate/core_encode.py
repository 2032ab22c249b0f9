# SPDX-License-Identifier: MIT
"""Clause 13.7: values to exact bytes, the syncs and LARGEs that an encoder adds, and values that have no bytes."""
from assemble import START, Strand
from cases import Area, after
from values import (CATEGORY, FALSE, FIXED, KIND, TRUE, UNKNOWN, UNSIGNED, bits, blob, conststring, ext,
                    integer, key, keyname, memdump, number, site, stack, string, traceback, uint, wide)

TOP = (1 << 64) - 1
FAR = (1 << 21) - 1
EDGES = [0] + [edge for length in range(1, 10) for edge in ((1 << 7 * length) - 1, 1 << 7 * length)] + [TOP]

SYNC, RECORD = "sync 1000 5000", "record 1001 5001 -1"
ABOVE, MOST = 1 << 64, (1 << 63) - 1
MOST_BODY = (1 << 20) - 8
RANGES = [(kind, 0, TOP, "%s-%d" % (kind, TOP)) for kind in (*UNSIGNED, "key", "site", "stack")
          if kind != "level"] + [
    ("level", 1, 24, "level-24"), ("int", -1 << 63, MOST, "int-%d" % MOST),
    ("i32", -1 << 31, (1 << 31) - 1, "i32-most"),
    ("u32", 0, (1 << 32) - 1, "u32-most"), ("i64", -1 << 63, MOST, "i64-most"), ("u64", 0, TOP, "u64-most"),
    ("conststring 1", 0, TOP, "conststring-most"), ("traceback 1", 0, TOP, "traceback"),
    ("event 2 20", 0, TOP, "event")]
BAD_FIELDS = (  # id, field, sibling, why
    ("extfield-00", "extfield 0 -", "extfield-90", "type 0x00"),
    ("extfield-0d", "extfield 13 -", "extfield-90", "type 0x0D"),
    ("extfield-17", "extfield 23 -", "extfield-10", "class 7"),
    ("extfield-known", "extfield 5 07", "uint-127", "a type that is known"),
    ("extfield-level", "extfield 17 07", "extfield-91", "a type that is known"),
    ("extfield-critical", "extfield 208 -", "extfield-90", "critical: a reader wouldn't show it"),
    ("extfield-256", "extfield 256 -", "extfield-90", "not a byte"),
    ("extfield-short", "extfield 147 010203", "extfield-93", "class 3, and three bytes"),
    ("extfield-more", "extfield 147 0102030405", "extfield-93", "class 3, and five bytes"),
    ("extfield-not-empty", "extfield 144 00", "extfield-90", "class 0, and a byte"),
    ("extfield-empty", "extfield 145 -", "extfield-91", "class 1, and nothing"),
    ("extfield-two", "extfield 145 0708", "extfield-91", "class 1, and two integers"),
    ("extfield-cut", "extfield 145 80", "extfield-91", "an integer that is cut"),
    ("extfield-long", "extfield 145 8080808080808080808000", "extfield-91", "an integer of eleven bytes"),
    ("extfield-range", "extfield 145 80808080808080808002", "extfield-91", "an integer of 2^64"),
    ("extfield-length", "extfield 149 0261", "extfield-95", "a length of two, and one byte"),
    ("extfield-count", "extfield 150 0207", "extfield-96", "a count of two, and one integer"),
    ("extfield-no-number", "extfield 184 -", "extfield-38", "an EXT without number"),
    ("event-one-value", "event 1 20", "event", "an EVENT of one value"),
    ("event-no-value", "event 0", "event", "an EVENT of none"),
    ("event-second", "true event 2 20 0", "event", "an EVENT behind another field"),
    ("event-then-field", "event 2 20 0 true", "event", "something behind an EVENT"),
    ("event-twice", "event 2 20 0 event 2 20 0", "event", "two EVENTs"))
BAD_FRAMES = (  # id, value line, sibling, why
    ("pad-0", "pad 0", "frame-pad-8", "shorter than its header"),
    ("pad-7", "pad 7", "frame-pad-8", "shorter than its header"),
    ("pad-1048577", "pad 1048577", "frame-pad-most", "longer than a frame can be"),
    ("ext-1048577", "ext 99 0 aa*%d" % (MOST_BODY + 1), "frame-ext-most", "longer than a frame can be"),
    ("ext-flags-2", "ext 99 2 aa", "frame-ext-critical", "a flag other than critical"),
    ("ext-flags-255", "ext 99 255 aa", "frame-ext-critical", "flags other than critical"),
    ("ext-kind-256", "ext 256 0 -", "frame-ext-empty", "not a byte"),
    ("loss-diag-0", "loss 0 64 15 4096 3 100", "loss-overwritten", "no diag is 0"),
    ("loss-diag-7", "loss 7 64 15 4096 3 100", "loss-overwritten", "no diag is 7"),
    ("loss-code-0", "loss 1 0 15 4096 3 100", "loss-overwritten", "a code without a kind"),
    ("loss-code-128", "loss 1 128 15 4096 3 100", "loss-overwritten", "a code without a kind"),
    ("loss-code-99", "loss 1 99 15 4096 3 100", "loss-overwritten", "a code that isn't assigned"),
    ("loss-records-not-known", "loss 1 64 14 4096 3 100", "loss-overwritten", "a number of records that isn't known"),
    ("loss-bytes-not-known", "loss 1 64 13 4096 3 100", "loss-overwritten", "a number of bytes that isn't known"),
    ("loss-exact-not-known", "loss 1 64 11 4096 3 100", "loss-overwritten", "exact, and not known whether"),
    ("loss-known-31", "loss 1 64 31 4096 3 100", "loss-overwritten", "a bit of known that isn't assigned"))


def case(area, ident, strand, why, clauses="13.7.2"):
    return area.encode("encode-" + ident, clauses, strand, why)


def fields(area):
    for value in EDGES:
        case(area, "uint-%d" % value, after(uint(value)), "the shortest form", "13.7.2 4.2.2 13.7.1")
    for length in range(1, 11):
        most = (1 << 7 * length - 1) - 1 if length < 10 else TOP >> 1
        case(area, "int-%d" % most, after(integer(most)), "the most of %d bytes" % length)
        case(area, "int-minus-%d" % (most + 1), after(integer(-most - 1)), "the least of %d bytes" % length)
    for kind in UNSIGNED:
        for value in (1, 24) if kind == "level" else (0, 127, 128, TOP):
            case(area, "%s-%d" % (kind, value), after(FALSE, number(kind, value)),
                 "%s %d" % (kind, value)) if kind != "uint" else None
    for kind, (_, size) in FIXED.items():
        low, high = (-1 << 8 * size - 1, (1 << 8 * size - 1) - 1) if kind[0] == "i" else (0, (1 << 8 * size) - 1)
        for word, value in (("least", low), ("most", high)):
            case(area, "%s-%s" % (kind, word), after(wide(kind, value)), "%s %d" % (kind, value))
    for kind, make in (("key", key), ("site", site), ("stack", stack)):
        for value in (0, 128, TOP):
            case(area, "%s-%d" % (kind, value), after(make(value)), "an id")
    for kind, make in (("string", string), ("keyname", keyname), ("bytes", blob)):
        for length in (0, 1, 127, 128):
            case(area, "%s-of-%d" % (kind, length), after(make(b"\xe1" * length)), "%d bytes" % length)
    for name, items in (
            ("constants", [UNKNOWN, TRUE, FALSE]), ("conststring", [conststring(6, 89597)]),
            ("conststring-most", [conststring(TOP, TOP)]),
            ("f32", [bits("f32", "3fc00000")]), ("f64", [bits("f64", "3ff8000000000000")]),
            ("f32-nan", [bits("f32", "7f800001")]),
            ("memdump", [memdump(4096, b"\xde\xad")]), ("memdump-empty", [memdump(TOP, b"")]),
            ("memdump-120", [memdump(1, bytes(120))]),
            ("traceback-empty", [traceback([])]), ("traceback", [traceback([4112, 128, 0])]),
            ("traceback-128", [traceback([7] * 128)]),
            ("overflow-behind", [string(b"cut"), number("overflow", 100)]),
            ("order", [TRUE, uint(1), FALSE, integer(-1), UNKNOWN]),
            ("strand-first", [number("strand", 3), TRUE]), ("many", [uint(n) for n in range(200)])):
        case(area, name, after(*items), "fields: " + name.replace("-", " "))
    for code, data in ((0x90, ""), (0x91, "87 80 00"), (0x92, "07 08"), (0x93, "01 02 03 04"), (0x94, "01*8"),
                       (0x95, "02 61 62"),
                       (0x96, "02 07 08"), (0x10, ""), (0x38, "40"), (0xbd, "80 01 01 61")):
        case(area, "extfield-%02x" % code, after(ext(code, data), FALSE), "an unknown field, byte for byte", "13.7.4")


def records(area):
    for p in (0, -1, 1, -64, 64, (1 << 63) - 1, -1 << 63):
        case(area, "p-%s" % str(p).replace("-", "minus-"), after(p=p), "P %d" % p)
    for delta in (0, 1, 127, 128, 16383, 16384, FAR):
        case(area, "tick-delta-%d" % delta, after(dt=delta), "the shortest form, no sync", "13.7.3")
        case(area, "nano-delta-%d" % delta, after(dn=delta), "the shortest form, no sync", "13.7.3")
    case(area, "event", Strand().event(20, 1, 9), "a trace event, alone in its record", "13.7.4 7.7.2")
    case(area, "event-no-arguments", Strand().event(20), "event and sequence", "13.7.4 7.7.2")
    for size, large in ((65535, False), (65536, True)):
        items = [wide("u64", 0)] * ((size - 5) // 9) + [TRUE] * ((size - 5) % 9)
        strand = Strand().record(*items, large=large)
        case(area, "record-of-%d" % size, flat(strand), "as a record it would have %d bytes" % size, "13.7.3 6.8.1")


def flat(strand):
    """The rows of many small fields, in one."""
    data = strand.data
    strand.rows = [strand.rows[0], (data[18:], "one record")]
    return strand


def syncs(area):
    def own(ident, strand, why):
        """A record of no deltas behind a sync that nobody asked for."""
        case(area, "sync-" + ident, strand.record(TRUE, dt=0, dn=0), why,
             "13.7.3 5.3.2-b" if "far" in ident else "13.7.3 5.3.2-a")

    own("first", Strand(None).sync(*START, written=False), "no sync was written yet")
    own("least", Strand(None).sync(0, 1, written=False), "the least time that has one")
    own("most", Strand(None).sync(TOP, TOP, written=False), "the greatest times")
    own("behind-frames", Strand(None).pad(8).owner(1).end().sync(*START, written=False),
        "other frames need none; the record does")
    own("tick-back", Strand().sync(999, 5000, written=False), "tick is below the base's")
    own("nano-back", Strand().sync(1000, 4999, written=False), "nano is below the base's")
    own("nano-back-tick-on", Strand().sync(1500, 4999, written=False), "nano is below the base's, tick isn't")
    own("tick-back-nano-on", Strand().sync(999, 6000, written=False), "tick is below the base's, nano isn't")
    own("tick-far", Strand().sync(1000 + FAR + 1, 5000, written=False), "a tick_delta of 2^21")
    own("nano-far", Strand().sync(1000, 5000 + FAR + 1, written=False), "a nano_delta of 2^21")
    own("tick-far-by-records", after(dt=FAR - 1).record(dt=FAR).sync(1000 + FAR + 1, 5001, written=False),
        "deltas count from the sync, however near the record before is")
    own("twice", Strand().sync(10, 20, written=False).record(dt=0, dn=0).sync(9, 20, written=False),
        "back, and back again")
    case(area, "sync-then-count", Strand(None).sync(*START, written=False).record(dt=0, dn=0).record(dt=5, dn=6),
         "the next record counts from it", "13.7.3")
    case(area, "sync-back-within", after(dt=100, dn=100).record(dt=50, dn=50),
         "before the last record, not before the base: no sync",
         "13.7.3")
    case(area, "sync-asked-for", after().sync(*START).sync(2000, 6000).record(), "those asked for stand as they are",
         "13.7.3")
    case(area, "sync-only", Strand(), "a sync and no record", "13.7.3")
    case(area, "sync-asked-back", Strand().sync(1, 0).sync(0, 1).record(), "back, when asked for", "13.7.3")


def frames(area):
    for ident, strand in (
            ("pad-8", Strand(None).pad(8)), ("pad-9", Strand(None).pad(9)), ("pad-300", Strand(None).pad(300)),
            ("pad-most", Strand(None).pad(1 << 20)), ("end", Strand(None).end()),
            ("owner", Strand(None).owner(42, b"main")),
            ("owner-most", Strand(None).owner(TOP)), ("clock", Strand(None).clock(1000, 5000, 1 << 60, 100)),
            ("clock-most", Strand(None).clock(TOP, TOP, TOP, TOP)),
            ("def-key", Strand(None).define(1, 2, string(b"fd"))),
            ("def-wide-id", Strand(None).define(1, TOP, string(b"fd"))),
            ("def-stack", Strand(None).define(3, 1, traceback([4112, 4128]))),
            ("def-site", Strand(None).define(2, 4, number("level", 9), string(b"f.c"), uint(42), string(b"f"),
                                             string(b"m"), string(b"k"))),
            ("def-module", Strand(None).define(5, 2, string(b"/bin/x"), blob(b"\1\2"), number("ptr", 4096),
                                               uint(8192))),
            ("ext", Strand(None).ext(99, "aa bb")), ("ext-empty", Strand(None).ext(255)),
            ("ext-most", Strand(None).ext(99, b"\xaa" * MOST_BODY, value="ext 99 0 aa*%d" % MOST_BODY)),
            ("ext-critical", Strand(None).ext(99, "aa", flags=1)),
            ("between", after().pad(10).record(uint(7)).end())):
        case(area, "frame-" + ident, strand, "an extended frame: " + ident.replace("-", " "))
    for known, records, count in ((0, 0, 0), (1, 3, 0), (2, 0, 100), (4, 0, 0), (7, 3, 100), (12, 0, 0)):
        case(area, "loss-known-%d" % known, Strand(None).loss("lost", "refused", known, 4096, records, count),
             "what isn't known is 0", "13.7.2 6.6.1")
    for code, kind in KIND.items():
        case(area, "loss-" + code, Strand(None).loss(kind, code, 15, 4096, 3, 100), "%s: %s" % (kind, CATEGORY[code]))


def refuse(area, ident, lines, why, sibling, clauses="13.7.4"):
    area.refuse("refuse-" + ident, clauses, lines, why, "encode-" + sibling)


def out_of_range(area):
    for kind, least, most, sibling in RANGES:
        for word, value in (("below", least - 1), ("above", most + 1)):
            refuse(area, "%s-%s" % (kind.replace(" ", "-"), word), [SYNC, "%s %s %d" % (RECORD, kind, value)],
                   "%d … %d is the range" % (least, most), sibling)
    for ident, line, sibling in (
            ("sync-tick", "sync %d 1" % ABOVE, "sync-only"), ("sync-nano", "sync 1 %d" % ABOVE, "sync-only"),
            ("sync-minus", "sync -1 1", "sync-only"), ("tick", "record %d 5000 -1" % ABOVE, "p-minus-1"),
            ("nano", "record 1000 %d -1" % ABOVE, "p-minus-1"),
            ("p-above", "record 1001 5001 %d" % (1 << 63), "p-%d" % MOST),
            ("p-below", "record 1001 5001 %d" % (-1 - (1 << 63)), "p-minus-%d" % (1 << 63)),
            ("clock-range", "clock 1 1 1 %d" % ABOVE, "frame-clock-most"),
            ("owner-range", "owner %d -" % ABOVE, "frame-owner-most"),
            ("def-id-range", "def 1 %d string 6664" % ABOVE, "frame-def-wide-id"),
            ("def-field-range", "def 3 1 traceback 1 %d" % ABOVE, "frame-def-stack"),
            ("loss-range", "loss 1 64 15 4096 3 %d" % ABOVE, "loss-overwritten")):
        refuse(area, ident, [SYNC, line], "a number out of its range", sibling)


def refused(area):
    zero = "13.7.4 5.3.3"
    refuse(area, "sync-zero", ["sync 0 0"], "a sync of (0, 0)", "sync-only", zero)
    refuse(area, "sync-zero-needed", ["record 0 0 -1 true"], "a record that needs one", "sync-least", zero)
    refuse(area, "sync-zero-needed-later", [SYNC, "record 0 0 -1 true"], "a record that needs one", "sync-tick-back",
           zero)
    for ident, words, sibling, why in BAD_FIELDS:
        refuse(area, ident, [SYNC, "%s %s" % (RECORD, words)], why, sibling)
    for ident, line, sibling, why in BAD_FRAMES:
        refuse(area, ident, [line], why, sibling, "13.7.4 6.6.1" if "known" in ident else "13.7.4")


def vectors():
    area = Area("encode", needs="write")
    for part in (fields, records, syncs, frames, out_of_range, refused):
        part(area)
    return area.vectors
