FUZZ_TARGETS += tests/fuzz/reassembly/fuzz_reassembly
tests_fuzz_reassembly_fuzz_reassembly_SOURCES = %D%/fuzz_reassembly.c $(FUZZ_MAIN)
tests_fuzz_reassembly_fuzz_reassembly_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_reassembly_fuzz_reassembly_LDADD = libsk_reassembly.a libsk_flow.a libsk_base.a $(CRYPTO_LIBS)
FUZZ_TARGETS += tests/fuzz/reassembly/fuzz_stream
tests_fuzz_reassembly_fuzz_stream_SOURCES = %D%/fuzz_stream.c $(FUZZ_MAIN)
tests_fuzz_reassembly_fuzz_stream_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_reassembly_fuzz_stream_LDADD = libsk_reassembly.a libsk_flow.a libsk_base.a $(CRYPTO_LIBS)
