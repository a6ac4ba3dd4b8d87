#!/usr/bin/env python3
"""One thing said in many forms: every form of an attack is found by its rule, and near misses are not.

usage: forms.py SEKISHO RULES FOLDER       exit status 0 when all is as it must be

A form is what an attacker may change without losing what the server does with it: spelling of path and Referer, names and order of
arguments, form encodings, transfer codings, content codings, place on the connection, cut into segments.
"""
import base64
import gzip
import json
import os
import subprocess
import sys
import urllib.parse
import zlib

sys.dont_write_bytecode = True
TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(TOP, "tests", "lib"), os.path.join(TOP, "tools", "capture")]
import shapes  # noqa: E402
import wire  # noqa: E402

HOST = "sp.corp.example"
QUERY = "DisplayMode=Edit&a=/ToolPane.aspx"
SIGNOUT = "/_layouts/SignOut.aspx"
PANE = "/_layouts/15/ToolPane.aspx"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
ENCODED = "application/x-www-form-urlencoded"


def brotli(b):
    """Meta-blocks without compression, RFC 7932 9.2: one bit of window, last 0, four nibbles of length, not compressed."""
    out = bytearray()
    first = True
    for i in range(0, len(b), 65536):
        part = b[i:i + 65536]
        bits = (0 | (len(part) - 1) << 3 | 1 << 19) << (1 if first else 0)
        out += bits.to_bytes(3, "little") + part
        first = False
    return bytes(out) + b"\x03"


def deflate_raw(b):
    c = zlib.compressobj(9, zlib.DEFLATED, -15)
    return c.compress(b) + c.flush()


CODINGS = {"gzip": lambda b: gzip.compress(b, mtime=0), "deflate": zlib.compress, "br": brotli}


def chunked(b, size=500, extension="", trailer=""):
    out = b"".join(b"%x" % len(b[i:i + size]) + extension.encode() + b"\r\n" + b[i:i + size] + b"\r\n" for i in range(0, len(b), size))
    return out + b"0" + extension.encode() + b"\r\n" + trailer.encode() + b"\r\n"


def request(target, headers, body=b"", method="POST", framing="length", version="HTTP/1.1"):
    """headers: list of whole lines."""
    lines = [f"{method} {target} {version}", f"Host: {HOST}"] + headers
    if framing == "length":
        lines.append(f"Content-Length: {len(body)}")
    else:
        lines.append("Transfer-Encoding: chunked")
        body = framing(body)
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def multipart(fields, boundary="----Inert7f3a", quote='"', cte=""):
    out = "".join(f"--{boundary}\r\nContent-Disposition: form-data; name={quote}{n}{quote}\r\n{cte}\r\n{v}\r\n" for n, v in fields)
    return f"multipart/form-data; boundary={boundary}", (out + f"--{boundary}--\r\n").encode()


def escape_all(s):
    return "".join(f"%{c:02X}" for c in s.encode())


def urlencoded(fields, how="usual"):
    if how == "raw":		# as the first exploits: only what would end the value is escaped
        return "&".join(n + "=" + v.replace("%", "%25").replace("&", "%26").replace("+", "%2B") for n, v in fields).encode()
    if how == "all":
        return "&".join(escape_all(n) + "=" + escape_all(v) for n, v in fields).encode()
    if how == "lower":
        return b"&".join(urllib.parse.quote(n).encode() + b"=" + urllib.parse.quote(v, safe="").lower().encode() if v.islower()
                         else (n + "=" + "".join(c if c.isalnum() else f"%{ord(c):02x}" for c in v)).encode() for n, v in fields)
    return urllib.parse.urlencode(fields).encode()


def in_charset(fields, charset, how="escaped"):
    """As ASP.NET reads it: signs and escapes in ASCII, names and values in the charset. whole: all of it, as others might."""
    if how == "whole":
        return urllib.parse.urlencode(fields).encode(charset)
    if how == "raw":		# only what would be taken for a sign is escaped
        esc = lambda b: b"".join(b"%%%02X" % c if c in b"&=+%" else bytes([c]) for c in b)  # noqa: E731
    elif how == "all":
        esc = lambda b: b"".join(b"%%%02x" % c for c in b)  # noqa: E731
    else:
        esc = lambda b: urllib.parse.quote_from_bytes(b, safe="").encode()  # noqa: E731
    return b"&".join(esc(n.encode(charset)) + b"=" + esc(v.encode(charset)) for n, v in fields)


