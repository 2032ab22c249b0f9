#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The driver of libcodec: what it says to the conformance suite, and that nothing that it is asked ends it.

    test_driver.py [NAME…]     the driver comes from CONFORMANCE_DRIVER, else from build/
"""
import os
import pathlib
import random
import struct
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "tools" / "test"), str(ROOT / "spec")]

import tap  # noqa: E402
from strandfile import (DEF, FRAGMENT, KEY, LOSS, MAGIC, StreamFile, crc32c, definition, event,  # noqa: E402
                        frame, integer, key_id, large, level, loss, record, string, sync, traceback, uinteger, uvarint)
from test_format_examples import SPEC, examples  # noqa: E402

DRIVER = tap.program("CONFORMANCE_DRIVER", "conformance/libcodec/conformance_driver")
ELF_CORE = b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x04\x00" + bytes(46)
SEVEN = '{"stream":%d,"tick":1001,"nano":5001,"p":-1,"fields":[{"type":"uint","value":7}]}'
BASE = sync(1000, 5000)
STRAND = BASE + record(1, 1, -1, uinteger(7))


def hexed(data):
    return data.hex() or "-"


def diag(kind, offset, code, stream=0):
    return '{"diag":"%s","stream":%d,"offset":%d,"code":"%s"}' % (kind, stream, offset, code)


def padded(value, length):
    return bytes([value % 128 | 128] + [value >> 7 * i & 127 | 128 for i in range(1, length - 1)] + [0])


class Serving:
    """A driver at level 1."""

    def __init__(self):
        self.process = subprocess.Popen([DRIVER, "--serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.hello = self.line()
        self.count = 0

    def line(self):
        return self.process.stdout.readline().decode("utf-8", "surrogateescape").rstrip("\n")

    def say(self, line):
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()

    def ask(self, request):
        """→ (what stands behind the id, the lines)"""
        self.count += 1
        self.say(b"v%d %s" % (self.count, request.encode()))
        return self.answer("v%d" % self.count)

    def answer(self, wanted):
        name, _, said = self.line().partition(" ")
        if name != wanted:
            raise AssertionError("%r is no answer to %s" % (name + " " + said, wanted))
        return said, [self.line() for _ in range(int(said[3:]))] if said.startswith("ok ") else []

    def end(self):
        self.process.stdin.close()
        status = self.process.wait(20)
        self.process.stdout.close()
        return status


class Served(tap.Case):
    def setUp(self):
        super().setUp()
        self.driver = Serving()
        self.addCleanup(self.check_end)

    def check_end(self):
        self.assertEqual(self.driver.end(), 0)

    def gives(self, request, *lines):
        self.assertEqual(self.driver.ask(request), ("ok %d" % len(lines), list(lines)))

    def says(self, request, said):
        self.assertEqual(self.driver.ask(request), (said, []))

    def starts(self, request, said):
        answer, _ = self.driver.ask(request)
        self.assertTrue(answer.startswith(said), "%s: %s" % (request[:80], answer))

    def bytes_of(self, request):
        said, lines = self.driver.ask(request)
        self.assertEqual(said, "ok 1", request[:200])
        return bytes.fromhex(lines[0].replace("-", ""))


class Hello(Served):
    def test_states_what_it_claims(self):
        words = self.driver.hello.split()
        self.assertEqual(words[:2], ["strandline", "1"])
        told = dict(word.split("=") for word in words[2:])
        self.assertEqual((told["impl"], told["spec"]), ("libcodec", "0.9"))
        self.assertEqual(told["classes"], "core,file,merge,write,trace,go-trace,image")
        self.assertEqual(told["ops"], "decode,encode,recode,merge")
        self.assertIn("input:", told["limits"])

    def test_ends_with_its_input(self):
        self.gives("decode raw " + hexed(STRAND), SEVEN % 0)


class DecodeRaw(Served):
    def test_empty(self):
        self.gives("decode raw -")

    def test_splits_give_the_same_lines(self):
        data = STRAND + large(2, 2, 0, string("x" * 300), b"\x00") + definition(KEY, 2, string("fd")) + record(
            3, 3, 1, key_id(2), integer(-9)) + frame(99) + loss(1, 64, 5, 2, 1, 0) + b"\x07\x00\x01"
        whole = self.driver.ask("decode raw " + hexed(data))
        self.assertEqual(len(whole[1]), 6)
        for split in [*range(1, 40), 333, len(data) - 1, len(data), 9999]:
            self.assertEqual(self.driver.ask("decode raw split=%d %s" % (split, hexed(data))), whole)

    def test_strict_tells_padded_integers_behind_headers(self):
        data = BASE + b"\x0e\x00" + padded(1, 3) + padded(1, 3) + b"\x01\x05" + padded(7, 2) + b"\x06\x07"
        shown = SEVEN.replace('7}]', '7},{"type":"hex","value":7}]') % 0
        self.gives("decode raw " + hexed(data), shown)
        self.gives("decode raw strict " + hexed(data), shown, diag("corrupt", 27, "padded-varint"))

    def test_a_loss_frame_is_told(self):
        self.gives("decode raw " + hexed(loss(1, 64, 4096, 3, 100, 15)),
                   '{"diag":"lost","stream":0,"offset":4096,"code":"overwritten","records":3,"bytes":100,"exact":true}')
        self.gives("decode raw " + hexed(frame(LOSS, b"\x09")), diag("corrupt", 0, "bad-ext-body"))

    def test_a_strand_field_is_shown(self):
        self.gives("decode raw " + hexed(BASE + record(1, 1, -1, b"\x41\x03")), SEVEN.replace("uint", "strand").replace(
            "7}]", "3}]") % 0)

    def test_a_definition_that_defines_nothing_takes_nothing_back(self):
        said, lines = self.driver.ask("decode raw " + hexed(
            BASE + definition(KEY, 3, string("fd")) + definition(KEY, 3, uinteger(1)) + record(1, 1, 0, key_id(3))))
        self.assertEqual(said, "ok 1")
        self.assertIn('{"type":"key","id":3,"name":"fd"}', lines[0])

    def test_ring(self):
        frames = record(2, 4, -1, string("go!")) + record(6, 12, -1) + b"\x03\x00"
        begin, size = 27, 32
        memory = bytearray(b"\x5a" * size)
        for i, byte in enumerate(frames):
            memory[(begin + i) % size] = byte
        ring = "ring=%d,%d,%d,1000,5000" % (size, begin, begin + len(frames))
        self.gives("decode raw %s %s" % (ring, memory.hex()),
                   '{"stream":0,"tick":1002,"nano":5004,"p":-1,"fields":[{"type":"string","value":"go!"}]}',
                   '{"stream":0,"tick":1006,"nano":5012,"p":-1,"fields":[]}',
                   diag("corrupt", begin + len(frames) - 2, "bad-size"))

    def test_rings_that_can_not_be(self):
        for numbers in ["3,2,1,0,0", "3,0,4,0,0", "3,18446744073709551615,1,0,0"]:
            self.says("decode raw ring=%s 000000" % numbers, "reject argument at=0 code=bad-argument")
        self.says("decode raw ring=4,0,1,0,0 00", "reject argument at=0 code=bad-argument")
        self.says("decode raw ring=0,0,0,0,0 -", "reject argument at=0 code=bad-argument")
        self.gives("decode raw ring=3,2,2,0,0 000000")


class DecodeFiles(Served):
    def test_file(self):
        self.gives("decode file " + hexed(StreamFile().block(STRAND).bytes()), SEVEN % 0)

    def test_strict(self):
        data = StreamFile().block(BASE, b"\x08\x00\x01\x01\x01\x05" + padded(7, 2)).bytes()
        self.gives("decode file " + hexed(data), SEVEN % 0)
        self.assertEqual(self.driver.ask("decode file strict " + hexed(data))[0], "ok 2")

    def test_sections_sessions_and_fragments(self):
        names = StreamFile(kind=3).block(sync(1, 1), definition(KEY, 2, string("fd")), records=0).bytes()
        first = StreamFile(ordinal=1).block(BASE, record(1, 1, -1, key_id(2))).bytes()
        other = StreamFile(ordinal=1, session=b"T" * 16).block(BASE, record(2, 2, -1, key_id(2))).bytes()
        piece = StreamFile(ordinal=2, compat=FRAGMENT).block(BASE, record(3, 3, -1)).bytes()
        again = StreamFile(ordinal=2, compat=FRAGMENT)
        again.seq, again.records, again.payload = 1, 1, 23
        again.block(BASE, record(4, 4, -1))
        said, lines = self.driver.ask("decode file " + hexed(piece + first + other + names + again.bytes()))
        self.assertEqual(said, "ok 4")
        self.assertEqual([line[:21] for line in lines], ['{"stream":%d,"tick":10' % n for n in (1, 2, 0, 0)])
        self.assertIn('{"type":"key","id":2,"name":"fd"}', lines[0])
        self.assertIn('{"type":"key","id":2}', lines[1])

    def test_trace_strand(self):
        batch = b"\x41" + uvarint(7) + uvarint(0) + uvarint(1000)
        self.gives("decode file " + hexed(StreamFile(kind=2).block(batch, event(62, 0, 5, 1), records=1).bytes()),
                   '{"stream":0,"tick":1005,"seq":0,"p":7,"event":62,"args":[1]}')

    def test_refusals(self):
        good = StreamFile().block(STRAND).bytes()
        major = bytearray(good)
        struct.pack_into("<H", major, 12, 9)
        self.says("decode file -", "reject truncated at=0 code=file-header-past-end")
        self.says("decode file " + hexed(STRAND), "reject header at=0 code=bad-magic")
        self.says("decode file " + hexed(bytes(major)), "reject checksum at=0 code=file-header-crc")
        self.says("decode file " + hexed(StreamFile(incompat=256).bytes()), "reject unsupported at=0 code=unknown-feature")
        self.says("decode file " + hexed(MAGIC), "reject truncated at=0 code=file-header-past-end")
        struct.pack_into("<I", major, 16, 0)
        struct.pack_into("<I", major, 16, crc32c(bytes(major[:len(StreamFile().header)])))
        for first, second, code in [(major, StreamFile(incompat=256).bytes(), "unknown-major"),
                                    (StreamFile(incompat=256).bytes(), major, "unknown-feature")]:
            self.says("decode file " + hexed(bytes(first) + bytes(second)), "reject unsupported at=0 code=" + code)

    def test_image(self):
        self.says("decode image " + hexed(bytes(4096)), "reject header at=0 code=bad-magic")
        self.says("decode file " + hexed(ELF_CORE), "reject header at=0 code=bad-magic")
        strand = StreamFile().block(STRAND).bytes()
        at, ring = 4096, 512
        image = bytearray(at) + strand
        words = struct.pack("<QQQ", 0, at, len(strand))
        image[ring:ring + 32] = words + struct.pack("<Q", at ^ len(strand) ^ ring ^ 0x97EC71A9CE58FA15)
        magic = bytes.fromhex("e71b9c53d206b57ea8f1448d03ca69be")
        image[:256] = magic + struct.pack("<IIQ16sQQ", 1, 0x01020304, 0, b"S" * 16, 77, ring) + bytes(192)
        self.gives("decode image " + hexed(bytes(image)), SEVEN % 0)


class GoTrace(Served):
    def test_dialects_and_splits(self):
        old = b"go 1.5 trace\0\0\0\0" + b"\x41\x00\x00\xe8\x07" + b"\x06\x01\x0a"
        new = b"go 1.11 trace\0\0\0" + b"\x41\x00\xe8\x07" + b"\x06\x0a" + b"\x00"
        for split in ["", "split=1 ", "split=3 "]:
            self.gives("decode go-trace " + split + hexed(old),
                       '{"stream":0,"tick":1010,"seq":1,"p":0,"event":6,"args":[]}')
            self.gives("decode go-trace " + split + hexed(new),
                       '{"stream":0,"tick":1010,"p":0,"event":6,"args":[]}', diag("corrupt", 22, "trace-bad-event"))

    def test_refusals(self):
        self.says("decode go-trace -", "reject header at=0 code=bad-magic")
        self.says("decode go-trace " + hexed(b"go 1.22 trace\0\0\0"), "reject unsupported at=0 code=unknown-major")


class Recode(Served):
    def test_padding_goes(self):
        data = BASE + b"\x10\x00" + padded(1, 3) + padded(1, 2) + padded(1, 4) + b"\x05" + padded(7, 4)
        self.assertEqual(self.bytes_of("recode raw " + hexed(data)), STRAND)

    def test_what_is_not_known_stays(self):
        data = BASE + record(2 ** 40, 2 ** 63, -5, b"\xb1\x81\x00", b"\xb9\x80\x01\x07") + frame(99, b"\x80", 6) + sync(
            1, 1) + frame(DEF, b"\xff") + frame(1, b"\x01") + record(1, 1, 0, b"\x46\x81\x00\x05")
        self.assertEqual(self.bytes_of("recode raw " + hexed(data)), data)

    def test_events_in_their_place_are_known(self):
        field = b"\x46" + padded(2, 3) + b"\x14\x00"
        self.assertEqual(self.bytes_of("recode raw " + hexed(BASE + record(1, 1, 0, field))),
                         BASE + record(1, 1, 0, b"\x46\x02\x14\x00"))
        for fields in [field + b"\x01", b"\x41\x03" + field, b"\x46" + padded(1, 3) + b"\x14"]:
            data = BASE + record(1, 1, 0, fields)
            self.assertEqual(self.bytes_of("recode raw " + hexed(data)), data)

    def test_large_where_it_must_be(self):
        for size, kind in [(65526, record), (65527, large)]:
            fields = string("x" * size)
            self.assertEqual(self.bytes_of("recode raw " + hexed(BASE + large(1, 1, 0, fields))),
                             BASE + kind(1, 1, 0, fields))

    def test_faults_refuse(self):
        for tail, said in [
                (record(1, 1, -1, b"\x00"), "reject field at=23 code=bad-field-type"),
                (record(1, 1, -1, b"\x51\x01"), "reject unsupported at=23 code=critical-field"),
                (record(1, 1, -1, b"\x05" + b"\x80" * 10), "reject varint at=23 code=varint-long"),
                (b"\x03\x00", "reject framing at=18 code=bad-size"),
                (frame(LOSS), "reject framing at=18 code=bad-ext-body"),
                (b"\x05\x00\x80\x80\x80", "reject record at=18 code=bad-header"),
                (bytes(40), "reject truncated at=18 code=zero-fill"),
                (bytes(18) + BASE, "reject time at=18 code=zero-sync")]:
            self.says("recode raw " + hexed(BASE + tail), said)
        self.says("recode raw " + hexed(record(1, 1, -1)), "reject time at=0 code=no-base")


class Encode(Served):
    def encoded(self, lines):
        return self.bytes_of("encode raw " + lines)

    def test_every_word(self):
        lines = ("sync 1000 5000;record 1001 5001 -1 uint 7;pad 10;def 1 2 string 6664;owner 300 6d61;end;ext 99 1 aabb;"
                 "clock 1 2 3 4;loss 1 64 15 4096 3 100 strand 3;loss 3 17 0 9 0 0")
        self.assertEqual(self.encoded(lines), STRAND + frame(1, bytes(2)) + definition(KEY, 2, string("fd")) + frame(
            6, b"\xac\x02ma") + frame(7) + frame(99, b"\xaa\xbb", 1) + frame(4, struct.pack("<4Q", 1, 2, 3, 4)) + loss(
                1, 64, 4096, 3, 100, 15, b"\x41\x03") + loss(3, 17, 9))

    def test_every_field(self):
        lines = ("unknown true false int -1 uint 128 hex 255 ptr 4096 string c3a9 conststring 6 256 overflow 100 pc 4112 "
                 "traceback 2 4112 4128 level 24 key 8 keyname 6664 site 4 stack 3 f32 3fc00000 f64 7ff0000000000001 "
                 "i32 -2 u32 4294967295 i64 -2 u64 18446744073709551615 bytes 000102 memdump 4096 dead strand 3 "
                 "extfield 144 - extfield 149 027879 extfield 185 800107")
        fields = (b"\x01\x02\x03" + integer(-1) + uinteger(128) + b"\x06\xff\x01\x07\x80\x20" + string(b"\xc3\xa9")
                  + b"\x09\x06\x80\x02\x0a\x64\x0b\x90\x20" + traceback(4112, 4128) + level(24) + key_id(8) + b"\x15\x02fd"
                  + b"\x21\x04\x29\x03\x13\x00\x00\xc0\x3f\x14\x01\0\0\0\0\0\xf0\x7f\x1b\xfe\xff\xff\xff"
                  + b"\x23\xff\xff\xff\xff\x1c\xfe" + b"\xff" * 7 + b"\x24" + b"\xff" * 8 + b"\x1d\x03\0\1\2"
                  + b"\x25\x0a\x00\x10\0\0\0\0\0\0\xde\xad\x41\x03\x90\x95\x02xy\xb9\x80\x01\x07")
        self.assertEqual(self.encoded("record 5 6 0 " + lines), sync(5, 6) + record(0, 0, 0, fields))
        self.assertEqual(self.encoded("record 5 6 2 event 3 20 0 9"),
                         sync(5, 6) + record(0, 0, 2, b"\x46\x03\x14\x00\x09"))

    def test_syncs_where_they_are_needed(self):
        self.assertEqual(self.encoded("record 5 6 0;record 5 6 0"), sync(5, 6) + record(0, 0, 0) * 2)
        self.assertEqual(self.encoded("record 5 6 0;record 2097156 6 0;record 2097157 6 0"),
                         sync(5, 6) + record(0, 0, 0) + record(2097151, 0, 0) + sync(2097157, 6) + record(0, 0, 0))
        self.assertEqual(self.encoded("record 5 6 0;record 4 6 0;record 4 5 0"),
                         b"".join(sync(*time) + record(0, 0, 0) for time in [(5, 6), (4, 6), (4, 5)]))

    def test_large_where_it_must_be(self):
        for size, kind in [(65526, record), (65527, large)]:
            self.assertEqual(self.encoded("record 5 6 0 string " + "78" * size),
                             sync(5, 6) + kind(0, 0, 0, string("x" * size)))
        self.assertEqual(len(self.encoded("record 5 6 0 string " + "78" * 1048561)), 18 + 1048576)
        self.says("encode raw record 5 6 0 string " + "78" * 1048562, "reject argument at=0 code=bad-argument")
        self.says("encode raw owner 5 " + "78" * 1048568, "reject argument at=0 code=bad-argument")

    def test_values_that_no_bytes_stand_for(self):
        for line in ["sync 0 0", "record 0 0 0", "sync 18446744073709551616 1", "sync -1 0", "record 1 1 9223372036854775808",
                     "record 1 1 0 i32 2147483648", "record 1 1 0 u32 -1", "record 1 1 0 level 0", "record 1 1 0 level 25",
                     "record 1 1 0 extfield 5 07", "record 1 1 0 extfield 15 -", "record 1 1 0 extfield 144 00",
                     "record 1 1 0 extfield 145 -", "record 1 1 0 extfield 209 01", "record 1 1 0 extfield 256 -",
                     "record 1 1 0 event 1 5", "record 1 1 0 event 2 5 6 true", "record 1 1 0 strand 3 event 2 5 6",
                     "def 1 2 event 2 5 6", "pad 7", "pad 1048577", "loss 0 64 0 0 0 0", "loss 7 64 0 0 0 0",
                     "loss 1 63 0 0 0 0", "loss 1 128 0 0 0 0", "loss 1 64 16 0 0 0", "ext 256 0 -", "ext 99 2 -"]:
            self.says("encode raw %s" % line, "reject argument at=0 code=bad-argument")
        self.says("encode raw end;sync 0 0", "reject argument at=0 code=bad-argument")

    def test_lines_that_say_nothing(self):
        for line in ["foo", "", "sync 1", "sync 1 2 3", "sync 1 x", "record 1 1 0 foo", "record 1 1 0 string 6", "end 1",
                     "record 1 1 0 string zz", "record 1 1 0 f32 3fc0000", "record 1 1 0 traceback 99999999999 1", "end;;end",
                     "record 1 1 0 uint", "owner 1", "record 1 1 0 string AA", "sync +1 2", "record 1 1 - int 5"]:
            self.starts("encode raw " + line, "error ")

    def test_nothing(self):
        self.gives("encode raw -", "-")

    def test_an_answer_has_a_limit(self):
        self.says("encode raw " + ";".join(["pad 1048576"] * 65), "limit output")
        long = definition(KEY, 2, string("x" * 1000000))
        for fields, records in [(key_id(2) * 30000, 1), (key_id(2), 100)]:
            data = BASE + long + record(1, 1, 0, fields) * records
            self.says("decode raw " + hexed(data), "limit output")
            self.says("merge raw " + hexed(data), "limit output")


class Merge(Served):
    def test_raw(self):
        other = BASE + record(1, 1, -1, uinteger(7)) + b"\x02\x00"
        self.gives("merge raw %s - %s" % (hexed(STRAND), hexed(other)), SEVEN % 0, SEVEN % 2,
                   diag("corrupt", 25, "bad-size", 2))

    def test_file(self):
        file = StreamFile().block(STRAND).bytes()
        self.gives("merge file %s %s" % (hexed(file + file), hexed(file)), *[SEVEN % n for n in range(3)])

    def test_the_first_refused_input_refuses_all(self):
        file = hexed(StreamFile().block(STRAND).bytes())
        self.says("merge file %s 0x" % file, "error an input that is not hexadecimal, or none, or too many")
        self.says("merge file %s %s 000000" % (file, hexed(StreamFile(incompat=256).bytes())),
                  "reject unsupported at=0 code=unknown-feature")
        self.gives("merge file " + file, SEVEN % 0)


class Requests(Served):
    def test_what_it_does_not_know_is_skipped(self):
        for request in ["dance raw 00", "decode", "decode tape 00", "encode file end", "recode file 00", "decode raw lax=1 00",
                        "decode raw lenient 00", "decode file ring=1,0,1,0,0 00", "decode go-trace strict 00"]:
            self.says(request, "skip op")

    def test_what_is_wrong_is_an_error(self):
        for request in ["decode raw", "decode raw 0", "decode raw 0G", "decode raw AB", "decode raw 00 00", "merge raw",
                        "decode raw split=0 00", "decode raw split=x 00", "decode raw split=99999999999999999999 00",
                        "decode raw split 00", "decode raw strict=1 00", "decode raw ring=1,2,3 00",
                        "decode raw ring=1,0,1,0,0,0 00", "decode raw \u00e9"]:
            self.starts(request, "error ")

    def test_lines_without_a_request(self):
        for line in [b"", b"  ", b"\0", b"v1 decode raw \0"]:
            self.driver.say(line)
            self.assertRegex(self.driver.line(), "^(-|v1) error ")

    def test_inputs_have_a_limit(self):
        limit = int(self.driver.hello.split("input:")[1].split(",")[0])
        self.says("decode raw " + "aa" * (limit + 1), "limit input")
        self.says("merge raw %s %s" % ("aa" * limit, "aa"), "limit input")
        self.says("decode raw " + "aa" * (2 * limit), "limit input")
        most = int(self.driver.hello.split("inputs:")[1].split(",")[0])
        self.gives("merge raw" + " -" * most)
        self.says("merge raw" + " -" * (most + 1), "limit inputs")
        self.gives("decode raw " + hexed(STRAND), SEVEN % 0)

    def test_noise_is_answered(self):
        choose = random.Random(5)
        starts = [b"decode raw ", b"decode file ", b"decode image ", b"decode go-trace 676f20312e35207472616365", b"recode raw ",
                  b"encode raw ", b"merge raw ", b"merge file ", b"decode raw split=", b"decode raw ring=", b""]
        words = [b"00", b"01", b"0000e8030000000000008813000000000000", b"-", b" ", b";", b"sync", b"record 1 1 1 ", b"9", b"=", b",",
                 b"event 2 ", b"string ", b"070001010105", b"89535452", b"ff", b"\xff", b"extfield 144 ", b"strict "]
        for number in range(3000):
            line = choose.choice(starts) + b"".join(choose.choices(words, k=choose.randrange(12)))
            self.driver.say(b"n%d %s" % (number, line))
            self.driver.answer("n%d" % number)


class RoundTrips(Served):
    """What is encoded at random reads without a fault, and recoding leaves it alone."""

    CHOICES = [lambda c: "uint %d" % (c.getrandbits(64) >> c.randrange(64)),
               lambda c: "int %d" % c.randrange(-2 ** 63, 2 ** 63),
               lambda c: "string " + hexed(c.randbytes(c.randrange(9))),
               lambda c: "traceback 2 %d %d" % (c.getrandbits(64), c.getrandbits(20)),
               lambda c: "memdump %d %s" % (c.getrandbits(64), hexed(c.randbytes(c.randrange(300)))),
               lambda c: "f32 %08x f64 %016x" % (c.getrandbits(32), c.getrandbits(64)),
               lambda c: "unknown true false keyname 61 extfield 150 028001%02x" % c.randrange(128)]

    def line(self, choose):
        fields = " ".join(choose.choice(self.CHOICES)(choose) for _ in range(choose.randrange(5)))
        time = 1000 + choose.getrandbits(choose.choice([4, 21, 22, 63]))
        if choose.randrange(4):
            return "record %d %d %d %s" % (time, time + choose.randrange(9), choose.randrange(-2, 99), fields)
        return choose.choice(["sync %d 7" % time, "pad %d" % choose.randrange(8, 40), "end", "def 1 3 string 61 " + fields])

    def test_encode_decode_recode(self):
        choose = random.Random(6)
        for _ in range(300):
            lines = [self.line(choose) for _ in range(choose.randrange(1, 9))]
            data = self.bytes_of("encode raw " + ";".join(lines))
            shown = self.driver.ask("decode raw " + hexed(data))[1]
            self.assertEqual([line[:10] for line in shown], ['{"stream":'] * sum(line[0] == "r" for line in lines))
            self.assertEqual(self.bytes_of("recode raw " + hexed(data)), data)
            self.assertEqual(self.driver.ask("merge raw " + hexed(data))[1], shown)


class Examples(Served):
    """The examples of spec/FORMAT.md."""

    @staticmethod
    def request(inputs, option=""):
        how, data = inputs[0]
        if how[:1] == ["ring"]:
            numbers = dict(word.split("=") for word in how[1:])
            ring = ",".join([str(len(data))] + [numbers[name] for name in ("begin", "end", "tick", "nano")])
            return "decode raw %sring=%s %s" % (option, ring, hexed(data))
        kind = how[0] if how else "raw"
        if kind == "strict":
            kind, option = "raw", option + "strict "
        if len(inputs) > 1:
            return "merge %s %s%s" % (kind, option, " ".join(hexed(data) for _, data in inputs))
        return "decode %s %s%s" % (kind, option, hexed(data))

    def test_all(self):
        count = 0
        for line, inputs, wanted in examples(SPEC / "FORMAT.md"):
            for option in ["", "split=1 ", "split=7 "]:
                got = self.driver.ask(self.request(inputs, option))[1]
                self.assertEqual(got, wanted, "FORMAT.md:%d %s" % (line, option))
            count += 1
        self.assertGreater(count, 30)


class Level0(tap.Case):
    def once(self, data, *arguments):
        done = subprocess.run([DRIVER, *arguments], input=data, capture_output=True, check=False, timeout=60)
        return done.returncode, done.stdout.decode().splitlines(), done.stderr.decode().splitlines()[-1:]

    def test_clean(self):
        self.assertEqual(self.once(STRAND, "--raw"), (0, [SEVEN % 0], []))
        self.assertEqual(self.once(b"", "--raw"), (0, [], []))
        self.assertEqual(self.once(StreamFile().block(STRAND).bytes()), (0, [SEVEN % 0], []))

    def test_diagnostics(self):
        self.assertEqual(self.once(STRAND + b"\x02\x00", "--raw"), (1, [SEVEN % 0, diag("corrupt", 25, "bad-size")], []))
        self.assertEqual(self.once(loss(1, 64, 0), "--raw")[0], 1)
        file = StreamFile().block(STRAND + b"\x02\x00").bytes()
        self.assertEqual(self.once(file)[0], 1)
        whole = StreamFile().block(STRAND, records=1).bytes()
        status, lines, _ = self.once(whole + StreamFile(incompat=256).bytes())
        self.assertEqual((status, lines), (1, [SEVEN % 0]))

    def test_refusals(self):
        self.assertEqual(self.once(STRAND), (3, [], ["reject header at=0 code=bad-magic"]))
        self.assertEqual(self.once(b""), (3, [], ["reject truncated at=0 code=file-header-past-end"]))
        self.assertEqual(self.once(StreamFile(incompat=256).bytes()),
                         (4, [], ["reject unsupported at=0 code=unknown-feature"]))

    def test_other_use(self):
        self.assertEqual(self.once(b"", "--help")[0], 2)

    def test_examples(self):
        for line, inputs, wanted in examples(SPEC / "FORMAT.md"):
            how, data = inputs[0]
            if len(inputs) == 1 and how[:1] in ([], ["file"]):
                status = 1 if any(one.startswith('{"diag"') for one in wanted) else 0
                got = self.once(data, *([] if how else ["--raw"]))
                self.assertEqual(got, (status, wanted, []), "FORMAT.md:%d" % line)


if __name__ == "__main__":
    tap.main()
