#!/bin/sh
# faults.py, a tenth of its size; `make faults` runs all of it.
. "${srcdir:-.}/tests/lib/system.sh"
command -v redis-server >/dev/null || skip "redis-server is not installed"
[ -x /usr/bin/python3 ] || skip "python3 is not installed"
[ -z "${SK_QUICK:-}" ] || skip "SK_QUICK is set"
/usr/bin/python3 -B "$top/tests/chaos/faults.py" "$sekisho" --scale 0.1
