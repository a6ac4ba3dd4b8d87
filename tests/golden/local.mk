TESTS += %D%/golden.sh
EXTRA_DIST += tests/golden

# Rewrites the expected alerts; read the difference.
.PHONY: update-golden
update-golden: all
	srcdir=$(srcdir) $(srcdir)/tests/golden/golden.sh --update
