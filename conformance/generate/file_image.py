# SPDX-License-Identifier: MIT
"""Images of memory in which descriptors list stream files. Clause 9.6.

An image here is zeros, descriptors, ring entries and files; it doesn't say at which addresses it was, so each
descriptor's `self` does: the byte at offset n was at BASE + n.
"""
import struct

from assemble_file import BLOCK, DEFINITIONS, LIVE, block, grows, lost, place, ring, said, told
from case_file import case, in_area
from pieces import Piece, cut, flat, size_of, zeros
from values import octets

BASE = 0x7f1200000000
MASK = 0x97ec71a9ce58fa15
MAGIC = octets("e7 1b 9c 53 d2 06 b5 7e a8 f1 44 8d 03 ca 69 be")
PLAIN = "image-one"
FRONT = 64  # zeros in front of the first descriptor


def descriptor(at, first, magic=MAGIC, version=1, order=0x01020304):
    """256 bytes at this offset; `first` is the offset of the first entry, 0: none."""
    data = magic + struct.pack("<IIQ", version, order, BASE + at) + b"\x77" * 16
    data += struct.pack("<QQ", 321, BASE + first if first else 0)
    return Piece(data.ljust(256, b"\0"), f"descriptor, first ring at {first}")


def entry(at, following, address, size, check=0):
    """A ring of the list, all places as offsets; `check`: bits that are wrong."""
    next_address = BASE + following if following else 0
    own = address + BASE ^ size ^ BASE + at ^ MASK ^ check
    return Piece(struct.pack("<QQQQ", next_address, BASE + address, size, own & (1 << 64) - 1),
                 f"ring: {size} bytes at {address}")


def layout(files, start, front=False):
    """Descriptor, entries as listed, the files, each at a multiple of 8 → pieces, offsets of the files"""
    at = start + 256
    offset = at + 32 * len(files)
    places = []
    for data in files:
        places.append(offset)
        offset += (size_of(data) + 7) // 8 * 8
    entries = [entry(at + 32 * index, at + 32 * (index + 1) if index + 1 < len(files) else 0, places[index],
                     size_of(data))
               for index, data in enumerate(files)]
    padded = [flat(data, [zeros(-size_of(data) % 8)] if size_of(data) % 8 else []) for data in files]
    return flat([zeros(FRONT, "memory")] if front else [], descriptor(start, at), entries, padded), places


def image(*files):
    return layout(files, FRONT, True)[0]


def files_at(*files):
    return layout(files, FRONT)[1]


def strand(value, **changes):
    return ring(2, block(1, value, flags=LIVE), **changes)


def good(name, clauses, why, data, want, **more):
    return case("image-" + name, clauses, why, data, want, op="decode image", needs="image", **more)


def lists():
    yield good("one", "9.6.1", "a descriptor with one ring", image(strand(1)), said(1))
    yield good("two", "9.6.7", "two rings: numbered by ordinal, whatever their order",
               image(strand(1, ordinal=2), strand(2, ordinal=1)), [said(1, stream=1), said(2)])
    yield good("two-equal", "9.6.7", "equal ordinals: by the list", image(strand(1), strand(2)),
               [said(1), said(2, stream=1)])
    yield good("grows", "9.6.3 9.2.5", "a strand that is no ring, and zeros behind its blocks",
               image(grows(block(1, 1, flags=LIVE), zeros(2 * BLOCK, "memory of its own")), strand(2, ordinal=1)),
               [said(1), said(2, stream=1)])
    yield good("definitions", "9.6.3", "a definitions strand has a number",
               image(strand(2, ordinal=1), grows(zeros(BLOCK), kind=DEFINITIONS)), said(2, stream=1))
    yield good("two-descriptors", "9.6.7", "two descriptors: in the order of the image",
               behind_good(lambda at: layout([strand(2)], at)[0]), [said(1), said(2, stream=1)])
    yield good("empty", "9.6.5", "a descriptor that lists nothing, behind another",
               behind_good(lambda at: [descriptor(at, 0)]), said(1))


