#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Images of memory: core dumps and raw dumps, with descriptors and without, whole and damaged."""
import os
import pathlib
import random
import resource
import shutil
import struct
import subprocess
import time

import tap
from strandfile import DEFINITIONS, KEY, StreamFile, definition, integer, key_id, record, string, sync
from tap import CORE_CHILD, LOGCAT_MERGE, STRANDLINE, Case, merge, run

MAGIC = bytes.fromhex("e71b9c53d206b57ea8f1448d03ca69be")
CHECK = 0x97EC71A9CE58FA15
MASK = (1 << 64) - 1
BASE = 0x7F12_3450_0000
LOAD, CORE, EXEC = 1, 4, 2


def descriptor(own, first, version=1, order=0x01020304):
    return MAGIC + struct.pack("=IIQ16sQQ", version, order, own, b"S" * 16, 77, first) + bytes(192)


def ring(own, following, address, size):
    return struct.pack("=4Q", following, address, size, (address ^ size ^ own ^ CHECK) & MASK)


def core(*segments, kind=CORE, bits=2, order=1, extended=False):
    """An ELF file whose segments are (address, bytes)."""
    count = len(segments)
    tables = 64 + 56 * count + (64 if extended else 0)
    table, contents, offset = bytearray(), bytearray(), (tables + 4095) // 4096 * 4096
    for address, data in segments:
        table += struct.pack("<IIQQQQQQ", LOAD, 6, offset + len(contents), address, 0, len(data), len(data) + 4096, 1)
        contents += data
    header = b"\x7fELF" + bytes((bits, order, 1)) + bytes(9) + struct.pack(
        "<HHIQQQIHHHHHH", kind, 62, 1, 0, 64, 64 + 56 * count if extended else 0, 0, 64, 56,
        0xFFFF if extended else count, 64, 0, 0)
    if extended:
        table += struct.pack("<IIQQQQIIQQ", 0, 0, 0, 0, 0, 0, 0, count, 0, 0)
    return (header + bytes(table)).ljust(offset, b"\0") + bytes(contents)


def strand(ordinal, count=3, first=0, size=2):
    """A ring whose records hold first, first + 1, …"""
    file = StreamFile(f"strand{ordinal}", ordinal=ordinal, block_count=size)
    file.block(sync(100, 100), *[record(number, number, -1, integer(first + number)) for number in range(count)])
    return file.bytes()


class Memory:
    """Memory of a process: a descriptor, rings, strands. What is put there may be changed before it is taken."""

    def __init__(self, base=BASE):
        self.base, self.data, self.rings = base, bytearray(4096), []

    def put(self, data, align=16):
        self.data += bytes(-len(self.data) % align)
        self.data += data
        return self.base + len(self.data) - len(data)

    def add(self, data):
        """Puts a stream file, and a ring that lists it."""
        address = self.put(data)
        own = self.put(bytes(32))
        self.rings.append([own, address, len(data)])

    def link(self, last=0):
        """Writes rings and descriptor; the newest ring comes first."""
        following = last
        for own, address, size in self.rings:
            self.at(own, ring(own, following, address, size))
            following = own
        self.descriptor = self.put(descriptor(self.base + len(self.data) + -len(self.data) % 16, following))
        return self

    def at(self, address, data):
        offset = address - self.base
        self.data[offset:offset + len(data)] = data

    def core(self):
        return core((0x400000, b"\x7fELF text"), (self.base, bytes(self.data)))


def small(*ordinals, base=BASE):
    memory = Memory(base)
    for ordinal in ordinals:
        memory.add(strand(ordinal, first=10 * ordinal))
    return memory


def values(objects):
    return [(item["stream"], item["fields"][0]["value"]) for item in objects if "fields" in item]


THREE = [(0, 0), (1, 10), (2, 20), (0, 1), (1, 11), (2, 21), (0, 2), (1, 12), (2, 22)]


