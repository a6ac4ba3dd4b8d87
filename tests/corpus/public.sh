#!/bin/sh
# The public captures: every row of evasion.table, uri.table and protocols.table (run.py says how).
. "${srcdir:-.}/tests/lib/system.sh"
command -v python3 >/dev/null || skip "python3 is not installed"
[ -n "$corpus" ] || skip "there is no ../shared/corpus"
status=0
for table in evasion uri protocols; do
	python3 "$top/tests/corpus/run.py" "$sekisho" "$work" "$top/tests/corpus/$table.table" "$corpus" || status=1
done
[ "$status" = 0 ] || fail "captures are not told as their tables say"
