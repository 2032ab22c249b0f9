#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The decoder that Kaitai makes of spec/strand.ksy, as an implementation under test.

    adapter.py FOLDER [--raw] < FILE    level 0: the canonical lines of a stream file (of a bare strand)
    adapter.py FOLDER --serve           level 1: requests on standard input, answers on standard output

FOLDER holds the generated strand.py. All bytes are taken apart there; what it can't say is here: which base a delta
counts from, what an id means, in which order blocks are read, and the text of the canonical lines.

A Kaitai decoder throws where a reader of the format tells of a fault and goes on, so this claims the vectors of class
`accept` alone. It looks at no checksum. Where it notices that records are lost, that several strands would have to be
merged, or that sections of a file don't follow each other without a fault, it says that it can't do that.
"""
import base64
import io
import re
import sys

import kaitaistruct

LIMIT = 1 << 24
HANDSHAKE = ("strandline 1 impl=kaitai version=0.9.0 spec=0.9 classes=core,file,trace,go-trace ops=decode "
             "limits=input:%d kinds=accept" % LIMIT)
U64 = (1 << 64) - 1
MAGIC = b"\x89STR\r\n\x1a\n"
UNTIMED = (2, 3, 35, 37)  # Frequency, Stack, TimerGoroutine, String
NUMBERS = ("int", "uint", "hex", "ptr", "overflow", "pc", "level", "i32", "u32", "i64", "u64", "strand")
IDS = {"key_id": "key", "site_id": "site", "stack_id": "stack"}
DEFINED = {"key": ["string"], "site": ["level", "string", "uint", "string", "string"], "stack": ["traceback"]}


class Fault(Exception):
    """Bytes that a reader of the format would complain about."""


class Skip(Exception):
    """Bytes that need what is not here."""


# What the generated decoder and its runtime throw at bytes that they can't take apart.
FAULTS = (Fault, kaitaistruct.KaitaiStructError, EOFError, ValueError, OverflowError, AttributeError, IndexError)


# Canonical JSON: clause 13.

def binary(data):
    return '"base64":"%s"' % base64.b64encode(data).decode()


def text(key, data):
    try:
        string = data.decode("utf-8")
    except UnicodeDecodeError:
        return binary(data)
    string = re.sub(r'["\\]', r"\\\g<0>", string)
    return '"%s":"%s"' % (key, re.sub("[\0-\x1f]", lambda c: "\\u%04x" % ord(c[0]), string))


def numbers(values):
    return "[%s]" % ",".join(str(value) for value in values)


def all_values(counted):
    return [value.value for value in counted.values]


def type_name(field):
    """The name of the field's type; the number where it has none."""
    return getattr(field.type, "name", field.code)


def octets(part):
    """The bytes that a part of an unknown field was made of."""
    if hasattr(part, "groups"):
        return bytes(group.octet for group in part.groups)
    heads = [octets(getattr(part, name)) for name in ("number", "data", "len", "count")
             if hasattr(getattr(part, name, None), "_io")]
    return b"".join(heads + [octets(value) for value in getattr(part, "values", [])]) + getattr(part, "bytes", b"")


