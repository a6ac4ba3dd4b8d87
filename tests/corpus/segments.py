#!/usr/bin/env python3
"""tests/corpus/segments.py — the shipped captures, brought by other packets: cut into smaller segments, put together to larger ones, out of
order, repeated, overlapping, in fragments, in tunnels. A receiver gets the same from each, so the alerts must be the same.

usage: segments.py SEKISHO RULES PCAPS WORK [WAY…]       exit status 0 when all alerts are the same

Compared are rule, addresses and ports of every alert of every capture. Time stamps stay, so what depends on time stays. Random choices
have fixed seeds.
"""
import collections
import itertools
import json
import os
import random
import shutil
import struct
import subprocess
import sys

sys.dont_write_bytecode = True
from packets import read, rebuilt, sum16, tcp, transport, write  # noqa: E402

FIN, SYN, RST, PSH = 1, 2, 4, 8
TOTAL_MAX = {"bytes": 20000, "three": 100000}		# bytes of a capture: it becomes as many packets
FLIGHT = 40						# segments that overtake each other at most


def each(way):
    return lambda packets: [q for p in packets for q in way(p)]


def cut(p, sizes):
    """A segment as several, of so many bytes each; flags where a sender would put them."""
    t = tcp(p)
    if not t or len(t.payload) < 2:
        return [p]
    out, at = [], 0
    while at < len(t.payload):
        piece = t.payload[at:at + next(sizes)]
        flags = t.flags & ~(SYN if at else 0)
        if at + len(piece) < len(t.payload):
            flags &= ~(FIN | PSH)
        out.append(rebuilt(p, piece, t.seq + at + (1 if at and t.flags & SYN else 0), flags))
        at += len(piece)
    return out


def sizes(seed, least, most):
    r = random.Random(seed)
    while True:
        yield r.randint(least, most)


def flights(packets):
    """Runs of segments with data from one side, and every other packet alone: (whether it is a run, packets)."""
    def side(p):
        t = tcp(p)
        return (t.src, t.dst) if t and t.payload and not t.flags & (FIN | SYN | RST) else id(p)
    for key, group in itertools.groupby(packets, side):
        yield isinstance(key, tuple), list(group)


