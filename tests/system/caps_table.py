"""tests/system/caps_table.py — holds the table of caps in doc/threat-model.md against the program and its sources.

usage: caps_table.py SOURCES DUMP ODDITIES < caps.sh

DUMP: what --dump-config prints; ODDITIES: what rules oddities prints. Every key, counter and name of an oddity in the table exists; every
key of a size or number that caps something, every counter that says so and every oddity that caps.sh reaches is in the table.
Status 1 with a line per mistake.
"""
import glob
import os
import re
import sys

top, dump, oddities = sys.argv[1:4]
text = open(os.path.join(top, "doc", "threat-model.md")).read()
rows = [[c.strip() for c in line.strip("|").split("|")] for line in text.split("\n## Caps\n")[1].split("\n## ")[0].splitlines()
        if line.startswith("| ")][1:]
bad = []

keys, section = set(), ""
for line in open(dump):
    if re.match(r"[a-z_]+:", line):
        section = line.split(":")[0]
    m = re.match(r"  ([a-z_]+):", line)
    if m:
        keys.add(f"{section}.{m.group(1)}")

counters = set()
for path in glob.glob(os.path.join(top, "engine", "**", "*.[ch]"), recursive=True):
    source = open(path).read()
    for name, block in re.findall(r"#define SK_([A-Z0-9_]+)_COUNTERS\(X\)((?:.*\\\n)*.*)", source):
        counters |= {f"{name.lower()}.{c}" for c in re.findall(r"X\(([a-z0-9_]+), \"", block)}
    if path.endswith("report.c"):
        for name in re.findall(r"\{ \"([a-z0-9_]+)\", \"[a-z]+\", \"", source):
            counters |= {f"output.{name}", f"redis.{name}"}

names, kind = set(), ""
for line in open(oddities):
    m = re.match(r"\| name in ([a-z.]+) ", line)
    kind = m.group(1) if m else kind
    m = re.match(r"\| `([a-z0-9_]+)` ", line)
    if m:
        names.add(f"{kind}: {m.group(1)}")
reasons = {"flow.end: evicted"}

cell = {i: [w for r in rows for w in re.findall(r"`([^`]+)`", r[i])] for i in (1, 3, 4)}
if len(rows) < 30 or any(len(r) != 6 for r in rows) or not keys or not names or len(counters) < 150:
    bad.append(f"{len(rows)} rows, {len(keys)} keys, {len(counters)} counters, {len(names)} oddities: this test no longer reads them")
bad += [f"key {k} of the table is not in --dump-config" for k in cell[1] if k not in keys]
bad += [f"counter {c} of the table does not exist" for c in cell[3] if c not in counters]
bad += [f"event '{e}' of the table does not exist" for e in cell[4] if e not in names | reasons]
bad += [f"{r[0]}: no counter" for r in rows if r[3] == "–" and r[1] != "–"]

# keys that cap nothing
free = {"capture.snaplen", "capture.join", "capture.promiscuous", "decode.checksums", "reassembly.midstream", "reassembly.policy", "classify.mode",
        "classify.packets", "detect.plugin_budget", "spool.dir", "spool.fsync", "spool.retain"} | \
    {k for k in keys if k.startswith("flow.timeout_")} | {k for k in keys if k.startswith("redis.") and k != "redis.queue"}
bad += [f"key {k} is not in the table" for k in sorted(keys - free - set(cell[1])) if k.split(".")[0] != "plugins"]
bad += [f"counter {c} is not in the table" for c in sorted(counters - set(cell[3]))
        if re.search(r"(evicted|limit|refused|suppressed|bombs|names_cut|too_long|storm)$", c)
        and c not in ("flow.refused", "flow.evicted_suspects", "campaign.limited", "output.refused")]
told = set(re.findall(r"^cap \S+ \S+ \S+ ([a-z0-9_]+)", sys.stdin.read(), re.M)) - {"last_cookie", "evicted"}
bad += [f"oddity {o} is reached by caps.sh but not in the table" for o in sorted(told) if not any(e.endswith(": " + o) for e in cell[4])]
for line in bad:
    print(line)
sys.exit(bool(bad))
