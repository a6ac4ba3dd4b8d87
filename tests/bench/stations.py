#!/usr/bin/env python3
"""Instructions per station of the road, from what callgrind counted.

usage: stations.py OUT [BEFORE] [--svg FILE TITLE] [--budget KIND SMALL LARGE | --check FILE KIND SMALL LARGE]

OUT and BEFORE are files of callgrind. With BEFORE the difference counts: of two captures of one kind in two sizes, so that start-up
and the compiling of rules are not in it. A function belongs to the station of its source file; what libraries and engine/base do
belongs to the station that called them. Written are lines of station, instructions and share; with --budget the lines of
tests/bench/cost.budget; with --svg a picture of bars too. With --check the lines are held against FILE: status 1, and the station's name,
where one took 3 % more and that is more than 3 in a thousand of all.
"""
import os
import re
import sys
from collections import defaultdict

# By what the path of a source file contains, the first that fits.
STATIONS = (
    ("inflate", ("proto/coding", "proto/inflate.", "proto/crc32", "proto/lzw")),
    ("http", ("app/http", "proto/http1", "proto/uri", "proto/form", "proto/magic", "proto/charset")),
    ("tls, dns, websocket", ("app/tls", "app/dns", "app/websocket", "proto/")),
    ("app", ("engine/app/",)),
    ("capture", ("engine/capture/",)),
    ("decode", ("engine/decode/",)),
    ("flow", ("engine/flow/",)),
    ("reassembly", ("engine/reassembly/",)),
    ("classify", ("engine/classify/",)),
    ("match", ("engine/rules/", "engine/event/")),
    ("detect", ("engine/detect/",)),
    ("plugins", ("plugin/",)),
    ("alert", ("engine/alert/", "engine/campaign/", "engine/sink/")),
    ("pipeline", ("engine/pipeline/", "engine/main/", "engine/conf/")),
)
OTHER = "other"
COLOURS = ("#4e79a7", "#f28e2b", "#59a14f", "#e15759", "#76b7b2", "#edc948", "#b07aa1", "#9c755f")


def station_of(path):
    for name, parts in STATIONS:
        if any(p in path for p in parts):
            return name
    return None


class Counted:
    """One file of callgrind: own cost per function, and what each function spent in the ones it called."""

    def __init__(self, path):
        self.own = defaultdict(int)
        self.calls = defaultdict(int)           # (caller, callee), each object, name and file: cost with all below
        self.file = {}
        names = {"fl": {}, "fn": {}, "ob": {}}
        here = {"fl": "", "fn": "", "ob": ""}
        callee = {"fn": "", "fl": ""}
        in_call = False
        alias = {"fi": "fl", "fe": "fl", "cfi": "fl", "cfl": "fl", "cfn": "fn", "cob": "ob"}

        def name(kind, text):
            number, _, rest = text.partition(" ")
            if rest:
                names[kind][number] = rest
            return names[kind].get(number, number)

        with open(path, encoding="utf-8", errors="replace") as f:
            for line in f:
                m = re.match(r"(fl|fn|ob|fi|fe|cfi|cfl|cfn|cob)=(.*)", line)
                if m:
                    key, value = m.group(1), name(alias.get(m.group(1), m.group(1)), m.group(2))
                    if key in ("fl", "ob"):
                        here[key] = value
                    elif key == "fn":
                        here["fn"] = (here["ob"], value, here["fl"])
                        self.file.setdefault(here["fn"], here["fl"])
                        callee = {"fn": "", "fl": here["fl"], "ob": here["ob"]}
                    elif key == "cob":
                        callee["ob"] = value
                    elif key in ("cfi", "cfl"):
                        callee["fl"] = value
                    elif key == "cfn":
                        callee["fn"] = (callee["ob"], value, callee["fl"])
                        self.file.setdefault(callee["fn"], callee["fl"])
                elif line.startswith("calls="):
                    in_call = True
                elif line[0] in "+-*0123456789":
                    cost = int(line.split()[1]) if len(line.split()) > 1 else 0
                    if in_call:
                        self.calls[here["fn"], callee["fn"]] += cost
                        callee = {"fn": "", "fl": here["fl"], "ob": here["ob"]}
                    else:
                        self.own[here["fn"]] += cost
                    in_call = False

    def stations(self):
        place = {fn: station_of(path) for fn, path in self.file.items()}
        out = defaultdict(int)
        for fn, cost in self.own.items():
            if place.get(fn):
                out[place[fn]] += cost
        for (caller, callee), cost in self.calls.items():
            a, b = place.get(caller), place.get(callee)
            if a and not b:
                out[a] += cost
            elif b and not a and callee[1] != "main" and not re.search("start_thread|below main|libc_start|clone", caller[1]):
                out[b] -= cost              # a library calls back: counted with the library already
        total = sum(self.own.values())
        out[OTHER] = total - sum(out.values())
        return out


