# SPDX-License-Identifier: MIT
"""Tests of the programs: how they are run, and TAP.

    test_cli.py [NAME…]     all tests of a file, or those whose name contains a NAME

The programs come from the environment (STRANDLINE, LOGCAT_MERGE, HELLO, KVSTORE), else from build/.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def program(variable, path):
    return os.environ.get(variable, str(ROOT / "build" / path))


STRANDLINE = program("STRANDLINE", "tools/strandline")
LOGCAT_MERGE = program("LOGCAT_MERGE", "tools/logcat-merge")
HELLO = program("HELLO", "libcodec/examples/hello")
KVSTORE = program("KVSTORE", "libcodec/examples/kvstore")
RINGLOG = program("RINGLOG", "libcodec/examples/ringlog")
CORE_CHILD = program("CORE_CHILD", "tools/test/core_child")
SYMBOLS_CHILD = program("SYMBOLS_CHILD", "tools/test/symbols_child")


class Ran:
    """What a program answered."""

    def __init__(self, done):
        self.status, self.out, self.err = done.returncode, done.stdout, done.stderr.decode()

    @property
    def lines(self):
        return self.out.decode().splitlines()

    @property
    def objects(self):
        return [json.loads(line) for line in self.lines]


def run(*arguments, stdin=b""):
    done = subprocess.run([str(argument) for argument in arguments], input=stdin, capture_output=True, check=False)
    return Ran(done)


def merge(*arguments, stdin=b""):
    return run(LOGCAT_MERGE, *arguments, stdin=stdin)


class Case(unittest.TestCase):
    """A test with a folder of its own."""

    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = pathlib.Path(holder.name)

    def file(self, name, data):
        path = self.folder / name
        path.write_bytes(data if isinstance(data, bytes) else data.bytes())
        return path

    def canonical(self, *arguments, status=0):
        """Canonical output of a merge that ends with this status."""
        ran = merge("--format=canonical", *arguments)
        self.assertEqual(ran.status, status, ran.err)
        return ran.out

    def objects(self, *arguments, status=0):
        return [json.loads(line) for line in self.canonical(*arguments, status=status).decode().splitlines()]


class TapResult(unittest.TestResult):
    def __init__(self):
        super().__init__()
        self.count = 0

    def say(self, verdict, test, remark=""):
        self.count += 1
        print(f"{verdict} {self.count} - {test.id().removeprefix('__main__.')}{remark}", flush=True)

    def explain(self, test, error):
        self.say("not ok", test)
        for line in self._exc_info_to_string(error, test).splitlines():
            print("#", line)

    def addSuccess(self, test):
        super().addSuccess(test)
        self.say("ok", test)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.say("ok", test, " # SKIP " + reason)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.explain(test, err)

    def addError(self, test, err):
        super().addError(test, err)
        self.explain(test, err)


def tests_of(suite):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from tests_of(item)
        else:
            yield item


def main():
    loaded = unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])
    wanted = [test for test in tests_of(loaded)
              if len(sys.argv) < 2 or any(name in test.id() for name in sys.argv[1:])]
    result = TapResult()
    print(f"1..{len(wanted)}", flush=True)
    for test in wanted:
        test.run(result)
    sys.exit(0 if wanted and result.wasSuccessful() else 1)
