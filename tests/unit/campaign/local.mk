UNIT_TESTS += tests/unit/campaign/t_campaign
tests_unit_campaign_t_campaign_SOURCES = %D%/t_campaign.c
tests_unit_campaign_t_campaign_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_campaign_t_campaign_LDADD = libsk_campaign.a libsk_alert.a libsk_event.a libsk_base.a $(CMOCKA_LIBS) $(CRYPTO_LIBS)
