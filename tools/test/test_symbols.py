#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""--symbols: functions and lines of what a real process logged, and files that aren't what they should be."""
import os
import pathlib
import random
import re

import tap
from strandfile import DEFINITIONS, StreamFile, definition, record, string, sync, traceback, uinteger, uvarint
from tap import LOGCAT_MERGE, STRANDLINE, SYMBOLS_CHILD, Case, merge, run

HAS_LIBDW = os.environ.get("HAS_LIBDW", "1") == "1"
MODULE = 5
PLACE = re.compile(r"  (.+)\+0x([0-9a-f]+)(?: (\S+):(\d+))?$")
NAME = pathlib.Path(SYMBOLS_CHILD).name


def module(number, path, build_id, base, size):
    return definition(MODULE, number, string(path), b"\x1d" + uvarint(len(build_id)) + build_id,
                      b"\x07" + uvarint(base), uinteger(size))


def frames(lines):
    """Output → {message: [(function, offset, file's name, line)]}"""
    found, message = {}, None
    for line in lines:
        if line.startswith("  "):
            function, offset, file, number = PLACE.match(line).groups()
            found[message].append((function, int(offset, 16), file and pathlib.Path(file).name, number and int(number)))
        else:
            message = line.split()[2]
            found[message] = []
    return found


class Processes(Case):
    def child(self, *arguments, folder=""):
        """Runs the program. Returns: {function: line} as it says."""
        done = run(SYMBOLS_CHILD, self.folder / folder, *arguments)
        self.assertEqual((done.status, done.err), (0, ""))
        return {name: int(line) for name, line in map(str.split, done.lines)}

    def symbols(self, *inputs):
        ran = merge("--symbols", *(inputs or [self.folder]))
        self.assertEqual(ran.status, 0, ran.err)
        return ran

    def need_libdw(self):
        if not HAS_LIBDW:
            self.skipTest("built without libdw")

    def test_calls(self):
        self.need_libdw()
        said = self.child()
        found = frames(self.symbols().lines)
        for message in ("called", "defined"):
            self.assertEqual([(function, file, line) for function, _, file, line in found[message]][:3],
                             [(name, "symbols_child.c", said[name]) for name in ("inner", "middle", "main")])
            self.assertIn(len(found[message]), range(4, 10))

    def test_a_single_address(self):
        self.need_libdw()
        said = self.child()
        place = rf"inner\+0x[0-9a-f]+ \S*symbols_child\.c:{said['inner']}\]"
        self.assertRegex(self.symbols().out.decode(), rf"(?m)^0\.000000004 0 at 0x[0-9a-f]+ \[{place}$")
        self.assertRegex(merge("--symbols", "--format=debuglog", self.folder).out.decode(),
                         rf"called \n\t0x[0-9a-f]+ \[{place}\n\t0x[0-9a-f]+ \[middle\+")

    def test_a_call_that_never_returns_is_its_callers(self):
        self.need_libdw()
        said = self.child()
        found = frames(self.symbols().lines)["left"]
        self.assertEqual([(function, line) for function, _, _, line in found][:2],
                         [("leave", found[0][3]), ("last_words", said["last_words"])])

    def test_the_start_of_a_function_is_itself(self):
        self.need_libdw()
        said = self.child()
        (function, offset, _, line), = frames(self.symbols().lines)["entry"]
        self.assertEqual((function, offset), ("last_words", 0))
        self.assertIn(line, range(said["entry"], said["entry"] + 2))

    def test_several_processes(self):
        self.need_libdw()
        for folder in ("a", "b"):
            (self.folder / folder).mkdir()
            said = self.child(folder=folder)
        # The same things were loaded elsewhere: each log is read by its own modules.
        lines = self.symbols(self.folder / "a", self.folder / "b").lines
        inner = [line for line in lines if line.startswith("  inner+")]
        self.assertEqual(len(inner), 4)
        self.assertTrue(all(line.endswith(f":{said['inner']}") for line in inner))
        logs = [self.folder / folder / "log.strand" for folder in "ab"]
        self.assertIn("defines no modules", merge("--symbols", *logs).err)

    def test_without_the_option_nothing_is_looked_up(self):
        self.child()
        self.assertRegex(merge(self.folder).out.decode(), r"called\n\t0x[0-9a-f]+\n\t0x")

    def other_file(self, path, word):
        """What the process says to be its file isn't."""
        self.child(path)
        ran = self.symbols()
        self.assertIn(word if HAS_LIBDW else "libdw", ran.err)
        found = frames(ran.lines)["called"][:3]
        self.assertEqual([place[0] for place in found], [pathlib.Path(path).name] * 3)
        self.assertEqual([place[2] for place in found], [None] * 3)
        self.assertEqual(ran.err.count(word), 1 if HAS_LIBDW else 0)

    def test_another_program(self):
        self.other_file(LOGCAT_MERGE, "another build-id")

    def test_files_that_are_not_there(self):
        self.other_file("/nonexistent/program", "No such file")

    def test_what_is_no_file(self):
        os.mkfifo(self.folder / "pipe")
        for path in (self.folder / "pipe", "/dev/null", self.folder):
            self.other_file(str(path), "it is no file")

    def test_what_is_no_program(self):
        for name, data in (("text", b"text"), ("empty", b""), ("half", pathlib.Path(SYMBOLS_CHILD).read_bytes()[:100])):
            self.other_file(str(self.file(name, data)), "it is not the file that ran")


