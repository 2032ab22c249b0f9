#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The recorder in real processes: what recorder_child leaves under STRAND_DIR is what it logged."""
import collections
import json
import os
import re
import subprocess
import unittest

import tap
from tap import Case, merge, program

CHILD = program("RECORDER_CHILD", "recorder/test/recorder_child")
MODULE = program("RECORDER_MODULE", "recorder/test/recorder_module.so")
SANITIZED = "SANITIZED" in os.environ


class Recorded(Case):
    def child(self, *arguments, status=0, **environment):
        """Runs a mode with its files in a folder of the test's own. Returns: what it printed."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("STRAND_")}
        self.files = self.folder / "logs"
        variables = {"STRAND_DIR": str(self.files), **inherited, **environment}
        done = subprocess.run([CHILD, *map(str, arguments)], env={k: v for k, v in variables.items() if v is not None},
                              capture_output=True, check=False, text=True)
        self.assertEqual(done.returncode, status, done.stderr)
        self.said = done.stderr
        return done.stdout.split()

    def names(self):
        return sorted(path.name for path in self.files.glob("*"))

    def records(self, *files, status=0):
        """(message, values…) of each record, in the order of the timeline."""
        ran = merge("--format=canonical", *(files or [self.files]))
        self.assertEqual(ran.status, status, ran.err)
        found = []
        for item in map(json.loads, ran.lines):
            if "fields" in item:
                site, *fields = item["fields"]
                texts = site if site["type"] == "site" else {"message": next(f["value"] for f in item["fields"] if f["type"] == "string")}
                found.append((texts.get("message"), *(f.get("value") for f in fields if f["type"] != "key")))
        return found

    def counts(self, *files, status=0):
        return collections.Counter(record[0] for record in self.records(*files, status=status))

    # Threads

    def test_each_thread_has_a_strand(self):
        self.child("threads")
        counts = self.counts()
        self.assertEqual(counts["thread"], 24)
        self.assertEqual(counts["before main"], 1)
        for name in "abcdefgh":
            self.assertEqual([r[1] for r in self.records() if r[0] == "thread" and r[2] == name], [0, 1, 2])

    def test_a_thread_that_is_gone_leaves_its_strand_to_others(self):
        strands = self.child("churn", 500)
        self.assertLessEqual(int(strands[0]), 12)
        self.assertEqual(self.counts()["thread"], 1500)

    def test_before_main(self):
        self.child("nothing")
        self.assertEqual(self.records(), [("before main",)])

    def test_levels_and_fixed(self):
        self.child("levels", "x")
        objects = [json.loads(line) for line in merge("--format=canonical", self.files).lines]
        self.assertEqual([o["fields"][0]["level"] for o in objects], [9, 9, 17, 9])
        self.assertEqual(self.records()[2:], [("level", "x"), ("fixed", 7, 1 << 40)])

    # Handlers, malloc, memory

    def test_handlers_inside_records(self):
        strands = self.child("handler")
        self.assertEqual(self.counts()["handler"], 3)
        self.assertEqual(self.counts()["interrupted"], 1)
        self.assertEqual(strands, ["2"])  # the inner handler's record comes when the outer one's is done

    def test_a_threads_first_record_is_a_handlers(self):
        self.child("handler-first", "x")
        self.assertEqual(self.counts()["handler"], 1)

    @unittest.skipIf(SANITIZED, "the sanitizer has a malloc of its own")
    def test_inside_malloc(self):
        written = int(self.child("malloc")[0])
        counts = self.counts()
        self.assertEqual(counts["malloc"] + counts["free"], written)
        self.assertGreaterEqual(written, 2)
        self.assertEqual(counts["thread"], 3)

    @unittest.skipIf(SANITIZED, "the sanitizer needs address space")
    def test_without_memory_the_spare_logger_takes_over(self):
        strands, refused = map(int, self.child("no-memory", "one after the other"))
        self.assertEqual((strands, refused), (2, 0))
        self.assertEqual(strands, 2)

    @unittest.skipIf(SANITIZED, "the sanitizer needs address space")
    def test_without_any_memory_records_are_refused_and_counted(self):
        strands, refused = map(int, self.child("no-memory", "both"))
        self.assertEqual(strands, 2)
        self.assertIn(refused, (0, 3))  # 0: the first was gone when the second came

    def test_a_full_descriptor_table_costs_the_file_and_not_the_record(self):
        self.child("full-table")
        self.assertEqual(self.counts(), {"before main": 1, "main": 1})

    # Fork

    def test_children_have_sessions_of_their_own(self):
        self.child("fork")
        sessions = {}
        for name in self.names():
            sessions.setdefault(re.fullmatch(r"recorder_child-(\d+-\w+)-\d{4}\.strand", name)[1], []).append(self.files / name)
        self.assertEqual(len(sessions), 3)
        counts = sorted(sorted(self.counts(*files).items()) for files in sessions.values())
        self.assertEqual(counts, [[("before main", 1), ("parent after", 1), ("parent before", 1)],
                                  [("child", 1), ("thread", 3)], [("child", 1), ("thread", 3)]])
        for key, files in sessions.items():
            for record in self.records(*files):
                if record[0] == "child":
                    self.assertEqual(record[2], int(key.split("-")[0]))

    def test_a_fork_inside_a_record(self):
        self.child("fork-inside", status=-9)
        self.assertEqual([record[0] for record in self.records()], ["before main", "child"])

    def test_a_vforked_child_is_its_parent(self):
        self.child("vfork")
        self.assertEqual(self.records()[1:], [("vforked", 1), ("parent",)])

    # Options

    def test_files_and_size(self):
        self.child("nothing", STRAND_SIZE="64K")
        self.assertEqual(len(self.names()), 2)
        self.assertEqual((self.files / self.names()[1]).stat().st_size, 4096 + 4 * 16384)

    def test_rings_overwrite_the_oldest_and_count_it(self):
        self.child("long", 20000, STRAND_SIZE="16K")
        ran = merge("--format=canonical", self.files)
        objects = [json.loads(line) for line in ran.lines]
        lost = [item for item in objects if "diag" in item]
        self.assertEqual([item["code"] for item in lost], ["overwritten"])
        self.assertEqual(lost[0]["records"] + len(objects) - 1, 20001)
        self.assertEqual(self.records(status=1)[-1][1], 19999)

    def test_without_a_folder_there_are_no_files(self):
        self.child("threads", STRAND_DIR=None)
        self.assertFalse(self.files.exists())

    def test_a_folder_that_cant_be_used_is_told(self):
        self.child("threads", STRAND_DIR="/proc/none/such")
        self.assertRegex(self.said, r"^strandline: STRAND_DIR=/proc/none/such: no file there \(.+\); logging in memory\n$")

    def test_bad_environment_is_told(self):
        self.child("nothing", STRAND_SIZE="12", STRAND_CRASH="maybe")
        self.assertIn("STRAND_SIZE=12 is not used: expected 16K to 1G", self.said)
        self.assertIn("STRAND_CRASH=maybe is not used: expected none, log, stacks or all", self.said)
        self.assertEqual(self.records(), [("before main",)])

    def test_start_moves_what_was_logged_to_files(self):
        folder = self.folder / "later"
        self.assertEqual(self.child("start", folder, STRAND_DIR=None), ["0", "dir", "0"])
        self.files = folder
        self.assertEqual([r[0] for r in self.records()], ["before main", "before the start", "after the start", *["thread"] * 3])

    def test_start_with_a_folder_that_cant_be_used(self):
        said = self.child("start", "/proc/none/such", STRAND_DIR=None)
        self.assertNotEqual(said[0], "0")
        self.assertEqual(said[1:], ["none", "0"])

    def test_bad_options(self):
        bad = self.child("bad-options")
        self.assertEqual(len(set(bad)), 1)
        self.assertNotEqual(bad[0], "0")

    def test_modules_define_their_sites_when_they_are_loaded(self):
        self.child("dlopen", MODULE)
        self.assertEqual([r for r in self.records() if r[0] == "in the module"], [("in the module", 1), ("in the module", 2)])
        fields = [json.loads(line)["fields"][0] for line in merge("--format=canonical", self.files).lines]
        self.assertEqual([f["type"] for f in fields], ["site"] * 3)
        self.assertEqual(len({f["id"] for f in fields}), 3)  # the second load got a number of its own


if __name__ == "__main__":
    tap.main()
