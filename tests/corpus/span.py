#!/usr/bin/env python3
"""tests/corpus/span.py — what mirrors and capturing hosts do to traffic: a shipped capture is spoilt in every such way; sekisho must
name the trouble with its remedy, and still find the attack.

usage: span.py SEKISHO RULES CAPTURE WORK       exit status 0 when every row is as it must be
"""
import json
import os
import random
import subprocess
import sys

sys.dont_write_bytecode = True
from packets import read, rebuilt, tcp, write  # noqa: E402

RULE = "toolshell.toolpane-signout"


def client(packets):
    """Who sends the first SYN."""
    return next(t.src for t in map(tcp, packets) if t and t.flags & 0x12 == 2)


def twice(packets):
    return [[ns + i * 3000, b, w] for ns, b, w in packets for i in (0, 1)]


def one_direction(packets):
    return [p for p in packets if not tcp(p) or tcp(p).src == client(packets)]


def half_tagged(packets):
    c = client(packets)
    return [[ns, b[:12] + b"\x81\0\0\x64" + b[12:], w + 4] if tcp([ns, b, w]) and tcp([ns, b, w])[0] == c else [ns, b, w] for ns, b, w in packets]


def cut(packets, n=400):
    return [[ns, b[:n], w] for ns, b, w in packets]


def offloaded(packets):
    """What the client sends has no checksum yet."""
    c, out = client(packets), []
    for ns, b, w in packets:
        t = tcp([ns, b, w])
        if t and t.src == c:
            at = 14 + (b[14] & 15) * 4 + 16
            b = b[:at] + b"\x12\x34" + b[at + 2:]
        out.append([ns, b, w])
    return out


def follows(t, first, n):
    """Whether a segment is the next one behind n bytes that begin with first's."""
    return t and t.payload and (t.src, t.dst, t.seq) == (first.src, first.dst, first.seq + n & 0xFFFFFFFF)


def merged(packets):
    """Segments of one side that follow each other are one frame, as GRO makes them."""
    out, i = [], 0
    while i < len(packets):
        p, t = packets[i], tcp(packets[i])
        i += 1
        if t and t.payload:
            body = t.payload
            while i < len(packets) and follows(tcp(packets[i]), t, len(body)):
                body += tcp(packets[i]).payload
                i += 1
            if len(body) > len(t.payload):
                p = rebuilt(p, body)
        out.append(p)
    return out


def backwards(packets):
    """The clock is set back by a minute in the middle."""
    half = len(packets) // 2
    return packets[:half] + [[ns - 60 * 10**9, b, w] for ns, b, w in packets[half:]]


def bursts(packets):
    """Some of the server's data is lost, never that of the client."""
    c, out, n = client(packets), [], 0
    for p in packets:
        t = tcp(p)
        if t and t.src != c and t.payload:
            n += 1
            if n % 2:
                continue
        out.append(p)
    return out


def shuffled(packets):
    """Both directions come over ports of their own: acknowledgements overtake what they acknowledge."""
    out, r, i = list(packets), random.Random(3), 3
    while i < len(out) - 1:
        sizes = [len(tcp(p).payload) if tcp(p) else 0 for p in out[i:i + 2]]
        if sizes[0] and not sizes[1] and r.random() < 0.7:
            out[i], out[i + 1] = [out[i][0]] + out[i + 1][1:], [out[i + 1][0]] + out[i][1:]
            i += 1
        i += 1
    return out


# how, what the report must say, whether the attack is still found
ROWS = (
    (lambda p: p, None, True),
    (twice, "come twice: the mirror copies them where they come in and where they go out", True),
    (one_direction, "show one direction only: mirror both directions (rx and tx)", True),
    (half_tagged, "carry a VLAN tag in one direction only", True),
    (cut, "of packets are cut short: capture them whole", True),
    (offloaded, "offloading is on at the capturing host (ethtool -K IFACE tx off rx off)", True),
    (merged, "the capturing host merges packets (ethtool -K IFACE gro off lro off)", True),
    (backwards, "older than the one before by more than a second: put the capture in order (reordercap)", True),
    (bursts, "acknowledged but never seen: the mirror or the capturing host loses packets in bursts", True),
    (shuffled, None, True),
    (lambda p: twice(half_tagged(offloaded(p))), "come twice", True),
)


def main():
    sekisho, rules, capture, work = sys.argv[1:5]
    packets, bad = read(capture), 0
    for i, (how, says, found) in enumerate(ROWS):
        path = os.path.join(work, f"span-{i}.pcap")
        spoilt = how([list(p) for p in packets])
        write(path, spoilt)
        done = subprocess.run([sekisho, "-S", rules, "-r", path, "-o", "json"], capture_output=True, text=True, timeout=60)
        alerts = [json.loads(line)["sekisho"] for line in done.stdout.splitlines()]
        advice = [line for line in done.stderr.splitlines() if line.startswith("advice")]
        name = getattr(how, "__name__", "")
        wrong = []
        if done.returncode > 1:
            wrong.append(f"exit status {done.returncode}")
        if says and not any(says in line for line in advice):
            wrong.append("it is not said: " + says)
        if not says and advice:
            wrong.append("it is said without reason")
        if found != any(a["rule"] == RULE for a in alerts):
            wrong.append(f"{RULE}: {[a['rule'] for a in alerts]}")
        if wrong:
            bad += 1
            print(f"{i} {name}:", *wrong, *advice, sep="\n  ")
    print(f"{len(ROWS)} ways, {bad} wrong")
    return bad > 0


if __name__ == "__main__":
    sys.exit(main())
