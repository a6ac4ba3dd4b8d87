UNIT_TESTS += tests/unit/decode/t_decode
tests_unit_decode_t_decode_SOURCES = %D%/t_decode.c
tests_unit_decode_t_decode_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_decode_t_decode_LDADD = libsk_decode.a libsk_base.a $(CMOCKA_LIBS)
