TESTS += %D%/chaos.sh
EXTRA_DIST += %D%/chaos.py %D%/chaos.sh

CHAOS_KILLS = 100
CHAOS_SEED = 1
.PHONY: chaos
chaos: sekisho
	/usr/bin/python3 $(srcdir)/tests/chaos/chaos.py ./sekisho --kills $(CHAOS_KILLS) --seed $(CHAOS_SEED)
	/usr/bin/python3 $(srcdir)/tests/chaos/chaos.py ./sekisho --kills $(CHAOS_KILLS) --seed $(CHAOS_SEED) --type stream
