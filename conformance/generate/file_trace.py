# SPDX-License-Identifier: MIT
"""Trace strands: batches, events in all forms, extended frames between them, faults of events.

Clauses 12.1 to 12.5."""
from assemble_file import END, LIVE, TRACE, U64, block, extended, grows, line, lost, place, said, told
from case_file import case, in_area, merged
from events import FREQUENCY_EVENT, TIMER, batch, event, ext, length_of, raw, shown, stack, string
from pieces import cut, flat
from values import uint

PLAIN = "trace-plain"
FIRST = place(1) + 64  # offset of the first block's Batch


def payload(seq, *events, opening=None, **changes):
    return block(seq, batch() if opening is None else opening, *events, opening=False, **changes)


def trace(*blocks, **changes):
    return grows(*blocks, kind=TRACE, **changes)


def one(*events, **changes):
    """A trace strand of one live block."""
    return trace(payload(1, *events, flags=LIVE, **changes))


def good(name, clauses, why, events, lines):
    return case("trace-" + name, clauses, why, one(*events), lines, needs="file trace")


# Events as they should be: clauses 12.1, 12.3.1, 12.3.2

def forms():
    for count in range(4):
        args = range(1, count + 1)
        yield good(f"count-{count}", "12.1.1", f"an event with {count} arguments", [event(20, 10, *args)],
                   shown(1010, 20, *args))
        yield good(f"length-count-{count}", "12.1.1", f"with {count} arguments and its length",
                   [event(20, 10, *args, form=3)],
                   shown(1010, 20, *args))
    many = range(200)
    yield good("count-200", "12.1.1", "with 200 arguments", [event(20, 10, *many)], shown(1010, 20, *many))
    yield good("max", "12.1.1 4.2.1", "arguments of 2^64 - 1", [event(20, 10, U64, U64, U64)],
               shown(1010, 20, U64, U64, U64))
    yield good("padded", "12.1.1 4.2.3", "padded integers", [raw("54 80 00 8a 80 00 81 00", "event 20, padded", 1)],
               shown(1010, 20, 1))
    for kind in [4, 34, 36, 38, 48, 49, 50, 56, 57, 62]:
        yield good(f"type-{kind}", "12.3.2 12.1.2", f"type {kind}", [event(kind, 10, 64)], shown(1010, kind, 64))
    for number in (63, 64, 1 << 32, U64):
        yield good(f"ext-{number}", "12.4.3", f"EXT, number {number}", [ext(number, 10)], shown(1010, number))
        yield good(f"ext-{number}-args", "12.4.3", f"EXT, number {number}, and arguments", [ext(number, 10, 5, 6)],
                   shown(1010, number, 5, 6))
    yield good("ext-one-argument", "12.4.3", "EXT with one argument of its own", [ext(64, 10, 9)], shown(1010, 64, 9))


def bases():
    yield good("deltas", "12.3.1", "deltas count from the event before", [event(20, 10), event(21, 10), event(22, 0)],
               [shown(1010, 20), shown(1020, 21), shown(1020, 22)])
    yield good("sequences", "12.3.1", "sequences, too", [event(20, 1, ds=5), event(21, 1, ds=5)],
               [shown(1001, 20, seq=5), shown(1002, 21, seq=10)])
    yield case("trace-wrap", "12.3.1", "tick and sequence wrap round",
               one(event(20, 2, ds=3), opening=batch(7, U64, U64)), shown(1, 20, seq=2), needs="file trace")
    for pid, p in [(0, 0), (U64, -1), (1 << 63, -(1 << 63)), ((1 << 63) - 1, (1 << 63) - 1)]:
        yield case(f"trace-p-{pid}", "12.2.1", f"pid {pid}: P is {p}", one(event(20, 1), opening=batch(pid)),
                   shown(1001, 20, p=p),
                   needs="file trace")
    yield case("trace-blocks", "12.2.2 12.2.1", "every block has its own Batch",
               trace(payload(1, event(20, 5), flags=LIVE), payload(2, event(21, 5), opening=batch(8, 3000),
                                                                   flags=LIVE)),
               [shown(1005, 20), shown(3005, 21, p=8)], needs="file trace")
    yield case("trace-order", "11.2.1 12.3.4", "events and records are ordered by tick",
               flat(trace(payload(1, event(20, 1), event(21, 4))), grows(block(1, 2))),
               [shown(1001, 20), said(2, stream=1), shown(1005, 21)], needs="file trace")
    yield merged("trace-merge-tie", "11.2.1 12.3.4", "of equal ticks the lower stream",
                 [trace(payload(1, event(20, 1))),
                 trace(payload(1, event(21, 1)))], [shown(1001, 20), shown(1001, 21, stream=1)],
                 needs="file merge trace")


