noinst_LIBRARIES += libsk_capture.a
libsk_capture_a_SOURCES = \
	%D%/capture.h
