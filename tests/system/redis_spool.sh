#!/bin/sh
# Alerts wait on disk while Redis is away: the spool's own command, its limits, whose it is, what was refused.
. "${srcdir:-.}/tests/lib/system.sh"
cd "$top" || exit 1
command -v redis-server >/dev/null || skip "redis-server is not installed"
url="redis+unix://$work/redis.sock"
cli() { redis-cli -s "$work/redis.sock" --raw "$@"; }
ids() { grep -o '"sekisho":{"id":"[0-9a-f]*"' | cut -d'"' -f6 | sort; }
replay() { "$sekisho" -q -r pcaps/ --set sensor=test "$@"; }
spool() { verb=$1; shift; "$sekisho" spool "$verb" --set "spool.dir=$work/spool" --set sensor=test "$@"; }
same() { cmp -s "$1" "$2" || fail "$3 ($(wc -l <"$2") of $(wc -l <"$1"))"; }

replay -o "json:$work/json"
ids <"$work/json" >"$work/ids"
alerts=$(wc -l <"$work/ids")

# folders that cannot be used are told at the start
expect_status 2 replay -o "$url" --set "spool.dir=$work/missing"
expect_line "$work/err" "spool.dir: cannot use $work/missing"
: >"$work/file"
expect_status 2 replay -o "$url" --set "spool.dir=$work/file"
expect_line "$work/err" "no folder"
if [ "$(id -u)" -ne 0 ]; then
	mkdir -m 500 "$work/locked"
	expect_status 2 replay -o "$url" --set "spool.dir=$work/locked"
	expect_line "$work/err" "spool.dir: cannot write to $work/locked"
fi

# Redis is away: all is kept, looked at, and sent with the command that was told
mkdir "$work/spool"
expect_status 1 replay -o "$url?key=alerts" --set "spool.dir=$work/spool" --wait 0s
expect_line "$work/err" "$alerts alerts NOT delivered"
sed -n "s/.*sent by: sekisho \(spool send .*\)/\1/p" "$work/err" >"$work/command"
[ -s "$work/command" ] || fail "the command that sends the rest is not told"
expect_status 0 spool list
expect_line "$work/out" "waiting  $alerts alerts"
expect_line "$work/out" "sensor   test"
expect_line "$work/out" "key=alerts"
expect_status 0 spool show
same "$work/json" "$work/out" "spool show is not the JSON output"
expect_status 1 spool send -o "$url?key=alerts" --wait 0s
expect_line "$work/out" "NOT delivered"
redis_start
expect_status 0 sh -c "'$sekisho' $(cat "$work/command")"
expect_line "$work/out" "$alerts delivered"
cli lrange alerts 0 -1 >"$work/list"
same "$work/json" "$work/list" "spool send: the list is not the JSON output"
expect_status 0 spool list
expect_line "$work/out" "waiting  0 alerts"
expect_line "$work/out" "kept     $alerts records"
expect_status 0 spool send -o "$url?key=alerts"
[ "$(cli llen alerts)" -eq "$alerts" ] || fail "sending again has doubled"

# Redis loses everything: what is retained goes there again, once
cli flushall >/dev/null
expect_status 0 replay -o "$url?key=alerts" --set "spool.dir=$work/spool"
[ "$(cli llen alerts)" -eq $((2 * alerts)) ] || fail "after flushall: $(cli llen alerts), expected $((2 * alerts))"
[ "$(cli lrange alerts 0 -1 | ids | uniq -c | awk '$1 != 2' | wc -l)" -eq 0 ] || fail "after flushall: not every alert of both runs once"

# another sensor of the same name, and of the same spool
mkdir "$work/other"
mkfifo "$work/fifo"
"$sekisho" -q -r - -o "$url?key=alerts" --set "spool.dir=$work/spool" --set sensor=test <"$work/fifo" 2>"$work/first" &
pid=$!
exec 3>"$work/fifo"
for _ in $(seq 100); do
	[ -n "$(cli get '{alerts}:owner:test')" ] && break
	sleep 0.05
done
expect_status 1 replay -o "$url?key=alerts" --set "spool.dir=$work/other" --wait 2s
expect_line "$work/err" "another sensor called 'test'"
expect_status 2 replay -o "$url?key=alerts" --set "spool.dir=$work/spool"
expect_line "$work/err" "in use"
exec 3>&-
wait $pid
expect_status 0 spool send -o "$url?key=alerts" --set "spool.dir=$work/other"
[ "$(cli llen alerts)" -eq $((3 * alerts)) ] || fail "with the other spool: $(cli llen alerts), expected $((3 * alerts))"
expect_status 0 spool send -o "$url?key=alerts"
[ "$(cli llen alerts)" -eq $((3 * alerts)) ] || fail "back with the first spool: $(cli llen alerts), expected $((3 * alerts))"
expect_status 2 replay -o "$url?key=alerts" --set "spool.dir=$work/spool" --set sensor=else
expect_line "$work/err" "sensor 'test'"

# dropping is for those who mean it
kill -9 "$redis_pid"
wait "$redis_pid" 2>/dev/null
rm -f "$work/redis.sock"
expect_status 1 replay -o "$url?key=alerts" --set "spool.dir=$work/spool" --wait 0s
expect_status 2 spool drop
expect_status 2 spool drop no-such-spool
expect_status 0 spool drop all
expect_line "$work/out" "$alerts alerts dropped"
expect_status 0 spool list
expect_line "$work/out" "waiting  0 alerts"
expect_status 2 "$sekisho" spool list
expect_status 2 "$sekisho" spool
expect_status 2 spool send

# too little room: the least severe go first; how many is told, in order, and adds up
replay -o "$url?key=small" --set redis.queue=64KiB 2>"$work/err" &
pid=$!
sleep 2
redis_start
wait $pid && fail "alerts were lost and the exit status is 0"
expect_line "$work/err" "NOT delivered and lost"
cli lrange small 0 -1 >"$work/list"
lost=$(grep '"event_type":"lost"' "$work/list" | tail -n 1 | sed 's/.*"total":\([0-9]*\),.*/\1/')
[ -n "$lost" ] && [ "$lost" -gt 0 ] || fail "no event says what was lost"
[ $((lost + $(ids <"$work/list" | wc -l))) -eq "$alerts" ] || fail "$lost lost and $(ids <"$work/list" | wc -l) delivered are not $alerts"
grep '"event_type":"lost"' "$work/list" >"$work/lost"
/usr/bin/python3 -c 'import jsonschema' 2>/dev/null && { /usr/bin/python3 tests/lib/validate.py doc/event.schema.json "$work/lost" || fail "the lost event does not fit the schema"; }
grep '"event_type":"lost"' "$work/list" | tail -n 1 | /usr/bin/python3 -c 'import json, sys
e = json.load(sys.stdin)["lost"]
assert sum(e["total_by_severity"].values()) == e["total"], e' || fail "the lost event does not add up"
