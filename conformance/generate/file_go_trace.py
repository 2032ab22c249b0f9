# SPDX-License-Identifier: MIT
"""Trace files of Go: which are read, and by which dialect. Clause 12.6."""
from assemble_file import U64, told
from case_file import case, in_area, refused
from events import BATCH, batch, event, first, go_file, length_of, packed, raw, shown, string
from pieces import Piece, flat

OP = dict(op="decode go-trace", needs="go-trace")
PLAIN_5, PLAIN = "go-trace-1-5", "go-trace-1-11"


def batch7(pid=7, tick=1000):
    """A Batch of the dialect go1.7: no sequence."""
    return Piece(first(1, BATCH) + packed([pid, tick]), f"Batch: P {pid}, tick {tick}")


def event7(kind, dt, *args, form=None):
    """An event of go1.7: the tick delta only."""
    form = min(len(args), 3) if form is None else form
    body = packed([dt, *args])
    return Piece(first(form, kind) + (packed([len(body)]) if form == 3 else b"") + body,
                 f"event {kind}: tick +{dt}, {list(args)}", 1)


def old(*events, version="1.5"):
    return go_file(version, batch(7, 1000, 50), *events)


def new(*events, version="1.11"):
    return go_file(version, batch7(), *events)


def line5(tick, kind, *args, seq=50, p=7):
    return shown(tick, kind, *args, p=p, seq=seq)


def line7(tick, kind, *args, p=7):
    return shown(tick, kind, *args, p=p, seq=None)


def good(name, clauses, why, data, want):
    return case("go-trace-" + name, clauses, why, data, want, **OP)


def versions():
    yield good("1-5", "12.6.1", "Go 1.5: sequence numbers are real", old(event(20, 10, 1, ds=3)),
               line5(1010, 20, 1, seq=53))
    for version in ("1.7", "1.8", "1.9", "1.10", "1.11", "1.19", "1.21"):
        yield good(version.replace(".", "-"), "12.6.1", f"Go {version}: no sequence",
                   new(event7(20, 10, 1), version=version),
                   line7(1010, 20, 1))
    yield good("1-6", "12.6.2", "1.6 is read as Go 1.5", old(event(20, 10, 1, ds=3), version="1.6"),
               line5(1010, 20, 1, seq=53))
    for version in ("1.12", "1.13", "1.18", "1.20"):
        yield good(version.replace(".", "-"), "12.6.2", f"{version} is read as Go 1.7",
                   new(event7(20, 10, 1), version=version),
                   line7(1010, 20, 1))
    for version in ("1.4", "1.0", "1.05", "1.011"):
        yield refused(f"go-trace-{version.replace('.', '-')}", "12.6.2", f"{version} is no trace",
                      new(event7(20, 10, 1), version=version),
                      "bad-magic", PLAIN, **OP)
    tail = flat(Piece(b"go 1.11 trace\0\0x", "no zero behind the words"), new(event7(20, 10, 1))[1:])
    yield refused("go-trace-header-tail", "12.6.1", "what stands behind the words isn't zero", tail, "bad-magic",
                  PLAIN, **OP)
    for version in ("1.22", "1.23", "1.25", "1.26", "1.100"):
        yield refused(f"go-trace-{version.replace('.', '-')}", "12.6.2", f"Go {version} has another encoding",
                      new(event7(20, 10, 1), version=version), "unknown-major", PLAIN, **OP)


def forms():
    for count in range(5):
        args = range(1, count + 1)
        yield good(f"1-5-count-{count}", "12.1.1 12.6.1", f"{count} arguments", old(event(20, 10, *args)),
                   line5(1010, 20, *args))
        yield good(f"1-11-count-{count}", "12.6.1", f"{count} arguments", new(event7(20, 10, *args)),
                   line7(1010, 20, *args))
        yield good(f"1-11-length-{count}", "12.6.1", f"{count} arguments and a length",
                   new(event7(20, 10, *args, form=3)),
                   line7(1010, 20, *args))
    yield good("1-5-two-batches", "12.2.2 12.3.1", "batches follow each other: each sets both bases",
               old(event(20, 10, ds=1), batch(8, 2000, 70), event(21, 1, ds=1)),
               [line5(1010, 20, seq=51), line5(2001, 21, seq=71, p=8)])
    yield good("1-11-two-batches", "12.2.2 12.3.1", "batches follow each other",
               new(event7(20, 10), batch7(8, 2000), event7(21, 1)),
               [line7(1010, 20), line7(2001, 21, p=8)])
    yield good("1-11-wrap", "12.3.1", "ticks wrap round", go_file("1.11", batch7(7, U64), event7(20, 2)),
               line7(1, 20))
    yield good("1-11-deltas", "12.3.1", "deltas count from the event before", new(event7(20, 1), event7(21, 1)),
               [line7(1001, 20), line7(1002, 21)])
    yield good("1-11-no-ext", "12.6.1", "63 is a type like others", new(event7(63, 10, 5)), line7(1010, 63, 5))
    yield good("1-5-ext", "12.4.3 12.6.1", "EXT is, in Go 1.5's encoding", old(event(63, 10, 64, 5)),
               line5(1010, 64, 5))
    yield good("header-alone", "12.6.1", "a header and no batch", go_file("1.11"), [])


