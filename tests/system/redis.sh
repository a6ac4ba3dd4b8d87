#!/bin/sh
# Alerts reach Redis: every shape, every id once; what goes wrong is told and nothing is slowed down by it.
. "${srcdir:-.}/tests/lib/system.sh"
cd "$top" || exit 1
redis_start
url="redis+unix://$work/redis.sock"
cli() { redis-cli -s "$work/redis.sock" --raw "$@"; }
ids() { grep -o '"sekisho":{"id":"[0-9a-f]*"' | cut -d'"' -f6 | sort; }
replay() { "$sekisho" -q -r pcaps/ --set sensor=test "$@"; }

# expect_ids FILE TEXT: the ids of the alerts of pcaps/, each once
expect_ids() {
	cmp -s "$work/ids" "$1" && return
	diff "$work/ids" "$1" | head -n 5 >&2
	fail "$2: not every id once ($(wc -l <"$1") of $(wc -l <"$work/ids"))"
}

replay -o json | ids >"$work/ids"
[ -s "$work/ids" ] || fail "no alerts from pcaps/"
[ "$(uniq -d <"$work/ids" | wc -l)" -eq 0 ] || fail "ids are not unique"

# list, both ends; several workers; small batches
for batch in 1 3 256; do
	cli del alerts >/dev/null
	expect_status 0 replay -o "$url?key=alerts" --set redis.batch=$batch -j 3
	cli lrange alerts 0 -1 | ids >"$work/got"
	expect_ids "$work/got" "list, batch $batch"
done
cli lrange alerts 0 -1 >"$work/list"
replay -o "json:$work/json"
cmp "$work/json" "$work/list" || fail "the list is not the JSON output, in its order"
expect_status 0 replay -o "$url?key=left&push=left"
cli lrange left 0 -1 | sed '1!G;h;$!d' >"$work/list"
cmp "$work/json" "$work/list" || fail "push=left does not turn the order around"
[ "$(cli keys '*:seq:*' | wc -w)" -eq 0 ] || fail "keys are left behind: $(cli keys '*')"

# stream, with a field of its own and a limit
expect_status 0 replay -o "$url?key=stream&type=stream&field=body"
cli xrange stream - + | ids >"$work/got"
expect_ids "$work/got" "stream"
[ "$(cli xrange stream - + | grep -cx body)" -eq "$(wc -l <"$work/ids")" ] || fail "the field is not called body"
expect_status 0 replay -o "$url?key=short&type=stream&maxlen=10"
[ "$(cli xlen short)" -le "$(wc -l <"$work/ids")" ] || fail "maxlen"

# counters: at the end, and in the stats events of a sensor
expect_status 0 "$sekisho" -v -r pcaps/ -o "$url?key=counted&type=stream" --set sensor=test
for counter in queued sent acknowledged; do
	grep -E "^ +$(wc -l <"$work/ids") +redis\.$counter " "$work/err" "$work/out" >/dev/null || fail "redis.$counter: $(grep redis. "$work/err" "$work/out")"
done
grep -E '^ +[0-9]+ +redis\.trips_' "$work/err" "$work/out" >/dev/null || fail "no round trips are counted"
if [ "$(id -u)" -eq 0 ]; then
	"$sekisho" -q -i lo -o "$url?key=live" --set stats=200ms --set sensor=test 2>"$work/err" &
	pid=$!
	for _ in $(seq 200); do
		[ "$(cli llen live)" -ge 3 ] && break
		sleep 0.05
	done
	kill -TERM $pid
	wait $pid || fail "a sensor on lo: exit status $?"
	cli lrange live 0 -1 | /usr/bin/python3 -c '
import json, sys
events = [json.loads(x)["stats"]["redis"] for x in sys.stdin]
third = events[2]
assert third["queued"] >= 2 and third["sent"] >= 1 and third["acknowledged"] >= 1 and third["spool_bytes"] > 0, third
assert sum(v for k, v in third.items() if k.startswith("trips_")) >= 1 and third["healed"] == third["refused"] == 0, third' ||
		fail "the stats events do not say what Redis got: $(cli lrange live 0 -1)"
