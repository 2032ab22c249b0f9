#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every input of the conformance suite, in every other format: the programs read it to its end.

What they print in canonical form is the suite's own affair. The other formats print no vector's lines, but whatever
can be read must not end them."""
import sys

import tap
from tap import ROOT, STRANDLINE, Case, run

sys.path.insert(0, str(ROOT / "conformance"))
from suite import vectors  # noqa: E402

SWITCHES = {"raw": ["--raw"], "file": [], "image": ["--image"]}
READ = (0, 1, 3)  # clean; with damage or loss; refused
BATCH = 100  # files of a run


class Vectors(Case):
    def inputs(self):
        """→ {form: its files}"""
        files = {form: [] for form in SWITCHES}
        for vector in vectors.load_all(vectors.VECTORS):
            if vector.verb in ("decode", "merge") and vector.form in files and not vector.ring:
                files[vector.form] += [self.file(f"{vector.id}-{i}", data) for i, data in enumerate(vector.data())]
        self.assertTrue(all(files.values()))
        return files

    def ends(self, command, files):
        return run(STRANDLINE, *command, *files).status in READ

    def every(self, *command):
        for form, files in self.inputs().items():
            for at in range(0, len(files), BATCH):
                batch = files[at:at + BATCH]
                switched = [*command, *SWITCHES[form]]
                if not self.ends(switched, batch):
                    bad = [file.name for file in batch if not self.ends(switched, [file])]
                    self.fail(f"{switched}: {bad or batch}")

    def test_text(self):
        self.every("merge", "--format=text")

    def test_debuglog(self):
        self.every("merge", "--format=debuglog")

    def test_binary(self):
        self.every("merge", "--format=binary")

    def test_go_trace(self):
        self.every("merge", "--format=go-trace")

    def test_stats(self):
        self.every("stats")


if __name__ == "__main__":
    tap.main()
