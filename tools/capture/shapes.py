#!/usr/bin/env python3
"""Builds the inert bodies the makers send: right shape, nothing in them that could run or authenticate.

usage: shapes.py NAME [ARGUMENT ...]       writes to standard output

Layouts: MS-NRBF for .NET binary streams, the ObjectStateFormatter reference source for view state, published analyses of
the campaigns for the rest (see rules/*.yaml for the references). Types in the .NET streams do not exist or are cut before
their members; keys, tokens and passwords are made up.
"""
import base64
import gzip
import json
import struct
import sys
import urllib.parse
import zlib

SYSTEM_DATA = "System.Data, Version=4.0.0.0, Culture=neutral, PublicKeyToken=b77a5c561934e089"
SHAREPOINT = "Microsoft.SharePoint, Version=15.0.0.0, Culture=neutral, PublicKeyToken=71e9bce111e9429c"
SCORECARDS = "Microsoft.PerformancePoint.Scorecards.Client, Version=16.0.0.0, Culture=neutral, PublicKeyToken=71e9bce111e9429c"
FAKE_VALIDATION = "00112233445566778899AABBCCDDEEFF" * 4
FAKE_DECRYPTION = "FFEEDDCCBBAA99887766554433221100" + "0F1E2D3C4B5A6978"


def noise(n, seed=1):
    """n bytes that look random and are the same every time (a 32-bit LCG, high byte)."""
    out, x = bytearray(), seed
    for _ in range(n):
        x = (x * 1664525 + 1013904223) & 0xFFFFFFFF
        out.append(x >> 24)
    return bytes(out)


def varint(n):
    out = bytearray()
    while n >= 0x80:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    out.append(n)
    return bytes(out)


def text(s):
    b = s.encode()
    return varint(len(b)) + b


# --- MS-NRBF ---------------------------------------------------------------------------------------------------------

NRBF_HEAD = b"\0" + struct.pack("<iiii", 1, -1, 1, 0)


def nrbf_library(name, ident=2):
    return b"\x0c" + struct.pack("<i", ident) + text(name)


def nrbf_class_cut(name, ident=1):
    """ClassWithMembersAndTypes that ends right after its name: no formatter can read it to the end."""
    return b"\x05" + struct.pack("<i", ident) + text(name)


def nrbf_dataset(schema, diffgram):
    return (NRBF_HEAD + nrbf_library(SYSTEM_DATA)
            + b"\x05" + struct.pack("<i", 1) + text("System.Data.DataSet") + struct.pack("<i", 2)
            + text("XmlSchema") + text("XmlDiffGram") + b"\x01\x01" + struct.pack("<i", 2)
            + b"\x06" + struct.pack("<i", 3) + text(schema) + b"\x06" + struct.pack("<i", 4) + text(diffgram) + b"\x0b")


def compressed_data_table(data_type, filler=0):
    schema = ('<?xml version="1.0" encoding="utf-16"?>\r\n'
              '<xs:schema xmlns="" xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:msdata="urn:schemas-microsoft-com:xml-msdata" '
              'id="ds">\r\n  <xs:element name="ds" msdata:IsDataSet="true" msdata:UseCurrentLocale="true">\r\n'
              '    <xs:complexType>\r\n      <xs:choice minOccurs="0" maxOccurs="unbounded">\r\n        <xs:element name="tbl">\r\n'
              '          <xs:complexType>\r\n            <xs:sequence>\r\n'
              f'              <xs:element name="c" msdata:DataType="{data_type}" type="xs:anyType" minOccurs="0" />\r\n'
              '            </xs:sequence>\r\n          </xs:complexType>\r\n        </xs:element>\r\n      </xs:choice>\r\n'
              '    </xs:complexType>\r\n  </xs:element>\r\n</xs:schema>')
    if filler:
        schema += "<!-- " + noise(filler).hex() + " -->"
    diffgram = ('<diffgr:diffgram xmlns:msdata="urn:schemas-microsoft-com:xml-msdata" '
                'xmlns:diffgr="urn:schemas-microsoft-com:xml-diffgram-v1" />')
    return base64.b64encode(gzip.compress(nrbf_dataset(schema, diffgram), mtime=0)).decode()


