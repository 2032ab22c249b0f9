#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Profiles as others read them: protoc by the fields' numbers, `go tool pprof` by their meaning.

    test_pprof.py [NAME…]     all tests, or those whose name contains a NAME

The child comes from the environment (PROFILE_CHILD), else from build/.
"""
import collections
import os
import pathlib
import re
import shutil
import subprocess
import time
import unittest

import tap
from tap import program

CHILD = program("PROFILE_CHILD", "recorder/test/profile_child")
SCHEMA = pathlib.Path(__file__).resolve().parent / "profile_subset.proto"
SANITIZED = "SANITIZED" in os.environ


def needs(program):
    return unittest.skipUnless(shutil.which(program), f"there is no {program}")


def has_pprof():
    shown = shutil.which("go") and subprocess.run(["go", "tool", "-n", "pprof"], capture_output=True, check=False)
    return shown and shown.returncode == 0


def message(lines):
    """A message as protoc prints it: {field: [values, messages]}."""
    fields = collections.defaultdict(list)
    for line in lines:
        line = line.strip()
        if line == "}":
            break
        if line.endswith("{"):
            fields[line[:-2]].append(message(lines))
        else:
            name, value = line.split(": ", 1)
            fields[name].append(value[1:-1] if value.startswith('"') else int(value))
    return fields


class Profile:
    """A profile's content by protoc."""

    def __init__(self, path):
        done = subprocess.run(["protoc", f"--proto_path={SCHEMA.parent}", "--decode=Profile", SCHEMA.name],
                              input=path.read_bytes(), capture_output=True, check=True)
        self.text = done.stdout.decode()
        self.fields = message(iter(self.text.splitlines()))
        self.strings = self.fields["string_table"]
        self.locations = {location["id"][0]: location for location in self.fields["location"]}
        self.mappings = {mapping["id"][0]: mapping for mapping in self.fields["mapping"]}

    def string(self, holder, field):
        return self.strings[holder[field][0]] if holder[field] else ""

    @property
    def types(self):
        return [(self.string(t, "type"), self.string(t, "unit")) for t in self.fields["sample_type"]]

    @property
    def total(self):
        return [sum(values) for values in zip(*(sample["value"] for sample in self.fields["sample"]))]

    def name(self, location_id):
        """Function of the program itself by addr2line: its addresses are offsets in its file, as GNU ld has it."""
        location = self.locations[location_id]
        mapping = self.mappings[location["mapping_id"][0]]
        if self.string(mapping, "filename") != os.path.realpath(CHILD):
            return ""
        at = location["address"][0] - mapping["memory_start"][0] + mapping["file_offset"][0]
        done = subprocess.run(["addr2line", "-f", "-e", CHILD, hex(at)], capture_output=True, check=True)
        return done.stdout.decode().split()[0]

    def by_leaf(self):
        """Values by the function that a stack begins with."""
        found = {}
        for sample in self.fields["sample"]:
            name = self.name(sample["location_id"][0])
            found[name] = [a + b for a, b in zip(found.get(name, [0] * 4), sample["value"])]
        return found


