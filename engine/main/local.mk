bin_PROGRAMS += sekisho
sekisho_SOURCES = \
	%D%/cli.c %D%/cli.h \
	%D%/main.c \
	%D%/oddities.c %D%/oddities.h \
	%D%/privileges.c %D%/privileges.h \
	%D%/rules_cmd.c \
	%D%/sandbox.c %D%/sandbox.h \
	%D%/spool_cmd.c
sekisho_CPPFLAGS = $(AM_CPPFLAGS) $(PSX_CFLAGS) $(SECCOMP_CFLAGS)
sekisho_LDADD = $(SK_ENGINE_LIBS) $(SK_ENGINE_SYSTEM_LIBS) $(PSX_LIBS) $(SECCOMP_LIBS)
