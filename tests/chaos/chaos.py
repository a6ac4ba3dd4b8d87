#!/usr/bin/python3
"""Breaks Redis, the network between, and sekisho itself while alerts flow; then counts what has arrived.

usage: chaos.py SEKISHO [--topology single|sentinel|cluster] [--live] [--faults N] [--seed N] [--rate N] [--runs N] [--keep DIR]

sekisho sends every alert to a list and to a stream. It reads DNS queries, each of which is one alert of one rule, from a pipe, or
(--live, as root) from a veth in a network namespace of the test's own. The plan, what is broken when and for how long, comes from the
seed alone; what the processes make of it depends on the machine.

What must be in Redis at the end is what sekisho had on its disk, read by spoolfile.py, not by sekisho: of a run that was
killed, the first so many alerts without a hole; of one that ended, and of a live one between its first and its last packet, an
alert for every packet. Each once in the list and once in the stream.

Exit status 0 when nothing is lost and nothing doubled, 1 otherwise, 77 when something is missing here.
"""
import argparse
import collections
import json
import os
import random
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

import spoolfile
from servers import die_with_parent, wait_until
from topologies import TOPOLOGIES

RULES = """
campaign:
  id: chaos
  name: Names that nobody asks for
  references: [https://www.rfc-editor.org/rfc/rfc6761]
rules:
  - id: chaos.query
    sid: 1
    rev: 1
    title: A name below chaos.example was asked for
    severity: high
    on: dns.query
    where:
      name: {ends: .chaos.example}
"""
SENSOR = "chaos"


