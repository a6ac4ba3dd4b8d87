TESTS += %D%/chaos.sh %D%/faults.sh
EXTRA_DIST += %D%/chaos.py %D%/chaos.sh %D%/faults.py %D%/faults.sh %D%/servers.py %D%/spoolfile.py %D%/topologies.py

# make chaos [SEED=1] [RUNS=1] [KILLS=100]: every topology, long; as root also a live interface. make faults: the table of doc/redis.md
SEED = 1
RUNS = 1
KILLS = 100
CHAOS = /usr/bin/python3 -B $(srcdir)/tests/chaos/chaos.py ./sekisho --faults $(KILLS) --seed $(SEED) --runs $(RUNS)
.PHONY: chaos faults
chaos: sekisho
	$(CHAOS) --topology single
	$(CHAOS) --topology single --live || test $$? -eq 77
	$(CHAOS) --topology sentinel --rate 300 || test $$? -eq 77
	$(CHAOS) --topology cluster --rate 300
faults: sekisho
	/usr/bin/python3 -B $(srcdir)/tests/chaos/faults.py ./sekisho
