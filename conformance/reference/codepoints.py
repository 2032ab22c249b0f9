# SPDX-License-Identifier: MIT
"""Clauses 3.1, 3.2, 6.2, 6.5, 10.1: code points, from spec/registry.tsv.

A fault has a slug ("bad-size"), the kind of diagnostic that it belongs to ("corrupt"), a number in LOSS frames and
one of a closed set of categories ("framing"), by which implementations can be compared.
"""
import csv
import os

REGISTRY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "spec", "registry.tsv")


def rows(space):
    """The code points of one space, as (number, name, shape)."""
    with open(REGISTRY, encoding="utf-8", newline="") as table:
        lines = [line for line in csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE)
                 if line["space"] == space]
    return [(int(line["code"], 0), line["name"], line["shape"]) for line in lines]


def constants(space):
    """{"PAD": 1, …}"""
    return {name: code for code, name, _ in rows(space)}


def faults():
    """Clause 3.1.1: (number, slug, kind) of the codes that have a kind."""
    return [(code, *shape.split()) for code, _, shape in rows("status") if " " in shape]


FRAME = constants("frame")
DEF = constants("def")
STRAND_KIND = constants("strand-kind")
TRACE = constants("trace")
NANO_DERIVED = 1 << constants("incompat")["NANO_DERIVED"]
MERGED = 1 << constants("compat")["MERGED"]
FRAGMENT = 1 << constants("compat")["FRAGMENT"]
SEALED = 1 << constants("block-flag")["SEALED"]
CRC = 1 << constants("block-flag")["CRC"]
DIAG_SLUG = {code: shape for code, _, shape in rows("diag")}
SLUG = {code: slug for code, slug, _ in faults()}
KIND = {slug: kind for _, slug, kind in faults()}
CATEGORY = {slug: name.lower() for _, name, slugs in rows("category") for slug in slugs.split()}
