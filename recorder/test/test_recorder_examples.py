#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The recorder's examples do what their heads say, and what the README shows of them works."""
import json
import os
import re
import signal
import subprocess
import time
import unittest

import tap
from tap import Case, merge, program

EXAMPLES = program("RECORDER_EXAMPLES", "recorder/examples")
SANITIZED = "SANITIZED" in os.environ


class Examples(Case):
    def example(self, name, *arguments, status=0):
        """Runs an example with its files in self.files. Returns: (stdout, stderr)."""
        self.files = self.folder / "logs"
        environment = {**os.environ, "STRAND_DIR": str(self.files)}
        done = subprocess.run([f"{EXAMPLES}/{name}", *arguments], env=environment, capture_output=True, check=False, timeout=60)
        self.assertEqual(done.returncode, status, done.stderr[-2000:])
        return done.stdout, done.stderr.decode()

    def timeline(self, *options, status=0):
        ran = merge(*options, self.files)
        self.assertEqual(ran.status, status, ran.err)
        return ran.lines

    def test_a_handler_that_logs(self):
        out, _ = self.example("handler")
        samples = int(re.match(rb"handler: (\d+) samples", out)[1])
        lines = self.timeline(status=1)  # the ring has overwritten most of the work
        self.assertEqual(samples, 1000)
        self.assertGreater(sum(" working " in line for line in lines), 100)
        self.assertGreater(sum(" sample " in line for line in lines), 1)

    def test_a_server_that_is_killed(self):
        self.files = self.folder / "logs"
        with subprocess.Popen([f"{EXAMPLES}/server"], env={**os.environ, "STRAND_DIR": str(self.files)}) as server:
            time.sleep(0.5)
            killed = time.clock_gettime(time.CLOCK_MONOTONIC)
            server.send_signal(signal.SIGKILL)
            self.assertEqual(server.wait(), -signal.SIGKILL)
        lines = [line for line in self.timeline(status=1) if not line.startswith("--")]  # what was overwritten
        self.assertLess(killed - max(float(line.split()[0]) for line in lines), 0.05)
        records = [json.loads(line) for line in self.timeline("--format=canonical", status=1)]
        ticks = [record["tick"] for record in records if "tick" in record]
        self.assertEqual(ticks, sorted(ticks))
        self.assertEqual(len({re.search(r"worker \d+", line)[0] for line in lines if "worker" in line}), 4)

    @unittest.skipIf(SANITIZED, "the sanitizer has handlers of its own")
    def test_a_server_that_crashes(self):
        _, said = self.example("server", "--bug", status=-signal.SIGSEGV)
        self.assertRegex(said, r"^strandline: fatal signal 11 \(SIGSEGV\), code 1, address 0x0, in thread \d+ \"worker \d+\"")
        lines = self.timeline(status=1)
        self.assertEqual(sum(" fatal signal " in line for line in lines), 1)
        self.assertEqual(sum(" stack tid=" in line for line in lines), 9)
        at = next(i for i, line in enumerate(lines) if " fatal signal " in line)
        self.assertTrue(any("deleting" in line and "value=0x0" in line for line in lines[:at]))

    @unittest.skipIf(SANITIZED, "the sanitizer has handlers of its own")
    def test_a_crash_with_eight_threads(self):
        _, said = self.example("crash", status=-signal.SIGFPE)
        self.assertEqual(len(re.findall(r'^thread \d+ "', said, re.M)), 9)
        self.assertEqual(len(re.findall(r"round round=\d number=7", said)), 10)  # in its own log, and in that of all
        self.assertEqual(sum("round round=" in line for line in self.timeline()), 8 * 5)

    def test_a_traced_thread_pool(self):
        out, _ = self.example("traced")
        ran = merge(self.file("trace.strand", out))
        self.assertEqual(ran.status, 0, ran.err)
        counts = {kind: sum(f" {kind} job" in line for line in ran.lines) for kind in ("begin", "end", "flow_begin", "flow_end")}
        self.assertEqual(counts, {"begin": 300, "end": 300, "flow_begin": 300, "flow_end": 300})
        slow = [line for line in ran.lines if " slow cost=" in line]
        self.assertEqual(len(slow), 15)
        self.assertTrue(all("stack=#" in line for line in slow))

    def test_five_lines(self):
        out, _ = self.example("fivelines", "10")
        self.assertEqual(out, b"55\n")
        self.assertEqual([line.split()[-1] for line in self.timeline() if "answer" in line], ["result=55"])

    @unittest.skipIf(SANITIZED, "the sanitizer has handlers of its own")
    def test_five_lines_that_abort(self):
        _, said = self.example("fivelines", "31", status=-signal.SIGABRT)
        self.assertIn("fatal signal 6 (SIGABRT)", said)
        self.assertTrue(any("too much n=31" in line for line in self.timeline()))


if __name__ == "__main__":
    tap.main()
