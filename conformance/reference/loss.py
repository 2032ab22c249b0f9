# SPDX-License-Identifier: MIT
"""Clause 10.2: what a reader of blocks told, and what is therefore missing."""
from integers import U64
from items import fault, loss


class Ledger:
    """The counts of one strand of a stream file."""

    def __init__(self, header=None):
        """Nothing was told so far."""
        self.ring = header is not None and header.ring
        self.beginning_may_be_gone = self.ring or header is not None and header.fragment
        self.records = self.bytes = self.refused = 0
        self.seq = 0
        self.intact_met = False
        self.last_header = None
        self.early_damage = None
        self.damage = None

    def tell(self, size, records=0):
        """10.2.1: a frame (an event) that was read; counts are u64."""
        self.records = (self.records + records) % U64
        self.bytes = (self.bytes + size) % U64

    def note_damage(self, offset):
        """10.2.4: the first since the last intact block is kept."""
        if self.damage is None:
            self.damage = offset

    def fault(self, code, offset, damage=True):
        """A fault of a block (9.2, 9.3)."""
        if damage:
            self.note_damage(offset)
        return fault(code, offset, damage)

    def compare(self, block):
        """10.2.1 – 10.2.3: what is missing in front of an intact block."""
        records = max(0, block.records_before - self.records)
        size = max(0, block.bytes_before - self.bytes)
        refused = max(0, block.lost_before - self.refused)
        if records or size:
            yield loss(self.cause(block), block.offset, records, size)
        if refused:
            yield loss("refused", block.offset, refused)
        if not self.intact_met and self.ring:
            self.early_damage = self.damage
        self.records, self.bytes, self.refused = block.records_before, block.bytes_before, block.lost_before
        self.seq, self.intact_met, self.damage = block.seq, True, None

    def cause(self, block):
        """10.2.2"""
        if self.beginning_may_be_gone and not self.intact_met:
            return "overwritten"
        if self.damage is not None or block.seq == self.seq + 1:
            return "damaged"
        return "missing-blocks"

    def at_end(self):
        """10.2.5: damage behind the last intact block's header; how much is missing at least."""
        first = self.damage if self.early_damage is None else self.early_damage
        if first is None:
            return
        records = size = 0
        if self.last_header is not None:
            records = max(0, self.last_header.records_before - self.records)
            size = max(0, (self.last_header.bytes_before + self.last_header.committed) % U64 - self.bytes)
        yield loss("damaged", first, records, size, exact=False)

    def refused_live(self, header):
        """10.2.6"""
        if header.refused_live > self.refused:
            yield loss("refused", header.begin + 120, header.refused_live - self.refused)
