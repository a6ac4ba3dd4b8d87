#!/bin/sh
# Every allocation of a small replay fails once: the engine lives, and says so. SK_ALLOCATIONS=long: the shipped rules and captures.
. "${srcdir:-.}/tests/lib/system.sh"
[ -x /usr/bin/python3 ] || skip "python3 is not installed"
nm "$sekisho" 2>/dev/null | grep -q __asan_init && skip "built with sanitizers, which bring a malloc of their own"
nm "$sekisho" 2>/dev/null | grep -q __gcov_ && skip "built for coverage, which allocates at the end and does not check"
shim=$(pwd)/tests/lib/.libs/failmalloc.so
[ -f "$shim" ] || fail "no $shim"
program=$sekisho
[ -x "$(dirname "$sekisho")/.libs/sekisho" ] && program=$(dirname "$sekisho")/.libs/sekisho

cat >"$work/rules.yaml" <<'END'
campaign: {id: small, name: Small, summary: A rule of each kind}
rules:
  - {id: small.path, sid: 9000021, rev: 1, title: A path, severity: low, on: http.request, where: {path: {contains: ToolPane}}}
  - {id: small.body, sid: 9000022, rev: 1, title: A form, severity: low, on: http.form, where: {value: {contains: DataSet}}}
  - {id: small.both, sid: 9000023, rev: 1, title: Both, severity: high,
     sequence: {by: client.ip, within: 1 h, steps: [small.path, small.body]}}
END
sweep() { /usr/bin/python3 "$top/tests/system/allocations.py" "$shim" "$work" "$@" || fail "a run with a failed allocation broke its promise"; }
if [ "${SK_ALLOCATIONS:-short}" = long ]; then
	sweep 1 -- "$program" -r "$top/pcaps/toolshell/classic.pcap" -S "$top/rules" -o json --set sensor=x
	sweep 37 -- "$program" -r "$top/pcaps" -S "$top/rules" -o json --set sensor=x
	sweep 37 -- "$program" -j 2 -r "$top/pcaps" -S "$top/rules" -o json --set sensor=x
	exit 0
fi
sweep "${SK_STRIDE:-1}" -- "$program" -r "$top/pcaps/toolshell/classic.pcap" -S "$work/rules.yaml" -o json --set sensor=x
