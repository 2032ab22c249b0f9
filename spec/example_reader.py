# SPDX-License-Identifier: MIT
"""A small reader for the examples of FORMAT.md: bytes → the canonical lines that they must give.

It was written from the text, checks everything and is in no hurry; the examples are its only input. It orders several
inputs by tick: the examples share one clock.
"""
import base64
import csv
import pathlib
import re
import struct
import sys

SPEC = pathlib.Path(__file__).resolve().parent
U64 = (1 << 64) - 1
MAGIC = bytes.fromhex("895354520d0a1a0a")
BLOCK_MAGIC = bytes.fromhex("f553424b")


def registry():
    with (SPEC / "registry.tsv").open(encoding="utf-8", newline="") as f:
        rows = list(csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE))
    status = {int(r["code"]): r["shape"].split() for r in rows if r["space"] == "status"}
    diag = {int(r["code"]): r["shape"] for r in rows if r["space"] == "diag"}
    return status, diag


STATUS, DIAG = registry()
KIND_OF = {slug[0]: slug[1] for slug in STATUS.values() if len(slug) == 2}
UNSIGNED = {5: "uint", 6: "hex", 7: "ptr", 10: "overflow", 11: "pc", 0x11: "level", 0x41: "strand"}
FIXED = {0x13: ("f32", "<I"), 0x1B: ("i32", "<i"), 0x23: ("u32", "<I"),
         0x14: ("f64", "<Q"), 0x1C: ("i64", "<q"), 0x24: ("u64", "<Q")}


class Bad(Exception):
    """Bytes that cannot be decoded; `code` is the slug of the status."""

    def __init__(self, code):
        super().__init__(code)
        self.code = code


class Cursor:
    """Bytes from pos to end; running past the end is field-past-end. Clauses 4.1 to 4.3."""

    def __init__(self, data, pos, end):
        self.data, self.pos, self.end = data, pos, end

    def take(self, n):
        if self.end - self.pos < n:
            raise Bad("field-past-end")
        self.pos += n
        return self.data[self.pos - n:self.pos]

    def fixed(self, form):
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def uvarint(self):
        value = 0
        for i in range(10):
            byte = self.take(1)[0]
            value |= (byte & 127) << (7 * i)
            if byte < 128:
                if value > U64:
                    raise Bad("varint-range")
                return value
        raise Bad("varint-long")

    def varint(self):
        u = self.uvarint()
        return ~(u >> 1) if u & 1 else u >> 1

    def counted(self):
        return [self.uvarint() for _ in range(self.uvarint())]


