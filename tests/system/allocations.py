"""tests/system/allocations.py — fails one allocation after the other of a whole run, and holds every run to what is promised.

usage: allocations.py FAILMALLOC.so WORK STRIDE -- COMMAND…

A run with a failed allocation must end by itself, with status 0, 1 or 2 (0 or 3 of a run without), and tell: a start that fails says why
in one line; a replay that goes on has a counter in its report that it did not have before, or the same alerts as without a failure.
Prints a line per kind of outcome; status 1 when a run broke its promise.
"""
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

shim, work, stride = sys.argv[1], sys.argv[2], int(sys.argv[3])
command = sys.argv[sys.argv.index("--") + 1:]


def run(k):
    log = os.path.join(work, f"n.{k}")
    env = dict(os.environ, LD_PRELOAD=shim, FAILMALLOC_AT=str(k), FAILMALLOC_LOG=log, FAILMALLOC_TRACE="1")
    try:
        p = subprocess.run(command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
        status, out, err = p.returncode, p.stdout, p.stderr.decode(errors="replace")
    except subprocess.TimeoutExpired:
        return k, "hang", b"", "", 0
    calls = 0
    if os.path.exists(log):
        with open(log) as f:
            calls = int(f.read())
        os.unlink(log)
    return k, status, out, err, calls


def noticed(err):
    """Names of the counters in the report's list of troubles, with their values."""
    return dict(re.findall(r"^ +([0-9,]+)  ([a-z0-9_.]+) ", err, re.M)) and \
        {name: value for value, name in re.findall(r"^ +([0-9,]+)  ([a-z0-9_.]+) ", err, re.M)}


_, status, whole, err, calls = run(0)
if status not in (0, 3) or calls == 0:
    sys.exit(f"FAIL: the run without a failure ends with {status} after {calls} allocations\n{err}")
usual = noticed(err)
kinds, broken = {}, []
with ThreadPoolExecutor(2) as pool:
    for k, status, out, err, _ in pool.map(run, range(1, calls + 1, stride)):
        told = {n: v for n, v in noticed(err).items() if usual.get(n) != v} if noticed(err) else {}
        lines = [s for s in err.splitlines() if s.startswith("sekisho")]
        if status in (1, 2) and lines:
            kind = "refused with a reason"
        elif status in (0, 1, 3) and told:
            kind = "went on, counted"
        elif status in (0, 3) and out == whole and lines:
            kind = "went on, said so, nothing lost"
        elif status in (0, 3) and out == whole:
            kind = "went on, nothing lost"
        else:
            kind = "BROKEN"
            broken.append((k, status, err))
        kinds.setdefault(kind, []).append(k)
print(f"{calls} allocations, every {stride}. failed: " + "; ".join(f"{len(v)} {n}" for n, v in sorted(kinds.items())))
if os.environ.get("SK_SHOW"):
    print(kinds.get(os.environ["SK_SHOW"]))
for k, status, err in broken[:20]:
    asked = [s for s in err.splitlines() if "(+0x" in s]		# for addr2line
    print(f"FAIL: allocation {k} failed: status {status}", *asked, err[-1500:], sep="\n")
sys.exit(bool(broken))
