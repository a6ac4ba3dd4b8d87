FUZZ_TARGETS += tests/fuzz/rules/fuzz_match
tests_fuzz_rules_fuzz_match_SOURCES = %D%/fuzz_match.c $(FUZZ_MAIN)
tests_fuzz_rules_fuzz_match_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_rules_fuzz_match_LDADD = libsk_rules.a libsk_event.a libsk_conf.a libsk_base.a $(HS_LIBS) $(YAML_LIBS)

FUZZ_TARGETS += tests/fuzz/rules/fuzz_rules
tests_fuzz_rules_fuzz_rules_SOURCES = %D%/fuzz_rules.c $(FUZZ_MAIN)
tests_fuzz_rules_fuzz_rules_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_rules_fuzz_rules_LDADD = libsk_rules.a libsk_event.a libsk_conf.a libsk_base.a $(HS_LIBS) $(YAML_LIBS)

FUZZ_TARGETS += tests/fuzz/rules/fuzz_decoders tests/fuzz/rules/fuzz_indicators
tests_fuzz_rules_fuzz_decoders_SOURCES = %D%/fuzz_decoders.c $(FUZZ_MAIN)
tests_fuzz_rules_fuzz_decoders_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_rules_fuzz_decoders_LDADD = libsk_rules.a libsk_base.a
tests_fuzz_rules_fuzz_indicators_SOURCES = %D%/fuzz_indicators.c $(FUZZ_MAIN)
tests_fuzz_rules_fuzz_indicators_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_rules_fuzz_indicators_LDADD = libsk_rules.a libsk_event.a libsk_conf.a libsk_base.a $(HS_LIBS) $(YAML_LIBS)
