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
include %D%/pipeline/local.mk
include %D%/plugin/local.mk
EXTRA_DIST += %D%/seeds %D%/dict %D%/README.md %D%/nightly.sh %D%/fuzz_file.h
if FUZZING
FUZZ_MAIN =
else
FUZZ_MAIN = %D%/replay.c
TESTS += $(FUZZ_TARGETS)
endif
check_PROGRAMS += $(FUZZ_TARGETS)

# The targets' names, for tests/fuzz/nightly.sh.
.PHONY: list-fuzz check-fuzz clean-fuzz
list-fuzz:
	@echo $(FUZZ_TARGETS)

# make check-fuzz SECONDS=N: every target for N seconds from its seeds. Corpora and findings are kept in tests/fuzz/found of the
# build folder.
if FUZZING
SECONDS = 60
check-fuzz:
	@$(srcdir)/%D%/nightly.sh -n -b . -c %D%/found -s $(SECONDS)
clean-local: clean-fuzz
clean-fuzz:
	rm -rf %D%/found
else
check-fuzz:
	@echo "configure with CC=clang CXX=clang++ --enable-fuzzing first" >&2; exit 1
endif
