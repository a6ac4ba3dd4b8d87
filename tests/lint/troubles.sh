#!/bin/sh
# What was lost is told: every name in the list `troubles` of engine/pipeline/report.c is a counter, and every counter whose name says
# loss is in the list, but those below, which say why.
set -eu
tree=${1:-${top_srcdir:-${srcdir:-.}}}
cd "$tree"
# folder.name  reason
not_lost='
classify.dropped	flows nDPI was not needed for
campaign.members_dropped	the alert of the count has their number
reassembly.history_evicted	what is repeated later is still not read twice
'
awk -v allowed="$not_lost" '
	BEGIN {
		n = split(allowed, lines, "\n")
		for (i = 1; i <= n; i++) {
			split(lines[i], word, /[ \t]/)
			if (word[1] != "")
				fine[word[1]] = 1
		}
	}
	FILENAME == "engine/pipeline/report.c" {
		if (/static const char \*const troubles\[\]/)
			inside = 1
		if (inside) {
			line = $0
			while (match(line, /"[a-z0-9_]+\.[a-z0-9_]+"/)) {
				trouble[substr(line, RSTART + 1, RLENGTH - 2)] = 1
				trouble_cnt++
				line = substr(line, RSTART + RLENGTH)
			}
		}
		if (inside && /};/)
			inside = 0
		# counters of the output and the like, made in place: { "lost", "alerts", …
		if (match($0, /\{ "[a-z_]+", "[a-z]+",/)) {
			split(substr($0, RSTART, RLENGTH), part, "\"")
			counter["output." part[2]] = counter["redis." part[2]] = 1
		}
		next
	}
	/#define SK_[A-Z0-9_]+_COUNTERS\(X\)/ {
		match($0, /SK_[A-Z0-9_]+_COUNTERS/)
		folder = tolower(substr($0, RSTART + 3, RLENGTH - 12))
		listing = 1
	}
	listing {
		line = $0
		while (match(line, /X\([a-z0-9_]+, "/)) {
			name = substr(line, RSTART + 2, RLENGTH - 5)
			counter[folder "." name] = 1
			listed[folder "." name] = 1
			line = substr(line, RSTART + RLENGTH)
		}
		if ($0 !~ /\\$/)
			listing = 0
	}
	END {
		if (trouble_cnt < 50) {
			print "found only " trouble_cnt + 0 " troubles: this test no longer reads report.c"
			bad = 1
		}
		for (name in trouble)
			if (!(name in counter)) {
				print name " is in troubles, but no counter"
				bad = 1
			}
		for (name in listed)
			if (name ~ /(lost|memory|refused|evicted|limit|malformed|drops|dropped|damaged|suppressed|broken|failed|failures|cut)/ &&
			    name !~ /_max$/ && !(name in trouble) && !(name in fine)) {
				print name " says that something was lost, but is not in troubles of engine/pipeline/report.c"
				bad = 1
			}
		exit bad
	}' engine/pipeline/report.c $(grep -l "_COUNTERS(X)" engine/*/*.[ch] engine/*/*/*.[ch] | sort)
