#!/bin/sh
# Alerts in order where it is hard: more at one moment than the output's rings hold, and from packets that go no further than
# intake between others that do.
. "${srcdir:-.}/tests/lib/system.sh"
make() { /usr/bin/python3 "$top/tests/lib/make.py" "$@"; }

cat >"$work/rules.yaml" <<'END'
campaign: {id: order, name: Order, summary: Events as they come}
rules:
  - {id: order.end, sid: 9000001, rev: 1, title: A flow ended, severity: low, on: flow.end, where: {server.port: 9999}}
  - {id: order.start, sid: 9000002, rev: 1, title: A flow began, severity: low, on: flow.start, where: {server.port: 9999}}
  - {id: order.odd, sid: 9000003, rev: 1, title: A packet is odd, severity: low, on: packet.oddity, where: {name: {regex: .}}}
END

# all flows end at once, behind the last packet; a program that waits for itself is killed. nDPI has room for all, for its oddity where
# it has not depends on -j
make flows 70000 >"$work/flows.pcap"
for j in 1 3; do
	expect_status 0 timeout -s KILL 240 "$sekisho" -q -j $j -r "$work/flows.pcap" -S "$work/rules.yaml" -o "json:$work/flows.$j" \
		--set sensor=test --set classify.flows=100000
done
[ "$(grep -c '"signature_id":9000001' "$work/flows.1")" -eq 70000 ] || fail "not an alert for every flow"
cmp "$work/flows.1" "$work/flows.3" || fail "-j 3 differs from -j 1"

make damaged >"$work/damaged.pcap"
for j in 1 3; do
	expect_status 0 "$sekisho" -q -j $j -k none -r "$work/damaged.pcap" -S "$work/rules.yaml" -o "json:$work/damaged.$j" --set sensor=test
done
cmp "$work/damaged.1" "$work/damaged.3" || fail "damaged packets: -j 3 differs from -j 1"
grep -o '"pcap_cnt":[0-9]*' "$work/damaged.1" | tr '\n' ' ' >"$work/packets"
[ "$(cat "$work/packets")" = '"pcap_cnt":1 "pcap_cnt":2 "pcap_cnt":4 "pcap_cnt":5 "pcap_cnt":6 "pcap_cnt":7 "pcap_cnt":8 ' ] ||
	fail "alerts of damaged packets: $(cat "$work/packets")"
expect_line "$work/damaged.1" bad_tcp_header
expect_line "$work/damaged.1" truncated_header
expect_line "$work/damaged.1" bad_udp_length
