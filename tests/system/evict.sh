#!/bin/sh
# A full flow table: the flow that has raised an alert outlives a flood of others that carry data too; an ordinary one does not.
. "${srcdir:-.}/tests/lib/system.sh"
[ -x /usr/bin/python3 ] || skip "python3 is not installed"

cat >"$work/rules.yaml" <<'END'
campaign: {id: evict, name: Evict, summary: Who goes when the table is full}
rules:
  - {id: evict.seen, sid: 9000011, rev: 1, title: Something suspicious, severity: low, on: http.request, where: {path: /suspicious}}
  - {id: evict.end, sid: 9000012, rev: 1, title: A flow ended, reason: "{client.ip} {reason}", severity: low, on: flow.end,
     where: {client.ip: {in: [10.9.0.1, 10.9.0.2]}}}
END

PYTHONPATH=$top/tests/lib /usr/bin/python3 - "$work/flood.pcap" <<'PYTHON' || fail "cannot make the capture"
"""10.9.0.1 asks for /suspicious, 10.9.0.2 for /; then 500 others ask for /. Nobody closes."""
import sys
from wire import Pcap, frame
pcap = Pcap(sys.argv[1])
for i in range(1, 503):
    c, s = bytes([10, 9, i >> 8, i & 255]), bytes([10, 8, 0, 1])
    request = b"GET /%s HTTP/1.1\r\nHost: h\r\n\r\n" % (b"suspicious" if i == 1 else b"")
    pcap.put(frame(c, s, 40000, 80, 1000, 0, 0x02))
    pcap.put(frame(s, c, 80, 40000, 9000, 1001, 0x12))
    pcap.put(frame(c, s, 40000, 80, 1001, 9001, 0x18, request))
pcap.close()
PYTHON
expect_status 0 "$sekisho" -q -r "$work/flood.pcap" -S "$work/rules.yaml" --set flow.max=64 -o "json:$work/alerts"
expect_line "$work/alerts" '"reason":"10.9.0.2 evicted"'
expect_line "$work/alerts" '"reason":"10.9.0.1 end"'
