#!/usr/bin/env python3
"""tests/corpus/make.py — writes the captures that made.table and span.table speak of: evasions nobody has published captures of.

usage: make.py FOLDER

Every function below makes one capture of its name, with - for _. Packets are built here and nothing is sent; what is asked for is
harmless. Standard library only.
"""
import gzip
import lzma
import os
import random
import struct
import sys
import zlib

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
from wire import START, Pcap, checksum  # noqa: E402

CLIENT, SERVER = bytes([10, 9, 0, 1]), bytes([10, 8, 0, 1])
C6, S6 = bytes.fromhex("20010db8000000000000000000000001"), bytes.fromhex("20010db8000000000000000000000002")
FIN, SYN, RST, PSH, ACK, URG = 1, 2, 4, 8, 16, 32
MADE = []


def made(f):
    MADE.append(f)
    return f


def sum_tcp(src, dst, tcp):
    if len(src) == 4:
        pseudo = src + dst + struct.pack("!BBH", 0, 6, len(tcp))
    else:
        pseudo = src + dst + struct.pack("!IHBB", len(tcp), 0, 0, 6)
    return checksum(pseudo + tcp)


def tcp_bytes(src, dst, sport, dport, seq, ack, flags, data=b"", window=65535, urgent=0, options=b"", bad=False):
    options += b"\1" * (-len(options) % 4)
    tcp = struct.pack("!HHIIBBHHH", sport, dport, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, (5 + len(options) // 4) << 4, flags, window, 0,
                      urgent) + options + data
    return tcp[:16] + struct.pack("!H", sum_tcp(src, dst, tcp) ^ (0x1234 if bad else 0)) + tcp[18:]


def ip4(src, dst, proto, payload, ident=1, frag=0x4000, ttl=64):
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), ident & 0xFFFF, frag, ttl, proto, 0, src, dst)
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def ip6(src, dst, next_header, payload):
    return struct.pack("!IHBB", 6 << 28, len(payload), next_header, 64) + src + dst + payload


def udp(sport, dport, payload):
    return struct.pack("!HHHH", sport, dport, 8 + len(payload), 0) + payload


def ether(ip):
    return b"\x02\x77\2\0\0\x10\x02\x77\1\0\0\x10" + (b"\x08\0" if ip[0] >> 4 == 4 else b"\x86\xdd") + ip


class Talk:
    """Packets of one connection. Sequence numbers count from the sender's own SYN, which is 0."""

    def __init__(self, out, port=80, isn=(1000, 900000), client_port=40000, base=(CLIENT, SERVER)):
        self.out, self.port, self.isn, self.client_port, self.base = out, port, list(isn), client_port, base
        self.ident = 100

    def packet(self, side, seq, ack, flags, data=b"", ttl=64, **more):
        c = side == "c"
        src, dst = self.base if c else self.base[::-1]
        sport, dport = (self.client_port, self.port) if c else (self.port, self.client_port)
        me, peer = (0, 1) if c else (1, 0)
        self.ident += 1
        return ip4(src, dst, 6, tcp_bytes(src, dst, sport, dport, self.isn[me] + seq, self.isn[peer] + ack if flags & ACK else 0, flags, data,
                                          **more), self.ident, ttl=ttl)

    def put(self, *args, **more):
        self.out.put(ether(self.packet(*args, **more)))

    def open(self, **more):
        self.put("c", 0, 0, SYN, **more)
        self.put("s", 0, 1, SYN | ACK, **more)
        self.put("c", 1, 1, ACK)

    def close(self, c, s):
        self.put("c", c, s, FIN | ACK)
        self.put("s", s, c + 1, FIN | ACK)
        self.put("c", c + 1, s + 1, ACK)

    def data(self, side, seq, ack, data, **more):
        self.put(side, seq, ack, PSH | ACK, data, **more)


GET = b"GET /secret HTTP/1.1\r\nHost: h.example\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def request(target, head="Host: h.example\r\n", method="GET", body=b"", version="HTTP/1.1"):
    return f"{method} {target} {version}\r\n{head}\r\n".encode("latin-1") + body


# --- segments

@made
def one_byte_segments(out):
    """A request byte by byte, in an order of chance."""
    t = Talk(out)
    t.open()
    order = list(range(len(GET)))
    random.Random(7).shuffle(order)
    for i in order:
        t.data("c", 1 + i, 1, GET[i:i + 1])
    t.data("s", 1, 1 + len(GET), OK)
    t.close(1 + len(GET), 1 + len(OK))


@made
def sequence_wrap(out):
    """Numbers run over 2^32 inside of the request."""
    t = Talk(out, isn=(0xFFFFFFFF - 10, 0xFFFFFFF0))
    t.open()
    t.data("c", 1, 1, GET[:20])
    t.data("c", 21, 1, GET[20:])
    t.data("s", 1, 1 + len(GET), OK)
    t.close(1 + len(GET), 1 + len(OK))


@made
def port_reuse(out):
    """A second connection on the same ports, without an end of the first."""
    t = Talk(out)
    t.open()
    t.data("c", 1, 1, GET)
    t.data("s", 1, 1 + len(GET), OK)
    t = Talk(out, isn=(70000000, 80000000))
    t.open()
    second = request("/second")
    t.data("c", 1, 1, second)
    t.data("s", 1, 1 + len(second), OK)
    t.close(1 + len(second), 1 + len(OK))


@made
def overlap_novak(out):
    """Novak and Sturges' 18 segments, Target-Based TCP Stream Reassembly (2007), on a port no protocol is known of."""
    t = Talk(out, port=7777)
    t.open()
    for seq, text in ((2, "AAA"), (6, "BB"), (8, "CCC"), (12, "D"), (15, "EE"), (17, "FFF"), (20, "GG"), (22, "HH"), (24, "I"), (3, "JJJJ"),
                      (8, "KKK"), (11, "LLL"), (14, "MMM"), (18, "N"), (21, "O"), (22, "P"), (24, "QQ"), (1, "0")):
        t.data("c", seq, 1, text.encode())
    t.put("s", 1, 26, ACK)


@made
def fragments_novak(out):
    """The same pattern as fragments of one datagram, eight bytes a letter; Novak, Target-Based Fragmentation Reassembly (2005)."""
    pieces = ((1, "AAA"), (5, "BB"), (7, "CCC"), (11, "D"), (14, "EE"), (16, "FFF"), (19, "GG"), (21, "HH"), (23, "I"), (2, "JJJJ"), (7, "KKK"),
              (10, "LLL"), (13, "MMM"), (17, "N"), (20, "O"), (21, "P"), (23, "QQ"))
    for at, text in pieces:
        out.put(ether(ip4(CLIENT, SERVER, 17, b"".join(bytes([ord(c)]) * 8 for c in text), 77, at | (0 if text == "QQ" else 0x2000))))
    out.put(ether(ip4(CLIENT, SERVER, 17, struct.pack("!HHHH", 4000, 7777, 8 * 25, 0), 77, 0x2000)))


