SECRETS_SOURCES = %D%/secrets.c %D%/scan.c %D%/scan.h %D%/filter.c %D%/filter.h %D%/tokens.c
libsk_plugins_a_SOURCES += $(SECRETS_SOURCES)
plugins_LTLIBRARIES += %D%/secrets.la
%C%_secrets_la_SOURCES = $(SECRETS_SOURCES)
%C%_secrets_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_secrets_la_LDFLAGS = $(PLUGIN_LDFLAGS)
EXTRA_DIST += %D%/README.md %D%/.may-include

check_PROGRAMS += %D%/t_secrets
TESTS += %D%/t_secrets
%C%_t_secrets_SOURCES = %D%/t_secrets.c
%C%_t_secrets_CPPFLAGS = $(PLUGIN_CPPFLAGS) -I$(top_srcdir)/plugin/template -DSK_PLUGIN_STATIC
%C%_t_secrets_LDADD = libsk_plugins.a $(ZLIB_LIBS)
