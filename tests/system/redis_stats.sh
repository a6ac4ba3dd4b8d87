#!/bin/sh
# A live sensor's stats events, in JSON and in Redis, fit doc/event.schema.json and say what Redis has; doc/redis.md knows each counter.
. "${srcdir:-.}/tests/lib/system.sh"
command -v ip >/dev/null || skip "iproute2 is not installed"
/usr/bin/python3 -c 'import jsonschema' 2>/dev/null || skip "python3-jsonschema is not installed"
[ "$(id -u)" -eq 0 ] || skip "needs root"
ns=sekisho-stats-$$
ip netns add "$ns" 2>/dev/null || skip "no network namespaces here"
trap 'ip netns del "$ns" 2>/dev/null; cleanup' EXIT
ip -n "$ns" link add name sk0 mtu 9000 type veth peer name sk1 mtu 9000 || skip "no veth here"
ip -n "$ns" link set sk0 up
ip -n "$ns" link set sk1 up
redis_start
cd "$top" || exit 1
mkdir "$work/spool"
alerts=$("$sekisho" -q -r pcaps/toolshell/classic.pcap -o json | wc -l)
ip netns exec "$ns" "$sekisho" -i sk1 -o "json:$work/json" -o "redis+unix://$work/redis.sock?key=alerts" --set "spool.dir=$work/spool" \
	--set stats=1s --set sensor=test >"$work/out" 2>"$work/err" &
pid=$!
await 60 grep -q watching "$work/err"
ip netns exec "$ns" /usr/bin/python3 tests/lib/send.py sk0 pcaps/toolshell/classic.pcap || fail "cannot send"
has() { grep '"event_type":"stats"' "$work/json" | tail -n 1 | grep -Eq "\"delivered\":$((2 * alerts)),"; }
await 60 has
kill -TERM $pid
wait $pid || { cat "$work/err" >&2; fail "exit status $?"; }
redis-cli -s "$work/redis.sock" --raw lrange alerts 0 -1 | grep '"event_type":"stats"' >"$work/redis"
grep '"event_type":"stats"' "$work/json" >"$work/stats"
/usr/bin/python3 tests/lib/validate.py doc/event.schema.json "$work/stats" "$work/redis" || fail "stats events do not fit the schema"
/usr/bin/python3 - "$work/stats" "$alerts" doc/redis.md <<'END' || fail "stats.redis"
import json, sys
stats = [json.loads(x)["stats"]["redis"] for x in open(sys.argv[1], encoding="utf-8")]
last, text = stats[-1], open(sys.argv[3], encoding="utf-8").read()
assert last["acknowledged"] >= int(sys.argv[2]), last
assert all(a[k] <= b[k] for a, b in zip(stats, stats[1:]) for k in ("queued", "sent", "acknowledged")), "a counter went back"
trips = [k for k in last if k.startswith("trips_")]
assert sum(last[k] for k in trips) > 0 and len(trips) == 8, last
missing = [k for k in last if not k.startswith("trips_") and f"`{k}`" not in text]
assert not missing, missing
END
