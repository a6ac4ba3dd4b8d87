# Measurements, built on demand: make tests/bench/bench_flow
EXTRA_DIST += %D%/make-captures.py
EXTRA_PROGRAMS = tests/bench/bench_flow
tests_bench_bench_flow_SOURCES = %D%/bench_flow.c
tests_bench_bench_flow_LDADD = libsk_reassembly.a libsk_flow.a libsk_base.a $(CRYPTO_LIBS)
