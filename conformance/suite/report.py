# SPDX-License-Identifier: MIT
"""Reports: tables for people, JUnit XML and JSON for machines, Markdown for the matrix, and the closing line.

A *result* is a case and its verdict. Lists of expected failures (expected/README.md) turn a failure that is listed into
a skipped result, and a pass that is listed into a failure.
"""
import collections
import dataclasses
import json
import pathlib
import xml.etree.ElementTree as xml

from . import verdict
from .verdict import FAILED, PASSED, SKIPPED

WIDTH = 160  # characters of a line that are shown
ASK = 400  # of a request
NAMED = 3  # failures that a note of the matrix names


@dataclasses.dataclass
class Result:
    """A case of one implementation. `needs` is its conformance class, `why` what the case is about."""

    id: str
    area: str
    verdict: verdict.Verdict
    level: str = "must"
    klass: str = ""
    needs: str = "core"
    clause: str = ""
    why: str = ""
    request: str = ""

    @property
    def status(self):
        return self.verdict.status


class Run:
    """The results of one implementation; `notes` are lines for people."""

    def __init__(self, name, about=""):
        self.name, self.about, self.results, self.notes = name, about, [], []
        self.unasked = collections.Counter()  # why → vectors

    def add(self, *results):
        self.results += results

    def count(self, status, among=None):
        return sum(result.status == status for result in (self.results if among is None else among))

    @property
    def failures(self):
        return [result for result in self.results if result.status == FAILED]


def of_vector(vector, found):
    return Result(vector.id, vector.area or "-", found, vector.level, vector.kind, vector.needs.split()[-1],
                  vector.clause, vector.why)


# Expected failures


class ExpectedError(ValueError):
    """A line of a list that can't be."""


def read_expected(path, name):
    """The list of one implementation: {id: (kind, why)}. A folder has one file per implementation: NAME.txt."""
    path = pathlib.Path(path)
    if path.is_dir():
        path = path / f"{name}.txt"
        if not path.exists():
            return {}
    found = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        words = line.split(None, 2)
        if not words or line.startswith("#"):
            continue
        if len(words) < 3 or words[0] in found or "*" in words[0]:
            raise ExpectedError(f"{path}:{number}: a line is ID KIND WHY, an id stands once: {line!r}")
        found[words[0]] = (words[1], words[2])
    return found


def apply_expected(run, expected, known):
    """Listed failures are skipped, listed passes fail; so does a line that names nothing known."""
    for result in run.results:
        kind, why = expected.get(result.id, (None, None))
        if kind is None or result.status == SKIPPED:
            continue
        if result.status == PASSED:
            result.verdict = verdict.Verdict(FAILED, "unexpected", f"passes, and is listed as failing: {why}")
        elif result.verdict.kind == kind:
            result.verdict = verdict.Verdict(SKIPPED, "expected", f"expected to fail: {why}")
            run.unasked[result.verdict.why] += 1
        else:
            result.verdict.why += f" (listed as {kind})"
    for name in expected:
        if name not in known and "/" not in name:
            run.add(Result(name, "expected", verdict.Verdict(FAILED, "unknown", "is listed as failing, and no vector")))


# For people


def share(passed, asked):
    return f"{passed}/{asked} {rate(passed, asked)}" if asked else "-"


def rate(passed, asked):
    """Per cent; 100 only where nothing is missing."""
    return "100 %" if passed == asked else f"{min(99.9, 100 * passed / asked):.1f} %"


def table(run):
    """Lines: area × level."""
    areas = sorted({result.area for result in run.results})
    rows = [("area", "must", "should", "skipped")]
    for area in areas + ["all"]:
        among = [result for result in run.results if area in (result.area, "all")]
        row = [area]
        for level in ("must", "should"):
            asked = [result for result in among if result.level == level and result.status != SKIPPED]
            row.append(share(run.count(PASSED, asked), len(asked)))
        rows.append((*row, str(run.count(SKIPPED, among))))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return ["  " + row[0].ljust(widths[0]) + "".join("  " + row[n].rjust(widths[n]) for n in (1, 2, 3)) for row in rows]


def window(want, got):
    """Two texts, cut to where they begin to differ."""
    same = 0
    while same < min(len(want), len(got)) and want[same] == got[same]:
        same += 1
    begin = max(0, same - 60) if max(len(want), len(got)) > WIDTH else 0

    def cut(text):
        shown = text[begin:begin + WIDTH]
        return ("…" if begin else "") + shown + ("…" if begin + WIDTH < len(text) else "")

    return cut(want), cut(got)


