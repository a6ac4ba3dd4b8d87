#!/bin/sh
# sekisho rules: every declared test comes out; list, show, explain, fields say something; every rule has a full test.
. "${srcdir:-.}/tests/lib/system.sh"
cd "$top" || exit 1

expect_status 0 "$sekisho" rules check
expect_line "$work/out" " 0 without a full test"
expect_status 0 "$sekisho" rules test
expect_line "$work/out" " passed, 0 failed"
grep -q '^ok ' "$work/out" || fail "no rule test ran"
tail -n 1 "$work/out"
expect_status 0 "$sekisho" rules list
id=$(awk 'NR==1{print $3}' "$work/out")
expect_status 0 "$sekisho" rules list "${id%%.*}"
expect_status 0 "$sekisho" rules show "$id"
expect_line "$work/out" "$id"
expect_status 0 "$sekisho" rules explain "$id"
expect_line "$work/out" "alert"
expect_status 0 "$sekisho" rules fields
expect_line "$work/out" "referer.path"
expect_status 2 "$sekisho" rules show no.such.rule
expect_line "$work/err" "no.such.rule"
expect_status 2 "$sekisho" rules frobnicate
