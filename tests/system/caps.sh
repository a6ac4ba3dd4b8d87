#!/bin/sh
# Every cap that a flow, packet or campaign can reach is counted and told: a capture reaches it, the counter of the report says so, and
# where a flow or packet is to blame a rule over the oddity (or over flow.end) fires; the same with two workers.
. "${srcdir:-.}/tests/lib/system.sh"
[ -x /usr/bin/python3 ] || skip "python3 is not installed"
mkdir "$work/pcaps"
/usr/bin/python3 -B "$top/tests/system/caps.py" "$work/pcaps" || fail "cannot make the captures"
cat >"$work/rules.yaml" <<'END'
campaign: {id: caps, name: Caps, summary: What is told when a cap is reached}
rules:
  - {id: caps.packet, sid: 9000051, rev: 1, title: P, severity: low, on: packet.oddity, where: {name: {exists: yes}}, reason: "name={name}"}
  - {id: caps.stream, sid: 9000052, rev: 1, title: S, severity: low, on: stream.oddity, where: {name: {exists: yes}}, reason: "name={name}"}
  - {id: caps.http, sid: 9000053, rev: 1, title: H, severity: low, on: http.oddity, where: {name: {exists: yes}}, reason: "name={name}"}
  - {id: caps.dns, sid: 9000054, rev: 1, title: D, severity: low, on: dns.oddity, where: {name: {exists: yes}}, reason: "name={name}"}
  - {id: caps.tls, sid: 9000055, rev: 1, title: T, severity: low, on: tls.oddity, where: {name: {exists: yes}}, reason: "name={name}"}
  - {id: caps.websocket, sid: 9000056, rev: 1, title: W, severity: low, on: websocket.oddity, where: {name: {exists: yes}}, reason: "name={name}"}
  - {id: caps.message, sid: 9000057, rev: 1, title: M, severity: low, on: websocket.message, where: {payload: {contains: nothing}}}
  - {id: caps.body, sid: 9000058, rev: 1, title: B, severity: low, on: http.body, where: {bytes: {contains: nothing}}}
  - {id: caps.answer, sid: 9000059, rev: 1, title: A, severity: low, on: dns.answer, where: {names: nothing}}
  - {id: caps.evicted, sid: 9000060, rev: 1, title: E, severity: low, on: flow.end, where: {reason: evicted}, reason: "name=evicted"}
  - {id: caps.cookie, sid: 9000061, rev: 1, title: C, severity: low, on: http.request, where: {"cookie[last]": seen}, reason: "name=last_cookie"}
  - {id: caps.paths, sid: 9000063, rev: 1, title: R, severity: low, on: http.request, where: {referer.path: {contains: nothing}}}
  - {id: caps.form, sid: 9000064, rev: 1, title: F, severity: low, on: http.form, where: {value: {contains: nothing}}}
  - {id: caps.data, sid: 9000065, rev: 1, title: S, severity: low, on: stream.data, where: {bytes: {contains: nothing}}}
  - {id: caps.mark, sid: 9000066, rev: 1, title: K, severity: low, mark: yes, on: http.request, where: {path: /}}
  - {id: caps.other, sid: 9000067, rev: 1, title: O, severity: low, mark: yes, on: http.request, where: {path: /other}}
  - {id: caps.count, sid: 9000068, rev: 1, title: N, severity: low, count: {of: caps.mark, by: client.ip, within: 1 h, at_least: 200}}
  - id: caps.steps
    sid: 9000069
    rev: 1
    title: Steps
    severity: low
    sequence:
      by: server.ip
      within: 1 h
      steps: [{of: caps.other, unless: {of: caps.mark, within: 1 h, same: {client.ip: client.ip}}}, caps.other]
  - {id: caps.hello, sid: 9000062, rev: 1, title: L, severity: low, on: tls.client_hello, where: {sni: nothing}}
END

