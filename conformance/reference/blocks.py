# SPDX-License-Identifier: MIT
"""Clause 9, and clause 10.4.1: the blocks of one stream file (or of one section of a longer file).

    │ file header │ place │ place │ place │ …      a place is block_size bytes

A Bytes is the file that all sections are parts of, with what is looked up in it again and again: the checksums of
its parts, and where file headers stand whose CRC is right.
"""
from bisect import bisect_left

from crc import Checksums
from frames import FrameReader
from integers import fixed
from codepoints import CRC, SEALED, STRAND_KIND
from stream_file import MAGIC, FileHeader, Refusal
from trace import BatchReader

BLOCK_MAGIC = bytes.fromhex("f5 53 42 4b")
HEADER = 64


class Bytes:
    """A file."""

    def __init__(self, data, begin=0, end=None):
        self.data = data
        self.begin = begin
        self.end = len(data) if end is None else end
        self.sums = Checksums(data, begin)
        self.zeros = (0, 0)
        self.headers = list(self.right_headers())

    def right_headers(self):
        """11.1.1: where a section may begin."""
        offset = self.data.find(MAGIC, self.begin, self.end)
        while offset >= 0:
            if self.begins_section(offset):
                yield offset
            offset = self.data.find(MAGIC, offset + 1, self.end)

    def begins_section(self, offset):
        """11.1.1: a header whose CRC is right, and whose values are possible as far as this version can tell."""
        try:
            FileHeader(self.data, offset, self.end, self.sums)
        except Refusal as refusal:
            return refusal.code in ("unknown-major", "unknown-feature")
        return True

    def header_in(self, begin, end):
        """The first of them with begin ≤ offset < end, or None."""
        index = bisect_left(self.headers, begin)
        if index < len(self.headers) and self.headers[index] < end:
            return self.headers[index]
        return None

    def is_magic(self, offset):
        """9.2.2: whether a block begins here."""
        return self.data[offset:offset + 4] == BLOCK_MAGIC

    def zeros_from(self, offset, end):
        """9.2.5: where the zeros that begin here end."""
        begin = offset
        if self.zeros[0] <= offset < self.zeros[1]:
            return min(self.zeros[1], end)
        while offset < end and self.data[offset] == 0:
            part = self.data[offset:min(end, offset + 4096)]
            offset += len(part) - len(part.lstrip(b"\0"))
        self.zeros = (begin, offset)
        return offset


class Block:
    """9.1: a block header, in a section that ends at `end`."""

    def __init__(self, data, offset, end):
        header = bytes(data[offset:offset + HEADER])
        self.offset = offset
        self.magic = header[:4]
        self.header_length = 8 * header[4]
        self.kind = header[5]
        self.flags = fixed(header, 6, 2)
        self.seq = fixed(header, 8, 8)
        self.payload_length = fixed(header, 16, 4)
        self.committed = fixed(header, 20, 4)
        self.records_before = fixed(header, 32, 8)
        self.bytes_before = fixed(header, 40, 8)
        self.lost_before = fixed(header, 48, 8)
        self.payload_crc = fixed(header, 56, 4)
        self.header_crc = fixed(header, 60, 4)
        self.payload = offset + self.header_length
        self.there = max(0, min(self.committed, end - self.payload))

    def sums_valid(self):
        """9.3.1: only then they are looked at."""
        return self.flags & (CRC | SEALED) == CRC | SEALED

    def header_fault(self, header, sums):
        """9.2.2: magic, CRC, the rest; whether this seq can be there is looked at by the caller."""
        if self.magic != BLOCK_MAGIC:
            return "bad-block-header"
        if self.sums_valid() and sums.of(self.offset, self.offset + 60) != self.header_crc:
            return "block-header-crc"
        if (self.header_length < HEADER or self.header_length + self.payload_length != header.block_size
                or self.committed > self.payload_length or self.kind != header.kind
                or self.flags & CRC and not self.flags & SEALED):
            return "bad-block-header"
        return None if self.seq else "bad-block-header"

    def payload_right(self, sums):
        """9.3.2: checked where all committed bytes are there."""
        return (not self.sums_valid() or self.there < self.committed
                or sums.of(self.payload, self.payload + self.committed) == self.payload_crc)

    def not_below(self, ledger):
        """10.4.1: counters that aren't below what was told."""
        return (self.records_before >= ledger.records and self.bytes_before >= ledger.bytes
                and self.lost_before >= ledger.refused)