@made
def other_data_after_ack(out):
    """The same numbers with other bytes, once the first ones are acknowledged."""
    t = Talk(out)
    t.open()
    t.data("c", 1, 1, GET)
    t.put("s", 1, 1 + len(GET), ACK)
    t.data("c", 1, 1, GET.replace(b"secret", b"public"))
    t.data("s", 1, 1 + len(GET), OK)
    t.close(1 + len(GET), 1 + len(OK))


@made
def other_data_before_ack(out):
    """Harmless bytes first, others before anything is acknowledged, the begin last."""
    t = Talk(out)
    t.open()
    t.data("c", 6, 1, GET.replace(b"secret", b"public")[5:])
    t.data("c", 6, 1, GET[5:])
    t.data("c", 1, 1, GET[:5])
    t.data("s", 1, 1 + len(GET), OK)
    t.close(1 + len(GET), 1 + len(OK))


@made
def overlap_passed(out):
    """A word in a stream nobody parses, of which two bytes are sent again as others: passed on the first time, the word in the second."""
    t = Talk(out, port=7777)
    t.open()
    t.data("c", 1, 1, b"say EVxx now")
    t.data("c", 7, 1, b"IL")
    t.put("s", 1, 13, ACK)
    t.data("c", 13, 1, b", then")
    t.close(19, 1)


@made
def overlap_waiting(out):
    """The same behind a hole, from the server: none of it is passed on when the second one comes."""
    t = Talk(out, port=7777)
    t.open()
    t.data("s", 7, 1, b"xx now")
    t.data("s", 7, 1, b"IL now")
    t.data("s", 1, 1, b"say EV")
    t.put("c", 1, 13, ACK)
    t.close(1, 13)


@made
def overlap_in_body(out):
    """The body of a response, in which a piece is sent again with other bytes."""
    t = Talk(out)
    body = b"0123456789" + EICAR + b"0123456789"
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n" % len(body)
    t.open()
    t.data("c", 1, 1, GET)
    at, seq = body.index(b"ANTIVIRUS"), 1 + len(head)
    t.data("s", 1, 1 + len(GET), head + body[:at])
    t.data("s", seq + at, 1 + len(GET), b"harmless." + body[at + 9:-1])
    t.data("s", seq + at, 1 + len(GET), body[at:at + 9])
    t.data("s", seq + len(body) - 1, 1 + len(GET), body[-1:])
    t.put("c", 1 + len(GET), seq + len(body), ACK)
    t.close(1 + len(GET), seq + len(body))


@made
def overlap_equal(out):
    """Near miss: bytes that are sent again as they were."""
    t = Talk(out, port=7777)
    t.open()
    t.data("c", 1, 1, b"say EVxx now")
    t.data("c", 7, 1, b"xx")
    t.data("c", 13, 1, b", then")
    t.close(19, 1)


@made
def overlap_often(out):
    """A hundred places with another byte, farther apart than what is shown around them."""
    t = Talk(out, port=7777)
    t.open()
    for i in range(100):
        t.data("c", 1 + 1300 * i, 1, b"a" * 1300)
        t.data("c", 1 + 1300 * i + 7, 1, b"b")
        t.put("s", 1, 1 + 1300 * (i + 1), ACK)
    t.close(1 + 130000, 1)


# --- what receivers drop

@made
def ttl_insertion(out):
    """A segment that dies before the server, then the real one."""
    t = Talk(out)
    t.open()
    t.data("c", 1, 1, GET[:5])
    t.data("c", 6, 1, GET.replace(b"secret", b"public")[5:], ttl=3)
    t.data("c", 6, 1, GET[5:])
    t.data("s", 1, 1 + len(GET), OK)
    t.close(1 + len(GET), 1 + len(OK))


@made
def checksum_insertion(out):
    """A segment with a wrong checksum, then the real one."""
    t = Talk(out)
    t.open()
    t.data("c", 1, 1, GET[:5])
    t.data("c", 6, 1, GET.replace(b"secret", b"public")[5:], bad=True)
    t.data("c", 6, 1, GET[5:])
    t.data("s", 1, 1 + len(GET), OK)
    t.close(1 + len(GET), 1 + len(OK))


@made
def paws(out):
    """A segment with an old timestamp, then the real one (RFC 7323 5)."""
    def stamp(v, e):
        return struct.pack("!BBBBII", 1, 1, 8, 10, v, e)
    t = Talk(out)
    t.put("c", 0, 0, SYN, options=stamp(1000, 0))
    t.put("s", 0, 1, SYN | ACK, options=stamp(5000, 1000))
    t.put("c", 1, 1, ACK, options=stamp(1001, 5000))
    t.data("c", 1, 1, GET[:5], options=stamp(1002, 5000))
    t.data("c", 6, 1, GET.replace(b"secret", b"public")[5:], options=stamp(10, 5000))
    t.data("c", 6, 1, GET[5:], options=stamp(1003, 5000))
    t.data("s", 1, 1 + len(GET), OK, options=stamp(5001, 1003))


@made
def out_of_window(out):
    """A byte far out, and a window that shrinks."""
    t = Talk(out)
    t.open()
    t.data("c", 1, 1, GET[:5])
    t.data("c", 500000, 1, b"X")
    t.put("s", 1, 6, ACK, window=2)
    t.data("c", 6, 1, GET[5:])
    t.data("s", 1, 1 + len(GET), OK)
    t.close(1 + len(GET), 1 + len(OK))


@made
def far_ack(out):
    """A forged acknowledgement of what was never sent, to have the bytes behind it passed over."""
    t = Talk(out)
    t.open()
    t.data("c", 1, 1, GET[:5])
    t.put("s", 1, 700000, ACK)
    t.data("c", 6, 1, GET[5:])
    t.data("s", 1, 1 + len(GET), OK)
    t.close(1 + len(GET), 1 + len(OK))


@made
def no_ack_flag(out):
    """Data without ACK, which no host takes (RFC 9293 3.10.7.4), then the real ones."""
    t = Talk(out)
    t.open()
    t.put("c", 1, 1, PSH, GET.replace(b"secret", b"public"))
    t.data("c", 1, 1, GET)
    t.data("s", 1, 1 + len(GET), OK)


@made
def forged_rst(out):
    """Resets that no host takes, or that only the sensor sees; the connection goes on."""
    t = Talk(out)
    t.open()
    t.put("s", 5000000, 1, RST | ACK)
    t.put("c", 1, 0, RST, ttl=3)
    t.data("c", 1, 1, GET)
    t.data("s", 1, 1 + len(GET), OK)
    t.close(1 + len(GET), 1 + len(OK))


@made
def rst_with_data(out):
    t = Talk(out)
    t.open()
    t.data("c", 1, 1, GET)
    t.put("s", 1, 1 + len(GET), RST | ACK, b"go away")