def dwp(kind="inert"):
    """Web part markup. inert: bracketed generic over a type that does not exist; string: an ordinary column type."""
    data_type = {"inert": "System.Collections.Generic.List`1[[Inert.Test, Inert]]",
                 "large": "System.Collections.Generic.List`1[[Inert.Test, Inert]]", "string": "System.String"}[kind]
    space = " " if kind != "string" else ""
    table = compressed_data_table(data_type, 2200 if kind == "large" else 0)
    return (f'<%@ Register Tagprefix="Scorecard" Namespace="Microsoft.PerformancePoint.Scorecards{space}" Assembly="{SCORECARDS}" %>\r\n'
            '<%@ Register Tagprefix="asp" Namespace="System.Web.UI" Assembly="System.Web.Extensions, Version=4.0.0.0, '
            'Culture=neutral, PublicKeyToken=31bf3856ad364e35" %>\r\n'
            '<asp:UpdateProgress ID="UpdateProgress1" DisplayAfter="10" runat="server" AssociatedUpdatePanelID="upTest">\r\n'
            '<ProgressTemplate>\r\n  <div class="divWaiting">\r\n'
            f'    <Scorecard:ExcelDataSet CompressedDataTable="{table}" DataTable-CaseSensitive="true" runat="server"></Scorecard:ExcelDataSet>\r\n'
            '  </div>\r\n</ProgressTemplate>\r\n</asp:UpdateProgress>\r\n')


CONTROL = "http://sp.corp.example/_controltemplates/15/AclEditor.ascx"


def toolpane_form(kind="inert"):
    return urllib.parse.urlencode({"MSOTlPn_Uri": CONTROL, "MSOTlPn_DWP": dwp(kind)})


def form_in(charset, kind="inert"):
    """The form as ASP.NET reads it in a charset: signs in ASCII, names and values not."""
    def esc(v):
        return urllib.parse.quote_from_bytes(v.encode(charset), safe="")
    return "&".join(esc(n) + "=" + esc(v) for n, v in (("MSOTlPn_Uri", CONTROL), ("MSOTlPn_DWP", dwp(kind))))


def multipart_in(charset, boundary="Inert7f3a"):
    out = b""
    for n, v in (("MSOTlPn_Uri", CONTROL), ("MSOTlPn_DWP", dwp())):
        out += f"--{boundary}\r\n".encode() + f'Content-Disposition: form-data; name="{n}"'.encode(charset) + b"\r\n\r\n" + v.encode(charset) + b"\r\n"
    return out + f"--{boundary}--\r\n".encode()


def viewstate_in(charset):
    def esc(v):
        return "".join(f"%{c:02x}" for c in v.encode(charset))
    return esc("__VIEWSTATE") + "=" + esc(base64.b64encode(viewstate("root")).decode())


# --- ObjectStateFormatter --------------------------------------------------------------------------------------------

NULL, ZERO, TRUE, FALSE, EMPTY = b"\x64", b"\x66", b"\x67", b"\x68", b"\x65"


def los_string(s):
    return b"\x05" + text(s)


def los_int(n):
    return b"\x02" + varint(n)


def los_pair(a, b):
    return b"\x0f" + a + b


def los_list(*v):
    return b"\x16" + varint(len(v)) + b"".join(v)


def los_binary(b):
    return b"\x32" + varint(len(b)) + b


def gadget(size=900):
    """Names of a class that attackers use, cut before its members, then filler."""
    b = NRBF_HEAD + nrbf_library("Microsoft.PowerShell.Editor, Version=3.0.0.0, Culture=neutral, PublicKeyToken=31bf3856ad364e35") \
        + nrbf_class_cut("Microsoft.VisualStudio.Text.Formatting.TextFormattingRunProperties")
    return b + noise(max(0, size - len(b)), 7)


