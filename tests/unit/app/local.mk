APP_TEST_LIBS = libsk_app.a libsk_event.a libsk_proto.a libsk_flow.a libsk_base.a $(CMOCKA_LIBS) $(CRYPTO_LIBS) $(ZLIB_LIBS) \
	$(BROTLI_LIBS) $(ZSTD_LIBS) $(LZMA_LIBS)
UNIT_TESTS += tests/unit/app/t_claim
tests_unit_app_t_claim_SOURCES = %D%/t_claim.c
tests_unit_app_t_claim_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_app_t_claim_LDADD = $(APP_TEST_LIBS)
UNIT_TESTS += tests/unit/app/t_dns
tests_unit_app_t_dns_SOURCES = %D%/t_dns.c
tests_unit_app_t_dns_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_app_t_dns_LDADD = $(APP_TEST_LIBS)
UNIT_TESTS += tests/unit/app/t_tls
tests_unit_app_t_tls_SOURCES = %D%/t_tls.c %D%/tls_bytes.h
tests_unit_app_t_tls_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_app_t_tls_LDADD = $(APP_TEST_LIBS)
UNIT_TESTS += tests/unit/app/t_websocket
tests_unit_app_t_websocket_SOURCES = %D%/t_websocket.c
tests_unit_app_t_websocket_CPPFLAGS = $(UNIT_CPPFLAGS) $(ZLIB_CFLAGS)
tests_unit_app_t_websocket_LDADD = $(APP_TEST_LIBS)
UNIT_TESTS += tests/unit/app/t_http
tests_unit_app_t_http_SOURCES = %D%/t_http.c
tests_unit_app_t_http_CPPFLAGS = $(UNIT_CPPFLAGS) $(ZLIB_CFLAGS)
tests_unit_app_t_http_LDADD = $(APP_TEST_LIBS)
UNIT_TESTS += tests/unit/app/t_corpus
tests_unit_app_t_corpus_SOURCES = %D%/t_corpus.c
tests_unit_app_t_corpus_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_app_t_corpus_LDADD = libsk_app.a libsk_event.a libsk_proto.a libsk_reassembly.a libsk_flow.a libsk_decode.a \
	libsk_capture.a libsk_base.a $(CMOCKA_LIBS) $(CRYPTO_LIBS) $(PCAP_LIBS) $(ZLIB_LIBS) $(BROTLI_LIBS) $(ZSTD_LIBS) \
	$(LZMA_LIBS) $(LZ4_LIBS)
