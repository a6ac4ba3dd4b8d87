#!/bin/sh
# Sentinel: three sentinels, a master, a replica. The master is asked for, followed when another takes over, and what the new one did
# not get is sent again; wrong names, wrong passwords and sentinels that are away are told.
. "${srcdir:-.}/tests/lib/system.sh"
cd "$top" || exit 1
command -v redis-sentinel >/dev/null || skip "redis-sentinel is not installed"
command -v redis-server >/dev/null || skip "redis-server is not installed"
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
one=$base two=$((base + 1))
at() { port=$1; shift; redis-cli -p "$port" --raw --no-auth-warning "$@"; }

says() { want=$1; shift; [ "$("$@")" = "$want" ]; }

server() {
	port=$1
	shift
	mkdir "$work/$port"
	redis-server --port "$port" --bind 127.0.0.1 --save '' --appendonly no --dir "$work/$port" --repl-diskless-sync-delay 0 --logfile log "$@" &
	pids="$pids $!"
	await 10 at "$port" ping
}
server $one
first=${pids##* }
server $two --replicaof "127.0.0.1 $one"
second=${pids##* }
sentinels=
for i in 2 3 4; do
	mkdir "$work/s$i"
	cat >"$work/s$i/conf" <<-END
		port $((base + i))
		bind 127.0.0.1
		dir $work/s$i
		logfile log
		requirepass watcher
		sentinel sentinel-pass watcher
		sentinel monitor mymaster 127.0.0.1 $one 2
		sentinel down-after-milliseconds mymaster 600
		sentinel failover-timeout mymaster 3000
	END
	redis-sentinel "$work/s$i/conf" >/dev/null &
	pids="$pids $!"
	sentinels="$sentinels,127.0.0.1:$((base + i))"
done
echo watcher >"$work/watcher"
url="redis-sentinel://127.0.0.1:1$sentinels/mymaster?key=alerts"	# nobody is at the first
replay() { "$sekisho" -q -r pcaps/ --set sensor=test --set "redis.sentinel_password_file=$work/watcher" --set redis.backoff_max=300ms "$@"; }
ask() { at $((base + 2)) -a watcher sentinel "$@"; }
await 10 says 'OK 3 usable Sentinels. Quorum and failover authorization can be reached' ask ckquorum mymaster
await 10 sh -c "redis-cli -p $((base + 2)) -a watcher sentinel replicas mymaster 2>/dev/null | grep -q $two"
await 10 sh -c "redis-cli -p $one info replication | grep -q state=online"
replay -o "json:$work/json"
alerts=$(wc -l <"$work/json")

expect_status 0 replay -o "$url" --set redis.queue=8MiB
[ "$(at $one llen alerts)" -eq "$alerts" ] || fail "through Sentinel: $(at $one llen alerts) of $alerts"

# what a person must correct: told at once, nothing is sent
start=$(date +%s)
expect_status 1 replay -o "redis-sentinel://127.0.0.1:1$sentinels/other?key=x" --wait 300s
expect_line "$work/err" "Sentinel knows no master called 'other'"
echo wrong >"$work/wrong"
expect_status 1 replay -o "$url" --set "redis.sentinel_password_file=$work/wrong" --wait 300s
expect_line "$work/err" "WRONGPASS: Sentinel refuses the user or the password"
[ $(($(date +%s) - start)) -lt 250 ] || fail "it waited for what cannot become better"
expect_status 1 replay -o "redis-sentinel://127.0.0.1:1,127.0.0.1:2/mymaster?key=x" --wait 1s
expect_line "$work/err" "refused"
for bad in 'redis-sentinel://h1,h2' 'redis-sentinel://h1,/m' 'redis-sentinel://u:passw0rd@h1:x/m' 'redis-sentinel:///m' 'redis-sentinel://h/m/2'; do
	expect_status 2 replay -o "$bad"
	[ "$(wc -l <"$work/err")" -eq 1 ] || fail "more than one line: $bad"
	expect_line "$work/err" "Redis URL"
done

# a replica that lacks what the master had acknowledged takes over: it comes again, and nothing twice
mkdir "$work/spool"
send() { replay -o "$url" --set "spool.dir=$work/spool" --set redis.command_timeout=500ms --wait 60s; }
expect_status 0 send
await 10 says $((2 * alerts)) at $two llen alerts
kill -STOP "${second:?}"
at $one client kill type replica >/dev/null
expect_status 0 send
[ "$(at $one llen alerts)" -eq $((3 * alerts)) ] || fail "the master has $(at $one llen alerts), expected $((3 * alerts))"
kill -9 "$first"
kill -CONT "$second"
expect_status 0 send
expect_line "$work/err" "Redis has lost $alerts of what it had taken; it is sent again"
[ "$(at $two role | head -n 1)" = master ] || fail "no failover"
at $two lrange alerts 0 -1 | grep -o '"sekisho":{"id":"[0-9a-f]*"' | sort | uniq -c >"$work/counts"
[ "$(awk '$1 != 4' "$work/counts" | wc -l)" -eq 0 ] || fail "not every alert of all runs once: $(head -n 3 "$work/counts")"
[ "$(wc -l <"$work/counts")" -eq "$alerts" ] || fail "$(wc -l <"$work/counts") ids, expected $alerts"

# a server that is no master any more, though a sentinel still says so, is not sent to
at $two replicaof 127.0.0.1 $one >/dev/null
expect_status 1 replay -o "$url" --wait 1s
expect_line "$work/err" "the server Sentinel names is no master"
