FUZZ_TARGETS += tests/fuzz/capture/fuzz_capture
tests_fuzz_capture_fuzz_capture_SOURCES = %D%/fuzz_capture.c $(FUZZ_MAIN)
tests_fuzz_capture_fuzz_capture_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_capture_fuzz_capture_LDADD = libsk_capture.a libsk_base.a $(PCAP_LIBS) $(ZLIB_LIBS) $(ZSTD_LIBS) $(LZMA_LIBS) $(LZ4_LIBS)
