# SPDX-License-Identifier: MIT
"""File headers: magic, lengths, checksum, versions, features, values, tuples and strings. Clauses 8.1 to 8.4."""
from assemble_file import BLOCK_MAGIC, DEFINITIONS, HEADER, IN_HEADER, U32, U64, block, grows, header, said
from case_file import case, in_area, refused
from pieces import Piece, behind, cut, data_of, flat, flip, poke
from suite.crc32c import crc32c

TUPLE = (1, 1, 1700000000000000000, 100)
PLAIN = "header-plain"


def plain(**changes):
    """A file with one block that holds one record."""
    return grows(block(1, 1), **changes)


def fine(name, clauses, why, **changes):
    return case("header-" + name, clauses, why, plain(**changes), said(1))


def bad(name, clauses, why, code, sibling=PLAIN, data=None, **changes):
    return refused("header-" + name, clauses, why, plain(**changes) if data is None else data, code, sibling)


# Clause 8.1

def magic():
    for at in range(8):
        yield bad(f"magic-{at}", "8.1.1", f"byte {at} of the magic is another", "bad-magic", data=flip(plain(), at))
    yield bad("magic-crlf", "8.1.1", "a transfer as text made one byte of CR LF", "bad-magic",
              data=flat(Piece(bytes.fromhex("895354520a1a0a"), "the magic without its 0d"), behind(plain(), 8)))
    yield bad("magic-of-a-block", "8.1.1", "it begins with a block", "bad-magic", data=behind(plain(), HEADER))
    yield bad("magic-behind-a-byte", "8.1.1", "a whole file behind one byte isn't looked for", "bad-magic",
              data=flat(Piece(b"\0", "a byte too many"), plain()))
    yield bad("magic-first", "8.4.2 8.1.1", "magic and header_len are wrong: the magic is looked at first",
              "bad-magic",
              data=poke(flip(plain(), 0), 8, bytes(4)))


# Clauses 8.3.2 and 8.4.2: the file ends inside of its header

def past_end():
    starts = sorted(at for name, (at, _) in IN_HEADER.items() if name != "magic")
    for at in starts + [9, 10, 11, 13, 135]:
        yield bad(f"past-end-{at}", "8.3.2 8.4.2", f"the file ends behind byte {at} of its header",
                  "file-header-past-end",
                  data=cut(plain(), at))
    long = dict(clocks=[TUPLE], strings=(b"main", b"h1", b"demo"))
    for at, what in [(136, "in front of its clock tuple"), (167, "inside of its clock tuple"),
                     (168, "in front of its name"),
                     (173, "inside of its host id"), (178, "in front of its last zeros"), (183, "one byte early")]:
        yield bad(f"past-end-tail-{at}", "8.3.2 8.4.2", f"the file ends {what}", "file-header-past-end",
                  "header-tuple-and-strings", cut(plain(**long), at))
    for length in (0, 135, 65544):
        yield bad(f"past-end-before-len-{length}", "8.4.2", f"135 bytes: header_len {length} isn't looked at",
                  "file-header-past-end",
                  data=cut(poke(plain(), 8, length.to_bytes(4, "little"), f"header_len {length}"), 135))
    for at in (0, 1, 7):
        yield bad(f"past-end-{at}", "8.4.2 8.3.2", f"the file ends behind {at} bytes of its magic",
                  "file-header-past-end",
                  data=cut(plain(), at))
        if at:
            yield bad(f"magic-cut-{at}", "8.4.2 8.1.1", f"{at} bytes, and the last is none of the magic", "bad-magic",
                      data=flip(cut(plain(), at), at - 1))
    yield bad("past-end-before-crc", "8.4.2 8.3.2",
              "header and checksum are wrong, too: that isn't looked at any more",
              "file-header-past-end", data=flip(cut(plain(), 135), 76))


def only_header():
    yield case("header-alone", "8.3 9.2.5", "a file of a header: no block was written yet", header(), [])
    yield case("header-alone-4096", "8.3 9.2.5", "and of a long header", header(header_len=4096), [])


# header_len: clause 8.3

