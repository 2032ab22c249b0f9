#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Whole programs that merge many streams of the same events, side by side.

    bench/peers/reading.py [--events N] [--streams K,K…] [--repetitions N] [--build DIR] [--output FILE]

babeltrace2 reads a CTF trace, `LC_ALL=C sort -m` ready text lines, logcat-merge stream files; all three are written
by gen_streams and say the same. Each reader is first run once through a check, which wants every event in its place,
then timed: wall time of the whole process, output to /dev/null, best of the repetitions, readers interleaved.

Not alike: sort finds its lines formatted already and decodes nothing; above 16 streams it goes through temporary
files, which is quicker at 1024 than a `--batch-size` that makes them needless. babeltrace2's `dummy` decodes and merges but prints nothing. All three are pinned to
one CPU. The input is in the page cache.
"""
import argparse
import json
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile
import time

OPEN_FILES = 4096


def last_word(line):
    return line.rsplit(b" ", 1)[-1]


def readers(build):
    """Name → (what it reads, command for a directory of that, how its output says an event's number)."""
    merge = str(build / "tools" / "logcat-merge")
    found = {
        "logcat-merge text": ("strand", lambda d: [merge, d], last_word),
        "logcat-merge binary": ("strand", lambda d: [merge, "--format=binary", d], None),
        "logcat-merge canonical": (
            "strand", lambda d: [merge, "--format=canonical", d], lambda line: line.rsplit(b":", 1)[-1].rstrip(b"}]\n")),
    }
    if shutil.which("babeltrace2"):
        found["babeltrace2 dummy"] = ("ctf", lambda d: ["babeltrace2", d, "-o", "dummy"], None)
        found["babeltrace2 text"] = ("ctf", lambda d: ["babeltrace2", d], lambda line: line.rsplit(b" ", 2)[-2])
    else:
        print("reading: no babeltrace2 here (bench/peers/packages): left out", file=sys.stderr)
    found["sort -m"] = ("text", lambda d: ["sort", "-m"] + sorted_files(d), last_word)
    return found


def sorted_files(directory):
    return sorted(str(path) for path in pathlib.Path(directory).glob("*.txt"))


def run_checked(command, stdout):
    process = subprocess.Popen(command, stdout=stdout, env={**os.environ, "LC_ALL": "C"})
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"reading: {command[0]} failed with {process.returncode}")
    return usage


def check(name, command, number_of, events, build):
    """Every event in its place. A merged file is printed first."""
    if name == "babeltrace2 dummy":
        return  # it prints nothing: what it merges is what `babeltrace2 text` prints
    with tempfile.TemporaryFile() as output:
        run_checked(command, output)
        if name == "logcat-merge binary":
            output.seek(0)
            text = tempfile.TemporaryFile()
            subprocess.run([str(build / "tools" / "logcat-merge"), "-"], stdin=output, stdout=text, check=True)
            number_of = last_word
        else:
            text = output
        text.seek(0)
        count = 0
        for count, line in enumerate(text, 1):
            if int(number_of(line)) != count - 1:
                sys.exit(f"reading: {name}: line {count} is out of order: {line!r}")
        if count != events:
            sys.exit(f"reading: {name}: {count} events in place of {events}")


def timed(command):
    with open(os.devnull, "wb") as nowhere:
        start = time.perf_counter()
        usage = run_checked(command, nowhere)
        return time.perf_counter() - start, usage.ru_maxrss


def measure(arguments, streams, scratch):
    commands = {}
    for name, (form, command, number_of) in readers(arguments.build).items():
        directory = scratch / f"{form}-{streams}"
        if not directory.exists():
            directory.mkdir()
            generator = arguments.build / "bench" / "peers" / "gen_streams"
            subprocess.run([generator, form, directory, str(streams), str(arguments.events)], check=True)
        commands[name] = command(str(directory))
        check(name, commands[name], number_of, arguments.events, arguments.build)
    best = {name: (float("inf"), 0) for name in commands}
    for _ in range(arguments.repetitions):
        for name, command in commands.items():
            best[name] = min(best[name], timed(command))
    return [{"reader": name, "streams": streams, "seconds": seconds, "events_per_second": arguments.events / seconds,
             "max_rss_kib": memory} for name, (seconds, memory) in best.items()]


def show(rows, streams):
    names = list(dict.fromkeys(row["reader"] for row in rows))
    rate = {(row["reader"], row["streams"]): row["events_per_second"] / 1e6 for row in rows}
    print(f"{'M events/s':26}" + "".join(f"{f'k = {k}':>10}" for k in streams))
    for name in names:
        print(f"{name:26}" + "".join(f"{rate[name, k]:10.2f}" for k in streams))
    print("\nlogcat-merge text, times")
    for name in names:
        if not name.startswith("logcat-merge"):
            print(f"{name:26}" + "".join(f"{rate['logcat-merge text', k] / rate[name, k]:9.1f}x" for k in streams))


def main():
    root = pathlib.Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser(description="Readers that merge the same streams, side by side.")
    parser.add_argument("--events", type=int, default=2_000_000, help="in all, over all streams (default 2000000)")
    parser.add_argument("--streams", default="1,8,64,1024", help="how many streams (default 1,8,64,1024)")
    parser.add_argument("--repetitions", type=int, default=3, help="of which the best counts (default 3)")
    parser.add_argument("--build", type=pathlib.Path, default=root / "build" / "bench" / "release",
                        help="where meson built the programs with -Dbench=true")
    parser.add_argument("--output", type=pathlib.Path, default=root / "build" / "bench" / "reading.json")
    arguments = parser.parse_args()
    streams = [int(k) for k in arguments.streams.split(",")]
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(OPEN_FILES, hard), hard))
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    rows = []
    for k in streams:
        with tempfile.TemporaryDirectory(prefix="strandline-reading-") as scratch:
            rows += measure(arguments, k, pathlib.Path(scratch))
    show(rows, streams)
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text(json.dumps({"events": arguments.events, "repetitions": arguments.repetitions,
                                            "readings": rows}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
