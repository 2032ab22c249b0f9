# SPDX-License-Identifier: MIT
"""Clause 4.4: CRC-32C, and of any part of a file in time that doesn't depend on its length.

A file that is made to hurt holds a file header, or a block header, at every few bytes, each of which says that its
checksum is that of the next 64 KiB. So that looking at all of them costs no more than reading the file once, a CRC is
made of two: the register behind each byte of the file is kept, and

    register of a part = register at its end  xor  (register at its begin, moved on by so many zero bytes)

Moving by n zero bytes is multiplying by x^8n modulo the polynomial.
"""
from array import array
from functools import lru_cache

POLYNOMIAL = 0x82F63B78
ONES = 0xFFFFFFFF
ONE = 1 << 31


def table():
    """4.4.1: what each byte does to the register."""
    entries = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (POLYNOMIAL if byte & 1 else 0)
        entries.append(byte)
    return entries


TABLE = table()


def crc32c(data):
    """4.4.1: of whole bytes; that of b"123456789" is 0xE3069283."""
    register = ONES
    for byte in data:
        register = register >> 8 ^ TABLE[(register ^ byte) & 0xFF]
    return register ^ ONES


def multiply(left, right):
    """The product of two polynomials modulo that of clause 4.4.1; bit 31 is the power 0."""
    product = 0
    for power in range(31, -1, -1):
        if left >> power & 1:
            product ^= right
        right = right >> 1 ^ (POLYNOMIAL if right & 1 else 0)
    return product


def powers():
    """x^8, x^16, x^32 …: one, two, four … bytes of zeros."""
    result = [ONE >> 8]
    while len(result) < 64:
        result.append(multiply(result[-1], result[-1]))
    return result


POWERS = powers()


@lru_cache(maxsize=1 << 16)
def power(count):
    """x^8n: so many bytes of zeros."""
    product = ONE
    for square in POWERS:
        if not count:
            break
        if count & 1:
            product = multiply(product, square)
        count >>= 1
    return product


def moved(register, count):
    """The register behind so many zero bytes."""
    return multiply(register, power(count))


class Checksums:
    """The CRCs of the parts of data, from `begin` on."""

    def __init__(self, data, begin=0):
        self.data = data
        self.begin = begin
        self.registers = array("I", [0])

    def reach(self, end):
        """Keeps the registers up to there; they start at 0, which leaves zeros in front out of account."""
        registers = self.registers
        register = registers[-1]
        for byte in self.data[self.begin + len(registers) - 1:end]:
            register = register >> 8 ^ TABLE[(register ^ byte) & 0xFF]
            registers.append(register)

    def register(self, begin, end):
        """What the bytes from begin to end make of a register of 0."""
        self.reach(end)
        return self.registers[end - self.begin] ^ moved(self.registers[begin - self.begin], end - begin)

    def of(self, begin, end, zeros=()):
        """4.4.1: the CRC from begin to end, where the parts of `zeros`, (begin, end) each, count as zero bytes."""
        register = moved(ONES, end - begin) ^ self.register(begin, end)
        for hole_begin, hole_end in zeros:
            register ^= moved(self.register(hole_begin, hole_end), end - hole_end)
        return register ^ ONES
