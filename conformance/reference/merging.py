# SPDX-License-Identifier: MIT
"""Clauses 11.2 to 11.4: inputs to streams, and streams to one order.

    inputs ── streams, numbered ── heads: the smallest time, of equal ones the lower stream ── lines
"""
import heapq

from byte_ring import unrolled
from canonical import line
from frames import Strand, read_strand
from image import read_image
from codepoints import STRAND_KIND
from sections import read_sections
from stream_file import Refusal
from trace import BatchReader, go_dialect

BARE = "bare"


class BareStream:
    """5: a bare strand; 5.6: of a ring, with the base at begin, and offsets that are positions."""

    def __init__(self, data, base=None, shift=0, strict=False):
        self.data = data
        self.base = base
        self.shift = shift
        self.strict = strict
        self.header = None

    def items(self, sessions):
        """What reading it gives."""
        return read_strand(Strand(None, sessions, self.strict), self.data, self.base, self.shift)


class GoStream:
    """12.6: a trace file of Go."""

    def __init__(self, data):
        self.dialect = go_dialect(data)
        self.data = data
        self.header = None

    def items(self, sessions):
        """What reading it gives."""
        return BatchReader(Strand(None, sessions), self.data, 16, len(self.data), self.dialect).read()


def merged(stream):
    """11.4"""
    return stream.header is not None and stream.header.merged


def clock_identities(stream):
    """11.2.2, 11.4.4: the clock of a stream; of a merged file those of its sources, and of numbers without one."""
    headers = [stream.header]
    if merged(stream):
        headers = [*stream.sources.values(), *([None] if len(stream.sources) < stream.numbers() else [])]
    return [header.clock_identity() if header else BARE for header in headers]


def numbers(stream):
    """11.4.4: how many stream numbers it takes."""
    return stream.numbers() if merged(stream) else 1


def session_definitions(streams):
    """6.5.4: what the definitions strands of each session define."""
    sessions = {}
    for stream in streams:
        if stream.header is not None and stream.header.kind == STRAND_KIND["DEFINITIONS"]:
            sessions.setdefault(stream.header.session, {}).update(stream.definitions)
    return sessions


class Source:
    """A stream that is being merged: its number, and its next record."""

    def __init__(self, stream, number, sessions, by_tick):
        self.number = number
        self.by_tick = by_tick
        self.items = stream.items(sessions)
        self.head = None
        self.key = None

    def advance(self):
        """10.1.2: the diagnostics that stand behind the last record; then the next record is the head."""
        self.head = None
        for item in self.items:
            item.stream = self.number + item.source
            if item.timed:
                self.head = item
                self.key = (item.tick if self.by_tick else item.clock.realtime(item.tick)), item.stream
                return
            yield item


def merge(streams):
    """11.2.1: the items of all streams in one order."""
    by_tick = len({identity for stream in streams for identity in clock_identities(stream)}) <= 1
    sessions = session_definitions(streams)
    sources, number = [], 0
    for stream in streams:
        sources.append(Source(stream, number, sessions, by_tick))
        number += numbers(stream)
    heap = []
    for index, source in enumerate(sources):
        yield from source.advance()
        if source.head:
            heapq.heappush(heap, (source.key, index))
    while heap:
        index = heap[0][1]
        source = sources[index]
        yield source.head
        yield from source.advance()
        if source.head:
            heapq.heapreplace(heap, (source.key, index))
        else:
            heapq.heappop(heap)


def open_input(kind, data, ring=None, strict=False):
    """11.3.1: the streams of one input, and what of it was refused.

    kind is raw, file, go-trace or image; ring is (begin, end, tick, nano), or None (clause 5.6.2).
    """
    if kind == "raw" and ring is None:
        return [BareStream(data, strict=strict)], []
    if kind == "raw":
        begin, end, tick, nano = ring
        content = unrolled(data, begin, end)
        if content is None:
            return [], [Refusal("bad-argument", 0)]
        base = (tick, nano) if tick or nano else None
        return [BareStream(content, base, begin, strict)], []
    if kind == "file":
        return read_sections(data, strict)
    if kind == "image":
        return read_image(data, strict)
    try:
        return [GoStream(data)], []
    except Refusal as refusal:
        return [], [refusal]


def canonical_lines(streams):
    """13.1: each line, and whether it is a diagnostic."""
    for item in merge(streams):
        yield line(item), not item.timed


def read_example(inputs):
    """The canonical lines of an example of FORMAT.md: (words, bytes) each, words as in the fence's info string."""
    streams = []
    for words, data in inputs:
        numbers_of = dict(word.split("=") for word in words if "=" in word)
        ring = [int(numbers_of[name], 0) for name in ("begin", "end", "tick", "nano")] if "ring" in words else None
        kind = next((word for word in words if word in ("file", "go-trace", "image")), "raw")
        opened, refusals = open_input(kind, data, ring, "strict" in words)
        if refusals and not opened:
            raise refusals[0]
        streams += opened
    return [text for text, _ in canonical_lines(streams)]
