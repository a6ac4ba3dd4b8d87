#!/bin/sh
# The readers of doc/examples read every alert once; the users of redis-acl.conf may do what they must, and no more.
. "${srcdir:-.}/tests/lib/system.sh"
cd "$top" || exit 1
sed -n '/^user/p' doc/examples/redis-acl.conf >"$work/users.acl"
echo "user default on nopass ~* &* +@all" >>"$work/users.acl"
redis_start --aclfile "$work/users.acl"
url="redis+unix://sensor:change-me@$work/redis.sock"
cli() { redis-cli -s "$work/redis.sock" --raw "$@"; }
replay() { "$sekisho" -q -r pcaps/ --set sensor=test "$@"; }

replay -o "json:$work/json"
grep -o '"sekisho":{"id":"[0-9a-f]*"' "$work/json" | cut -d'"' -f6 >"$work/ids"
sort "$work/ids" >"$work/sorted"

expect_status 0 replay -o "$url?key=alerts&type=stream"
/usr/bin/python3 doc/examples/consume.py "$work/redis.sock" alerts siem one --once >"$work/read" || fail "consume.py: $?"
cut -d' ' -f1 "$work/read" | cmp - "$work/ids" || fail "consume.py has not read every alert once, in order"
[ "$(cli xpending alerts siem | head -n 1)" = 0 ] || fail "consume.py has not acknowledged everything"
/usr/bin/python3 doc/examples/consume.py "$work/redis.sock" alerts siem one --once >"$work/read"
[ ! -s "$work/read" ] || fail "consume.py reads again what it has acknowledged"

# the same with redis-py: it takes over what a reader that died had taken
if /usr/bin/python3 -c 'import redis' 2>/dev/null; then
	cli xgroup create alerts python 0 >/dev/null
	cli xreadgroup group python dead count 3 streams alerts '>' >/dev/null
	sed 's/^IDLE_MS = 30000/IDLE_MS = 1/' doc/examples/consume_redis_py.py >"$work/consume_redis_py.py"
	/usr/bin/python3 "$work/consume_redis_py.py" "unix://$work/redis.sock" alerts python one >"$work/read" 2>"$work/err" &
	pid=$!
	for _ in $(seq 200); do
		[ "$(wc -l <"$work/read")" -ge "$(wc -l <"$work/ids")" ] && [ "$(cli xpending alerts python | head -n 1)" = 0 ] && break
		kill -0 $pid 2>/dev/null || break
		sleep 0.1
	done
	kill $pid 2>/dev/null
	wait $pid 2>/dev/null
	cut -d' ' -f1 "$work/read" | sort | cmp - "$work/sorted" || { cat "$work/err" >&2; fail "consume_redis_py.py has not read every alert once"; }
	[ "$(cli xpending alerts python | head -n 1)" = 0 ] || fail "consume_redis_py.py has not acknowledged everything"
else
	echo "python3-redis is not installed: consume_redis_py.py is not run"
fi

# what Elasticsearch would make of each alert
/usr/bin/python3 tests/system/elastic.py doc/examples/elastic-pipeline.json doc/examples/elastic-template.json "$work/json" || fail "elastic"

cli del alerts '{alerts}:seq:test' >/dev/null
mkdir "$work/spool"
expect_status 0 replay -o "$url?key=alerts&high=100000" --set "spool.dir=$work/spool"
sh doc/examples/consume.sh alerts -s "$work/redis.sock" --user siem --pass change-me-too --no-auth-warning >"$work/read" || fail "consume.sh: $?"
cmp "$work/read" "$work/json" || fail "consume.sh has not read every alert once, in order"
[ "$(cli exists alerts alerts:taken)" = 0 ] || fail "consume.sh has left something"

expect_status 1 replay -o "$url?key=other"
expect_line "$work/err" "NOPERM"

# high: what does not fit waits
expect_status 1 replay -o "redis+unix://$work/redis.sock?key=full&high=5" --wait 1s
[ "$(cli llen full)" -eq 5 ] || fail "high=5: the list has $(cli llen full) elements"
expect_line "$work/err" "as many as high allows"
