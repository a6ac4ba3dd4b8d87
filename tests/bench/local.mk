# Measurements, built on demand: make tests/bench/bench_flow
EXTRA_DIST += %D%/make-captures.py %D%/record-captures.py
EXTRA_PROGRAMS = tests/bench/bench_flow
tests_bench_bench_flow_SOURCES = %D%/bench_flow.c
tests_bench_bench_flow_LDADD = libsk_reassembly.a libsk_flow.a libsk_base.a $(CRYPTO_LIBS)

EXTRA_PROGRAMS += tests/bench/bench_redis
tests_bench_bench_redis_SOURCES = %D%/bench_redis.c
tests_bench_bench_redis_CPPFLAGS = $(AM_CPPFLAGS) $(HIREDIS_CFLAGS)
tests_bench_bench_redis_LDADD = libsk_sink.a libsk_alert.a libsk_event.a libsk_base.a $(HIREDIS_LIBS) $(SSL_LIBS) $(CRYPTO_LIBS)

EXTRA_PROGRAMS += tests/bench/loop
tests_bench_loop_SOURCES = %D%/loop.c
tests_bench_loop_LDADD = $(PCAP_LIBS)

.PHONY: bench check-cost update-cost cost-picture
bench: all tests/bench/loop
	$(MKDIR_P) bench
	for kind in http small; do test -e bench/$$kind.pcap || $(srcdir)/tests/bench/record-captures.py $$kind bench/$$kind.pcap || \
		$(srcdir)/tests/bench/make-captures.py $$kind bench/$$kind.pcap 500 || exit 1; done
	test -e bench/mix.pcap || { test -d $(srcdir)/../shared/corpus/ndpi && \
		$(srcdir)/tests/bench/make-captures.py mix bench/mix.pcap 1100 $(srcdir)/../shared/corpus/ndpi || \
		$(srcdir)/tests/bench/make-captures.py mix bench/mix.pcap 1100 $(srcdir)/pcaps; }
	$(srcdir)/tests/bench/found.py ./sekisho bench/http.pcap
	$(srcdir)/tests/bench/found.py ./sekisho bench/small.pcap
	$(srcdir)/tests/bench/bench.py ./sekisho tests/bench/loop $(srcdir)/rules bench/mix.pcap bench/http.pcap bench/small.pcap $(BENCH)
check-cost: all
	CC='$(CC)' CFLAGS='$(CFLAGS)' $(srcdir)/tests/bench/check-cost.sh ./sekisho $(srcdir) || test $$? -eq 77
cost-picture: all
	CC='$(CC)' CFLAGS='$(CFLAGS)' $(srcdir)/tests/bench/check-cost.sh ./sekisho $(srcdir) --svg $(srcdir)/doc || test $$? -eq 77
update-cost: all
	CC='$(CC)' CFLAGS='$(CFLAGS)' $(srcdir)/tests/bench/check-cost.sh ./sekisho $(srcdir) --update || test $$? -eq 77
TESTS += %D%/found.sh
EXTRA_DIST += %D%/found.sh %D%/found.py %D%/found.yaml %D%/found.rules
EXTRA_DIST += %D%/README.md %D%/make-rules.py %D%/bench.py %D%/check-cost.sh %D%/cost.budget %D%/stations.py %D%/train.sh

# --enable-pgo: once with counters, for the captures; then everything again with what they counted. gcc finds the counts by the names of
# the objects, so both times in this folder.
if PGO
BUILT_SOURCES += pgo/trained
pgo/trained:
	$(MAKE) $(AM_MAKEFLAGS) mostlyclean
	rm -rf pgo libsk_*.a sekisho
	$(MKDIR_P) pgo
	$(MAKE) $(AM_MAKEFLAGS) PGO_CFLAGS='-fprofile-generate=$(abs_builddir)/pgo -fprofile-update=prefer-atomic' sekisho
	$(srcdir)/tests/bench/train.sh ./sekisho $(srcdir)
	$(MAKE) $(AM_MAKEFLAGS) mostlyclean
	rm -f libsk_*.a sekisho
	echo >$@
endif
CLEANFILES += pgo/*.gcda pgo/trained

# What input made to be costly costs: see tests/bench/blowup.py
EXTRA_DIST += %D%/blowup.py %D%/blowup.yaml
.PHONY: blowup
blowup: all
	$(MKDIR_P) bench
	$(srcdir)/tests/bench/blowup.py ./sekisho $(srcdir)/rules bench
