#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Strands that come in fragments: blocks of many strands in one file, in any order, again and again."""
import copy
import random
import struct

import tap
from strandfile import (BLOCK_MAGIC, DEFINITIONS, FRAGMENT, KEY, LOSS, MERGED, TRACE, StreamFile, definition, event,
                        frame, key_id, record, string, sync, uinteger, uvarint)
from tap import STRANDLINE, Case, merge, run


class Strand:
    """A growing strand whose blocks can be had one by one, as they are and as they were."""

    def __init__(self, ordinal=1, name="a", **how):
        self.file = StreamFile(name, ordinal=ordinal, compat=FRAGMENT, **how)
        self.states = []  # of the file in front of each block

    def add(self, *frames, **how):
        self.states.append(copy.deepcopy(self.file))
        self.file.block(*frames, **how)
        return self

    def numbers(self, first, *values):
        """A block of records with these numbers, one tick apart."""
        return self.add(sync(first, first), *[record(i, i, -1, uinteger(value)) for i, value in enumerate(values)])

    def fragment(self, *seqs):
        return self.file.header + b"".join(self.file.blocks[seq - 1][1] for seq in seqs)

    def part(self, seq, *frames):
        """A fragment of block seq when it had these frames only."""
        state = copy.deepcopy(self.states[seq - 1])
        state.block(*frames, sealed=False)
        return state.header + state.blocks[-1][1]


def numbers(objects):
    return [item["fields"][-1]["value"] if "fields" in item else item["code"] for item in objects]


