#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What is printed, in each format."""
import json
import re

import tap
from strandfile import (DEFINITIONS, EVENT, KEY, OWNER, SITE, STACK, TRACE, StreamFile, definition, event, frame, integer,
                        key_id, large, level, record, site_id, stack_id, string, sync, traceback, uinteger)
from tap import STRANDLINE, Case, merge, run

FRAMES = (sync(1_000_000_000, 2_500_000_000), record(5, 7, 3, string("thread"), integer(-3), b"\x02"),
          record(9, 9, -1), record(10, 1_000_000, 0, level(13), b"\x15\x02fd", integer(7), string("a b")))


class Formats(Case):
    def setUp(self):
        super().setUp()
        self.bare = self.file("a.bin", b"".join(FRAMES))
        self.strand = self.file("a.strand", StreamFile("main").block(*FRAMES))

    def test_canonical(self):
        self.assertEqual(self.canonical(self.strand).decode(), (
            '{"stream":0,"tick":1000000005,"nano":2500000007,"p":3,"fields":[{"type":"string","value":"thread"},'
            '{"type":"int","value":-3},{"type":"bool","value":true}]}\n'
            '{"stream":0,"tick":1000000009,"nano":2500000009,"p":-1,"fields":[]}\n'
            '{"stream":0,"tick":1000000010,"nano":2501000000,"p":0,"fields":[{"type":"level","value":13},'
            '{"type":"key","name":"fd"},{"type":"int","value":7},{"type":"string","value":"a b"}]}\n'))
        self.assertEqual(self.canonical("--raw", self.bare), self.canonical(self.strand))

    def test_text(self):
        self.assertEqual(merge(self.strand).lines, ["2.500000007 main P3 thread -3 true", "2.500000009 main",
                                                    "2.501000000 main P0 WARN fd=7 a b"])
        self.assertEqual(merge("--init-nano=2500000000", self.strand).lines[0], "0.000000007 main P3 thread -3 true")
        self.assertEqual(merge("--raw", self.bare).lines[0], "2.500000007 0 P3 thread -3 true")

    def test_debuglog(self):
        self.assertEqual(merge("--raw", "--format=debuglog", "--init-nano=2500000000", self.bare).lines[:3],
                         [">> begin log 0 <<", "[0.000000007 P 3] thread -3 true", "[0.000000009 P -1] "])

    def test_debuglog_tells_what_a_ring_lost(self):
        ring = StreamFile(block_count=2)
        for number in range(5):
            ring.block(sync(100 + number, 1), record(0, 0, -1, string("x" * 3000)))
        ran = merge("--format=debuglog", self.file("r.strand", ring))
        self.assertEqual(ran.status, 1)
        self.assertEqual(ran.lines[0], ">> begin log 0; lost first 8KB <<")
        self.assertEqual(len(ran.lines), 3)

    def test_base(self):
        path = self.file("nobase", record(5, 6, -1))
        objects = self.objects("--raw", path, status=1)
        self.assertEqual([item.get("diag") or (item["tick"], item["nano"]) for item in objects], ["no-base", (5, 6)])
        objects = self.objects("--raw", "--base=100,0x20", path)
        self.assertEqual([(item["tick"], item["nano"]) for item in objects], [(105, 38)])

    def test_dialect(self):
        data = sync(1, 1) + record(0, 0, -1, b"\x0a\x10\x02hi", b"\x0c\x05", b"\x0d\x01\x07")
        objects = self.objects("--raw", "--dialect=go1.26", self.file("a", data))
        self.assertEqual(objects[0]["fields"], [{"type": "memdump", "addr": 16, "base64": "aGk="},
                                                {"type": "pc", "value": 5}, {"type": "traceback", "value": [7]}])

    def test_strict(self):
        path = self.file("a", sync(1, 1) + record(0, 0, -1, uinteger(5), b"\x05\x81\x00", b"\x05\x82\x80\x00"))
        self.canonical("--raw", path)
        objects = self.objects("--raw", "--strict", path, status=1)
        self.assertEqual([item.get("code") for item in objects], [None, "padded-varint", "padded-varint"])
        self.assertEqual([item["offset"] for item in objects[1:]], [18 + 5 + 2, 18 + 5 + 5])

    def test_large_record(self):
        text = "x" * 200_000
        file = StreamFile(block_size=1 << 20).block(sync(1, 1), large(2, 3, -1, string(text)), record(3, 4, -1))
        objects = self.objects(self.file("a", file))
        self.assertEqual([item["tick"] for item in objects], [3, 4])
        self.assertEqual(objects[0]["fields"][0]["value"], text)
        self.assertIn(text, merge(self.folder / "a").out.decode())

    def test_frames_that_print_nothing(self):
        file = StreamFile().block(sync(1, 1), frame(OWNER, b"\x05name"), frame(1, b"pad"), frame(77, b"unknown"),
                                  record(0, 0, -1), frame(7))
        self.assertEqual(len(self.objects(self.file("a", file))), 1)


