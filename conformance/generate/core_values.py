# SPDX-License-Identifier: MIT
"""Clauses 7.3, 7.5 to 7.7 and 13: what each known type can hold, and exactly how it is shown."""
from assemble import Strand
from cases import Area, after
from values import (FALSE, TRUE, blob, bits, conststring, ext, integer, key, keyname, memdump, number, opaque, site,
                    stack,
                    string, traceback, uint, wide)

TOP = (1 << 64) - 1
UTF8 = {  # name: bytes; the edges of each length, and of what is left out
    "u-0000": "00", "u-007f": "7f", "u-0080": "c2 80", "u-07ff": "df bf", "u-0800": "e0 a0 80", "u-d7ff": "ed 9f bf",
    "u-e000": "ee 80 80", "u-feff": "ef bb bf", "u-fffe": "ef bf be", "u-ffff": "ef bf bf", "u-10000": "f0 90 80 80",
    "u-10ffff": "f4 8f bf bf", "u-0085": "c2 85", "u-2028": "e2 80 a8", "u-2029": "e2 80 a9", "u-202e": "e2 80 ae",
    "u-1f600": "f0 9f 98 80", "combining": "65 cc 81"}
NOT_UTF8 = {
    "lone-80": "80", "lone-bf": "bf", "overlong-nul": "c0 80", "overlong-slash": "c0 af", "overlong-c1": "c1 bf",
    "lead-c2-alone": "c2", "lead-c2-ascii": "c2 41", "lead-df-lead": "df c2", "overlong-e0": "e0 80 80",
    "overlong-e0-most": "e0 9f bf", "cut-e2": "e2 82", "e2-ascii": "e2 82 41", "surrogate-d800": "ed a0 80",
    "surrogate-dfff": "ed bf bf", "surrogate-pair": "ed a0 bd ed b8 80", "overlong-f0": "f0 80 80 80",
    "overlong-f0-most": "f0 8f bf bf", "cut-f0": "f0 9f 98", "above-10ffff": "f4 90 80 80", "lead-f5": "f5 80 80 80",
    "lead-f8": "f8 88 80 80 80", "lead-fc": "fc 84 80*4", "fe": "fe", "ff": "ff", "good-then-bad": "61 62 ff",
    "bad-then-good": "ff 61 62", "latin-1": "e9 74 e9"}
FLOATS = {
    "zero": (0, 0), "minus-zero": (0x80000000, 1 << 63), "one": (0x3f800000, 0x3ff << 52), "least": (1, 1),
    "most": (0x7f7fffff, 0x7fefffffffffffff), "infinity": (0x7f800000, 0x7ff << 52),
    "minus-infinity": (0xff800000, 0xfff << 52),
    "nan": (0x7fc00000, 0x7ff8 << 48), "signalling-nan": (0x7f800001, (0x7ff << 52) + 1),
    "payload": (0xffc12345, 0xfff8123456789abc),
    "byte-order": (0x01020304, 0x0102030405060708)}
KEYS = {"one": b"\x66\x64", "empty": b"", "not-utf-8": b"\xff", "long": b"k" * 200, "escapes": b'"\\\n'}


def unhex(text):
    return bytes.fromhex(text.replace("80*4", "80 80 80 80"))


def numbers(area):
    for kind in ("hex", "ptr", "overflow", "pc", "level", "strand"):
        for value in (1, 127, 128, 1 << 53, (1 << 53) + 1, 1 << 63, TOP):
            strand = after(FALSE, number(kind, value)) if kind == "strand" else after(number(kind, value))
            area.accept("%s-%d" % (kind, value), "7.3.1 13.1", strand, "%s %d: never rounded" % (kind, value))
    for value in ((1 << 53) + 1, -(1 << 53) - 1, 10 ** 18, -10 ** 18):
        area.accept("int-%s" % str(value).replace("-", "minus-"), "13.1", after(integer(value)), "never rounded")
    for value in (0, 1, 5, 9, 13, 17, 21, 24, 25, 255):
        area.accept("severity-%d" % value, "7.6.1", after(number("level", value), FALSE),
                    "level %d is shown as it stands" % value)
    for kind, least, most in (("i32", -1 << 31, (1 << 31) - 1), ("u32", 0, (1 << 32) - 1),
                              ("i64", -1 << 63, (1 << 63) - 1),
                              ("u64", 0, TOP)):
        for word, value in (("least", least), ("most", most), ("one", 1), ("minus-one", -1),
                            ("byte-order", 0x01020304)):
            if value >= least:
                area.accept("%s-%s" % (kind, word), "7.6.4", after(wide(kind, value)), "%s %d" % (kind, value))
    for name, (single, double) in FLOATS.items():
        area.accept("f32-" + name, "7.6.4 13.5", after(bits("f32", "%08x" % single)), "%s, by its bits" % name)
        area.accept("f64-" + name, "7.6.4 13.5", after(bits("f64", "%016x" % double)), "%s, by its bits" % name)


