#!/usr/bin/env python3
"""Makes large captures to measure with: the same bytes every time, nothing of them recorded from anybody.

usage: make-captures.py KIND FILE [SIZE_MB] [FOLDER ...]

http    keep-alive connections of twelve requests; pages plain, chunked and gzip, pictures, JSON, uploads
small   DNS exchanges over UDP and one-request TCP connections
mix     every capture of the FOLDERs (Ethernet; *.pcap, *.pcapng) 32 times, as 32 streams at once, each with other addresses

SIZE_MB is about the size of the file, 1000 unless given; mix ends before where there is no more. Connections of http and small are
interleaved, 64 at a time, packet by packet. Addresses and ports are patched into ready packets and their checksums are
updated (RFC 1624): good ones stay good, bad ones bad.
"""
import heapq
import os
import random
import struct
import sys
import zlib

START = 1700000000.0
AT_ONCE = 64
STREAMS = 32
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


def classic(data):
    """(seconds, frame) of a pcap file with Ethernet frames."""
    order, unit = {b"\xd4\xc3\xb2\xa1": ("<", 1e6), b"\xa1\xb2\xc3\xd4": (">", 1e6), b"\x4d\x3c\xb2\xa1": ("<", 1e9)}[data[:4]]
    at = 24 if struct.unpack_from(order + "I", data, 20)[0] == 1 else len(data)
    while at + 16 <= len(data):
        sec, part, n, _ = struct.unpack_from(order + "IIII", data, at)
        if n > 262144:
            return
        yield sec + part / unit, data[at + 16:at + 16 + n]
        at += 16 + n


def blocks(data):
    """(seconds, frame) of a little-endian pcapng file: enhanced packet blocks of Ethernet interfaces, times in microseconds."""
    links, at = [], 0
    while at + 12 <= len(data):
        kind, n = struct.unpack_from("<II", data, at)
        if n < 12:
            return
        if kind == 1:
            links.append(struct.unpack_from("<H", data, at + 8)[0])
        elif kind == 6:
            link, high, low, size = struct.unpack_from("<IIII", data, at + 8)
            if link < len(links) and links[link] == 1 and size <= 262144:
                yield (high << 32 | low) / 1e6, data[at + 28:at + 28 + size]
        at += n


def read(path):
    """Frames of a capture as (seconds since the one before, 0.1 at most; bytes); none when it is of another kind."""
    with open(path, "rb") as f:
        data = f.read()
    kinds = {b"\xd4\xc3\xb2\xa1": classic, b"\xa1\xb2\xc3\xd4": classic, b"\x4d\x3c\xb2\xa1": classic, b"\x0a\x0d\x0d\x0a": blocks}
    out, before = [], None
    if data[:4] in kinds:
        for now, frame in kinds[data[:4]](data):
            out.append((0.0 if before is None else min(max(now - before, 0.0), 0.1), frame))
            before = now
    return out


def network(data):
    """Where the IP header begins, behind VLAN, MPLS and PPPoE headers; None."""
    at, kind = 14, data[12:14]
    while len(data) >= at + 8:
        if kind in (b"\x81\0", b"\x88\xa8"):
            at, kind = at + 4, data[at + 2:at + 4]
        elif kind == b"\x88\x64":
            at, kind = at + 8, {b"\0\x21": b"\x08\0", b"\0\x57": b"\x86\xdd"}.get(data[at + 6:at + 8], b"")
        elif kind == b"\x88\x47":
            last, at = data[at + 2] & 1, at + 4
            kind = b"" if not last or at >= len(data) else {4: b"\x08\0", 6: b"\x86\xdd"}.get(data[at] >> 4, b"")
        else:
            break
    if kind == b"\x08\0" and len(data) >= at + 20 and data[at] >> 4 == 4:
        return at if data[at + 12] not in (0, 127) and max(data[at + 12], data[at + 16]) < 224 else None
    if kind == b"\x86\xdd" and len(data) >= at + 40 and data[at] >> 4 == 6 and data[at + 8] != 255 and data[at + 24] != 255:
        return at
    return None


def turn(data, mask):
    """Other addresses: the low 16 bits of both XOR mask. Frames without an IP header stay as they are."""
    ip = network(data) if mask else None
    if ip is None:
        return data
    data = bytearray(data)
    is_four, delta = data[ip] >> 4 == 4, 0
    for at in (ip + 14, ip + 18) if is_four else (ip + 22, ip + 38):
        old = data[at] << 8 | data[at + 1]
        struct.pack_into("!H", data, at, old ^ mask)
        delta += (0xffff ^ old) + (old ^ mask)
    head = ip + 4 * (data[ip] & 15) if is_four else ip + 40
    proto = data[ip + 9] if is_four else data[ip + 6]
    fields = [ip + 10] if is_four else []
    if not is_four or not (data[ip + 6] & 0x1f or data[ip + 7]):
        fields += {6: [head + 16], 17: [head + 6]}.get(proto, []) + ([head + 2] if not is_four and proto == 58 else [])
    for at in fields:
        if at + 2 <= len(data):
            old = data[at] << 8 | data[at + 1]
            if not (old == 0 and at == head + 6 and proto == 17):
                struct.pack_into("!H", data, at, 0xffff ^ fold((0xffff ^ old) + delta))
    return data


def stream(files, number):
    """(seconds, frame) of all files once, beginning with another one and at another time for each number."""
    now, mask = number * 137e-6, (number * 40503 + (number >> 3)) & 0xffff
    for i in range(len(files)):
        for gap, data in files[(i + number * len(files) // STREAMS) % len(files)]:
            now += gap
            yield now, turn(data, mask)
        now += 0.001


def conversations(kind, rng):
    """Endless lists of frames."""
    pools = {"http": [http(rng) for _ in range(48 if kind == "http" else 0)],
             "dns": [dns(rng) for _ in range(4000 if kind == "small" else 0)],
             "tiny": [tiny(rng)]}
    names = {"http": ["http"], "small": ["dns"] * 5 + ["tiny"]}[kind]
    n = 0
    while True:
        n += 1
        yield [patch(p, n) for p in rng.choice(pools[rng.choice(names)])]


def interleaved(source):
    """(seconds, frame), a frame of each of AT_ONCE conversations in turn."""
    lanes, now = [iter(next(source)) for _ in range(AT_ONCE)], 0.0
    while True:
        for i in range(AT_ONCE):
            data = next(lanes[i], None)
            if data is None:
                lanes[i] = iter(next(source))
                data = next(lanes[i])
            now += 0.00005
            yield now, data


def main():
    kind, path = sys.argv[1], sys.argv[2]
    size = int(sys.argv[3]) * 1000000 if len(sys.argv) > 3 else 1000000000
    if kind == "mix":
        names = sorted(os.path.join(root, f) for folder in sys.argv[4:] for root, _, files in os.walk(folder) for f in files)
        files = [f for f in (read(n) for n in names if n.endswith((".pcap", ".pcapng"))) if f]
        frames = heapq.merge(*(stream(files, i) for i in range(STREAMS)), key=lambda f: f[0])
    else:
        frames = interleaved(conversations(kind, random.Random(7)))
    written, packets, now = 24, 0, 0.0
    with open(path, "wb", 1 << 20) as out:
        out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1))
        for now, data in frames:
            at = START + now
            out.write(struct.pack("<IIII", int(at), int(at % 1 * 1e6), len(data), len(data)))
            out.write(data)
            written += 16 + len(data)
            packets += 1
            if written >= size:
                break
    print("%s: %d packets, %d bytes, %.0f s" % (path, packets, written, now))


main()
