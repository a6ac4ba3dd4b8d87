"""tests/system/caps.py — writes a capture per cap that traffic can reach, for tests/system/caps.sh.

usage: caps.py FOLDER

FOLDER/NAME.pcap reaches the cap that NAME in caps.sh says. Source: RFC 791, 8446, 9110, 9112, 6455, 7692, 1035.
"""
import os
import struct
import sys
import zlib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from wire import Pcap, checksum, frame  # noqa: E402

folder = sys.argv[1]
HELLO = (b"GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
         b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
ANSWER = (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
          b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n")


def ip(src, dst, proto, data, ident, frag):
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(data), ident, frag, 64, proto, 0, src, dst)
    return b"\x02\x77\2\0\0\x10\x02\x77\1\0\0\x10\x08\0" + head[:10] + struct.pack("!H", checksum(head)) + head[12:] + data


def first_fragments(p, cnt):
    """First fragments of cnt datagrams of as many pairs of hosts."""
    for i in range(cnt):
        p.put(ip(bytes([10, 9, i >> 8, i & 255]), bytes([10, 8, i >> 8, i & 255]), 17, b"\x30\x39\x30\x39\x05\0\0\0" + b"a" * 504, i, 0x2000))


def fragments_timeout(p):
    first_fragments(p, 3)
    p.time += 5000000
    first_fragments(p, 1)		# of one of them again: begins anew


def fragments_end(p):
    first_fragments(p, 2)


def fragments_memory(p):
    first_fragments(p, 200)


def fragments_nested(p):
    """A datagram in fragments, each of which travels in a datagram in fragments, and so on."""
    ids = iter(range(1000))

    def put(packet, depth):
        if not depth:
            p.put(b"\x02\x77\2\0\0\x10\x02\x77\1\0\0\x10\x08\0" + packet)
            return
        ident, half = next(ids), len(packet) // 16 * 8
        put(ip(b"\x0a\x09\0\1", b"\x0a\x08\0\1", 4, packet[:half], ident, 0x2000)[14:], depth - 1)
        put(ip(b"\x0a\x09\0\1", b"\x0a\x08\0\1", 4, packet[half:], ident, half // 8)[14:], depth - 1)

    put(ip(b"\x0a\x09\0\1", b"\x0a\x08\0\1", 17, b"\x30\x39\x30\x39\0\x20\0\0" + b"a" * 24, 999, 0)[14:], 6)


def get(path=b"/"):
    return b"GET " + path + b" HTTP/1.1\r\nHost: h\r\n\r\n"


def flows(p):
    for _ in range(40):
        p.talk([("c", get())])


def hole(p):
    """More than reassembly.max behind a hole."""
    c, s = bytes([10, 9, 0, 1]), bytes([10, 8, 0, 1])
    p.put(frame(c, s, 40000, 80, 1000, 0, 2))
    p.put(frame(s, c, 80, 40000, 9000, 1001, 0x12))
    for i in range(20):
        p.put(frame(c, s, 40000, 80, 1002 + 1000 * i, 9001, 0x18, b"a" * 1000))


def small_memory(p):
    """What a WebSocket handshake leaves in the flow's memory is more than it may hold."""
    p.talk([("c", HELLO.replace(b"Host: h", b"Host: h\r\nX: " + b"x" * 30000)), ("s", ANSWER), ("c", b"\x81\x81\0\0\0\0a")])


def switches(p):
    p.talk([t for i in range(20) for t in (("c", b"CONNECT h:%d HTTP/1.1\r\nHost: h\r\n\r\n" % i), ("s", b"HTTP/1.1 200 OK\r\n\r\n"))])


def pipeline(p):
    p.talk([("c", get() * 200)])


def head(p):
    p.talk([("c", b"GET / HTTP/1.1\r\nHost: h\r\nX: " + b"a" * 3000 + b"\r\n\r\n")])


def fields(p):
    p.talk([("c", b"GET / HTTP/1.1\r\nHost: h\r\n" + b"a: b\r\n" * 600 + b"\r\n")])


def cookies(p):
    """The last of very many cookies is seen."""
    p.talk([("c", b"GET / HTTP/1.1\r\nHost: h\r\nCookie: " + b"a;" * 32000 + b"last=seen\r\n\r\n")])


def trailer(p):
    p.talk([("c", b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n" + b"a: b\r\n" * 2000 + b"\r\n")])


def handshake_wait(p):
    p.talk([("c", b"CONNECT h:1 HTTP/1.1\r\nHost: h\r\n\r\n" + b"a" * 70000)])


def packed(body, layers):
    for _ in range(layers):
        z = zlib.compressobj(9, zlib.DEFLATED, 31)
        body = z.compress(body) + z.flush()
    return body


def answer(body, coding):
    return b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Encoding: %s\r\nContent-Length: %d\r\n\r\n" % (coding, len(body)) + body


def bomb(p):
    p.talk([("c", get()), ("s", answer(packed(b"\0" * (4 << 20), 1), b"gzip"))])


def layers(p):
    p.talk([("c", get()), ("s", answer(packed(b"a", 6), b", ".join([b"gzip"] * 6)))])


def hello(p):
    """A ClientHello of 20,000 bytes."""
    body = b"\x03\x03" + b"\0" * 19998
    message = b"\x01" + struct.pack("!I", len(body))[1:] + body
    p.talk([("c", b"".join(b"\x16\x03\x01" + struct.pack("!H", len(message[i:i + 8000])) + message[i:i + 8000]
                            for i in range(0, len(message), 8000)))], port=443)


def names(p):
    """An answer over TCP whose names are long and many."""
    name = b"".join(b"\x3f" + b"a" * 63 for _ in range(3)) + b"\0"
    message = struct.pack("!6H", 1, 0x8180, 1, 3000, 0, 0) + name + struct.pack("!2H", 1, 1)
    message += b"".join(b"\xc0\x0c" + struct.pack("!HHIH", 5, 1, 60, 4) + b"\x01%c\xc0\x0c" % (97 + i % 26) for i in range(3000))
    p.talk([("s", struct.pack("!H", len(message)) + message)], port=53)


def deflated(body):
    z = zlib.compressobj(9, zlib.DEFLATED, -15)
    return (z.compress(body) + z.flush(zlib.Z_SYNC_FLUSH))[:-4]


def ws_frame(payload):
    head = b"\xc1" + (b"%c" % len(payload) if len(payload) < 126 else b"\x7e" + struct.pack("!H", len(payload)))
    return head + payload


def ws_ratio(p):
    p.talk([("c", HELLO), ("s", ANSWER + ws_frame(deflated(b"\0" * (4 << 20))))])


def ws_inflaters(p):
    """More connections than there are inflaters, each with a message in a deflate window that goes on; none ends."""
    message = ws_frame(deflated(b"a"))
    for i in range(5000):
        c, s = bytes([10, 9, i >> 8, i & 255]), bytes([10, 8, i >> 8, i & 255])
        p.put(frame(c, s, 40000, 80, 1000, 0, 2))
        p.put(frame(s, c, 80, 40000, 9000, 1001, 0x12))
        p.put(frame(c, s, 40000, 80, 1001, 9001, 0x18, HELLO))
        p.put(frame(s, c, 80, 40000, 9001, 1001 + len(HELLO), 0x18, ANSWER + message))


def referers(p):
    """A long path, and hundreds of references to be resolved against it."""
    p.talk([("c", b"GET /" + b"a/" * 25000 + b" HTTP/1.1\r\nHost: h\r\n" + b"Referer: x\r\n" * 500 + b"\r\n")])


def readings(p):
    """Early bytes that come twice and differ, again and again."""
    c, s = bytes([10, 9, 0, 1]), bytes([10, 8, 0, 1])
    p.put(frame(c, s, 40000, 9999, 1000, 0, 2))
    p.put(frame(s, c, 9999, 40000, 9000, 1001, 0x12))
    at = 1001
    for _ in range(70):
        p.put(frame(c, s, 40000, 9999, at + 1, 9001, 0x18, b"a" * 10))
        p.put(frame(c, s, 40000, 9999, at + 1, 9001, 0x18, b"b" * 10))
        p.put(frame(c, s, 40000, 9999, at, 9001, 0x18, b"c"))
        for i in range(2):
            p.put(frame(c, s, 40000, 9999, at + 11 + 1000 * i, 9001, 0x18, b"d" * 1000))
        at += 2011
        p.put(frame(s, c, 9999, 40000, 9001, at, 0x10))


def unacknowledged(p):
    """What may be sent again, of more directions than are remembered."""
    for i in range(1100):
        c, s = bytes([10, 9, i >> 8, i & 255]), bytes([10, 8, i >> 8, i & 255])
        p.put(frame(c, s, 40000, 80, 1000, 0, 2))
        p.put(frame(s, c, 80, 40000, 9000, 1001, 0x12))
        p.put(frame(c, s, 40000, 80, 1001, 9001, 0x18, b"a" * 100))


def form_name(p):
    p.talk([("c", get(b"/?" + b"n" * 2000 + b"=value"))])


def part(path, n):
    """The first n bytes of a resource of a million."""
    return [("c", b"GET /" + path + b" HTTP/1.1\r\nHost: h\r\nRange: bytes=0-\r\n\r\n"),
            ("s", b"HTTP/1.1 206 Partial Content\r\nContent-Type: text/plain\r\nContent-Range: bytes 0-%d/1000000\r\nContent-Length: %d\r\n\r\n"
             % (n - 1, n) + b"a" * n)]


def ranges(p):
    p.talk(part(b"large", 40000))


def many_ranges(p):
    p.talk([turn for i in range(300) for turn in part(b"%d" % i, 8)])


def range_name(p):
    """The name of the resource alone is larger than one may take."""
    p.talk(part(b"a" * 20000, 2))


def ws_limit(p):
    p.talk([("c", HELLO), ("s", ANSWER + ws_frame(deflated(bytes(range(256)) * 64)))])


for name, make in list(globals().items()):
    if callable(make) and getattr(make, "__code__", None) and make.__code__.co_varnames[:1] == ("p",) and make.__code__.co_argcount == 1:
        pcap = Pcap(os.path.join(folder, name + ".pcap"))
        make(pcap)
        pcap.close()
