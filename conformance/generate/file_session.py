# SPDX-License-Identifier: MIT
"""Where definitions hold: sessions, the definitions strand, strands and blocks. Clauses 6.5.3 to 6.5.6, in files."""
from assemble import Strand
from assemble_file import DEFINITIONS, block, frames, grows, lost, place, told
from case_file import case, in_area, merged
from pieces import flat
from values import FALSE, key, number, site, stack, string, traceback, uint

BASE = (1000, 1000)
KEY, SITE, STACK = 1, 2, 3
OTHER = b"\x78" * 16
SITE_4 = [number("level", 9), string(b"net.c"), uint(42), string(b"accept"), string(b"connected")]
SHOWN_4 = '"level":9,"file":"net.c","line":42,"function":"accept","message":"connected"'


def named(ident, name):
    """A strand that defines a KEY."""
    return Strand(BASE).define(KEY, ident, string(name))


def definitions(*strands, **changes):
    """A definitions strand, a block for each."""
    return file_of(*strands, kind=DEFINITIONS, **changes)


def file_of(*strands, **changes):
    return grows(*(block(seq, frames(each), opening=False) for seq, each in enumerate(strands, 1)), **changes)


def uses(field, stream=1, dt=1):
    """A strand of one record that uses a definition."""
    return Strand(BASE, stream=stream).record(field, FALSE, dt=dt)


def pair(name, clauses, why, first, second, **more):
    """A definitions strand and a records strand: in one file."""
    return case("session-" + name, clauses, why, flat(first, file_of(second, ordinal=1, **more)), second.lines)


FD = named(2, b"fd")


def session():
    yield pair("key", "6.5.4", "a KEY of the definitions strand", definitions(FD), uses(key(2, b"fd")))
    yield pair("site", "6.5.4", "a SITE", definitions(Strand(BASE).define(SITE, 4, *SITE_4)), uses(site(4, SHOWN_4)))
    yield pair("stack", "6.5.4", "a STACK", definitions(Strand(BASE).define(STACK, 6, traceback([1, 2]))),
               uses(stack(6, [1, 2])))
    yield pair("kinds-number-own", "6.5.3", "each kind numbers its own ids", definitions(
        Strand(BASE).define(KEY, 4, string(b"fd")).define(SITE, 4, *SITE_4).define(STACK, 4, traceback([7]))),
        Strand(BASE, stream=1).record(key(4, b"fd"), FALSE, site(4, SHOWN_4), stack(4, [7])))
    yield pair("other", "6.5.3", "the definitions of another session", definitions(FD, session=OTHER), uses(key(2)))
    yield pair("odd", "6.5.3 6.5.4", "an odd id of the definitions strand is of its block alone",
               definitions(named(3, b"fd")), uses(key(3)))
    yield pair("last-counts", "6.5.4", "of two definitions of one id the last counts",
               definitions(FD, named(2, b"to")),
               uses(key(2, b"to")))
    yield pair("later-block", "6.5.4", "a definition in a later block", definitions(named(4, b"to"), FD),
               uses(key(2, b"fd")))
    yield pair("undefined", "6.5.6", "an id that nobody defined", definitions(FD), uses(key(8)))
    yield pair("wrong-type", "6.5.2", "a KEY whose name is a number defines nothing",
               definitions(Strand(BASE).define(KEY, 2, uint(7))), uses(key(2)))
    yield pair("unknown-kind", "6.5.2", "an unknown kind of definition defines nothing",
               definitions(Strand(BASE).define(99, 2, string(b"fd"))), uses(key(2)))
    yield pair("more-fields", "6.5.1", "fields behind those of the table are ignored",
               definitions(Strand(BASE).define(KEY, 2, string(b"fd"), uint(7))), uses(key(2, b"fd")))
    yield case("session-two-strands", "6.5.4", "definitions hold for every strand of the session",
               flat(definitions(FD), *(file_of(uses(key(2, b"fd"), each), ordinal=each) for each in (1, 2))),
               [uses(key(2, b"fd"), each).lines for each in (1, 2)])
    early = uses(key(2, b"fd"), 0)
    yield case("session-behind", "6.5.4", "the definitions strand stands behind: its definitions hold all the time",
               flat(file_of(early, ordinal=1), definitions(FD)), early.lines)
    late = Strand((9000, 9000)).define(KEY, 2, string(b"fd"))
    yield pair("later-time", "6.5.4", "a definition whose sync is later than the record", definitions(late),
               uses(key(2, b"fd")))
    yield case("session-damaged", "6.5.4 9.3.2", "a definition in a damaged block is none",
               flat(grows(block(1, frames(FD), opening=False, payload_crc32c=1), kind=DEFINITIONS),
                    file_of(uses(key(2)), ordinal=1)),
               [told("block-payload-crc", place(1)), lost("damaged", place(1), 0, 32, exact=False),
                uses(key(2)).lines],
               "session-key")