@made
def data_after_fin(out):
    """The end, and bytes behind it that are acknowledged: the end was not from the sender."""
    t = Talk(out)
    t.open()
    t.data("c", 1, 1, GET[:10])
    t.put("c", 11, 1, FIN | ACK)
    t.data("c", 11, 1, GET[10:])
    t.data("s", 1, 1 + len(GET), OK)


@made
def urgent_byte(out):
    """An urgent byte in the target: most hosts take it out, some leave it in (RFC 6093)."""
    t = Talk(out)
    t.open()
    sent = GET.replace(b"/secret", b"/seXcret")
    t.data("c", 1, 1, sent[:7])
    t.put("c", 8, 1, PSH | ACK | URG, sent[7:8], urgent=1)
    t.data("c", 9, 1, sent[8:])
    t.data("s", 1, 1 + len(sent), OK)
    t.close(1 + len(sent), 1 + len(OK))


# --- handshakes

@made
def syn_data_accepted(out):
    """Fast open (RFC 7413): the server acknowledges the data on the SYN."""
    t = Talk(out)
    t.put("c", 0, 0, SYN, GET[:10], options=bytes([34, 10]) + b"cookie!!")
    t.put("s", 0, 11, SYN | ACK)
    t.data("c", 11, 1, GET[10:])
    t.data("s", 1, 1 + len(GET), OK)


@made
def syn_data_ignored(out):
    """The server acknowledges the SYN alone: its data, which differ, were never read."""
    t = Talk(out)
    t.put("c", 0, 0, SYN, GET.replace(b"secret", b"public"))
    t.put("s", 0, 1, SYN | ACK)
    t.data("c", 1, 1, GET)
    t.data("s", 1, 1 + len(GET), OK)


@made
def syn_ack_data(out):
    """Data on the SYN-ACK: a server that speaks first."""
    t = Talk(out, port=7777)
    t.put("c", 0, 0, SYN)
    t.put("s", 0, 1, SYN | ACK, b"EVIL banner")
    t.put("c", 1, 12, ACK)
    t.close(1, 12)


@made
def split_handshake(out):
    """Four-way: the server answers the SYN with an ACK and a SYN of its own (Beardsley and Qian, 2010)."""
    t = Talk(out)
    t.put("c", 0, 0, SYN)
    t.put("s", 0, 1, ACK)
    t.put("s", 0, 0, SYN)
    t.put("c", 0, 1, SYN | ACK)
    t.put("s", 1, 1, ACK)
    t.data("c", 1, 1, GET)
    t.data("s", 1, 1 + len(GET), OK)
    t.close(1 + len(GET), 1 + len(OK))


@made
def simultaneous_open(out):
    """Both send a SYN (RFC 9293 figure 7)."""
    t = Talk(out)
    t.put("c", 0, 0, SYN)
    t.put("s", 0, 0, SYN)
    t.put("c", 0, 1, SYN | ACK)
    t.put("s", 0, 1, SYN | ACK)
    t.data("c", 1, 1, GET)
    t.data("s", 1, 1 + len(GET), OK)
    t.close(1 + len(GET), 1 + len(OK))


# --- below