class Fragments(Case):
    def setUp(self):
        super().setUp()
        self.a = Strand().numbers(10, 1, 2).numbers(20, 3).numbers(30, 4, 5)
        self.b = Strand(2, "b").numbers(11, 101).numbers(21, 102, 103)

    def read(self, *parts, status=0):
        return self.objects(self.file("f.strand", b"".join(parts)), status=status)

    def test_one_strand_in_pieces(self):
        objects = self.read(self.a.fragment(1), self.a.fragment(2), self.a.fragment(3))
        self.assertEqual(numbers(objects), [1, 2, 3, 4, 5])
        self.assertEqual({item["stream"] for item in objects}, {0})

    def test_several_strands_take_turns(self):
        objects = self.read(self.b.fragment(1), self.a.fragment(1, 2), self.b.fragment(2), self.a.fragment(3))
        self.assertEqual(numbers(objects), [1, 101, 2, 3, 102, 103, 4, 5])
        self.assertEqual([item["stream"] for item in objects], [1, 0, 1, 1, 0, 0, 1, 1])
        stats = run(STRANDLINE, "stats", self.folder / "f.strand").lines
        self.assertEqual(stats[:2], ["stream 0: 3 records, 0 lost, 0 diagnostics, open b",
                                     "stream 1: 5 records, 0 lost, 0 diagnostics, open a"])

    def test_order_is_that_of_the_seqs(self):
        self.assertEqual(numbers(self.read(self.a.fragment(3), self.a.fragment(1), self.a.fragment(2))), [1, 2, 3, 4, 5])
        self.assertEqual(numbers(self.read(self.a.fragment(3, 1, 2))), [1, 2, 3, 4, 5])

    def test_the_longer_block_counts(self):
        early = self.a.part(3, sync(30, 30), record(0, 0, -1, uinteger(4)))
        none = self.a.part(3, sync(30, 30))
        for order in ((none, early, self.a.fragment(3)), (self.a.fragment(3), early, none), (early, self.a.fragment(3), none)):
            self.assertEqual(numbers(self.read(self.a.fragment(1, 2), *order)), [1, 2, 3, 4, 5])
        self.assertEqual(numbers(self.read(self.a.fragment(1, 2), early, none)), [1, 2, 3, 4])

    def test_of_equal_blocks_the_later_counts(self):
        live = self.a.part(1, sync(10, 10), record(0, 0, -1, uinteger(7)), record(1, 1, -1, uinteger(8)))
        self.assertEqual(numbers(self.read(self.a.fragment(1), live)), [7, 8])
        self.assertEqual(numbers(self.read(live, self.a.fragment(1))), [1, 2])

    def test_the_last_header_counts(self):
        late = Strand(clocks=((0, 0, 0, 0), (5, 5, 1_000_000_005, 1)), name="late")
        late.numbers(10, 1, 2).numbers(20, 3)
        path = self.file("f", self.a.fragment(1) + late.fragment(2))
        self.assertEqual(merge(path).lines[0], "0.000000010 late 1")
        self.assertEqual(numbers(self.objects(path)), [1, 2, 3])
        # By it the strand's time is known: the other host's record stands between.
        other = StreamFile("o", boot=b"C" * 16, clocks=((1, 1, 1_000_000_015, 1),)).block(
            sync(1, 1), record(0, 0, -1, uinteger(9)))
        self.assertEqual(numbers(self.objects(path, self.file("o", other))), [1, 2, 9, 3])

    def test_sessions_kinds_and_files_are_kept_apart(self):
        other = Strand(session=b"T" * 16).numbers(12, 201)
        trace = Strand(kind=TRACE).add(event(1, 7, 0, 13), event(20, 0, 0, 9), records=1)
        objects = self.read(self.a.fragment(1), other.fragment(1), trace.fragment(1), self.a.fragment(2))
        self.assertEqual([item["stream"] for item in objects], [0, 0, 1, 2, 0])
        paths = self.file("1", self.a.fragment(1)), self.file("2", self.a.fragment(2))
        objects = self.objects(*paths, status=1)
        self.assertEqual([(item["stream"], item.get("code")) for item in objects],
                         [(1, "overwritten"), (0, None), (0, None), (1, None)])

    def test_what_is_no_fragment_stays_what_it_is(self):
        plain = StreamFile("a", ordinal=1).block(sync(5, 5), record(0, 0, -1, uinteger(0)))
        ring = StreamFile("r", ordinal=1, compat=FRAGMENT, block_count=2).block(sync(6, 6), record(0, 0, -1, uinteger(50)))
        wide = Strand(block_size=8192).numbers(7, 60)
        objects = self.read(plain.bytes(), self.a.fragment(1), ring.bytes(), self.a.fragment(2), wide.fragment(1))
        self.assertEqual([(item["stream"], numbers([item])[0]) for item in objects],
                         [(0, 0), (2, 50), (3, 60), (1, 1), (1, 2), (1, 3)])

    def test_traces(self):
        strand = Strand(kind=TRACE)
        strand.add(event(1, 7, 0, 1000), event(3, 4, 1, 0x99), event(20, 0, 5, 4), records=1)
        strand.add(event(1, 7, 0, 2000), event(20, 0, 5, 4), frame(7), records=1)
        path = self.file("t", strand.fragment(2) + strand.fragment(1))
        self.assertEqual([item["tick"] for item in self.objects(path)], [1005, 2005])
        self.assertEqual(merge(path).lines, ["0.000001005 a P7 GoBlock stack=#4", "\t0x98", "0.000002005 a P7 GoBlock stack=#4"])
        self.assertIn("closed", run(STRANDLINE, "stats", path).lines[0])

    def test_definitions_come_again_and_again(self):
        defs = Strand(0, "defs", kind=DEFINITIONS)
        frames = [sync(1, 1)] + [definition(KEY, 2 * i, string("key%d" % i)) for i in range(1, 6)]
        defs.add(*frames)
        uses = Strand().add(sync(10, 10), *[record(i, i, -1, key_id(2 * i), uinteger(i)) for i in range(1, 6)])
        parts = []
        for count in range(2, 7):
            parts += [defs.part(1, *frames[:count]), uses.part(1, sync(10, 10))]
        parts[3:3] = [uses.fragment(1)]
        objects = self.read(*parts)
        self.assertEqual([item["fields"][0].get("name") for item in objects], ["key%d" % i for i in range(1, 6)])
        self.assertEqual({item["stream"] for item in objects}, {1})

    def test_merged_means_nothing_in_other_kinds(self):
        defs = Strand(kind=DEFINITIONS)
        defs.file = StreamFile("defs", kind=DEFINITIONS, compat=FRAGMENT | MERGED)
        defs.numbers(10, 1).numbers(20, 2)
        self.assertEqual(numbers(self.read(defs.fragment(2), defs.fragment(1))), [1, 2])

    def test_binary(self):
        path = self.file("f.strand", self.b.fragment(1) + self.a.fragment(2) + self.b.fragment(2))
        merged = self.folder / "merged.strand"
        self.assertEqual(merge("--format=binary", "-o", merged, path).status, 1)
        self.assertEqual(self.canonical(merged, status=1), self.canonical(path, status=1))

    def test_standard_input(self):
        data = self.b.fragment(1) + self.a.fragment(1) + self.b.fragment(2)
        ran = merge("--format=canonical", "-", stdin=data)
        self.assertEqual(numbers(ran.objects), [1, 101, 2, 102, 103])


