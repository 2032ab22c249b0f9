# SPDX-License-Identifier: MIT
"""Bytes of strands and stream files, made from the format's description alone: inputs for the tests."""
import pathlib
import struct
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent.parent / "conformance"))
from suite.crc32c import crc32c  # noqa: E402

MAGIC = b"\x89STR\r\n\x1a\n"
BLOCK_MAGIC = b"\xf5SBK"
HEADER_FIXED = 136
BLOCK_HEADER = 64
RECORDS, TRACE, DEFINITIONS = 1, 2, 3
SEALED, CRC = 1, 2
DEF, LOSS, CLOCK, LARGE, OWNER, END = 2, 3, 4, 5, 6, 7
KEY, SITE, STACK, EVENT = 1, 2, 3, 4
MERGED, FRAGMENT = 1, 4


def uvarint(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def zigzag(value):
    return uvarint(~value << 1 | 1 if value < 0 else value << 1)


# Fields
def string(text):
    data = text.encode() if isinstance(text, str) else text
    return b"\x08" + uvarint(len(data)) + data


def integer(value):
    return b"\x04" + zigzag(value)


def uinteger(value):
    return b"\x05" + uvarint(value)


def level(value):
    return b"\x11" + uvarint(value)


def key_id(value):
    return b"\x19" + uvarint(value)


def site_id(value):
    return b"\x21" + uvarint(value)


def stack_id(value):
    return b"\x29" + uvarint(value)


def traceback(*pcs):
    return b"\x0c" + uvarint(len(pcs)) + b"".join(map(uvarint, pcs))


# Frames
def sync(tick, nano):
    return struct.pack("<HQQ", 0, tick, nano)


def body(tick_delta, nano_delta, p, *fields):
    return uvarint(tick_delta) + uvarint(nano_delta) + zigzag(p) + b"".join(fields)


def record(tick_delta, nano_delta, p, *fields):
    data = body(tick_delta, nano_delta, p, *fields)
    return struct.pack("<H", len(data) + 2) + data


def frame(kind, data=b"", flags=0):
    return struct.pack("<HBBI", 1, kind, flags, len(data) + 8) + data


def large(*arguments):
    return frame(LARGE, body(*arguments))


def definition(kind, number, *fields):
    return frame(DEF, uvarint(kind) + uvarint(number) + b"".join(fields))


def loss(kind, code, offset, records=0, size=0, known=0, *fields):
    return frame(LOSS, b"".join(map(uvarint, (kind, code, known, offset, records, size))) + b"".join(fields))


def event(kind, *arguments):
    """A trace event with its deltas; the count bits say how many arguments there are besides two."""
    data = b"".join(map(uvarint, arguments))
    if len(arguments) - 2 in (0, 1, 2):
        return bytes([kind | (len(arguments) - 2) << 6]) + data
    return bytes([kind | 3 << 6]) + uvarint(len(data)) + data


def is_record(data):
    size, kind = struct.unpack_from("<HB", data)
    return size >= 5 or (size == 1 and kind == LARGE)


class StreamFile:
    """A stream file: a header, then blocks as they are added."""

    def __init__(self, name="", kind=RECORDS, block_size=4096, block_count=0, session=b"S" * 16, boot=b"B" * 16,
                 ordinal=0, clocks=((0, 0, 0, 0),), tick_num=1, tick_den=1, host="", compat=0, incompat=0):
        self.kind, self.block_size, self.block_count = kind, block_size, block_count
        self.seq = self.records = self.payload = self.lost = 0
        self.blocks = []
        strings = [text.encode() for text in (name, host, "test")]
        tail = b"".join(struct.pack("<4Q", *clock) for clock in clocks) + b"".join(strings)
        header_len = (HEADER_FIXED + len(tail) + 7) // 8 * 8
        header = bytearray(MAGIC + struct.pack(
            "<IHHIIQQ16s16sIBBHQQQIIIIQHHHH", header_len, 0, 9, 0, 0, incompat, compat, session, boot, ordinal, kind,
            3, len(clocks), 77, 78, 1000, block_size, block_count, tick_num, tick_den, 0, *map(len, strings), 0))
        header += tail
        header += bytes(header_len - len(header))
        struct.pack_into("<I", header, 16, crc32c(header))
        self.header = bytes(header)

    def block(self, *frames, records=None, tick=0, sealed=True, lost=0):
        """Adds a block with these frames; `records` where the frames don't tell (traces)."""
        payload = b"".join(frames)
        room = self.block_size - BLOCK_HEADER
        assert len(payload) <= room, (len(payload), room)
        self.seq += 1
        self.lost += lost
        flags = SEALED | CRC if sealed else 0
        header = BLOCK_MAGIC + struct.pack("<BBHQIIQQQQI", BLOCK_HEADER // 8, self.kind, flags, self.seq, room,
                                           len(payload), tick, self.records, self.payload, self.lost,
                                           crc32c(payload) if sealed else 0)
        header += struct.pack("<I", crc32c(header) if sealed else 0)
        self.blocks.append((self.seq, header + payload + bytes(room - len(payload))))
        self.records += sum(map(is_record, frames)) if records is None else records
        self.payload += len(payload)
        return self

    def bytes(self):
        if self.block_count == 0:
            return self.header + b"".join(data for _, data in self.blocks)
        slots = [bytes(self.block_size)] * self.block_count
        for seq, data in self.blocks:
            slots[(seq - 1) % self.block_count] = data
        return self.header + b"".join(slots)

    def block_offset(self, index):
        return len(self.header) + index * self.block_size
