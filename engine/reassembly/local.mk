noinst_LIBRARIES += libsk_reassembly.a
libsk_reassembly_a_SOURCES = \
	%D%/begin.c \
	%D%/data.c \
	%D%/handshake.c \
	%D%/inside.h \
	%D%/overlap.c \
	%D%/queue.c \
	%D%/tcp.c %D%/tcp.h
