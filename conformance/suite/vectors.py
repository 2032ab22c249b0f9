# SPDX-License-Identifier: MIT
"""Vectors: one text file a case, read strictly and written in one form.

    id       frame-size-2
    spec     0.9-
    level    must
    needs    core
    clauses  5.1.2
    op       decode raw
    class    recover
    error    bad-size
    at       18
    sibling  frame-size-5
    why      no frame has 2 bytes
    in
      00 00  e8 03 00*6  88 13 00*6                # sync: tick 1000, nano 5000
      02 00  01                                    # no frame has 2 bytes
    want
      {"diag":"corrupt","stream":0,"offset":18,"code":"bad-size"}

README.md explains each key. Lines that begin with `#` may stand in front of the first key. What isn't as it should be
is an error with file and line: a vector that says something else than its author meant is worse than none.

    load(path), load_all(folder)     → Vector, [Vector]
    parse(text, name)                → Vector
    Vector.text()                    → the file that says it
"""
import csv
import dataclasses
import pathlib
import re

from . import hexes

ROOT = pathlib.Path(__file__).resolve().parent.parent
VECTORS = ROOT / "vectors"
REGISTRY = ROOT.parent / "spec" / "registry.tsv"

KEYS = ("id", "spec", "level", "needs", "clauses", "op", "class", "error", "at", "sibling", "why", "withdrawn",
        "in", "want", "or")
REQUIRED = ("id", "spec", "level", "needs", "clauses", "op", "class", "why", "in")
BLOCKS = {"in", "want", "or"}
NEEDS = ("core", "file", "trace", "merge", "write", "go-trace", "image")
FORMS = {"decode": ("raw", "file", "go-trace", "image"), "encode": ("raw",), "recode": ("raw",),
         "merge": ("raw", "file")}
CLASSES = {"accept": ("decode",), "reject": ("decode", "encode", "recode", "merge"), "recover": ("decode", "merge"),
           "preserve": ("recode",), "canon": ("recode",), "encode": ("encode",), "merge": ("merge",),
           "limit": tuple(FORMS), "either": tuple(FORMS)}
STATEMENTS = ("sync", "record", "pad", "def", "loss", "clock", "owner", "end", "ext")
PATTERNS = {
    "id": r"[a-z0-9]+(-[a-z0-9]+)*", "sibling": r"[a-z0-9]+(-[a-z0-9]+)*", "spec": r"[0-9]+\.[0-9]+-([0-9]+\.[0-9]+)?",
    "level": r"must|should", "clauses": r"[0-9]+(\.[0-9]+)*(-[a-z])?( [0-9]+(\.[0-9]+)*(-[a-z])?)*",
    "at": r"0|[1-9][0-9]*", "error": r"[a-z-]+", "why": r"\S.*", "withdrawn": r"\S.*",
    "needs": f"({'|'.join(NEEDS)})( ({'|'.join(NEEDS)}))*",
}
CANONICAL = re.compile(r'\{"(?:stream|diag)":.*\}')
DIAGNOSTIC = re.compile(r'\{"diag":"[a-z-]+","stream":[0-9]+,"offset":([0-9]+),"code":"([a-z-]+)"')
REJECTED = re.compile(r"reject ([a-z]+)")
UNSIGNED = re.compile(r"0|[1-9][0-9]*")


class VectorError(ValueError):
    """What is wrong with a vector, and where: file:line: text."""


def registry_categories():
    """Slug of each fault → its category: FORMAT.md, clause 3.2."""
    with REGISTRY.open(encoding="utf-8", newline="") as rows:
        found = [row for row in csv.DictReader(rows, delimiter="\t", quoting=csv.QUOTE_NONE)
                 if row["space"] == "category"]
    return {slug: row["name"].lower() for row in found for slug in row["shape"].split()}


CATEGORY = registry_categories()
CATEGORIES = frozenset(CATEGORY.values())


