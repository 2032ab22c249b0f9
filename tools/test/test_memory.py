#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Inputs of any size are read in little memory."""
import os
import subprocess
import time

import tap
from strandfile import FRAGMENT, StreamFile, integer, record, string, sync
from tap import LOGCAT_MERGE, STRANDLINE, Case

SIZE = 200 << 20
LIMIT_KIB = 32 << 10


class Memory(Case):
    def setUp(self):
        super().setUp()
        if not os.path.exists("/proc/self/status"):
            self.skipTest("no /proc")

    def peak(self, *arguments, stdin=None):
        """Most memory that the program held, in KiB, looked at while it ran."""
        most = 0
        with subprocess.Popen([str(argument) for argument in arguments], stdin=stdin, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as child:
            while child.poll() is None:
                try:
                    with open(f"/proc/{child.pid}/status", encoding="ascii") as status:
                        held = [line.split()[1] for line in status if line.startswith("VmHWM")]
                except OSError:
                    held = []
                most = max(most, *map(int, held), 0)
                time.sleep(0.002)
        self.assertIn(child.returncode, (0, 1))
        self.assertGreater(most, 0, "the program ended before it was looked at")
        return most

    def check_formats(self, *arguments):
        for form in ("text", "canonical", "binary"):
            self.assertLessEqual(self.peak(LOGCAT_MERGE, "--format=" + form, *arguments), LIMIT_KIB, form)
        raw = [argument for argument in arguments if argument == "--raw"]
        self.assertLessEqual(self.peak(STRANDLINE, "stats", *raw, arguments[-1]), LIMIT_KIB)

    def test_a_large_file(self):
        file = StreamFile(block_size=65536)
        path = self.folder / "large"
        frames = [record(n, n, -1, string("x" * 1000)) for n in range(64)]
        with path.open("wb") as out:
            out.write(file.header)
            for number in range(SIZE // 65536):
                file.block(sync(1 + number * 100, 1), *frames, sealed=False)
                out.write(file.blocks.pop()[1])
        self.check_formats(path)

    def test_a_large_strand_in_fragments(self):
        # Two strands take turns; each block comes twice, at first with half of what it holds.
        path = self.folder / "fragments"
        files = [StreamFile(ordinal=n, block_size=65536, compat=FRAGMENT) for n in range(2)]
        frames = [record(n, n, -1, string("x" * 1000)) for n in range(64)]
        with path.open("wb") as out:
            for number in range(SIZE // 65536 // 2):
                file = files[number % 2]
                before = file.seq, file.records, file.payload
                for some in (frames[:32], frames):
                    file.seq, file.records, file.payload = before
                    file.block(sync(1 + number * 100, 1), *some, sealed=False)
                    out.write(file.header + file.blocks.pop()[1])
        self.check_formats(path)

    def test_a_large_bare_strand(self):
        path = self.folder / "large"
        piece = sync(5, 5) + b"".join(record(n % 128, n % 128, -1, integer(n), string("x" * 500)) for n in range(2000))
        with path.open("wb") as out:
            for _ in range(SIZE // len(piece)):
                out.write(piece)
        self.check_formats("--raw", path)

    def test_a_large_hole(self):
        path = self.file("hole", StreamFile(block_size=65536).block(sync(1, 1), record(0, 0, -1)))
        os.truncate(path, SIZE)
        self.check_formats(path)
        path = self.file("bare", sync(1, 1) + record(0, 0, -1))
        os.truncate(path, SIZE)
        self.check_formats("--raw", path)

    def test_standard_input_is_not_kept_in_memory(self):
        path = self.folder / "large"
        piece = sync(5, 5) + b"".join(record(n % 128, 0, -1, string("x" * 500)) for n in range(2000))
        path.write_bytes(piece * ((64 << 20) // len(piece)))
        with subprocess.Popen(["cat", path], stdout=subprocess.PIPE) as cat:
            self.assertLessEqual(self.peak(LOGCAT_MERGE, "--raw", "-", stdin=cat.stdout), LIMIT_KIB)


if __name__ == "__main__":
    tap.main()
