#!/bin/sh
# TCP streams of the public captures: our reading against tshark's, of a sample; the whole of them by make differential.
. "${srcdir:-.}/tests/lib/system.sh"
[ -n "$corpus" ] || skip "there is no ../shared/corpus"
command -v tshark >/dev/null || skip "there is no tshark"
command -v python3 >/dev/null || skip "there is no python3"
list=$top/tests/differential/streams.expected
version=$(tshark --version 2>/dev/null | sed -n '1s/^TShark [^0-9]*\([0-9]*\.[0-9]*\).*/\1/p')
case $(head -n 1 "$list") in *"tshark $version:"*) ;; *) skip "streams.expected is not for tshark $version" ;; esac
python3 "$top/tests/differential/streams.py" tests/differential/streams "$list" "$corpus" ${SAMPLE:-120} ||
	fail "differences are not those expected"
