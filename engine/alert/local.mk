noinst_LIBRARIES += libsk_alert.a
libsk_alert_a_SOURCES = \
	%D%/alert.h
