#!/usr/bin/env python3
"""Sends a file over TCP as it is, so that requests can be pipelined or malformed on purpose.

usage: raw.py HOST PORT FILE [COUNT] [STEP]

Reads until the peer closes or is silent for a second. COUNT: connections, one after the other. STEP: bytes per write.
"""
import socket
import sys
import time

host, port, path = sys.argv[1], int(sys.argv[2]), sys.argv[3]
count = int(sys.argv[4]) if len(sys.argv) > 4 else 1
step = int(sys.argv[5]) if len(sys.argv) > 5 else 0
with open(path, "rb") as f:
    data = f.read()
for _ in range(count):
    with socket.create_connection((host, port), 5) as s:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if step:
            for at in range(0, len(data), step):
                s.sendall(data[at:at + step])
                time.sleep(0.002)
        else:
            s.sendall(data)
        s.settimeout(1)
        try:
            while s.recv(65536):
                pass
        except TimeoutError:
            pass