def failure(result):
    """Lines that tell one failure."""
    found = result.verdict
    clause = f", clause {result.clause}" if result.clause else ""
    lines = [f"  FAILED {result.area}/{result.id} ({result.level}{clause}): {result.why}".rstrip(": "),
             f"         {found.kind}: {found.why}"]
    if found.want or found.got:
        want, got = window(found.want, found.got)
        lines += [f"         want {want}", f"         got  {got}"]
    if result.request:
        lines.append("         ask  " + (result.request if len(result.request) <= ASK else result.request[:ASK] + "…"))
    return lines


def text(run, show):
    """The report of one implementation."""
    lines = [f"{run.name}{run.about}", ""] + table(run) + [""]
    lines += [f"  {note}" for note in run.notes]
    lines += [f"  skipped {count}: {why}" for why, count in sorted(run.unasked.items())]
    for result in run.failures[:show]:
        lines += failure(result)
    if len(run.failures) > show:
        lines.append(f"  … and {len(run.failures) - show} more failed (--show N, or --json FILE for all)")
    return lines


def closing(runs):
    return ", ".join(f"{sum(run.count(status) for run in runs)} {status}" for status in (PASSED, FAILED, SKIPPED))


# The matrix


def matrix(runs):
    """Markdown: conformance class and area × implementation. What isn't asked or fails has a note."""
    notes = []
    rows = sorted({(result.needs, result.area) for run in runs for result in run.results})
    lines = ["| class | area | " + " | ".join(run.name for run in runs) + " |", "|" + "---|" * (2 + len(runs))]
    for needs, area in rows:
        cells = [cell([result for result in run.results if (result.needs, result.area) == (needs, area)], notes)
                 for run in runs]
        lines.append(f"| `{needs}` | {area} | " + " | ".join(cells) + " |")
    totals = [share(run.count(PASSED), run.count(PASSED) + run.count(FAILED)) for run in runs]
    lines.append("| | all | " + " | ".join(totals) + " |")
    return lines + [""] + [f"{number}. {note}" for number, note in enumerate(notes, 1)]


def cell(among, notes):
    """passed/asked, and the numbers of the notes that say why it isn't all."""
    asked = [result for result in among if result.status != SKIPPED]
    failed = [result.id for result in among if result.status == FAILED]
    whys = [result.verdict.why for result in among if result.status == SKIPPED]
    if failed:
        whys.append("failed: " + ", ".join(failed[:NAMED]) + f" and {len(failed) - NAMED} more" * (len(failed) > NAMED))
    for why in dict.fromkeys(whys):
        if why not in notes:
            notes.append(why)
    numbers = sorted({notes.index(why) + 1 for why in whys})
    shown = f"{len(asked) - len(failed)}/{len(asked)}" if asked else "–"
    return shown + (f" <sup>{' '.join(map(str, numbers))}</sup>" if numbers else "")


# For machines


def as_json(runs):
    found = {"closing": closing(runs), "implementations": []}
    for run in runs:
        results = []
        for result in run.results:
            fields = dataclasses.asdict(result)
            outcome = fields.pop("verdict")
            outcome["reason"] = outcome.pop("why")
            results.append({**fields, **outcome})
        found["implementations"].append({"name": run.name, "notes": run.notes, "results": results})
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"


def printable(words):
    """XML has no control characters."""
    return "".join(char if char >= " " or char in "\n" else "�" for char in words)


def as_junit(runs):
    top = xml.Element("testsuites")
    for run in runs:
        for area in sorted({result.area for result in run.results}):
            among = [result for result in run.results if result.area == area]
            suite = xml.SubElement(top, "testsuite", name=f"{run.name}.{area}", tests=str(len(among)),
                                   failures=str(run.count(FAILED, among)), skipped=str(run.count(SKIPPED, among)))
            for result in among:
                add_case(suite, f"{run.name}.{area}", result)
    xml.indent(top)
    return xml.tostring(top, encoding="unicode", xml_declaration=True) + "\n"


def add_case(suite, group, result):
    case = xml.SubElement(suite, "testcase", classname=group, name=result.id)
    if result.status == SKIPPED:
        xml.SubElement(case, "skipped", message=printable(result.verdict.why))
    if result.status == FAILED:
        told = xml.SubElement(case, "failure", type=result.verdict.kind, message=printable(result.verdict.why))
        told.text = printable("\n".join(failure(result)))
