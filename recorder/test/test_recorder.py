#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The recorder in real processes: what recorder_child leaves under STRAND_DIR is what it logged."""
import collections
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import unittest

import tap
from tap import Case, merge, program

CHILD = program("RECORDER_CHILD", "recorder/test/recorder_child")
MODULE = program("RECORDER_MODULE", "recorder/test/recorder_module.so")
SANITIZED = "SANITIZED" in os.environ


class Recorded(Case):
    def child(self, *arguments, status=0, program=CHILD, before=None, **environment):
        """Runs a mode with its files in a folder of the test's own. Returns: what it printed."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("STRAND_")}
        self.files = self.folder / "logs"
        variables = {"STRAND_DIR": str(self.files), **inherited, **environment}
        done = subprocess.run([program, *map(str, arguments)], env={k: v for k, v in variables.items() if v is not None},
                              capture_output=True, check=False, text=True, cwd=self.folder, preexec_fn=before)
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
        self.assertEqual(self.child("full-table"), ["1"])
        self.assertEqual(self.counts(), {"before main": 1, "main": 1})

    def test_a_pending_cancellation_costs_nothing(self):
        self.assertEqual(self.child("cancel"), ["1"])
        self.assertEqual(self.counts()["cancelled"], 1)

    @unittest.skipIf(SANITIZED, "the sanitizer's frames are larger")
    def test_the_first_record_on_a_small_signal_stack(self):
        self.child("small-stack")
        self.assertEqual(self.counts()["on a small stack"], 1)
        self.assertEqual(len(self.names()), 3)

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

    def test_what_a_vforked_child_would_take_is_refused(self):
        self.assertEqual(self.child("vfork-first"), ["3", "1"])
        self.assertEqual(self.counts(), {"before main": 1, "parent": 1, "thread": 3})

    def test_a_vforked_child_starts_no_session_for_its_parent(self):
        self.assertEqual(self.child("fork-and-vfork"), ["1"])
        self.assertEqual(self.counts(), {"before main": 1, "child": 1})

    def test_a_fork_while_another_thread_declares_events(self):
        self.assertEqual(self.child("fork-and-declare"), ["0", "1"])

    # Files

    def limit(self, size):
        return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    def assert_no_files(self, said):
        self.assertEqual(self.said, f"strandline: STRAND_DIR={self.files}: no file there ({said}); logging in memory\n")
        self.assertEqual(self.names(), [])

    def test_a_limit_of_files_is_told(self):
        self.child("threads", STRAND_SIZE="1M", before=self.limit(1000000))
        self.assert_no_files("File too large")

    def test_no_rings_without_definitions(self):
        def prepare():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            self.limit(300000)()
        self.child("threads", before=prepare)
        self.assert_no_files("File too large")

    def test_definitions_that_come_late(self):
        self.assertEqual(self.child("definitions-late"), ["2", "1"])
        self.assertEqual(sorted(name.rsplit("-", 1)[1] for name in self.names()),
                         ["0000.strand", "0000.strand", "0001.strand", "0002.strand"])
        self.assertEqual(self.counts(), {"before main": 1, "thread": 3})

    def core_filter(self, text):
        def prepare():
            pathlib.Path("/proc/self/coredump_filter").write_text(text)
        return int(self.child("core-filter", before=prepare)[0], 16)

    def test_cores_hold_the_rings_and_what_they_held_before(self):
        self.assertEqual(self.core_filter("0x33"), 0x3B)
        self.assertEqual(self.core_filter("0x77"), 0x7F)
        self.assertEqual(self.core_filter("0"), 0)

    def test_a_relative_folder_stays_where_it_was(self):
        (self.folder / "elsewhere").mkdir()
        self.assertEqual(self.child("chdir", "elsewhere", STRAND_DIR="logs"), [str(self.folder / "logs"), "0"])
        self.assertEqual(self.counts(), {"before main": 1, "thread": 3})

    def test_sync_is_for_all_files_and_their_names(self):
        self.assertEqual(self.child("sync"), ["0", "3", "1"])

    @unittest.skipIf(SANITIZED, "the sanitizer's runtime lacks the rights that its caller has")
    @unittest.skipIf(os.getuid() != 0, "only root can give a program to another user")
    def test_a_program_with_more_rights_than_its_caller_writes_no_files(self):
        program = self.folder / "secure"
        shutil.copy(CHILD, program)
        os.chown(program, 65534, 65534)
        program.chmod(0o4755)
        self.folder.chmod(0o777)
        if self.child("secure", program=program) != ["1"]:
            self.skipTest("programs here get no rights of their owners")
        self.assertEqual(self.said, "")
        self.assertFalse(self.files.exists())

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

    def test_a_folder_with_too_long_a_name_is_told(self):
        self.child("nothing", STRAND_DIR="x" * 5000)
        self.assertRegex(self.said, "^strandline: STRAND_DIR=x+ is not used: expected a path of at most 4095 bytes")

    def test_sizes(self):
        for size in "1G", "1g", "1048576k", "16K", "16384":
            self.child("nothing", STRAND_DIR=None, STRAND_SIZE=size)
            self.assertEqual(self.said, "")
        for size in "2G", "1GB", "1073741825", "15K", "99999999999999G", "":
            self.child("nothing", STRAND_DIR=None, STRAND_SIZE=size)
            self.assertEqual(self.said, f"strandline: STRAND_SIZE={size} is not used: expected 16K to 1G\n")

    def test_start_moves_what_was_logged_to_files(self):
        folder = self.folder / "later"
        self.assertEqual(self.child("start", folder, STRAND_DIR=None), ["0", "dir", "0"])
        self.files = folder
        self.assertEqual([r[0] for r in self.records()], ["before main", "before the start", "after the start", *["thread"] * 3])

    def test_start_moves_files_from_folder_to_folder(self):
        folder = self.folder / "later"
        for spelling in "later", folder, folder / ".." / "later":
            self.assertEqual(self.child("start", spelling), ["0", "dir", "0"])
            self.assertEqual(self.names(), [])
            self.files = folder
            self.assertEqual([r[0] for r in self.records()], ["before main", "before the start", "after the start", *["thread"] * 3])
            for path in folder.iterdir():
                path.unlink()

    def test_start_with_the_folder_that_there_is(self):
        self.assertEqual(self.child("start", self.folder / "." / "logs"), ["0", "dir", "0"])
        self.assertEqual(len(self.records()), 6)
        self.assertEqual(len(self.names()), 4)

    def test_start_with_a_folder_that_cant_be_used_leaves_files_where_they_are(self):
        said = self.child("start", "/proc/none/such")
        self.assertNotEqual(said[0], "0")
        self.assertEqual(said[1:], ["dir", "0"])
        self.assertEqual(len(self.records()), 6)
        self.assertEqual([name for name in self.names() if name.endswith("~")], [])

    def test_start_gives_its_thread_a_ring_of_the_new_size(self):
        self.child("start", "logs")
        rings = {len(self.records(self.files / self.names()[0], self.files / name)): (self.files / name).stat().st_size
                 for name in self.names()[1:]}
        self.assertEqual(rings, {2: 4096 + 131072, 1: 4096 + 65536, 3: 4096 + 65536})

    def test_start_with_defaults(self):
        self.assertEqual(self.child("start-with-defaults"), ["0"])

    def test_start_while_signals_come_and_another_makes_the_folder(self):
        self.assertEqual(self.child("start-meanwhile", self.folder / "meanwhile", STRAND_DIR=None), ["0"])

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
