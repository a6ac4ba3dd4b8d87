# lib.sh — two network namespaces joined by one cable, a recorder on it, and a note per capture.
#
# left      clients (and whatever is not the server): 10.77.1.10/16 and the addresses asked for with `left_ip`
# right     servers: 10.77.2.10/16 and the addresses asked for with `right_ip`
# cable     veth pair, MTU 1500, fixed MACs, static neighbours, no offload (checksums on the wire are right)
# output    $PCAPS/<case>.pcap, first packet moved to a fixed time, and $PCAPS/<case>.md
# limits    nothing leaves the namespaces; needs root, iproute2, ethtool, tcpdump, python3
#
# Sourced by the makers; see pcaps/README.md.
set -euo pipefail
export PYTHONDONTWRITEBYTECODE=1

SC_HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
SC_TOP=$(cd "$SC_HERE/../.." && pwd)
SC_TMP=$(mktemp -d /tmp/sk-capture.XXXXXX)
SC_L=skl$$ SC_R=skr$$
SC_PIDS=()
SC_ONLY=("${@}")
LEFT=10.77.1.10 RIGHT=10.77.2.10
PY=$(command -v python3)
SHAPES="$PY $SC_HERE/shapes.py"

say() { printf '%s\n' "$*" >&2; }

sc_down() {
  local p
  for p in "${SC_PIDS[@]:-}"; do [ -n "$p" ] && kill "$p" 2>/dev/null || true; done
  ip netns del "$SC_L" 2>/dev/null || true
  ip netns del "$SC_R" 2>/dev/null || true
  rm -rf "$SC_TMP"
}
trap sc_down EXIT

sc_end_of_cable() {
  local ns=$1 dev=$2 mac=$3 peer_mac=$4 addr=$5 addr6=$6

  ip -n "$ns" link set "$dev" name eth0
  ip -n "$ns" link set eth0 address "$mac" mtu 1500
  ip netns exec "$ns" sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.eth0.accept_dad=0 \
    net.ipv6.conf.eth0.router_solicitations=0 net.ipv6.conf.eth0.addr_gen_mode=1 net.ipv4.tcp_ecn=0 \
    net.ipv4.ip_nonlocal_bind=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.eth0.rp_filter=0 \
    net.ipv4.conf.all.mc_forwarding=0 2>/dev/null || true
  ip -n "$ns" link set lo up
  ip -n "$ns" link set eth0 multicast off
  ip -n "$ns" addr add "$addr/16" dev eth0
  ip -n "$ns" -6 addr add "$addr6/64" dev eth0 nodad
  ip netns exec "$ns" ethtool -K eth0 tx off rx off sg off tso off gso off gro off >/dev/null 2>&1 || true
  ip -n "$ns" link set eth0 up
  ip -n "$ns" route add default dev eth0
  SC_MAC_PEER[$ns]=$peer_mac
}
declare -A SC_MAC_PEER

sc_up() {
  ip netns add "$SC_L"
  ip netns add "$SC_R"
  ip link add "v$SC_L" netns "$SC_L" type veth peer name "v$SC_R" netns "$SC_R"
  sc_end_of_cable "$SC_L" "v$SC_L" 02:77:01:00:00:10 02:77:02:00:00:10 $LEFT fd77::1:10
  sc_end_of_cable "$SC_R" "v$SC_R" 02:77:02:00:00:10 02:77:01:00:00:10 $RIGHT fd77::2:10
  sc_neigh "$SC_L" $RIGHT; sc_neigh "$SC_L" fd77::2:10
  sc_neigh "$SC_R" $LEFT; sc_neigh "$SC_R" fd77::1:10
}
sc_neigh() { ip -n "$1" neigh replace "$2" lladdr "${SC_MAC_PEER[$1]}" dev eth0 nud permanent; }

# Gives one side a further address.
left_ip() { ip -n "$SC_L" addr replace "$1/32" dev eth0; sc_neigh "$SC_R" "$1"; }
right_ip() { ip -n "$SC_R" addr replace "$1/32" dev eth0; sc_neigh "$SC_L" "$1"; }

