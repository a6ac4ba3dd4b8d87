# Captures that hide something, and what must be told of them.
CORPUS_TESTS = %D%/made.sh %D%/public.sh %D%/segments.sh %D%/span.sh
TESTS += $(CORPUS_TESTS)
EXTRA_DIST += $(CORPUS_TESTS) %D%/run.py %D%/rules.yaml %D%/evasion.table %D%/uri.table %D%/protocols.table %D%/make.py %D%/made.table %D%/packets.py %D%/segments.py %D%/span.py
