noinst_LIBRARIES += libsk_campaign.a
libsk_campaign_a_SOURCES = \
	%D%/absent.c \
	%D%/allow.c \
	%D%/campaign.c %D%/campaign.h %D%/campaign_priv.h \
	%D%/explain.c \
	%D%/keys.c %D%/keys.h \
	%D%/limit.c \
	%D%/seen.c \
	%D%/sequence.c \
	%D%/summary.c \
	%D%/tally.c \
	%D%/values.c %D%/values.h
