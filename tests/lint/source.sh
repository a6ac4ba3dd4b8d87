#!/bin/sh
# tests/lint/source.sh — no function that cannot be used safely, no unfinished work, no file that wants splitting.
set -eu
cd "${srcdir:-.}"
out=$(mktemp)
trap 'rm -f "$out"' EXIT
failed=0

# tell TEXT: fails when there is something in $out
tell() {
	[ -s "$out" ] || return 0
	cat "$out"
	echo "^ $1"
	failed=1
}

# code FOLDER…: its C files
code() { find "$@" -name '*.[ch]' | sort; }

[ "$(code engine plugin include tests | wc -l)" -gt 100 ] || { echo "where are the sources?"; exit 1; }
code engine plugin include tests |
	xargs grep -nwE '(strcpy|strcat|stpcpy|sprintf|vsprintf|gets|alloca|atoi|atol|atof|strtok) ?\(' >"$out" || :
tell "these functions are not used here"
code engine plugin include | grep -vE '/(t_[a-z_]*\.c|fake_host\.h)$' | xargs grep -nwE '(system|popen|exit) ?\(' >"$out" || :
tell "the program ends in main, and starts no other"
code engine plugin include tests | xargs grep -nwE 'TODO|FIXME|HACK|XXX' >"$out" || :
tell "finish it"
code engine plugin include | xargs wc -l | awk '$2 != "total" && $1 > 900' >"$out"
tell "more than 900 lines: split it"
exit $failed