def unknown_object():
    """A class that does not exist, cut before its members."""
    b = NRBF_HEAD + nrbf_library("Inert, Version=1.0.0.0, Culture=neutral, PublicKeyToken=null") + nrbf_class_cut("Inert.Test.Thing")
    return b + noise(300, 9)


def hashtable():
    """A harmless System.Collections.Hashtable with no entries, complete (mscorlib class, record 4)."""
    names = ["LoadFactor", "Version", "Comparer", "HashCodeProvider", "HashSize", "Keys", "Values"]
    b = NRBF_HEAD + b"\x04" + struct.pack("<i", 1) + text("System.Collections.Hashtable") + struct.pack("<i", len(names))
    b += b"".join(text(n) for n in names)
    b += bytes([0, 0, 3, 3, 0, 5, 5]) + bytes([11, 8]) + text("System.Collections.IComparer") \
        + text("System.Collections.IHashCodeProvider") + bytes([8])
    b += struct.pack("<f", 0.72) + struct.pack("<i", 0) + b"\x0a\x0a" + struct.pack("<i", 3) \
        + b"\x09" + struct.pack("<i", 2) + b"\x09" + struct.pack("<i", 3)
    b += b"\x10" + struct.pack("<ii", 2, 0) + b"\x10" + struct.pack("<ii", 3, 0) + b"\x0b"
    return b


def sharepoint_graph(rows=14):
    mode = b"\x0b" + b"\x29" + text("Microsoft.SharePoint.WebControls.SPControlMode, " + SHAREPOINT) + varint(1)
    visible = b"\x1e" + text("Visible")
    parts = [los_int(1), los_pair(NULL, los_list(los_int(1), los_pair(los_list(visible, FALSE), NULL)))]
    for i in range(rows):
        parts += [los_int(i + 3), los_pair(los_list(b"\x1f\x00", TRUE if i & 1 else FALSE, los_string(f"ctl{i:02d}"), mode),
                                           los_pair(NULL, los_list(ZERO, los_pair(los_list(EMPTY, los_string(f"Document {i}.docx")), NULL))))]
    inner = los_pair(NULL, los_list(ZERO, los_pair(NULL, los_list(*parts))))
    return los_pair(los_pair(los_string("0"), inner), NULL)


def viewstate(kind):
    """root, nested, large, hashtable, unknown, benign, sha256, opaque, list."""
    if kind == "opaque":
        return noise(864, 11)
    root = {"root": lambda: los_binary(gadget()),
            "sha256": lambda: los_binary(gadget()),
            "nested": lambda: los_pair(los_pair(los_string("1872613405"), los_pair(NULL, los_list(los_int(3), los_binary(gadget(700))))), NULL),
            "list": lambda: los_list(los_binary(gadget(640)), NULL),
            "large": lambda: los_binary(gadget(17400)),
            "hashtable": lambda: los_pair(los_pair(los_string("417583021"), los_list(los_int(1), los_binary(hashtable()))), NULL),
            "unknown": lambda: los_pair(los_pair(los_string("905317842"), los_list(los_int(1), los_binary(unknown_object()))), NULL),
            "benign": sharepoint_graph}[kind]()
    tail = 32 if kind in ("sha256", "benign", "hashtable") else 20
    return b"\xff\x01" + root + noise(tail, 23)


