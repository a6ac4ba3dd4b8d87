#!/bin/sh
# A short form of chaos.py, always the same plans; `make chaos` runs more of them.
. "${srcdir:-.}/tests/lib/system.sh"
command -v redis-server >/dev/null || skip "redis-server is not installed"
[ -x /usr/bin/python3 ] || skip "python3 is not installed"
[ -z "${SK_QUICK:-}" ] || skip "SK_QUICK is set"
chaos() { /usr/bin/python3 -B "$top/tests/chaos/chaos.py" "$sekisho" "$@"; }
chaos --faults 14 --seed 1 --rate 500 || exit
has_veth() {
	[ "$(id -u)" -eq 0 ] && command -v ip >/dev/null && ip netns add sekisho-probe-$$ 2>/dev/null || return
	ip -n sekisho-probe-$$ link add name sk0 type veth peer name sk1
	set -- $?
	ip netns del sekisho-probe-$$
	return "$1"
}
if has_veth; then
	chaos --faults 6 --seed 4 --rate 500 --live || exit
fi