class Cores(Case):
    def told(self, data, status, *words, arguments=()):
        """Reads an image that something is wrong with. Returns: its values."""
        ran = merge("--format=canonical", *arguments, self.file("image", data))
        self.assertEqual(ran.status, status, ran.err)
        for word in words:
            self.assertIn(word, ran.err)
        return values(ran.objects)

    def test_strands_by_ordinal(self):
        for ordinals in ((0, 1, 2), (2, 0, 1), (1, 2, 0)):
            image = self.file("core", small(*ordinals).link().core())
            self.assertEqual(values(self.objects(image)), THREE)
            self.assertEqual(merge("--format=canonical", "-", stdin=image.read_bytes()).objects, self.objects(image))
        self.assertEqual(merge(image).lines[0], "0.000000100 strand0 0")

    def test_definitions_hold_for_the_others(self):
        memory = Memory()
        file = StreamFile("a", ordinal=0).block(sync(1, 1), record(1, 1, -1, key_id(2), integer(7)))
        keys = StreamFile("keys", kind=DEFINITIONS, ordinal=1).block(sync(1, 1), definition(KEY, 2, string("fd")))
        memory.add(file.bytes())
        memory.add(keys.bytes() + bytes(8192))
        ran = merge(self.file("core", memory.link().core()))
        self.assertEqual((ran.status, ran.lines), (0, ["0.000000002 a fd=7"]))

    def test_a_merged_file_is_made_of_it(self):
        image = self.file("core", small(0, 1, 2).link().core())
        self.assertEqual(merge("--format=binary", "-o", self.folder / "merged", image).status, 0)
        self.assertEqual(self.canonical(self.folder / "merged"), self.canonical(image))
        self.assertEqual(run(STRANDLINE, "stats", image).lines[-1], "9 records, 3 strands, span 0.000 s, 0 lost")

    def test_several_descriptors(self):
        one, other = small(1, 0).link(), small(0, base=BASE + (1 << 20)).link()
        both = core((one.base, bytes(one.data)), (other.base, bytes(other.data)))
        self.assertEqual({stream for stream, _ in values(self.objects(self.file("core", both)))}, {0, 1, 2})
        self.assertEqual(merge(self.folder / "core").lines[2].split()[1:], ["strand0", "0"])

    def test_a_list_without_rings(self):
        self.assertEqual(self.told(Memory().link().core(), 3, "lists no strand"), [])

    def test_loops_end(self):
        for length in range(1, 9):
            for back in range(length):
                memory = small(*range(length))
                memory.link(last=memory.rings[back][0])
                got = self.told(memory.core(), 1, "leads back here")
                self.assertEqual(len(got), 3 * length)

    def test_addresses_outside_are_skipped(self):
        memory = small(0, 1, 2)
        size = memory.rings[1][2]
        for address, length in ((0, size), (BASE - 1, size), (BASE + (1 << 30), size), (MASK, size),
                                (MASK - size, size), (BASE, MASK), (BASE, (1 << 64) - BASE), (memory.rings[1][1], 1 << 40)):
            memory.rings[1][1:] = address, length
            got = self.told(memory.link().core(), 1, f"address 0x{address:x}: skipped: a strand that is not")
            self.assertEqual(got, [(stream, value) for stream, value in
                                   [(0, 0), (1, 20), (0, 1), (1, 21), (0, 2), (1, 22)]])

    def test_no_list_goes_on_where_no_ring_is(self):
        for target in (BASE + 8, BASE - 32, 1, MASK, BASE + (1 << 40)):
            self.assertEqual(len(self.told(small(0, 1).link(last=target).core(), 1, f"0x{target:x}: the list")), 6)
        memory = small(0, 1, 2).link()
        memory.at(memory.rings[1][0] + 24, b"\xff\xff")
        self.assertEqual(len(self.told(memory.core(), 1, f"0x{memory.rings[1][0]:x}: the list")), 3)

    def test_copies_are_no_descriptors(self):
        memory = small(0, 1, 2).link()
        memory.put(bytes(memory.data[-256:]))
        memory.put(MAGIC)
        self.assertEqual(self.told(memory.core(), 0, "note: ", "does not stand where it says"), THREE)
        memory.at(memory.descriptor + 24, struct.pack("=Q", memory.descriptor + 8))
        self.assertEqual(self.told(memory.core(), 3, "note: ", "no descriptor"), [])
        memory.at(memory.descriptor + 24, struct.pack("=Q", 0))
        self.assertEqual(self.told(memory.core(), 3, "no descriptor"), [])

    def test_descriptors_stand_at_multiples_of_8(self):
        memory = small(0)
        memory.link()
        memory.put(b"x", align=16)
        shifted = memory.base + len(memory.data)
        memory.at(memory.descriptor, bytes(16))
        memory.data += descriptor(shifted, memory.rings[0][0])
        self.assertEqual(self.told(memory.core(), 3, "no descriptor"), [])

    def test_other_versions(self):
        for other in ({"version": 2}, {"order": 0x04030201}):
            memory = small(0).link()
            memory.at(memory.descriptor, descriptor(memory.descriptor, memory.rings[0][0], **other))
            self.assertEqual(self.told(memory.core(), 3, "another version or byte order"), [])

    def test_overlaps_are_read_once(self):
        memory = small(0, 1)
        memory.rings.append([memory.put(bytes(32)), *memory.rings[1][1:]])
        memory.rings.append([memory.put(bytes(32)), memory.rings[1][1] + 4096, 8192])
        self.assertEqual(len(self.told(memory.link().core(), 1, "overlaps")), 6)
        aliased = small(0).link()
        data = core((aliased.base, bytes(aliased.data)), (BASE + (1 << 30), b""))
        second = bytearray(data)
        second[64 + 56 + 8:64 + 56 + 40] = struct.pack("<QQQQ", 4096, BASE + (1 << 30), 0, len(aliased.data))
        self.assertEqual(len(self.told(bytes(second), 0)), 3)

    def test_very_many_rings(self):
        memory = small(0)
        table = memory.base + len(memory.data)
        target = memory.rings[0][1:]
        rings = [ring(table + 32 * i, table + 32 * (i + 1), *target) for i in range(70000)]
        memory.data += b"".join(rings)
        memory.link()
        memory.at(memory.descriptor, descriptor(memory.descriptor, table))
        started = time.monotonic()
        told = "more rings than are read", "overlaps", "more of its rings"
        self.assertEqual(len(self.told(memory.core(), 1, *told)), 3)
        self.assertLess(time.monotonic() - started, 60)
        self.assertLess(len(merge(self.folder / "image").err.splitlines()), 20)

    def test_cut_anywhere(self):
        memory = small(0, 1, 2)
        whole = memory.link().core()
        ends = random.Random(3).sample(range(len(whole)), 80)
        for end in (*ends, 0, 4, 16, 17, 63, 64, 100, 4096):
            ran = merge("--format=canonical", self.file("core", whole[:end]))
            self.assertEqual((ran.status, ran.out), (3, b""), (end, ran.err))  # the descriptor is last
        head = Memory()
        own = head.put(bytes(256))
        for ordinal in range(3):
            head.add(strand(ordinal, first=10 * ordinal))
        head.link()
        head.at(own, descriptor(own, head.rings[-1][0]))
        head.at(head.descriptor, bytes(256))
        whole = head.core()
        seen = set()
        for end in range(8192, len(whole), 509):
            ran = merge("--format=canonical", self.file("core", whole[:end]))
            self.assertIn(ran.status, (1, 3), (end, ran.err))
            self.assertNotEqual(ran.err, "")
            seen.add(len(ran.objects))
        self.assertEqual(self.told(whole, 0), THREE)
        self.assertIn(0, seen)

    def test_a_strand_that_was_cut_is_skipped(self):
        memory = Memory()
        own = memory.put(bytes(256))
        rings = [memory.put(bytes(32)) for _ in range(2)]
        places = [memory.put(strand(ordinal, first=10 * ordinal)) for ordinal in range(2)]
        for i in range(2):
            memory.at(rings[i], ring(rings[i], rings[1] if i == 0 else 0, places[i], len(strand(i))))
        memory.at(own, descriptor(own, rings[0]))
        whole = memory.core()
        self.assertEqual(len(self.told(whole, 0)), 6)
        self.assertEqual(len(self.told(whole[:-1], 1, "not wholly")), 3)

    def test_pieces_of_memory(self):
        memory = small(0, 1, 2).link()
        cut = memory.rings[1][1] - memory.base + 5000
        first, second = bytes(memory.data[:cut]), bytes(memory.data[cut:])
        joined = core((memory.base, first), (memory.base + cut, second))
        self.assertEqual(self.told(joined, 0), THREE)
        apart = core((memory.base + cut, second), (memory.base, first))
        self.assertEqual(len(self.told(apart, 1, "not wholly")), 6)

    def test_very_many_segments(self):
        memory = small(0, 1, 2).link()
        others = [(0x1000 * (i + 1), b"x") for i in range(70000)]
        self.assertEqual(self.told(core(*others, (memory.base, bytes(memory.data)), extended=True), 0), THREE)

    def test_the_end_of_the_address_space(self):
        memory = small(0)
        base = (1 << 64) - (len(memory.data) + 256 + -len(memory.data) % 16)
        memory = small(0, base=base).link()
        self.assertEqual(base + len(memory.data), 1 << 64)
        self.assertEqual(len(self.told(core((base, bytes(memory.data))), 0)), 3)
        self.assertEqual(len(self.told(bytes(memory.data), 0, arguments=["--image"])), 3)

    def test_what_is_listed_may_be_no_strand(self):
        memory = small(0)
        memory.add(bytes(8192))
        memory.add(b"")
        self.assertEqual(len(self.told(memory.link().core(), 1, "bad-magic", "file-header-past-end")), 3)

    def test_other_elf_files(self):
        memory = small(0).link()
        segment = (memory.base, bytes(memory.data))
        self.assertEqual(self.told(core(segment, kind=EXEC), 3, "bad-magic"), [])
        self.assertEqual(self.told(core(segment, bits=1), 3, "another kind of machine"), [])
        self.assertEqual(self.told(core(segment, kind=CORE << 8, order=2), 3, "another kind of machine"), [])
        for end in (0, 4, 16, 17, 18, 63):
            self.assertEqual(self.told(core(segment)[:end], 3, "not read"), [])

    def test_any_byte_may_be_anything(self):
        source = random.Random(4)
        memory = small(0, 1, 2).link()
        good = memory.core()
        start = len(good) - len(memory.data)
        places = [*range(64 + 112), *range(start + memory.descriptor - memory.base, len(good))]
        for own, address, _ in memory.rings:
            places += range(start + own - memory.base, start + own - memory.base + 32)
            places += range(start + address - memory.base, start + address - memory.base + 200)
        for _ in range(300):
            data = bytearray(good)
            for _ in range(source.randrange(1, 6)):
                data[source.choice(places)] = source.choice((0, 1, 0x7F, 0x80, 0xFF, source.randrange(256)))
            ran = merge("--format=canonical", self.file("core", bytes(data)))
            self.assertIn(ran.status, (0, 1, 3), ran.err)
            self.assertTrue(ran.status == 0 or ran.err)

    def test_no_program_holds_the_magic(self):
        for path in (STRANDLINE, LOGCAT_MERGE, CORE_CHILD):
            self.assertNotIn(MAGIC, pathlib.Path(path).read_bytes())


