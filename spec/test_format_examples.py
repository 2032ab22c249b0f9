#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds the examples of spec/FORMAT.md to what they say.

    spec/test_format_examples.py                 decode them with conformance/reference
    spec/test_format_examples.py --tool PATH     and with a tool, run as PATH --raw --format=canonical FILE…
    spec/test_format_examples.py --show          print what the reference makes of each example

An example is one fence with the info string `hex`, or several in a row (several inputs), directly followed by a
fence `canonical` with the lines that reading must give. Inside a hex fence `#` starts a comment and `00*9` is nine
bytes 00. The word behind `hex` says what the bytes are:

    hex                                       a bare strand
    hex strict                                a bare strand, read in strict mode
    hex file                                  a stream file, of one section or several
    hex ring begin=N end=N tick=N nano=N      the memory of a byte ring and its reader state
    hex image                                 an image of memory with a descriptor in it
    hex go-trace                              an execution trace file of the Go runtime
"""
import argparse
import pathlib
import struct
import subprocess
import sys
import tempfile

SPEC = pathlib.Path(__file__).resolve().parent
CONFORMANCE = SPEC.parent / "conformance"
sys.path[:0] = [str(CONFORMANCE), str(CONFORMANCE / "reference")]

from byte_ring import unrolled  # noqa: E402
from merging import read_example  # noqa: E402
from suite import hexes  # noqa: E402


def examples(path):
    """→ (line number, [(words behind hex, bytes)], expected lines)"""
    inputs, first, fence, body = [], 0, None, []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if fence is None and line.startswith("```"):
            fence, body = line[3:].split() or ["plain"], []
        elif fence is not None and line == "```":
            if fence[0] == "hex":
                first = first if inputs else number - len(body) - 1
                inputs.append((fence[1:], hexes.parse(body)))
            elif fence[0] == "canonical":
                if not inputs:
                    sys.exit("%s:%d: canonical lines without a hex example" % (path, number))
                yield first, inputs, body
                inputs = []
            fence = None
        elif fence is not None:
            body.append(line)
        elif line.strip() and inputs:
            sys.exit("%s:%d: hex example without canonical lines" % (path, first))


def run_tool(tool, inputs):
    """→ lines, or None where the tool has no such input"""
    if any(how[:1] == ["go-trace"] for how, _ in inputs):
        return None
    words = {how[0] if how else "bare" for how, _ in inputs}
    switches = ["--image"] * ("image" in words) + ["--strict"] * ("strict" in words)
    switches += ["--raw"] * (not words & {"file", "image"})
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for i, (how, data) in enumerate(inputs):
            if how[:1] == ["ring"]:
                options = dict(word.split("=") for word in how[1:])
                data = struct.pack("<HQQ", 0, int(options["tick"]), int(options["nano"])) + unrolled(data, int(options["begin"]), int(options["end"]))
            paths.append(pathlib.Path(folder) / ("%d.strand" % i))
            paths[-1].write_bytes(data)
        command = [tool, "--format=canonical"] + switches + [str(p) for p in paths]
        result = subprocess.run(command, capture_output=True, timeout=60)
    lines = result.stdout.decode("utf-8", "surrogateescape").splitlines()
    wanted = 1 if any(line.startswith('{"diag"') for line in lines) else 0
    return lines if result.returncode == wanted else lines + ["exit status %d, not %d" % (result.returncode, wanted)]


def compare(where, who, wanted, got):
    if wanted == got:
        return True
    print("%s: %s differs" % (where, who))
    for line in wanted:
        if line not in got:
            print("  - " + line)
    for line in got:
        if line not in wanted:
            print("  + " + line)
    if sorted(wanted) == sorted(got):
        print("  the same lines in another order")
    return False


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tool", help="logcat-merge, or what takes the same options")
    parser.add_argument("--show", action="store_true", help="print what the examples decode to")
    parser.add_argument("file", nargs="?", type=pathlib.Path, default=SPEC / "FORMAT.md")
    options = parser.parse_args()
    count, failed = 0, 0
    for line, inputs, wanted in examples(options.file):
        where = "%s:%d" % (options.file.name, line)
        count += 1
        got = read_example(inputs)
        if options.show:
            print("\n".join(["# " + where] + got))
            continue
        good = compare(where, "the reference", wanted, got)
        if options.tool:
            told = run_tool(options.tool, inputs)
            good = (told is None or compare(where, options.tool, wanted, told)) and good
        failed += not good
    print("%d examples, %d wrong" % (count, failed), file=sys.stderr)
    sys.exit(1 if failed or count == 0 else 0)


if __name__ == "__main__":
    main()
