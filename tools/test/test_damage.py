#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Damaged, cut and overwritten files: what is read, what is told, and that nothing hangs."""
import random

import tap
from strandfile import (BLOCK_HEADER, DEFINITIONS, EVENT, KEY, MERGED, StreamFile, definition, integer, key_id,
                        record, string, sync, uvarint)
from tap import STRANDLINE, Case, merge, run


def numbered(blocks, each=10, block_count=0):
    """A file whose records hold 0, 1, 2, …"""
    file = StreamFile("n", block_count=block_count)
    for block in range(blocks):
        frames = [record(number, number, -1, integer(block * each + number)) for number in range(each)]
        file.block(sync(1000 * (block + 1), 1), *frames)
    return file


def values(objects):
    return [item["fields"][0]["value"] for item in objects if "fields" in item]


def diags(objects):
    return [(item["diag"], item["code"], item.get("records"), item.get("exact")) for item in objects if "diag" in item]


class Damage(Case):
    def test_a_bad_block_costs_itself(self):
        file = numbered(5)
        data = bytearray(file.bytes())
        data[file.block_offset(2) + BLOCK_HEADER + 30] ^= 1
        objects = self.objects(self.file("a", bytes(data)), status=1)
        self.assertEqual(values(objects), [*range(20), *range(30, 50)])
        self.assertEqual(diags(objects), [("corrupt", "block-payload-crc", None, None), ("lost", "damaged", 10, True)])
        self.assertEqual(objects[20]["offset"], file.block_offset(2))
        said = merge(self.folder / "a").err
        self.assertIn(f"offset {file.block_offset(2)}: corrupt (block-payload-crc, FORMAT 9.3)", said)
        self.assertIn("10 records", said)

    def test_loss_is_counted(self):
        file = numbered(5)
        data = bytearray(file.bytes())
        data[file.block_offset(2) + BLOCK_HEADER + 30] ^= 1
        ran = run(STRANDLINE, "stats", self.file("a", bytes(data)))
        self.assertEqual(ran.status, 1)
        self.assertRegex(ran.lines[-1], r"^40 records, 1 strands, span \d+\.\d{3} s, 10 lost$")

    def test_stats_sees_bad_fields(self):
        path = self.file("a", StreamFile().block(sync(1, 1), record(0, 0, -1, b"\x00")))
        ran = run(STRANDLINE, "stats", path)
        self.assertEqual((ran.status, "1 diagnostics" in ran.lines[0]), (1, True))

    def test_a_ring_tells_what_it_overwrote(self):
        objects = self.objects(self.file("a", numbered(7, block_count=3)), status=1)
        self.assertEqual(values(objects), list(range(40, 70)))
        self.assertEqual(diags(objects), [("lost", "overwritten", 40, True)])

    def test_a_merged_file_of_definitions(self):
        file = StreamFile(kind=DEFINITIONS, compat=MERGED)
        file.block(sync(1, 1), definition(KEY, 2, string("fd")), record(1, 1, -1, key_id(2), integer(3)))
        ran = merge("--format=text", self.file("a", file.bytes()))
        self.assertEqual((ran.status, ran.lines), (0, ["0.000000002 0 fd=3"]))

    def test_a_definition_that_is_none_leaves_the_one_before(self):
        path = self.file("a", StreamFile("a").block(
            sync(1, 1), definition(EVENT, 100, string("flush"), b"\x01", string("pages"), string("")),
            definition(EVENT, 100, string("no number"), string("here")),
            record(1, 1, -1, b"\x46\x03" + uvarint(100) + b"\x00\x07")))
        self.assertEqual(merge(path).lines, ["0.000000002 a flush pages=7"])

    def test_cut_anywhere(self):
        file = numbered(3)
        data = file.bytes()
        whole = values(self.objects(self.file("a", data)))
        ends = random.Random(1).sample(range(file.block_offset(0) + 1, len(data)), 40)
        for end in (*ends, file.block_offset(1), file.block_offset(2) + BLOCK_HEADER):
            ran = merge("--format=canonical", self.file("a", data[:end]))
            self.assertIn(ran.status, (0, 1), ran.err)
            got = values(ran.objects)
            self.assertEqual(got, whole[:len(got)])
            self.assertGreaterEqual(len(got), 10 * ((end - file.block_offset(0)) // file.block_size))
            if ran.status == 0:
                self.assertEqual((end - file.block_offset(0)) % file.block_size, 0)

    def test_any_byte_may_be_anything(self):
        source = random.Random(2)
        good = numbered(4).bytes()
        for _ in range(150):
            data = bytearray(good)
            for _ in range(source.randrange(1, 8)):
                data[source.randrange(len(data))] = source.randrange(256)
            path = self.file("a", bytes(data))
            for arguments in (["--format=canonical"], ["--format=text"], ["--format=binary"], ["--raw", "--strict"]):
                ran = merge(*arguments, path)
                self.assertIn(ran.status, (0, 1, 3), (arguments, ran.err))
                self.assertEqual(bool(ran.err) and "note:" not in ran.err, ran.status != 0)

    def test_other_inputs_go_on(self):
        good = self.file("good", numbered(1))
        bad = self.file("bad", b"\x89STR\r\n\x1a\n" + bytes(500))
        ran = merge("--format=canonical", bad, good)
        self.assertEqual(ran.status, 1)
        self.assertEqual([item["stream"] for item in ran.objects], [0] * 10)

    def test_open_and_zero_filled_are_clean(self):
        file = StreamFile().block(sync(1, 1), record(0, 0, -1, string("x")), sealed=False)
        for data in (file.bytes(), file.bytes() + bytes(8192)):
            self.assertEqual(len(self.objects(self.file("a", data))), 1)


if __name__ == "__main__":
    tap.main()
