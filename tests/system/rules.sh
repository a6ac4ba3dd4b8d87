#!/bin/sh
# sekisho rules: every declared test comes out; list, show, explain, fields, oddities say something; every rule has a full test.
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
expect_status 0 "$sekisho" rules oddities
sed -n '/^<!-- oddities -->$/,/^<!-- .oddities -->$/p' doc/rules.md | sed '1d;$d' | diff - "$work/out" ||
	fail "the names of oddities in doc/rules.md are old: put the output of sekisho rules oddities between the markers"
[ "$(grep -c '^| `' "$work/out")" -gt 150 ] || fail "too few oddities"
[ "$(grep '^| `' "$work/out" | sort | uniq -d | wc -l)" -eq 0 ] || fail "an oddity is listed twice"
expect_status 2 "$sekisho" rules show no.such.rule
expect_line "$work/err" "no.such.rule"

# a plugin that is off: rules over its events are left out, told and counted; those that can do without them stay
printf 'plugins: {ak47: {enabled: no}, viewstate: {enabled: no}}\n' >"$work/off.yaml"
expect_status 0 "$sekisho" -T -c "$work/off.yaml"
expect_line "$work/err" "plugin 'ak47' is off: 2 rules are left out (toolshell.ak47-command, toolshell.ak47-host)"
expect_line "$work/err" "plugin 'viewstate' is off: "
grep -q 'toolshell.keys-used' "$work/err" || fail "a sequence over rules that are left out is not told"
grep -q 'toolshell.takeover' "$work/err" && fail "a sequence with enough other steps is left out"
expect_line "$work/out" "more rules are left out, because plugins are switched off"
expect_status 0 "$sekisho" -c "$work/off.yaml" -r pcaps/toolshell/chain.pcap
expect_line "$work/out" "rules.left_out"
grep -q 'toolshell.takeover' "$work/out" || fail "takeover is not told without its view state step"
printf 'plugins: {nowhere: {enabled: no}}\n' >"$work/off.yaml"
printf 'campaign: {id: o, name: O}\nrules: [{id: o.a, title: T, severity: low, on: nowhere.seen, where: {x: y}}]\n' >"$work/o.yaml"
expect_status 0 "$sekisho" -T -c "$work/off.yaml" --rules "$work/o.yaml"
expect_line "$work/err" "plugin 'nowhere' is off: 1 rule is left out (o.a)"
expect_status 2 "$sekisho" -T --rules "$work/o.yaml"
expect_line "$work/err" "unknown event 'nowhere.seen'"

# explanations of rules over several alerts: each step, what is missing, what excepted it
expect_status 0 "$sekisho" -q -r pcaps/toolshell/chain-gap.pcap --explain toolshell.takeover
expect_line "$work/err" "toolshell.toolpane-signout may be step 1: 1 of 4 steps (1), missing 2, 3, 4 within 7 d, needs 2"
expect_line "$work/err" "2 of 4 steps (1, 4), missing 2, 3 within 7 d: matches"
expect_status 0 "$sekisho" -q -r pcaps/soft-gets/vidar-resolved.pcap --explain soft-gets.vidar-deaddrop-then-ip
expect_line "$work/err" "soft-gets.vidar-nameless is excepted: its unless was seen before"
expect_line "$work/err" "got no further than 1 of 2 steps (1), missing 2"
expect_status 2 "$sekisho" rules frobnicate
