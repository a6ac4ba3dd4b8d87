#!/bin/sh
# The public evasion captures: every row of evasion.table and uri.table (run.py says how).
. "${srcdir:-.}/tests/lib/system.sh"
command -v python3 >/dev/null || skip "python3 is not installed"
[ -n "$corpus" ] || skip "there is no ../shared/corpus"
status=0
for table in "$top/tests/corpus/evasion.table" "$top/tests/corpus/uri.table"; do
	python3 "$top/tests/corpus/run.py" "$sekisho" "$work" "$table" "$corpus" || status=1
done
[ "$status" = 0 ] || fail "captures are not told as their tables say"
