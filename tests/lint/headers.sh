#!/bin/sh
# tests/lint/headers.sh — every public header compiles alone, twice, with all warnings as errors: as C11 and as C++17.
set -eu
top=${top_srcdir:-${srcdir:-.}}
cc=${CC:-cc}
cxx=
for c in ${CXX:-} c++ g++ clang++; do
	if command -v "$c" >/dev/null 2>&1; then
		cxx=$c
		break
	fi
done
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
flags='-Wall -Wextra -Wpedantic -Werror -fsyntax-only'
failed=0
for header in "$top"/include/sekisho/*.h; do
	name=sekisho/${header##*/}
	printf '#include <%s>\n#include <%s>\nint used_%s;\n' "$name" "$name" "$(basename "$header" .h)" >"$dir/t.c"
	cp "$dir/t.c" "$dir/t.cc"
	# shellcheck disable=SC2086
	$cc -std=c11 $flags -Wstrict-prototypes -Wundef -I"$top/include" "$dir/t.c" || { echo "<$name> does not stand alone in C11"; failed=1; }
	if [ -n "$cxx" ]; then
		# shellcheck disable=SC2086
		$cxx -std=c++17 $flags -I"$top/include" "$dir/t.cc" || { echo "<$name> does not stand alone in C++17"; failed=1; }
	fi
done
[ -n "$cxx" ] || echo "no C++ compiler: C11 only"
exit $failed
