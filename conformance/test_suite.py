#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tests of the conformance suite's runner: that it passes what is right, and fails each thing that isn't.

    test_suite.py [NAME…]      all tests, or those whose name contains a NAME

The drivers asked here are those of README.md around the small decoders of suite/testdata, and broken ones.
"""
import contextlib
import io
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import unittest.mock
import xml.etree.ElementTree as xml

HERE = pathlib.Path(__file__).resolve().parent
DATA = HERE / "suite" / "testdata"
sys.path[:0] = [str(HERE), str(DATA), str(HERE.parent / "tools" / "test")]

import mine  # noqa: E402
import run  # noqa: E402
import strandfile  # noqa: E402
import tap  # noqa: E402
from suite import differ, drivers, hexes, layout, metamorphic, minimise, mutate, report, vectors, verdict  # noqa: E402

RIGHT = f"{sys.executable} {DATA / 'broken.py'} none"
SYNC = "00 00  e8 03 00*6  88 13 00*6                # sync: tick 1000, nano 5000"
SEVEN = '{"stream":0,"tick":1001,"nano":5001,"p":-1,"fields":[{"type":"uint","value":7}]}'
BAD_SIZE = '{"diag":"corrupt","stream":0,"offset":18,"code":"bad-size"}'


def vector(name="record-one", klass="accept", lines=("07 00  01 01 01  05 07",), wants=((SEVEN,),), **more):
    more.setdefault("clauses", "5.4.1")
    return vectors.Vector(id=name, op=more.pop("op", "decode raw"), klass=klass, why="a test",
                          inputs=[[SYNC, *lines]], wants=[list(want) for want in wants], **more)


def some_vectors():
    """What the small decoders can: the last of it ends in 63, which the broken driver waits for."""
    ten = vector("record-ten", lines=["07 00  01 01 01  05 07"] * 10, wants=[[SEVEN] * 10])
    bad = vector("frame-size-2", "recover", ["02 00"], [[BAD_SIZE]], error="bad-size", at="18", sibling="record-one")
    special = vector("special", lines=["07 00  01 01 01  05 63"], wants=[[SEVEN.replace("7}", "99}")]])
    return [vector(), ten, bad, special, vector("empty", lines=[], wants=[[]], level="should")]


class Case(unittest.TestCase):
    """A test with a folder of its own, in which nothing waits for long."""

    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = pathlib.Path(holder.name)
        patience = unittest.mock.patch.object(drivers, "SECONDS", 5.0)
        patience.start()
        self.addCleanup(patience.stop)

    def put(self, *among):
        """Vectors, written below the folder of this test."""
        for each in among or some_vectors():
            path = self.folder / "vectors" / "core" / f"{each.id}.vec"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(each.text(), encoding="utf-8")

    def run_suite(self, *words, command=()):
        """→ (exit status, output) of run.py."""
        out, argv = io.StringIO(), ["run.py", *command, "--vectors", str(self.folder / "vectors"), *map(str, words)]
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            with unittest.mock.patch.object(sys, "argv", argv):
                status = run.main()
        return status, out.getvalue()

    def results(self, *words):
        """→ {id: (status, kind)}, of JSON."""
        path = self.folder / "results.json"
        self.run_suite("--json", path, *words)
        found = json.loads(path.read_text(encoding="utf-8"))
        return {result["id"]: (result["status"], result["kind"]) for result in found["implementations"][0]["results"]}

    def broken(self, fault):
        return f"{sys.executable} {DATA / 'broken.py'} {fault}"


class Hexes(unittest.TestCase):
    def test_reads_bytes_runs_and_comments(self):
        self.assertEqual(hexes.parse(["00 ff*3  # 12", "", "0a"]), b"\0\xff\xff\xff\n")

    def test_refuses_what_is_no_hex(self):
        for word in ("0", "000", "0g", "00*", "00*0", "FF", "00*-1"):
            with self.assertRaises(hexes.HexError) as caught:
                hexes.parse(["00", word])
            self.assertEqual(caught.exception.line, 1)

    def test_spells_runs_of_value_lines(self):
        self.assertEqual(hexes.spelled("ext 99 0 aa*3"), "ext 99 0 aaaaaa")
        self.assertEqual(hexes.spelled("pad 8 00aa*3 aa*0 *3"), "pad 8 00aa*3 aa*0 *3")

    def test_reads_what_it_writes(self):
        chance = random.Random(1)
        for length in range(80):
            data = bytes(chance.choice(b"\0\0\0\0\1\2") for _ in range(length))
            self.assertEqual(hexes.parse(hexes.write(data, "a comment")), data)


class Vectors(unittest.TestCase):
    TEXT = some_vectors()[2].text()

    def wrong(self, where, why, old, new):
        """A vector of the text with a change is refused, in this line, for this reason."""
        self.assertIn(old, self.TEXT)
        with self.assertRaises(vectors.VectorError) as caught:
            vectors.parse(self.TEXT.replace(old, new, 1), "f.vec")
        self.assertRegex(str(caught.exception), rf"^f\.vec:{where}: .*{why}")

    def test_reads_what_it_writes(self):
        for each in some_vectors():
            self.assertEqual(vectors.parse(each.text()), each)
        whole = vector(withdrawn="because", remarks=["one", "", "two"], level="should", spec="0.9-1.0")
        self.assertEqual(vectors.parse(whole.text()), whole)

    def test_keys(self):
        self.wrong(2, "unknown key 'specs'", "spec     0.9-", "specs    0.9-")
        self.wrong(3, "spec stands behind spec", "level    must", "spec     0.9-\nlevel    must")
        self.wrong(4, "level stands behind needs", "level    must\nneeds    core", "needs    core\nlevel    must")
        self.wrong(15, "level is missing", "level    must\n", "")
        self.wrong(3, "from column 10 on", "level    must", "level must")
        self.wrong(12, "stands alone", "in\n", "in       00\n")
        self.wrong(3, "level can't be", "must", "may")
        self.wrong(1, "id can't be", "frame-size-2", "Frame")
        self.wrong(4, "needs can't be", "core", "all")
        self.wrong(9, "at can't be", "18", "018")

    def test_layout(self):
        self.wrong(3, "spaces at the end", "must", "must ")
        self.wrong(17, "no end", '"bad-size"}\n', '"bad-size"}\n#')
        self.wrong(3, "indented", "level", "  level")
        self.wrong(2, "unknown key", "spec ", "# spec\nspec ")

    def test_operations(self):
        self.wrong(6, "no such operation", "decode raw", "decode bytes")
        self.wrong(6, "no such option", "decode raw", "decode raw split=3")
        self.wrong(6, "no such option", "decode raw", "decode raw ring=1,2,3,4")
        self.wrong(12, "a ring of 64 bytes", "decode raw", "decode raw ring=64,0,20,0,0")
        self.wrong(7, "no class of recode", "decode raw", "recode raw")

    def test_classes(self):
        self.wrong(7, "no class of decode", "recover", "hopeless")
        self.wrong(7, "takes no argument", "recover", "recover it")
        self.wrong(7, "can't be of", "recover", "reject everything")
        self.wrong(15, "a reject wants nothing", "recover", "reject framing")
        self.wrong(15, "accept, and want has a diagnostic", "recover", "accept")
        self.wrong(15, "two alternatives", "recover", "either")

    def test_faults(self):
        self.wrong(8, "no fault is called", "bad-size", "bad-luck")
        self.wrong(8, "no diagnostic of want", "18", "19")
        self.wrong(8, "an offset of no error", "error    bad-size\n", "")
        self.wrong(7, "has a sibling", "sibling  record-one\n", "")
        self.wrong(10, "no sibling of its own", "record-one", "frame-size-2")

    def test_blocks(self):
        self.wrong(13, "not hex: 'zz'", "00 00 ", "zz 00 ")
        self.wrong(16, "not a canonical line", '"bad-size"}', '"bad-size"')
        self.wrong(17, "recover has one want", '"bad-size"}\n', '"bad-size"}\nor\n')
        values = self.TEXT.replace("decode raw", "encode raw").replace("recover", "encode")
        with self.assertRaisesRegex(vectors.VectorError, ":13: not a value line"):
            vectors.parse(values)

    def test_a_rejection_is_of_its_errors_category(self):
        with self.assertRaisesRegex(vectors.VectorError, "bad-magic is of category header"):
            vectors.parse(vector(klass="reject block", wants=(), error="bad-magic", at="0", sibling="other").text())

    def test_categories_are_those_of_the_specification(self):
        self.assertEqual(vectors.CATEGORY["bad-size"], "framing")
        self.assertEqual(len(vectors.CATEGORIES), 13)


class Folder(Case):
    def test_ids_and_siblings(self):
        self.put(*some_vectors())
        self.assertEqual(len(vectors.load_all(self.folder)), 5)
        (self.folder / "vectors" / "core" / "record-one.vec").unlink()
        with self.assertRaisesRegex(vectors.VectorError, "its sibling record-one is nowhere"):
            vectors.load_all(self.folder)
        self.put(vector("other"))
        path = self.folder / "vectors" / "core" / "other.vec"
        path.rename(path.with_name("another.vec"))
        with self.assertRaisesRegex(vectors.VectorError, "the file is other.vec"):
            vectors.load_all(self.folder)

    def test_a_wrong_vector_is_no_run(self):
        self.put(vector())
        path = self.folder / "vectors" / "core" / "record-one.vec"
        path.write_text(path.read_text().replace("must", "may"))
        status, out = self.run_suite("--impl", RIGHT)
        self.assertEqual(status, 2)
        self.assertIn("record-one.vec:3: level can't be 'may'", out)


class Level1(Case):
    def test_what_is_right_passes(self):
        self.put()
        status, out = self.run_suite("--impl", RIGHT)
        self.assertEqual((status, out.splitlines()[-1]), (0, "9 passed, 0 failed, 0 skipped"), out)

    def fails(self, fault, kind, others="passed"):
        """The special vector fails in this way, all others pass."""
        found = self.results("--impl", self.broken(fault))
        self.assertEqual(found["special"], ("failed", kind), fault)
        for name in ("record-one", "record-ten", "frame-size-2", "empty"):
            self.assertEqual(found[name], (others, ""), (fault, name))

    def test_each_fault_of_an_answer_fails_its_vector(self):
        self.put()
        for fault, kind in (("wrong-line", "lines"), ("too-few", "lines"), ("wrong-id", "garbage"),
                            ("garbage", "garbage"), ("no-count", "garbage"), ("error", "error"), ("limit", "limit"),
                            ("reject", "rejected"), ("bad-reject", "garbage")):
            self.fails(fault, kind)

    def test_a_crash_fails_the_vector_that_makes_it(self):
        self.put()
        self.fails("crash", "crash")
        self.fails("exit", "crash")
        _, out = self.run_suite("--impl", self.broken("exit"))
        self.assertIn("ended with status 7 (it said: it had a reason)", out)
        _, out = self.run_suite("--impl", self.broken("crash"))
        self.assertIn("died of SIGABRT", out)

    def test_silence_fails_the_vector_that_makes_it(self):
        self.put()
        self.fails("hang", "hang")
        self.fails("too-many", "hang")
        self.fails("flood", "garbage")

    def test_an_answer_too_many_is_told(self):
        self.put()
        _, out = self.run_suite("--impl", self.broken("twice"))
        self.assertIn("said what nobody asked for: 'v7 ok 1'", out)
        self.assertNotIn(", 0 failed", out)

    def test_a_crash_that_no_request_makes_is_told(self):
        self.put()
        found = self.results("--impl", self.broken("after-ten"), "--metamorphic", "all")
        self.assertEqual(found["incident"][0], "failed")

    def test_a_driver_that_dies_of_everything_is_given_up(self):
        self.put(*(vector(f"v{number}", lines=["07 00  01 01 01  05 63"]) for number in range(80)))
        found = self.results("--impl", self.broken("crash"))
        self.assertEqual({kind for status, kind in found.values() if status == "failed"}, {"crash", "unasked"})
        self.assertEqual(sum(status == "failed" for status, _ in found.values()), 80)

    def test_the_protocol_is_checked_too(self):
        self.put()
        for fault, name in (("takes-all", "unknown-operation"), ("farewell", "farewell"), ("strange-class", "hello")):
            self.assertEqual(self.results("--impl", self.broken(fault))[name], ("failed", "protocol"), fault)

    def test_without_a_handshake_everything_fails(self):
        self.put()
        for fault, why in (("no-hello", "says no first line"), ("bad-hello", "its first line is"),
                           ("no-ops", "its first line is"), ("silent", "its first line is")):
            status, out = self.run_suite("--impl", self.broken(fault))
            self.assertEqual((status, out.splitlines()[-1]), (1, "0 passed, 5 failed, 0 skipped"), fault)
            self.assertIn(why, out)
        self.assertIn("can't be started", self.run_suite("--impl", "/no/such/driver")[1])

    def test_skips_are_counted_and_named(self):
        self.put(vector(), vector("a-file", op="decode file", needs="file"), vector("old", spec="0.1-0.8"),
                 vector("gone", withdrawn="it was wrong"), vector("written", "preserve", wants=[[SYNC, "00 00"]],
                                                                  lines=["00 00"], op="recode raw"))
        status, out = self.run_suite("--impl", RIGHT)
        self.assertEqual((status, out.splitlines()[-1]), (0, "5 passed, 0 failed, 4 skipped"))
        for why in ("skipped 1: class file isn't claimed", "skipped 1: withdrawn",
                    "skipped 1: operation recode isn't offered", "skipped 1: not of version 0.9"):
            self.assertIn(why, out)
        self.assertIn("skipped 1: the driver skips: this one", self.run_suite("--impl", self.broken("skips"))[1])

    def test_filters(self):
        self.put()
        self.assertIn("5 passed", self.run_suite("--impl", RIGHT, "--id", "record-o*")[1])
        self.assertIn("5 passed", self.run_suite("--impl", RIGHT, "--class", "recover")[1])
        self.assertIn("5 passed", self.run_suite("--impl", RIGHT, "--level", "should")[1])
        self.assertEqual(self.run_suite("--impl", RIGHT, "--area", "none")[0], 2)
        self.assertEqual(self.run_suite()[0], 2)

    def test_fail_fast(self):
        self.put()
        found = self.results("--impl", self.broken("takes-all"), "--fail-fast")
        self.assertLess(len(found), 5)


class Verdicts(unittest.TestCase):
    def judge(self, answer, strict=False, **more):
        more = {"klass": "reject header", "wants": (), "error": "bad-magic", "at": "0", "sibling": "x", **more}
        return verdict.judge(vector(op="decode file", **more), answer, strict).kind

    def test_rejections(self):
        other = drivers.Answer("reject", category="block", at="7")
        self.assertEqual(self.judge(other), "")
        self.assertEqual(self.judge(other, True), "category")
        self.assertEqual(self.judge(drivers.Answer("reject", category="header", at="7"), True), "offset")
        right = {"category": "header", "at": "0"}
        self.assertEqual(self.judge(drivers.Answer("reject", code="bad-file-header", **right), True), "code")
        self.assertEqual(self.judge(drivers.Answer("reject", code="bad-magic", **right), True), "")
        self.assertEqual(self.judge(drivers.Answer("ok", [])), "accepted")

    def test_limits_and_alternatives(self):
        limited = {"klass": "limit depth", "wants": [[SEVEN]], "error": "", "at": ""}
        self.assertEqual(self.judge(drivers.Answer("limit", text="depth"), **limited), "")
        self.assertEqual(self.judge(drivers.Answer("limit", text="input"), **limited), "limit")
        self.assertEqual(self.judge(drivers.Answer("ok", [SEVEN]), **limited), "")
        either = {"klass": "either", "wants": [[SEVEN], [], ["reject header"]], "error": "", "at": ""}
        self.assertEqual(self.judge(drivers.Answer("ok", []), **either), "")
        self.assertEqual(self.judge(drivers.Answer("reject", category="header"), **either), "")
        self.assertEqual(self.judge(drivers.Answer("reject", category="block"), **either), "rejected")
        self.assertEqual(self.judge(drivers.Answer("ok", [BAD_SIZE]), **either), "lines")

    def test_bytes(self):
        recode = vector("r", "preserve", ["aa*2"], [[SYNC, "aa aa"]], op="recode raw")
        right = hexes.parse(recode.wants[0]).hex()
        self.assertEqual(verdict.judge(recode, drivers.Answer("ok", [right])).kind, "")
        self.assertEqual(verdict.judge(recode, drivers.Answer("ok", [right[2:]])).kind, "bytes")

    def test_level_0(self):
        for status, out, err, kind in ((0, SEVEN + "\n", "", "ok"), (1, "", "", "garbage"),
                                       (0, BAD_SIZE + "\n", "", "garbage"), (1, BAD_SIZE + "\n", "", "ok"),
                                       (0, "x", "", "garbage"), (3, "", "so:\nreject header at=0", "reject"),
                                       (3, "x\n", "", "garbage"), (2, "", "", "crash"), (-11, "", "", "crash"),
                                       (4, "", "", "reject"), (4, "", "reject header at=0", "garbage")):
            self.assertEqual(drivers.answer_once(status, out, err).kind, kind, (status, out, err))
        self.assertEqual(drivers.answer_once(3, "", "reject header at=12").at, "12")
        self.assertEqual(drivers.answer_once(1, "", "a section is refused", "file").kind, "ok")


class Reports(Case):
    def test_failures_name_clause_and_lines(self):
        self.put()
        _, out = self.run_suite("--impl", self.broken("wrong-line"))
        self.assertIn("FAILED core/special (must, clause 5.4.1): a test", out)
        self.assertRegex(out, r'want \{"stream":0,"tick":1001.*\n\s+got  \{"stream":0,"tick":2001')
        self.assertRegex(out, r"core +3/4 75\.0 % +1/1 100 %")

    def test_long_lines_are_shown_where_they_differ(self):
        want, got = report.window("a" * 500 + "b" * 500, "a" * 500 + "c" * 500)
        self.assertEqual((len(want), want[61], got[61]), (162, "b", "c"))

    def test_json_and_junit(self):
        self.put()
        path = self.folder / "junit.xml"
        self.run_suite("--impl", self.broken("wrong-line"), "--junit", path)
        top = xml.parse(path).getroot()
        core = [suite for suite in top if suite.get("name") == "mine.core"][0]
        self.assertEqual((core.get("tests"), core.get("failures")), ("5", "1"))
        self.assertIn("clause 5.4.1", core.find("testcase/failure").text)

    def test_matrix(self):
        self.put(vector(), vector("a-file", op="decode file", needs="file"))
        path = self.folder / "matrix.md"
        status, out = self.run_suite("--impl", RIGHT, "--impl", RIGHT, "--matrix", path, command=["matrix"])
        self.assertEqual(status, 0)
        rows = path.read_text(encoding="utf-8")
        self.assertIn("| `core` | core | 1/1 | 1/1 |", rows)
        self.assertIn("| `file` | core | – <sup>1</sup> | – <sup>1</sup> |", rows)
        self.assertIn("1. class file isn't claimed", rows)
        self.assertIn(rows.strip(), out)

    def expect(self, text):
        (self.folder / "mine.txt").write_text("# a list\n" + text, encoding="utf-8")
        return self.results("--impl", self.broken("wrong-line"), "--expected", self.folder)

    def test_expected_failures(self):
        self.put()
        self.assertEqual(self.expect("special lines a known bug\n")["special"], ("skipped", "expected"))
        self.assertEqual(self.expect("special crash a known bug\n")["special"], ("failed", "lines"))
        self.assertEqual(self.expect("record-one lines a known bug\n")["record-one"], ("failed", "unexpected"))
        self.assertEqual(self.expect("no-such lines a known bug\n")["no-such"], ("failed", "unknown"))
        for text in ("special lines\n", "special lines one\nspecial lines two\n", "spec* lines all of them\n"):
            (self.folder / "mine.txt").write_text(text, encoding="utf-8")
            self.assertEqual(self.run_suite("--impl", RIGHT, "--expected", self.folder)[0], 2)


class Metamorphic(Case):
    """Bare strands by a driver, files by answers that are made here."""

    def statuses(self, fault):
        self.put()
        with unittest.mock.patch.dict(os.environ, {"FAULT": fault}):
            found = self.results("--impl", RIGHT, "--metamorphic", "all")
        return {name: status for name, (status, _) in found.items() if "/" in name}

    def test_what_is_right_passes(self):
        found = self.statuses("")
        ring = {name for name in found if name.startswith("ring/")}
        self.assertEqual({status for name, status in found.items() if name not in ring}, {"passed"})
        self.assertEqual({found[name] for name in ring}, {"skipped"})
        self.assertEqual({name.partition("/")[0] for name in found}, {"split", "ring", "truncate", "flip", "insert",
                                                                      "delete", "zero"})

    def test_who_claims_no_damage_is_asked_none(self):
        passed = [vector()]
        self.assertEqual({case.relation.name for case in metamorphic.cases(passed, damage=False)}, {"split", "ring"})

    def test_each_fault_is_found(self):
        self.assertEqual(self.statuses("forget")["flip/record-ten"], "failed")
        self.assertEqual(self.statuses("forget")["truncate/record-ten"], "failed")
        self.assertEqual(self.statuses("cut")["truncate/record-one"], "failed")
        self.assertEqual(self.statuses("zeros")["truncate/record-one"], "failed")

    def test_a_second_is_a_bound(self):
        self.put()
        status, out = self.run_suite("--impl", RIGHT, "--metamorphic", "0.2", "--seed", "3")
        self.assertEqual(status, 0)
        self.assertRegex(out, r"metamorphic: \d+ checks in 0\.\d s, seed 3: ")

    def stream_file(self):
        file = strandfile.StreamFile()
        for number in range(1, 5):
            tick = 1000 * number
            frames = [strandfile.sync(tick, tick)] + [strandfile.record(n, n, -1, b"\5\7") for n in range(3)]
            file.block(*frames, tick=tick, sealed=number < 4)
        data = file.bytes()
        lines = read_file(data).lines
        self.assertEqual(len(lines), 12)
        found = vectors.Vector("a-file", "decode file", "accept", "", [hexes.write(data)], [lines])
        return metamorphic.base_of(found)

    def complaints(self, relation, reader):
        """What a relation says of a reader of files, over all points."""
        base, found = self.stream_file(), set()
        for point in relation.points(base):
            data = bytes.fromhex(relation.ask(base, point).split()[-1].replace("-", ""))
            found.add(relation.check(base, point, reader(data)))
        return found - {None}

    def test_files_read_rightly_pass(self):
        for relation in (metamorphic.Truncate, *metamorphic.REFERENCED):
            self.assertEqual(self.complaints(relation, read_file), set(), relation.name)

    def test_files_read_wrongly_fail(self):
        wrong = {
            "the next intact block isn't read whole": lambda data: read_file(data, stops=True),
            "a record is shown that isn't there": lambda data: read_file(data, checks=False),
            "a damaged file header isn't refused": lambda data: read_file(data, header=False),
            "what is before the damage isn't intact": lambda data: drivers.Answer("ok", read_file(data).lines[1:]),
            "refused, and the header is intact": lambda data: drivers.Answer("reject"),
        }
        for complaint, reader in wrong.items():
            self.assertIn(complaint, self.complaints(metamorphic.Flip, reader))
        self.assertTrue(self.complaints(metamorphic.Zero, wrong["the next intact block isn't read whole"]))
        self.assertTrue(self.complaints(metamorphic.Truncate, wrong["a damaged file header isn't refused"]))
        self.assertTrue(self.complaints(metamorphic.Insert, wrong["what is before the damage isn't intact"]))


def read_file(data, stops=False, checks=True, header=True):
    """As much of a reader of files as these tests need → Answer."""
    try:
        file = layout.File(data)
        if header and layout.seal_header(file.header) != file.header or len(file.header) < file.header_len:
            return drivers.Answer("reject")
    except (ValueError, IndexError, layout.struct.error):
        return drivers.Answer("reject") if header else drivers.Answer("ok")
    lines, seq = [], 0
    for block in file.blocks:
        whole = len(block.data) == file.block_size
        good = block.whole_header and block.data[4] == 8 and block.data[5] == 1 and seq < block.seq < 100
        good = good and block.flags in (0, 1, 3) and layout.struct.unpack_from("<I", block.data, 20)[0] <= 4032
        crc = layout.crc32c(block.data[:60]).to_bytes(4, "little")
        if good and checks and block.sealed and block.data[60:64] != crc:
            good = False
        if good and checks and block.sealed and whole and layout.seal_block(block) != block.data:
            good = False
        if good:
            seq = block.seq
            lines += [line for line in mine.decode(block.payload) if not vectors.is_diagnostic(line)]
        elif stops:
            break
    return drivers.Answer("ok", lines)


class Differences(Case):
    def test_none_between_equals(self):
        self.put()
        status, out = self.run_suite(RIGHT, RIGHT, "--seconds", "1", command=["diff"])
        self.assertEqual(status, 0)
        self.assertRegex(out, r"\d{3,} inputs, seed 1, 0 differences")

    def test_a_difference_becomes_a_small_vector(self):
        self.put()
        faulty = self.folder / "faulty.sh"
        faulty.write_text(f"#!/bin/sh\nFAULT=cut exec {RIGHT}\n")
        faulty.chmod(0o755)
        out = self.folder / "vectors" / "diff"
        status, _ = self.run_suite(RIGHT, faulty, "--seconds", "2", "--out", out, command=["diff"])
        self.assertEqual(status, 1)
        found = vectors.load_all(self.folder / "vectors")
        new = [each for each in found if each.id.startswith("diff-")]
        self.assertTrue(new)
        self.assertLessEqual(min(len(each.data()[0]) for each in new), 2)
        self.assertTrue(all(len([line for line in each.remarks if line.startswith("mine: ok")]) == 2 for each in new))
        self.assertIn("0 failed", self.run_suite("--impl", RIGHT)[1])

    def test_a_crash_is_a_difference(self):
        self.put()
        status, out = self.run_suite(RIGHT, self.broken("crash"), "--seconds", "1", "--out", self.folder / "d",
                                     command=["diff"])
        self.assertEqual(status, 1)
        self.assertIn("crash: died of SIGABRT", out)

    def test_limits_and_skips_are_none(self):
        ok = drivers.Answer("ok", [SEVEN])
        self.assertFalse(differ.differ(ok, drivers.Answer("skip")))
        self.assertFalse(differ.differ(drivers.Answer("limit"), ok))
        self.assertTrue(differ.differ(ok, drivers.Answer("ok")))
        self.assertTrue(differ.differ(drivers.Answer("crash"), drivers.Answer("crash")))

    def test_mutations_are_seeded_and_many(self):
        def some(seed):
            mutator = mutate.Mutator(some_vectors(), seed)
            return [mutator.next()[2] for _ in range(500)]
        self.assertEqual(some(1), some(1))
        self.assertNotEqual(some(1), some(2))
        self.assertGreater(len(set(some(1))), 300)

    def test_mutated_blocks_keep_their_checksums(self):
        file = strandfile.StreamFile().block(strandfile.sync(1, 1), strandfile.record(1, 1, -1)).bytes()
        source = vectors.Vector("f", "decode file", "accept", "", [hexes.write(file)], [[]])
        mutator, good = mutate.Mutator([source], 1), 0
        for _ in range(300):
            try:
                changed = layout.File(mutator.next()[2])
            except ValueError:
                continue
            blocks = [block for block in changed.blocks if block.sealed and block.data != file[len(changed.header):]]
            good += any(layout.seal_block(block) == block.data for block in blocks)
        self.assertGreater(good, 50)

    def test_minimising_drops_frames_then_bytes(self):
        data = hexes.parse([SYNC] + ["07 00  01 01 01  05 07"] * 20 + ["02 00  aa bb"])
        self.assertEqual(minimise.minimise(lambda found: b"\xaa" in found, "raw", data), b"\xaa")
        file = strandfile.StreamFile().block(strandfile.sync(1, 1)).block(strandfile.record(9, 9, -1)).bytes()
        small = minimise.minimise(lambda found: found[:150] == file[:150] and b"\x09\x09\x01" in found, "file", file)
        self.assertEqual(len(layout.File(small).blocks), 1)


class Readme(Case):
    """What README.md shows is run."""

    TEXT = (HERE / "README.md").read_text(encoding="utf-8")

    def extract(self, name):
        found = re.search(rf"^```\w+ {re.escape(name)}\n(.*?)^```$", self.TEXT, re.DOTALL | re.MULTILINE)
        path = self.folder / name
        path.write_text(found[1], encoding="utf-8")
        return path

    def passes(self, kind, command, passed):
        status, out = self.run_suite(kind, command)
        self.assertEqual((status, out.splitlines()[-1]), (0, f"{passed} passed, 0 failed, 0 skipped"), out)

    def test_level_0_in_python(self):
        self.put()
        shutil.copy(DATA / "mine.py", self.folder)
        self.passes("--level0", f"{sys.executable} {self.extract('level0.py')}", 5)

    def test_level_1_in_python(self):
        self.put()
        shutil.copy(DATA / "mine.py", self.folder)
        self.passes("--impl", f"{sys.executable} {self.extract('driver.py')}", 9)

    @unittest.skipUnless(shutil.which("cc"), "no C compiler")
    def test_level_1_in_c(self):
        self.put()
        program = self.folder / "driver"
        subprocess.run(["cc", "-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-O1", self.extract("driver.c"),
                        DATA / "mine.c", "-o", program], check=True)
        self.passes("--impl", str(program), 9)

    def test_the_drivers_are_short(self):
        for name, lines in (("level0.py", 7), ("driver.py", 18), ("driver.c", 48)):
            self.assertLessEqual(len(self.extract(name).read_text().splitlines()), lines)

    def test_the_vector_is_one(self):
        found = re.search(r"^```vec\n(.*?)^```$", self.TEXT, re.DOTALL | re.MULTILINE)[1]
        self.assertEqual(vectors.parse(found).text(), found)

    def test_the_session_is_one(self):
        shown = re.findall(r"^    ([<>])  (.*)$", self.TEXT, re.MULTILINE)
        self.put(vector())
        request = next(line for side, line in shown if side == ">" and "decode raw" in line)
        self.assertEqual(request, "v1 " + drivers.request(vector()))
        self.assertIn(("<", SEVEN), shown)

    def test_options_and_keys_are_those_there_are(self):
        for command in ("", "diff"):
            for action in run.arguments(command)._actions:
                for option in action.option_strings:
                    if option not in ("-h", "--help", "--out"):
                        self.assertIn(option, self.TEXT)
        for word in (*vectors.KEYS, *vectors.NEEDS, *vectors.CLASSES, *vectors.STATEMENTS):
            self.assertIn(word, self.TEXT)


if __name__ == "__main__":
    tap.main()
