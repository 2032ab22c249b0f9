# SPDX-License-Identifier: MIT
"""Two drivers and the same mutations of the vectors: where they don't say the same, the input is made small and written
as a vector, with both answers in its head.

What it wants is what the first driver said. Who is right says the specification: read the clause, correct the vector or
the implementation, and rename the vector for its fault before it is committed.
"""
import hashlib
import re
import time

from . import drivers, hexes, layout, minimise, mutate, vectors, verdict

BATCH = 200


class Difference:
    """An input, the vector that it came from, and the two answers."""

    def __init__(self, source, form, data, answers):
        self.source, self.form, self.data, self.answers = source, form, data, answers

    @property
    def signature(self):
        """What is much the same isn't told twice: the lines that differ, without their numbers."""
        return re.sub("[0-9]+|\"base64\":\"[^\"]*\"", "#", " | ".join(self.tell()))

    def tell(self):
        """→ how they differ: two texts."""
        one, other = self.answers
        if one.kind == other.kind == "ok":
            _, want, got = verdict.first_difference(one.lines, other.lines)
            return [line if line is not None else "(no line)" for line in (want, got)]
        return [str(one), str(other)]


def differ(one, other):
    """Two answers: do they disagree? Who skips, or is at his limit, doesn't."""
    if any(answer.kind in ("skip", "limit") for answer in (one, other)):
        return False
    return one.failed or other.failed or one.says() != other.says()


class Pair:
    """Two sessions that are asked the same."""

    def __init__(self, commands):
        self.sessions = [drivers.Session(command) for command in commands]
        self.names = [session.hello.name for session in self.sessions]
        self.classes = self.sessions[0].hello.classes & self.sessions[1].hello.classes

    def ask(self, requests):
        """Requests → [(answer, answer)]."""
        found = []
        for session in self.sessions:
            session.deaths = session.hangs = 0
            answers = dict(session.ask(list(enumerate(requests))))
            found.append([answers[number] for number in range(len(requests))])
        return list(zip(*found))

    def close(self):
        for session in self.sessions:
            session.close()

    def vectors(self, among):
        """Those that both claim."""
        return [vector for vector in among if set(vector.needs.split()) <= self.classes]

    def asks(self, form, data):
        return form == "raw" or "trace" in self.classes or not mutate.trace_strands(data)


def shrink(pair, found):
    """A difference → the same one, smaller."""
    def holds(data):
        answers = pair.ask([drivers.decode(data, found.form)])[0]
        return pair.asks(found.form, data) and differ(*answers) and kinds(answers) == kinds(found.answers)

    if not any(answer.kind == "hang" for answer in found.answers):
        found.data = minimise.minimise(holds, found.form, found.data)
        found.answers = pair.ask([drivers.decode(found.data, found.form)])[0]
    return found


def kinds(answers):
    return [answer.kind for answer in answers]


def search(pair, among, seed, seconds, count):
    """Yields each new difference, minimised, until time is up. `count` is told how many inputs each batch had."""
    mutator = mutate.Mutator(pair.vectors(among), seed)
    deadline, seen, told = time.monotonic() + seconds, set(), set()
    while mutator.pool and time.monotonic() < deadline:
        inputs = [found for found in (mutator.next() for _ in range(BATCH)) if pair.asks(*found[1:])]
        answers = pair.ask([drivers.decode(data, form) for _, form, data in inputs])
        count(len(inputs))
        for (source, form, data), both in zip(inputs, answers):
            found = Difference(source, form, data, both)
            if not differ(*both) or found.signature in seen:
                continue
            seen.add(found.signature)
            shrink(pair, found)
            if found.signature not in told:
                told.add(found.signature)
                seen.add(found.signature)
                yield found


def annotated(form, data):
    """Bytes → annotated hex, one frame (header, what is behind the frames) after the other."""
    try:
        file = layout.File(data) if form == "file" else None
    except ValueError:
        return hexes.write(data)
    if not file:
        return strand_lines(data)
    lines = hexes.write(file.header, "file header")
    for number, block in enumerate(file.blocks, 1):
        lines += hexes.write(block.data[:block.header_len], f"block {number}")
        lines += strand_lines(block.payload) if file.kind == layout.RECORDS else hexes.write(block.payload, "payload")
        lines += hexes.write(block.data[block.committed:], "room") if block.committed < len(block.data) else []
    return lines


def strand_lines(data):
    return [line for frame in layout.frames(data) for line in hexes.write(data[frame.start:frame.end], frame.kind)]


def vector_of(found, names):
    """A difference → a vector that wants what the first driver said (the second, where the first died)."""
    source = found.source
    answer = next((answer for answer in found.answers if not answer.failed), drivers.Answer("ok"))
    name = "diff-" + hashlib.sha256(found.form.encode() + found.data).hexdigest()[:12]
    remarks = [f"A difference between {names[0]} and {names[1]}, found in a mutation of {source.id}."]
    for who, said in zip(names, found.answers):
        remarks += [f"{who}: {said}"] + ["  " + line for line in said.lines]
    vector = vectors.Vector(
        id=name, op=f"decode {found.form}", klass="accept", why="which of the two is right?", clauses=source.clauses,
        needs=source.needs, inputs=[annotated(found.form, found.data)], wants=[answer.lines], remarks=remarks)
    faults = [vectors.DIAGNOSTIC.match(line) for line in answer.lines if vectors.is_diagnostic(line)]
    if answer.kind == "reject":
        vector.klass, vector.wants = f"reject {answer.category}", []
    elif faults:
        vector.klass, vector.error, vector.at, vector.sibling = "recover", faults[0][2], faults[0][1], source.id
    return vector
