#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Asks implementations of the Strandline format what the vectors ask, and says what they got wrong.

    run.py --impl "CMD" …          drivers of level 1: CMD speaks the line protocol
    run.py --level0 "CMD" …        drivers of level 0: CMD [--raw] < input
    run.py matrix --impl … …       the same, shown as one table: class × area × implementation
    run.py diff "CMD" "CMD"        mutations of the vectors to two drivers; a difference becomes a vector

README.md explains protocol, vectors and reports. Exit status: 0 nothing failed, 1 something did, 2 not run at all.
"""
import argparse
import collections
import concurrent.futures
import fnmatch
import os
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from suite import differ, drivers, metamorphic, report, vectors, verdict  # noqa: E402

PROTOCOL = (("unknown-operation", "frobnicate raw 00"), ("unknown-option", "decode raw frobnicate=1 -"))


class Usage(Exception):
    """What can't be run, and why."""


def chosen(options):
    """The vectors that are wanted."""
    found = vectors.load_all(options.vectors)
    found = [vector for vector in found
             if (not options.area or vector.area in options.area)
             and (not options.klass or vector.kind in options.klass)
             and (not options.level or vector.level == options.level)
             and (not options.id or any(fnmatch.fnmatchcase(vector.id, glob) for glob in options.id))]
    if not found:
        raise Usage("no vector is of that kind")
    return found


def passed_of(run, among):
    right = {result.id for result in run.results if result.status == verdict.PASSED}
    return [vector for vector in among if vector.id in right]


def skip(run, vector, why):
    run.add(report.of_vector(vector, verdict.Verdict(verdict.SKIPPED, "unasked", why)))
    run.unasked[why] += 1


# Level 1


class Level1:
    """One implementation and its session."""

    def __init__(self, command, options):
        self.options = options
        self.session = drivers.Session(command)
        hello = self.session.hello
        about = f" {hello.version} (specification {hello.spec}; {', '.join(sorted(hello.classes))})"
        self.run = report.Run(hello.name, about)

    def protocol(self, name, wrong):
        """A result that is about the protocol."""
        found = verdict.Verdict(verdict.FAILED, "protocol", wrong) if wrong else verdict.Verdict(verdict.PASSED)
        self.run.add(report.Result(name, "protocol", found, why="the protocol of level 1: README.md"))

    def check_protocol(self):
        hello = self.session.hello
        strange = hello.classes - set(vectors.NEEDS) | hello.ops - set(vectors.FORMS)
        strange |= (hello.kinds or set()) - set(vectors.CLASSES)
        self.protocol("hello", strange and f"claims what isn't there: {', '.join(sorted(strange))}")
        for name, request in PROTOCOL:
            answer = self.session.ask_one(request)
            self.protocol(name, None if answer.kind == "skip" else f"must be skipped, and the answer is {answer}")

    def ask_vectors(self, among):
        requests = []
        for vector in among:
            why = verdict.unclaimed(vector, self.session.hello)
            if why:
                skip(self.run, vector, why)
            else:
                requests.append((vector, drivers.request(vector)))
        for vector, answer in self.session.ask(requests):
            found = verdict.judge(vector, answer, self.options.strict)
            if found.status == verdict.SKIPPED:
                self.run.unasked[found.why] += 1
            self.run.add(report.of_vector(vector, found))
            if self.failed_fast():
                return

    def metamorphic(self, among):
        seconds = None if self.options.metamorphic == "all" else float(self.options.metamorphic)
        begin = time.monotonic()
        cases = metamorphic.run(self.session, passed_of(self.run, among), seconds, self.options.seed)
        checks = collections.Counter()
        for case in cases:
            checks[case.relation.name] += case.asked
            self.run.add(metamorphic_result(case))
            if case.skipped and not case.failure:
                self.run.unasked[f"the driver answers {case.skipped}"] += 1
        told = ", ".join(f"{name} {count}" for name, count in sorted(checks.items()))
        self.run.notes.append(f"metamorphic: {sum(checks.values())} checks in {time.monotonic() - begin:.1f} s, "
                              f"seed {self.options.seed}: {told}")

    def failed_fast(self):
        return self.options.fail_fast and self.run.failures

    def all(self, among):
        self.check_protocol()
        self.ask_vectors(among)
        if self.failed_fast():
            self.session.kill()
            return self.run
        if self.options.metamorphic:
            self.metamorphic(among)
        for incident in self.session.incidents:
            self.protocol("incident", incident)
        said = self.session.close()
        if self.session.deaths == 0:
            self.protocol("farewell", said)
        return self.run


def metamorphic_result(case):
    vector = case.base.vector
    found = verdict.Verdict(verdict.PASSED)
    request = ""
    if case.failure:
        _, request, wrong, answer = case.failure
        kind = answer.kind if answer.failed else "metamorphic"
        want, got = case.base.lines, answer.lines
        line, want, got = verdict.first_difference(want, got) or (0, "", "")
        found = verdict.Verdict(verdict.FAILED, kind, wrong, want or "(no line)", got or "(no line)")
    elif case.skipped:
        found = verdict.Verdict(verdict.SKIPPED, "skip", f"the driver answers {case.skipped}")
    return report.Result(case.id, "metamorphic", found, vector.level, case.relation.name, vector.needs.split()[-1],
                         vector.clause, case.relation.__doc__.splitlines()[0], request)


def run_level1(command, options, among):
    try:
        return Level1(command, options).all(among)
    except drivers.NoDriver as error:
        return no_driver(command, str(error), among)


