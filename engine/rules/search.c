/* rules/search.c — see search.h. */
#include "rules/search.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>

struct sk_search sk_search = { hs_scan, hs_open_stream, hs_scan_stream, hs_reset_stream, hs_close_stream };

static hs_platform_info_t platform;
static bool misses;

#if defined(__x86_64__) && defined(__GNUC__)
static bool has_avx512(void)
{
	return __builtin_cpu_supports("avx512f");
}
#else
static bool has_avx512(void)
{
	return false;
}
#endif

/* A pointer to a function from one to data, which C does not convert. */
static bool find(const char *name, void *function)
{
	void *p = dlsym(RTLD_DEFAULT, name);

	memcpy(function, &p, sizeof(p));
	return p != NULL;
}

static void choose(void)
{
	struct sk_search s;

	(void)hs_populate_platform(&platform);
	if (!has_avx512())
		return;
	if (find("avx2_hs_scan", &s.scan) && find("avx2_hs_open_stream", &s.open) && find("avx2_hs_scan_stream", &s.scan_stream) &&
	    find("avx2_hs_reset_stream", &s.reset) && find("avx2_hs_close_stream", &s.close)) {
		sk_search = s;
		platform.cpu_features = HS_CPU_FEATURES_AVX2;
	} else {
		misses = true;
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
