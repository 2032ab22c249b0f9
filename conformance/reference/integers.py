# SPDX-License-Identifier: MIT
"""Clause 4: integers.

    127      7f                    300      ac 02                2^64 - 1   ff ff ff ff ff ff ff ff ff 01

A Cursor goes through a part of some bytes and never reads outside of it: who asks for more gets a Fault, which says
by its slug what is wrong. Where that belongs (to a field, a header, a body) is decided by who called.
"""

U64 = 1 << 64


class Fault(Exception):
    """Something that can't be decoded; `code` is a slug of clause 3.1."""

    def __init__(self, code):
        super().__init__(code)
        self.code = code


def fixed(data, offset, size):
    """4.1.1: an unsigned integer of fixed width, little-endian."""
    return int.from_bytes(data[offset:offset + size], "little")


def signed(value, bits):
    """4.1.1: the number that these bits are in two's complement."""
    return value - (1 << bits) if value >> (bits - 1) else value


def unzigzag(value):
    """4.3.1: 0, 1, 2, 3 are 0, -1, 1, -2."""
    return -(value + 1) // 2 if value & 1 else value // 2


def zigzag(value):
    """4.3.1: 2v, or -2v - 1 where v is below 0."""
    return 2 * value if value >= 0 else -2 * value - 1


def uvarint_bytes(value):
    """4.2.1: the shortest form."""
    groups = bytearray()
    while value >= 0x80:
        groups.append(0x80 | value & 0x7F)
        value >>= 7
    groups.append(value)
    return bytes(groups)


class Cursor:
    """A place in data, and where its frame, batch or body ends."""

    __slots__ = ("data", "offset", "end", "padded")

    def __init__(self, data, offset, end):
        self.data = data
        self.offset = offset
        self.end = end
        self.padded = False

    def left(self):
        """How many bytes are left."""
        return self.end - self.offset

    def uvarint(self):
        """4.2.1, 4.2.4: bytes are looked at in order, and the first thing that is wrong is the fault."""
        value = 0
        for index in range(10):
            if self.offset == self.end:
                raise Fault("field-past-end")
            byte = self.data[self.offset]
            self.offset += 1
            value |= (byte & 0x7F) << 7 * index
            if byte < 0x80:
                break
        else:
            raise Fault("varint-long")
        if value >= U64:
            raise Fault("varint-range")
        if byte == 0 and index > 0:
            self.padded = True
        return value

    def varint(self):
        """4.3.1"""
        return unzigzag(self.uvarint())

    def take(self, count):
        """15.1: so many bytes, checked before they are used."""
        if count > self.end - self.offset:
            raise Fault("field-past-end")
        self.offset += count
        return bytes(self.data[self.offset - count:self.offset])

    def fixed(self, size):
        """4.1.1"""
        return int.from_bytes(self.take(size), "little")

    def rest(self):
        """All that is left."""
        return self.take(self.left())
