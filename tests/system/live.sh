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