def multipart_in(fields, charset, boundary="Inert7f3a", heads=True):
    """Boundaries and line ends in ASCII, head lines (or not) and values in the charset."""
    out = b""
    for n, v in fields:
        head = f'Content-Disposition: form-data; name="{n}"'
        out += f"--{boundary}\r\n".encode() + (head.encode(charset) if heads else head.encode()) + b"\r\n\r\n" + v.encode(charset) + b"\r\n"
    return out + f"--{boundary}--\r\n".encode()


CHARSETS = {"ibm037": "cp037", "IBM500": "cp500", "cp1026": "cp1026", "IBM01140": "cp1140", "ibm273": "cp273", "utf-16": "utf-16-le", "unicode": "utf-16-le",
            "utf-16be": "utf-16-be", "unicodeFFFE": "utf-16-be", "utf-32": "utf-32-le", "utf-32be": "utf-32-be", "utf-7": "utf-7"}


class Table:
    """Forms and what must and must not be told of each."""

    def __init__(self, path):
        self.pcap = wire.Pcap(path)
        self.path = path
        self.rows = []

    def form(self, name, turns, want=(), never=(), cut=1400, order="straight", port=80):
        if isinstance(turns, bytes):
            turns = [("c", turns), ("s", OK)]
        self.rows.append((self.pcap.talk(turns, cut, order, port), name, set(want), never))

    def judge(self, sekisho, rules):
        """Number of rows that are wrong."""
        self.pcap.close()
        run = subprocess.run([sekisho, "-q", "-S", rules, "-o", "json", "-r", self.path], capture_output=True, text=True, check=False)
        if run.returncode:
            print(run.stderr)
            return 1
        told, bad = {}, 0
        for line in run.stdout.splitlines():
            a = json.loads(line)
            told.setdefault(a["flow"]["src_ip"], set()).add(a["sekisho"]["rule"])
        for client, name, want, never in self.rows:
            got = told.get(client, set())
            wrong = {r for r in got for n in never if r.startswith(n)}
            if want - got or wrong:
                bad += 1
                print(f"FAIL {name} ({client}): missing {sorted(want - got)}, too much {sorted(wrong)}")
        return bad


# --- ToolShell's request -----------------------------------------------------------------------------------------------

FIELDS = [("MSOTlPn_Uri", shapes.CONTROL), ("MSOTlPn_DWP", shapes.dwp())]
BODY = urlencoded(FIELDS)
TYPE = "Content-Type: " + ENCODED
PANE_RULE = "toolshell.toolpane-signout"
FORM_RULES = {"toolshell.exceldataset", "toolshell.register-blank", "toolshell.dataset-gadget"}
ALL = {PANE_RULE} | FORM_RULES


def exploit(path=PANE, query=QUERY, referer=("Referer: " + SIGNOUT,), headers=(), body=BODY, ctype=TYPE, **more):
    return request(path + ("?" + query if query else ""), [*referer, ctype, *headers], body, **more)


def toolshell_heads(t):
    for path in (PANE, "/_layouts/15/toolpane.aspx", "/_LAYOUTS/15/TOOLPANE.ASPX", "/_layouts/ToolPane.aspx", "/_layouts/14/ToolPane.aspx",
                 "/_layouts/16/ToolPane.aspx", "/sites/hr/_layouts/15/ToolPane.aspx", "/%5Flayouts/15/Tool%50ane.aspx", "/%5flayouts/15/ToolPane%2Easpx",
                 "/_layouts%2F15%2FToolPane.aspx", "/%255Flayouts/15/ToolPane.aspx", "/_layouts/15/Tool%2550ane.aspx", "/_layouts/15/./ToolPane.aspx",
                 "/_layouts/15/x/../ToolPane.aspx", "/_layouts/15/x/%2e%2e/ToolPane.aspx", "/_layouts/../_layouts/15/ToolPane.aspx",
                 "//_layouts//15///ToolPane.aspx", "\\_layouts\\15\\ToolPane.aspx", "/_layouts%5C15%5CToolPane.aspx", "/_layouts/15/ToolPane.aspx/",
                 "/_layouts/15/ToolPane.aspx/xkqvbzrt", "/_layouts/15/ToolPane.aspx/a/b", "http://sp.corp.example" + PANE, "HTTP://other.example:80" + PANE):
        t.form("path " + path, exploit(path), ALL)
    for query in ("DisplayMode=Edit&foo=/ToolPane.aspx", "a=/ToolPane.aspx&DisplayMode=Edit&z=/toolpane.aspx", "displaymode=edit&x=%2FToolPane.aspx", ""):
        t.form("query " + query, exploit(query=query), ALL)
    for ref in ("/_layouts/15/SignOut.aspx", "/_layouts/14/SignOut.aspx", "/_LAYOUTS/signout.ASPX", "http://sp.corp.example" + SIGNOUT,
                "https://other.example:8443" + SIGNOUT, "HTTPS://u:p@other.example" + SIGNOUT, "//other.example" + SIGNOUT, "SignOut.aspx", "./SignOut.aspx",
                "../SignOut.aspx", "x/../SignOut.aspx", SIGNOUT + "?Source=/", SIGNOUT + "#top", "/_layouts/Sign%4Fut.aspx", "/%5Flayouts/SignOut%2easpx",
                "/_layouts/./15/../SignOut.aspx", "\\_layouts\\SignOut.aspx"):
        t.form("Referer " + ref, exploit(referer=("Referer: " + ref,)), ALL)
    for name, lines in (("in lower case", ["referer: " + SIGNOUT]), ("without blank", ["REFERER:" + SIGNOUT]), ("tab and blanks", ["Referer: \t " + SIGNOUT + "  "]),
                        ("second of two", ["Referer: /a", "Referer: " + SIGNOUT]), ("first of two", ["Referer: " + SIGNOUT, "Referer: /a"]),
                        ("after all others", ["X-A: " + "a" * 3000, "Referer: " + SIGNOUT])):
        t.form("Referer field " + name, exploit(referer=lines), ALL)
    for method in ("GET", "PUT", "post"):
        t.form("method " + method, exploit(method=method), {PANE_RULE})