# Runs a command on one side. Output of clients is not interesting.
left() { ip netns exec "$SC_L" timeout 60 "$@"; }
right() { ip netns exec "$SC_R" timeout 60 "$@"; }

# serve SIDE PORT COMMAND...: starts a server and waits until it listens on the port (0: half a second).
serve() {
  local ns=$SC_R side=$1 port=$2 i

  [ "$side" = left ] && ns=$SC_L
  shift 2
  ip netns exec "$ns" "$@" >"$SC_TMP/server.log" 2>&1 &
  SC_SERVER=$!
  SC_PIDS+=($SC_SERVER)
  if [ "$port" = 0 ]; then sleep 0.5; return; fi
  for i in $(seq 100); do
    if ip netns exec "$ns" ss -Hltun "sport = :$port" | grep -q .; then return; fi
    kill -0 $SC_SERVER 2>/dev/null || { cat "$SC_TMP/server.log" >&2; return 1; }
    sleep 0.05
  done
  say "no server on port $port"; cat "$SC_TMP/server.log" >&2; return 1
}
unserve() { kill "${1:-$SC_SERVER}" 2>/dev/null || true; wait "${1:-$SC_SERVER}" 2>/dev/null || true; }

# rec FILE: starts the recorder on the right end.
rec() {
  SC_RAW=$1
  ip netns exec "$SC_R" tcpdump -i eth0 -n -s 0 -U --immediate-mode -Z root -w "$SC_RAW" \
    'tcp or udp' 2>"$SC_TMP/tcpdump.log" &
  SC_DUMP=$!
  for _ in $(seq 100); do grep -q 'listening on' "$SC_TMP/tcpdump.log" && return; sleep 0.05; done
  cat "$SC_TMP/tcpdump.log" >&2; return 1
}
rec_end() { sleep 0.4; kill -INT $SC_DUMP; wait $SC_DUMP 2>/dev/null || true; }

# wants CASE: was it asked for on the command line (nothing asked: all)?
wants() {
  local c
  [ ${#SC_ONLY[@]} -eq 0 ] && return 0
  for c in "${SC_ONLY[@]}"; do [ "$c" = "$1" ] && return 0; done
  return 1
}

# begin CASE: starts recording it.
begin() { SC_CASE=$1; say "$PCAPS/$1"; rec "$SC_TMP/${1//\//-}.raw"; }
# end [TIME]: stops and writes pcaps/$PCAPS/CASE.pcap, first packet at TIME.
end() {
  rec_end
  mkdir -p "$(dirname "$SC_TOP/pcaps/$PCAPS/$SC_CASE")"
  "$PY" "$SC_HERE/settle.py" -o "$SC_TOP/pcaps/$PCAPS/$SC_CASE.pcap" "${1:-2025-07-21T10:00:00Z}" "$SC_RAW"
}

# note TITLE SHOWS SPOKE FIRES SILENT: writes CASE.md next to the capture.
note() {
  local f="$SC_TOP/pcaps/$PCAPS/$SC_CASE.md"
  {
    printf '# %s\n\nSynthetic and inert: recorded between two network namespaces for tests; nothing in it can run or authenticate.\n\n' "$1"
    printf 'Shows: %s\n\nSpoke: %s\n\nMade by: `tools/capture/%s %s`, time of the first packet set afterwards.\n\n' \
      "$2" "$3" "$(basename "$0")" "$SC_CASE"
    printf 'Must fire: %s\n\nMust not fire: %s\n' "$4" "$5"
  } | fmt -w 120 -s >"$f"
}

CURL_V=$(curl --version | sed -n '1s/^curl \([^ ]*\).*/curl \1/p')
PY_V="Python $($PY -c 'import platform;print(platform.python_version())')"
SSL_V=$(openssl version | cut -d' ' -f1,2)
# curl without surprises: no config file, no proxy, bounded.
web() { left curl -q -s -S -o /dev/null --noproxy '*' --max-time 20 --path-as-is "$@"; }
