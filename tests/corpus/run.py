#!/usr/bin/env python3
"""tests/corpus/run.py — replays captures and compares what sekisho reports with tables of what it must report.

usage: run.py SEKISHO WORK TABLE CAPTURES [ROW…]     exit status 0 when every row is as its table says, 77 when no capture is there

A table is text; a row begins with "row NAME" in the first column and goes on until the next one. Its lines:

    file PATH…             captures, below CAPTURES; a pattern with * gives one case per file; none may be missing
    but PATH…              captures of the pattern that have a row of their own
    set KEY=VALUE          a configuration key
    want [N] EVENT         there are exactly N such events; without a number at least one
    none EVENT             there is none
    only [N] KIND          N events of the kind, whatever they hold
    joined EVENT FIELD~"…" the pieces of a streamed field, one after the other, contain the text
    alert RULE N           N alerts of a rule of rules.yaml beside this file
    counter NAME N         a counter of the report; N, >N or <N
    noticed "…"            the report has a line with this text
    differs …              why the row is not what others report of the capture; printed at the end

An EVENT is a kind, perhaps to_server or to_client, and conditions on fields as the trace plugin writes them: name="text", name=5,
name=["a", "b"] (a list), name~"part of it" (of a list: part of its text), name (absent is written !name). Every line may be followed
by "#" and a comment after two blanks.
"""
import fnmatch
import glob
import os
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
CONDITION = re.compile(r'\s*(!?)([a-z0-9_.\[\]-]+)(?:(=|~)("(?:[^"\\]|\\.)*"|\[[^\]"]*(?:"(?:[^"\\]|\\.)*"[^\]"]*)*\]|\S+))?')
FIELD = re.compile(r' ([a-z0-9_.]+)=("(?:[^"\\]|\\.)*"(?:\+\d+)?|\[[^\]"]*(?:"(?:[^"\\]|\\.)*"[^\]"]*)*\](?:\+\d+)?|\S+)')


class Bad(Exception):
    pass


def text_of(value):
    """Of a field's value: what stands between its quotes."""
    quoted = re.match(r'"((?:[^"\\]|\\.)*)"', value)
    return quoted[1] if quoted else value


class Event:
    def __init__(self, line):
        self.line = line
        head, _, rest = line.partition(" ")
        self.kind = head
        self.dir, _, rest = rest.partition(" ")
        self.fields = dict(FIELD.findall(" " + rest))


class Pattern:
    """The text of an EVENT."""

    def __init__(self, text, where):
        parts = text.split(None, 1)
        self.kind, rest = parts[0], parts[1] if len(parts) > 1 else ""
        self.dir, self.tests = None, []
        at = 0
        while at < len(rest.rstrip()):
            m = CONDITION.match(rest, at)
            if not m:
                raise Bad(f"{where}: cannot read '{rest[at:]}'")
            at = m.end()
            if m[2] in ("to_server", "to_client") and not m[3]:
                self.dir = m[2]
            else:
                self.tests.append((m[2], m[3], m[4], bool(m[1])))

    def fits(self, e):
        if e.kind != self.kind or (self.dir and e.dir != self.dir):
            return False
        for name, how, value, absent in self.tests:
            have = e.fields.get(name)
            if (have is None) != absent if how is None else have is None:
                return False
            if how == "=" and have != value:
                return False
            if how == "~" and text_of(value) not in have:
                return False
        return True


class Row:
    def __init__(self, name, where):
        self.name, self.where = name, where
        self.files, self.but, self.sets, self.checks, self.differs = [], [], [], [], None


def read_table(path):
    rows, row = [], None
    for number, line in enumerate(open(path, encoding="utf-8"), 1):
        where = f"{os.path.basename(path)}:{number}"
        line = re.sub(r"(^|  +)#.*", "", line.rstrip("\n")).strip()
        if not line:
            continue
        word, _, rest = line.partition(" ")
        rest = rest.strip()
        if word == "row":
            row = Row(rest, where)
            rows.append(row)
        elif row is None:
            raise Bad(f"{where}: a table begins with 'row NAME'")
        elif word == "file":
            row.files += rest.split()
        elif word == "but":
            row.but += rest.split()
        elif word == "set":
            row.sets.append(rest)
        elif word == "differs":
            row.differs = rest
        elif word in ("want", "only"):
            m = re.match(r"(\d+)\s+(.*)", rest)
            count, text = (int(m[1]), m[2]) if m else (None, rest)
            row.checks.append((where, "want", Pattern(text, where), count))
        elif word == "none":
            row.checks.append((where, "want", Pattern(rest, where), 0))
        elif word == "joined":
            m = re.match(r'(.*?)\s([a-z.]+)~"((?:[^"\\]|\\.)*)"$', rest)
            if not m:
                raise Bad(f"{where}: joined needs EVENT FIELD~\"text\"")
            row.checks.append((where, "joined", Pattern(m[1], where), (m[2], m[3])))
        elif word == "alert":
            row.checks.append((where, "alert", rest.split()[0], int(rest.split()[1])))
        elif word == "counter":
            row.checks.append((where, "counter", rest.split()[0], rest.split()[1]))
        elif word == "noticed":
            row.checks.append((where, "noticed", rest.strip('"'), None))
        else:
            raise Bad(f"{where}: there is no '{word}'")
    for row in rows:
        if not row.files or not row.checks:
            raise Bad(f"{row.where}: row {row.name} has no file or nothing to check")
    return rows


