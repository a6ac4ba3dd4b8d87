UNIT_TESTS += tests/unit/sink/t_sink
tests_unit_sink_t_sink_SOURCES = %D%/t_sink.c
tests_unit_sink_t_sink_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_sink_t_sink_LDADD = libsk_sink.a libsk_alert.a libsk_event.a libsk_base.a $(CMOCKA_LIBS) $(HIREDIS_LIBS) $(SSL_LIBS) $(CRYPTO_LIBS)

UNIT_TESTS += tests/unit/sink/t_spool tests/unit/sink/t_redis_url
tests_unit_sink_t_spool_SOURCES = %D%/t_spool.c
tests_unit_sink_t_spool_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_sink_t_spool_LDADD = libsk_sink.a libsk_base.a $(CMOCKA_LIBS)
tests_unit_sink_t_redis_url_SOURCES = %D%/t_redis_url.c
tests_unit_sink_t_redis_url_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_sink_t_redis_url_LDADD = libsk_sink.a libsk_base.a $(CMOCKA_LIBS)

UNIT_TESTS += tests/unit/sink/t_redis
tests_unit_sink_t_redis_SOURCES = %D%/t_redis.c %D%/fake_redis.c %D%/fake_redis.h
tests_unit_sink_t_redis_CPPFLAGS = $(UNIT_CPPFLAGS) $(HIREDIS_CFLAGS)
tests_unit_sink_t_redis_LDADD = libsk_sink.a libsk_alert.a libsk_event.a libsk_base.a $(CMOCKA_LIBS) $(HIREDIS_LIBS) $(SSL_LIBS) $(CRYPTO_LIBS)
