#!/bin/sh
# What make install puts into a folder works by itself: rules and plugins are found, a plugin is built with the installed headers.
# As a test it installs into a folder of its own (DESTDIR); make installcheck runs it with INSTALLED=yes on what is installed already,
# and SYSROOT set to the DESTDIR if there is one.
. "${srcdir:-.}/tests/lib/system.sh"
unset MAKEFLAGS MFLAGS MAKELEVEL || :

if [ -z "${INSTALLED:-}" ]; then
	unset DESTDIR || :
	# building now would take the program from under the tests that run beside this one
	[ -z "$(find "$top/engine" "$top/include" -name '*.[ch]' -newer "$sekisho")" ] || skip "sources have changed since make"
	SYSROOT=$work/root
	make -s install DESTDIR="$SYSROOT" >"$work/log" 2>&1 || { tail -n 20 "$work/log"; fail "make install failed"; }
fi
SYSROOT=${SYSROOT:-}
eval "$(make -s print-dirs | sed "s|='|='$SYSROOT|")"
installed=$bindir/sekisho rules=$rulesdir
for file in "$installed" "$libdir/sekisho/plugins/trace.so" "$libdir/pkgconfig/sekisho.pc" "$includedir/sekisho/plugin.h" \
	"$rules/toolshell.yaml" "$docdir/rules.md" "$docdir/alert.schema.json" "$mandir/man1/sekisho.1" "$mandir/man5/sekisho.yaml.5"; do
	[ -s "$file" ] || fail "$file was not installed"
done
for file in "$top"/rules/*.yaml; do
	cmp "$file" "$rules/${file##*/}" || fail "${file##*/} was not installed"
done
for file in "$top"/include/sekisho/*.h; do
	cmp "$file" "$includedir/sekisho/${file##*/}" || fail "${file##*/} was not installed"
done
ls "$libdir"/sekisho/plugins/*.la >/dev/null 2>&1 && fail "libtool's files were installed"

# from anywhere, with the rules where they were configured to be, or told where they are
cd "$work" || exit 1
set --
[ -z "$SYSROOT" ] || set -- -S "$rules"
expect_status 0 "$installed" "$@" -T
expect_line "$work/out" "no mistakes"
capture=$top/pcaps/toolshell/classic.pcap
"$sekisho" -q -r "$capture" -o json --set sensor=test >"$work/built.json" || fail "the built program failed"
expect_status 0 "$installed" "$@" -q -r "$capture" -o json --set sensor=test
[ -s "$work/out" ] || fail "the installed program finds nothing"
cmp "$work/built.json" "$work/out" || fail "the installed program's alerts differ"

command -v pkg-config >/dev/null || skip "pkg-config is not installed; all but the plugin passed"
nm "$installed" 2>/dev/null | grep -q __asan_init && skip "built with sanitizers; all but the plugin passed"
export PKG_CONFIG_PATH="$libdir/pkgconfig"
[ -z "$SYSROOT" ] || export PKG_CONFIG_SYSROOT_DIR="$SYSROOT"
mkdir "$work/plugin"
cp "$top"/plugin/template/*.[ch] "$top/plugin/template/Makefile" "$work/plugin/"
chmod -R u+w "$work/plugin"
unset CFLAGS LDFLAGS srcdir || :
make -s -C "$work/plugin" template.so check >"$work/log" 2>&1 || { cat "$work/log"; fail "plugin/template does not build out of the tree"; }
expect_status 0 "$installed" "$@" --list-plugins --set plugins.template.path="$work/plugin/template.so"
expect_line "$work/out" "($work/plugin/template.so)"
