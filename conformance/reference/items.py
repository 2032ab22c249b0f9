# SPDX-License-Identifier: MIT
"""What reading a strand gives, in its order: records, trace events and diagnostics (clauses 5.4, 12, 10.1).

`source` is the stream inside of a merged file that an item is of (clause 11.4), else 0.
"""
from codepoints import KIND


class Record:
    """Clause 5.4."""

    timed = True

    def __init__(self, tick, nano, p, fields):
        self.tick = tick
        self.nano = nano
        self.p = p
        self.fields = fields
        self.source = 0
        self.clock = None


class Event:
    """Clause 12.1: seq is None in dialects that have none."""

    timed = True

    def __init__(self, tick, seq, p, event, args):
        self.tick = tick
        self.seq = seq
        self.p = p
        self.event = event
        self.args = args
        self.source = 0
        self.clock = None


class Diagnostic:
    """Clause 10.1. `fault`: this reader found it, as opposed to what a LOSS frame tells. `damage`: clause 10.2.4."""

    timed = False

    def __init__(self, kind, offset, code, fault=True, damage=False, records=None, size=None, exact=None):
        self.kind = kind
        self.offset = offset
        self.code = code
        self.fault = fault
        self.damage = damage
        self.records = records
        self.bytes = size
        self.exact = exact
        self.source = 0


def fault(code, offset, damage=False):
    """A diagnostic of the kind that the code belongs to (clause 3.1.1)."""
    return Diagnostic(KIND[code], offset, code, damage=damage)


def loss(code, offset, records, size=None, exact=True):
    """10.2: so many records, and bytes where they are known, are missing."""
    return Diagnostic("lost", offset, code, records=records, size=size, exact=exact)
