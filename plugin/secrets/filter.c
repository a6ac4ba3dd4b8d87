/* secrets/filter.c — see filter.h. */
#include "filter.h"

#include <string.h>

/* Halves of the bytes that the patterns of a set have at each place. */
struct halves {
	uint16_t low[FILTER_BYTES], high[FILTER_BYTES];
};

static void widen(struct halves *h, const char *text)
{
	size_t n = strlen(text);

	for (size_t k = 0; k < FILTER_BYTES; k++) {
		h->low[k] |= k < n ? (uint16_t)(1u << (text[k] & 15)) : UINT16_MAX;
		h->high[k] |= k < n ? (uint16_t)(1u << ((uint8_t)text[k] >> 4)) : UINT16_MAX;
	}
}

/* How often a set is told in vain, as far as texts are mostly small letters, then capitals and digits. */
static double cost(const struct halves *h)
{
	static const uint8_t weight[16] = { 1, 1, 2, 3, 3, 3, 12, 12, 1, 1, 1, 1, 1, 1, 1, 1 };
	double all = 1;

	for (size_t k = 0; k < FILTER_BYTES; k++) {
		unsigned sum = 0;

		for (unsigned half = 0; half < 16; half++)
			sum += h->high[k] >> half & 1 ? weight[half] : 0;
		all *= sum * (unsigned)__builtin_popcount(h->low[k]);
	}
	return all;
}

/* cut[s]: where set s begins, cut[FILTER_SETS]: cnt; of all ways to cut, the one whose costs are least together. */
static void cut_sets(const char *const *texts, unsigned cnt, unsigned cut[FILTER_SETS + 1])
{
	double least[FILTER_SETS + 1][FILTER_MAX + 1];
	uint16_t from[FILTER_SETS + 1][FILTER_MAX + 1] = { 0 };

	for (unsigned s = 0; s <= FILTER_SETS; s++)
		for (unsigned i = 0; i <= cnt; i++)
			least[s][i] = i ? 1e300 : 0;
	for (unsigned i = 0; i < cnt; i++) {
		struct halves h = { 0 };

		for (unsigned j = i; j < cnt; j++) {
			widen(&h, texts[j]);
			double c = cost(&h);
			for (unsigned s = 0; s < FILTER_SETS; s++) {
				if (least[s][i] + c < least[s + 1][j + 1]) {
					least[s + 1][j + 1] = least[s][i] + c;
					from[s + 1][j + 1] = (uint16_t)i;
				}
			}
		}
	}
	cut[FILTER_SETS] = cnt;
	for (unsigned s = FILTER_SETS; s-- > 0;)
		cut[s] = from[s + 1][cut[s + 1]];
}

void filter_init(struct filter *f, const char *const *texts, unsigned cnt)
{
	unsigned cut[FILTER_SETS + 1];

	memset(f, 0, sizeof(*f));
	cut_sets(texts, cnt, cut);
	for (unsigned s = 0; s < FILTER_SETS; s++) {
		struct halves h = { 0 };

		for (unsigned i = cut[s]; i < cut[s + 1]; i++) {
			widen(&h, texts[i]);
			f->one[(uint8_t)texts[i][0]] |= (uint8_t)(1u << s);
			f->two[(uint8_t)texts[i][1]] |= (uint8_t)(1u << s);
		}
		for (size_t k = 0; k < FILTER_BYTES; k++) {
			for (unsigned half = 0; half < 16; half++) {
				f->low[k][half] |= (uint8_t)((h.low[k] >> half & 1) << s);
				f->high[k][half] |= (uint8_t)((h.high[k] >> half & 1) << s);
			}
		}
	}
}

static uint32_t one_by_one(const struct filter *f, const uint8_t *w)
{
	uint32_t found = 0;

	for (unsigned i = 0; i < FILTER_WIDTH; i++)
		found |= (uint32_t)filter_place(f, w + i) << i;
	return found;
}

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>

__attribute__((target("avx2"))) static inline __m256i table(const uint8_t *p)
{
	return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)p));
}

/* The sets that allow each of FILTER_WIDTH bytes as the k-th. */
__attribute__((target("avx2"))) static inline __m256i sets(const struct filter *f, const uint8_t *w, unsigned k)
{
	const __m256i half = _mm256_set1_epi8(15);
	__m256i v = _mm256_loadu_si256((const __m256i *)(const void *)(w + k));

	return _mm256_and_si256(_mm256_shuffle_epi8(table(f->low[k]), _mm256_and_si256(v, half)),
				_mm256_shuffle_epi8(table(f->high[k]), _mm256_and_si256(_mm256_srli_epi16(v, 4), half)));
}

__attribute__((target("avx2"))) static uint32_t by_halves(const struct filter *f, const uint8_t *w)
{
	__m256i s = _mm256_and_si256(_mm256_and_si256(sets(f, w, 0), sets(f, w, 1)), _mm256_and_si256(sets(f, w, 2), sets(f, w, 3)));

	return ~(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(s, _mm256_setzero_si256()));
}

uint32_t filter_places(const struct filter *f, const uint8_t *w)
{
	return __builtin_cpu_supports("avx2") ? by_halves(f, w) : one_by_one(f, w);
}
#else
uint32_t filter_places(const struct filter *f, const uint8_t *w)
{
	return one_by_one(f, w);
}
#endif
