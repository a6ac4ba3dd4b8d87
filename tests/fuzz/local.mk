# A target is tests/fuzz/fuzz_<subject>.c with LLVMFuzzerTestOneInput, named in FUZZ_TARGETS; its seeds are in
# tests/fuzz/seeds/<subject>/. With --enable-fuzzing it links libFuzzer; otherwise replay.c runs it over its seeds and over
# every prefix and some mutations of them, as a test.
FUZZ_TARGETS =
include %D%/conf/local.mk
include %D%/capture/local.mk
include %D%/decode/local.mk
include %D%/flow/local.mk
include %D%/reassembly/local.mk
include %D%/proto/local.mk
include %D%/app/local.mk
include %D%/rules/local.mk
include %D%/detect/local.mk
include %D%/sink/local.mk
include %D%/plugin/local.mk
EXTRA_DIST += %D%/seeds
if FUZZING
FUZZ_MAIN =
else
FUZZ_MAIN = %D%/replay.c
TESTS += $(FUZZ_TARGETS)
endif
check_PROGRAMS += $(FUZZ_TARGETS)

# make check-fuzz SECONDS=N: every target for N seconds from its seeds. What it finds is kept in tests/fuzz/found of the build folder.
.PHONY: check-fuzz clean-fuzz
if FUZZING
SECONDS = 60
check-fuzz: $(FUZZ_TARGETS)
	@cd $(builddir) && for target in $(FUZZ_TARGETS); do \
		name=$${target##*/fuzz_}; \
		mkdir -p %D%/found/$$name/corpus || exit 1; \
		echo "== $$name"; \
		./$$target -max_total_time=$(SECONDS) -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
			-artifact_prefix=%D%/found/$$name/ %D%/found/$$name/corpus $(abs_srcdir)/%D%/seeds/$$name \
			>%D%/found/$$name/log 2>&1 || { tail -n 40 %D%/found/$$name/log; echo "$$name: see %D%/found/$$name"; exit 1; }; \
		sed -n 's/^stat::number_of_executed_units: */runs: /p' %D%/found/$$name/log; \
	done
clean-local: clean-fuzz
clean-fuzz:
	rm -rf %D%/found
else
check-fuzz:
	@echo "configure with CC=clang CXX=clang++ --enable-fuzzing first" >&2; exit 1
endif
