noinst_LIBRARIES += libsk_reassembly.a
libsk_reassembly_a_SOURCES = \
	%D%/tcp.h
