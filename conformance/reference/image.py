# SPDX-License-Identifier: MIT
"""Clause 9.6: stream files in an image of memory, found by descriptors.

    descriptor │ … first ──→ ring │ next ──→ ring │ next = 0         each ring says where its stream file is

The image is flat, and doesn't say at which addresses it was: a descriptor's own address says so (9.6.4).
"""
from bisect import bisect_right

from integers import U64, fixed
from sections import read_sections
from stream_file import Refusal

MAGIC = bytes.fromhex("e7 1b 9c 53 d2 06 b5 7e a8 f1 44 8d 03 ca 69 be")
DESCRIPTOR, RING = 256, 32
VERSION, ORDER = 1, 0x01020304
CHECK = 0x97EC71A9CE58FA15
MAX_RINGS = 65536


class Parts:
    """9.6.6: the parts of an image that are being read; no two overlap."""

    def __init__(self):
        self.begins = []
        self.ends = []

    def add(self, begin, end):
        """Whether it overlaps none of the others; then it is one of them."""
        index = bisect_right(self.begins, begin)
        if index and self.ends[index - 1] > begin or index < len(self.begins) and self.begins[index] < end:
            return False
        self.begins.insert(index, begin)
        self.ends.insert(index, end)
        return True


class Image:
    """One image, and what is told to the user about it."""

    def __init__(self, data):
        self.data = data
        self.parts = Parts()
        self.rings = 0
        self.told = []

    def holds(self, offset, length):
        """15.9: with the whole length."""
        return offset <= len(self.data) and length <= len(self.data) - offset

    def descriptors(self):
        """9.6.4: at multiples of 8, of a version and an order that are known."""
        offset = self.data.find(MAGIC)
        while offset >= 0:
            if offset % 8 == 0 and self.holds(offset, DESCRIPTOR):
                if fixed(self.data, offset + 16, 4) == VERSION and fixed(self.data, offset + 20, 4) == ORDER:
                    yield offset
                else:
                    self.told.append("descriptor at %d: unknown version or order" % offset)
            offset = self.data.find(MAGIC, offset + 1)

    def listed(self, descriptor):
        """9.6.1, 9.6.5: the stream files of one descriptor, in the order of its list: (offset, length)."""
        shift = descriptor - fixed(self.data, descriptor + 24, 8)
        address = fixed(self.data, descriptor + 56, 8)
        met = set()
        while address:
            ring = (address + shift) % U64
            if not self.holds(ring, RING) or address % 8 or address in met or self.rings == MAX_RINGS:
                self.told.append("descriptor at %d: its list ends early" % descriptor)
                return
            following, file, length, check = (fixed(self.data, ring + 8 * word, 8) for word in range(4))
            if file ^ length ^ address ^ CHECK != check:
                self.told.append("ring at %d: wrong check" % ring)
                return
            met.add(address)
            self.rings += 1
            yield (file + shift) % U64, length
            address = following

    def files(self, descriptor, strict):
        """9.6.6, 9.6.7: what its list holds, by ordinal; each a file of its own."""
        found = []
        for offset, length in self.listed(descriptor):
            if not self.holds(offset, length) or not self.parts.add(offset, offset + length):
                self.told.append("stream file at %d: not whole, or overlaps another" % offset)
                continue
            found.append(read_sections(self.data, strict, offset, offset + length))
        return sorted(found, key=lambda opened: opened[0][0].header.ordinal if opened[0] else 0)


def read_image(data, strict=False):
    """9.6: the streams of an image in their order, and what was refused."""
    image = Image(data)
    streams, refusals = [], []
    for descriptor in list(image.descriptors()):
        for opened, refused in image.files(descriptor, strict):
            streams += opened
            refusals += refused
    if not streams and not refusals:
        refusals.append(Refusal("bad-magic", 0))
    return streams, refusals
