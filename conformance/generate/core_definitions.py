# SPDX-License-Identifier: MIT
"""Clause 6.5: definitions in a bare strand, a session and a block of its own; what they resolve, and what not."""
from assemble import Strand
from cases import Area, after
from values import (FALSE, TRUE, UNKNOWN, Field, bits, blob, integer, key, keyname, memdump, number, octets, site,
                    stack,
                    string, text, traceback, uint, uvarint)

KEY, SITE, STACK, EVENT, MODULE, SOURCE = 1, 2, 3, 4, 5, 6
TOP = (1 << 64) - 1
NET = (9, b"net.c", 42, b"accept", b"connected")


def raw(data):
    """Bytes where a field should be."""
    return Field(octets(data), "", note="bytes")


def site_fields(level, file, line, function, message, *keys):
    return [number("level", level), string(file), uint(line), string(function), string(message), *map(string, keys)]


def site_shown(level, file, line, function, message, *_):
    return '"level":%d,%s,"line":%d,%s,%s' % (level, text("file", file), line, text("function", function),
                                              text("message", message))


def keys(area):
    for ident in (0, 1, 2, 3, 127, 128, 129, 1 << 32, TOP - 1, TOP):
        strand = Strand().define(KEY, ident, string(b"fd")).record(key(ident, b"fd"), uint(3))
        area.accept("def-key-%d" % ident, "6.5.3 13.3", strand, "in a bare strand even and odd ids are of one scope")
    for name, data, why in (("empty", b"", "an empty name"), ("not-utf-8", b"\xff", "a name that isn't UTF-8"),
                            ("escapes", b'"\\\n', "a name that is escaped"), ("long", b"k" * 300, "a long name"),
                            ("cyrillic", "ключ".encode(), "a name beyond ASCII")):
        area.accept("def-key-name-" + name, "6.5.1 13.1",
                    Strand().define(KEY, 2, string(data)).record(key(2, data), uint(3)), why)
    area.accept("def-key-padded-numbers", "6.5.1",
                Strand().define(KEY, 2, string(b"fd", 2), pad=3).record(key(2, b"fd")),
                "kind, id and length are padded")
    area.accept("def-critical-key", "6.2.1", Strand().ext(2, "01 02 08 02 66 64", flags=1).record(key(2, b"fd")),
                "the critical bit of a DEF means nothing")
    early = Strand(None).define(KEY, 2, string(b"fd")).sync(1000, 5000)
    area.accept("def-before-sync", "6.5.4", early.record(key(2, b"fd")), "a definition needs no time base")
    area.accept("def-without-use", "13.6", Strand().define(KEY, 2, string(b"fd")).record(uint(7)),
                "it prints nothing itself")
    area.accept("def-nowhere", "6.5.6", after(key(2), site(4), stack(1)), "ids without a definition are no fault")


def places(area):
    fd = string(b"fd")
    area.accept("def-behind-its-use", "6.5.4", after(key(2)).define(KEY, 2, fd).record(key(2, b"fd")),
                "it holds behind its frame only")
    area.accept("def-past-sync", "6.5.4", Strand().define(KEY, 1, fd).sync(2000, 6000).record(key(1, b"fd")),
                "a sync ends no scope")
    area.accept("def-past-end-frame", "6.5.4", Strand().define(KEY, 2, fd).end().record(key(2, b"fd")),
                "nor does END")
    area.accept("def-past-owner", "6.5.4", Strand().define(KEY, 2, fd).owner(1).record(key(2, b"fd")),
                "nor does an OWNER")
    strand = Strand().define(KEY, 2, fd).record(key(2, b"fd")).define(KEY, 2, string(b"pid")).record(key(2, b"pid"))
    area.accept("def-again-even", "6.5.4", strand, "of several definitions of one id the last counts")
    strand = Strand().define(KEY, 1, fd).record(key(1, b"fd")).define(KEY, 1, string(b"pid")).record(key(1, b"pid"))
    area.accept("def-again-odd", "6.5.4", strand, "of several definitions of one id the last counts")
    area.accept("def-again-same", "6.5.4", Strand().define(KEY, 2, fd).define(KEY, 2, fd).record(key(2, b"fd")),
                "the same content twice")
    strand = Strand().define(KEY, 4, fd).define(STACK, 4, traceback([1])).define(SITE, 4, *site_fields(*NET))
    area.accept("def-kinds-apart", "6.5.3", strand.record(site(4, site_shown(*NET)), key(4, b"fd"), stack(4, [1])),
                "each kind numbers its own ids")
    area.accept("def-other-id", "6.5.6", Strand().define(KEY, 2, fd).record(key(3), key(258)),
                "ids that differ in the lowest or a higher byte")
    area.accept("def-in-large", "6.5.4", Strand().define(KEY, 2, fd).record(key(2, b"fd"), uint(1), large=True),
                "a LARGE is resolved as a record is")
    area.accept("def-twice-in-record", "6.5.4",
                Strand().define(KEY, 2, fd).record(key(2, b"fd"), uint(1), key(2, b"fd"), uint(2)),
                "one id twice in a record")


