#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the vectors: those of every generator here, and vectors/MANIFEST.

    generate/all.py             write; vectors that no generator makes any more are removed
    generate/all.py --check     write nothing: fail if a file differs, is missing, or is made by nobody

A generator is a file here with a function `vectors()`, which gives pairs of an area and a vector.
MANIFEST has the version of the vectors, their number, and the SHA-256 of each.
"""
import argparse
import hashlib
import importlib
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from suite.vectors import VECTORS, parse  # noqa: E402

VERSION = "0.9.0"


def generators():
    for path in sorted(HERE.glob("*.py")):
        if path.stem != "all":
            module = importlib.import_module(path.stem)
            if hasattr(module, "vectors"):
                yield path.stem, module.vectors


def generate():
    """→ {path below vectors/: text} of all vectors; fails where two have one id or a sibling is nowhere"""
    files, owners, siblings = {}, {}, {}
    for generator, vectors in generators():
        for area, vector in vectors():
            if vector.id in owners:
                sys.exit("%s: %s has it too: %s" % (generator, owners[vector.id], vector.id))
            owners[vector.id] = generator
            siblings[vector.id] = vector.sibling
            text = vector.text()
            parse(text, "%s: %s" % (generator, vector.id))
            files["%s/%s.vec" % (area, vector.id)] = text
    for ident, sibling in siblings.items():
        if sibling and sibling not in owners:
            sys.exit("%s: %s: no vector is called %s" % (owners[ident], ident, sibling))
    return files


def manifest(files):
    lines = ["version %s" % VERSION, "vectors %d" % len(files)]
    lines += ["%s  %s" % (hashlib.sha256(files[path].encode()).hexdigest(), path) for path in sorted(files)]
    return "\n".join(lines) + "\n"


def stored():
    """→ the files below vectors/ that should have been made here"""
    found = {str(path.relative_to(VECTORS)): path for path in VECTORS.rglob("*") if path.is_file()}
    found.pop("CHANGELOG.md", None)
    return found


def check(files):
    there, wrong = stored(), []
    for name in sorted(there.keys() | files.keys()):
        if name not in files:
            wrong.append("%s: no generator makes it" % name)
        elif name not in there:
            wrong.append("%s: is missing" % name)
        elif there[name].read_bytes() != files[name].encode():
            wrong.append("%s: differs from what its generator makes" % name)
    return wrong


def write(files):
    for name, path in stored().items():
        if name not in files:
            path.unlink()
    for name, text in files.items():
        path = VECTORS / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_bytes() != text.encode():
            path.write_bytes(text.encode())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing, compare")
    options = parser.parse_args()
    files = generate()
    count = len(files)
    files["MANIFEST"] = manifest(files)
    wrong = check(files) if options.check else write(files)
    print("\n".join(wrong or ["%d vectors" % count]))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