def query(run, i):
    """An Ethernet frame with a DNS query for r<run>-<i>.chaos.example (RFC 1035, 4.1)."""
    name = b"".join(bytes([len(x)]) + x for x in (f"r{run}-{i}".encode(), b"chaos", b"example")) + b"\0"
    dns = struct.pack(">HHHHHH", i & 0xffff, 0x100, 1, 0, 0, 0) + name + struct.pack(">HH", 1, 1)
    udp = struct.pack(">HHHH", 1024 + i % 60000, 53, 8 + len(dns), 0) + dns
    src = bytes([10, 1 + run % 200, i // 60000 % 256, 1])
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(udp), i & 0xffff, 0, 64, 17, 0) + src + bytes([10, 0, 0, 53])
    total = sum(struct.unpack(">10H", head))
    total = (total & 0xffff) + (total >> 16)
    total = (total & 0xffff) + (total >> 16)
    head = head[:10] + struct.pack(">H", ~total & 0xffff) + head[12:]
    return b"\2\0\0\0\0\2\2\0\0\0\0\1\x08\0" + head + udp


class Run:
    """One sekisho, until it is killed or told to end."""

    def __init__(self, chaos, number):
        o = chaos.options
        self.chaos, self.number, self.killed, self.log = chaos, number, False, f"{chaos.work}/run{number}.log"
        sets = [f"sensor={SENSOR}", f"spool.dir={chaos.work}/spool", "spool.fsync=50ms", "spool.retain=1h", "redis.command_timeout=300ms",
                "redis.connect_timeout=300ms", "redis.backoff_max=200ms", f"redis.batch={chaos.random.choice([1, 7, 64, 256])}", "stats=1s"]
        args = [o.sekisho, "-S", f"{chaos.work}/rules", "--wait", "60s"] + [x for s in sets for x in ("--set", s)]
        args += [x for u in (chaos.to.local_urls() if o.live else chaos.to.urls()) for x in ("-o", u)]
        args = ["ip", "netns", "exec", chaos.wire.name] + args + ["-i", "sk1"] if o.live else args + ["-r", "-"]
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(args, stdin=subprocess.PIPE, stdout=log, stderr=log, preexec_fn=die_with_parent)
        self.sent, self.stop, self.thread = 0, threading.Event(), None
        if o.live:
            wait_until("sekisho watches", 20, lambda: "watching" in self.told())
        else:
            self.thread = threading.Thread(target=self.feed, args=(o.rate,), daemon=True)
            self.thread.start()

    def told(self):
        with open(self.log, encoding="utf-8", errors="replace") as f:
            return f.read()

    def feed(self, rate):
        f, begin = self.process.stdin, time.monotonic()
        try:
            f.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
            while not self.stop.is_set():
                due = int((time.monotonic() - begin) * rate)
                while self.sent < due:
                    frame, us = query(self.number, self.sent), self.sent * 100
                    f.write(struct.pack("<IIII", 1700000000 + self.number * 100000 + us // 1000000, us % 1000000, len(frame), len(frame)) + frame)
                    self.sent += 1
                f.flush()
                time.sleep(0.005)
            f.close()
        except OSError:
            pass

    def kill(self):
        self.killed = True
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.end_feed()

    def end_feed(self):
        self.stop.set()
        if self.thread:
            self.thread.join()

    def end(self):
        self.end_feed()
        if not self.thread:
            self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(timeout=120)
        if status != 0:
            raise RuntimeError(f"sekisho ended with status {status}:\n" + self.told()[-2000:])


class Wire:
    """A veth pair in a namespace, and a process that sends queries over it all the time."""

    def __init__(self, rate, count=0, alerts=0):
        """Without end, or count packets of which alerts, evenly spread, raise an alert: those with the numbers in names."""
        self.name, self.rate, self.count, self.alerts, self.sender = f"sekisho-chaos-{os.getpid()}", rate, count, alerts, None
        self.names = [i for i in range(count) if is_chosen(i, count, alerts)]
        subprocess.run(["ip", "netns", "add", self.name], check=True)
        for args in (["link", "add", "name", "sk0", "type", "veth", "peer", "name", "sk1"], ["link", "set", "sk0", "up"],
                     ["link", "set", "sk1", "up"]):
            subprocess.run(["ip", "-n", self.name, *args], check=True)
        time.sleep(0.3)

    def start(self):
        what = f"{self.rate},{self.count},{self.alerts}"
        self.sender = subprocess.Popen(["ip", "netns", "exec", self.name, sys.executable, os.path.abspath(__file__), "--send", what],
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE, preexec_fn=die_with_parent)

    def stop(self):
        """The number of queries that were sent, and per second; waits for the last where there is one."""
        line = self.sender.stdout.readline() if self.count else self.sender.communicate()[0]
        sent, seconds = line.split()
        return int(sent), int(sent) / float(seconds)

    def close(self):
        if self.sender and self.sender.poll() is None:
            self.sender.kill()
            self.sender.wait()
        subprocess.run(["ip", "netns", "del", self.name], check=False)


def is_chosen(i, count, alerts):
    return (i + 1) * alerts // count > i * alerts // count


def send(rate, count, alerts):
    """The process of Wire: sends count queries, or until its standard input ends, then prints how many and in how many seconds."""
    stop = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), stop.set()), daemon=True).start()
    os.nice(-10)				# the pace is the test's, whatever else the machine does
    sent, begin = 0, time.monotonic()
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as s:
        s.bind(("sk0", 0))
        while not stop.is_set() and (not count or sent < count):
            due = int((time.monotonic() - begin) * rate)
            while sent < (min(due, count) if count else due):
                s.send(query(0, sent) if not count or is_chosen(sent, count, alerts) else query(0, sent).replace(b"\5chaos", b"\5peace"))
                sent += 1
            time.sleep(0.001)
    print(sent, time.monotonic() - begin, flush=True)
    return 0


Step = collections.namedtuple("Step", "pause fault hold x kill")


