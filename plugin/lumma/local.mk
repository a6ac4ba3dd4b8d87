LUMMA_SOURCES = %D%/lumma.c %D%/chacha.c %D%/chacha.h %D%/decrypt.c %D%/decrypt.h %D%/drop.c %D%/drop.h
libsk_plugins_a_SOURCES += $(LUMMA_SOURCES)
plugins_LTLIBRARIES += %D%/lumma.la
%C%_lumma_la_SOURCES = $(LUMMA_SOURCES)
%C%_lumma_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_lumma_la_LDFLAGS = $(PLUGIN_LDFLAGS)
EXTRA_DIST += %D%/README.md

check_PROGRAMS += %D%/t_lumma
TESTS += %D%/t_lumma
%C%_t_lumma_SOURCES = %D%/t_lumma.c
%C%_t_lumma_CPPFLAGS = $(PLUGIN_CPPFLAGS) -I$(top_srcdir)/plugin/template -DSK_PLUGIN_STATIC
%C%_t_lumma_LDADD = libsk_plugins.a $(ZLIB_LIBS)
