# SPDX-License-Identifier: MIT
"""What the bytes of a vector are put together from: pieces, each with a note, and what can be done to a row of them.

    flat(header(), block(1))       pieces and lists of them, in one list
    flip(pieces, 136)              the same, and one bit is another
    cut(pieces, 200)               the first 200 bytes
"""
from typing import NamedTuple


class Piece(NamedTuple):
    """Bytes, a note, and how many records (events with a time) they hold."""
    data: bytes
    note: str = ""
    records: int = 0


def data_of(pieces):
    return b"".join(piece.data for piece in pieces)


def size_of(pieces):
    return sum(len(piece.data) for piece in pieces)


def records_of(pieces):
    return sum(piece.records for piece in pieces)


def flat(*parts):
    """Pieces, rows of assemble.Strand, and lists of them → one list of pieces."""
    out = []
    for part in parts:
        single = isinstance(part, tuple) and isinstance(part[0], bytes)
        out += [Piece(*part)] if single else flat(*part)
    return out


def cut(pieces, length):
    """The first bytes."""
    out = []
    for piece in pieces:
        if length > 0:
            out.append(piece._replace(data=piece.data[:length]))
        length -= len(piece.data)
    return out


def behind(pieces, length):
    """What cut() leaves."""
    out = []
    for piece in pieces:
        if length < len(piece.data):
            out.append(piece._replace(data=piece.data[max(length, 0):]))
        length -= len(piece.data)
    return out


def insert(pieces, at, data, note):
    return cut(pieces, at) + [Piece(data, note)] + behind(pieces, at)


def remove(pieces, at, length):
    return cut(pieces, at) + behind(pieces, at + length)


def poke(pieces, at, data, note="changed"):
    """Other bytes in place of those at `at`, which lie in one piece; checksums stay as they were."""
    out = []
    for piece in pieces:
        if 0 <= at < len(piece.data):
            piece = piece._replace(data=piece.data[:at] + data + piece.data[at + len(data):],
                                   note=f"{piece.note}; {note}" if piece.note else note)
        at -= len(piece.data)
        out.append(piece)
    return out


def flip(pieces, at, bit=0):
    return poke(pieces, at, bytes([data_of(pieces)[at] ^ 1 << bit]), "a bit has flipped")


def zeros(count, note="zeros"):
    return Piece(bytes(count), note)
