noinst_LIBRARIES += libsk_detect.a
libsk_detect_a_SOURCES = \
	%D%/check.c \
	%D%/crumb.c \
	%D%/detect.c %D%/detect.h %D%/detect_priv.h \
	%D%/dispatch.c \
	%D%/finding.c \
	%D%/guard.c \
	%D%/host.c \
	%D%/load.c \
	%D%/options.c \
	%D%/route.c \
	%D%/services.c \
	%D%/watch.c
