# SPDX-License-Identifier: MIT
"""Clause 13.7: value lines to canonical bytes.

    sync TICK NANO | record TICK NANO P FIELD… | pad LEN | def KIND ID FIELD… | loss DIAG CODE KNOWN OFFSET RECORDS
    BYTES [FIELD…] | clock TICK MONO REAL BRACKET | owner TID TEXT | end | ext KIND FLAGS HEX

    FIELD: unknown | true | false | int N | uint N | hex N | ptr N | string HEX | conststring LEN OFF | overflow N
           | pc N | traceback COUNT N… | level N | key N | keyname HEX | site N | stack N | f32 HEX8 | f64 HEX16
           | i32 N | u32 N | i64 N | u64 N | bytes HEX | memdump ADDR HEX | strand N | event COUNT N…
           | extfield TYPE HEX

HEX is pairs of digits, `-` where it is empty. Values that no bytes stand for raise an Argument.
"""
import re

from fields import CODES, CRITICAL, TYPES, Field, field_bytes, is_event, never_assigned, skip_unknown
from integers import U64, Cursor, Fault, uvarint_bytes, zigzag
from codepoints import DIAG_SLUG, FRAME, SLUG

NUMBER = re.compile(r"-?[0-9]{1,40}\Z")
HEX = re.compile(r"(-|([0-9a-f]{2})+)\Z")
MAX_RECORD = 65535
MAX_EXTENDED = 1048576
MAX_DELTA = (1 << 21) - 1
RANGES = {"uvarint": (0, U64 - 1), "varint": (-U64 // 2, U64 // 2 - 1),
          "u32": (0, (1 << 32) - 1), "u64": (0, U64 - 1), "i32": (-1 << 31, (1 << 31) - 1), "i64": (-U64 // 2, U64 // 2 - 1)}


class Argument(Exception):
    """13.7.4: no bytes."""


class Malformed(Exception):
    """A value line that says nothing."""


class Words:
    """The words of a value line, taken one by one."""

    def __init__(self, line):
        self.words = line.split()
        self.next = 0

    def left(self):
        """How many are left."""
        return len(self.words) - self.next

    def word(self):
        """The next one."""
        if not self.left():
            raise Malformed("a word is missing")
        self.next += 1
        return self.words[self.next - 1]

    def number(self, lowest=0, highest=U64 - 1):
        """13.7.4: a number in its range."""
        word = self.word()
        if not NUMBER.match(word):
            raise Malformed("no number: " + word)
        value = int(word)
        if not lowest <= value <= highest:
            raise Argument("out of range: " + word)
        return value

    def binary(self):
        """Bytes."""
        word = self.word()
        if not HEX.match(word):
            raise Malformed("no hex: " + word)
        return b"" if word == "-" else bytes.fromhex(word)

    def bits(self, digits):
        """The bits of a float, most significant digit first."""
        content = self.binary()
        if 2 * len(content) != digits:
            raise Malformed("not %d digits" % digits)
        return int.from_bytes(content, "big")

    def numbers(self):
        """A count, and as many numbers."""
        return [self.number() for _ in range(min(self.number(), self.left() + 1))]


def unknown_field(words):
    """13.7.4: a type that the table of clause 7 hasn't, and just the data of its class."""
    code, data = words.number(0, 255), words.binary()
    if never_assigned(code) or code in TYPES or code < 0x10 or code & CRITICAL:
        raise Argument("no type of an unknown field: %d" % code)
    cursor = Cursor(data, 0, len(data))
    try:
        skip_unknown(cursor, code)
    except Fault as fault:
        raise Argument(fault.code) from None
    if cursor.left():
        raise Argument("more than the data of its class")
    return Field("ext", (code, data))


def field(words):
    """One FIELD."""
    name = words.word()
    if name == "extfield":
        return unknown_field(words)
    if name not in CODES:
        raise Malformed("no field: " + name)
    shape = CODES[name][1]
    if name == "level":
        return Field(name, words.number(1, 24))
    if name in ("f32", "f64"):
        return Field(name, words.bits(8 if name == "f32" else 16))
    if shape in RANGES:
        return Field(name, words.number(*RANGES[shape]))
    if shape == "none":
        return Field(name, None)
    if shape == "bytes":
        return Field(name, words.binary())
    if shape == "two":
        return Field(name, (words.number(), words.number()))
    if shape == "dump":
        return Field(name, (words.number(), words.binary()))
    if shape == "event":
        return Field(name, (words.numbers(), None))
    return Field(name, words.numbers())


def fields_bytes(words, event_allowed=False):
    """All that is left of a line; 7.7.2: an EVENT is a record's only field, and has two values or more."""
    fields = []
    while words.left():
        fields.append(field(words))
    events = [each for each in fields if each.type == "event"]
    if events and not (event_allowed and is_event(fields)):
        raise Argument("an event that isn't in its place")
    return b"".join(map(field_bytes, fields))


def extended(kind, body, flags=0):
    """6.1.1"""
    if 8 + len(body) > MAX_EXTENDED:
        raise Argument("a frame of more than %d bytes" % MAX_EXTENDED)
    return bytes([1, 0, kind, flags]) + (8 + len(body)).to_bytes(4, "little") + body


def sync_bytes(tick, nano):
    """5.3, 5.3.3"""
    if tick == nano == 0:
        raise Argument("a sync of zeros")
    return bytes(2) + tick.to_bytes(8, "little") + nano.to_bytes(8, "little")


def record_bytes(tick_delta, nano_delta, p, fields):
    """5.4, 6.8.1, 13.7.3: a record, and LARGE only where a record won't do."""
    body = uvarint_bytes(tick_delta) + uvarint_bytes(nano_delta) + uvarint_bytes(zigzag(p)) + fields
    size = 2 + len(body)
    return size.to_bytes(2, "little") + body if size <= MAX_RECORD else extended(FRAME["LARGE"], body)


class Encoder:
    """What has been written, and the last sync."""

    def __init__(self):
        self.base = None

    def line(self, line):
        """One value line."""
        words = Words(line)
        name = words.word()
        method = getattr(self, "line_" + name, None)
        if method is None:
            raise Malformed("no value line: " + name)
        content = method(words)
        if words.left():
            raise Malformed("more words than " + name + " has")
        return content

    def line_sync(self, words):
        """5.3"""
        self.base = words.number(), words.number()
        return sync_bytes(*self.base)

    def line_record(self, words):
        """13.7.3"""
        tick, nano, p = words.number(), words.number(), words.number(*RANGES["varint"])
        fields = fields_bytes(words, event_allowed=True)
        sync = b""
        if self.base is None or max(self.deltas(tick, nano)) > MAX_DELTA:
            sync = sync_bytes(tick, nano)
            self.base = tick, nano
        return sync + record_bytes(*self.deltas(tick, nano), p, fields)

    def deltas(self, tick, nano):
        """5.4.1: modulo 2^64."""
        return (tick - self.base[0]) % U64, (nano - self.base[1]) % U64

    def line_pad(self, words):
        """13.7.2"""
        return extended(FRAME["PAD"], bytes(words.number(8, MAX_EXTENDED) - 8))

    def line_def(self, words):
        """6.5"""
        kind, number = words.number(), words.number()
        return extended(FRAME["DEF"], uvarint_bytes(kind) + uvarint_bytes(number) + fields_bytes(words))

    def line_loss(self, words):
        """6.6"""
        numbers = [words.number() for _ in range(6)]
        diag, code, known, _, records, size = numbers
        if diag not in DIAG_SLUG or code not in SLUG:
            raise Argument("a LOSS that no reader decodes")
        if known > 15 or known & 12 == 8 or records and not known & 1 or size and not known & 2:
            raise Argument("a LOSS with numbers that aren't known")
        return extended(FRAME["LOSS"], b"".join(map(uvarint_bytes, numbers)) + fields_bytes(words))

    def line_clock(self, words):
        """6.7"""
        return extended(FRAME["CLOCK"], b"".join(words.number().to_bytes(8, "little") for _ in range(4)))

    def line_owner(self, words):
        """6.9"""
        return extended(FRAME["OWNER"], uvarint_bytes(words.number()) + words.binary())

    def line_end(self, _words):
        """6.10"""
        return extended(FRAME["END"], b"")

    def line_ext(self, words):
        """6.1.1"""
        kind, flags = words.number(0, 255), words.number(0, 1)
        return extended(kind, words.binary(), flags)


def encode(lines):
    """13.7: the bytes of value lines."""
    encoder = Encoder()
    return b"".join(encoder.line(line) for line in lines if line.strip())
