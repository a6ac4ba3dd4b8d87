# SK_NDPI: nDPI 4.2 to 5.x. Sets NDPI_CFLAGS, NDPI_LIBS, sk_ndpi_version, sk_ndpi_api.
AC_DEFUN([SK_NDPI], [
SK_LIBRARY([NDPI], [libndpi >= 4.2], [libndpi-dev], [guesses protocols])
sk_ndpi_version=`$PKG_CONFIG --modversion libndpi`
sk_ndpi_api=4.2
])