def toolshell_bodies(t):
    turned = FIELDS[::-1]
    other = [("MSOTLPN_URI", FIELDS[0][1]), ("msotlpn_dwp", FIELDS[1][1])]
    many = [(f"f{i}", "x" * 20) for i in range(200)]
    for name, fields in (("turned", turned), ("names in other case", other), ("behind 200 others", many + FIELDS), ("twice", FIELDS + FIELDS)):
        t.form("fields " + name, exploit(body=urlencoded(fields)), ALL)
        ctype, body = multipart(fields)
        t.form("multipart, fields " + name, exploit(ctype="Content-Type: " + ctype, body=body), ALL)
    for how in ("raw", "all", "lower"):
        t.form("escaped " + how, exploit(body=urlencoded(FIELDS, how)), ALL)
    for name, ctype in (("with charset", ENCODED + "; charset=utf-8"), ("in upper case", ENCODED.upper()), ("with blanks", " " + ENCODED + " ;x=y")):
        t.form("content type " + name, exploit(ctype="Content-Type: " + ctype), ALL)
    for name, more in (("bare names", {"quote": ""}), ("long boundary", {"boundary": "b" * 70}), ("part type", {"cte": "Content-Type: text/plain\r\n"})):
        ctype, body = multipart(FIELDS, **more)
        t.form("multipart " + name, exploit(ctype="Content-Type: " + ctype, body=body), ALL)
    for port in (1, 25, 53, 443, 8080, 32843, 65535):
        t.form(f"port {port}", exploit(), ALL, port=port)
    for name, framing in (("chunks", chunked), ("one byte a chunk", lambda b: chunked(b, 1)), ("extensions", lambda b: chunked(b, 90, ";a=b;c=\"d\"")),
                          ("trailer", lambda b: chunked(b, 700, "", "X-T: 1\r\n"))):
        t.form("chunked: " + name, exploit(framing=framing), ALL)
    for coding, pack in CODINGS.items():
        t.form("body in " + coding, exploit(headers=["Content-Encoding: " + coding], body=pack(BODY)), ALL)
        t.form("body chunked in " + coding, exploit(headers=["Content-Encoding: " + coding], body=pack(BODY), framing=lambda b: chunked(b, 33)), ALL)
    t.form("body in gzip twice", exploit(headers=["Content-Encoding: gzip, gzip"], body=CODINGS["gzip"](CODINGS["gzip"](BODY))), ALL)
    t.form("body in raw deflate", exploit(headers=["Content-Encoding: deflate"], body=deflate_raw(BODY)), ALL)


