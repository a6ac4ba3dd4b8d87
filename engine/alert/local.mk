noinst_LIBRARIES += libsk_alert.a
libsk_alert_a_SOURCES = \
	%D%/alert.c %D%/alert.h %D%/alert_priv.h \
	%D%/context.c \
	%D%/digest.c %D%/digest.h \
	%D%/eve.c %D%/eve.h \
	%D%/json.c \
	%D%/jw.c %D%/jw.h \
	%D%/key.c %D%/key.h \
	%D%/mask.c %D%/mask.h \
	%D%/reason.c \
	%D%/utf8.c %D%/utf8.h
libsk_alert_a_CPPFLAGS = $(AM_CPPFLAGS) $(CRYPTO_CFLAGS)
