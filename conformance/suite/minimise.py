# SPDX-License-Identifier: MIT
"""Makes an input small while it still does what it does: `holds(bytes)` says whether it does.

First what the input is made of is dropped (blocks, then frames; lengths and checksums of a block follow), then bytes
of a bare strand, and in the end bytes become zeros where nothing depends on them.
"""
import time

from . import layout


class Minimiser:
    """A limit on tries and time, and the best input so far."""

    def __init__(self, holds, form, data, seconds=20.0):
        self.holds, self.form, self.best = holds, form, data
        self.deadline = time.monotonic() + seconds

    def take(self, data):
        """Is it as good, and something else? Then it is the best."""
        if data == self.best or time.monotonic() > self.deadline or not self.holds(data):
            return False
        self.best = data
        return True

    def drop(self, parts, build):
        """Drops runs of parts, long ones first → the parts that are left."""
        size = max(1, len(parts) // 2)
        while True:
            at = 0
            while at < len(parts):
                fewer = parts[:at] + parts[at + size:]
                if self.take(build(fewer)):
                    parts = fewer
                else:
                    at += size
            if size == 1:
                return parts
            size //= 2

    def run(self):
        if self.form == "raw":
            self.drop(pieces(self.best), b"".join)
            self.drop([bytes([byte]) for byte in self.best], b"".join)
        else:
            self.run_file()
        self.blank()
        return self.best

    def run_file(self):
        try:
            file = layout.File(self.best)
        except ValueError:
            self.drop([bytes([byte]) for byte in self.best[:512]], lambda parts: b"".join(parts) + self.best[512:])
            return
        self.drop([block.data for block in file.blocks], lambda blocks: file.header + b"".join(blocks))
        for number in range(len(layout.File(self.best).blocks)):
            self.run_block(number)

    def run_block(self, number):
        blocks = layout.File(self.best).blocks
        block, header = blocks[number], layout.File(self.best).header
        before = header + b"".join(other.data for other in blocks[:number])
        behind = b"".join(other.data for other in blocks[number + 1:])
        self.drop(pieces(block.payload), lambda parts: before + layout.with_payload(block, b"".join(parts)) + behind)

    def blank(self):
        """Bytes that may as well be zeros; long runs first."""
        size = max(1, len(self.best) // 2)
        while size:
            for at in range(0, len(self.best), size):
                run = self.best[at:at + size]
                if any(run):
                    self.take(self.best[:at] + bytes(len(run)) + self.best[at + size:])
            size //= 2 if self.form == "raw" or size > 16 else size + 1


def pieces(data):
    return [data[frame.start:frame.end] for frame in layout.frames(data)]


def minimise(holds, form, data, seconds=20.0):
    """→ the smallest input found for which holds() is true; data itself must be one."""
    return Minimiser(holds, form, data, seconds).run()
