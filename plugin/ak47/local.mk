AK47_SOURCES = %D%/ak47.c %D%/message.c %D%/message.h %D%/part.c %D%/coding.h
libsk_plugins_a_SOURCES += $(AK47_SOURCES)
plugins_LTLIBRARIES += %D%/ak47.la
%C%_ak47_la_SOURCES = $(AK47_SOURCES)
%C%_ak47_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_ak47_la_LDFLAGS = $(PLUGIN_LDFLAGS)
EXTRA_DIST += %D%/README.md

check_PROGRAMS += %D%/t_ak47
TESTS += %D%/t_ak47
%C%_t_ak47_SOURCES = %D%/t_ak47.c
%C%_t_ak47_CPPFLAGS = $(PLUGIN_CPPFLAGS) -I$(top_srcdir)/plugin/template -DSK_PLUGIN_STATIC
%C%_t_ak47_LDADD = libsk_plugins.a $(ZLIB_LIBS)
