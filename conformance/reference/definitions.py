# SPDX-License-Identifier: MIT
"""Clause 6.5: definitions, and where they hold.

    even id      until the strand ends; in a definitions strand: everywhere in its session, all the time
    odd id       until the block ends
    EVENT, SOURCE: as even ids, whatever theirs are; the sources of a merged file are kept apart (frames.Strand)
"""
from fields import read_fields
from codepoints import DEF

# 6.5: the types of the fields of each kind, in order
KINDS = {
    DEF["KEY"]: ("string",),
    DEF["SITE"]: ("level", "string", "uint", "string", "string"),
    DEF["STACK"]: ("traceback",),
    DEF["SOURCE"]: ("bytes",),
}
RESOLVED = {"key": DEF["KEY"], "site": DEF["SITE"], "stack": DEF["STACK"]}


def read_definition(kind, cursor):
    """6.5.1, 6.5.2: the values of the fields that the table names; None where they aren't there.

    A field that can't be decoded makes the definition void, also where it stands behind those of the table. EVENT and
    MODULE aren't kept: nothing in canonical lines depends on them.
    """
    fields, _ = read_fields(cursor)
    wanted = KINDS.get(kind, ())
    void = any(field.type == "opaque" for field in fields)
    if void or not wanted or [field.type for field in fields[:len(wanted)]] != list(wanted):
        return None
    return [field.value for field in fields[:len(wanted)]]


class Definitions:
    """What the ids of one strand stand for, as far as it has been read."""

    def __init__(self, of_session=False):
        self.of_session = of_session
        self.strand = {}
        self.block = {}

    def scope(self, kind, number):
        """6.5.3"""
        return self.block if number % 2 else self.strand

    def own(self, kind, number):
        """6.5.4: what the strand itself said."""
        if self.of_session and number % 2 == 0:
            return None
        return self.scope(kind, number).get((kind, number))

    def define(self, kind, number, values):
        """6.5.4: of several definitions of one id the last counts."""
        self.scope(kind, number)[kind, number] = values

    def take_back(self, kind, number):
        """11.4.2: what a definition without fields does in a merged file."""
        self.scope(kind, number).pop((kind, number), None)

    def end_block(self):
        """6.5.4: odd ids hold until their block ends."""
        self.block.clear()

    def resolve(self, fields, session):
        """6.5.4, 6.5.6: the strand's own definitions come before those of the session's definitions strand.

        A definitions strand's own even ids are the session's: its last definition of an id counts, all the time.
        """
        for field in fields:
            kind = RESOLVED.get(field.type)
            if kind:
                key = (kind, field.value)
                field.meaning = self.own(*key) or session.get(key)
