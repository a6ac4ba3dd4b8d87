#!/usr/bin/python3
"""Writes a capture (link type raw IP, 101, unless said) to standard output.

usage: make.py flows N      N datagrams, each a flow of its own
       make.py damaged      good datagrams, and between them IPv4 packets whose headers contradict themselves, all of one burst
       make.py joined N FILE ...
                            packets of those of the files that are pcap, little endian, microseconds, Ethernet: one file after the
                            other, 100 s apart, until there are N bytes; Ethernet
"""
import struct
import sys


def ipv4(proto, payload, dst=b"\x0a\x01\x00\x01", frag=0, ident=1):
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), ident, frag, 64, proto, 0, b"\x0a\x00\x00\x01", dst)
    s = sum(struct.unpack("!10H", head))
    while s >> 16:
        s = (s & 0xFFFF) + (s >> 16)
    return head[:10] + struct.pack("!H", s ^ 0xFFFF) + head[12:] + payload


def udp(port, payload=b"x", length=None):
    return struct.pack("!HHHH", 40000, port, 8 + len(payload) if length is None else length, 0) + payload


def flows(n):
    for i in range(n):
        yield ipv4(17, udp(9999), bytes([10, 1 + (i >> 16), i >> 8 & 255, i & 255]))


def damaged():
    tcp = struct.pack("!HHIIBBHHH", 40000, 80, 1, 0, 0x20, 2, 1024, 0, 0)	# data offset 2: 8 bytes
    yield ipv4(17, udp(9999))
    yield ipv4(6, tcp)
    yield ipv4(17, udp(9999))
    yield ipv4(6, tcp[:9])
    yield ipv4(17, udp(9999, length=3))
    yield ipv4(17, udp(9999)[:4])
    yield ipv4(17, b"x" * 20, frag=0x2000)	# not the last one and no multiple of 8
    yield ipv4(17, udp(9999))


def records(name):
    with open(name, "rb") as f:
        data = f.read()
    if data[:4] != b"\xd4\xc3\xb2\xa1" or data[20:24] != b"\x01\0\0\0":
        return
    at = 24
    while at + 16 <= len(data):
        sec, usec, cap, wire = struct.unpack_from("<IIII", data, at)
        yield sec, usec, wire, data[at + 16:at + 16 + cap]
        at += 16 + cap


def joined(size, files):
    captures = [c for c in (list(records(f)) for f in sorted(files)) if c]
    out = sys.stdout.buffer
    out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
    now = 1700000000
    while size > 0:
        for packets in captures:
            shift = now + 100 - packets[0][0]
            for sec, usec, wire, data in packets:
                now = max(now, sec + shift)
                out.write(struct.pack("<IIII", sec + shift, usec, len(data), wire) + data)
                size -= 16 + len(data)


def main():
    if sys.argv[1] == "joined":
        joined(int(sys.argv[2]), sys.argv[3:])
        return
    packets = flows(int(sys.argv[2])) if sys.argv[1] == "flows" else damaged()
    out = sys.stdout.buffer
    out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101))
    for i, p in enumerate(packets):
        out.write(struct.pack("<IIII", 1700000000, i, len(p), len(p)) + p)


main()
