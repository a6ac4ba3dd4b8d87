#!/bin/sh
# What --enable-pgo learns from: every shipped capture, every rule's test, and some connections of each kind make-captures.py makes.
#
# usage: train.sh SEKISHO SOURCE_FOLDER
set -e
sekisho=$1 top=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
find "$top/pcaps" -name '*.pcap' -o -name '*.pcapng' | sort >"$work/shipped"
while read -r capture; do
	"$sekisho" -q -r "$capture" -S "$top/rules" -o json >/dev/null
done <"$work/shipped"
for kind in http small; do
	python3 "$top/tests/bench/make-captures.py" "$kind" "$work/pcap" 16 >/dev/null
	for mode in auto all; do
		"$sekisho" -q -r "$work/pcap" -S "$top/rules" --set classify.mode=$mode >/dev/null
	done
done
