#!/bin/sh
# Attacks in every form an attacker may give them; see forms.py.
. "${srcdir:-.}/tests/lib/system.sh"
command -v python3 >/dev/null || skip "python3 is not installed"
python3 "$top/tests/system/forms.py" "$sekisho" "$top/rules" "$work" || fail "a form is told wrongly"
