#!/bin/sh
# tests/lint/exports.sh — a plugin exports sk_plugin_main and nothing else, and needs nothing of the engine.
set -eu
command -v nm >/dev/null 2>&1 || { echo "no nm"; exit 77; }
found=0
failed=0
for so in plugin/*/.libs/*.so; do
	[ -f "$so" ] || continue
	found=$((found + 1))
	# Sanitizers and coverage bring symbols of their own.
	got=$(nm -D --defined-only "$so" | awk '{ print $NF }' | grep -v -E '^(__asan_|__odr_asan|__ubsan_|__sanitizer_|__gcov_|__llvm_)' | sort -u | tr '\n' ' ')
	if [ "$got" != "sk_plugin_main " ]; then
		echo "$so exports: $got"
		failed=1
	fi
	wants=$(nm -D --undefined-only "$so" | awk '{ print $NF }' | grep '^sk_' || :)
	if [ -n "$wants" ]; then
		echo "$so needs of the engine: $wants"
		failed=1
	fi
done
[ $found -gt 0 ] || { echo "no plugins were built"; exit 77; }
exit $failed