# workers have caps of their own: alerts over those are not alike with -j 2
alike=yes
# cap CAPTURE COUNTER TIMES NAME OPTION…: the counter ("-" for none) is TIMES, at least one alert carries NAME ("-": nothing tells)
cap() {
	capture=$1 counter=$2 times=$3 name=$4
	shift 4
	expect_status 0 "$sekisho" -v -r "$work/pcaps/$capture.pcap" -S "$work/rules.yaml" -o "json:$work/one" "$@"
	cp "$work/err" "$work/report"
	expect_status 0 "$sekisho" -q -j 2 -r "$work/pcaps/$capture.pcap" -S "$work/rules.yaml" -o "json:$work/two" "$@"
	[ "$alike" = no ] || cmp -s "$work/one" "$work/two" || { diff "$work/one" "$work/two" | cut -c 1-300; fail "$capture: other alerts with -j 2"; }
	if [ "$counter" != - ]; then
		got=$(sed -n "s/^ *\([0-9,]*\)  $counter .*/\1/p" "$work/report" | head -n 1)
		[ "${got:-0}" = "$times" ] || { cat "$work/report"; fail "$capture: $counter is ${got:-0}, expected $times"; }
	fi
	[ "$name" = - ] || grep -q "name=$name\"" "$work/one" || { grep -o 'name=[a-z_0-9]*' "$work/one"; cat "$work/report"; fail "$capture: no alert with $name"; }
	rm -f "$work/one" "$work/two"
	echo "$capture: $name"
}
cap fragments_timeout defrag.timeout 4 fragment_timeout --set defrag.timeout=2s
cap fragments_end defrag.timeout 2 fragment_timeout
cap fragments_memory defrag.evicted 171 fragment_memory --set defrag.max=64KiB
cap fragments_nested decode.layers 4 too_many_layers
alike=no
cap flows classify.refused 24 classify_limit --set classify.flows=16
cap flows flow.evicted 24 evicted --set flow.max=16
alike=yes
cap hole reassembly.limit 1 reassembly_limit --set reassembly.max=4KiB
cap small_memory - 0 flow_memory --set flow.memory=16KiB
cap switches app.switch_limit 1 protocol_changes
cap pipeline http.queue_limit 72 pipeline_too_long
cap head - 0 header_too_long --set app.head=1KiB
cap fields - 0 too_many_headers
cap cookies - 0 last_cookie
cap trailer - 0 trailer_too_long
cap handshake_wait http.held_limit 1 held_too_long
cap bomb http.bombs 1 compression_bomb
cap layers - 0 too_many_codings
cap hello tls.too_long 1 handshake_too_long --set app.handshake=16KiB
cap names dns.names_cut 1 too_many_names
cap ws_ratio websocket.inflate_limit 1 inflate_ratio
alike=no
cap ws_inflaters websocket.inflaters_refused 904 too_many_inflaters
alike=yes
cap referers http.memory 1 message_memory
cap readings app.views_limit 6 too_many_readings
cap form_name - 0 form_name_too_long
cap ranges http.ranges_limit 1 range_limit --set app.ranges=64KiB
cap many_ranges http.ranges_evicted 44 - --set app.ranges=4MiB
cap range_name http.ranges_limit 1 range_limit --set app.ranges=64KiB
cap unacknowledged reassembly.history_evicted 76 -
cap pipeline campaign.members_dropped 136 -
cap flows campaign.seen_evicted 15 - --set campaign.seen=1KiB
cap flows campaign.keys_evicted 24 - --set campaign.keys=16
cap ws_limit websocket.inflate_limit 1 inflate_limit --set app.inflate_max=8KiB

expect_status 0 "$sekisho" --dump-config
cp "$work/out" "$work/dump"
expect_status 0 "$sekisho" rules oddities
/usr/bin/python3 -B "$top/tests/system/caps_table.py" "$top" "$work/dump" "$work/out" <"$top/tests/system/caps.sh" ||
	fail "the table of caps in doc/threat-model.md and the program differ"
