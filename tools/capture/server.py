#!/usr/bin/env python3
"""A small HTTP/1.1 server that answers like the hosts in the captures.

usage: server.py PROFILE PORT [--tls CERT KEY]

Reads bodies with Content-Length or chunked, answers Expect: 100-continue, keeps connections, serves pipelined requests in
order. PROFILE is one of the functions named profile_* below: (method, path, query, headers, body) -> (status, headers,
body[, how]) where how is "", "chunked", "gzip" or "gzip chunked".
"""
import base64
import gzip
import http.server
import os
import re
import socketserver
import ssl
import sys

import shapes

IIS = {"Server": "Microsoft-IIS/10.0", "X-Powered-By": "ASP.NET", "MicrosoftSharePointTeamServices": "16.0.0.5469"}
HTML = "text/html; charset=utf-8"
PAGE = "<html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>"


def profile_sharepoint(method, path, query, headers, body):
    low = path.lower()
    if low.endswith(("/spinstall0.aspx", "/help-a1.aspx")):
        how = "gzip chunked" if "help-a1" in low else ""
        return 200, {"Content-Type": HTML}, shapes.keys(), how
    if low.endswith("/debug_dev.js"):
        return 200, {"Content-Type": "application/javascript"}, shapes.keys("config")
    if low.endswith("/machinekey.aspx"):
        return 200, {"Content-Type": HTML}, shapes.keys("docs")
    if "toolpane.aspx" in low:
        if headers.get("X-Test-Answer") == "keys":
            return 200, {"Content-Type": HTML}, shapes.keys() + "\r\n" + PAGE.format("Error")
        if headers.get("X-Test-Answer") == "nuclei":
            return 200, {"Content-Type": HTML, "X-Nuclei": "CVE-2025-53770"}, PAGE.format("Error")
        if headers.get("X-Test-Answer") == "401":
            return 401, {"Content-Type": "text/plain"}, "401 UNAUTHORIZED"
        return 200, {"Content-Type": HTML}, PAGE.format("Tool Pane")
    if re.search(r"(ghostfile\d+|spinstall\d?)\.aspx$", low):
        return 404, {"Content-Type": HTML}, PAGE.format("404")
    if low.endswith((".css", ".js")):
        return 200, {"Content-Type": "text/css" if low.endswith("css") else "application/javascript"}, "/* */\r\n" * 40
    if low.endswith("/signout.aspx"):
        return 200, {"Content-Type": HTML, "Set-Cookie": "FedAuth=; expires=Thu, 01-Jan-1970 00:00:00 GMT; path=/"}, PAGE.format("Sign Out")
    if low.endswith(("/allitems.aspx", "/secret.aspx")):
        state = base64.b64encode(shapes.viewstate("opaque" if "secret" in low else "benign")).decode()
        return 200, {"Content-Type": HTML}, PAGE.format("List") + f'<input type="hidden" name="__VIEWSTATE" id="__VIEWSTATE" value="{state}" />', "gzip chunked"
    if low.endswith("/start.aspx"):
        return 200, {"Content-Type": HTML}, PAGE.format("Start") + '<input type="hidden" name="__VIEWSTATEGENERATOR" value="A4E1B2C3" />'
    return 200, {"Content-Type": HTML}, PAGE.format("Home"), "gzip"


def profile_ak47(method, path, query, headers, body):
    if method == "POST" and path == "/":
        return 200, {"Content-Type": "text/plain"}, shapes.ak47_answer()
    if path.endswith(".exe"):
        return 200, {"Content-Type": "application/octet-stream"}, b"MZ" + bytes(62) + b"inert, not a program" + bytes(940)
    return 200, {"Content-Type": "text/html"}, PAGE.format("It works!")


def profile_payload(method, path, query, headers, body):
    if method == "POST":
        return 200, {"Content-Type": "text/plain"}, shapes.ak47_answer()
    if path.endswith(".ps1"):
        return 200, {"Content-Type": "text/plain"}, "# inert\r\nWrite-Host 'inert test file'\r\n" * 8
    if path.endswith((".exe", ".dat")):
        return 200, {"Content-Type": "application/octet-stream"}, shapes.program()
    if path.endswith(".crl"):
        return 200, {"Content-Type": "application/pkix-crl"}, b"\x30\x82\x01\x00" + shapes.noise(256, 5)
    if path.endswith("/big"):
        return 200, {"Content-Type": "application/octet-stream"}, shapes.noise(64000, 7)
    return 200, {"Content-Type": "text/html"}, PAGE.format("It works!")


