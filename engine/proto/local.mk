noinst_LIBRARIES += libsk_proto.a
libsk_proto_a_SOURCES = \
	%D%/base64.c %D%/base64.h \
	%D%/charset.c %D%/charset.h \
	%D%/coding.c %D%/coding.h %D%/coding_name.c \
	%D%/crc32.c %D%/crc32.h \
	%D%/digest.c %D%/digest.h \
	%D%/dns.c %D%/dns.h \
	%D%/form.c %D%/form.h %D%/form_field.c \
	%D%/http1.c %D%/http1.h \
	%D%/http1_head.c %D%/http1_head.h \
	%D%/http1_oddity.c %D%/http1_oddity.h \
	%D%/http1_other.c %D%/http1_other.h \
	%D%/http1_scan.c \
	%D%/inflate.c %D%/inflate.h \
	%D%/inflate_ws.c %D%/inflate_ws.h \
	%D%/lzw.c %D%/lzw.h \
	%D%/magic.c %D%/magic.h \
	%D%/ranges.c %D%/ranges.h \
	%D%/tls.c %D%/tls.h %D%/tls_finger.c \
	%D%/uri.c %D%/uri.h \
	%D%/websocket.c %D%/websocket.h \
	%D%/x509.c %D%/x509.h
libsk_proto_a_CPPFLAGS = $(AM_CPPFLAGS) $(CRYPTO_CFLAGS) $(ZLIB_CFLAGS) $(BROTLI_CFLAGS) $(ZSTD_CFLAGS) $(LZMA_CFLAGS)