def toolshell_charsets(t):
    """Forms in charsets that ASP.NET knows and filters do not."""
    for name, codec in CHARSETS.items():
        typed = TYPE + "; charset=" + name
        for how in ("escaped", "all", "raw"):
            t.form(f"charset {name}, {how}", exploit(ctype=typed, body=in_charset(FIELDS, codec, how)), ALL)
        heads = f"Content-Type: multipart/form-data; boundary=Inert7f3a; charset={name}"
        t.form(f"multipart in {name}", exploit(ctype=heads, body=multipart_in(FIELDS, codec)), ALL)
        t.form(f"multipart in {name}, heads in ASCII", exploit(ctype=heads, body=multipart_in(FIELDS, codec, heads=False)), ALL)
        body = multipart_in(FIELDS, codec, heads=False).replace(b"\r\n\r\n", f"\r\nContent-Type: text/plain; charset={name}\r\n\r\n".encode())
        t.form(f"multipart, parts in {name}", exploit(ctype="Content-Type: multipart/form-data; boundary=Inert7f3a", body=body), ALL)
        if name != "utf-7":
            t.form(f"charset {name}, all of the body", exploit(ctype=typed, body=in_charset(FIELDS, codec, "whole")), ALL)
        device = ["User-Agent: UP.Inert", "x-up-devcap-post-charset: " + name]
        t.form(f"charset {name} named by a telephone", exploit(headers=device, body=in_charset(FIELDS, codec)), ALL)
    ibm = in_charset(FIELDS, "cp037")
    for spelt in ('; charset="ibm037"', ";charset=IBM037", "; x=y; CharSet=ibm037; z", '; charset="\\ibm037"'):
        t.form("charset spelt " + spelt, exploit(ctype=TYPE + spelt, body=ibm), ALL if "\\" not in spelt else {PANE_RULE})
    typed = TYPE + "; charset=ibm037"
    t.form("charset, chunked", exploit(ctype=typed, body=ibm, framing=lambda b: chunked(b, 1)), ALL)
    t.form("charset, gzip", exploit(ctype=typed, headers=["Content-Encoding: gzip"], body=CODINGS["gzip"](ibm)), ALL)
    for cut in (1, 7):
        t.form(f"charset, segments of {cut}", exploit(ctype=typed, body=ibm), ALL, cut=cut)
    plain = [("MSOTlPn_Uri", shapes.CONTROL), ("MSOTlPn_DWP", '<WebPartPages:ContentEditorWebPart runat="server" Title="News" />')]
    for name, codec in CHARSETS.items():
        t.form(f"near: web part in {name}", exploit(referer=(), ctype=TYPE + "; charset=" + name, body=in_charset(plain, codec)),
               {"toolshell.form-charset"}, ("toolshell.toolpane", "toolshell.exceldataset", "toolshell.register", "toolshell.dataset"))
    for ctype in (TYPE + "; charset=shift_jis", TYPE + "; charset=gb2312", TYPE + "; charset=utf-8; x=utf-16"):
        t.form("near: " + ctype, exploit(referer=(), ctype=ctype, body=urlencoded(plain)), never=("toolshell.",))


def toolshell_tables(t):
    """The compressed table in other spellings; the rest of the markup as it was."""
    markup = FIELDS[1][1]
    start = markup.index('Table="') + 7
    table = markup[start:markup.index('"', start)]
    generic = "System.Collections.Generic.List`1[[Inert.Test, Inert]]"
    forms = {"single quotes": markup.replace('"' + table + '"', "'" + table + "'"), "bare": markup.replace('"' + table + '"', table.rstrip("=")),
             "line ends": markup.replace(table, "\r\n".join(table[i:i + 64] for i in range(0, len(table), 64))),
             "references": markup.replace(table, "".join(f"&#{ord(c)};" for c in table)),
             "hex references": markup.replace(table, "".join(f"&#x{ord(c):X};" for c in table)),
             "blanks around the equals sign": markup.replace("CompressedDataTable=", "compresseddatatable \r\n=\t"),
             "a plain table before": markup.replace("<Scorecard:", f'<Scorecard:ExcelDataSet CompressedDataTable="{shapes.compressed_data_table("System.String")}" />'
                                                    "<Scorecard:", 1),
             "behind 30 plain ones": markup.replace("<Scorecard:", f'<Scorecard:ExcelDataSet CompressedDataTable="{shapes.compressed_data_table("System.String")}" />' * 30
                                                    + "<Scorecard:", 1),
             "as an element": markup.replace(f'CompressedDataTable="{table}"', f"><CompressedDataTable>{table}</CompressedDataTable"),
             "brackets as references": markup.replace(table, shapes.compressed_data_table(generic.replace("[", "&#91;").replace("]", "&#x5d;"))),
             "backquote as reference": markup.replace(table, shapes.compressed_data_table(generic.replace("`", "&#96;"))),
             "one bracket": markup.replace(table, shapes.compressed_data_table("System.Collections.Generic.List`1[Inert.Test]"))}
    for name, text in forms.items():
        t.form("table: " + name, exploit(body=urlencoded([FIELDS[0], ("MSOTlPn_DWP", text)])), {PANE_RULE, "toolshell.dataset-gadget"})
    for kind in ("System.String", "System.Int32", "System.Byte[]", "System.Data.SqlTypes.SqlGuid", "System.Drawing.Color"):
        text = markup.replace(table, shapes.compressed_data_table(kind))
        t.form("near: table of " + kind, exploit(body=urlencoded([FIELDS[0], ("MSOTlPn_DWP", text)])), {PANE_RULE}, ("toolshell.dataset",))


