UNIT_TESTS += tests/unit/event/t_event
tests_unit_event_t_event_SOURCES = %D%/t_event.c
tests_unit_event_t_event_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_event_t_event_LDADD = libsk_event.a libsk_base.a $(CMOCKA_LIBS)
