# A plugin built with the headers of 1.0, modules with one mistake each, and the test that loads them.
ABI_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared -rpath /nowhere
EXTRA_DIST += %D%/README.md \
	%D%/1.0/sekisho/addr.h %D%/1.0/sekisho/alert.h %D%/1.0/sekisho/event.h %D%/1.0/sekisho/plugin.h %D%/1.0/sekisho/span.h
ABI_MODULES = %D%/plugin10.la %D%/faulty.la \
	%D%/wrong_major.la \
	%D%/newer_minor.la \
	%D%/short_size.la \
	%D%/no_symbol.la \
	%D%/no_name.la \
	%D%/unknown_kind.la \
	%D%/unknown_option.la

%C%_plugin10_la_SOURCES = %D%/plugin10.c
%C%_plugin10_la_CPPFLAGS = -I$(srcdir)/%D%/1.0
%C%_plugin10_la_LDFLAGS = $(ABI_LDFLAGS) -export-symbols-regex '^sk_plugin_main$$'
%C%_faulty_la_SOURCES = %D%/faulty.c
%C%_faulty_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_faulty_la_LDFLAGS = $(ABI_LDFLAGS)
%C%_wrong_major_la_SOURCES = %D%/faulty.c
%C%_wrong_major_la_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DFAULT_WRONG_MAJOR
%C%_wrong_major_la_LDFLAGS = $(ABI_LDFLAGS)
%C%_newer_minor_la_SOURCES = %D%/faulty.c
%C%_newer_minor_la_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DFAULT_NEWER_MINOR
%C%_newer_minor_la_LDFLAGS = $(ABI_LDFLAGS)
%C%_short_size_la_SOURCES = %D%/faulty.c
%C%_short_size_la_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DFAULT_SHORT_SIZE
%C%_short_size_la_LDFLAGS = $(ABI_LDFLAGS)
%C%_no_symbol_la_SOURCES = %D%/faulty.c
%C%_no_symbol_la_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DFAULT_NO_SYMBOL
%C%_no_symbol_la_LDFLAGS = $(ABI_LDFLAGS)
%C%_no_name_la_SOURCES = %D%/faulty.c
%C%_no_name_la_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DFAULT_NO_NAME
%C%_no_name_la_LDFLAGS = $(ABI_LDFLAGS)
%C%_unknown_kind_la_SOURCES = %D%/faulty.c
%C%_unknown_kind_la_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DFAULT_UNKNOWN_KIND
%C%_unknown_kind_la_LDFLAGS = $(ABI_LDFLAGS)
%C%_unknown_option_la_SOURCES = %D%/faulty.c
%C%_unknown_option_la_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DFAULT_UNKNOWN_OPTION
%C%_unknown_option_la_LDFLAGS = $(ABI_LDFLAGS)

if HAVE_CMOCKA
check_LTLIBRARIES += $(ABI_MODULES)
check_LIBRARIES = %D%/libabi_1_0.a %D%/libabi_today.a
check_PROGRAMS += %D%/t_abi
TESTS += %D%/t_abi %D%/template.sh
endif
%C%_libabi_1_0_a_SOURCES = %D%/layout.c %D%/layout.h
%C%_libabi_1_0_a_CPPFLAGS = -I$(srcdir)/%D%/1.0 -DLAYOUT=1_0
%C%_libabi_today_a_SOURCES = %D%/layout.c %D%/layout.h
%C%_libabi_today_a_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DLAYOUT=today
%C%_t_abi_SOURCES = %D%/t_abi.c tests/unit/detect/fake_rules.c
%C%_t_abi_CPPFLAGS = $(UNIT_CPPFLAGS) -I$(top_srcdir)/tests/unit/detect
%C%_t_abi_LDADD = %D%/libabi_1_0.a %D%/libabi_today.a $(DETECT_TEST_LIBS)
%C%_t_abi_DEPENDENCIES = %D%/libabi_1_0.a %D%/libabi_today.a libsk_detect.a libsk_alert.a libsk_event.a libsk_conf.a \
	libsk_base.a $(ABI_MODULES)
EXTRA_DIST += %D%/template.sh
