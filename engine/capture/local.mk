noinst_LIBRARIES += libsk_capture.a
libsk_capture_a_CPPFLAGS = $(AM_CPPFLAGS) $(PCAP_CFLAGS) $(ZLIB_CFLAGS) $(ZSTD_CFLAGS) $(LZMA_CFLAGS) $(LZ4_CFLAGS)
libsk_capture_a_SOURCES = \
	%D%/ahead.c %D%/ahead.h \
	%D%/capture.c %D%/capture.h \
	%D%/filter.c %D%/filter.h \
	%D%/find.c \
	%D%/format.h \
	%D%/guard.c %D%/guard.h \
	%D%/live.c %D%/live.h \
	%D%/memory.h \
	%D%/pcap.c \
	%D%/pcapng.c \
	%D%/source.c %D%/source.h \
	%D%/unpack.c %D%/unpack.h
