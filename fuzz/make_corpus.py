#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes the seeds of the fuzz targets: fuzz/corpus/TARGET/NAME, small inputs that show each target what there is.

    fuzz/make_corpus.py            writes them
    fuzz/make_corpus.py --check    fails if one is missing or differs

The bytes are put together here from the format's tables, by none of the library's code. What a fuzzer finds is
another matter: a seed that once broke something is added to corpus/TARGET by hand, with a name that begins `found-`.
"""
import pathlib
import random
import struct
import sys

HERE = pathlib.Path(__file__).resolve().parent
FIXTURES = HERE.parent / "libcodec" / "test" / "fixtures"

# Layer 0
# -------


def uvarint(v):
    out = bytearray()
    while v > 127:
        out.append(v & 127 | 128)
        v >>= 7
    return bytes(out) + bytes([v])


def varint(v):
    return uvarint(~v << 1 | 1 if v < 0 else v << 1)


def counted(data):
    return uvarint(len(data)) + data


def sync(tick, nano):
    return struct.pack("<HQQ", 0, tick, nano)


def record(*fields, tick=0, nano=0, p=-1):
    body = uvarint(tick) + uvarint(nano) + varint(p) + b"".join(fields)
    return struct.pack("<H", len(body) + 2) + body


def ext(kind, body=b"", flags=0):
    return struct.pack("<HBBI", 1, kind, flags, len(body) + 8) + body


def string(text):
    return b"\x08" + counted(text)


def definition(kind, id, *fields):
    return ext(2, uvarint(kind) + uvarint(id) + b"".join(fields))


UNKNOWN, TRUE, FALSE = b"\x01", b"\x02", b"\x03"
CORE = [UNKNOWN, TRUE, FALSE, b"\x04" + varint(-3), b"\x05" + uvarint(300), b"\x06" + uvarint(0x300000000),
        b"\x07" + uvarint(0), string("grüß \x07\"\\\n".encode()), b"\x09" + uvarint(6) + uvarint(9), b"\x0a" + uvarint(952),
        b"\x0b" + uvarint(4658719), b"\x0c" + uvarint(2) + uvarint(4658719) + uvarint(1)]
EXTENSIONS = [b"\x11\x09", b"\x19\x02", b"\x21\x04", b"\x29\x03", b"\x13" + struct.pack("<f", 1.5), b"\x1b" + struct.pack("<i", -2),
              b"\x23" + struct.pack("<I", 7), b"\x14" + struct.pack("<d", 0.1), b"\x1c" + struct.pack("<q", -2 ** 63),
              b"\x24" + struct.pack("<Q", 2 ** 64 - 1), b"\x15" + counted(b"fd"), b"\x1d" + counted(b"\xde\xad"),
              b"\x25" + counted(struct.pack("<Q", 4096) + b"memory"), b"\x41\x05", b"\x46\x04\x0d\x00\x07\x08"]
SKIPPED = [b"\x30", b"\x31\x05", b"\x32\x05\x06", b"\x33abcd", b"\x34abcdefgh", b"\x35\x02ab", b"\x36\x02\x05\x06",
           b"\x39\x41\x05", b"\x3d\x41\x02ab", b"\x91\x05", b"\xb8\x41"]
BAD_FIELDS = [b"\x00", b"\x0d", b"\x17", b"\x40", b"\x78\x41", b"\x05\x80", b"\x05" + b"\x80" * 10 + b"\x00",
              b"\x05" + b"\xff" * 9 + b"\x02", b"\x08\x7fabc", b"\x25\x07abcdefg", b"\x0c\x09\x01"]
DEFINITIONS = [definition(1, 2, string(b"fd")),
               definition(2, 4, b"\x11\x09", string(b"net.c"), b"\x05\x2a", string(b"listen"), string(b"accepted"), string(b"fd")),
               definition(3, 3, CORE[11]),
               definition(4, 70, string(b"Custom"), UNKNOWN, string(b"size"), string(b"bytes")),
               definition(5, 6, string(b"/bin/x"), b"\x1d\x02ab", b"\x07\x10", b"\x05\x20")]
CLOCK = ext(4, struct.pack("<4Q", 1, 2, 3, 4))
OWNER = ext(6, uvarint(4711) + b"worker")
LOSS = ext(3, b"\x01\x40\x0f" + uvarint(300) + b"\x05\x06" + b"\x41\x02")
END = ext(7)


def strands():
    start = sync(1000, 2000)
    yield "core", start + record(*CORE) + record(tick=5, nano=7, p=3) + b"".join(record(field, tick=9) for field in CORE)
    yield "extensions", start + b"".join(DEFINITIONS) + record(*EXTENSIONS) + b"".join(record(field, TRUE) for field in EXTENSIONS)
    yield "keys", start + b"".join(DEFINITIONS) + record(b"\x21\x04", b"\x05\x07", b"\x19\x02", string(b"a b"), b"\x29\x03")
    yield "merged", start + record(b"\x41\x03", b"\x46\x04\x0d\x00\x07\x08") + record(b"\x41\x04", TRUE) + record(b"\x46\x02\x46\x00")
    yield "skipped", start + record(*SKIPPED)
    yield "bad-fields", start + b"".join(record(TRUE, field) for field in BAD_FIELDS)
    yield "frames", start + ext(1, b"\0\0") + OWNER + CLOCK + LOSS + ext(5, b"\x01\x02\x03" + TRUE) + ext(99, b"?") + END
    yield "no-base", record(TRUE) + record(FALSE) + start + record()
    yield "bad-header", start + b"\x05\x00\x80\x80\x80" + record() + b"\x0f\x00" + b"\x80" * 13 + record()
    yield "padded", start + record(b"\x05\x81\x00", b"\x08\x81\x80\x00a", b"\x0c\x81\x00\x80\x00")
    yield "back", start + record(tick=3) + sync(500, 2 ** 64 - 1) + record(tick=2 ** 64 - 1, nano=5, p=-2 ** 63)
    yield "zero-sync", start + sync(0, 0) * 2 + record() + sync(0, 0) + END
    yield "zero-fill", start + record() + bytes(41)
    yield "bad-size", start + record() + b"\x03\x00\x00"
    yield "bad-ext-length", start + b"\x01\x00\x01\x00\x07\x00\x00\x00"
    yield "past-end", start + record(TRUE)[:-1]
    yield "critical", start + ext(99, b"?", flags=1) + record()
    yield "go1.26", start + record(b"\x0a\x10\x03abc", b"\x0b\x05", b"\x0c\x07", b"\x0d\x01\x08")


# Layer 2
# -------

CRC_TABLE = []
for byte in range(256):
    for _ in range(8):
        byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
    CRC_TABLE.append(byte)


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ CRC_TABLE[(crc ^ byte) & 255]
    return crc ^ 0xFFFFFFFF


def file_header(kind=1, count=0, incompat=0, clocks=(), name=b"", length=None):
    tail = b"".join(struct.pack("<4Q", *clock) for clock in clocks) + name + b"host" + b"seed"
    length = length or (136 + len(tail) + 7) // 8 * 8
    head = b"\x89STR\r\n\x1a\n" + struct.pack("<IHHIIQQ", length, 0, 9, 0, 0, incompat, 0) + bytes(range(32))
    head += struct.pack("<IBBHQQQIIIIQHHHH", 0, kind, 2, len(clocks), 4711, 4712, 1700000000 * 10 ** 9, 4096, count, 1, 1, 0,
                        len(name), 4, 4, 0)
    whole = bytearray((head + tail).ljust(length, b"\0"))
    whole[16:20] = struct.pack("<I", crc32c(whole))
    return bytes(whole)


def block(seq, payload, kind=1, sealed=False, before=(0, 0, 0), cut=False):
    head = b"\xf5SBK" + struct.pack("<BBHQIIQQQQI", 8, kind, 3 if sealed else 0, seq, 4096 - 64, len(payload), 1000, *before,
                                    crc32c(payload) if sealed else 0)
    head += struct.pack("<I", crc32c(head) if sealed else 0)
    return head + (payload if cut else payload.ljust(4096 - 64, b"\0"))


def files():
    start = sync(1000, 2000)
    first = start + OWNER + record(*CORE) + record(tick=3)
    batch = b"\x81\x07\x00" + uvarint(1000)
    events = batch + b"\x03\x03\x09\x01\x05" + b"\xe5\x04\x07\x02ok" + b"\x8d\x00\x05\x07\x09" + b"\x40\x00\x01\x00"
    yield "open", file_header() + block(1, first, cut=True)
    yield "closed", file_header(name=b"worker") + block(1, first, sealed=True) + block(2, start + END, sealed=True, before=(2, len(first), 0), cut=True)
    yield "loss", file_header() + block(1, first, sealed=True) + block(4, first, before=(9, 500, 3), cut=True)
    yield "ring", file_header(count=2) + block(3, first, before=(9, 500, 1)) + block(2, first, sealed=True, before=(7, 400, 0))
    yield "ring-new", file_header(count=3) + block(1, first, cut=True)
    yield "derived", file_header(incompat=1, clocks=[(1, 2, 3, 4), (5, 6, 7, 8)]) + block(1, first, cut=True)
    yield "trace", file_header(kind=2) + block(1, events + DEFINITIONS[3] + events, kind=2, cut=True)
    yield "definitions", file_header(kind=3) + block(1, start + b"".join(DEFINITIONS) + END, kind=3, cut=True)
    yield "sections", (file_header() + block(1, first)[:100]) * 2 + file_header(kind=3)
    yield "damaged", file_header() + b"x" * 4096 + block(2, first, sealed=True, before=(2, 100, 0), cut=True)
    yield "moved", file_header() + block(1, first, cut=True) + b"moved" + block(2, first, before=(2, len(first), 0), cut=True)
    yield "zeros", file_header() + block(1, first) + bytes(200)
    yield "no-blocks", file_header()
    yield "major", file_header()[:12] + b"\x01" + file_header()[13:]
    yield "feature", file_header(incompat=2)


def scripts(target, count, size):
    """Scripts have no structure to show; these are long enough to get somewhere."""
    generator = random.Random(target)
    for i in range(count):
        # Small numbers, mostly: they are what scripts are made of.
        script = bytes(generator.choice([generator.randrange(256), generator.randrange(8), 0]) for _ in range(size * (i + 1)))
        yield f"script-{i}", script


# Targets
# -------

def corpus():
    """(target, name, bytes); what stands behind a seed are the target's choices."""
    for name, strand in strands():
        dialect = b"\x01" if name == "go1.26" else b"\x00"
        yield "decode", name, strand + dialect + b"\x07"
        yield "print", name, strand + (b"\x0f" if name == "go1.26" else b"\x07") + b"\x04"
    yield "decode", "base", record(TRUE) + record(TRUE) + b"\x06\x01"
    yield "decode", "empty", b""

    row = sync(1000, 2000) + record(*CORE) + record(tick=5) + ext(5, b"\x01\x02\x03" + TRUE) + record(string(b"x" * 100))
    for name, begin in [("straight", 0), ("around", 200), ("around-size", len(row) + 40 - 1), ("far", 2 ** 63)]:
        memory = bytearray(len(row) + 40)
        for i, byte in enumerate(row):
            memory[(begin + i) % len(memory)] = byte
        choices = struct.pack(">Q", 7) + b"\x05" + b"\x00" + struct.pack(">H", len(row)) + struct.pack("<Q", begin) + b"\x00"
        yield "ring", name, bytes(memory) + choices
    for name, script in scripts("ring", 6, 60):
        yield "ring", name, script + bytes([90, 30 * len(script) % 256, 1])

    for name, file in files():
        yield "file", name, file + b"\x10\x00\x00" + (b"\x01" if name in ("damaged", "major") else b"\x00")
    yield "file", "cut", dict(files())["open"] + b"\x10\xf0\x01\x02"
    yield "file", "bare", dict(strands())["frames"] + b"\x01\x00\x00\x04"
    yield "file", "bare-cut", dict(strands())["core"] + b"\x02\x80\x02\x06"

    for i, (name, script) in enumerate(scripts("file", 6, 150)):
        # Grows, closed; ring; sink; and each with a byte of a block damaged.
        end = b"\xff" if i < 3 else b""
        yield "file", "written-" + name, script * 4 + end + bytes([0, 80, 40 if i > 2 else 0, 1, [7, 11, 16][i % 3], 8])

    clock = [sync(tick, 1) + b"".join(record(TRUE, tick=step) for step in steps).ljust(4 * 20, b"\x07")[:4 * 20 - 18]
             for tick, steps in [(100, [1, 5, 5]), (100, [0, 5, 9]), (50, [60, 2, 70]), (2 ** 64 - 3, [1, 2, 5])]]
    for count in (1, 2, 3, 4):
        yield "merge", f"strands-{count}", b"".join(clock[:count]) + bytes([20] * count) + bytes([count])
    yield "merge", "none", b"\x00"
    yield "merge", "many", clock[0] * 8 + bytes([20, 0, 3, 20, 1, 20, 20, 20]) + b"\x08"

    native = b"\x81\x07\x00" + uvarint(1000) + b"\x03\x03\x09\x01\x05\xe5\x04\x07\x02ok\x8d\x00\x05\x07\x09\x82\xe8\x07\x00\x3f\x00\x01\xc8\x01"
    yield "trace", "native", native + b"\x00\x05"
    yield "trace", "native-late", native + b"\x02\x01"
    yield "trace", "no-batch", native[5:] + b"\x00\x05"
    yield "trace", "go1.7", b"\x41\x07" + uvarint(1000) + b"\x25\x01\x02ok" + b"\xb0\x03\x05\x06\x07\x08\x02hi" + b"\x01\x05"
    yield "trace", "counted", b"\x81\x07\x00\x05\xed\x7f\x05" + b"\x80" * 12 + b"\x00\x03"
    yield "print", "native-trace", native + b"\x00\x07"
    for path in sorted(FIXTURES.glob("*.trace")):
        yield "trace", path.stem, path.read_bytes() + b"\x00\x31"

    for name, script in scripts("encode", 8, 100):
        yield "encode", name, script + bytes([len(script) % 256, len(name) % 2, 20 + len(script) % 200])


def main():
    check = sys.argv[1:] == ["--check"]
    stale = []
    for target, name, data in corpus():
        path = HERE / "corpus" / target / name
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        elif not path.is_file() or path.read_bytes() != data:
            stale.append(path)
    for path in stale:
        print(f"{path.relative_to(HERE.parent)}: not what {pathlib.Path(__file__).name} makes")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
