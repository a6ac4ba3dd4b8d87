#!/bin/sh
# A whole replay of the shipped captures under valgrind: no leak, no error.
. "${srcdir:-.}/tests/lib/system.sh"
[ -z "${SK_QUICK:-}" ] || skip "SK_QUICK is set"
command -v valgrind >/dev/null || skip "valgrind is not installed"
nm "$sekisho" 2>/dev/null | grep -q __asan_init && skip "built with sanitizers"
cd "$top" || exit 1
program=$sekisho
[ -x "$(dirname "$sekisho")/.libs/sekisho" ] && program=$(dirname "$sekisho")/.libs/sekisho
expect_status 0 valgrind --quiet --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite,indirect \
	--suppressions="$top/tests/lib/valgrind.supp" "$program" -q -r pcaps/ -o "json:$work/alerts.json"
[ -s "$work/alerts.json" ] || fail "no alerts"
