#!/bin/sh
# Start-up with the shipped rules takes under 100 ms of processor time, best of five, to the end of an empty capture.
# Not meaningful with sanitizers.
. "${srcdir:-.}/tests/lib/system.sh"
nm "$sekisho" 2>/dev/null | grep -q __asan_init && skip "built with sanitizers"
[ -x /usr/bin/python3 ] || skip "python3 is not installed"
cd "$top" || exit 1
# an empty little-endian Ethernet capture
printf '\324\303\262\241\002\000\004\000\000\000\000\000\000\000\000\000\000\000\004\000\001\000\000\000' >"$work/empty.pcap"
/usr/bin/python3 - "$sekisho" "$work/empty.pcap" <<'PYTHON'
"""Prints the best of five processor times (user + system, ms) of a replay of an empty capture; status 1 from 100 ms on."""
import os, subprocess, sys
best = 1e9
for _ in range(5):
    before = os.times()
    subprocess.run([sys.argv[1], "-q", "-r", sys.argv[2]], check=True)
    after = os.times()
    best = min(best, (after.children_user + after.children_system - before.children_user - before.children_system) * 1000)
print(f"start-up: {best:.0f} ms")
sys.exit(best >= 100)
PYTHON
