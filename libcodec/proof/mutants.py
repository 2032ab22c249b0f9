#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Shows that the proof bites: each of these faults, put into a copy of the sources, must cost it at least one goal.

    libcodec/proof/mutants.py       prints `killed N of N`; fails if a fault goes unnoticed
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]

MUTANTS = [  # (file, function that loses a goal, right, wrong)
    ("strand_varint.c", "strand_uvarint_decode", "while (n < limit &&", "while (n <= limit &&"),
    ("strand_varint.c", "strand_uvarint_decode", "value > UINT64_MAX / 128", "value > UINT64_MAX / 64"),
    ("strand_varint.c", "strand_uvarint_encode", "v % 128 + 128", "v % 128 + 127"),
    ("strand_cursor.h", "strand_take_u32", "c->len - c->off < 4", "c->len - c->off < 3"),
    ("strand_cursor.h", "strand_take_span", "if (len > c->len - c->off)", "if (len > c->len)"),
    ("strand_put.h", "strand_put_byte", " || e->priv_pos == e->priv_room", ""),
    ("strand_encode.c", "strand_put_bytes", "len > e->priv_room - e->priv_pos", "len > e->priv_room - e->priv_pos + 1"),
    ("strand_encode.c", "strand_encode_cancel", "    e->priv_open = STRAND_OPEN_NONE;\n    e->priv_pos = e->priv_len;", "    e->priv_open = STRAND_OPEN_NONE;"),
    ("strand_encode.c", "strand_finish_frame", "if (len > STRAND_RECORD_FRAME_MAX)", "if (len > 65536)"),
    ("strand_encode.c", "strand_encode_end", "e->priv_lacking == 0 && strand_finish_frame(e)", "strand_finish_frame(e)"),
    ("strand_decode.c", "strand_decode_ext", "if (left < len)", "if (left + 1 < len)"),
    ("strand_decode.c", "strand_decode_plain_record", "d->priv_len - d->priv_pos < size", "d->priv_len - d->priv_pos + 1 < size"),
    ("strand_decode.c", "strand_decode_record", "        d->priv_pos += len;\n        return STRAND_BAD_HEADER", "        return STRAND_BAD_HEADER"),
    ("strand_field.c", "strand_split_memdump", "field->data.len < 8", "field->data.len < 7"),
    ("strand_field.c", "strand_decode_field", "    f->off += field.raw.len;\n", ""),
]


def survives(mutant, folder):
    name, function, right, wrong = mutant
    shutil.copytree(ROOT / "libcodec" / "src", folder, dirs_exist_ok=True)
    text = (folder / name).read_text(encoding="utf-8")
    if text.count(right) != 1:
        sys.exit(f"{name}: «{right}» stands there {text.count(right)} times, not once")
    (folder / name).write_text(text.replace(right, wrong), encoding="utf-8")
    environment = dict(os.environ, SOURCES=str(folder), LOG=str(folder / "proof.log"), TIMEOUT="5")
    run = subprocess.run([ROOT / "scripts" / "proof", function], env=environment, capture_output=True, text=True, check=False)
    if "goals proved" not in run.stdout:
        sys.exit(f"{name}, {function}: the proof did not run: {run.stdout}{run.stderr}")
    return run.returncode == 0


def main():
    killed = 0
    for mutant in MUTANTS:
        with tempfile.TemporaryDirectory() as folder:
            if survives(mutant, pathlib.Path(folder)):
                print(f"survives: {mutant[0]}, {mutant[1]}: «{mutant[2].strip()}» → «{mutant[3].strip()}»")
            else:
                killed += 1
    print(f"killed {killed} of {len(MUTANTS)}")
    return killed != len(MUTANTS)


if __name__ == "__main__":
    sys.exit(main())
