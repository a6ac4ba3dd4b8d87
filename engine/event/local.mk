noinst_LIBRARIES += libsk_event.a
libsk_event_a_SOURCES = \
	%D%/event.c %D%/event.h
