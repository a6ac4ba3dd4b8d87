noinst_LIBRARIES += libsk_sink.a
libsk_sink_a_SOURCES = \
	%D%/file.c %D%/file.h \
	%D%/json/json.c \
	%D%/sink.c %D%/sink.h \
	%D%/text/defang.c %D%/text/defang.h \
	%D%/text/text.c
