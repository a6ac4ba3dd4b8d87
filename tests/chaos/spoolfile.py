"""Reads the segments of a spool without sekisho: what a run that was killed had made.

in       a folder of spool.dir; engine/sink/spool/segment.h says what the bytes mean
out      (sequence number, key, is it an alert, JSON) of every whole record
limits   CRC32C (RFC 3720, B.4) is computed for the last record of a segment only: a kill tears no other
"""
import os
import struct

HEAD, RECORD = 256, 32

TABLE = []
for byte in range(256):
    for _ in range(8):
        byte = byte >> 1 ^ (0x82f63b78 if byte & 1 else 0)
    TABLE.append(byte)


def crc32c(data):
    crc = 0xffffffff
    for b in data:
        crc = crc >> 8 ^ TABLE[(crc ^ b) & 0xff]
    return crc ^ 0xffffffff


def segment(path):
    with open(path, "rb") as f:
        data = f.read()
    if data[:8] != b"SKSPOOL\n":
        return []
    found, off, last = [], HEAD, 0
    while off + RECORD <= len(data):
        size, _, seq, _, key, _, alert, _ = struct.unpack_from("<IIQQHBBI", data, off)
        if size < RECORD + key or off + size > len(data) or seq <= last:
            break
        found.append((off, size, seq, key, alert))
        off, last = off + (size + 7 & ~7), seq
    if found:
        off, size = found[-1][:2]
        if struct.unpack_from("<I", data, off + 4)[0] != crc32c(data[off + 8:off + size]):
            found.pop()
    return [(seq, data[o + RECORD:o + RECORD + key].decode(), bool(alert), data[o + RECORD + key:o + size].decode())
            for o, size, seq, key, alert in found]


class Reader:
    """All spools below parent. A segment that is not the newest of its folder does not change any more, and is read once."""

    def __init__(self, parent):
        self.parent, self.kept = parent, {}

    def records(self):
        found = []
        for folder in sorted(os.listdir(self.parent)):
            names = sorted(n for n in os.listdir(f"{self.parent}/{folder}") if n.endswith(".seg"))
            for i, name in enumerate(names):
                path = f"{self.parent}/{folder}/{name}"
                if path not in self.kept or i == len(names) - 1:
                    self.kept[path] = segment(path)
        for path in sorted(self.kept):
            found += self.kept[path]
        return found
