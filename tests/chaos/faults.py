#!/usr/bin/python3
"""The faults a Redis output must survive, one by one, each with a number of alerts that is known before.

usage: faults.py SEKISHO [--scale S] [--type list|stream] [--row NAME] [--no-live]

172,064 alerts come from a pipe within 12 s, or a live interface carries 10,000 packets per second, 300,000 in all, of which 63,104
raise an alert; S makes all times and numbers that much smaller. Printed for each row: exit status, alerts in Redis when sekisho had
ended, alerts that the command sekisho names has sent afterwards, lost, doubled, and the longest time in ms that sekisho kept its input
waiting. A row is wrong when anything is lost, doubled, out of order, not told by exit status and command, or when the input had to
wait for more than half a second; a live one also when a packet was dropped.

Exit status 0 when all rows are right, 1 otherwise, 77 when something is missing here.
"""
import argparse
import json
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time

from chaos import RULES, Wire, name_of, query
from servers import PASSWORD, PASSWORD_IN_URL, USER, Proxy, Server, die_with_parent, wait_until

ALERTS, SECONDS, KEY = 172064, 12.0, "alerts"
LIVE_PACKETS, LIVE_ALERTS, LIVE_RATE = 300000, 63104, 10000
STALL_MS = 500


class Feed(threading.Thread):
    """Writes a capture to the pipe of a process at an even pace and notes how long a write had to wait.

    On a busy machine a process also waits for a processor: longest leaves out the time in which a thread of it ran or could have
    run (Linux, Documentation/scheduler/sched-stats.rst: /proc/PID/schedstat), gross does not.
    """

    def __init__(self, process, frames, seconds):
        super().__init__(daemon=True)
        self.process, self.pipe, self.frames, self.seconds, self.longest, self.gross = process, process.stdin, frames, seconds, 0.0, 0.0

    def ready(self):
        """Seconds its threads have run, or waited for a processor."""
        total, folder = 0, f"/proc/{self.process.pid}/task"
        try:
            for thread in os.listdir(folder):
                with open(f"{folder}/{thread}/schedstat", encoding="ascii") as f:
                    total += sum(map(int, f.read().split()[:2]))
        except OSError:
            pass
        return total / 1e9

    def write(self, data):
        ready, before = self.ready(), time.monotonic()
        self.pipe.write(data)
        self.pipe.flush()
        took = time.monotonic() - before
        if took > self.longest:
            self.longest = max(self.longest, took - max(0, self.ready() - ready))
        self.gross = max(self.gross, took)

    def run(self):
        sent, begin = 0, time.monotonic()
        try:
            self.pipe.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
            while sent < len(self.frames):
                due = min(len(self.frames), int((time.monotonic() - begin) / self.seconds * len(self.frames)) + 1)
                self.write(b"".join(self.frames[sent:due]))
                sent = due
                time.sleep(0.005)
            self.pipe.close()
        except OSError:
            pass


