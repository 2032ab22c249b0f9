#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every code point stands once, in spec/registry.tsv; what repeats it is made from it.

    scripts/registry.py            write libcodec/include/strand_wire.h and the tables of spec/FORMAT.md
    scripts/registry.py --check    write nothing; fail if either differs from the registry

Both fail where a fault has not exactly one category, or a frame, definition or field no rule in the grammar.
"""
import csv
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
REGISTRY = ROOT / "spec" / "registry.tsv"
HEADER = ROOT / "libcodec" / "include" / "strand_wire.h"
FORMAT = ROOT / "spec" / "FORMAT.md"

HEAD = """\
/* SPDX-License-Identifier: MIT
 *
 * strand_wire.h: every code point of the format.
 *
 * Made from spec/registry.tsv by scripts/registry.py; a test holds the two together.
 * Each line names the clause of spec/FORMAT.md that defines it.
 */
#ifndef STRAND_WIRE_H
#define STRAND_WIRE_H
"""

ENUMS = [  # (registry space, C enum, prefix, comment)
    ("diag", "strand_diag_kind", "STRAND_DIAG_", "What kind of thing is wrong."),
    ("strand-kind", "strand_kind", "STRAND_KIND_", "What a strand carries."),
    ("p-meaning", "strand_p_meaning", "STRAND_P_", "What P means in a strand."),
    ("frame", "strand_frame_code", "STRAND_WIRE_FRAME_", "Kinds of extended frames."),
    ("def", "strand_def_kind", "STRAND_DEF_", "Kinds of definitions."),
    ("field", "strand_field_code", "STRAND_WIRE_", "Field type bytes."),
    ("trace", "strand_trace_code", "STRAND_WIRE_TRACE_", "Trace events with a meaning of their own."),
]
BITS = [
    ("incompat", "STRAND_INCOMPAT_"),
    ("compat", "STRAND_COMPAT_"),
    ("block-flag", "STRAND_BLOCK_"),
]


def read_registry():
    with REGISTRY.open(encoding="utf-8", newline="") as f:
        rows = list(csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE))
    seen = set()
    for row in rows:
        for key in ((row["space"], row["code"]), (row["space"], "name", row["name"])):
            if key in seen:
                sys.exit(f"spec/registry.tsv: {key} stands twice")
            seen.add(key)
    return rows


def check_categories(rows):
    """Each fault code has one category: clause 3.2."""
    listed = [slug for row in space(rows, "category") for slug in row["shape"].split()]
    faults = [row["shape"].split()[0] for row in space(rows, "status") if " " in row["shape"]] + ["bad-argument"]
    wrong = sorted(set(listed) ^ set(faults)) + sorted({slug for slug in listed if listed.count(slug) > 1})
    if wrong:
        sys.exit(f"spec/registry.tsv: not in exactly one category, or no fault: {', '.join(wrong)}")


def check_grammar(rows, text):
    """Each frame, definition and field has a rule in the grammar: chapter 17 of FORMAT.md."""
    forms = {"frame": "%x01.00.{:02X} flags", "def": "%x{:02X} id:uvarint", "field": "%x{:02X}"}
    grammar = re.sub(r" +", " ", text[text.index("\n## 17 "):text.index("\n## 18 ")])
    wrong = []
    for name, form in forms.items():
        for row in space(rows, name):
            rule = row["name"].lower().replace("_", "-")
            rule += "-schema" if (name, rule) == ("def", "event") else ""
            wanted = f"\n {rule} = {form.format(int(row['code'], 0))}"
            if not re.search(re.escape(wanted) + r"\b", grammar):
                wrong.append(f"{name} {row['name']}")
    if wrong:
        sys.exit(f"spec/FORMAT.md, chapter 17: no rule for {', '.join(wrong)}")


def space(rows, name):
    return [row for row in rows if row["space"] == name]


def status_list(rows):
    lines = [
        "/* X(name, value, slug, kind of diagnostic or NONE, clause, message):",
        " * 0 done; 1-15 not errors; 16-127 bad input; 128 and above misuse by the caller. */",
        "#define STRAND_STATUS_LIST(X)",
    ]
    for row in space(rows, "status"):
        slug, _, diag = row["shape"].partition(" ")
        diag = diag.upper().replace("-", "_") or "NONE"
        lines.append(f'X({row["name"]}, {row["code"]}, "{slug}", {diag}, "{row["clause"]}", "{row["title"]}")')
    return "\n".join(lines[:2]) + "\n" + " \\\n    ".join(lines[2:])


def render_header(rows):
    out = [HEAD, status_list(rows)]
    for name, enum, prefix, comment in ENUMS:
        out.append(f"\n/* {comment} */\nenum {enum} {{")
        for row in space(rows, name):
            text = f'    {prefix}{row["name"]} = {row["code"]},'
            out.append(f'{text:<40} /* {row["clause"]}: {row["title"]} */')
        out.append("};")
    for name, prefix in BITS:
        out.append("")
        for row in space(rows, name):
            text = f'#define {prefix}{row["name"]} {1 << int(row["code"])}u'
            out.append(f'{text:<40} /* {row["clause"]}: {row["title"]} */')
    out.append("\n#endif\n")
    return "\n".join(out)


def render_table(rows, name):
    lines = ["| code | name | shape | clause | meaning |", "|---|---|---|---|---|"]
    for row in space(rows, name):
        lines.append(f'| {row["code"]} | {row["name"]} | {row["shape"]} | {row["clause"]} | {row["title"]} |')
    return "\n".join(lines)


def render_format(rows, text):
    def table(match):
        return f"<!-- registry:{match[1]} -->\n{render_table(rows, match[1])}\n<!-- /registry -->"

    return re.sub(r"<!-- registry:([a-z-]+) -->\n.*?<!-- /registry -->", table, text, flags=re.S)


def main():
    check = sys.argv[1:] == ["--check"]
    if sys.argv[1:] and not check:
        sys.exit(__doc__)
    rows = read_registry()
    check_categories(rows)
    stale = []
    spec = FORMAT.read_text(encoding="utf-8")
    check_grammar(rows, spec)
    for path, wanted in ((HEADER, render_header(rows)), (FORMAT, render_format(rows, spec))):
        if path.exists() and path.read_text(encoding="utf-8") == wanted:
            continue
        stale.append(str(path.relative_to(ROOT)))
        if not check:
            path.write_text(wanted, encoding="utf-8")
    if check and stale:
        sys.exit(f"differs from spec/registry.tsv: {', '.join(stale)}; run scripts/registry.py")


if __name__ == "__main__":
    main()
