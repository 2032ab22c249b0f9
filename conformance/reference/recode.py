# SPDX-License-Identifier: MIT
"""Clause 13.7.5: a bare strand to its canonical bytes."""
from encode import record_bytes
from fields import CODES, Field, field_bytes, is_event, read_fields
from frames import EXTENDED_HEADER, SYNC_SIZE, Strand, read_strand
from integers import Cursor, fixed
from codepoints import FRAME


def first_fault(data):
    """3.2.2: what reading finds first; what a LOSS frame hands on is no fault of this input."""
    for item in read_strand(Strand(), data):
        if not item.timed and item.fault:
            return item
    return None


def record(data, begin, end):
    """13.7.5: the same deltas, P and fields, in shortest form."""
    cursor = Cursor(data, begin, end)
    tick_delta, nano_delta, p = cursor.uvarint(), cursor.uvarint(), cursor.varint()
    fields, _ = read_fields(cursor)
    if not is_event(fields):
        fields = [shown(field) for field in fields]
    return record_bytes(tick_delta, nano_delta, p, b"".join(map(field_bytes, fields)))


def shown(field):
    """7.7.2, 13.7.5: an EVENT that isn't in its place is shown as `ext`, and written byte for byte."""
    return Field("ext", (CODES["event"][0], field.value[1])) if field.type == "event" else field


def frames(data):
    """13.7.5: each frame, in a strand without a fault."""
    offset = 0
    while offset < len(data):
        size = fixed(data, offset, 2)
        if size == 0:
            end = offset + SYNC_SIZE
            yield data[offset:end]
        elif size == 1:
            end = offset + fixed(data, offset + 4, 4)
            large = data[offset + 2] == FRAME["LARGE"]
            yield record(data, offset + EXTENDED_HEADER, end) if large else data[offset:end]
        else:
            end = offset + size
            yield record(data, offset + 2, end)
        offset = end


def recode(data):
    """13.7.5: (bytes, None), or (None, the first fault)."""
    fault = first_fault(data)
    return (None, fault) if fault else (b"".join(frames(data)), None)
