#!/bin/sh
# Counts the instructions of small fixed replays and holds them against tests/bench/cost.budget: at most 3 % more.
#
# usage: check-cost.sh SEKISHO SOURCE_FOLDER [--update]
#
# Instructions do not depend on how busy the machine is, but on the compiler, its options and the libraries' choice of code for the
# processor: so this is done only with valgrind, gcc and -O2 without sanitizers; otherwise status 77. Each capture is made in two sizes and
# the difference counts, so that start-up and the compiling of rules are not in it. A budget is a line: kind, two sizes in MB, instructions.
sekisho=$1 top=$2 update=${3:-}
budget=$top/tests/bench/cost.budget
export LC_ALL=C
skip() { echo "skipped: $1"; exit 77; }
command -v valgrind >/dev/null || skip "no valgrind"
command -v python3 >/dev/null || skip "no python3"
nm "$sekisho" 2>/dev/null | grep -q __asan_init && skip "built with sanitizers"
readelf -p .GCC.command.line "$sekisho" 2>/dev/null | grep -q clang && skip "built with clang"
case " ${CFLAGS:--O2} " in *" -O2 "*) ;; *) skip "not built with -O2" ;; esac
case "${CC:-gcc}" in *clang*) skip "built with clang" ;; esac
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT

count() {
	valgrind --tool=callgrind --callgrind-out-file="$work/out" "$sekisho" -q -r "$1" -S "$top/rules" --set classify.mode=auto >/dev/null 2>"$work/log" ||
		{ cat "$work/log" >&2; return 1; }
	sed -n 's/^totals: //p' "$work/out"
}

status=0
: >"$work/new"
while read -r kind small large want; do
	case $kind in '#'*) echo "$kind $small $large $want" >>"$work/new"; continue ;; esac
	python3 "$top/tests/bench/make-captures.py" "$kind" "$work/small.pcap" "$small" >/dev/null &&
		python3 "$top/tests/bench/make-captures.py" "$kind" "$work/large.pcap" "$large" >/dev/null || exit 99
	a=$(count "$work/small.pcap") && b=$(count "$work/large.pcap") && [ -n "$a" ] && [ -n "$b" ] || exit 99
	got=$((b - a))
	echo "$kind $small $large $got" >>"$work/new"
	[ "$want" -gt 0 ] && echo "$kind: $got instructions from megabyte $small to $large, budget $want ($((got * 1000 / want - 1000)) per mille)"
	[ "$got" -gt $((want + want * 3 / 100)) ] && status=1
	[ "$got" -lt $((want - want * 3 / 100)) ] && echo "$kind: cheaper than the budget: lower it (make update-cost)"
done <"$budget"
if [ "$update" = --update ]; then
	cat "$work/new" >"$budget"
	status=0
fi
[ $status -eq 0 ] || echo "FAIL: more than 3 % over the budget"
exit $status
