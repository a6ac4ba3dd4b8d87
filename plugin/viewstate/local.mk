VIEWSTATE_SOURCES = %D%/viewstate.c %D%/inspect.c %D%/inspect.h %D%/gadget.c \
	%D%/markup.c %D%/markup.h %D%/nrbf.c %D%/nrbf.h %D%/osf.c %D%/osf.h %D%/reader.h
libsk_plugins_a_SOURCES += $(VIEWSTATE_SOURCES)
plugins_LTLIBRARIES += %D%/viewstate.la
%C%_viewstate_la_SOURCES = $(VIEWSTATE_SOURCES)
%C%_viewstate_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_viewstate_la_LDFLAGS = $(PLUGIN_LDFLAGS)
%C%_viewstate_la_LIBADD = $(ZLIB_LIBS)
EXTRA_DIST += %D%/README.md %D%/.may-include

check_PROGRAMS += %D%/t_viewstate
TESTS += %D%/t_viewstate
%C%_t_viewstate_SOURCES = %D%/t_viewstate.c
%C%_t_viewstate_CPPFLAGS = $(PLUGIN_CPPFLAGS) -I$(top_srcdir)/plugin/template -DSK_PLUGIN_STATIC
%C%_t_viewstate_LDADD = libsk_plugins.a $(ZLIB_LIBS)
check_PROGRAMS += %D%/t_inspect
TESTS += %D%/t_inspect
%C%_t_inspect_SOURCES = %D%/t_inspect.c
%C%_t_inspect_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_t_inspect_LDADD = libsk_plugins.a $(ZLIB_LIBS)