def viewstate_form(kind, generator="A4E1B2C3", chunks=1, extra=""):
    b = base64.b64encode(viewstate(kind)).decode()
    if chunks == 1:
        fields = [("__VIEWSTATE", b)]
    else:
        cut = [len(b) * i // chunks for i in range(chunks + 1)]
        fields = [("__VIEWSTATEFIELDCOUNT", str(chunks))]
        fields += [("__VIEWSTATE" + (str(i) if i else ""), b[cut[i]:cut[i + 1]]) for i in range(chunks)]
    fields.append(("__VIEWSTATEGENERATOR", generator))
    if extra:
        fields += [tuple(p.split("=", 1)) for p in extra.split("&")]
    return urllib.parse.urlencode(fields)


# --- leaks -----------------------------------------------------------------------------------------------------------

def keys(kind="line"):
    if kind == "line":
        return f"{FAKE_VALIDATION}|HMACSHA256|{FAKE_DECRYPTION}|Auto|Framework20SP1"
    if kind == "config":
        return ('<?xml version="1.0" encoding="utf-8"?>\r\n<configuration>\r\n  <system.web>\r\n'
                f'    <machineKey validationKey="{FAKE_VALIDATION}" decryptionKey="{FAKE_DECRYPTION}" validation="HMACSHA256" '
                'decryption="AES" compatibilityMode="Framework20SP1" />\r\n    <customErrors mode="On" />\r\n'
                '  </system.web>\r\n</configuration>\r\n')
    return ('<html><head><title>Configure a machine key</title></head><body><h1>machineKey</h1><p>By default ASP.NET makes its own keys:</p>'
            '<pre>&lt;machineKey validationKey="AutoGenerate,IsolateApps" decryptionKey="AutoGenerate,IsolateApps" validation="SHA1" '
            'decryption="Auto" /&gt;</pre><p>In a farm write a validationKey of 40 to 128 hexadecimal characters, one of SHA1, MD5, '
            'HMACSHA256 for validation, and set compatibilityMode to Framework20SP1 or Framework45: HMACSHA256|Auto|Framework20SP1.</p>'
            '<pre><machineKey validationKey="[put your key here]" decryptionKey="[put your key here]" /></pre></body></html>')


# --- AK47C2 ----------------------------------------------------------------------------------------------------------

AK47_KEY = b"VHBD@H"
AK47_DOMAIN = "update.updatemicfosoft.com"


def xor(b, key=AK47_KEY):
    return bytes(c ^ key[i % len(key)] for i, c in enumerate(b))


def ak47_json(host="WS-INERT-01", cmd="", result="", kind="task"):
    return json.dumps({"cmd": cmd, "cmd_id": "", "fqdn": host, "result": result, "type": kind}, separators=(",", ":")).encode()


def ak47_name(version):
    if version == "202503":
        h = xor(ak47_json()).hex()
        return ".".join([h[i:i + 60] for i in range(0, len(h), 60)] + [AK47_DOMAIN])
    fields = [b"1" + b"k3v9q", b"a" + b"k3v9q", b"WS-INERT-01"]
    return ".".join([xor(f).hex() for f in fields] + [AK47_DOMAIN])


def ak47_answer():
    return xor(ak47_json(cmd="inert", kind="task")).hex()


def ak47_fields(kind, *more):
    """Layout 202504: 1 (task) or 2 (result) and the session, a and the session, the host, and what else."""
    fields = [kind.encode() + b"k3v9q", b"ak3v9q", b"WS-INERT-01", *[m.encode() for m in more]]
    return ".".join([xor(f).hex() for f in fields] + [AK47_DOMAIN])


def ak47_text(s):
    return xor(s.encode()).hex()


def ak47_parts(what, how="text"):
    """A message cut at 63 digits, each piece behind its marker: as texts or as names, a line each."""
    message = {"task": ak47_json(cmd="inert --" + "long" * 30, kind="task"),
               "result": ak47_json(cmd="inert", result="\\r\\n".join(f"inert line {i}" for i in range(9)), kind="result"),
               "plain": "\r\n".join(f"inert line {i}" for i in range(9)).encode()}[what]
    h = xor(message).hex()
    cut = [h[i:i + 63] for i in range(0, len(h), 63)]
    marker = [f"sk3v9qt{len(cut):04d}p{i + 1:04d}" for i in range(len(cut))]
    if how == "text":
        return "\n".join(m + c for m, c in zip(marker, cut)) + "\n"
    if how == "coded":
        marker = [xor(m.encode()).hex() for m in marker]
    return "\n".join(f"{m}.{c}.{AK47_DOMAIN}" for m, c in zip(marker, cut)) + "\n"


def wire_name(name):
    """A name as it stands in a record, in hex."""
    return b"".join(bytes([len(p)]) + p.encode() for p in name.split(".")).hex() + "00"


# --- stealers --------------------------------------------------------------------------------------------------------

def png(kind):
    def chunk(name, body):
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
    w, h = 64, 64
    head = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, 8, 2, 0, 0, 0))
    if kind == "carrier":
        body = b"\xea\x79\xa5\xc6" + struct.pack("<III", 0, 4096, 4096) + noise(4096, 5)
    else:
        body = zlib.compress(b"".join(b"\0" + noise(w * 3, y + 1) for y in range(h)), 9)
    return head + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def lumma_upload(version):
    b = "bq7Rk2Xv9LmTz0"

    def part(name, value, filename=None):
        d = f'--{b}\r\nContent-Disposition: form-data; name="{name}"'
        if filename:
            d += f'; filename="{filename}"\r\nContent-Type: application/octet-stream'
        return d.encode() + b"\r\n\r\n" + (value if isinstance(value, bytes) else value.encode()) + b"\r\n"
    data = b"PK\x05\x06" + bytes(18) + noise(1800, 3)
    if version == "v1":
        body = part("hwid", "0" * 32) + part("pid", "1") + part("lid", "inert--test") + part("file", data, "file")
    elif version == "v4":
        body = part("act", "send_message") + part("hwid", "0" * 32) + part("pid", "1") + part("lid", "inert--test") + part("file", data, "file")
    elif version == "vidar":
        body = part("hwid", "0" * 32) + part("build_id", "f" * 32)
    else:
        body = part("uid", "5f00aa11bb22cc33dd44ee55ff660077") + part("pid", version) + part("hwid", "0123456789ABCDEF0123456789ABCDEF") \
            + part("file", data, "data")
    return body + f"--{b}--\r\n".encode()