class Modules(Case):
    def log(self, *modules, pcs=(0x1001,), **how):
        """A log of one traceback, and its modules."""
        self.file("log.strand", StreamFile("log", block_size=8192).block(
            sync(1, 1), record(1, 1, -1, string("x"), traceback(*pcs))))
        file = StreamFile("modules", kind=DEFINITIONS, ordinal=1, **how).block(sync(1, 1), *modules)
        self.file("modules.strand", file)
        return merge("--symbols", self.folder)

    def places(self, *modules, **how):
        ran = self.log(*modules, **how)
        self.assertEqual(ran.status, 0, ran.err)
        return ran.lines[1:]

    def test_offsets_in_modules(self):
        linked = module(2, "linux-vdso.so.1", b"", 0x1000, 0x1000)
        self.assertEqual(self.places(linked, pcs=(0x1000, 0x1001, 0x1002, 0x2000, 0x2001, 0x1000, 1)),
                         ["  linux-vdso.so.1+0x0", "  linux-vdso.so.1+0x0", "  linux-vdso.so.1+0x1",
                          "  linux-vdso.so.1+0xfff", "  0x2000", "  linux-vdso.so.1+0x0", "  0x0"])
        if HAS_LIBDW:
            self.assertEqual(self.log(linked).err, "")

    def test_the_newest_of_what_was_loaded_at_one_place(self):
        self.assertEqual(self.places(module(4, "old", b"", 0x1000, 0x10), module(8, "new", b"", 0x1000, 0x10),
                                     module(6, "middle", b"", 0, 0x10000)), ["  new+0x0"])

    def test_a_definition_that_is_none(self):
        for wrong in (definition(MODULE, 8, string("x")), module(8, "x", b"", 0x1002, 0x1000),
                      module(8, "x", b"", 0, 0x1000), module(8, "x", b"", (1 << 64) - 1, (1 << 64) - 1)):
            self.assertEqual(self.places(module(2, "a", b"", 0x1000, 0x10), wrong), ["  a+0x0"])

    def test_modules_of_a_block(self):
        file = StreamFile("log")
        for block, name in enumerate("ab"):
            file.block(sync(1 + block, 1), module(1, name, b"", 0x1000, 0x10), record(0, 0, -1, traceback(0x1005)))
        file.block(sync(3, 1), record(0, 0, -1, traceback(0x1005)))
        self.assertEqual(merge("--symbols", self.file("a", file)).lines[1::2], ["  a+0x4", "  b+0x4", "  0x1004"])

    def test_names_do_not_reach_the_terminal(self):
        ran = self.log(module(2, "/nonexistent/\x1b[31m", b"id", 0x1000, 0x10))
        self.assertEqual((ran.status, "\x1b" in ran.err, ran.lines[1]), (0, False, "  \\x1b[31m+0x0"))

    def test_without_a_build_id_nothing_is_believed(self):
        ran = self.log(module(2, SYMBOLS_CHILD, b"", 0x1000, 0x10))
        self.assertEqual(ran.lines[1], f"  {NAME}+0x0")
        self.assertIn("states no build-id" if HAS_LIBDW else "libdw", ran.err)

    def test_paths_that_are_none(self):
        for path in ("", "/", "a\0b", "/etc/passwd\0", "relative/path", "/" + "x" * 3000):
            ran = self.log(module(2, path, b"id", 0x1000, 0x10))
            self.assertEqual((ran.status, len(ran.lines)), (0, 2))

    def test_no_modules(self):
        ran = self.log()
        self.assertEqual((ran.status, ran.lines[1]), (0, "  0x1000"))
        self.assertIn("defines no modules", ran.err)

    def test_very_many_files(self):
        modules = [module(2 * i, f"m{i}", b"", i << 12, 4096) for i in range(1, 3001)]
        ran = self.log(*modules, pcs=[(i << 12) + 1 for i in range(1, 1201)], block_size=1 << 18)
        self.assertEqual(ran.lines[1:1025], [f"  m{i}+0x0" for i in range(1, 1025)])
        self.assertEqual(ran.lines[1025:], [f"  0x{i << 12:x}" for i in range(1025, 1201)])

    def test_any_byte_may_be_anything(self):
        source = random.Random(5)
        good = b"".join((string(SYMBOLS_CHILD), b"\x1d\x14" + bytes(20), b"\x07" + uvarint(0x1000), uinteger(4096)))
        for _ in range(100):
            data = bytearray(good)
            for _ in range(source.randrange(1, 5)):
                data[source.randrange(len(data))] = source.randrange(256)
            ran = self.log(definition(MODULE, 2, bytes(data)))
            self.assertEqual((ran.status, len(ran.lines)), (0, 2))

    def test_formats_without_places(self):
        path = self.file("a", StreamFile().block(sync(1, 1)))
        for arguments in ([LOGCAT_MERGE, "--format=canonical"], [LOGCAT_MERGE, "--format=binary"],
                          [STRANDLINE, "stats"]):
            self.assertEqual(run(*arguments, "--symbols", path).status, 2)


if __name__ == "__main__":
    tap.main()
