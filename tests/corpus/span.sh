#!/bin/sh
# Mirrors and capturing hosts at their worst; see span.py.
. "${srcdir:-.}/tests/lib/system.sh"
command -v python3 >/dev/null || skip "python3 is not installed"
python3 "$top/tests/corpus/span.py" "$sekisho" "$top/rules" "$top/pcaps/toolshell/expect-continue.pcap" "$work" || fail "a trouble is not told, or hides the attack"
