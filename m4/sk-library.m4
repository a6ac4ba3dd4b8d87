# SK_LIBRARY(NAME, MODULE, PACKAGE, WHAT FOR): a library that must be there, through pkg-config.
# Sets and substitutes NAME_CFLAGS and NAME_LIBS.
AC_DEFUN([SK_LIBRARY], [
PKG_CHECK_MODULES([$1], [$2], [], [
  AC_MSG_ERROR([$2 is missing: sekisho $4 with it. On Debian and Ubuntu: apt install $3 (./bootstrap does it)])])
])

# SK_OPTIONAL(NAME, MODULE, WHAT FOR): a library sekisho can do without.
# Sets have_name to yes or no, HAVE_NAME in config.h, and NAME_CFLAGS, NAME_LIBS.
AC_DEFUN([SK_OPTIONAL], [
m4_pushdef([sk_var], m4_tolower([have_$1]))
PKG_CHECK_MODULES([$1], [$2], [sk_var=yes
  AC_DEFINE([HAVE_$1], [1], [$2 $3])], [sk_var=no])
m4_popdef([sk_var])
])
