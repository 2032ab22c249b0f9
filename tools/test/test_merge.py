#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The order of records from several streams."""
import random
import struct
import subprocess

import tap
from strandfile import CLOCK, StreamFile, frame, integer, record, string, sync
from tap import LOGCAT_MERGE, Case, merge


def bare(*ticks):
    """A bare strand with a record at each tick, whose field is its place."""
    return b"".join(sync(tick, tick) + record(0, 0, -1, integer(place)) for place, tick in enumerate(ticks))


def merged(strands):
    """What the order must be, worked out the slow way: smallest head first, ties to the lower stream."""
    heads = [list(enumerate(ticks)) for ticks in strands]
    out = []
    while any(heads):
        stream = min((number for number, head in enumerate(heads) if head), key=lambda number: heads[number][0][1])
        place, tick = heads[stream].pop(0)
        out.append((stream, tick, place))
    return out


class Order(Case):
    def check_raw(self, strands):
        paths = [self.file(f"{number:05}.bin", bare(*ticks)) for number, ticks in enumerate(strands)]
        objects = self.objects("--raw", *paths)
        got = [(item["stream"], item["tick"], item["fields"][0]["value"]) for item in objects]
        self.assertEqual(got, merged(strands))

    def test_ties_go_to_the_lower_stream(self):
        self.check_raw([[5, 5, 7], [5, 6, 7], [4, 5, 7]])

    def test_order_within_a_strand_stands(self):
        self.check_raw([[5, 3, 9, 1], [4, 6, 2, 8]])

    def test_empty_strands(self):
        self.check_raw([[], [3], [], [1, 2], []])

    def test_large_ticks(self):
        self.check_raw([[2**64 - 1, 3], [2**63, 2**64 - 1], [1, 2**63 + 1]])

    def test_many_kinds_of_counts(self):
        source = random.Random(7)
        for count in (1, 2, 3, 5, 8, 13, 64, 100):
            self.check_raw([sorted(source.randrange(1, 500) for _ in range(source.randrange(12)))
                            for _ in range(count)])

    def test_thousand_streams(self):
        source = random.Random(8)
        self.check_raw([sorted(source.randrange(1, 10**9) for _ in range(5)) for _ in range(1024)])

    def test_few_descriptors(self):
        paths = [self.file(f"{number:02}.bin", bare(number + 1)) for number in range(40)]
        done = subprocess.run(["sh", "-c", 'ulimit -n 24; exec "$0" --raw --format=canonical "$@"', LOGCAT_MERGE,
                               *map(str, paths)], capture_output=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertEqual(done.stdout, self.canonical("--raw", *paths))

    def test_thousand_files(self):
        strands = [[1 + number % 7, 10 + number % 3] for number in range(1100)]
        for number, ticks in enumerate(strands):
            frames = [sync(tick, tick) + record(0, 0, -1, integer(place)) for place, tick in enumerate(ticks)]
            self.file(f"{number:05}.strand", StreamFile().block(*frames, records=len(frames)))
        got = [(item["stream"], item["tick"], item["fields"][0]["value"]) for item in self.objects(self.folder)]
        self.assertEqual(got, merged(strands))


def at(tick, word, **header):
    return StreamFile(**header).block(sync(tick, tick), record(0, 0, -1, string(word)))


class Clocks(Case):
    def words(self, *files, status=0):
        ran = merge("--format=canonical", *(self.file(str(number), file) for number, file in enumerate(files)))
        self.assertEqual(ran.status, status, ran.err)
        return [item["fields"][0]["value"] for item in ran.objects], ran.err

    def test_one_clock_goes_by_tick(self):
        words, said = self.words(at(20, "late", clocks=[(0, 0, 100, 0)]), at(10, "early", clocks=[(0, 0, 900, 0)]))
        self.assertEqual((words, said), (["early", "late"], ""))

    def test_other_boots_go_by_realtime(self):
        words, said = self.words(at(20, "early", clocks=[(0, 0, 100, 30)], host="x"),
                                 at(10, "late", boot=b"C" * 16, clocks=[(0, 0, 900, 70)], host="y"))
        self.assertEqual(words, ["early", "late"])
        self.assertIn("70 ns", said)
        self.assertIn("between hosts", said)

    def test_other_frequencies_go_by_realtime(self):
        words, said = self.words(at(1000, "late", clocks=[(0, 0, 5, 0)]),
                                 at(300, "early", tick_num=2, clocks=[(0, 0, 5, 0)]))
        self.assertEqual(words, ["early", "late"])
        self.assertNotIn("between hosts", said)

    def test_tuples_in_the_middle(self):
        # The tick at 150 stands behind the second tuple, which says that realtime was set back.
        words, _ = self.words(at(150, "early", clocks=[(0, 0, 1000, 0), (100, 100, 10, 0)]),
                              at(500, "late", boot=b"C" * 16))
        self.assertEqual(words, ["early", "late"])

    def test_clock_frames_add_tuples(self):
        file = StreamFile("a", clocks=[(0, 0, 1000, 0)])
        file.block(sync(10, 10), record(0, 0, -1, string("second")),
                   frame(CLOCK, struct.pack("<4Q", 20, 20, 9000, 0)), record(20, 20, -1, string("fourth")))
        other = StreamFile("b", boot=b"C" * 16, clocks=[(0, 0, 0, 0)])
        other.block(sync(500, 500), record(0, 0, -1, string("first")), record(5000, 5000, -1, string("third")))
        self.assertEqual(self.words(file, other)[0], ["first", "second", "third", "fourth"])

    def test_uncertainty_is_no_damage(self):
        _, said = self.words(at(1, "a", clocks=()), at(2, "b", boot=b"C" * 16))
        self.assertIn("1 of the streams", said)


class Sections(Case):
    def test_concatenated_files_are_sections(self):
        a = at(30, "a").block(sync(40, 40), record(0, 0, -1, string("a2"))).bytes()
        b, c = at(10, "b").bytes(), at(35, "c").bytes()
        separate = self.canonical(self.file("a", a), self.file("b", b), self.file("c", c))
        self.assertEqual(self.canonical(self.file("abc", a + b + c)), separate)
        self.assertEqual(self.canonical(self.file("ab", a + b), self.folder / "c"), separate)

    def test_a_refused_section_costs_itself(self):
        ring = at(30, "a", block_count=2).bytes()
        good = at(10, "b").bytes()
        bad = bytearray(good)
        bad[50] ^= 1
        # Right behind a ring, too, and whatever stands where it would have its blocks.
        for parts in ((ring, bad[:200], good), (ring, bad, good), (ring, good[:8], good), (bad[:300], ring, good),
                      (ring, bytes(bad[:4000]) + good)):
            ran = merge("--format=canonical", self.file("all", b"".join(map(bytes, parts))))
            self.assertEqual(ran.status, 1)
            self.assertEqual(sorted(item["fields"][0]["value"] for item in ran.objects), ["a", "b"])
            self.assertIn("not read", ran.err)

    def test_a_cut_section_costs_itself(self):
        a = at(30, "a").block(sync(40, 40), record(0, 0, -1, string("a2"))).bytes()
        objects = self.objects(self.file("ab", a[:-1000] + at(10, "b").bytes()), status=1)
        words = [item["fields"][0]["value"] for item in objects if "fields" in item]
        self.assertEqual(words, ["b", "a", "a2"])
        self.assertEqual({item["stream"] for item in objects if item.get("diag")}, {0})


class Diagnostics(Case):
    def test_each_stands_behind_its_streams_record(self):
        # Stream 0: two records, then a bad size; stream 1: a zero sync in front of its first record, one behind it.
        a = bare(10, 30) + b"\x03\x00rest"
        zeros = sync(0, 0)
        b = zeros + bare(20) + zeros + bare(25)
        objects = self.objects("--raw", self.file("a", a), self.file("b", b), status=1)
        got = [(item["stream"], item.get("code") or item["tick"]) for item in objects]
        self.assertEqual(got, [(1, "zero-sync"), (0, 10), (1, 20), (1, "zero-sync"), (1, 25), (0, 30), (0, "bad-size")])

    def test_a_bad_field_is_told_behind_its_record(self):
        bad = sync(10, 10) + record(0, 0, -1, b"\x00rest") + record(1, 1, -1)
        objects = self.objects("--raw", self.file("a", bad), self.file("b", bare(10)), status=1)
        self.assertEqual([(item["stream"], item.get("code")) for item in objects],
                         [(0, None), (0, "bad-field-type"), (1, None), (0, None)])
        self.assertEqual(objects[1]["offset"], 18 + 5)

    def test_standard_error_names_the_place_and_is_limited(self):
        frames = b"".join(record(1, 1, -1, b"\x00") for _ in range(25))
        path = self.file("a", sync(10, 10) + frames)
        ran = merge("--raw", path)
        self.assertEqual(ran.status, 1)
        said = ran.err.splitlines()
        self.assertEqual(len(said), 11)
        self.assertTrue(said[0].startswith(f"logcat-merge: {path}: offset 23: corrupt (bad-field-type, FORMAT 7.1): "))
        self.assertIn("15 more", said[-1])
        self.assertEqual(merge("--raw", "--format=canonical", path).out.count(b'"diag"'), 25)


if __name__ == "__main__":
    tap.main()
