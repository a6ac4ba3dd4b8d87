UNIT_TESTS += tests/unit/campaign/t_campaign
tests_unit_campaign_t_campaign_SOURCES = %D%/t_campaign.c
tests_unit_campaign_t_campaign_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_campaign_t_campaign_LDADD = libsk_campaign.a libsk_alert.a libsk_event.a libsk_base.a $(CMOCKA_LIBS) $(CRYPTO_LIBS)

UNIT_TESTS += tests/unit/campaign/t_memory
tests_unit_campaign_t_memory_SOURCES = %D%/t_memory.c
tests_unit_campaign_t_memory_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_campaign_t_memory_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup
tests_unit_campaign_t_memory_LDADD = libsk_sink.a libsk_campaign.a libsk_alert.a libsk_event.a libsk_base.a $(CMOCKA_LIBS) $(HIREDIS_LIBS) $(SSL_LIBS) $(CRYPTO_LIBS)

UNIT_TESTS += tests/unit/campaign/t_values
tests_unit_campaign_t_values_SOURCES = %D%/t_values.c
tests_unit_campaign_t_values_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_campaign_t_values_LDADD = libsk_campaign.a libsk_base.a $(CMOCKA_LIBS)