# Events without a time: clause 12.4.1

UNTIMED = [("frequency", FREQUENCY_EVENT), ("stack", stack(1, 4112, 4128)), ("stack-empty", stack(1)),
           ("string", string(1, b"foo")), ("string-empty", string(1, b"")),
           ("string-bytes", string(1, b"\x80\xff\x00")),
           ("timer", raw("23 07 00", f"TimerGoroutine ({TIMER})"))]


def untimed():
    for name, piece in UNTIMED:
        yield good(f"untimed-{name}", "12.4.1 13.6", "it has no deltas and prints nothing",
                   [event(20, 1), piece, event(21, 1)],
                   [shown(1001, 20), shown(1002, 21)])
    everything = [piece for _, piece in UNTIMED]
    yield case("trace-untimed-counts", "12.4.1 9.1.4", "none of them counts as a record",
               trace(payload(1, *everything, event(20, 1)), payload(2, event(21, 1))),
               [shown(1001, 20), shown(1001, 21)],
               needs="file trace")
    yield case("trace-untimed-counts-lost", "12.4.1 10.2.1", "nor does one hide that a record is missing",
               trace(payload(1, *everything, event(20, 1)), payload(3, event(21, 1))),
               [shown(1001, 20), lost("missing-blocks", place(2), 1, 25), shown(1001, 21)],
               PLAIN, needs="file trace")


# Extended frames in a batch: clause 12.2.3

FRAMES = [("owner", extended(6, b"\7wk1", "OWNER")), ("pad", extended(1, b"\x5a\x5a", "PAD")), ("end", END),
          ("clock", extended(4, bytes(32), "CLOCK")), ("key", extended(2, b"\1\2\x08\2fd", "DEF: KEY 2")),
          ("event", extended(2, b"\4\x40\x08\3req\1", "DEF: EVENT 64")), ("unknown", extended(99, b"\1", "kind 99"))]


def frames():
    for name, piece in FRAMES:
        yield good(f"frame-{name}", "12.2.3", "an extended frame between events prints nothing",
                   [event(20, 1), piece, event(21, 1)], [shown(1001, 20), shown(1002, 21)])
    yield case("trace-frame-counts", "12.2.3 10.2.1", "its bytes are told",
               trace(payload(1, *[piece for _, piece in FRAMES]),
               payload(2, event(21, 1))), shown(1001, 21), needs="file trace")
    loss = extended(3, bytes([1, 65, 1, 9, 3, 0]), "LOSS: refused, 3 records, at 9")
    yield case("trace-frame-loss", "12.2.3 6.6.1", "a LOSS frame is told behind the event before it",
               one(event(20, 1), loss, event(21, 1)),
               [shown(1001, 20), told("refused", 9, records=3), shown(1002, 21)], needs="file trace", fault=("", ""))
    at = FIRST + length_of(batch(), event(20, 1))
    large = extended(5, b"\1\1\1\5\7", "LARGE: uint 7", records=1)
    yield case("trace-frame-large", "12.2.3 5.4.5", "LARGE is read as a record on the base (0, 0)",
               one(event(20, 1), large, event(21, 1)),
               [shown(1001, 20), told("no-base", at), line(1, uint(7)), shown(1002, 21)], "trace-frame-pad",
               needs="file trace")
    yield fault("frame-critical", "12.2.3 6.2.1", "critical-frame", "01 00 63 01 08 00*3",
                "an unknown frame that is critical",
                "trace-frame-unknown")
    yield fault("frame-length", "12.2.3 6.1.2", "bad-ext-length", "01 00 01 00 07 00*3",
                "an extended frame of 7 bytes",
                "trace-frame-pad")
    yield fault("frame-past-end", "12.2.3 5.2.1", "frame-past-end", "01 00 01 00 20 00*3",
                "one that reaches past the batch",
                "trace-frame-pad")
    yield fault("frame-cut", "12.2.3 5.2.1", "frame-past-end", "01 00 01", "one whose header is cut",
                "trace-frame-pad")


# Faults: clause 12.3.3

