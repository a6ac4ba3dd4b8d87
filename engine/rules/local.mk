noinst_LIBRARIES += libsk_rules.a
libsk_rules_a_SOURCES = \
	%D%/cache.c %D%/cache.h \
	%D%/compile.c \
	%D%/cond.c \
	%D%/correlate.c \
	%D%/decode.c %D%/decode.h \
	%D%/eval.c \
	%D%/evidence.c \
	%D%/explain.c \
	%D%/field.c \
	%D%/indicator.c \
	%D%/literals.c %D%/literals.h \
	%D%/load.c %D%/load.h \
	%D%/match.c %D%/match.h \
	%D%/pattern.c \
	%D%/print.c %D%/print.h \
	%D%/refer.c \
	%D%/rule.c \
	%D%/rules.h \
	%D%/ruleset.h \
	%D%/scan.c \
	%D%/search.c %D%/search.h \
	%D%/set.h \
	%D%/set_domain.c \
	%D%/set_hash.c \
	%D%/set_net.c \
	%D%/sieve.c %D%/sieve.h \
	%D%/test.c \
	%D%/unit.c \
	%D%/view.c
libsk_rules_a_CPPFLAGS = $(AM_CPPFLAGS) $(HS_CFLAGS)
