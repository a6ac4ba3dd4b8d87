#!/usr/bin/env python3
"""Makes large captures to measure with: the same bytes every time, nothing of them recorded from anybody.

usage: make-captures.py KIND FILE [SIZE_MB] [FOLDER ...]

http    keep-alive connections of twelve requests; pages plain, chunked and gzip, pictures, JSON, uploads
small   DNS exchanges over UDP and one-request TCP connections
mix     http and small, and every capture of the FOLDERs (Ethernet, *.pcap) over and over with other addresses

SIZE_MB is about the size of the file, 1000 unless given. Connections are interleaved, 64 at a time. Addresses and ports are
patched into ready packets and their checksums are updated (RFC 1624): good ones stay good, bad ones bad.
"""
import os
import random
import struct
import sys
import zlib

START = 1700000000.0
AT_ONCE = 64
CLIENTS = 997					# hosts, all of one server
WORDS = ("the of and a to in is you that it he was for on are as with his they at be this have from or one had by word but not "
         "what all were we when your can said there use an each which she do how their if will up other about out many").split()


def total(data):
    if len(data) & 1:
        data += b"\0"
    return sum(struct.unpack("!%dH" % (len(data) // 2), data))


def fold(s):
    while s >> 16:
        s = (s & 0xffff) + (s >> 16)
    return s


def frame(proto, to_server, transport, payload):
    """An Ethernet frame with 10.0.0.0 as client and port 0; its checksums are those of these."""
    server, client = bytes((10, 200, 0, 1)), bytes((10, 0, 0, 0))
    src, dst = (client, server) if to_server else (server, client)
    n = 20 + len(transport) + len(payload)
    ip = bytearray(struct.pack("!BBHHHBBH4s4s", 0x45, 0, n, 0, 0x4000, 64, proto, 0, src, dst))
    struct.pack_into("!H", ip, 10, 0xffff ^ fold(total(bytes(ip))))
    seg = bytearray(transport + payload)
    at = 16 if proto == 6 else 6
    struct.pack_into("!H", seg, at, 0)
    struct.pack_into("!H", seg, at, 0xffff ^ fold(total(src + dst + struct.pack("!HH", proto, len(seg)) + bytes(seg))))
    ether = b"\x02\0\0\0\0\x02\x02\0\0\0\0\x01\x08\0"
    return to_server, at + 34, bytearray(ether + bytes(ip) + bytes(seg))


def tcp(messages, port=80, close=True):
    """Frames of a connection that carries (to_server, bytes) messages."""
    out, seq = [], [1000, 5000]

    def send(to_server, flags, data=b""):
        me = 0 if to_server else 1
        ports = (0, port) if to_server else (port, 0)
        out.append(frame(6, to_server, struct.pack("!HHIIBBHHH", *ports, seq[me], seq[1 - me] if flags & 16 else 0, 0x50, flags,
                                                   64240, 0, 0), data))
        seq[me] += len(data) + (1 if flags & 3 else 0)

    send(True, 2)
    send(False, 18)
    send(True, 16)
    for to_server, data in messages:
        for i, at in enumerate(range(0, len(data), 1460)):
            send(to_server, 24, data[at:at + 1460])
            if i & 1:
                send(not to_server, 16)
    if close:
        send(True, 17)
        send(False, 17)
        send(True, 16)
    return out


def text(rng, n):
    out = "<html><body>"
    while len(out) < n:
        out += rng.choice(WORDS) + rng.choice((" ", " ", " ", ".\n<p>"))
    return (out + "</body></html>").encode()


def chunked(data):
    out = b""
    for at in range(0, len(data), 8192):
        piece = data[at:at + 8192]
        out += b"%x\r\n%s\r\n" % (len(piece), piece)
    return out + b"0\r\n\r\n"


def exchange(rng):
    kind = rng.random()
    n = rng.randrange(200)
    head = ("Host: www%d.shop-%d.example.com\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) bench/%d\r\nAccept: */*\r\n"
            "Accept-Encoding: gzip, deflate\r\nCookie: sid=%016x\r\nReferer: http://www%d.example.com/start\r\n"
            % (n, n % 37, n % 5, rng.getrandbits(64), n)).encode()
    answer = b"HTTP/1.1 200 OK\r\nServer: bench\r\nX-Frame-Options: DENY\r\nContent-Type: %s\r\n"
    if kind < 0.5:
        page = text(rng, min(int(rng.lognormvariate(9.2, 1.1)), 200000))
        ask = b"GET /html/p%d.html?q=%d&lang=en HTTP/1.1\r\n" % (n, n) + head + b"\r\n"
        if rng.random() < 0.7:
            z = zlib.compressobj(2, zlib.DEFLATED, 31)
            page = z.compress(page) + z.flush()
            return ask, answer % b"text/html" + b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(page)
        return ask, answer % b"text/html" + b"Content-Length: %d\r\n\r\n" % len(page) + page
    if kind < 0.62:
        picture = b"\xff\xd8\xff\xe0" + rng.randbytes(min(int(rng.lognormvariate(10.3, 1.0)), 400000))
        return b"GET /bin/i%d.jpg HTTP/1.1\r\n" % n + head + b"\r\n", \
            answer % b"image/jpeg" + b"Content-Length: %d\r\n\r\n" % len(picture) + picture
    if kind < 0.84:
        rows = b",".join(b'{"id":%d,"name":"%s","on":true}' % (i, rng.choice(WORDS).encode()) for i in range(rng.randrange(1, 60)))
        return b"GET /api/%d.json?token=%x HTTP/1.1\r\n" % (n, rng.getrandbits(60)) + head + b"\r\n", \
            answer % b"application/json" + b"Content-Length: %d\r\n\r\n[" % (len(rows) + 2) + rows + b"]"
    body = rng.randbytes(int(2.718 ** (8.5 * rng.random() + 2.5)))
    ask = b"POST /upload/%d HTTP/1.1\r\n" % n + head + b"Content-Type: application/octet-stream\r\nContent-Length: %d\r\n\r\n" % len(body)
    return ask + body, b'HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{"ok":true}'


def http(rng):
    messages = []
    for _ in range(12):
        ask, answer = exchange(rng)
        messages += [(True, ask), (False, answer)]
    return tcp(messages)


def dns(rng):
    name = b""
    for label in ("%s.%x-%d.site%d.%s" % (rng.choice(("www", "mail", "api", "cdn")), rng.getrandbits(40), rng.randrange(10000),
                                          rng.randrange(50000), rng.choice(("com", "net", "org", "de")))).split("."):
        name += bytes((len(label),)) + label.encode()
    ask = name + b"\0" + struct.pack("!HH", 1, 1)
    ident = struct.pack("!H", rng.getrandbits(16))
    query = ident + struct.pack("!HHHHH", 0x0100, 1, 0, 0, 0) + ask
    answer = ident + struct.pack("!HHHHH", 0x8180, 1, 1, 0, 0) + ask + struct.pack("!HHHIH", 0xc00c, 1, 1, 60, 4) + b"\xc6\x33\x64\x07"
    return [frame(17, True, struct.pack("!HHHH", 0, 53, 8 + len(query), 0), query),
            frame(17, False, struct.pack("!HHHH", 53, 0, 8 + len(answer), 0), answer)]


def tiny(rng):
    return tcp([(True, b"GET /tiny HTTP/1.0\r\nHost: 10.200.0.1\r\nUser-Agent: ApacheBench/2.3\r\nAccept: */*\r\n\r\n"),
                (False, b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")])


def patch(pkt, n):
    """The frame for client n: address and port from n, checksums updated."""
    to_server, at, data = pkt
    data = bytearray(data)
    low, high, port = n % CLIENTS, n // CLIENTS // 50000 & 0x7f, 1024 + n // CLIENTS % 50000
    ip = 26 if to_server else 30
    struct.pack_into("!HH", data, ip, 0x0a00 | high, low)
    struct.pack_into("!H", data, 34 if to_server else 36, port)
    delta = high + low
    for where, more in ((24, 0), (at, port)):
        old = data[where] << 8 | data[where + 1]
        struct.pack_into("!H", data, where, 0xffff ^ fold((0xffff ^ old) + delta + more))
    return data


def read(path):
    """Frames of an Ethernet pcap as (seconds since the one before, bytes)."""
    with open(path, "rb") as f:
        data = f.read()
    order = {b"\xd4\xc3\xb2\xa1": "<", b"\xa1\xb2\xc3\xd4": ">"}.get(data[:4])
    if not order or struct.unpack_from(order + "I", data, 20)[0] != 1:
        return []
    out, at, before = [], 24, None
    while at + 16 <= len(data):
        sec, usec, n, _ = struct.unpack_from(order + "IIII", data, at)
        now = sec + usec / 1e6
        out.append((0.0 if before is None else min(max(now - before, 0.0), 0.1), data[at + 16:at + 16 + n]))
        before = now
        at += 16 + n
    return out


def turn(data, mask):
    """Other IPv4 addresses: low 16 bits of both XOR mask. Frames that are not plain IPv4 stay as they are."""
    if mask == 0 or len(data) < 34 or data[12:14] != b"\x08\0" or data[14] >> 4 != 4 or data[26] >= 224 or data[30] >= 224:
        return data
    data = bytearray(data)
    head, delta = 14 + 4 * (data[14] & 15), 0
    for at in (28, 32):
        old = data[at] << 8 | data[at + 1]
        struct.pack_into("!H", data, at, old ^ mask)
        delta += (0xffff ^ old) + (old ^ mask)
    fields = [24]
    if not (data[20] & 0x1f or data[21]):
        fields += {6: [head + 16], 17: [head + 6]}.get(data[23], [])
    for at in fields:
        if at + 2 <= len(data):
            old = data[at] << 8 | data[at + 1]
            if not (old == 0 and at == head + 6 and data[23] == 17):
                struct.pack_into("!H", data, at, 0xffff ^ fold((0xffff ^ old) + delta))
    return data


def conversations(kind, rng, recorded):
    """Endless (gap in seconds, bytes) lists."""
    pools = {"http": [http(rng) for _ in range(48 if kind != "small" else 0)],
             "dns": [dns(rng) for _ in range(4000 if kind != "http" else 0)],
             "tiny": [tiny(rng) for _ in range(1)]}
    names = {"http": ["http"], "small": ["dns"] * 5 + ["tiny"], "mix": ["http"] + ["dns"] * 20 + ["tiny"] * 5 + ["file"] * 8}[kind]
    n = 0
    while True:
        name = rng.choice(names)
        n += 1
        if name != "file":
            yield [(0.0004, patch(p, n)) for p in rng.choice(pools[name])]
        elif recorded:
            mask = (n * 40503) & 0xffff
            yield [(gap, turn(data, mask)) for gap, data in recorded[n % len(recorded)]]


def main():
    kind, path = sys.argv[1], sys.argv[2]
    size = int(sys.argv[3]) * 1000000 if len(sys.argv) > 3 else 1000000000
    recorded = []
    for folder in sys.argv[4:]:
        for root, dirs, files in os.walk(folder):
            dirs.sort()
            recorded += [read(os.path.join(root, f)) for f in sorted(files) if f.endswith(".pcap")]
    recorded = [r for r in recorded if r]
    source = conversations(kind, random.Random(7), recorded)
    written, now, packets = 24, START, 0
    with open(path, "wb", 1 << 20) as out:
        out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1))
        lanes = [iter(next(source)) for _ in range(AT_ONCE)]
        while written < size:
            for i in range(AT_ONCE):
                item = next(lanes[i], None)
                if item is None:
                    lanes[i] = iter(next(source))
                    item = next(lanes[i])
                gap, data = item
                now += min(gap, 0.002) / 8
                out.write(struct.pack("<IIII", int(now), int(now % 1 * 1e6), len(data), len(data)))
                out.write(data)
                written += 16 + len(data)
                packets += 1
    print("%s: %d packets, %d bytes, %.0f s" % (path, packets, written, now - START))


main()