def run(sekisho, options):
    done = subprocess.run([sekisho, "-S", os.path.join(HERE, "rules.yaml"), "-o", "json"] + options, capture_output=True, timeout=60)
    err = done.stderr.decode("utf-8", "replace")
    if done.returncode > 1 or "Sanitizer" in err or "runtime error" in err:
        raise Bad(f"exit status {done.returncode}: {err[-2000:]}")
    return done.stdout.decode("utf-8", "replace"), err


def count_alerts(out):
    """By rule, by name of the capture."""
    counts = {}
    for line in out.splitlines():
        rule = re.search(r'"rule":"([^"]+)"', line)
        if rule:
            of = counts.setdefault(re.search(r'"pcap_filename":"([^"]*)"', line)[1], {})
            of[rule[1]] = of.get(rule[1], 0) + 1
    return counts


class Replay:
    """One run of the program over one capture: events, alerts by rule, counters."""

    def __init__(self, sekisho, work, path, sets):
        trace = os.path.join(work, "events")
        options = ["-r", path, "-v", "--set", f"plugins.trace.file={trace}", "--set", "plugins.trace.bytes=20000"]
        for s in sets:
            options += ["--set", s]
        out, self.err = run(sekisho, options)
        self.events = [Event(line) for line in open(trace, encoding="latin-1").read().splitlines()]
        self.alerts = count_alerts(out).get(path, {})
        self.counters = {m[1]: int(m[0].replace(",", "")) for m in re.findall(r"^ +([0-9,]+)  ([a-z_]+\.[a-z0-9_]+) ", self.err, re.M)}

    def check(self, kind, what, value):
        """None, or what is wrong."""
        if kind == "want":
            n = sum(what.fits(e) for e in self.events)
            return None if (n > 0 if value is None else n == value) else f"{n} such events"
        if kind == "joined":
            joined = {}
            for e in self.events:
                if what.fits(e) and value[0] in e.fields:
                    key = (e.fields["flow"], e.dir)
                    joined[key] = joined.get(key, "") + text_of(e.fields[value[0]])
            return None if any(value[1] in text for text in joined.values()) else "the text is in no stream"
        if kind == "alert":
            n = self.alerts.get(what, 0)
            return None if n == value else f"{n} alerts"
        if kind == "counter":
            n = self.counters.get(what, 0)
            right = n > int(value[1:]) if value[0] == ">" else n < int(value[1:]) if value[0] == "<" else n == int(value)
            return None if right else f"it is {n}"
        return None if what in self.err else "no such line"


class Alerts:
    """Alerts only, of one capture of many that were read in one run."""

    def __init__(self, counts):
        self.alerts = counts

    check = Replay.check


def replays(row, sekisho, work, paths):
    """Every path with what came of it."""
    if len(paths) == 1 or any(kind != "alert" for _, kind, _, _ in row.checks):
        for path in paths:
            yield path, Replay(sekisho, work, path, row.sets)
        return
    options = ["-q", "--set", "capture.join=never"]
    for path in paths:
        options += ["-r", path]
    for s in row.sets:
        options += ["--set", s]
    counts = count_alerts(run(sekisho, options)[0])
    for path in paths:
        yield path, Alerts(counts.get(path, {}))


def run_row(row, sekisho, work, captures, lines):
    """Number of captures read. Raises Bad with all that is wrong."""
    wrong = []
    paths = []
    for f in row.files:
        found = sorted(glob.glob(os.path.join(glob.escape(captures), f)))
        if not found:
            raise Bad(f"no capture {f}")
        paths += [p for p in found if os.path.relpath(p, captures) not in row.but]
    for path, replay in replays(row, sekisho, work, paths):
        for where, kind, what, value in row.checks:
            bad = replay.check(kind, what, value)
            if bad:
                wrong.append(f"{os.path.relpath(path, captures)}: {where}: {lines[int(where.split(':')[1]) - 1].strip()}: {bad}")
    if wrong:
        raise Bad("\n  ".join(wrong))
    return len(paths)


def run_table(sekisho, work, table, captures, names=()):
    rows = read_table(table)
    lines = open(table, encoding="utf-8").read().splitlines()
    bad = cases = 0
    for row in rows:
        if names and not any(fnmatch.fnmatch(row.name.split()[0], n) for n in names):
            continue
        try:
            cases += run_row(row, sekisho, work, captures, lines)
        except (Bad, subprocess.TimeoutExpired) as e:
            bad += 1
            print(f"row {row.name} ({row.where}):\n  {e}")
    for row in rows:
        if row.differs and not names:
            print(f"row {row.name} differs: {row.differs}")
    print(f"{os.path.basename(table)}: {len(rows)} rows, {cases} captures, {bad} rows wrong")
    return bad, cases


def main():
    sekisho, work, table, captures = sys.argv[1:5]
    if not os.path.isdir(captures):
        print(f"skipped: there is no {captures}")
        return 77
    with tempfile.TemporaryDirectory(dir=work) as folder:
        try:
            bad, cases = run_table(sekisho, folder, table, captures, sys.argv[5:])
        except Bad as e:
            print(e)
            return 1
    return 1 if bad or not cases else 0


if __name__ == "__main__":
    sys.exit(main())
