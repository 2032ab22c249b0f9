# SPDX-License-Identifier: MIT
"""The limits of files, from both sides. Clause 14."""
from assemble_file import HEADER, U32, block, extended, grows, header, hexed, line, place, ring, said, told
from case_file import case, in_area
from events import go_file, length_of
from file_go_trace import batch7, event7, line7
from pieces import Piece, flat, zeros
from values import key, uint, uvarint

MEBIBYTE = 1 << 20
TUPLES = (65536 - HEADER) // 32


def limit(name, kind, clauses, why, data, want, **more):
    return case("limit-" + name, clauses, why, data, want, klass="limit " + kind, **more)


def headers():
    yield limit("header-65536", "input", "14 8.3", "a file header of 65536 bytes",
                grows(block(1, 1), header_len=65536), said(1))
    yield limit("clock-tuples", "clocks", "14 8.3", f"{TUPLES} tuples, all that a header can hold",
                grows(block(1, 1), clock_count=TUPLES, header_len=65536), said(1))
    yield limit("strings", "input", "14 8.3", "a name of 65000 bytes",
                grows(block(1, 1), strings=(b"n" * 65000, b"h", b"w")),
                said(1))


def blocks():
    yield limit("block-size", "block", "14 8.3", "blocks of 1048576 bytes",
                grows(block(1, 1), block(2, 2), block_size=MEBIBYTE), said(1, 2))
    pad = extended(1, zeros(65528).data, "PAD of 65536 bytes")
    large = extended(5, b"\2\2\1\5\2", "LARGE: uint 2", records=1)
    yield limit("frame-in-block", "block", "14 6.4.1", "an extended frame of 65536 bytes in a block",
                grows(block(1, 1, pad, large), block_size=MEBIBYTE), said(1, 2))
    yield case("limit-ring-slots", "14 9.2.6", "a ring of 2^32 - 1 blocks, of which the file has two",
               grows(block(1, 1), block(2, 2), block_count=U32), [said(1, 2), told("block-past-end", place(3))],
               "limit-ring-two")
    yield case("limit-ring-two", "14 9.5.1", "a ring of two blocks", ring(2, block(1, 1), block(2, 2)), said(1, 2))


def counts():
    yield limit("sections", "sections", "14.1 11.3.1", "20 sections without a block, and one with a record",
                flat(*(header(ordinal=each) for each in range(20)), grows(block(1, 1), ordinal=20)),
                said(1, stream=20))
    define = [extended(2, b"\1" + uvarint(2 * each) + b"\x08\2fd", f"KEY {2 * each}") for each in range(150)]
    use = hexed("0a 00 01 01 01 19 aa 02 05 01", "record: key 298, uint 1", 1)
    yield limit("definitions-150", "definitions", "14.1 6.5.4", "150 definitions",
                grows(block(1, *define, use)), line(1001, key(298, b"fd"), uint(1)))


def string_event(length):
    """A Go trace whose String event has so many bytes."""
    content = length - 1 - 1 - 3
    data = b"\x25\1" + uvarint(content) + b"a" * content
    return go_file("1.11", batch7(), Piece(data, f"String: {length} bytes"), event7(20, 1))


def events():
    go = dict(op="decode go-trace", needs="go-trace")
    yield limit("trace-event", "event", "14 12.3.3", "an event of 1048576 bytes", string_event(MEBIBYTE),
                line7(1001, 20), **go)
    yield case("limit-trace-event-more", "14 12.3.3", "an event of 1048577 bytes", string_event(MEBIBYTE + 1),
               told("trace-bad-event", 16 + length_of(batch7())), "limit-trace-event", **go)


def vectors():
    return in_area("file-limit", headers(), blocks(), counts(), events())
