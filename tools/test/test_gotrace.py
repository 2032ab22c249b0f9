#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""merge --format=go-trace: what Go's tools read."""
import json
import os
import random
import shutil
import subprocess

import tap
from strandfile import (DEFINITIONS, EVENT, STACK, TRACE, StreamFile, definition, event, record, string, sync, traceback,
                        uinteger)
from tap import STRANDLINE, Case, merge, run

GOTRACE_CAT = tap.program("GOTRACE_CAT", "tools/test/gotrace_cat")
(GOMAXPROCS, PROC_START, PROC_STOP, GC_START, GC_DONE, STW_START, STW_DONE, SWEEP_START, SWEEP_DONE, GO_CREATE, GO_START,
 GO_END, GO_STOP, GO_SCHED, GO_PREEMPT, GO_SLEEP, GO_BLOCK, GO_UNBLOCK) = range(4, 22)
GO_SYS_CALL, GO_SYS_EXIT, GO_SYS_BLOCK, GO_WAITING, GO_IN_SYSCALL, HEAP_ALLOC, HEAP_GOAL = range(28, 35)


class Trace:
    """A trace strand of processor p: events with a tick and what they need."""

    def __init__(self, p, name="p", **how):
        self.p, self.file, self.events, self.first = p, StreamFile(name, kind=TRACE, **how), [], None

    def at(self, tick, kind, *arguments):
        self.events.append((tick, kind, arguments))
        return self

    def block(self, *stacks):
        """Closes a block of what was added, with these stacks: (id, address…)."""
        now = self.events[0][0]
        frames = [event(1, self.p, 0, now)] + [event(3, number, len(pcs), *pcs) for number, *pcs in stacks]
        for tick, kind, arguments in self.events:
            frames.append(event(kind, 0, (tick - now) % 2**64, *arguments))
            now = tick
        self.file.block(*frames, records=len(self.events), tick=now)
        self.events = []
        return self


def small_trace():
    """Two processors, three goroutines: what Go's parser takes for possible."""
    first, second = Trace(0), Trace(1)
    first.at(1000, GOMAXPROCS, 2, 5).at(1001, PROC_START, 7).at(1010, GO_CREATE, 1, 0x401000, 5)
    first.at(1020, GO_START, 1).at(1030, GO_CREATE, 2, 5, 6).at(1040, HEAP_ALLOC, 4096).at(1050, GO_BLOCK, 6)
    first.block((5, 0x401010, 0x401020), (6, 0x401030))
    first.at(1100, GC_START, 6).at(1110, STW_START).at(1120, STW_DONE).at(1130, GC_DONE).at(1140, HEAP_GOAL, 8192)
    first.at(1200, GO_START, 1).at(1210, GO_SYS_CALL, 6).at(1220, GO_SYS_BLOCK).at(1250, GO_SYS_EXIT, 1, 0, 0)
    first.at(1260, GO_START, 1).at(1270, GO_END).at(1280, PROC_STOP)
    first.block((6, 0x401010, 0x401020))  # what was stack 5 in the block before
    second.at(1045, PROC_START, 8).at(1060, GO_START, 2).at(1150, GO_UNBLOCK, 1, 9).at(1160, SWEEP_START, 0)
    second.at(1170, SWEEP_DONE).at(1180, GO_END).at(1190, PROC_STOP)
    second.block((9, 0x401030))
    return first, second


