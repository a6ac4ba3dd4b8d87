UNIT_TESTS += tests/unit/base/t_base
tests_unit_base_t_base_SOURCES = %D%/t_base.c
tests_unit_base_t_base_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_base_t_base_LDADD = libsk_base.a $(CMOCKA_LIBS)