class Definitions(Case):
    SITE_FIELDS = (level(17), string("a.c"), uinteger(12), string("run"), string("failed"), string("errno"))

    def test_a_definitions_strand_serves_its_session(self):
        file = StreamFile("main").block(sync(10, 10), record(0, 0, -1, key_id(2), integer(1)),
                                        record(1, 1, -1, site_id(4), integer(5)))
        other = StreamFile("other", session=b"T" * 16).block(sync(20, 20), record(0, 0, -1, key_id(2), integer(1)))
        defs = StreamFile("defs", kind=DEFINITIONS).block(sync(1, 1), definition(KEY, 2, string("fd")),
                                                          definition(SITE, 4, *self.SITE_FIELDS))
        # Behind the strands that use it: it is known all the same.
        paths = [self.file(name, data) for name, data in (("1", file), ("2", other), ("3", defs))]
        fields = [item["fields"][0] for item in self.objects(*paths)]
        self.assertEqual(fields, [{"type": "key", "id": 2, "name": "fd"},
                                  {"type": "site", "id": 4, "level": 17, "file": "a.c", "line": 12, "function": "run",
                                   "message": "failed"}, {"type": "key", "id": 2}])
        text = merge(*paths).lines
        self.assertEqual(text, ["0.000000010 main fd=1", "0.000000011 main ERROR a.c:12 failed errno=5",
                                "0.000000020 other #2=1"])

    def test_the_last_of_a_definitions_strand_counts(self):
        defs = StreamFile("defs", kind=DEFINITIONS).block(
            sync(1, 1), definition(KEY, 2, string("old")), record(0, 0, -1, key_id(2)),
            definition(KEY, 2, string("new")))
        own = StreamFile("own").block(sync(3, 3), record(0, 0, -1, key_id(2)), definition(KEY, 2, string("mine")),
                                      record(1, 1, -1, key_id(2)))
        names = [item["fields"][0].get("name") for item in self.objects(self.file("a", defs), self.file("b", own))]
        self.assertEqual(names, ["new", "new", "mine"])

    def test_odd_ids_hold_in_their_block(self):
        file = StreamFile()
        file.block(sync(1, 1), definition(STACK, 3, traceback(7, 8)), record(0, 0, -1, stack_id(3)))
        file.block(sync(2, 2), record(0, 0, -1, stack_id(3)))
        fields = [item["fields"][0] for item in self.objects(self.file("a", file))]
        self.assertEqual(fields, [{"type": "stack", "id": 3, "value": [7, 8]}, {"type": "stack", "id": 3}])

    def test_definitions_in_a_bare_strand(self):
        data = (sync(1, 1) + record(0, 0, -1, key_id(1)) + definition(KEY, 1, string("a")) + record(0, 0, -1, key_id(1))
                + definition(KEY, 1, string("b")) + definition(KEY, 1, b"\x00") + record(0, 0, -1, key_id(1)))
        names = [item["fields"][0].get("name") for item in self.objects("--raw", self.file("a", data))]
        self.assertEqual(names, [None, "a", "b"])

    def test_many_definitions(self):
        file = StreamFile(block_size=1 << 20)
        for block in range(3):
            file.block(sync(1, 1), *(definition(KEY, 2 * (block * 10000 + number), string(f"key{block}-{number}"))
                                     for number in range(10000)),
                       record(0, 0, -1, key_id(2 * (block * 10000 + 77))), sealed=False)
        names = [item["fields"][0].get("name") for item in self.objects(self.file("a", file))]
        self.assertEqual(names, ["key0-77", "key1-77", "key2-77"])

    def test_table_is_bounded(self):
        # 80 MiB of definitions: what finds no room prints by number; nothing is damaged by that.
        file = StreamFile(block_size=1 << 20)
        body = string(b"x" * 500_000)
        for number in range(160):
            file.block(sync(1, 1), definition(KEY, 2 * number, body), record(number, 0, -1, key_id(2 * number)),
                       sealed=False)
        ran = run("sh", "-c", '"$0" --format=canonical "$1" | grep -c \'"name"\'', tap.LOGCAT_MERGE,
                  self.file("a", file))
        self.assertTrue(30 <= int(ran.out) < 160, ran.out)


