#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Merged files: reading one gives what reading its sources gives, line by line."""
import random

import tap
from strandfile import (BLOCK_HEADER, DEFINITIONS, KEY, SITE, STACK, TRACE, StreamFile, definition, event, integer,
                        key_id, large, level, loss, record, site_id, stack_id, string, sync, traceback, uinteger)
from tap import Case, merge

SITE_FIELDS = (level(9), string("a.c"), uinteger(3), string("f"), string("m"), string("k"))


class Binary(Case):
    def check_same(self, *arguments, status=None, raw=()):
        """canonical(a, b, …) == canonical(binary(a, b, …)). Returns the merged file."""
        direct = merge("--format=canonical", *raw, *arguments)
        if status is not None:
            self.assertEqual(direct.status, status, direct.err)
        made = merge("--format=binary", "-o", self.folder / "merged", *raw, *arguments)
        self.assertEqual(made.status, direct.status, made.err)
        again = merge("--format=canonical", self.folder / "merged")
        self.assertEqual(again.out.decode(), direct.out.decode())
        self.assertEqual(again.status, direct.status, again.err)
        return self.folder / "merged"

    def strand(self, name, start, count=20, **header):
        file = StreamFile(name, **header)
        for block in range(3):
            file.block(sync(start + 1000 * block, 7 * start),
                       *(record(20 * number, number, number % 3 - 1, integer(number), string(name))
                         for number in range(count)))
        return self.file(name, file)

    def test_records(self):
        paths = [self.strand("a", 100), self.strand("b", 105), self.strand("c", 3000)]
        merged = self.check_same(*paths, status=0)
        # In text too: names and times travel.
        self.assertEqual(merge(merged).out, merge(*paths).out)

    def test_every_kind_of_field(self):
        fields = (b"\x01", b"\x02", b"\x03", integer(-5), uinteger(2**64 - 1), b"\x06\x10", b"\x07\x11",
                  string(b"\xff\x00"), b"\x09\x04\x05", b"\x0a\x07", b"\x0b\x08", traceback(1, 2**63), level(24),
                  b"\x13abcd", b"\x1babcd", b"\x23abcd", b"\x14abcdefgh", b"\x1cabcdefgh", b"\x24abcdefgh",
                  b"\x15\x01k", b"\x1d\x02zz", b"\x25\x09" + b"address!x", b"\x91\x05", b"\x3d\x50\x03ext",
                  b"\x05\x85\x00")
        file = StreamFile().block(sync(9, 9), *(record(1, 1, 5, field) for field in fields), record(2, 2, 1, *fields))
        self.check_same(self.file("a", file), status=0)

    def test_a_leading_strand_field_of_another_file(self):
        file = StreamFile().block(sync(9, 9), record(1, 1, 5, b"\x41\x07", integer(1)))
        self.check_same(self.file("a", file))

    def test_bad_fields(self):
        frames = [record(1, 1, -1, integer(1), b"\x00junk"), record(2, 2, -1, b"\x05\x80"), record(3, 3, -1, b"\x48"),
                  record(3, 3, -1, b"\x08\x09abc"), record(4, 4, -1)]
        bare = self.file("a", sync(9, 9) + b"".join(frames))
        self.check_same(bare, raw=["--raw"], status=1)
        self.check_same(self.file("b", StreamFile().block(sync(5, 5), *frames)), self.strand("c", 4), status=1)

    def test_damage_and_loss(self):
        file = StreamFile("ring", block_count=3)
        for number in range(6):
            file.block(sync(100 * (number + 1), 1), *(record(n, n, -1, integer(n)) for n in range(5)), lost=number % 2)
        data = bytearray(file.bytes())
        data[file.block_offset(1) + BLOCK_HEADER + 20] ^= 1
        cut = StreamFile("cut").block(sync(3, 3), record(0, 0, -1)).block(sync(4, 4), record(0, 0, -1)).bytes()[:-4050]
        told = StreamFile("told").block(sync(3, 3), loss(3, 16, 77), record(0, 0, -1), loss(1, 67, 5, 9, 99, 15))
        self.check_same(self.file("a", bytes(data)), self.file("b", cut), self.file("c", told), status=1)

    def test_bare_damage(self):
        parts = [sync(0, 0) + sync(5, 5) + record(1, 1, -1) + bytes(40), record(7, 7, -1) + b"\x05\x00\x80\x80\x80",
                 sync(2, 2) + record(1, 1, 1) + b"\x02\x00", sync(8, 8) + record(1, 1, 2) + b"\x40"]
        paths = [self.file(str(number), part) for number, part in enumerate(parts)]
        self.check_same(*paths, raw=["--raw"], status=1)

    def test_definitions_keep_their_meaning(self):
        a = StreamFile("a")
        a.block(sync(10, 10), record(0, 0, -1, key_id(2), integer(1)), definition(STACK, 3, traceback(1)),
                record(1, 1, -1, stack_id(3)), record(9, 9, -1, site_id(4), integer(5)))
        a.block(sync(30, 30), record(0, 0, -1, stack_id(3)), definition(STACK, 3, traceback(2)),
                record(1, 1, -1, stack_id(3)))
        # Another session gives other meanings to the same ids, a third none.
        b = StreamFile("b", session=b"T" * 16).block(
            sync(11, 11), definition(KEY, 2, string("other")), definition(STACK, 3, traceback(7)),
            record(0, 0, -1, key_id(2), stack_id(3)), record(5, 5, -1, key_id(2)), record(25, 5, -1, stack_id(3)))
        c = StreamFile("c", session=b"U" * 16).block(
            sync(12, 12), *(record(n, n, -1, key_id(2), stack_id(3), site_id(4)) for n in range(30)))
        defs = StreamFile("defs", kind=DEFINITIONS).block(sync(1, 1), definition(KEY, 2, string("fd")),
                                                          definition(SITE, 4, *SITE_FIELDS))
        paths = [self.file(name, file) for name, file in (("1", a), ("2", b), ("3", c), ("4", defs))]
        merged = self.check_same(*paths, status=0)
        self.assertEqual(merge(merged).out, merge(*paths).out)

    def test_the_session_of_a_source_may_be_another_input(self):
        uses = [StreamFile(name, session=session).block(sync(10, 10), record(0, 0, -1, key_id(2)))
                for name, session in (("a", b"S" * 16), ("b", b"T" * 16))]
        defs = [StreamFile("defs", session=session, kind=DEFINITIONS).block(
            sync(1, 1), definition(KEY, 2, string(name))) for name, session in (("of a", b"S" * 16), ("of b", b"T" * 16))]
        uses = [self.file(f"u{number}", file) for number, file in enumerate(uses)]
        defs = [self.file(f"d{number}", file) for number, file in enumerate(defs)]
        direct = self.canonical(*uses, *defs)
        self.assertIn('"name":"of b"', str(direct))
        merge("--format=binary", "-o", self.folder / "used", *uses)
        self.assertEqual(self.canonical(self.folder / "used", *defs), direct)
        self.assertEqual(merge("--format=text", self.folder / "used", *defs).lines,
                         merge("--format=text", *uses, *defs).lines)
        self.check_same(self.folder / "used", *defs, status=0)

    def test_definitions_over_many_blocks(self):
        a = StreamFile("a", block_size=65536)
        for block in range(8):
            a.block(sync(1000 * block + 1, 1), definition(STACK, 1, traceback(*range(block, block + 50))),
                    *(record(n, n, -1, stack_id(1), string("x" * 5000)) for n in range(11)))
        b = StreamFile("b", session=b"T" * 16, block_size=65536)
        for block in range(8):
            b.block(sync(1000 * block + 5, 1), definition(STACK, 1, traceback(99)),
                    *(record(n, n, -1, string("y" * 5000), stack_id(1)) for n in range(11)))
        self.check_same(self.file("1", a), self.file("2", b), status=0)

    def test_a_definition_is_stated_in_each_block_that_needs_it(self):
        # Three blocks of sources make more than one merged block; each uses what it defines once.
        paths = []
        for number in range(3):
            file = StreamFile(f"s{number}", block_size=32768).block(
                sync(10, 10), definition(STACK, 2 * number + 1, traceback(number)),
                *(record(n, n, -1, stack_id(2 * number + 1), string("x" * 1000)) for n in range(30)))
            paths.append(self.file(str(number), file))
        self.check_same(*paths, status=0)

    def test_traces(self):
        trace = StreamFile("trace", kind=TRACE)
        trace.block(event(1, 7, 0, 1000), event(2, 50, 0), event(13, 1, 5, 42, 9), event(3, 4, 1, 0x99),
                    event(14, 2, 6, 43, 10, 11), records=2)
        trace.block(event(1, 2**64 - 1, 0, 5000), event(20, 0, 5), records=1)
        merged = self.check_same(self.file("t", trace), self.strand("a", 900), status=0)
        self.assertEqual(merge(merged).out, merge(self.folder / "t", self.folder / "a").out)

    def test_sections(self):
        data = b"".join(self.strand(name, start).read_bytes() for name, start in (("a", 5), ("b", 3), ("c", 2000)))
        self.check_same(self.file("all", data), self.strand("d", 100), status=0)

    def test_merged_files_merge_again(self):
        bad = self.file("bad", StreamFile("bad").block(sync(120, 1), record(0, 0, -1, b"\x00"), record(1, 1, -1)))
        paths = [self.strand("a", 100), bad, self.strand("b", 105), self.strand("c", 90)]
        direct = merge("--format=canonical", *paths)
        first = self.folder / "first"
        merge("--format=binary", "-o", first, *paths[:3])
        self.assertEqual(merge("--format=canonical", first, paths[3]).out, direct.out)
        # In front of others a merged file takes up as many numbers as it has sources; so does one among sections.
        other = merge("--format=canonical", paths[3], *paths[:3])
        self.assertEqual(merge("--format=canonical", paths[3], first).out, other.out)
        both = self.file("both", paths[3].read_bytes() + first.read_bytes())
        self.assertEqual(merge("--format=canonical", both).out, other.out)
        # And a merged file of a merged file is flat.
        self.check_same(first, paths[3], status=1)
        self.assertEqual(merge("--format=canonical", self.folder / "merged").out, direct.out)

    def test_other_clocks(self):
        a = self.strand("a", 100, clocks=[(0, 0, 10_000, 5)], host="x")
        b = self.strand("b", 500, boot=b"C" * 16, clocks=[(0, 0, 9_500, 5)], host="y", tick_num=2)
        c = self.strand("c", 7, boot=b"D" * 16, clocks=[(0, 0, 10_100, 5)])
        direct = merge("--format=canonical", a, b, c)
        self.check_same(a, b, c, status=0)
        merge("--format=binary", "-o", self.folder / "ab", a, b)
        self.assertEqual(merge("--format=canonical", self.folder / "ab", c).out, direct.out)

    def test_streams_without_records(self):
        empty = self.file("e", StreamFile("empty"))
        self.check_same(empty, self.strand("a", 1), empty, status=0)
        self.check_same(empty, empty, status=0)
        merge("--format=binary", "-o", self.folder / "ee", empty, empty)
        last = [item["stream"] for item in self.objects(self.folder / "ee", self.folder / "a")]
        self.assertEqual(set(last), {2})

    def test_large_records(self):
        a = StreamFile("a", block_size=1 << 20).block(sync(5, 5), large(0, 0, -1, string("x" * 300_000)),
                                                      record(1, 1, -1, string("y" * 65_000)), record(2, 2, -1))
        b = StreamFile("b", block_size=65536).block(sync(5, 5), record(0, 0, -1, string("z" * 65_400)))
        self.check_same(self.file("1", a), self.file("2", b), self.strand("c", 4), status=0)
        bare = sync(3, 3) + record(1, 1, -1, string("w" * 65_520)) + record(1, 1, -1)
        self.check_same(self.file("3", bare), raw=["--raw"], status=0)

    def test_dialect(self):
        data = sync(1, 1) + record(0, 0, -1, b"\x0a\x10\x02hi", b"\x0c\x05", b"\x0d\x01\x07", b"\x0b\x03", integer(1))
        data += definition(STACK, 1, b"\x0d\x02\x08\x09") + record(1, 1, -1, stack_id(1))
        self.check_same(self.file("a", data), raw=["--raw", "--dialect=go1.26"], status=0)

    def test_many_streams(self):
        paths = [self.file(f"{number:04}", StreamFile(f"s{number}").block(
            sync(1 + number % 17, 1), *(record(number * n % 41, n, -1, integer(n)) for n in range(4))))
            for number in range(1024)]
        self.check_same(*paths, status=0)

    def test_random_inputs(self):
        source = random.Random(3)
        for _ in range(40):
            files = []
            for number in range(source.randrange(1, 6)):
                session = bytes([source.randrange(2)]) * 16
                file = StreamFile(f"s{number}", session=session, block_count=source.choice((0, 0, 2)))
                for block in range(source.randrange(5)):
                    file.block(sync(source.randrange(1, 3000), source.randrange(10**6)), *random_frames(source),
                               lost=source.choice((0, 0, 3)))
                data = bytearray(file.bytes())
                if source.random() < 0.4 and len(data) > len(file.header):
                    data[source.randrange(len(file.header), len(data))] ^= 1 << source.randrange(8)
                files.append(self.file(f"{number}", bytes(data)))
            self.check_same(*files)


def random_frames(source):
    frames = []
    for _ in range(source.randrange(12)):
        number = source.randrange(6)
        frames.append(source.choice((
            lambda: record(source.randrange(99), source.randrange(99), source.randrange(-1, 4), key_id(number),
                           stack_id(number), integer(source.randrange(-99, 99))),
            lambda: record(source.randrange(99), 0, -1, string(source.randbytes(5))),
            lambda: definition(KEY, number, string(f"k{source.randrange(3)}")),
            lambda: definition(STACK, number, traceback(*range(source.randrange(3)))),
            lambda: record(1, 2, 3, b"\x0e"),
            lambda: sync(source.randrange(1, 3000), source.randrange(10**6)),
            lambda: loss(1, 65, 3, 4, 5, 7),
        ))())
    return frames


if __name__ == "__main__":
    tap.main()
