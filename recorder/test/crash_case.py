# SPDX-License-Identifier: MIT
"""What the tests of crashes share: crash_child is run, and what it told on the way to its end is taken apart."""
import os
import re
import resource
import signal
import subprocess
import time

from tap import Case, program, run

CHILD = program("CRASH_CHILD", "recorder/test/crash_child")
SANITIZED = "SANITIZED" in os.environ
TIMEOUT = 60

HEADER = re.compile(r'^strandline: fatal signal (\d+) \((\w+)\), code (-?\d+)'
                    r'(, address (0x[0-9a-f]+)|, sent by process (\d+)|)'
                    r', in thread (\d+) "([^"]*)" of crash_child\[(\d+)\]$', re.M)
THREAD = re.compile(r'^thread (\d+) "([^"]*)"([^:\n]*):\n((?:  0x.*\n)*)', re.M)
MODULE = re.compile(r"^module (0x[0-9a-f]+) ([0-9a-f]+|-) (.+)$", re.M)
BROKEN = re.compile(r'^strandline: the dump\'s step "([^"]*)" got signal (\d+)', re.M)


class Thread:
    def __init__(self, match):
        self.tid, self.name, self.remark = int(match[1]), match[2], match[3].strip()
        self.pcs = [int(line.split()[0], 16) for line in match[4].splitlines()]
        self.lines = match[4].splitlines()


class Crashed:
    """How a process ended, and what it told."""

    def __init__(self, status, out, err, seconds):
        self.status, self.out, self.err, self.seconds = status, out, err, seconds
        self.headers = list(HEADER.finditer(err))
        self.threads = [Thread(match) for match in THREAD.finditer(err)]

    @property
    def header(self):
        return self.headers[0]

    @property
    def tid(self):
        return int(self.header[7])

    @property
    def pid(self):
        return int(self.header[9])

    def named(self, name):
        return [thread for thread in self.threads if thread.name == name]

    def count(self, text):
        return self.err.count(text)


class Crashes(Case):
    def environment(self, **changes):
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("STRAND_")}
        inherited["ASAN_OPTIONS"] = "detect_leaks=0:use_sigaltstack=0:" + ":".join(
            f"handle_{name}=0" for name in ("segv", "sigbus", "sigfpe", "sigill", "abort"))
        return {name: value for name, value in {**inherited, **changes}.items() if value is not None}

    def run_child(self, *arguments, command=(), limits=(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                  before=None, encoding="utf-8", **environment):
        def prepare():
            for limit, value in (*limits, *(((resource.RLIMIT_CORE, 0),) if not limits else ())):
                resource.setrlimit(limit, (value, value))
            if before:
                before()

        begin = time.monotonic()
        done = subprocess.run([*command, CHILD, *map(str, arguments)], env=self.environment(**environment),
                              stdout=stdout, stderr=stderr, preexec_fn=prepare, timeout=TIMEOUT, cwd=self.folder,
                              check=False)
        seconds = time.monotonic() - begin
        out, err = (done.stdout or b"").decode(encoding), (done.stderr or b"").decode(errors="replace")
        return Crashed(done.returncode, out, err, seconds)

    def crash(self, *arguments, by=signal.SIGSEGV, **how):
        """Runs a mode that ends by that signal, having told one crash."""
        crashed = self.run_child(*arguments, **how)
        self.assertEqual(crashed.status, -by, crashed.err)
        return crashed

    def assert_whole(self, crashed, by=signal.SIGSEGV, log="about to crash"):
        """One header, own stack first, its own log, the log again among all, the modules; nothing broke."""
        self.assertEqual(len(crashed.headers), 1, crashed.err)
        self.assertEqual(int(crashed.header[1]), by)
        self.assertEqual(crashed.header[2], signal.Signals(by).name)
        self.assertNotRegex(crashed.err, BROKEN)
        self.assertEqual(crashed.threads[0].tid, crashed.tid, crashed.err)
        self.assertEqual(crashed.threads[0].name, crashed.header[8])
        if log:
            self.assertEqual(crashed.count(log), 2, crashed.err)
        self.assertRegex(crashed.err, MODULE)


def leave_out(why, *tests):
    for test in tests:
        test.__unittest_skip__ = True
        test.__unittest_skip_why__ = why
