noinst_LIBRARIES += libsk_proto.a
libsk_proto_a_SOURCES = \
	%D%/dns.c %D%/dns.h
