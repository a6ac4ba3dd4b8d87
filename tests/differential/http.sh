#!/bin/sh
# HTTP over the public captures: our reading against libhtp's. Every difference is in http.expected with its reason; a new one
# fails, and so does one that is no longer there.
. "${srcdir:-.}/tests/lib/system.sh"
[ -x tests/differential/http ] || skip "libhtp was not found by configure"
[ -n "$corpus" ] || skip "there is no ../shared/corpus"
list=$top/tests/differential/http.expected
version=$(tests/differential/http)
case $(head -n 1 "$list") in *"libhtp $version "*) ;; *) skip "http.expected is not for libhtp $version" ;; esac

find -L "$corpus" -type f | sort | xargs tests/differential/http "$corpus" >"$work/found" 2>"$work/said" || fail "the program failed: $(cat "$work/said")"
grep -v '^#' "$list" | cut -f 1,2 | sort >"$work/known"
sort "$work/found" >"$work/sorted"
diff "$work/known" "$work/sorted" >"$work/diff" || { cat "$work/diff"; fail "differences are not those expected (< no longer there, > new)"; }
grep -v '^#' "$list" | awk -F '\t' 'NF != 3 || $3 == "" { print; bad = 1 } END { exit bad }' || fail "lines of http.expected without reason"
compared=$(awk '{ sum += $1 } END { print sum + 0 }' "$work/said")
[ "$compared" -gt 1000 ] || fail "only $compared flows were compared"
echo "$compared flows compared, $(wc -l <"$work/known") known differences"
