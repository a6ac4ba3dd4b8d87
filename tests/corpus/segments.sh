#!/bin/sh
# The shipped captures in other packets that bring the same bytes: the same alerts; see segments.py.
. "${srcdir:-.}/tests/lib/system.sh"
[ -z "${SK_QUICK:-}" ] || skip "SK_QUICK is set"
command -v python3 >/dev/null || skip "python3 is not installed"
python3 "$top/tests/corpus/segments.py" "$sekisho" "$top/rules" "$top/pcaps" "$work" || fail "other alerts when the same bytes come in other packets"
