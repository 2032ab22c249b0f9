# SPDX-License-Identifier: MIT
"""A driver of level 1 that is right but for one fault: broken.py FAULT. README.md's driver in Python, and what can be
wrong with one. The request that a fault waits for has an input that ends in 63, which no vector but one has.
"""
import os
import sys
import time

from mine import decode

FAULT = sys.argv[1]
HELLO = "strandline 1 impl=mine version=0.1 spec=0.9 classes=core ops=decode"
SPECIAL = "63"


def say(text):
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def die_of(fault):
    """Faults that are no answer at all."""
    if fault == "crash":
        os.abort()
    if fault == "exit":
        print("it had a reason", file=sys.stderr)
        sys.exit(7)
    if fault == "hang":
        time.sleep(3600)
    if fault == "flood":
        sys.stdout.write("x" * (1 << 20))


def answers(name, lines):
    """The text of each fault's answer."""
    right = "\n".join([f"{name} ok {len(lines)}"] + lines)
    return {"wrong-line": right.replace('"tick":1', '"tick":2'), "wrong-id": "x" + right, "garbage": "Hello, world",
            "no-count": f"{name} ok many", "too-many": f"{name} ok {len(lines) + 1}\n" + "\n".join(lines),
            "too-few": f"{name} ok 0\n" + "\n".join(lines), "twice": right + "\n" + right,
            "error": f"{name} error a bug", "limit": f"{name} limit mine", "skips": f"{name} skip this one",
            "reject": f"{name} reject framing at=0", "bad-reject": f"{name} reject at once"}.get(FAULT, right)


def main():
    if FAULT == "no-hello":
        sys.exit(1)
    say({"bad-hello": "hello", "no-ops": HELLO.replace(" ops=decode", ""), "silent": "",
         "strange-class": HELLO.replace("core", "core,cor")}.get(FAULT, HELLO))
    count = 0
    for request in sys.stdin:
        name, *words = request.split()
        *operation, data = words or [""]
        operation = [word for word in operation if not word.startswith("split=")]
        count += 1
        if operation != ["decode", "raw"]:
            say(f"{name} ok 0" if FAULT == "takes-all" else f"{name} skip op")
            continue
        lines = decode(bytes.fromhex("" if data == "-" else data))
        special = data.endswith(SPECIAL)
        if FAULT == "after-ten" and count == 10:
            os.abort()
        if special:
            die_of(FAULT)
        say(answers(name, lines) if special or FAULT == "skips" else "\n".join([f"{name} ok {len(lines)}"] + lines))
    if FAULT == "farewell":
        sys.exit(3)


main()
