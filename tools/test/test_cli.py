#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The command line: statuses, help, where input comes from and output goes."""
import os
import subprocess

import tap
from strandfile import StreamFile, record, string, sync
from tap import LOGCAT_MERGE, STRANDLINE, Case, merge, run


def small(name="one", word="hello", tick=100):
    return StreamFile(name).block(sync(tick, tick), record(1, 1, -1, string(word))).bytes()


class Usage(Case):
    def test_help_fits_a_terminal(self):
        for program in (STRANDLINE, LOGCAT_MERGE):
            ran = run(program, "--help")
            self.assertEqual((ran.status, ran.err), (0, ""))
            self.assertLessEqual(len(ran.lines), 24)
            self.assertLessEqual(max(map(len, ran.lines)), 80)
            self.assertIn("Example:", ran.out.decode())

    def test_version_names_the_format(self):
        ran = merge("--version")
        self.assertEqual(ran.status, 0)
        self.assertRegex(ran.out.decode(), r"^logcat-merge \S+, format 0\.9\n$")

    def test_bad_command_lines(self):
        path = self.file("a.strand", small())
        for arguments in ([LOGCAT_MERGE], [LOGCAT_MERGE, "--format=xml", path], [LOGCAT_MERGE, "--nonsense", path],
                          [LOGCAT_MERGE, "--base=1,2", path], [LOGCAT_MERGE, "--dialect=go1.26", path],
                          [LOGCAT_MERGE, "--raw", "--base=1", path], [LOGCAT_MERGE, "--raw", "--base=-1,2", path],
                          [LOGCAT_MERGE, "--raw", "--dialect=go1.5", path], [LOGCAT_MERGE, "--init-nano=x", path],
                          [LOGCAT_MERGE, "-", "-"], [STRANDLINE], [STRANDLINE, "mend", path], [STRANDLINE, "merge"],
                          [STRANDLINE, "print", path, path], [STRANDLINE, "--raw", path],
                          [STRANDLINE, "stats", "--format=canonical", path], [LOGCAT_MERGE, "-o"]):
            ran = run(*arguments)
            self.assertEqual((ran.status, ran.out), (2, b""), arguments)
            self.assertRegex(ran.err, r"\A.*; see --help\n\Z")

    def test_bad_options_are_named(self):
        path = self.file("a.strand", small())
        for arguments, message in ((("--nonsense", path), "--nonsense: no such option"),
                                   ((path, "-x"), "-x: no such option"),
                                   ((path, "--base"), "--base: a value is missing"),
                                   ((path, "-o"), "-o: a value is missing")):
            self.assertEqual(merge(*arguments).err, f"logcat-merge: {message}; see --help\n")

    def test_two_names_of_one_program(self):
        path = self.file("a.strand", small())
        self.assertEqual(merge(path).out, run(STRANDLINE, "merge", path).out)
        self.assertEqual(merge(path).out, run(STRANDLINE, "print", path).out)

    def test_options_may_follow_files(self):
        path = self.file("a.strand", small())
        self.assertEqual(merge(path, "--format=canonical").out, merge("--format=canonical", path).out)


class Inputs(Case):
    def test_standard_input(self):
        path = self.file("a.strand", small())
        expected = self.canonical(path)
        self.assertEqual(merge("--format=canonical", "-", stdin=small()).out, expected)
        with path.open("rb") as opened:
            done = subprocess.run([LOGCAT_MERGE, "--format=canonical", "-"], stdin=opened, capture_output=True,
                                  check=False)
        self.assertEqual((done.returncode, done.stdout), (0, expected))

    def test_standard_input_that_was_read_from(self):
        path = self.file("a.strand", b"#" * 100 + small())
        with path.open("rb") as opened:
            opened.seek(100)
            done = subprocess.run([LOGCAT_MERGE, "-"], stdin=opened, capture_output=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, b""))

    def test_no_room_for_standard_input(self):
        done = subprocess.run([LOGCAT_MERGE, "-"], input=small(), capture_output=True, check=False,
                              env={"TMPDIR": str(self.folder / "gone")})
        self.assertEqual((done.returncode, done.stdout), (3, b""))
        self.assertIn(b"TMPDIR", done.stderr)

    def test_pipe_by_name(self):
        done = subprocess.run(["sh", "-c", 'cat "$2" | "$1" /dev/stdin', "sh", LOGCAT_MERGE,
                               str(self.file("a.strand", small()))], capture_output=True, check=False)
        self.assertEqual((done.returncode, done.stdout), (0, merge(self.folder / "a.strand").out))

    def test_standard_input_of_several_sections(self):
        objects = merge("--format=canonical", "-", stdin=small() + small(word="again", tick=50)).objects
        self.assertEqual([(item["stream"], item["tick"]) for item in objects], [(1, 51), (0, 101)])

    def test_directory(self):
        names = ["b.strand", "a.strand", "B.strand", "a.b.strand", "c.log", ".strand"]
        for name in names:
            self.file(name, small(name, name))
        objects = self.objects(self.folder)
        # Bytewise: upper case first; what is only a suffix is no name.
        self.assertEqual([item["fields"][0]["value"] for item in objects],
                         ["B.strand", "a.b.strand", "a.strand", "b.strand"])
        self.assertEqual(self.canonical(str(self.folder) + "/"), self.canonical(self.folder))

    def test_directory_without_strands(self):
        ran = merge(self.folder)
        self.assertEqual((ran.status, ran.out), (3, b""))
        self.assertIn("no *.strand", ran.err)

    def test_missing_file(self):
        good = self.file("a.strand", small())
        ran = merge(self.folder / "gone.strand")
        self.assertEqual((ran.status, ran.out), (3, b""))
        self.assertIn("gone.strand: not read: No such file", ran.err)
        ran = merge(self.folder / "gone.strand", good)
        self.assertEqual((ran.status, ran.out), (1, merge(good).out))

    def test_other_files(self):
        for data in (b"", b"x", b"\x89STR\r\n\x1a\n", b"plain text\n" * 1000, small()[:150]):
            ran = merge(self.file("other", data))
            self.assertEqual((ran.status, ran.out), (3, b""), data[:20])
            self.assertIn("other: offset 0: not read (", ran.err)
            self.assertIn("FORMAT 8.", ran.err)

    def test_empty_bare_strand(self):
        ran = merge("--raw", self.file("empty", b""))
        self.assertEqual((ran.status, ran.out, ran.err), (0, b"", ""))

    def test_file_names_do_not_reach_the_terminal(self):
        ran = merge(self.folder / "\x1b[31mred")
        self.assertNotIn("\x1b", ran.err)
        self.assertIn("red: not read", ran.err)


