#!/bin/sh
# Floods, each with a ToolShell attack in the middle of it: the attack is reported, the caps hold, resident memory stays below what
# the configuration adds up to. SK_FLOOD=long (make flood): 10 million SYNs, 2 million half-open requests, 1 million fragments.
. "${srcdir:-.}/tests/lib/system.sh"
[ -x /usr/bin/python3 ] || skip "python3 is not installed"
make_flood=$(pwd)/tests/lib/flood
attack=$top/pcaps/toolshell/classic.pcap
nm "$sekisho" 2>/dev/null | grep -q __asan_init && skip "built with sanitizers: memory is not the engine's own"
"$sekisho" -q -S "$top/rules" -r "$attack" -o "json:$work/alone" || fail "the attack cannot be read"
rules_of() { sed -n 's/.*"rule":"\([^"]*\)".*/\1/p' "$1" | sort; }
rules_of "$work/alone" >"$work/expected"
[ -s "$work/expected" ] || fail "the attack alone raises nothing"

# peak COMMAND…: prints the most bytes the command had resident, as the kernel counts them
peak() {
	/usr/bin/python3 -c 'import resource, subprocess, sys
status = subprocess.run(sys.argv[1:]).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)
sys.exit(status)' "$@"
}

# flood KIND COUNT STEP COUNTER OPTION…: the counter says that the cap was reached
flood() {
	kind=$1 cnt=$2 step=$3 counter=$4
	shift 4
	rm -f "$work/alerts"
	"$make_flood" "$kind" "$cnt" "$attack" "$step" |
		peak "$sekisho" -v -S "$top/rules" -r - -o "json:$work/alerts" "$@" >"$work/peak" 2>"$work/err" ||
		{ cat "$work/err"; fail "$kind: exit status"; }
	"$sekisho" -T -v -S "$top/rules" -o json "$@" >"$work/check" || fail "$kind: -T failed"
	most=$(sed -n 's/^ *\([0-9]*\) MiB  at most$/\1/p' "$work/check")
	resident=$(($(cat "$work/peak") / 1048576))
	gone=$(sed -n "s/^ *\([0-9,]*\)  $counter .*/\1/p" "$work/err" | head -n 1)
	rules_of "$work/alerts" >"$work/found"
	echo "$kind: $cnt, resident $resident MiB of at most $most MiB; $counter ${gone:-0}; $(wc -l <"$work/found") alerts"
	[ -n "$most" ] && [ "$resident" -le "$most" ] || { cat "$work/check"; fail "$kind: more memory than configured"; }
	[ -n "$gone" ] || { cat "$work/err"; fail "$kind: the cap was not reached, so this shows nothing"; }
	grep -q "flow.evicted_suspects" "$work/err" && fail "$kind: a flow that had raised an alert was evicted"
	cmp -s "$work/expected" "$work/found" || { diff "$work/expected" "$work/found"; fail "$kind: the attack was not reported"; }
}

if [ "${SK_FLOOD:-short}" = long ]; then
	flood syn 10000000 100000 flow.evicted
	flood syn 10000000 100000 flow.evicted -j 2
	flood http 2000000 100000 flow.evicted
	flood fragments 1000000 10000 defrag.evicted
	flood bombs 20000 1000 flow.evicted_memory
	exit 0
fi
small="--set flow.max=50000 --set flow.total=64MiB --set reassembly.total=16MiB --set defrag.max=4MiB --set classify.flows=5000
 --set campaign.memory=4MiB --set campaign.queue=4MiB --set redis.queue=1MiB --set detect.plugin_memory=4MiB"
# shellcheck disable=SC2086
{
	flood syn 200000 1000 flow.evicted $small
	flood syn 200000 1000 flow.evicted $small -j 2
	flood http 60000 1000 flow.evicted_memory $small
	flood fragments 60000 1000 defrag.evicted $small
	flood bombs 200 50 flow.evicted_memory $small
}
