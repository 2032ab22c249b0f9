# SPDX-License-Identifier: MIT
"""Merged files: records that say which source they are from, what was wrong there, and what its ids mean.

Clause 11.4."""
import struct

from assemble_file import (DEFINITIONS, LIVE, MERGED, TRACE, block, extended, grows, header, hexed, line, said,
                           told)
from assemble_file import record as plain_record
from case_file import NO_FAULT, case, in_area, merged
from events import batch, event
from events import shown as event_line
from pieces import Piece, behind, data_of, flat
from values import DIAG, STATUS, key, number, opaque, shown, string, uint, uvarint

BOOT, OTHER = b"\x67" * 16, b"\x78" * 16


def source(ident, head=None):
    """A SOURCE: the file header from its offset 8, or of a bare strand nothing."""
    data = data_of(behind(head, 8)) if head else b""
    return extended(2, uvarint(6) + uvarint(ident) + b"\x1d" + uvarint(len(data)) + data,
                    f"SOURCE {ident}: " + ("a file" if head else "a bare strand"))


def record(stream, value, *fields, data=None):
    """A record of this source at +value, with a uint field or these."""
    data = b"".join(field.data for field in fields or [uint(value)]) if data is None else data
    body = bytes([value, value, 1, 0x41]) + uvarint(stream) + data
    return Piece(struct.pack("<H", len(body) + 2) + body, f"record of stream {stream}: +{value}", 1)


def loss(code, diag, offset, stream, more=b"", known=0, records=0, front=b""):
    body = b"".join(map(uvarint, (DIAG[diag], STATUS[code], known, offset, records, 0)))
    return extended(3, body + front + b"\x41" + uvarint(stream) + more,
                    f"LOSS in stream {stream}: {code} at {offset}")


def define(kind, ident, *fields):
    return extended(2, uvarint(kind) + uvarint(ident) + b"".join(field.data for field in fields),
                    f"DEF {kind}, {ident}" + ("" if fields else ": taken back"))


def file(*content, **changes):
    return grows(block(1, *content, flags=LIVE), compat=MERGED, **changes)


BARE = [source(0), source(1)]
FILES = [source(0, header()), source(1, header(ordinal=1))]  # share the clock of a plain file


def lines(*turns):
    return [said(value, stream=stream) for stream, value in turns]


def good(name, clauses, why, content, want, **more):
    return case("merged-" + name, clauses, why, file(*content), want, **more)


