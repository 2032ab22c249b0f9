# SPDX-License-Identifier: MIT
"""Clause 7: the fields of a record.

A Field has the name of its type in value lines, and a value: a number, bytes, a list, or a tuple of them. Of an
`ext` it is (type byte, the bytes behind it), of an `event` (values, the bytes behind the type byte), of an `opaque`
all bytes from the type byte on.
"""
from integers import Cursor, Fault, fixed, signed, uvarint_bytes, zigzag

# 7.3, 7.6, 7.7: type byte: name, shape
TYPES = {
    0x01: ("unknown", "none"), 0x02: ("true", "none"), 0x03: ("false", "none"),
    0x04: ("int", "varint"), 0x05: ("uint", "uvarint"), 0x06: ("hex", "uvarint"), 0x07: ("ptr", "uvarint"),
    0x08: ("string", "bytes"), 0x09: ("conststring", "two"), 0x0A: ("overflow", "uvarint"),
    0x0B: ("pc", "uvarint"), 0x0C: ("traceback", "list"),
    0x11: ("level", "uvarint"), 0x19: ("key", "uvarint"), 0x21: ("site", "uvarint"), 0x29: ("stack", "uvarint"),
    0x13: ("f32", "u32"), 0x1B: ("i32", "i32"), 0x23: ("u32", "u32"),
    0x14: ("f64", "u64"), 0x1C: ("i64", "i64"), 0x24: ("u64", "u64"),
    0x15: ("keyname", "bytes"), 0x1D: ("bytes", "bytes"), 0x25: ("memdump", "dump"),
    0x41: ("strand", "uvarint"), 0x46: ("event", "event"),
}
CODES = {name: (code, shape) for code, (name, shape) in TYPES.items()}
CRITICAL = 0x40
EXT = 0x38


class Field:
    """One field. `meaning` is what an id stands for (clause 6.5), None where nobody knows."""

    __slots__ = ("type", "value", "meaning")

    def __init__(self, type_name, value, meaning=None):
        self.type = type_name
        self.value = value
        self.meaning = meaning


def never_assigned(code):
    """7.1.1"""
    return code in (0x00, 0x0D, 0x0E, 0x0F) or code >= 0x10 and code & 7 == 7


def read_list(cursor):
    """7.2.2: a count, and the values one by one. Nothing is allocated by the count."""
    values = []
    for _ in range(cursor.uvarint()):
        values.append(cursor.uvarint())
    return values


def read_event(cursor):
    """7.7.2: its values, and their bytes: where it isn't shown as an event it is shown as `ext`."""
    begin = cursor.offset
    values = read_list(cursor)
    return values, bytes(cursor.data[begin:cursor.offset])


def read_dump(cursor):
    """7.6.5: an address and the bytes that stood there; a length below 8 has no room for the address."""
    content = cursor.take(cursor.uvarint())
    if len(content) < 8:
        raise Fault("field-past-end")
    return fixed(content, 0, 8), content[8:]


READ = {
    "none": lambda cursor: None,
    "varint": Cursor.varint,
    "uvarint": Cursor.uvarint,
    "two": lambda cursor: (cursor.uvarint(), cursor.uvarint()),
    "bytes": lambda cursor: cursor.take(cursor.uvarint()),
    "list": read_list,
    "u32": lambda cursor: cursor.fixed(4),
    "u64": lambda cursor: cursor.fixed(8),
    "i32": lambda cursor: signed(cursor.fixed(4), 32),
    "i64": lambda cursor: signed(cursor.fixed(8), 64),
    "dump": read_dump,
    "event": read_event,
}
CLASS_SHAPES = ("none", "uvarint", "two", "u32", "u64", "bytes", "list")


def skip_unknown(cursor, code):
    """7.4.1 – 7.4.3: the number of an EXT, then what the wire class says, unless the type is critical."""
    if code & EXT == EXT:
        cursor.uvarint()
    if code & CRITICAL:
        raise Fault("critical-field")
    READ[CLASS_SHAPES[code & 7]](cursor)


def read_field(cursor):
    """7.0.1: a type byte and what that type says."""
    code = cursor.fixed(1)
    if never_assigned(code):
        raise Fault("bad-field-type")
    if code in TYPES:
        name, shape = TYPES[code]
        return Field(name, READ[shape](cursor))
    begin = cursor.offset
    skip_unknown(cursor, code)
    return Field("ext", (code, bytes(cursor.data[begin:cursor.offset])))


def read_fields(cursor):
    """7.2.1: fields up to the end of the frame; the first that can't be decoded makes the rest opaque.

    Gives the fields, and what is to be told behind the record: (code, offset of the type byte) each. Among these are
    the padded integers that a strict reader tells (4.2.3).
    """
    fields, told = [], []
    while cursor.left():
        begin = cursor.offset
        cursor.padded = False
        try:
            fields.append(read_field(cursor))
            if cursor.padded:
                told.append(("padded-varint", begin))
        except Fault as fault:
            fields.append(Field("opaque", bytes(cursor.data[begin:cursor.end])))
            told.append((fault.code, begin))
            break
    return fields, told


def is_event(fields):
    """7.7.2: whether a record of these fields is shown as a trace event."""
    return len(fields) == 1 and fields[0].type == "event" and len(fields[0].value[0]) >= 2


def list_bytes(values):
    """A count, and the values."""
    return uvarint_bytes(len(values)) + b"".join(map(uvarint_bytes, values))


def string_bytes(content):
    """A length, and the bytes."""
    return uvarint_bytes(len(content)) + content


WRITE = {
    "none": lambda value: b"",
    "varint": lambda value: uvarint_bytes(zigzag(value)),
    "uvarint": uvarint_bytes,
    "two": lambda value: uvarint_bytes(value[0]) + uvarint_bytes(value[1]),
    "bytes": string_bytes,
    "list": list_bytes,
    "u32": lambda value: value.to_bytes(4, "little"),
    "u64": lambda value: value.to_bytes(8, "little"),
    "i32": lambda value: value.to_bytes(4, "little", signed=True),
    "i64": lambda value: value.to_bytes(8, "little", signed=True),
    "event": lambda value: list_bytes(value[0]),
    "dump": lambda value: string_bytes(value[0].to_bytes(8, "little") + value[1]),
}


def field_bytes(field):
    """13.7: a field with shortest integers; what isn't known to the byte."""
    if field.type == "opaque":
        return field.value
    if field.type == "ext":
        return bytes([field.value[0]]) + field.value[1]
    code, shape = CODES[field.type]
    return bytes([code]) + WRITE[shape](field.value)
