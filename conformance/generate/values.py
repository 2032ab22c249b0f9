# SPDX-License-Identifier: MIT
"""What strands are assembled from: integers, canonical text, fields.

A field is made by the function of its name, and has its bytes as written, how it is shown, its value-line form and
its shortest bytes. `pad` gives an integer so many bytes, zeros behind:

    uint(7)                05 07                uint 7      {"type":"uint","value":7}
    uint(7, pad=3)         05 87 80 00          and the same otherwise
    opaque("bad-field-type", "17 aa")           what can't be decoded, and why
"""
import base64
import csv
import pathlib
from typing import NamedTuple

REGISTRY = pathlib.Path(__file__).resolve().parents[2] / "spec" / "registry.tsv"


def registry(space):
    with REGISTRY.open(encoding="utf-8", newline="") as table:
        return [row for row in csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE) if row["space"] == space]


STATUS = {slug: int(row["code"]) for row in registry("status") for slug in row["shape"].split()[:1]}
KIND = {row["shape"].split()[0]: row["shape"].split()[-1] for row in registry("status") if " " in row["shape"]}
DIAG = {row["shape"]: int(row["code"]) for row in registry("diag")}
CATEGORY = {slug: row["name"].lower() for row in registry("category") for slug in row["shape"].split()}


# Integers (clause 4)

def uvarint(value, length=0):
    """The shortest form, or padded to so many bytes."""
    out = bytearray()
    while value > 0x7f or len(out) + 1 < length:
        out.append(value & 0x7f | 0x80)
        value >>= 7
    return bytes(out) + bytes([value])


def zigzag(value):
    return 2 * value if value >= 0 else -2 * value - 1


def varint(value, length=0):
    return uvarint(zigzag(value), length)


def fixed(value, size):
    return (value % (1 << 8 * size)).to_bytes(size, "little")


def octets(given):
    """Bytes as they are, or spelled in hex: runs as `00*6`."""
    if isinstance(given, (bytes, bytearray)):
        return bytes(given)
    words = (word.partition("*") for word in given.split())
    return b"".join(bytes.fromhex(byte) * int(times or 1) for byte, _, times in words)


# Canonical text (clause 13)

def binary(data):
    return '"base64":"%s"' % base64.b64encode(data).decode()


def escape(character):
    if character in '"\\':
        return "\\" + character
    return "\\u%04x" % ord(character) if ord(character) < 0x20 else character


def text(key, data):
    try:
        return '"%s":"%s"' % (key, "".join(map(escape, data.decode("utf-8"))))
    except UnicodeDecodeError:
        return binary(data)


def numbers(values):
    return "[%s]" % ",".join(map(str, values))


def diagnostic(code, offset, stream=0, kind=None, counts=""):
    return '{"diag":"%s","stream":%d,"offset":%d,"code":"%s"%s}' % (kind or KIND[code], stream, offset, code, counts)


# Fields (clause 7)

class Field(NamedTuple):
    """One field: its bytes as written, what is shown, its value-line form, its shortest bytes."""
    data: bytes
    shown: str
    value: str = ""
    canon: bytes = b""
    note: str = ""
    code: str = ""  # of the fault that it is

    def noted(self, note):
        return self._replace(note=note)


def field(kind, data, members="", value="", canon=None, note=""):
    return Field(data, '{"type":"%s"%s}' % (kind, "," + members if members else ""), value or kind,
                 data if canon is None else canon, note or value or kind)


def plain(kind, code, write, value, pad):
    head = bytes([code])
    return field(kind, head + write(value, pad), '"value":%d' % value, "%s %d" % (kind, value), head + write(value))


UNKNOWN = field("unknown", b"\1")
TRUE = field("bool", b"\2", '"value":true', "true")
FALSE = field("bool", b"\3", '"value":false', "false")
UNSIGNED = {"uint": 5, "hex": 6, "ptr": 7, "overflow": 10, "pc": 11, "level": 0x11, "strand": 0x41}
FIXED = {"i32": (0x1b, 4), "u32": (0x23, 4), "i64": (0x1c, 8), "u64": (0x24, 8)}
FLOAT = {"f32": (0x13, 4), "f64": (0x14, 8)}