def records():
    yield good("two", "11.4.1 7.7.1", "records of two sources", BARE + [record(0, 1), record(1, 2), record(0, 3)],
               lines((0, 1), (1, 2), (0, 3)))
    yield good("order", "11.4.1 11.2.1", "the file's order counts: its times go back between sources",
               BARE + [record(1, 5), record(0, 2), record(1, 6)], lines((1, 5), (0, 2), (1, 6)))
    yield good("gap", "11.4.2", "sources 0 and 300", [source(0), source(300), record(300, 1), record(0, 2)],
               lines((300, 1), (0, 2)))
    yield good("padded", "11.4.1 4.2.3", "a padded STRAND",
               BARE + [hexed("0a 00 01 01 01 41 81 00 05 01", "record of stream 1", 1)],
               said(1, stream=1))
    yield good("strand-twice", "7.7.1", "a second STRAND is a field like others",
               BARE + [record(1, 1, number("strand", 5), uint(1))],
               line(1001, number("strand", 5), uint(1), stream=1))
    yield good("strand-above", "11.4.4", "a STRAND above the highest SOURCE is read as the first stream",
               BARE + [record(5, 1), record(1, 2)], lines((0, 1), (1, 2)))
    yield good("strand-none", "11.4.4", "a record without STRAND is read as the first stream's",
               BARE + [record(1, 1), plain_record(2), record(1, 3)], lines((1, 1), (0, 2), (1, 3)))
    bad = [extended(2, uvarint(6) + uvarint(1) + fields, f"SOURCE 1: {note}") for fields, note in
           [(b"\x1d\0\x09", "a bare strand, and a field that is cut"), (b"\x08\0", "a string")]]
    for name, frame in zip(("cut", "string"), bad):
        yield good(f"source-{name}", "6.5.2 11.4.2", "a SOURCE that can't be decoded defines nothing",
                   [source(0), frame, record(1, 1), record(0, 2)], lines((0, 1), (0, 2)))
    yield good("source-and-more", "6.5.1 11.4.2", "fields behind that of the table are ignored",
               [source(0), extended(2, uvarint(6) + uvarint(1) + b"\x1d\0\x05\x07", "SOURCE 1: and a uint"),
                record(1, 1)], said(1, stream=1))
    yield good("source-behind-loss", "11.4.2", "a LOSS frame is no record: a SOURCE behind it counts",
               [source(0), loss("bad-size", "corrupt", 200, 1), source(1), record(1, 1)],
               [told("bad-size", 200, stream=1), said(1, stream=1)], fault=NO_FAULT)
    yield good("source-late", "11.4.2 11.4.4", "a SOURCE behind the first record is ignored",
               BARE + [record(0, 1), source(2), record(2, 2), record(1, 3)], lines((0, 1), (0, 2), (1, 3)))
    yield case("merged-definitions", "11.4.1", "in a definitions strand the bit means nothing",
               file(record(1, 1), kind=DEFINITIONS), line(1001, number("strand", 1), uint(1)))
    yield case("merged-trace", "11.4.1", "in a trace strand it means nothing",
               grows(block(1, batch(), event(20, 10), opening=False), kind=TRACE, compat=MERGED),
               event_line(1010, 20),
               needs="file trace")
    yield good("no-fields", "11.4.1", "a record with STRAND alone", BARE + [record(1, 1, data=b"")],
               line(1001, stream=1))
    files = [source(0, header(ordinal=1)), source(1, header(ordinal=2, strings=(b"main", b"h1", b"demo")))]
    yield good("files", "11.4.2", "sources that were files", files + [record(0, 1), record(1, 2)],
               lines((0, 1), (1, 2)))
    yield case("merged-blocks", "11.4.1 9.1.6", "sources hold in all blocks",
               grows(block(1, *BARE, record(1, 1)), block(2, record(1, 2)), compat=MERGED), lines((1, 1), (1, 2)))
    yield good("event", "11.4.1 7.7.2", "a trace event", BARE + [record(0, 1),
                                                                 record(1, 2, data=bytes([0x46, 4, 20, 0, 1, 9]))],
               [said(1), event_line(1002, 20, 1, 9, p=-1, stream=1)])
    yield good("event-and-more", "7.7.2", "an EVENT beside another field is shown as ext",
               BARE + [record(1, 2, data=bytes([0x46, 2, 20, 0, 3]))],
               line(1002, '{"type":"ext","code":70,"base64":"AhQA"}', '{"type":"bool","value":false}', stream=1))