def is_diagnostic(line):
    return line.startswith('{"diag":')


@dataclasses.dataclass
class Vector:
    """One case. `inputs` and `wants` are lists of blocks, a block is a list of lines as they stand in the file."""

    id: str
    op: str
    klass: str
    why: str
    inputs: list
    wants: list = dataclasses.field(default_factory=list)
    clauses: str = ""
    needs: str = "core"
    level: str = "must"
    spec: str = "0.9-"
    error: str = ""
    at: str = ""
    sibling: str = ""
    withdrawn: str = ""
    remarks: list = dataclasses.field(default_factory=list)
    area: str = ""

    @property
    def verb(self):
        return self.op.split()[0]

    @property
    def form(self):
        return self.op.split()[1]

    @property
    def options(self):
        return self.op.split()[2:]

    @property
    def ring(self):
        """(size, begin, end, tick, nano), or None."""
        for option in self.options:
            if option.startswith("ring="):
                return tuple(int(number) for number in option[5:].split(","))
        return None

    @property
    def strict(self):
        return "strict" in self.options

    @property
    def kind(self):
        """Class without its argument."""
        return self.klass.split()[0]

    @property
    def argument(self):
        """The category of a reject, the name of a limit, else nothing."""
        return self.klass.partition(" ")[2]

    @property
    def clause(self):
        """The clause that it is about."""
        return self.clauses.split()[0]

    @property
    def wants_hex(self):
        return self.verb in ("encode", "recode")

    def data(self):
        """The bytes of each input; of an encode its value lines, as one text each."""
        if self.verb == "encode":
            return [";".join(hexes.spelled(line.partition("#")[0].strip()) for line in block) for block in self.inputs]
        return [hexes.parse(block) for block in self.inputs]

    def expected(self):
        """The alternatives: lists of lines. Those of an encode or recode are one line of hex."""
        if not self.wants_hex:
            return self.wants
        return [block if rejection(block) else [hexes.parse(block).hex() or "-"] for block in self.wants]

    def text(self):
        """The file. What it reads as is what was given."""
        values = {"id": self.id, "spec": self.spec, "level": self.level, "needs": self.needs, "clauses": self.clauses,
                  "op": self.op, "class": self.klass, "error": self.error, "at": str(self.at),
                  "sibling": self.sibling, "why": self.why, "withdrawn": self.withdrawn}
        lines = [f"# {remark}".rstrip() for remark in self.remarks]
        lines += [f"{key:<8} {value}" for key, value in values.items() if value != ""]
        blocks = [("in", block) for block in self.inputs]
        blocks += [("or" if number else "want", block) for number, block in enumerate(self.wants)]
        for key, block in blocks:
            lines += [key] + ["  " + line for line in block]
        return "\n".join(lines) + "\n"


def rejection(block):
    """The category of an alternative that is a rejection, else None."""
    match = REJECTED.fullmatch(block[0]) if len(block) == 1 else None
    return match and match[1]


