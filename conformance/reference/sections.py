# SPDX-License-Identifier: MIT
"""Clause 11.1: several stream files in one file, and the fragments of strands.

A file is gone through twice: first each section is read to find out where it ends and what it defines, then its
items are read again, when merging asks for them. So no more than a block is kept.
"""
from blocks import HEADER, Block, BlockReader, Bytes, GrowingReader, RingReader, section_end
from frames import Strand
from stream_file import FileHeader, Refusal


class FileStream:
    """One section: a stream."""

    def __init__(self, file, header, strict=False):
        self.file = file
        self.header = header
        self.strict = strict
        self.end = file.end
        self.definitions, self.sources = {}, {}
        self.survey()

    def reader(self, sessions):
        """What reads it once."""
        kind = RingReader if self.header.ring else GrowingReader
        return kind(self.file, self.header, Strand(self.header, sessions, self.strict, self.numbers()), self.end)

    def numbers(self):
        """11.4.4: how many stream numbers it takes."""
        return max(self.sources, default=0) + 1

    def survey(self):
        """11.1.1, 6.5.4, 11.4.2: where it ends, what it defines, and its sources."""
        reader = self.reader({})
        for _ in reader.read():
            pass
        self.end = reader.end
        self.definitions, self.sources = reader.strand.definitions.strand, reader.strand.sources

    def items(self, sessions):
        """What reading it gives."""
        return self.reader(sessions).read()


class Piece:
    """11.1.4: one section of a strand of fragments; 11.1.5: the places that it looks at."""

    def __init__(self, file, header):
        self.file = file
        self.header = header
        self.end = file.end
        self.blocks = []
        self.faults = []
        self.walk()

    def walk(self):
        """11.1.5: places in order, up to the first without magic."""
        place = self.header.begin + self.header.length
        size = self.header.block_size
        while place < self.end and self.file.header_in(place, place + 1) is None:
            if not self.file.is_magic(place):
                self.stop(place)
                return
            self.end = section_end(self.file, self.header, place, self.end)
            if self.end - place < HEADER:
                self.faults.append(("block-past-end", place))
                return
            self.look(Block(self.file.data, place, self.end))
            place += size
        self.end = min(self.end, place)

    def stop(self, place):
        """11.1.5: the first place without magic; the section ends at the next file header that is right."""
        section = self.file.header_in(place, self.end)
        self.end = self.end if section is None else section
        if self.file.zeros_from(place, self.end) < self.end:
            short = self.end - place < HEADER
            self.faults.append(("block-past-end" if short else "bad-block-header", place))

    def look(self, block):
        """9.2.2, 9.2.3"""
        code = block.header_fault(self.header, self.file.sums)
        if code != "block-header-crc" and block.seq == 0:
            code = None if block.flags == 0 else "bad-block-header"
        elif code is None:
            self.blocks.append((block, self.end))
        if code:
            self.faults.append((code, block.offset))


class FragmentReader(BlockReader):
    """11.1.4 – 11.1.6: one strand, of all its fragments."""

    def __init__(self, pieces, strand):
        super().__init__(pieces[0].file, pieces[-1].header, strand)
        self.pieces = pieces

    def chosen(self):
        """11.1.4: for each seq the block that counts, in the order of the seqs."""
        best = {}
        for piece in self.pieces:
            for block, end in piece.blocks:
                worth = block.payload_right(self.file.sums), block.there
                if block.seq not in best or worth >= best[block.seq][0]:
                    best[block.seq] = worth, block, end
        return [best[seq][1:] for seq in sorted(best)]

    def read(self):
        """11.1.6: only the last block is read by clause 9.2.6; 11.1.5: faults of places behind all blocks."""
        blocks = self.chosen()
        for index, (block, end) in enumerate(blocks):
            if index + 1 == len(blocks):
                yield from self.block(block, end)
            else:
                yield from self.inner_block(block)
        yield from self.ledger.at_end()
        faults = [fault for piece in self.pieces for fault in piece.faults]
        self.ledger.damage = None
        for code, place in faults:
            yield self.ledger.fault(code, place, code != "block-past-end")
        yield from self.damaged_places()

    def inner_block(self, block):
        """11.1.6: as if it had been committed so far."""
        self.ledger.last_header = block
        if not block.payload_right(self.file.sums):
            yield self.ledger.fault("block-payload-crc", block.offset)
            return
        yield from self.ledger.compare(block)
        yield from self.frames(block, cut=False)

    def damaged_places(self):
        """11.1.5: nobody knows what was there."""
        self.ledger.last_header = None
        yield from self.ledger.at_end()


class FragmentStream:
    """11.1.4: a stream of fragments."""

    def __init__(self, strict=False):
        self.pieces = []
        self.strict = strict
        self.definitions = {}

    @property
    def header(self):
        """11.1.4: the last one's counts."""
        return self.pieces[-1].header

    def reader(self, sessions):
        """What reads it once."""
        return FragmentReader(self.pieces, Strand(self.header, sessions, self.strict))

    def survey(self):
        """6.5.4: what it defines."""
        reader = self.reader({})
        for _ in reader.read():
            pass
        self.definitions = reader.strand.definitions.strand

    def items(self, sessions):
        """What reading it gives."""
        return self.reader(sessions).read()


def identity(header):
    """11.1.4: fragments that are equal in these are one strand."""
    return header.session, header.ordinal, header.kind, header.block_size, header.nano_derived


def read_sections(data, strict=False, begin=0, end=None):
    """11.1.1, 11.3.1: the streams of a file in their order, and what was refused."""
    file = Bytes(data, begin, end)
    streams, refusals, fragments = [], [], {}
    place = file.begin
    while place is not None and (place < file.end or place == file.begin):
        try:
            header = FileHeader(data, place, file.end, file.sums)
            place = add_section(file, header, streams, fragments, strict)
        except Refusal as refusal:
            refusals.append(refusal)
            place = None if refusal.code == "bad-magic" else file.header_in(place + 1, file.end)
    for stream in fragments.values():
        stream.survey()
    return streams, refusals


def add_section(file, header, streams, fragments, strict):
    """11.1.4: a stream of its own, or one more fragment. Gives where the section ends."""
    if header.fragment:
        key = identity(header)
        if key not in fragments:
            fragments[key] = FragmentStream(strict)
            streams.append(fragments[key])
        fragments[key].pieces.append(Piece(file, header))
        return fragments[key].pieces[-1].end
    streams.append(FileStream(file, header, strict))
    return streams[-1].end
