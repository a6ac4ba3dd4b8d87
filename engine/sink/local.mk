noinst_LIBRARIES += libsk_sink.a
libsk_sink_a_SOURCES = \
	%D%/sink.h
