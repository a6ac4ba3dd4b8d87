noinst_LIBRARIES += libsk_proto.a
libsk_proto_a_SOURCES = \
	%D%/digest.c %D%/digest.h \
	%D%/dns.c %D%/dns.h \
	%D%/inflate_ws.c %D%/inflate_ws.h \
	%D%/tls.c %D%/tls.h %D%/tls_finger.c \
	%D%/websocket.c %D%/websocket.h \
	%D%/x509.c %D%/x509.h
libsk_proto_a_CPPFLAGS = $(AM_CPPFLAGS) $(CRYPTO_CFLAGS) $(ZLIB_CFLAGS)
