#!/bin/sh
# Replays every shipped capture by itself and compares its alerts, byte for byte, with tests/golden/<folder>/<case>.jsonl.
# With --update the files are rewritten instead (make update-golden); read the difference before committing it.
. "${srcdir:-.}/tests/lib/system.sh"
cd "$top" || exit 1
update=${1:-}
count=0 bad=0
for capture in $(find pcaps -name '*.pcap' -o -name '*.pcapng' | sort); do
	name=${capture#pcaps/}
	want=tests/golden/${name%.*}.jsonl
	"$sekisho" -q -r "$capture" -o json --set sensor=golden >"$work/got" || fail "$capture: exit status $?"
	count=$((count + 1))
	if [ "$update" = --update ]; then
		mkdir -p "$(dirname "$want")"
		cp "$work/got" "$want"
	elif ! cmp -s "$want" "$work/got"; then
		bad=$((bad + 1))
		echo "$capture: alerts differ from $want"
		diff "$want" "$work/got" | cut -c 1-300 | head -n 6
	fi
done
for want in $(find tests/golden -name '*.jsonl'); do
	name=${want#tests/golden/}
	[ -e "pcaps/${name%.jsonl}.pcap" ] || [ -e "pcaps/${name%.jsonl}.pcapng" ] || { echo "$want: no such capture"; bad=$((bad + 1)); }
done
[ "$count" -gt 0 ] || fail "no captures"
[ "$bad" -eq 0 ] || fail "$bad of $count captures differ (make update-golden rewrites them)"
echo "$count captures"
