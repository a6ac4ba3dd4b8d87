FUZZ_TARGETS += tests/fuzz/conf/fuzz_conf
tests_fuzz_conf_fuzz_conf_SOURCES = %D%/fuzz_conf.c $(FUZZ_MAIN)
tests_fuzz_conf_fuzz_conf_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_conf_fuzz_conf_LDADD = libsk_conf.a libsk_base.a $(YAML_LIBS)
