# SPDX-License-Identifier: MIT
"""Stream files out of values: file headers, blocks with their counters and checksums, and the lines they must give.

Everything that is assembled is a list of pieces. Nothing here reads: what a reader must say is put together from the
same values, by who calls.

    grows(block(1, 7), block(2, 8, flags=LIVE), ordinal=3)      two blocks of one record each, of a strand that grows

A number in a block's content is a record with one uint field, at base + number: 7 bytes. Unless
something else is said every block begins with a sync of (1000, 1000), is sealed, has checksums, and counts what the
blocks before it hold; a block that isn't there counts as one of 25 bytes with one record. Block n is at place(n).
"""
import struct

from pieces import Piece, data_of, flat, records_of, size_of, zeros
from suite.crc32c import crc32c
from values import diagnostic, octets, uint


MAGIC = bytes.fromhex("895354520d0a1a0a")
BLOCK_MAGIC = bytes.fromhex("f553424b")
RECORDS, TRACE, DEFINITIONS = 1, 2, 3
NANO_DERIVED = 1
MERGED, AMORTISED_CLOCK, FRAGMENT = 1, 2, 4
LIVE, SEALED, CRC = 0, 1, 2
HEADER, BLOCK, ROOM = 136, 4096, 4032
START = 1700000000000000000
U32, U64 = (1 << 32) - 1, (1 << 64) - 1


# File headers, clause 8.3.

LAYOUT = [  # a row is a line of the vector, and its note says the numbers
    "magic:8s header_len:I major:H minor:H",
    "header_crc32c:I reserved:I incompat:Q compat:Q",
    "session:16s boot:16s",
    "ordinal:I kind:B p_meaning:B clock_count:H",
    "pid:Q tid:Q start_ns:Q",
    "block_size:I block_count:I tick_num:I tick_den:I refused_live:Q",
    "name_len:H host_len:H writer_len:H reserved2:H",
]
BLOCK_LAYOUT = [
    "magic:4s units:B kind:B flags:H seq:Q",
    "payload_len:I committed:I tick_first:Q",
    "records_before:Q bytes_before:Q lost_before:Q",
    "payload_crc32c:I header_crc32c:I",
]
DEFAULTS = dict(
    magic=MAGIC, major=0, minor=9, reserved=0, incompat=0, compat=0, session=b"\x77" * 16, boot=b"\x66" * 16,
    ordinal=0,
    kind=RECORDS, p_meaning=0, pid=321, tid=321, start_ns=START, block_size=BLOCK, block_count=0, tick_num=1,
    tick_den=1, refused_live=0, reserved2=0)


def fields_of(layout):
    """→ {name: (offset, struct form)}"""
    found, at = {}, 0
    for name, form in (field.split(":") for row in layout for field in row.split()):
        found[name] = at, "<" + form
        at += struct.calcsize("<" + form)
    return found


IN_HEADER, IN_BLOCK = fields_of(LAYOUT), fields_of(BLOCK_LAYOUT)


def put(layout, values):
    """Values by name → a piece a row."""
    out = []
    for row in layout:
        names = [field.partition(":")[0] for field in row.split()]
        data = b"".join(struct.pack(fields_of(layout)[name][1], values[name]) for name in names)
        shown = [name if isinstance(values[name],
                                    bytes) or "crc" in name else f"{name} {values[name]}" for name in names]
        out.append(Piece(data, ", ".join(shown)))
    return out


def clock(tick, mono, real, bracket=0):
    return Piece(struct.pack("<4Q", tick, mono, real, bracket),
                 f"clock: tick {tick}, monotonic {mono}, realtime {real}")


