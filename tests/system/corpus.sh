#!/bin/sh
# Replays every capture of the corpus: no crash, no hang (ten seconds each), no sanitizer report; and no alert above info but those
# tests/system/corpus.expected lists with their reason.
# Captures go forty to a process, each with flows of its own; a process that fails is run again capture by capture.
. "${srcdir:-.}/tests/lib/system.sh"
[ -n "$corpus" ] || skip "there is no ../shared/corpus"
cd "$top" || exit 1

export sekisho corpus work
find -L "$corpus" -type f | sort >"$work/files"

# replay SECONDS FILE…: alerts to $out, messages to $err; status 124 for a hang
cat >"$work/replay" <<'SCRIPT'
seconds=$1
shift
for f; do set -- "$@" -r "$f"; shift; done
timeout "$seconds" "$sekisho" -q --set capture.join=never "$@" -o json >"$out" 2>"$err"
SCRIPT

# One line per alert above info: capture and rule; BROKEN and the capture for what must not be.
cat >"$work/group" <<'SCRIPT'
out=$work/alerts.$$ err=$work/err.$$
export out err
broken() { [ "$1" -gt 2 ] || grep -qE 'Sanitizer|runtime error|internal error' "$err"; }
sh "$work/replay" $((10 * $#)) "$@"
if broken $?; then
	for f; do
		sh "$work/replay" 10 "$f"
		status=$?
		broken $status && { echo "BROKEN $status ${f#"$corpus"/}"; tail -n 20 "$err" >&2; }
	done
fi
sed -n 's/.*"pcap_filename":"\([^"]*\)".*"rule":"\([^"]*\)".*"severity":"\([a-z]*\)".*/\1 \2 \3/p' "$out" |
	grep -v ' info$' | sed "s|^$corpus/||; s| [a-z]*$||"
rm -f "$out" "$err"
SCRIPT
xargs -P 2 -n 40 sh "$work/group" <"$work/files" >"$work/found" || fail "the runner failed"
grep '^BROKEN' "$work/found" && fail "captures that break the engine"
sort -u "$work/found" >"$work/alerts"
sed -n 's/^\([^#][^ ]* [^ ]*\).*/\1/p' tests/system/corpus.expected | sort -u >"$work/expected"
diff "$work/expected" "$work/alerts" >"$work/diff" || { cat "$work/diff"; fail "alerts on the corpus are not those expected (< missing, > unexpected)"; }
echo "$(wc -l <"$work/files") captures, $(wc -l <"$work/alerts") expected alerts"
