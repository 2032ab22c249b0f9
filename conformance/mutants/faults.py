#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Shows that the suite bites: puts single faults into copies of the reference, each of which must fail a vector.

    faults.py                  all faults
    faults.py --only ID        one of them (or several: --only 'sync-*')
    faults.py --list           what there is, and run nothing
    faults.py --all-vectors    ask each all vectors, and say how many fail it

A fault is a line of the reference, and what stands there instead (faults/*.txt):

    fault    zigzag-sign                                      what it is called
    clause   4.3.1                                            what it breaks; vectors about that are asked first
    file     integers.py                                      in reference/
    why      0, 1, 2, 3 are 0, 1, -1, 2
    - return -(value + 1) // 2 if value & 1 else value // 2
    + return (value + 1) // 2 if value & 1 else -(value // 2)

What is marked `-` stands in the file exactly once. Lines keep their indentation relative to the first of their `-`
lines; a `-` behind a `+` begins another place.

Each copy is asked the vectors as `run.py --strict` does, up to the first that it answers wrongly. It has to *answer*:
a crash or an error kills nothing, for a fault is to be a plausible mistake, and not a broken program. A vector that
the reference itself fails kills nothing either, and fails the run.

    killed     a vector fails: good
    survived   no vector sees it: one is missing
    error      its line isn't there exactly once, it isn't Python, it doesn't start, or it only crashes
"""
import argparse
import collections
import concurrent.futures
import fnmatch
import os
import pathlib
import re
import shlex
import shutil
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
CONFORMANCE = HERE.parent
sys.path.insert(0, str(CONFORMANCE))

from suite import drivers, vectors, verdict  # noqa: E402

REGISTRY = CONFORMANCE.parent / "spec" / "registry.tsv"
KEYS = ("fault", "clause", "file", "why")
ANSWERS = ("ok", "reject", "limit")
SECONDS = 60.0  # that a fault may take

Place = collections.namedtuple("Place", "old new")
Outcome = collections.namedtuple("Outcome", "word text")


class FaultError(Exception):
    """What is wrong with a fault."""


# Faults


class Fault:
    """One of them, as it stands in its file."""

    def __init__(self, lines, where):
        self.places = []
        values = {}
        for line in lines:
            key, _, rest = line.partition(" ")
            if key in ("-", "+"):
                self.add_line(key, rest, where)
            elif key in KEYS and key not in values:
                values[key] = rest.strip()
            else:
                raise FaultError(f"{where}: not understood: {line}")
        missing = [key for key in KEYS if not values.get(key)]
        if missing or not self.places or not all(place.new for place in self.places):
            raise FaultError(f"{where}: lacks {' '.join(missing) or 'lines'}")
        self.id, self.file, self.why = values["fault"], values["file"], values["why"]
        self.clauses = values["clause"].split()

    def add_line(self, sign, text, where):
        if sign == "-" and (not self.places or self.places[-1].new):
            self.places.append(Place([], []))
        if not self.places:
            raise FaultError(f"{where}: a + without a -")
        place = self.places[-1]
        (place.old if sign == "-" else place.new).append(text)

    def applied(self, source):
        """The source with the fault."""
        lines = source.split("\n")
        for place in self.places:
            at, indent = found(place.old, lines)
            lines[at:at + len(place.old)] = [indent + line if line else line for line in place.new]
        changed = "\n".join(lines)
        try:
            compile(changed, self.file, "exec")
        except SyntaxError as error:
            raise FaultError(f"isn't Python: {error}") from None
        return changed


def found(old, lines):
    """Where these lines stand, and how far they are indented: exactly once, or it is an error."""
    hits = []
    for at in range(len(lines) - len(old) + 1):
        indent = lines[at][:len(lines[at]) - len(lines[at].lstrip())]
        if lines[at:at + len(old)] == [indent + line if line else line for line in old]:
            hits.append((at, indent))
    if len(hits) != 1:
        raise FaultError(f"stands there {len(hits)} times: {old[0]}")
    return hits[0]


def load_faults():
    """Those of all files."""
    faults = []
    for path in sorted((HERE / "faults").glob("*.txt")):
        text = re.sub(r"^#.*\n", "", path.read_text(encoding="utf-8"), flags=re.M)
        faults += [Fault(part.split("\n"), path.name) for part in re.split(r"\n{2,}", text.strip("\n"))]
    twice = [name for name, count in collections.Counter(fault.id for fault in faults).items() if count > 1]
    if twice:
        raise FaultError(f"more than one fault is called {twice[0]}")
    return faults


# Copies of the reference


class Folder:
    """Where the copies are made. The first is unchanged; it is compiled once for all."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        (self.root / "spec").mkdir()
        shutil.copy2(REGISTRY, self.root / "spec")
        self.clean = self.root / "conformance" / "reference"
        shutil.copytree(CONFORMANCE / "reference", self.clean, ignore=shutil.ignore_patterns("__pycache__", "test_*"))

    def with_fault(self, fault):
        """A copy that has the fault."""
        path = self.clean / fault.file
        if not path.is_file():
            raise FaultError(f"there is no {fault.file}")
        changed = fault.applied(path.read_text(encoding="utf-8"))
        copy = self.root / "conformance" / fault.id
        shutil.copytree(self.clean, copy)
        (copy / fault.file).write_text(changed, encoding="utf-8")
        for stale in (copy / "__pycache__").glob(f"{path.stem}.*"):
            stale.unlink()
        return copy


def command(copy):
    return " ".join([shlex.quote(sys.executable), shlex.quote(str(copy / "driver.py")), "--serve"])


# Asking


def nearness(clauses, vector):
    """0: the vector is about one of these clauses, 1: it tests one too, 2: it is about their chapter, 3: the rest."""
    about = [re.sub(r"-[a-z]$", "", clause) for clause in vector.clauses.split()]
    if about[0] in clauses:
        return 0
    if set(clauses) & set(about):
        return 1
    return 2 if about[0].split(".")[0] in {clause.split(".")[0] for clause in clauses} else 3


def failures(session, requests):
    """Of each vector that fails: vector, answer, verdict; as they come."""
    for vector, answer in session.ask(requests, time.monotonic() + SECONDS):
        said = verdict.judge(vector, answer, strict=True)
        if said.status == verdict.FAILED:
            yield vector, answer, said


def kill(copy, requests, all_vectors):
    """Which vector fails it first."""
    session = drivers.Session(command(copy))
    try:
        crashes, killers = 0, []
        for vector, answer, said in failures(session, requests):
            if answer.kind not in ANSWERS:
                crashes += 1
                continue
            killers.append((vector, said))
            if not all_vectors:
                break
    finally:
        session.kill()
    if killers:
        vector, said = killers[0]
        many = f" ({len(killers)} fail)" if all_vectors else ""
        return Outcome("killed", f"{vector.area}/{vector.id}: {said.why}{many}")
    if crashes:
        return Outcome("error", f"answers nothing wrongly, but {crashes} times not at all")
    return Outcome("survived", "no vector fails it")


def try_fault(folder, fault, requests, all_vectors):
    ordered = sorted(requests, key=lambda request: nearness(fault.clauses, request[0]))
    try:
        copy = folder.with_fault(fault)
        outcome = kill(copy, ordered, all_vectors)
        shutil.rmtree(copy)
        return outcome
    except (FaultError, drivers.NoDriver) as error:
        return Outcome("error", str(error))


def baseline(folder, requests):
    """The copy without a fault → the requests that may kill, and what it fails."""
    session = drivers.Session(command(folder.clean))
    failed = {vector.id: said for vector, _, said in failures(session, requests)}
    session.close()
    return [request for request in requests if request[0].id not in failed], failed


def show(word, name, clause, text):
    print(f"{word:9} {name:32} {clause:12} {text}", flush=True)


def run(faults, all_vectors):
    """→ the outcomes' words, and whether the reference itself passes."""
    requests = [(vector, drivers.request(vector)) for vector in vectors.load_all() if not vector.withdrawn]
    words = collections.Counter()
    with tempfile.TemporaryDirectory(prefix="mutants-") as root:
        folder = Folder(root)
        requests, failed = baseline(folder, requests)
        for name, said in failed.items():
            show("failed", name, "-", f"by the reference as it is: {said.why}")
        if not failed:
            show("passed", "(no fault)", "-", f"{len(requests)} vectors")
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            asked = pool.map(lambda fault: try_fault(folder, fault, requests, all_vectors), faults)
            for fault, outcome in zip(faults, asked):
                show(outcome.word, fault.id, fault.clauses[0], outcome.text)
                words[outcome.word] += 1
    return words, not failed


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", 1)[0])
    parser.add_argument("--only", action="append", metavar="ID", help="faults with such an id")
    parser.add_argument("--list", action="store_true", help="say what there is")
    parser.add_argument("--all-vectors", action="store_true", help="don't stop at the first vector that fails")
    return parser.parse_args()


def main():
    options = arguments()
    try:
        faults = [fault for fault in load_faults()
                  if not options.only or any(fnmatch.fnmatchcase(fault.id, glob) for glob in options.only)]
    except FaultError as error:
        sys.exit(f"faults.py: {error}")
    if not faults:
        sys.exit("faults.py: no fault is called that")
    if options.list:
        for fault in faults:
            show(fault.file, fault.id, " ".join(fault.clauses), fault.why)
        return 0
    begin = time.monotonic()
    words, clean = run(faults, options.all_vectors)
    print(f"\nmutation score {100 * words['killed'] / max(1, len(faults)):.1f} %: {words['killed']} of {len(faults)} "
          f"faults killed, {words['survived']} survived, {words['error']} errors, {time.monotonic() - begin:.0f} s")
    passed = words["killed"] + clean
    print(f"{passed} passed, {len(faults) + 1 - passed} failed, 0 skipped")
    return 0 if clean and words["killed"] == len(faults) else 1


if __name__ == "__main__":
    sys.exit(main())