def crc32c(data):
    """Clause 4.4, bit by bit."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


# Canonical JSON, clause 13.

def base64_text(data):
    return '"base64":"%s"' % base64.b64encode(data).decode()


def string_member(key, data):
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return base64_text(data)
    text = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"%s":"%s"' % (key, re.sub("[\x00-\x1f]", lambda m: "\\u%04x" % ord(m[0]), text))


def numbers(values):
    return "[%s]" % ",".join(map(str, values))


def field_json(kind, value, definition):
    """One object of "fields"; definition(kind, id) gives the fields of a definition or None."""
    head = '{"type":"%s"' % kind
    if kind == "unknown":
        rest = ""
    elif kind == "bool":
        rest = ',"value":' + ("true" if value else "false")
    elif kind == "string":
        rest = "," + string_member("value", value)
    elif kind == "conststring":
        rest = ',"len":%d,"off":%d' % value
    elif kind == "traceback":
        rest = ',"value":' + numbers(value)
    elif kind in ("f32", "f64"):
        rest = ',"bits":"%0*x"' % (8 if kind == "f32" else 16, value)
    elif kind in ("bytes", "opaque"):
        rest = "," + base64_text(value)
    elif kind == "memdump":
        rest = ',"addr":%d,%s' % (value[0], base64_text(value[1]))
    elif kind == "ext":
        rest = ',"code":%d,%s' % (value[0], base64_text(value[1]))
    elif kind == "event":
        return field_json("ext", (0x46, value[1]), definition)
    elif kind == "key" and isinstance(value, bytes):
        rest = "," + string_member("name", value)
    elif kind in ("key", "site", "stack"):
        rest = ',"id":%d' % value + resolved(kind, definition(kind, value))
    else:
        rest = ',"value":%d' % value
    return head + rest + "}"


def resolved(kind, fields):
    if fields is None:
        return ""
    values = [value for _, value in fields]
    if kind == "key":
        return "," + string_member("name", values[0])
    if kind == "stack":
        return ',"value":' + numbers(values[0])
    return ',"level":%d,%s,"line":%d,%s,%s' % (
        values[0], string_member("file", values[1]), values[2], string_member("function", values[3]),
        string_member("message", values[4]))


# Fields, clause 7.

def skip_class(c, wire_class):
    if wire_class in (1, 2):
        for _ in range(wire_class):
            c.uvarint()
    elif wire_class in (3, 4):
        c.take(4 if wire_class == 3 else 8)
    elif wire_class == 5:
        c.take(c.uvarint())
    elif wire_class == 6:
        c.counted()


def decode_field(c):
    """→ (kind, value); the cursor stands behind the field."""
    code = c.take(1)[0]
    if code == 0 or 0x0D <= code <= 0x0F or (code >= 0x10 and code % 8 == 7):
        raise Bad("bad-field-type")
    if code == 1:
        return "unknown", None
    if code in (2, 3):
        return "bool", code == 2
    if code == 4:
        return "int", c.varint()
    if code in UNSIGNED:
        return UNSIGNED[code], c.uvarint()
    if code == 8:
        return "string", c.take(c.uvarint())
    if code == 9:
        return "conststring", (c.uvarint(), c.uvarint())
    if code == 12:
        return "traceback", c.counted()
    if code in (0x19, 0x21, 0x29):
        return {0x19: "key", 0x21: "site", 0x29: "stack"}[code], c.uvarint()
    if code in FIXED:
        return FIXED[code][0], c.fixed(FIXED[code][1])
    if code in (0x15, 0x1D):
        return {0x15: "key", 0x1D: "bytes"}[code], c.take(c.uvarint())
    if code == 0x25:
        dump = Cursor(d := c.take(c.uvarint()), 0, len(d))
        return "memdump", (dump.fixed("<Q"), dump.take(dump.end - dump.pos))
    start = c.pos
    if code == 0x46:
        return "event", (c.counted(), c.data[start:c.pos])
    if code & 0x38 == 0x38:
        c.uvarint()
    if code & 0x40:
        raise Bad("critical-field")
    skip_class(c, code % 8)
    return "ext", (code, c.data[start:c.pos])


# Pieces of trace events, clauses 12.3 and 12.4.

def list_all(body):
    """The uvarints that fill `body`."""
    c, values = Cursor(body, 0, len(body)), []
    try:
        while c.pos < c.end:
            values.append(c.uvarint())
    except Bad as e:
        raise Bad("trace-bad-event" if e.code == "field-past-end" else e.code) from e
    return values


def trace_string(c, deltas):
    if deltas == 1:
        ident = c.uvarint()
        c.take(c.uvarint())
        return [ident]
    body = c.take(c.uvarint())
    inner = Cursor(body, 0, len(body))
    try:
        ident = inner.uvarint()
        inner.take(inner.uvarint())
    except Bad as e:
        raise Bad("trace-bad-event" if e.code == "field-past-end" else e.code) from e
    if inner.pos != inner.end:
        raise Bad("trace-bad-event")
    return [ident]


SHAPES = {1: ("key", ["string"]), 2: ("site", ["level", "string", "uint", "string", "string"]),
          3: ("stack", ["traceback"])}


class Strand:
    """One stream: its lines as (tick, text), where diagnostics have tick None. Clauses 5, 6, 9, 10, 12."""

    def __init__(self, stream, session):
        self.stream, self.session = stream, session
        self.lines = []
        self.own, self.block = {}, {}
        self.tick = self.nano = 0
        self.seen = {"records": 0, "bytes": 0, "refused": 0, "seq": 0, "least": (0, 0), "damage": None}
        self.based = self.told = self.merged = self.defines = self.in_blocks = False
        self.derived = None
        self.place = lambda off: off  # where an offset is in the file

    def diag(self, code, off, kind=None, stream=None, **counts):
        off = self.place(off) if kind is None else off
        text = '{"diag":"%s","stream":%d,"offset":%d,"code":"%s"' % (
            kind or KIND_OF[code], self.stream if stream is None else stream, off, code)
        for key in ("records", "bytes", "exact"):
            if key in counts:
                text += ',"%s":%s' % (key, str(counts[key]).lower())
        self.lines.append((None, text + "}"))

    def fault(self, code, off):
        """A fault of a block, frame or event: damage, clause 10.2.4."""
        self.diag(code, off)
        if self.seen["damage"] is None:
            self.seen["damage"] = off

    # Definitions, clause 6.5.

    def define(self, c):
        kind, ident = c.uvarint(), c.uvarint()
        fields = []
        try:
            while c.pos < c.end:
                fields.append(decode_field(c))
        except Bad:
            return
        name, shape = SHAPES.get(kind, (None, ()))
        table = self.session if self.defines else self.block if ident % 2 else self.own
        if self.merged and not fields:
            table.pop((name, ident), None)
        elif name and [k for k, _ in fields[:len(shape)]] == shape:
            table[name, ident] = fields

    def definition(self, kind, ident):
        key = (kind, ident)
        return self.block.get(key) or self.own.get(key) or self.session.get(key)

    # Records, clause 5.4.

    def record(self, off, data, pos, end):
        c = Cursor(data, pos, end)
        try:
            tick_delta, nano_delta, p = c.uvarint(), c.uvarint(), c.varint()
        except Bad:
            self.fault("bad-header", off)
            self.seen["bytes"] -= end - off
            return
        if not self.based and not self.told:
            self.told = True
            self.fault("no-base", off)
        if self.derived:
            nano_delta = tick_delta * self.derived[0] // self.derived[1]
        fields, bad = [], None
        while c.pos < end and bad is None:
            start = c.pos
            try:
                fields.append(decode_field(c))
            except Bad as e:
                bad = (e.code, start)
                fields.append(("opaque", data[start:end]))
        stream = self.stream
        if self.merged and fields and fields[0][0] == "strand":
            stream = fields.pop(0)[1]
        tick, nano = self.tick + tick_delta & U64, self.nano + nano_delta & U64
        if [k for k, _ in fields] == ["event"] and len(fields[0][1][0]) >= 2:
            event = fields[0][1][0]
            text = '{"stream":%d,"tick":%d,"seq":%d,"p":%d,"event":%d,"args":%s}' % (
                stream, tick, event[1], p, event[0], numbers(event[2:]))
        else:
            shown = ",".join(field_json(kind, value, self.definition) for kind, value in fields)
            text = '{"stream":%d,"tick":%d,"nano":%d,"p":%d,"fields":[%s]}' % (stream, tick, nano, p, shown)
        self.seen["records"] += 1
        self.lines.append((tick, text))
        if bad:
            self.diag(*bad)

    def loss(self, c):
        kind, code, known, off, records, size = (c.uvarint() for _ in range(6))
        if kind not in DIAG or len(STATUS.get(code, "")) != 2:
            raise Bad("bad-ext-body")
        counts = {}
        if known & 1:
            counts["records"] = records
        if known & 2:
            counts["bytes"] = size
        if known & 4:
            counts["exact"] = bool(known & 8)
        stream = None
        if self.merged and c.pos < c.end and c.data[c.pos] == 0x41:
            stream = decode_field(c)[1]
        self.diag(STATUS[code][0], off, DIAG[kind], stream, **counts)

    def extended(self, off, kind, data, pos, end):
        c = Cursor(data, pos, end)
        try:
            if kind == 2:
                self.define(c)
            elif kind == 3:
                self.loss(c)
        except Bad:
            if kind == 3:  # a DEF that can't be decoded just defines nothing
                self.diag("bad-ext-body", off)

    # Frames, clauses 5 and 6.1. Reads [pos, end), or as far as that goes. In a block that the file cuts off
    # block-past-end stands in for frame-past-end.

    def frames(self, data, pos, end, cut=False):
        zeros = None
        while pos < end:
            left = end - pos
            if not any(data[pos if zeros is None else zeros:end]) and (left >= 2 or zeros is not None):
                self.fault("zero-fill", pos if zeros is None else zeros)
                return
            size = data[pos] + 256 * data[pos + 1] if left >= 2 else None
            zero_sync = size == 0 and left >= 18 and not any(data[pos:pos + 18])
            if zero_sync:
                zeros = pos if zeros is None else zeros
                pos += 18
                continue
            if zeros is not None:
                self.fault("zero-sync", zeros)
                zeros = None
            length, fault = self.frame_length(data, pos, left, size)
            if fault:
                if not cut or fault != "frame-past-end":
                    self.fault(fault, pos)
                return
            if not self.frame(data, pos, length, size):
                return
            pos += length
        if zeros is not None:
            self.fault("zero-fill", zeros)

    @staticmethod
    def frame_length(data, pos, left, size):
        if size is None or (size == 0 and left < 18) or (size == 1 and left < 8) or size > max(left, 4):
            return None, "frame-past-end"
        if 2 <= size <= 4:
            return None, "bad-size"
        if size != 1:
            return size or 18, None
        total = struct.unpack_from("<I", data, pos + 4)[0]
        if not 8 <= total <= 1 << 20:
            return None, "bad-ext-length"
        return total, "frame-past-end" if total > left else None

    def frame(self, data, pos, length, size):
        self.seen["bytes"] += length
        if size == 0:
            self.tick, self.nano = struct.unpack_from("<QQ", data, pos + 2)
            self.based = True
        elif size >= 5:
            self.record(pos, data, pos + 2, pos + length)
        else:
            kind, flags = data[pos + 2], data[pos + 3]
            if kind == 5:
                self.record(pos, data, pos + 8, pos + length)
            elif 1 <= kind <= 7:
                self.extended(pos, kind, data, pos + 8, pos + length)
            elif flags & 1:
                self.fault("critical-frame", pos)
                self.seen["bytes"] -= length
                return False
        return True

    # Trace batches, clause 12. `deltas`: 2 in our dialect and Go 1.5, 1 from Go 1.7 to 1.21.

    def trace(self, data, pos, end, deltas=2, cut=False):
        batch = None
        while pos < end:
            if data[pos:min(pos + 2, end)] == b"\x01\x00" and self.in_blocks:
                length, fault = self.frame_length(data, pos, end - pos, 1)
                if not fault and not self.frame(data, pos, length, 1):
                    return
            else:
                c, fault = Cursor(data, pos, end), None
                try:
                    batch = self.event(c, deltas, batch)
                except Bad as e:
                    fault = {"field-past-end": "trace-past-end"}.get(e.code, e.code)
                length = c.pos - pos
                self.seen["bytes"] += 0 if fault else length
            if fault:
                if not (cut and fault in ("trace-past-end", "frame-past-end")):
                    self.fault(fault, pos)
                return
            pos += length

    def event(self, c, deltas, batch):
        """One event; → the batch state behind it."""
        byte = c.take(1)[0]
        kind, count = byte & 63, byte >> 6
        if batch is None and kind != 1:
            raise Bad("trace-no-batch")
        if kind == 0 or (kind == 37 and deltas == 2 and count != 3):
            raise Bad("trace-bad-event")
        if kind == 37:
            args = trace_string(c, deltas)
        elif count == 3:
            args = list_all(c.take(c.uvarint()))
        else:
            args = [c.uvarint() for _ in range(count + deltas)]
        if deltas == 1 and kind == 48:
            c.take(c.uvarint())
        untimed = kind in (2, 3, 35, 37)
        if len(args) < (1 + deltas if kind == 1 else 1 if untimed else deltas + (kind == 63 and deltas == 2)):
            raise Bad("trace-bad-event")
        if kind == 3 and len(args) != 2 + args[1] * (1 if deltas == 2 else 4):
            raise Bad("trace-bad-event")
        if kind == 1:
            p = args[0] - (1 << 64 if args[0] >> 63 else 0)
            return {"p": p, "seq": args[1] if deltas == 2 else None, "tick": args[deltas]}
        return batch if untimed else self.timed_event(kind, args, deltas, batch)

    def timed_event(self, kind, args, deltas, batch):
        seq, own = "", args[deltas:]
        if deltas == 2:
            batch["seq"] = batch["seq"] + args[0] & U64
            seq = ',"seq":%d' % batch["seq"]
            if kind == 63:
                kind = own.pop(0)
                if kind < 63:
                    raise Bad("trace-bad-event")
        batch["tick"] = batch["tick"] + args[deltas - 1] & U64
        self.seen["records"] += 1
        self.lines.append((batch["tick"], '{"stream":%d,"tick":%d%s,"p":%d,"event":%d,"args":%s}' % (
            self.stream, batch["tick"], seq, batch["p"], kind, numbers(own))))
        return batch

    # Stream files, clauses 8 to 10.

    def file(self, data):
        check_file_header(data)
        self.in_blocks = True
        header_len = struct.unpack_from("<I", data, 8)[0]
        incompat, compat = struct.unpack_from("<QQ", data, 24)
        kind, block_size, count, num, den, refused = struct.unpack_from("<B27xIIIIQ", data, 76)
        late = count > 0 or is_fragment(data)
        self.merged, self.defines = bool(compat & 1), kind == 3
        self.derived = (num, den) if incompat & 1 else None
        offs = list(range(header_len, len(data), block_size))
        if count:
            used = (o for o in offs if any(data[o + 8:o + 16]))
            offs = sorted(used, key=lambda o: struct.unpack_from("<Q", data, o + 8))
        for off in offs:
            if any(data[off:]):
                self.one_block(data, off, block_size, kind, late)
        if self.seen["damage"] is not None:
            least = [max(a - self.seen[key], 0) for a, key in zip(self.seen["least"], ("records", "bytes"))]
            self.diag("damaged", self.seen["damage"], records=least[0], bytes=least[1], exact=False)
        if count and refused > self.seen["refused"]:
            self.diag("refused", 120, records=refused - self.seen["refused"], exact=True)

    def one_block(self, data, off, block_size, kind, late):
        units, committed = data[off + 4], struct.unpack_from("<I", data, off + 20)[0]
        payload, whole = off + 8 * units, off + block_size <= len(data)
        end = min(payload + committed, len(data))
        fault = block_fault(data, off, block_size, kind, whole)
        if not fault or fault == "block-payload-crc":
            records, size = struct.unpack_from("<QQ", data, off + 32)
            self.seen["least"] = (records, size + committed)
        if fault:
            self.fault(fault, off)
            return
        self.losses(data, off, late)
        self.block = {}
        self.based = self.told = False
        self.tick = self.nano = 0
        read = self.trace if kind == 2 else self.frames
        read(data, payload, end, cut=not whole)
        if not whole:
            self.diag("block-past-end", off)

    def losses(self, data, off, late):
        """Clause 10.2, in front of an intact block."""
        seen, seq = self.seen, struct.unpack_from("<Q", data, off + 8)[0]
        records, size, refused = struct.unpack_from("<QQQ", data, off + 32)
        missing, gone = max(records - seen["records"], 0), max(size - seen["bytes"], 0)
        if missing or gone:
            damaged = seen["damage"] is not None or seq == seen["seq"] + 1
            code = "overwritten" if late and seen["seq"] == 0 else "damaged" if damaged else "missing-blocks"
            self.diag(code, off, records=missing, bytes=gone, exact=True)
        if refused > seen["refused"]:
            self.diag("refused", off, records=refused - seen["refused"], exact=True)
        seen.update(records=records, bytes=size, refused=max(refused, seen["refused"]), seq=seq, damage=None)


def check_file_header(data):
    """The examples' headers are right: anything else is a mistake in the text."""
    header_len, major, _, crc = struct.unpack_from("<IHHI", data, 8)
    if data[:8] != MAGIC or major != 0 or not 136 <= header_len <= 65536 or header_len % 8:
        sys.exit("an example's file header is wrong")
    covered = crc32c(data[:16] + bytes(4) + data[20:120] + bytes(8) + data[128:header_len])
    if crc != covered:
        sys.exit("an example's file header has the CRC %08x, should have %08x" % (crc, covered))


