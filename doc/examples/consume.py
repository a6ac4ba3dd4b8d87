#!/usr/bin/python3
"""Reads alerts from a Redis stream as one of a group of consumers, each at least once, and prints one line per alert.

usage: consume.py SOCKET|HOST:PORT STREAM GROUP CONSUMER [--once]

sekisho -o 'redis://127.0.0.1/?key=alerts&type=stream' puts every alert into the stream once. A consumer acknowledges an entry
(XACK) when it has dealt with it; what it had taken and not acknowledged when it died is given to it again at its next start, which
is why the handling below may see an alert twice: sekisho.id tells. With --once it ends when the stream is read.

Only the standard library is used; with the package redis, r.xreadgroup() and r.xack() are the same commands.
"""
import json
import socket
import sys

COUNT = "100"
BLOCK_MS = "1000"


class Redis:
    """Requests and replies (https://redis.io/docs/latest/develop/reference/protocol-spec/)."""

    def __init__(self, place):
        if "/" in place:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.connect(place)
        else:
            host, port = place.rsplit(":", 1)
            self.socket = socket.create_connection((host, int(port)))
        self.file = self.socket.makefile("rb")

    def __call__(self, *words):
        self.socket.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in map(str.encode, words)))
        return self.reply()

    def reply(self):
        line = self.file.readline()
        if not line:
            raise ConnectionError("Redis has closed the connection")
        kind, rest = line[:1], line[1:-2]
        if kind == b"-":
            raise RuntimeError(rest.decode())
        if kind == b"+":
            return rest.decode()
        if kind == b":":
            return int(rest)
        if rest == b"-1":
            return None
        if kind == b"$":
            return self.file.read(int(rest) + 2)[:-2].decode()
        return [self.reply() for _ in range(int(rest))]


def handle(event):
    """What to do with an alert; it may be one that was handled before, see sekisho.id."""
    if event["event_type"] == "alert":
        print(event["sekisho"]["id"], event["sekisho"]["severity"], event["src_ip"], event["dest_ip"], event["alert"]["signature"], flush=True)


def main(place, stream, group, consumer, *options):
    redis = Redis(place)
    try:
        redis("XGROUP", "CREATE", stream, group, "0", "MKSTREAM")
    except RuntimeError as e:
        if not str(e).startswith("BUSYGROUP"):
            raise
    position = "0"			# first what this consumer had taken before, then (">") what nobody has taken
    while True:
        reply = redis("XREADGROUP", "GROUP", group, consumer, "COUNT", COUNT, "BLOCK", BLOCK_MS, "STREAMS", stream, position)
        entries = reply[0][1] if reply else []
        for entry, fields in entries:
            if fields:			# None: trimmed meanwhile
                handle(json.loads(fields[fields.index("eve") + 1]))
            redis("XACK", stream, group, entry)
        if not entries and position == ">" and "--once" in options:
            return
        if not entries:
            position = ">"


if __name__ == "__main__":
    if len(sys.argv) < 5:
        sys.exit(__doc__)
    main(*sys.argv[1:])
