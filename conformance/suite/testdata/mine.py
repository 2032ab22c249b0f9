# SPDX-License-Identifier: MIT
"""What somebody has who begins: a decoder of bare strands that knows syncs, records and one field type, uint.

The drivers of README.md are tested with it. FAULT in the environment makes it wrong in one way.
"""
import os
import struct

FAULT = os.environ.get("FAULT", "")


def diagnostic(kind, at, code):
    return f'{{"diag":"{kind}","stream":0,"offset":{at},"code":"{code}"}}'


def uvarint(data, at):
    value = shift = 0
    while data[at] > 127:
        value |= (data[at] & 127) << shift
        at, shift = at + 1, shift + 7
    return value | data[at] << shift, at + 1


def record(body, tick, nano):
    tick_delta, at = uvarint(body, 0)
    nano_delta, at = uvarint(body, at)
    p, at = uvarint(body, at)
    fields = []
    while at < len(body):
        value, at = uvarint(body, at + 1)
        fields.append(f'{{"type":"uint","value":{value}}}')
    p = -(p + 1 >> 1) if p & 1 else p >> 1
    return (f'{{"stream":0,"tick":{tick + tick_delta},"nano":{nano + nano_delta},"p":{p},'
            f'"fields":[{",".join(fields)}]}}')


def decode(data):
    """Bytes of a bare strand → canonical lines."""
    lines, at, tick, nano = [], 0, 0, 0
    while at < len(data):
        rest = data[at:]
        if len(rest) > 1 and not any(rest) and FAULT != "zeros":
            return lines + [diagnostic("zero-fill", at, "zero-fill")]
        size = int.from_bytes(rest[:2], "little") if len(rest) > 1 else 65535
        if size in (1, 2, 3, 4):
            return lines + [diagnostic("corrupt", at, "bad-size")]
        length = size or 18
        if length > len(rest):
            at += FAULT == "cut"
            return ([] if FAULT == "forget" else lines) + [diagnostic("truncated", at, "frame-past-end")]
        if size:
            try:
                lines.append(record(rest[2:size], tick, nano))
            except IndexError:
                lines.append(diagnostic("corrupt", at, "bad-header"))
        else:
            tick, nano = struct.unpack("<QQ", rest[2:18])
        at += length
    return lines
