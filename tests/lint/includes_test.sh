#!/bin/sh
# tests/lint/includes_test.sh — includes.sh finds each kind of wrong include, and nothing in a good tree.
set -eu
here=${top_srcdir:-${srcdir:-.}}/tests/lint
case $here in /*) ;; *) here=$PWD/$here ;; esac
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree/include/sekisho" "$tree/engine/low" "$tree/engine/high" "$tree/plugin/p" "$tree/plugin/q"
printf 'sekisho\nlow\n<lib.h>\n' >"$tree/engine/low/.may-include"
printf 'low\nhigh\n' >"$tree/engine/high/.may-include"
printf '<zip.h>\n' >"$tree/plugin/q/.may-include"

good() {
	printf '#include <stdint.h>\n#include <sekisho/b.h>\n' >"$tree/include/sekisho/a.h"
	printf '#include "low/low.h"\n#include <lib.h>\n#include <sekisho/a.h>\n#include <sys/stat.h>\n' >"$tree/engine/low/low.c"
	printf '#include "high/high_priv.h"\n#  include "low/low.h"\n#include <stdio.h>\n/* #include <evil.h> */\n' >"$tree/engine/high/high.c"
	printf '#include <sekisho/a.h>\n#include "own.h"\n#include <string.h>\n' >"$tree/plugin/p/p.c"
	printf '#include <zip.h>\n' >"$tree/plugin/q/q.c"
}

# bad FILE INCLUDE MESSAGE
bad() {
	good
	printf '%s\n' "$2" >>"$tree/$1"
	if got=$("$here/includes.sh" "$tree"); then
		echo "not found: $2 in $1"
		exit 1
	fi
	case $got in
	*"$3"*) ;;
	*) echo "$2 in $1: expected '$3', got '$got'"; exit 1 ;;
	esac
}

good
"$here/includes.sh" "$tree"
bad engine/low/low.c '#include "high/high.h"' 'engine/low/low.c:5: engine/high is not in engine/low/.may-include'
bad engine/high/high.c '#include <lib.h>' 'engine/high/high.c:5: <lib.h> is not in engine/high/.may-include'
bad engine/high/high.c '#include <sekisho/a.h>' 'may not include <sekisho/a.h>'
bad engine/high/high.c '#include "low/low_priv.h"' '"low/low_priv.h" belongs to engine/low alone'
bad engine/high/high.c '	#	include <evil.h>' '<evil.h> is of no library this tree knows'
bad include/sekisho/a.h '#include <stdio.h>' 'a public header may not include <stdio.h>'
bad include/sekisho/a.h '#include "low/low.h"' 'may not include "low/low.h"'
bad plugin/p/p.c '#include "low/low.h"' 'may not include "low/low.h"'
bad plugin/p/p.c '#include <zip.h>' '<zip.h> is not in plugin/p/.may-include'