def tail_of(values, clocks, strings, end):
    """What stands behind the fixed fields: clock tuples, strings, and `end` up to header_len, which is set here."""
    tail = [clock(*each) for each in clocks] + [Piece(text, note) for text, note in zip(strings, NAMES) if text]
    values.setdefault("header_len", (HEADER + size_of(tail) + 7) // 8 * 8)
    for name, count in zip(COUNTS, [len(clocks)] + [len(text) for text in strings]):
        values.setdefault(name, count)
    left = values["header_len"] - HEADER - size_of(tail)
    return tail + [Piece((end * left)[:left], "to header_len")] if 0 < left <= 65536 else tail


COUNTS = ["clock_count", "name_len", "host_len", "writer_len"]
NAMES = ["name", "host", "writer"]


def header(clocks=(), strings=(b"", b"", b""), end=b"\0", **changes):
    """A file header whose CRC is right, unless header_crc32c is among the changes."""
    values = {**DEFAULTS, **changes}
    tail = tail_of(values, clocks, strings, end)
    covered = put(LAYOUT, {**values, "header_crc32c": 0, "refused_live": 0})
    values.setdefault("header_crc32c", crc32c(data_of(covered + tail)))
    return put(LAYOUT, values) + tail


# Blocks, clause 9.1.

def sync(tick, nano=None):
    nano = tick if nano is None else nano
    return Piece(struct.pack("<HQQ", 0, tick, nano), f"sync: tick {tick}, nano {nano}")


def record(value, tick=None, nano=None):
    """A record of 7 bytes: uint value, at +value on both clocks unless said otherwise; all below 128."""
    tick = value if tick is None else tick
    nano = tick if nano is None else nano
    return Piece(bytes([7, 0, tick, nano, 1, 5, value]), f"record: uint {value}", 1)


def hexed(text, note="", records=0):
    return Piece(octets(text), note, records)


def extended(kind, body=b"", note="", flags=0, records=0):
    return Piece(struct.pack("<HBBI", 1, kind, flags, 8 + len(body)) + body, note, records)


END = extended(7, note="END")


def block(seq, *content, base=1000, opening=True, **changes):
    """A block's values, its payload among them; strand() fills in what isn't said. `written` is a false seq."""
    first = [sync(base)] if opening else []
    return {"seq": seq,
            "content": first + flat([record(each) if isinstance(each, int) else each for each in content]),
            "tick_first": base, **changes}


def frames(strand):
    """The pieces of an assemble.Strand: all its records are counted with the first."""
    pieces = flat(strand.rows)
    return [pieces[0]._replace(records=sum(line.startswith('{"stream"') for line in strand.lines))] + pieces[1:]


def before(seq, blocks, name, standard):
    """What the blocks in front of block `seq` hold; those that aren't there: `standard` each."""
    there = {each["seq"]: each for each in blocks if 0 < each["seq"] < seq}
    return sum(each[name] for each in there.values()) + standard * (seq - 1 - len(there)) if seq else 0


def fill_in(each, blocks, kind, size):
    """Defaults for all that a block doesn't say, apart from its checksums."""
    each.setdefault("magic", BLOCK_MAGIC)
    each.setdefault("units", 8)
    each.setdefault("kind", kind)
    each.setdefault("flags", SEALED | CRC)
    each.setdefault("payload_len", size - 8 * each["units"])
    each.setdefault("lost_before", 0)
    each.setdefault("records_before", before(each["seq"], blocks, "records", 1))
    each.setdefault("bytes_before", before(each["seq"], blocks, "size", 25))
    return each


def block_pieces(values, size):
    """Header, what more than 64 bytes of it there are, payload, and what stands behind committed."""
    values = {**values, "seq": values.get("written", values["seq"])}
    content = data_of(values["content"])
    with_crc = values["flags"] & CRC
    values.setdefault("payload_crc32c", crc32c(content[:values["committed"]]) if with_crc else 0)
    head = data_of(put(BLOCK_LAYOUT, {**values, "header_crc32c": 0}))[:60]
    values.setdefault("header_crc32c", crc32c(head) if with_crc else 0)
    more = max(8 * values["units"] - 64, 0)
    room = size - 64 - more - len(content)
    stale = (values.get("stale", b"\0") * room)[:room]
    return flat(put(BLOCK_LAYOUT, values), [Piece(b"\x5a" * more, "more header")] if more else [],
                values["content"], [Piece(stale, "not committed")] if room else [])


def strand(places, **changes):
    """A stream file: its header, then what stands at its places: blocks, and pieces as they are."""
    size, kind = changes.get("block_size", BLOCK), changes.get("kind", RECORDS)
    places = [dict(each) if isinstance(each, dict) else each for each in places]
    blocks = [each for each in places if isinstance(each, dict)]
    for each in blocks:
        each["size"] = size_of(each["content"])
        each["records"] = records_of(each["content"])
        each.setdefault("committed", each["size"])
    for each in blocks:
        fill_in(each, blocks, kind, size)
    return flat(header(**changes), [block_pieces(each, size) if isinstance(each, dict) else each for each in places])


def grows(*places, **changes):
    return strand(places, **changes)


def ring(count, *blocks, **changes):
    """A ring file: each block in its slot; slots without one are zeros."""
    slots = [zeros(changes.get("block_size", BLOCK), "a slot that was never used")] * count
    for each in blocks:
        slots[(each["seq"] - 1) % count] = each
    return strand(slots, block_count=count, **changes)


def place(number, head=HEADER, size=BLOCK):
    """Offset of the block that stands there, from 1."""
    return head + (number - 1) * size


def frame_at(number, index=0):
    """Offset of what stands behind the sync and `index` records in a block of a plain file."""
    return place(number) + 64 + 18 + 7 * index


# Canonical lines, clause 13.

def line(tick, *fields, nano=None, stream=0, p=-1):
    nano = tick if nano is None else nano
    shown = ",".join(each if isinstance(each, str) else each.shown for each in fields)
    return f'{{"stream":{stream},"tick":{tick},"nano":{nano},"p":{p},"fields":[{shown}]}}'


def said(*values, stream=0, base=1000):
    """The lines of records that record() makes."""
    return [line(base + value, uint(value), stream=stream) for value in values]


def told(code, offset, records=None, size=None, exact=None, stream=0):
    """The line of a diagnostic; of a loss with its counts."""
    counts = [("records", records), ("bytes", size), ("exact", exact if exact is None else str(exact).lower())]
    return diagnostic(code, offset, stream,
                      counts="".join(f',"{name}":{value}' for name, value in counts if value is not None))


def lost(code, offset, records, size=None, exact=True, stream=0):
    return told(code, offset, records, size, exact, stream)
