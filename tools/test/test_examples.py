#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The examples: what README quotes runs, and the demo's program keeps what it says that it wrote."""
import re
import subprocess
import time

import tap
from tap import HELLO, KVSTORE, RINGLOG, ROOT, STRANDLINE, Case, merge, run


class Hello(Case):
    SOURCE = ROOT / "libcodec" / "examples" / "hello.c"

    def test_is_short(self):
        self.assertLessEqual(len(self.SOURCE.read_text(encoding="utf-8").splitlines()), 25)

    def test_writes_a_stream_file(self):
        ran = run(HELLO)
        self.assertEqual(ran.status, 0)
        objects = merge("--format=canonical", "-", stdin=ran.out).objects
        self.assertEqual([item["fields"] for item in objects],
                         [[{"type": "string", "value": "hello, strand"}, {"type": "key", "name": "answer"},
                           {"type": "int", "value": 42}]])
        shown = merge("-", stdin=ran.out)
        self.assertEqual((shown.status, shown.err), (0, ""))
        self.assertRegex(shown.out.decode(), r"^\d+\.\d{9} 0 hello, strand answer=42\n$")


class Ringlog(Case):
    def test_records_get_their_words_from_the_definitions(self):
        self.assertEqual(run(RINGLOG, self.folder).status, 0)
        shown = merge(self.folder)
        self.assertEqual(shown.status, 1, "the ring has dropped its oldest records, and says so")
        last = shown.lines[-1]
        values = re.escape(f"request request=999 argv[1]={self.folder} request * 0.5=499.5")
        self.assertRegex(last, rf" 0 INFO \S*ringlog\.c:\d+ {values}$")
        ring = merge("--format=canonical", self.folder / "ring.strand").objects
        kept = [item for item in ring if "fields" in item]
        lost = sum(item["records"] for item in ring if item.get("diag") == "lost")
        self.assertEqual(len(kept) + lost, 1000)
        self.assertEqual(kept[-1]["fields"][1], {"type": "int", "value": 999})


class Kvstore(Case):
    def test_keeps_what_it_wrote(self):
        said = run(KVSTORE, self.folder, "1500")
        self.assertEqual(said.status, 0, said.err)
        counts = re.fullmatch(r"kvstore: (\d+) records, (\d+) strands, 0 refused, start \d+\n", said.out.decode())
        self.assertIsNotNone(counts, said.out)
        self.assertGreaterEqual(int(counts[1]), 8 * 1500)
        stats = run(STRANDLINE, "stats", self.folder)
        self.assertEqual((stats.status, stats.err), (0, ""))
        self.assertRegex(stats.lines[-1], rf"^{counts[1]} records, {counts[2]} strands, span \d+\.\d{{3}} s, 0 lost$")
        for line in stats.lines[:-1]:
            self.assertIn(" closed ", line)
        ticks = [item["tick"] for item in self.objects(self.folder)]
        self.assertEqual(len(ticks), int(counts[1]))
        self.assertEqual(ticks, sorted(ticks))
        self.assertIn(" timer DEBUG kvstore.c:", merge(self.folder).out.decode())
        self.assertIsNone(re.search(r"#\d", merge(self.folder).out.decode()), "an id has no definition")

    def has_block(self, number):
        """Whether a worker has opened a block: its seq isn't 0."""
        path = self.folder / f"worker-{number}.strand"
        if not path.exists():
            return False
        with path.open("rb") as opened:
            header_len = int.from_bytes(opened.read(12)[8:], "little")
            opened.seek(header_len + 8)
            return opened.read(8) not in (b"", bytes(8)) and header_len > 0

    def test_what_was_logged_survives_a_kill(self):
        for delay in (0.03, 0.06, 0.1):
            child = subprocess.Popen([KVSTORE, str(self.folder), "400000"])
            try:
                while not all(map(self.has_block, range(8))):
                    self.assertIsNone(child.poll())
                    time.sleep(0.001)
                time.sleep(delay)
            finally:
                child.kill()
                child.wait()
            paths = sorted(self.folder.glob("worker-*.strand")) + [self.folder / "sites.strand"]
            stats = run(STRANDLINE, "stats", *paths)
            self.assertEqual((stats.status, stats.err), (0, ""))
            self.assertGreaterEqual(int(stats.lines[-1].split()[0]), 8)
            for line in stats.lines[:8]:
                self.assertIn(" 0 lost, 0 diagnostics, zero-filled worker-", line)
            for path in paths:
                path.unlink()


if __name__ == "__main__":
    tap.main()
