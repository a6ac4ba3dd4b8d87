SYSTEM_TESTS = \
	%D%/allocations.sh \
	%D%/blowup.sh \
	%D%/caps.sh \
	%D%/corpus.sh \
	%D%/evict.sh \
	%D%/flood.sh \
	%D%/forms.sh \
	%D%/installed.sh \
	%D%/leaks.sh \
	%D%/live.sh \
	%D%/mistakes.sh \
	%D%/order.sh \
	%D%/redis.sh \
	%D%/redis_cluster.sh \
	%D%/redis_examples.sh \
	%D%/redis_mistakes.sh \
	%D%/redis_sentinel.sh \
	%D%/redis_spool.sh \
	%D%/redis_stats.sh \
	%D%/redis_tls.sh \
	%D%/replay.sh \
	%D%/rules.sh \
	%D%/sandbox.sh \
	%D%/start.sh \
	%D%/storm.sh
TESTS += $(SYSTEM_TESTS)
EXTRA_DIST += $(SYSTEM_TESTS) %D%/allocations.py %D%/caps.py %D%/caps_table.py %D%/corpus.expected %D%/elastic.py %D%/forms.py tests/lib/wire.py tests/lib/system.sh tests/lib/make.py tests/lib/send.py tests/lib/validate.py tests/lib/valgrind.supp

# A generator for floods; make flood is the long form of tests/system/flood.sh.
check_PROGRAMS += tests/lib/flood
tests_lib_flood_SOURCES = tests/lib/flood.c
tests_lib_flood_CPPFLAGS = $(AM_CPPFLAGS) $(ZLIB_CFLAGS)
tests_lib_flood_LDADD = $(ZLIB_LIBS)
.PHONY: flood
flood: all tests/lib/flood
	SK_FLOOD=long srcdir=$(srcdir) $(SHELL) $(srcdir)/%D%/flood.sh

# Loaded into the program by tests/system/allocations.sh.
check_LTLIBRARIES += tests/lib/failmalloc.la
tests_lib_failmalloc_la_SOURCES = tests/lib/failmalloc.c
tests_lib_failmalloc_la_LDFLAGS = -module -avoid-version -shared -rpath /nowhere

# A plugin for tests/system/sandbox.sh.
check_LTLIBRARIES += %D%/reach.la
%C%_reach_la_SOURCES = %D%/reach.c
%C%_reach_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
%C%_reach_la_LDFLAGS = -module -avoid-version -shared -rpath /nowhere
