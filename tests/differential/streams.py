#!/usr/bin/env python3
"""tests/differential/streams.py PROGRAM EXPECTED CORPUS [COUNT] — our TCP streams against tshark's.

PROGRAM is tests/differential/streams, EXPECTED a list of known differences with their reasons, CORPUS a folder of captures. With
COUNT only so many captures are looked at, none above SAMPLE_BYTES, the same ones every time.

Compared are, by flow (both ends, and the how-manieth of them), the bytes each end sent, up to the first one that is missing to
either: what lies behind a hole is passed on by us at the latest when the flow ends, and left out by tshark unless it was
acknowledged. A difference is written as
    capture <tab> flow number: what differs
and must be in EXPECTED, with a reason behind another tab; what is there and does not differ any more is told, too.

source: tshark(1), -z follow,tcp,raw: node 1 is indented; missing bytes are told in words between the bytes
"""
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

MISSING = re.compile(rb"\[(\d+) bytes missing in capture file\]\0?")
FLOWS_MAX = 300
SAMPLE_BYTES = 1 << 20


def ours(program, path):
    out = subprocess.run([program, path], capture_output=True, text=True, check=True).stdout.splitlines()[1:]
    if out == ["none"]:
        return None
    flows = []
    for line in out:
        client, server, to_server, to_client = line.split(" ")
        flows.append({client: to_server.replace("-", ""), server: to_client.replace("-", "")})
    return flows


def as_hex(data):
    """tshark's bytes, with what it says of missing ones written as ours."""
    out, at = "", 0
    for gap in MISSING.finditer(data):
        out += data[at:gap.start()].hex() + "[%d]" % int(gap.group(1))
        at = gap.end()
    return out + data[at:].hex()


def theirs(path, count):
    """Streams 0 to count-1 of tshark, those with bytes."""
    args = ["tshark", "-n", "-r", path, "-q", "-o", "tcp.check_checksum:FALSE", "-o", "ip.defragment:TRUE"]
    for i in range(count):
        args += ["-z", "follow,tcp,raw,%d" % i]
    out = subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, errors="replace").stdout
    streams = {}
    for block in out.split("Follow: tcp,raw\n")[1:]:
        number = int(re.search(r"tcp\.stream eq (\d+)", block).group(1))
        nodes = [n.replace("[", "").replace("]", "") for n in re.findall(r"^Node [01]: (.*)$", block, re.M)]
        if nodes == [":0", ":0"]:
            continue
        sent = [b"", b""]
        for line in block.splitlines()[3:]:
            if line.startswith("="):
                break
            sent[line.startswith("\t")] += bytes.fromhex(line.strip())
        streams[number] = {nodes[0]: as_hex(sent[0]), nodes[1]: as_hex(sent[1])}
    return streams


def same(ours, theirs):
    a, b = ours.split("[")[0], theirs.split("[")[0]
    if "[" in ours or "[" in theirs:
        a, b = a[:len(b)], b[:len(a)]
    return a == b


def length(text):
    gaps = sum(map(int, re.findall(r"\[(\d+)\]", text)))
    return "%d%s" % (len(re.sub(r"\[\d+\]", "", text)) // 2, "+%d missing" % gaps if gaps else "")


def compare(our, their):
    """Lines that say what differs."""
    said, groups = [], {}
    for side, flows in (("our", our), ("their", [their[n] for n in sorted(their)])):
        for flow in flows:
            if not any(re.sub(r"\[.*?\]", "", text) for text in flow.values()):
                continue
            groups.setdefault(tuple(sorted(flow)), {"our": [], "their": []})[side].append(flow)
    for number, (ends, group) in enumerate(groups.items()):
        if len(group["our"]) != len(group["their"]):
            said.append("flow %d: %d streams, tshark has %d" % (number, len(group["our"]), len(group["their"])))
            continue
        for a, b in zip(group["our"], group["their"]):
            for i, end in enumerate(a):
                x, y = a[end], b[end]
                if same(x, y):
                    continue
                kind = "other bytes" if length(x) == length(y) else "%s bytes, tshark has %s" % (length(x), length(y))
                said.append("flow %d, end %d: %s" % (number, i, kind))
    return said


def captures(corpus):
    for folder, _, names in sorted(os.walk(corpus, followlinks=True)):
        for name in sorted(names):
            if ".pcap" in name or name.endswith((".trace", ".cap")):
                yield os.path.join(folder, name)


def load(path):
    known = {}
    with open(path) as f:
        for line in f:
            if line.strip() and not line.startswith("#"):
                capture, what, reason = line.rstrip("\n").split("\t")
                known[capture, what] = reason
    return known


def sample(paths, count):
    paths = [p for p in paths if os.path.getsize(p) <= SAMPLE_BYTES]
    step = 37                       # neighbours are alike; a prime takes some of each family
    while paths and len(paths) % step == 0:
        step += 2
    return [paths[i * step % len(paths)] for i in range(min(count, len(paths)))]


def differences(program, path):
    """None: there is nothing to compare."""
    our = ours(program, path)
    if our is None or len(our) > FLOWS_MAX:
        return None
    count = max(8, 2 * len(our))
    their = theirs(path, count)
    while count - 1 in their and count < 2 * FLOWS_MAX:
        count *= 4
        their = theirs(path, count)
    return compare(our, their)


def main():
    program, expected, corpus = sys.argv[1:4]
    count = int(sys.argv[4]) if len(sys.argv) > 4 else 0
    known, looked, new, seen = load(expected), 0, [], set()
    paths = list(captures(corpus))
    if count:
        paths = sample(paths, count)
    with ThreadPoolExecutor(2) as pool:
        for path, said in zip(paths, pool.map(lambda p: differences(program, p), paths)):
            name = os.path.relpath(path, corpus)
            looked += said is not None
            for what in said or ():
                seen.add((name, what))
                if (name, what) not in known:
                    new.append((name, what))
                    print("%s\t%s" % (name, what), flush=True)
    if not count:
        for name, what in sorted(set(known) - seen):
            new.append((name, what))
            print("%s\t%s: no longer so" % (name, what))
    print("%d captures, %d with TCP, %d known differences, %d new" % (len(paths), looked, len(seen) - len([n for n in new if n in seen]), len(new)),
          file=sys.stderr)
    sys.exit(1 if new or not looked else 0)


main()
