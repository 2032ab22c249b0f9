# SPDX-License-Identifier: MIT
"""Mutations that know the structure: a change that a checksum or a length would catch at once tells little.

    raw     frames: swapped, doubled, dropped, borrowed from another vector; sizes; varints padded, longer, larger;
            field types; bits, bytes, zeros, cuts
    file    the same inside a block, whose lengths and checksums are put right; blocks: swapped, doubled, dropped;
            fields of file header and block headers, with their checksums put right (three times of four)
"""
import random
import struct

from . import layout

BYTES = (0x00, 0x01, 0x7F, 0x80, 0xFE, 0xFF)
SIZES = (0, 1, 2, 3, 4, 5, 6, 17, 18, 255, 4096, 65535)
NUMBERS = (0, 1, 2, 7, 8, 63, 64, 127, 128, 4032, 4095, 4096, 1 << 20, (1 << 20) + 1, (1 << 31) - 1, (1 << 32) - 1,
           1 << 32, (1 << 63) - 1, 1 << 63, (1 << 64) - 1)
TYPES = (*range(0, 16), 0x10, 0x11, 0x13, 0x14, 0x15, 0x17, 0x19, 0x1B, 0x1C, 0x1D, 0x1F, 0x21, 0x23, 0x24, 0x25, 0x29,
         0x38, 0x39, 0x40, 0x41, 0x46, 0x7F, 0x80, 0xC1, 0xFF)
FILE_FIELDS = ((8, 4), (12, 2), (14, 2), (24, 8), (32, 8), (72, 4), (76, 1), (77, 1), (78, 2), (104, 4), (108, 4),
               (112, 4), (116, 4), (120, 8), (128, 2), (130, 2), (132, 2))
BLOCK_FIELDS = ((4, 1), (5, 1), (6, 2), (8, 8), (16, 4), (20, 4), (24, 8), (32, 8), (40, 8), (48, 8), (56, 4), (60, 4))


def uvarint(value, padding=0):
    """Clause 4.2, with so many groups of zeros behind it."""
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    for _ in range(padding):
        out[-1] |= 128
        out.append(0)
    return bytes(out)


def trace_strands(data):
    """Does a file hold a trace strand (or what a reader may take for one)?"""
    at = data.find(layout.MAGIC)
    while at >= 0:
        if data[at + 76:at + 77] == bytes([layout.TRACE]):
            return True
        at = data.find(layout.MAGIC, at + 1)
    return False


