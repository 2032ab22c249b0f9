# SPDX-License-Identifier: MIT
"""Clause 6.6: what a LOSS frame hands on, and bodies that can't be one."""
from assemble import Strand
from cases import Area, after
from values import DIAG, KIND, STATUS, diagnostic, octets, uint, uvarint

TOP = (1 << 64) - 1
NUMBERS = ("diag", "code", "known", "offset", "records", "bytes")
GOOD = (1, 64, 15, 4096, 3, 100)
CODELESS = [slug for slug in STATUS if slug not in KIND]


def told(area):
    for code, kind in KIND.items():
        area.recover("loss-tells-" + code, "6.6.1 10.1.1",
                     after(uint(7)).loss(kind, code, 15, 4096, 3, 100).record(uint(8), dt=2),
                     "%s, as who wrote the strand met it" % code)
    for known in (*range(16), 16, 240, TOP):
        strand = after(uint(7)).loss("lost", "refused", known, 4096, 3 * (known & 1), 50 * (known & 2))
        area.recover("loss-tells-known-%d" % known, "6.6.1", strand,
                     "which of the counts are known: bits of %d" % known)
    for kind in DIAG:
        area.recover("loss-tells-diag-" + kind, "6.6.1", after().loss(kind, "damaged", 0),
                     "each kind of diagnostic, as it stands")
    area.recover("loss-tells-most", "6.6.1", after().loss("lost", "damaged", 15, TOP, TOP, TOP),
                 "the greatest numbers")
    area.recover("loss-tells-none", "6.6.1", after().loss("lost", "damaged", 15), "nothing missing, exactly")
    area.recover("loss-tells-unknown-counts", "6.6.1", after().loss("lost", "damaged", 0, 5, 6, 7),
                 "counts that aren't known aren't shown")
    area.recover("loss-tells-first", "10.1.2",
                 Strand(None).loss("lost", "overwritten", 3, 0, 5, 99).sync(1000, 5000).record(),
                 "in front of the first sync")
    area.recover("loss-tells-only", "10.1.2", Strand(None).loss("lost", "overwritten", 3, 0, 5, 99),
                 "a strand of one LOSS")
    twice = after().loss("lost", "refused", 1, 0, 5).loss("lost", "refused", 1, 0, 5)
    area.recover("loss-tells-twice", "6.6.1", twice.record(), "both are told")
    area.recover("loss-tells-keeps-base", "6.6.1", Strand().loss("corrupt", "zero-sync", 0).record(),
                 "it changes no time base")
    area.recover("loss-tells-flags", "6.1.1", with_body(uvarints(GOOD), flags=0xff), "its flags are ignored")
    area.recover("loss-tells-padded", "6.6.1", with_body(b"".join(uvarint(one, 5) for one in GOOD)),
                 "each number padded to 5 bytes")
    for name, behind in (("bool", "02"), ("uint", "05 07"), ("string", "08 01 61"), ("private", "91 07"),
                         ("strand", "41 05")):
        area.recover("loss-tells-and-" + name, "6.6.2", with_body(uvarints(GOOD) + octets(behind)),
                     "a field behind the numbers is ignored")


def uvarints(values):
    return b"".join(map(uvarint, values))


def with_body(body, flags=0):
    """The LOSS of GOOD, written in some other way."""
    strand = after()
    strand.line(diagnostic("overwritten", 4096, counts=',"records":3,"bytes":100,"exact":true'))
    return strand.ext(3, body, flags=flags, note="LOSS").record(uint(7))


def bad(area):
    def case(ident, body, why):
        frame = Strand(None).ext(3, octets(body)).data
        area.recover("bad-loss-" + ident, "6.3.1 6.6.2", after().bad(frame, "bad-ext-body", "LOSS").record(uint(7)),
                     why + ": as if it weren't there", "loss-tells-padded")

    for place, name in enumerate(NUMBERS):
        front, rest = uvarints(GOOD[:place]), uvarints(GOOD[place + 1:])
        case(name + "-missing", front, "no %s" % name)
        case(name + "-cut", front + b"\x80", "%s has no end" % name)
        case(name + "-long", front + b"\x80" * 10 + b"\0" + rest, "%s has eleven bytes" % name)
        case(name + "-range", front + b"\x80" * 9 + b"\2" + rest, "%s is 2^64" % name)
    for diag in (0, 7, 8, 9, 255, 257, TOP):
        case("diag-%d" % diag, uvarints((diag,) + GOOD[1:]), "diag %d isn't assigned" % diag)
    for slug in CODELESS:
        case("code-" + slug, uvarints((1, STATUS[slug]) + GOOD[2:]), "code %s is of no diagnostic" % slug)
    for code in (5, 15, 25, 31, 38, 68, 83, 127, 132, 256, 256 + 64, TOP):
        case("code-%d" % code, uvarints((1, code) + GOOD[2:]), "code %d isn't assigned" % code)
    twice = Strand(None).ext(3, b"").data
    strand = after().bad(twice, "bad-ext-body").bad(twice, "bad-ext-body").record(uint(7))
    area.recover("bad-loss-twice", "6.3.1", strand, "each is reported", "loss-tells-twice")
    area.recover("bad-loss-first", "6.3.1", Strand(None).bad(twice, "bad-ext-body").sync(1000, 5000).record(),
                 "in front of the first sync", "loss-tells-first")


def vectors():
    area = Area("loss-frame")
    told(area)
    bad(area)
    return area.vectors
