"""tests/corpus/packets.py — captures as lists of packets, and TCP segments made anew, for tests that change what was recorded.

A packet is a list: time in ns, the frame's bytes, its length on the wire. Frames are Ethernet with IPv4 or IPv6 right behind it; others
are left as they are. Reads and writes classic pcap (draft-ietf-opsawg-pcap). Standard library only.
"""
import collections
import struct

Segment = collections.namedtuple("Segment", "src dst seq flags transport data payload")
Segment.__doc__ = "src, dst: address and port as sent; transport, data: where the TCP header and the payload begin in the frame."


def read(path):
    """Every packet of a file; ValueError for what is no classic pcap file of Ethernet frames."""
    with open(path, "rb") as f:
        raw = f.read()
    order = {b"\xd4\xc3\xb2\xa1": "<", b"\x4d\x3c\xb2\xa1": "<", b"\xa1\xb2\xc3\xd4": ">", b"\xa1\xb2\x3c\x4d": ">"}.get(raw[:4])
    if not order or struct.unpack(order + "I", raw[20:24])[0] & 0xFFFF != 1:
        raise ValueError(f"{path}: not a pcap file of Ethernet frames")
    scale = 1000 if raw[:4] in (b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\xc3\xd4") else 1
    at, out = 24, []
    while at < len(raw):
        sec, sub, n, wire = struct.unpack(order + "IIII", raw[at:at + 16])
        out.append([sec * 10**9 + sub * scale, raw[at + 16:at + 16 + n], wire])
        at += 16 + n
    return out


def write(path, packets):
    with open(path, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, 1))
        for ns, data, wire in packets:
            f.write(struct.pack("<IIII", ns // 10**9, ns % 10**9, len(data), wire) + data)


def sum16(b):
    """RFC 1071."""
    b += b"\0" * (len(b) & 1)
    s = sum(struct.unpack(f"!{len(b) // 2}H", b))
    while s >> 16:
        s = (s & 0xFFFF) + (s >> 16)
    return ~s & 0xFFFF


def transport(b):
    """IP version of a frame, protocol, where its transport header begins, where IP ends; or None, also for fragments."""
    if b[12:14] == b"\x08\0" and struct.unpack("!H", b[20:22])[0] & 0x3FFF == 0:
        return 4, b[23], 14 + (b[14] & 15) * 4, 14 + struct.unpack("!H", b[16:18])[0]
    if b[12:14] == b"\x86\xdd" and b[20] in (6, 17):
        return 6, b[20], 54, 54 + struct.unpack("!H", b[18:20])[0]
    return None


def tcp(p):
    """The Segment in a packet, or None."""
    b, found = p[1], transport(p[1])
    if not found or found[1] != 6:
        return None
    version, _, at, end = found
    n = 4 if version == 4 else 16
    src = 26 if version == 4 else 22
    data = at + (b[at + 12] >> 4) * 4
    return Segment(b[src:src + n] + b[at:at + 2], b[src + n:src + 2 * n] + b[at + 2:at + 4], struct.unpack("!I", b[at + 4:at + 8])[0], b[at + 13],
                   at, data, b[data:end])


def rebuilt(p, payload, seq=None, flags=None):
    """The packet with another payload, sequence number, flags: lengths and checksums are right."""
    t = tcp(p)
    head = bytearray(p[1][:t.data])
    at = t.transport
    if head[14] >> 4 == 4:
        head[16:18] = struct.pack("!H", t.data - 14 + len(payload))
        head[24:26] = b"\0\0"
        head[24:26] = struct.pack("!H", sum16(bytes(head[14:at])))
    else:
        head[18:20] = struct.pack("!H", t.data - 54 + len(payload))
    if seq is not None:
        head[at + 4:at + 8] = struct.pack("!I", seq & 0xFFFFFFFF)
    if flags is not None:
        head[at + 13] = flags
    head[at + 16:at + 18] = b"\0\0"
    segment = bytes(head[at:]) + payload
    head[at + 16:at + 18] = struct.pack("!H", sum16(t.src[:-2] + t.dst[:-2] + struct.pack("!II", len(segment), 6) + segment))
    b = bytes(head) + payload
    return [p[0], b, len(b)]