def rot15(s):
    return "".join(chr((ord(c) - 97 + 15) % 26 + 97) if c.isalpha() else c for c in s)


def dead_drop(title, service="steam"):
    if service == "steam":
        return (f"<!DOCTYPE html><html><head><title>Steam Community :: {title}</title></head><body>" + "<p>inert</p>" * 60
                + f'<div class="profile_header"><span class="actual_persona_name">{title}</span></div></body></html>')
    return (f'<!DOCTYPE html><html><head><meta property="og:title" content="{title}"></head><body><div class="tgme_page_title" dir="auto">'
            f'<span dir="auto">{title}</span></div></body></html>')


def client_hello(name):
    """As Windows' Schannel without ALPN: JA4 t13d201200_2b729b4bf6f3_e24568c0d440."""
    def ext(kind, b):
        return struct.pack(">HH", kind, len(b)) + b
    suites = "1302 1301 c02c c02b c030 c02f c024 c023 c028 c027 c00a c009 c014 c013 009d 009c 003d 003c 0035 002f"
    sigs = "0804 0805 0806 0401 0501 0201 0403 0503 0203 0202 0601 0603"
    sni = b"\0" + struct.pack(">H", len(name)) + name.encode()
    exts = (ext(0, struct.pack(">H", len(sni)) + sni) + ext(5, b"\1\0\0\0\0") + ext(0x33, bytes.fromhex("0024001d0020") + noise(32, 41))
            + ext(0x2b, bytes.fromhex("0403040303")) + ext(0xd, b"\0\x18" + bytes.fromhex(sigs)) + ext(0xa, bytes.fromhex("0006001d00170018"))
            + ext(0xb, b"\1\0") + ext(0x31, b"") + ext(0x17, b"") + ext(0x2d, b"\1\1") + ext(0x23, b"") + ext(0xff01, b"\0"))
    suites = bytes.fromhex(suites)
    body = b"\3\3" + noise(32, 42) + b"\x20" + noise(32, 43) + struct.pack(">H", len(suites)) + suites + b"\1\0" + struct.pack(">H", len(exts)) + exts
    hello = b"\1" + struct.pack(">I", len(body))[1:] + body
    return b"\x16\3\1" + struct.pack(">H", len(hello)) + hello


