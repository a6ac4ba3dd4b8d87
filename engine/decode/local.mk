noinst_LIBRARIES += libsk_decode.a
libsk_decode_a_SOURCES = \
	%D%/checksum.c \
	%D%/decode.c %D%/decode.h \
	%D%/ip.c \
	%D%/link.c \
	%D%/plain.c \
	%D%/transport.c \
	%D%/tunnel.c \
	%D%/usual.c \
	%D%/walk.h
