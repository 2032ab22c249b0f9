#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds spec/strand.ksy to spec/registry.tsv and to the examples of spec/FORMAT.md.

    test_ksy.py                    each enum of strand.ksy has the names and numbers of its space of the registry
    test_ksy.py --driver PATH      and the decoder behind PATH (FOLDER/driver of conformance/kaitai/build) gives the
                                   lines of each example that has no diagnostics

A name that is a word of Python's own stands in strand.ksy as `{id: OTHER, -orig-id: NAME}`.
"""
import argparse
import csv
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "spec"))
from test_format_examples import examples  # noqa: E402

SPACES = {  # enum of strand.ksy: space of the registry
    "frame_kind": "frame",
    "field_type": "field",
    "def_kind": "def",
    "strand_kind": "strand-kind",
    "p_meaning": "p-meaning",
    "incompat_bit": "incompat",
    "compat_bit": "compat",
    "block_flag": "block-flag",
    "trace_event": "trace",
    "diag": "diag",
    "status": "status",
}
NOT_IN_BYTES = {"category"}
ENUM = re.compile(r"  (\w+):")
MEMBER = re.compile(r"    (\w+): (?:'?(\w+)'?|\{id: \w+, -orig-id: (\w+)\})")


def enums_of_ksy(path):
    """→ {enum: [(number, name)]}; every line of the part `enums` must be one that this understands."""
    lines = path.read_text(encoding="utf-8").split("\nenums:\n")[1].splitlines()
    enums = {}
    for line in lines:
        if enum := ENUM.fullmatch(line):
            members = enums.setdefault(enum[1], [])
        elif member := MEMBER.fullmatch(line):
            members.append((int(member[1], 0), member[2] or member[3]))
        else:
            sys.exit("%s: this is neither an enum nor a member: %s" % (path.name, line))
    return enums


def rows_of_registry():
    with (ROOT / "spec" / "registry.tsv").open(encoding="utf-8", newline="") as f:
        for row in csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE):
            if row["space"] not in NOT_IN_BYTES:
                yield row["space"], int(row["code"], 0), row["name"].lower()


def differences(enums):
    registry = list(rows_of_registry())
    for enum in sorted(set(enums) ^ set(SPACES)):
        yield "enum %s stands in strand.ksy or in this test alone" % enum
    for space in sorted({row[0] for row in registry} - set(SPACES.values())):
        yield "space %s of the registry is no enum" % space
    for enum, space in SPACES.items():
        wanted = {(number, name) for where, number, name in registry if where == space}
        got = enums.get(enum, [])
        for number, name in sorted(wanted - set(got)):
            yield "%s: strand.ksy lacks %d: %s" % (enum, number, name)
        for number, name in sorted(set(got) - wanted):
            yield "%s: the registry has no %d: %s" % (enum, number, name)
        if len(set(got)) != len(got):
            yield "%s: something stands twice" % enum


def request_of(how, data):
    if how[:1] == ["ring"]:
        state = dict(word.split("=") for word in how[1:])
        ring = ",".join([str(len(data))] + [state[name] for name in ("begin", "end", "tick", "nano")])
        return "decode raw ring=%s %s" % (ring, data.hex())
    return "decode %s %s" % (how[0] if how else "raw", data.hex() or "-")


def ask(driver, requests):
    """→ the answers, each a list of its first line without the request's name and the lines behind it"""
    text = "".join("e%d %s\n" % pair for pair in enumerate(requests))
    told = subprocess.run([driver, "--serve"], input=text, capture_output=True, encoding="utf-8", timeout=120)
    lines = told.stdout.split("\n")[1:]
    answers = []
    while lines and lines[0]:
        words = lines[0].split(" ", 2)
        count = int(words[2]) if words[1] == "ok" else 0
        answers.append([" ".join(words[1:])] + lines[1:1 + count])
        lines = lines[1 + count:]
    return answers


def check_examples(driver):
    """→ how many were compared, how many are wrong"""
    cases = [(line, inputs[0], wanted) for line, inputs, wanted in examples(ROOT / "spec" / "FORMAT.md")
             if len(inputs) == 1 and not any(text.startswith('{"diag"') for text in wanted)]
    answers = ask(driver, [request_of(*example) for _, example, _ in cases])
    wrong = 0 if len(answers) == len(cases) else 1
    if wrong:
        print("the driver answered %d of %d requests" % (len(answers), len(cases)))
    for (line, _, wanted), got in zip(cases, answers):
        if got != ["ok %d" % len(wanted)] + wanted:
            print("FORMAT.md:%d:" % line, *(["wanted:"] + wanted + ["got:"] + got), sep="\n  ")
            wrong += 1
    return len(cases), wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--driver")
    options = parser.parse_args()
    enums = enums_of_ksy(ROOT / "spec" / "strand.ksy")
    found = list(differences(enums))
    for line in found:
        print("strand.ksy: " + line)
    print("%d enums of strand.ksy, %d differences" % (len(enums), len(found)), file=sys.stderr)
    count, wrong = check_examples(options.driver) if options.driver else (0, 0)
    if options.driver:
        print("%d examples without diagnostics, %d wrong" % (count, wrong), file=sys.stderr)
    sys.exit(1 if found or wrong or (options.driver and not count) else 0)


if __name__ == "__main__":
    main()