def chacha20(key, last, b):
    """RFC 8439 2.3; last: words 12 to 15 of the state at the first block."""
    def turn(s, a, b, c, d):
        for x, y, z, n in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            s[x] = (s[x] + s[y]) & 0xFFFFFFFF
            v = s[z] ^ s[x]
            s[z] = (v << n | v >> (32 - n)) & 0xFFFFFFFF
    out = bytearray()
    for at in range(0, len(b), 64):
        first = list(struct.unpack("<16I", b"expand 32-byte k" + key + struct.pack("<4I", last[0] + at // 64, *last[1:])))
        s = first[:]
        for _ in range(10):
            for q in ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15), (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)):
                turn(s, *q)
        stream = struct.pack("<16I", *((x + y) & 0xFFFFFFFF for x, y in zip(s, first)))
        out += bytes(x ^ y for x, y in zip(b[at:at + 64], stream))
    return bytes(out)


def lumma_config(place="prefix", kind="config"):
    """JSON under ChaCha20 with its keys in front or behind. kind other: JSON of something else."""
    plain = {"config": {"v": 4, "se": True, "ad": False, "vm": False, "ex": [{"en": "inert.example", "ez": "Inert/Wallet"}],
                        "c": [{"t": 0, "p": "%inert%", "m": ["*.inert"], "z": "Inert", "d": 1, "fs": 20}]},
             "other": {"name": "inert", "items": [1, 2, 3], "note": "ciphertext of some other program"}}[kind]
    keys = noise(40, 31)
    cipher = chacha20(keys[:32], (0, 0, *struct.unpack("<2I", keys[32:])), json.dumps(plain, separators=(",", ":")).encode())
    return keys + cipher if place == "prefix" else cipher + keys


def program():
    """The first two headers of a PE file and nothing that could be loaded."""
    return b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0" + bytes(20) + b"inert, not a program" + bytes(404)


# --- environment dumps -----------------------------------------------------------------------------------------------

def crc62(s):
    """With the checksum GitHub and npm put behind: CRC-32 in six digits of base 62."""
    n, out = zlib.crc32(s.encode()), ""
    for _ in range(6):
        out = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"[n % 62] + out
        n //= 62
    return s + out


def fake_token(kind):
    fill = "InertFakeForTests"
    return {"github": "gh" + "p_" + crc62((fill * 3)[:30]), "npm": "np" + "m_" + crc62((fill * 3)[:30]), "sample": "gh" + "p_" + (fill * 3)[:36],
            "aws": "AK" + "IA" + "INERT2FAKE2KEY23", "pat": "github" + "_pat_" + (fill * 6)[:82]}[kind]


def env(kind="full"):
    e = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/home/runner", "USER": "runner",
         "LOGNAME": "runner", "SHELL": "/bin/bash", "PWD": "/home/runner/work/app/app", "LANG": "C.UTF-8", "TERM": "xterm-256color",
         "HOSTNAME": "inert-runner-01"}
    if kind == "few":
        return {k: e[k] for k in ("LANG", "TERM")}
    e.update({"npm_config_registry": "https://registry.npmjs.org/", "npm_config_user_agent": "npm/10.8.2 node/v20.20.2 linux x64 workspaces/false ci/github-actions",
              "npm_config_cache": "/home/runner/.npm", "npm_config_userconfig": "/home/runner/.npmrc", "npm_config_prefix": "/usr/local",
              "npm_lifecycle_event": "postinstall", "npm_lifecycle_script": "node index.js", "npm_package_name": "inert-test",
              "npm_package_version": "0.0.0", "npm_execpath": "/usr/local/lib/node_modules/npm/bin/npm-cli.js", "npm_node_execpath": "/usr/local/bin/node",
              "INIT_CWD": "/home/runner/work/app/app", "NODE": "/usr/local/bin/node", "EDITOR": "vi", "COLOR": "0",
              "CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "inert/test", "GITHUB_RUN_ID": "1",
              "GITHUB_WORKSPACE": "/home/runner/work/app/app", "RUNNER_OS": "Linux", "RUNNER_TEMP": "/home/runner/work/_temp"})
    if kind != "notoken":
        e.update({"GITHUB_TOKEN": fake_token("github"), "NPM_TOKEN": fake_token("npm"), "AWS_ACCESS_KEY_ID": fake_token("aws"),
                  "AWS_SECRET_ACCESS_KEY": (noise(30, 99).hex() + "inert")[:40], "AWS_DEFAULT_REGION": "eu-central-1"})
    return e


