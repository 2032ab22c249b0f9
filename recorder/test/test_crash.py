#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Crashes in real processes: what crash_child tells on the way, and how it ends."""
import fcntl
import os
import re
import resource
import signal
import subprocess
import threading
import time

import tap
from crash_case import BROKEN, CHILD, Crashed, Crashes, MODULE, SANITIZED, THREAD, TIMEOUT, leave_out
from tap import merge, run

class Kinds(Crashes):
    """Each fatal signal; the status is what it is without the recorder."""

    def same_end(self, *arguments):
        """The process ends as it does where no handler is installed, core flag and all."""
        ends = []
        for level in "all", "none":
            child = subprocess.Popen([CHILD, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                     cwd=self.folder, env=self.environment(STRAND_CRASH=level),
                                     preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (1 << 30, 1 << 30)))
            _, status = os.waitpid(child.pid, 0)
            child.returncode = 0
            ends.append((os.WIFSIGNALED(status), os.WTERMSIG(status), os.WCOREDUMP(status)))
        self.assertEqual(ends[0], ends[1])

    def faults(self, mode, by, code=None, address=None):
        crashed = self.crash(mode, by=by)
        self.assert_whole(crashed, by)
        if code is not None:
            self.assertEqual(int(crashed.header[3]), code)
        if address is not None:
            self.assertEqual(int(crashed.header[5], 16), address)
        self.same_end(mode)
        return crashed

    def test_segv(self):
        crashed = self.faults("segv", signal.SIGSEGV, 1, 0)
        self.assertEqual(crashed.err.index(crashed.header[0]), 0)
        self.assertIn("about to crash 4711=4711", crashed.err)

    def test_order(self):
        crashed = self.crash("segv", 2)
        self.assert_whole(crashed)
        texts = "fatal signal", f'thread {crashed.tid} "crash_child"', "about to crash", '"worker"', "worker ready"
        places = [crashed.err.index(text) for text in texts]
        places += [crashed.err.rindex("about to crash"), crashed.err.index("\nmodule ")]
        self.assertEqual(places, sorted(places), crashed.err)
        self.assertEqual(crashed.err.count("\n>> begin log 1 <<\n"), 2)
        self.assertEqual(crashed.err.count("\n>> begin log 2 <<\n"), 1)
        self.assertNotIn("lost first", crashed.err)

    def test_abort(self):
        crashed = self.faults("abort", signal.SIGABRT, -6)
        self.assertEqual(int(crashed.header[6]), crashed.pid)

    def test_ill(self):
        self.faults("ill", signal.SIGILL)

    def test_fpe(self):
        self.faults("fpe", signal.SIGFPE)

    def test_trap(self):
        self.faults("trap", signal.SIGTRAP)

    def test_bus(self):
        self.faults("bus", signal.SIGBUS, 2)

    def test_sys(self):
        self.faults("sys", signal.SIGSYS, 1)

    def test_jump_to_nowhere(self):
        crashed = self.faults("jump", signal.SIGSEGV, 1, 0)
        self.assertEqual(crashed.threads[0].pcs[0], 0)
        self.assertIn(" crash_child+", crashed.threads[0].lines[1])

    def test_signals_that_are_sent(self):
        for name in "SEGV", "BUS", "ILL", "FPE", "SYS", "TRAP", "QUIT":
            number = signal.Signals["SIG" + name]
            crashed = self.crash("raise", int(number), by=number)
            self.assert_whole(crashed, number)
            self.assertEqual(int(crashed.header[3]), -6)

    def test_quit_from_outside(self):
        child = subprocess.Popen([CHILD, "quit"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                 env=self.environment(), cwd=self.folder)
        child.stdout.readline()
        child.send_signal(signal.SIGQUIT)
        out, err = child.communicate(timeout=TIMEOUT)
        crashed = Crashed(child.returncode, out, err.decode(), 0)
        self.assertEqual(crashed.status, -signal.SIGQUIT)
        self.assert_whole(crashed, signal.SIGQUIT)
        self.assertEqual(int(crashed.header[6]), os.getpid())

    def test_no_crash_tells_nothing(self):
        ran = self.run_child("clean")
        self.assertEqual((ran.status, ran.err), (0, ""))

    def test_an_ignored_signal_stays_ignored(self):
        ran = self.run_child("ignored", before=lambda: signal.signal(signal.SIGQUIT, signal.SIG_IGN))
        self.assertEqual((ran.status, ran.out, ran.err), (0, "alive\n", ""))
        self.crash("ignored", by=signal.SIGQUIT)


class Levels(Crashes):
    def test_none(self):
        self.assertEqual(self.crash("segv", 2, STRAND_CRASH="none").err, "")

    def test_log(self):
        crashed = self.crash("segv", 2, STRAND_CRASH="log")
        self.assertEqual((len(crashed.headers), crashed.threads), (1, []))
        self.assertEqual((crashed.count("about to crash"), crashed.count("worker ready")), (2, 2))
        self.assertNotRegex(crashed.err, MODULE)

    def test_stacks(self):
        crashed = self.crash("segv", 2, STRAND_CRASH="stacks")
        self.assertEqual((len(crashed.headers), len(crashed.threads)), (1, 3))
        self.assertNotIn(">> begin log", crashed.err)
        self.assertRegex(crashed.err, MODULE)


class Logs(Crashes):
    """What is told of the logs, and of a trace."""

    LINE = re.compile(r"^[\d.]+ \w+ INFO \S+ one of many i=(\d+)$", re.M)

    def parts(self, crashed):
        """The crashing thread's log, and all logs."""
        other = crashed.threads[1].tid
        middle = crashed.err.index(f"\nthread {other} ")
        return crashed.err[:middle], crashed.err[middle:]

    def numbers(self, text):
        return [int(number) for number in self.LINE.findall(text)]

    def test_what_the_ring_holds(self):
        crashed = self.crash("many", 200)
        self.assert_whole(crashed)
        for part in self.parts(crashed):
            self.assertEqual(self.numbers(part), list(range(200)))
        self.assertNotIn("lost first", crashed.err)

    def test_logs_are_merged(self):
        crashed = self.crash("mixed")
        words = "before the others", "worker ready", "about to crash"
        told = [word for line in self.parts(crashed)[1].splitlines() for word in words if f" {word} " in line]
        self.assertEqual(told, ["before the others", "worker ready", "worker ready", "about to crash"])

    def test_what_was_overwritten_is_told(self):
        crashed = self.crash("many", 5000, STRAND_SIZE="16K")
        self.assert_whole(crashed)
        all_logs = self.parts(crashed)[1]
        numbers = self.numbers(all_logs)
        self.assertEqual(numbers, list(range(numbers[0], 5000)))
        self.assertGreater(numbers[0], 1000)
        lost = int(re.search(r">> begin log 1; lost first (\d+)KB <<", all_logs)[1])
        self.assertAlmostEqual(lost, numbers[0] * 12 // 1024, delta=numbers[0] * 4 // 1024)

    def test_the_own_log_is_short_and_the_merged_one_limited(self):
        crashed = self.crash("many", 300000, STRAND_SIZE="16M")
        self.assert_whole(crashed)
        own, all_logs = self.parts(crashed)
        self.assertEqual(self.numbers(own), list(range(300000 - 255, 300000)))
        self.assertIn("strandline: of each log the newest 256 records\n>> begin log 1; lost first ", own)
        self.assertEqual(self.numbers(all_logs), list(range(300000 - 32767, 300000)))
        self.assertIn("strandline: of each log the newest 32768 records\n", all_logs)
        lost = [int(re.search(r">> begin log 1; lost first (\d+)KB <<", part)[1]) for part in (own, all_logs)]
        self.assertAlmostEqual(lost[1] / lost[0], (300000 - 32767) / (300000 - 255), delta=0.02)
        print(f"# 32768 records: {crashed.seconds:.2f} s from start to end")

    def busy(self, *arguments, **environment):
        """What the log of each of three busy threads says, in the order that it is told in."""
        crashed = self.crash("busy", *arguments, **environment)
        self.assertEqual(len(crashed.headers), 1)
        self.assertNotRegex(crashed.err, BROKEN)
        self.assertNotIn("opaque", crashed.err)
        self.assertNotIn("-- corrupt", crashed.err)
        for name in "012":
            numbers = re.findall(rf" busy \(uintptr_t\)argument={name} i=(\d+)$", crashed.err, re.M)
            yield [int(number) for number in numbers]

    def test_busy_threads_stand_still(self):
        for level in "log", "all":
            for numbers in self.busy(STRAND_CRASH=level):
                self.assertGreater(len(numbers), 1000)
                self.assertEqual(numbers, list(range(numbers[0], numbers[-1] + 1)))

    def test_threads_that_cannot_be_stopped(self):
        for size in "16K", "128K", "4M":
            for numbers in self.busy("blocked", STRAND_SIZE=size):
                self.assertEqual(numbers, sorted(set(numbers)))

    def test_inside_a_record(self):
        crashed = self.crash("in-record")
        self.assert_whole(crashed)
        self.assertNotIn("never written", crashed.err)

    def test_the_trace_is_read_to_its_end(self):
        crashed = self.crash("trace", encoding="latin-1")
        self.assert_whole(crashed)
        trace = self.file("trace.strand", crashed.out.encode("latin-1"))
        ran = run(tap.STRANDLINE, "print", "--format=canonical", trace)
        self.assertEqual(ran.status, 0, ran.err)
        self.assertEqual([item["args"] for item in ran.objects if item.get("event", 0) >= 64], [[4711]])

    def test_nobody_reads_the_trace(self):
        read, write = os.pipe()
        os.close(read)
        self.assert_whole(self.crash("trace", stdout=write))
        os.close(write)


class Places(Crashes):
    """Where a crash comes at the worst moment."""

    def test_inside_malloc(self):
        self.assert_whole(self.crash("malloc", by=signal.SIGABRT), signal.SIGABRT)

    def test_heap_corruption(self):
        crashed = self.crash("heap", by=signal.SIGABRT)
        self.assert_whole(crashed, signal.SIGABRT)

    def test_stack_overflow(self):
        crashed = self.crash("overflow")
        self.assert_whole(crashed)
        self.assertEqual(len(crashed.threads[0].pcs), 64)

    def test_stack_overflow_of_another_thread(self):
        crashed = self.crash("overflow-thread")
        self.assert_whole(crashed)
        self.assertEqual(crashed.header[8], "overflower")
        self.assertEqual(len(crashed.threads[0].pcs), 64)
        self.assertEqual(len(crashed.threads), 2)

    def test_while_another_thread_holds_the_loader_lock(self):
        crashed = self.crash("loader")
        self.assert_whole(crashed)
        self.assertGreater(len(crashed.named("loader")[0].pcs), 3)
        self.assertLess(crashed.seconds, 4.5)

    def test_blocked_threads_are_told_by_what_proc_knows(self):
        crashed = self.crash("blocked", 5)
        self.assert_whole(crashed)
        remarks = sorted(thread.remark.split(",")[0] for thread in crashed.named("worker"))
        self.assertEqual(remarks, ["", "", *["blocks SIGURG"] * 5])
        for thread in crashed.named("worker"):
            self.assertGreaterEqual(len(thread.pcs), 1)
        self.assertLess(crashed.seconds, 4.5)

    def test_sixteen_threads_at_once(self):
        for _ in range(5):
            crashed = self.crash("all-at-once", 16)
            self.assertEqual(len(crashed.headers), 1, crashed.err)
            self.assertNotRegex(crashed.err, BROKEN)
            self.assertEqual(len({thread.tid for thread in crashed.threads}), 17)
            self.assertEqual([t.remark for t in crashed.threads], [""] * 17, crashed.err)
            self.assertEqual(crashed.count(" worker ready "), 17)
            self.assertLess(crashed.seconds, 5)

    def test_while_threads_come_and_go(self):
        for _ in range(5):
            crashed = self.crash("churn")
            self.assertEqual(len(crashed.headers), 1)
            self.assertNotRegex(crashed.err, BROKEN)
            self.assertEqual(crashed.threads[0].tid, crashed.tid)
            self.assertGreaterEqual(len(crashed.threads), 4)
            self.assertIn("about to crash", crashed.err)
            self.assertLess(crashed.seconds, 4)

    def test_two_thousand_threads(self):
        for _ in range(3):  # a machine that is busy with other things may need another one to tell all in time
            crashed = self.crash("segv", 2000)
            self.assertEqual(len(crashed.headers), 1)
            self.assertNotRegex(crashed.err, BROKEN)
            self.assertLess(crashed.seconds, 10)
            if [thread.remark for thread in crashed.threads] == [""] * 2001 and crashed.count(" worker ready ") == 2000:
                print(f"# 2000 threads: {crashed.seconds:.2f} s from start to end")
                return
        self.assertEqual([thread.remark for thread in crashed.threads], [""] * 2001)
        self.assertEqual(crashed.count(" worker ready "), 2000)

    def test_while_another_thread_asks_for_stacks(self):
        for _ in range(5):
            crashed = self.crash("asked")
            self.assert_whole(crashed)
            self.assertEqual([thread.remark for thread in crashed.named("worker")], [""] * 20)

    def test_a_cancelled_thread(self):
        self.assert_whole(self.crash("cancelled"))


class Inside(Crashes):
    """The dump itself goes wrong."""

    def test_a_ring_that_cannot_be_read_is_left_out(self):
        crashed = self.crash("bad-ring", 2)
        broken = BROKEN.findall(crashed.err)
        self.assertEqual(broken, [("logs", "11"), ("logs", "11")], crashed.err)
        self.assertEqual(crashed.count("again without log"), 2)
        self.assertEqual(crashed.count(" about to crash "), 2)
        self.assertEqual(crashed.count(" worker ready "), 1)
        self.assertRegex(crashed.err, MODULE)

    def test_the_own_ring_cannot_be_read(self):
        crashed = self.crash("bad-own-ring")
        self.assertEqual(BROKEN.findall(crashed.err), [("own log", "11")], crashed.err)
        self.assertEqual(crashed.count(" worker ready "), 1)
        self.assertRegex(crashed.err, MODULE)

    def test_more_bad_rings_than_are_tried(self):
        crashed = self.crash("bad-ring", 20)
        self.assertEqual(len(BROKEN.findall(crashed.err)), 17)
        self.assertRegex(crashed.err, MODULE)

    def test_a_stack_that_cannot_be_read(self):
        crashed = self.crash("bad-stack")
        self.assertEqual(len(crashed.headers), 1)
        self.assertEqual(crashed.count(" about to crash "), 2, crashed.err)
        self.assertEqual(len(crashed.named("worker")), 1)
        self.assertRegex(crashed.err, MODULE)

    def test_a_hang_ends_when_the_time_is_over(self):
        crashed = self.run_child("hang")
        if crashed.status == 77:
            self.skipTest("no userfaultfd here, which is what the dump hangs in")
        self.assertEqual(crashed.status, -signal.SIGSEGV, crashed.err)
        self.assertEqual(len(crashed.headers), 1)
        self.assertIn("the dump took too long and ends here", crashed.err)
        self.assertGreater(crashed.seconds, 4.5)
        self.assertLess(crashed.seconds, 8)

    def test_timers_of_the_program_do_not_end_it(self):
        crashed = self.crash("own-timer")
        self.assert_whole(crashed)
        self.assertEqual(len(crashed.named("worker")), 3)


class Processes(Crashes):
    def test_vfork_child(self):
        crashed = self.crash("vfork-child")
        child = int(re.search(r"child (\d+)", crashed.out)[1])
        self.assertIn("child got signal 11\n", crashed.out)
        self.assertEqual(len(crashed.headers), 2, crashed.err)
        self.assertEqual(crashed.pid, child)
        brief = crashed.err[:crashed.headers[1].start()]
        self.assertEqual(len(THREAD.findall(brief)), 1, brief)
        self.assertNotIn("about to crash", brief)
        parent = Crashed(0, "", crashed.err[crashed.headers[1].start():], 0)
        self.assertNotEqual(parent.pid, child)
        self.assert_whole(parent)
        self.assertEqual(len(parent.named("worker")), 2)

    def test_vfork_parent(self):
        crashed = self.crash("vfork-parent")
        self.assert_whole(crashed)
        self.assertEqual(len(crashed.threads), 2)
        self.assertNotEqual(crashed.threads[1].remark, "")
        self.assertLess(crashed.seconds, 4.5)

    def test_fork_child(self):
        crashed = self.run_child("fork-child")
        self.assertEqual(crashed.status, 0, crashed.err)
        self.assertIn("child got signal 11\n", crashed.out)
        self.assertEqual(crashed.pid, int(re.search(r"child (\d+)", crashed.out)[1]))
        self.assert_whole(crashed)
        self.assertEqual(len(crashed.threads), 1)
        self.assertIn(" in the child ", crashed.err)
        self.assertNotIn(" in the parent ", crashed.err)


class Scarce(Crashes):
    def crash_records(self):
        printed = run(tap.STRANDLINE, "print", "--format=canonical", *self.folder.glob("*-crash.strand"))
        self.assertEqual((printed.status, printed.err), (0, ""))
        return printed.lines

    def test_no_memory_for_signals(self):
        crashed = self.crash("no-signal-memory", 5)
        self.assert_whole(crashed)
        self.assertEqual([thread.remark for thread in crashed.named("worker")], [""] * 5)
        limits = (resource.RLIMIT_SIGPENDING, 0), (resource.RLIMIT_CORE, 0)
        self.assert_whole(self.crash("abort", by=signal.SIGABRT, limits=limits), signal.SIGABRT)

    def test_no_core(self):
        crashed = self.crash("segv", 1, limits=((resource.RLIMIT_CORE, 0),))
        self.assert_whole(crashed)
        self.assertEqual(list(self.folder.glob("core*")), [])

    def test_full_table_of_descriptors(self):
        crashed = self.crash("full-table", 1000, STRAND_DIR=str(self.folder))
        self.assert_whole(crashed)
        self.assertEqual(len(crashed.named("worker")), 3)
        self.assertEqual(len(list(self.folder.glob("*-crash.strand"))), 1)

    def test_full_table_that_cannot_grow(self):
        crashed = self.crash("full-table", 64, STRAND_DIR=str(self.folder))
        self.assertEqual(len(crashed.headers), 1)
        self.assertEqual(crashed.count(" about to crash "), 2)
        self.assertEqual(crashed.count(" worker ready "), 3)
        self.assertRegex(crashed.err, MODULE)

    def test_closed_stderr(self):
        crashed = self.crash("closed-stderr", STRAND_DIR=str(self.folder))
        self.assertEqual(crashed.err, "")
        self.assertEqual(len(self.crash_records()), 4)

    def test_nobody_reads_stderr(self):
        read, write = os.pipe()
        os.set_blocking(write, False)
        try:
            while True:
                os.write(write, b"x" * 4096)
        except BlockingIOError:
            os.set_blocking(write, True)
        crashed = self.crash("segv", 2, stderr=write, STRAND_DIR=str(self.folder))
        os.close(write)
        os.close(read)
        self.assertGreater(crashed.seconds, 1.5)
        self.assertLess(crashed.seconds, 4)
        self.assertEqual(["captured" in line for line in self.crash_records()], [False, True, True, True])

    def test_the_reader_of_stderr_is_gone(self):
        read, write = os.pipe()
        os.close(read)
        crashed = self.crash("segv", 2, stderr=write, STRAND_DIR=str(self.folder))
        os.close(write)
        self.assertLess(crashed.seconds, 2)
        self.assertEqual(len(list(self.folder.glob("*-crash.strand"))), 1)

    def slowly(self, *arguments, pause=0.005, **how):
        """Runs a mode whose standard error is a small pipe that is read 2 KiB at a time."""
        read, write = os.pipe()
        fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, 4096)
        got = []

        def read_slowly():
            with open(read, "rb", buffering=0) as pipe:
                while piece := pipe.read(2048):
                    got.append(piece)
                    time.sleep(pause)

        reader = threading.Thread(target=read_slowly)
        reader.start()
        crashed = self.run_child(*arguments, stderr=write, **how)
        os.close(write)
        reader.join()
        return Crashed(crashed.status, crashed.out, b"".join(got).decode(), crashed.seconds)

    def test_a_slow_reader_gets_all(self):
        crashed = self.slowly("segv", 50)
        self.assertEqual(crashed.status, -signal.SIGSEGV)
        self.assert_whole(crashed)
        self.assertEqual(len(crashed.named("worker")), 50)

    def test_the_threads_stand_still_meanwhile(self):
        crashed = self.slowly("tell", 50, pause=0.03)
        self.assert_whole(crashed)
        self.assertEqual(len(crashed.named("worker")), 50)
        self.assertIn("threads run", crashed.out)
        # It ticks once a millisecond, and some 300 pass while the dump is told.
        self.assertLess(int(re.search(r"^(\d+) ticks", crashed.out)[1]), 100)

class Handlers(Crashes):
    def test_lost_siginfo(self):
        crashed = self.crash("lost-siginfo")
        self.assertRegex(crashed.err, r"^strandline: fatal signal 11 \(SIGSEGV\), code and address not known .* in ")
        self.assertEqual(crashed.count(" about to crash "), 2)
        self.assertTrue(any(" crash_child+" in line for line in crashed.threads[0].lines), crashed.err)

    def test_lost_siginfo_of_a_signal_that_was_sent(self):
        crashed = self.crash("lost-siginfo", int(signal.SIGQUIT), by=signal.SIGQUIT)
        self.assertRegex(crashed.err, r"^strandline: fatal signal 3 \(SIGQUIT\), code and address not known .* in ")

    def test_an_earlier_handler_gets_the_fault(self):
        crashed = self.run_child("earlier-handler")
        self.assertEqual(crashed.out, "earlier handler: signal 11 code 1 address 0x1230 context 1\n")
        self.assertEqual(crashed.status, 42)
        self.assert_whole(crashed)
        self.assertEqual(int(crashed.header[5], 16), 0x1230)

    def test_an_earlier_handler_gets_what_was_queued(self):
        crashed = self.run_child("earlier-queued")
        self.assertEqual(crashed.out, "earlier handler: signal 3 code -1 value 4711 context 1\n")
        self.assertEqual(crashed.status, 43)
        self.assert_whole(crashed, signal.SIGQUIT)

    def test_a_handler_between_two_of_ours(self):
        for arguments, by in ((), signal.SIGSEGV), ((int(signal.SIGQUIT),), signal.SIGQUIT):
            crashed = self.crash("chained", *arguments, by=by)
            self.assert_whole(crashed, by, log=None)

    def test_forks_while_handlers_are_installed(self):
        self.assertEqual(self.run_child("fork-install").out, "0 hang\n")

    def test_tell_from_a_handler_of_the_program(self):
        crashed = self.run_child("tell")
        self.assertRegex(crashed.out, r"^\d+ ticks\nalive, threads run, timer kept, SIGPIPE kept, SIGTERM kept\n$")
        self.assertEqual(crashed.status, 0)
        self.assert_whole(crashed)
        self.assertEqual(len(crashed.threads), 3)


class Strand(Crashes):
    """The crash as a strand among those of the session."""

    def test_the_crash_strand(self):
        crashed = self.crash("segv", 2, STRAND_DIR=str(self.folder))
        self.assert_whole(crashed)
        path, = self.folder.glob("*-crash.strand")
        self.assertRegex(path.name, rf"^crash_child-{crashed.pid}-[0-9a-f]{{8}}-crash\.strand$")
        printed = run(tap.STRANDLINE, "print", "--format=canonical", path)
        self.assertEqual((printed.status, printed.err), (0, ""))
        told, *stacks = [item["fields"] for item in printed.objects]
        self.assertEqual((told[0]["value"], told[1]["value"]), (21, "fatal signal"))
        self.assertEqual(self.values(told), {"signal": 11, "code": 1, "address": 0, "thread": crashed.tid})
        self.assertEqual([self.values(stack)["tid"] for stack in stacks], [thread.tid for thread in crashed.threads])
        self.assertEqual([stack[-1]["value"] for stack in stacks], [thread.pcs for thread in crashed.threads])

    def values(self, fields):
        return {key["name"]: value["value"] for key, value in zip(fields, fields[1:]) if key["type"] == "key"}

    def test_it_stands_where_it_happened(self):
        self.crash("segv", 2, STRAND_DIR=str(self.folder))
        ran = merge(self.folder)
        self.assertEqual(ran.status, 0, ran.err)
        words = "worker ready", "about to crash", "fatal signal", "stack"
        kinds = [word for line in ran.lines for word in words if f" {word} " in line]
        self.assertEqual(kinds, ["worker ready"] * 2 + ["about to crash", "fatal signal"] + ["stack"] * 3, ran.lines)

    def test_a_fork_child_has_its_own(self):
        for argument in (), ("silent",):
            crashed = self.run_child("fork-child", *argument, STRAND_DIR=str(self.folder))
            path, = self.folder.glob("*-crash.strand")
            self.assertIn(f"-{crashed.pid}-", path.name)
            sessions = {strand.name.split("-")[-2] for strand in self.folder.glob("*.strand")}
            self.assertEqual(len(sessions), 2)
            for strand in self.folder.glob("*"):
                strand.unlink()


if SANITIZED:
    leave_out("a sanitizer has a malloc of its own", Places.test_inside_malloc, Places.test_heap_corruption)

if "FRAME_POINTERS" in os.environ:
    leave_out("a walk along frame pointers ends inside libc", Places.test_while_another_thread_holds_the_loader_lock)


if __name__ == "__main__":
    tap.main()