fi

# several keys at a time, and a key of the wrong type among them: nothing goes, then all
expect_status 0 replay -o "$url?key=sev:{severity}"
for key in $(cli keys 'sev:*'); do
	cli lrange "$key" 0 -1
done | ids >"$work/got"
expect_ids "$work/got" "keys by severity"
cli set wrong:critical text >/dev/null
expect_status 1 replay -o "$url?key=wrong:{severity}"
expect_line "$work/err" "WRONGTYPE the key wrong:critical holds a string, not a list"
[ "$(cli keys 'wrong:*' | wc -l)" -eq 1 ] || fail "a part was sent: $(cli keys 'wrong:*')"
# a limit holds for each of them
expect_status 1 replay -o "$url?key=limit:{severity}&high=3" --wait 1s
expect_line "$work/err" "as many as high allows"
for key in $(cli keys 'limit:*'); do
	[ "$(cli llen "$key")" -le 3 ] || fail "high=3: $key has $(cli llen "$key")"
done

# channel
redis-cli -s "$work/redis.sock" --raw subscribe channel >"$work/channel" &
subscriber=$!
for _ in $(seq 50); do
	[ "$(cli pubsub numsub channel | tail -n 1)" = 1 ] && break
	sleep 0.05
done
expect_status 0 replay -o "$url?key=channel&type=channel"
for _ in $(seq 50); do
	ids <"$work/channel" >"$work/got"
	[ "$(wc -l <"$work/got")" -ge "$(wc -l <"$work/ids")" ] && break
	sleep 0.05
done
kill $subscriber
wait $subscriber 2>/dev/null
expect_ids "$work/got" "channel"

# another database, keys by what the alert is
expect_status 0 replay -o "$url?key=by:{campaign}:{severity}&db=3"
for key in $(cli -n 3 keys 'by:*'); do
	cli -n 3 lrange "$key" 0 -1
done | ids >"$work/got"
expect_ids "$work/got" "keys by campaign"
cli -n 3 keys 'by:*' | grep -q '^by:toolshell:critical$' || fail "no key by:toolshell:critical: $(cli -n 3 keys '*')"

# users and passwords
cli acl setuser sensor on '>s3cret%&' '~*' +@all >/dev/null
cli config set requirepass topsecret >/dev/null
cli() { redis-cli -s "$work/redis.sock" --raw --no-auth-warning -a topsecret "$@"; }
expect_status 0 replay -o "redis+unix://sensor:s3cret%25%26@$work/redis.sock?key=acl"
[ "$(cli llen acl)" -eq "$(wc -l <"$work/ids")" ] || fail "with a user: not all"
echo topsecret >"$work/password"
expect_status 0 replay -o "$url?key=file" --set "redis.password_file=$work/password"
[ "$(cli llen file)" -eq "$(wc -l <"$work/ids")" ] || fail "with a password file: not all"

# no_password: neither output has TEXT
no_password() {
	! grep -F -- "$1" "$work/out" "$work/err" || fail "a password is shown"
}
start=$(date +%s)
expect_status 1 "$sekisho" -r pcaps/ -o "redis+unix://sensor:wr0ng@$work/redis.sock?key=x" --wait 300s
no_password wr0ng
expect_line "$work/err" "WRONGPASS"
expect_line "$work/err" "NOT delivered"
expect_status 1 "$sekisho" -r pcaps/ -o "$url?key=x" --wait 300s
expect_line "$work/err" "NOAUTH"
cli set text value >/dev/null
expect_status 1 "$sekisho" -r pcaps/ -o "$url?key=text" --set "redis.password_file=$work/password" --wait 300s
expect_line "$work/err" "WRONGTYPE"
expect_line "$work/err" "NOT delivered"
[ $(($(date +%s) - start)) -lt 250 ] || fail "it waited for what cannot become better"
[ "$(cli get text)" = value ] || fail "a key of another type was changed"
cli config set requirepass '' >/dev/null

