FUZZ_TARGETS += tests/fuzz/flow/fuzz_defrag
tests_fuzz_flow_fuzz_defrag_SOURCES = %D%/fuzz_defrag.c $(FUZZ_MAIN)
tests_fuzz_flow_fuzz_defrag_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_flow_fuzz_defrag_LDADD = libsk_flow.a libsk_base.a
FUZZ_TARGETS += tests/fuzz/flow/fuzz_fragments
tests_fuzz_flow_fuzz_fragments_SOURCES = %D%/fuzz_fragments.c $(FUZZ_MAIN)
tests_fuzz_flow_fuzz_fragments_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_flow_fuzz_fragments_LDADD = libsk_flow.a libsk_base.a
