#!/usr/bin/python3
"""Sends the frames of a capture over an interface, 1 ms apart.

usage: send.py INTERFACE CAPTURE

Reads classic pcap files of link type Ethernet (draft-ietf-opsawg-pcap: 24 bytes of file header, 16 per record).
Exit status 0, or 1 with a line on standard error.
"""
import socket
import struct
import sys
import time


def frames(path):
    """Yields the bytes of each record. Raises ValueError when the file is of another kind."""
    with open(path, "rb") as f:
        head = f.read(24)
        if head[:4] not in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1"):
            raise ValueError(f"{path}: not a little-endian pcap file")
        while len(record := f.read(16)) == 16:
            yield f.read(struct.unpack("<I", record[8:12])[0])


def main(interface, path):
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as s:
        s.bind((interface, 0))
        for frame in frames(path):
            s.send(frame)
            time.sleep(0.001)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (OSError, ValueError, TypeError) as e:
        sys.exit(str(e))
