# SPDX-License-Identifier: MIT
"""Metamorphic checks: from vectors that a driver passed, many inputs whose answers follow from the vectors' own.

    split      the input in pieces of N bytes, for every N          the same answer
    ring       laid into a ring of bytes, begun at every offset     the same lines
    recode     written anew, then decoded                           the same lines; written anew again: the same bytes
    truncate   cut at every offset                                  the lines of the frames before it, one diagnostic
    flip       each bit turned over                                 the records before the damage are intact; of a file
    insert     a byte more at every offset                          those of the blocks behind it too, where checksums
    delete     a byte less                                          tell good blocks from bad ones (not for insert and
    zero       512 bytes of zeros                                   delete, which move all that follows)

Nowhere may a driver die, hang, or answer `error`. A *case* is a relation and a vector; its checks are the offsets
(bits, sizes). They are drawn in a seeded order, all cases in turn, until time is up or all is done.

Split, ring, recode and truncate take every vector that they can be made of. The others take a *reference set*: of each
area, the raw and the file vectors of class accept whose ids have the lowest hashes, REFERENCE of each. Offsets within a
run of 16 equal bytes or more are represented by its first, second, middle and last (layout.places). A driver that
doesn't claim vectors of class recover is asked nothing that is damaged.
"""
import hashlib
import random
import time

from . import drivers, layout, vectors

REFERENCE = 6
RING_MIN = 32
ZEROS = 512
LARGEST = 1 << 16  # of an input


class Base:
    """A vector that passed, and what it is made of. `lines` are those that it wants."""

    def __init__(self, vector):
        self.vector, self.data = vector, vector.data()[0]
        self.lines = vector.expected()[0] if vector.expected() else []
        self.records = [line for line in self.lines if not vectors.is_diagnostic(line)]

        self.places = layout.places(self.data)

    @property
    def id(self):
        return self.vector.id


class Raw(Base):
    """A bare strand without a fault: which frame ends behind how many lines?"""

    def __init__(self, vector):
        super().__init__(vector)
        self.frames = layout.frames(self.data)
        self.counts = [0]
        for frame in self.frames:
            self.counts.append(self.counts[-1] + frame.prints)
        self.placed = self.counts[-1] == len(self.lines) and all(frame.kind != "rest" for frame in self.frames)

    def before(self, at):
        """Lines of the frames that end at or before an offset, and the frame that holds it (None: no frame does)."""
        for number, frame in enumerate(self.frames):
            if at < frame.end:
                return self.counts[number], frame
        return self.counts[-1], None


class Part:
    """A block of a file: the span of its lines, and its frames where it holds records."""

    def __init__(self, block, first, is_records):
        self.block, self.first = block, first
        self.frames = layout.frames(block.payload) if is_records and block.whole_header and block.seq else []
        self.last = first + sum(frame.prints for frame in self.frames)

    def before(self, at):
        """The file's lines up to the frames of this block that end at or before an offset in the file."""
        at -= self.block.start + self.block.header_len
        return self.first + sum(frame.prints for frame in self.frames if frame.end <= at)


class File(Base):
    """A stream file of records, one section, without a fault; its parts are in the order in which they are read."""

    def __init__(self, vector):
        super().__init__(vector)
        self.file = layout.File(self.data)
        is_records = self.file.kind == layout.RECORDS
        blocks = self.file.blocks
        if self.file.by_seq:
            blocks = sorted(blocks, key=lambda block: block.seq)
        self.parts = []
        for block in blocks:
            self.parts.append(Part(block, self.parts[-1].last if self.parts else 0, is_records))
        known = (self.parts[-1].last if self.parts else 0) == len(self.lines)
        defines = any(frame.ext == layout.DEF for part in self.parts for frame in part.frames)
        rest = any(frame.kind == "rest" for part in self.parts for frame in part.frames)
        self.placed = is_records and known and not defines and not rest and self.file.sections == 1

    def touched(self, begin, end):
        """The parts that have bytes in [begin, end) which count."""
        return [part for part in self.parts
                if part.block.start < end and begin < part.block.start + part.block.committed]


