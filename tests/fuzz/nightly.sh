#!/bin/sh
# Fuzzes every target for a while from its seeds and what earlier nights have found, and says what came of it.
#
# usage   tests/fuzz/nightly.sh [-s SECONDS] [-j JOBS] [-c FOLDER] [-b BUILD] [-a SECONDS] [TARGET…]
#   -s    for each target (60; 0: none)
#   -j    targets at a time (1)
#   -c    where corpora, findings and the report are kept (~/.cache/sekisho-fuzz); never inside the source tree
#   -b    a build folder configured with CC=clang CXX=clang++ --enable-fuzzing; otherwise FOLDER/build is made
#   -a    then AFL++ on the whole program this long, in FOLDER/build-afl (0: not)
#   -n    do not minimise the corpora afterwards
# out     FOLDER/report.tsv, a line per run: when, target, seconds, executions, edges, features, inputs kept, findings, processor seconds
# exit    1 when there are findings; they are in FOLDER/found/TARGET
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
seconds=60 jobs=1 afl=0 build= minimise=yes
home=${XDG_CACHE_HOME:-$HOME/.cache}/sekisho-fuzz
while getopts s:j:c:b:a:n option; do
	case $option in
	s) seconds=$OPTARG ;;
	j) jobs=$OPTARG ;;
	c) home=$OPTARG ;;
	b) build=$OPTARG ;;
	a) afl=$OPTARG ;;
	n) minimise=no ;;
	*) sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
	esac
done
shift $((OPTIND - 1))
mkdir -p "$home/corpus" "$home/found" "$home/log" || exit 1
home=$(cd "$home" && pwd)
report=$home/report.tsv
case $home/ in "$top"/*) [ -n "$build" ] || { echo "$home is inside the source tree" >&2; exit 2; } ;; esac

# configured FOLDER SETTING…: makes the folder unless it is there.
configured() {
	folder=$1
	shift
	[ -f "$folder/Makefile" ] && return
	mkdir -p "$folder" && (cd "$folder" && env "$@") || { echo "cannot configure in $folder" >&2; exit 1; }
}

# What was asked for of the targets, built.
build_targets() {
	if [ -z "$build" ]; then
		build=$home/build
		configured "$build" CC=clang CXX=clang++ "$top/configure" -q --enable-fuzzing
	fi
	build=$(cd "$build" && pwd)
	targets=$(cd "$build" && make -s list-fuzz)
	[ -n "$targets" ] || { echo "no targets in $build" >&2; exit 1; }
	if [ $# -gt 0 ]; then
		wanted=
		for name; do
			for target in $targets; do
				[ "${target##*/fuzz_}" = "$name" ] && wanted="$wanted $target"
			done
		done
		targets=$wanted
	fi
	(cd "$build" && make -s -j"$(nproc)" $targets) || { echo "the targets do not build" >&2; exit 1; }
}
[ "$seconds" -eq 0 ] || build_targets "$@"

# run TARGET: one target, and its line in the report.
export top home build seconds report minimise
cat >"$home/run" <<'SCRIPT'
target=$1
name=${target##*/fuzz_}
corpus=$home/corpus/$name found=$home/found/$name log=$home/log/$name dict=
mkdir -p "$corpus" "$found"
[ -f "$top/tests/fuzz/dict/$name.dict" ] && dict=-dict=$top/tests/fuzz/dict/$name.dict
case $name in x509|tls|dns|stream|fragments|redis_reply) longest=4096 ;; engine) longest=65536 ;; *) longest=16384 ;; esac
quiet=0 more=
seeds=$top/tests/fuzz/seeds/$name
[ "$name" = engine ] && more=-entropic=0 seeds="$seeds $(printf "%s " "$top"/pcaps/*/)"	# small captures are seeds, too
case $name in engine|redis_reply|spool_folder|settings) quiet=2 ;; esac	# they log
cd "$build" || exit 1
begun=$(date +%s)
srcdir=$top "./$target" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -max_len=$longest -close_fd_mask=$quiet \
	-print_final_stats=1 $more $dict \
	-artifact_prefix="$found/" "$corpus" $seeds >"$log" 2>&1