def on_the_connection(t, what, message, want, never=()):
    """The message in all places and cuts; client to server."""
    get = request("/_layouts/15/start.aspx", [], method="GET")
    head, body = message.split(b"\r\n\r\n", 1)
    wait = head + b"\r\nExpect: 100-continue\r\n\r\n"
    t.form(what + ": 100-continue", [("c", wait), ("s", b"HTTP/1.1 100 Continue\r\n\r\n"), ("c", body), ("s", OK)], want, never)
    t.form(what + ": 100-continue, answer at once", [("c", wait), ("s", OK), ("c", body)], want, never)
    t.form(what + ": pipelined third", [("c", get + get + message), ("s", OK * 3)], want, never)
    t.form(what + ": fifth on the connection", [("c", get), ("s", OK)] * 4 + [("c", message), ("s", OK)], want, never)
    t.form(what + ": empty lines before", b"\r\n\r\n" + message, want, never)
    for cut in (1, 2, 3, 7, 64):
        t.form(f"{what}: segments of {cut}", message, want, never, cut=cut)
    for order in ("reversed", "twice", "late"):
        t.form(f"{what}: segments {order}", message, want, never, cut=100, order=order)
        t.form(f"{what}: segments of 1, {order}", message, want, never, cut=1, order=order)


def toolshell_near(t):
    never = ("toolshell.",)
    plain = urlencoded([("MSOTlPn_Uri", shapes.CONTROL), ("MSOTlPn_DWP", '<WebPartPages:ContentEditorWebPart runat="server" Title="News" />')])
    for ref in ("/SitePages/Home.aspx", "/SitePages/Home.aspx?from=/_layouts/SignOut.aspx", "/_layouts/SignOut.aspx.txt", "/x/_layouts/SignOut.aspx",
                "/_layouts/17x/SignOut.aspx", "http://h/?/_layouts/SignOut.aspx", "http://h/#/_layouts/SignOut.aspx", "/_layouts/SignOut.aspx/x"):
        t.form("near: Referer " + ref, exploit(referer=("Referer: " + ref,), body=plain), never=never)
    t.form("near: no Referer", exploit(referer=(), body=plain), never=never)
    for path in ("/_layouts/15/start.aspx", "/_layouts/15/ToolPane.aspx.txt", "/_layouts/15/MyToolPane.aspx", "/docs/ToolPane.aspx", "/_layouts/15/images/a.png"):
        t.form("near: path " + path, exploit(path, body=plain), never=never)
    string = [("MSOTlPn_Uri", shapes.CONTROL), ("MSOTlPn_DWP", shapes.dwp("string"))]
    t.form("near: data set of strings", exploit(referer=("Referer: /SitePages/Home.aspx",), body=urlencoded(string)), {"toolshell.exceldataset"},
           ("toolshell.toolpane", "toolshell.register", "toolshell.dataset"))


# --- forged view state -------------------------------------------------------------------------------------------------

GADGET = "toolshell.viewstate-gadget"


def vs_post(fields, how="usual", path="/_layouts/15/start.aspx", **more):
    return request(path, [TYPE], urlencoded(fields, how), **more)


