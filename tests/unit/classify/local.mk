UNIT_TESTS += tests/unit/classify/t_classify
tests_unit_classify_t_classify_SOURCES = %D%/t_classify.c
tests_unit_classify_t_classify_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_classify_t_classify_LDADD = libsk_classify.a libsk_flow.a libsk_decode.a libsk_base.a $(CMOCKA_LIBS) $(NDPI_LIBS) $(CRYPTO_LIBS)
