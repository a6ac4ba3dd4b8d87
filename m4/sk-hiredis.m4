# SK_HIREDIS: hiredis 0.14 to 1.x. Sets HIREDIS_CFLAGS, HIREDIS_LIBS, sk_hiredis_version.
AC_DEFUN([SK_HIREDIS], [
SK_LIBRARY([HIREDIS], [hiredis >= 0.14], [libhiredis-dev], [talks to Redis])
sk_hiredis_version=`$PKG_CONFIG --modversion hiredis`
])
