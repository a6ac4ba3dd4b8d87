noinst_LIBRARIES += libsk_classify.a
libsk_classify_a_SOURCES = \
	%D%/classify.h
