# SPDX-License-Identifier: MIT
"""Clause 12: execution traces.

    count type │ sequence delta │ tick delta │ count arguments              count 0, 1, 2
    3     type │ length │ sequence delta │ tick delta │ arguments           length bytes behind the length

Three dialects: that of a trace strand, which has extended frames between events; go1.5, the same without them; and
go1.7, which has no sequence numbers.
"""
import re

from frames import FrameReader
from integers import U64, Cursor, Fault, signed
from items import Event, fault
from codepoints import TRACE
from stream_file import Refusal

MAX_EVENT = 1048576
TIMER_GOROUTINE = 35
USER_LOG = 48
STRAND, GO_1_5, GO_1_7 = "strand", "go1.5", "go1.7"
UNTIMED = (TRACE["FREQUENCY"], TRACE["STACK"], TRACE["STRING"], TIMER_GOROUTINE)


class BatchReader:
    """Reads the events of data[begin:end]."""

    def __init__(self, strand, data, begin, end, dialect=STRAND, cut=False):
        self.strand = strand
        self.data = data
        self.begin = begin
        self.end = end
        self.dialect = dialect
        self.cut = cut
        self.frames = FrameReader(strand, data, begin, end, cut=cut)
        self.first = begin
        self.batch_met = False
        self.p = self.sequence = self.tick = 0

    def read(self):
        """12.2.2, 12.2.3: events, and in a trace strand extended frames between them."""
        offset = self.begin
        while offset is not None and offset < self.end:
            if self.dialect == STRAND and bytes(self.data[offset:min(self.end, offset + 2)]) == b"\x01\x00":
                offset = yield from self.frames.extended(offset)
                continue
            cursor = Cursor(self.data, offset, self.end)
            try:
                yield from self.event(cursor)
            except Fault as wrong:
                code = "trace-past-end" if wrong.code == "field-past-end" else wrong.code
                if not (self.cut and code == "trace-past-end"):
                    yield fault(code, offset, damage=True)
                return
            self.strand.ledger.tell(cursor.offset - offset)
            self.strand.closed = False
            offset = cursor.offset

    def event(self, cursor):
        """12.1.1, 12.3.3: one event; a Fault is found in the order of the bytes."""
        self.first = cursor.offset
        first = cursor.fixed(1)
        kind, count = first & 63, first >> 6
        if not self.batch_met and kind != TRACE["BATCH"]:
            raise Fault("trace-no-batch")
        if kind == 0:
            raise Fault("trace-bad-event")
        if kind == TRACE["STRING"]:
            self.string(cursor, count)
            return
        values = self.values(cursor, kind, count)
        if kind == TRACE["BATCH"]:
            self.open(values)
        elif kind == TRACE["STACK"]:
            self.stack(values)
        elif kind not in UNTIMED:
            yield self.timed(kind, values)
            self.strand.ledger.tell(0, records=1)

    def least(self, kind):
        """12.3.3: how many values an event must have: deltas, and few arguments."""
        old = self.dialect == GO_1_7
        if kind == TRACE["BATCH"]:
            return 2 if old else 3
        if kind in UNTIMED:
            return 1
        return 1 if old else 2 + (kind == TRACE["EXT"])

    def stack(self, values):
        """12.4.1, 12.6.1: id, count, and an address each, in go1.7 with three numbers more."""
        if len(values) < 2 or values[1] * (4 if self.dialect == GO_1_7 else 1) != len(values) - 2:
            raise Fault("trace-bad-event")

    def values(self, cursor, kind, count):
        """12.1.1: deltas and arguments."""
        if count == 3:
            values = self.values_of_length(cursor)
        else:
            values = [cursor.uvarint() for _ in range(count + (1 if self.dialect == GO_1_7 else 2))]
        if len(values) < self.least(kind):
            raise Fault("trace-bad-event")
        if self.dialect == GO_1_7 and kind == USER_LOG:
            self.take_string(cursor)
        return values

    def take_string(self, cursor):
        """12.3.3, 12.6.1: a length and a string, of an event that isn't too long."""
        length = cursor.uvarint()
        self.check_length(cursor, length)
        cursor.take(length)

    def check_length(self, cursor, length):
        """12.3.3: an event of more than 1048576 bytes."""
        if cursor.offset - self.first + length > MAX_EVENT:
            raise Fault("trace-bad-event")

    def values_of_length(self, cursor):
        """12.1.1, 12.3.3: as many as the length holds, and they end where it says."""
        body = self.body(cursor)
        values = []
        try:
            while body.left():
                values.append(body.uvarint())
        except Fault as wrong:
            raise Fault("trace-bad-event" if wrong.code == "field-past-end" else wrong.code) from None
        return values

    def body(self, cursor):
        """12.1.1, 12.3.3: a length, and a cursor for that many bytes."""
        length = cursor.uvarint()
        self.check_length(cursor, length)
        if length > cursor.left():
            raise Fault("field-past-end")
        cursor.offset += length
        return Cursor(self.data, cursor.offset - length, cursor.offset)

    def string(self, cursor, count):
        """12.4.1: id, length, bytes, in a length of their own; 12.6.1: in go1.7 without one, whatever the count."""
        if self.dialect == GO_1_7:
            cursor.uvarint()
            self.take_string(cursor)
            return
        if count != 3:
            raise Fault("trace-bad-event")
        body = self.body(cursor)
        try:
            body.uvarint()
            body.take(body.uvarint())
        except Fault as wrong:
            raise Fault("trace-bad-event" if wrong.code == "field-past-end" else wrong.code) from None
        if body.left():
            raise Fault("trace-bad-event")

    def open(self, values):
        """12.2.1: the bases, and the P of what follows."""
        self.batch_met = True
        self.p = signed(values[0], 64)
        if self.dialect == GO_1_7:
            self.tick = values[1]
        else:
            self.sequence, self.tick = values[1:3]

    def timed(self, kind, values):
        """12.3.1, 12.4.3: what is printed."""
        sequence = None
        if self.dialect != GO_1_7:
            self.sequence = sequence = (self.sequence + values.pop(0)) % U64
        self.tick = (self.tick + values.pop(0)) % U64
        if self.dialect != GO_1_7 and kind == TRACE["EXT"]:
            kind = values.pop(0)
            if kind < TRACE["EXT"]:
                raise Fault("trace-bad-event")
        event = Event(self.tick, sequence, self.p, kind, values)
        event.clock = self.strand.clock
        return event


GO_HEADER = re.compile(rb"go 1\.([1-9][0-9]*) trace\0*\Z")


def go_dialect(data):
    """12.6.1, 12.6.2: what the 16 bytes in front of a trace file of Go say."""
    header = GO_HEADER.match(bytes(data[:16]))
    if len(data) < 16 or not header or int(header[1]) < 5:
        raise Refusal("bad-magic", 0)
    if int(header[1]) >= 22:
        raise Refusal("unknown-major", 0)
    return GO_1_5 if int(header[1]) < 7 else GO_1_7
