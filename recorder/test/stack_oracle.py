#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The stacks that a program tells of itself are those that eu-stack and gdb find from outside.

The return addresses agree frame by frame, as far as both go. The first address is special: a handler's context shows a
system call as about to be made again, a debugger shows it as under way, one instruction later.
"""
import os
import re
import shutil
import subprocess
import unittest

import tap
from tap import ROOT, Case

CHILD = os.environ.get("STACK_CHILD", str(ROOT / "build" / "recorder" / "test" / "stack_child"))
KEPT = 64  # addresses of a stack
SYSTEM_CALL = (0, 2, 4)  # bytes of the instruction, by machine; 0: not in a system call
NOT_PERMITTED = re.compile(r"not permitted|Permission denied|ptrace_scope", re.I)


class Stack:
    def __init__(self, name=None, remark=""):
        self.name, self.remark, self.pcs = name, remark, []


class Child:
    """The program, while it waits."""

    def __init__(self):
        self.process = subprocess.Popen([CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.depths, self.stacks, current = {}, {}, None
        for line in self.process.stdout:
            if line.startswith("END"):
                self.whole = line == "END 1\n"
                break
            if line.startswith("DEPTH"):
                _, tid, name, depth = line.split()
                self.depths[int(tid)] = int(depth)
            elif match := re.fullmatch(r'thread (\d+) "([^"]*)"(.*):\n', line):
                current = self.stacks[int(match[1])] = Stack(match[2], match[3])
            else:
                current.pcs.append(int(re.fullmatch(r"  (0x[0-9a-f]+)( \S+\+0x[0-9a-f]+)?\n", line)[1], 16))

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


def look(command):
    """What a tool prints; skips where it isn't there or may not look."""
    if shutil.which(command[0]) is None:
        raise unittest.SkipTest(f"{command[0]} is not installed")
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace", timeout=120, check=False)
    if NOT_PERMITTED.search(done.stdout) and "#1 " not in done.stdout:
        raise unittest.SkipTest(f"{command[0]} may not look into other processes here (ptrace)")
    return done.stdout.splitlines()


def read_stacks(lines):
    """Stacks by tid."""
    stacks, current = {}, None
    for line in lines:
        if match := re.match(r"TID (\d+):", line):
            current = stacks[int(match[1])] = Stack()
        elif match := re.match(r"#\d+\s+(0x[0-9a-f]+)", line):
            current.pcs.append(int(match[1], 16))
    return stacks


def eu_stack(pid):
    return read_stacks(look(["eu-stack", "-n", "0", "-p", str(pid)]))


# What `thread apply all bt` shows, less what debug information adds: calls that were inlined, and frames that tail calls
# gave up.
GDB_SCRIPT = """
import gdb
for thread in gdb.selected_inferior().threads():
    thread.switch()
    print("TID %d:" % thread.ptid[1])
    number, frame = 0, gdb.newest_frame()
    while frame is not None:
        if frame.type() not in (gdb.INLINE_FRAME, gdb.TAILCALL_FRAME):
            print("#%d 0x%x" % (number, frame.pc()))
            number += 1
        frame = frame.older()
"""


def gdb(pid, folder):
    script = folder / "stacks.py"
    script.write_text(GDB_SCRIPT)
    return read_stacks(look(["gdb", "-nx", "-p", str(pid), "-batch", "-x", str(script)]))


class Oracle(Case):
    def setUp(self):
        super().setUp()
        self.child = Child()
        self.addCleanup(self.child.close)

    def agree(self, ours, theirs, what):
        """How many frames of both agree, which is all."""
        common = list(zip(ours.pcs, theirs.pcs))
        self.assertIn(common[0][1] - common[0][0], SYSTEM_CALL, what)
        for number, (our, their) in enumerate(common[1:], 1):
            self.assertEqual(hex(our), hex(their), f"{what}, frame {number}")
        return len(common)

    def compare(self, others):
        self.assertTrue(self.child.whole)
        self.assertEqual(len(self.child.depths), 7)
        for tid in (self.child.process.pid, *self.child.depths):
            ours, theirs, depth = self.child.stacks[tid], others[tid], self.child.depths.get(tid, 0)
            if ours.name == "blocked":
                self.assertTrue(ours.remark.startswith(" blocks SIGURG, sp 0x"), ours.remark)
                self.assertEqual(ours.pcs, theirs.pcs[:1])
                continue
            self.assertEqual(ours.remark, "")
            count = self.agree(ours, theirs, f"{ours.name} {tid}")
            self.assertGreaterEqual(count, min(KEPT, depth + 2), ours.name)
            self.assertGreaterEqual(len(ours.pcs), min(KEPT, len(theirs.pcs)), ours.name)

    def test_eu_stack_agrees(self):
        self.compare(eu_stack(self.child.process.pid))

    def test_gdb_agrees(self):
        self.compare(gdb(self.child.process.pid, self.folder))


if __name__ == "__main__":
    tap.main()
