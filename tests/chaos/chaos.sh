#!/bin/sh
# A short run of chaos.py, always the same kills; `make chaos` runs more of them.
. "${srcdir:-.}/tests/lib/system.sh"
command -v redis-server >/dev/null || skip "redis-server is not installed"
/usr/bin/python3 "$top/tests/chaos/chaos.py" "$sekisho" --kills 14 --seed 1 || exit
/usr/bin/python3 "$top/tests/chaos/chaos.py" "$sekisho" --kills 8 --seed 2 --type stream
