FUZZ_TARGETS += tests/fuzz/plugin/fuzz_viewstate
tests_fuzz_plugin_fuzz_viewstate_SOURCES = %D%/fuzz_viewstate.c $(FUZZ_MAIN)
tests_fuzz_plugin_fuzz_viewstate_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/plugin/viewstate
tests_fuzz_plugin_fuzz_viewstate_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_plugin_fuzz_viewstate_LDADD = libsk_plugins.a $(ZLIB_LIBS)
