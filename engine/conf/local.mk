noinst_LIBRARIES += libsk_conf.a
libsk_conf_a_SOURCES = \
	%D%/conf.c %D%/conf.h \
	%D%/leaf.c \
	%D%/tree.h
libsk_conf_a_CPPFLAGS = $(AM_CPPFLAGS) $(YAML_CFLAGS)
