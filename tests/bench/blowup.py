#!/usr/bin/python3
"""Cost of input made to be costly: what four times as much costs, and a byte compared with ordinary requests.

usage: blowup.py [--count] SEKISHO RULES WORK [KIND…]

Every kind is made in two sizes, n and 4n. Cost is processor time of the program (user, least of five) without that of an empty capture; with
--count it is instructions under callgrind, of smaller captures, which do not depend on how busy the machine is. Four times the input may
cost six times at most; a byte (of what 4n has more than n: patterns that are compiled once do not count) three times one of ordinary
requests (some kinds more: see dearer), but with --count, where nothing of the price of memory is seen. Prints a line per kind; status 1 when one is over.
"""
import base64
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


# where a few bytes are a message, a value, a name of 127 labels or an alert, it is that which costs
dearer = {"requests": 5, "parameters": 4, "deflated_messages": 5, "dns_chain": 5.5, "campaign_steps": 10}
first = ("ordinary", "parameters", "multipart", "websocket", "deflated_messages", "dns_names", "view_state", "nested_gzip")


def measured(path):
    command = [sekisho, "-q", "-S", rules, "-r", path, "-o", "json:/dev/null"]
    if counting:
        command += ["--set", "pattern_cache=" + work]
        out = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *command], capture_output=True, text=True, check=True)
        return int(re.search(r"Collected : ([0-9]+)", out.stderr).group(1))
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    subprocess.run(command, check=True)
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before


def cost(kind, n):
    """Least cost and size of a capture with n bytes of the kind, behind a little of each that needs to be made when it first comes."""
    path = os.path.join(work, f"{kind}.{n}.pcap")
    p = Pcap(path)
    for early in first:
        kinds[early](p, 300)
    if n:
        kinds[kind](p, n)
    p.close()
    least, size = min(measured(path) for _ in range(1 if counting else 5)), os.path.getsize(path)
    os.unlink(path)
    return least, size


def judge(kind):
    """A line to print, and a mistake or None."""
    n = small.get(kind, 10000) if counting else sizes.get(kind, 1000000)
    once, size = cost(kind, n)
    while not counting and once - empty < 0.1 and n < 16000000 and kind not in sizes:		# too short to measure
        n *= 2
        once, size = cost(kind, n)
    more, whole = cost(kind, 4 * n)
    ratio = (more - empty) / max(once - empty, 1 if counting else 0.005)
    per_byte = (more - once) / (whole - size) * (1 if counting else 1e9)
    times = per_byte / usual if usual else 0
    line = (f"{kind:17} {per_byte:7.1f} {'instructions' if counting else 'ns'} a byte of capture" +
            (f", {times:5.2f} times ordinary" if times else "") + f"; four times as much costs {ratio:.2f} times")
    if ratio > 6 and (counting or more - empty > 0.1):
        return line, per_byte, f"{kind}: four times as much costs {ratio:.2f} times"
    if times > dearer.get(kind, 3):
        return line, per_byte, f"{kind}: a byte costs {times:.2f} times one of ordinary requests"
    return line, per_byte, None


wanted = sys.argv[4 + counting:] or list(kinds)
usual = None
if counting:
    cost("ordinary", 0)		# fills the cache of patterns
empty = cost("ordinary", 0)[0]
mistakes = []
with ThreadPoolExecutor(2 if counting else 1) as pool:
    if not counting:
        usual = judge("ordinary")[1]
    for line, _, mistake in pool.map(judge, wanted):
        print(line, flush=True)
        mistakes += [mistake] if mistake else []
if mistakes:
    sys.exit("\n".join(mistakes))