def block_fault(data, off, block_size, kind, whole):
    """Clauses 9.2 and 9.3 → slug, or None for an intact block."""
    magic, units, block_kind, flags, seq, room, committed = struct.unpack_from("<4sBBHQII", data, off)
    payload_crc, header_crc = struct.unpack_from("<II", data, off + 56)
    payload = off + 8 * units
    if magic != BLOCK_MAGIC:
        return "bad-block-header"
    if flags & 3 == 3 and header_crc != crc32c(data[off:off + 60]):
        return "block-header-crc"
    if (units < 8 or block_kind != kind or flags & 3 == 2 or seq == 0 or room != block_size - 8 * units or
            committed > room):
        return "bad-block-header"
    if flags & 3 == 3 and whole and payload_crc != crc32c(data[payload:payload + committed]):
        return "block-payload-crc"
    return None


# Fragments, clause 11.1.4. In the examples they are whole.

def is_fragment(data):
    compat, count = struct.unpack_from("<Q", data, 32)[0], struct.unpack_from("<I", data, 108)[0]
    return compat & 5 == 4 and count == 0


def split(data):
    """The sections of a file, as (start, end)."""
    header_len, block_size = (struct.unpack_from("<I", data, at)[0] for at in (8, 104))
    end = next((off for off in range(header_len, len(data), block_size) if data[off:off + 8] == MAGIC), len(data))
    rest = split(data[end:]) if end < len(data) else []
    return [(0, end)] + [(end + a, end + b) for a, b in rest]


