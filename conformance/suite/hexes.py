# SPDX-License-Identifier: MIT
"""Annotated hex: how vectors and FORMAT.md write bytes.

    00 00  e8 03 00*6  88 13 00*6                # sync: tick 1000, nano 5000

Two digits are a byte, `00*6` is six of them, spaces are as you like, and `#` begins a comment that ends with the line.
"""
import re

WORD = re.compile(r"([0-9a-f]{2})(?:\*([1-9][0-9]{0,7}))?")
RUN = re.compile(r"(?<!\S)([0-9a-f]{2})\*([1-9][0-9]{0,7})(?!\S)")
EQUAL = re.compile(rb"(.)\1{3,}|.", re.DOTALL)  # four equal bytes and more are written as one run
COMMENT = 45  # characters in front of a comment, as in FORMAT.md
WORDS = 16  # bytes and runs in a written line


class HexError(ValueError):
    """A word that is no hex; `line` is the index of its line."""

    def __init__(self, line, word):
        super().__init__(f"not hex: {word!r}")
        self.line = line


def parse(lines):
    """Lines of annotated hex → their bytes."""
    out = bytearray()
    for number, line in enumerate(lines):
        for word in line.partition("#")[0].split():
            match = WORD.fullmatch(word)
            if not match:
                raise HexError(number, word)
            out += bytes.fromhex(match[1]) * int(match[2] or 1)
    return bytes(out)


def spelled(text):
    """Text with each word that is a run in full: what value lines in vectors are asked as."""
    return RUN.sub(lambda run: run[1] * int(run[2]), text)


def words(data):
    """Bytes → the words that write them."""
    found = []
    for run in EQUAL.finditer(data):
        byte, count = f"{data[run.start()]:02x}", run.end() - run.start()
        found.append(byte if count == 1 else f"{byte}*{count}")
    return found


def write(data, comment=""):
    """Bytes → lines of annotated hex; the comment stands behind the first of them."""
    found = words(data)
    lines = [" ".join(found[at:at + WORDS]) for at in range(0, len(found), WORDS)]
    if comment:
        lines[:1] = [f"{lines[0] if lines else '':<{COMMENT - 1}} # {comment}"]
    return lines
