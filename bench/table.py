#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Google Benchmark's JSON as a table, a chart, and goals held or missed.

    bench/table.py RESULTS.json CHART      writes CHART.svg and CHART.png where matplotlib is there

All ratios are of one run: the median of a benchmark over the median of its floor.
"""
import collections
import json
import re
import statistics
import sys

CLOCK = "floor/rdtsc"
GOALS = [  # (names, floor, at most so many times the floor)
    (r"encode(_fixed)?/W[1-4]", CLOCK, 1.03),
    (r"encode_portable/W[1-4]", CLOCK, 1.10),
    (r"encode_calls/W[1-4]", CLOCK, 1.15),
    (r"recorder/(W[1-4])", "encode/", 1.05),
    (r"burst/threads:1", CLOCK, 1.05),
    (r"burst/threads:2", CLOCK, 1.05 / 2),
    (r"encode_noclock/(W[1-4])", "floor/raw_stores/", 5),
    (r"encode_fixed_noclock/(W[1-4])", "floor/raw_stores/", 2),
]
AMORTISED_NS = 2.5
BYTES = {"encode/W1": 10, "encode/W2": 19, "encode/W3": 45, "encode/W4": 14}


def read(path):
    """Name → its repetitions, and name → why it was skipped."""
    rows, skipped = collections.defaultdict(list), {}
    with open(path, encoding="utf-8") as file:
        for row in json.load(file)["benchmarks"]:
            name = re.sub(r"/repeats:\d+", "", row["run_name"])
            if row.get("error_occurred"):
                skipped[name] = row["error_message"]
            elif row["run_type"] == "iteration":
                rows[name].append(row)
    return rows, skipped


def median(rows, name, key="real_time"):
    return statistics.median(row[key] for row in rows[name])


def floor_of(name, rows):
    if re.match(r"(encode|naive|burst|ring|peer)", name) and "noclock" not in name and CLOCK in rows:
        return CLOCK
    workload = re.search(r"/(W[1-4])$", name)
    raw = f"floor/raw_stores/{workload[1]}" if workload else None
    return raw if raw in rows and "noclock" in name else None


def show_table(rows):
    print(f"{'benchmark':34} {'min ns':>8} {'median':>8} {'cycles':>8} {'bytes':>7} {'M/s':>8}  ratio to its floor")
    for name in sorted(rows):
        least = min(row["real_time"] for row in rows[name])
        middle = median(rows, name)
        size = rows[name][0].get("bytes")
        floor = floor_of(name, rows)
        ratio = f"{middle / median(rows, floor):6.2f} x {floor}" if floor else ""
        print(f"{name:34} {least:8.2f} {middle:8.2f} {median(rows, name, 'cycles'):8.1f} "
              f"{'' if size is None else f'{size:.1f}':>7} {1e3 / middle:8.1f}  {ratio}")


def goals(rows):
    """(name, what, figure, goal) of each goal that this run can judge."""
    for name in sorted(rows):
        for pattern, floor, most in GOALS:
            match = re.fullmatch(pattern, name)
            base = floor + match[1] if match and floor.endswith("/") else floor
            if match and base in rows:
                yield name, f"x {base}", median(rows, name) / median(rows, base), most
        if name.startswith("encode_amortised/"):
            yield name, "ns", median(rows, name), AMORTISED_NS
        if name in BYTES:
            yield name, "bytes", round(rows[name][0]["bytes"]), BYTES[name]


def show_goals(rows):
    print()
    for name, what, figure, most in goals(rows):
        print(f"{'held  ' if figure <= most else 'MISSED'} {name:30} {figure:7.2f} {what}, at most {most:g}")


def draw(rows, path):
    try:
        import matplotlib
        matplotlib.use("Agg")
        from matplotlib import pyplot
    except ImportError:
        print("no chart: python3-matplotlib is not here")
        return
    shown = [name for name in sorted(rows, reverse=True) if not name.startswith(("merge", "decode", "print"))]
    if not shown:
        return
    figure, axes = pyplot.subplots(figsize=(9, 0.22 * len(shown) + 1))
    axes.barh(shown, [median(rows, name) for name in shown], color=["#888" if "floor" in name else "#27c" for name in shown])
    if CLOCK in rows:
        axes.axvline(median(rows, CLOCK), color="#c33", linewidth=1)
    axes.set_xscale("log")
    axes.set_xlabel("ns per record, median (red: the clock alone)")
    axes.tick_params(labelsize=7)
    figure.tight_layout()
    for suffix in (".svg", ".png"):
        figure.savefig(path + suffix, dpi=120)
    print(f"chart: {path}.svg {path}.png")


def main():
    rows, skipped = read(sys.argv[1])
    show_table(rows)
    for name, why in skipped.items():
        print(f"skipped: {name}: {why}")
    show_goals(rows)
    draw(rows, sys.argv[2])


if __name__ == "__main__":
    main()
