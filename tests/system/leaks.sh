#!/bin/sh
# A whole replay of the shipped captures under valgrind: no leak, no error. SK_LEAKS=long: every capture of the corpus too, a process
# per folder, each capture with flows of its own; alerts do not matter there.
. "${srcdir:-.}/tests/lib/system.sh"
[ -z "${SK_QUICK:-}" ] || skip "SK_QUICK is set"
command -v valgrind >/dev/null || skip "valgrind is not installed"
nm "$sekisho" 2>/dev/null | grep -q __asan_init && skip "built with sanitizers"
cd "$top" || exit 1
program=$sekisho
[ -x "$(dirname "$sekisho")/.libs/sekisho" ] && program=$(dirname "$sekisho")/.libs/sekisho
# clean STATUS OPTION…: a run that ends with a status of at most that (1: a file could not be read whole), and of which valgrind says nothing
clean() {
	most=$1 status=0
	shift
	valgrind --quiet --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite,indirect \
		--suppressions="$top/tests/lib/valgrind.supp" "$program" -q -S rules "$@" -o "json:$work/alerts.json" >"$work/out" 2>"$work/err" || status=$?
	[ $status -le "$most" ] && ! grep -q '^==' "$work/err" || { grep '^==' "$work/err" >&2; fail "status $status: $*"; }
}
clean 0 -r pcaps/
[ -s "$work/alerts.json" ] || fail "no alerts"
[ "${SK_LEAKS:-short}" = long ] || exit 0
[ -n "$corpus" ] || skip "there is no ../shared/corpus"
for folder in "$corpus"/*/; do
	clean 1 --set capture.join=never -r "$folder"
	echo "$(find -L "$folder" -type f | wc -l) files of $(basename "$folder"): clean"
done
