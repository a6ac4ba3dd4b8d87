#!/bin/sh
# Reads alerts from a Redis list with redis-cli, one line each on standard output.
#
# usage: consume.sh LIST [redis-cli options]
#
# An alert is moved to LIST:taken first and removed from there once it is printed: what was in the hands of a reader that died is
# still in LIST:taken. Ends when the list is empty.
set -eu
list=$1
shift
while
	alert=$(redis-cli "$@" --raw lmove "$list" "$list:taken" left right)
	[ -n "$alert" ]
do
	printf '%s\n' "$alert"
	redis-cli "$@" lrem "$list:taken" 1 "$alert" >/dev/null
done
