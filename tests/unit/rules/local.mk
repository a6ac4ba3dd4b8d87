RULES_TEST_LIBS = libsk_rules.a libsk_event.a libsk_conf.a libsk_base.a $(HS_LIBS) $(YAML_LIBS) $(CMOCKA_LIBS)
EXTRA_DIST += %D%/lab.h %D%/naive.h

UNIT_TESTS += tests/unit/rules/t_match
tests_unit_rules_t_match_SOURCES = %D%/t_match.c
tests_unit_rules_t_match_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_rules_t_match_LDADD = $(RULES_TEST_LIBS)

UNIT_TESTS += tests/unit/rules/t_errors
tests_unit_rules_t_errors_SOURCES = %D%/t_errors.c
tests_unit_rules_t_errors_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_rules_t_errors_LDADD = $(RULES_TEST_LIBS)

UNIT_TESTS += tests/unit/rules/t_sets
tests_unit_rules_t_sets_SOURCES = %D%/t_sets.c
tests_unit_rules_t_sets_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_rules_t_sets_LDADD = $(RULES_TEST_LIBS)

UNIT_TESTS += tests/unit/rules/t_property
tests_unit_rules_t_property_SOURCES = %D%/t_property.c
tests_unit_rules_t_property_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_rules_t_property_LDADD = $(RULES_TEST_LIBS)

UNIT_TESTS += tests/unit/rules/t_scale
tests_unit_rules_t_scale_SOURCES = %D%/t_scale.c
tests_unit_rules_t_scale_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_rules_t_scale_LDADD = $(RULES_TEST_LIBS)

UNIT_TESTS += tests/unit/rules/t_doc
tests_unit_rules_t_doc_SOURCES = %D%/t_doc.c
tests_unit_rules_t_doc_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_rules_t_doc_LDADD = $(RULES_TEST_LIBS)

UNIT_TESTS += tests/unit/rules/t_memory
tests_unit_rules_t_memory_SOURCES = %D%/t_memory.c
tests_unit_rules_t_memory_CPPFLAGS = $(UNIT_CPPFLAGS) $(HS_CFLAGS)
tests_unit_rules_t_memory_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc
tests_unit_rules_t_memory_LDADD = $(RULES_TEST_LIBS)

UNIT_TESTS += tests/unit/rules/t_cache
tests_unit_rules_t_cache_SOURCES = %D%/t_cache.c
tests_unit_rules_t_cache_CPPFLAGS = $(UNIT_CPPFLAGS) $(HS_CFLAGS)
tests_unit_rules_t_cache_LDADD = $(RULES_TEST_LIBS)
UNIT_TESTS += tests/unit/rules/t_search
tests_unit_rules_t_search_SOURCES = %D%/t_search.c
tests_unit_rules_t_search_CPPFLAGS = $(UNIT_CPPFLAGS) $(HS_CFLAGS)
tests_unit_rules_t_search_LDADD = libsk_rules.a libsk_base.a $(CMOCKA_LIBS) $(HS_LIBS)
UNIT_TESTS += tests/unit/rules/t_sieve
tests_unit_rules_t_sieve_SOURCES = %D%/t_sieve.c
tests_unit_rules_t_sieve_CPPFLAGS = $(UNIT_CPPFLAGS) $(HS_CFLAGS)
tests_unit_rules_t_sieve_LDADD = $(RULES_TEST_LIBS)

UNIT_TESTS += tests/unit/rules/t_literals
tests_unit_rules_t_literals_SOURCES = %D%/t_literals.c
tests_unit_rules_t_literals_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_rules_t_literals_LDADD = libsk_rules.a libsk_base.a $(CMOCKA_LIBS)
