#!/bin/sh
# Input made to be costly costs no more than its length: four times as much of it takes less than six times the instructions, as callgrind
# counts them. make blowup measures time, also beside ordinary traffic.
. "${srcdir:-.}/tests/lib/system.sh"
[ -z "${SK_QUICK:-}" ] || skip "SK_QUICK is set"
[ -x /usr/bin/python3 ] || skip "python3 is not installed"
command -v valgrind >/dev/null || skip "valgrind is not installed"
nm "$sekisho" 2>/dev/null | grep -q __asan_init && skip "built with sanitizers"
program=$sekisho
[ -x "$(dirname "$sekisho")/.libs/sekisho" ] && program=$(dirname "$sekisho")/.libs/sekisho
/usr/bin/python3 -B "$top/tests/bench/blowup.py" --count "$program" "$top/tests/bench/blowup.yaml" "$work" \
	reversed_bytes overlapping fields cookies parameters multipart boundaries base64_query nested_gzip dns_chain websocket chunks \
	fragments campaign_keys campaign_steps campaign_values || fail "costly input"
