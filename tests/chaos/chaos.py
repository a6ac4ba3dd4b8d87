#!/usr/bin/python3
"""Kills Redis and sekisho while alerts flow, and counts what arrives.

usage: chaos.py SEKISHO [--kills N] [--seed N] [--rate ALERTS_PER_SECOND] [--type list|stream] [--keep DIR]

Every run of sekisho reads a capture of its own from a pipe, slowly: DNS queries, each of which is one alert of one rule. Meanwhile
Redis is killed and restarted from its append-only file, killed and restarted empty, stopped for a while, or loses its
connections; sekisho is killed with SIGKILL and the next run starts on the same spool. The last run is left to end.

Alerts come out in the order of their packets. So what must be in Redis at the end is, for a run that was killed, the first so many
alerts of its capture without a hole, and at least as many as the sequence key had acknowledged by then; for a run that ended, all of
them. Everything once, in any order of runs and in order within one.

Exit status 0 when nothing is lost and nothing doubled, 1 otherwise, 77 when Redis is not installed.
"""
import argparse
import json
import os
import random
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

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
KEY = "alerts"
SENSOR = "chaos"


class Redis:
    """A server of our own on a unix socket, with an append-only file."""

    def __init__(self, work):
        self.work, self.socket, self.process = work, f"{work}/redis.sock", None
        self.lock = threading.Lock()

    def start(self):
        args = ["redis-server", "--port", "0", "--unixsocket", self.socket, "--save", "", "--appendonly", "yes",
                "--appendfsync", "everysec", "--auto-aof-rewrite-percentage", "0", "--dir", self.work, "--logfile", f"{self.work}/redis.log"]
        self.process = subprocess.Popen(args, stdin=subprocess.DEVNULL)
        for _ in range(200):
            if self.try_command("PING") == "PONG":
                return
            time.sleep(0.05)
        raise RuntimeError("redis-server did not start")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def forget(self):
        shutil.rmtree(f"{self.work}/appendonlydir", ignore_errors=True)
        for name in ("appendonly.aof", "dump.rdb"):
            if os.path.exists(f"{self.work}/{name}"):
                os.unlink(f"{self.work}/{name}")

    def command(self, *words):
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(10)
            s.connect(self.socket)
            s.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in map(str.encode, words)))
            return self.reply(s.makefile("rb"))

    def try_command(self, *words):
        try:
            return self.command(*words)
        except (OSError, ValueError):
            return None

    def reply(self, f):
        line = f.readline()
        if not line.endswith(b"\r\n"):
            raise ValueError("connection closed")
        kind, rest = line[:1], line[1:-2]
        if kind in b"+-":
            return rest.decode()
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == b"-1" else f.read(int(rest) + 2)[:-2].decode()
        return None if rest == b"-1" else [self.reply(f) for _ in range(int(rest))]


def query(run, i):
    """An Ethernet frame with a DNS query for <run>-<i>.chaos.example (RFC 1035, 4.1)."""
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
    """One sekisho that reads queries from a pipe until it is killed or told to stop."""

    def __init__(self, chaos, number):
        o = chaos.options
        self.number, self.sent, self.stop, self.killed = number, 0, threading.Event(), False
        url = f"redis+unix://{chaos.redis.socket}?key={KEY}&type={o.type}"
        self.log = open(f"{chaos.work}/run{number}.log", "wb")
        sets = [f"sensor={SENSOR}", f"spool.dir={chaos.work}/spool", "spool.fsync=50ms", "redis.command_timeout=300ms",
                "redis.connect_timeout=300ms", "redis.backoff_max=200ms", f"redis.batch={chaos.random.choice([1, 7, 64, 256])}"]
        args = [o.sekisho, "-r", "-", "-S", f"{chaos.work}/rules", "-o", url, "--wait", "60s"]
        for s in sets:
            args += ["--set", s]
        self.process = subprocess.Popen(args, stdin=subprocess.PIPE, stdout=self.log, stderr=self.log)
        self.thread = threading.Thread(target=self.feed, args=(o.rate,))
        self.thread.start()

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
        except BrokenPipeError:
            pass
        try:
            f.close()
        except BrokenPipeError:
            pass

    def kill(self):
        self.killed = True
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.stop.set()
        self.thread.join()

    def end(self):
        self.stop.set()
        self.thread.join()
        status = self.process.wait(timeout=120)
        self.log.flush()
        if status != 0:
            raise RuntimeError(f"sekisho ended with status {status}:\n" + open(self.log.name).read()[-2000:])