def faults():
    yield good("loss", "11.4.1 6.6.2", "what was wrong in a source", BARE + [record(0, 1), record(1, 2),
               loss("bad-size", "corrupt", 200, 1), record(0, 3)],
               [lines((0, 1), (1, 2)), told("bad-size", 200, stream=1), said(3)], fault=NO_FAULT)
    yield good("loss-first", "10.1.2 6.6.2", "in front of its first record",
               BARE + [loss("overwritten", "lost", 136, 1, known=13,
               records=4), record(0, 1), record(1, 2)],
               [told("overwritten", 136, records=4, exact=True, stream=1), lines((0, 1), (1, 2))], fault=NO_FAULT)
    yield good("loss-fields", "6.6.2", "other fields behind STRAND are ignored",
               BARE + [record(1, 1), loss("bad-size", "corrupt", 200, 1, more=b"\x05\x07\x02")],
               [said(1, stream=1), told("bad-size", 200, stream=1)], fault=NO_FAULT)
    yield good("loss-fields-first", "6.6.2", "a STRAND behind another field is ignored with it: the first stream",
               BARE + [record(1, 1), loss("bad-size", "corrupt", 200, 1, front=b"\x05\x07\x02")],
               [said(1, stream=1), told("bad-size", 200)], fault=NO_FAULT)
    yield good("loss-opaque-first", "6.6.2 11.4.4", "and so is one behind what can't be decoded",
               BARE + [record(1, 1), loss("bad-size", "corrupt", 200, 1, front=b"\x0d")],
               [said(1, stream=1), told("bad-size", 200)], fault=NO_FAULT)
    for code, text in [("bad-field-type", "00 aa"), ("field-past-end", "08 05 68"), ("critical-field", "d1 01 03"),
                       ("varint-long", "05 80*10")]:
        field = opaque(code, text)
        yield good(f"opaque-{code}", "11.4.3 7.2.1", f"{code}: opaque, and no diagnostic of its own",
                   BARE + [record(1, 1, data=field.data), record(0, 2)],
                   [line(1001, *shown([field])[0], stream=1), said(2)])
    field = opaque("bad-field-type", "00 aa")
    yield good("opaque-and-loss", "11.4.3", "a LOSS frame behind the record tells it",
               BARE + [record(1, 1, data=field.data), loss("bad-field-type", "corrupt", 77, 1), record(0, 2)],
               [line(1001, *shown([field])[0], stream=1), told("bad-field-type", 77, stream=1), said(2)],
               fault=NO_FAULT)


def definitions():
    fd, to = define(1, 2, string(b"fd")), define(1, 2, string(b"to"))
    yield good("key", "11.4.2 6.5.4", "a definition in front of the record that needs it",
               BARE + [fd, record(0, 1, key(2))],
               line(1001, key(2, b"fd")))
    yield good("key-again", "11.4.2", "two sources mean different things by one id",
               BARE + [fd, record(0, 1, key(2)), to, record(1, 2, key(2)), fd, record(0, 3, key(2))],
               [line(1001, key(2, b"fd")), line(1002, key(2, b"to"), stream=1), line(1003, key(2, b"fd"))])
    yield good("key-taken-back", "11.4.2", "a definition without fields takes the earlier one back",
               BARE + [fd, record(0, 1, key(2)), define(1, 2), record(1, 2, key(2))],
               [line(1001, key(2, b"fd")), line(1002, key(2), stream=1)])
    yield good("key-taken-back-and-again", "11.4.2", "and it can be stated again",
               BARE + [fd, define(1, 2), record(1, 1, key(2)), fd, record(0, 2, key(2))],
               [line(1001, key(2), stream=1), line(1002, key(2, b"fd"))])


def sessions():
    """Clause 11.2.2: a record has the session of its source, whatever that of the merged file is."""
    meaning = grows(block(1, define(1, 2, string(b"fd"))), kind=DEFINITIONS, session=OTHER)
    use = record(0, 1, key(2))
    yield case("merged-session-source", "11.2.2 6.5.4", "it is defined in the source's session",
               flat(meaning, file(source(0, header(session=OTHER)), use)), line(1001, key(2, b"fd"), stream=1))
    yield case("merged-session-file", "11.2.2 6.5.4",
               "it is defined in the merged file's session, not in the source's",
               flat(meaning, file(source(0, header()), use, session=OTHER)), line(1001, key(2), stream=1))
    yield case("merged-session-own", "11.2.2 6.5.4", "what the merged file defines itself comes before it",
               flat(meaning, file(source(0, header(session=OTHER)), define(1, 2, string(b"to")), use)),
               line(1001, key(2, b"to"), stream=1))
    yield case("merged-session-taken-back", "11.2.2 11.4.2", "and where that is taken back it holds again",
               flat(meaning, file(source(0, header(session=OTHER)), define(1, 2, string(b"to")), define(1, 2), use)),
               line(1001, key(2, b"fd"), stream=1))
    yield case("merged-session-strand-above", "11.2.2 11.4.4", "a STRAND above the highest has the first stream's",
               flat(meaning, file(source(0, header(session=OTHER)), record(7, 1, key(2)))),
               line(1001, key(2, b"fd"), stream=1))
    sources = [source(0, header(session=OTHER)), source(1, header(ordinal=1)), source(2)]
    turns = [record(stream, stream + 1, key(2)) for stream in (0, 1, 2)]
    yield merged("merged-session-input", "11.2.2 6.5.4", "the definitions strand is another input, behind: each "
                 "source has its own session, and a bare one none", [file(*sources, *turns), meaning],
                 [line(1001, key(2, b"fd")), line(1002, key(2), stream=1), line(1003, key(2), stream=2)])


