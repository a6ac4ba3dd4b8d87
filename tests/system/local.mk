SYSTEM_TESTS = \
	%D%/corpus.sh \
	%D%/evict.sh \
	%D%/forms.sh \
	%D%/installed.sh \
	%D%/leaks.sh \
	%D%/live.sh \
	%D%/mistakes.sh \
	%D%/order.sh \
	%D%/redis.sh \
	%D%/redis_cluster.sh \
	%D%/redis_examples.sh \
	%D%/redis_sentinel.sh \
	%D%/redis_spool.sh \
	%D%/redis_tls.sh \
	%D%/replay.sh \
	%D%/rules.sh \
	%D%/start.sh
TESTS += $(SYSTEM_TESTS)
EXTRA_DIST += $(SYSTEM_TESTS) %D%/corpus.expected %D%/forms.py tests/lib/wire.py tests/lib/system.sh tests/lib/make.py tests/lib/send.py tests/lib/validate.py tests/lib/valgrind.supp
