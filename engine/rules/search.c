/* rules/search.c — see search.h. */
#include "rules/search.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>

struct sk_search sk_search = { hs_scan, hs_open_stream, hs_scan_stream, hs_reset_stream, hs_close_stream };

static hs_platform_info_t platform;
static bool misses;

/* A pointer to a function from one to data, which C does not convert. */
static bool find(const char *name, void *function)
{
	void *p = dlsym(RTLD_DEFAULT, name);

	memcpy(function, &p, sizeof(p));
	return p != NULL;
}

static int on_match(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *cx)
{
	*(bool *)cx = true;
	return 0;
}

static bool finds(const struct sk_search *s, const hs_platform_info_t *cpu, const char *const *texts, unsigned cnt, const char *value)
{
	static const unsigned flags[3] = { HS_FLAG_SINGLEMATCH, HS_FLAG_SINGLEMATCH, HS_FLAG_SINGLEMATCH }, ids[3] = { 0, 1, 2 };
	hs_compile_error_t *error = NULL;
	hs_scratch_t *scratch = NULL;
	hs_database_t *db = NULL;
	bool found = false;

	if (hs_compile_multi(texts, flags, ids, cnt, HS_MODE_BLOCK, cpu, &db, &error) != HS_SUCCESS)
		hs_free_compile_error(error);
	else if (hs_alloc_scratch(db, &scratch) == HS_SUCCESS)
		(void)s->scan(db, value, (unsigned)strlen(value), 0, scratch, on_match, &found);
	hs_free_scratch(scratch);
	hs_free_database(db);
	return found;
}

bool sk_search_finds(const struct sk_search *s, const hs_platform_info_t *cpu)
{
	static const char *const ends[] = { "a/aA", "aa\\z", "\\.BB\\z" }, *const byte[] = { "B" };

	return finds(s, cpu, ends, 3, "wwwwwwwwwwwwwwwwwwwwwwaa") &&
	       finds(s, cpu, byte, 1, "wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwBwwwwwwww");
}

static bool has_sse42(void)
{
#if defined(__x86_64__) && defined(__GNUC__)
	return __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("popcnt");
#else
	return false;
#endif
}

static void choose(void)
{
	struct sk_search s;

	(void)hs_populate_platform(&platform);
	if (has_sse42() && find("corei7_hs_scan", &s.scan) && find("corei7_hs_open_stream", &s.open) &&
	    find("corei7_hs_scan_stream", &s.scan_stream) && find("corei7_hs_reset_stream", &s.reset) &&
	    find("corei7_hs_close_stream", &s.close)) {
		sk_search = s;
		platform.cpu_features = 0;
	} else {
		misses = !sk_search_finds(&sk_search, &platform);
	}
}

static void begin(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, choose);
}

bool sk_search_misses(void)
{
	begin();
	return misses;
}

void sk_search_platform(hs_platform_info_t *cpu)
{
	begin();
	*cpu = platform;
}

hs_error_t sk_search_compile(const char *const *texts, const unsigned *flags, const unsigned *ids, unsigned cnt, unsigned mode,
			     hs_database_t **db, hs_compile_error_t **error)
{
	begin();
	return hs_compile_multi(texts, flags, ids, cnt, mode, &platform, db, error);
}