class Row:
    """One server, one spool, one sekisho."""

    def __init__(self, options, frames):
        self.options, self.frames, self.work = options, frames, tempfile.mkdtemp(prefix="sekisho-faults-")
        self.redis = Server(f"{self.work}/redis")
        os.mkdir(f"{self.work}/spool")
        os.mkdir(f"{self.work}/rules")
        with open(f"{self.work}/rules/chaos.yaml", "w", encoding="utf-8") as f:
            f.write(RULES)
        self.process, self.wire, self.feed, self.proxy, self.rate = None, None, None, None, 0.0

    def close(self):
        for p in (self.process, self.redis.process):
            if p and p.poll() is None:
                p.send_signal(signal.SIGCONT)
                p.kill()
                p.wait()
        for x in (self.wire, self.proxy):
            if x:
                x.close()
        shutil.rmtree(self.work, ignore_errors=True)

    def use_proxy(self):
        self.proxy = Proxy(lambda: self.redis.socket)

    def sleep(self, seconds):
        time.sleep(seconds * self.options.scale)

    def arguments(self):
        query_part = f"?key={KEY}&type={self.options.type}"
        url = f"redis+unix://{self.redis.socket}{query_part}"
        if self.proxy:
            url = f"redis://{USER}:{PASSWORD_IN_URL}@127.0.0.1:{self.proxy.port}{query_part}"
        return ["-S", f"{self.work}/rules", "-o", url, "--set", "sensor=faults", "--set", f"spool.dir={self.work}/spool", "--set", "stats=0s",
                "--wait", f"{max(3, int(30 * self.options.scale))}s",
                *(["--set", "redis.command_timeout=1s"] if self.proxy else [])]

    def run(self, *args, before=()):
        with open(f"{self.work}/told", "wb") as told:
            self.process = subprocess.Popen([*before, self.options.sekisho, *self.arguments(), *args], stdin=subprocess.PIPE,
                                            stdout=told, stderr=told, preexec_fn=die_with_parent)

    def replay(self):
        self.run("-r", "-")
        self.feed = Feed(self.process, self.frames, SECONDS * self.options.scale)
        self.feed.start()

    def watch(self):
        self.wire = Wire(LIVE_RATE, count=int(LIVE_PACKETS * self.options.scale), alerts=int(LIVE_ALERTS * self.options.scale))
        self.run("-v", "-i", "sk1", before=("ip", "netns", "exec", self.wire.name))
        wait_until("sekisho watches", 20, lambda: "watching" in self.told())
        self.wire.start()

    def unwatch(self):
        sent, self.rate = self.wire.stop()
        if sent != self.wire.count:
            raise RuntimeError(f"{sent} packets were sent, not {self.wire.count}")
        time.sleep(1)
        self.process.send_signal(signal.SIGTERM)

    def flowing(self, seconds):
        """Not before the first alerts have arrived, however busy the machine is."""
        self.sleep(seconds)
        wait_until("alerts arrive", 60, lambda: self.redis.ask("EXISTS", KEY) == 1)

    def told(self):
        with open(f"{self.work}/told", encoding="utf-8", errors="replace") as f:
            return f.read()

    def stored(self):
        return [name_of(json.loads(x))[1] for x in self.redis.items(KEY, self.options.type)]

    def result(self, wanted):
        """Waits for sekisho, sends what is left with the command it names, and counts."""
        status = self.process.wait(timeout=120)
        told, wrong, rest = self.told(), [], 0
        if not self.redis.alive():
            self.redis.start()
        first = len(self.stored())
        if status == 1:
            command = re.search(r"([0-9]+) alerts NOT delivered: .*they are kept, and sent by: sekisho (spool send .*)", told)
            if not command:
                return f"exit status 1 without a command: {told[-500:]}"
            subprocess.run(["sh", "-c", f"'{self.options.sekisho}' {command[2]}"], check=True, capture_output=True)
            rest = len(self.stored()) - first
            # what Redis took while the answer was lost or late has been told as not delivered, too
            if rest > int(command[1]):
                wrong.append(f"{command[1]} not delivered were told, {rest} were sent")
        stored = self.stored()
        lost, doubled = len(set(wanted) - set(stored)), len(stored) - len(set(stored))
        packets = re.search(r"([0-9,']+) +capture\.packets", told)
        stall = int(self.feed.longest * 1000) if self.feed else 0
        if status not in (0, 1):
            wrong.append(f"exit status {status}: {told[-500:]}")
        if lost or doubled:
            wrong.append("lost or doubled")
        if not wrong and stored != sorted(stored):
            wrong.append("out of order")
        if stall > STALL_MS:
            wrong.append(f"the input waited {stall} ms")
        if self.wire:
            if "kernel_drops" in told or not packets or int(re.sub("[,']", "", packets[1])) < self.wire.count:
                wrong.append(f"packets are missing: {packets and packets[1]} of {self.wire.count}")
        print(f"  exit {status}   {first:7} delivered   {rest:7} kept, sent later   {lost} lost   {doubled} doubled   "
              f"{f'{packets[1]} packets seen at {self.rate:.0f}/s' if self.wire else f'input waited {stall} ms ({self.feed.gross * 1000:.0f} with waiting for a processor)'}", flush=True)
        return "; ".join(wrong)


def healthy(row):
    row.redis.start()
    row.replay()


def down(row):
    row.replay()


def late(row):
    row.replay()
    row.sleep(5)
    row.redis.start()


def killed(row):
    row.redis.start()
    row.replay()
    row.flowing(5)
    row.redis.kill()


def killed_restarted(row):
    killed(row)
    row.sleep(3)
    row.redis.start()


def cut(row):
    row.redis.start()
    row.replay()
    for _ in range(5):
        row.sleep(2)
        row.redis("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")


def hangs(row):
    row.redis.start()
    row.replay()
    row.flowing(4)
    row.redis.stop()
    row.sleep(3)
    row.redis.cont()


def hangs_at_the_end(row):
    row.redis.start()
    row.replay()
    row.flowing(5)
    row.redis.stop()
    row.sleep(10)
    row.redis.cont()


