#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Which vector shows which requirement of spec/FORMAT.md.

    conformance/traceability.py            check, and write spec/TRACEABILITY.md
    conformance/traceability.py --check    write nothing; fail if the file differs, too
    conformance/traceability.py --renew    bring spec/requirements.tsv up to the text; what is new gets `?` to be filled in

A requirement is a MUST, MUST NOT, SHOULD or SHOULD NOT in a numbered clause. Its id is the number of the clause, with
-a, -b, … where a clause has several. spec/requirements.tsv lists each with whom it binds and how it is checked:

    input     what bytes may be: a reader that meets anything else reports a fault, and a negative vector shows it
    reader    what a reader makes of bytes
    writer    what a writer writes
    tool      what a program around them does

`vectors` in the column `check` says that vectors show it: those that cite its clause or its id. Clauses behind the
word say that the vectors of these show it, too. Anything else is the reason why no vector can, and what does: a file,
and behind a colon a word in it, have to be there.
"""
import csv
import pathlib
import re
import sys

from suite.vectors import CATEGORY, VectorError, load_all

ROOT = pathlib.Path(__file__).resolve().parent.parent
FORMAT = ROOT / "spec" / "FORMAT.md"
LIST = ROOT / "spec" / "requirements.tsv"
MATRIX = ROOT / "spec" / "TRACEABILITY.md"
NAME = pathlib.Path(__file__).resolve().relative_to(ROOT)

COLUMNS = ["id", "word", "binds", "check", "sentence"]
PLACE = re.compile(r"\b([\w-]+(?:/[\w-]+)+\.(?:c|h|py|pml))(?:: (\w+))?")
BINDS = ("input", "reader", "writer", "tool")
WORD = re.compile(r"\b(?:MUST|SHOULD)(?: NOT)?\b")
CLAUSE = re.compile(r"\*\*(\d+(?:\.\d+)+)\*\*")
HEADING = re.compile(r"#{2,3} (\d+(?:\.\d+)*) (.*)")
SENTENCE = re.compile(r"(?<=[.:])\s+(?=[A-Z*`])|\s\|\s|\n(?:- |\d\. |\|)")
SIDES = [("good", ("accept",)), ("bad", ("reject", "recover")), ("written", ("preserve", "canon", "encode")),
         ("merged", ("merge",)), ("other", ("limit", "either"))]


# The text.

def plain_lines(text):
    """Lines that can oblige: no examples, no pictures, no reasons."""
    fenced = False
    for line in text.splitlines():
        if line.startswith("```"):
            fenced = not fenced
        elif not fenced and not line.startswith(("    ", ">")):
            yield line


def clauses(text):
    """→ {number: its text}; a chapter's number stands for nothing but itself."""
    found, at = {}, None
    for line in plain_lines(text):
        heading, clause = HEADING.match(line), CLAUSE.match(line)
        if heading or clause:
            at = (heading or clause)[1]
            found[at] = "" if heading else line[clause.end():]
        elif at:
            found[at] += "\n" + line
    return found


def words_of(sentence):
    """→ [(word, sentence)]; where a sentence has several words, the one in question is marked"""
    words = list(WORD.finditer(sentence))
    if len(words) == 1:
        return [(words[0][0], sentence)]
    return [(m[0], f"{sentence[:m.start()]}*{m[0]}*{sentence[m.end():]}") for m in words]


def requirements(text):
    """→ [(id, word, sentence)] in the order of the text"""
    found = []
    for clause, body in clauses(text).items():
        if "." not in clause:
            continue
        sentences = [" ".join(s.split()).strip("| ") for s in SENTENCE.split(body)]
        words = [found for s in sentences for found in words_of(s)]
        for i, (word, sentence) in enumerate(words):
            suffix = "-" + chr(ord("a") + i) if len(words) > 1 else ""
            found.append((clause + suffix, word, sentence))
    return found


def read_list():
    if not LIST.exists():
        return []
    with LIST.open(encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE))


