#!/usr/bin/python3
"""Cost of input made to be costly: what four times as much costs, and a byte compared with ordinary requests.

usage: blowup.py [--count] SEKISHO RULES WORK [KIND…]

Every kind is made in two sizes, n and 4n. Cost is processor time of the program (user, least of five, of twenty where it seems too much)
without that of an empty capture; with --count it is instructions under callgrind, of smaller captures, which do not depend on how busy the
machine is. Four times the input may cost six times at most; a byte (of what 4n has more than n: patterns that are compiled once do not count)
three times one of ordinary requests with the same rules (two kinds more: see dearer), but with --count, where nothing of the price of memory is
seen. Kinds named campaign_ are measured with blowup.yaml beside RULES, so that they match. Prints a line per kind; status 1 when one is over.
"""
import base64
import itertools
import os
import re
import resource
import struct
import subprocess
import sys
import zlib
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from wire import Pcap, checksum, frame  # noqa: E402

counting = sys.argv[1] == "--count"
sekisho, rules, work = sys.argv[1 + counting:4 + counting]


def post(body, kind="application/x-www-form-urlencoded", extra=b""):
    return b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Type: %s\r\n%sContent-Length: %d\r\n\r\n" % (kind.encode(), extra, len(body)) + body


def ordinary(p, n):
    request = b"GET /index.html?id=%d HTTP/1.1\r\nHost: www.example\r\nUser-Agent: Mozilla/5.0\r\nAccept: */*\r\nCookie: a=b; c=d\r\n\r\n"
    p.talk([("c", b"".join(request % i for i in range(n // 110)))])


def reversed_bytes(p, n):
    """One-byte segments behind a hole, last one first."""
    c, s = bytes([10, 9, 0, 1]), bytes([10, 8, 0, 1])
    data = (b"GET /" + b"a" * n)[:n]
    p.put(frame(c, s, 40000, 80, 1000, 0, 2))
    p.put(frame(s, c, 80, 40000, 9000, 1001, 0x12))
    for i in range(n - 1, -1, -1):
        p.put(frame(c, s, 40000, 80, 1001 + i, 9001, 0x18, data[i:i + 1]))


def overlapping(p, n):
    """Two-byte segments, each over the one before, behind a hole."""
    c, s = bytes([10, 9, 0, 1]), bytes([10, 8, 0, 1])
    p.put(frame(c, s, 40000, 80, 1000, 0, 2))
    p.put(frame(s, c, 80, 40000, 9000, 1001, 0x12))
    for i in range(n):
        p.put(frame(c, s, 40000, 80, 1002 + i, 9001, 0x18, b"ab"))


def fields(p, n):
    for _ in range(max(1, n // 50000)):
        p.talk([("c", b"GET / HTTP/1.1\r\nHost: h\r\n" + b"a:b\r\n" * 9000 + b"\r\n")])


def cookies(p, n):
    for _ in range(max(1, n // 50000)):
        p.talk([("c", b"GET / HTTP/1.1\r\nHost: h\r\nCookie: " + b"a=b;" * 12000 + b"\r\n\r\n")])


def escapes(p, n):
    for _ in range(max(1, n // 50000)):
        p.talk([("c", b"GET /" + b"%252e%252e%252f" * 3300 + b" HTTP/1.1\r\nHost: h\r\n\r\n")])


def parameters(p, n):
    p.talk([("c", post(b"a=b&" * (n // 4)))])


def multipart(p, n):
    p.talk([("c", post(b"--x\r\n\r\n\r\n" * (n // 10), "multipart/form-data; boundary=x"))])


def boundaries(p, n):
    """Nearly the boundary, again and again."""
    p.talk([("c", post(b"\r\n--" + b"x" * 39 + b"y", "multipart/form-data; boundary=" + "x" * 40) if n < 100 else
             post(b"--" + b"x" * 40 + b"\r\n\r\n" + (b"\r\n--" + b"x" * 39 + b"y") * (n // 44),
                  "multipart/form-data; boundary=" + "x" * 40))])


def nested_gzip(p, n):
    body = os.urandom(n)
    for _ in range(4):
        z = zlib.compressobj(0, zlib.DEFLATED, 31)
        body = z.compress(body) + z.flush()
    p.talk([("c", post(body, "text/plain", b"Content-Encoding: gzip, gzip, gzip, gzip\r\n"))])


def view_state(p, n):
    """Objects in objects: pairs of pairs."""
    inner = base64.b64encode(b"\xff\x01" + b"\x0f" * (n // 2)).replace(b"+", b"%2B").replace(b"/", b"%2F").replace(b"=", b"%3D")
    p.talk([("c", post(b"__VIEWSTATE=" + inner))])


def websocket(p, n):
    hello = (b"GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
             b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
    answer = (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
              b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
    p.talk([("c", hello), ("s", answer), ("s", b"\x01\x01a" + b"\x00\x01a" * (n // 3))])


def tls_records(p, n):
    """A handshake message in records of one byte."""
    message = b"\x01" + struct.pack("!I", 60000)[1:] + b"\x03\x03" + b"\0" * 59998
    for _ in range(max(1, n // 360000)):
        p.talk([("c", b"".join(b"\x16\x03\x01\0\x01" + message[i:i + 1] for i in range(len(message))))], port=443)


def dns_names(p, n):
    """Answers whose names are chains of pointers, over TCP."""
    name = b"".join(b"\x3f" + b"a" * 63 for _ in range(3)) + b"\0"
    message = struct.pack("!6H", 1, 0x8180, 1, 400, 0, 0) + name + struct.pack("!2H", 16, 1)
    message += b"".join(b"\xc0\x0c" + struct.pack("!HHIH", 5, 1, 60, 2) + b"\xc0\x0c" for _ in range(400))
    p.talk([("s", (struct.pack("!H", len(message)) + message) * max(1, n // len(message)))], port=53)


def dns_chain(p, n):
    """Names that are a label and a pointer to the name before: as many hops as are followed, and more."""
    name = b"\x01a\0"
    message = struct.pack("!6H", 1, 0x8180, 1, 150, 0, 0) + name + struct.pack("!2H", 16, 1)
    at = 12
    for _ in range(150):
        owner = len(message)
        message += b"\x01b" + struct.pack("!H", 0xC000 | at) + struct.pack("!HHIH", 16, 1, 60, 1) + b"\0"
        at = owner
    p.talk([("s", (struct.pack("!H", len(message)) + message) * max(1, n // len(message)))], port=53)


def chunks(p, n):
    p.talk([("c", b"POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\na\r\n" * (n // 6) + b"0\r\n\r\n")])


def requests(p, n):
    """The shortest there are."""
    p.talk([("c", b"GET /\n\n" * (n // 7))])


def deflated_messages(p, n):
    """WebSocket messages of one compressed byte."""
    hello = (b"GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
             b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n")
    answer = (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
              b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n")
    p.talk([("c", hello), ("s", answer), ("s", b"\xc1\x03\x4a\x04\x00" * (n // 5))])


def nested_json(p, n):
    """Nobody parses it; rules and plugins look at it."""
    p.talk([("c", post(b'{"a":[' * (n // 6), "application/json"))])


def base64_query(p, n):
    for _ in range(max(1, n // 60000)):
        p.talk([("c", b"GET /?" + base64.b64encode(b"needl" * 9000) + b" HTTP/1.1\r\nHost: h\r\n\r\n")])


def fragments(p, n):
    """Overlapping fragments of eight bytes, each datagram never whole."""
    for i in range(n // 28):
        head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 36, i // 500 & 0xFFFF, 0x2000 | i % 500, 64, 17, 0, b"\x0a\x09\0\1", b"\x0a\x08\0\1")
        head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
        p.put(b"\x02\x77\2\0\0\x10\x02\x77\1\0\0\x10\x08\0" + head + b"a" * 16)


def campaign_keys(p, n):
    """Steps of a sequence and of counts, each of another client."""
    for _ in range(n // 400):
        p.talk([("c", b"GET /one?q=%d HTTP/1.1\r\nHost: h\r\n\r\n" % p.clients)])


def campaign_steps(p, n):
    """Steps of one sequence, and values of one count, again and again."""
    p.talk([("c", b"".join(b"GET /%s?q=%d HTTP/1.1\r\nHost: h\r\n\r\n" % ((b"one", b"two")[i % 2], i) for i in range(n // 40)))])


def campaign_values(p, n):
    """Addresses for one count of different values, all new: 32 in every answer."""
    name = b"\x06values\x07example\0"
    head = struct.pack("!6H", 1, 0x8180, 1, 32, 0, 0) + name + struct.pack("!2H", 1, 1)
    messages = []
    for i in range(n // 549):
        message = head + b"".join(b"\xc0\x0c" + struct.pack("!HHIHI", 1, 1, 60, 4, 32 * i + k) for k in range(32))
        messages.append(struct.pack("!H", len(message)) + message)
    p.talk([("s", b"".join(messages))], port=53)


kinds = {f.__name__: f for f in (ordinary, reversed_bytes, overlapping, fields, cookies, escapes, parameters, multipart, boundaries, nested_gzip,
                                 view_state, websocket, deflated_messages, tls_records, dns_names, dns_chain, chunks, requests, nested_json,
                                 base64_query, fragments, campaign_keys, campaign_steps, campaign_values)}
sizes = {"reversed_bytes": 30000, "overlapping": 30000, "tls_records": 720000}
small = {"reversed_bytes": 500, "overlapping": 500, "fragments": 20000, "campaign_keys": 40000, "campaign_values": 100000, "fields": 50000, "cookies": 50000, "escapes": 50000,
         "base64_query": 60000, "tls_records": 360000}


# what a few bytes that are a unit of their own cost is told in doc/threat-model.md
dearer = {"requests": 4, "deflated_messages": 4, "dns_chain": 3.5, "parameters": 3.5, "campaign_steps": 5}
first = ("ordinary", "parameters", "multipart", "websocket", "deflated_messages", "dns_names", "view_state", "nested_gzip")
rounds = 4		# of five runs each, where something seems too dear


def measured(path, rule_files):
    command = [sekisho, "-q", *(x for r in rule_files for x in ("-S", r)), "-r", path, "-o", "json:/dev/null"]
    if counting:
        command += ["--set", "pattern_cache=" + work]
        out = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *command], capture_output=True, text=True, check=True)
        return int(re.search(r"Collected : ([0-9]+)", out.stderr).group(1))
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    subprocess.run(command, check=True)
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before


class Capture:
    """n bytes of a kind behind a little of each kind that needs something made when it first comes, and the least it was seen to cost."""

    made = itertools.count()

    def __init__(self, kind, n, rule_files):
        self.path, self.rule_files, self.least = os.path.join(work, f"{kind}.{n}.{next(self.made)}.pcap"), rule_files, float("inf")
        p = Pcap(self.path)
        for early in first:
            kinds[early](p, 300)
        if n:
            kinds[kind](p, n)
        p.close()
        self.size = os.path.getsize(self.path)

    def run(self):
        self.least = min(self.least, measured(self.path, self.rule_files))
        return self

    def remove(self):
        os.unlink(self.path)


class Kind:
    """Captures of a kind in two sizes, and an empty one."""

    def __init__(self, kind, rule_files):
        self.kind, n = kind, small.get(kind, 10000) if counting else sizes.get(kind, 1000000)
        self.empty = Capture("ordinary", 0, rule_files).run()
        self.once = Capture(kind, n, rule_files).run()
        while not counting and self.once.least - self.empty.least < 0.1 and n < 16000000 and kind not in sizes:	# too short to measure
            self.once.remove()
            n *= 2
            self.once = Capture(kind, n, rule_files).run()
        self.more = Capture(kind, 4 * n, rule_files)

    def run(self):
        """In turns, so that what else the machine does meets all of them alike."""
        for _ in range(1 if counting else 5):
            for capture in (self.empty, self.once, self.more):
                capture.run()

    def growth(self):
        return (self.more.least - self.empty.least) / max(self.once.least - self.empty.least, 1 if counting else 0.005)

    def per_byte(self):
        return (self.more.least - self.once.least) / (self.more.size - self.once.size) * (1 if counting else 1e9)

    def remove(self):
        for capture in (self.empty, self.once, self.more):
            capture.remove()


def is_over(kind, usual):
    """What is wrong, or None. The least cost over all runs counts: more runs can clear a kind that was disturbed, not one that is dear."""
    if kind.growth() > 6 and (counting or kind.more.least - kind.empty.least > 0.1):
        return f"{kind.kind}: four times as much costs {kind.growth():.2f} times"
    if usual and kind.per_byte() > dearer.get(kind.kind, 3) * usual.per_byte():
        return f"{kind.kind}: a byte costs {kind.per_byte() / usual.per_byte():.2f} times one of ordinary requests"
    return None


def judge(name):
    """A line to print, and a mistake or None."""
    rule_files = [rules] + ([steps] if not counting and name.startswith("campaign_") else [])
    kind = Kind(name, rule_files)
    usual = None if counting else usuals[len(rule_files)]
    mistake = None
    for _ in range(1 if counting else rounds):
        kind.run()
        if usual:
            usual.run()
        mistake = is_over(kind, usual)
        if not mistake:
            break
    line = f"{name:20} {kind.per_byte():9.1f} {'instructions' if counting else 'ns'} a byte of capture"
    line += f", {kind.per_byte() / usual.per_byte():5.2f} times ordinary" if usual else ""
    kind.remove()
    return line + f"; four times as much costs {kind.growth():.2f} times", mistake


steps = os.path.join(os.path.dirname(os.path.abspath(__file__)), "blowup.yaml")		# rules that what is made for campaigns matches
wanted = sys.argv[4 + counting:] or list(kinds)
mistakes = []
usuals = {}
if counting:
    Capture("ordinary", 0, [rules]).run()		# fills the cache of patterns
else:
    usuals = {len(r): Kind("ordinary", r) for r in ([rules], [rules, steps])}
with ThreadPoolExecutor(2 if counting else 1) as pool:
    for line, mistake in pool.map(judge, wanted):
        print(line, flush=True)
        mistakes += [mistake] if mistake else []
for usual in usuals.values():
    usual.remove()
if mistakes:
    sys.exit("\n".join(mistakes))