class Reader:
    """One vector file, line by line."""

    def __init__(self, text, name):
        self.text, self.name = text, name
        self.values, self.blocks, self.where, self.remarks = {}, {key: [] for key in BLOCKS}, {}, []
        self.last = ""

    def fail(self, line, why):
        raise VectorError(f"{self.name}:{line}: {why}")

    def read(self):
        if not self.text.endswith("\n"):
            self.fail(self.text.count("\n") + 1, "the last line has no end")
        for number, line in enumerate(self.text[:-1].split("\n"), 1):
            if line != line.rstrip() or "\t" in line or "\r" in line or not line:
                self.fail(number, "an empty line, a tab, or spaces at the end of a line")
            if line.startswith("#") and not self.last:
                self.remarks.append(line[1:].removeprefix(" "))
            elif line.startswith("  "):
                self.read_indented(number, line[2:])
            else:
                self.read_key(number, line)

    def read_indented(self, number, line):
        if self.last not in BLOCKS:
            self.fail(number, "an indented line outside of in, want, or")
        self.blocks[self.last][-1][1].append(line)

    def read_key(self, number, line):
        key, _, value = line.partition(" ")
        value = value.lstrip()
        if key not in KEYS:
            self.fail(number, f"unknown key {key!r}")
        self.check_order(number, key)
        self.where.setdefault(key, number)
        if key in BLOCKS:
            if value or line != key:
                self.fail(number, f"{key} stands alone in its line")
            self.blocks[key].append((number, []))
        elif not value or line != f"{key:<8} {value}":
            self.fail(number, f"{key} has a value, behind a space and from column 10 on")
        else:
            self.values[key] = value
        self.last = key

    def check_order(self, number, key):
        again = key == self.last and key in ("in", "or")
        if not again and self.last and KEYS.index(key) <= KEYS.index(self.last):
            self.fail(number, f"{key} stands behind {self.last}; the order is {' '.join(KEYS)}")

    def vector(self):
        end = self.text.count("\n")
        for key in REQUIRED:
            if key not in self.where:
                self.fail(end, f"{key} is missing")
        values = dict(self.values)
        klass = values.pop("class")
        return Vector(klass=klass, inputs=[block for _, block in self.blocks["in"]],
                      wants=[block for key in ("want", "or") for _, block in self.blocks[key]],
                      remarks=self.remarks, **values)


