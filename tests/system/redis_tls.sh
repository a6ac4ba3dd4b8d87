#!/bin/sh
# Redis over TLS: the server's certificate and name are checked, a client certificate is shown.
. "${srcdir:-.}/tests/lib/system.sh"
cd "$top" || exit 1
command -v openssl >/dev/null || skip "openssl is not installed"
getent hosts localhost >/dev/null || skip "localhost has no address here"
cd "$work" || exit 1
new_key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" 2>/dev/null; }
# certify NAME SUBJECTALTNAME
certify() {
	new_key "$1.key"
	openssl req -new -key "$1.key" -subj "/CN=$1" -out "$1.csr" 2>/dev/null
	printf 'subjectAltName=%s\n' "$2" >"$1.ext"
	openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile "$1.ext" -out "$1.crt" 2>/dev/null
}
new_key ca.key
openssl req -x509 -new -key ca.key -subj /CN=ca -days 2 -out ca.crt 2>/dev/null
new_key other.key
openssl req -x509 -new -key other.key -subj /CN=other -days 2 -out other.crt 2>/dev/null
certify server IP:127.0.0.1,DNS:localhost
certify named DNS:redis.example
certify client DNS:sensor.example
cd "$top" || exit 1
port=$((20000 + $$ % 20000))
start_tls() {
	redis_start --tls-port $port --tls-cert-file "$work/$1.crt" --tls-key-file "$work/$1.key" --tls-ca-cert-file "$work/ca.crt" --tls-auth-clients "$2"
}
stop() {
	kill -9 "$redis_pid"
	wait "$redis_pid" 2>/dev/null
	redis_pid=
}
redis-server --tls-port 0 --port 0 --save '' --dir "$work" --unixsocket "$work/probe.sock" >"$work/probe" 2>&1 &
probe=$!
sleep 0.5
kill $probe 2>/dev/null || skip "this redis-server has no TLS"
wait $probe 2>/dev/null
# send HOST KEY CA [OPTION…]
send() {
	host=$1 key=$2 ca=$3
	shift 3
	"$sekisho" -q -r pcaps/toolshell -o "rediss://$host:$port/?key=$key" --set "redis.tls_ca=$work/$ca.crt" --wait 1s "$@"
}
count() { redis-cli -s "$work/redis.sock" --raw llen "$1"; }

alerts=$("$sekisho" -q -r pcaps/toolshell -o json | wc -l)
start_tls server no
expect_status 0 send 127.0.0.1 address ca
[ "$(count address)" -eq "$alerts" ] || fail "by address: $(count address) of $alerts"
expect_status 0 send localhost name ca
[ "$(count name)" -eq "$alerts" ] || fail "by name: $(count name) of $alerts"
expect_status 1 send 127.0.0.1 wrong other
expect_line "$work/err" "certificate is not accepted"
expect_status 2 send 127.0.0.1 missing no-such
expect_line "$work/err" "redis.tls_ca"
# Sentinel and the master it names, both over TLS
if command -v redis-sentinel >/dev/null; then
	mkdir "$work/sentinel"
	watch_port=$(free_ports)
	cat >"$work/sentinel/conf" <<-END
		port 0
		tls-port $watch_port
		tls-cert-file $work/server.crt
		tls-key-file $work/server.key
		tls-ca-cert-file $work/ca.crt
		tls-auth-clients no
		tls-replication yes
		dir $work/sentinel
		logfile log
		sentinel monitor mymaster 127.0.0.1 $port 1
	END
	redis-sentinel "$work/sentinel/conf" &
	sentinel=$!
	await 10 redis-cli -p "$watch_port" --tls --cacert "$work/ca.crt" ping
	expect_status 0 "$sekisho" -q -r pcaps/toolshell -o "rediss-sentinel://127.0.0.1:$watch_port/mymaster?key=named" --set "redis.tls_ca=$work/ca.crt"
	[ "$(count named)" -eq "$alerts" ] || fail "through Sentinel: $(count named) of $alerts"
	expect_status 1 "$sekisho" -q -r pcaps/toolshell -o "redis-sentinel://127.0.0.1:$watch_port/mymaster?key=plain" --wait 1s
	kill -9 $sentinel
	wait $sentinel 2>/dev/null
fi
stop

# a valid certificate for another name
start_tls named no
expect_status 1 send 127.0.0.1 wrong ca
expect_line "$work/err" "mismatch"
expect_status 1 send localhost wrong ca
expect_line "$work/err" "mismatch"
[ "$(count wrong)" -eq 0 ] || fail "alerts went to a server of another name"
stop

# a server that asks for a client's certificate
start_tls server yes
expect_status 1 send 127.0.0.1 client ca
expect_status 0 send 127.0.0.1 client ca --set "redis.tls_cert=$work/client.crt" --set "redis.tls_key=$work/client.key"
[ "$(count client)" -eq "$alerts" ] || fail "with a client certificate: $(count client) of $alerts"
expect_status 2 send 127.0.0.1 client ca --set "redis.tls_cert=$work/client.crt" --set "redis.tls_key=$work/server.key"
expect_line "$work/err" "redis.tls_key"
