noinst_LIBRARIES += libsk_decode.a
libsk_decode_a_SOURCES = \
	%D%/decode.h