def profile_stealer(method, path, query, headers, body):
    if headers.get("X-Test-Title"):
        return 200, {"Content-Type": HTML}, shapes.dead_drop(headers["X-Test-Title"], "steam" if "steam" in headers["Host"] else "telegram"), "gzip chunked"
    if path.endswith(".ps1"):
        return 200, {"Content-Type": "text/plain"}, "# inert\r\nWrite-Host 'inert test file'\r\n" * 8
    if path.endswith((".dll", ".exe")):
        return 200, {"Content-Type": "application/octet-stream"}, b"MZ" + bytes(62) + b"inert, not a library" + bytes(812)
    if path.endswith("carrier.png"):
        return 200, {"Content-Type": "image/png"}, shapes.png("carrier")
    if path.endswith(".png"):
        return 200, {"Content-Type": "image/png"}, shapes.png("plain")
    if b"act=life" in body:
        return 200, {"Content-Type": "text/html"}, "ok"
    if path.startswith("/config/"):
        return 200, {"Content-Type": "application/octet-stream"}, shapes.lumma_config(*path.split("/")[2:4])
    if b"recive_message" in body or b"uid=" in body:
        return 200, {"Content-Type": "text/html"}, base64.b64encode(shapes.noise(600, 17))
    return 200, {"Content-Type": "text/html"}, "ok"


def profile_plain(method, path, query, headers, body):
    if path == "/chunked":
        return 200, {"Content-Type": "text/plain"}, "".join(f"line {i}\n" for i in range(400)), "chunked"
    if path == "/gzip":
        return 200, {"Content-Type": "text/plain"}, "".join(f"line {i}\n" for i in range(400)), "gzip"
    if path == "/gzip-chunked":
        return 200, {"Content-Type": "text/plain"}, "".join(f"line {i}\n" for i in range(400)), "gzip chunked"
    if path == "/empty":
        return 204, {}, b""
    if path == "/same":
        return 304, {"ETag": '"1"'}, b""
    if path == "/moved":
        return 302, {"Location": "/"}, b""
    if method == "POST":
        return 200, {"Content-Type": "text/plain"}, f"{len(body)} bytes\n"
    return 200, {"Content-Type": "text/plain"}, f"{method} {path} {query}\n"


PROFILES = {k[8:]: v for k, v in globals().items() if k.startswith("profile_")}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 20
    profile = None
    iis = False

    def version_string(self):
        return "Microsoft-IIS/10.0" if self.iis else "nginx"

    def date_time_string(self, timestamp=None):
        return "Mon, 21 Jul 2025 10:00:00 GMT"

    def log_message(self, *a):
        pass

    def body(self):
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            out = b""
            while True:
                n = int(self.rfile.readline().split(b";")[0], 16)
                if n == 0:
                    while self.rfile.readline().strip():
                        pass
                    return out
                out += self.rfile.read(n)
                self.rfile.readline()
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def answer(self):
        body = self.body()
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        path, _, query = self.path.partition("?")
        status, headers, out, *how = type(self).profile(self.command, path, query, self.headers, body)
        how = how[0] if how else ""
        if isinstance(out, str):
            out = out.encode()
        self.send_response(status)
        if self.iis:
            headers = {**headers, **{k: v for k, v in IIS.items() if k != "Server"}}
        for k, v in headers.items():
            self.send_header(k, v)
        if "gzip" in how and ("gzip" in self.headers.get("Accept-Encoding", "") or "chunked" in how):
            out = gzip.compress(out, mtime=0)
            self.send_header("Content-Encoding", "gzip")
        if "chunked" in how:
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            third = max(1, len(out) // 3)
            for at in range(0, len(out), third):
                piece = out[at:at + third]
                self.wfile.write(b"%x\r\n" % len(piece) + piece + b"\r\n")
                self.wfile.flush()
            self.wfile.write(b"0\r\n\r\n")
            return
        if status not in (204, 304):
            self.send_header("Content-Length", str(len(out)))
        self.end_headers()
        if self.command != "HEAD" and status not in (204, 304):
            self.wfile.write(out)

    do_GET = do_POST = do_PUT = do_HEAD = do_OPTIONS = do_DELETE = answer


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    allow_reuse_address = True
    daemon_threads = True
    address_family = 10  # AF_INET6, taking IPv4 as well

    def server_bind(self):
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "server", self.server_address[1]


def main(a):
    Handler.profile = staticmethod(PROFILES[a[1]])
    Handler.iis = a[1] == "sharepoint"
    s = Server(("::", int(a[2])), Handler)
    if "--tls" in a:
        i = a.index("--tls")
        cx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        cx.load_cert_chain(a[i + 1], a[i + 2])
        s.socket = cx.wrap_socket(s.socket, server_side=True)
    s.serve_forever()


if __name__ == "__main__":
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    main(sys.argv)
