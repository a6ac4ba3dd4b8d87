UNIT_TESTS += tests/unit/proto/t_dns
tests_unit_proto_t_dns_SOURCES = %D%/t_dns.c
tests_unit_proto_t_dns_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_proto_t_dns_LDADD = libsk_proto.a libsk_base.a $(CMOCKA_LIBS)
