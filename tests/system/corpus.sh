#!/bin/sh
# Replays every capture of the corpus by itself, ten seconds each at most: no crash, no hang, no sanitizer report; and no alert
# above info but those tests/system/corpus.expected lists with their reason.
. "${srcdir:-.}/tests/lib/system.sh"
[ -n "$corpus" ] || skip "there is no ../shared/corpus"
cd "$top" || exit 1

# One line per alert above info: capture, rule. Runs two captures at a time.
export sekisho corpus work
find -L "$corpus" -type f | sort >"$work/files"
cat >"$work/one" <<'SCRIPT'
name=${1#"$corpus"/}
id=$(echo "$name" | cksum | tr ' ' -)
timeout 10 "$sekisho" -q -r "$1" -o json >"$work/alerts.$id" 2>"$work/err.$id"
status=$?
if [ $status -gt 2 ] || grep -qE 'Sanitizer|runtime error|internal error' "$work/err.$id"; then
	echo "BROKEN $status $name"
	tail -n 20 "$work/err.$id" >&2
fi
sed -n 's/.*"rule":"\([^"]*\)".*"severity":"\([a-z]*\)".*/\1 \2/p' "$work/alerts.$id" | grep -v ' info$' | sed "s|^|$name |; s| [a-z]*$||" | sort -u
rm -f "$work/alerts.$id" "$work/err.$id"
SCRIPT
xargs -P 2 -n 1 sh "$work/one" <"$work/files" >"$work/found" || fail "the runner failed"
grep '^BROKEN' "$work/found" && fail "captures that break the engine"
sort -u "$work/found" >"$work/alerts"
sed -n 's/^\([^#][^ ]* [^ ]*\).*/\1/p' tests/system/corpus.expected | sort -u >"$work/expected"
diff "$work/expected" "$work/alerts" >"$work/diff" || { cat "$work/diff"; fail "alerts on the corpus are not those expected (< missing, > unexpected)"; }
echo "$(wc -l <"$work/files") captures, $(wc -l <"$work/alerts") expected alerts"