def inputs():
    two = file(*FILES, record(0, 1), record(1, 3))
    plain = grows(block(1, 2))
    yield merged("merged-input-bare", "11.2.2 8.6.2",
                 "a bare source and a file don't share a clock, and none has a realtime",
                 [file(*BARE, record(0, 1), record(1, 3)), plain], lines((0, 1), (1, 3), (2, 2)))
    yield merged("merged-input-first", "11.4.4", "a merged file of two sources, then a file: that is stream 2",
                 [two, plain],
                 lines((0, 1), (2, 2), (1, 3)))
    yield merged("merged-input-second", "11.4.4", "the file first: the sources are 1 and 2", [plain, two],
                 lines((1, 1), (0, 2), (2, 3)))
    yield merged("merged-input-gap", "11.4.4", "sources 0 and 3 take four numbers",
                 [file(source(0, header()), source(3, header()), record(3, 1), record(0, 3)), grows(block(1, 9))],
                 lines((3, 1), (0, 3), (4, 9)))
    yield merged("merged-input-gap-clock", "11.4.4 11.2.2",
                 "1 and 2, which no SOURCE defines, are bare: no clock is shared",
                 [file(source(0, header()), source(3, header()), record(3, 1), record(0, 3)), plain],
                 lines((3, 1), (0, 3), (4, 2)))
    yield merged("merged-input-source-late", "11.4.2 11.4.4", "a SOURCE behind the first record takes no number",
                 [file(*FILES, record(0, 1), source(2, header()), record(1, 3)), plain],
                 lines((0, 1), (2, 2), (1, 3)))
    yield merged("merged-input-strand-none", "11.4.4 11.2.2", "a record without STRAND has the first stream's clock",
                 [file(source(0, header(boot=BOOT, clocks=[(1000, 0, 7)])), source(1), plain_record(1),
                       plain_record(7)),
                  grows(block(1, 1, 3), clocks=[(1000, 0, 10)])], lines((0, 1), (2, 1), (2, 3), (0, 7)))
    yield merged("merged-input-two", "11.4.4", "two merged files", [two, file(*FILES, record(0, 2), record(1, 4))],
                 lines((0, 1), (2, 2), (1, 3), (3, 4)))
    files = [source(0, header(boot=BOOT, clocks=[(1000, 0, 7)])), source(1, header(clocks=[(1000, 0, 10)]))]
    yield merged("merged-input-clocks", "11.2.2 11.4.2",
                 "a record's clock is that of its source: ordered by realtime",
                 [file(*files, record(0, 1), record(1, 2), record(0, 7)),
                  grows(block(1, 1, 3), clocks=[(1000, 0, 10)])],
                 lines((0, 1), (2, 1), (1, 2), (2, 3), (0, 7)))
    yield merged("merged-input-loss", "11.4.4 6.6.2", "a LOSS frame's stream counts from the first of them, too",
                 [plain, file(*FILES, record(1, 1), loss("bad-size", "corrupt", 9, 1), record(0, 3))],
                 [said(1, stream=2), told("bad-size", 9, stream=2), said(2), said(3, stream=1)], fault=NO_FAULT)


def vectors():
    return in_area("merged", records(), faults(), definitions(), sessions(), inputs())