ended=$(date +%s)
times >"$log.times"	# of a subshell they would be nought
processor=$(awk 'NR == 2 { for (i = 1; i <= 2; i++) { split($i, t, /[ms]/); sum += 60 * t[1] + t[2] } printf "%d", sum }' "$log.times")
rm -f "$log.times"
runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
last=$(grep -a '^#[0-9]' "$log" | tail -n 1)
edges=$(echo "$last" | sed -n 's/.*cov: \([0-9]*\).*/\1/p')
features=$(echo "$last" | sed -n 's/.* ft: \([0-9]*\).*/\1/p')
if [ "$minimise" = yes ]; then
	rm -rf "$corpus.new" && mkdir "$corpus.new" &&
		srcdir=$top "./$target" -merge=1 -rss_limit_mb=2048 -artifact_prefix="$found/" "$corpus.new" "$corpus" >>"$log" 2>&1 &&
		rm -rf "$corpus" && mv "$corpus.new" "$corpus"
	rm -rf "$corpus.new"
fi
kept=$(find "$corpus" -type f | wc -l) findings=$(find "$found" -type f | wc -l)
line=$(printf '%s\t%s\t%d\t%s\t%s\t%s\t%d\t%d\t%d' "$(date -u +%Y-%m-%dT%H:%MZ)" "$name" $((ended - begun)) "${runs:-0}" "${edges:-0}" \
	"${features:-0}" "$kept" "$findings" "$processor")
printf '%s\n' "$line" | tee -a "$report"
SCRIPT
[ -s "$report" ] || printf 'when\ttarget\tseconds\texecutions\tedges\tfeatures\tinputs\tfindings\tprocessor\n' >"$report"
[ "$seconds" -eq 0 ] || printf '%s\n' $targets | xargs -P "$jobs" -n 1 sh "$home/run"

# AFL++ on the program as users run it. Its instrumentation needs no change of the sources.
if [ "$afl" -gt 0 ]; then
	command -v afl-fuzz >/dev/null || { echo "afl-fuzz is not installed" >&2; exit 1; }
	configured "$home/build-afl" CC=afl-clang-fast CXX=afl-clang-fast++ AFL_QUIET=1 "$top/configure" -q
	(cd "$home/build-afl" && AFL_QUIET=1 make -s -j"$(nproc)" sekisho) || { echo "the program does not build for AFL++" >&2; exit 1; }
	mkdir -p "$home/afl"
	AFL_SKIP_CPUFREQ=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_NO_UI=1 AFL_AUTORESUME=1 timeout -s INT $((afl + 60)) \
		afl-fuzz -V "$afl" -t 5000+ -m none -i "$top/tests/fuzz/seeds/engine" -o "$home/afl" -- \
		"$home/build-afl/sekisho" -q --set decode.checksums=none --set classify.mode=off --set sensor=fuzz -S "$top/rules/toolshell.yaml" \
		-r @@ -o json:/dev/null >"$home/log/afl" 2>&1
	stats=$home/afl/default/fuzzer_stats
	[ -f "$stats" ] || { tail -n 20 "$home/log/afl" >&2; exit 1; }
	awk -v when="$(date -u +%Y-%m-%dT%H:%MZ)" '{ v[$1] = $3 } END { printf "%s\tafl\t%d\t%d\t%d\t0\t%d\t%d\t\n", when, v["run_time"],
		v["execs_done"], v["edges_found"], v["corpus_count"], v["saved_crashes"] + v["saved_hangs"] }' "$stats" | tee -a "$report"
	find "$home/afl/default/crashes" "$home/afl/default/hangs" -name 'id*' -type f 2>/dev/null | while read -r file; do
		mkdir -p "$home/found/afl" && cp "$file" "$home/found/afl/"
	done
fi
find "$home/found" -type f | grep . && exit 1
exit 0