# out of memory: waits, then delivers
cli() { redis-cli -s "$work/redis.sock" --raw "$@"; }
cli config set maxmemory 1 >/dev/null
replay -o "$url?key=oom" 2>"$work/err" &
pid=$!
sleep 1
cli config set maxmemory 0 >/dev/null
wait $pid || fail "out of memory for a while: exit status $?"
cli lrange oom 0 -1 | ids >"$work/got"
expect_ids "$work/got" "out of memory for a while"
expect_line "$work/err" "OOM"

# the server dies in the middle, and comes late
kill -9 "$redis_pid"
wait "$redis_pid" 2>/dev/null
replay -o "$url?key=late" 2>"$work/err" &
pid=$!
sleep 1
redis_start
wait $pid || fail "a server that comes late: exit status $?"
cli lrange late 0 -1 | ids >"$work/got"
expect_ids "$work/got" "a server that comes late"

# no server: not slower, told, status 1
kill -9 "$redis_pid"
wait "$redis_pid" 2>/dev/null
redis_pid=
rm -f "$work/redis.sock"
start=$(date +%s)
expect_status 1 "$sekisho" -r pcaps/ -o "$url?key=none" -o "json:$work/beside" --wait 1s --set sensor=test
[ $(($(date +%s) - start)) -lt 60 ] || fail "no server: it took $(($(date +%s) - start)) s"
expect_line "$work/err" "NOT delivered"
cmp "$work/json" "$work/beside" || fail "the output beside is not whole"
start=$(date +%s)
expect_status 1 "$sekisho" -q -r pcaps/toolshell -o "$url?key=none" -o "$url?key=two" -o "$url?key=three" --wait 4s --set sensor=test
[ $(($(date +%s) - start)) -lt 11 ] || fail "three outputs without a server: --wait is for all of them"
expect_status 1 "$sekisho" -r pcaps/ -o "redis://user:passw0rd@127.0.0.1:1/?key=none" --wait 0s
expect_line "$work/err" "refused"
no_password passw0rd

# a name server that never answers holds nobody
if [ "$(id -u)" -eq 0 ] && unshare -m true 2>/dev/null; then
	printf 'nameserver 127.77.0.1\noptions timeout:20 attempts:1\n' >"$work/resolv.conf"
	/usr/bin/python3 -c 'import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.77.0.1", 53))
print("listening", flush=True)
time.sleep(60)' >"$work/dns" 2>&1 &
	dns=$!
	for _ in $(seq 100); do
		[ -s "$work/dns" ] && break
		sleep 0.05
	done
	start=$(date +%s)
	expect_status 1 unshare -m sh -c 'mount --bind "$1" /etc/resolv.conf && shift && exec "$@"' sh "$work/resolv.conf" \
		"$sekisho" -q -r pcaps/toolshell -o redis://nobody.example/ --wait 1s --set redis.connect_timeout=300ms
	[ $(($(date +%s) - start)) -lt 60 ] || fail "no name server: it took $(($(date +%s) - start)) s"
	expect_line "$work/err" "the host's name was not found in time"
	kill $dns
fi

# mistakes in the URL: one line, status 2, no password
for bad in 'redis://u:passw0rd@h:x/' 'redis://u:passw0rd@h/db' 'redis://h/?nokey=passw0rd' 'redis://u:passw0rd/@h/' 'redis://h/?key=a&type=set' \
	'redis://u:passw0rd%zz@h/' 'redis+unix://u:passw0rd@host/path' 'redis://h/?key={what}' 'redis://u:passw0rd?@h'; do
	expect_status 2 "$sekisho" -r pcaps/ -o "$bad"
	[ "$(wc -l <"$work/err")" -eq 1 ] || fail "more than one line: $bad"
	expect_line "$work/err" "Redis URL"
	no_password passw0rd
	expect_status 2 "$sekisho" -T -o "$bad"
done
expect_status 0 "$sekisho" -T -o 'redis://u:p@h/7?key=a&type=stream'