def bad_keys(area):
    for name, fields, why in (
            ("nothing", [], "no field"), ("bool", [TRUE], "a boolean"), ("uint", [uint(2)], "an integer"),
            ("unknown", [UNKNOWN], "unknown"), ("keyname", [keyname(b"fd")], "a key is no string"),
            ("bytes", [blob(b"fd")], "bytes are no string"),
            ("second", [uint(1), string(b"fd")], "the string comes second"),
            ("cut", [raw("08 03 66 64")], "the string is cut"),
            ("no-length", [raw("08")], "the string has no length"),
            ("length-cut", [raw("08 80")], "the string's length is cut"), ("type-0", [raw("00 66 64")], "type 0x00"),
            ("length-long", [raw("08 80*10 00")], "a length of eleven bytes"), ("critical", [raw("d0")], "critical"),
            ("ext", [raw("90")], "a private field")):
        strand = Strand().define(KEY, 2, *fields).record(key(2), uint(3))
        area.accept("def-key-is-" + name, "6.5.2", strand, why + ": defines nothing, and isn't reported")
        strand = Strand().define(KEY, 2, string(b"fd")).define(KEY, 2, *fields).record(key(2, b"fd"), uint(3))
        area.accept("def-key-stays-" + name, "6.5.2", strand, why + ": the definition before it stays")


def bad_bodies(area):
    for name, body, why in (
            ("nothing", "", "no kind"), ("kind-cut", "80", "a kind without an end"), ("no-id", "01", "no id"),
            ("id-cut", "01 80 80", "an id without an end"),
            ("id-long", "01 80*10 00 08 02 66 64", "an id of eleven bytes"),
            ("id-range", "01 80*9 02 08 02 66 64", "an id of 2^64"),
            ("kind-long", "80*10 00 02 08 02 66 64", "a kind of 11 bytes"),
            ("kind-range", "81 80*8 02 02 08 02 66 64", "a kind above 2^64"),
            ("kind-257", "81 02 02 08 02 66 64", "kind 257 isn't 1"),
            ("kind-0", "00 02 08 02 66 64", "kind 0"), ("kind-7", "07 02 08 02 66 64", "kind 7"),
            ("kind-99", "63 02 08 02 66 64", "kind 99"), ("kind-event", "04 02 08 02 66 64 01", "an EVENT"),
            ("kind-module", "05 02 08 02 66 64 1d 00 07 00 05 01", "a MODULE"),
            ("kind-source", "06 02 1d 00", "a SOURCE")):
        clause = "6.3.2" if "kind-" not in name or name in ("kind-cut", "kind-long", "kind-range") else "6.5.2"
        area.accept("def-body-" + name, clause, Strand().ext(2, body).record(key(2), uint(3)),
                    why + ": key 2 stays a number")