def renew(wanted, listed):
    """Keeps what is known of a requirement by its id where the words are the same, else by its sentence."""
    by_id = {(row["id"], row["word"]): row for row in listed}
    by_sentence = {(row["sentence"], row["word"]): row for row in listed}
    unknown = {"binds": "?", "check": "?"}
    lines = ["\t".join(COLUMNS)]
    for name, word, sentence in wanted:
        same = by_id.get((name, word))
        moved = by_sentence.get((sentence, word))
        row = same if same and same["sentence"] == sentence else moved or same or unknown
        lines.append("\t".join([name, word, row["binds"], row["check"], sentence]))
    LIST.write_text("\n".join(lines) + "\n", encoding="utf-8")


# The vectors.

def read_vectors():
    """→ those that are run"""
    try:
        return [vector for vector in load_all() if not vector.withdrawn]
    except VectorError as wrong:
        sys.exit(str(wrong))


def cites(vectors):
    """→ {clause or id: [vectors]}"""
    found = {}
    for vector in vectors:
        for name in vector.clauses.split():
            found.setdefault(name, []).append(vector)
    return found


def by_vectors(row):
    return row["check"].split()[:1] == ["vectors"]


def showing(cited, row):
    """The vectors that show a requirement, by id: those that cite it, its clause, the clauses that it leans on."""
    clause = row["id"].partition("-")[0]
    leans = row["check"].split()[1:] if by_vectors(row) else []
    return {v.id: v for name in [row["id"], clause] + leans for v in cited.get(name, [])}


def side(vector):
    return next((name for name, kinds in SIDES if vector.kind in kinds), "other")


def is_negative(vector):
    return side(vector) == "bad" and bool(vector.error or vector.argument)


def fault_of(vector):
    return "bad-argument" if vector.argument == "argument" else vector.error


# The checks.

def check_list(wanted, listed):
    rows = {row["id"]: row for row in listed}
    for name, word, sentence in wanted:
        row = rows.pop(name, None)
        if row is None:
            yield f"{name} {word}: not in spec/requirements.tsv"
        elif (row["word"], row["sentence"]) != (word, sentence):
            yield f"{name}: the text says otherwise: {word}: {sentence}"
        elif row["binds"] not in BINDS or row["check"] in ("", "?"):
            yield f"{name}: whom it binds and how it is checked isn't said"
    for name in rows:
        yield f"{name}: in spec/requirements.tsv, but not in the text"


def check_places(listed):
    for row in listed:
        for path, word in PLACE.findall(row["check"]):
            if not (ROOT / path).is_file() or word not in (ROOT / path).read_text(encoding="utf-8"):
                yield f'{row["id"]}: what is said to check it isn\'t there: {path} {word}'.rstrip()


def check_vectors(listed, cited):
    for row in listed:
        if not by_vectors(row):
            continue
        shown = showing(cited, row).values()
        if not shown:
            yield f'{row["id"]} {row["word"]}: no vector: {row["sentence"]}'
        elif row["binds"] == "input" and row["word"].startswith("MUST") and not any(map(is_negative, shown)):
            yield f'{row["id"]} {row["word"]}: no negative vector: {row["sentence"]}'


def check_citations(vectors, known):
    for vector in vectors:
        names = vector.clauses.split()
        if not names:
            yield f'{vector.id}: cites no clause'
        for name in names:
            if name not in known:
                yield f'{vector.id}: unknown clause {name}'


def check_codes(vectors):
    shown = {fault_of(vector) for vector in vectors}
    for slug, category in CATEGORY.items():
        if slug not in shown:
            yield f"{slug}: no vector has this fault ({category})"


def findings(text, wanted, listed, vectors):
    cited = cites(vectors)
    known = set(clauses(text)) | {name for name, _, _ in wanted}
    yield from check_list(wanted, listed)
    yield from check_places(listed)
    yield from check_vectors(listed, cited)
    yield from check_citations(vectors, known)
    yield from check_codes(vectors)


# The matrix.