def no_driver(command, why, among):
    """Nothing can be asked, so everything failed."""
    run = report.Run(command)
    run.notes.append(f"no driver: {why}")
    for vector in among:
        run.add(report.of_vector(vector, verdict.Verdict(verdict.FAILED, "unasked", why)))
    return run


# Level 0


class Level0Claims:
    """What a driver of level 0 is asked: it has no handshake, so the command line says it."""

    spec, ops, kinds = "0.9", {"decode"}, None

    def __init__(self, classes):
        self.classes = set(classes.split(","))

    @staticmethod
    def input_limit():
        return None


def run_level0(command, options, among):
    run = report.Run(command, f" (level 0; {options.classes})")
    claims, asked = Level0Claims(options.classes), []
    for vector in among:
        why = verdict.unclaimed(vector, claims)
        if not why and (vector.options or vector.form not in ("raw", "file") or vector.kind == "limit"):
            why = "level 0 has no options, limits, or other inputs than raw and file"
        if why:
            skip(run, vector, why)
        else:
            asked.append(vector)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        answers = pool.map(lambda vector: drivers.run_once(command, vector.form, vector.data()[0]), asked)
        for vector, answer in zip(asked, answers):
            run.add(report.of_vector(vector, verdict.judge(vector, answer, options.strict)))
    return run


# Commands


def run_all(options):
    """→ the runs of all implementations."""
    among = chosen(options)
    runs = [run_level1(command, options, among) for command in options.impl]
    runs += [run_level0(command, options, among) for command in options.level0]
    known = {vector.id for vector in vectors.load_all(options.vectors)} if options.expected else set()
    for run in runs:
        if options.expected:
            report.apply_expected(run, report.read_expected(options.expected, run.name), known)
    return runs


def write(path, text):
    pathlib.Path(path).write_text(text, encoding="utf-8")


def command_run(options, as_matrix):
    if not options.impl and not options.level0:
        raise Usage("no implementation: --impl \"CMD\" or --level0 \"CMD\"")
    runs = run_all(options)
    table = report.matrix(runs)
    for run in runs:
        failed = [line for result in run.failures[:options.show] for line in report.failure(result)]
        print("\n".join(failed if as_matrix else report.text(run, options.show) + [""]))
    if as_matrix or len(runs) > 1:
        print("\n".join(table + [""]))
    for path, make in ((options.junit, report.as_junit), (options.json, report.as_json)):
        if path:
            write(path, make(runs))
    if options.matrix:
        write(options.matrix, "\n".join(table) + "\n")
    print(report.closing(runs))
    return 1 if any(run.failures for run in runs) else 0


def command_diff(options):
    pair = differ.Pair([options.one, options.other])
    among = vectors.load_all(options.vectors)
    out = pathlib.Path(options.out)
    asked, found = [], 0
    for difference in differ.search(pair, among, options.seed, options.seconds, asked.append):
        found += 1
        out.mkdir(parents=True, exist_ok=True)
        vector = differ.vector_of(difference, pair.names)
        path = out / f"{vector.id}.vec"
        write(path, vector.text())
        print(f"{path}: {len(difference.data)} bytes, of {difference.source.id}")
        for name, told in zip(pair.names, difference.tell()):
            print(f"    {name}: {told[:report.WIDTH]}")
    pair.close()
    print(f"{sum(asked)} inputs, seed {options.seed}, {found} differences")
    return 1 if found else 0


def arguments(command):
    parser = argparse.ArgumentParser(prog=f"run.py {command}".strip(), description=__doc__.split("\n\n", 1)[0],
                                     epilog="README.md explains protocol, vectors and reports.")
    add = parser.add_argument
    add("--vectors", default=vectors.VECTORS, metavar="DIR", help="the vectors (vectors/)")
    add("--seed", type=int, default=1, help="of what is drawn by chance (1)")
    if command == "diff":
        add("one", metavar="CMD")
        add("other", metavar="CMD")
        add("--seconds", type=float, default=60, help="how long to look (60)")
        add("--out", default=".", metavar="DIR", help="where vectors are written")
        return parser
    add("--impl", action="append", default=[], metavar="CMD", help="a driver of level 1")
    add("--level0", action="append", default=[], metavar="CMD", help="a driver of level 0")
    add("--classes", default="core", help="what drivers of level 0 claim (core); core,file,trace")
    add("--area", action="append", help="only vectors of this area")
    add("--class", action="append", dest="klass", help="only vectors of this class")
    add("--level", choices=("must", "should"), help="only vectors of this level")
    add("--id", action="append", metavar="GLOB", help="only vectors with such an id")
    add("--strict", action="store_true", help="category and offset of rejections count")
    add("--metamorphic", metavar="SECONDS|all", help="and what follows from the vectors: a sample, or all of it")
    add("--fail-fast", action="store_true", help="stop at the first failure")
    add("--expected", metavar="F", help="expected failures: a list, or a folder of NAME.txt")
    add("--junit", metavar="F", help="write JUnit XML")
    add("--json", metavar="F", help="write JSON")
    add("--matrix", metavar="F", help="write the matrix as Markdown")
    add("--show", type=int, default=20, metavar="N", help="failures that are shown (20)")
    return parser


def main():
    words = sys.argv[1:]
    command = words.pop(0) if words[:1] in (["diff"], ["matrix"]) else ""
    options = arguments(command).parse_args(words)
    try:
        return command_diff(options) if command == "diff" else command_run(options, command == "matrix")
    except (Usage, vectors.VectorError, report.ExpectedError, drivers.NoDriver) as error:
        print(f"run.py: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
