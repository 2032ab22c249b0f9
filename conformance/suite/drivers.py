# SPDX-License-Identifier: MIT
"""Drivers: the processes that are asked.

Level 1 is one long-lived process and lines of ASCII. A *session* keeps many requests on their way, so that neither side
waits for the other, and knows each answer by its id:

    > v1 decode raw 0000e803…            < v1 ok 2
    > v2 decode raw ring=64,0,25,0,0 …   < {"stream":0,…}
    > v3 recode raw 07…                  < {"stream":0,…}
                                         < v2 reject framing at=18

Where a driver dies, the requests that it owes an answer to are asked again one by one, and the one that kills a new
process is to blame. Where it says nothing for 10 seconds, the oldest of them is to blame. After too
many deaths the rest isn't asked any more.

Level 0 is a process per input: see `run_once`.
"""
import collections
import os
import queue
import re
import shlex
import signal
import subprocess
import tempfile
import threading
import time

SECONDS = 10.0  # that an answer may take
WINDOW = 64  # requests on their way
WINDOW_BYTES = 1 << 20
ANSWER_BYTES = 256 << 20  # a line longer than that is no answer
DEATHS = 50  # crashes that are looked at
HANGS = 3

HEAD = re.compile(r"(\S+) (ok|reject|limit|skip|error)(?: (.*))?")
REJECT = re.compile(r"([a-z]+) at=([0-9]+)(?: code=([a-z-]+))?|([a-z]+)")
HELLO = ("impl", "version", "spec", "classes", "ops")


class Answer:
    """What a driver said: kind is ok, reject, limit, skip, error; or crash, hang, garbage, unasked if it didn't."""

    __slots__ = ("kind", "lines", "category", "at", "code", "text")

    def __init__(self, kind, lines=(), category="", at="", code="", text=""):
        self.kind, self.lines = kind, list(lines)
        self.category, self.at, self.code, self.text = category, at, code, text

    @property
    def failed(self):
        return self.kind in ("error", "crash", "hang", "garbage", "unasked")

    def says(self):
        """What two drivers must agree on."""
        return (self.kind, tuple(self.lines), self.category)

    def __str__(self):
        if self.kind == "ok":
            return f"ok, {len(self.lines)} line{'' if len(self.lines) == 1 else 's'}"
        if self.kind == "reject":
            return " ".join(["reject", self.category] + [f"at={self.at}"] * bool(self.at))
        return f"{self.kind}: {self.text}" if self.text else self.kind


class Death(Exception):
    """The process is of no use any more; kind is crash, hang or garbage."""

    def __init__(self, kind, text):
        super().__init__(text)
        self.kind, self.text = kind, text


class NoDriver(Exception):
    """It can't be started, or its first line is no handshake."""


def ending(status):
    """Exit status → words."""
    if status is None:
        return "closed its output and lives on"
    if status < 0:
        try:
            return f"died of {signal.Signals(-status).name}"
        except ValueError:
            return f"died of signal {-status}"
    return f"ended with status {status}"


