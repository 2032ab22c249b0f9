# SPDX-License-Identifier: MIT
"""Merging stream files: by ticks where all share one clock, else by realtime. Clauses 8.6, 11.2, 11.3."""
from assemble_file import (DEFINITIONS, FRAGMENT, LIVE, U64, block, extended, frame_at, grows, header, hexed, line,
                           lost, place, ring,
                           said, sync, told)
from case_file import in_area, merged, refused_merge
from pieces import flat, flip
from values import fixed, uint

BOOT = b"\x67" * 16
UNKNOWN = bytes(16)


def strand(*values, **changes):
    return grows(block(1, *values, flags=LIVE), **changes)


def mixed(*turns):
    """(stream, value) in order → their lines."""
    return [said(value, stream=stream) for stream, value in turns]


# By ticks: clauses 11.2.1, 11.2.2

def ticks():
    yield merged("merge-file-two", "11.2.1", "two files of one clock", [strand(1, 3, 5), strand(2, 4, 6)],
                 mixed((0, 1), (1, 2), (0, 3), (1, 4), (0, 5), (1, 6)))
    yield merged("merge-file-tie", "11.2.1", "equal ticks: the lower stream first", [strand(1, 2), strand(1, 2)],
                 mixed((0, 1), (1, 1), (0, 2), (1, 2)))
    yield merged("merge-file-tie-three", "11.2.1", "of three", [strand(2, 2), strand(1, 2), strand(2)],
                 mixed((1, 1), (0, 2), (0, 2), (1, 2), (2, 2)))
    yield merged("merge-file-back", "11.2.1", "time goes back in a strand: its order is kept",
                 [strand(5, 2, 9), strand(4, 6)],
                 mixed((1, 4), (0, 5), (0, 2), (1, 6), (0, 9)))
    yield merged("merge-file-order", "11.2.1 11.3.1", "the inputs the other way round: other numbers, and ties turn",
                 [strand(2, 4), strand(1, 2)], mixed((1, 1), (0, 2), (1, 2), (0, 4)))
    yield merged("merge-file-boots-unknown", "11.2.2", "two boots that aren't known are one clock",
                 [strand(1, 3, boot=UNKNOWN), strand(2, boot=UNKNOWN)], mixed((0, 1), (1, 2), (0, 3)))
    yield merged("merge-file-tuples-ignored", "11.2.2", "one clock: what tuples say isn't needed",
                 [strand(1, 3, clocks=[(1000, 0, 900)]), strand(2, clocks=[(1000, 0, 5)])],
                 mixed((0, 1), (1, 2), (0, 3)))
    yield merged("merge-file-one", "11.2.1", "one input", [strand(1, 2)], said(1, 2))
    yield merged("merge-file-empty", "11.2.1", "one of them is empty", [grows(), strand(1)], said(1, stream=1))
    far = grows(block(1, sync(U64), hexed("07 00 00 00 01 05 07", "record: uint 7", 1), opening=False, flags=LIVE))
    yield merged("merge-file-tick-max", "11.2.1", "the last tick, and ticks are unsigned", [far, strand(1)],
                 [said(1, stream=1), line(U64, uint(7))])
    yield merged("merge-file-blocks", "11.2.1 9.2.1", "strands of several blocks",
                 [grows(block(1, 1), block(2, 4)), grows(block(1, 2), block(2, 3))],
                 mixed((0, 1), (1, 2), (1, 3), (0, 4)))
    yield merged("merge-file-ring", "11.2.1 9.2.4", "a ring and a file that grows",
                 [ring(2, block(1, 1), block(2, 4)), strand(2, 3)], mixed((0, 1), (1, 2), (1, 3), (0, 4)))


# By realtime: clauses 8.6.2, 11.2.2

FAST = [(1000, 0, 10)]  # realtime of tick 1000 + n: 10 + n
SLOW = [(1000, 0, 7)]  # 7 + n


