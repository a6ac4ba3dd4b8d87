UNIT_TESTS += tests/unit/pipeline/t_conf
tests_unit_pipeline_t_conf_SOURCES = %D%/t_conf.c
tests_unit_pipeline_t_conf_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_pipeline_t_conf_LDADD = $(SK_ENGINE_LIBS) $(SK_ENGINE_SYSTEM_LIBS) $(CMOCKA_LIBS)