class Mutator:
    """A source of inputs: `next()` → (vector that it was made of, form, bytes). The same seed, the same inputs."""

    def __init__(self, vectors, seed=0):
        self.random = random.Random(seed)
        self.pool = [(vector, vector.data()[0]) for vector in vectors
                     if vector.verb == "decode" and not vector.options and vector.form in ("raw", "file")]
        self.strands = [data for vector, data in self.pool if vector.form == "raw" and data]

    def next(self):
        vector, data = self.random.choice(self.pool)
        for _ in range(self.random.choice((1, 1, 1, 2, 2, 3))):
            data = self.change_raw(data) if vector.form == "raw" else self.change_file(data)
        return vector, vector.form, data

    def pick(self, count):
        return self.random.randrange(count)

    def number(self, size):
        """A number worth a try, in so many bytes."""
        value = self.random.choice(NUMBERS) + self.random.choice((-1, 0, 0, 1))
        return (value % (1 << 8 * size)).to_bytes(size, "little")

    def change_raw(self, data):
        change = self.random.choice((self.move, self.move, self.resize, self.varint, self.varint, self.field_type,
                                     self.byte, self.byte, self.cut))
        return change(data)

    def move(self, data):
        """Frames: swapped, doubled, dropped, or one of another strand."""
        parts = [data[frame.start:frame.end] for frame in layout.frames(data)] or [b""]
        one, other = self.pick(len(parts)), self.pick(len(parts))
        what = self.pick(4)
        if what == 0:
            parts[one], parts[other] = parts[other], parts[one]
        elif what == 1:
            parts.insert(other, parts[one])
        elif what == 2:
            del parts[one]
        elif self.strands:
            strand = self.random.choice(self.strands)
            frame = self.random.choice(layout.frames(strand))
            parts.insert(other, strand[frame.start:frame.end])
        return b"".join(parts)

    def frame(self, data):
        found = layout.frames(data)
        return self.random.choice(found) if found else layout.Frame(0, 0, "rest")

    def resize(self, data):
        """A size that isn't that of its frame."""
        frame = self.frame(data)
        size = frame.end - frame.start
        if frame.kind == "ext":
            length = self.random.choice((size - 1, size + 1, 7, 8, 9, 1 << 20, (1 << 20) + 1, len(data), 0))
            return data[:frame.start + 4] + struct.pack("<I", length) + data[frame.start + 8:]
        value = self.random.choice((size - 1, size + 1, *SIZES)) % 65536
        return data[:frame.start] + struct.pack("<H", value) + data[frame.start + 2:]

    def varint(self, data):
        """A byte inside of a record becomes a varint: padded, longer or larger; the record's size follows."""
        frame = self.frame(data)
        if frame.kind != "record":
            return self.byte(data)
        at = frame.start + 2 + self.pick(frame.end - frame.start - 2)
        value = self.random.choice((data[at] & 127, *NUMBERS))
        body = data[frame.start + 2:at] + uvarint(value, self.pick(4)) + data[at + 1:frame.end]
        if len(body) + 2 > 65535:
            return data
        return data[:frame.start] + struct.pack("<H", len(body) + 2) + body + data[frame.end:]

    def field_type(self, data):
        """A byte inside of a frame becomes a type."""
        frame = self.frame(data)
        if frame.end - frame.start < 6:
            return self.byte(data)
        at = frame.start + 5 + self.pick(frame.end - frame.start - 5)
        return data[:at] + bytes([self.random.choice(TYPES)]) + data[at + 1:]

    def byte(self, data):
        """A bit, a byte, a byte more or less, or zeros."""
        if not data:
            return bytes([self.random.choice(BYTES)])
        at, what = self.pick(len(data)), self.pick(5)
        if what == 0:
            return data[:at] + bytes([data[at] ^ 1 << self.pick(8)]) + data[at + 1:]
        if what == 1:
            return data[:at] + bytes([self.random.choice(BYTES)]) + data[at + 1:]
        if what == 2:
            return data[:at] + data[at + 1:]
        if what == 3:
            return data[:at] + bytes([self.random.choice(BYTES)]) + data[at:]
        count = self.random.choice((2, 4, 8, 18, 36))
        return data[:at] + bytes(min(count, len(data) - at)) + data[at + count:]

    def cut(self, data):
        return data[:self.pick(len(data) + 1)]

    def change_file(self, data):
        try:
            file = layout.File(data)
        except ValueError:
            return self.byte(data)
        if not file.blocks:
            return self.byte(data)
        change = self.random.choice((self.payload, self.payload, self.payload, self.block_field, self.file_field,
                                     self.move_blocks, self.flip_or_cut))
        return change(file)

    def with_block(self, file, number, data):
        blocks = [block.data for block in file.blocks]
        blocks[number] = data
        return file.header + b"".join(blocks)

    def payload(self, file):
        number = self.pick(len(file.blocks))
        block = file.blocks[number]
        return self.with_block(file, number, layout.with_payload(block, self.change_raw(block.payload)))

    def block_field(self, file):
        number = self.pick(len(file.blocks))
        block = file.blocks[number]
        at, size = self.random.choice(BLOCK_FIELDS)
        old = int.from_bytes(block.data[at:at + size], "little")
        near = ((old + self.random.choice((-1, 1, 2))) % (1 << 8 * size)).to_bytes(size, "little")
        value = self.random.choice((near, near, self.number(size)))
        data = block.data[:at] + value + block.data[at + size:]
        if self.pick(4):
            data = layout.seal_block(layout.Block(block.start, data))
        return self.with_block(file, number, data)

    def file_field(self, file):
        at, size = self.random.choice(FILE_FIELDS)
        value = self.random.choice((self.number(size), bytes([self.pick(5)]) + bytes(size - 1)))
        header = file.header[:at] + value + file.header[at + size:]
        return (layout.seal_header(header) if self.pick(4) else header) + file.data[file.header_len:]

    def move_blocks(self, file):
        blocks = [block.data for block in file.blocks]
        one, other, what = self.pick(len(blocks)), self.pick(len(blocks)), self.pick(4)
        if what == 0:
            blocks[one], blocks[other] = blocks[other], blocks[one]
        elif what == 1:
            blocks.insert(other, blocks[one])
        elif what == 2:
            del blocks[one]
        else:
            blocks[one] = bytes(len(blocks[one]))
        return file.header + b"".join(blocks)

    def flip_or_cut(self, file):
        places = layout.places(file.data)
        at = self.random.choice(places)
        if self.pick(2):
            return file.data[:at]
        return file.data[:at] + bytes([file.data[at] ^ 1 << self.pick(8)]) + file.data[at + 1:]
