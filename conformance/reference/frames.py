# SPDX-License-Identifier: MIT
"""Clauses 5 and 6: the frames of a bare strand, or of a block's payload.

    00 00 │ tick u64 │ nano u64                                        sync, 18 bytes
    01 00 │ kind u8 │ flags u8 │ total_len u32 │ body …                extended frame
    size u16 │ tick_delta │ nano_delta │ P │ fields …                  record

A Strand is what a reader knows of a strand across its blocks; a FrameReader goes through one run of frames. Its
generators yield items, and return where the next frame is, or None where the strand (the block) ends.
"""
from definitions import Definitions, read_definition
from fields import is_event, read_fields
from integers import U64, Cursor, Fault, fixed
from items import Diagnostic, Event, Record, fault
from loss import Ledger
from codepoints import DEF, DIAG_SLUG, FRAME, SLUG, STRAND_KIND
from stream_file import Clock, FileHeader, Refusal

SYNC_SIZE = 18
EXTENDED_HEADER = 8
MAX_EXTENDED = 1048576
NO_BASE = (0, 0)


class Strand:
    """The state of reading one strand: its clock, its definitions, and what was told of it."""

    def __init__(self, header=None, sessions=None, strict=False, numbers=1):
        self.header = header
        self.numbers = numbers
        self.merged = header is not None and header.merged
        self.derived = header is not None and header.nano_derived
        self.strict = strict
        self.sessions = sessions or {}
        self.definitions = Definitions(header is not None and header.kind == STRAND_KIND["DEFINITIONS"])
        self.sources = {}
        self.clock = Clock(header)
        self.ledger = Ledger(header)
        self.record_met = False
        self.closed = False

    def add_source(self, number, content):
        """11.4.2: a source of a merged file; behind a record none is defined any more."""
        if not self.record_met:
            self.sources[number] = source_header(content)

    def stream_of(self, source):
        """11.4.4: a STRAND above the highest that a SOURCE defines is read as that of the first stream."""
        return source if source < self.numbers else 0

    def session_definitions(self, source):
        """6.5.4, 11.2.2: those of the strand's session, in a merged file of the record's source."""
        header = self.sources.get(source) if self.merged else self.header
        return self.sessions.get(header.session, {}) if header else {}

    def source_clock(self, source):
        """11.2.2: a record of a merged file has the clock of its source."""
        if not self.merged:
            return self.clock
        return Clock.of_source(self.sources.get(source))


