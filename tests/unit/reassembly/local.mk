REASSEMBLY_LIBS = libsk_reassembly.a libsk_flow.a libsk_decode.a libsk_base.a $(CMOCKA_LIBS) $(CRYPTO_LIBS)
UNIT_TESTS += tests/unit/reassembly/t_overlap tests/unit/reassembly/t_property tests/unit/reassembly/t_story
tests_unit_reassembly_t_overlap_SOURCES = %D%/t_overlap.c %D%/dsl.h
tests_unit_reassembly_t_overlap_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_reassembly_t_overlap_LDADD = $(REASSEMBLY_LIBS)
tests_unit_reassembly_t_property_SOURCES = %D%/t_property.c %D%/dsl.h
tests_unit_reassembly_t_property_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_reassembly_t_property_LDADD = $(REASSEMBLY_LIBS)
tests_unit_reassembly_t_story_SOURCES = %D%/t_story.c %D%/dsl.h
tests_unit_reassembly_t_story_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_reassembly_t_story_LDADD = $(REASSEMBLY_LIBS)
UNIT_TESTS += tests/unit/reassembly/t_memory
tests_unit_reassembly_t_memory_SOURCES = %D%/t_memory.c %D%/dsl.h
tests_unit_reassembly_t_memory_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_reassembly_t_memory_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=malloc,--wrap=calloc,--wrap=reallocarray,--wrap=aligned_alloc
tests_unit_reassembly_t_memory_LDADD = $(REASSEMBLY_LIBS)
