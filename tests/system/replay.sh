#!/bin/sh
# Replays the shipped captures: the same bytes for every -j and every way in; every alert fits the schema.
. "${srcdir:-.}/tests/lib/system.sh"
cd "$top" || exit 1

expect_status 0 "$sekisho" -r pcaps/ -o "json:$work/one.json" -j 1 --set sensor=test
expect_status 0 "$sekisho" -r pcaps/ -o "json:$work/two.json" -j 2 --set sensor=test
expect_status 0 "$sekisho" -r pcaps/ -o "json:$work/five.json" -j 5 --set sensor=test
[ -s "$work/one.json" ] || fail "no alerts from pcaps/"
cmp "$work/one.json" "$work/two.json" || fail "-j 2 differs from -j 1"
cmp "$work/one.json" "$work/five.json" || fail "-j 5 differs from -j 1"

if /usr/bin/python3 -c 'import jsonschema' 2>/dev/null; then
	/usr/bin/python3 "$top/tests/lib/validate.py" "$top/doc/alert.schema.json" "$work/one.json" || fail "alerts do not fit the schema"
else
	echo "schema not checked: python3-jsonschema is not installed"
fi

# the same capture plain, compressed, and from standard input
capture=$(find pcaps -name '*.pcap' | sort | head -n 1)
alerts_of() { "$sekisho" -q "$@" -o json --set sensor=test | sed 's/"pcap_filename":"[^"]*",\{0,1\}//'; }
alerts_of -r "$capture" >"$work/plain"
for tool in gzip xz zstd lz4; do
	command -v $tool >/dev/null || continue
	$tool -c <"$capture" >"$work/c.pcap.$tool"
	alerts_of -r "$work/c.pcap.$tool" >"$work/compressed"
	cmp "$work/plain" "$work/compressed" || fail "$tool: alerts differ"
	alerts_of -r - <"$work/c.pcap.$tool" >"$work/compressed"
	cmp "$work/plain" "$work/compressed" || fail "$tool on standard input: alerts differ"
done
alerts_of -r - <"$capture" >"$work/stdin"
cmp "$work/plain" "$work/stdin" || fail "standard input: alerts differ"

# a capture so large that workers read packets where the file has them; from standard input they are given copies
/usr/bin/python3 tests/lib/make.py joined 8000000 $(find pcaps -name '*.pcap') >"$work/joined.pcap"
alerts_of -r "$work/joined.pcap" -j 1 >"$work/joined.1"
alerts_of -r - -j 1 <"$work/joined.pcap" >"$work/joined.stdin"
[ "$(wc -l <"$work/joined.1")" -ge 100 ] || fail "few alerts from the joined captures"
# compressed, and so long that it is unpacked on a thread
gzip -c <"$work/joined.pcap" >"$work/joined.gz"
for j in 1 2; do
	alerts_of -r "$work/joined.gz" -j $j >"$work/joined"
	cmp "$work/joined.1" "$work/joined" || fail "joined captures, gzip, -j $j: alerts differ"
done
for j in 2 5; do
	alerts_of -r "$work/joined.pcap" -j $j >"$work/joined"
	cmp "$work/joined.1" "$work/joined" || fail "joined captures: -j $j differs from -j 1"
	alerts_of -r - -j $j <"$work/joined.pcap" >"$work/joined"
	cmp "$work/joined.stdin" "$work/joined" || fail "joined captures, standard input: -j $j differs from -j 1"
	# twice: packets of the first are done with before the second is opened
	alerts_of -r "$work/joined.pcap" -r "$work/joined.pcap" -j $j --set capture.join=never >"$work/joined"
	[ "$(wc -l <"$work/joined")" -gt "$(wc -l <"$work/joined.1")" ] || fail "joined captures: -j $j has no more alerts from two"
done

# a filter that lets nothing through
expect_status 0 "$sekisho" -r pcaps/ -o "json:$work/none.json" udp port 1 and udp port 2
[ ! -s "$work/none.json" ] || fail "the filter expression did not filter"

# several outputs at once; text summary
expect_status 0 "$sekisho" -r pcaps/ -o "json:$work/a.json" -o "json:$work/b.json" -o "text:$work/a.txt" --set sensor=test
cmp "$work/a.json" "$work/b.json" || fail "two outputs differ"
cmp "$work/a.json" "$work/one.json" || fail "output depends on the others"
[ -s "$work/a.txt" ] || fail "no text"

expect_status 3 "$sekisho" -q -r pcaps/ -o "json:$work/c.json" --fail-on-alert
