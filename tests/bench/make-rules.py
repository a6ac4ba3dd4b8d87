#!/usr/bin/env python3
"""Writes generic rules to measure with: the same ones every time, none of which fires on the captures of make-captures.py.

usage: make-rules.py sekisho|suricata CNT > FILE

A tenth of each kind in turn, with seed 42: URI, host, user agent, SNI, DNS name, TCP bytes, UDP bytes, request body, cookie,
response body. The first 30 of 1000 are the 30.
"""
import random
import sys

TLDS = ("com", "net", "org", "info", "io", "ru", "top", "xyz")


class Words:
    """Random strings, drawn in a fixed order."""

    def __init__(self):
        self.random = random.Random(42)

    def word(self):
        """6 to 14 letters and digits."""
        return "".join(self.random.choice("abcdefghijklmnopqrstuvwxyz0123456789") for _ in range(self.random.randint(6, 14)))

    def name(self):
        return f"{self.word()}.{self.word()}.{self.random.choice(TLDS)}"

    def binary(self):
        """6 to 10 bytes, as hexadecimal digits with blanks between."""
        return " ".join(f"{self.random.randrange(256):02x}" for _ in range(self.random.randint(6, 10)))


# kind: what is drawn, sekisho's rule, Suricata's rule
KINDS = (
    (lambda w: f"/{w.word()}/{w.word()}.php", "http.request", "path: {{contains: '{}'}}",
     "http any any -> any any (flow:established,to_server; http.uri; content:\"{}\";"),
    (lambda w: w.name(), "http.request", "host: {{contains: '{}'}}",
     "http any any -> any any (flow:established,to_server; http.host; content:\"{}\";"),
    (lambda w: f"{w.word()}/{w.word()}", "http.request", "user_agent: {{contains: '{}', nocase: true}}",
     "http any any -> any any (flow:established,to_server; http.user_agent; content:\"{}\"; nocase;"),
    (lambda w: w.name(), "tls.client_hello", "sni: {{contains: '{}'}}",
     "tls any any -> any any (flow:established,to_server; tls.sni; content:\"{}\";"),
    (lambda w: w.name(), "dns.query", "name: {{contains: '{}', nocase: true}}",
     "dns any any -> any any (dns.query; content:\"{}\"; nocase;"),
    (lambda w: (w.binary(), w.word()), "stream.data", "transport: tcp\n      bytes: {{contains: '{}', as: hex}}",
     "tcp any any -> any any (flow:established; content:\"|{}|\"; content:\"{}\"; distance:0; within:20;"),
    (lambda w: w.binary(), "stream.data", "transport: udp\n      bytes: {{contains: '{}', as: hex}}",
     "udp any any -> any any (content:\"|{}|\";"),
    (lambda w: f"{w.word()}={w.word()}", "http.body", "direction: to_server\n      bytes: {{contains: '{}'}}",
     "http any any -> any any (flow:established,to_server; http.request_body; content:\"{}\";"),
    (lambda w: f"{w.word()}={w.word()}", "http.request", "header[cookie]: {{contains: '{}'}}",
     "http any any -> any any (flow:established,to_server; http.cookie; content:\"{}\";"),
    (lambda w: f"{w.word()} {w.word()}", "http.body", "direction: to_client\n      bytes: {{contains: '{}'}}",
     "http any any -> any any (flow:established,to_client; http.response_body; content:\"{}\";"),
)


def sekisho(cnt):
    words = Words()
    yield ("campaign: {id: generic, name: Generic, summary: Rules to measure with, references: [none]}\n"
           "rules:")
    for i in range(cnt):
        draw, kind, where, _ = KINDS[i % 10]
        drawn = draw(words)
        if isinstance(drawn, tuple):
            drawn = drawn[0] + " " + drawn[1].encode().hex(" ")
        yield (f"  - id: generic.r{i}\n    sid: {9000000 + i}\n    rev: 1\n    title: Generic {i}\n    severity: low\n"
               f"    on: {kind}\n    where:\n      " + where.format(drawn))


def suricata(cnt):
    words = Words()
    for i in range(cnt):
        draw, _, _, rule = KINDS[i % 10]
        drawn = draw(words)
        yield "alert " + rule.format(*(drawn if isinstance(drawn, tuple) else (drawn,))) + f" sid:{9000000 + i}; rev:1; msg:\"generic {i}\";)"


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in ("sekisho", "suricata") or not sys.argv[2].isdigit():
        sys.exit(__doc__.split("\n\n")[1])
    for text in (sekisho if sys.argv[1] == "sekisho" else suricata)(int(sys.argv[2])):
        print(text)


if __name__ == "__main__":
    main()
