# SPDX-License-Identifier: MIT
"""Clauses 6.1 to 6.4, 6.7, 6.9, 6.10: extended frames by length, kind, flags and body."""
from assemble import Strand, ext_header
from cases import Area, after
from values import fixed, octets, uint, uvarint

KINDS = {"pad": 1, "def": 2, "loss": 3, "clock": 4, "large": 5, "owner": 6, "end": 7}
BODIES = {"pad": "5a 5a", "def": "01 02 08 02 66 64", "clock": "00*32", "owner": "2a 6d", "end": ""}
UNKNOWN = (0, 8, 9, 15, 16, 31, 32, 63, 64, 99, 127, 128, 129, 200, 254, 255)
MOST = 1 << 20


def lengths(area):
    for length in (8, 9, 10, 255, 256, 65535, 65536):
        strand = after().ext(99, b"\xaa" * (length - 8)).record(uint(7))
        area.accept("ext-length-%d" % length, "6.1.1", strand, "a frame of %d bytes" % length)
    for length in (MOST - 1, MOST):
        area.limit("input", "ext-length-%d" % length, "6.1.2 14", after().ext(99, bytes(length - 8)).record(uint(7)),
                   "a frame of %d bytes; the most is %d" % (length, MOST))
    for length in (*range(8), MOST + 1, 1 << 21, 1 << 24, (1 << 31) - 1, 1 << 31, (1 << 32) - 1):
        area.recover("ext-length-%d" % length, "6.1.2", after().bad(ext_header(99, 0, length), "bad-ext-length")
                     .put("07 00 01 01 01 05 07"), "a frame of %d bytes" % length, "ext-length-8")
    for name, kind in KINDS.items():
        area.recover("ext-length-0-" + name, "6.1.2", after().bad(ext_header(kind, 0, 0), "bad-ext-length"),
                     "a %s of 0 bytes would never be passed" % name.upper(), "ext-length-8")
        area.recover("ext-length-7-" + name, "6.1.2", after().bad(ext_header(kind, 0, 7), "bad-ext-length"),
                     "a %s shorter than its own header" % name.upper(), "ext-length-8")
    area.limit("input", "ext-length-most-pad", "6.1.2 14", after().pad(MOST).record(uint(7)), "the longest PAD")
    strand = after().bad(ext_header(99, 0, MOST + 1), "bad-ext-length").put(bytes([1]) * (MOST - 7))
    area.recover("ext-length-whole-but-too-long", "6.1.2", strand, "all bytes are there, and it is one too long",
                 "ext-length-%d" % MOST)


def unknown(area):
    for kind in UNKNOWN:
        good = after().ext(kind, "aa bb").record(uint(7))
        sibling = area.accept("ext-kind-%d" % kind, "6.2.1", good, "an unknown kind is skipped by its length")
        bad = after().bad(ext_header(kind, 1, 10) + b"\xaa\xbb", "critical-frame").put("07 00 01 01 01 05 07")
        area.recover("ext-kind-%d-critical" % kind, "6.2.1", bad, "nothing behind an unknown critical frame is read",
                     sibling)


def flags(area):
    for bit in range(1, 8):
        strand = after().ext(99, "aa", flags=1 << bit).record(uint(7))
        area.accept("ext-flag-%d" % bit, "6.1.1", strand, "flags but for critical are ignored")
    area.accept("ext-flags-all-but-critical", "6.1.1", after().ext(99, flags=0xfe).record(uint(7)),
                "seven flags, ignored")
    area.recover("ext-flags-all", "6.1.1 6.2.1", after().bad(ext_header(99, 0xff, 8), "critical-frame"),
                 "critical, whatever other flags there are", "ext-flags-all-but-critical")
    area.recover("ext-critical-first", "6.2.1", Strand(None).bad(ext_header(99, 1, 8), "critical-frame").put("00*18"),
                 "at the very beginning", "ext-kind-99")
    for name, body in BODIES.items():
        strand = after().ext(KINDS[name], body, flags=1).record(uint(7))
        area.accept("ext-critical-" + name, "6.2.1", strand, "on a known kind the critical bit means nothing")
        strand = after().ext(KINDS[name], body, flags=0xff).record(uint(7))
        area.accept("ext-all-flags-" + name, "6.1.1", strand, "flags of a known kind are ignored")


