/* tests/fuzz/replay.c — runs a fuzz target without a fuzzer: over its seeds, every prefix of them and seeded mutations.
 *
 * in       seed files below $srcdir/tests/fuzz/seeds/<subject>/, subject taken from argv[0] (fuzz_<subject>); or files
 *          named on the command line, then nothing else
 * out      exit status 0 when nothing crashed; 99 when there is no seed
 * limits   prefixes of the first 2048 bytes, REPLAY_STEP apart; REPLAY_MUTATIONS per seed
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef REPLAY_STEP			/* a slow target sets both */
#define REPLAY_STEP 1
#define REPLAY_MUTATIONS 200
#endif

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t rng = 0x243f6a8885a308d3;

static uint32_t draw(uint32_t below)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return below ? (uint32_t)(rng >> 32) % below : 0;
}

/* A copy of exactly n bytes on the heap, so that a sanitizer sees the first byte too many. */
static void run_copy(const uint8_t *data, size_t n)
{
	uint8_t *copy = malloc(n ? n : 1);

	if (!copy)
		abort();
	if (n)
		memcpy(copy, data, n);
	LLVMFuzzerTestOneInput(copy, n);
	free(copy);
}

static void mutate(const uint8_t *data, size_t n)
{
	uint8_t *m = malloc(n);

	if (!m)
		abort();
	for (int round = 0; round < REPLAY_MUTATIONS; round++) {
		memcpy(m, data, n);
		for (uint32_t k = draw(4) + 1; k > 0; k--)
			m[draw((uint32_t)n)] = draw(3) ? (uint8_t)draw(256) : (uint8_t)(draw(2) ? 0xff : 0);
		run_copy(m, n);
	}
	free(m);
}

static int run_file(const char *path, int whole_only)
{
	static uint8_t buf[1 << 22];
	FILE *f = fopen(path, "rb");
	size_t n;

	if (!f) {
		perror(path);
		return -1;
	}
	n = fread(buf, 1, sizeof(buf), f);
	fclose(f);
	run_copy(buf, n);
	if (whole_only)
		return 0;
	for (size_t i = 0; i < n && i < 2048; i += REPLAY_STEP)
		run_copy(buf, i);
	if (n)
		mutate(buf, n);
	return 0;
}

int main(int argc, char **argv)
{
	const char *srcdir = getenv("srcdir"), *name = strrchr(argv[0], '/');
	char dir[4096], path[8192];
	struct dirent **list;
	int n, ran = 0;

	for (int i = 1; i < argc; i++)
		if (run_file(argv[i], 1) < 0)
			return 99;
	if (argc > 1)
		return 0;
	name = name ? name + 1 : argv[0];
	if (strncmp(name, "lt-", 3) == 0)
		name += 3;
	if (strncmp(name, "fuzz_", 5) == 0)
		name += 5;
	snprintf(dir, sizeof(dir), "%s/tests/fuzz/seeds/%s", srcdir ? srcdir : ".", name);
	n = scandir(dir, &list, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		if (list[i]->d_name[0] != '.') {
			snprintf(path, sizeof(path), "%s/%s", dir, list[i]->d_name);
			if (run_file(path, 0) < 0)
				return 99;
			ran++;
		}
		free(list[i]);
	}
	if (n >= 0)
		free(list);
	if (ran == 0) {
		fprintf(stderr, "%s: no seeds in %s\n", name, dir);
		return 99;
	}
	printf("%s: %d seeds\n", name, ran);
	return 0;
}
