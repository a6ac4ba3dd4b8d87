#!/bin/sh
# Counts the instructions of small fixed replays, station by station, and holds them against tests/bench/cost.budget: a station that takes
# 3 % more fails by name.
#
# usage: check-cost.sh SEKISHO SOURCE_FOLDER [--update | --svg FOLDER]
#
# Instructions do not depend on how busy the machine is, but on the compiler, its options and the libraries' choice of code for the
# processor: so this is done only with valgrind, gcc and -O2 without sanitizers; otherwise status 77. Each capture is made in two sizes and
# the difference counts, so that start-up is not in it; patterns come from a cache that a first run fills, because the larger one may need
# some that the smaller does not. A budget is a line of kind, two sizes in MB, station and instructions, tabs between. --svg draws where the
# instructions go, a picture for each kind.
sekisho=$1 top=$2 update=${3:-} folder=${4:-}
budget=$top/tests/bench/cost.budget
export LC_ALL=C
skip() { echo "skipped: $1"; exit 77; }
command -v valgrind >/dev/null || skip "no valgrind"
command -v python3 >/dev/null || skip "no python3"
nm "$sekisho" 2>/dev/null | grep -q __asan_init && skip "built with sanitizers"
readelf -p .GCC.command.line "$sekisho" 2>/dev/null | grep -q clang && skip "built with clang"
case " ${CFLAGS:--O2} " in *" -flto"* | *" -fprofile"*) skip "built with LTO or a profile" ;; *" -O2 "*) ;; *) skip "not built with -O2" ;; esac
case "${CC:-gcc}" in *clang*) skip "built with clang" ;; esac
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
mkdir -m 700 "$work/cache" || exit 99

# replay TOOL…: under valgrind, which sees another processor than there is
replay() {
	valgrind "$@" "$sekisho" -q -r "$work/pcap" -S "$top/rules" --set classify.mode=auto --set pattern_cache="$work/cache" \
		>/dev/null 2>"$work/log" || { cat "$work/log" >&2; exit 99; }
}

# count KIND MB: what callgrind counted, to $work/MB
count() {
	python3 "$top/tests/bench/make-captures.py" "$1" "$work/pcap" "$2" >/dev/null || exit 99
	replay --tool=none
	replay --tool=callgrind --callgrind-out-file="$work/$2"
}

status=0
grep '^#' "$budget" >"$work/new"
grep -v '^#' "$budget" | cut -f 1-3 | uniq >"$work/kinds"
while read -r kind small large; do
	count "$kind" "$small"
	count "$kind" "$large"
	set -- "$top/tests/bench/stations.py" "$work/$large" "$work/$small"
	case $update in
	--update) python3 "$@" --budget "$kind" "$small" "$large" >>"$work/new" || exit 99 ;;
	--svg) python3 "$@" --svg "$folder/cost-$kind.svg" "Instructions per station, capture &#8220;$kind&#8221;" || exit 99 ;;
	*) python3 "$@" --check "$budget" "$kind" "$small" "$large" || status=1 ;;
	esac
	rm "$work/$small" "$work/$large"
done <"$work/kinds"
[ "$update" != --update ] || cat "$work/new" >"$budget"
exit $status
