#!/bin/sh
# A sensor that was started as root watches as another user, on every thread without capabilities, under a system call filter (two where packets are looked at) and
# with the paths it needs only; alerts reach file and Redis, outputs are opened anew, nothing else can be reached. Then the same of one that
# looks up the name of its Redis server, and of one that nobody has started, by the capabilities of its file.
. "${srcdir:-.}/tests/lib/system.sh"
command -v ip >/dev/null || skip "iproute2 is not installed"
[ -x /usr/bin/python3 ] || skip "python3 is not installed"
[ "$(id -u)" -eq 0 ] || skip "needs root"
nm "$sekisho" 2>/dev/null | grep -q __asan_init && skip "built with sanitizers, which need calls of their own"
grep -q '^#define HAVE_SECCOMP' config.h && grep -q '^#define HAVE_PSX' config.h || skip "built without libseccomp or libpsx"
plugin=$(pwd)/tests/system/.libs/reach.so
[ -f "$plugin" ] || fail "no $plugin"
ns=sekisho-sandbox-$$
ip netns add "$ns" 2>/dev/null || skip "no network namespaces here"
netns=/etc/netns/$ns dns_pid=
end() {
	[ -n "$dns_pid" ] && kill "$dns_pid" 2>/dev/null
	rm -rf "$netns"
	rmdir /etc/netns 2>/dev/null
	ip netns del "$ns" 2>/dev/null
	cleanup
}
trap end EXIT
ip -n "$ns" link add name sk0 mtu 9000 type veth peer name sk1 mtu 9000 || skip "no veth here"
ip -n "$ns" link set sk0 up
ip -n "$ns" link set sk1 up
cd "$top" || exit 1
sleep 0.2
chmod 755 "$work"
mkdir -m 777 "$work/out" "$work/spool"
echo secret >"$work/secret"
chmod 644 "$work/secret"
chown nobody "$work"		# what keeps it from the file must be the sandbox