def svg(path, title, rows, total):
    width, left, bar = 760, 150, 22
    height = 60 + bar * len(rows)
    most = max(cost for _, cost in rows)
    with open(path, "w", encoding="utf-8") as f:
        f.write('<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="13">\n' % (width, height))
        f.write('<rect width="100%" height="100%" fill="white"/>\n')
        f.write('<text x="10" y="24" font-size="15">%s</text>\n' % title)
        for i, (name, cost) in enumerate(rows):
            y = 42 + bar * i
            n = (width - left - 130) * cost / most
            f.write('<text x="%d" y="%d" text-anchor="end">%s</text>\n' % (left - 8, y + 14, name))
            f.write('<rect x="%d" y="%d" width="%.1f" height="%d" fill="%s"/>\n' % (left, y, n, bar - 5, COLOURS[i % len(COLOURS)]))
            f.write('<text x="%.1f" y="%d">%.1f %%</text>\n' % (left + n + 6, y + 14, 100 * cost / total))
        f.write("</svg>\n")


def check(path, what, cost):
    """The stations that took too many, as lines for people; and whether any did."""
    want = {}
    with open(path, encoding="utf-8") as f:
        for line in f:
            words = line.rstrip("\n").split("\t")
            if len(words) == 5 and words[:3] == what:
                want[words[3]] = int(words[4])
    whole = list(want) == ["all"]               # a budget without stations
    want["all"], cost = sum(want.values()), dict(cost, all=sum(cost.values()))
    failed = False
    for name in ["all"] if whole else sorted(set(want) | set(cost)):
        had, got = want.get(name, 0), cost.get(name, 0)
        beside = abs(got - had) <= want["all"] * 3 // 1000
        note = ""
        if got > had * 103 // 100 and not beside:
            note, failed = "FAIL: over the budget", True
        elif got < had * 97 // 100 and not beside:
            note = "cheaper: lower the budget (make update-cost)"
        if note or name == "all":
            print("%s, megabyte %s to %s, %s: %d instructions, budget %d (%+.1f %%) %s" %
                  (*what, name, got, had, 100 * got / had - 100 if had else 100, note))
    return failed


def main():
    args, options = [], {}
    words = sys.argv[1:]
    while words:
        word = words.pop(0)
        if word in ("--svg", "--budget", "--check"):
            n = {"--svg": 2, "--budget": 3, "--check": 4}[word]
            options[word], words = words[:n], words[n:]
        else:
            args.append(word)
    if not 1 <= len(args) <= 2 or any(not os.path.exists(a) for a in args):
        sys.exit(__doc__)
    cost = Counted(args[0]).stations()
    if len(args) == 2:
        for name, before in Counted(args[1]).stations().items():
            cost[name] -= before
    total = sum(cost.values())
    rows = [(name, n) for name, n in sorted(cost.items(), key=lambda kv: -kv[1]) if n > 0]
    if "--svg" in options:
        svg(*options["--svg"], rows, total)
    if "--check" in options:
        sys.exit(check(options["--check"][0], options["--check"][1:], cost))
    if "--budget" in options:
        for name, n in sorted(cost.items()):    # start-up may differ: a station may have less than nothing
            print("\t".join(options["--budget"] + [name, str(n)]))
        return
    for name, n in rows + [("all", total)]:
        print("%-22s %12d %6.1f %%" % (name, n, 100 * n / total))


if __name__ == "__main__":
    main()
