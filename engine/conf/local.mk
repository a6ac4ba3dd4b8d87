noinst_LIBRARIES += libsk_conf.a
libsk_conf_a_SOURCES = \
	%D%/conf.h
