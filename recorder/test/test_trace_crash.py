#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A process that traces to its standard output and crashes: its last event is in what came out, and the crash is told
once. The stream is read by a small decoder of this file's own, and by logcat-merge."""
import collections
import json
import os
import re
import signal
import struct
import subprocess
import unittest

import tap
from tap import Case, merge, program

CHILD = program("TRACE_CHILD", "recorder/test/trace_child")
SANITIZED = "SANITIZED" in os.environ
MAGIC = b"\x89STR\r\n\x1a\n"
EVENTS = 20000  # of trace_child
MARK, COUNT, STACK, EXT = 53, 52, 3, 63
TRACE, DEFINITIONS = 2, 3
UNTIMED = {1, 2, 3, 35, 37}

Fragment = collections.namedtuple("Fragment", "ordinal seq kind committed before payload cut")


def fragments(data):
    """The fragments of a stream. One that another begins inside of, or that the end cuts, is cut."""
    starts = [match.start() for match in re.finditer(re.escape(MAGIC), data)]
    for start, end in zip(starts, [*starts[1:], len(data)]):
        if end - start < 136:
            continue
        header_len = struct.unpack_from("<I", data, start + 8)[0]
        ordinal, kind = struct.unpack_from("<IB", data, start + 72)
        size, count = struct.unpack_from("<II", data, start + 104)
        assert count == 0, "a ring among fragments"
        assert struct.unpack_from("<Q", data, start + 32)[0] & 4, "no fragment"
        block = data[start + header_len:min(end, start + header_len + size)]
        if len(block) < 64:
            continue
        seq, _, committed, _, before = struct.unpack_from("<QIIQQ", block, 8)
        yield Fragment(ordinal, seq, kind, committed, before, block[64:64 + committed], len(block) < size)


def whole(data):
    """Each block once, in order: the fullest that came whole."""
    best = {}
    for fragment in fragments(data):
        key = (fragment.ordinal, fragment.seq)
        if not fragment.cut and fragment.committed >= best.get(key, fragment).committed:
            best[key] = fragment
    return [best[key] for key in sorted(best)]


def uvarint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
        if data[at - 1] < 0x80:
            return value, at


def events(payload):
    """(type, own arguments) of a batch's events."""
    at = 0
    while at < len(payload):
        kind, count = payload[at] & 63, payload[at] >> 6
        if payload[at:at + 2] == b"\x01\x00":  # an extended frame
            at += struct.unpack_from("<I", payload, at + 4)[0]
            continue
        at += 1
        values = []
        if count == 3:
            length, at = uvarint(payload, at)
            end = at + length
            while at < end:
                value, at = uvarint(payload, at)
                values.append(value)
        else:
            for _ in range(count + 2):
                value, at = uvarint(payload, at)
                values.append(value)
        yield kind, values if kind in UNTIMED else values[2:]


class Crashed(Case):
    def crash(self, mode):
        """Runs a mode to its end. Returns: its events, of each batch that came whole."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("STRAND_")}
        done = subprocess.run([CHILD, mode], env=environment, capture_output=True, check=False, timeout=60)
        self.said = done.stderr.decode(errors="replace")
        self.data = done.stdout
        if SANITIZED:
            self.assertNotEqual(done.returncode, 0)  # a sanitizer tells of the signal, too, and exits
        else:
            self.assertEqual(done.returncode, -signal.SIGSEGV, self.said)
        self.assertEqual(len(re.findall("^strandline: fatal signal", self.said, re.M)), 1, self.said)
        self.blocks = whole(self.data)
        self.assertEqual({block.kind for block in self.blocks}, {TRACE, DEFINITIONS})
        return [event for block in self.blocks if block.kind == TRACE for event in events(block.payload)]

    def check(self, mode):
        """All that main traced is there, to the last event."""
        found = self.crash(mode)
        numbers = [args[1] for kind, args in found if kind == MARK and args[0] == 1]
        self.assertEqual(numbers, list(range(EVENTS)))
        self.assertEqual([args for kind, args in found if kind == MARK and args[0] == 2], [[2, 4242]])
        return found

    def test_a_reader_and_the_crash_bring_all_of_it(self):
        self.check("reader")

    def test_nobody_reads(self):
        self.check("alone")
        seen = [(fragment.ordinal, fragment.seq) for fragment in fragments(self.data)]
        self.assertEqual(len(seen), len(set(seen)))

    def test_a_reader_in_the_middle_of_a_fragment(self):
        self.check("slow")
        self.assertTrue(any(fragment.cut for fragment in fragments(self.data)))

    def test_a_reader_that_was_given_bytes_and_crashes(self):
        self.check("kept")

    def test_others_trace_meanwhile(self):
        found = self.crash("busy")
        self.assertIn((MARK, [2, 4242]), found)
        strands = collections.defaultdict(list)
        for block in self.blocks:
            if block.kind == TRACE:
                counts = [args for kind, args in events(block.payload) if kind in (MARK, COUNT)]
                strands[block.ordinal].append((block.before, len(counts)))
        self.assertEqual(len(strands), 5)
        for blocks in strands.values():  # a block begins where the one before it ended, or later
            for (before, count), (following, _) in zip(blocks, blocks[1:]):
                self.assertLessEqual(before + count, following)

    def test_in_a_handler_inside_of_an_event(self):
        self.check("handler")
        self.assertEqual(len({block.ordinal for block in self.blocks if block.kind == TRACE}), 2)

    def test_with_its_stack(self):
        found = self.crash("here")
        last = [args for kind, args in found if kind == MARK and args[0] == 2]
        self.assertEqual([args[:2] for args in last], [[2, 4242]])
        stacks = {args[0]: args[2:] for kind, args in found if kind == STACK}
        self.assertGreaterEqual(len(stacks[last[0][2]]), 2)

    def test_logcat_merge_reads_it(self):
        # When the dump is done a slow reader may write a piece more of what it had, behind what the crash wrote: that is
        # told as damage, and costs no event.
        for mode, statuses in ("alone", [0]), ("slow", [0, 1]):
            self.crash(mode)
            ran = merge("--format=canonical", self.file("trace", self.data))
            self.assertIn(ran.status, statuses, ran.err)
            marks = [item["args"] for item in map(json.loads, ran.lines) if item.get("event") == MARK]
            self.assertEqual(marks, [[1, i] for i in range(EVENTS)] + [[2, 4242]])


if __name__ == "__main__":
    tap.main()
