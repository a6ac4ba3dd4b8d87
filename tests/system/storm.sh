#!/bin/sh
# Alert storms: limits per rule, per source and of a rule's own hold alerts back, and what was held back is told to the last one.
. "${srcdir:-.}/tests/lib/system.sh"
[ -x /usr/bin/python3 ] || skip "python3 is not installed"

cat >"$work/rules.yaml" <<'END'
campaign: {id: storm, name: Storm, summary: Too many of the same}
rules:
  - {id: storm.seen, sid: 9000031, rev: 1, title: Seen, severity: low, on: http.request, where: {path: /storm}}
END
PYTHONPATH=$top/tests/lib /usr/bin/python3 - "$work/storm.pcap" <<'PYTHON' || fail "cannot make the capture"
"""In one minute 100 requests of 10.9.0.1 and 20 of 10.9.0.2, in turn as far as it goes; two minutes later one more of each."""
import sys
from wire import Pcap, frame
pcap = Pcap(sys.argv[1])
start = pcap.time - pcap.time % 60000000 + 60000000
def ask(host, port):
    c, s = bytes([10, 9, 0, host]), bytes([10, 8, 0, 1])
    pcap.put(frame(c, s, port, 80, 1000, 0, 0x02))
    pcap.put(frame(s, c, 80, port, 9000, 1001, 0x12))
    pcap.put(frame(c, s, port, 80, 1001, 9001, 0x18, b"GET /storm HTTP/1.1\r\nHost: h\r\n\r\n"))
pcap.time = start
for i in range(100):
    ask(1, 20000 + i)
    if i < 20:
        ask(2, 30000 + i)
pcap.time = start + 120000000
ask(1, 40001)
ask(2, 40002)
pcap.close()
PYTHON

# storm SENT HELD FIRST_SUPPRESSED OPTION…: alerts that leave, alerts the report says were held back, the number told with the first
# alert of the later minute
storm() {
	sent=$1 held=$2 told=$3
	shift 3
	rm -f "$work/alerts"
	expect_status 0 "$sekisho" -v -r "$work/storm.pcap" -S "$work/rules.yaml" -o "json:$work/alerts" "$@"
	[ "$(wc -l <"$work/alerts")" -eq "$sent" ] || fail "$*: $(wc -l <"$work/alerts") alerts left, expected $sent"
	got=$(sed -n 's/^ *\([0-9,]*\)  campaign.storm .*/\1/p' "$work/err" | head -n 1)
	[ "${got:-0}" = "$held" ] || fail "$*: campaign.storm is ${got:-0}, expected $held"
	sum=$(grep -o '"suppressed":[0-9]*' "$work/alerts" | cut -d: -f2 | paste -sd+ | sed 's/^$/0/' | xargs -I{} sh -c 'echo $(({}))')
	[ "$sum" -eq "$told" ] || fail "$*: alerts tell of $sum held back, expected $told"
}
storm 122 0 0
# 10 of the minute, then 2: the first of the later ones tells of 110
storm 12 110 110 --set campaign.rule_per_min=10
# 15 of each source, 30 in all, then 2: 85 + 5 were held back
storm 32 90 90 --set campaign.source_per_min=15
# both: 15 + 15 would pass the sources' limit, the rule's lets 20 pass
storm 22 100 100 --set campaign.source_per_min=15 --set campaign.rule_per_min=20