def in_pieces(text, n):
    cut = [len(text) * i // n for i in range(n + 1)]
    return [("__VIEWSTATE" + (str(i) if i else ""), text[cut[i]:cut[i + 1]]) for i in range(n)]


def signed(graph, tail=20):
    return base64.b64encode(b"\xff\x01" + graph + shapes.noise(tail, 23)).decode()


def viewstates(t):
    wide = signed(shapes.los_binary(shapes.gadget()))
    both = [("__VIEWSTATE", wide), ("__VIEWSTATEGENERATOR", "A4E1B2C3")]
    deep = shapes.los_binary(shapes.gadget(400))
    for _ in range(40):
        deep = shapes.los_pair(shapes.NULL, deep)
    small = shapes.NRBF_HEAD + shapes.nrbf_class_cut("System.Windows.Forms.AxHost+State")
    renumbered = bytearray(shapes.gadget())
    renumbered[1:5] = b"\x39\x05\0\0"
    forms = {"root": wide, "list": signed(shapes.los_list(shapes.NULL, shapes.los_binary(shapes.gadget()))), "40 pairs deep": signed(deep),
             "below 128 bytes": signed(shapes.los_binary(small)), "above 16 KiB": signed(shapes.los_binary(shapes.gadget(17400))),
             "another root id": signed(shapes.los_binary(bytes(renumbered))), "unsigned": signed(shapes.los_binary(shapes.gadget()), 0)}
    forms.update({f"MAC of {n}": signed(shapes.los_binary(shapes.gadget()), n) for n in (16, 32, 48, 64)})
    inner = base64.b64encode(b"\xff\x01" + shapes.los_binary(shapes.gadget())).decode()
    forms["base64 in a string"] = signed(shapes.los_pair(shapes.los_string(inner), shapes.NULL))
    packed = base64.b64encode(gzip.compress(shapes.gadget(), mtime=0)).decode()
    forms["gzip in a string"] = signed(shapes.los_pair(shapes.los_string(packed), shapes.NULL))
    xml = f"<a><anyType>{inner}</anyType></a>"
    forms["base64 in an element"] = signed(shapes.los_pair(shapes.los_string(xml), shapes.NULL))
    forms["behind an event validation"] = signed(shapes.los_pair(b"\x1d\x00\x01" + bytes(16), shapes.los_binary(shapes.gadget())))
    for n in (100, 1000, 3000):
        deeper = shapes.los_binary(shapes.gadget(300))
        for _ in range(n):
            deeper = shapes.los_list(deeper)
        forms[f"{n} lists deep"] = signed(deeper)
    forms["line ends in base64"] = "\r\n".join(wide[i:i + 76] for i in range(0, len(wide), 76))
    forms["blanks and tabs in base64"] = "\t ".join(wide[i:i + 5] for i in range(0, len(wide), 5))
    forms["no padding"] = wide.rstrip("=")
    for name, text in forms.items():
        t.form("view state " + name, vs_post([("__VIEWSTATE", text)]), {GADGET})
    for how in ("raw", "all", "lower"):
        t.form("view state escaped " + how, vs_post(both, how), {GADGET})
    t.form("view state, plus signs as they are", request("/a.aspx", [TYPE], b"__VIEWSTATE=" + wide.encode()), {GADGET})
    t.form("view state, name in lower case", vs_post([("__viewstate", wide)]), {GADGET})
    t.form("view state, name escaped", request("/a.aspx", [TYPE], b"%5F%5fVIEW%53TATE=" + urllib.parse.quote(wide, safe="").encode()), {GADGET})
    t.form("view state last of many", vs_post([(f"ctl00${i}", "v") for i in range(300)] + both), {GADGET})
    t.form("view state in the query", request("/a.aspx?" + urllib.parse.urlencode(both), [], method="GET"), {GADGET})
    for count in ("0", "1", "5", "-1", "x", "+1", " 1 ", "2147483647"):
        t.form(f"view state with a count of {count!r}", vs_post([("__VIEWSTATEFIELDCOUNT", count), *both]), {GADGET})
    t.form("view state, a count in the query only", vs_post(both, path="/a.aspx?__VIEWSTATEFIELDCOUNT=3&__VIEWSTATE1=x"), {GADGET})
    for n in (2, 3, 7, 30, 300):
        pieces = in_pieces(wide, n)
        count = ("__VIEWSTATEFIELDCOUNT", str(n))
        t.form(f"view state in {n}, count first", vs_post([count] + pieces), {GADGET})
        t.form(f"view state in {n}, count last", vs_post(pieces + [count]), {GADGET})
        t.form(f"view state in {n}, turned", vs_post([count] + pieces[::-1]), {GADGET})
    ctype, body = multipart(both)
    t.form("view state in multipart", request("/a.aspx", ["Content-Type: " + ctype], body), {GADGET})
    for coding, pack in CODINGS.items():
        t.form("view state in " + coding, request("/a.aspx", [TYPE, "Content-Encoding: " + coding], pack(urlencoded(both))), {GADGET})
    t.form("view state chunked", vs_post(both, framing=lambda b: chunked(b, 3, ";x")), {GADGET})
    for name, codec in CHARSETS.items():
        t.form(f"view state in {name}", request("/a.aspx", [TYPE + "; charset=" + name], in_charset(both, codec)), {GADGET})
        pieces = [("__VIEWSTATEFIELDCOUNT", "3")] + in_pieces(wide, 3)
        t.form(f"view state in three and {name}", request("/a.aspx", [TYPE + "; charset=" + name], in_charset(pieces, codec, "all")), {GADGET})
        if codec != "utf-16-le":
            device = ["User-Agent: UP.Inert", "X-Up-Devcap-Post-Charset: " + name]
            t.form(f"view state in a query in {name}", request("/a.aspx?" + in_charset(both, codec, "all").decode(), device, method="GET"), {GADGET})
    for kind in ("benign", "hashtable"):
        t.form("near: view state " + kind, vs_post([("__VIEWSTATE", base64.b64encode(shapes.viewstate(kind)).decode())]), never=("toolshell.",))
    usual = vs_post([("__VIEWSTATE", base64.b64encode(shapes.viewstate("benign")).decode())])
    opaque = vs_post([("__VIEWSTATE", base64.b64encode(shapes.viewstate("opaque")).decode())])
    for n in (0, 1, 4, 5, 6):
        turns = [("c", usual), ("s", OK)] * n + [("c", opaque), ("s", OK)]
        if n < 5:
            t.form(f"near: opaque view state after {n} others", turns, never=("toolshell.",))
        else:
            t.form(f"opaque view state after {n} others", turns, {"toolshell.viewstate-turned"})
    t.form("near: opaque view state first", [("c", opaque), ("s", OK)] + [("c", usual), ("s", OK)] * 6, never=("toolshell.",))
    t.form("near: gadget in another field", vs_post([("q", wide)]), never=("toolshell.",))
    t.form("near: view state empty", vs_post([("__VIEWSTATE", "")]), never=("toolshell.",))
    return vs_post(both)


# --- leaked keys -------------------------------------------------------------------------------------------------------

LEAK = "toolshell.machinekey-leak"


def response(body, headers=(), framing="length"):
    lines = ["HTTP/1.1 200 OK", "Content-Type: text/plain", *headers]
    if framing == "length":
        lines.append(f"Content-Length: {len(body)}")
    elif framing == "close":
        lines.append("Connection: close")
    else:
        lines.append("Transfer-Encoding: chunked")
        body = framing(body)
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def leaks(t):
    get = request("/a.aspx", [], method="GET")
    line, config = shapes.keys("line").encode(), shapes.keys("config").encode()
    short = f"{'0F' * 20}|SHA1|{'0F' * 8}|3DES|Framework45".encode()
    for name, body in (("line", line), ("lower case", line.lower().replace(b"framework", b"Framework")), ("web.config", config), ("short keys", short),
                       ("behind 300 KB", b"<p>x</p>" * 38000 + line), ("in a page", b"<html><body>" + line + b"</body></html>"),
                       ("single quotes", config.replace(b'"', b"'")), ("commas", line.replace(b"|", b", ")), ("lines", line.replace(b"|", b"\r\n")),
                       ("attributes in other order", b'<machineKey decryption="AES"\n  decryptionKey="' + b"0F" * 24 + b'"\n  validationKey="' + b"0F" * 64 + b'" />')):
        t.form("keys: " + name, [("c", get), ("s", response(body))], {LEAK})
    for coding, pack in CODINGS.items():
        t.form("keys in " + coding, [("c", get), ("s", response(pack(line), ["Content-Encoding: " + coding]))], {LEAK})
        t.form("keys chunked in " + coding, [("c", get), ("s", response(pack(line), ["Content-Encoding: " + coding], lambda b: chunked(b, 5)))], {LEAK})
    t.form("keys chunked", [("c", get), ("s", response(line, (), lambda b: chunked(b, 1, ";a")))], {LEAK})
    t.form("keys until the end", [("c", get), ("s", response(line, (), "close"))], {LEAK})
    t.form("keys in the third of a pipeline", [("c", get * 3), ("s", OK + OK + response(line))], {LEAK})
    t.form("keys in the fifth answer", [("c", get), ("s", OK)] * 4 + [("c", get), ("s", response(line))], {LEAK})
    t.form("keys after 103", [("c", get), ("s", b"HTTP/1.1 103 Early Hints\r\n\r\n" + response(line))], {LEAK})
    for cut in (1, 2, 7, 64):
        t.form(f"keys in segments of {cut}", [("c", get), ("s", response(line))], {LEAK}, cut=cut)
    for order in ("reversed", "twice", "late"):
        t.form(f"keys in segments {order}", [("c", get), ("s", response(line))], {LEAK}, cut=10, order=order)
    for name, body in (("documentation", shapes.keys("docs").encode()), ("digests without algorithms", b"|".join([b"0F" * 64, b"release", b"0F" * 24, b"debug"])), ("no hex", line.replace(b"0", b"z")),
                       ("digests", b"|".join([b"0f" * 32] * 5)), ("automatic keys", b'<machineKey validationKey="AutoGenerate,IsolateApps" />')):
        t.form("near: keys, " + name, [("c", get), ("s", response(body))], never=("toolshell.",))
    t.form("near: keys sent to the server", request("/a.aspx", ["Content-Type: text/plain"], line), never=("toolshell.",))


# --- Lumma -------------------------------------------------------------------------------------------------------------

LUMMA = "lumma.v6-config"


def lumma(t):
    body = b"uid=5f00aa11bb22cc33dd44ee55ff660077&cid="
    for path in ("/qpdl", "/zkjr/api", "/abc", "/"):
        t.form("Lumma path " + path, request(path, [TYPE], body), {LUMMA})
    for b in (body + b"0123456789abcdef", b"uid=" + b"0" * 16 + b"&cid=", b"uid=" + b"a" * 64 + b"&cid="):
        t.form(f"Lumma body {b[:30]!r}", request("/x", [TYPE], b), {LUMMA})
    for ctype in ("text/plain", ENCODED + "; charset=utf-8", "application/octet-stream"):
        t.form("Lumma type " + ctype, request("/x", ["Content-Type: " + ctype], body), {LUMMA})
    t.form("Lumma chunked", request("/x", [TYPE], body, framing=lambda b: chunked(b, 1)), {LUMMA})
    t.form("Lumma in gzip", request("/x", [TYPE, "Content-Encoding: gzip"], CODINGS["gzip"](body)), {LUMMA})
    for b in (b"uid=42&cid=", b"uid=5f00aa11bb22cc33dd44ee55ff66zz77&cid=", b"cid=1&uid=5f00aa11bb22cc33dd44ee55ff660077", b"u" + body):
        t.form(f"near: Lumma {b[:30]!r}", request("/x", [TYPE], b), never=("lumma.",))
    return request("/qpdl", [TYPE], body)


# --- names -------------------------------------------------------------------------------------------------------------

def names(t):
    """A ClientHello cut at any byte, over segments and over records; a Host in other spellings."""
    want = {"soft-gets.name-tls"}
    hello = shapes.client_hello("www.soft-gets.com")
    for at in range(1, len(hello)):
        t.form(f"ClientHello cut at {at}", [("c", hello[:at]), ("c", hello[at:])], want, cut=4000)
    body = hello[5:]
    for size in (1, 2, 3, 16, 100, 250):
        records = b"".join(b"\x16\3\1" + len(p).to_bytes(2, "big") + p for p in (body[i:i + size] for i in range(0, len(body), size)))
        t.form(f"ClientHello in records of {size}", [("c", records)], want)
        t.form(f"ClientHello in records of {size}, segments of 3", [("c", records)], want, cut=3)
    for cut in (1, 2, 7):
        for order in ("straight", "reversed", "twice", "late"):
            t.form(f"ClientHello in segments of {cut}, {order}", [("c", hello)], want, cut=cut, order=order)
    t.form("ClientHello, name in upper case", [("c", shapes.client_hello("SOFT-GETS.COM"))], want)
    for name in ("soft-gets.com.example.net", "notsoft-gets.com", "soft-gets.co", "soft-gets.com-x.net"):
        t.form("near: ClientHello for " + name, [("c", shapes.client_hello(name))], never=("soft-gets.",))
    for host in ("soft-gets.com", "SOFT-GETS.com", "soft-gets.com:8080", "soft-gets.com.", "a.b.soft-gets.com"):
        t.form("Host " + host, f"GET /x HTTP/1.1\r\nHost: {host}\r\n\r\n".encode(), {"soft-gets.name-http"})
    t.form("absolute target", b"GET http://soft-gets.com/x HTTP/1.1\r\nHost: other.example\r\n\r\n", {"soft-gets.name-http"})
    for host in ("soft-gets.com.example.net", "notsoft-gets.com", "example.net"):
        t.form("near: Host " + host, f"GET /?u=soft-gets.com HTTP/1.1\r\nHost: {host}\r\n\r\n".encode(), never=("soft-gets.",))


def main(sekisho, rules, folder):
    bad = rows = 0

    def table(name, fill):
        nonlocal bad, rows
        t = Table(os.path.join(folder, name + ".pcap"))
        fill(t)
        bad += t.judge(sekisho, rules)
        rows += len(t.rows)

    table("heads", toolshell_heads)
    table("bodies", toolshell_bodies)
    table("charsets", toolshell_charsets)
    table("tables", toolshell_tables)
    table("near", toolshell_near)
    table("places", lambda t: on_the_connection(t, "tool pane", exploit(), ALL))
    table("viewstates", lambda t: on_the_connection(t, "view state", viewstates(t), {GADGET}))
    table("leaks", leaks)
    table("names", names)
    table("lumma", lambda t: on_the_connection(t, "Lumma", lumma(t), {LUMMA}))
    print(f"{rows} forms, {bad} wrong")
    return bad != 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))