HEAD = f"""\
# Requirements and vectors

Made by `{NAME}` from `FORMAT.md`, `requirements.tsv` and `conformance/vectors`; a test holds them
together.

Each MUST and SHOULD of a numbered clause has an id: the clause's number, with -a, -b … where there are several.
*good* counts the vectors of class `accept`, *bad* `reject` and `recover`, *written* `preserve`, `canon` and `encode`,
*merged* `merge`, *other* `limit` and `either`. A vector that cites a clause counts for each of its requirements.
Behind the counts stand up to three vectors, or why none can show the requirement and what does.
"""


def link(vector):
    return f'`{vector.id}`'


def examples(row, shown):
    """Up to three: of what binds input a negative one first; those that are about the clause before others."""
    clause = row["id"].partition("-")[0]
    about = [v for v in shown if v.clause.partition("-")[0] == clause]
    ordered = about + [v for v in shown if v not in about]
    if row["binds"] == "input":
        ordered.sort(key=lambda v: not is_negative(v))
    return " ".join(map(link, ordered[:3]))


def matrix_row(row, shown):
    counts = [sum(side(v) == name for v in shown) for name, _ in SIDES]
    last = examples(row, shown) if by_vectors(row) else row["check"]
    cells = [row["id"], row["word"], row["binds"]] + [str(n or "") for n in counts] + [last]
    return "| " + " | ".join(cells) + " |"


def chapters(text):
    return {m[1]: m[2] for m in map(HEADING.match, plain_lines(text)) if m and "." not in m[1]}


def summary(listed, vectors):
    musts = [row for row in listed if row["word"].startswith("MUST")]
    lines = ["| | MUST, MUST NOT | SHOULD, SHOULD NOT |", "|---|---|---|"]
    shoulds = [row for row in listed if row not in musts]
    for title, keep in [("all", lambda row: True)] + [
            (f"bind {who}", lambda row, who=who: row["binds"] == who) for who in BINDS] + [
            ("shown by vectors", by_vectors), ("checked otherwise", lambda row: not by_vectors(row))]:
        lines.append(f"| {title} | {sum(map(keep, musts))} | {sum(map(keep, shoulds))} |")
    bad = sum(map(is_negative, vectors))
    share = f", {bad} of them with a fault ({100 * bad // len(vectors)} %)" if vectors else ""
    return lines + ["", f"{len(vectors)} vectors{share}."]


def fault_table(vectors):
    lines = ["## Faults", "", "| category | code | vectors | |", "|---|---|---|---|"]
    for slug, category in CATEGORY.items():
        shown = [v for v in vectors if fault_of(v) == slug]
        lines.append(f"| {category} | {slug} | {len(shown)} | {' '.join(map(link, shown[:3]))} |")
    return lines


def matrix(text, listed, vectors):
    cited, chapter = cites(vectors), None
    lines = [HEAD] + summary(listed, vectors)
    names = chapters(text)
    for row in listed:
        number = row["id"].partition(".")[0]
        if number != chapter:
            chapter = number
            lines += ["", f"## {number} {names[number]}", "",
                      "| id | word | binds | good | bad | written | merged | other | |", "|---" * 9 + "|"]
        lines.append(matrix_row(row, list(showing(cited, row).values())))
    return "\n".join(lines + [""] + fault_table(vectors)) + "\n"


def main():
    option = sys.argv[1:]
    if option not in ([], ["--check"], ["--renew"]):
        sys.exit(__doc__)
    text, listed = FORMAT.read_text(encoding="utf-8"), read_list()
    wanted = requirements(text)
    if option == ["--renew"]:
        renew(wanted, listed)
        return
    vectors = read_vectors()
    wrong = list(findings(text, wanted, listed, vectors))
    made = matrix(text, listed, vectors)
    if not option:
        MATRIX.write_text(made, encoding="utf-8")
    elif not MATRIX.exists() or MATRIX.read_text(encoding="utf-8") != made:
        wrong.append(f"spec/TRACEABILITY.md is not what {NAME} makes; run it")
    print("\n".join(wrong + [f"{len(listed)} requirements, {len(vectors)} vectors, {len(wrong)} wrong"]))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
