noinst_LIBRARIES += libsk_pipeline.a
libsk_pipeline_a_SOURCES = \
	%D%/advice.c %D%/advice.h \
	%D%/batch.h \
	%D%/conf.c %D%/conf.h \
	%D%/crew.c %D%/crew.h \
	%D%/engine.c %D%/engine.h \
	%D%/lane.h \
	%D%/live.c \
	%D%/memory.c %D%/memory.h \
	%D%/output.c %D%/output.h \
	%D%/paths.c %D%/paths.h \
	%D%/replay.c \
	%D%/report.c %D%/report.h \
	%D%/stop.c %D%/stop.h \
	%D%/worker.c %D%/worker.h
libsk_pipeline_a_CPPFLAGS = $(AM_CPPFLAGS) -DSK_SOURCE_DIR='"$(abs_top_srcdir)"' -DSK_BUILD_DIR='"$(abs_top_builddir)"' \
	-DSK_RULES_DIR='"$(rulesdir)"' -DSK_PLUGINS_DIR='"$(pluginsdir)"' -DSK_CONFIG_DIR='"$(sysconfdir)/sekisho"'
