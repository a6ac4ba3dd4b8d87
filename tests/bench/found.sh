#!/bin/sh
# All is found that small captures of the kinds that are measured with have in them.
. "${srcdir:-.}/tests/lib/system.sh"
[ -x /usr/bin/python3 ] || skip "python3 is not installed"
for kind in http small; do
	/usr/bin/python3 "$top/tests/bench/make-captures.py" "$kind" "$work/$kind.pcap" 4 >/dev/null || fail "cannot make $kind"
	for jobs in 1 2; do
		/usr/bin/python3 "$top/tests/bench/found.py" "$sekisho" "$work/$kind.pcap" -j "$jobs" || fail "not all of $kind is found with -j $jobs"
	done
done
