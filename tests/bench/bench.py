#!/usr/bin/env python3
"""Runs sekisho and, where they are installed, its peers over captures and prints a table.

usage: bench.py SEKISHO LOOP RULES CAPTURE ... [--runs N] [--generic CNT] [--jobs N,N] [--only WORD]

LOOP is tests/bench/loop (bare libpcap loop and walk over the mapped file), RULES the shipped rules. Suricata is found by
SURICATA=command or on the path, ndpiReader by NDPIREADER; SURICATA_YAML names its configuration. CNT generic rules (30) are loaded
beside the shipped ones; Suricata gets the same CNT alone. Configurations run in turn, N times (3); figures are medians of
processor seconds (user + system, children included), the least and greatest wall seconds, and the most resident memory in MiB.
The last column is processor time as a multiple of the libpcap loop in the same run.
"""
import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))


def run(argv, env=None):
    """Processor seconds, wall seconds, MiB; exits when the command fails."""
    begin = time.monotonic()
    with open(os.devnull, "w", encoding="utf-8") as null, tempfile.TemporaryFile() as err:
        child = subprocess.Popen(argv, stdout=null, stderr=err, env=env)
        _, status, use = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            err.seek(0)
            sys.exit(f"bench: {' '.join(argv)} failed: {err.read().decode(errors='replace')[-500:]}")
    return use.ru_utime + use.ru_stime, time.monotonic() - begin, use.ru_maxrss / 1024


def generic(kind, cnt, folder):
    name = os.path.join(folder, f"{kind}-{cnt}." + ("yaml" if kind == "sekisho" else "rules"))
    with open(name, "w", encoding="ascii") as out:
        subprocess.run([sys.executable, os.path.join(HERE, "make-rules.py"), kind, str(cnt)], stdout=out, check=True)
    return name


def suricata(folder, cnt):
    """The command without the capture, or None. Memory caps are raised: with its own it sheds work on these captures."""
    command = os.environ.get("SURICATA") or shutil.which("suricata")
    config = os.environ.get("SURICATA_YAML", "/etc/suricata/suricata.yaml")
    if not command or not os.path.exists(config):
        return None
    rules = generic("suricata", cnt, folder)
    logs = os.path.join(folder, "suricata")
    os.makedirs(logs, exist_ok=True)
    argv = command.split() + ["-c", config, "-S", rules, "-k", "none", "--runmode", "single", "-l", logs]
    for key in ("flow.memcap", "stream.memcap", "stream.reassembly.memcap", "app-layer.protocols.http.memcap"):
        argv += ["--set", f"{key}=4gb"]
    return argv


def plan(args, folder):
    """(name, command, whether the capture goes behind -r, -i or nothing)"""
    rules = generic("sekisho", args.generic, folder)
    sekisho = [args.sekisho, "-q", "-S", args.rules, "-S", rules]
    yield "walk over the mapped file", [args.loop, "mmap"], None
    yield "libpcap loop", [args.loop, "pcap"], None
    for jobs in args.jobs.split(","):
        yield f"sekisho -j {jobs}", sekisho + ["--set", "classify.mode=auto", "-j", jobs], "-r"
    yield "sekisho, nDPI on all flows", sekisho + ["-j", "1"], "-r"
    reader = os.environ.get("NDPIREADER") or shutil.which("ndpiReader")
    if reader:
        yield "ndpiReader", [reader, "-q"], "-i"
    peer = suricata(folder, args.generic)
    if peer:
        yield "Suricata", peer, "-r"


def measure(args, folder, capture):
    plans = [p for p in plan(args, folder) if args.only in p[0] or p[0] == "libpcap loop"]
    figures = {name: [] for name, _, _ in plans}
    for _ in range(args.runs):
        for name, argv, option in plans:
            figures[name].append(run(argv + ([option] if option else []) + [capture]))
    base = statistics.median(f[0] for f in figures["libpcap loop"]) or 0.001
    print(f"\n{os.path.basename(capture)}: {os.path.getsize(capture):,} bytes, {args.generic} generic rules, {args.runs} runs\n")
    print("| | processor s | wall s | MiB | times the loop |\n|---|--:|--:|--:|--:|")
    for name, all_of_it in figures.items():
        cpu = statistics.median(f[0] for f in all_of_it)
        walls = [f[1] for f in all_of_it]
        print(f"| {name} | {cpu:.2f} | {min(walls):.2f} to {max(walls):.2f} | {max(f[2] for f in all_of_it):.0f} | {cpu / base:.1f} |",
              flush=True)


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1][7:])
    for name in ("sekisho", "loop", "rules"):
        parser.add_argument(name)
    parser.add_argument("captures", nargs="+")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--generic", type=int, default=30)
    parser.add_argument("--jobs", default="1,2")
    parser.add_argument("--only", default="")
    args = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with tempfile.TemporaryDirectory(prefix="sekisho-bench-") as folder:
        for capture in args.captures:
            measure(args, folder, capture)


if __name__ == "__main__":
    main()