def untimed():
    for name, text in [("frequency", "02 c0 84 3d"), ("string", "25 01 03 66 6f 6f"),
                       ("string-count-1", "65 01 03 66 6f 6f"),
                       ("string-count-3", "e5 01 03 66 6f 6f"), ("string-empty", "25 01 00"), ("timer", "23 07")]:
        yield good(f"1-11-untimed-{name}", "12.4.1 12.6.1", "it has no deltas and prints nothing",
                   new(event7(20, 1), raw(text, name), event7(21, 1)), [line7(1001, 20), line7(1002, 21)])
    for name, text in [("one", "c3 06 01 01 07 08 09 0a"), ("two", "c3 0a 01 02 07 08 09 0a 0b 0c 0d 0e"),
                       ("empty", "c3 02 01 00")]:
        yield good(f"1-11-untimed-stack-{name}", "12.4.1 12.6.1", f"a Stack ({name}): four numbers an address",
                   new(event7(20, 1), raw(text, "Stack"), event7(21, 1)), [line7(1001, 20), line7(1002, 21)])
    yield good("1-5-untimed-string", "12.4.1", "a String of Go 1.5",
               old(event(20, 1), string(1, b"foo"), event(21, 1)),
               [line5(1001, 20), line5(1002, 21)])
    log = raw("f0 04 03 01 01 01 02 68 69", 'UserLog (48): tick +3, three arguments, and "hi" behind them', 1)
    yield good("1-11-user-log", "12.6.1", "UserLog has a string outside its own length", new(log, event7(21, 1)),
               [line7(1003, 48, 1, 1, 1), line7(1004, 21)])
    empty = raw("f0 04 03 01 01 01 00", "UserLog, and an empty string", 1)
    yield good("1-11-user-log-empty", "12.6.1", "which may be empty", new(empty, event7(21, 1)),
               [line7(1003, 48, 1, 1, 1), line7(1004, 21)])
    yield good("1-5-48", "12.6.1 12.3.2", "in Go 1.5's encoding 48 is like any other",
               old(event(48, 3, 1, 1, 1), event(21, 1)),
               [line5(1003, 48, 1, 1, 1), line5(1004, 21)])


BAD_7 = [("type-0", "trace-bad-event", "00 01"), ("past-end", "trace-past-end", "54 05"),
         ("past-end-length", "trace-past-end", "d4 05 01"), ("length-0", "trace-bad-event", "d4 00"),
         ("length-splits", "trace-bad-event", "d4 02 01 81 00"), ("string-past-end", "trace-past-end", "25 01 05 66"),
         ("stack-one-number", "trace-bad-event", "c3 03 01 01 07"),
         ("stack-three", "trace-bad-event", "c3 05 01 01 07 08 09"),
         ("user-log-past-end", "trace-past-end", "f0 04 03 01 01 01 05 68"),
         ("varint-long", "varint-long", "14 80*10 00"),
         ("varint-range", "varint-range", "14 ff*9 02")]
BAD_5 = [("type-0", "trace-bad-event", "00 00 01"), ("past-end", "trace-past-end", "54 00 05"),
         ("string-count-0", "trace-bad-event", "25 01 00"), ("ext-62", "trace-bad-event", "7f 00 01 3e"),
         ("varint-long", "varint-long", "14 00 80*10 00"), ("frame", "trace-bad-event", "01 00 01 00 08 00*3")]


def faults():
    for name, code, text in BAD_7:
        at = 16 + length_of(batch7(), event7(20, 1))
        yield case(f"go-trace-1-11-bad-{name}", "12.3.3 12.6.1", f"{name.replace('-', ' ')}: {code}",
                   new(event7(20, 1), raw(text, name)), [line7(1001, 20), told(code, at)], PLAIN, **OP)
    for name, code, text in BAD_5:
        at = 16 + length_of(batch(7, 1000, 50), event(20, 1))
        yield case(f"go-trace-1-5-bad-{name}", "12.3.3 12.6.1" if name != "frame" else "12.2.3 12.3.3",
                   f"{name.replace('-', ' ')}: {code}", old(event(20, 1), raw(text, name)),
                   [line5(1001, 20), told(code, at)],
                   PLAIN_5, **OP)
    yield case("go-trace-1-11-no-batch", "12.2.4", "an event in front of the first Batch",
               go_file("1.11", event7(20, 1)),
               told("trace-no-batch", 16), PLAIN, **OP)
    yield case("go-trace-1-5-no-batch", "12.2.4", "an event in front of the first Batch",
               go_file("1.5", event(20, 1)),
               told("trace-no-batch", 16), PLAIN_5, **OP)


def vectors():
    return in_area("go-trace", versions(), forms(), untimed(), faults())
