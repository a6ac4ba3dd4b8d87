"""tests/lib/wire.py — writes pcap files of TCP conversations, for tests that send one request in many forms.

Frames have correct lengths and checksums. Standard library only.
"""
import struct

START = 1753092000		# 2025-07-21T10:00:00Z


def checksum(b):
    if len(b) & 1:
        b += b"\0"
    s = sum(struct.unpack(f"!{len(b) // 2}H", b))
    while s >> 16:
        s = (s & 0xFFFF) + (s >> 16)
    return ~s & 0xFFFF


def frame(src, dst, sport, dport, seq, ack, flags, data=b""):
    tcp = struct.pack("!HHIIBBHHH", sport, dport, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, 5 << 4, flags, 65535, 0, 0)
    pseudo = src + dst + struct.pack("!BBH", 0, 6, len(tcp) + len(data))
    tcp = tcp[:16] + struct.pack("!H", checksum(pseudo + tcp + data)) + tcp[18:]
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp) + len(data), 1, 0x4000, 64, 6, 0, src, dst)
    ip = ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:]
    return b"\x02\x77\2\0\0\x10\x02\x77\1\0\0\x10\x08\0" + ip + tcp + data


class Pcap:
    """One file; every conversation gets a client address of its own, 10.9.x.y, with a server 10.8.x.y; behind 65,535 of them
    10.11.x.y and 10.10.x.y, and so on."""

    def __init__(self, path):
        self.file = open(path, "wb")
        self.file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        self.time = START * 1000000
        self.clients = 0

    def put(self, b):
        self.time += 50
        self.file.write(struct.pack("<IIII", self.time // 1000000, self.time % 1000000, len(b), len(b)) + b)

    def talk(self, turns, cut=1400, order="straight", port=80, client=None, server=None):
        """turns: [("c"|"s", bytes)]. cut: bytes per segment. order: straight, reversed, twice, late (every second one later).
        client, server: addresses; new ones without. Returns the client's address."""
        self.clients += 1
        net, low = 2 * (self.clients >> 16), [self.clients >> 8 & 255, self.clients & 255]
        client = client or bytes([10, 9 + net, *low])
        server = server or bytes([10, 8 + net, *low])
        at = {"c": 1000, "s": 900000}
        ends = {"c": (client, server, 40000, port), "s": (server, client, port, 40000)}
        other = {"c": "s", "s": "c"}
        self.put(frame(*ends["c"], at["c"], 0, 0x02))
        self.put(frame(*ends["s"], at["s"], at["c"] + 1, 0x12))
        at = {k: v + 1 for k, v in at.items()}
        self.put(frame(*ends["c"], at["c"], at["s"], 0x10))
        for side, data in turns:
            parts = [(at[side] + i, data[i:i + cut]) for i in range(0, len(data), cut)]
            for group in [parts[i:i + 40] for i in range(0, len(parts), 40)]:	# what may be under way at once
                if order == "reversed":
                    group = group[::-1]
                elif order == "twice":
                    group = [p for p in group for _ in (0, 1)]
                elif order == "late":
                    group = group[::2] + group[1::2]
                for seq, part in group:
                    self.put(frame(*ends[side], seq, at[other[side]], 0x18, part))
                last = max(seq + len(part) for seq, part in group)
                self.put(frame(*ends[other[side]], at[other[side]], last, 0x10))
            at[side] += len(data)
        self.put(frame(*ends["c"], at["c"], at["s"], 0x11))
        self.put(frame(*ends["s"], at["s"], at["c"] + 1, 0x11))
        self.put(frame(*ends["c"], at["c"] + 1, at["s"] + 1, 0x10))
        return ".".join(map(str, client))

    def close(self):
        self.file.close()
