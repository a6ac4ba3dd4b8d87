# tests/lib/system.sh — for tests of the whole program, sourced by tests/system/*.sh.
#
# Sets: top (sources), sekisho (the program), work (a folder that goes at exit), corpus (captures of other projects, or empty).
# Functions: fail TEXT; skip TEXT; expect_status N COMMAND…; expect_line FILE TEXT; redis_start [ARG…]; free_ports;
# await SECONDS COMMAND….
set -u
top=$(cd "${srcdir:-.}" && pwd)
sekisho=$(pwd)/sekisho
work=$(mktemp -d)
corpus=
[ -d "$top/../shared/corpus" ] && corpus=$(cd "$top/../shared/corpus" && pwd)
redis_pid=
export NO_COLOR=1 ASAN_OPTIONS="${ASAN_OPTIONS:-detect_leaks=1}"

cleanup() {
	[ -n "$redis_pid" ] && kill -9 "$redis_pid" 2>/dev/null
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

fail() {
	echo "FAIL: $*" >&2
	exit 1
}

skip() {
	echo "skipped: $*"
	exit 77
}

# Runs a command and fails when its exit status is not N. Output goes to $work/out and $work/err.
expect_status() {
	want=$1
	shift
	got=0
	"$@" >"$work/out" 2>"$work/err" || got=$?
	if [ "$got" -ne "$want" ]; then
		cat "$work/out" "$work/err" >&2
		fail "exit status $got, expected $want: $*"
	fi
}

# Fails when no line of FILE contains TEXT.
expect_line() {
	grep -qF -- "$2" "$1" && return
	cat "$1" >&2
	fail "$1 has no line with: $2"
}

# Starts a redis-server of the test's own on $work/redis.sock, without persistence unless asked for by arguments.
redis_start() {
	command -v redis-server >/dev/null || skip "redis-server is not installed"
	redis-server --port 0 --unixsocket "$work/redis.sock" --save '' --appendonly no --dir "$work" --daemonize no \
		--logfile "$work/redis.log" "$@" &
	redis_pid=$!
	for _ in $(seq 100); do
		redis-cli -s "$work/redis.sock" ping >/dev/null 2>&1 && return
		sleep 0.05
	done
	fail "redis-server did not start: $(tail -n 3 "$work/redis.log")"
}

# Prints the first of eight ports in a row that nobody uses, nor those 10000 above (the bus of a cluster's node); below the ephemeral ones.
free_ports() {
	cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk -v seed=$$ 'function hex(s, n, i) {
		for (i = 1; i <= length(s); i++)
			n = n * 16 + index("0123456789ABCDEF", substr(s, i, 1)) - 1
		return n
	}
	{ sub(/.*:/, "", $2); used[hex($2)] = 1 }
	END {
		for (i = 0; i < 1250; i++) {
			base = 10000 + (seed + i) % 1250 * 8
			free = 1
			for (k = 0; k < 8; k++)
				if (used[base + k] || used[base + k + 10000])
					free = 0
			if (free) {
				print base
				exit
			}
		}
	}'
}

# Waits until a command succeeds.
await() {
	tries=$(($1 * 20))
	shift
	while ! "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || fail "in vain: $*"
		sleep 0.05
	done
}
