# Built here only to know that it still builds; see Makefile for building it anywhere else.
check_LTLIBRARIES += %D%/template.la
%C%_template_la_SOURCES = %D%/template.c
%C%_template_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_template_la_LDFLAGS = $(PLUGIN_LDFLAGS) -rpath /nowhere
EXTRA_DIST += %D%/Makefile %D%/README.md

check_PROGRAMS += %D%/t_template
TESTS += %D%/t_template
%C%_t_template_SOURCES = %D%/t_template.c %D%/template.c %D%/fake_host.h
%C%_t_template_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DSK_PLUGIN_STATIC
