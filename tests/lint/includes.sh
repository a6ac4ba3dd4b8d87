#!/bin/sh
# tests/lint/includes.sh [TREE] — who may include whom.
#
# engine/<folder>/.may-include has one word per line: a folder of engine/, "sekisho" for <sekisho/...>, or the beginning of a
# third-party include such as <openssl/. Headers of the C library are allowed everywhere, unless some folder lists them.
# include/sekisho may include itself and four headers of C; plugin/<name> <sekisho/...>, the C library, its own files and what
# its own .may-include lists.
set -eu
tree=${1:-${top_srcdir:-${srcdir:-.}}}
cd "$tree"
out=$(
	for dir in include/sekisho engine/* engine/*/* plugin plugin/*; do
		[ -d "$dir" ] || continue
		words= list=$dir/.may-include
		[ -f "$list" ] || list=$(dirname "$dir")/.may-include	# a folder within a station keeps to the station's
		[ -f "$list" ] && words=$(tr '\n' ' ' <"$list")
		for file in "$dir"/*.[ch]; do
			[ -f "$file" ] && printf '%s\t%s\t%s\n' "$dir" "$file" "$words"
		done
	done | awk -F '\t' -v listed="$(cat engine/*/.may-include plugin/*/.may-include 2>/dev/null | grep '^<' | sort -u | tr '\n' ' ')" '
	BEGIN {
		names = "assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal stdalign stdarg " \
			"stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string strings threads time uchar wchar wctype " \
			"dirent dlfcn endian fcntl fnmatch ftw getopt glob grp ifaddrs libgen netdb poll pthread pwd sched " \
			"semaphore spawn syslog termios unistd utime wordexp byteswap malloc alloca fts error execinfo sysexits"
		n = split(names, list, " ")
		for (i = 1; i <= n; i++)
			libc[list[i] ".h"] = 1
		listed_cnt = split(listed, third, " ")
	}
	function begins(s, prefix) { return substr(s, 1, length(prefix)) == prefix }
	function has(words, word,    w, k, i) {
		k = split(words, w, " ")
		for (i = 1; i <= k; i++)
			if (w[i] == word)
				return 1
		return 0
	}
	function third_party(what,    i) {
		for (i = 1; i <= listed_cnt; i++)
			if (begins(what, third[i]))
				return 1
		return 0
	}
	function allowed(words, what,    w, k, i) {
		k = split(words, w, " ")
		for (i = 1; i <= k; i++)
			if (substr(w[i], 1, 1) == "<" && begins(what, w[i]))
				return 1
		return 0
	}
	function system_header(name) {
		return name in libc || name ~ /^(sys|net|netinet|netpacket|arpa|linux|asm)\//
	}
	function tell(text) { printf "%s:%d: %s\n", file, line, text }
	function check_system(dir, words, what, name) {
		if (begins(name, "sekisho/")) {
			if (begins(dir, "engine/") && !has(words, "sekisho"))
				tell("may not include " what)
		} else if (dir == "include/sekisho") {
			if (name !~ /^(stdbool|stddef|stdint|string)\.h$/)
				tell("a public header may not include " what)
		} else if (third_party(what)) {
			if (!allowed(words, what))
				tell(what " is not in " dir "/.may-include")
		} else if (!system_header(name)) {
			tell(what " is of no library this tree knows: list it in the .may-include of the one folder that uses it")
		}
	}
	function check_own(dir, words, name,    folder, slash) {
		slash = index(name, "/")
		if (name == "config.h")
			return
		if (dir == "include/sekisho" || begins(dir, "plugin")) {
			if (slash || dir == "include/sekisho")
				tell("may not include \"" name "\"")
			return
		}
		if (!slash)
			return
		folder = substr(name, 1, slash - 1)
		if (!has(words, folder))
			tell("engine/" folder " is not in " dir "/.may-include")
		else if (name ~ /_priv\.h$/ && dir != "engine/" folder)
			tell("\"" name "\" belongs to engine/" folder " alone")
	}
	{
		dir = $1; file = $2; words = $3; line = 0
		while ((getline text < file) > 0) {
			line++
			if (text !~ /^[ \t]*#[ \t]*include/)
				continue
			name = text
			if (match(text, /<[^>]+>/)) {
				what = substr(text, RSTART, RLENGTH)
				check_system(dir, words, what, substr(what, 2, length(what) - 2))
			} else if (match(text, /"[^"]+"/)) {
				check_own(dir, words, substr(text, RSTART + 1, RLENGTH - 2))
			}
		}
		close(file)
	}'
)
if [ -n "$out" ]; then
	printf '%s\n' "$out"
	exit 1
fi