def make_plan(rng, faults, cnt):
    """What happens, one after the other: wait, break, hold (and perhaps kill sekisho meanwhile), mend."""
    plan = []
    for _ in range(cnt):
        fault = rng.choice(faults)
        pause = rng.choice([0.0, rng.uniform(0, 0.1), rng.uniform(0, 0.6)])
        hold = rng.uniform(0.5, 1.2) if fault == "late" else rng.choice([rng.uniform(0, 0.2), rng.uniform(0.2, 1.0)])
        plan.append(Step(pause, fault, hold, rng.random(), fault != "sekisho" and rng.random() < 0.2))
    return plan


class Chaos:
    def __init__(self, options, seed, work):
        self.options, self.seed, self.work = options, seed, work
        self.random = random.Random(f"{options.topology} {seed}")
        self.to = TOPOLOGIES[options.topology](work)
        self.plan = make_plan(self.random, self.to.faults, options.faults)
        self.runs, self.counts, self.seen = [], collections.Counter(), set()
        self.wire = None
        os.mkdir(f"{work}/spool")
        os.mkdir(f"{work}/rules")
        self.spool = spoolfile.Reader(f"{work}/spool")
        with open(f"{work}/rules/chaos.yaml", "w", encoding="utf-8") as f:
            f.write(RULES)

    def new_run(self):
        self.runs.append(Run(self, len(self.runs)))

    def kill_sekisho(self):
        self.counts["sekisho"] += 1
        self.runs[-1].kill()
        self.seen = {(r[0], r[1]) for r in self.spool.records()}
        self.new_run()

    def play(self):
        self.to.start()
        if self.options.live:
            self.wire = Wire(self.options.rate)
        self.new_run()
        if self.wire:
            self.wire.start()
        for step in self.plan:
            time.sleep(step.pause)
            if step.fault == "sekisho":
                self.kill_sekisho()
                continue
            self.counts[step.fault] += 1
            fault = getattr(self.to, step.fault)(step.x)
            next(fault)
            time.sleep(step.hold / 2)
            if step.kill:
                self.kill_sekisho()
            time.sleep(step.hold / 2)
            for _ in fault:
                pass
        self.to.settle()
        time.sleep(2.5)				# sekisho looks once a second whether Redis has lost something
        if self.wire:
            self.runs[-1].sent = self.wire.stop()[0]
            time.sleep(1)
        self.runs[-1].end()

    # --- the count ---

    def made(self):
        """What sekisho had on its disk: kind of key -> names of queries, and what is wrong with it."""
        kinds = {key: kind for kind, key in self.to.keys.items()}
        names, wrong, records = {kind: [] for kind in self.to.keys}, [], self.spool.records()
        if not self.seen <= {(r[0], r[1]) for r in records}:
            wrong.append("records of a run that was killed have gone from the spool")
        for _, key, is_alert, text in records:
            if is_alert:
                names[kinds[key]].append(name_of(json.loads(text)))
        for kind, found in names.items():
            if len(found) != len(set(found)):
                wrong.append(f"{kind}: the spool has {len(found) - len(set(found))} alerts twice")
            wrong += [f"{kind}: {w}" for w in (self.check_live(found) if self.wire else self.check_runs(found))]
        return names, wrong

    def check_runs(self, found):
        per_run = collections.defaultdict(list)
        for run, i in found:
            per_run[run].append(i)
        for run in self.runs:
            got = per_run[run.number]
            if got != list(range(len(got))):
                yield f"run {run.number}: not in order, or with a hole"
            if len(got) > run.sent or (not run.killed and len(got) != run.sent):
                yield f"run {run.number}: {len(got)} alerts of {run.sent} queries"

    def check_live(self, found):
        numbers = [i for _, i in found]
        last = self.runs[-1]
        if "kernel_drops" in last.told():
            yield "the kernel has dropped packets"
        if numbers != sorted(numbers):
            yield "not in order"
        if not numbers or numbers[-1] != last.sent - 1:
            yield f"the last of {last.sent} queries is {numbers[-1:]}"
        if len(self.runs) == 1 and numbers != list(range(last.sent)):
            yield f"{len(numbers)} alerts of {last.sent} queries"

    def judge(self):
        made, wrong = self.made()
        alerts = lost = doubled = strange = disordered = 0
        ids = collections.defaultdict(set)
        for kind, names in made.items():
            events = [json.loads(text) for text in self.to.items(kind)]
            stored = [e for e in events if e["event_type"] == "alert"]
            got = collections.Counter()
            for e in stored:
                got[name_of(e)] += 1
                ids[e["sekisho"]["id"]].add(name_of(e))
            alerts += len(names)
            lost += len(set(names) - set(got))
            strange += len(set(got) - set(names))
            doubled += sum(n - 1 for n in got.values())
            disordered += [name_of(e) for e in stored] != names
        told = "".join(run.told() for run in self.runs)
        healed = sum(map(int, re.findall(r"Redis has lost ([0-9]+) of what it had taken", told)))
        if any(len(v) != 1 for v in ids.values()):
            wrong.append("two alerts have one id")
        if "damaged bytes between records" in told:
            wrong.append("sekisho has found damage in its spool")
        if disordered:
            wrong.append("not in the order they were made in")
        o = self.options
        print(f"{o.topology}{' live' if o.live else ''}, seed {self.seed}: " + ", ".join(f"{n} x {what}" for what, n in sorted(self.counts.items())))
        print(f"  {sum(self.counts.values())} faults ({self.counts['sekisho'] + self.to.kills} kill -9: {self.counts['sekisho']} of sekisho, "
              f"{self.to.kills} of Redis), {alerts} alerts, {lost} lost, {doubled} doubled, {strange} from nowhere, "
              f"{self.to.forgotten} forgotten by Redis, {healed} healed", flush=True)
        for w in wrong:
            print(f"  WRONG: {w}")
        return not (lost or doubled or strange or wrong) and alerts > 0

    def close(self):
        for run in self.runs:
            if run.process.poll() is None:
                run.kill()
        if self.wire:
            self.wire.close()
        self.to.close()