def lengths():
    for length in (144, 192, 4096, 65536):
        yield fine(f"len-{length}", "8.3", f"a header of {length} bytes", header_len=length)
    for length in (0, 8, 128, 135, 137, 140, 142, 143, 65535):
        yield bad(f"len-{length}", "8.3.2", f"no header has {length} bytes", "bad-file-header",
                  data=poke(plain(), 8, length.to_bytes(4, "little"), f"header_len {length}"))
    for length in (65544, 1 << 31, U32 - 7, U32):
        yield bad(f"len-{length}", "8.3.2 8.4.2",
                  f"no header has {length} bytes, and the file's end isn't looked at yet",
                  "bad-file-header", data=poke(plain(), 8, length.to_bytes(4, "little"), f"header_len {length}"))
    yield bad("len-past-end", "8.3.2 8.4.2", "a possible length, and the file ends before it", "file-header-past-end",
              data=poke(plain(), 8, (65536).to_bytes(4, "little"), "header_len 65536"))


# The checksum: clause 8.4

def checksum():
    for name, (at, _) in IN_HEADER.items():
        if name not in ("magic", "header_len", "refused_live"):
            yield bad(f"crc-{name.replace('_', '-')}", "8.4.1", f"a bit of {name} has flipped", "file-header-crc",
                      data=flip(plain(), at))
    long = dict(clocks=[TUPLE], strings=(b"main", b"h1", b"demo"))
    for at, what in [(136, "a tick"), (167, "a bracket"), (168, "the name"), (172, "the host id"),
                     (174, "the writer"),
                     (183, "the last byte")]:
        yield bad(f"crc-tail-{at}", "8.4.1", f"a bit of {what} has flipped", "file-header-crc",
                  "header-tuple-and-strings", flip(plain(**long), at))
    yield bad("crc-with-refused-live", "8.4.1", "a checksum that was made with refused_live in it", "file-header-crc",
              "header-refused-live", header_crc32c=crc_of_all(5), refused_live=5)
    yield bad("crc-zero", "8.4.1", "a checksum of 0 isn't none", "file-header-crc", header_crc32c=0)


def crc_of_all(refused):
    return crc32c(data_of(header(refused_live=refused, header_crc32c=0)))


# Versions and features: clause 8.2

def versions():
    for minor in (0, 8, 10, 65535):
        yield fine(f"minor-{minor}", "8.2.1", f"minor version {minor} is read", minor=minor)
    for major in (1, 2, 256, 65535):
        yield bad(f"major-{major}", "8.2.1", f"major version {major}", "unknown-major", major=major)
    for bit in (1, 2, 8, 31, 32, 63):
        yield bad(f"incompat-{bit}", "8.2.2", f"incompat bit {bit}", "unknown-feature", incompat=1 << bit)
    yield bad("incompat-0-and-1", "8.2.2", "a bit that is known beside one that isn't", "unknown-feature", incompat=3)
    for bit in (1, 3, 8, 31, 32, 63):
        yield fine(f"compat-{bit}", "8.2.2" if bit != 1 else "8.5.3", f"compat bit {bit}", compat=1 << bit)


# Values: clause 8.3

def values():
    for kind in (0, 4, 128, 255):
        yield bad(f"kind-{kind}", "8.3.3", f"kind {kind} of a strand", "bad-file-header", kind=kind)
    for meaning in (1, 2, 3, 4, 255):
        yield fine(f"p-meaning-{meaning}", "8.3.3", f"what P means is {meaning}", p_meaning=meaning)
    for size in (0, 1, 64, 2048, 4095, 4097, 6144, 12288, 1 << 21, 1 << 31, U32):
        yield bad(f"block-size-{size}", "8.3.2", f"no blocks have {size} bytes", "bad-file-header",
                  data=header(block_size=size))
    yield bad("block-count-1", "8.3.2", "a ring of one block", "bad-file-header", block_count=1)
    yield bad("definitions-ring", "8.3.3", "a definitions strand that is a ring", "bad-file-header",
              "header-definitions",
              data=header(kind=DEFINITIONS, block_count=2))
    yield case("header-definitions", "8.3.3", "a definitions strand", header(kind=DEFINITIONS), [])
    for name in ("tick_num", "tick_den"):
        slug = name.replace("_", "-")
        yield bad(f"{slug}-0", "8.3.2", f"{name} is 0", "bad-file-header", **{name: 0})
        yield fine(f"{slug}-max", "8.3", f"{name} is 2^32 - 1", **{name: U32})
    for size in (8192, 65536):
        yield case(f"header-block-size-{size}", "8.3 9.1.1", f"blocks of {size} bytes",
                   grows(block(1, 1), block(2, 2), block_size=size), said(1, 2))
    for name, value in [("ordinal", U32), ("pid", U64), ("tid", 0), ("start_ns", U64), ("session", bytes(16)),
                        ("boot", bytes(16))]:
        yield fine(f"{name.replace('_', '-')}-any", "8.3", f"any {name} is read", **{name: value})
    for name, value in [("reserved", U32), ("reserved2", 65535)]:
        yield fine(f"{name}-set", "8.3.1", "reserved bytes that aren't 0 are ignored", **{name: value})
    yield fine("tail-set", "8.3.1", "what stands behind the strings isn't zeros, and is ignored", header_len=160,
               end=b"\x5a")
    yield fine("tail-blocks", "8.3.1", "nor is it a block, whatever it looks like", header_len=160, end=BLOCK_MAGIC)
    yield fine("refused-live", "8.4.1", "refused_live is left out of the checksum", refused_live=5)