class BlockReader:
    """What files that grow, rings and fragments have in common: reading the blocks of one strand in turn."""

    def __init__(self, file, header, strand):
        self.file = file
        self.data = file.data
        self.header = header
        self.strand = strand
        self.ledger = strand.ledger

    def frames(self, block, cut):
        """9.1.6, 9.2.7: a payload decodes alone."""
        reader = BatchReader if self.header.kind == STRAND_KIND["TRACE"] else FrameReader
        run = reader(self.strand, self.data, block.payload, block.payload + block.there, cut=cut)
        for item in run.read():
            if not item.timed and item.damage:
                self.ledger.note_damage(item.offset)
            yield item
        self.strand.definitions.end_block()

    def block(self, block, end):
        """9.2.6, 9.3.2, 10.2: a block whose header can be taken, in a section that ends at `end`."""
        self.ledger.last_header = block
        if not block.payload_right(self.file.sums):
            yield self.ledger.fault("block-payload-crc", block.offset)
            return
        yield from self.ledger.compare(block)
        yield from self.frames(block, cut=block.there < block.committed)
        if block.offset + self.header.block_size > end:
            yield self.ledger.fault("block-past-end", block.offset, damage=False)


class GrowingReader(BlockReader):
    """9.2.1, 9.2.5, 10.4.1: a file that grows. `end` is where the section ends, which reading finds out."""

    def __init__(self, file, header, strand, end):
        super().__init__(file, header, strand)
        self.end = end
        self.searched = header.begin + header.length
        self.zeros_told = None

    def read(self):
        """9.2.1: block by block, up to the end of the file or the next section."""
        place = self.header.begin + self.header.length
        while place is not None:
            if self.file.header_in(place, place + 1) is not None:
                self.end = min(place, self.end)
            if place >= self.end:
                place = self.behind_damage(self.end)
            else:
                self.end = section_end(self.file, self.header, place, self.end)
                place = yield from self.place(place)
        yield from self.ledger.at_end()

    def behind_damage(self, place):
        """10.4.1: what is left is searched where the file ends behind damage."""
        return self.search(self.searched, place) if self.ledger.damage is not None else None

    def place(self, place):
        """9.2.2, 9.2.3: a block, one being opened, one whose seq can't be there, or none. Gives the next place."""
        if self.end - place < HEADER:
            return (yield from self.rest(place))
        block = Block(self.data, place, self.end)
        unused = block.magic == BLOCK_MAGIC and block.seq == 0 and block.flags == 0
        code = None if unused else block.header_fault(self.header, self.file.sums)
        following = place + self.header.block_size
        if code:
            return (yield from self.no_block(place, code))
        if unused:
            if following > self.end:
                yield self.ledger.fault("block-past-end", place, damage=False)
        elif block.seq <= self.ledger.seq:
            yield self.ledger.fault("bad-block-header", place)
        else:
            yield from self.block(block, self.end)
            intact = self.ledger.seq == block.seq
            checked = intact and block.sums_valid() and block.there == block.committed
            self.searched = max(self.searched, block.payload + (block.committed if checked else 0))
        return following

    def rest(self, place):
        """9.2.5, 9.2.6: less than a header, at the end of the file."""
        if self.file.zeros_from(place, self.end) < self.end:
            damaged = self.ledger.damage is not None
            yield self.ledger.fault("bad-block-header" if damaged else "block-past-end", place, damaged)
        return self.behind_damage(place)

    def no_block(self, place, code):
        """9.2.5, 10.4.1: zeros up to the end or to a section are nothing; else the place is told, of zeros the first."""
        zeros = self.file.zeros_from(place, self.end)
        if zeros == self.end or self.file.header_in(zeros, zeros + 1) is not None:
            self.end = zeros
            return self.behind_damage(place)
        following = place + self.header.block_size
        filled = zeros >= following
        if not filled or zeros != self.zeros_told:
            yield self.ledger.fault(code, place)
        self.zeros_told = zeros if filled else None
        return following if filled else self.look_further(place)

    def look_further(self, place):
        """10.4.1: the next place, then byte by byte, up to it; where nothing is found it is a place as any other."""
        following = place + self.header.block_size
        if self.goes_on(following):
            return following
        found = self.search(self.searched, following)
        if found is None:
            self.searched = max(self.searched, min(following, self.end))
        return following if found is None else found

    def goes_on(self, offset):
        """10.4.1: whether reading can go on here."""
        if self.file.header_in(offset, offset + 1) is not None:
            return True
        if self.end - offset < HEADER or not self.file.is_magic(offset):
            return False
        block = Block(self.data, offset, self.end)
        if block.header_fault(self.header, self.file.sums) or block.seq <= self.ledger.seq:
            return False
        sums = block.payload_crc or block.header_crc
        return block.sums_valid() or block.flags == 0 and not sums and block.not_below(self.ledger)

    def search(self, begin, end):
        """10.4.1: byte by byte, for a block."""
        end = min(end, self.end)
        offset = self.data.find(BLOCK_MAGIC, begin, end + 3)
        while offset >= 0:
            if self.goes_on(offset):
                return offset
            offset = self.data.find(BLOCK_MAGIC, offset + 1, end + 3)
        return None


