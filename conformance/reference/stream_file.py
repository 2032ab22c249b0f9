# SPDX-License-Identifier: MIT
"""Clause 8: the header of a stream file, and time.

    │ magic │ header_len │ versions │ crc │ features │ who and when │ geometry │ clock tuples │ strings │ zeros │

What is wrong with a header is no diagnostic but a Refusal: there is no strand to report it in (8.1.2).
"""
from bisect import bisect_right

from crc import Checksums
from integers import U64, fixed
from codepoints import FRAGMENT, MERGED, NANO_DERIVED, STRAND_KIND

MAGIC = bytes.fromhex("89 53 54 52 0d 0a 1a 0a")
MIN_HEADER, MAX_HEADER = 136, 65536
BLOCK_SIZES = [1 << power for power in range(12, 21)]


class Refusal(Exception):
    """8.1.2: an input, or a section of it, that isn't read."""

    def __init__(self, code, offset):
        super().__init__(code)
        self.code = code
        self.offset = offset


def check_frame_of_header(data, begin, end, sums):
    """8.4.2, the first five checks, which hold for every major version (8.2.3). Gives header_len."""
    if not MAGIC.startswith(bytes(data[begin:min(end, begin + 8)])):
        raise Refusal("bad-magic", begin)
    if end - begin < MIN_HEADER:
        raise Refusal("file-header-past-end", begin)
    length = fixed(data, begin + 8, 4)
    if not MIN_HEADER <= length <= MAX_HEADER or length % 8:
        raise Refusal("bad-file-header", begin)
    if length > end - begin:
        raise Refusal("file-header-past-end", begin)
    holes = (begin + 16, begin + 20), (begin + 120, begin + 128)
    if sums.of(begin, begin + length, holes) != fixed(data, begin + 16, 4):
        raise Refusal("file-header-crc", begin)
    return length


class FileHeader:
    """8.3: what a reader needs of a header."""

    def __init__(self, data, begin, end, sums):
        """8.4.2: all checks, in their order."""
        self.begin = begin
        self.length = check_frame_of_header(data, begin, end, sums)
        if fixed(data, begin + 12, 2) != 0:
            raise Refusal("unknown-major", begin)
        incompat = fixed(data, begin + 24, 8)
        if incompat & ~NANO_DERIVED:
            raise Refusal("unknown-feature", begin)
        self.nano_derived = bool(incompat & NANO_DERIVED)
        self.read_values(bytes(data[begin:begin + self.length]))
        if not self.possible():
            raise Refusal("bad-file-header", begin)
        self.tuples = [tuple(fixed(data, begin + 136 + 32 * index + 8 * word, 8) for word in range(4))
                       for index in range(self.clock_count)]

    @classmethod
    def of_source(cls, content):
        """11.4.2: the header that a SOURCE definition holds, without the magic; None where it is empty."""
        if not content:
            return None
        data = MAGIC + content
        return cls(data, 0, len(data), Checksums(data))

    def read_values(self, header):
        """8.3: the table."""
        compat = fixed(header, 32, 8)
        self.session = header[40:56]
        self.boot = header[56:72]
        self.ordinal = fixed(header, 72, 4)
        self.kind = header[76]
        self.clock_count = fixed(header, 78, 2)
        self.block_size = fixed(header, 104, 4)
        self.block_count = fixed(header, 108, 4)
        self.tick_num = fixed(header, 112, 4)
        self.tick_den = fixed(header, 116, 4)
        self.refused_live = fixed(header, 120, 8)
        self.strings = sum(fixed(header, offset, 2) for offset in (128, 130, 132))
        self.ring = self.block_count > 0
        self.merged = bool(compat & MERGED) and self.kind == STRAND_KIND["RECORDS"]
        self.fragment = bool(compat & FRAGMENT) and not self.ring and not self.merged

    def possible(self):
        """8.3.2, 8.3.3"""
        return (self.kind in STRAND_KIND.values()
                and self.block_size in BLOCK_SIZES
                and self.block_count != 1
                and self.tick_num >= 1 and self.tick_den >= 1
                and 136 + 32 * self.clock_count + self.strings <= self.length
                and not (self.ring and self.kind == STRAND_KIND["DEFINITIONS"]))

    def nanoseconds(self, ticks):
        """8.5.1"""
        return ticks * self.tick_num // self.tick_den % U64

    def clock_identity(self):
        """11.2.2: two strands share a clock where these are equal."""
        return self.boot, self.tick_num, self.tick_den


class Clock:
    """8.6: the clock tuples of a strand, as far as they have been read.

    Only those are kept that can be the last whose tick is not after some tick: their ticks ascend.
    """

    def __init__(self, header=None):
        self.header = header
        self.first = None
        self.ticks = []
        self.times = []
        for moment in header.tuples if header else []:
            self.add(*moment)

    @classmethod
    def of_source(cls, header):
        """11.2.2: the clock of a merged record; made once for each source."""
        if header is None:
            return cls()
        if not hasattr(header, "clock"):
            header.clock = cls(header)
        return header.clock

    def add(self, tick, _monotonic, realtime, _bracket):
        """8.6.1, 6.7.1"""
        if self.first is None:
            self.first = tick, realtime
        while self.ticks and self.ticks[-1] >= tick:
            self.ticks.pop()
            self.times.pop()
        self.ticks.append(tick)
        self.times.append(realtime)

    def realtime(self, tick):
        """8.6.2"""
        if self.first is None:
            return 0
        index = bisect_right(self.ticks, tick)
        then, realtime = (self.ticks[index - 1], self.times[index - 1]) if index else self.first
        if tick >= then:
            return (realtime + self.nanoseconds(tick - then)) % U64
        return (realtime - self.nanoseconds(then - tick)) % U64

    def nanoseconds(self, ticks):
        """8.5.1; ticks of a bare strand are taken as nanoseconds."""
        return self.header.nanoseconds(ticks) if self.header else ticks