def base_of(vector):
    """What relations that damage need: a Raw or File that can be placed, or None."""
    if vector.verb != "decode" or vector.kind != "accept" or vector.options or vector.form not in ("raw", "file"):
        return None
    if not 0 < len(vector.data()[0]) <= LARGEST:
        return None
    try:
        base = Raw(vector) if vector.form == "raw" else File(vector)
    except ValueError:
        return None
    return base if base.placed else None


def split_lines(answer):
    """Records and diagnostics of an answer."""
    records = [line for line in answer.lines if not vectors.is_diagnostic(line)]
    return records, [line for line in answer.lines if vectors.is_diagnostic(line)]


def starts_with(lines, answer):
    """The answer begins with these lines?"""
    if answer.lines[:len(lines)] == lines:
        return None
    return "what is before the damage isn't intact"


# Relations: `base(vector, placed)` → what it is made of, or None; `points(base)` → what there is to check;
# `ask(base, point)` → request; `check(base, point, answer)` → None, or what is wrong.


class Split:
    """In pieces."""

    name = "split"

    @staticmethod
    def base(vector, placed):
        fits = vector.verb == "decode" and vector.form in ("raw", "file") and vector.kind in ("accept", "recover")
        if not fits:
            return None
        base = placed or Base(vector)
        return base if 1 < len(base.data) <= LARGEST else None

    @staticmethod
    def points(base):
        return [at for at in base.places if at]

    @staticmethod
    def ask(base, point):
        options = sorted([f"split={point}"] + base.vector.options)  # ring, split, strict
        return drivers.decode(base.data, base.vector.form, " ".join(options))

    @staticmethod
    def check(base, _, answer):
        return None if answer.lines == base.lines else "in pieces, the lines are others"


