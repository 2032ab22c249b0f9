# SPDX-License-Identifier: MIT
"""A tiny assembler: what the generators of vectors are written in.

A generator says what a strand *means*; from the same values come, side by side,

    rows     the bytes as a test gives them, with a comment each
    lines    the canonical lines that reading them must give (clause 13)
    canon    the canonical bytes that recoding them must give (clause 13.7)
    values   the value lines that encode to them

None of it comes from running an implementation: expectations are put together, never observed.

    Strand().record(uint(7)).bad("02 00 01", "bad-size", "no frame has 2 bytes")

is a sync of (1000, 5000), a record of (1001, 5001), and a fault with its diagnostic.
"""
from values import (DIAG, STATUS, counting, dashed, diagnostic, fixed, numbers, octets, shown, spaced, uvarint,
                    varint)

START = (1000, 5000)
WRAP = 1 << 64


def size_of(body):
    return fixed(len(body) + 2, 2)


def ext_header(kind, flags, length):
    return b"\1\0" + bytes([kind, flags]) + fixed(length, 4)


def record_frame(body):
    """A record of this body: LARGE where no other form holds it."""
    return size_of(body) + body if len(body) + 2 <= 65535 else ext_header(5, 0, len(body) + 8) + body


class Strand:
    """A strand that grows by calls; each says what its bytes mean."""

    def __init__(self, start=START, stream=0, base=(0, 0), at=0):
        self.rows, self.lines, self.values, self.canon = [], [], [], b""
        self.base, self.stream, self.origin = base, stream, at
        self.faults = []
        if start:
            self.sync(*start)

    @property
    def data(self):
        return b"".join(data for data, _ in self.rows)

    @property
    def offset(self):
        return self.origin + sum(len(data) for data, _ in self.rows)

    def put(self, data, note="", canon=None):
        """Bytes that nothing is shown of."""
        data = octets(data)
        self.rows.append((data, note))
        self.canon += data if canon is None else canon
        return self

    def line(self, line):
        self.lines.append(line)
        return self

    def fault(self, code, at=None):
        """A diagnostic here, or at a given offset."""
        at = self.offset if at is None else at
        self.faults.append((code, at))
        return self.line(diagnostic(code, at, self.stream))

    def bad(self, data, code, note=""):
        return self.fault(code).put(data, note)

    def sync(self, tick, nano, written=True):
        """written=False: no value line asks for it; an encoder adds it by itself."""
        self.base = (tick, nano)
        if written:
            self.values.append("sync %d %d" % (tick, nano))
        return self.put(b"\0\0" + fixed(tick, 8) + fixed(nano, 8), "sync: tick %d, nano %d" % (tick, nano))

    def record(self, *fields, dt=1, dn=1, p=-1, pads=(0, 0, 0), large=False):
        header = uvarint(dt, pads[0]) + uvarint(dn, pads[1]) + varint(p, pads[2])
        body = header + b"".join(item.data for item in fields)
        start, tick, nano = self.offset, (self.base[0] + dt) % WRAP, (self.base[1] + dn) % WRAP
        head = (ext_header(5, 0, len(body) + 8) if large else size_of(body)) + header
        told, fault, code = shown(fields)
        self.line('{"stream":%d,"tick":%d,"nano":%d,"p":%d,"fields":[%s]}'
                  % (self.stream, tick, nano, p, ",".join(told)))
        if code:
            self.fault(code, start + len(head) + fault)
        self.values.append(" ".join(["record %d %d %d" % (tick, nano, p), *(item.value for item in fields)]))
        canon = record_frame(uvarint(dt) + uvarint(dn) + varint(p) + b"".join(item.canon for item in fields))
        self.put(head, "%s: tick +%d, nano +%d, P %d" % ("LARGE" if large else "record", dt, dn, p), canon)
        for item in fields:
            self.put(item.data, "  " + item.note, b"")
        return self

    def event(self, kind, *args, dt=2, p=2):
        """A trace event in an EVENT field, alone in its record."""
        data = counting(0x46, (kind, 0) + args, 0, 0)
        body = uvarint(dt) + b"\0" + varint(p) + data
        self.line('{"stream":%d,"tick":%d,"seq":0,"p":%d,"event":%d,"args":%s}'
                  % (self.stream, self.base[0] + dt, p, kind, numbers(args)))
        self.values.append(spaced("record %d %d %d event" % (self.base[0] + dt, self.base[1], p), (kind, 0) + args))
        return self.put(size_of(body) + body, "event %d" % kind)

    def ext(self, kind, body=b"", flags=0, length=None, note="", value=""):
        """An extended frame; `length` where it isn't what its header says."""
        body = octets(body)
        self.values.append(value or "ext %d %d %s" % (kind, flags, dashed(body)))
        self.put(ext_header(kind, flags, len(body) + 8 if length is None else length), note or "kind %d" % kind)
        return self.put(body) if body else self

    def pad(self, length):
        return self.ext(1, bytes(length - 8), note="PAD", value="pad %d" % length)

    def define(self, kind, ident, *fields, note="DEF", pad=0):
        body = uvarint(kind, pad) + uvarint(ident, pad) + b"".join(item.data for item in fields)
        value = " ".join(["def %d %d" % (kind, ident), *(item.value for item in fields)])
        return self.ext(2, body, note=note, value=value)

    def loss(self, diag, code, known, offset=0, records=0, count=0, behind=b""):
        """What a LOSS frame tells, in a strand of its own or of another."""
        told = ',"records":%d' % records if known & 1 else ""
        told += ',"bytes":%d' % count if known & 2 else ""
        told += ',"exact":%s' % ("true" if known & 8 else "false") if known & 4 else ""
        self.line(diagnostic(code, offset, self.stream, diag, told))
        six = (DIAG[diag], STATUS[code], known, offset, records, count)
        return self.ext(3, b"".join(map(uvarint, six)) + behind, note="LOSS",
                        value=" ".join(map(str, ("loss",) + six)))

    def clock(self, *four):
        value = " ".join(map(str, ("clock",) + four))
        return self.ext(4, b"".join(fixed(one, 8) for one in four), note="CLOCK", value=value)

    def owner(self, tid, name=b""):
        return self.ext(6, uvarint(tid) + name, note="OWNER", value="owner %d %s" % (tid, dashed(name)))

    def end(self):
        return self.ext(7, note="END", value="end")