class Traces(Case):
    def test_events(self):
        payload = (event(1, 7, 0, 1000), event(2, 50, 0), event(13, 1, 5, 42, 9), event(3, 4, 1, 0x99),
                   event(14, 2, 6, 43, 10, 11))
        file = StreamFile("trace", kind=TRACE).block(*payload, records=2, tick=1000)
        self.assertEqual(self.canonical(self.file("a", file)).decode(),
                         '{"stream":0,"tick":1005,"seq":1,"p":7,"event":13,"args":[42,9]}\n'
                         '{"stream":0,"tick":1011,"seq":3,"p":7,"event":14,"args":[43,10,11]}\n')
        text = merge(self.folder / "a").lines
        self.assertEqual(len(text), 2)
        self.assertTrue(text[0].startswith("0.000001005 trace P7 "), text[0])

    def test_text_of_declared_events(self):
        defs = StreamFile("defs", kind=DEFINITIONS).block(
            sync(1, 1), definition(EVENT, 64, string("request"), b"\x01", string("bytes"), string("B")),
            definition(EVENT, 65, string("a b"), uinteger(1), string("fd"), string(""), string("at"), string("")),
            definition(STACK, 6, traceback(0x30)))
        trace = StreamFile("t", kind=TRACE).block(
            event(1, 7, 0, 1000), event(3, 4, 2, 0x1000, 0x2000), event(50, 0, 1, 64), event(63, 0, 1, 64, 4096),
            event(63, 0, 1, 65, 3, 4), event(52, 0, 1, 64, 12, 6), event(54, 0, 1, 66, 9), event(51, 0, 1, 64),
            event(20, 0, 1, 4), event(20, 0, 1, 0), records=8)
        # In the next block stack 4 is another one, and 5 none at all.
        trace.block(event(1, 7, 0, 2000), event(3, 4, 1, 0x3000), event(53, 0, 1, 64, 4), event(53, 0, 1, 64, 5), records=2)
        paths = [self.file("defs.strand", defs), self.file("t.strand", trace)]
        lines = ["0.000001001 t P7 begin request",
                 "0.000001002 t P7 request bytes=4096",
                 "0.000001003 t P7 a b fd=3 at=#4", "\t0xfff", "\t0x1fff",
                 "0.000001004 t P7 count request value=12 stack=#6", "\t0x2f",
                 "0.000001005 t P7 flow_begin #66 id=9",
                 "0.000001006 t P7 end request",
                 "0.000001007 t P7 GoBlock stack=#4", "\t0xfff", "\t0x1fff",
                 "0.000001008 t P7 GoBlock stack=#0",
                 "0.000002001 t P7 mark request stack=#4", "\t0x2fff",
                 "0.000002002 t P7 mark request stack=#5"]
        ran = merge(*paths)
        self.assertEqual((ran.status, ran.lines), (0, lines), ran.err)
        # A merged file knows what its events stand for; so does one that was merged again.
        merged, again = self.folder / "merged.strand", self.folder / "again.strand"
        self.assertEqual(merge("--format=binary", "-o", merged, *paths).status, 0)
        self.assertEqual(merge(merged).lines, lines)
        self.assertEqual(merge("--format=binary", "-o", again, merged).status, 0)
        self.assertEqual(merge(again).lines, lines)
        self.assertEqual(self.canonical(again), self.canonical(*paths))

    def test_events_and_records_are_one_timeline(self):
        trace = StreamFile("trace", kind=TRACE).block(event(1, 7, 0, 1000), event(13, 1, 5, 42, 9), records=1)
        records = StreamFile("main").block(sync(1000, 1), record(1, 1, -1), record(9, 9, -1))
        objects = self.objects(self.file("a", trace), self.file("b", records))
        self.assertEqual([(item["stream"], item["tick"]) for item in objects], [(1, 1001), (0, 1005), (1, 1009)])


class Terminals(Case):
    def test_no_string_reaches_the_terminal(self):
        hostile = "".join(map(chr, range(0xA0))) + "\u2028\u2029\u202e\u2066\u200f\\"
        for data in (hostile.encode(), bytes(range(256)), b"\xff\xfe\x1b]0;title\x07"):
            file = StreamFile("na\x1b[2Jme").block(sync(1, 1), record(0, 0, -1, string(data), b"\x15" +
                                                                      string(data)[1:], string(data)))
            definitions = StreamFile("defs", kind=DEFINITIONS).block(
                sync(1, 1), definition(SITE, 2, level(9), string(data), uinteger(1), string(data), string(data)))
            use = StreamFile().block(sync(1, 1), record(0, 0, -1, site_id(2), b"\x00" + data))
            ran = merge(self.file("a", file), self.file("b", definitions), self.file("c", use))
            shown = ran.out.decode()
            self.assertIsNone(re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", shown),
                              shown)
            self.assertEqual(shown.count("\n"), len(ran.lines))
            stats = run(STRANDLINE, "stats", self.folder / "a").out.decode()
            self.assertNotIn("\x1b", stats)

    def test_canonical_is_json_whatever_the_bytes(self):
        for data in (bytes(range(256)), b'"\\\x01\x7f', "\u2028\u00e9".encode()):
            file = StreamFile().block(sync(1, 1), record(0, 0, -1, string(data)))
            line = self.canonical(self.file("a", file)).decode()
            self.assertEqual(line.count("\n"), 1)
            self.assertEqual(json.loads(line)["fields"][0]["type"], "string")


if __name__ == "__main__":
    tap.main()
