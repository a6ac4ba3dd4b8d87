noinst_LIBRARIES += libsk_detect.a
libsk_detect_a_SOURCES = \
	%D%/detect.h