class Check:
    """A vector that was read: does it make sense? Each check is of some keys; `fail` names the line of one."""

    def __init__(self, reader, vector):
        self.reader, self.vector = reader, vector

    def fail(self, key, why, offset=0):
        self.reader.fail(self.reader.where.get(key, 1) + offset, why)

    def all(self):
        self.check_values()
        self.check_op()
        self.check_class()
        self.check_fault()
        self.check_inputs()
        self.check_wants()

    def check_values(self):
        for key, pattern in PATTERNS.items():
            value = self.reader.values.get(key)
            if value is not None and not re.fullmatch(pattern, value):
                self.fail(key, f"{key} can't be {value!r}")

    def check_op(self):
        words = self.vector.op.split(" ")
        if len(words) < 2 or words[1] not in FORMS.get(words[0], ()):
            self.fail("op", f"no such operation: {self.vector.op!r}")
        known = words[:2] == ["decode", "raw"]
        for option in words[2:]:
            ring = option.startswith("ring=") and option[5:].split(",")
            right = (option == "strict" and words[0] == "decode"
                     or known and ring and len(ring) == 5 and all(UNSIGNED.fullmatch(number) for number in ring))
            if not right:
                self.fail("op", f"no such option here: {option!r}")

    def check_class(self):
        kind, argument = self.vector.kind, self.vector.argument
        if self.vector.verb not in CLASSES.get(kind, ()):
            self.fail("class", f"no class of {self.vector.verb}: {kind!r}")
        if kind == "reject" and argument not in CATEGORIES or kind == "limit" and not re.fullmatch("[a-z-]+", argument):
            self.fail("class", f"{kind} can't be of {argument!r}")
        if kind not in ("reject", "limit") and argument:
            self.fail("class", f"{kind} takes no argument")

    def check_fault(self):
        vector = self.vector
        if vector.error and vector.error not in CATEGORY:
            self.fail("error", f"no fault is called {vector.error!r}")
        if vector.at and not vector.error:
            self.fail("at", "an offset of no error")
        if vector.error and vector.kind == "reject" and CATEGORY[vector.error] != vector.argument:
            self.fail("error", f"{vector.error} is of category {CATEGORY[vector.error]}, not {vector.argument}")
        if vector.error and vector.kind in ("reject", "recover") and not vector.sibling:
            self.fail("class", "what has an error has a sibling without it")
        if vector.sibling == vector.id:
            self.fail("sibling", "a vector is no sibling of its own")
        if vector.error and vector.kind == "recover":
            faults = [DIAGNOSTIC.match(line) for line in vector.wants[0] if is_diagnostic(line)] if vector.wants else []
            if (vector.at, vector.error) not in [(fault[1], fault[2]) for fault in faults if fault]:
                self.fail("error", f"no diagnostic of want is {vector.error} at {vector.at or 'nowhere'}")

    def hex_block(self, key, index):
        number, block = self.reader.blocks[key][index]
        try:
            return hexes.parse(block)
        except hexes.HexError as error:
            self.reader.fail(number + 1 + error.line, str(error))

    def check_inputs(self):
        blocks = self.reader.blocks["in"]
        if len(blocks) > 1 and self.vector.verb != "merge":
            self.reader.fail(blocks[1][0], "only a merge has several inputs")
        for index, (number, block) in enumerate(blocks):
            if self.vector.verb == "encode":
                for offset, line in enumerate(block, 1):
                    if line.split(" ")[0] not in STATEMENTS or ";" in line.partition("#")[0]:
                        self.reader.fail(number + offset, f"not a value line: {line!r}")
                continue
            data = self.hex_block("in", index)
            if self.vector.ring and len(data) != self.vector.ring[0]:
                self.reader.fail(number, f"a ring of {self.vector.ring[0]} bytes, and {len(data)} are there")

    def check_wants(self):
        vector, kind = self.vector, self.vector.kind
        count = len(vector.wants)
        if kind == "reject" and count:
            self.fail("want", "a reject wants nothing")
        if kind == "either" and count < 2:
            self.fail("want", "either has two alternatives or more")
        if kind not in ("reject", "either") and count != 1:
            self.fail("or" if count else "in", f"{kind} has one want")
        for key in ("want", "or"):
            for index, (number, block) in enumerate(self.reader.blocks[key]):
                self.check_want(key, index, number, block)
        if kind == "preserve" and hexes.parse(vector.wants[0]) != hexes.parse(vector.inputs[0]):
            self.fail("want", "preserve wants what is given")

    def check_want(self, key, index, number, block):
        kind = self.vector.kind
        if kind == "either" and rejection(block):
            if rejection(block) not in CATEGORIES:
                self.reader.fail(number + 1, "no such category")
            return
        if self.vector.wants_hex:
            self.hex_block(key, index)
            return
        for offset, line in enumerate(block, 1):
            if not CANONICAL.fullmatch(line):
                self.reader.fail(number + offset, f"not a canonical line: {line[:60]!r}")
        faulty = any(map(is_diagnostic, block))
        if kind == "accept" and faulty or kind == "recover" and not faulty:
            self.reader.fail(number, f"{kind}, and want has {'a' if faulty else 'no'} diagnostic")


def parse(text, name="vector"):
    """The text of a vector file → Vector. Raises VectorError."""
    reader = Reader(text, name)
    reader.read()
    vector = reader.vector()
    Check(reader, vector).all()
    return vector


def load(path):
    """A vector file → Vector; its folder is its area."""
    path = pathlib.Path(path)
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise VectorError(f"{path}:1: not UTF-8: {error}") from None
    vector = parse(text, str(path))
    if vector.id != path.stem:
        raise VectorError(f"{path}:1: the id is {vector.id}, so the file is {vector.id}.vec")
    vector.area = path.parent.name
    return vector


def load_all(folder=VECTORS):
    """All vectors below a folder, by area and id. No two have one id."""
    found = {}
    for path in sorted(pathlib.Path(folder).rglob("*.vec")):
        vector = load(path)
        if vector.id in found:
            raise VectorError(f"{path}:1: {vector.id} is in {found[vector.id].area} too")
        found[vector.id] = vector
    for vector in found.values():
        if vector.sibling and vector.sibling not in found:
            raise VectorError(f"{vector.area}/{vector.id}.vec:1: its sibling {vector.sibling} is nowhere")
    return list(found.values())
