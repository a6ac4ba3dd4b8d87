#!/bin/sh
# What people get wrong with Redis and the spool: one clear line each, the right exit status, nothing lost; no password anywhere.
. "${srcdir:-.}/tests/lib/system.sh"
cd "$top" || exit 1
[ -x /usr/bin/python3 ] || skip "python3 is not installed"
redis_start
url="redis+unix://$work/redis.sock"
cli() { redis-cli -s "$work/redis.sock" --raw --no-auth-warning "$@"; }
replay() { "$sekisho" -q -r pcaps/toolshell --set sensor=test "$@"; }
spool() { verb=$1; shift; "$sekisho" spool "$verb" --set sensor=test "$@"; }
replay -o "json:$work/json"
alerts=$(wc -l <"$work/json")
[ "$alerts" -gt 3 ] || fail "too few alerts in pcaps/toolshell"

# one_line TEXT…: one line of standard error has the first TEXT, and that line has all of them
one_line() {
	grep -F -- "$1" "$work/err" >"$work/lines"
	[ "$(wc -l <"$work/lines")" -eq 1 ] || { cat "$work/err" >&2; fail "not one line with: $1"; }
	for text; do
		grep -qF -- "$text" "$work/lines" || { cat "$work/lines" >&2; fail "the line has not: $text"; }
	done
}

# stopped TEXT KEY: a replay that Redis refuses says so in one line, keeps everything in a spool, and ends with status 1 and a command
stopped() {
	text=$1
	shift
	rm -rf "$work/spool"
	mkdir "$work/spool"
	expect_status 1 replay --set "spool.dir=$work/spool" "$@"
	one_line "nothing is sent until this is corrected" "error: redis: " "$text"
	one_line "sekisho spool send" "$alerts alerts NOT delivered" "$text" "they are kept"
	[ "$(wc -l <"$work/err")" -eq 2 ] || { cat "$work/err" >&2; fail "more is said than what is wrong and what to do: $text"; }
	expect_status 0 spool show --set "spool.dir=$work/spool"
	cmp "$work/out" "$work/json" || fail "not everything is kept: $text"
}

# --- what Redis refuses ---
cli config set requirepass topsecret >/dev/null
stopped NOAUTH -o "$url?key=alerts"
echo wr0ng-one >"$work/password"
stopped WRONGPASS -o "$url?key=alerts" --set "redis.password_file=$work/password"
! grep -r wr0ng-one "$work/err" "$work/out" "$work/spool" || fail "the wrong password is shown"
cli() { redis-cli -s "$work/redis.sock" --raw --no-auth-warning -a topsecret "$@"; }
cli acl setuser reader on '>s3cret-one' '~*' -@all +get +ping +hget +watch +type >/dev/null
stopped NOPERM -o "redis+unix://reader:s3cret-one@$work/redis.sock?key=alerts"
! grep -r s3cret-one "$work/err" "$work/out" "$work/spool" || fail "the password is shown"
cli config set requirepass '' >/dev/null
cli() { redis-cli -s "$work/redis.sock" --raw "$@"; }
cli set alerts text >/dev/null
stopped "WRONGTYPE the key alerts holds a string, not a list" -o "$url?key=alerts"
cli del alerts >/dev/null
cli rpush alerts x >/dev/null
stopped "WRONGTYPE the key alerts holds a list, not a stream" -o "$url?key=alerts&type=stream"
# corrected, the rest is sent by the command that was told
cli del alerts >/dev/null
sed -n "s/.*sent by: sekisho \(spool send .*\)/\1/p" "$work/err" >"$work/command"
expect_status 1 replay --set "spool.dir=$work/spool" -o "redis+unix://$work/none.sock?key=alerts" --wait 0s
expect_status 0 spool send --set "spool.dir=$work/spool" -o "$url?key=alerts&type=stream"
[ "$(cli xlen alerts)" -eq "$alerts" ] || fail "after the correction: $(cli xlen alerts) of $alerts"

# --- the password is nowhere ---
mkfifo "$work/fifo"
cli acl setuser sensor on '>s3cret-two' '~*' '&*' +@all >/dev/null
"$sekisho" -v -r - -o "redis+unix://sensor:s3cret-two@$work/redis.sock?key=ps" -o "json:$work/ps.json" --set sensor=test <"$work/fifo" >"$work/out" 2>"$work/err" &
pid=$!
exec 3>"$work/fifo"
for _ in $(seq 100); do
	[ "$(cli acl log >/dev/null; cli client list | grep -c user=sensor)" -ge 1 ] && break
	sleep 0.05
done
cli client list | grep -q user=sensor || fail "sekisho has not logged in as sensor"
tr '\0' '\n' <"/proc/$pid/cmdline" >"$work/cmdline"
grep -q "key=ps" "$work/cmdline" || fail "that is not its command line: $(cat "$work/cmdline")"
! grep s3cret "$work/cmdline" || fail "ps shows the password"
cat pcaps/toolshell/classic.pcap >&3
exec 3>&-
wait $pid || fail "with a user and password: exit status $?"
[ "$(cli llen ps)" -eq "$(wc -l <"$work/ps.json")" ] || fail "with a user and password: not all"
expect_status 0 "$sekisho" --dump-config -o "redis://sensor:s3cret-two@127.0.0.1:1/?key=ps"
cat "$work/out" >>"$work/err"
! grep s3cret "$work/err" "$work/ps.json" || fail "a message or the dump shows the password"