class GoTrace(Case):
    def convert(self, *files, status=0):
        """→ (timed events, others, what standard error said)"""
        paths = [self.file("%d.strand" % i, file) for i, file in enumerate(files)]
        out = self.folder / "trace.out"
        ran = merge("--format=go-trace", "-o", out, *paths)
        self.assertEqual(ran.status, status, ran.err)
        self.assertEqual(out.read_bytes()[:16], b"go 1.5 trace\0\0\0\0")
        cat = run(GOTRACE_CAT, out)
        self.assertEqual(cat.status, 0, cat.lines)
        self.assertEqual(cat.lines[-1], "1005 end")
        timed = [json.loads(line) for line in cat.lines if line[0] == "{"]
        others = [tuple(map(int, line.split())) for line in cat.lines[:-1] if line[0] != "{"]
        self.assertEqual([item["seq"] for item in timed], list(range(1, len(timed) + 1)))
        return timed, others, ran.err

    def test_round_trip(self):
        first, second = small_trace()
        timed, others, said = self.convert(first.file, second.file)
        wanted = self.objects(self.folder / "0.strand", self.folder / "1.strand")
        self.assertEqual([(item["tick"], item["p"], item["event"]) for item in timed],
                         [(item["tick"], item["p"], item["event"]) for item in wanted])
        # Stacks have numbers of the file, equal ones one; a new goroutine has the address where it starts.
        stacks = {other[1]: other[3:] for other in others if other[0] == 3}
        self.assertEqual(sorted(stacks.values()), [(0x401010, 0x401020), (0x401030,)])
        numbers = {pcs: number for number, pcs in stacks.items()}
        a, b = numbers[(0x401010, 0x401020)], numbers[(0x401030,)]
        arguments = {(item["tick"], item["event"]): item["args"] for item in timed}
        exit_seq = next(item["seq"] for item in timed if item["event"] == GO_SYS_EXIT)
        for key, args in {(1000, GOMAXPROCS): [2, a], (1010, GO_CREATE): [1, 0x401000, a], (1030, GO_CREATE): [2, 0x401010, b],
                          (1050, GO_BLOCK): [b], (1100, GC_START): [a], (1150, GO_UNBLOCK): [1, b],
                          (1250, GO_SYS_EXIT): [1, exit_seq, 0], (1160, SWEEP_START): [0], (1140, HEAP_GOAL): [8192]}.items():
            self.assertEqual(arguments[key], args, key)
        same = [(item["tick"], item["args"]) for item in wanted if item["event"] in (PROC_START, GO_START, HEAP_ALLOC, GO_END)]
        self.assertEqual([(tick, args) for (tick, kind), args in arguments.items()
                          if kind in (PROC_START, GO_START, HEAP_ALLOC, GO_END)], same)
        self.assertEqual([other for other in others if other[0] == 2], [(2, 1_000_000_000, 0)])
        self.assertEqual(said, "")

    def test_go_reads_it(self):
        if shutil.which("go") is None:
            self.skipTest("go is not installed: nobody but libcodec reads the trace")
        first, second = small_trace()
        timed, _, _ = self.convert(first.file, second.file)
        environment = dict(os.environ, HOME=str(self.folder), GOFLAGS="", GO111MODULE="off")
        # Traces of Go 1.5 want a program for their addresses, and any will do.
        done = subprocess.run(["go", "tool", "trace", "-d", STRANDLINE, self.folder / "trace.out"], capture_output=True,
                              env=environment, check=False, timeout=120)
        said = done.stderr.decode()
        if done.returncode != 0 and "trace" in said and ("no such tool" in said or "unsupported" in said):
            self.skipTest("this go has no tool for traces of Go 1.5")
        self.assertEqual(done.returncode, 0, said)
        lines = done.stdout.decode().splitlines()
        self.assertEqual([int(line.split()[0]) for line in lines], [item["tick"] - 1000 for item in timed])
        self.assertEqual(lines[1].split()[1:4], ["ProcStart", "p=0", "g=0"])
        self.assertTrue(any(" GoUnblock p=1 g=2 " in line and " g=1 " in line for line in lines), lines)

    def test_arguments_of_later_versions(self):
        trace = Trace(3).at(10, GC_START, 77, 5).at(11, STW_START, 1).at(12, SWEEP_DONE, 100, 200).at(13, GO_START, 4, 99)
        trace.at(14, GO_UNBLOCK, 4, 99, 5).at(15, GO_BLOCK).at(16, GO_CREATE, 6, 0x1000).block((5, 0x10))
        timed, _, said = self.convert(trace.file)
        self.assertEqual([item["args"] for item in timed], [[1], [], [], [4], [4, 1], [0], [6, 0x1000, 0]])
        self.assertEqual(said, "")

    def test_other_events_are_left_out(self):
        defs = StreamFile("d", kind=DEFINITIONS).block(sync(1, 1), definition(EVENT, 64, string("a"), b"\x01"))
        trace = Trace(3).at(10, 50, 64).at(11, GO_BLOCK, 5).at(12, 63, 64).at(13, 38, 1).at(14, GO_START).at(15, GO_END, 1)
        trace.at(16, HEAP_ALLOC, 1, 2, 3, 4, 5, 6).block()
        log = StreamFile("l").block(sync(5, 5), record(0, 0, -1, uinteger(1)))
        timed, others, said = self.convert(defs, trace.file, log)
        self.assertEqual([(item["event"], item["args"]) for item in timed], [(GO_BLOCK, [0])])  # nobody defines stack 5
        self.assertEqual([other[0] for other in others], [1, 2])
        self.assertIn("6 events", said)
        self.assertIn("1 records", said)

    def test_time_never_goes_back(self):
        trace = Trace(2**64 - 1).at(100, GO_END).at(90, GO_END).at(95, GO_END).at(110, GO_END).block()
        timed, _, said = self.convert(trace.file)
        self.assertEqual([item["tick"] for item in timed], [100, 100, 100, 110])
        self.assertEqual({item["p"] for item in timed}, {-1})
        self.assertIn("2 events were earlier", said)

    def test_clocks(self):
        def frequency(*files):
            timed, others, _ = self.convert(*files)
            return [item["tick"] for item in timed], [other[1] for other in others if other[0] == 2]

        def trace(**how):
            return Trace(0, **how).at(3000, GO_END).at(6000, GO_END).block().file

        self.assertEqual(frequency(trace(tick_num=1000, tick_den=3)), ([3000, 6000], [3_000_000]))
        self.assertEqual(frequency(trace(tick_num=4_000_000_000)), ([12_000_000_000_000, 24_000_000_000_000], [1_000_000_000]))
        other = trace(boot=b"C" * 16, clocks=((1000, 0, 9_000_000, 1),))
        mine = trace(tick_num=2, clocks=((1000, 0, 8_000_000, 1),))
        self.assertEqual(frequency(other, mine), ([8_004_000, 8_010_000, 9_002_000, 9_005_000], [1_000_000_000]))

    def test_of_a_merged_file(self):
        first, second = small_trace()
        direct, _, _ = self.convert(first.file, second.file)
        merged = self.folder / "merged"
        paths = (self.folder / "0.strand", self.folder / "1.strand")
        self.assertEqual(merge("--format=binary", "-o", merged, *paths).status, 0)
        again, _, said = self.convert(merged.read_bytes())
        self.assertEqual(again, direct)
        self.assertEqual(said, "")

    def test_stacks_of_definitions_and_long_ones(self):
        defs = StreamFile("d", kind=DEFINITIONS).block(sync(1, 1), definition(STACK, 6, traceback(0x30, 0x40)))
        trace = Trace(0, block_size=1 << 16).at(10, GO_BLOCK, 6).at(11, GO_BLOCK, 8).block((8, *range(1, 2001)))
        timed, others, _ = self.convert(defs, trace.file)
        stacks = {other[1]: other[2:] for other in others if other[0] == 3}
        self.assertEqual(stacks[timed[0]["args"][0]], (2, 0x30, 0x40))
        self.assertEqual(stacks[timed[1]["args"][0]], (1000, *range(1, 1001)))

    def test_nothing_but_events_of_others(self):
        self.convert(StreamFile("l").block(sync(5, 5), record(0, 0, -1)))
        self.assertEqual((self.folder / "trace.out").stat().st_size, 16)

    def test_anything_goes_in(self):
        chance = random.Random(7)
        trace = Trace(0, block_size=1 << 20)
        for i in range(5000):
            kind = chance.choice([k for k in range(4, 63) if k not in (35, 37)])
            trace.at(chance.randrange(2**64) if i % 100 == 0 else i, kind,
                     *[chance.randrange(2 ** chance.randrange(65)) for _ in range(chance.randrange(7))])
        self.convert(trace.block((1, 2)).file)


if __name__ == "__main__":
    tap.main()
