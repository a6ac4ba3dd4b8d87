FUZZ_TARGETS += tests/fuzz/app/fuzz_http1
tests_fuzz_app_fuzz_http1_SOURCES = %D%/fuzz_http1.c $(FUZZ_MAIN)
tests_fuzz_app_fuzz_http1_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/lib
tests_fuzz_app_fuzz_http1_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_app_fuzz_http1_LDADD = libsk_app.a libsk_event.a libsk_proto.a libsk_flow.a libsk_base.a $(CRYPTO_LIBS) $(ZLIB_LIBS) \
	$(BROTLI_LIBS) $(ZSTD_LIBS)
