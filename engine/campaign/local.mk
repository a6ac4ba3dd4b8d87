noinst_LIBRARIES += libsk_campaign.a
libsk_campaign_a_SOURCES = \
	%D%/campaign.h
