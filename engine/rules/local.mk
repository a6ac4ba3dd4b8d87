noinst_LIBRARIES += libsk_rules.a
libsk_rules_a_SOURCES = \
	%D%/rules.h
