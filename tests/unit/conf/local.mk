UNIT_TESTS += tests/unit/conf/t_conf
tests_unit_conf_t_conf_SOURCES = %D%/t_conf.c
tests_unit_conf_t_conf_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_conf_t_conf_LDADD = libsk_conf.a libsk_base.a $(YAML_LIBS) $(CMOCKA_LIBS)
