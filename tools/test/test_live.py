#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A ring file that is read while it is written: no record is torn, nothing looks damaged."""
import os
import struct
import subprocess
import threading
import zlib

import tap
from strandfile import BLOCK_HEADER, StreamFile, integer, record, string, sync
from tap import LOGCAT_MERGE, Case, merge

BLOCKS, RECORDS, BLOCK_SIZE = 4, 25, 65536


def text_of(number):
    """A long text that only the record of this number may have."""
    return f"{zlib.crc32(b'%d' % number):08x}" * 300


class Writer(threading.Thread):
    """Recycles the blocks of a ring file by the protocol: seq 0; the rest; seq."""

    def __init__(self, path):
        super().__init__()
        self.path, self.stop = path, threading.Event()
        self.blocks_written = 0

    def run(self):
        file = StreamFile("live", block_count=BLOCKS, block_size=BLOCK_SIZE)
        with open(self.path, "r+b", buffering=0) as out:
            while not self.stop.is_set():
                first = RECORDS * self.blocks_written
                frames = [record(n, n, -1, integer(first + n), string(text_of(first + n))) for n in range(RECORDS)]
                file.block(sync(1 + 100 * self.blocks_written, 1), *frames, sealed=False)
                seq, data = file.blocks.pop()
                at = len(file.header) + (seq - 1) % BLOCKS * BLOCK_SIZE
                os.pwrite(out.fileno(), bytes(8), at + 8)
                os.pwrite(out.fileno(), data[:8], at)
                os.pwrite(out.fileno(), data[16:], at + 16)
                os.pwrite(out.fileno(), struct.pack("<Q", seq), at + 8)
                self.blocks_written += 1


class Live(Case):
    def test_a_ring_while_it_is_written(self):
        path = self.file("live.strand", StreamFile("live", block_count=BLOCKS, block_size=BLOCK_SIZE))
        self.assertEqual(os.path.getsize(path), len(StreamFile("live", block_count=BLOCKS).header) + 4 * BLOCK_SIZE)
        writer = Writer(path)
        writer.start()
        try:
            while writer.blocks_written < BLOCKS:
                pass
            for _ in range(100):
                self.check_once(path)
        finally:
            writer.stop.set()
            writer.join()
        self.assertGreater(writer.blocks_written, 10 * BLOCKS)

    def check_once(self, path):
        ran = merge("--format=canonical", path)
        objects = ran.objects
        for item in objects:
            self.assertEqual(item.get("diag", "lost"), "lost", ran.err)
        records = [item["fields"] for item in objects if "fields" in item]
        numbers = [fields[0]["value"] for fields in records]
        self.assertEqual(numbers, sorted(set(numbers)))
        for number, fields in zip(numbers, records):
            self.assertEqual(fields[1]["value"], text_of(number))

    def test_a_file_that_shrinks(self):
        file = StreamFile(block_size=65536)
        for number in range(400):
            file.block(sync(1 + number, 1), *(record(n, n, -1, string("x" * 1000)) for n in range(60)), sealed=False)
        for _ in range(5):
            path = self.file("a", file)
            with subprocess.Popen([LOGCAT_MERGE, str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
                child.stdout.read(100_000)
                os.truncate(path, file.block_offset(200) + BLOCK_HEADER + 70)
                child.communicate()
            self.assertIn(child.returncode, (0, 1))


if __name__ == "__main__":
    tap.main()