program=$sekisho as=
# start OPTION…: the sensor, with its process id in $pid; as: what starts it
start() {
	rm -f "$work/stderr"
	ip netns exec "$ns" $as "$program" -i sk1 -j 2 -S rules -o "json:$work/out/alerts.json" --set stats=0s --set user=nobody \
		--set "plugins.reach.path=$plugin" --set "plugins.reach.secret=$work/secret" "$@" >"$work/stdout" 2>"$work/stderr" &
	pid=$!
	for _ in $(seq 300); do grep -qs "watching\|^sekisho: sandbox" "$work/stderr" && break; sleep 0.1; done
	sleep 0.5		# for its threads
}
send() {
	ip netns exec "$ns" /usr/bin/python3 tests/lib/send.py sk0 pcaps/toolshell/classic.pcap || fail "cannot send"
	for _ in $(seq 100); do grep -qs reach.tried "$1" && break; sleep 0.1; done
	sleep 0.5
}
# Every thread of $pid is nobody's, without capabilities, under a filter. Sets threads.
held() {
	threads=0 twice=0
	for task in /proc/$pid/task/*; do
		threads=$((threads + 1))
		for line in 'NoNewPrivs:	1' 'Seccomp:	2' 'CapEff:	0000000000000000' 'CapPrm:	0000000000000000' 'CapAmb:	0000000000000000'; do
			grep -q "^$line$" "$task/status" || { grep -E 'Name|NoNew|Secc|Cap' "$task/status"; fail "a thread is not held: $line"; }
		done
		! grep -q "^Seccomp_filters:	2" "$task/status" || twice=$((twice + 1))
		grep -q "^Uid:	$(id -u nobody)	$(id -u nobody)	$(id -u nobody)	" "$task/status" || fail "a thread is not nobody's"
	done
	[ "$threads" -ge 4 ] || fail "only $threads threads"
	! grep -q ^Seccomp_filters: "/proc/$pid/status" || [ $twice -eq 2 ] || fail "$twice threads for packets have a filter of their own, not 2"
}
stop() {
	kill -TERM $pid
	status=0
	wait $pid || status=$?
	[ $status -eq 0 ] || { cat "$work/stderr"; fail "exit status $status"; }
}

# without: all of it works, so the test sees a difference (trace may fail for other reasons)
start --set sandbox=off
send "$work/out/alerts.json"
stop
expect_line "$work/out/alerts.json" '"reason":"read 0 write 0 run 0'
rm -f "$work/out/alerts.json" "$work/secret.made"

if command -v redis-server >/dev/null; then
	redis_start --unixsocketperm 777
	set -- -o "redis+unix://$work/redis.sock?key=alerts" --set "spool.dir=$work/spool"
fi
start --set sandbox=on "$@"
if grep -q "sandbox: on, but" "$work/stderr"; then
	wait $pid
	skip "$(sed -n 's/^sekisho: //p' "$work/stderr" | head -n 1)"
fi
grep -q watching "$work/stderr" || { cat "$work/stderr"; fail "did not start"; }
held
send "$work/out/alerts.json"
mv "$work/out/alerts.json" "$work/out/moved.json"
kill -HUP $pid
for _ in $(seq 50); do [ -e "$work/out/alerts.json" ] && break; sleep 0.1; done
[ -e "$work/out/alerts.json" ] || { cat "$work/stderr"; fail "SIGHUP did not open the output anew"; }
stop
expect_line "$work/out/moved.json" '"rule":"toolshell.toolpane-signout"'
expect_line "$work/out/moved.json" '"reason":"read 13 write 13 run 1 trace 1 mount 1 socket 1"'
[ -e "$work/secret.made" ] && fail "a file was made outside"
if [ $# -gt 0 ]; then
	[ "$(redis-cli -s "$work/redis.sock" llen alerts)" -eq "$(wc -l <"$work/out/moved.json")" ] || { cat "$work/stderr"; fail "Redis has not got all"; }
fi
echo "$threads threads held"

# a Redis server by name: the resolver reads its files and asks a name server, from inside
by_name() {
	command -v redis-server >/dev/null || { echo "no redis-server: not by name"; return; }
	mkdir -p "$netns" 2>/dev/null && echo "nameserver 127.0.0.1" >"$netns/resolv.conf" && echo "127.0.0.1 localhost" >"$netns/hosts" ||
		{ echo "cannot write $netns: not by name"; return; }
	ip -n "$ns" link set lo up
	ip -n "$ns" addr add 192.0.2.1/32 dev lo		# names are looked up where there is an address (AI_ADDRCONFIG)
	kill -9 "$redis_pid" 2>/dev/null
	ip netns exec "$ns" redis-server --port 6379 --bind 127.0.0.1 --save '' --appendonly no --dir "$work" --daemonize no --logfile "$work/redis.log" &
	redis_pid=$!
	ip netns exec "$ns" /usr/bin/python3 - <<'PYTHON' &
"""A name server that knows one name: redis.sensor.test is 127.0.0.1 (RFC 1035 4.1)."""
import socket
import struct
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 53))
while True:
    query, peer = s.recvfrom(512)
    end = query.index(b"\0", 12) + 5
    known = query[12:].lower().startswith(b"\5redis\6sensor\4test\0")
    is_a = query[end - 4:end - 2] == b"\0\1"
    answer = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x7f\0\0\1" if known and is_a else b""
    flags = 0x8580 if known else 0x8583
    s.sendto(query[:2] + struct.pack("!5H", flags, 1, len(answer) > 0, 0, 0) + query[12:end] + answer, peer)
PYTHON
	dns_pid=$!
	for _ in $(seq 100); do ip netns exec "$ns" redis-cli -h 127.0.0.1 ping >/dev/null 2>&1 && break; sleep 0.1; done
	rm -f "$work/out/alerts.json"
	start --set sandbox=on -o "redis://redis.sensor.test/0?key=named"
	grep -q watching "$work/stderr" || { cat "$work/stderr"; fail "did not start with a Redis server by name"; }
	held
	send "$work/out/alerts.json"
	for _ in $(seq 100); do
		[ "$(ip netns exec "$ns" redis-cli -h 127.0.0.1 llen named)" -eq "$(wc -l <"$work/out/alerts.json")" ] && break
		sleep 0.1
	done
	stop
	[ "$(ip netns exec "$ns" redis-cli -h 127.0.0.1 llen named)" -eq "$(wc -l <"$work/out/alerts.json")" ] ||
		{ cat "$work/stderr"; fail "the Redis server that was named has not got all"; }
	echo "by name: $(wc -l <"$work/out/alerts.json") alerts"
}
by_name

# started by nobody: the file has the capabilities it takes to open the interface
by_file() {
	command -v setcap >/dev/null && command -v setpriv >/dev/null || { echo "no setcap or setpriv: not by capabilities of the file"; return; }
	program=$work/sekisho as="setpriv --reuid=nobody --regid=$(id -g nobody) --clear-groups --inh-caps=-all"
	own=$sekisho
	[ -x "$(dirname "$sekisho")/.libs/sekisho" ] && own=$(dirname "$sekisho")/.libs/sekisho
	cp "$own" "$program" && setcap cap_net_raw,cap_net_admin=ep "$program" 2>/dev/null && chmod 755 "$program" ||
		{ echo "no file capabilities here"; return; }
	cp -r rules "$work/rules" && chmod -R a+rX "$work/rules"
	cp "$plugin" "$work/reach.so"
	plugin=$work/reach.so
	rm -f "$work/out/alerts.json"
	(cd "$work" && $as true) || { echo "setpriv cannot: not by capabilities of the file"; return; }
	here=$(pwd)
	cd "$work" || exit 1
	start --set sandbox=on
	cd "$here" || exit 1
	if grep -qi "not permitted\|permission" "$work/stderr"; then
		wait $pid
		echo "capabilities of files do not count here: $(head -n 1 "$work/stderr")"
		return
	fi
	grep -q watching "$work/stderr" || { cat "$work/stderr"; fail "did not start by the capabilities of its file"; }
	held
	send "$work/out/alerts.json"
	stop
	expect_line "$work/out/alerts.json" '"rule":"toolshell.toolpane-signout"'
	expect_line "$work/out/alerts.json" '"reason":"read 13 write 13 run 1 trace 1 mount 1 socket 1"'
	echo "by capabilities of the file: $threads threads held"
}
by_file
