libsk_plugins_a_SOURCES += %D%/trace.c
plugins_LTLIBRARIES += %D%/trace.la
%C%_trace_la_SOURCES = %D%/trace.c
%C%_trace_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_trace_la_LDFLAGS = $(PLUGIN_LDFLAGS)
EXTRA_DIST += %D%/README.md

check_PROGRAMS += %D%/t_trace
TESTS += %D%/t_trace
%C%_t_trace_SOURCES = %D%/t_trace.c
%C%_t_trace_CPPFLAGS = $(PLUGIN_CPPFLAGS) -I$(top_srcdir)/plugin/template -DSK_PLUGIN_STATIC
%C%_t_trace_LDADD = libsk_plugins.a
