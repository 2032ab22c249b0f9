# SPDX-License-Identifier: MIT
"""A case of a file-level generator → its vector.

    case("block-magic-0", "9.2.2", "no magic", flip(three(), place(2)), [said(1), told(…), said(3)], "block-plain")

Class, error and offset follow from what is wanted: no lines at all but a code is a rejection, a diagnostic makes it a
recover, and the first one is its fault unless `fault` says which. The last argument is the sibling.
"""
import re

from pieces import flat
from suite import hexes
from suite.vectors import CATEGORY, Vector

NO_FAULT = ("", "")  # what a LOSS frame hands on is no fault of its input: clause 3.2.2
FAULT = re.compile(r'\{"diag":"[a-z-]+","stream":\d+,"offset":(\d+),"code":"([a-z-]+)"')


def lines_of(pieces):
    return [line for piece in flat(pieces) for line in hexes.write(piece.data, piece.note)]


def flat_lines(wants):
    """A line, or lists of them at any depth → one list."""
    return [wants] if isinstance(wants, str) else [line for want in wants for line in flat_lines(want)]


def case(name, clauses, why, data, want, sibling="", op="decode file", needs="file", fault=None, **more):
    """A vector of one input."""
    return build(name, clauses, why, [data], want, sibling, op, needs, fault, more)


def merged(name, clauses, why, inputs, want, sibling="", needs="file merge", fault=None, **more):
    """A vector of several inputs, in their order."""
    klass = "recover" if any(FAULT.match(line) for line in flat_lines(want)) else "merge"
    return build(name, clauses, why, inputs, want, sibling, "merge file", needs, fault, {"klass": klass, **more})


def refused(name, clauses, why, data, code, sibling, at=0, needs="file", op="decode file", **more):
    """A vector whose input can't be read at all."""
    return Vector(id=name, op=op, klass=f"reject {CATEGORY[code]}", why=why, inputs=[lines_of(data)], clauses=clauses,
                  needs=needs, error=code, at=str(at), sibling=sibling, **more)


def refused_merge(name, clauses, why, inputs, code, sibling, at=0, needs="file merge"):
    vector = refused(name, clauses, why, inputs[0], code, sibling, at, needs, "merge file")
    vector.inputs = [lines_of(data) for data in inputs]
    return vector


def either(name, clauses, why, data, wants, sibling, op="decode file", needs="file", **more):
    """A vector that the text allows several answers to."""
    vector = build(name, clauses, why, [data], wants[0], sibling, op, needs, None, {"klass": "either", **more})
    vector.wants = [flat_lines(want) for want in wants]
    return vector


def build(name, clauses, why, inputs, want, sibling, op, needs, fault, more):
    lines = flat_lines(want)
    faults = [FAULT.match(line) for line in lines]
    first = fault or next(((match[2], match[1]) for match in faults if match), ("", ""))
    klass = more.pop("klass", "recover" if any(faults) else "accept")
    return Vector(id=name, op=op, klass=klass, why=why, inputs=[lines_of(data) for data in inputs], wants=[lines],
                  clauses=clauses, needs=needs, error=first[0], at=str(first[1]), sibling=sibling, **more)


def in_area(area, *groups):
    """What a generator gives: all its vectors, with the area that they belong to."""
    return [(area, vector) for group in groups for vector in group]