class Raw(Case):
    def test_addresses_count_from_the_descriptor(self):
        for base in (BASE, 0, 0x1000, 8, MASK - (1 << 20) + 1):
            for shift in (0, 1, 4093):
                image = self.file("ram", bytes(shift) + small(0, 1, 2, base=base).link().data)
                self.assertEqual(values(self.objects("--image", image)), THREE)
                ran = merge(image)
                self.assertEqual((ran.status, "bad-magic" in ran.err), (3, True))

    def test_a_core_is_still_a_core(self):
        image = self.file("core", small(0, 1, 2).link().core())
        self.assertEqual(self.canonical("--image", image), self.canonical(image))

    def test_addresses_outside_are_skipped(self):
        memory = small(0, 1)
        memory.rings[0][1] = BASE - 4096
        ran = merge("--image", "--format=canonical", self.file("ram", bytes(100) + memory.link().data))
        self.assertEqual((ran.status, len(ran.objects)), (1, 3))
        self.assertIn("not wholly", ran.err)

    def test_nothing_there(self):
        for data in (b"", b"x", bytes(3 << 20), MAGIC, MAGIC * 100, StreamFile().block(sync(1, 1)).bytes()):
            ran = merge("--image", self.file("ram", data))
            self.assertEqual((ran.status, ran.out), (3, b""))
            self.assertTrue(ran.err)

    def test_found_at_any_place(self):
        # A MiB is looked through at a time.
        for place in (1 << 20) - 256, (1 << 20) - 16, 1 << 20, (2 << 20) - 32:
            memory = small(0, 1, 2)
            memory.data += bytes(place - len(memory.data))
            memory.link()
            for shift in range(17):
                image = self.file("ram", bytes(shift) + memory.data)
                self.assertEqual(values(self.objects("--image", image)), THREE)

    def test_bare_strands_are_no_images(self):
        ran = merge("--image", "--raw", self.file("ram", b""))
        self.assertEqual(ran.status, 2)


