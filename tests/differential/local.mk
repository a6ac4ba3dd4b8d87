# Our reading against other programs'. make check compares a sample of the streams, make differential all of them.
check_PROGRAMS += %D%/streams
tests_differential_streams_SOURCES = %D%/streams.c %D%/road.h
tests_differential_streams_LDADD = libsk_reassembly.a libsk_flow.a libsk_decode.a libsk_capture.a libsk_base.a $(PCAP_LIBS) \
	$(CRYPTO_LIBS) $(ZLIB_LIBS) $(ZSTD_LIBS) $(LZMA_LIBS) $(LZ4_LIBS)
if HAVE_HTP
check_PROGRAMS += %D%/http
endif
tests_differential_http_SOURCES = %D%/http.c %D%/road.h
tests_differential_http_CPPFLAGS = $(AM_CPPFLAGS) $(HTP_CFLAGS)
tests_differential_http_LDADD = libsk_app.a libsk_event.a libsk_proto.a libsk_reassembly.a libsk_flow.a libsk_decode.a \
	libsk_capture.a libsk_base.a $(HTP_LIBS) $(PCAP_LIBS) $(CRYPTO_LIBS) $(ZLIB_LIBS) $(BROTLI_LIBS) $(ZSTD_LIBS) $(LZMA_LIBS) \
	$(LZ4_LIBS)
DIFFERENTIAL_TESTS = %D%/http.sh %D%/streams.sh
TESTS += $(DIFFERENTIAL_TESTS)
EXTRA_DIST += $(DIFFERENTIAL_TESTS) %D%/streams.py %D%/http.expected %D%/streams.expected

.PHONY: differential
differential: %D%/streams
	test ! -x %D%/http || srcdir=$(srcdir) $(srcdir)/%D%/http.sh
	srcdir=$(srcdir) SAMPLE=0 $(srcdir)/%D%/streams.sh