# Definitions that a records strand states itself

def own():
    both = Strand(BASE, stream=1).record(key(2, b"fd")).define(KEY, 2, string(b"own")).record(key(2, b"own"), dt=2)
    yield pair("own-first", "6.5.4", "the strand's own comes before that of the definitions strand, behind its frame",
               definitions(FD), both)
    before = Strand(BASE).record(key(2)).define(KEY, 2, string(b"fd")).record(key(2, b"fd"), dt=2)
    yield case("session-own-behind", "6.5.4", "the strand's own holds behind its frame", file_of(before),
               before.lines)
    for ident, kind, again in [(2, "even", key(2, b"fd")), (3, "odd", key(3))]:
        first = named(ident, b"fd").record(key(ident, b"fd"))
        second = Strand(BASE).record(again, dt=2)
        yield case(f"session-own-{kind}", "6.5.4 6.5.3", f"an {kind} id holds until its "
                   + ("strand ends" if kind == "even" else "block ends"), file_of(first, second),
                   first.lines + second.lines)
    first, second = named(2, b"fd").record(key(2, b"fd")), uses(key(2), 1, 2)
    yield case("session-own-not-others", "6.5.4", "it doesn't hold for other strands of its session",
               flat(file_of(first), file_of(second, ordinal=1)), first.lines + second.lines)
    odd = named(3, b"fd").record(key(3, b"fd")).define(KEY, 3, string(b"to")).record(key(3, b"to"), dt=2)
    yield case("session-own-again", "6.5.4", "the last one counts, from its frame on", file_of(odd), odd.lines)
    seen = named(2, b"fd").record(key(2, b"to"))
    yield case("session-definitions-own", "6.5.4",
               "in the definitions strand, too, the last of two holds all the time",
               definitions(seen, named(2, b"to")), seen.lines)
    lone = Strand(BASE).record(uint(7))
    yield case("session-records-in-definitions", "9.1.6", "records of a definitions strand are shown",
               definitions(lone), lone.lines)


# Several inputs

def inputs():
    yield merged("session-merge", "6.5.4 11.3.1", "the definitions strand is another input",
                 [definitions(FD), file_of(uses(key(2, b"fd")), ordinal=1)], uses(key(2, b"fd")).lines)
    yield merged("session-merge-behind", "6.5.4", "and comes behind",
                 [file_of(uses(key(2, b"fd"), 0), ordinal=1), definitions(FD)], uses(key(2, b"fd"), 0).lines)
    yield merged("session-merge-two", "6.5.3", "two sessions, and one id means different things",
                 [definitions(FD), definitions(named(2, b"to"), session=OTHER),
                  file_of(uses(key(2, b"fd"), 2), ordinal=1),
                  file_of(uses(key(2, b"to"), 3), ordinal=1, session=OTHER)],
                 uses(key(2, b"fd"), 2).lines + uses(key(2, b"to"), 3).lines)


def vectors():
    return in_area("session", session(), own(), inputs())
