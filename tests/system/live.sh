#!/bin/sh
# Watches an interface: a capture is sent over a veth pair in a namespace of the test's own; the same rules fire as in a replay;
# SIGTERM ends the run with everything told.
. "${srcdir:-.}/tests/lib/system.sh"
command -v ip >/dev/null || skip "iproute2 is not installed"
[ -x /usr/bin/python3 ] || skip "python3 is not installed"
[ "$(id -u)" -eq 0 ] || skip "needs root"
ns=sekisho-test-$$
ip netns add "$ns" 2>/dev/null || skip "no network namespaces here"
trap 'ip netns del "$ns" 2>/dev/null; cleanup' EXIT
ip -n "$ns" link add name sk0 mtu 9000 type veth peer name sk1 mtu 9000 || skip "no veth here"
ip -n "$ns" link set sk0 up
ip -n "$ns" link set sk1 up
cd "$top" || exit 1
sleep 0.2

capture=pcaps/toolshell/classic.pcap
"$sekisho" -q -r "$capture" -o json | sed -n 's/.*"rule":"\([^"]*\)".*/\1/p' | sort >"$work/replayed"
[ -s "$work/replayed" ] || fail "$capture fires nothing"

ip netns exec "$ns" "$sekisho" -i sk1 -o "json:$work/live.json" --set stats=0s >"$work/out" 2>"$work/err" &
pid=$!
for _ in $(seq 100); do grep -q watching "$work/err" && break; sleep 0.1; done
grep -q watching "$work/err" || { cat "$work/err"; fail "did not start"; }
ip netns exec "$ns" /usr/bin/python3 tests/lib/send.py sk0 "$capture" || fail "cannot send"
sleep 1.5
# moved away, the file is opened anew
mv "$work/live.json" "$work/moved.json"
kill -HUP $pid
for _ in $(seq 50); do [ -e "$work/live.json" ] && break; sleep 0.1; done
[ -e "$work/live.json" ] || fail "SIGHUP did not open the output anew"
kill -TERM $pid
status=0
wait $pid || status=$?
[ $status -eq 0 ] || { cat "$work/err"; fail "exit status $status"; }
sed -n 's/.*"rule":"\([^"]*\)".*/\1/p' "$work/moved.json" "$work/live.json" | sort >"$work/lived"
cmp "$work/replayed" "$work/lived" || { diff "$work/replayed" "$work/lived"; cat "$work/err"; fail "live and replay differ"; }
cat "$work/out" "$work/err" | grep -q "packets" || fail "no report"

# A reader that stops reading: alerts wait up to campaign.queue, those behind are lost, and all of them are told, delivered or lost.
cat >"$work/rules.yaml" <<'YAML'
campaign: {id: many, name: Many, summary: An alert a request}
rules:
  - {id: many.seen, sid: 9000071, rev: 1, title: Seen, severity: low, on: http.request, where: {path: /many}}
YAML
PYTHONPATH=$top/tests/lib /usr/bin/python3 -B - "$work/many.pcap" <<'PYTHON' || fail "cannot make the capture"
import sys
from wire import Pcap
pcap = Pcap(sys.argv[1])
pcap.talk([("c", b"GET /many HTTP/1.1\r\nHost: h\r\n\r\n" * 6000)])
pcap.close()
PYTHON
mkfifo "$work/pipe"
{ while [ ! -e "$work/go" ]; do sleep 0.1; done; cat; } <"$work/pipe" >"$work/many.json" &
reader=$!
: >"$work/err"
ip netns exec "$ns" "$sekisho" -v -i sk1 -S "$work/rules.yaml" -o "json:$work/pipe" --set stats=0s --set campaign.queue=1MiB \
	>"$work/out" 2>"$work/err" &
pid=$!
for _ in $(seq 100); do grep -q watching "$work/err" && break; sleep 0.1; done
ip netns exec "$ns" /usr/bin/python3 tests/lib/send.py sk0 "$work/many.pcap" || fail "cannot send"
# until it has seen all of it: two seconds in which it does nothing
for _ in $(seq 30); do
	was=$(cut -d ' ' -f 14,15 "/proc/$pid/stat")
	sleep 2
	[ "$was" = "$(cut -d ' ' -f 14,15 "/proc/$pid/stat")" ] && break
done
kill -TERM $pid
sleep 1
touch "$work/go"
status=0
wait $pid || status=$?
wait $reader
[ $status -ne 0 ] || fail "alerts were lost and the exit status is 0"
cat "$work/out" >>"$work/err"
count() { sed -n "s/^ *\([0-9,]*\)  $1 .*/\1/p" "$work/err" | head -n 1 | tr -d ,; }
raised=$(count detect.alerts) lost=$(count output.lost)
[ "${lost:-0}" -gt 0 ] || { cat "$work/err"; fail "no alert was lost, or it is not told"; }
[ "$raised" -eq $((lost + $(wc -l <"$work/many.json"))) ] || { cat "$work/err"; fail "$(wc -l <"$work/many.json") of $raised alerts came, $lost were lost"; }
echo "$raised alerts, $lost lost, told"
