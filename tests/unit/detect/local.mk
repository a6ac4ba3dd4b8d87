DETECT_TEST_LIBS = libsk_detect.a libsk_alert.a libsk_event.a libsk_conf.a libsk_base.a $(YAML_LIBS) $(CRYPTO_LIBS) $(CMOCKA_LIBS)
EXTRA_DIST += %D%/fixture.h

UNIT_TESTS += tests/unit/detect/t_host
tests_unit_detect_t_host_SOURCES = %D%/t_host.c %D%/fake_rules.c
tests_unit_detect_t_host_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_detect_t_host_LDADD = $(DETECT_TEST_LIBS)

UNIT_TESTS += tests/unit/detect/t_dispatch
tests_unit_detect_t_dispatch_SOURCES = %D%/t_dispatch.c %D%/fake_rules.c
tests_unit_detect_t_dispatch_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_detect_t_dispatch_LDADD = $(DETECT_TEST_LIBS)

UNIT_TESTS += tests/unit/detect/t_watch
tests_unit_detect_t_watch_SOURCES = %D%/t_watch.c %D%/fake_rules.c
tests_unit_detect_t_watch_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_detect_t_watch_LDADD = $(DETECT_TEST_LIBS)

UNIT_TESTS += tests/unit/detect/t_memory
tests_unit_detect_t_memory_SOURCES = %D%/t_memory.c %D%/fake_rules.c
tests_unit_detect_t_memory_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_detect_t_memory_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup
tests_unit_detect_t_memory_LDADD = $(DETECT_TEST_LIBS)

UNIT_TESTS += tests/unit/detect/t_rules
tests_unit_detect_t_rules_SOURCES = %D%/t_rules.c
tests_unit_detect_t_rules_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_detect_t_rules_LDADD = libsk_detect.a libsk_alert.a libsk_rules.a libsk_event.a libsk_conf.a libsk_base.a $(HS_LIBS) $(YAML_LIBS) \
	$(CRYPTO_LIBS) $(CMOCKA_LIBS)

UNIT_TESTS += tests/unit/detect/t_builtin
tests_unit_detect_t_builtin_SOURCES = %D%/t_builtin.c %D%/fake_rules.c
tests_unit_detect_t_builtin_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_detect_t_builtin_LDADD = libsk_detect.a libsk_plugins.a libsk_alert.a libsk_event.a libsk_conf.a libsk_base.a $(ZLIB_LIBS) $(YAML_LIBS) \
	$(CRYPTO_LIBS) $(CMOCKA_LIBS)
tests_unit_detect_t_builtin_DEPENDENCIES = libsk_detect.a libsk_plugins.a libsk_alert.a libsk_event.a libsk_conf.a libsk_base.a \
	$(plugins_LTLIBRARIES)