def env_json(kind="full"):
    return json.dumps({"hostname": "inert-runner-01", "platform": "linux", "arch": "x64", "cwd": "/home/runner/work/app/app", "env": env(kind)})


def env_windows():
    e = {"APPDATA": r"C:\Users\inert\AppData\Roaming", "LOCALAPPDATA": r"C:\Users\inert\AppData\Local", "USERPROFILE": r"C:\Users\inert",
         "COMSPEC": r"C:\Windows\system32\cmd.exe", "PATHEXT": ".COM;.EXE;.BAT;.CMD", "SYSTEMROOT": r"C:\Windows",
         "PROCESSOR_ARCHITECTURE": "AMD64", "NUMBER_OF_PROCESSORS": "8", "LOGONSERVER": r"\\INERT-DC", "USERNAME": "inert",
         "npm_config_registry": "https://registry.npmjs.org/", "npm_lifecycle_event": "install", "npm_execpath": r"C:\nodejs\node_modules\npm\bin\npm-cli.js",
         "INIT_CWD": r"C:\src\app", "NPM_TOKEN": fake_token("npm")}
    return json.dumps({"type": "env", "data": e})


def main(a):
    out = {
        "dwp": dwp, "toolpane-form": toolpane_form, "control": lambda: CONTROL,
        "form-in": form_in, "multipart-in": multipart_in, "viewstate-in": viewstate_in,
        "viewstate": lambda k: base64.b64encode(viewstate(k)), "viewstate-raw": viewstate,
        "viewstate-form": lambda k, g="A4E1B2C3", n="1", x="": viewstate_form(k, g, int(n), x), "keys": keys,
        "ak47-name": ak47_name, "ak47-answer": ak47_answer, "ak47-fields": ak47_fields,
        "ak47-text": ak47_text, "ak47-parts": ak47_parts, "wire-name": wire_name, "ak47-http": lambda: xor(ak47_json()).hex(),
        "rot15": rot15, "dead-drop": dead_drop, "client-hello": client_hello, "png": png, "lumma-upload": lumma_upload, "lumma-config": lumma_config, "env": lambda k="full": env_json(k), "env-windows": env_windows,
        "env-lines": lambda: "".join(f"{k}={v}\n" for k, v in env().items()),
        "env-base64": lambda before="": base64.b64encode((before + env_json()).encode()), "token": fake_token,
        "noise": lambda n, s="1": noise(int(n), int(s)), "gzip": lambda: gzip.compress(sys.stdin.buffer.read(), mtime=0),
    }[a[0]](*a[1:])
    sys.stdout.buffer.write(out.encode() if isinstance(out, str) else out)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1:])