class FrameReader:
    """Reads the frames of data[begin:end] of a strand; `shift` is added to offsets, `cut`: clause 9.2.6."""

    def __init__(self, strand, data, begin, end, base=None, shift=0, cut=False):
        self.strand = strand
        self.data = data
        self.begin = begin
        self.end = end
        self.base = base
        self.no_base_told = False
        self.shift = shift
        self.cut = cut

    def tell(self, code, offset, damage=True):
        """A fault that is reported; where the file's end cuts the frames, that it ends is told by the caller."""
        if not (self.cut and code in ("frame-past-end", "zero-fill")):
            yield fault(code, offset + self.shift, damage)

    def read(self):
        """5.1.1: frames without gaps."""
        zeros = self.begin + len(bytes(self.data[self.begin:self.end]).rstrip(b"\0"))
        offset = self.begin
        while offset is not None and offset < self.end:
            if offset >= zeros and self.end - offset >= 2:
                yield from self.tell("zero-fill", offset)
                return
            offset = yield from self.frame(offset)

    def frame(self, offset):
        """5.1.1, 5.1.4: faults are looked for in this order."""
        left = self.end - offset
        size = fixed(self.data, offset, 2)
        header = (SYNC_SIZE, EXTENDED_HEADER)[size] if left >= 2 and size < 2 else 2
        if left < header:
            yield from self.tell("frame-past-end", offset)
        elif size == 0:
            return (yield from self.sync(offset))
        elif size == 1:
            return (yield from self.extended(offset))
        elif size < 5:
            yield from self.tell("bad-size", offset)
        elif left < size:
            yield from self.tell("frame-past-end", offset)
        else:
            return (yield from self.record(offset, offset + 2, offset + size))
        return None

    def sync(self, offset):
        """5.3.1, 5.3.4: a time base, or a run of syncs of zeros, which is reported once."""
        first = offset
        while self.end - offset >= SYNC_SIZE and not any(self.data[offset:offset + SYNC_SIZE]):
            offset += SYNC_SIZE
        if offset > first:
            yield from self.tell("zero-sync", first)
            return offset
        self.base = fixed(self.data, offset + 2, 8), fixed(self.data, offset + 10, 8)
        self.strand.ledger.tell(SYNC_SIZE)
        self.strand.closed = False
        return offset + SYNC_SIZE

    def extended(self, offset):
        """6.1, 6.2.1: length, critical bit, then the body of a kind that is known."""
        if self.end - offset < EXTENDED_HEADER:
            yield from self.tell("frame-past-end", offset)
            return None
        kind, flags, length = self.data[offset + 2], self.data[offset + 3], fixed(self.data, offset + 4, 4)
        if not EXTENDED_HEADER <= length <= MAX_EXTENDED:
            yield from self.tell("bad-ext-length", offset)
            return None
        if length > self.end - offset:
            yield from self.tell("frame-past-end", offset)
            return None
        if kind not in FRAME.values() and flags & 1:
            yield from self.tell("critical-frame", offset)
            return None
        if kind == FRAME["LARGE"]:
            return (yield from self.record(offset, offset + EXTENDED_HEADER, offset + length))
        cursor = Cursor(self.data, offset + EXTENDED_HEADER, offset + length)
        yield from self.body(kind, offset, cursor)
        self.strand.ledger.tell(length)
        self.strand.closed = kind == FRAME["END"]
        return offset + length

    def body(self, kind, offset, cursor):
        """6.3: a LOSS that can't be decoded is reported, anything else is missing in silence."""
        try:
            if kind == FRAME["LOSS"]:
                yield self.loss(cursor)
            elif kind == FRAME["DEF"]:
                self.definition(cursor)
            elif kind == FRAME["CLOCK"]:
                self.strand.clock.add(*(cursor.fixed(8) for _ in range(4)))
            elif kind == FRAME["OWNER"]:
                cursor.uvarint()
        except Fault:
            if kind == FRAME["LOSS"]:
                yield from self.tell("bad-ext-body", offset, damage=False)
                return

    def definition(self, cursor):
        """6.5.1; 11.4.2: in a merged file one without fields takes an earlier one back."""
        strand = self.strand
        kind, number = cursor.uvarint(), cursor.uvarint()
        if strand.merged and not cursor.left():
            strand.definitions.take_back(kind, number)
            return
        values = read_definition(kind, cursor)
        if values is None:
            return
        if kind == DEF["SOURCE"]:
            strand.add_source(number, values[0])
        else:
            strand.definitions.define(kind, number, values)

    def loss(self, cursor):
        """6.6: the diagnostic that a LOSS frame stands for."""
        diag, code, known, offset, records, size = (cursor.uvarint() for _ in range(6))
        if diag not in DIAG_SLUG or code not in SLUG:
            raise Fault("bad-ext-body")
        told = Diagnostic(DIAG_SLUG[diag], offset, SLUG[code], fault=False)
        if known & 1:
            told.records = records
        if known & 2:
            told.bytes = size
        if known & 4:
            told.exact = bool(known & 8)
        if self.strand.merged:
            strands = [field.value for field in read_fields(cursor)[0][:1] if field.type == "strand"]
            told.source = self.strand.stream_of(strands[0]) if strands else 0
        return told

    def record(self, offset, body, end):
        """5.4.4, 5.4.5: a record whose header can't be decoded is skipped; one without a base is told."""
        cursor = Cursor(self.data, body, end)
        try:
            tick_delta, nano_delta, p = cursor.uvarint(), cursor.uvarint(), cursor.varint()
        except Fault:
            yield from self.tell("bad-header", offset)
            return end
        if self.base is None and not self.no_base_told:
            self.no_base_told = True
            yield from self.tell("no-base", offset, damage=False)
        tick, nano = self.base or NO_BASE
        if self.strand.derived:
            nano_delta = self.strand.header.nanoseconds(tick_delta)
        fields, told = read_fields(cursor)
        yield self.show(Record((tick + tick_delta) % U64, (nano + nano_delta) % U64, p, fields))
        for code, place in told:
            if not self.strand.merged and (self.strand.strict or code != "padded-varint"):
                yield from self.tell(code, place, damage=False)
        self.strand.ledger.tell(end - offset, records=1)
        self.strand.closed = False
        return end

    def show(self, record):
        """6.5, 7.7, 11.2.2: a record with its source, what its ids mean, and as an event where it is one."""
        strand, fields = self.strand, record.fields
        strand.record_met = True
        source = 0
        if strand.merged and fields and fields[0].type == "strand":
            source = strand.stream_of(fields.pop(0).value)
        if is_event(fields):
            kind, sequence, *args = fields[0].value[0]
            record = Event(record.tick, sequence, record.p, kind, args)
        strand.definitions.resolve(fields, strand.session_definitions(source))
        record.source = source
        record.clock = strand.source_clock(source)
        return record


def source_header(content):
    """11.4.2: the file header of a source; None is a bare strand."""
    try:
        return FileHeader.of_source(content)
    except Refusal:
        return None


def read_strand(strand, data, base=None, shift=0):
    """5: the items of a bare strand."""
    return FrameReader(strand, data, 0, len(data), base, shift).read()