class Ring:
    """The bytes of a strand in the memory of a ring that begins at an offset; the rest of it is rubbish."""

    name = "ring"

    @staticmethod
    def base(_, placed):
        return placed if isinstance(placed, Raw) and len(placed.data) <= 4096 else None

    @staticmethod
    def points(base):
        return range(max(RING_MIN, len(base.data)))

    @staticmethod
    def ask(base, point):
        size = max(RING_MIN, len(base.data))
        begin = point + size * (0, 1, (1 << 40) // size)[point % 3]
        memory = bytearray(b"\x5a" * size)
        for at, byte in enumerate(base.data):
            memory[(begin + at) % size] = byte
        return drivers.decode(memory, options=f"ring={size},{begin},{begin + len(base.data)},0,0")

    @staticmethod
    def check(base, _, answer):
        return None if answer.lines == base.lines else "in a ring, the lines are others"


class Truncate:
    """Cut: nothing behind the cut is there, and nothing before it is missing."""

    name = "truncate"

    @staticmethod
    def base(_, placed):
        return placed

    @staticmethod
    def points(base):
        return base.places

    @staticmethod
    def ask(base, point):
        return drivers.decode(base.data[:point], base.vector.form)

    @staticmethod
    def check(base, point, answer):
        if isinstance(base, Raw):
            return Truncate.check_raw(base, point, answer)
        if point < base.file.header_len:
            return None if answer.kind == "reject" else "half a file header isn't refused"
        records, _ = split_lines(answer)
        want = [line for part in base.parts for line in base.lines[part.first:part.before(point)]]
        return None if records == want else "the records aren't those that are there whole"

    @staticmethod
    def check_raw(base, point, answer):
        count, frame = base.before(point)
        want = base.lines[:count]
        if frame and frame.start < point:
            rest = base.data[frame.start:point]
            code = "zero-fill" if len(rest) > 1 and not any(rest) else "frame-past-end"
            kind = "zero-fill" if code == "zero-fill" else "truncated"
            want = want + [f'{{"diag":"{kind}","stream":0,"offset":{frame.start},"code":"{code}"}}']
        return None if answer.lines == want else "a cut strand is its whole frames, and one diagnostic"


class Damage:
    """Bytes become others; `span` says which. What is before them is intact, and in a file what is behind, too."""

    moves = False  # does it move what follows?

    @classmethod
    def points(cls, base):
        return base.places

    @classmethod
    def ask(cls, base, point):
        return drivers.decode(cls.damage(base.data, point), base.vector.form)

    @classmethod
    def check(cls, base, point, answer):
        begin, end = cls.span(base.data, point)
        if isinstance(base, Raw):
            return starts_with(base.lines[:base.before(begin)[0]], answer)
        if begin < base.file.header_len:
            return cls.check_header(base, point, answer)
        if answer.kind == "reject":
            return "refused, and the header is intact"
        return cls.check_blocks(base, begin, end, split_lines(answer)[0])

    @classmethod
    def check_header(cls, base, point, answer):
        """A header that isn't what it was is refused, but for refused_live, which is under no checksum."""
        length = base.file.header_len
        if layout.without_live(bytes(cls.damage(base.data, point)[:length])) != layout.without_live(base.file.header):
            return None if answer.kind == "reject" else "a damaged file header isn't refused"
        if cls.moves or split_lines(answer)[0] == base.records:
            return None
        return "refused_live changes the records"

    @classmethod
    def check_blocks(cls, base, begin, end, records):
        touched = base.touched(begin, end)
        if not touched:
            return None if records == base.lines else "bytes that mean nothing change the records"
        if base.file.by_seq and (cls.moves or any(not part.block.sealed for part in touched)):
            return None
        if base.file.fragment and any(begin < part.block.start + len(layout.BLOCK_MAGIC) for part in touched):
            return None  # a fragment ends where a magic is missing: clause 11.1.5
        first, last = touched[0], touched[-1]
        kept = base.lines[:first.first if first.block.sealed else first.before(begin)]
        if records[:len(kept)] != kept:
            return "what is before the damage isn't intact"
        if cls.moves:
            return None
        header = any(not part.block.sealed and begin < part.block.start + part.block.header_len for part in touched)
        behind = [] if header else base.lines[last.last:]
        if behind and records[-len(behind):] != behind:
            return "the next intact block isn't read whole"
        if all(part.block.sealed for part in touched) and not cls.only_drops(base, touched, records):
            return "a record is shown that isn't there"
        return None

    @staticmethod
    def only_drops(base, touched, records):
        """The records are all there are, or those without some of the blocks that were touched."""
        left = list(records)
        for part in base.parts:
            lines = base.lines[part.first:part.last]
            if left[:len(lines)] == lines:
                left = left[len(lines):]
            elif part not in touched:
                return False
        return not left


class Flip(Damage):
    """One bit."""

    name = "flip"

    @classmethod
    def points(cls, base):
        return [8 * at + bit for at in base.places for bit in range(8)]

    @staticmethod
    def span(_, point):
        return point // 8, point // 8 + 1

    @staticmethod
    def damage(data, point):
        changed = bytearray(data)
        changed[point // 8] ^= 1 << point % 8
        return changed


class Insert(Damage):
    """One byte more."""

    name, moves = "insert", True

    @staticmethod
    def span(data, point):
        return point, len(data)

    @staticmethod
    def damage(data, point):
        return data[:point] + bytes([point * 37 % 255 + 1]) + data[point:]


class Delete(Insert):
    """One byte less."""

    name = "delete"

    @staticmethod
    def damage(data, point):
        return data[:point] + data[point + 1:]


class Zero(Damage):
    """A sector of zeros, as after a power failure. Those of a file begin at multiples of its size."""

    name = "zero"

    @classmethod
    def points(cls, base):
        return range(0, len(base.data), ZEROS) if isinstance(base, File) else base.places

    @staticmethod
    def span(data, point):
        """Of the sector, the bytes that change."""
        changed = [at for at, byte in enumerate(data[point:point + ZEROS], point) if byte]
        return (changed[0], changed[-1] + 1) if changed else (len(data), len(data))

    @staticmethod
    def damage(data, point):
        return data[:point] + bytes(len(data[point:point + ZEROS])) + data[point + ZEROS:]

HARMLESS = (Split, Ring)
REFERENCED = (Flip, Insert, Delete, Zero)


class Case:
    """A relation and a vector: how many checks passed, and the first that didn't."""

    def __init__(self, relation, base, seed):
        self.relation, self.base = relation, base
        self.points = list(relation.points(base))
        random.Random(f"{seed} {relation.name} {base.id}").shuffle(self.points)
        self.asked = 0
        self.skipped, self.failure = "", None  # (point, request, what is wrong, answer)

    @property
    def id(self):
        return f"{self.relation.name}/{self.base.id}"

    def take(self, point, request, answer):
        self.asked += 1
        if answer.kind == "skip":
            self.skipped = self.skipped or str(answer)
        if answer.kind in ("skip", "limit"):
            return
        wrong = str(answer) if answer.failed else self.relation.check(self.base, point, answer)
        if wrong and not self.failure:
            self.failure = (point, request, wrong, answer)


def digest(seed, text):
    return hashlib.sha256(f"{seed} {text}".encode()).hexdigest()


def reference_set(placed):
    """Of {vector's id: base}, of each area the raw and the file vectors with the lowest hashes → their bases."""
    found = {}
    for base in sorted(placed.values(), key=lambda base: digest("", base.id)):
        chosen = found.setdefault((base.vector.area, base.vector.form), [])
        if len(chosen) < REFERENCE:
            chosen.append(base)
    return [base for chosen in found.values() for base in chosen]


def cases(passed, seed=0, damage=True):
    """All cases that can be made of vectors that passed, in a seeded order; with damage or without."""
    placed = {vector.id: base for vector in passed for base in [base_of(vector)] if base}
    found = []
    for relation in HARMLESS + (Truncate,) * damage:
        bases = [relation.base(vector, placed.get(vector.id)) for vector in passed]
        found += [Case(relation, base, seed) for base in bases if base]
    for relation in REFERENCED * damage:
        found += [Case(relation, base, seed) for base in reference_set(placed)]
    found.sort(key=lambda case: digest(seed, case.id))
    return [case for case in found if case.points]


def rounds(found):
    """The requests of all cases in turn, one of each, until none is left; a case that failed or is skipped is done."""
    left = list(found)
    turn = 0
    while left:
        left = [case for case in left if turn < len(case.points) and not case.failure and not case.skipped]
        for case in left:
            request = case.relation.ask(case.base, case.points[turn])
            yield (case, case.points[turn], request), request
        turn += 1


def run(session, passed, seconds=None, seed=0):
    """Asks a session → the cases that were asked at least once. Without seconds: everything."""
    deadline = None if seconds is None else time.monotonic() + seconds
    rewritten = recoded(session, passed, deadline)
    kinds = session.hello.kinds
    found = cases(passed, seed, kinds is None or "recover" in kinds)
    for (case, point, request), answer in session.ask(rounds(found), deadline):
        case.take(point, request, answer)
    return rewritten + [case for case in found if case.asked]


class Recode:
    """Only a name: how it is checked is below."""

    name = "recode"


class Recoded:
    """A strand that is written anew; as a case of the others."""

    relation = Recode

    def __init__(self, base):
        self.base, self.asked, self.skipped, self.failure = base, 0, "", None
        self.once = None

    @property
    def id(self):
        return f"recode/{self.base.id}"

    def fail(self, request, wrong, answer):
        self.failure = self.failure or (0, request, wrong, answer)


def recoded(session, passed, deadline):
    """Three rounds: write anew; decode that; write it anew again."""
    if not session.hello or not {"recode", "decode"} <= session.hello.ops or "write" not in session.hello.classes:
        return []
    found = [Recoded(base) for base in map(base_of, passed) if isinstance(base, Raw)]
    asked = [(case, f"recode raw {case.base.data.hex()}") for case in found]
    for (case, request), answer in session.ask(((pair, pair[1]) for pair in asked), deadline):
        case.asked += 1
        if answer.kind == "ok" and len(answer.lines) == 1:
            case.once = answer.lines[0]
        elif answer.kind in ("skip", "limit"):
            case.skipped = str(answer)
        else:
            case.fail(request, "what is accepted can't be written anew", answer)
    asked = [(case, f"{verb} raw {case.once}") for case in found if case.once for verb in ("decode", "recode")]
    for (case, request), answer in session.ask(((pair, pair[1]) for pair in asked), deadline):
        case.asked += 1
        want = case.base.lines if request.startswith("decode") else [case.once]
        if answer.kind != "ok" or answer.lines != want:
            case.fail(request, "written anew, it reads otherwise" if want is case.base.lines else
                      "written anew twice, it is something else", answer)
    return [case for case in found if case.asked]