@made
def tiny_fragments(out):
    """A request in fragments of eight bytes, last first."""
    t = Talk(out)
    t.open()
    whole = t.packet("c", 1, 1, PSH | ACK, GET)
    payload = whole[20:]
    parts = [(i, payload[i:i + 8]) for i in range(0, len(payload), 8)]
    for i, part in parts[::-1]:
        out.put(ether(ip4(CLIENT, SERVER, 6, part, 4242, i // 8 | (0x2000 if i + 8 < len(payload) else 0))))
    t.data("s", 1, 1 + len(GET), OK)


@made
def ipv6_chain(out):
    """TCP behind hop-by-hop options, routing, destination options and an atomic fragment header."""
    options = b"\1\4\0\0\0\0"
    chain = lambda next_header: (bytes([43, 0]) + options + bytes([60, 0, 4, 0, 0, 0, 0, 0]) + bytes([44, 0]) + options +
                                 bytes([next_header, 0, 0, 0, 0, 0, 0, 9]))
    isn = {"c": 1000, "s": 2000}
    for side, seq, ack, flags, data in (("c", 0, 0, SYN, b""), ("s", 0, 1, SYN | ACK, b""), ("c", 1, 1, ACK, b""), ("c", 1, 1, PSH | ACK, GET),
                                        ("s", 1, 1 + len(GET), PSH | ACK, OK)):
        src, dst, ports = (C6, S6, (40000, 80)) if side == "c" else (S6, C6, (80, 40000))
        other = "s" if side == "c" else "c"
        seg = tcp_bytes(src, dst, *ports, isn[side] + seq, isn[other] + ack if flags & ACK else 0, flags, data)
        out.put(ether(ip6(src, dst, 0, chain(6) + seg) if side == "c" else ip6(src, dst, 6, seg)))


@made
def icmpv6_small_mtu(out):
    """Packet Too Big (RFC 4443 3.2) with an MTU no link may have, and, the near miss, with the smallest one."""
    for mtu in (1279, 1280):
        icmp = struct.pack("!BBHI", 2, 0, 0, mtu) + ip6(S6, C6, 17, udp(4000, 7777, bytes(40)))
        pseudo = C6 + S6 + struct.pack("!IHBB", len(icmp), 0, 0, 58)
        icmp = icmp[:2] + struct.pack("!H", checksum(pseudo + icmp)) + icmp[4:]
        out.put(ether(ip6(C6, S6, 58, icmp)))


@made
def nested_tunnels(out):
    """A datagram in five IP-in-IP tunnels, which is read, and one in forty, which is too deep."""
    for depth in (5, 40):
        p = ip4(CLIENT, SERVER, 17, udp(4000, 7777, b"EVIL %d" % depth))
        for _ in range(depth):
            p = ip4(CLIENT, SERVER, 4, p)
        out.put(ether(p))


# --- HTTP

def ask(out, turns, **how):
    out.talk(turns, **how)


def smuggle(out, head, body, answers=1):
    ask(out, [("c", request("/", "Host: h.example\r\n" + head, "POST", body))] + [("s", OK)] * answers)


HIDDEN = b"GET /hidden HTTP/1.1\r\nHost: h.example\r\n\r\n"


@made
def smuggle_cl_te(out):
    """Front end by Content-Length, back end by chunks: what follows the last chunk is a request."""
    body = b"0\r\n\r\n" + HIDDEN
    smuggle(out, f"Content-Length: {len(body)}\r\nTransfer-Encoding: chunked\r\n", body, 2)


@made
def smuggle_te_cl(out):
    """Front end by chunks, back end by a Content-Length that ends before the chunk does."""
    chunk = b"%x\r\n" % len(HIDDEN)
    smuggle(out, f"Content-Length: {len(chunk)}\r\nTransfer-Encoding: chunked\r\n", chunk + HIDDEN + b"\r\n0\r\n\r\n", 1)


@made
def smuggle_cl_zeros(out):
    smuggle(out, "Content-Length: 0003\r\n", b"abc" + HIDDEN, 2)


@made
def smuggle_cl_twice(out):
    smuggle(out, "Content-Length: 3\r\nContent-Length: %d\r\n" % (3 + len(HIDDEN)), b"abc" + HIDDEN, 2)


@made
def smuggle_cl_list(out):
    smuggle(out, "Content-Length: 3, 3\r\n", b"abc" + HIDDEN, 2)


@made
def smuggle_cl_plus(out):
    smuggle(out, "Content-Length: +3\r\n", b"abc" + HIDDEN, 2)


@made
def smuggle_te_folded(out):
    smuggle(out, "Transfer-Encoding:\r\n chunked\r\n", b"3\r\nabc\r\n0\r\n\r\n" + HIDDEN, 2)


@made
def smuggle_te_odd(out):
    smuggle(out, "Transfer-Encoding: xchunked\r\nContent-Length: 5\r\n", b"0\r\n\r\n" + HIDDEN, 2)


@made
def smuggle_te_10(out):
    ask(out, [("c", request("/", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "POST", b"0\r\n\r\n" + HIDDEN, "HTTP/1.0")), ("s", OK),
              ("s", OK)])


@made
def smuggle_chunk_extension(out):
    smuggle(out, "Transfer-Encoding: chunked\r\n", b"3;a\nb\r\nabc\r\n0\r\n\r\n" + HIDDEN, 2)


@made
def smuggle_space_before_colon(out):
    smuggle(out, "Content-Length : 3\r\n", b"abc" + HIDDEN, 2)


@made
def trailers(out):
    smuggle(out, "Transfer-Encoding: chunked\r\nTrailer: X-Note\r\n", b"3\r\nabc\r\n0\r\nX-Note: EVIL\r\nContent-Length: 9\r\n\r\n" + HIDDEN, 2)


@made
def pipelined(out):
    ask(out, [("c", b"".join(request(f"/{i}") for i in range(40))), ("s", OK * 40)], cut=700)


def answer(out, coding, body):
    ask(out, [("c", request("/eicar.txt")),
              ("s", b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Encoding: %s\r\nContent-Length: %d\r\n\r\n" % (coding, len(body)) + body)],
        cut=61)


EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


@made
def coding_brotli(out):
    """Meta-blocks without compression (RFC 7932 9.2)."""
    bits = (0 | (len(EICAR) - 1) << 3 | 1 << 19) << 1
    answer(out, b"br", bits.to_bytes(3, "little") + EICAR + b"\x03")


@made
def coding_zstd(out):
    """One raw block (RFC 8878 3.1.1): single segment, one byte of content size."""
    block = (len(EICAR) << 3 | 1).to_bytes(3, "little")
    answer(out, b"zstd", bytes.fromhex("28b52ffd20") + bytes([len(EICAR)]) + block + EICAR)


@made
def coding_compress(out):
    """Codes of nine bits, each a byte; the table is never used (LZW of compress(1))."""
    v = n = 0
    for c in EICAR:
        v |= c << n
        n += 9
    answer(out, b"compress", b"\x1f\x9d\x89" + v.to_bytes((n + 7) // 8, "little"))


@made
def coding_lzma(out):
    answer(out, b"lzma", lzma.compress(EICAR, lzma.FORMAT_ALONE))


@made
def coding_xz(out):
    answer(out, b"xz", lzma.compress(EICAR))


@made
def coding_stack(out):
    answer(out, b"deflate, gzip, br", (lambda b: ((0 | (len(b) - 1) << 3 | 1 << 19) << 1).to_bytes(3, "little") + b + b"\x03")(
        gzip.compress(zlib.compress(EICAR), mtime=0)))


@made
def coding_bomb(out):
    """8 MiB of zeros in gzip in gzip."""
    answer(out, b"gzip, gzip", gzip.compress(gzip.compress(bytes(8 << 20), mtime=0), mtime=0))


@made
def java_in_chunks(out):
    """The begin of a serialised Java object, cut so that no chunk and no segment holds the whole of its magic and class name."""
    body = bytes.fromhex("aced0005") + b"sr\0\x16example.NothingAtAllXX" + bytes(8)
    chunks = b"".join(b"1\r\n" + body[i:i + 1] + b"\r\n" for i in range(len(body))) + b"0\r\n\r\n"
    ask(out, [("c", request("/invoker", "Host: h.example\r\nTransfer-Encoding: chunked\r\n", "POST", chunks)), ("s", OK)], cut=1)


@made
def multipart_names(out):
    """File names in every way: quoted, bare, RFC 5987, twice, with a path, with an escaped quote."""
    names = ['filename="a.aspx"', "filename=b.aspx", "filename*=utf-8''c%2Easpx", 'filename="x.txt"; filename="d.aspx"',
             'filename="C:\\\\e.aspx"', 'filename="f\\".aspx"', "FileName = g.aspx"]
    body = b"".join(f'--b\r\nContent-Disposition: form-data; name="u{i}"; {n}\r\n\r\nEVIL\r\n'.encode() for i, n in enumerate(names)) + b"--b--\r\n"
    ask(out, [("c", request("/up", f"Host: h.example\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: {len(body)}\r\n", "POST",
                            body)), ("s", OK)])


@made
def polyglot(out):
    """A JPEG with text behind its end marker."""
    body = bytes.fromhex("ffd8ffe000104a46494600010100000100010000") + bytes(300) + b"\xff\xd9" + EICAR
    ask(out, [("c", request("/picture.jpg")), ("s", b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(body) + body)],
        cut=100)


@made
def h2c_on_odd_port(out):
    """HTTP/2 without TLS and without upgrade: preface and an empty SETTINGS frame."""
    ask(out, [("c", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes.fromhex("000000040000000000")), ("s", bytes.fromhex("000000040000000000"))],
        port=7777)


def uri(out, target):
    ask(out, [("c", request(target)), ("s", OK)])


@made
def uri_forms(out):
    """The URI matrix, in conversations of our own."""
    for target in ("/WebInterface/function/", "/%57eb%49nterface/function/", "/WebInterface//function/", "/WebInterface/./function/",
                   "/x/../WebInterface/function/", "/WebInterface/%2566unction/", "/WebInterface/%u0066unction/", "/WebInterface\\function/",
                   "/WebInterface%2ffunction/", "/WebInterface%5cfunction/", "/WebInterface/%c1%a6unction/", "/WebInterface;a=b/function/",
                   "/WebInterface/function;jsessionid=1/", "http://h.example/WebInterface/function/", "/x/..;/WebInterface/function/",
                   "/x/%2e%2e;/WebInterface/function/", "/%252e%252e/WebInterface/function/", "/WebInterface/function/?q=set%2555ser"):
        uri(out, target)


@made
def nul_in_path(out):
    uri(out, "/a.aspx%00.jpg?x=%2541")


# --- resources in pieces (RFC 9110 14)

TEXT = b"0123456789" + EICAR + b"0123456789"	# both cuts below go through what rules look for
CUT = (0, 30, 60, len(TEXT))


def partial(first, data, total=len(TEXT), more=""):
    return (f"HTTP/1.1 206 Partial Content\r\nContent-Type: application/octet-stream\r\n{more}"
            f"Content-Range: bytes {first}-{first + len(data) - 1}/{total}\r\nContent-Length: {len(data)}\r\n\r\n").encode() + data


def ask_range(first, data, target="/file.bin"):
    return request(target, f"Host: h.example\r\nRange: bytes={first}-{first + len(data) - 1}\r\n")


def pieces(text, order=(0, 1, 2)):
    """Place and bytes of the pieces, in that order."""
    return [(CUT[i], text[CUT[i]:CUT[i + 1] if i < 2 else len(text)]) for i in order]


def fetch(out, parts, total=len(TEXT), more="", target="/file.bin"):
    """The pieces, one after the other, in one connection."""
    turns = []
    for first, data in parts:
        turns += [("c", ask_range(first, data, target)), ("s", partial(first, data, total, more))]
    ask(out, turns)


@made
def ranges(out):
    """One file in three responses over three connections, the middle one last."""
    for i, (first, data) in enumerate(pieces(TEXT, (0, 2, 1))):
        t = Talk(out, client_port=40001 + i)
        q, a = ask_range(first, data), partial(first, data)
        t.open()
        t.data("c", 1, 1, q)
        t.data("s", 1, 1 + len(q), a)
        t.close(1 + len(q), 1 + len(a))


@made
def ranges_in_order(out):
    fetch(out, pieces(TEXT))


@made
def ranges_gzip(out):
    """Ranges of a compressed representation (RFC 9110 14.1): only the whole can be read."""
    packed = gzip.compress(TEXT, mtime=0)
    fetch(out, pieces(packed), len(packed), "Content-Encoding: gzip\r\n")


@made
def ranges_multipart(out):
    """All pieces in one response, the last one first (RFC 9110 14.6)."""
    body = b"".join(b"--B\r\nContent-Type: text/plain\r\nContent-Range: bytes %d-%d/%d\r\n\r\n" % (first, first + len(data) - 1, len(TEXT)) + data +
                    b"\r\n" for first, data in pieces(TEXT, (2, 0, 1))) + b"--B--\r\n"
    ask(out, [("c", request("/file.bin", "Host: h.example\r\nRange: bytes=60-87,0-29,30-59\r\n")),
              ("s", b"HTTP/1.1 206 Partial Content\r\nContent-Type: multipart/byteranges; boundary=B\r\nContent-Length: %d\r\n\r\n" % len(body) +
               body)], cut=50)


@made
def ranges_hole(out):
    """The first byte is never asked for."""
    fetch(out, [(first + 1, data[1:]) if first == 0 else (first, data) for first, data in pieces(TEXT)])


@made
def ranges_overlap(out):
    """Pieces that overlap: first with equal bytes, then with others, which a client writes over the first ones."""
    fetch(out, [(0, TEXT[:40]), (30, TEXT[30:50]), (50, b"?" * 30), (50, TEXT[50:])])


@made
def ranges_upload(out):
    """A file sent in pieces (RFC 9110 14.5), as upload sessions do."""
    turns = []
    for first, data in pieces(TEXT):
        head = f"Host: h.example\r\nContent-Range: bytes {first}-{first + len(data) - 1}/{len(TEXT)}\r\nContent-Length: {len(data)}\r\n"
        turns += [("c", request("/upload/7", head, "PUT", data)), ("s", OK)]
    ask(out, turns)


@made
def ranges_of_others(out):
    """Pieces that do not belong together: two resources, and two clients."""
    first, second, third = pieces(TEXT)
    ask(out, [("c", ask_range(*first, "/a.bin")), ("s", partial(*first)), ("c", ask_range(*second, "/b.bin")), ("s", partial(*second)),
              ("c", ask_range(*third, "/c.bin")), ("s", partial(*third))])
    for i, (first, data) in enumerate(pieces(TEXT)):
        t = Talk(out, base=(bytes([10, 9, 0, 10 + i]), SERVER))
        q, a = ask_range(first, data, "/d.bin"), partial(first, data)
        t.open()
        t.data("c", 1, 1, q)
        t.data("s", 1, 1 + len(q), a)
        t.close(1 + len(q), 1 + len(a))


@made
def ranges_odd(out):
    """206 that nobody asked for, without Content-Range, with one that makes no sense; and one to a 200, which is read all the same."""
    first, second, third = pieces(TEXT)
    none = b"HTTP/1.1 206 Partial Content\r\nContent-Length: 2\r\n\r\nok"
    bad = none.replace(b"Content-Length", b"Content-Range: bytes 9-3/20\r\nContent-Length")
    ask(out, [("c", request("/a")), ("s", partial(*first)), ("c", ask_range(0, b"ok", "/b")), ("s", none), ("c", ask_range(0, b"ok", "/c")), ("s", bad),
              ("c", ask_range(*second, "/a")), ("s", partial(*second).replace(b"206 Partial Content", b"200 OK")),
              ("c", ask_range(*third, "/a")), ("s", partial(*third))])


# --- forms, XML and JSON in charsets that are no relatives of ASCII

SERVER2 = bytes([10, 8, 0, 2])


def post(kind, body, target="/service"):
    return request(target, f"Host: h.example\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n", "POST", body)


def xml(kind, charset, text, mark=b""):
    return post(kind, mark + text.encode(charset))


DTD = '<?xml version="1.0" encoding="%s"?><!DOCTYPE r SYSTEM "http://10.8.0.2/r.dtd"><r>EVIL</r>'


@made
def form_charsets(out):
    """A parameter in UTF-16, UTF-7, UTF-32 and EBCDIC: escapes of the charset's bytes, or the whole body in it (as ASP.NET reads both)."""
    for charset, python in (("utf-16", "utf-16-le"), ("ibm037", "cp037"), ("utf-32", "utf-32-le"), ("utf-7", "utf-7")):
        word = "".join("%%%02x" % c for c in "/etc/passwd".encode(python))
        name = "".join("%%%02x" % c for c in "file".encode(python))
        ask(out, [("c", post(f"application/x-www-form-urlencoded; charset={charset}", f"{name}={word}".encode())), ("s", OK)])
    ask(out, [("c", post("application/x-www-form-urlencoded; charset=utf-16", "file=%2fetc%2fpasswd".encode("utf-16-le"))), ("s", OK)])


@made
def form_charset_other(out):
    """Near miss: the same bytes as a form in UTF-8 are something else."""
    word = "".join("%%%02x" % c for c in "/etc/passwd".encode("cp037"))
    ask(out, [("c", post("application/x-www-form-urlencoded; charset=utf-8", f"file={word}".encode())), ("s", OK)])


def callback(out, client, server):
    out.talk([("c", request("/r.dtd", "Host: 10.8.0.2\r\nUser-Agent: Java/1.8.0_202\r\n")), ("s", OK)], client=client, server=server)


@made
def xml_charsets(out):
    """XML with an external DTD, in every charset a parser knows by its first bytes, its declaration or its type; the last time the server
    fetches the DTD."""
    for kind, python, name, mark in (("text/xml", "utf-16-le", "utf-16", b"\xff\xfe"), ("text/xml", "utf-16-be", "utf-16", b"\xfe\xff"),
                                     ("text/xml", "utf-16-le", "utf-16le", b""), ("text/xml", "utf-16-be", "utf-16be", b""),
                                     ("text/xml", "utf-32-le", "utf-32", b"\xff\xfe\0\0"), ("text/xml", "utf-32-be", "utf-32", b""),
                                     ("text/xml", "cp037", "ibm037", b""), ("text/xml", "cp500", "ibm500", b""),
                                     ("application/soap+xml; charset=ibm500", "cp500", "none", b""),
                                     ("text/xml; charset=\"utf-16\"", "utf-16-le", "utf-16", b"")):
        ask(out, [("c", xml(kind, python, DTD % name, mark)), ("s", OK)], cut=3)
    utf7 = (DTD % "utf-7").encode().replace(b'?><!DOCTYPE', b'?>+ADwAIQ-DOCTYPE').replace(b">EVIL<", b">+AEU-VIL<")
    ask(out, [("c", post("text/xml", utf7)), ("s", OK)], cut=7)
    callback(out, SERVER, SERVER2)


@made
def xml_charsets_near(out):
    """Near misses: XML in UTF-16 without DTD, its first bytes in the middle of a binary body; and a fetch by another host."""
    ask(out, [("c", xml("text/xml", "utf-16-le", '<?xml version="1.0"?><r>fine</r>', b"\xff\xfe")), ("s", OK)])
    ask(out, [("c", post("application/octet-stream", b"\0\1\2\3" + (DTD % "utf-16").encode("utf-16-le"))), ("s", OK)])
    callback(out, CLIENT, SERVER2)


@made
def json_utf16(out):
    """JSON in UTF-16 without a mark (RFC 4627 3), and a script in UTF-16 with one, from the server."""
    ask(out, [("c", post("application/json", '{"cmd": "EVIL"}'.encode("utf-16-be"))), ("s", OK)])
    script = b"\xff\xfe" + "Invoke-EVIL -Now\r\n".encode("utf-16-le")
    ask(out, [("c", request("/a.ps1")), ("s", b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n" % len(script) + script)], cut=9)


# --- several connections and hosts

def race(out, cookies):
    """Two requests to one path over two connections at once."""
    talks = []
    for i, cookie in enumerate(cookies):
        t = Talk(out, port=8080, client_port=41000 + i)
        as2 = "AS2-TO: \\nobody\r\nContent-Type: disposition-notification\r\n" if i == 0 else "Content-Type: application/x-www-form-urlencoded\r\n"
        q = request("/WebInterface/function/", f"Host: h.example\r\n{as2}Cookie: CrushAuth={cookie}; currentAuth=1a2b\r\nContent-Length: 4\r\n",
                    "POST", b"a=b&")
        t.open()
        talks.append((t, q))
    for t, q in talks:
        t.data("c", 1, 1, q[:40])
    for t, q in talks:
        t.data("c", 41, 1, q[40:])
    for t, q in talks:
        t.data("s", 1, 1 + len(q), OK)
        t.close(1 + len(q), 1 + len(OK))


@made
def as2_race(out):
    """A request with AS2-TO and one without, over two connections with the same cookie (CVE-2025-54309); its form is empty."""
    race(out, ("1753092000000_abc", "1753092000000_abc"))


@made
def as2_race_near(out):
    """Near miss: two sessions."""
    race(out, ("1753092000000_abc", "1753092000000_xyz"))


DRSUAPI = bytes.fromhex("3542 51e3 064b d111 ab04 00c0 4fc2 dcd2".replace(" ", ""))	# e3514235-4b06-11d1-ab04-00c04fc2dcd2, little-endian
NDR = bytes.fromhex("045d888aeb1cc9119fe808002b104860")	# transfer syntax 8a885d04-1ceb-11c9-9fe8-08002b104860


def pdu(kind, call, body):
    """A PDU of DCE/RPC 5.0 (C706 12.6): little-endian, one fragment."""
    return struct.pack("<BBBB4sHHI", 5, 0, kind, 3, b"\x10\0\0\0", 16 + len(body), 0, call) + body


def rpc(out, opnum, client=CLIENT):
    """Bind to DRSUAPI and one request; the stub is zeros."""
    bind = struct.pack("<HHIB3xHBx", 4280, 4280, 0, 1, 0, 1) + DRSUAPI + struct.pack("<I", 4) + NDR + struct.pack("<I", 2)
    call = struct.pack("<IHH", 64, 0, opnum) + bytes(64)
    out.talk([("c", pdu(11, 1, bind)), ("s", pdu(12, 1, bytes(40))), ("c", pdu(0, 2, call)), ("s", pdu(2, 2, bytes(24)))], port=49155, client=client)


@made
def drsuapi(out):
    """DRSGetNCChanges (opnum 3 of DRSUAPI, MS-DRSR 4.1.10) asked by a host that is no domain controller."""
    rpc(out, 3)


@made
def drsuapi_near(out):
    """Near misses: DRSCrackNames (opnum 12), and opnum 3 by a domain controller."""
    rpc(out, 12)
    rpc(out, 3, bytes([10, 8, 0, 9]))


def smb2(command, body, tree=0):
    return struct.pack("<4sHHIHHIIQIIQ16s", b"\xfeSMB", 64, 0, 0, command, 1, 0, 0, 1, 0, tree, 7, b"") + body


def netbios(b):
    return struct.pack("!I", len(b)) + b


def sysvol(out, servers):
    """One client opens a policy's scheduled tasks for writing on each server (MS-SMB2 2.2.9 tree connect, 2.2.13 create)."""
    path = "corp.example\\Policies\\{31B2F340-016D-11D2-945F-00C04FB984F9}\\Machine\\Preferences\\ScheduledTasks\\ScheduledTasks.xml".encode("utf-16-le")
    for i in range(servers):
        share = f"\\\\dc{i}\\SYSVOL".encode("utf-16-le")
        tree = smb2(3, struct.pack("<HHHH", 9, 0, 72, len(share)) + share)
        create = smb2(5, struct.pack("<HBBIQQIIIIIHHII", 57, 0, 0, 2, 0, 0, 0x40000000, 0, 7, 5, 0, 120, len(path), 0, 0) + path, 1)
        out.talk([("c", netbios(tree)), ("s", netbios(smb2(3, bytes(16)))), ("c", netbios(create)), ("s", netbios(smb2(5, bytes(88))))], port=445,
                 client=CLIENT, server=bytes([10, 8, 1, i]))


@made
def sysvol_writes(out):
    sysvol(out, 6)


@made
def sysvol_writes_near(out):
    """Near miss: one domain has a few controllers."""
    sysvol(out, 3)


RDP = bytes.fromhex("0300002b26e00000000000") + b"Cookie: mstshash=user\r\n" + bytes.fromhex("0100080003000000")


def tunnel_and_rdp(out, rdp_to):
    """A long talk with one VPN server (WireGuard's first message: type 1, 148 bytes), then RDP (MS-RDPBCGR 2.2.1.1)."""
    vpn = bytes([203, 0, 113, 7])
    out.put(ether(ip4(CLIENT, vpn, 17, udp(51820, 51820, b"\1\0\0\0" + bytes(range(144))))))
    out.put(ether(ip4(vpn, CLIENT, 17, udp(51820, 51820, b"\2\0\0\0" + bytes(range(88))))))
    out.talk([("c", RDP), ("s", bytes.fromhex("030000130ed000001234000209080002000000"))], port=3389, server=rdp_to)


@made
def rdp_beside_vpn(out):
    """RDP that leaves the host beside its tunnel."""
    tunnel_and_rdp(out, bytes([198, 51, 100, 4]))


@made
def rdp_beside_vpn_near(out):
    """Near miss: RDP to a host of the own network."""
    tunnel_and_rdp(out, bytes([10, 8, 0, 5]))


# --- WebSocket

def frame(opcode, payload, mask=None, rsv=0):
    head = bytes([0x80 | rsv | opcode])
    bit = 0x80 if mask else 0
    head += bytes([bit | len(payload)]) if len(payload) < 126 else bytes([bit | 126]) + struct.pack("!H", len(payload))
    if mask:
        head += mask
        payload = bytes(c ^ mask[i % 4] for i, c in enumerate(payload))
    return head + payload


def upgrade(extensions=b""):
    """The two heads of a handshake (RFC 6455 1.3); extensions: the line about them."""
    q = (b"GET /terminals/websocket/1 HTTP/1.1\r\nHost: h.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: "
         b"dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n" + extensions + b"\r\n")
    a = (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
         b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" + extensions + b"\r\n")
    return [("c", q), ("s", a)]


def open_websocket(out, client_port):
    """A connection behind its handshake, and the next sequence numbers of both sides."""
    t = Talk(out, client_port=client_port)
    q, a = (data for _, data in upgrade())
    t.open()
    t.data("c", 1, 1, q)
    t.data("s", 1, 1 + len(q), a)
    t.put("c", 1 + len(q), 1 + len(a), ACK)
    return t, 1 + len(q), 1 + len(a)


DEFLATE = b"Sec-WebSocket-Extensions: permessage-deflate\r\n"
KEY = b"\x11\x22\x33\x44"


@made
def jupyter_keystrokes(out):
    """A terminal of Jupyter: every keystroke a message, masked and deflated with a window that goes on (RFC 7692), in odd segments."""
    c = zlib.compressobj(9, zlib.DEFLATED, -15)
    chance = random.Random(3)
    keys = b""
    for letter in "EVIL\r":
        text = ('["stdin", "%s"]' % letter.replace("\r", "\\r")).encode()
        packed = c.compress(text) + c.flush(zlib.Z_SYNC_FLUSH)
        keys += frame(1, packed[:-4], bytes(chance.randrange(256) for _ in range(4)), 0x40)
    ask(out, upgrade(DEFLATE) + [("c", keys), ("s", frame(1, b'["stdout", "EVIL\\r\\n"]'))], cut=5, port=8888)


@made
def websocket_frames(out):
    """Every oddity of framing, each in a connection of its own, and a word behind it."""
    def fin0(b):
        return bytes([b[0] & 0x7f]) + b[1:]

    evil = frame(1, b"EVIL", KEY)
    for odd in (frame(1, b"a", KEY, 0x20), frame(3, b"a", KEY), frame(9, b"p" * 126, KEY), fin0(frame(9, b"p", KEY)),
                b"\x81\xfe\0\1" + KEY + b"a", b"\x81\xff" + bytes(7) + b"\1" + KEY + b"a", frame(1, b"a"), frame(0, b"a", KEY),
                fin0(frame(1, b"a", KEY)) + frame(1, b"b", KEY)):
        ask(out, upgrade() + [("c", odd + evil)], cut=3)
    ask(out, upgrade() + [("s", frame(1, b"a", KEY)), ("c", evil)])
    ask(out, upgrade(DEFLATE) + [("c", frame(1, b"\xff\xff\xff", KEY, 0x40) + evil)])
    ask(out, upgrade() + [("c", frame(8, b"\x03\xe8", KEY) + evil)])
    ask(out, upgrade() + [("c", evil), ("s", b"\x81\x05ab")])
    ask(out, upgrade() + [("c", evil + b"\x81\xff\x80" + bytes(7) + KEY + b"a")])


@made
def websocket_cut(out):
    """Connections that end inside a frame: closed by the client first, by the server first, by a server whose client goes on."""
    for i, (side, cut) in enumerate((("c", frame(1, b"Ab", KEY)[:-1]), ("s", frame(1, b"Ab")[:1]), ("s", frame(1, b"Ab")[:-1]))):
        t, c, s = open_websocket(out, 40000 + i)
        t.data(side, c if side == "c" else s, s if side == "c" else c, cut)
        other, n = "sc"[side == "s"], len(cut)
        me, peer = (c, s) if side == "c" else (s, c)
        t.put(side, me + n, peer, FIN | ACK)
        t.put(other, peer, me + n + 1, ACK)
        if i == 2:
            more = frame(1, b"EVIL", KEY)
            t.data(other, peer, me + n + 1, more)
            peer += len(more)
        t.put(other, peer, me + n + 1, FIN | ACK)
        t.put(side, me + n + 1, peer + 1, ACK)


@made
def websocket_cut_not(out):
    """Near misses: closed behind a frame of a message that goes on, reset inside a frame, the capture ends inside one, and one that
    seems closed goes on."""
    cut = frame(1, b"Ab")[:-1]
    t, c, s = open_websocket(out, 40000)
    t.data("s", s, c, b"\x01\x01a")
    t.put("s", s + 3, c, FIN | ACK)
    t.put("c", c, s + 4, FIN | ACK)
    t.put("s", s + 4, c + 1, ACK)
    t, c, s = open_websocket(out, 40001)
    t.data("s", s, c, cut)
    t.put("s", s + len(cut), c, RST | ACK)
    t, c, s = open_websocket(out, 40002)
    t.data("s", s, c, cut)
    t.put("c", c, s + len(cut), ACK)
    t, c, s = open_websocket(out, 40003)
    t.data("s", s, c, cut)
    t.put("s", s + len(cut), c, FIN | ACK)
    t.data("s", s + len(cut), c, b"b")
    t.put("c", c, s + len(cut) + 1, ACK)


@made
def websocket_fragments(out):
    """A word in fragments of a byte, with pings between them."""
    frames = b""
    for i, c in enumerate(b"EVIL"):
        f = frame(1 if i == 0 else 0, bytes([c]), KEY)
        frames += (f if i == 3 else bytes([f[0] & 0x7f]) + f[1:]) + frame(9, b"ping", KEY)
    ask(out, upgrade() + [("c", frames)], cut=2)


# --- DNS

def question(name, kind=1, ident=1):
    return struct.pack("!HHHHHH", ident, 0x0100, 1, 0, 0, 0) + b"".join(bytes([len(x)]) + x for x in name.split(b".")) + struct.pack("!BHH", 0, kind, 1)


def datagram(out, payload, port=53, client=CLIENT):
    out.put(ether(ip4(client, SERVER, 17, udp(40000 + len(payload), port, payload))))


@made
def dns_names(out):
    """Names whose pointers lead round, forward, out of the message; labels of kinds nobody uses; too long; each with a good one behind."""
    head = struct.pack("!HHHHHH", 7, 0x0100, 2, 0, 0, 0)
    good = question(b"evil.example")[12:]
    for name in (b"\xc0\x0c", b"\1a\xc0\x10\1b\xc0\x0c", b"\xc0\x14", b"\xc3\xff", b"\x41a\0", b"\x81a\0", (b"\x3f" + b"a" * 63) * 4 + b"\0"):
        datagram(out, head + name + struct.pack("!HH", 1, 1) + good)
    datagram(out, b"\0\7\1\0\0\1\0\0\0")
    datagram(out, question(b"evil.example")[:-4])
    datagram(out, question(b"evil.example") + b"behind")


@made
def dns_over_tcp(out):
    """Three queries in one segment, one byte by byte, and one of 65,535 bytes, with a query behind it."""
    def message(b):
        return struct.pack("!H", len(b)) + b

    many = b"".join(message(question(b"q%d.example" % i, ident=i)) for i in range(3))
    out.talk([("c", many)], port=53)
    out.talk([("c", message(question(b"slow.example")))], port=53, cut=1)
    large = question(b"large.example")
    large = large[:10] + b"\0\1" + large[12:] + b"\0" + struct.pack("!HHIH", 65280, 1, 0, 65535 - len(large) - 11) + bytes(65535 - len(large) - 11)
    out.talk([("c", message(large) + message(question(b"behind.example")))], port=53)


# --- TLS

def client_hello(name=b"evil.example", more=b"", version=b"\3\3"):
    """A ClientHello with a server name, as a handshake message (RFC 8446 4.1.2)."""
    sni = struct.pack("!HHHBH", 0, len(name) + 5, len(name) + 3, 0, len(name)) + name
    body = version + bytes(range(32)) + b"\0" + b"\0\4\x13\1\x13\2" + b"\1\0" + struct.pack("!H", len(sni + more)) + sni + more
    return b"\1" + len(body).to_bytes(3, "big") + body


def record(b, kind=22, version=b"\3\1"):
    return bytes([kind]) + version + struct.pack("!H", len(b)) + b


@made
def tls_hello_in_records(out):
    """A hello in records of one byte, in segments of seven; and one in records of 64 with an empty one between them."""
    hello = client_hello()
    out.talk([("c", b"".join(record(hello[i:i + 1]) for i in range(len(hello))))], cut=7, port=443)
    hello = client_hello(b"second.example")
    out.talk([("c", (record(b"")).join(record(hello[i:i + 64]) for i in range(0, len(hello), 64)))], cut=1, port=443)


@made
def tls_hello_ssl2(out):
    """An SSL 2 hello that offers TLS 1.0 (RFC 5246 E.2): it has no place for a name."""
    body = b"\1\3\1\0\6\0\0\0\x10\0\0\x2f\0\0\x35" + bytes(range(16))
    out.talk([("c", struct.pack("!H", 0x8000 | len(body)) + body)], port=443)


@made
def tls_second_hello(out):
    """Two hellos of a client, nobody having asked for the second: with other names (what a rule should see is both)."""
    out.talk([("c", record(client_hello(b"harmless.example"))), ("c", record(client_hello(b"evil.example")))], port=443)


@made
def tls_odd_hellos(out):
    """A name twice, an extension that is too long, bytes behind the end, a record that is too long."""
    sni = struct.pack("!HHHBH", 0, 17, 15, 0, 12) + b"evil.example"
    out.talk([("c", record(client_hello(more=sni)))], port=443)
    out.talk([("c", record(client_hello(more=b"\0\x10\0\xff")))], port=443)
    hello = client_hello()
    hello = b"\1" + (len(hello) - 4 + 3).to_bytes(3, "big") + hello[4:] + b"xyz"
    out.talk([("c", record(hello))], port=443)
    out.talk([("c", record(client_hello()) + record(bytes(18433), 23))], port=443)


# --- urgent data

@made
def urgent_far(out):
    """An urgent pointer that reaches as far as it can, to a byte many segments behind."""
    t = Talk(out, port=7777)
    t.open()
    text = b"a" * 65531 + b"EV" + b"x" + b"IL"
    at = text.index(b"x")
    t.put("c", 1, 1, PSH | ACK | URG, text[:1000], urgent=at + 1)
    for i in range(1000, len(text), 1000):
        t.data("c", 1 + i, 1, text[i:i + 1000])
    t.put("s", 1, 1 + len(text), ACK)
    t.close(1 + len(text), 1)


@made
def urgent_long(out):
    """More than 64 KiB of urgent data: each of 70 segments ends with an urgent byte, and a word lies across two of them."""
    t = Talk(out, port=7777)
    t.open()
    size, text = 1000, bytearray(b"a" * 70000)
    for i in range(70):
        text[(i + 1) * size - 1] = ord("x")
    text[67 * size - 3:67 * size - 1] = b"EV"
    text[67 * size:67 * size + 2] = b"IL"
    for i in range(70):
        t.put("c", 1 + i * size, 1, PSH | ACK | URG, bytes(text[i * size:(i + 1) * size]), urgent=size)
        t.put("s", 1, 1 + (i + 1) * size, ACK)
    t.close(1 + len(text), 1)


def main():
    folder = sys.argv[1]
    for f in MADE:
        out = Pcap(os.path.join(folder, f.__name__.replace("_", "-") + ".pcap"))
        f(out)
        out.close()


if __name__ == "__main__":
    main()