# --- spools that are not what they should be ---
keep() {
	rm -rf "$work/spool"
	mkdir "$work/spool"
	expect_status 1 replay -o "$url?key=kept" --set "spool.dir=$work/spool" --set redis.password_file= --wait 0s
}
kill -9 "$redis_pid"
wait "$redis_pid" 2>/dev/null
rm -f "$work/redis.sock"
keep
cp -r "$work/spool" "$work/good"
# poke FILE OFFSET BYTE: a negative offset is from the end
poke() {
	/usr/bin/python3 -c 'import sys
f = open(sys.argv[1], "r+b")
at = int(sys.argv[2])
f.seek(at, 2 if at < 0 else 0)
f.write(bytes([int(sys.argv[3])]))' "$@"
}
restore() {
	rm -rf "$work/spool"
	cp -r "$work/good" "$work/spool"
	folder=$(echo "$work"/spool/*)
	segment=$(echo "$folder"/*.seg)
}
redis_start

restore
poke "$segment" 8 7
expect_status 2 replay -o "$url?key=kept" --set "spool.dir=$work/spool"
one_line "$segment" "version 7" "reads 1"
expect_status 2 spool send -o "$url?key=kept" --set "spool.dir=$work/spool"
one_line "$segment" "version 7" "reads 1"
restore
poke "$folder/state" 8 9
expect_status 2 replay -o "$url?key=kept" --set "spool.dir=$work/spool"
one_line "$folder" "version 9" "reads 1"
restore
expect_status 2 "$sekisho" -q -r pcaps/toolshell -o "$url?key=kept" --set "spool.dir=$work/spool" --set sensor=other
one_line "belongs to the sensor 'test'" "$folder" "'other'"
[ "$(cli exists kept)" = 0 ] || fail "something was sent from a spool that was refused"

# a damaged record in the middle: the others arrive, in order; what is missing is told, counted, and follows as an event
restore
expect_status 0 spool list --set "spool.dir=$work/spool"
size=$(wc -c <"$segment")
poke "$segment" $((size / 2)) 0
poke "$segment" $((size / 2 + 1)) 255
expect_status 0 spool list --set "spool.dir=$work/spool"
expect_line "$work/out" "waiting  $((alerts - 1)) alerts"
expect_line "$work/out" "1 alert lost"
expect_status 1 spool send -o "$url?key=kept" --set "spool.dir=$work/spool"
one_line "1 alerts are lost by this damage" "$folder"
expect_line "$work/out" "$((alerts - 1)) delivered, 1 NOT delivered"
cli lrange kept 0 -1 >"$work/list"
grep -c '"event_type":"alert"' "$work/list" | grep -qx $((alerts - 1)) || fail "not all others have arrived"
grep '"event_type":"alert"' "$work/list" | diff "$work/json" - | grep -c '^[<>]' | grep -qx 1 || fail "not the others, or not in order"
grep '"event_type":"lost"' "$work/list" | grep -q '"alerts":1,"total":1,.*"unknown":1' || fail "no event tells what is missing"
expect_status 0 spool send -o "$url?key=kept" --set "spool.dir=$work/spool"
[ "$(cli llen kept)" -eq "$alerts" ] || fail "sending again has doubled"

# --- by hand, from a copy, on another machine, to a Redis by another name ---
cli flushall >/dev/null
restore
name=$(basename "$folder")
mv "$work/spool" "$work/brought"
expect_status 0 "$sekisho" spool list --set "spool.dir=$work/brought"
expect_line "$work/out" "sensor   test"
expect_line "$work/out" "waiting  $alerts alerts"
name=$(basename "$folder")
expect_status 2 "$sekisho" spool send --set "spool.dir=$work/brought" -o "$url?key=kept" no-such-spool
one_line "no spool 'no-such-spool'"
mv "$work/redis.sock" "$work/else.sock"
for other in "key=other" "key=kept&type=stream"; do
	expect_status 2 "$sekisho" spool send --set "spool.dir=$work/brought" -o "redis+unix://$work/else.sock?$other" "$name"
	one_line "$work/brought/$name are for key=kept&type=list"
done
expect_status 0 "$sekisho" spool send --set "spool.dir=$work/brought" -o "redis+unix://$work/else.sock?key=kept" "$name"
expect_line "$work/out" "$alerts delivered"
cli() { redis-cli -s "$work/else.sock" --raw "$@"; }
cli lrange kept 0 -1 | cmp - "$work/json" || fail "from a copy: not everything, or not in order"
mv "$work/else.sock" "$work/redis.sock"
cli() { redis-cli -s "$work/redis.sock" --raw "$@"; }
# the original, without -o: it knows where it was to go, and that Redis has it all
expect_status 0 "$sekisho" spool send --set "spool.dir=$work/good" "$name"
expect_line "$work/out" "key=kept: $alerts delivered"
[ "$(cli llen kept)" -eq "$alerts" ] || fail "sent from the copy and from where it was copied: $(cli llen kept) of $alerts"
