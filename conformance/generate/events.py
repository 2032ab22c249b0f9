# SPDX-License-Identifier: MIT
"""Trace events out of values, in both forms: clause 12.1. And the lines that they must give."""
from pieces import Piece, data_of, flat
from values import numbers, octets, uvarint

BATCH, FREQUENCY, STACK, STRING, TIMER, EXT = 1, 2, 3, 37, 35, 63


def packed(values):
    return b"".join(map(uvarint, values))


def first(count, kind):
    return bytes([count << 6 | kind])


def batch(pid=7, tick=1000, seq=0):
    return Piece(first(1, BATCH) + packed([pid % (1 << 64), seq, tick]),
                 f"Batch: pid {pid}, sequence {seq}, tick {tick}")


def event(kind, dt, *args, ds=0, form=None, note=None):
    """An event with a time; of more than two arguments, or where form is 3, with its length."""
    form = min(len(args), 3) if form is None else form
    body = packed([ds, dt, *args])
    length = uvarint(len(body)) if form == 3 else b""
    return Piece(first(form, kind) + length + body, note or f"event {kind}: tick +{dt}, arguments {list(args)}", 1)


def ext(number, dt, *args, **more):
    """An event whose number is 63 or more."""
    return event(EXT, dt, number, *args, note=f"EXT {number}: tick +{dt}, arguments {list(args)}", **more)


def untimed(kind, body, note):
    """Stack, String and the like: always with a length."""
    return Piece(first(3, kind) + uvarint(len(body)) + body, note)


def stack(ident, *addresses):
    return untimed(STACK, packed([ident, len(addresses), *addresses]), f"Stack {ident}: {len(addresses)} addresses")


def string(ident, text):
    return untimed(STRING, packed([ident, len(text)]) + text, f"String {ident}: {len(text)} bytes")


FREQUENCY_EVENT = Piece(first(0, FREQUENCY) + packed([1000000, 0]), "Frequency: 1000000 ticks a second")


def shown(tick, kind, *args, p=7, seq=0, stream=0):
    number = "" if seq is None else f',"seq":{seq}'
    return f'{{"stream":{stream},"tick":{tick}{number},"p":{p},"event":{kind},"args":{numbers(args)}}}'


def go_file(version, *events):
    """A trace file of Go, clause 12.6.1."""
    title = f"go {version} trace".encode()
    return flat(Piece(title.ljust(16, b"\0"), f'"go {version} trace"'), *events)


def raw(text, note="", records=0):
    return Piece(octets(text), note, records)


def length_of(*pieces):
    return len(data_of(flat(*pieces)))
