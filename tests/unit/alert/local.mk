if HAVE_JANSSON
UNIT_TESTS += tests/unit/alert/t_alert
endif
tests_unit_alert_t_alert_SOURCES = %D%/t_alert.c
tests_unit_alert_t_alert_CPPFLAGS = $(UNIT_CPPFLAGS) $(JANSSON_CFLAGS)
tests_unit_alert_t_alert_LDADD = libsk_alert.a libsk_event.a libsk_base.a $(CMOCKA_LIBS) $(JANSSON_LIBS) $(CRYPTO_LIBS)
EXTRA_DIST += tests/lib/alert.h tests/lib/schema.py
