#!/usr/bin/python3
"""Cost of input made to be costly: what twice as much costs, and a byte compared with ordinary requests.

usage: blowup.py SEKISHO RULES WORK [KIND…]

Every kind is made in two sizes. Cost is processor time of the program (user, least of three) without that of an empty capture. Twice the
input may cost 2.3 times at most. Prints a line per kind; status 1 when one is over.
"""
import base64
import os
import resource
import struct
import subprocess
import sys
import zlib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from wire import Pcap, frame  # noqa: E402

sekisho, rules, work = sys.argv[1:4]


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


kinds = {f.__name__: f for f in (ordinary, reversed_bytes, overlapping, fields, cookies, escapes, parameters, multipart, boundaries, nested_gzip,
                                 view_state, websocket, tls_records, dns_names)}
sizes = {"reversed_bytes": 30000, "overlapping": 30000, "tls_records": 720000}


def cost(path):
    best = 1e9
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        subprocess.run([sekisho, "-q", "-S", rules, "-r", path, "-o", "json:/dev/null"], check=True)
        best = min(best, resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before)
    return best


def made(kind, n):
    path = os.path.join(work, f"{kind}.pcap")
    p = Pcap(path)
    if n:
        kinds[kind](p, n)
    p.close()
    return path


wanted = sys.argv[4:] or list(kinds)
empty, over, usual = cost(made("ordinary", 0)), [], None
for kind in wanted:
    n = sizes.get(kind, 1000000)
    path = made(kind, n)
    size = os.path.getsize(path)
    once = cost(path) - empty
    while once < 0.1 and n < 16000000 and kind not in sizes:		# too short to measure
        n *= 2
        path = made(kind, n)
        size, once = os.path.getsize(path), cost(path) - empty
    twice = cost(made(kind, 2 * n)) - empty
    per_byte = once / size * 1e9
    usual = per_byte if kind == "ordinary" else usual
    ratio = twice / max(once, 0.005)
    print(f"{kind:15} {per_byte:7.1f} ns a byte of capture, {per_byte / usual if usual else 0:5.2f} times ordinary; twice as much costs {ratio:.2f} times",
          flush=True)
    if ratio > 2.3 and twice > 0.1:
        over.append(kind)
    os.unlink(os.path.join(work, f"{kind}.pcap"))
if over:
    sys.exit("more than twice the cost for twice the input: " + ", ".join(over))