def name_of(alert):
    run, i = alert["dns"]["query"][0]["rrname"].split(".")[0][1:].split("-")
    return int(run), int(i)


def one_run(options, seed):
    work = tempfile.mkdtemp(prefix="sekisho-chaos-") if not options.keep else f"{options.keep}/{options.topology}-{seed}"
    os.makedirs(work, exist_ok=True)
    chaos = Chaos(options, seed, work)
    good = False
    try:
        chaos.play()
        good = chaos.judge()
        return good
    finally:
        chaos.close()
        if not good:
            for run in chaos.runs[-3:]:
                sys.stderr.write(f"run {run.number}:\n" + run.told()[-1500:])
        if not options.keep:
            shutil.rmtree(work, ignore_errors=True)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("sekisho", nargs="?")
    p.add_argument("--topology", choices=sorted(TOPOLOGIES), default="single")
    p.add_argument("--live", action="store_true", help="watch a veth of a namespace (root)")
    p.add_argument("--faults", type=int, default=100)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--runs", type=int, default=1, help="with this and the following seeds")
    p.add_argument("--rate", type=int, default=1000, help="alerts per second")
    p.add_argument("--keep", help="leave the work folders here")
    p.add_argument("--send", help=argparse.SUPPRESS)
    o = p.parse_args()
    if o.send:
        return send(*map(int, o.send.split(",")))
    if not o.sekisho:
        p.error("which sekisho?")
    o.sekisho = os.path.abspath(o.sekisho)
    for tool in ("redis-server", *TOPOLOGIES[o.topology].tools, *(["ip"] if o.live else [])):
        if not shutil.which(tool):
            print(f"skipped: {tool} is not installed")
            return 77
    if o.live and os.geteuid() != 0:
        print("skipped: --live needs root")
        return 77
    good = [one_run(o, seed) for seed in range(o.seed, o.seed + o.runs)]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
