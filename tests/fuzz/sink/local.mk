if HAVE_JANSSON
FUZZ_TARGETS += tests/fuzz/sink/fuzz_alert_json
endif
tests_fuzz_sink_fuzz_alert_json_SOURCES = %D%/fuzz_alert_json.c $(FUZZ_MAIN)
tests_fuzz_sink_fuzz_alert_json_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tests_fuzz_sink_fuzz_alert_json_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_sink_fuzz_alert_json_LDADD = libsk_alert.a libsk_event.a libsk_base.a $(JANSSON_LIBS) $(CRYPTO_LIBS)

FUZZ_TARGETS += tests/fuzz/sink/fuzz_redis_url tests/fuzz/sink/fuzz_spool
tests_fuzz_sink_fuzz_redis_url_SOURCES = %D%/fuzz_redis_url.c $(FUZZ_MAIN)
tests_fuzz_sink_fuzz_redis_url_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_sink_fuzz_redis_url_LDADD = libsk_sink.a libsk_base.a
tests_fuzz_sink_fuzz_spool_SOURCES = %D%/fuzz_spool.c $(FUZZ_MAIN)
tests_fuzz_sink_fuzz_spool_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_sink_fuzz_spool_LDADD = libsk_sink.a libsk_base.a
FUZZ_TARGETS += tests/fuzz/sink/fuzz_redis_reply tests/fuzz/sink/fuzz_spool_folder
tests_fuzz_sink_fuzz_redis_reply_SOURCES = %D%/fuzz_redis_reply.c $(FUZZ_MAIN)
tests_fuzz_sink_fuzz_redis_reply_CPPFLAGS = $(AM_CPPFLAGS) -DREPLAY_STEP=7 -DREPLAY_MUTATIONS=20
tests_fuzz_sink_fuzz_redis_reply_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_sink_fuzz_redis_reply_LDADD = $(SK_ENGINE_LIBS) $(SK_ENGINE_SYSTEM_LIBS)
tests_fuzz_sink_fuzz_spool_folder_SOURCES = %D%/fuzz_spool_folder.c $(FUZZ_MAIN)
tests_fuzz_sink_fuzz_spool_folder_CPPFLAGS = $(AM_CPPFLAGS) -DREPLAY_STEP=17 -DREPLAY_MUTATIONS=40
tests_fuzz_sink_fuzz_spool_folder_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_sink_fuzz_spool_folder_LDADD = libsk_sink.a libsk_base.a
