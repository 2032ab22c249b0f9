# SPDX-License-Identifier: MIT
"""From assembled strands to vectors.

An Area collects the vectors of one folder. Its methods are the classes: `accept`, `recover`, `preserve`, `canon`,
`reject`, `encode`, `merge`, `limit`. Each takes id, clauses, a Strand, and why; what the vector wants is what the
strand says of itself.
"""
from assemble import Strand
from suite import hexes
from suite.vectors import Vector
from values import CATEGORY


def annotated(strand):
    """The rows of a strand as lines of hex, details indented."""
    lines = []
    for data, note in strand.rows:
        indent = " " * (len(note) - len(note.lstrip()))
        lines += [indent + line for line in hexes.write(data, note.strip())]
    return lines


class Area:
    def __init__(self, name, needs="core"):
        self.name, self.needs, self.vectors = name, needs, []

    def add(self, ident, clauses, op, klass, why, inputs, wants, **keys):
        keys.setdefault("needs", self.needs)
        keys["at"] = str(keys.get("at", ""))
        self.vectors.append((self.name, Vector(ident, op, klass, why, inputs, wants, clauses, **keys)))
        return ident

    def decode(self, klass, ident, clauses, strand, why, op="decode raw", **keys):
        return self.add(ident, clauses, op, klass, why, [annotated(strand)], [strand.lines], **keys)

    def accept(self, ident, clauses, strand, why, **keys):
        return self.decode("accept", ident, clauses, strand, why, **keys)

    def limit(self, name, ident, clauses, strand, why, **keys):
        return self.decode("limit " + name, ident, clauses, strand, why, **keys)

    def recover(self, ident, clauses, strand, why, sibling="", **keys):
        """The first fault names the vector; a strand without one hands on what a LOSS says."""
        if strand.faults:
            keys["error"], keys["at"] = strand.faults[0]
        return self.decode("recover", ident, clauses, strand, why, sibling=sibling, **keys)

    def preserve(self, ident, clauses, strand, why, **keys):
        block = annotated(strand)
        return self.add(ident, clauses, "recode raw", "preserve", why, [block], [block], **keys)

    def canon(self, ident, clauses, strand, why, want=None, **keys):
        """`want`: a strand whose rows say the canonical bytes; else those that the strand itself knows."""
        block = annotated(want) if want else hexes.write(strand.canon)
        return self.add(ident, clauses, "recode raw", "canon", why, [annotated(strand)], [block], **keys)

    def reject(self, ident, clauses, strand, why, sibling, **keys):
        """Recoding a strand that has a fault."""
        code, at = strand.faults[0]
        return self.add(ident, clauses, "recode raw", "reject " + CATEGORY[code], why, [annotated(strand)], [],
                        error=code, at=at, sibling=sibling, **keys)

    def encode(self, ident, clauses, strand, why, values=None, **keys):
        return self.add(ident, clauses, "encode raw", "encode", why, [values or strand.values], [annotated(strand)],
                        **keys)

    def refuse(self, ident, clauses, values, why, sibling, **keys):
        """Value lines that no bytes stand for."""
        return self.add(ident, clauses, "encode raw", "reject argument", why, [values], [],
                        error="bad-argument", sibling=sibling, **keys)

    def merge(self, ident, clauses, strands, lines, why, klass="merge", **keys):
        return self.add(ident, clauses, "merge raw", klass, why, [annotated(one) for one in strands], [lines], **keys)


def after(*fields, **how):
    """The strand that most cases begin with: a sync and one record."""
    return Strand().record(*fields, **how)
