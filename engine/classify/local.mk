noinst_LIBRARIES += libsk_classify.a
libsk_classify_a_SOURCES = \
	%D%/classify.c %D%/classify.h
libsk_classify_a_CPPFLAGS = $(AM_CPPFLAGS) $(NDPI_CFLAGS) $(NDPI_API_CPPFLAGS)
