#!/usr/bin/env python3
"""Joins recorded pcap pieces into one file and sets their times.

usage: settle.py -o OUT TIME RAW [TIME RAW ...]

The first packet of each piece is moved to its TIME (ISO 8601, UTC), the others keep their distance to it.
Only times change. The result is a classic little-endian pcap with microseconds and no snapshot limit reached.
"""
import datetime
import struct
import sys


def read(path):
    with open(path, "rb") as f:
        data = f.read()
    magic, = struct.unpack_from("<I", data)
    if magic != 0xA1B2C3D4:
        sys.exit(f"{path}: not a little-endian microsecond pcap")
    linktype, = struct.unpack_from("<I", data, 20)
    at, packets = 24, []
    while at + 16 <= len(data):
        sec, usec, cap, full = struct.unpack_from("<IIII", data, at)
        if cap != full:
            sys.exit(f"{path}: cut packet")
        packets.append((sec * 1000000 + usec, data[at + 16:at + 16 + cap]))
        at += 16 + cap
    if not packets:
        sys.exit(f"{path}: empty")
    return linktype, packets


def main(argv):
    if len(argv) < 5 or argv[1] != "-o" or len(argv) % 2 == 0 or len(argv[3:]) % 2:
        sys.exit(__doc__)
    out, linktype = [], None
    for when, path in zip(argv[3::2], argv[4::2]):
        start = datetime.datetime.fromisoformat(when.replace("Z", "+00:00"))
        start = int(start.timestamp()) * 1000000
        link, packets = read(path)
        if linktype not in (None, link):
            sys.exit(f"{path}: other link type")
        linktype = link
        first = packets[0][0]
        out += [(start + t - first, p) for t, p in packets]
    with open(argv[2], "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, linktype))
        for t, p in out:
            f.write(struct.pack("<IIII", t // 1000000, t % 1000000, len(p), len(p)) + p)


main(sys.argv)
