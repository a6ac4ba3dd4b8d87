#!/bin/sh
# Evasions made here (make.py), and what must be reported of them (made.table).
. "${srcdir:-.}/tests/lib/system.sh"
command -v python3 >/dev/null || skip "python3 is not installed"
mkdir "$work/made" "$work/run"
python3 "$top/tests/corpus/make.py" "$work/made" || fail "make.py"
python3 "$top/tests/corpus/run.py" "$sekisho" "$work/run" "$top/tests/corpus/made.table" "$work/made" || fail "captures are not told as made.table says"