def strings(area):
    for name, data in UTF8.items():
        area.accept("utf-8-" + name, "13.2 7.3.2", after(string(b"<" + unhex(data) + b">")), "valid UTF-8: " + data)
    for name, data in NOT_UTF8.items():
        area.accept("not-utf-8-" + name, "13.2 7.3.2", after(string(unhex(data)), FALSE),
                    "shown, by its bytes: " + data)
    for code in (*range(0x20), 0x22, 0x2f, 0x5c, 0x7f):
        area.accept("character-%02x" % code, "13.1", after(string(bytes([code]))), "the form of U+%04X" % code)
    area.accept("utf-8-mark-first", "13.1 13.2", after(string(b"\xef\xbb\xbfa"), keyname(b"\xef\xbb\xbf"), FALSE),
                "a byte order mark is a character like others, in front too")
    area.accept("string-empty", "7.3.2", after(string(b""), FALSE), "no bytes")
    area.accept("string-ascii", "13.1", after(string(bytes(range(0x20, 0x7f)))), "all that ASCII shows")
    area.accept("string-nul-inside", "7.3.2", after(string(b"a\0b")), "a zero byte ends nothing")
    for length in (1, 2, 3, 127, 128, 16383, 16384):
        area.accept("string-%d" % length, "7.3.2", after(string(b"s" * length), FALSE), "%d bytes" % length)
        area.accept("base64-%d" % length, "13.1", after(blob(b"\xfb" * length), FALSE), "%d bytes in base64" % length)
    area.accept("base64-alphabet", "13.1", after(blob(bytes(range(256)))), "all byte values: + and /, not - and _")
    area.accept("string-pad-length", "4.2.3", after(string(b"abc", 10), FALSE), "a length of ten bytes")


def references(area):
    for name, data in KEYS.items():
        area.accept("keyname-" + name, "7.6.2 13.1", after(keyname(data), uint(3)), "a key names the next field")
    area.accept("keyname-last", "7.6.2", after(uint(3), keyname(b"fd")),
                "with nothing behind it a key is shown all the same")
    area.accept("keyname-twice", "7.6.2", after(keyname(b"a"), keyname(b"b"), uint(3)), "a key in front of a key")
    area.accept("keyname-then-key", "7.6.2", after(keyname(b"a"), key(2), uint(3)), "two kinds of keys")
    for ident in (0, 1, 127, 128, TOP):
        for kind, make in (("key", key), ("site", site), ("stack", stack)):
            area.accept("%s-%d" % (kind, ident), "6.5.6", after(make(ident), TRUE),
                        "an id without definition is a number")
    for length, offset in ((0, 0), (TOP, 0), (0, TOP), (TOP, TOP), (6, 89597), (128, 127)):
        area.accept("conststring-%d-%d" % (length, offset), "7.3.3", after(conststring(length, offset), FALSE),
                    "without an image it is two numbers, and takes no bytes")


def lists(area):
    for name, values in (("empty", []), ("one", [0]), ("most", [TOP] * 2), ("127", list(range(127))),
                         ("128", list(range(128))),
                         ("1000", list(range(4096, 5096)))):
        area.accept("traceback-" + name, "7.3.4", after(traceback(values), FALSE), "%d addresses" % len(values))
    area.accept("traceback-order", "7.3.4", after(traceback([3, 1, 2])), "in their order")
    for length in (0, 1, 2, 3, 100):
        area.accept("memdump-%d" % length, "7.6.5", after(memdump(4096, b"\xde" * length), FALSE),
                    "%d bytes" % length)
    area.accept("memdump-top", "7.6.5", after(memdump(TOP, b"\1\2")), "the greatest address")
    area.accept("memdump-byte-order", "4.1.1", after(memdump(0x0102030405060708, b"")),
                "its address is little-endian")
    for length in range(8):
        field = opaque("field-past-end", bytes([0x25, length]) + b"\1" * 12)
        area.recover("memdump-length-%d" % length, "7.6.5", after(TRUE, field).record(uint(9)),
                     "a length of %d has no room for an address, whatever follows" % length, "memdump-0")


def overflow(area):
    area.accept("overflow-after-string", "7.5.2", after(string(b"cut"), number("overflow", 100)),
                "100 bytes were cut")
    area.accept("overflow-first", "7.5.2", after(number("overflow", 100)),
                "with nothing in front of it it is shown all the same")
    area.accept("overflow-cut-character", "7.5.1", after(string(b"\xc3"), number("overflow", 1)),
                "cut inside a UTF-8 sequence")
    area.accept("overflow-twice", "7.5.2", after(string(b"a"), number("overflow", 1), number("overflow", 2)),
                "two of them")


def events(area):
    area.accept("event", "7.7.2", Strand().event(20, 1, 9), "a record of one EVENT is a trace event")
    area.accept("event-no-arguments", "7.7.2", Strand().event(20), "two values: event and sequence")
    area.accept("event-values-most", "7.7.2", Strand().event(TOP, TOP, 0), "the greatest values")
    padded = Strand().put("0f 00 02 00 04 46 83 00 94 80 00 80 00 81 00", "event 20, padded")
    padded.line('{"stream":0,"tick":1002,"seq":0,"p":2,"event":20,"args":[1]}')
    area.accept("event-padded", "7.7.2 4.2.3", padded, "its count and its values are padded")
    for name, fields, why in (
            ("of-one-value", [ext(0x46, "01 14")], "one value"), ("of-none", [ext(0x46, "00")], "no value"),
            ("second", [TRUE, ext(0x46, "02 14 00")], "behind another field"),
            ("then-field", [ext(0x46, "02 14 00"), TRUE], "in front of another field"),
            ("twice", [ext(0x46, "02 14 00"), ext(0x46, "02 15 00")], "two of them")):
        area.accept("event-" + name, "7.7.2", after(*fields), why + ": shown as ext")
    area.accept("event-behind-strand", "7.7.2", after(number("strand", 3), ext(0x46, "02 14 00")),
                "a STRAND in front makes it one only in a merged file")
    area.accept("strand-second", "7.7.1", after(TRUE, number("strand", 3)),
                "anywhere else than in a merged file it is shown")
    area.accept("strand-first", "7.7.1", after(number("strand", 3), TRUE), "a bare strand is no merged file")


def vectors():
    area = Area("values")
    for part in (numbers, strings, references, lists, overflow, events):
        part(area)
    return area.vectors
