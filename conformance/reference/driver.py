#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The reference as a program, at both levels of the conformance suite.

    driver.py [--raw | --go-trace | --image] [--strict] [FILE…]      level 0: reads standard input, or merges FILEs
    driver.py --serve                                                level 1: one request a line, until input ends

Level 0 prints canonical lines and ends with 0: clean, 1: with diagnostics, 3: refused, 4: refused for its version or
a feature. Level 1 answers

    v17 decode raw [ring=SIZE,BEGIN,END,TICK,NANO] [split=N] [strict] HEX        v17 ok N, and N lines
    v17 decode file|go-trace|image [strict] HEX                                  v17 reject CATEGORY at=OFF code=SLUG
    v17 merge raw|file HEX HEX …                                                 v17 limit NAME
    v17 recode raw HEX                                                           v17 skip WHY
    v17 encode raw VALUES                                                        v17 error TEXT
"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from encode import Argument, Malformed, encode  # noqa: E402
from merging import canonical_lines, open_input  # noqa: E402
from recode import recode  # noqa: E402
from codepoints import CATEGORY  # noqa: E402
from stream_file import Refusal  # noqa: E402

VERSION = "0.9"
MAX_INPUT = 4 << 20
MAX_OUTPUT = 64 << 20
HELLO = ("strandline 1 impl=reference version=%s spec=0.9 classes=core,file,merge,write,trace,go-trace,image "
         "ops=decode,encode,recode,merge limits=input:%d,output:%d" % (VERSION, MAX_INPUT, MAX_OUTPUT))
KINDS = {"decode": ("raw", "file", "go-trace", "image"), "merge": ("raw", "file"),
         "recode": ("raw",), "encode": ("raw",)}


class Limit(Exception):
    """More than this program takes, or makes, at once (clause 14.1)."""


class Skip(Exception):
    """An operation or option that isn't known."""


def open_all(kind, contents, ring=None, strict=False):
    """The streams of all inputs; the first of which nothing can be read is refused."""
    streams = []
    for content in contents:
        opened, refusals = open_input(kind, content, ring, strict)
        if not opened:
            raise refusals[0]
        streams += opened
    return streams


def lines_of(streams):
    """Canonical lines, as long as they aren't too many: a definition that is long can be shown by each record."""
    lines, size = [], 0
    for line, _ in canonical_lines(streams):
        size += len(line)
        if size > MAX_OUTPUT:
            raise Limit("output")
        lines.append(line)
    return lines


def binary(word):
    """HEX of a request."""
    if len(word) > 2 * MAX_INPUT:
        raise Limit("input")
    return b"" if word == "-" else bytes.fromhex(word)


def ring_of(word, memory):
    """5.6.2: SIZE,BEGIN,END,TICK,NANO; SIZE is that of the memory."""
    size, *ring = map(int, word.split(","))
    if size != len(memory):
        raise Refusal("bad-argument", 0)
    return ring


def decode(kind, words):
    """The lines of one input."""
    *options, content = words
    content = binary(content)
    ring, strict = None, False
    for option in options:
        name, _, value = option.partition("=")
        if option == "strict":
            strict = True
        elif name == "ring" and kind == "raw":
            ring = ring_of(value, content)
        elif name != "split":
            raise Skip("op")
    return lines_of(open_all(kind, [content], ring, strict))


def answer_of(operation, kind, words):
    """The lines that answer a request of an operation that is known."""
    if operation == "decode":
        return decode(kind, words)
    if operation == "merge":
        return lines_of(open_all(kind, [binary(word) for word in words]))
    if operation == "encode":
        content = encode(" ".join(words).split(";"))
    else:
        content, fault = recode(binary(words[0]))
        if fault:
            raise Refusal(fault.code, fault.offset)
    return [content.hex() or "-"]


def answer(request):
    """A request's answer, of one line or more."""
    number, *words = request.split()
    try:
        if len(words) < 2 or words[1] not in KINDS.get(words[0], ()):
            raise Skip("op")
        lines = answer_of(words[0], words[1], words[2:])
        return "\n".join(["%s ok %d" % (number, len(lines)), *lines])
    except Refusal as refusal:
        return "%s reject %s at=%d code=%s" % (number, CATEGORY[refusal.code], refusal.offset, refusal.code)
    except Argument:
        return "%s reject argument at=0 code=bad-argument" % number
    except Limit as limit:
        return "%s limit %s" % (number, limit)
    except Skip as skip:
        return "%s skip %s" % (number, skip)
    except (IndexError, ValueError, Malformed) as wrong:
        return "%s error %s" % (number, " ".join(str(wrong).split()))


def serve():
    """Level 1."""
    output = sys.stdout.buffer
    output.write(HELLO.encode() + b"\n")
    output.flush()
    for request in sys.stdin.buffer:
        if request.strip():
            output.write(answer(request.decode("ascii", "replace")).encode("utf-8") + b"\n")
            output.flush()
    return 0


def options_of(arguments):
    """Kind, strict, files."""
    kind, strict, files = "file", False, []
    for argument in arguments:
        if argument in ("--raw", "--go-trace", "--image"):
            kind = argument[2:]
        elif argument == "--strict":
            strict = True
        elif argument.startswith("--"):
            sys.exit("driver.py: unknown option " + argument)
        else:
            files.append(argument)
    return kind, strict, files


def contents_of(files):
    """The inputs."""
    for name in files:
        with open(name, "rb") as file:
            yield file.read()
    if not files:
        yield sys.stdin.buffer.read()


def once(arguments):
    """Level 0."""
    kind, strict, files = options_of(arguments)
    streams, refusals = [], []
    for content in contents_of(files):
        opened, refused = open_input(kind, content, strict=strict)
        streams += opened
        refusals += refused
    for refusal in reversed(refusals):
        print("reject %s at=%d code=%s" % (CATEGORY[refusal.code], refusal.offset, refusal.code), file=sys.stderr)
    if not streams:
        return 4 if CATEGORY[refusals[0].code] == "unsupported" else 3
    status = 1 if refusals else 0
    for line, is_diagnostic in canonical_lines(streams):
        sys.stdout.buffer.write(line.encode("utf-8") + b"\n")
        status |= is_diagnostic
    return status


if __name__ == "__main__":
    sys.exit(serve() if sys.argv[1:] == ["--serve"] else once(sys.argv[1:]))
