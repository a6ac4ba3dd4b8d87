noinst_LIBRARIES += libsk_base.a
libsk_base_a_SOURCES = \
	%D%/arena.c %D%/arena.h \
	%D%/ascii.h \
	%D%/bell.h \
	%D%/buf.c %D%/buf.h \
	%D%/compiler.h \
	%D%/counter.h \
	%D%/crc32c.c %D%/crc32c.h \
	%D%/err.c %D%/err.h \
	%D%/fmt.c %D%/fmt.h \
	%D%/hash.c %D%/hash.h \
	%D%/log.c %D%/log.h \
	%D%/mem.c %D%/mem.h \
	%D%/rd.h \
	%D%/ring.c %D%/ring.h
