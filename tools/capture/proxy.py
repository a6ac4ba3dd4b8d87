#!/usr/bin/env python3
"""A CONNECT proxy that knows one host.

usage: proxy.py ADDRESS PORT TARGET TARGET_PORT

Names beginning with "refused" get 403, all others lead to the target.
"""
import socket
import sys
import threading


def copy(a, b):
    try:
        while True:
            data = a.recv(65536)
            if not data:
                break
            b.sendall(data)
    except OSError:
        pass
    for s in (a, b):
        try:
            s.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def serve(s, target):
    head = b""
    while b"\r\n\r\n" not in head:
        data = s.recv(4096)
        if not data:
            return
        head += data
    if head.split(b" ")[1].startswith(b"refused"):
        s.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        s.close()
        return
    far = socket.create_connection(target)
    s.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
    threading.Thread(target=copy, args=(far, s), daemon=True).start()
    copy(s, far)


listen = socket.create_server((sys.argv[1], int(sys.argv[2])))
while True:
    peer, _ = listen.accept()
    threading.Thread(target=serve, args=(peer, (sys.argv[3], int(sys.argv[4]))), daemon=True).start()