def fault(name, clauses, code, text, why, sibling=PLAIN):
    """An event, a fault that ends the batch, and another block."""
    good_event, bad = event(20, 1), raw(text, why)
    at = FIRST + length_of(batch(), good_event)
    return case("trace-" + name, clauses, f"{why}: {code}", trace(payload(1, good_event, bad),
                                                                  payload(2, event(21, 5))),
                [shown(1001, 20), told(code, at), lost("damaged", place(2), 0, len(bad.data)), shown(1005, 21)],
                sibling,
                needs="file trace")


BAD = [  # name, code, bytes, what
    ("type-0", "trace-bad-event", "00 00 00", "type 0"),
    ("type-0-count-1", "trace-bad-event", "40 00 00 01", "type 0 with an argument"),
    ("type-0-length", "trace-bad-event", "c0 02 00 00", "type 0 with its length"),
    ("batch-count-0", "trace-bad-event", "01 05 00", "Batch with count 0, and no extended frame"),
    ("string-count-0", "trace-bad-event", "25 01 00", "String without a length"),
    ("string-count-1", "trace-bad-event", "65 01 00 00", "String with count 1"),
    ("string-count-2", "trace-bad-event", "a5 01 00 00 00", "String with count 2"),
    ("string-short", "trace-bad-event", "e5 06 01 03 66 6f 6f 00", "a String that doesn't fill its length"),
    ("string-long", "trace-bad-event", "e5 04 01 03 66 6f 6f", "a String that exceeds its length"),
    ("stack-few", "trace-bad-event", "c3 04 01 02 90 20", "a Stack of two addresses that has one"),
    ("stack-many", "trace-bad-event", "c3 06 01 01 90 20 a0 20", "a Stack of one address that has two"),
    ("stack-count-max", "trace-bad-event", "c3 0b 01 ff*9 01", "a Stack of 2^64 - 1 addresses"),
    ("length-0", "trace-bad-event", "d4 00", "an event of length 0 has no deltas"),
    ("length-1", "trace-bad-event", "d4 01 00", "an event of length 1 has one delta"),
    ("length-splits", "trace-bad-event", "d4 03 00 01 81 00", "arguments that don't end where the length says"),
    ("ext-none", "trace-bad-event", "3f 00 01", "EXT without a number"),
    ("ext-none-length", "trace-bad-event", "ff 02 00 01", "EXT with its length, without a number"),
    ("ext-0", "trace-bad-event", "7f 00 01 00", "EXT with number 0"),
    ("ext-62", "trace-bad-event", "7f 00 01 3e", "EXT with number 62"),
    ("past-end-byte", "trace-past-end", "54", "the event's first byte, and the batch ends"),
    ("past-end-delta", "trace-past-end", "54 00", "an event without tick delta"),
    ("past-end-argument", "trace-past-end", "54 00 05", "an event without its argument"),
    ("past-end-varint", "trace-past-end", "54 00 05 80", "an argument that doesn't end"),
    ("past-end-length", "trace-past-end", "d4 80", "a length that doesn't end"),
    ("past-end-of-length", "trace-past-end", "d4 05 00 05 01", "an event of 5 bytes, and 3 are there"),
    ("past-end-string", "trace-past-end", "e5 05 01 03 66", "a String that is cut"),
    ("past-end-max", "trace-past-end", "d4 fc ff 3f 00 05", "an event of 1048576 bytes, the longest"),
    ("too-long", "trace-bad-event", "d4 fd ff 3f 00 05",
     "an event of 1048577 bytes: too long, wherever the batch ends"),
    ("length-of-2-64", "trace-bad-event", "d4 ff*9 01", "an event of 2^64 - 1 bytes"),
    ("batch-two", "trace-bad-event", "c1 02 07 00", "a Batch with two arguments"),
    ("frequency-none", "trace-bad-event", "c2 00", "a Frequency without an argument"),
    ("timer-none", "trace-bad-event", "e3 00", "a TimerGoroutine without an argument"),
    ("stack-none", "trace-bad-event", "c3 00", "a Stack without an argument"),
    ("varint-long-delta", "varint-long", "54 00 80*10 00", "a tick delta of 11 bytes"),
    ("varint-long-argument", "varint-long", "54 00 05 80*9 81 00", "an argument of 11 bytes"),
    ("varint-long-length", "varint-long", "d4 80*10 00", "a length of 11 bytes"),
    ("varint-long-inside", "varint-long", "d4 0d 00 05 80*10 00",
     "an argument of 11 bytes in an event with its length"),
    ("varint-range-delta", "varint-range", "54 00 ff*9 02 01", "a tick delta of 2^64 or more"),
    ("varint-range-argument", "varint-range", "54 00 05 80*9 02", "an argument of 2^64 or more"),
    ("varint-range-length", "varint-range", "d4 ff*9 02", "a length of 2^64 or more"),
]