def damage():
    at = files_at(strand(1))[0]
    broken_ring = ring(2, block(1, 1), block(2, 2, payload_crc32c=1))
    yield good("offsets", "9.6.6 10.1.1", "offsets in diagnostics are those of the image", image(broken_ring),
               [said(1), told("block-payload-crc", at + place(2)),
                lost("damaged", at + place(2), 0, 25, exact=False)], sibling=PLAIN)
    yield good("refused-live", "9.6.6 10.2.6", "that of refused_live, too", image(strand(1, refused_live=3)),
               [said(1), lost("refused", at + 120, 3)], sibling=PLAIN)


# Descriptors and lists that can't be: clauses 9.6.4 to 9.6.6. Each stands behind a good one.

OTHERS = [("version", dict(version=2), "9.6.4", "another version"),
          ("version-0", dict(version=0), "9.6.4", "version 0"),
          ("order", dict(order=0x04030201), "9.6.4", "another byte order"),
          ("magic", dict(magic=MAGIC[:-1] + b"\xbf"), "9.6.1", "another magic")]


def behind_good(second):
    """A good image, and what second(offset) makes behind it."""
    first = image(strand(1))
    return flat(first, second(size_of(first)))


def unaligned(at):
    """A descriptor 4 bytes behind a multiple of 8, and a list that is where it should be."""
    entries = at + 4 + 256 + 4
    return flat(zeros(4), descriptor(at + 4, entries), zeros(4),
                entry(entries, 0, entries + 32, size_of(strand(2))), strand(2))


def broken():
    for name, changes, clause, why in OTHERS:
        yield good(f"skipped-{name}", clause, f"{why}: skipped", behind_good(
            lambda at, changes=changes: [descriptor(at, at + 256, **changes)] + layout([strand(2)], at)[0][1:]),
                   said(1))
    yield good("first-outside", "9.6.5", "a first ring outside of the image",
               behind_good(lambda at: [descriptor(at, 1 << 30)] + layout([strand(2)], at)[0][1:]), said(1))
    yield good("unaligned", "9.6.4", "a descriptor that isn't aligned to 8 is none",
               behind_good(lambda at: flat(zeros(4), layout([strand(2)], at + 4)[0])), said(1))
    yield good("unaligned-itself", "9.6.4", "nor where all that it lists is aligned", behind_good(unaligned), said(1))
    yield good("cut", "9.6.4", "a descriptor that the image cuts",
               behind_good(lambda at: cut(layout([strand(2)], at)[0], 200)), said(1))


def entries(make, *files):
    """An image whose entries are made anew: make(offset of the first entry, offsets of the files) → entries."""
    pieces, places = layout(files, FRONT, True)
    return flat(pieces[:2], make(FRONT + 256, places), pieces[2 + len(files):])


def lists_that_end():
    one, two = strand(1), strand(2, ordinal=1)
    size = size_of(one)
    for name, clauses, why, following, second in [
            ("check", "9.6.5", "the second ring's check is wrong", 32, lambda to: (to, size, 1)),
            ("outside", "9.6.5", "the second ring is outside of the image", 1 << 30, lambda to: (to, size)),
            ("not-whole", "9.6.6", "the image doesn't hold the second file whole", 32, lambda to: (to, size + 8)),
            ("overlap", "9.6.6", "the second file is in the first", 32, lambda to: (to - size, size)),
            ("no-file", "9.6.6 8.1.1", "the second ring is no stream file", 32, lambda to: (to + 8, size - 8)),
            ("len-max", "9.6.6", "the second file has 2^64 - 8 bytes", 32, lambda to: (to, (1 << 64) - 8))]:
        yield good(f"list-{name}", clauses, why, entries(
            lambda at, to, following=following, second=second:
            [entry(at, at + following, to[0], size), entry(at + 32, 0, *second(to[1]))], one, two), said(1))
    yield good("list-loop", "9.6.5", "the list goes back to its first ring",
               entries(lambda at, to: [entry(at, at + 32, to[0], size), entry(at + 32, at, to[1], size)], one, two),
               [said(1), said(2, stream=1)])
    yield good("list-check-first", "9.6.5", "the check of the first ring is wrong: the second isn't reached",
               behind_good(lambda at: flat(descriptor(at, at + 256),
                                           entry(at + 256, at + 288, at + 320, size, check=1 << 63),
                                           entry(at + 288, 0, at + 320, size), strand(2))), said(1))


def vectors():
    return in_area("image", lists(), damage(), broken(), lists_that_end())