def sites(area):
    variants = {
        "plain": NET, "one-key": NET + (b"fd",), "three-keys": NET + (b"a", b"", b"\xff"), "level-0": (0,) + NET[1:],
        "level-25": (25,) + NET[1:], "level-most": (TOP,) + NET[1:], "line-0": NET[:2] + (0,) + NET[3:],
        "line-most": NET[:2] + (TOP,) + NET[3:], "empty": (1, b"", 0, b"", b""),
        "file-not-utf-8": (9, b"\xff", 42, b"accept", b"connected"),
        "function-not-utf-8": NET[:3] + (b"\xfe", b"connected"), "message-not-utf-8": NET[:4] + (b"\x80",),
        "none-utf-8": (9, b"\xff", 42, b"\xfe", b"\x80"), "escapes": (9, b"a\\b", 1, b'"f"', b"\t\n")}
    for name, values in variants.items():
        strand = Strand().define(SITE, 4, *site_fields(*values)).record(site(4, site_shown(*values)), TRUE)
        area.accept("def-site-" + name, "13.4" if "utf-8" in name else "6.5.1", strand,
                    "a call site: " + name.replace("-", " "))
    whole = b"\2\4" + b"".join(item.data for item in site_fields(*NET))
    for length in range(2, len(whole)):
        area.accept("def-site-cut-%d" % length, "6.5.2",
                    Strand().ext(2, whole[:length], note="DEF").record(site(4), TRUE),
                    "%d of its %d bytes: defines nothing" % (length, len(whole)))
    good = site_fields(*NET)
    for place, what in enumerate(("level", "file", "line", "function", "message")):
        for name, wrong in (("unknown", UNKNOWN), ("other", integer(1)), ("key", keyname(b"x"))):
            fields = good[:place] + [wrong] + good[place + 1:]
            area.accept("def-site-%s-is-%s" % (what, name), "6.5.2",
                        Strand().define(SITE, 4, *fields).record(site(4), TRUE),
                        "its %s is of another type: defines nothing" % what)


def stacks(area):
    for name, values in (("empty", []), ("one", [4112]), ("two", [4112, 4128]), ("zero", [0]), ("most", [TOP]),
                         ("hundred", list(range(4096, 4196)))):
        strand = Strand().define(STACK, 1, traceback(values)).record(stack(1, values))
        area.accept("def-stack-" + name, "6.5.1", strand, "a stack of %d addresses" % len(values))
    for name, fields in (("nothing", []), ("pc", [number("pc", 1)]), ("count-only", [raw("0c 02")]),
                         ("cut", [raw("0c 02 01")]),
                         ("value-long", [raw("0c 01 80*10 00")]), ("string", [string(b"a")]),
                         ("class-6", [raw("96 01 01")])):
        area.accept("def-stack-is-" + name, "6.5.2", Strand().define(STACK, 1, *fields).record(stack(1)),
                    "defines nothing")


def growth(area):
    """What stands behind the fields of the table is ignored."""
    for name, extra in (("bool", FALSE), ("string", string(b"more")), ("memdump", memdump(1, b"")),
                        ("f32", bits("f32", "00000000")),
                        ("private", raw("91 05"))):
        area.accept("def-key-and-" + name, "6.5.1",
                    Strand().define(KEY, 2, string(b"fd"), extra).record(key(2, b"fd")),
                    "a field behind the name is ignored")
        area.accept("def-stack-and-" + name, "6.5.1",
                    Strand().define(STACK, 1, traceback([7]), extra).record(stack(1, [7])),
                    "a field behind the traceback is ignored")
    for name, extra in (("type-0", "00"), ("class-7", "17"), ("cut", "08 05 61"), ("long", "05 80*10 00"),
                        ("critical", "d0")):
        for kind, ident, fields, use in (("key", 2, [string(b"fd")], key(2)),
                                         ("stack", 1, [traceback([7])], stack(1)),
                                         ("site", 4, site_fields(*NET), site(4))):
            code = {"key": KEY, "stack": STACK, "site": SITE}[kind]
            area.accept("def-%s-and-bad-%s" % (kind, name), "6.5.2",
                        Strand().define(code, ident, *fields, raw(extra)).record(use),
                        "a field behind those of the table can't be decoded: defines nothing")
    for name, extra in (("uint", [uint(1)]), ("uint-then-key", [uint(1), string(b"k")]),
                        ("key-then-uint", [string(b"k"), uint(1)])):
        strand = Strand().define(SITE, 4, *site_fields(*NET), *extra).record(site(4, site_shown(*NET)))
        area.accept("def-site-and-" + name, "6.5.2 6.5.1", strand,
                    "its keys end at the first field that is no string")
    many = Strand()
    for ident in range(1000):
        many.define(KEY, 2 * ident, string(b"k%d" % ident))
    area.limit("definitions", "def-thousand", "14.1", many.record(key(0, b"k0"), key(1998, b"k999")),
               "a thousand keys")
    padded = Strand().ext(2, b"\1" + uvarint(300, 4) + octets("08 01 61"))
    area.accept("def-uvarint-id", "6.5.1", padded.record(key(300, b"a")), "an id in four bytes, padded")


def vectors():
    area = Area("def")
    for part in (keys, places, bad_keys, bad_bodies, sites, stacks, growth):
        part(area)
    return area.vectors
