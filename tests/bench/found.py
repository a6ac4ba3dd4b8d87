#!/usr/bin/env python3
"""Whether all is found that make-captures.py or record-captures.py puts into a capture of kind http or small.

usage: found.py SEKISHO CAPTURE [OPTION ...]

The truth is counted in the bytes of the file: heads lie in one packet, names are asked in one; what is sent again counts once. A page is
in clear or in gzip, plain or chunked, over many packets; there is one to each request for a page whose answer is in the capture to the
end of its first piece.
OPTIONs go to sekisho. With SURICATA and SURICATA_YAML (see bench.py) its alerts stand beside. Prints a line a rule: what, in the file,
found. Exit status 1 when sekisho's number is another one.
"""
import bisect
import collections
import json
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
# sid, what, the bytes that tell it
RULES = (
    (9100000, "uploads", rb"POST /upload/"),
    (9100001, "user agents", rb"\r\nUser-Agent: [^\r]*bench/3\r\n"),
    (9100002, "hosts", rb"\r\nHost: www7\.shop-"),
    (9100003, "pages", rb"HTTP/1\.1 200 OK\r\nServer: [^\r]*\r\n[^\r]*\r\nContent-Type: text/html\r\n"),
    (9100004, "names", rb"\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00(?:[\x01-\x3f][a-z0-9-]+)+?[\x05-\x09]site[0-9]+[\x02\x03][a-z]+\x00"),
)


def packets(data):
    """Where the frames of a little-endian pcap file begin."""
    at = 24
    while at + 16 <= len(data):
        yield at + 16
        at += 16 + int.from_bytes(data[at + 8:at + 12], "little")


def truth(path):
    """sid: how often it is in the file, which is read as a whole. Frames are told apart by addresses, ports and the bytes behind them,
    in which TCP has its sequence number."""
    with open(path, "rb") as f:
        data = f.read()
    begins = list(packets(data))
    found = {}
    for sid, _, pattern in RULES:
        frames = [begins[bisect.bisect_right(begins, m.start()) - 1] for m in re.finditer(pattern, data)]
        found[sid] = len({data[at + 26:at + 46] for at in frames})
    return found


def alerts(lines):
    """sid: alerts in these lines of EVE JSON."""
    found = collections.Counter()
    for line in lines:
        event = json.loads(line)
        if event.get("event_type") == "alert":
            found[event["alert"]["signature_id"]] += 1
    return found


def sekisho(program, capture, options):
    run = subprocess.run([program, "-q", "-S", os.path.join(HERE, "found.yaml"), "-r", capture, "-o", "json", *options],
                         stdout=subprocess.PIPE, check=True)
    return alerts(run.stdout.splitlines())


def suricata(capture):
    command = os.environ.get("SURICATA")
    if not command:
        return None
    with tempfile.TemporaryDirectory(prefix="sekisho-found-") as folder:
        argv = command.split() + ["-c", os.environ["SURICATA_YAML"], "-S", os.path.join(HERE, "found.rules"), "-r", capture, "-k", "none",
                                  "--runmode", "single", "-l", folder]
        for key in ("flow.memcap", "stream.memcap", "stream.reassembly.memcap", "app-layer.protocols.http.memcap"):
            argv += ["--set", f"{key}=4gb"]
        subprocess.run(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        with open(os.path.join(folder, "eve.json"), "rb") as f:
            return alerts(f)


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__.split("\n\n")[1])
    there, ours, theirs = truth(sys.argv[2]), sekisho(sys.argv[1], sys.argv[2], sys.argv[3:]), suricata(sys.argv[2])
    for sid, what, _ in RULES:
        beside = "" if theirs is None else f", Suricata {theirs[sid]}"
        print(f"{what}: {there[sid]} in the file, {ours[sid]} found{beside}")
    sys.exit(any(there[sid] != ours[sid] for sid, _, _ in RULES) or not sum(there.values()))


main()