def realtime():
    for name, changes, why in [
            ("boots", dict(boot=BOOT), "two boots"), ("boot-unknown", dict(boot=UNKNOWN), "one boot isn't known"),
            ("tick-den", dict(tick_num=2, tick_den=2), "one rate, said in two ways")]:
        yield merged(f"merge-file-{name}", "11.2.2 8.6.2", f"{why}: ordered by realtime",
                     [strand(1, 3, clocks=FAST), strand(1, 3, 5, clocks=SLOW, **changes)],
                     mixed((1, 1), (1, 3), (0, 1), (1, 5), (0, 3)))
    yield merged("merge-file-rates", "8.6.2 8.5.1", "a rate of 3 / 2",
                 [strand(1, 3, clocks=FAST), strand(1, 2, 3, clocks=FAST, tick_num=3, tick_den=2)],
                 mixed((0, 1), (1, 1), (0, 3), (1, 2), (1, 3)))
    yield merged("merge-file-realtime-tie", "11.2.1 11.2.2", "equal realtimes: the lower stream first",
                 [strand(4, clocks=SLOW), strand(1, clocks=FAST, boot=BOOT)], mixed((0, 4), (1, 1)))
    yield merged("merge-file-before-tuple", "8.6.2", "ticks in front of the first tuple count back from it",
                 [strand(1, 9, clocks=[(1010, 0, 100)]), strand(1, 2, clocks=[(1000, 0, 91)], boot=BOOT)],
                 mixed((0, 1), (1, 1), (1, 2), (0, 9)))
    yield merged("merge-file-two-tuples", "8.6.2", "the last tuple that isn't after the tick counts",
                 [strand(1, 5, 9, clocks=[(1000, 0, 10), (1005, 0, 100)]),
                  strand(2, 100, clocks=[(1000, 0, 10)], boot=BOOT)],
                 mixed((0, 1), (1, 2), (0, 5), (0, 9), (1, 100)))
    yield merged("merge-file-tuple-at-tick", "8.6.2", "a tuple counts from its own tick on",
                 [strand(1, 5, 9, clocks=[(1000, 0, 10), (1005, 0, 100)]),
                  strand(2, 50, 100, clocks=[(1000, 0, 10)], boot=BOOT)],
                 mixed((0, 1), (1, 2), (1, 50), (0, 5), (0, 9), (1, 100)))
    clock = extended(4, b"".join(fixed(each, 8) for each in (1002, 0, 100, 0)), "CLOCK: tick 1002, realtime 100")
    yield merged("merge-file-clock-frame", "6.7.1 8.6.2", "a CLOCK frame counts from where it stands",
                 [strand(1, 3, clock, 4, clocks=FAST), strand(2, 80, 100, clocks=FAST, boot=BOOT)],
                 mixed((0, 1), (1, 2), (0, 3), (1, 80), (0, 4), (1, 100)))
    yield merged("merge-file-clock-frame-only", "6.7.1 8.6.2", "a strand whose only tuple is a CLOCK frame",
                 [strand(clock, 3, 4), strand(90, 92, clocks=FAST, boot=BOOT)],
                 mixed((1, 90), (0, 3), (0, 4), (1, 92)))
    yield merged("merge-file-no-tuple", "8.6.2", "without a tuple there is no realtime: 0",
                 [strand(1, 2, clocks=FAST), strand(9, boot=BOOT)], mixed((1, 9), (0, 1), (0, 2)))
    yield merged("merge-file-no-tuples", "8.6.2 11.2.1", "none has any: stream by stream",
                 [strand(5, 6), strand(1, 2, boot=BOOT)], mixed((0, 5), (0, 6), (1, 1), (1, 2)))
    yield merged("merge-file-third", "11.2.2", "two share a clock and the third doesn't: all by realtime",
                 [strand(1, clocks=FAST), strand(2, clocks=SLOW), strand(1, clocks=[(1000, 0, 9)], boot=BOOT)],
                 mixed((1, 2), (2, 1), (0, 1)))


# Stream numbers: clause 11.3.1

def streams():
    yield merged("merge-file-sections", "11.3.1", "inputs of several sections",
                 [flat(strand(1), strand(2)), strand(3)],
                 mixed((0, 1), (1, 2), (2, 3)))
    yield merged("merge-file-definitions", "11.3.1", "a definitions strand has a number",
                 [grows(kind=DEFINITIONS), strand(3)],
                 said(3, stream=1))
    yield merged("merge-file-refused-section", "11.3.1 11.1.1", "a refused section has none",
                 [flat(strand(1), header(major=1)), strand(3)], mixed((0, 1), (1, 3)))
    yield merged("merge-file-fragments", "11.1.4 11.3.1", "fragments in two files are two strands",
                 [strand(1, compat=FRAGMENT), grows(block(2, 2), compat=FRAGMENT)],
                 [lost("overwritten", place(1), 1, 25, stream=1), said(1), said(2, stream=1)], "merge-file-two")


# Diagnostics and refusals: clauses 10.1.2, 10.3.2

def diagnostics():
    fault = hexed("02 00", "no frame has 2 bytes")
    yield merged("merge-file-fault", "10.1.2 11.2.1", "a fault is told behind its own stream's record",
                 [strand(1, 4), strand(2, fault)],
                 [said(1), said(2, stream=1), told("bad-size", frame_at(1, 1), stream=1),
                  lost("damaged", frame_at(1, 1), 0, 2, False, stream=1), said(4)], "merge-file-two")
    yield merged("merge-file-loss", "10.1.2 10.2.2",
                 "a loss is told behind the record before it, not in front of the one behind",
                 [strand(1, 4), grows(block(1, 2), block(3, 5))],
                 [said(1), said(2, stream=1), lost("missing-blocks", place(2), 1, 25, stream=1), said(4),
                  said(5, stream=1)],
                 "merge-file-two")
    yield merged("merge-file-fault-first", "10.1.2", "one without a record before it stands in front of all",
                 [strand(1), grows(block(1, fault, flags=LIVE)), grows(block(2, 9))],
                 [told("bad-size", frame_at(1), stream=1), lost("damaged", frame_at(1), 0, 2, False, stream=1),
                  lost("missing-blocks", place(1), 1, 25, stream=2), said(1), said(9, stream=2)], "merge-file-two")
    for name, code, data in [("magic", "bad-magic", flip(strand(1), 0)),
                             ("crc", "file-header-crc", flip(strand(1), 72)),
                             ("major", "unknown-major", strand(1, major=1)),
                             ("incompat", "unknown-feature", strand(1, incompat=2)),
                             ("kind", "bad-file-header", strand(1, kind=9))]:
        yield refused_merge(f"merge-file-refused-{name}", "10.3.2 8.1.2", "an input is refused", [strand(2), data],
                            code,
                            "merge-file-two")
    yield refused_merge("merge-file-refused-two", "10.3.2", "two are refused: the first one is answered",
                        [strand(2), strand(1, major=1), flip(strand(1), 0)], "unknown-major", "merge-file-two")


def vectors():
    return in_area("merge-file", ticks(), realtime(), streams(), diagnostics())
