REASSEMBLY_LIBS = libsk_reassembly.a libsk_flow.a libsk_decode.a libsk_base.a $(CMOCKA_LIBS) $(CRYPTO_LIBS)
UNIT_TESTS += tests/unit/reassembly/t_story
tests_unit_reassembly_t_story_SOURCES = %D%/t_story.c %D%/dsl.h
tests_unit_reassembly_t_story_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_reassembly_t_story_LDADD = $(REASSEMBLY_LIBS)
