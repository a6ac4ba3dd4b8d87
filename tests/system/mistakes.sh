#!/bin/sh
# Bad input from people: one clear line on standard error that names the thing, exit status 2 (or 1 for what could not be read).
. "${srcdir:-.}/tests/lib/system.sh"
cd "$top" || exit 1
capture=$(find pcaps -name '*.pcap' | sort | head -n 1)

# expect_mistake STATUS TEXT COMMAND…: exactly one line on standard error, and it has TEXT
expect_mistake() {
	status=$1 text=$2
	shift 2
	expect_status "$status" "$@"
	expect_line "$work/err" "$text"
	[ "$(wc -l <"$work/err")" -eq 1 ] || { cat "$work/err" >&2; fail "more than one line: $*"; }
}

expect_mistake 2 "/no/such.pcap" "$sekisho" -r /no/such.pcap
mkdir "$work/empty"
expect_mistake 2 "$work/empty" "$sekisho" -r "$work/empty"
echo "no capture" >"$work/text"
expect_mistake 1 "$work/text" "$sekisho" -q -r "$work/text"
expect_mistake 2 "nothing to do" "$sekisho"
expect_mistake 2 "exclude each other" "$sekisho" -r "$capture" -i lo
expect_status 2 "$sekisho" --no-such-option
expect_mistake 2 "nonsense" "$sekisho" -r "$capture" nonsense and more
expect_mistake 2 "ftp" "$sekisho" -r "$capture" -o ftp://somewhere
expect_mistake 2 "workers" "$sekisho" -r "$capture" -j many
expect_mistake 2 "flow.maximum" "$sekisho" -r "$capture" --set flow.maximum=1
expect_mistake 2 "no-such-rules" "$sekisho" -r "$capture" -S "$work/no-such-rules"
expect_mistake 2 "no.such.rule" "$sekisho" -r "$capture" --explain no.such.rule
expect_mistake 1 "no-such-interface" "$sekisho" -q -i no-such-interface

printf 'flow:\n  max: 10\n  max: 20\n' >"$work/twice.yaml"
expect_mistake 2 "$work/twice.yaml:3:" "$sekisho" -c "$work/twice.yaml" -r "$capture"
printf 'flow:\n  maxx: 10\n' >"$work/unknown.yaml"
expect_mistake 2 "$work/unknown.yaml:2:" "$sekisho" -c "$work/unknown.yaml" -r "$capture"
expect_line "$work/err" "flow.max"
printf 'plugins:\n  no-such-plugin:\n    enabled: yes\n' >"$work/plugin.yaml"
expect_mistake 2 "no-such-plugin" "$sekisho" -c "$work/plugin.yaml" -r "$capture"
printf 'campaign:\n  id: x\n  name: X\nrules:\n  - id: x.y\n    sid: 1\n    on: http.reqest\n' >"$work/bad.yaml"
expect_status 2 "$sekisho" -S "$work/bad.yaml" -r "$capture"
expect_line "$work/err" "$work/bad.yaml:7:"
expect_line "$work/err" "http.request"

# a Redis that is not there stops nothing, and is told
expect_status 1 "$sekisho" -r pcaps/toolshell -o "redis+unix://$work/none.sock?key=alerts" --wait 0s
expect_status 0 "$sekisho" -T
expect_line "$work/out" "no mistakes"
expect_status 0 "$sekisho" --dump-config
cp "$work/out" "$work/dump.yaml"
expect_status 0 "$sekisho" -c "$work/dump.yaml" --dump-config
cmp "$work/out" "$work/dump.yaml" || fail "the dumped configuration reads back differently"

# a torn capture: what is whole is read, the rest is told, status 1
size=$(wc -c <"$capture")
head -c $((size - 7)) "$capture" >"$work/torn.pcap"
expect_status 1 "$sekisho" -r "$work/torn.pcap" -o json
expect_line "$work/err" "torn.pcap"