def silent(area):
    """Bodies that can't be decoded, and nobody says so; bodies with more than a kind defines."""
    for length in (0, 1, 8, 16, 24, 31):
        area.accept("clock-of-%d" % length, "6.3.2", after().ext(4, b"\1" * length).record(uint(7)),
                    "a CLOCK of %d bytes is skipped in silence" % length)
    for length in (32, 33, 64):
        area.accept("clock-of-%d" % length, "6.7.1 6.3.3", after().ext(4, b"\1" * length).record(uint(7)),
                    "a CLOCK of %d bytes changes no time base" % length)
    for name, body, why in (
            ("nothing", "", "no tid"), ("tid-cut", "80 80", "a tid without an end"),
            ("tid-long", "80*10 00", "11 bytes"),
            ("tid-range", "80*9 02", "a tid of 2^64"), ("tid-most", "ff*9 01", "the greatest tid, no name"),
            ("tid-padded", "81 80 00 61", "a padded tid"), ("no-name", "2a", "no name"),
            ("name", "2a 6d 61 69 6e", "a name"),
            ("name-not-utf-8", "2a ff fe", "a name that isn't UTF-8"), ("name-zeros", "2a 00*5", "a name of zeros")):
        clause = "6.9.1" if "name" in name or name in ("tid-most", "tid-padded") else "6.3.2"
        area.accept("owner-" + name, clause, after().ext(6, body).record(uint(7)), "OWNER: " + why)
    area.accept("owner-first", "6.9.1", Strand(None).owner(42, b"main").sync(1000, 5000).record(),
                "in front of the sync")
    area.accept("owners-in-turn", "6.9.2", Strand().owner(1, b"a").record().owner(2, b"b").record(),
                "two threads in turn")
    area.accept("owner-nothing-more", "6.9.1", after().owner(1, b"x" * 300).record(uint(7)), "a long name")


def ends(area):
    area.accept("end-last", "6.10.1", after(uint(7)).end(), "the strand was closed")
    area.accept("end-only", "6.10.1", Strand(None).end(), "closed before anything was written")
    area.accept("end-then-record", "6.10.1", after().end().record(uint(7)), "a reader reads on behind END")
    area.accept("end-then-sync", "6.10.1", after().end().sync(9, 9).record(uint(7)), "a reader reads on behind END")
    area.accept("end-twice", "6.10.1", after().end().end(), "closed twice")
    area.accept("end-with-body", "6.3.3", after().ext(7, "01 02 03").record(uint(7)), "bytes that END doesn't define")
    area.recover("end-then-bad-size", "6.10.1 5.1.2", after().end().bad("02 00", "bad-size"), "a fault behind END",
                 "end-then-record")
    area.recover("end-then-stray", "6.10.1 5.2.1", after().end().bad("07", "frame-past-end"), "a byte behind END",
                 "end-last")


def pads(area):
    """Whatever a PAD holds, it isn't read."""
    record, torn = "07 00 01 01 01 05 07", "02 00 ff"
    for name, body, why in (("record", record, "what looks like a record"),
                            ("bad-size", torn, "what would be a fault"),
                            ("zeros", "00*40", "zeros"), ("sync", "00 00" + " 09" * 16, "what looks like a sync"),
                            ("end", "01 00 07 00 08 00 00 00", "what looks like END")):
        area.accept("pad-of-" + name, "6.4.1", after().ext(1, body, note="PAD").record(uint(7)), why + " in a PAD")
    for length in (8, 9, 15, 16, 17, 255, 256):
        area.accept("pad-of-%d" % length, "6.4.1", after().pad(length).record(uint(7)), "a PAD of %d bytes" % length)
    area.accept("pads-only", "6.4.1", Strand(None).pad(8).pad(9), "nothing but PADs")


def total_len(area):
    """All four bytes of total_len count; the frame ends where it says, and nowhere else."""
    for name, data in (("low", fixed(0x0c, 4)), ("second", fixed(0x10c, 4)), ("third", fixed(0x1000c, 4))):
        length = int.from_bytes(data, "little")
        strand = after().ext(99, b"\2" * (length - 8)).record(uint(7))
        area.accept("ext-length-byte-" + name, "6.1.1", strand, "total_len %d: the %s byte" % (length, name))
    area.recover("ext-length-byte-fourth", "6.1.2",
                 after().bad("01 00 63 00 0c 00 00 01" + " 02*4", "bad-ext-length"),
                 "total_len's last byte isn't ignored", "ext-length-byte-low")
    area.accept("ext-number-in-body", "6.2.1", after().ext(99, uvarint(1 << 40) + octets("07 00")).record(uint(7)),
                "the body of an unknown frame isn't looked at")


def vectors():
    area = Area("ext")
    for part in (lengths, unknown, flags, silent, ends, pads, total_len):
        part(area)
    return area.vectors
