# SPDX-License-Identifier: MIT
"""Verdicts: a vector and an answer → passed, failed or skipped, and why.

A rejection passes as a rejection; with strict, only if category and offset (and the code, where it is told) are those
of the vector. Lines are compared byte for byte.
"""
import dataclasses

from . import vectors

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"


@dataclasses.dataclass
class Verdict:
    """How a case went. `kind` of a failure is one word, for the lists of expected failures."""

    status: str
    kind: str = ""
    why: str = ""
    want: str = ""
    got: str = ""


def first_difference(want, got):
    """Two lists of lines → (number, line, line) of the first that differ; a line that isn't there is None."""
    for number in range(max(len(want), len(got))):
        pair = [lines[number] if number < len(lines) else None for lines in (want, got)]
        if pair[0] != pair[1]:
            return number + 1, pair[0], pair[1]
    return None


def unclaimed(vector, hello):
    """Why a vector isn't asked of a driver, or None."""
    missing = [need for need in vector.needs.split() if need not in hello.classes]
    low, _, high = vector.spec.partition("-")
    if vector.withdrawn:
        return "withdrawn"
    if missing:
        return f"class {' '.join(missing)} isn't claimed"
    if vector.verb not in hello.ops:
        return f"operation {vector.verb} isn't offered"
    if hello.kinds is not None and vector.kind not in hello.kinds:
        return f"vectors of class {vector.kind} aren't claimed"
    if not number(low) <= number(hello.spec) or high and number(hello.spec) > number(high):
        return f"not of version {hello.spec} of the specification"
    limit = hello.input_limit()
    if limit is not None and vector.verb != "encode" and sum(map(len, vector.data())) > limit:
        return f"the input exceeds the driver's limit of {limit} bytes"
    return None


def number(version):
    return tuple(int(part) for part in version.split(".")[:2])


def judge(vector, answer, strict=False):
    """A vector, asked, and its answer → Verdict."""
    if answer.failed:
        return Verdict(FAILED, answer.kind, answer.text)
    if answer.kind == "skip":
        return Verdict(SKIPPED, "skip", f"the driver skips: {answer.text}")
    if answer.kind == "limit":
        right = vector.kind == "limit" and answer.text == vector.argument
        return Verdict(PASSED) if right else Verdict(FAILED, "limit", f"answers limit {answer.text}")
    if vector.kind == "reject":
        return judge_rejection(vector, answer, strict)
    return judge_lines(vector, answer)


def judge_rejection(vector, answer, strict):
    want = f"reject {vector.argument}" + (f" at={vector.at}" if vector.at else "")
    if answer.kind != "reject":
        return Verdict(FAILED, "accepted", "accepts what must be rejected", want, str(answer))
    if strict and answer.category != vector.argument:
        return Verdict(FAILED, "category", "rejects for another reason", want, str(answer))
    if strict and vector.at and answer.at != vector.at:
        return Verdict(FAILED, "offset", "rejects at another offset", want, str(answer))
    if strict and vector.error and answer.code not in ("", vector.error):
        return Verdict(FAILED, "code", "rejects with another code", vector.error, answer.code)
    return Verdict(PASSED)


def judge_lines(vector, answer):
    wants = vector.expected()
    if answer.kind == "reject":
        if any(vectors.rejection(want) == answer.category for want in wants):
            return Verdict(PASSED)
        return Verdict(FAILED, "rejected", "rejects what must be read", (wants[0] or [""])[0], str(answer))
    if any(want == answer.lines for want in wants):
        return Verdict(PASSED)
    line, want, got = first_difference(wants[0], answer.lines)
    none = "(no line)"
    why = "other bytes" if vector.wants_hex else f"line {line} differs"
    return Verdict(FAILED, "bytes" if vector.wants_hex else "lines", why, none if want is None else want,
                   none if got is None else got)