def join(data, sections):
    """Fragments of one strand → its bytes as one file that grows, and where each of its offsets is."""
    size, blocks = struct.unpack_from("<I", data, 104)[0], {}
    for start, end in sections:
        header_len = struct.unpack_from("<I", data, start + 8)[0]
        for off in range(start + header_len, end, size):
            seq, committed = struct.unpack_from("<Q4xI", data, off + 8)
            blocks[seq] = max(blocks.get(seq, (0, 0)), (committed, off))
    start = sections[-1][0]
    header = data[start:start + struct.unpack_from("<I", data, start + 8)[0]]
    offs = [blocks[seq][1] for seq in sorted(blocks)]
    joined = header + b"".join(data[off:off + size] for off in offs)
    return joined, lambda off: offs[(off - len(header)) // size] + (off - len(header)) % size


def strands_of(how, data):
    """An input → the strands in it, as (how, bytes, where their offsets are)."""
    if how[:1] != ["file"] or not is_fragment(data):
        return [(how, data, lambda off: off)]
    strands = {}
    for start, end in split(data):
        key = data[start + 40:start + 56] + data[start + 72:start + 77]
        strands.setdefault(key, []).append((start, end))
    return [(how, *join(data, sections)) for sections in strands.values()]


def read_input(strand, how, data):
    kind, options = (how[0], dict(word.split("=") for word in how[1:])) if how else ("bare", {})
    if kind == "file":
        strand.file(data)
    elif kind == "go-trace":
        strand.trace(data, 16, len(data), deltas=2 if data.startswith(b"go 1.5 ") else 1)
    elif kind == "ring":
        strand.based = True
        strand.tick, strand.nano = int(options["tick"]), int(options["nano"])
        linear = unroll(data, options)
        strand.frames(linear, 0, len(linear))
    else:
        strand.frames(data, 0, len(data))


def unroll(memory, options):
    return bytes(memory[n % len(memory)] for n in range(int(options["begin"]), int(options["end"])))


def merge(strands):
    """Clause 11.2: the smallest head, ties to the lower stream; a diagnostic goes with the record before it."""
    out, queues = [], [list(s.lines) for s in strands]

    def flush(queue):
        while queue and queue[0][0] is None:
            out.append(queue.pop(0)[1])

    for queue in queues:
        flush(queue)
    while any(queues):
        queue = min((q for q in queues if q), key=lambda q: q[0][0])
        out.append(queue.pop(0)[1])
        flush(queue)
    return out


def read_example(inputs):
    session = {}
    inputs = [strand for how, data in inputs for strand in strands_of(how, data)]
    strands = [Strand(i, session) for i in range(len(inputs))]
    definitions_first = sorted(range(len(inputs)), key=lambda i: not is_definitions(*inputs[i][:2]))
    for i in definitions_first:
        strands[i].place = inputs[i][2]
        read_input(strands[i], *inputs[i][:2])
    return merge(strands)


def is_definitions(how, data):
    return how == ["file"] and data[76] == 3
