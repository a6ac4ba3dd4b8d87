#!/bin/sh
# tests/abi/template.sh — plugin/template builds outside of the tree, with pkg-config and the installed headers, and passes its test.
set -eu
top=$(cd "${srcdir:-.}" && pwd)
command -v pkg-config >/dev/null 2>&1 || { echo "no pkg-config"; exit 77; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir -p "$dir/include" "$dir/plugin" "$dir/lib/sekisho/plugins"
cp -r "$top/include/sekisho" "$dir/include/"
cp "$top"/plugin/template/*.[ch] "$top/plugin/template/Makefile" "$dir/plugin/"
chmod -R u+w "$dir"
sed -e "s|@prefix@|$dir|; s|@exec_prefix@|$dir|; s|@libdir@|$dir/lib|; s|@includedir@|$dir/include|; s|@PACKAGE_VERSION@|0|" \
	"$top/sekisho.pc.in" >"$dir/sekisho.pc"
export PKG_CONFIG_PATH="$dir"
unset MAKEFLAGS MFLAGS MAKELEVEL DESTDIR CFLAGS LDFLAGS || :
make -s -C "$dir/plugin" CFLAGS='-O1 -Werror' template.so check install
symbols=$(nm -D --defined-only "$dir/lib/sekisho/plugins/template.so" | awk '{ print $NF }' | tr '\n' ' ')
[ "$symbols" = "sk_plugin_main " ] || { echo "template.so exports: $symbols"; exit 1; }
