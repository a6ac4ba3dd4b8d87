TESTS += %D%/chaos.sh
EXTRA_DIST += %D%/chaos.py %D%/chaos.sh %D%/servers.py %D%/spoolfile.py %D%/topologies.py

# make chaos [SEED=1] [RUNS=1] [KILLS=100]: each topology that can be had here, long; as root also over a live interface
SEED = 1
RUNS = 1
KILLS = 100
CHAOS = /usr/bin/python3 $(srcdir)/tests/chaos/chaos.py ./sekisho --faults $(KILLS) --seed $(SEED) --runs $(RUNS)
.PHONY: chaos
chaos: sekisho
	$(CHAOS) --topology single
	$(CHAOS) --topology single --live || test $$? -eq 77
