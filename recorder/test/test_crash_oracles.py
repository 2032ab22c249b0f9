#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Crashes as others see them: strace and the loader's trace during the dump, gdb and eu-stack in the core."""
import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess

import tap
from crash_case import CHILD, SANITIZED, TIMEOUT, Crashes, leave_out

SYSCALLS = pathlib.Path(__file__).resolve().parent / "crash_syscalls"


class Oracles(Crashes):
    """What the kernel, the loader, and debuggers say."""

    def test_system_calls(self):
        strace = shutil.which("strace")
        if not strace:
            self.skipTest("no strace here")
        allowed = {line.split("\t")[0] for line in SYSCALLS.read_text().splitlines() if not line.startswith("#")}
        for mode in ("segv", 3), ("blocked", 2), ("abort",), ("all-at-once", 4):
            trace = self.folder / f"trace-{mode[0]}"
            ran = self.run_child(*mode, command=(strace, "-f", "-qq", "-o", trace), STRAND_DIR=str(self.folder))
            if "PTRACE" in ran.err and not ran.headers:
                self.skipTest("strace may not trace here")
            text = trace.read_text()
            crash = text[re.search(r"--- SIG(SEGV|ABRT) ", text).start():]
            called = set(re.findall(r"^\d+ +(\w+)\(", crash, re.M))
            self.assertIn("poll", called)
            self.assertEqual(called - allowed, set(), mode)

    def test_no_lazy_binding(self):
        crashed = self.crash("segv", 2, LD_DEBUG="bindings", LD_BIND_NOW=None)
        self.assertIn("binding file", crashed.err[:crashed.header.start()])
        self.assertNotIn("binding file", crashed.err[crashed.header.start():])

    def core(self, *arguments, **how):
        """Crashes with a core. Returns: the crash, the core's path."""
        pattern = pathlib.Path("/proc/sys/kernel/core_pattern").read_text().strip()
        if "/" in pattern or pattern.startswith("|"):
            self.skipTest(f"cores go elsewhere: core_pattern is {pattern}")
        unlimited = ((resource.RLIMIT_CORE, resource.RLIM_INFINITY),)
        for old in self.folder.glob("core*"):
            old.unlink()
        crashed = self.crash(*arguments, limits=unlimited, **how)
        cores = list(self.folder.glob("core*"))
        self.assertEqual(len(cores), 1)
        return crashed, cores[0]

    GDB = """
import gdb
for thread in gdb.selected_inferior().threads():
    thread.switch()
    frame, pcs = gdb.newest_frame(), []
    while frame is not None:
        if frame.type() == gdb.SIGTRAMP_FRAME:
            pcs = []
        elif frame.type() not in (gdb.INLINE_FRAME, gdb.TAILCALL_FRAME):
            pcs.append(frame.pc())
        frame = frame.older()
    print("THREAD", thread.ptid[1], *map(hex, pcs))
print("SIGINFO", int(gdb.parse_and_eval("$_siginfo.si_signo")), int(gdb.parse_and_eval("$_siginfo.si_code")))
"""

    def gdb(self, core):
        gdb = shutil.which("gdb")
        if not gdb:
            self.skipTest("no gdb here")
        script = self.folder / "stacks.py"
        script.write_text(self.GDB)
        orders = "set debuginfod enabled off", "set backtrace past-main on", f"source {script}"
        words = [word for order in orders for word in ("-ex", order)]
        done = subprocess.run([gdb, "-nx", "-batch", *words, CHILD, core],
                              capture_output=True, text=True, check=False, timeout=TIMEOUT)
        lines = [line.split() for line in done.stdout.splitlines() if line.startswith("THREAD ")]
        threads = {int(tid): [int(pc, 16) for pc in pcs] for _, tid, *pcs in lines}
        self.assertIn("SIGINFO", done.stdout, done.stderr)
        return threads, tuple(map(int, re.search(r"SIGINFO (-?\d+) (-?\d+)", done.stdout).groups()))

    def eu_stack(self, core):
        if not shutil.which("eu-stack"):
            self.skipTest("no eu-stack here")
        done = subprocess.run(["eu-stack", "--core", str(core), "-e", CHILD], capture_output=True, text=True,
                              check=False, timeout=TIMEOUT, env=self.environment(DEBUGINFOD_URLS=""))
        threads = {}
        for line in done.stdout.splitlines():
            if match := re.match(r"TID (\d+):", line):
                pcs = threads[int(match[1])] = []
            elif match := re.match(r"#\d+ +(0x[0-9a-f]+)", line):
                pcs.append(int(match[1], 16))
        return threads

    def assert_same_stacks(self, crashed, threads):
        """Each thread's addresses are those that the debugger has. A thread that was asked may not have left the
        handler yet when the core was written: what it stood in then comes first."""
        self.assertEqual({thread.tid for thread in crashed.threads}, set(threads))
        for thread in crashed.threads:
            self.assertGreater(len(thread.pcs), 2)
            known = threads[thread.tid][-len(thread.pcs):]
            self.assertEqual(known[1:], thread.pcs[1:], f"{thread.tid} {thread.name}")
            # A signal sets a system call back to its instruction, so that it begins again.
            self.assertIn(known[0] - thread.pcs[0], (-4, -2, 0, 2, 4) if thread.tid != crashed.tid else (0,))

    def test_gdb_has_the_same_stacks(self):
        crashed, core = self.core("mixed")
        threads, siginfo = self.gdb(core)
        self.assertEqual(siginfo, (11, 1))
        self.assertEqual(threads[crashed.tid], crashed.threads[0].pcs)
        self.assert_same_stacks(crashed, threads)

    def test_gdb_has_the_same_stacks_after_abort(self):
        crashed, core = self.core("abort", by=signal.SIGABRT)
        threads, siginfo = self.gdb(core)
        self.assertEqual(siginfo, (6, -6))
        self.assert_same_stacks(crashed, threads)

    def test_the_core_has_the_same_threads_as_without(self):
        _, core = self.core("mixed")
        with_dump, _ = self.gdb(core)
        _, core = self.core("mixed", STRAND_CRASH="none")
        without, _ = self.gdb(core)
        self.assertEqual(len(with_dump), len(without))

    def test_eu_stack_has_the_same_stacks(self):
        crashed, core = self.core("mixed")
        threads = self.eu_stack(core)
        self.assert_same_stacks(crashed, threads)


if SANITIZED:
    leave_out("a sanitizer's runtime makes calls of its own, and a core of its terabytes", Oracles)

if "FRAME_POINTERS" in os.environ:
    leave_out("a walk along frame pointers ends inside libc", Oracles.test_gdb_has_the_same_stacks,
              Oracles.test_gdb_has_the_same_stacks_after_abort, Oracles.test_eu_stack_has_the_same_stacks)


if __name__ == "__main__":
    tap.main()