class Losses(Case):
    def setUp(self):
        super().setUp()
        self.a = Strand().numbers(10, 1, 2).numbers(20, 3).numbers(30, 4, 5)
        self.b = Strand(2, "b").numbers(15, 101)
        self.length = len(self.a.fragment(1))

    def read(self, data, status=1):
        return self.objects(self.file("f.strand", data), status=status)

    def test_what_is_before_the_first_was_overwritten(self):
        objects = self.read(self.b.fragment(1) + self.a.fragment(3))
        self.assertEqual(objects[0], {"diag": "lost", "stream": 1, "offset": self.length + len(self.a.file.header),
                                      "code": "overwritten", "records": 3, "bytes": 36 + 14 + 7, "exact": True})
        self.assertEqual(numbers(objects[1:]), [101, 4, 5])

    def test_gaps_are_missing_blocks(self):
        objects = self.read(self.a.fragment(1) + self.b.fragment(1) + self.a.fragment(3))
        self.assertEqual(numbers(objects), [1, 2, "missing-blocks", 101, 4, 5])
        self.assertEqual((objects[2]["stream"], objects[2]["records"], objects[2]["bytes"]), (0, 1, 25))
        self.assertEqual(objects[2]["offset"], 2 * self.length + len(self.a.file.header))

    def test_refused_live_is_not_looked_at(self):
        data = bytearray(self.a.fragment(1))
        struct.pack_into("<Q", data, 120, 99)
        self.assertEqual(numbers(self.read(bytes(data), status=0)), [1, 2])

    def test_offsets_are_those_of_the_file(self):
        bad = Strand().numbers(10, 1).add(sync(20, 20), b"\x07\x00\x01\x01\x01\x0d\x07", record(2, 2, -1, uinteger(2)),
                                          frame(LOSS, b"".join(map(uvarint, (2, 16, 0, 77, 0, 0)))), records=2)
        objects = self.read(bad.fragment(2) + self.b.fragment(1) + bad.fragment(1))
        self.assertEqual([(item["code"], item["offset"]) for item in objects if "diag" in item],
                         [("bad-field-type", len(bad.file.header) + 64 + 18 + 5), ("frame-past-end", 77)])

    def test_a_damaged_header_costs_its_fragment(self):
        middle = bytearray(self.a.fragment(2))
        middle[50] ^= 1
        objects = self.read(self.b.fragment(1) + self.a.fragment(1) + bytes(middle) + self.a.fragment(3))
        self.assertEqual(numbers(objects), [1, 2, "missing-blocks", 101, 4, 5, "bad-block-header", "damaged"])
        told = {item["code"]: item for item in objects if "diag" in item}
        self.assertEqual((told["bad-block-header"]["offset"], told["bad-block-header"]["stream"]), (2 * self.length, 1))
        self.assertEqual((told["damaged"]["records"], told["damaged"]["exact"]), (0, False))
        self.assertIn("corrupt", run(STRANDLINE, "stats", self.folder / "f.strand").lines[1])

    def test_a_damaged_first_header_costs_its_fragment(self):
        for at in (8, 17, 50, 110, 135):
            first = bytearray(self.a.fragment(1))
            first[at] ^= 1
            data = bytes(first) + self.b.fragment(1) + bytes(first) + self.a.fragment(2, 3)
            ran = merge("--format=canonical", self.file("f", data))
            self.assertEqual((ran.status, numbers(ran.objects)),
                             (1, ["overwritten", 101, "bad-block-header", "damaged", 3, 4, 5]), ran.err)
            self.assertIn("offset 0: not read", ran.err)
        # Alone, or cut, it is no strand file; and what doesn't begin like one isn't searched for one.
        for data in (bytes(first), bytes(first)[:100], b"x" + self.a.fragment(1)):
            self.assertEqual(merge(self.file("f", data)).status, 3)
        self.assertEqual(merge(self.file("f", bytes(first)[:70] + bytes(100) + self.a.fragment(1))).status, 1)

    def test_no_strand_gets_the_blocks_of_another(self):
        # The header of a's block 3 is damaged: what stands behind b's block 1 isn't b's, though it looks like it.
        last = bytearray(self.a.fragment(3))
        last[50] ^= 1
        objects = self.read(self.a.fragment(1, 2) + self.b.fragment(1) + bytes(last))
        self.assertEqual(numbers(objects), [1, 2, 101, "bad-block-header", "damaged", 3])

    def test_between_its_places_nothing_is_looked_for(self):
        # A hundred bytes are missing behind a damaged block: the next one isn't where it should be.
        whole = self.a.fragment(1, 2)
        second = len(self.a.file.header) + 4096
        damaged = bytearray(whole[:second - 100])
        damaged[len(self.a.file.header) + 64 + 20] ^= 1
        objects = self.read(bytes(damaged) + whole[second:] + self.b.fragment(1))
        self.assertEqual(numbers(objects), ["block-payload-crc", "damaged", 101])

    def test_damaged_blocks_cost_themselves(self):
        for where, code in ((64 + 20, "block-payload-crc"), (24, "block-header-crc"), (8, "block-header-crc")):
            middle = bytearray(self.a.fragment(2, 3))
            middle[len(self.a.file.header) + where] ^= 1
            objects = self.read(self.a.fragment(1) + bytes(middle) + self.b.fragment(1))
            codes = [item["code"] for item in objects if "diag" in item]
            wanted = [code, "damaged"] if code == "block-payload-crc" else ["missing-blocks", code, "damaged"]
            self.assertEqual(codes, wanted)
            self.assertEqual([n for n in numbers(objects) if isinstance(n, int)], [1, 2, 101, 4, 5])

    def test_an_intact_copy_counts_before_a_damaged_one(self):
        middle = bytearray(self.a.fragment(2))
        middle[len(self.a.file.header) + 64 + 20] ^= 1
        middle = bytes(middle)
        for parts in ((middle, self.a.fragment(2)), (self.a.fragment(2), middle), (middle, self.a.fragment(2), middle)):
            self.assertEqual(numbers(self.read(self.a.fragment(1) + b"".join(parts), status=0)), [1, 2, 3])
        early = self.a.part(2, sync(20, 20))
        objects = self.read(self.a.fragment(1) + early + middle + self.a.fragment(3))
        self.assertEqual(numbers(objects), [1, 2, "damaged", 4, 5])

    def test_of_damaged_copies_the_last_is_told(self):
        middle = bytearray(self.a.fragment(2))
        middle[len(self.a.file.header) + 64 + 20] ^= 1
        objects = self.read(self.a.fragment(1) + bytes(middle) * 3 + self.a.fragment(3))
        self.assertEqual(numbers(objects), [1, 2, "block-payload-crc", "damaged", 4, 5])
        self.assertEqual(objects[2]["offset"], 3 * self.length + len(self.a.file.header))
        self.assertEqual((objects[3]["records"], objects[3]["exact"]), (1, True))

    def test_a_block_that_was_being_opened(self):
        opened = BLOCK_MAGIC + bytes([8, 1, 0, 0]) + bytes(8) + b"\x5a" * (4096 - 16)
        data = self.a.file.header + opened + self.a.fragment(1)[len(self.a.file.header):] + self.a.fragment(2)
        self.assertEqual(numbers(self.read(data, status=0)), [1, 2, 3])

    def test_cut_everywhere(self):
        # A fragment that is cut in front of another: what is there of it is read, and nothing else suffers.
        whole = self.a.fragment(2)
        for length in list(range(0, 300)) + [len(whole) - 1]:
            data = self.a.fragment(1) + whole[:length] + self.b.fragment(1) + self.a.fragment(3)
            objects = self.read(data, status=0 if length >= len(self.a.file.header) + 64 + 25 else 1)
            got = [n for n in numbers(objects) if isinstance(n, int)]
            whole_payload = length >= len(self.a.file.header) + 64 + 25
            self.assertEqual(got, [1, 2, 101, 3, 4, 5] if whole_payload else [1, 2, 101, 4, 5])
            lost = [item["records"] for item in objects if item.get("diag") == "lost" and item["exact"]]
            self.assertEqual(lost, [] if len(got) == 6 else [1])

    def test_the_last_block_is_cut(self):
        whole = self.a.fragment(2)
        for length in (len(self.a.file.header) + 30, len(self.a.file.header) + 70, 3000):
            objects = self.read(self.a.fragment(1) + self.b.fragment(1) + whole[:length])
            self.assertEqual(numbers(objects), [1, 2, 101, 3, "block-past-end"] if length == 3000 else [1, 2, "block-past-end", 101])
            cut = next(item for item in objects if "diag" in item)
            self.assertEqual(cut["offset"], 2 * self.length + len(self.a.file.header))
            self.assertIn("truncated", run(STRANDLINE, "stats", self.folder / "f.strand").lines[0])

    def test_zeros_behind_blocks(self):
        data = self.a.fragment(1) + bytes(3 * 4096) + self.b.fragment(1) + self.a.fragment(2) + bytes(5000)
        self.assertEqual(numbers(self.read(data, status=0)), [1, 2, 101, 3])
        gap = bytearray(self.a.fragment(1) + bytes(4096) + b"x" + bytes(4095))
        objects = self.read(bytes(gap) + self.a.fragment(2))
        self.assertEqual(numbers(objects), [1, 2, 3, "bad-block-header", "damaged"])
        self.assertEqual(objects[3]["offset"], self.length)

    def test_any_byte_may_be_wrong(self):
        # Whatever a flipped bit costs: no strand gets what isn't its own, and what is delivered is in order.
        data = self.a.fragment(1) + self.b.fragment(1) + self.a.part(2, sync(20, 20)) + self.a.fragment(2, 3)
        chance = random.Random(4)
        for _ in range(150):
            part = chance.randrange(5)
            at = min(part * self.length + chance.randrange(300), len(data) - 1)
            wrong = bytearray(data)
            wrong[at] ^= 1 << chance.randrange(8)
            ran = merge("--format=canonical", self.file("w", bytes(wrong)))
            self.assertIn(ran.status, (0, 1, 3))
            for item in ran.objects:
                if "fields" in item and item["fields"] and item["fields"][0]["type"] == "uint":
                    self.assertIn(item["fields"][0]["value"], (101, 1, 2, 3, 4, 5))


class Many(Case):
    def test_thousands_of_fragments(self):
        strands, rounds = 50, 100
        all_of = [Strand(n, "s%d" % n) for n in range(strands)]
        path = self.folder / "many.strand"
        with path.open("wb") as out:
            for turn in range(rounds):
                for n, strand in enumerate(all_of):
                    strand.numbers(1000 * turn + n + 1, turn)
                    out.write(strand.fragment(turn + 1))
                    strand.states.clear()
                    strand.file.blocks[turn] = (turn + 1, b"")
        stats = run(STRANDLINE, "stats", path)
        self.assertEqual(stats.status, 0, stats.err)
        self.assertEqual(stats.lines[-1].split(" records")[0], str(strands * rounds))
        self.assertEqual(len(stats.lines), strands + 1)


if __name__ == "__main__":
    tap.main()