def reordered(order, seed, most):
    """Segments of a flight, cut into pieces, in an order of their own; times stay where they are."""
    def way(packets):
        out, pieces = [], sizes(seed, most // 10, most)
        for is_run, group in flights(packets):
            small = [q for p in group for q in cut(p, pieces)] if is_run else group
            for i in range(0, len(small), FLIGHT):
                part = order(small[i:i + FLIGHT]) if is_run else small[i:i + FLIGHT]
                out += [[ns] + q[1:] for ns, q in zip(sorted(q[0] for q in part), part)]
        return out
    return way


def shuffled(seed):
    r = random.Random(seed)

    def order(part):
        part = part + [q for q in part if r.random() < 0.2]
        r.shuffle(part)
        return part
    return reordered(order, seed, 300)


def overlapping(packets):
    """Segments that begin with what the one before ended with."""
    out, before = [], {}
    for p in packets:
        t = tcp(p)
        if t and t.payload and not t.flags & SYN:
            seq, last = before.get((t.src, t.dst), (0, b""))
            if last and seq + len(last) == t.seq and len(t.payload) < 1300:
                p = rebuilt(p, last[-100:] + t.payload, t.seq - len(last[-100:]))
            before[t.src, t.dst] = t.seq, t.payload
        out.append(p)
    return out


def repeated(packets):
    """Every segment with data again behind the next packet."""
    out, again = [], []
    for p in packets:
        out += [p] + [[p[0]] + q[1:] for q in again]
        t = tcp(p)
        again = [p] if t and t.payload else []
    return out + again


def merged(packets):
    """Segments of one side that follow each other are one."""
    out = []
    for is_run, group in flights(packets):
        body, first, flags = b"", group[0], 0
        for p in group if is_run else []:
            t = tcp(p)
            if body and (t.seq != tcp(first).seq + len(body) & 0xFFFFFFFF or len(body) + len(t.payload) > 60000):
                out.append(rebuilt(first, body, flags=flags))
                body, first, flags = b"", p, 0
            body += t.payload
            flags |= t.flags
        out += [rebuilt(first, body, flags=flags)] if is_run else group
    return out


def fragment(p, number, at, n, more):
    """n bytes of what IP carries (RFC 791, RFC 8200 4.5)."""
    b = p[1]
    version, protocol, start, _ = transport(b)
    if version == 4:
        head = bytearray(b[:start])
        head[16:22] = struct.pack("!HHH", start - 14 + n, number & 0xFFFF, (0x2000 if more else 0) | at >> 3)
        head[24:26] = b"\0\0"
        head[24:26] = struct.pack("!H", sum16(bytes(head[14:start])))
    else:
        head = bytearray(b[:start])
        head[18:21] = struct.pack("!HB", 8 + n, 44)
        head += struct.pack("!BBHI", protocol, 0, at | more, number)
    b = bytes(head) + b[start + at:start + at + n]
    return [p[0], b, len(b)]


def fragments(seed, most):
    """Every datagram in pieces of 8 to most bytes, in any order."""
    r, numbers = random.Random(seed), itertools.count(1)

    def way(p):
        found = transport(p[1])
        if not found or found[3] - found[2] < 9:
            return [p]
        total, at, out, number = found[3] - found[2], 0, [], next(numbers)
        while at < total:
            n = min(8 * r.randint(1, most // 8), total - at)
            out.append(fragment(p, number, at, n, at + n < total))
            at += n
        r.shuffle(out)
        return out
    return each(way)


def inside(header):
    """Ethernet and IPv4 of a tunnel's ends before every packet. header: of its bytes, protocol number and what goes before them."""
    def way(p):
        b = p[1]
        if b[12:14] not in (b"\x08\0", b"\x86\xdd"):
            return [p]
        protocol, inner = header(b)
        head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(inner), 0, 0, 64, protocol, 0, b"\x0a\x63\0\1", b"\x0a\x63\0\2")
        head = head[:10] + struct.pack("!H", sum16(head)) + head[12:]
        b = b[:12] + b"\x08\0" + head + inner
        return [[p[0], b, len(b)]]
    return each(way)


def tagged(tags):
    return each(lambda p: [[p[0], p[1][:12] + tags + p[1][12:], p[2] + len(tags)]])


def both(*ways):
    def way(packets):
        for w in ways:
            packets = w(packets)
        return packets
    return way


WAYS = {
    "bytes": each(lambda p: cut(p, itertools.repeat(1))),
    "three": each(lambda p: cut(p, itertools.repeat(3))),
    "random": each(lambda p: cut(p, sizes(len(p[1]), 1, 400))),
    "shuffled": shuffled(1),
    "first_last": reordered(lambda part: part[1:] + part[:1], 2, 100),
    "reversed": reordered(lambda part: part[::-1], 3, 500),
    "overlapping": overlapping,
    "repeated": repeated,
    "merged": merged,
    "fragments": fragments(4, 64),
    "large_fragments": fragments(5, 1000),
    "vlan": tagged(b"\x81\0\0\x05"),
    "qinq": tagged(b"\x88\xa8\0\x05\x81\0\0\x07"),
    "gre": inside(lambda b: (47, b"\0\0" + b[12:])),
    "ip_in_ip": inside(lambda b: (4 if b[12:14] == b"\x08\0" else 41, b[14:])),
    "vxlan": inside(lambda b: (17, struct.pack("!HHHH", 50000, 4789, 16 + len(b), 0) + b"\x08\0\0\0\0\0\x09\0" + b)),
    "all": both(shuffled(6), fragments(7, 200), tagged(b"\x81\0\0\x05")),
}


def alerts(sekisho, rules, folder):
    """Of each file, how often every (rule, client and server with ports) comes."""
    done = subprocess.run([sekisho, "-q", "-S", rules, "-r", folder, "-o", "json", "--set", "capture.join=never"],
                          capture_output=True, text=True, timeout=300)
    if done.returncode:
        sys.exit(f"exit status {done.returncode}: {done.stderr}")
    found = collections.defaultdict(collections.Counter)
    for line in done.stdout.splitlines():
        a = json.loads(line)
        found[os.path.relpath(a["pcap_filename"], folder)][
            a["sekisho"]["rule"], a["src_ip"], a.get("src_port"), a["dest_ip"], a.get("dest_port")] += 1
    return found


def main():
    sekisho, rules, pcaps, work = sys.argv[1:5]
    captures = {}
    for top, _, names in sorted(os.walk(pcaps)):
        for name in sorted(names):
            if name.endswith(".pcap"):
                captures[os.path.relpath(os.path.join(top, name), pcaps)] = read(os.path.join(top, name))
    bad, whole, expected, folder = 0, False, None, os.path.join(work, "segments")

    def brought(way, names):
        shutil.rmtree(folder, ignore_errors=True)
        for name in names:
            os.makedirs(os.path.join(folder, os.path.dirname(name)), exist_ok=True)
            write(os.path.join(folder, name), way(captures[name]))
        return alerts(sekisho, rules, folder)

    for name in sys.argv[5:] or WAYS:
        some = [c for c in captures if sum(len(p[1]) for p in captures[c]) <= TOTAL_MAX.get(name, 1 << 30)]
        if len(some) < len(captures) or not whole:
            expected = brought(lambda packets: packets, some)		# counts and sequences go on from one capture to the next
            whole = len(some) == len(captures)
        if not expected:
            sys.exit(f"{name}: no alert in any capture")
        got = brought(WAYS[name], some)
        for capture in some:
            missing, more = expected[capture] - got[capture], got[capture] - expected[capture]
            if missing or more:
                bad += 1
                print(f"{name}: {capture}: missing {dict(missing)}, unexpected {dict(more)}")
        print(f"{name}: {len(some)} captures, {sum(sum(got[c].values()) for c in some)} alerts")
    shutil.rmtree(folder)
    return bad > 0


if __name__ == "__main__":
    sys.exit(main())