def field_json(field, resolve):
    name, data = type_name(field), field.data
    if name in NUMBERS:
        return '{"type":"%s","value":%d}' % (name, data.value)
    if name in IDS:
        return '{"type":"%s","id":%d%s}' % (IDS[name], data.value, resolve(IDS[name], data.value))
    if name in ("true", "false"):
        return '{"type":"bool","value":%s}' % name
    if name in ("f32", "f64"):
        return '{"type":"%s","bits":"%0*x"}' % (name, int(name[1:]) // 4, data.raw.bits)
    if name == "unknown":
        return '{"type":"unknown"}'
    if name == "string":
        return '{"type":"string",%s}' % text("value", data.bytes)
    if name == "const_string":
        return '{"type":"conststring","len":%d,"off":%d}' % (data.len.value, data.offset.value)
    if name == "traceback":
        return '{"type":"traceback","value":%s}' % numbers(all_values(data))
    if name == "key_inline":
        return '{"type":"key",%s}' % text("name", data.bytes)
    if name == "bytes":
        return '{"type":"bytes",%s}' % binary(data.bytes)
    if name == "memdump":
        return '{"type":"memdump","addr":%d,%s}' % (data.body.address, binary(data.body.bytes))
    if hasattr(data, "opaque"):
        return '{"type":"opaque",%s}' % binary(bytes([field.code]) + data.opaque)
    return '{"type":"ext","code":%d,%s}' % (field.code, binary(octets(data)))


def definition_json(kind, fields):
    values = [field.data for field in fields]
    if kind == "key":
        return "," + text("name", values[0].bytes)
    if kind == "stack":
        return ',"value":' + numbers(all_values(values[0]))
    return ',"level":%d,%s,"line":%d,%s,%s' % (
        values[0].value, text("file", values[1].bytes), values[2].value, text("function", values[3].bytes),
        text("message", values[4].bytes))


class Strand:
    """What has to be remembered from frame to frame, and the lines that come of it."""

    def __init__(self, stream=0, session=None, header=None):
        self.stream, self.header = stream, header
        self.session = {} if session is None else session
        self.strand, self.block = {}, {}
        self.base = self.batch = None
        self.records = 0
        self.sources = 1
        self.scouts = False  # it reads a definitions strand for what the session has from it
        self.lines = []

    def is_merged(self):
        return self.header is not None and self.header.is_merged

    def defines_session(self):
        return self.header is not None and self.header.kind.name == "definitions"

    def stream_of(self, field):
        """11.4.4: of what a STRAND field names."""
        return self.stream + (field.data.value if field.data.value < self.sources else 0)

    # Definitions: clause 6.5.

    def define(self, definition):
        kind, number = getattr(definition.kind, "name", None), definition.id.value
        names = [type_name(field) for field in definition.fields]
        if any(hasattr(field.data, "opaque") for field in definition.fields):
            return
        if kind == "source" and names[:1] == ["bytes"] and self.records == 0:
            self.sources = max(self.sources, number + 1)
        if kind not in DEFINED:
            return
        for_session = number % 2 == 0 and self.defines_session()
        if for_session and not self.scouts:
            return
        scope = self.session if for_session else self.block if number % 2 else self.strand
        if names[:len(DEFINED[kind])] == DEFINED[kind]:
            scope[kind, number] = definition_json(kind, definition.fields)
        elif self.is_merged() and not names:
            scope.pop((kind, number), None)

    def resolve(self, kind, number):
        scopes = (self.block, self.strand, self.session)
        return next((scope[kind, number] for scope in scopes if (kind, number) in scope), "")

    # Frames: clauses 5 and 6.

    def frames(self, frames):
        for frame in frames.frames:
            if frame.len == 0:
                self.base = (frame.sync.tick, frame.sync.nano)
            elif frame.len == 1:
                self.extended(frame.extended)
            else:
                self.record(frame.record)

    def extended(self, frame):
        kind = getattr(frame.kind, "name", None)
        if kind == "large":
            self.record(frame.body.content)
        elif kind == "loss":
            self.loss(frame.body.content)
        elif kind == "definition":
            try:
                self.define(frame.body.content)
            except FAULTS:
                pass  # it defines nothing: 6.3.2

    def loss(self, loss):
        stream, first = self.stream, loss.rest.first if self.is_merged() else None
        if first is not None and type_name(first) == "strand":
            stream = self.stream_of(first)
        slug, kind = (member.name.replace("_", "-") for member in (loss.status, loss.diag))
        counts = ""
        if loss.has_records:
            counts += ',"records":%d' % loss.records.value
        if loss.has_bytes:
            counts += ',"bytes":%d' % loss.bytes.value
        if loss.has_exact:
            counts += ',"exact":%s' % str(loss.is_exact).lower()
        self.lines.append('{"diag":"%s","stream":%d,"offset":%d,"code":"%s"%s}' % (
            kind, stream, loss.offset.value, slug, counts))

    def record(self, record):
        if self.base is None:
            raise Fault("no base")
        tick_delta, nano_delta = record.tick_delta.value, record.nano_delta.value
        if self.header is not None and self.header.is_nano_derived:
            nano_delta = tick_delta * self.header.tick_num // self.header.tick_den
        tick, nano = self.base[0] + tick_delta & U64, self.base[1] + nano_delta & U64
        fields, stream = record.fields, self.stream
        if any(hasattr(field.data, "opaque") for field in fields) and not self.is_merged():  # 11.4.3
            raise Fault("field type %d" % fields[-1].code)
        if self.is_merged() and fields and type_name(fields[0]) == "strand":
            fields, stream = fields[1:], self.stream_of(fields[0])
        self.records += 1
        if [type_name(field) for field in fields] == ["event"] and fields[0].data.count.value >= 2:
            kind, seq, *arguments = all_values(fields[0].data)
            self.event_line(stream, tick, ',"seq":%d' % seq, record.p.value, kind, arguments)
            return
        shown = ",".join(field_json(field, self.resolve) for field in fields)
        self.lines.append('{"stream":%d,"tick":%d,"nano":%d,"p":%d,"fields":[%s]}' % (
            stream, tick, nano, record.p.value, shown))

    # Execution traces: clause 12.

    def event_line(self, stream, tick, seq, p, kind, arguments):
        self.lines.append('{"stream":%d,"tick":%d%s,"p":%d,"event":%d,"args":%s}' % (
            stream, tick, seq, p, kind, numbers(arguments)))

    def entries(self, batch):
        for entry in batch.entries:
            if entry.first_octet == 1:
                self.extended(entry.extended)
            else:
                self.event(entry.event)

    def event(self, event):
        if event.is_string:
            values = []
        else:
            values = all_values(event.sized if event.has_len else event)
        if event.type_code == 1:
            p, *seq, tick = values[:1 + event.num_deltas]
            self.batch = (p - (p >> 63 << 64), seq, tick)
        elif self.batch is None:
            raise Fault("an event in front of the first batch")
        elif event.type_code not in UNTIMED:
            self.timed_event(event, values)
        elif event.type_code == 3 and len(values) != 2 + values[1] * (1 if event.num_deltas == 2 else 4):
            raise Fault("a stack whose count isn't that of its addresses")

    def timed_event(self, event, values):
        p, bases, arguments = self.batch[0], self.batch[1] + [self.batch[2]], values[event.num_deltas:]
        *seq, tick = (base + delta & U64 for base, delta in zip(bases, values))
        kind = event.type_code
        if kind == 63 and event.num_deltas == 2:
            kind, *arguments = arguments
            if kind < 63:
                raise Fault("EXT of event %d" % kind)
        self.batch = (p, seq, tick)
        self.records += 1
        self.event_line(self.stream, tick, "".join(',"seq":%d' % number for number in seq), p, kind, arguments)

    # Blocks: clauses 9 and 10.2.

    def blocks(self, blocks):
        told = (0, 0)
        for block in blocks:
            if block.records_before > told[0] or block.bytes_before > told[1] or block.lost_before > 0:
                raise Skip("losses")
            self.records, self.base, self.batch, self.block = block.records_before, None, None, {}
            if block.kind.name == "trace":
                self.entries(block.payload)
            else:
                self.frames(block.payload)
            told = (self.records, block.bytes_before + block.committed)
        if self.header.is_ring and self.header.refused_live > 0:
            raise Skip("losses")


def blocks_of_ring(slots, header):
    blocks = [(index, slot.block) for index, slot in enumerate(slots) if slot.block]
    last = slots[-1]
    if len(slots) < header.block_count or last.seq_number is None or (last.block and not last.is_whole):
        raise Fault("a ring that is cut")
    if any((block.seq_number - 1) % header.block_count != index for index, block in blocks):
        raise Fault("a block in a slot of another")
    return sorted((block for _, block in blocks), key=lambda block: block.seq_number)


def blocks_of_growing_file(places):
    while places and not any(places[-1]._raw_slot):
        places.pop()
    slots = [place.slot for place in places]
    if not all(slot.is_whole and (slot.block or slot.is_being_opened) for slot in slots):
        raise Fault("a file that ends inside a block, or zeros between blocks")
    blocks = [slot.block for slot in slots if slot.block]
    if any(after.seq_number <= before.seq_number for before, after in zip(blocks, blocks[1:])):
        raise Fault("a block with a number that another has, or had")
    return blocks


def blocks_of_section(section):
    places = [place for place in section.places if not place.is_end]
    if section.header.is_ring:
        return blocks_of_ring([place.slot for place in places], section.header)
    if section.header.is_fragment:
        raise Skip("fragments")
    try:
        return blocks_of_growing_file(places)
    except FAULTS as fault:
        if section.header.is_merged:
            raise Skip("fields of a merged file that can't be decoded") from fault
        raise


# Whole inputs.

class Decoder:
    """The generated decoder, and what each form of input asks of it."""

    def __init__(self, folder):
        sys.path.insert(0, folder)
        from strand import Strand as generated
        self.root = generated

    @staticmethod
    def parse(root, data):
        return root(kaitaistruct.KaitaiStream(io.BytesIO(data)))

    def raw(self, data, options):
        strand = Strand()
        for option in options:
            name, _, value = option.partition("=")
            if name == "ring":
                size, begin, end, *strand.base = map(int, value.split(","))
                if size != len(data) or not begin <= end <= begin + size:
                    raise Fault("this can't be the state of a ring")
                data = bytes(data[position % size] for position in range(begin, end))
            elif name != "split":
                raise Skip("op")
        strand.frames(self.parse(self.root.Frames, data))
        return strand.lines

    def strands(self, data):
        """→ [(strand, its blocks)] of the sections of a file"""
        sessions, strands = {}, []
        try:
            for stream, section in enumerate(self.parse(self.root, data).sections):
                session = sessions.setdefault(section.header.session, {})
                strands.append((Strand(stream, session, section.header), blocks_of_section(section)))
        except FAULTS as fault:
            if data.count(MAGIC) > 1:
                raise Skip("searching for sections") from fault
            raise
        return strands

    def file(self, data):
        strands = self.strands(data)
        for strand, blocks in strands:  # 6.5.4: what they define holds all the time
            if strand.defines_session():
                scout = Strand(strand.stream, strand.session, strand.header)
                scout.scouts = True
                scout.blocks(blocks)
        for strand, blocks in strands:
            strand.blocks(blocks)
        lines = [strand.lines for strand, _ in strands if strand.lines]
        if len(lines) > 1 or (len(strands) > 1 and any(strand.is_merged() for strand, _ in strands)):
            raise Skip("merging")
        return lines[0] if lines else []

    def go_trace(self, data):
        strand = Strand()
        strand.entries(self.parse(self.root.GoTrace, data).batches)
        return strand.lines


def decode(decoder, form, options, data):
    if len(data) > LIMIT:
        return "limit input", []
    if form == "raw":
        lines = decoder.raw(data, options)
    elif form in ("file", "go-trace") and not options:
        lines = decoder.file(data) if form == "file" else decoder.go_trace(data)
    else:
        raise Skip("op")
    return "ok %d" % len(lines), lines


def answer(decoder, words):
    """The answer to one request, without the request's name, and the lines behind it."""
    try:
        if len(words) < 3 or words[0] != "decode":
            raise Skip("op")
        data = bytes.fromhex("" if words[-1] == "-" else words[-1])
        return decode(decoder, words[1], words[2:-1], data)
    except Skip as reason:
        return "skip %s" % reason, []
    except FAULTS as fault:
        return "error %s: %s" % (type(fault).__name__, " ".join(str(fault).split())), []


def serve(decoder):
    print(HANDSHAKE, flush=True)
    for request in sys.stdin:
        name, *words = request.split() or ["?"]
        head, lines = answer(decoder, words)
        print("\n".join(["%s %s" % (name, head)] + lines), flush=True)


def read_one(decoder, form):
    """Level 0; → the exit status."""
    try:
        _, lines = decode(decoder, form, [], sys.stdin.buffer.read())
    except (Skip, *FAULTS) as fault:
        print("%s: %s" % (type(fault).__name__, fault), file=sys.stderr)
        return 3
    for line in lines:
        print(line)
    return 1 if any(line.startswith('{"diag"') for line in lines) else 0


def main():
    arguments = sys.argv[1:]
    if not arguments or arguments[1:] not in ([], ["--raw"], ["--serve"]):
        sys.exit(__doc__)
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    decoder = Decoder(arguments[0])
    if arguments[1:] == ["--serve"]:
        serve(decoder)
    else:
        sys.exit(read_one(decoder, "raw" if arguments[1:] else "file"))


if __name__ == "__main__":
    main()
