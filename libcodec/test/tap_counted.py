#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs a test program that reports in TAP and holds it to a number of tests.

    tap_counted.py COUNT PROGRAM ARGUMENT…

Criterion drops tests without a word when sections or symbols are lost on the way (--gc-sections, -flto), and
succeeds with none. So the number of tests is pinned in expected_counts; another one is a failure.
"""
import re
import subprocess
import sys


def main():
    expected, command = int(sys.argv[1]), sys.argv[2:]
    run = subprocess.run(command, stdout=subprocess.PIPE, text=True, errors="replace", check=False)
    points = len(re.findall(r"^(?:not )?ok\b", run.stdout, re.M))
    sys.stdout.write(run.stdout)
    if points != expected:
        print(f"{points} tests ran, libcodec/test/expected_counts says {expected}", file=sys.stderr)
        return 1
    return min(abs(run.returncode), 1)


if __name__ == "__main__":
    sys.exit(main())
