noinst_LIBRARIES += libsk_sink.a
libsk_sink_a_SOURCES = \
	%D%/file.c %D%/file.h \
	%D%/json/json.c \
	%D%/redis/answer.c \
	%D%/redis/batch.c %D%/redis/batch.h \
	%D%/redis/conn.c %D%/redis/conn.h \
	%D%/redis/lookup.c %D%/redis/lookup.h \
	%D%/redis/redis.c %D%/redis/redis.h \
	%D%/redis/route.c \
	%D%/redis/send.c \
	%D%/redis/sync.c \
	%D%/redis/transact.c \
	%D%/redis/tls.c %D%/redis/tls.h \
	%D%/redis/url.c %D%/redis/url.h \
	%D%/sink.c %D%/sink.h \
	%D%/spool/label.c \
	%D%/spool/segment.c %D%/spool/segment.h \
	%D%/spool/spool.c %D%/spool/spool.h \
	%D%/text/defang.c %D%/text/defang.h \
	%D%/text/text.c
libsk_sink_a_CPPFLAGS = $(AM_CPPFLAGS) $(HIREDIS_CFLAGS) $(SSL_CFLAGS)
