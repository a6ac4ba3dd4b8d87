# SK_FLAG(FLAG, VARIABLE): appends FLAG to VARIABLE when the compiler takes it without a warning.
AC_DEFUN([SK_FLAG], [
AS_VAR_PUSHDEF([sk_cache], [sk_cv_flag_$1])
AC_CACHE_CHECK([whether $CC takes $1], [sk_cache], [
  sk_save_CFLAGS=$CFLAGS
  CFLAGS="$CFLAGS -Werror $1"
  AC_COMPILE_IFELSE([AC_LANG_PROGRAM([], [])], [AS_VAR_SET([sk_cache], [yes])], [AS_VAR_SET([sk_cache], [no])])
  CFLAGS=$sk_save_CFLAGS])
AS_VAR_IF([sk_cache], [yes], [$2="$$2 $1"])
AS_VAR_POPDEF([sk_cache])
])

# SK_WARNINGS: WARN_CFLAGS, with --enable-werror as errors.
AC_DEFUN([SK_WARNINGS], [
AC_ARG_ENABLE([werror], [AS_HELP_STRING([--enable-werror], [treat warnings as errors (for developers)])])
WARN_CFLAGS=
m4_foreach_w([sk_flag], [-Wall -Wextra -Wshadow -Wpointer-arith -Wcast-qual -Wwrite-strings -Wstrict-prototypes
  -Wmissing-prototypes -Wold-style-definition -Wformat=2 -Wundef -Wvla -Wno-unused-parameter
  -Wimplicit-fallthrough -fvisibility=hidden -fno-strict-overflow -fstack-protector-strong], [SK_FLAG(sk_flag, [WARN_CFLAGS])])
AS_IF([test "x$enable_werror" = xyes], [WARN_CFLAGS="$WARN_CFLAGS -Werror"])
AC_SUBST([WARN_CFLAGS])
])

# SK_OPTIMISE: COPY_CFLAGS; --enable-lto, --enable-pgo, with gcc. Before AM_PROG_AR, because archives of such objects need gcc's own tools.
AC_DEFUN([SK_OPTIMISE], [
AC_ARG_ENABLE([lto], [AS_HELP_STRING([--enable-lto], [optimise the whole program when it is linked])], [], [enable_lto=no])
AC_ARG_ENABLE([pgo], [AS_HELP_STRING([--enable-pgo], [build twice, the second time for what the shipped captures were seen to need])],
  [], [enable_pgo=no])
AS_IF([test "x$enable_lto$enable_pgo" != xnono && $CC --version 2>/dev/null | grep -qi clang],
  [AC_MSG_ERROR([--enable-lto and --enable-pgo need gcc, and the compiler is $CC: leave them out or set CC=gcc])])
# gcc clears and copies structs of some hundred bytes with rep stos and rep movs, which take long to begin
COPY_CFLAGS=
SK_FLAG([-mmemset-strategy=unrolled_loop:256:noalign,libcall:-1:noalign], [COPY_CFLAGS])
SK_FLAG([-mmemcpy-strategy=unrolled_loop:256:noalign,libcall:-1:noalign], [COPY_CFLAGS])
AC_SUBST([COPY_CFLAGS])
LTO_CFLAGS=
AS_IF([test "x$enable_lto" != xno], [
  LTO_CFLAGS="-flto=auto"
  AC_CHECK_TOOL([AR], [gcc-ar], [ar])
  AC_CHECK_TOOL([NM], [gcc-nm], [nm])
  AC_CHECK_TOOL([RANLIB], [gcc-ranlib], [ranlib])])
AC_SUBST([LTO_CFLAGS])
PGO_CFLAGS=
AS_IF([test "x$enable_pgo" != xno],
  [PGO_CFLAGS='-fprofile-use=$(abs_builddir)/pgo -fprofile-partial-training -fprofile-correction -Wno-missing-profile'])
AC_SUBST([PGO_CFLAGS])
AM_CONDITIONAL([PGO], [test "x$enable_pgo" != xno])
])

# SK_SANITIZERS: --enable-sanitizers[=LIST], default address,undefined. On with --enable-fuzzing, whose coverage calls the
# sanitizers' runtime resolves in programs without libFuzzer.
AC_DEFUN([SK_SANITIZERS], [
AC_ARG_ENABLE([sanitizers], [AS_HELP_STRING([--enable-sanitizers@<:@=LIST@:>@], [build with sanitizers (default address,undefined)])],
  [], [enable_sanitizers=$enable_fuzzing])
AS_CASE([$enable_sanitizers], [no], [sk_sanitizers=no], [yes], [sk_sanitizers=address,undefined], [sk_sanitizers=$enable_sanitizers])
SAN_CFLAGS=
AS_IF([test "x$sk_sanitizers" != xno],
  [SAN_CFLAGS="-fsanitize=$sk_sanitizers -fno-sanitize-recover=all -fno-omit-frame-pointer"])
AC_SUBST([SAN_CFLAGS])
AM_CONDITIONAL([SANITIZERS], [test "x$sk_sanitizers" != xno])
])

# SK_FUZZING: --enable-fuzzing builds the targets in tests/fuzz for libFuzzer (clang).
AC_DEFUN([SK_FUZZING], [
AC_ARG_ENABLE([fuzzing], [AS_HELP_STRING([--enable-fuzzing], [build fuzz targets for libFuzzer; needs clang])],
  [], [enable_fuzzing=no])
sk_fuzzing=$enable_fuzzing
FUZZ_CFLAGS= FUZZ_LDFLAGS=
AS_IF([test "x$enable_fuzzing" != xno], [FUZZ_CFLAGS="-fsanitize=fuzzer-no-link" FUZZ_LDFLAGS="-fsanitize=fuzzer"])
AC_SUBST([FUZZ_CFLAGS]) AC_SUBST([FUZZ_LDFLAGS])
AM_CONDITIONAL([FUZZING], [test "x$enable_fuzzing" != xno])
])

# SK_COVERAGE: --enable-coverage for gcov.
AC_DEFUN([SK_COVERAGE], [
AC_ARG_ENABLE([coverage], [AS_HELP_STRING([--enable-coverage], [build for coverage reports])], [], [enable_coverage=no])
sk_coverage=$enable_coverage
COV_CFLAGS=
AS_IF([test "x$enable_coverage" != xno], [COV_CFLAGS="--coverage -fprofile-update=atomic"])
AC_SUBST([COV_CFLAGS])
AM_CONDITIONAL([COVERAGE], [test "x$enable_coverage" != xno])
])