def seq_at(file, header, place, end):
    """The seq of the block at place; 0 where its header can't be taken."""
    if end - place < HEADER:
        return 0
    block = Block(file.data, place, end)
    return 0 if block.header_fault(header, file.sums) else block.seq


def section_end(file, header, place, end):
    """11.1.1: a section may begin anywhere inside of a place that holds no block, or one that isn't whole.

    It is whole where the file ends behind it, a section begins, or the block that follows it.
    """
    behind = place + header.block_size
    seq = seq_at(file, header, place, end)
    if seq and (behind == end or file.header_in(behind, behind + 1) is not None
                or seq_at(file, header, behind, end) == seq + 1):
        return end
    section = file.header_in(place + 1, min(end, behind))
    return end if section is None else section


class RingReader(BlockReader):
    """9.2.1, 9.2.4, 9.5: a ring, slot by slot. It ends where its geometry says, or with the file."""

    def __init__(self, file, header, strand, end):
        super().__init__(file, header, strand)
        self.slots = header.begin + header.length
        self.end = min(end, self.slots + header.block_count * header.block_size)
        present = max(0, self.end - self.slots)
        self.whole_slots, part = divmod(present, header.block_size)
        self.readable = self.whole_slots + (part >= HEADER)

    def slot(self, index):
        """9.2.1: where a slot is."""
        return self.slots + index * self.header.block_size

    def fault(self, block, index):
        """9.2.2, 9.2.4: a seq that belongs to another slot can't be there."""
        code = block.header_fault(self.header, self.file.sums)
        if code is None and (block.seq - 1) % self.header.block_count != index:
            code = "bad-block-header"
        return code

    def first_slot(self):
        """9.2.4: the slot behind that of the highest seq."""
        best, highest = -1, 0
        for index in range(self.readable):
            block = Block(self.data, self.slot(index), self.end)
            if block.seq > highest and self.fault(block, index) is None:
                best, highest = index, block.seq
        return best + 1

    def read(self):
        """9.2.4: round the ring, from the oldest block to the newest."""
        first = self.first_slot()
        for index in [*range(first, self.readable), *range(first)]:
            block = Block(self.data, self.slot(index), self.end)
            if block.seq == 0:
                continue
            code = self.fault(block, index)
            if code is None and block.seq <= self.ledger.seq:
                code = "bad-block-header"
            if code is None:
                yield from self.block(block, self.end)
            else:
                yield self.ledger.fault(code, block.offset)
        yield from self.ledger.at_end()
        yield from self.ledger.refused_live(self.header)
        if self.readable < self.header.block_count:
            yield self.ledger.fault("block-past-end", self.slot(self.readable), damage=False)