# Tuples and strings: clauses 8.3, 8.3.2

FITS = [
    ("clock-1", dict(clock_count=1), HEADER, "a tuple, and no room for it"),
    ("clock-7-of-8", dict(clocks=[TUPLE] * 2, clock_count=3), 200, "three tuples, and room for two"),
    ("clock-max", dict(clock_count=65535), HEADER, "65535 tuples"),
    ("name-1", dict(name_len=1), HEADER, "a name of 1 byte, and no room for it"),
    ("host-1", dict(host_len=1), HEADER, "a host id of 1 byte, and no room for it"),
    ("writer-1", dict(writer_len=1), HEADER, "a writer of 1 byte, and no room for it"),
    ("name-9", dict(name_len=9, header_len=144), 144, "a name of 9 bytes, and room for 8"),
    ("sum-9", dict(name_len=3, host_len=3, writer_len=3, header_len=144), 144, "each would fit, all three don't"),
    ("all-max", dict(name_len=65535, host_len=65535, writer_len=65535), HEADER, "three lengths of 65535"),
    ("tuple-and-name", dict(clock_count=1, name_len=1, header_len=168), 168,
     "a tuple fits, a name behind it doesn't"),
]


def fitting():
    for name, changes, length, why in FITS:
        yield bad(f"fit-{name}", "8.3.2", why, "bad-file-header", "header-fit-exactly",
                  **{"header_len": length, **changes})
    yield fine("fit-exactly", "8.3.2", "tuple and strings fill the header to its last byte",
               clocks=[TUPLE], strings=(b"abc", b"de", b"fgh"))
    yield fine("tuple-and-strings", "8.3 8.3.1", "a tuple, three strings, zeros", clocks=[TUPLE],
               strings=(b"main", b"h1", b"demo"))
    yield fine("name-not-utf-8", "8.3", "what a name holds is nobody's fault", strings=(b"\xff\xfe", b"", b""))
    yield fine("tuples-5", "8.3", "five tuples", clocks=[(tick, tick, tick, 0) for tick in range(1, 6)])
    yield fine("tuples-back", "8.3 8.6.1", "tuples go back: that is nobody's fault",
               clocks=[(9, 9, 9, 0), (1, 1, 1, 0)])


# Which check comes first: clause 8.4.2

ORDER = [
    ("crc-major", "file-header-crc", dict(major=1, header_crc32c=1), "checksum before version"),
    ("crc-feature", "file-header-crc", dict(incompat=2, header_crc32c=1), "checksum before features"),
    ("crc-kind", "file-header-crc", dict(kind=9, header_crc32c=1), "checksum before values"),
    ("major-feature", "unknown-major", dict(major=1, incompat=2), "version before features"),
    ("major-kind", "unknown-major", dict(major=1, kind=9), "version before values"),
    ("feature-kind", "unknown-feature", dict(incompat=2, kind=9),
     "features before values: a new kind comes with a feature"),
    ("feature-fit", "unknown-feature", dict(incompat=2, name_len=99), "features before what has to fit"),
    ("major-fit", "unknown-major", dict(major=1, clock_count=99), "version before what has to fit"),
]


def order():
    for name, code, changes, why in ORDER:
        yield bad(f"order-{name}", "8.4.2 8.2.3", why, code, **changes)


def vectors():
    return in_area("header", [case(PLAIN, "8.3 8.4.1", "a file as it should be", plain(), said(1))], magic(),
                   past_end(),
                   only_header(), lengths(), checksum(), versions(), values(), fitting(), order())
