noinst_LIBRARIES += libsk_proto.a
libsk_proto_a_SOURCES =
