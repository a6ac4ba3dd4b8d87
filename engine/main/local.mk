bin_PROGRAMS += sekisho
sekisho_SOURCES = \
	%D%/cli.c %D%/cli.h \
	%D%/main.c \
	%D%/privileges.c %D%/privileges.h \
	%D%/rules_cmd.c \
	%D%/spool_cmd.c
sekisho_CPPFLAGS = $(AM_CPPFLAGS) $(CAP_CFLAGS)
sekisho_LDADD = $(SK_ENGINE_LIBS) $(SK_ENGINE_SYSTEM_LIBS)