class Processes(Case):
    THREADS, RECORDS = 8, 2000

    def setUp(self):
        super().setUp()
        self.environment = {**os.environ, "LC_ALL": "C"}

    def check_core(self, image):
        ran = merge("--format=canonical", image)
        self.assertEqual((ran.status, ran.err), (0, ""))
        for stream in range(self.THREADS):
            got = [item["fields"] for item in ran.objects if item["stream"] == stream]
            self.assertEqual([fields[2]["value"] for fields in got], list(range(self.RECORDS)))
            self.assertEqual(got[0][:2], [{"type": "string", "value": "step"},
                                          {"type": "key", "id": 2, "name": "number"}])
        self.assertEqual(len(ran.objects), self.THREADS * self.RECORDS)

    def test_a_core_of_the_kernel(self):
        pattern = pathlib.Path("/proc/sys/kernel/core_pattern").read_text(encoding="utf-8").strip()
        if pattern.startswith(("|", "/")) or "/" in pattern or not pattern:
            self.skipTest(f"kernel.core_pattern is {pattern!r}: cores go elsewhere")
        if resource.getrlimit(resource.RLIMIT_CORE)[1] != resource.RLIM_INFINITY and os.getuid() != 0:
            self.skipTest("cores are limited here")
        unlimited = resource.RLIM_INFINITY, resource.RLIM_INFINITY
        done = subprocess.run([CORE_CHILD, str(self.THREADS), str(self.RECORDS), "abort"], cwd=self.folder, check=False,
                              stdout=subprocess.DEVNULL, env=self.environment,
                              preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, unlimited))
        self.assertLess(done.returncode, 0)
        cores = list(self.folder.iterdir())
        if not cores:
            self.skipTest("the kernel wrote no core here")
        self.check_core(cores[0])

    def test_a_core_of_gdb(self):
        if shutil.which("gcore") is None:
            self.skipTest("no gcore here; it is part of gdb")
        with subprocess.Popen([CORE_CHILD, str(self.THREADS), str(self.RECORDS), "wait"], stdout=subprocess.PIPE,
                              env=self.environment) as child:
            try:
                self.assertEqual(child.stdout.readline(), b"ready\n")
                done = subprocess.run(["gcore", "-o", self.folder / "core", str(child.pid)], capture_output=True,
                                      check=False, env=self.environment)
            finally:
                child.kill()
        cores = list(self.folder.iterdir())
        if done.returncode != 0 or not cores:
            self.skipTest("gcore may not look at a process here")
        self.check_core(cores[0])


if __name__ == "__main__":
    tap.main()
