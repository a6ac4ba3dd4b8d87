#!/usr/bin/env python3
"""tests/corpus/span.py — what mirrors and capturing hosts do to traffic: a shipped capture is spoilt in every such way; sekisho must
name the trouble with its remedy, and still find the attack.

usage: span.py SEKISHO RULES CAPTURE WORK       exit status 0 when every row is as it must be

Reads classic pcap files of link type Ethernet (draft-ietf-opsawg-pcap).
"""
import json
import os
import random
import struct
import subprocess
import sys

RULE = "toolshell.toolpane-signout"


def read(path):
    raw = open(path, "rb").read()
    order = "<" if raw[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    scale = 1000 if raw[:4] in (b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\xc3\xd4") else 1
    at, out = 24, []
    while at < len(raw):
        sec, sub, n, wire = struct.unpack(order + "IIII", raw[at:at + 16])
        out.append([sec * 10**9 + sub * scale, raw[at + 16:at + 16 + n], wire])
        at += 16 + n
    return out


def write(path, packets):
    with open(path, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, 1))
        for ns, data, wire in packets:
            f.write(struct.pack("<IIII", ns // 10**9, ns % 10**9, len(data), wire) + data)


def tcp(p):
    """IPv4 and TCP of a frame: (source, destination with ports, sequence number, flags, offset of the payload, payload), or None."""
    b = p[1]
    if b[12:14] != b"\x08\0" or b[23] != 6:
        return None
    head = 14 + (b[14] & 15) * 4
    data = head + (b[head + 12] >> 4) * 4
    end = 14 + struct.unpack("!H", b[16:18])[0]
    return b[26:30] + b[head:head + 2], b[30:34] + b[head + 2:head + 4], struct.unpack("!I", b[head + 4:head + 8])[0], b[head + 13], data, b[data:end]


def sum16(b):
    b += b"\0" * (len(b) & 1)
    s = sum(struct.unpack(f"!{len(b) // 2}H", b))
    while s >> 16:
        s = (s & 0xFFFF) + (s >> 16)
    return ~s & 0xFFFF


def rebuilt(p, payload):
    """The packet with another payload: lengths and checksums are right."""
    src, dst, _, _, data, _ = tcp(p)
    head = bytearray(p[1][:data])
    ihl = (head[14] & 15) * 4
    head[16:18] = struct.pack("!H", data - 14 + len(payload))
    head[24:26] = b"\0\0"
    head[24:26] = struct.pack("!H", sum16(bytes(head[14:14 + ihl])))
    head[14 + ihl + 16:14 + ihl + 18] = b"\0\0"
    seg = bytes(head[14 + ihl:]) + payload
    s = sum16(src[:4] + dst[:4] + struct.pack("!BBH", 0, 6, len(seg)) + seg)
    head[14 + ihl + 16:14 + ihl + 18] = struct.pack("!H", s)
    b = bytes(head) + payload
    return [p[0], b, len(b)]


def client(packets):
    """Who sends the first SYN."""
    return next(t[0] for t in map(tcp, packets) if t and t[3] & 0x12 == 2)


def twice(packets):
    return [[ns + i * 3000, b, w] for ns, b, w in packets for i in (0, 1)]


def one_direction(packets):
    return [p for p in packets if not tcp(p) or tcp(p)[0] == client(packets)]


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
        if t and t[0] == c:
            at = 14 + (b[14] & 15) * 4 + 16
            b = b[:at] + b"\x12\x34" + b[at + 2:]
        out.append([ns, b, w])
    return out


def merged(packets):
    """Segments of one side that follow each other are one frame, as GRO makes them."""
    out, i = [], 0
    while i < len(packets):
        p, t = packets[i], tcp(packets[i])
        i += 1
        if t and t[5]:
            body, end = t[5], t[2] + len(t[5])
            while i < len(packets) and tcp(packets[i]) and tcp(packets[i])[0] == t[0] and tcp(packets[i])[5] and tcp(packets[i])[2] == end:
                body += tcp(packets[i])[5]
                end += len(tcp(packets[i])[5])
                i += 1
            if len(body) > len(t[5]):
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
        if t and t[0] != c and t[5]:
            n += 1
            if n % 2:
                continue
        out.append(p)
    return out


def shuffled(packets):
    """Both directions come over ports of their own: acknowledgements overtake what they acknowledge."""
    out, r, i = list(packets), random.Random(3), 3
    while i < len(out) - 1:
        sizes = [len(tcp(p)[5]) if tcp(p) else 0 for p in out[i:i + 2]]
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