class Process:
    """A process whose input and output are pipes, with a thread at each, so that nothing here ever blocks."""

    def __init__(self, command):
        self.errors = tempfile.TemporaryFile()
        try:
            self.child = subprocess.Popen(shlex.split(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                          stderr=self.errors, start_new_session=os.name == "posix")
        except (OSError, ValueError) as error:
            raise NoDriver(f"can't be started: {error}") from None
        self.lines, self.part = collections.deque(), []
        self.part_bytes = 0
        self.inbox, self.outbox = queue.SimpleQueue(), queue.SimpleQueue()
        for work in (self.read_all, self.write_all):
            threading.Thread(target=work, daemon=True).start()

    def read_all(self):
        output = self.child.stdout.fileno()
        while True:
            chunk = os.read(output, 1 << 16)
            self.inbox.put(chunk)
            if not chunk:
                self.child.stdout.close()
                return

    def write_all(self):
        try:
            while True:
                text = self.outbox.get()
                if text is None:
                    self.child.stdin.close()
                    return
                self.child.stdin.write(text)
                self.child.stdin.flush()
        except (OSError, ValueError):
            return  # it is dead: who reads finds out

    def send(self, text):
        self.outbox.put(text)

    def line(self, deadline):
        """The next line; at the end of output, silence or a flood: Death."""
        while not self.lines:
            try:
                chunk = self.inbox.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise Death("hang", f"no answer within {SECONDS:g} s" + self.remark()) from None
            if not chunk:
                raise Death("crash", self.how_it_ended())
            self.take(chunk)
        return self.lines.popleft()

    def take(self, chunk):
        *whole, rest = chunk.split(b"\n")
        if whole:
            whole[0] = b"".join(self.part) + whole[0]
            self.lines.extend(whole)
            self.part, self.part_bytes = [], 0
        self.part.append(rest)
        self.part_bytes += len(rest)
        if self.part_bytes > ANSWER_BYTES:
            raise Death("garbage", "a line without an end")

    def remark(self):
        """The last line of its error output."""
        size = self.errors.seek(0, os.SEEK_END)
        self.errors.seek(max(0, size - 2000))
        lines = self.errors.read().decode("utf-8", "replace").strip().splitlines()
        return f" (it said: {lines[-1].strip()[:300]})" if lines else ""

    def how_it_ended(self):
        try:
            status = self.child.wait(1)
        except subprocess.TimeoutExpired:
            status = None
        return ending(status) + self.remark()

    def kill(self):
        """Ends it with all that it started."""
        try:
            if os.name == "posix":
                os.killpg(self.child.pid, signal.SIGKILL)
            else:
                self.child.kill()
        except OSError:
            pass
        self.child.wait()
        self.outbox.put(None)
        self.errors.close()

    def close(self):
        """End of input: it must end with status 0. → None, or what it did instead."""
        self.outbox.put(None)
        try:
            status = self.child.wait(SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            return f"goes on {SECONDS:g} s behind the end of its input"
        said = ending(status) + self.remark()
        more = self.left_over()
        self.kill()
        return said if status else more and f"said what nobody asked for: {more[:100]!r}"

    def left_over(self):
        """What it printed behind its last answer, once it has ended."""
        try:
            return self.line(time.monotonic() + SECONDS).decode("utf-8", "replace")
        except Death:
            return b"".join(self.part).decode("utf-8", "replace")


class Hello:
    """The first line of a driver."""

    def __init__(self, line):
        words = line.split()
        pairs = dict(word.partition("=")[::2] for word in words[2:])
        missing = [key for key in HELLO if not pairs.get(key)]
        if words[:2] != ["strandline", "1"] or missing:
            want = " ".join(["strandline 1"] + [f"{key}=…" for key in HELLO])
            raise NoDriver(f"its first line is {line[:200]!r}, not {want}")
        self.name, self.version, self.spec = pairs["impl"], pairs["version"], pairs["spec"]
        self.classes, self.ops = set(pairs["classes"].split(",")), set(pairs["ops"].split(","))
        self.kinds = set(pairs["kinds"].split(",")) if pairs.get("kinds") else None
        self.limits = dict(limit.partition(":")[::2] for limit in pairs.get("limits", "").split(",") if limit)

    def input_limit(self):
        """Bytes of input that it takes, or None."""
        limit = self.limits.get("input", "")
        return int(limit) if limit.isdigit() else None


class Session:
    """A driver of level 1: `ask` it; it is started anew as often as it must be."""

    def __init__(self, command):
        self.command, self.count, self.deaths, self.hangs = command, 0, 0, 0
        self.answered = 0  # by this process
        self.incidents = []  # deaths that nothing could be blamed for
        self.process, self.hello = None, None
        self.start()

    def start(self):
        self.process, self.answered = Process(self.command), 0
        try:
            line = self.process.line(time.monotonic() + SECONDS).decode("ascii", "replace")
            self.hello = Hello(line)
        except Death as death:
            self.kill()
            raise NoDriver(f"says no first line: {death.text}") from None
        except NoDriver:
            self.kill()
            raise

    def close(self):
        """End of input → None, or what the process did instead of ending well."""
        process, self.process = self.process, None
        return process.close() if process else None

    def kill(self):
        if self.process:
            self.process.kill()
            self.process = None

    def ask(self, requests, deadline=None):
        """Requests, as (tag, text) → (tag, Answer), as they come. No new one is sent behind the deadline."""
        return Asking(self, requests, deadline).answers()

    def ask_one(self, text):
        return next(answer for _, answer in self.ask([(None, text)]))

    def renew(self, death):
        """After a death: a new process, if it isn't one death too many."""
        self.kill()
        self.deaths += 1
        self.hangs += death.kind == "hang"
        if self.deaths >= DEATHS or self.hangs >= HANGS:
            return
        try:
            self.start()
        except NoDriver as error:
            self.incident(f"can't be started again: {error}")

    def incident(self, text):
        if text not in self.incidents:
            self.incidents.append(text)


class Asking:
    """Requests on their way to a session: `waiting` for an answer, or to be asked `again`, alone, after a crash."""

    def __init__(self, session, requests, deadline):
        self.session, self.source, self.deadline = session, iter(requests), deadline
        self.waiting, self.bytes = {}, 0
        self.again, self.unexplained = collections.deque(), None

    def answers(self):
        while self.fill():
            try:
                name, answer = self.read()
            except Death as death:
                yield from self.bury(death)
                continue
            tag, text = self.waiting.pop(name)
            self.bytes -= len(text)
            self.session.answered += 1
            yield tag, answer

    def fill(self):
        """Sends what may be sent; is anything waiting?"""
        if self.unexplained and not self.again and not self.waiting:
            self.session.incident(f"{self.unexplained}, and no single request makes it")
            self.unexplained = None
        texts = []
        while self.has_room(len(texts)):
            alone = bool(self.again)
            request = self.again.popleft() if alone else self.next_request()
            if request is None:
                break
            texts.append(self.name(request))
            if alone:
                break
        if texts and self.session.process:
            self.session.process.send("".join(texts).encode("ascii"))
        return bool(self.waiting)

    def has_room(self, new):
        """May one more be sent? The window is filled again when it is half empty: fewer, longer writes."""
        if self.again:
            return not self.waiting
        return len(self.waiting) < (WINDOW if new else WINDOW // 2) and self.bytes < WINDOW_BYTES

    def name(self, request):
        """Gives a request its id → its line."""
        self.session.count += 1
        name = f"v{self.session.count}"
        self.waiting[name] = request
        self.bytes += len(request[1])
        return f"{name} {request[1]}\n"

    def next_request(self):
        if self.deadline is not None and time.monotonic() > self.deadline:
            return None
        return next(self.source, None)

    def read(self):
        """The next answer, whole → (id, Answer)."""
        process = self.session.process
        if process is None:
            raise Death("unasked", "the driver had died too often")
        deadline = time.monotonic() + SECONDS
        head = process.line(deadline).decode("utf-8", "replace")
        match = HEAD.fullmatch(head)
        if not match or match[1] not in self.waiting:
            raise Death("garbage", f"no answer to any request: {head[:200]!r}")
        return match[1], parse_answer(match[2], match[3] or "", lambda: process.line(deadline))

    def bury(self, death):
        """The process is dead: blames a request, or asks again. Yields what is answered by that."""
        clear = death.kind in ("hang", "unasked") or len(self.waiting) == 1 and self.session.answered == 0
        if self.session.process:
            self.session.renew(death)
        owed, self.waiting, self.bytes = list(self.waiting.values()), {}, 0
        if not clear:
            self.unexplained = death.text
            self.again.extendleft(reversed(owed))
            return
        self.unexplained = None
        self.again.extendleft(reversed(owed[1:]))
        yield owed[0][0], Answer(death.kind, text=death.text)


def parse_answer(kind, rest, next_line):
    if kind == "ok":
        if not re.fullmatch("[0-9]{1,9}", rest):
            raise Death("garbage", f"no count of lines: ok {rest[:100]!r}")
        return Answer("ok", [next_line().decode("utf-8", "replace") for _ in range(int(rest))])
    if kind == "reject":
        match = REJECT.fullmatch(rest)
        if not match:
            raise Death("garbage", f"not a rejection: {rest[:100]!r}")
        return Answer("reject", category=match[1] or match[4], at=match[2] or "", code=match[3] or "")
    return Answer(kind, text=rest)


def request(vector):
    """A vector → the request that asks it."""
    parts = vector.data() if vector.verb == "encode" else [data.hex() or "-" for data in vector.data()]
    return " ".join([vector.op] + parts)


def decode(data, form="raw", options=""):
    return " ".join(filter(None, ["decode", form, options, data.hex() or "-"]))


def run_once(command, form, data):
    """Level 0: one process, the input on its standard input → Answer."""
    words = shlex.split(command) + (["--raw"] if form == "raw" else [])
    try:
        done = subprocess.run(words, input=data, capture_output=True, check=False, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return Answer("hang", text=f"no end within {SECONDS:g} s")
    except OSError as error:
        return Answer("crash", text=f"can't be started: {error}")
    return answer_once(done.returncode, *(text.decode("utf-8", "replace") for text in (done.stdout, done.stderr)), form)


def answer_once(status, out, err, form="raw"):
    """Exit status, output and error output of level 0 → Answer. Of a file, status 1 may tell of a refused section."""
    said = (err.strip().splitlines() or [""])[-1]
    if status not in (0, 1, 3, 4):
        return Answer("crash", text=ending(status) + (f" (it said: {said[:300]})" if said else ""))
    if out and not out.endswith("\n"):
        return Answer("garbage", text="its last line has no end")
    lines = out.split("\n")[:-1]
    if status in (3, 4):
        match = re.fullmatch("reject " + REJECT.pattern, said)
        if lines:
            return Answer("garbage", text="it rejects, and prints lines")
        category = match and (match[1] or match[4]) or ("unsupported" if status == 4 else "")
        if (category == "unsupported") != (status == 4):
            return Answer("garbage", text=f"status {status}, and it said: {said[:200]}")
        return Answer("reject", category=category, at=match and match[2] or "")
    faulty = any(line.startswith('{"diag":') for line in lines)
    if faulty and status == 0 or not faulty and status == 1 and form == "raw":
        return Answer("garbage", lines, text=f"status {status}, and there are {'no ' if status else ''}diagnostics")
    return Answer("ok", lines)
