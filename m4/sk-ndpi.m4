# SK_NDPI: nDPI 4.2 to 5.x. Sets NDPI_CFLAGS, NDPI_LIBS, NDPI_API_CPPFLAGS, sk_ndpi_version, sk_ndpi_api.
# The API moves between releases, so every call that changed is probed for, never a version. engine/classify/classify.c is the
# only reader of the SK_NDPI_* macros; they are not in config.h because nDPI's own headers define PACKAGE and VERSION.
AC_DEFUN([SK_NDPI], [
SK_LIBRARY([NDPI], [libndpi >= 4.2], [libndpi-dev], [guesses protocols])
sk_ndpi_version=`$PKG_CONFIG --modversion libndpi`
sk_ndpi_api=
sk_ndpi_save_CFLAGS=$CFLAGS
CFLAGS="$CFLAGS $NDPI_CFLAGS -Werror=implicit-function-declaration -Werror=int-conversion -Werror=incompatible-pointer-types"
SK_NDPI_PROBE([init], [ndpi_init_detection_module takes preferences], [m = ndpi_init_detection_module(ndpi_no_prefs);], [INIT_PREFS],
  [SK_NDPI_PROBE([init_context], [ndpi_init_detection_module takes a context], [m = ndpi_init_detection_module(NULL);], [INIT_CONTEXT],
    [AC_MSG_ERROR([this nDPI ($sk_ndpi_version) has an ndpi_init_detection_module sekisho does not know])])])
SK_NDPI_PROBE([bitmask], [protocols are chosen by a bitmask],
  [NDPI_PROTOCOL_BITMASK b; NDPI_BITMASK_SET_ALL(b); ndpi_set_protocol_detection_bitmask2(m, &b);], [BITMASK])
SK_NDPI_PROBE([input_info], [ndpi_detection_process_packet takes input information],
  [p = ndpi_detection_process_packet(m, f, bytes, 0, 0, NULL);], [INPUT_INFO])
SK_NDPI_PROBE([giveup4], [ndpi_detection_giveup takes 4 arguments], [p = ndpi_detection_giveup(m, f, 1, &guessed);], [GIVEUP_4],
  [SK_NDPI_PROBE([giveup3], [ndpi_detection_giveup takes 3 arguments], [p = ndpi_detection_giveup(m, f, &guessed);], [GIVEUP_3])])
SK_NDPI_PROBE([proto], [ndpi_protocol has member proto], [(void)p.proto.app_protocol;], [MEMBER_PROTO])
SK_NDPI_PROBE([state], [ndpi_protocol has member state], [(void)(p.state == NDPI_STATE_CLASSIFIED);], [MEMBER_STATE])
CFLAGS=$sk_ndpi_save_CFLAGS
AC_SUBST([NDPI_API_CPPFLAGS])
sk_ndpi_api=`echo $sk_ndpi_api`
])

# SK_NDPI_PROBE(NAME, WHAT, STATEMENTS, MACRO, [IF-NOT]): -DSK_NDPI_MACRO in NDPI_API_CPPFLAGS when STATEMENTS compile.
AC_DEFUN([SK_NDPI_PROBE], [
AC_CACHE_CHECK([whether $2], [sk_cv_ndpi_$1], [
  AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[#include <stdint.h>
#include <ndpi_api.h>
struct ndpi_detection_module_struct *m; struct ndpi_flow_struct *f; ndpi_protocol p; unsigned char bytes[1]; uint8_t guessed;]], [[$3]])],
    [sk_cv_ndpi_$1=yes], [sk_cv_ndpi_$1=no])])
AS_IF([test "x$sk_cv_ndpi_$1" = xyes], [NDPI_API_CPPFLAGS="$NDPI_API_CPPFLAGS -DSK_NDPI_$4" sk_ndpi_api="$sk_ndpi_api $1"], [$5])
])
