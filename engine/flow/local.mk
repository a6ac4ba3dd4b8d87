noinst_LIBRARIES += libsk_flow.a
libsk_flow_a_SOURCES = \
	%D%/community.c \
	%D%/defrag.c %D%/defrag.h \
	%D%/flow.c %D%/flow.h \
	%D%/icmp.h \
	%D%/policy.c %D%/policy.h \
	%D%/table.c %D%/table.h
libsk_flow_a_CPPFLAGS = $(AM_CPPFLAGS) $(CRYPTO_CFLAGS)
