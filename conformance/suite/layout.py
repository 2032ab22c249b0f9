# SPDX-License-Identifier: MIT
"""Where frames and blocks are, for who damages them: FORMAT.md, clauses 5.1, 6.1, 8.3 and 9.1.

This is no decoder: it finds boundaries in good input, takes what it can't place as one rest, and puts right what
depends on other bytes (lengths, checksums) when a part was changed.
"""
import dataclasses
import re
import struct

from .crc32c import crc32c

MAGIC = bytes.fromhex("895354520d0a1a0a")
BLOCK_MAGIC = bytes.fromhex("f553424b")
REFUSED_LIVE = range(120, 128)
SEALED, CRC = 1, 2
FRAGMENT = 4
RECORDS, TRACE = 1, 2
DEF, LARGE = 2, 5
BLOCK_HEADER = 64
RUN = re.compile(rb"(.)\1{15,}", re.DOTALL)


@dataclasses.dataclass(frozen=True)
class Frame:
    """kind is sync, record, ext or rest (what is no frame, up to the end); ext is the kind of an extended frame."""

    start: int
    end: int
    kind: str
    ext: int = 0

    @property
    def prints(self):
        """Is it a line in the output?"""
        return self.kind == "record" or self.kind == "ext" and self.ext == LARGE


def frame_at(data, at):
    left = len(data) - at
    size = struct.unpack_from("<H", data, at)[0] if left >= 2 else 2
    if size == 0 and left >= 18:
        return Frame(at, at + 18, "sync")
    if size == 1 and left >= 8:
        length = struct.unpack_from("<I", data, at + 4)[0]
        if 8 <= length <= left:
            return Frame(at, at + length, "ext", data[at + 2])
    if 5 <= size <= left:
        return Frame(at, at + size, "record")
    return Frame(at, len(data), "rest")


def frames(data):
    """The frames of a bare strand."""
    found, at = [], 0
    while at < len(data):
        found.append(frame_at(data, at))
        at = found[-1].end
    return found


@dataclasses.dataclass
class Block:
    """A block of a file: header and payload, of which `committed` bytes count; `start` is its place in the file."""

    start: int
    data: bytes

    @property
    def whole_header(self):
        return len(self.data) >= BLOCK_HEADER and self.data[:4] == BLOCK_MAGIC and self.data[4] >= 8

    @property
    def header_len(self):
        return self.data[4] * 8 if self.whole_header else len(self.data)

    @property
    def flags(self):
        return struct.unpack_from("<H", self.data, 6)[0] if self.whole_header else 0

    @property
    def sealed(self):
        """Is every byte that counts under a checksum?"""
        return self.flags & (SEALED | CRC) == SEALED | CRC

    @property
    def seq(self):
        return struct.unpack_from("<Q", self.data, 8)[0] if self.whole_header else 0

    @property
    def committed(self):
        """Bytes that count, from the block's start."""
        if not self.whole_header:
            return len(self.data)
        return min(self.header_len + struct.unpack_from("<I", self.data, 20)[0], len(self.data))

    @property
    def payload(self):
        return self.data[self.header_len:self.committed]


class File:
    """A stream file of one section, taken apart. ValueError where it is none."""

    def __init__(self, data):
        if len(data) < 136 or data[:8] != MAGIC:
            raise ValueError("no stream file")
        self.data = data
        self.header_len = struct.unpack_from("<I", data, 8)[0]
        self.kind = data[76]
        self.block_size, self.block_count = struct.unpack_from("<II", data, 104)
        self.fragment = self.block_count == 0 and bool(data[32] & FRAGMENT)
        self.by_seq = self.block_count > 0 or self.fragment  # else in the order of the file
        size = self.block_size
        if self.header_len < 136 or size < 4096 or size > 1 << 20 or size & (size - 1):
            raise ValueError("a header of another shape")
        self.header = data[:self.header_len]
        self.blocks = [Block(at, data[at:at + size]) for at in range(self.header_len, len(data), size)]

    @property
    def sections(self):
        return self.data.count(MAGIC)


def without_live(header):
    """A file header without what changes while the file is written: refused_live."""
    return header[:REFUSED_LIVE.start] + bytes(len(REFUSED_LIVE)) + header[REFUSED_LIVE.stop:]


def seal_header(header):
    """A file header with the checksum that it should have."""
    crc = crc32c(without_live(header[:16] + bytes(4) + header[20:]))
    return header[:16] + struct.pack("<I", crc) + header[20:]


def seal_block(block):
    """The bytes of a block, with the checksums that they should have."""
    data = bytearray(block.data)
    if block.sealed and len(data) >= BLOCK_HEADER:
        struct.pack_into("<I", data, 56, crc32c(block.payload))
        struct.pack_into("<I", data, 60, crc32c(bytes(data[:60])))
    return bytes(data)


def with_payload(block, payload):
    """The bytes of a block with another committed payload, if that fits; else unchanged."""
    room = len(block.data) - block.header_len
    if not block.whole_header or len(payload) > room:
        return block.data
    data = bytearray(block.data[:block.header_len] + payload + bytes(room - len(payload)))
    struct.pack_into("<I", data, 20, len(payload))
    return seal_block(Block(block.start, bytes(data)))


def places(data):
    """Offsets that are worth a look: all, but of a run of 16 equal bytes or more the first, second, middle and last."""
    found, at = [], 0
    for run in RUN.finditer(data):
        begin, end = run.span()
        found += [*range(at, begin), begin, begin + 1, (begin + end) // 2, end - 1]
        at = end
    return found + list(range(at, len(data)))