def integer(value, pad=0):
    return plain("int", 4, varint, value, pad)


def number(kind, value, pad=0):
    return plain(kind, UNSIGNED[kind], uvarint, value, pad)


def uint(value, pad=0):
    return number("uint", value, pad)


def wide(kind, value):
    code, size = FIXED[kind]
    return field(kind, bytes([code]) + fixed(value, size), '"value":%d' % value, "%s %d" % (kind, value))


def bits(kind, digits):
    """A float by its bits, the most significant digit first."""
    return field(kind, bytes([FLOAT[kind][0]]) + bytes.fromhex(digits)[::-1], '"bits":"%s"' % digits,
                 kind + " " + digits)


def dashed(data):
    return data.hex() or "-"


def counted(code, data, pad=0):
    return bytes([code]) + uvarint(len(data), pad) + data


def string(data, pad=0):
    note = "string of %d bytes" % len(data)
    return field("string", counted(8, data, pad), text("value", data), "string " + dashed(data), counted(8, data),
                 note)


def keyname(data, pad=0):
    return field("key", counted(0x15, data, pad), text("name", data), "keyname " + dashed(data), counted(0x15, data))


def blob(data, pad=0):
    note = "bytes: %d" % len(data)
    return field("bytes", counted(0x1d, data, pad), binary(data), "bytes " + dashed(data), counted(0x1d, data), note)


def memdump(address, data, pad=0):
    body = fixed(address, 8) + data
    return field("memdump", counted(0x25, body, pad), '"addr":%d,%s' % (address, binary(data)),
                 "memdump %d %s" % (address, dashed(data)), counted(0x25, body))


def conststring(length, offset, pads=(0, 0)):
    data = [b"\x09" + uvarint(length, pad) + uvarint(offset, other) for pad, other in (pads, (0, 0))]
    return field("conststring", data[0], '"len":%d,"off":%d' % (length, offset),
                 "conststring %d %d" % (length, offset), data[1])


def counting(code, values, pad, pads):
    return bytes([code]) + uvarint(len(values), pad) + b"".join(uvarint(value, pads) for value in values)


def spaced(word, values):
    return " ".join(map(str, [word, len(values), *values]))


def traceback(values, pad=0, pads=0):
    return field("traceback", counting(12, values, pad, pads), '"value":' + numbers(values),
                 spaced("traceback", values), counting(12, values, 0, 0))


def reference(kind, code, ident, members, pad):
    shown = '"id":%d%s' % (ident, members and "," + members)
    head = bytes([code])
    return field(kind, head + uvarint(ident, pad), shown, "%s %d" % (kind, ident), head + uvarint(ident))


def key(ident, name=None, pad=0):
    return reference("key", 0x19, ident, "" if name is None else text("name", name), pad)


def site(ident, members="", pad=0):
    return reference("site", 0x21, ident, members, pad)


def stack(ident, values=None, pad=0):
    return reference("stack", 0x29, ident, "" if values is None else '"value":' + numbers(values), pad)


def ext(code, data=b""):
    """A field that is shown by its bytes: an unknown one, or an EVENT out of its place."""
    data = octets(data)
    return field("ext", bytes([code]) + data, '"code":%d,%s' % (code, binary(data)),
                 "extfield %d %s" % (code, dashed(data)), note="type %02x, class %d" % (code, code & 7))


def opaque(code, data, note=""):
    """A field that can't be decoded, for this fault; what stands behind it in the frame belongs to it."""
    return Field(octets(data), "", note=note or "→ " + code, code=code)


def shown(fields):
    """→ canonical fields, the offset of the fault among their bytes (or None), its code"""
    out, at = [], 0
    for place, item in enumerate(fields):
        if item.code:
            rest = b"".join(one.data for one in fields[place:])
            return out + ['{"type":"opaque",%s}' % binary(rest)], at, item.code
        out.append(item.shown)
        at += len(item.data)
    return out, None, ""
