noinst_LIBRARIES += libsk_flow.a
libsk_flow_a_SOURCES = \
	%D%/flow.h \
	%D%/defrag.h \
	%D%/policy.c \
	%D%/policy.h