class Pprof(tap.Case):
    def written(self, mode):
        """The profile's file, and the numbers that the child printed."""
        path = self.folder / "profile"
        ran = tap.run(CHILD, mode, path)
        self.assertEqual(ran.status, 0, ran.err)
        return path, [int(word) for word in ran.out.split()]

    def pprof(self, *arguments):
        environment = dict(os.environ, PPROF_TMPDIR=str(self.folder), HOME=str(self.folder))
        done = subprocess.run(["go", "tool", "pprof", *map(str, arguments)], capture_output=True, check=False,
                              env=environment)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        return done.stdout.decode()

    def top(self, path, index):
        """{function: flat value} of `pprof -top`."""
        shown = self.pprof("-top", "-unit=B", f"-sample_index={index}", "-nodefraction=0", CHILD, path)
        rows = re.findall(r"^ *(\d+)B? +\S+% +\S+% +(\d+)B? +\S+%  (\S+)", shown, re.M)
        return {name: int(flat) for flat, _, name in rows if flat != "0"}

    @needs("protoc")
    @needs("addr2line")
    def test_heap(self):
        before = time.time_ns()
        path, _ = self.written("heap")
        profile = Profile(path)
        self.assertEqual(profile.types, [("alloc_objects", "count"), ("alloc_space", "bytes"),
                                         ("inuse_objects", "count"), ("inuse_space", "bytes")])
        self.assertEqual(profile.fields["period"], [1])
        self.assertEqual(profile.string(profile.fields["period_type"][0], "unit"), "bytes")
        self.assertTrue(before <= profile.fields["time_nanos"][0] <= time.time_ns())
        self.assertEqual(profile.by_leaf(), {"allocate_small": [100, 1600, 60, 960],
                                             "allocate_large": [3, 3145728, 3, 3145728]})
        self.assertEqual(profile.fields["comment"], [])

    @needs("protoc")
    def test_tables_are_consistent(self):
        for mode in "heap", "events", "sampled":
            profile = Profile(self.written(mode)[0])
            self.assertNotRegex(profile.text, r"(?m)^\s*\d+:", "a field that the schema doesn't have")
            self.assertEqual(profile.strings[0], "")
            self.assertEqual(len(profile.locations), len(profile.fields["location"]), "an id comes twice")
            self.assertEqual(len(profile.mappings), len(profile.fields["mapping"]), "an id comes twice")
            addresses = [location["address"][0] for location in profile.locations.values()]
            self.assertEqual(len(addresses), len(set(addresses)), "an address comes twice")
            for location in profile.locations.values():
                mapping = profile.mappings[location["mapping_id"][0]]
                self.assertTrue(mapping["memory_start"][0] <= location["address"][0] < mapping["memory_limit"][0])
            used = {i for sample in profile.fields["sample"] for i in sample["location_id"]}
            self.assertEqual(used, set(profile.locations))
            for sample in profile.fields["sample"]:
                self.assertEqual(len(sample["value"]), len(profile.types))

    @needs("protoc")
    @needs("readelf")
    def test_mappings_are_those_of_the_file(self):
        profile = Profile(self.written("heap")[0])
        mapping = profile.fields["mapping"][0]
        notes = subprocess.run(["readelf", "-n", CHILD], capture_output=True, check=True).stdout.decode()
        segments = subprocess.run(["readelf", "-lW", CHILD], capture_output=True, check=True).stdout.decode()
        self.assertEqual(profile.string(mapping, "filename"), os.path.realpath(CHILD))
        self.assertEqual(profile.string(mapping, "build_id"), "".join(re.findall(r"Build ID: (\w+)", notes)))
        code = re.search(r"LOAD +(0x\w+) (0x\w+) 0x\w+ 0x\w+ (0x\w+) R E", segments)
        self.assertEqual(mapping["file_offset"], [int(code[1], 0) & ~4095])
        self.assertGreaterEqual(mapping["memory_limit"][0] - mapping["memory_start"][0], int(code[3], 0))

    @needs("protoc")
    def test_samples_stand_for_all(self):
        path, want = self.written("sampled")
        profile = Profile(path)
        self.assertEqual(profile.fields["period"], [4096])
        for got, expected in zip(profile.total, want):
            self.assertLess(abs(got - expected), expected * 0.05, f"{profile.total}, want {want}")

    @needs("protoc")
    @needs("addr2line")
    @unittest.skipIf(SANITIZED, "malloc is the sanitizer's")
    def test_inside_malloc(self):
        path, (mallocs, frees) = self.written("interposed")
        profile = Profile(path)
        self.assertEqual(profile.total[0], mallocs)
        self.assertEqual(profile.total[2], mallocs - frees)
        copies = collections.Counter()
        for sample in profile.fields["sample"]:
            if "copy_of" in [profile.name(i) for i in sample["location_id"][:2]]:  # malloc may be inlined
                copies.update(objects=sample["value"][0], in_use=sample["value"][2])
        self.assertEqual(copies, {"objects": 4 * 2001, "in_use": 4})

    @unittest.skipUnless(has_pprof(), "there is no go tool pprof")
    def test_pprof_shows_the_functions(self):
        path, _ = self.written("heap")
        self.assertEqual(self.top(path, "alloc_objects"), {"allocate_small": 100, "allocate_large": 3})
        self.assertEqual(self.top(path, "inuse_objects"), {"allocate_small": 60, "allocate_large": 3})
        self.assertEqual(self.top(path, "inuse_space"), {"allocate_small": 960, "allocate_large": 3145728})

    @unittest.skipUnless(has_pprof(), "there is no go tool pprof")
    def test_pprof_shows_the_stacks(self):
        path, _ = self.written("events")
        raw = self.pprof("-raw", CHILD, path)
        self.assertRegex(raw, r"PeriodType: delay nanoseconds\nPeriod: 1\n")
        self.assertRegex(raw, r"Samples:\ncontentions/count delay/nanoseconds\n")
        names = dict(re.findall(r"^ +(\d+): 0x\w+ M=1 (\w*)", raw, re.M))
        stacks = collections.Counter()
        for count, delay, ids in re.findall(r"^ +(\d+) +(\d+): ([\d ]+)$", raw, re.M):
            self.assertEqual(int(delay), int(count) * 1000)
            deep = [names[i] for i in ids.split()[:2]] == ["wait_briefly", "wait_deeply"]
            self.assertEqual(names[ids.split()[0]], "wait_briefly")
            stacks["deep" if deep else "flat"] += int(count)
        self.assertEqual(stacks, {"deep": 2, "flat": 5})


if __name__ == "__main__":
    tap.main()
