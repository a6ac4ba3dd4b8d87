#!/bin/sh
# A sensor that was started as root watches as another user, on every thread without capabilities, under a system call filter and
# with the paths it needs only; alerts reach file and Redis, outputs are opened anew, nothing else can be reached.
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
trap 'ip netns del "$ns" 2>/dev/null; cleanup' EXIT
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

# start OPTION…: the sensor, with its process id in $pid
start() {
	ip netns exec "$ns" "$sekisho" -i sk1 -j 2 -S rules -o "json:$work/out/alerts.json" --set stats=0s --set user=nobody \
		--set "plugins.reach.path=$plugin" --set "plugins.reach.secret=$work/secret" "$@" >"$work/stdout" 2>"$work/stderr" &
	pid=$!
	for _ in $(seq 300); do grep -q "watching\|^sekisho: sandbox" "$work/stderr" && break; sleep 0.1; done
}
send() {
	ip netns exec "$ns" /usr/bin/python3 tests/lib/send.py sk0 pcaps/toolshell/classic.pcap || fail "cannot send"
	for _ in $(seq 100); do grep -qs reach.tried "$1" && break; sleep 0.1; done
	sleep 0.5
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
threads=0
for task in /proc/$pid/task/*; do
	threads=$((threads + 1))
	for line in 'NoNewPrivs:	1' 'Seccomp:	2' 'CapEff:	0000000000000000' 'CapPrm:	0000000000000000' 'CapAmb:	0000000000000000'; do
		grep -q "^$line$" "$task/status" || { grep -E 'Name|NoNew|Secc|Cap' "$task/status"; fail "a thread is not held: $line"; }
	done
	grep -q "^Uid:	$(id -u nobody)	$(id -u nobody)	$(id -u nobody)	" "$task/status" || fail "a thread is not nobody's"
done
[ "$threads" -ge 4 ] || fail "only $threads threads"
send "$work/out/alerts.json"
mv "$work/out/alerts.json" "$work/out/moved.json"
kill -HUP $pid
for _ in $(seq 50); do [ -e "$work/out/alerts.json" ] && break; sleep 0.1; done
[ -e "$work/out/alerts.json" ] || { cat "$work/stderr"; fail "SIGHUP did not open the output anew"; }
stop
expect_line "$work/out/moved.json" '"rule":"toolshell.toolpane-signout"'
expect_line "$work/out/moved.json" '"reason":"read 13 write 13 run 1 trace 1 mount 1"'
[ -e "$work/secret.made" ] && fail "a file was made outside"
if [ $# -gt 0 ]; then
	[ "$(redis-cli -s "$work/redis.sock" llen alerts)" -eq "$(wc -l <"$work/out/moved.json")" ] || { cat "$work/stderr"; fail "Redis has not got all"; }
fi
echo "$threads threads held"