def hangs_from_the_start(row):
    row.redis.start()
    row.redis.stop()
    row.replay()
    row.sleep(20)
    row.redis.cont()


def live(row):
    row.redis.start()
    row.watch()
    row.unwatch()


def live_hangs(row):
    row.redis.start()
    row.watch()
    row.sleep(8)
    row.redis.stop()
    row.sleep(10)
    row.redis.cont()
    row.unwatch()


def full(row):
    row.redis.start()
    row.replay()
    row.flowing(4)
    row.redis("CONFIG", "SET", "maxmemory", 1)
    row.sleep(3)
    row.redis("CONFIG", "SET", "maxmemory", 0)


def read_only(row):
    row.redis.start()
    row.replay()
    row.flowing(4)
    row.redis("REPLICAOF", "127.0.0.1", 1)
    row.sleep(3)
    row.redis("REPLICAOF", "NO", "ONE")


def black_hole(row):
    row.use_proxy()
    row.redis.start()
    row.replay()
    row.flowing(4)
    held = row.proxy.hold(True)
    row.sleep(3)
    row.proxy.release(held, True)


def late_packets(row):
    """What an old connection had on its way arrives when a new one has gone on."""
    row.use_proxy()
    row.redis.start()
    row.replay()
    for _ in range(4):
        row.sleep(2)
        held = row.proxy.hold(False)
        time.sleep(1.5)
        row.proxy.release(held, False)


def other_password(row):
    row.use_proxy()
    row.redis.start()
    row.replay()
    row.flowing(4)
    row.redis("ACL", "SETUSER", USER, "resetpass", ">another")
    row.redis("CLIENT", "KILL", "USER", USER)
    row.sleep(3)
    row.redis("ACL", "SETUSER", USER, f">{PASSWORD}")


def other_type(row):
    """The key becomes a text, and the answer that would have said so is lost on its way."""
    row.use_proxy()
    row.redis.start()
    row.replay()
    row.flowing(4)
    held = row.proxy.hold(False, ways=(0,))
    time.sleep(0.2)				# answers to what was sent before have come back
    row.redis("RENAME", KEY, "aside")
    row.redis("SET", KEY, "text")
    row.proxy.cut(1, 1)
    row.proxy.release(held, False)
    row.sleep(3)
    row.redis("RENAME", "aside", KEY)


ROWS = [
    ("healthy", healthy), ("down during the whole run", down), ("down at the start, up after 5 s", late),
    ("kill -9 at 5 s, not restarted", killed), ("kill -9 at 5 s, restarted 3 s later", killed_restarted),
    ("connection killed 5 times, every 2 s", cut), ("hangs (SIGSTOP) at 4 s for 3 s", hangs),
    ("hangs at 5 s for 10 s, the capture ends meanwhile", hangs_at_the_end), ("hangs from the start for 20 s", hangs_from_the_start),
    ("full (maxmemory) at 4 s for 3 s", full), ("read-only at 4 s for 3 s", read_only), ("black hole at 4 s for 3 s", black_hole),
    ("old connections deliver late, 4 times", late_packets), ("another password at 4 s for 3 s", other_password),
    ("a key of another type at 4 s for 3 s, its answer lost", other_type),
    ("live, healthy", live), ("live, hangs at 8 s for 10 s", live_hangs),
]


def main():
    p = argparse.ArgumentParser()
    p.add_argument("sekisho")
    p.add_argument("--scale", type=float, default=1.0)
    p.add_argument("--type", choices=("list", "stream"), default="list")
    p.add_argument("--row", help="only rows with this in their names")
    p.add_argument("--no-live", action="store_true")
    o = p.parse_args()
    o.sekisho = os.path.abspath(o.sekisho)
    if not shutil.which("redis-server"):
        print("skipped: redis-server is not installed")
        return 77
    frames = []
    for i in range(int(ALERTS * o.scale)):
        frame, us = query(0, i), i * 70
        frames.append(struct.pack("<IIII", 1700000000 + us // 1000000, us % 1000000, len(frame), len(frame)) + frame)
    bad = 0
    for name, play in ROWS:
        is_live = name.startswith("live")
        if (o.row and o.row not in name) or (is_live and o.no_live):
            continue
        if is_live and (os.geteuid() != 0 or not shutil.which("ip")):
            print(f"{name}: skipped, needs root and iproute2")
            continue
        row = Row(o, frames)
        print(name, flush=True)
        try:
            play(row)
            wrong = row.result(row.wire.names if is_live else range(len(frames)))
        finally:
            row.close()
        if wrong:
            print(f"  WRONG: {wrong}")
            bad += 1
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
