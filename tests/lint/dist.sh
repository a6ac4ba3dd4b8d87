#!/bin/sh
# tests/lint/dist.sh — every file git knows is distributed, but for git's own and the editor's.
set -eu
top=${srcdir:-.}
command -v git >/dev/null 2>&1 || { echo "skipped: no git"; exit 77; }
[ -e "$top/.git" ] && git -C "$top" ls-files >/dev/null 2>&1 || { echo "skipped: not a git checkout"; exit 77; }
unset MAKEFLAGS MFLAGS MAKELEVEL || :
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
make -s list-dist | sed "s|^$top/||; s|^\./||" >"$dir/distributed"
[ -s "$dir/distributed" ] || { echo "make list-dist says nothing"; exit 1; }
git -C "$top" ls-files | awk -v list="$dir/distributed" '
	BEGIN {
		while ((getline name < list) > 0)
			known[name] = 1
	}
	{
		name = $0
		if (name == ".gitignore" || name == ".editorconfig")
			next
		while (!(name in known) && sub(/\/[^\/]*$/, "", name))
			;
		if (!(name in known))
			print $0
	}' >"$dir/left"
if [ -s "$dir/left" ]; then
	echo "not distributed; name them in a local.mk:"
	cat "$dir/left"
	exit 1
fi
