FUZZ_TARGETS += tests/fuzz/pipeline/fuzz_settings tests/fuzz/pipeline/fuzz_engine
tests_fuzz_pipeline_fuzz_settings_SOURCES = %D%/fuzz_settings.c $(FUZZ_MAIN)
tests_fuzz_pipeline_fuzz_settings_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_pipeline_fuzz_settings_LDADD = $(SK_ENGINE_LIBS) $(SK_ENGINE_SYSTEM_LIBS)
# Every input opens an engine: fewer prefixes and changes of its seeds.
tests_fuzz_pipeline_fuzz_engine_SOURCES = %D%/fuzz_engine.c $(FUZZ_MAIN)
tests_fuzz_pipeline_fuzz_engine_CPPFLAGS = $(AM_CPPFLAGS) -DREPLAY_STEP=97 -DREPLAY_MUTATIONS=10 -DSK_FUZZ_SRCDIR='"$(abs_top_srcdir)"'
tests_fuzz_pipeline_fuzz_engine_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_pipeline_fuzz_engine_LDADD = $(SK_ENGINE_LIBS) $(SK_ENGINE_SYSTEM_LIBS)