class Outputs(Case):
    def test_output_file(self):
        path = self.file("a.strand", small())
        ran = merge("-o", self.folder / "out", path)
        self.assertEqual((ran.status, ran.out), (0, b""))
        self.assertEqual((self.folder / "out").read_bytes(), merge(path).out)
        ran = merge("-o", self.folder / "no" / "out", path)
        self.assertEqual(ran.status, 3)

    def test_output_is_no_input(self):
        path = self.file("a.strand", small())
        ran = merge("-o", path, path)
        self.assertEqual(ran.status, 2)
        self.assertEqual(path.read_bytes(), small())

    def test_nobody_reads(self):
        frames = [record(1, 1, -1, string("x" * 100))] * 30
        file = StreamFile()
        for _ in range(200):
            file.block(sync(100, 100), *frames)
        path = self.file("a.strand", file)
        reader, writer = os.pipe()
        os.close(reader)
        done = subprocess.run([LOGCAT_MERGE, str(path)], stdout=writer, stderr=subprocess.PIPE, check=False,
                              restore_signals=False)
        os.close(writer)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        shell = subprocess.run(["sh", "-c", '"$1" "$2" | head -n 1', "sh", LOGCAT_MERGE, str(path)],
                               capture_output=True, check=False)
        self.assertEqual((shell.returncode, shell.stderr, shell.stdout.count(b"\n")), (0, b"", 1))

    def test_closed_standard_output(self):
        done = subprocess.run(["sh", "-c", 'cat "$2" | "$1" - >&-', "sh", LOGCAT_MERGE,
                               str(self.file("a.strand", small()))], capture_output=True, check=False)
        self.assertEqual(done.returncode, 3)
        self.assertIn(b"standard output: Bad file", done.stderr)

    def test_full_disk(self):
        if not os.path.exists("/dev/full"):
            self.skipTest("no /dev/full")
        ran = merge("-o", "/dev/full", self.file("a.strand", small()))
        self.assertEqual(ran.status, 3)
        self.assertIn("/dev/full: No space", ran.err)
        with open("/dev/full", "wb") as full:
            done = subprocess.run([LOGCAT_MERGE, "--help"], stdout=full, stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, 3)
        self.assertIn(b"standard output: No space", done.stderr)

    def test_stats(self):
        a = StreamFile("first").block(sync(10, 10), record(1, 1, -1), record(2_000_000, 2, -1)).bytes()
        ran = run(STRANDLINE, "stats", self.file("a", a), self.file("b", small("second")))
        self.assertEqual(ran.status, 0)
        self.assertEqual(ran.lines[-1], "3 records, 2 strands, span 0.001 s, 0 lost")
        self.assertRegex(ran.lines[0], r"^stream 0: 2 records, 0 lost, 0 diagnostics, open first$")

    def test_stats_of_a_long_name(self):
        ran = run(STRANDLINE, "stats", self.file("a", small("ü" * 2500)))
        self.assertEqual(ran.lines[0], "stream 0: 1 records, 0 lost, 0 diagnostics, open " + "ü" * 2500)
        self.assertEqual(len(ran.lines), 2)


if __name__ == "__main__":
    tap.main()
