# SPDX-License-Identifier: MIT
"""Clause 13: canonical JSON, one line for each item."""
import base64

from items import Diagnostic, Event

ESCAPED = {'"': '\\"', "\\": "\\\\"}
ESCAPED.update({chr(code): "\\u%04x" % code for code in range(0x20)})
ESCAPE = str.maketrans(ESCAPED)


def binary(content):
    """13.1: RFC 4648, clause 4, with padding."""
    return '"base64":"%s"' % base64.b64encode(content).decode("ascii")


def text(key, content):
    """13.1, 13.2: as characters where it is valid UTF-8, else as bytes."""
    try:
        return '"%s":"%s"' % (key, content.decode("utf-8").translate(ESCAPE))
    except UnicodeDecodeError:
        return binary(content)


def uints(values):
    """13.1"""
    return "[%s]" % ",".join(map(str, values))


def site(number, meaning):
    """13.3, 13.4"""
    members = '"id":%d' % number
    if meaning:
        level, file, row, function, message = meaning
        members += ',"level":%d,%s,"line":%d,%s,%s' % (
            level, text("file", file), row, text("function", function), text("message", message))
    return '"site",' + members


def key(number, meaning):
    """13.3"""
    return '"key","id":%d' % number + ("," + text("name", meaning[0]) if meaning else "")


def stack(number, meaning):
    """13.3"""
    return '"stack","id":%d' % number + (',"value":' + uints(meaning[0]) if meaning else "")


MEMBERS = {
    "unknown": lambda field: '"unknown"',
    "true": lambda field: '"bool","value":true',
    "false": lambda field: '"bool","value":false',
    "string": lambda field: '"string",' + text("value", field.value),
    "conststring": lambda field: '"conststring","len":%d,"off":%d' % field.value,
    "traceback": lambda field: '"traceback","value":' + uints(field.value),
    "f32": lambda field: '"f32","bits":"%08x"' % field.value,
    "f64": lambda field: '"f64","bits":"%016x"' % field.value,
    "keyname": lambda field: '"key",' + text("name", field.value),
    "key": lambda field: key(field.value, field.meaning),
    "site": lambda field: site(field.value, field.meaning),
    "stack": lambda field: stack(field.value, field.meaning),
    "bytes": lambda field: '"bytes",' + binary(field.value),
    "memdump": lambda field: '"memdump","addr":%d,%s' % (field.value[0], binary(field.value[1])),
    "ext": lambda field: '"ext","code":%d,%s' % (field.value[0], binary(field.value[1])),
    "event": lambda field: '"ext","code":70,' + binary(field.value[1]),
    "opaque": lambda field: '"opaque",' + binary(field.value),
}


def field_text(field):
    """13.1: what isn't in the table above is a type and a number."""
    if field.type in MEMBERS:
        return '{"type":%s}' % MEMBERS[field.type](field)
    return '{"type":"%s","value":%d}' % (field.type, field.value)


def record_line(record):
    """13.1: record"""
    return '{"stream":%d,"tick":%d,"nano":%d,"p":%d,"fields":[%s]}' % (
        record.stream, record.tick, record.nano, record.p, ",".join(map(field_text, record.fields)))


def event_line(event):
    """13.1: event"""
    sequence = "" if event.seq is None else ',"seq":%d' % event.seq
    return '{"stream":%d,"tick":%d%s,"p":%d,"event":%d,"args":%s}' % (
        event.stream, event.tick, sequence, event.p, event.event, uints(event.args))


def diagnostic_line(diagnostic):
    """13.1: diagnostic"""
    members = '"diag":"%s","stream":%d,"offset":%d,"code":"%s"' % (
        diagnostic.kind, diagnostic.stream, diagnostic.offset, diagnostic.code)
    if diagnostic.records is not None:
        members += ',"records":%d' % diagnostic.records
    if diagnostic.bytes is not None:
        members += ',"bytes":%d' % diagnostic.bytes
    if diagnostic.exact is not None:
        members += ',"exact":' + ("true" if diagnostic.exact else "false")
    return "{%s}" % members


def line(item):
    """13.1: without its line feed."""
    if isinstance(item, Diagnostic):
        return diagnostic_line(item)
    return event_line(item) if isinstance(item, Event) else record_line(item)
