#!/bin/sh
# A cluster of three nodes and a replica: the node of the keys is found, followed while a slot moves step by step and when the replica
# takes over, which may lack what was acknowledged; keys that cannot share a slot are refused.
. "${srcdir:-.}/tests/lib/system.sh"
cd "$top" || exit 1
command -v redis-server >/dev/null || skip "redis-server is not installed"
command -v redis-cli >/dev/null || skip "redis-cli is not installed"
pids=
end() {
	for pid in $pids; do
		kill -CONT "$pid" 2>/dev/null
		kill -9 "$pid" 2>/dev/null
	done
	cleanup
}
trap end EXIT
base=$(free_ports)
at() { port=$1; shift; redis-cli -p "$port" --raw "$@"; }

says() { want=$1; shift; [ "$("$@")" = "$want" ]; }
for i in 0 1 2 3; do
	port=$((base + i))
	mkdir "$work/$port"
	redis-server --port $port --bind 127.0.0.1 --save '' --appendonly no --dir "$work/$port" --logfile log --repl-diskless-sync-delay 0 \
		--cluster-enabled yes --cluster-node-timeout 1000 --cluster-replica-validity-factor 0 &
	pids="$pids $!"
	eval "pid_$port=$!"
done
for i in 0 1 2 3; do
	await 10 at $((base + i)) ping
done
redis-cli --cluster create "127.0.0.1:$base" "127.0.0.1:$((base + 1))" "127.0.0.1:$((base + 2))" --cluster-yes >"$work/create" 2>&1 ||
	fail "redis-cli --cluster create: $(tail -n 3 "$work/create")"
for i in 0 1 2; do
	await 20 says 1 sh -c "redis-cli -p $((base + i)) cluster info | grep -c cluster_state:ok"
done
id_of() { at "$1" cluster myid; }
nodes="127.0.0.1:$((base + 2)),127.0.0.1:$((base + 1))"
url="redis-cluster://$nodes?key=alerts"
slot=$(at $base cluster keyslot alerts)			# 4569, of the first node
from=$base to=$((base + 1)) other=$((base + 2)) replica=$((base + 3))
replay() { "$sekisho" -q -r pcaps/ --set sensor=test --set redis.backoff_max=300ms --wait 60s "$@"; }
replay -o "json:$work/json"
grep -o '"sekisho":{"id":"[0-9a-f]*"' "$work/json" | sort >"$work/ids"
alerts=$(wc -l <"$work/ids")

# every PORT KEY N: the list there has every id N times
every() {
	at "$1" lrange "$2" 0 -1 | grep -o '"sekisho":{"id":"[0-9a-f]*"' | sort | uniq -c | awk -v n="$3" '$1 != n' >"$work/wrong"
	[ "$(at "$1" llen "$2")" -eq $((alerts * $3)) ] && [ ! -s "$work/wrong" ] ||
		fail "$2: $(at "$1" llen "$2") alerts, expected $((alerts * $3)); $(wc -l <"$work/wrong") ids not $3 times"
}

# the last node points to the first
expect_status 0 replay -o "$url"
every $from alerts 1
expect_status 0 replay -o "redis-cluster://127.0.0.1:1,$nodes?key=stream&type=stream"
[ "$(redis-cli -c -p $base xlen stream)" -eq "$alerts" ] || fail "stream: $(redis-cli -c -p $base xlen stream) of $alerts"
expect_status 0 replay -o "redis-cluster://$nodes?key={{by}}:{campaign}:{severity}" --set redis.batch=64
redis-cli -c -p $base --raw lrange '{by}:toolshell:critical' 0 -1 | grep -q '"severity":"critical"' || fail "no key {by}:toolshell:critical"
for port in $other $from $to; do
	at $port --scan --pattern '{by}:*' | while read -r key; do
		at $port lrange "$key" 0 -1
	done
done | grep -o '"sekisho":{"id":"[0-9a-f]*"' | sort >"$work/got"
cmp "$work/ids" "$work/got" || fail "keys by campaign: not every id once"
for bad in 'key=alerts:{campaign}' 'key={{{campaign}}}:alerts' 'key=a{{}}b'; do
	expect_status 2 replay -o "redis-cluster://$nodes?$bad"
	[ "$(wc -l <"$work/err")" -eq 1 ] || fail "more than one line: $bad"
	expect_line "$work/err" "in a cluster all keys of a sensor must have one hash tag"
done
expect_status 2 replay -o "redis-cluster://$nodes?key=alerts&db=1"
expect_line "$work/err" "a cluster has no databases"
expect_status 2 replay -o "redis-cluster://$nodes/1?key=alerts"
expect_line "$work/err" "a cluster has no databases"
expect_status 1 replay -o "redis://127.0.0.1:$other/?key=alerts"
expect_line "$work/err" "this Redis is a cluster, write redis-cluster://"

# the slot moves: announced, then key by key, then for good; sent to at every step
mkdir "$work/spool"
send() { expect_status "$1" "$sekisho" -q -r pcaps/ --set sensor=test --set redis.backoff_max=300ms --wait "$2" -o "$url" --set "spool.dir=$work/spool"; }
move() { at $from migrate 127.0.0.1 $to '' 0 5000 keys "$@" >"$work/move"; grep -q OK "$work/move" || fail "migrate: $(cat "$work/move")"; }
at $from del alerts >/dev/null
send 0 10s
every $from alerts 1
spool=$(at $from hkeys '{alerts}:seq:test')
# own_name PORT: no slot on its way takes a transaction with a key that does not exist, as this one after a sensor has ended
own_name() {
	[ "$(printf 'ASKING\nSET {alerts}:owner:test %s PX 60000\n' "$spool" | redis-cli -p "$1" --raw | grep -cx OK)" -eq 2 ] || fail "owner"
}
own_name $from
at $to cluster setslot "$slot" importing "$(id_of $from)" >/dev/null
at $from cluster setslot "$slot" migrating "$(id_of $to)" >/dev/null
send 0 10s						# all keys are still there
every $from alerts 2
move alerts						# the others are not there yet: neither node can
send 1 1s
grep -qE 'TRYAGAIN|ASK' "$work/err" || fail "a slot torn apart is not told: $(cat "$work/err")"
move '{alerts}:seq:test'				# all there: ASK
own_name $to
send 0 10s
there=$(printf 'ASKING\nLLEN alerts\n' | redis-cli -p $to --raw | tail -n 1)
[ "$there" -eq $((4 * alerts)) ] || fail "after ASK: $there, expected $((4 * alerts))"
for port in $from $to $other; do
	at $port cluster setslot "$slot" node "$(id_of $to)" >/dev/null
done
send 0 10s
every $to alerts 5

# the replica, which lacks what was acknowledged, takes over
at $replica cluster meet 127.0.0.1 $base >/dev/null
await 20 says 1 sh -c "redis-cli -p $replica cluster nodes | grep -c $to@"
await 20 says OK at $replica cluster replicate "$(id_of $to)"
await 20 says 1 sh -c "redis-cli -p $to info replication | grep -c state=online"
await 10 says 1 sh -c "redis-cli -p $base cluster nodes | grep $replica@ | grep -c slave"
eval "kill -STOP \$pid_$replica"
at $to client kill type replica >/dev/null
send 0 10s
every $to alerts 6
eval "kill -9 \$pid_$to"
eval "kill -CONT \$pid_$replica"
send 0 60s
expect_line "$work/err" "Redis has lost $alerts of what it had taken; it is sent again"
every $replica alerts 7
