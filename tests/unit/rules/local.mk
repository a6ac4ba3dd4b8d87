RULES_TEST_LIBS = libsk_rules.a libsk_event.a libsk_conf.a libsk_base.a $(HS_LIBS) $(YAML_LIBS) $(CMOCKA_LIBS)
EXTRA_DIST += %D%/lab.h

UNIT_TESTS += tests/unit/rules/t_match
tests_unit_rules_t_match_SOURCES = %D%/t_match.c
tests_unit_rules_t_match_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_rules_t_match_LDADD = $(RULES_TEST_LIBS)