def faults():
    for name, code, text, why in BAD:
        yield fault(name, "12.3.3" if code[:3] == "tra" else "12.3.3 4.2.4", code, text, why)
    for name, piece in [("event", event(20, 1)), ("string", string(1, b"a")), ("frequency", FREQUENCY_EVENT)]:
        yield case(f"trace-no-batch-{name}", "12.2.4", f"the block begins with {name}, and no Batch",
                   trace(payload(1, event(21, 1), opening=piece), payload(2, event(22, 5))),
                   [told("trace-no-batch", FIRST), lost("damaged", place(2), piece.records + 1,
                                                        length_of(piece, event(21, 1))),
                    shown(1005, 22)], PLAIN, needs="file trace")
    yield case("trace-last-fault", "12.3.3 10.2.5", "a fault in the last block",
               one(event(20, 1), raw("00 00 00", "type 0")),
               [shown(1001, 20), told("trace-bad-event", FIRST + length_of(batch(), event(20, 1))),
                lost("damaged", FIRST + length_of(batch(), event(20, 1)), 0, 3, exact=False)], PLAIN,
               needs="file trace")
    yield case("trace-batch-past-end", "12.3.3 12.2.2", "a Batch that is cut", one(opening=raw("41 07 00")),
               [told("trace-past-end", FIRST), lost("damaged", FIRST, 0, 3, exact=False)], PLAIN, needs="file trace")


def before_batch():
    for name, text in [("type-0", "00 00 00"), ("past-end", "54 00"), ("varint-long", "54 00 80*10 00")]:
        yield case(f"trace-no-batch-{name}", "12.2.4",
                   f"{name}, in front of the Batch: trace-no-batch, whatever else is wrong",
                   one(opening=raw(text, name)),
                   [told("trace-no-batch", FIRST), lost("damaged", FIRST, 0, len(raw(text).data), exact=False)],
                   PLAIN,
                   needs="file trace")
    yield case("trace-frame-first", "12.2.4 12.2.3", "an extended frame may stand in front of the Batch",
               one(batch(), event(20, 1), opening=extended(6, b"\7wk1", "OWNER")), shown(1001, 20),
               needs="file trace")
    for kind, args in [(13, ()), (50, ()), (52, (64,)), (54, (64,))]:
        yield good(f"few-{kind}-{len(args)}", "12.3.2",
                   f"event {kind} with {len(args)} arguments is shown with those",
                   [event(kind, 10, *args)], shown(1010, kind, *args))


def torn():
    whole = one(event(20, 1), event(21, 1))
    end = FIRST + length_of(batch(), event(20, 1), event(21, 1))
    yield case("trace-torn-event", "9.2.6",
               "the file's end cuts an event: block-past-end stands in place of trace-past-end",
               cut(whole, end - 1), [shown(1001, 20), told("block-past-end", place(1))], PLAIN, needs="file trace")
    yield case("trace-torn-behind", "9.2.6", "the file ends behind the last event", cut(whole, end),
               [shown(1001, 20), shown(1002, 21), told("block-past-end", place(1))], PLAIN, needs="file trace")
    yield case("trace-missing", "9.1.4 10.2.2", "events with a time count as records",
               trace(payload(1, event(20, 1)), payload(3, event(21, 1), records_before=5, bytes_before=99)),
               [shown(1001, 20), lost("missing-blocks", place(2), 4, 99 - length_of(batch(), event(20, 1))),
                shown(1001, 21)],
               PLAIN, needs="file trace")
    yield case("trace-kind-of-block", "9.2.2", "a block of records in a strand of traces",
               trace(payload(1, event(20, 1)), payload(2, event(21, 1), kind=1)),
               [shown(1001, 20), told("bad-block-header", place(2)), lost("damaged", place(2), 0, 0, exact=False)],
               PLAIN,
               needs="file trace")


def vectors():
    plain = case(PLAIN, "12.2.2", "two blocks of events", trace(payload(1, event(20, 1), event(20, 1)),
                                                                payload(2, event(21, 5))),
                 [shown(1001, 20), shown(1002, 20), shown(1005, 21)], needs="file trace")
    return in_area("trace", [plain], forms(), bases(), untimed(), frames(), faults(), before_batch(), torn())
