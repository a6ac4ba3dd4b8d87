UNIT_TESTS += tests/unit/sink/t_sink
tests_unit_sink_t_sink_SOURCES = %D%/t_sink.c
tests_unit_sink_t_sink_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_sink_t_sink_LDADD = libsk_sink.a libsk_alert.a libsk_event.a libsk_base.a $(CMOCKA_LIBS) $(HIREDIS_LIBS) $(SSL_LIBS) $(CRYPTO_LIBS)
