# Measurements, built on demand: make tests/bench/bench_flow
EXTRA_DIST += %D%/make-captures.py
EXTRA_PROGRAMS = tests/bench/bench_flow
tests_bench_bench_flow_SOURCES = %D%/bench_flow.c
tests_bench_bench_flow_LDADD = libsk_reassembly.a libsk_flow.a libsk_base.a $(CRYPTO_LIBS)

EXTRA_PROGRAMS += tests/bench/bench_redis
tests_bench_bench_redis_SOURCES = %D%/bench_redis.c
tests_bench_bench_redis_CPPFLAGS = $(AM_CPPFLAGS) $(HIREDIS_CFLAGS)
tests_bench_bench_redis_LDADD = libsk_sink.a libsk_alert.a libsk_event.a libsk_base.a $(HIREDIS_LIBS) $(SSL_LIBS) $(CRYPTO_LIBS)
