#!/bin/sh
# A short run of chaos.py, always the same kills; `make chaos` runs more of them.
. "${srcdir:-.}/tests/lib/system.sh"
command -v redis-server >/dev/null || skip "redis-server is not installed"
[ -x /usr/bin/python3 ] || skip "python3 is not installed"
[ -z "${SK_QUICK:-}" ] || skip "SK_QUICK is set"
/usr/bin/python3 "$top/tests/chaos/chaos.py" "$sekisho" --kills 14 --seed 1 || exit
/usr/bin/python3 "$top/tests/chaos/chaos.py" "$sekisho" --kills 8 --seed 2 --type stream
