FUZZ_TARGETS += tests/fuzz/decode/fuzz_decode
tests_fuzz_decode_fuzz_decode_SOURCES = %D%/fuzz_decode.c $(FUZZ_MAIN)
tests_fuzz_decode_fuzz_decode_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_decode_fuzz_decode_LDADD = libsk_decode.a libsk_base.a