class Chaos:
    def __init__(self, options, work):
        self.options, self.work = options, work
        self.random = random.Random(options.seed)
        self.redis = Redis(work)
        self.runs = []
        self.counts = {}
        self.floor = {}			# run: alerts that were in Redis when it was killed
        os.mkdir(f"{work}/spool")
        os.mkdir(f"{work}/rules")
        with open(f"{work}/rules/chaos.yaml", "w", encoding="utf-8") as f:
            f.write(RULES)

    def new_run(self):
        self.runs.append(Run(self, len(self.runs)))

    def pause(self, most):
        time.sleep(self.random.uniform(0.02, most))

    def once(self, what):
        self.counts[what] = self.counts.get(what, 0) + 1
        if what in ("redis killed, restarted", "redis killed, restarted empty"):
            self.redis.kill()
            if what.endswith("empty"):
                self.redis.forget()
            self.pause(0.4)
            self.redis.start()
        elif what == "redis stopped for a while":
            self.redis.process.send_signal(signal.SIGSTOP)
            self.pause(1.0)
            self.redis.process.send_signal(signal.SIGCONT)
        elif what == "connections cut":
            self.redis.try_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        elif what == "sekisho killed":
            self.runs[-1].kill()
            self.floor[len(self.runs) - 1] = len(self.stored().get(len(self.runs) - 1, []))
            self.new_run()

    def stored(self):
        """What is in Redis: run -> numbers of its queries, in order."""
        if self.options.type == "list":
            lines = self.redis.command("LRANGE", KEY, "0", "-1")
        else:
            lines = [entry[1][1] for entry in self.redis.command("XRANGE", KEY, "-", "+") or []]
        runs = {}
        for line in lines or []:
            alert = json.loads(line)
            if alert["event_type"] != "alert":
                continue
            name = alert["dns"]["query"][0]["rrname"].split(".")[0]
            run, i = name[1:].split("-")
            runs.setdefault(int(run), []).append(int(i))
            self.ids.setdefault(alert["sekisho"]["id"], []).append(name)
        return runs

    ids = {}

    def play(self):
        kinds = ["redis killed, restarted", "redis killed, restarted", "redis killed, restarted empty", "redis stopped for a while",
                 "connections cut", "connections cut", "sekisho killed", "sekisho killed"]
        self.redis.start()
        self.new_run()
        for _ in range(self.options.kills):
            self.pause(0.5)
            self.once(self.random.choice(kinds))
        self.pause(0.5)
        self.runs[-1].end()

    def judge(self):
        self.ids = {}
        stored = self.stored()
        alerts = lost = doubled = disordered = 0
        for run in self.runs:
            got = stored.get(run.number, [])
            distinct = sorted(set(got))
            doubled += len(got) - len(distinct)
            disordered += got != sorted(got) and len(got) == len(distinct)
            wanted = (distinct[-1] + 1 if distinct else 0) if run.killed else run.sent
            wanted = max(wanted, self.floor.get(run.number, 0))
            alerts += wanted
            lost += wanted - len(distinct)
        same = sum(len(set(v)) > 1 for v in self.ids.values())
        print(f"seed {self.options.seed}, {self.options.type}: " + ", ".join(f"{n} x {what}" for what, n in sorted(self.counts.items())))
        print(f"{sum(self.counts.values())} kills, {len(self.runs)} runs, {alerts} alerts, {lost} lost, {doubled} doubled, {disordered} runs out of order")
        return lost == 0 and doubled == 0 and disordered == 0 and same == 0 and alerts > 0


def main():
    p = argparse.ArgumentParser()
    p.add_argument("sekisho")
    p.add_argument("--kills", type=int, default=100)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--rate", type=int, default=1000)
    p.add_argument("--type", choices=("list", "stream"), default="list")
    p.add_argument("--keep", help="leave the work folder here")
    o = p.parse_args()
    if not shutil.which("redis-server"):
        print("skipped: redis-server is not installed")
        return 77
    o.sekisho = os.path.abspath(o.sekisho)
    work = o.keep or tempfile.mkdtemp()
    os.makedirs(work, exist_ok=True)
    chaos = Chaos(o, work)
    try:
        chaos.play()
        good = chaos.judge()
        if not good:
            for run in chaos.runs[-3:]:
                sys.stderr.write(f"run {run.number}:\n" + open(run.log.name).read()[-1500:])
        return 0 if good else 1
    finally:
        for run in chaos.runs:
            if run.process.poll() is None:
                run.kill()
        if chaos.redis.process and chaos.redis.process.poll() is None:
            chaos.redis.process.send_signal(signal.SIGCONT)
            chaos.redis.kill()
        if not o.keep:
            shutil.rmtree(work)


if __name__ == "__main__":
    sys.exit(main())
